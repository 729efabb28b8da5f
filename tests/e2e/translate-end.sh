#!/bin/sh
# translate's ends: input ends with calls in flight, a signal, a second signal, a
# reader that leaves, a reader that is slow; and a long recording played fast.
# shellcheck disable=SC1091,SC2119,SC2154
set -eu
. tests/e2e/translate.inc

serve
# End of input while everything is held: French ends when German has.
{
	final u1 'One @hold/fr=2'
	final u2 'Two @hold/fr=2'
} >"$tmp/in"
run 0 -t fr,de
expect 'select(.type=="translation" and .lang=="fr-FR").text' '"[fr] One @hold/fr=2" "[fr] Two @hold/fr=2"'
expect 'select(.state=="ended").errors' '0'

start() {
	rm -f "$tmp/fifo"
	mkfifo "$tmp/fifo"
	for f in log out err; do : >"$tmp/$f"; done
	"$BIN/translate" "$@" <"$tmp/fifo" >"$tmp/out" 2>"$tmp/err" &
	translate=$!
	pids="$pids $translate"
	exec 3>"$tmp/fifo"
}
ended() {
	got=0
	wait "$translate" || got=$?
	[ "$got" -eq "$1" ] || fail "status $got, not $1"
	exec 3>&-
}
has() { grep -q "$1" "$tmp/out"; }
logged() { [ "$(grep -c POST "$tmp/log")" -ge "$1" ]; }

# SIGTERM: what was sent is waited for, the end is told.
serve
start -t fr,de
final u1 'One @hold/fr=2' >&3
wait_for 120 has '"translation".*"lang":"de-DE"'
kill -TERM "$translate"
wait_for 120 grep -q 'stopping' "$tmp/err"
# Frees the French one; its own line is not read any more.
printf '{"type":"transcript","id":"w","final":true,"lang":"en-US","text":"free"}\n' |
	"$BIN/translate" -q -t it >"$tmp/other"
ended 143
expect 'select(.type=="translation" and .lang=="fr-FR").text' '"[fr] One @hold/fr=2"'
expect 'select(.state=="ended").errors' '0'

# Twice: at once, and the utterance still has its line.
start -t fr
final u1 'One @never' >&3
wait_for 120 has '"transcript"'
kill -TERM "$translate"
wait_for 120 grep -q 'stopping' "$tmp/err"
kill -TERM "$translate"
ended 143
expect 'select(.type=="translation") | [.text,.error]' '["One @never","stopped before it came"]'

# The reader leaves: quiet, quick.
start_into_head() {
	rm -f "$tmp/fifo" "$tmp/status"
	mkfifo "$tmp/fifo"
	{
		got=0
		"$BIN/translate" -t fr <"$tmp/fifo" 2>"$tmp/err" || got=$?
		echo "$got" >"$tmp/status"
	} | head -n 1 >"$tmp/out" &
	pids="$pids $!"
	exec 3>"$tmp/fifo"
}
start_into_head
final u1 'One' >&3
wait_for 120 test -s "$tmp/status"
exec 3>&-
[ "$(cat "$tmp/status")" -eq 74 ] || fail "status $(cat "$tmp/status"), not 74"
[ ! -s "$tmp/err" ] || fail "something was said on stderr"

# A full disk is told.
if [ -e /dev/full ]; then
	final u1 'One' >"$tmp/in"
	got=0
	"$BIN/translate" -t fr <"$tmp/in" >/dev/full 2>"$tmp/err" || got=$?
	[ "$got" -eq 74 ] || fail "status $got, not 74, on a full disk"
	said 'cannot write lines: No space left on device'
fi

# A recording played as fast as it goes, through a reader that is slow to start:
# everything comes out, in order, over few connections.
serve
for i in $(seq 1 400); do
	final "u$i" "Sentence number $i"
done >"$tmp/in"
mkfifo "$tmp/slow"
: >"$tmp/err"
"$BIN/translate" --deadline-ms 600000 -t fr,de,it,pt-BR <"$tmp/in" >"$tmp/slow" 2>"$tmp/err" &
translate=$!
pids="$pids $translate"
exec 4<"$tmp/slow"
wait_for 120 logged 8
cat <&4 >"$tmp/out"
exec 4<&-
got=0
wait "$translate" || got=$?
[ "$got" -eq 0 ] || fail "status $got, not 0"
for lang in fr-FR de-DE it-IT pt-BR; do
	jq -r 'select(.type=="translation" and .lang=="'$lang'" and .error==null).id' "$tmp/out" >"$tmp/ids"
	seq 1 400 | sed 's/^/u/' | cmp - "$tmp/ids" || fail "$lang is not whole or not in order"
done
connections=$(cut -d' ' -f1 "$tmp/log" | sort -u | wc -l)
[ "$connections" -le 100 ] || fail "$connections connections for 1600 calls"
