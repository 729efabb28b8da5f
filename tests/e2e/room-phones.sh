#!/bin/bash
# Phones that misbehave, through a real websocketd and a real listen: one that
# stalls (stopped by a signal; its socket and websocketd's buffers fill) loses
# stale audio and no caption; one that never acknowledges loses nothing; one
# that floods its input is read to the end; none of it reaches the others.
# More than --max-listeners are answered 429, until one leaves.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common
# shellcheck source=tests/e2e/speak.inc
. tests/e2e/speak.inc

mkfifo "$tmp/in"
exec 3<>"$tmp/in"
"$BIN/broadcast" -r main <"$tmp/in" 2>"$tmp/b.err" 3>&- &
started $!
wait_for "room" test -e "$room/source.text.ring"
caption es-ES first >&3
sound=$(head -c 24000 /dev/zero | base64 -w0)
audio() {
	printf '{"type":"audio","id":"a%s","lang":"es-ES","n":0,"last":true,"encoding":"pcm_s16le","rate_hz":16000,"data":"%s"}\n' \
		"$1" "$sound"
}
audio 0 >&3
wait_for "voice" test -e "$room/es-ES.pcm.ring"
serve --max-listeners 4

# phone NAME: a page; what it says is written to $tmp/NAME.say (descriptor $say).
phone() {
	mkfifo "$tmp/$1.say"
	"$B/fake/ws_client" "$port" '/listen?room=main&lang=es-ES&audio=pcm' \
		<"$tmp/$1.say" >"$tmp/$1.out" 2>"$tmp/$1.err" 3>&- {say}>&- &
	phone=$!
	started $phone
	exec {say}>"$tmp/$1.say"
	wait_for "$1 is live" has "$tmp/$1.out" '"live"'
}
count() { # NAME TYPE
	grep -c "\"type\":\"$2\"" "$tmp/$1.out" || :
}

say=9
phone silent
phone good
good=$say
phone flood
flood=$say flooding=$phone
phone stalled
stalled=$phone
# There is no fifth place.
status_is 1 "$B/fake/ws_client" "$port" '/listen?room=main&lang=es-ES' \
	</dev/null >"$tmp/fifth.out" 2>"$tmp/fifth.err"
has "$tmp/fifth.err" '(429)' || fail "no 429"
[ ! -s "$tmp/fifth.out" ] || fail "a fifth listener was let in"

# It has acknowledged once; then it stands still.
audio 1 >&3
wait_for "audio" has "$tmp/stalled.out" '"id":"a1"'
seq=$(jq -r 'select(.type == "audio") | .seq' "$tmp/stalled.out" | tail -n 1)
printf '{"ack":%s}\n' "$seq" >&"$say"
# Nothing tells that it was heard, but what follows on the same wire.
audio 2 >&3
wait_for "audio 2" has "$tmp/stalled.out" '"id":"a2"'
kill -STOP "$stalled"
# 3 MB that mean nothing; then it stays.
{
	n=0
	while [ $n -lt 100 ]; do
		n=$((n + 1))
		echo '!text 30000'
	done
	echo '!binary 5000'
	printf '{"type":"hello"}\n'
} >&"$flood"
# A talk meanwhile: at least 5 s of it, longer than what is stale.
n=2
while [ $n -lt 102 ]; do
	n=$((n + 1))
	audio $n
	[ $((n % 10)) -ne 0 ] || caption es-ES $n
	sleep 0.05
	# The good one has everything, and says so.
	seq=$(tail -n 1 "$tmp/good.out" | grep -o '"seq":[0-9]*' | head -n 1) || continue
	printf '{"ack":%s}\n' "${seq#*:}" >&"$good"
done >&3
caption es-ES last >&3
# The flooding one reads nothing while it writes: it may have lost audio.
wait_for "the last caption at flood" has "$tmp/flood.out" 'caption last'
for name in good silent; do
	wait_for "the last caption at $name" has "$tmp/$name.out" 'caption last'
	[ "$(count $name audio)" -ge 102 ] || fail "$name: $(count $name audio) audio lines"
	has "$tmp/$name.out" '"skipping"' && fail "$name: audio was skipped"
done
kill -CONT "$stalled"
wait_for "the last caption at the stalled one" has "$tmp/stalled.out" 'caption last'
has "$tmp/stalled.out" '"skipping"' || fail "stale audio was not skipped"
[ "$(count stalled audio)" -lt 102 ] || fail "stale audio was sent"
for name in good silent flood stalled; do
	[ "$(jq -r 'select(.type == "translation") | .id' "$tmp/$name.out" | tr '\n' ' ')" = \
		"ufirst u10 u20 u30 u40 u50 u60 u70 u80 u90 u100 ulast " ] ||
		fail "$name: captions"
	grows "$tmp/$name.out" || fail "$name: order"
done
# It says that it has everything: audio comes again.
seq=$(jq -r 'select(.seq) | .seq' "$tmp/stalled.out" | tail -n 1)
printf '{"ack":%s}\n' "$seq" >&"$say"
n=200
until has "$tmp/stalled.out" '"resumed"'; do
	n=$((n + 1))
	[ $n -lt 1000 ] || fail "audio does not resume"
	audio $n >&3
	sleep 0.05
done

# A place that is left is free, also that of one who flooded.
kill "$flooding"
again() {
	timeout 20 "$B/fake/ws_client" "$port" '/listen?room=main&lang=es-ES' \
		</dev/null >"$tmp/again.out" 2>&1 &
	phone=$!
	tries=0
	while [ $tries -lt 100 ] && kill -0 $phone 2>/dev/null; do
		has "$tmp/again.out" '"live"' && kill $phone && return
		tries=$((tries + 1))
		sleep 0.02
	done
	return 1
}
wait_for "a free place" again
