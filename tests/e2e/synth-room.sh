#!/bin/sh
# synth -r: a language is voiced only while somebody listens to it, in what they
# listen to; the room's pause, a limit of its own, and lines taken back.
set -eu
. tests/e2e/service.inc
. tests/e2e/synth.inc
export BOOTH_RUN="$tmp/run"

# go OPTION...: synth with lines from descriptor 3, its room on the air.
go() {
	rm -f "$tmp/in.fifo" "$tmp/out.fifo"
	mkfifo "$tmp/in.fifo" "$tmp/out.fifo"
	: >"$tmp/out"
	exec 3<>"$tmp/in.fifo"
	tee "$tmp/out" <"$tmp/out.fifo" 3>&- | "$BIN/broadcast" -q -r main 3>&- &
	pids="$pids $!"
	"$BIN/synth" "$@" <"$tmp/in.fifo" >"$tmp/out.fifo" 2>"$tmp/err" 3>&- &
	tool=$!
	pids="$pids $tool"
}
finish() {
	exec 3>&-
	rm "$tmp/in.fifo"
	wait "$tool" || fail "status $?"
}
has() { # JQ-CONDITION: of a line
	jq -e -s "any($1)" "$tmp/out" >"$tmp/checked" 2>"$tmp/jq.err"
}
passed() { # ID: its caption is out
	has ".type==\"translation\" and .id==\"$1\""
}
ended() { # ID ENCODING
	has ".type==\"audio\" and .id==\"$1\" and .encoding==\"$2\" and .last"
}
silent() { # ID: it has no audio
	! has ".type==\"audio\" and .id==\"$1\"" || fail "$1 was voiced"
}
state() { # STATE LANG
	has ".state==\"$1\" and .lang==\"$2\""
}
heard() { # LANG ENCODING: one more listener, $listener
	"$BIN/listen" -q -r main -l "$1" --audio "$2" </dev/null >"$tmp/heard.$2" 3>&- &
	listener=$!
	pids="$pids $listener"
}

# Nobody is there: the captions pass, and the service is not asked.
serve a </dev/null
go -r main -t es-ES,it-IT --encoding pcm,opus --pcm "it-IT=$tmp/it.fifo"
say 1 es-ES >&3
wait_for 120 passed 1
wait_for 120 has '.state=="ready" and .voices["es-ES"]=="Lucia"'
heard es-ES none
text=$listener
wait_for 120 test -e "$BOOTH_RUN/rooms/main/want/es-ES.text"
say 2 es-ES >&3
wait_for 120 passed 2

# One with Opus; then one with PCM; each gets what it wants.
heard es-ES opus
opus=$listener
wait_for 120 state wanted es-ES
say 3 es-ES >&3
say 4 it-IT >&3
wait_for 120 ended 3 opus
heard es-ES pcm
pcm=$listener
k=0
until has '.encoding=="pcm_s16le" and .last'; do
	k=$((k + 1))
	say "5.$k" es-ES >&3
	wait_for 120 ended "5.$k" opus
done
ended 3 pcm_s16le && fail 'PCM for nobody'
same 'in both' "$(jq -r "select(.type==\"audio\" and .id==\"5.$k\" and .last).encoding" \
	"$tmp/out" | sort | tr '\n' ' ')" 'opus pcm_s16le '
for id in 1 2 4; do
	silent $id
done
# A page that reloads costs no sentence.
kill "$opus" "$pcm"
wait "$opus" "$pcm" 2>/dev/null || true
say 6 es-ES >&3
wait_for 120 ended 6 opus
# Nobody any more: the readers of captions are no reason.
wait_for 120 state unwanted es-ES
say 7 es-ES >&3
wait_for 120 passed 7
# Whoever reads the FIFO listens, too.
cat "$tmp/it.fifo" >"$tmp/it.raw" 3>&- &
pids="$pids $!"
wait_for 120 state wanted it-IT
say 8 it-IT >&3
it_spoke() {
	[ "$(od -An -v -t d2 -w2 "$tmp/it.raw" | awk '$1 == 8' | wc -l)" -eq 4800 ]
}
wait_for 120 it_spoke
finish
silent 7
silent 8
same 'asked' "$(grep -c '^speak streams' "$tmp/a.log")" $((k + 3))
kill "$text"

