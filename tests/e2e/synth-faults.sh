#!/bin/sh
# synth with a service that refuses, cuts, hangs or is away, and with lines that
# are none: captions always pass, every utterance is accounted for, nothing is
# heard twice, one clear line says why, and the status is right.
set -eu
. tests/e2e/service.inc
. tests/e2e/synth.inc
three() {
	for n in 1 2 3; do
		say "$n" es-ES
	done >"$tmp/in"
}
three
captions() {
	same captions "$(jq -r 'select(.type=="translation").id' "$tmp/out" |
		tr '\n' ' ')" "${1:-1 2 3} "
}

# A voice that hangs in mid-sentence is not begun again.  This takes a timeout:
# it runs beside all others.
serve hang <<'END'
speak hang@6400
END
"$BIN/synth" --max-lag-ms 0 <"$tmp/in" >"$tmp/hang.out" 2>"$tmp/hang.err" &
hang=$!
# And a service that goes away for good.
serve away <<'END'
speak outage@0 600000
END
"$BIN/synth" --pace fast <"$tmp/in" >"$tmp/away.out" 2>"$tmp/away.err" &
away=$!

# Refused streams: the same voice by SynthesizeSpeech, said once.
for refusal in '403 AccessDeniedException' '400 ValidationException'; do
	n=$((${n:-0} + 1))
	serve "refuse$n" <<END
speak refuse $refusal
speak refuse $refusal
speak refuse $refusal
END
	run 0 --pace fast
	voiced es-ES '1 2 3'
	sounds 1 1
	sounds 3 3
	same 'said once' "$(grep -c 'es-ES: no stream, going on by SynthesizeSpeech' "$tmp/err")" 1
	same states "$(states "$tmp/out")" 'ready degraded ended'
done
# Refused both ways: captions only, and the status says so.
serve both <<'END'
speak refuse 403 AccessDeniedException
call refuse 403 AccessDeniedException
speak refuse 403 AccessDeniedException
call refuse 403 AccessDeniedException
speak refuse 403 AccessDeniedException
call refuse 403 AccessDeniedException
END
run 77 --pace fast
captions
voiced es-ES '1 2 3'
same 'why' "$(jq -r 'select(.type=="audio").error' "$tmp/out" | sort -u)" failed
same 'said once' "$(wc -l <"$tmp/err")" 1

# What was not heard is asked for again, whole and once.
for fault in 'close@0' 'close@1600' 'reset@1000' 'cut@0' 'crc@100' 'half@0' \
	'goaway@0' 'reset' 'exception@0 ServiceFailureException' \
	'exception@800 ThrottlingException' 'error@0 500' \
	'refuse 500 ServiceFailureException' 'refuse 400 ThrottlingException' \
	'html 502'; do
	n=$((n + 1))
	printf 'speak %s\n' "$fault" >"$tmp/script"
	serve "fault$n" <"$tmp/script"
	run 0 --pace fast
	voiced es-ES '1 2 3'
	for id in 1 2 3; do
		sounds "$id" "$id"
	done
	[ ! -s "$tmp/err" ] || fail "a retry was told at the default level: $fault"
done
# Twice broken: the third time by SynthesizeSpeech.
serve twice <<'END'
speak reset
speak close@0
END
say 1 es-ES >"$tmp/in"
run 0 --pace fast
sounds 1 1
same 'calls' "$(grep -c '^call text' "$tmp/twice.log")" 1

# All was said when StreamClosedEvent came, though the stream stays open.
serve linger <<'END'
speak linger
END
run 0 --pace fast
sounds 1 1
same 'asked once' "$(grep -c '^speak streams=' "$tmp/linger.log")" 1
# A stream from another time: the call puts the clock right, the next is a
# stream again.
say 2 es-ES >>"$tmp/in"
serve clock <<'END'
speak refuse 403 InvalidSignatureException
speak refuse 403 InvalidSignatureException
END
mkfifo "$tmp/slow"
"$BIN/synth" <"$tmp/slow" >"$tmp/out" 2>"$tmp/err" &
tool=$!
exec 3>"$tmp/slow"
cat "$tmp/in" >&3
has_said() { grep -q "\"id\":\"$1\".*\"last\":true" "$tmp/out"; }
wait_for 120 has_said 2
say 3 es-ES >&3
exec 3>&-
wait "$tool" || fail "status $? with another clock"
voiced es-ES '1 2 3'
sounds 3 3
same 'calls' "$(grep -c '^call text' "$tmp/clock.log")" 2
[ ! -s "$tmp/err" ] || fail 'a clock that was corrected was told'

