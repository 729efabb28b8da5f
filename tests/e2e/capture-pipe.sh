#!/bin/sh
# capture and the processes around it: a reader that leaves, a reader that
# stalls, SIGTERM at once and twice, a writer before it that falls silent or
# dies, and a terminal as output or for the meter.
set -eu
# shellcheck source=tests/e2e/capture.inc
. tests/e2e/capture.inc

# ready PID: SIGTERM is caught by now
ready() {
	until [ $((0x$(awk '/^SigCgt/ { print $2 }' "/proc/$1/status") & 0x4000)) \
		-ne 0 ]; do
		:
	done
}

# await PID: its status in $got (tests/run ends a test that hangs)
await() {
	got=0
	wait "$1" || got=$?
}

"$sine" write flac 44100 2 441000 "$dir/talk.flac"
"$sine" write wav 16000 1 160000 "$dir/talk.wav"
"$BIN/capture" -f "$dir/talk.flac" --pace fast >"$dir/whole"
mkfifo "$dir/fifo" "$dir/in"

# A reader that leaves: 74, and not a word.
"$BIN/capture" -f "$dir/talk.flac" --loop --pace fast >"$dir/fifo" \
	2>"$dir/err" &
pid=$!
pids="$pids $pid"
head -c 100000 <"$dir/fifo" | cmp - "$dir/whole" -n 100000
await "$pid"
[ "$got" -eq 74 ] || fail "reader left: status $got"
[ ! -s "$dir/err" ] || fail "reader left: $(cat "$dir/err")"

# A slow reader of a file gets all of it.
"$BIN/capture" -f "$dir/talk.flac" --pace fast >"$dir/fifo" &
pid=$!
pids="$pids $pid"
dd if="$dir/fifo" of="$dir/out" bs=100 status=none
await "$pid"
[ "$got" -eq 0 ] || fail "slow reader: status $got"
cmp "$dir/out" "$dir/whole"

# SIGTERM while it plays in real time: whole frames, all of them right, and 0.
: >"$dir/err"
"$BIN/capture" -f "$dir/talk.flac" --loop >"$dir/fifo" 2>"$dir/err" &
pid=$!
pids="$pids $pid"
exec 3<"$dir/fifo"
head -c 3200 <&3 >"$dir/out"
kill -TERM "$pid"
cat <&3 >>"$dir/out"
exec 3<&-
await "$pid"
[ "$got" -eq 0 ] || fail "SIGTERM: status $got"
[ ! -s "$dir/err" ] || fail "SIGTERM: $(cat "$dir/err")"
n=$(stat -c %s "$dir/out")
[ $((n % 2)) -eq 0 ] || fail "half a frame"
[ "$n" -lt 320000 ] || fail "SIGTERM did not stop it"
cmp -n "$n" "$dir/out" "$dir/whole"

# A reader that takes nothing more: the second signal ends it at once, the pipe
# being full.
: >"$dir/err"
"$BIN/capture" -f "$dir/talk.wav" --loop --pace fast >"$dir/fifo" \
	2>"$dir/err" &
pid=$!
pids="$pids $pid"
exec 3<"$dir/fifo"
head -c 2 <&3 >/dev/null
# it sleeps in poll once the pipe is full
while [ "$(cut -d' ' -f3 "/proc/$pid/stat")" != S ]; do
	:
done
kill -TERM "$pid"
# the first signal has been seen when it is no longer pending
while [ "$(awk '/^ShdPnd/ { print $2 }' "/proc/$pid/status")" != \
	0000000000000000 ]; do
	:
done
kill -TERM "$pid" 2>/dev/null || :
await "$pid"
exec 3<&-
[ "$got" -eq 143 ] || [ "$got" -eq 74 ] || fail "second SIGTERM: status $got"
grep -q "stopped before the reader took the last" "$dir/err" ||
	fail "second SIGTERM: $(cat "$dir/err")"

# A sound on standard input that stalls, in its header and in the middle: a
# signal still ends it.
for bytes in 20 100000; do
	: >"$dir/err"
	"$BIN/capture" -f - --pace fast <"$dir/in" >"$dir/fifo" 2>"$dir/err" &
	pid=$!
	pids="$pids $pid"
	exec 4>"$dir/in" 3<"$dir/fifo"
	head -c "$bytes" "$dir/talk.wav" >&4
	if [ "$bytes" -gt 44 ]; then
		head -c 3200 <&3 >"$dir/out"
	fi
	ready "$pid"
	kill -TERM "$pid"
	cat <&3 >>"$dir/out"
	await "$pid"
	exec 3<&- 4>&-
	[ "$got" -eq 0 ] || fail "stalled stdin after $bytes: status $got"
	[ ! -s "$dir/err" ] || fail "stalled stdin: $(cat "$dir/err")"
done
# The reader leaves while the input stalls: noticed without a write.
: >"$dir/err"
"$BIN/capture" -f - --pace fast <"$dir/in" >"$dir/fifo" 2>"$dir/err" &
pid=$!
pids="$pids $pid"
exec 4>"$dir/in" 3<"$dir/fifo"
head -c 10000 "$dir/talk.wav" >&4
exec 3<&-
await "$pid"
exec 4>&-
[ "$got" -eq 74 ] || fail "reader left a stalled input: status $got"

# The writer dies in the middle: what came is passed on, and that is told.
: >"$dir/out"
: >"$dir/err"
"$BIN/capture" -f - --pace fast <"$dir/in" >"$dir/out" 2>"$dir/err" &
pid=$!
pids="$pids $pid"
head -c 20044 "$dir/talk.wav" >"$dir/in"
await "$pid"
[ "$got" -eq 65 ] || fail "writer died: status $got"
[ "$(stat -c %s "$dir/out")" -eq 20000 ] || fail "writer died: sound is lost"
grep -q "truncated: 10000 of 160000 frames" "$dir/err" ||
	fail "writer died: $(cat "$dir/err")"

# Terminals, where script(1) can make one.
if command -v script >/dev/null; then
	SHELL=/bin/sh script -qec "$BIN/capture -f $dir/talk.wav" /dev/null \
		>"$dir/out" </dev/null && fail "PCM on a terminal"
	grep -q "PCM on a terminal; pipe it into transcribe" "$dir/out" ||
		fail "terminal: $(cat "$dir/out")"
	SHELL=/bin/sh script -qec \
		"$BIN/capture -f $dir/talk.wav --seconds 0.4 --meter >$dir/pcm" \
		/dev/null >"$dir/out" </dev/null || fail "meter: status"
	grep -q 'peak  -6.0 rms  -9.0 dBFS' "$dir/out" ||
		fail "meter: $(cat "$dir/out")"
	[ "$(stat -c %s "$dir/pcm")" -eq 12800 ] || fail "meter: sound"
else
	echo "no script(1): the terminal part was left out"
fi
exit 0
