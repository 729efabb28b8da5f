#!/bin/sh
# want/: who pays for a language sees a listener come and go, however it goes.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common

mkfifo "$tmp/in"
exec 3<>"$tmp/in"
"$BIN/broadcast" -r main <"$tmp/in" 2>"$tmp/b.err" 3>&- &
started $!
wait_for "room" test -e "$BOOTH_RUN/rooms/main/source.text.ring"

wants() {
	[ "$("$B/fake/room_want" main "$1" | tr '\n' ' ')" = "$2" ]
}
wants es-ES "" || fail "wanted by nobody"
"$BIN/listen" -r main -l es-ES --audio pcm </dev/null >"$tmp/a.out" 3>&- &
a=$!
started $a
"$BIN/listen" -r main -l es-ES </dev/null >"$tmp/b.out" 3>&- &
b=$!
started $b
wait_for "both wants" wants es-ES "text pcm "
wants fr-FR "" || fail "fr is wanted by nobody"
# A language that no table knows makes no file before it has a ring.
"$BIN/listen" -r main -l zz-ZZ --once </dev/null >/dev/null 2>&1 || true
[ ! -e "$BOOTH_RUN/rooms/main/want/zz-ZZ.text" ] || fail "a file for any name"

kill -9 $a
wait $a 2>/dev/null || true
wants es-ES "text " || fail "the lock of a killed listener"
kill -TERM $b
status=0
wait $b || status=$?
[ $status = 143 ] || fail "status $status of a stopped listener"
wants es-ES "" || fail "the lock of one that left"