# The engine that the list of voices promised is refused: the next one.
serve engine <<'END'
speak refuse 400 EngineNotSupportedException
call refuse 400 EngineNotSupportedException
END
: >"$tmp/out"
: >"$tmp/err"
"$BIN/synth" --pace fast <"$tmp/slow" >"$tmp/out" 2>"$tmp/err" &
tool=$!
exec 3>"$tmp/slow"
say 1 es-ES >&3
wait_for 120 has_said 1
{
	say 2 es-ES
	say 3 es-ES
} >&3
exec 3>&-
wait "$tool" || fail "status $? with another engine"
voiced es-ES '1 2 3'
sounds 3 3
same engines "$(grep '^call engine' "$tmp/engine.log" | sort -u)" 'call engine=neural'
same 'said once' "$(grep -c 'going on with another engine: EngineNotSupported' "$tmp/err")" 1

# Lines that are none, and one that is too long.
three
{
	cat "$tmp/in"
	echo 'this is not JSON'
	echo '[1,2]'
	echo
	head -c 1048576 /dev/zero | tr '\0' x
	echo
	say 4 es-ES
	printf '{"type":"translation","id":"5","lang":"es-ES","text":"a\\u0000b 5"}\n'
	printf '\377\376\n'
} >"$tmp/bad"
mv "$tmp/bad" "$tmp/in"
serve bad </dev/null
run 65 --pace fast
captions '1 2 3 4'
voiced es-ES '1 2 3 4'
grep -q 'line 4 is not a JSON object' "$tmp/err" || fail 'nothing said of line 4'
grep -q 'line 7 is longer than 65536 bytes' "$tmp/err" || fail 'nothing said of line 7'

# No voices to be had; no service at all; nothing to be said.
three
serve voices <<'END'
voices refuse 403 AccessDeniedException
END
run 77 --pace fast
captions
voiced es-ES ''
same 'one line' "$(wc -l <"$tmp/err")" 1
export AWS_ENDPOINT_URL=http://127.0.0.1:1
run 75 --pace fast
captions
grep -q 'no voices, captions go on without: cannot connect' "$tmp/err" || fail 'not told'
echo '{"type":"transcript","final":true,"text":"x"}' >"$tmp/in"
run 0 --pace fast
three

# Wrong calls and settings.
run 64 -t english
run 64 --voice Lucia
run 64 --engine best
run 64 file
serve settings </dev/null
export AWS_ACCESS_KEY_ID=
run 78
same 'one line' "$(wc -l <"$tmp/err")" 1
[ ! -s "$tmp/out" ] || fail 'something was passed on'
export AWS_ACCESS_KEY_ID=AKIDTEST
AWS_CREDENTIAL_EXPIRATION=2001-01-01T00:00:00Z run 77

# SIGTERM: what has not come is marked, what is there stays.
serve stop <<'END'
speak hang@0
END
mkfifo "$tmp/fifo"
: >"$tmp/out"
: >"$tmp/err"
"$BIN/synth" <"$tmp/fifo" >"$tmp/out" 2>"$tmp/err" &
tool=$!
exec 3>"$tmp/fifo"
cat "$tmp/in" >&3
hanging() {
	grep -q 'speak: now hang' "$tmp/stop.log"
}
wait_for 120 hanging
kill -TERM "$tool"
wait "$tool" || fail "status $? after SIGTERM"
exec 3>&-
captions
voiced es-ES '1 2 3'
# Two are asked for at once; either may be the one that hangs.
same 'why' "$(jq -r 'select(.type=="audio" and .error).error' "$tmp/out" | sort -u)" stopped

# The reader of the lines leaves: more of them than a pipe holds.
serve reader </dev/null
seq 1 12 | while read -r n; do
	say "$n" es-ES
done >"$tmp/in"
{
	got=0
	"$BIN/synth" --pace fast <"$tmp/in" 2>"$tmp/err" || got=$?
	echo "$got" >"$tmp/status"
} | head -n 1 >"$tmp/checked"
same 'status when the reader left' "$(cat "$tmp/status")" 74

wait "$hang" || fail "status $? of a voice that hangs"
cp "$tmp/hang.out" "$tmp/out"
cp "$tmp/hang.err" "$tmp/err"
voiced es-ES '1 2 3'
broken=$(jq -r 'select(.type=="audio" and .error == "failed" and .last).id' "$tmp/out")
for id in 1 2 3; do
	if [ "$id" = "$broken" ]; then
		sounds "$id" "$id" 6400
	else
		sounds "$id" "$id"
	fi
done
[ -n "$broken" ] || fail 'nothing broke'
grep -q 'captions go on without voice: .*no audio came in time' "$tmp/err" || fail 'not told'
same states "$(states "$tmp/out" | sed 's/ recovered//')" 'ready degraded ended'
got=0
wait "$away" || got=$?
same 'status without a service' "$got" 75
cp "$tmp/away.out" "$tmp/out"
cp "$tmp/away.err" "$tmp/err"
captions
voiced es-ES '1 2 3'
same 'why' "$(jq -r 'select(.type=="audio").error' "$tmp/out" | sort -u)" failed
