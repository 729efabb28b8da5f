#!/bin/sh
# transcribe that belongs to a room: it tells levels and what it spent; when the
# room is paused, or its own limit is reached, the session ends in order, the input
# is read and thrown away, and a new session goes on when the room is resumed, or at
# SIGUSR1, with stream time as if nothing had been.  Paused from the start, it asks
# nobody.
set -eu
. tests/e2e/service.inc
export BOOTH_RUN="$tmp/run"
room=$BOOTH_RUN/rooms/main
mkdir -m 700 "$BOOTH_RUN"
mkdir -p "$room"
"$B/fake/service" audio 90 8 wav >"$tmp/talk.wav"

heard() {
	grep -q "$1" "$tmp/out"
}
state() { # N STATE: that many lines of it
	[ "$(grep -c "\"state\":\"$2\"" "$tmp/out")" -ge "$1" ]
}
thrown_away() { # at least a second
	jq -e -s 'map(.paused_s // 0) | max > 1' "$tmp/out" >"$tmp/checked"
}
# gap FROM: the words are whole from 1 on, then miss some, then are whole to 90;
# each has its own stream time.
gap() {
	finals "$tmp/out" | tr ' ' '\n' | sed 's/^w0*//' >"$tmp/numbers"
	sort -n -c -u "$tmp/numbers" || fail 'a word is twice or out of order'
	same 'first word' "$(head -n 1 "$tmp/numbers")" 1
	same 'last word' "$(tail -n 1 "$tmp/numbers")" 90
	same 'places where words are missing' "$(awk 'NR > 1 && $1 != last + 1 { n++ }
		{ last = $1 } END { print n + 0 }' "$tmp/numbers")" "$1"
	jq -r 'select(.type=="transcript" and .final) |
		[(.text[1:5] | tonumber), .start_ms] | join(" ")' "$tmp/out" |
		while read -r n at; do
			want=$((300 + (n - 1) * 100 + (n - 1) / 8 * 300))
			[ "${at%.*}" -ge $((want - 100)) ] &&
				[ "${at%.*}" -le $((want + 100)) ] ||
				fail "word $n at $at ms, not $want"
		done
}
steps() { # status lines, without levels
	jq -r 'select(.type=="status" and .state!="level") | .state' "$tmp/out" |
		tr '\n' ' ' | sed 's/ $//'
}

# The operator pauses and resumes.
serve a </dev/null
"$BIN/transcribe" -l en-US -r main "$tmp/talk.wav" >"$tmp/out" 2>"$tmp/err" &
tool=$!
wait_for 120 heard w0012
echo 'lunch' >"$room/paused"
wait_for 120 state 1 paused
wait_for 120 grep -q 'transcribe end' "$tmp/a.log"
wait_for 120 thrown_away
rm "$room/paused"
wait_for 120 state 1 resumed
wait "$tool" || fail "status $?"
same 'states' "$(steps)" 'ready paused resumed ended'
same 'reason' "$(jq -r 'select(.state=="paused").detail' "$tmp/out")" lunch
gap 1
same sessions "$(jq 'select(.state=="ended").sessions' "$tmp/out")" 2
same lost "$(jq 'select(.state=="ended").lost_ms' "$tmp/out")" 0
jq -e -s 'map(select(.state=="level")) | length > 3 and all(
	(.level_db | type) == "number" and (.peak_db | type) == "number"
	and .lag_ms >= 0 and .audio_s >= 0 and .est_usd >= 0 and .lost_ms == 0)
	and (map(.level_db) | max > -35 and max < -25)
	and (map(.peak_db) | max > -30.5 and max < -29)' "$tmp/out" >"$tmp/checked" ||
	fail 'levels'
# What was sent is paid for, at the built-in price, for no fewer than 15 seconds
# a session.
jq -e 'select(.state=="ended") | .audio_s < 15 and (.est_usd * 2500 - 30 | fabs < 0.01)' \
	"$tmp/out" >"$tmp/checked" || fail 'est_usd'
jq -e 'select(.state=="ended") | .audio_s + .paused_s | . > 12.4 and . < 13.6' \
	"$tmp/out" >"$tmp/checked" || fail 'audio and pause are not the talk'

# Its own limit: two seconds at a dollar each; SIGUSR1 allows as much again.
printf '%s\n' 'transcribe.second 1' 'transcribe.minimum_seconds 0' >"$tmp/prices"
serve b </dev/null
: >"$tmp/out"
: >"$tmp/err"
BOOTH_PRICES="$tmp/prices" "$BIN/transcribe" -l en-US --max-usd 6 "$tmp/talk.wav" \
	>"$tmp/out" 2>"$tmp/err" &
tool=$!
wait_for 120 state 1 paused
grep -q 'paused: transcribe has spent .* USD; go on with SIGUSR1' "$tmp/err" ||
	fail 'nothing said of the limit'
kill -USR1 "$tool"
wait_for 120 state 1 resumed
wait_for 120 state 2 paused
kill -USR1 "$tool"
wait "$tool" || fail "status $? with a limit"
same 'states' "$(steps)" 'ready paused resumed paused resumed ended'
same 'levels without a room' "$(grep -c '"level"' "$tmp/out")" 0
finals "$tmp/out" | tr ' ' '\n' | sort -c -u || fail 'a word is twice'

# The limit pauses the whole room.
serve c </dev/null
: >"$tmp/out"
: >"$tmp/err"
BOOTH_PRICES="$tmp/prices" "$BIN/transcribe" -l en-US -r main --max-usd 2 \
	"$tmp/talk.wav" >"$tmp/out" 2>"$tmp/err" &
tool=$!
wait_for 120 test -e "$room/paused"
grep -q 'transcribe has spent' "$room/paused" || fail 'no reason in the room'
wait "$tool" || fail "status $? paused to the end"
same 'sessions until the limit' "$(jq 'select(.state=="ended").sessions' "$tmp/out")" 1

# Paused before it begins, and to the end.
serve d </dev/null
"$BIN/transcribe" -l en-US -r main --pace fast "$tmp/talk.wav" >"$tmp/out" \
	2>"$tmp/err" || fail "status $? paused from the start"
same 'asked while paused' "$(cat "$tmp/d.log")" ''
same 'states' "$(steps)" 'paused ended'
rm "$room/paused"

# Wrong calls.
got=0
"$BIN/transcribe" -l en-US -r 'Up/there' </dev/null >"$tmp/out" 2>"$tmp/err" || got=$?
same 'status of a bad room' "$got" 64
got=0
"$BIN/transcribe" -l en-US --max-usd 0 </dev/null >"$tmp/out" 2>"$tmp/err" || got=$?
same 'status of no money' "$got" 64
echo 'transcribe.minute 1' >"$tmp/prices"
got=0
BOOTH_PRICES="$tmp/prices" "$BIN/transcribe" -l en-US </dev/null >"$tmp/out" \
	2>"$tmp/err" || got=$?
same 'status of a wrong price file' "$got" 78
grep -q 'line 1' "$tmp/err" || fail 'nothing said of the price file'
