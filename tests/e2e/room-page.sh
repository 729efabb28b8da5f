#!/bin/sh
# listen as websocketd runs it: parameters from QUERY_STRING, refusals as a
# line, the page's input read to the end whatever it is, acknowledgements that
# fall behind cost audio and never captions, end of input ends it.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common

mkfifo "$tmp/in" "$tmp/page"
exec 3<>"$tmp/in"
"$BIN/broadcast" -r main <"$tmp/in" 2>"$tmp/b.err" 3>&- &
started $!
wait_for "room" test -e "$BOOTH_RUN/rooms/main/source.text.ring"
export GATEWAY_INTERFACE=websocketd-CGI/0.1

refused() {
	status=0
	QUERY_STRING=$1 timeout 300 "$BIN/listen" <"$tmp/page" >"$tmp/r.out" 2>"$tmp/r.err" || status=$?
	[ $status = 64 ] || fail "'$1': status $status"
	jq -e -s --arg why "$2" 'length == 1 and .[0].state == "refused" and
		.[0].type == "status" and (.[0].detail | startswith($why))' \
		"$tmp/r.out" >/dev/null || fail "'$1' is not refused by '$2'"
}
exec 4<>"$tmp/page"
refused 'room=../etc&lang=es-ES' "room: a room's name"
refused 'room=main&lang=..%2Fes' 'lang:'
refused 'room=main&lang=es-ES&audio=wav' 'audio:'
refused 'room=main' 'lang:'
refused 'room=main&lang=es-ES&since=x' 'since:'
# An option of the script that websocketd runs beats the page's query.
QUERY_STRING='room=other&lang=es-ES' "$BIN/listen" -r main --once <"$tmp/page" >"$tmp/o.out" 2>&1 || true
exec 4>&-
has "$tmp/o.out" '"room":"main"' || fail "the query beats the option"

# One that left before anybody looked, and said nothing, has left all the same.
QUERY_STRING='room=main&lang=es-ES' sh -c 'exec 5<>"$1" <"$1" 5>&-; exec "$2"' sh \
	"$tmp/page" "$BIN/listen" >"$tmp/g.out" 2>"$tmp/g.err" 3>&- &
gone=$!
started $gone
left() {
	! kill -0 $gone
}
wait_for 'the end of one that had left' left
wait $gone || fail "status of one that had left: $?"

# One that is silent and hears nothing, for later: a heartbeat comes after 10 s.
mkfifo "$tmp/silent"
QUERY_STRING='room=main&lang=source' "$BIN/listen" <"$tmp/silent" >"$tmp/h.out" 3>&- &
started $!
exec 5>"$tmp/silent"

# A page.  It must have a writer of its own, whose end is the page's leaving.
caption es-ES 1 >&3
QUERY_STRING='room=main&lang=es%2dES&audio=pcm&partials=1' \
	"$BIN/listen" <"$tmp/page" >"$tmp/p.out" 2>"$tmp/p.err" 3>&- 5>&- &
listen=$!
started $listen
exec 4>"$tmp/page"
wait_for "live" has "$tmp/p.out" '"live"'
any "$tmp/p.out" '.state == "listening" and .channel == "es-ES.pcm"' || fail "channel"

# Without an acknowledgement nothing is ever skipped; with the first one the
# clock runs.  Then the page is silent.
audio es-ES pcm_s16le 2 >&3
wait_for "audio" has "$tmp/p.out" '"type":"audio"'
seq=$(jq -r 'select(.type == "audio") | .seq' "$tmp/p.out")
printf '{"type":"hello","token":"x"}\n{"ack":%s}\n' "$seq" >&4
n=2
until has "$tmp/p.out" '"skipping"'; do
	n=$((n + 1))
	[ $n -lt 1000 ] || fail "stale audio is not skipped"
	audio es-ES pcm_s16le $n >&3
	sleep 0.05
done
sent=$(grep -c '"type":"audio"' "$tmp/p.out")
audio es-ES pcm_s16le skipped >&3
caption es-ES 50 >&3
wait_for "a caption all the same" has "$tmp/p.out" 'es-ES caption 50'
[ "$(grep -c '"type":"audio"' "$tmp/p.out")" = "$sent" ] || fail "audio was sent while skipping"
[ "$(grep -c '"skipping"' "$tmp/p.out")" = 1 ] || fail "said more than once"

# Nonsense, markup, binary without a newline, 3 MiB of it: read and forgotten.
{
	printf 'nonsense\n{"ack":"x"}\n{"ack":-1}\n{"ack":1e300}\n[1]\n\000\377\n'
	head -c 3145728 /dev/zero
	printf '\n'
} >&4
# The page has caught up.
seq=$(jq -r 'select(.seq) | .seq' "$tmp/p.out" | tail -n 1)
n=100
until has "$tmp/p.out" '"resumed"'; do
	n=$((n + 1))
	[ $n -lt 1000 ] || fail "audio does not resume"
	printf '{"ack":%s}\n' "$seq" >&4
	audio es-ES pcm_s16le $n >&3
	sleep 0.02
done
any "$tmp/p.out" '.state == "resumed" and .skipped_lines >= 1' || fail "skipped lines not counted"
wait_for "audio again" sh -c "tail -n 1 '$tmp/p.out' | grep -q '\"audio\"'"
grows "$tmp/p.out" || fail "order"
jq -e . "$tmp/p.out" >/dev/null || fail "not JSON"

# The page leaves in the middle of a message.
printf '{"ack":' >&4
exec 4>&-
status=0
wait $listen || status=$?
[ $status = 0 ] || fail "status $status when the page leaves"

# The heartbeat of the one that was silent all the time.
wait_for "heartbeat" has "$tmp/h.out" '"state":"alive"'
exec 5>&-
