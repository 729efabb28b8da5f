#!/bin/sh
# translate's money: est_usd by the price file, --max-usd pauses (source text with
# the error "paused", not a call), SIGUSR1 and the room let it go on; and an
# utterance that is taken back costs no line more.
# shellcheck disable=SC1091,SC2119,SC2154
set -eu
. tests/e2e/translate.inc

printf '# of a test\ntranslate.character 0.01\n' >"$tmp/prices"
export BOOTH_PRICES="$tmp/prices" BOOTH_RUN="$tmp/run"
mkfifo "$tmp/fifo"
start() {
	for f in log out err; do : >"$tmp/$f"; done
	"$BIN/translate" "$@" <"$tmp/fifo" >"$tmp/out" 2>"$tmp/err" &
	translate=$!
	pids="$pids $translate"
	exec 3>"$tmp/fifo"
}
finish() {
	exec 3>&-
	wait "$translate" || fail "status $?"
}
has() { grep -q "\"translation\",\"id\":\"$1\",\"lang\":\"${2:-es-ES}\"" "$tmp/out"; }
state() { [ "$(grep -c "\"state\":\"$1\"" "$tmp/out")" -ge "${2:-1}" ]; }

serve
start -t es,en --max-usd 0.15
final u1 'ten chars.' >&3
wait_for 120 has u1
final u2 'Ten chars.' >&3
wait_for 120 state paused
final u3 'not translated' >&3
wait_for 120 has u3
wait_for 120 has u3 en-US
kill -USR1 "$translate"
wait_for 120 state resumed
final u4 'TEN CHARS.' >&3
wait_for 120 has u4
finish
expect 'select(.type=="translation" and .lang=="es-ES") | [.id,.text,.error]' \
	'["u1","[es] ten chars.",null] ["u2","[es] Ten chars.",null] ["u3","not translated","paused"] ["u4","[es] TEN CHARS.",null]'
# What costs nothing is not paused.
expect 'select(.type=="translation" and .lang=="en-US").error' 'null null null null'
expect 'select(.state=="paused") | [.chars,.est_usd,(.detail|test("has spent 0.2000 of 0.1500 USD"))]' '[20,0.2,true]'
expect 'select(.state=="ended") | [.chars,.est_usd,.calls,.paused,.errors]' '[30,0.3,3,1,0]'
[ "$(grep -c ' POST / ' "$tmp/log")" -eq 3 ] || fail "calls while paused"
said 'paused: translate has spent' 1

# A room: what is spent is told as it grows, and its pause is everybody's.
mkdir -p "$tmp/run/rooms/main"
start -t es -r main --max-usd 0.05
final u1 'ten chars.' >&3
wait_for 120 has u1
wait_for 120 test -e "$tmp/run/rooms/main/paused"
wait_for 120 state level
rm "$tmp/run/rooms/main/paused"
wait_for 120 state resumed
echo 'the operator says so' >"$tmp/run/rooms/main/paused"
wait_for 120 state paused 2
final u2 'waits' >&3
wait_for 120 has u2
rm "$tmp/run/rooms/main/paused"
wait_for 120 state resumed 2
finish
expect 'select(.state=="paused").detail' \
	'"translate has spent 0.1000 of 0.0500 USD; go on with SIGUSR1 or by resuming the room" "the operator says so"'
expect 'select(.state=="level") | [.chars,.est_usd]' '[10,0.1]'
expect 'select(.type=="translation").error' 'null "paused"'

# Taken back while it is on its way: passed on, and not a line of it.
start -t es,fr --deadline-ms 600000
final u1 'Wrong @never/fr' >&3
final u2 'Wrong, too @never/fr' >&3
final u3 'Right' >&3
wait_for 120 has u3
printf '{"type":"retraction","id":"u1","at_ms":5}\n{"type":"retraction","id":"u2","at_ms":6}\n{"type":"retraction"}\n' >&3
wait_for 120 has u3 fr-FR
finish
expect 'select(.type=="translation") | [.id,.lang]' \
	'["u1","es-ES"] ["u2","es-ES"] ["u3","es-ES"] ["u3","fr-FR"]'
expect 'select(.type=="retraction")' \
	'{"type":"retraction","id":"u1","at_ms":5} {"type":"retraction","id":"u2","at_ms":6} {"type":"retraction"}'

: >"$tmp/in"
echo 'translate.character much' >"$tmp/prices"
run 78 -t es
said "price file '$tmp/prices', line 1"
BOOTH_PRICES="$tmp/none" run 66 -t es
