#!/bin/sh
# SIGTERM to broadcast: what is in flight is still taken, the talk is ended
# with a status line, 143.  A reader of listen that leaves ends it quietly, 0.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common

mkfifo "$tmp/in"
exec 3<>"$tmp/in"
"$BIN/broadcast" -r main <"$tmp/in" 2>"$tmp/b.err" 3>&- &
broadcast=$!
started $broadcast
wait_for "room" test -e "$BOOTH_RUN/rooms/main/source.text.ring"
mkfifo "$tmp/out"
"$BIN/listen" -r main -l source </dev/null >"$tmp/out" 2>"$tmp/l.err" 3>&- &
listen=$!
started $listen
head -n 2 "$tmp/out" >"$tmp/head.out"
# Its reader has left; nothing more is said in the room.
status=0
wait $listen || status=$?
[ $status = 0 ] || fail "status $status of a listener without reader"
[ ! -s "$tmp/l.err" ] || fail "listen complains about its reader"

kill -TERM $broadcast
echo '{"type":"n","n":1}' >&3
status=0
wait $broadcast || status=$?
[ $status = 143 ] || fail "status $status"
"$BIN/listen" -r main -l source --since 0 --once </dev/null >"$tmp/l.out"
has "$tmp/l.out" '"n":1' || fail "what was in flight is lost"
jq -e '.on == false' "$BOOTH_RUN/rooms/main/room.json" >/dev/null || fail "room.json still on"
# Statuses are no captions, but the ring has the end.
"$BIN/listen" -r main -l source </dev/null >"$tmp/e.out" &
started $!
wait_for "live" has "$tmp/e.out" '"on":false'