# A page that would have Opus gets the PCM that there is.  Paused by the room:
# captions only, and why; then on again.  A limit of its own pauses the room.
# 3 characters of a generative voice are 0.00009 USD.
serve b </dev/null
go -r main --max-usd 0.0002
heard es-ES opus
wait_for 120 state wanted es-ES
say 1 es-ES >&3
wait_for 120 ended 1 pcm_s16le
# The room's limit stands on it.
wait_for 120 has '.state=="level" and .est_usd==9e-05 and .chars==3'
echo 'coffee' >"$BOOTH_RUN/rooms/main/paused"
wait_for 120 has '.state=="paused" and .detail=="coffee" and .est_usd==9e-05'
say 2 es-ES >&3
wait_for 120 has '.id=="2" and .error=="paused" and .last and .data==""'
rm "$BOOTH_RUN/rooms/main/paused"
wait_for 120 has '.state=="resumed"'
say 3 es-ES >&3
say 4 es-ES >&3
wait_for 120 has '.state=="paused" and .detail!="coffee"'
same 'spent' "$(jq 'select(.state=="paused" and .detail!="coffee").est_usd' "$tmp/out")" 0.00027
grep -q 'synth has spent' "$BOOTH_RUN/rooms/main/paused" || fail 'the room is not told'
say 5 es-ES >&3
wait_for 120 has '.id=="5" and .error=="paused"'
kill -USR1 "$tool"
resumed_twice() {
	[ "$(jq -r 'select(.state=="resumed").state' "$tmp/out" | wc -l)" -eq 2 ]
}
wait_for 120 resumed_twice
say 6 es-ES >&3
wait_for 120 ended 6 pcm_s16le
finish
voiced es-ES '1 2 3 4 5 6'
sounds 1 1
sounds 6 6

# Taken back: in mid-sentence, before it began, and before it was translated.
serve c <<'END'
speak hang@6400
speak hang@0
END
go -r main
wait_for 120 state wanted es-ES
say 1 es-ES >&3
wait_for 120 has '.type=="audio" and .id=="1"'
say 2 es-ES >&3
hanging() {
	[ "$(grep -c 'speak: now hang' "$tmp/c.log")" -eq 2 ]
}
wait_for 120 hanging
printf '{"type":"retraction","id":"%s","at_ms":1}\n' 1 2 3 >&3
say 3 es-ES >&3
say 4 es-ES >&3
wait_for 120 ended 4 pcm_s16le
finish
same 'why' "$(jq -c 'select(.type=="audio" and .id=="1" and .last) | [.error,.data]' "$tmp/out")" \
	'["retracted",""]'
same 'order' "$(jq -r 'select(.id=="1" and (.type=="retraction" or .last)) | .type' "$tmp/out" |
	tr '\n' ' ')" 'audio retraction '
silent 2
silent 3
# What the service was given is paid for: three texts.
same 'paid' "$(jq 'select(.state=="ended").chars' "$tmp/out")" 9

# Without -t, what translate announces is announced with its voices.
serve d </dev/null
go -r main
printf '{"type":"status","stage":"translate","state":"ready","languages":["es","eo","it-IT",5]}\n' >&3
wait_for 120 has '.stage=="synth" and .voices=={"es-ES":"Lucia","it-IT":"Bianca"}'
finish
! grep -q 'captions only' "$tmp/err" || fail 'said of a language that nobody wants'

: >"$tmp/in"
run 64 -r 'No Room'
run 64 -r main --max-usd -1
BOOTH_PRICES=$tmp/none run 66
echo 'polly.neural.character free' >"$tmp/prices"
BOOTH_PRICES=$tmp/prices run 78
grep -q "$tmp/prices:1: " "$tmp/err" || fail 'the line is not told'
