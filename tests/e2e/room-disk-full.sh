#!/bin/sh
# A real file system that fills up under the archive and under the run
# directory: the archive keeps whole lines and goes on when there is room
# again; a room whose shared memory is full says so and does not die.
# Needs a tmpfs of its own, mounted in a user namespace.
set -eu
if [ "${1-}" != inside ]; then
	why=$(unshare -rm sh -c 'mount -t tmpfs -o size=64k tmpfs /mnt' 2>&1) || {
		echo "SKIP: cannot mount a tmpfs in a user namespace: $why"
		exit 77
	}
	exec unshare -rm "$0" inside
fi
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common

umount_all() {
	umount "$tmp/small" "$tmp/tiny" 2>/dev/null || true
}
trap 'umount_all; cleanup' EXIT
mkdir "$tmp/small"
mount -t tmpfs -o size=64k tmpfs "$tmp/small"
mkfifo "$tmp/in"
exec 3<>"$tmp/in"
"$BIN/broadcast" -r main --archive "$tmp/small/a.jsonl" <"$tmp/in" 2>"$tmp/b.err" 3>&- &
broadcast=$!
started $broadcast
"$BIN/listen" -r main -l source </dev/null >"$tmp/l.out" 3>&- &
started $!
wait_for "live" has "$tmp/l.out" '"live"'
# Lines of 1000 bytes, into 64 KiB.
long=$(printf '%0960d' 0)
n=0
until has "$tmp/l.out" '"degraded"'; do
	n=$((n + 1))
	[ $n -lt 3000 ] || fail "never full"
	printf '{"type":"n","n":%d,"x":"%s"}\n' $n "$long" >&3
	sleep 0.005
done
[ "$(tail -c 1 "$tmp/small/a.jsonl" | od -An -c | tr -d ' ')" = '\n' ] || fail "torn line"
jq -e . "$tmp/small/a.jsonl" >/dev/null || fail "archive is not lines"
cp "$tmp/small/a.jsonl" "$tmp/before"
: >"$tmp/small/a.jsonl"
until has "$tmp/l.out" '"recovered"'; do
	n=$((n + 1))
	[ $n -lt 6000 ] || fail "never recovered"
	printf '{"type":"n","n":%d}\n' $n >&3
	sleep 0.02
done
exec 3>&-
status=0
wait $broadcast || status=$?
[ $status = 74 ] || fail "status $status"
jq -e . "$tmp/small/a.jsonl" >/dev/null || fail "archive is not lines afterwards"
missing=$(jq -r 'select(.state == "recovered") | .missing_lines' "$tmp/l.out")
kept=$(($(grep -c . "$tmp/before") + $(grep -c . "$tmp/small/a.jsonl")))
[ $((kept + missing)) = $n ] || fail "kept $kept, missing $missing, of $n"

# Shared memory that is full.
mkdir "$tmp/tiny"
mount -t tmpfs -o size=256k tmpfs "$tmp/tiny"
i=0
while [ $i -lt 300 ]; do
	i=$((i + 1))
	printf '{"type":"n","n":%d,"x":"%s"}\n' $i "$long"
done >"$tmp/in3"
status=0
BOOTH_RUN="$tmp/tiny/run" "$BIN/broadcast" -r main <"$tmp/in3" 2>"$tmp/tiny.err" || status=$?
[ $status = 74 ] || fail "full shared memory: status $status"
[ "$(grep -c 'no space for the ring' "$tmp/tiny.err")" = 1 ] || fail "full shared memory: not said once"
BOOTH_RUN="$tmp/tiny/run" "$BIN/listen" -r main -l source --since 0 --once </dev/null >"$tmp/tiny.out"
any "$tmp/tiny.out" '.type == "n"' || fail "nothing of the room is left"
