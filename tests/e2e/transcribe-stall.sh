#!/bin/sh
# transcribe with input that stops for a while, ends in odd places or comes in odd
# pieces: what was said before is final while the input still is open, the session
# goes on, and stream time does not count the silence that was sent meanwhile.
# What came at once after a stall does not keep the room behind.  And a service that
# takes and gives one byte at a time, and one that closes connections on which
# nothing is asked.
set -eu
. tests/e2e/service.inc
"$B/fake/service" audio 24 >"$tmp/pcm"
final_count() {
	[ "$(grep -c '"final":true' "$tmp/out")" -ge "$1" ]
}

# What was kept back for 14 s comes at once, and more of the talk: meanwhile, as
# that takes its time.
"$B/fake/service" audio 170 >"$tmp/long"
serve burst </dev/null
mkfifo "$tmp/kept"
"$BIN/transcribe" -l en-US <"$tmp/kept" >"$tmp/burst.out" 2>"$tmp/burst.err" &
burst=$!
{
	head -c 64000 "$tmp/long"
	sleep 14
	tail -c +64001 "$tmp/long"
	wait_for 120 grep -q 'all at once' "$tmp/burst.err"
} >"$tmp/kept" &
pids="$pids $burst $!"

# 1300 ms are the first eight words and the beginning of a pause.
serve a </dev/null
mkfifo "$tmp/fifo"
"$BIN/transcribe" -l en-US --pace fast <"$tmp/fifo" >"$tmp/out" 2>"$tmp/err" &
tool=$!
exec 3>"$tmp/fifo"
head -c 41600 "$tmp/pcm" >&3
wait_for 120 final_count 1
# 1999 ms: in the middle of a word, and of a sample; then the rest.
tail -c +41601 "$tmp/pcm" | head -c 22367 >&3
wait_for 120 final_count 2
tail -c +63968 "$tmp/pcm" >&3
exec 3>&-
wait "$tool" || fail "status $?"
# The word that the stall cut in two may be heard in two halves, or in none.
same 'words around a stall' "$(finals "$tmp/out" | tr ' ' '\n' | sort -u |
	grep -v w0014 | tr '\n' ' ')" "$(words 24 | sed 's/w0014 //') "
same 'start of the last words' "$(jq -r 'select(.type=="transcript" and .final)
	| .start_ms' "$tmp/out" | tail -n 1)" 2500
same 'sessions' "$(jq -r 'select(.state=="ended").sessions' "$tmp/out")" 1

# A machine that stands still has not stalled: no silence comes into a sentence.
"$B/fake/service" audio 24 8 wav >"$tmp/talk.wav"
mkfifo "$tmp/still"
: >"$tmp/out"
"$BIN/transcribe" -l en-US <"$tmp/still" >"$tmp/out" 2>"$tmp/err" &
tool=$!
"$BIN/capture" -q -f "$tmp/talk.wav" >"$tmp/still" &
capture=$!
pids="$pids $tool $capture"
wait_for 120 grep -q 'w0010' "$tmp/out"
kill -STOP "$capture" "$tool"
sleep 2
kill -CONT "$tool"
kill -CONT "$capture"
wait "$tool" || fail "status $? after it stood still"
same 'sentences of a machine that stood still' "$(jq -r 'select(.type=="transcript" and
	.final) | .text' "$tmp/out" | awk '{ print NF, $1 }' | tr '\n' ' ')" '8 w0001 8 w0009 8 w0017 '

# Half a sample at the end.
head -c 41601 "$tmp/pcm" | "$BIN/transcribe" -l en-US --pace fast >"$tmp/out" \
	2>"$tmp/err" || fail "status $? of an odd number of bytes"
grep -q 'ended within a sample' "$tmp/err" || fail 'half a sample, and no word'
same 'odd end' "$(finals "$tmp/out")" "$(words 8)"

# No audio at all, less than one chunk, and no word in it.
"$BIN/transcribe" -l en-US </dev/null >"$tmp/out" 2>"$tmp/err" ||
	fail "status $? of no audio"
same 'no audio' "$(finals "$tmp/out")" ''
head -c 100 /dev/zero | "$BIN/transcribe" -l en-US >"$tmp/out" 2>"$tmp/err" ||
	fail "status $? of three milliseconds"
same 'silence' "$(finals "$tmp/out")" ''

# Seven bytes a read.
head -c 41600 "$tmp/pcm" | dd bs=7 2>/dev/null |
	"$BIN/transcribe" -l en-US --pace fast --no-partials >"$tmp/out" 2>"$tmp/err" ||
	fail "status $? of sevens"
same 'in sevens' "$(finals "$tmp/out")" "$(words 8)"
same 'partials' "$(jq 'select(.final==false)' "$tmp/out")" ''

# A window of less than a chunk, and answers one byte a frame.
serve b --window 700 --max-data 1 </dev/null
"$BIN/transcribe" -l en-US --pace fast <"$tmp/pcm" >"$tmp/out" 2>"$tmp/err" ||
	fail "status $? with a tiny window"
same 'through a tiny window' "$(finals "$tmp/out")" "$(words 24)"

# Nobody speaks yet, and the service closes what is idle, again and again.
serve c --close-idle-ms 100 </dev/null
: >"$tmp/out"
: >"$tmp/err"
"$BIN/transcribe" -l en-US --pace fast <"$tmp/fifo" >"$tmp/out" 2>"$tmp/err" &
tool=$!
exec 3>"$tmp/fifo"
closed_often() {
	[ "$(grep -c '^conn' "$tmp/c.log")" -ge 4 ]
}
wait_for 120 closed_often
cat "$tmp/pcm" >&3
exec 3>&-
wait "$tool" || fail "status $? after idle connections"
same 'words after idle connections' "$(finals "$tmp/out")" "$(words 24)"
[ ! -s "$tmp/err" ] || fail 'an idle connection is nothing to tell of'

wait "$burst" || fail "status $? of what was kept back: $(cat "$tmp/burst.err")"
same 'words of what was kept back' "$(finals "$tmp/burst.out" | tr ' ' '\n' |
	sort | tr '\n' ' ')" "$(words 170) "
grep -q '"late":true' "$tmp/burst.out" || fail 'nothing was heard beside'
same 'order of the live words' "$(jq -r 'select(.final and (.late | not)).text' \
	"$tmp/burst.out" | tr ' ' '\n' | sort -c 2>&1)" ''
same 'lost' "$(jq -r 'select(.state=="ended").lost_ms' "$tmp/burst.out")" 0
