#!/bin/sh
# operate as websocketd runs it: nothing before the token; no token, a wrong one,
# another role's, an expired one, one for another room, a first message that is
# no hello; an operator of one room sees and steers that one; a token whose time
# is over while it is used; floods and binary; the page's end ends it; no token
# in the log.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common
export GATEWAY_INTERFACE=websocketd-CGI/0.1
export BOOTH_JWT_SECRET=0123456789abcdef0123456789abcdef
export BOOTH_OPERATOR_TOKEN=the-operators-word BOOTH_LISTENER_TOKEN=the-listeners-word
rooms=$BOOTH_RUN/rooms
mkdir -p "$rooms/main" "$rooms/other"
mint() {
	"$BIN/token" mint "$@"
}

mkfifo "$tmp/page"
refused() { # REASON MESSAGE
	exec 4<>"$tmp/page"
	printf '%s\n' "$2" >&4
	status=0
	REMOTE_ADDR=192.0.2.$3 "$BIN/operate" <"$tmp/page" >"$tmp/r.out" 2>>"$tmp/o.err" 4>&- || status=$?
	exec 4>&-
	[ $status = 77 ] || fail "'$2': status $status"
	jq -es --arg why "$1" 'length == 1 and (.[0] | .type == "status" and .stage == "operate" and .state == "refused"
		and .reason == $why and .detail != null)' "$tmp/r.out" >/dev/null || fail "'$2': $(cat "$tmp/r.out")"
}
refused token '{"type":"hello"}' 1
refused token '{"type":"hello","token":"guess"}' 1
refused token '{"type":"hello","token":7}' 1
refused role '{"type":"hello","token":"the-listeners-word"}' 1
refused role "{\"type\":\"hello\",\"token\":\"$(mint -R listener --for 1h -r '*')\"}" 1
refused role "{\"type\":\"hello\",\"token\":\"$(mint -R speaker --for 1h -r main)\"}" 1
refused proto '{"type":"command","n":1,"do":"pause","room":"main"}' 1
refused proto '{"ack":1}' 1
[ ! -e "$rooms/main/paused" ] || fail "a command before the token"
# Too many guesses, from that address alone.
n=0
while [ $n -lt 30 ]; do
	n=$((n + 1))
	echo '{"type":"hello","token":"guess"}' | REMOTE_ADDR=192.0.2.2 "$BIN/operate" 2>>"$tmp/o.err" || true
done >"$tmp/guesses"
any "$tmp/guesses" '.reason == "rate" and .retry_ms > 0' || fail "guesses are not counted"

# One who may operate one room.
start_page() { # TOKEN
	: >"$tmp/o.out"
	REMOTE_ADDR=192.0.2.9 "$BIN/operate" <"$tmp/page" >"$tmp/o.out" 2>>"$tmp/o.err" &
	operate=$!
	started $operate
	exec 4>"$tmp/page"
	printf '{"type":"hello","token":"%s"}\n' "$1" >&4
	wait_for "ready" any "$tmp/o.out" '.state == "ready" and .open == false'
}
answer() { # N FILTER
	wait_for "answer $1" any "$tmp/o.out" ".n == $1"
	any "$tmp/o.out" ".n == $1 and ($2)" || fail "answer $1: $(grep "\"n\":$1" "$tmp/o.out")"
}
for_main=$(mint -R operator --for 1h -r main)
start_page "$for_main"
wait_for "one room" any "$tmp/o.out" '.type == "rooms" and (.rooms | map(.room)) == ["main"]'
echo '{"type":"command","n":1,"do":"pause","room":"other"}' >&4
answer 1 '.type == "failed" and .detail == "no such room"'
[ ! -e "$rooms/other/paused" ] || fail "another room was paused"
echo '{"type":"command","n":2,"do":"pause","room":"main"}' >&4
answer 2 '.type == "done"'
[ -e "$rooms/main/paused" ] || fail "not paused"
! any "$tmp/o.out" '.type == "rooms" and any(.rooms[]; .room != "main")' || fail "another room is seen"
# A flood, binary, and a command behind it: all is read, nothing grows.
head -c 300000 /dev/zero >&4
printf '\n' >&4
n=0
while [ $n -lt 60 ]; do
	n=$((n + 1))
	echo '{"type":"pong","at_ms":1}'
done >&4
echo '{"type":"command","n":3,"do":"resume","room":"main"}' >&4
answer 3 '.type == "done"'
exec 4>&-
status=0
wait $operate || status=$?
[ $status = 0 ] || fail "status $status when the page left"

# A token whose time is over while it is used; on a slow machine it may be over
# before, so it is tried with more.
for time in 3s 10s 25s; do
	echo "{\"type\":\"hello\",\"token\":\"$(mint -R operator -r '*' --for $time)\"}" >"$tmp/hello"
	exec 4<>"$tmp/page"
	: >"$tmp/o.out"
	REMOTE_ADDR=192.0.2.9 "$BIN/operate" <"$tmp/page" >"$tmp/o.out" 2>>"$tmp/o.err" 4>&- &
	operate=$!
	started $operate
	cat "$tmp/hello" >&4
	wait_for "a word" test -s "$tmp/o.out"
	! has "$tmp/o.out" '"ready"' || break
done
wait_for "both rooms" any "$tmp/o.out" '.type == "rooms" and (.rooms | map(.room)) == ["main","other"]'
wait_for "expiry" any "$tmp/o.out" '.state == "refused" and .reason == "expired"'
status=0
wait $operate || status=$?
[ $status = 77 ] || fail "status $status of an expired token"
exec 4>&-

# The fixed word opens all rooms.  A page that says nothing is not waited for
# longer than 10 s; nothing is shown to it.
start_page the-operators-word
wait_for "both rooms" any "$tmp/o.out" '.type == "rooms" and (.rooms | length) == 2'
exec 4>&-
wait $operate || fail "status $?"
exec 4<>"$tmp/page"
status=0
REMOTE_ADDR=192.0.2.3 "$BIN/operate" <"$tmp/page" >"$tmp/silent.out" 2>>"$tmp/o.err" 4>&- || status=$?
exec 4>&-
[ $status = 77 ] || fail "status $status of a silent page"
jq -es 'length == 1 and .[0].reason == "token"' "$tmp/silent.out" >/dev/null || fail "silent: $(cat "$tmp/silent.out")"

# No token in the log, but who did what.
has "$tmp/o.err" 'command: pause, room=main, from=192.0.2.9: done' || fail "no log of a command"
! grep -qF -e "$for_main" -e the-operators-word -e the-listeners-word "$tmp/o.err" || fail "a token in the log"

# Open to everybody, and said so.
unset BOOTH_JWT_SECRET BOOTH_OPERATOR_TOKEN
: >"$tmp/o.out"
"$BIN/operate" <"$tmp/page" >"$tmp/o.out" 2>"$tmp/open.err" &
operate=$!
started $operate
exec 4>"$tmp/page"
wait_for "open" any "$tmp/o.out" '.state == "ready" and .open'
has "$tmp/open.err" 'anybody may operate' || fail "not said that it is open"
exec 4>&-
wait $operate || fail "status $?"
