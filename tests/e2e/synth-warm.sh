#!/bin/sh
# synth --warm: streams open ahead of the sentences are used by them, kept alive
# or replaced, within the quota, and given up where they are refused.
set -eu
. tests/e2e/service.inc
. tests/e2e/synth.inc

go() { # OPTION...
	rm -f "$tmp/in.fifo"
	mkfifo "$tmp/in.fifo"
	exec 3<>"$tmp/in.fifo"
	: >"$tmp/out"
	: >"$tmp/err"
	"$BIN/synth" "$@" <"$tmp/in.fifo" >"$tmp/out" 2>"$tmp/err" 3>&- &
	tool=$!
	pids="$pids $tool"
}
finish() {
	exec 3>&-
	rm "$tmp/in.fifo"
	wait "$tool" || fail "status $?"
}
logged() { # NAME PATTERN NUMBER: so many lines at least
	[ "$(grep -c "$2" "$tmp/$1.log")" -ge "$3" ]
}
ended() {
	jq -e -s --arg id "$1" 'any(.type=="audio" and .id==$id and .last)' "$tmp/out" >"$tmp/checked"
}

# Open before there is anything to say, two a language; kept alive past the limit
# of the service; then a sentence needs no new one.
serve a --idle-ms 8000 </dev/null
go -t es-ES,it-IT --warm 4
wait_for 120 logged a '^header x-amzn-engine' 4
wait_for 120 logged a '^speak keep' 16
! grep -q '^speak idle' "$tmp/a.log" || fail 'not kept alive'
say 1 es-ES >&3
wait_for 120 ended 1
say 2 it-IT >&3
wait_for 120 ended 2
finish
sounds 1 1
sounds 2 2
first=$(sed -n '/^speak streams/{=;q}' "$tmp/a.log")
same 'open before the first text' "$(head -n "$first" "$tmp/a.log" |
	grep -c '^header x-amzn-engine')" 4
same 'voices' "$(head -n "$first" "$tmp/a.log" |
	sed -n 's/^header x-amzn-voiceid=//p' | sort | uniq -c | tr -s ' \n' ' ')" \
	' 2 Bianca 2 Lucia '

# Ended by the service all the same: replaced, and nothing is said twice.
serve b --idle-ms 300 </dev/null
go -t es-ES --warm 1
wait_for 120 logged b '^speak idle' 3
for n in 1 2 3; do
	say "$n" es-ES >&3
	wait_for 120 ended "$n"
done
finish
voiced es-ES '1 2 3'
for n in 1 2 3; do
	sounds "$n" "$n"
done

# They count against the quota, and a sentence goes before them.
serve c --speak-ms 200 </dev/null
go -t es-ES,it-IT --warm 4 --streams 2 --max-lag-ms 0
wait_for 120 logged c '^header x-amzn-engine' 2
for n in 1 2 3; do
	say "$n" de-DE >&3
	say "1$n" it-IT >&3
	say "2$n" es-ES >&3
done
for n in 13 23; do
	wait_for 120 ended "$n"
done
finish
voiced it-IT '11 12 13'
voiced es-ES '21 22 23'
! grep -q 'degraded' "$tmp/out" || fail 'a sentence was refused'

# Refused: given up for a while, and the language speaks by calls.
serve d <<'EOF'
speak refuse 403 AccessDeniedException
speak refuse 403 AccessDeniedException
speak refuse 403 AccessDeniedException
speak refuse 403 AccessDeniedException
EOF
go -t es-ES --warm 1
wait_for 120 logged d '^speak refuse' 1
say 1 es-ES >&3
wait_for 120 ended 1
say 2 es-ES >&3
wait_for 120 ended 2
finish
voiced es-ES '1 2'
sounds 1 1
grep -q 'going on by SynthesizeSpeech' "$tmp/err" || fail 'not told'
same 'refusals' "$(grep -c '^speak refuse' "$tmp/d.log")" 2
