#!/bin/bash
# send | websocketd | speak | a file, over a way that is cut again and again:
# connection, speak's process, and websocketd itself killed in the middle of a
# talk; what arrives is byte for byte what was said.  And what is lost on
# purpose is counted: memory that is full, a keeper that was killed.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common
# shellcheck source=tests/e2e/speak.inc
. tests/e2e/speak.inc

export BOOTH_SPEAK_COMMAND="cat >>'$tmp/heard.'\"\$BOOTH_LANG\""
serve
relay
head -c 3200000 /dev/urandom >"$tmp/talk.pcm"
mkfifo "$tmp/pcm"
"$BIN/send" -l it-IT "ws://127.0.0.1:$way/speak?room=main" <"$tmp/pcm" 2>"$tmp/send.err" &
send=$!
started $send
exec 3>"$tmp/pcm"
said=0
say() { # N: N bytes more
	tail -c "+$((said + 1))" "$tmp/talk.pcm" | head -c "$1" >&3
	said=$((said + $1))
}
say 100000
wait_for "first sound" heard 96000

# The connection, in the middle of it, several times; what is said meanwhile is
# kept, and nobody who says it waits.
for _ in 1 2 3; do
	cut_way
	say 333000
	relay "$way"
	wait_for "sound after the drop" heard $((said / 3200 * 3200))
done
# speak's own process: the keeper and the command go on.
front=$(pgrep -P "$(pgrep -P "$server" websocketd)" speak)
kill -9 "$front"
say 400001
wait_for "sound after speak was killed" heard $((said / 3200 * 3200))
[ "$(grep -c 'talk begins' "$room/speak.log")" = 1 ] || fail "the talk began twice"

# websocketd itself, and the script around it.
kill -9 "$(pgrep -P "$server" websocketd)"
wait "$server" || :
say 500000
grep -q 'not connected' "$tmp/send.err" || fail "send does not say that it is cut off"
rm -f "$tmp/url"
scripts/serve -p "$port" >"$tmp/url" 2>"$tmp/serve.err" 3>&- &
server=$!
started $server
wait_for "server again" test -s "$tmp/url"
wait_for "sound after websocketd was killed" heard $((said / 3200 * 3200))

say $((3200000 - said))
exec 3>&-
wait $send || fail "send ended with $?"
wait_for "room" is_free
cmp "$tmp/talk.pcm" "$tmp/heard.it-IT" || fail "what arrived is not what was said"
[ "$(grep -c 'talk begins' "$room/speak.log")" = 1 ] || fail "the talk began twice"
grep -q 'never reached' "$tmp/send.err" && fail "something is said to be lost"

# Memory for one second and four said: the newest second arrives, the rest is
# counted, here and there.
rm "$tmp/heard.it-IT"
: >"$tmp/send.err"
"$BIN/send" --keep-s 1 -l it-IT "ws://127.0.0.1:$way/speak?room=main" <"$tmp/pcm" 2>"$tmp/send.err" &
send=$!
started $send
exec 3>"$tmp/pcm"
head -c 3200 "$tmp/talk.pcm" >&3
wait_for "first sound" heard 3200
cut_way
wait_for "the cut to be noticed" grep -q 'not connected' "$tmp/send.err"
tail -c 128000 "$tmp/talk.pcm" >&3
wait_for "a word about it" grep -q 'memory is full' "$tmp/send.err"
relay "$way"
exec 3>&-
wait $send || fail "send ended with $?"
wait_for "room" is_free
{ head -c 3200 "$tmp/talk.pcm"; tail -c 32000 "$tmp/talk.pcm"; } >"$tmp/expected"
cmp "$tmp/expected" "$tmp/heard.it-IT" || fail "not the newest second"
grep -q '3.0 s of sound never reached the room' "$tmp/send.err" || fail "loss is not told"

# The keeper is killed: the command ends with it, a new one goes on; what was not
# acknowledged is said again, but what the old command had is not heard twice.
rm "$tmp/heard.it-IT"
: >"$tmp/send.err"
"$BIN/send" -l it-IT "ws://127.0.0.1:$port/speak?room=main" <"$tmp/pcm" 2>"$tmp/send.err" &
send=$!
started $send
exec 3>"$tmp/pcm"
head -c 64000 "$tmp/talk.pcm" >&3
wait_for "sound" heard 64000
wait_for "an acknowledgement" grep -q 'pipeline running' "$tmp/send.err"
head -c 96000 "$tmp/talk.pcm" | tail -c 32000 >&3
wait_for "sound, hardly acknowledged" heard 96000
kill -9 "$(keeper_pid)"
wait_for "a new beginning" grep -q 'connected again' "$tmp/send.err"
tail -c +96001 "$tmp/talk.pcm" | head -c 32000 >&3
wait_for "sound of the new one" heard 128000
exec 3>&-
wait $send || fail "send ended with $?"
wait_for "room" is_free
cmp <(head -c 128000 "$tmp/talk.pcm") "$tmp/heard.it-IT" || fail "heard twice, or not at all"
[ ! -s "$room/speak.next" ] || fail "the end of the talk is not the end of its session"
kill "$server"
wait "$server" || :
echo ok
