#!/bin/sh
# transcribe in real time with a service that is away for longer than five
# seconds: the room is live again at once, what was missed is heard beside it and
# marked late, and no word is missing, twice, or in the wrong place of its line of
# finals.  The same talk through a short gap has nothing late.
set -eu
. tests/e2e/service.inc
"$B/fake/service" audio 90 8 wav >"$tmp/talk.wav"

serve long <<'END'
transcribe outage@2000 6500
transcribe reset@800
END
serve_long=$AWS_ENDPOINT_URL
serve short <<'END'
transcribe reset@3000
transcribe refuse 503 ServiceUnavailableException
transcribe cut@1000
END
AWS_ENDPOINT_URL=$serve_long "$BIN/transcribe" -l en-US "$tmp/talk.wav" \
	>"$tmp/long" 2>"$tmp/long.err" &
long=$!
"$BIN/transcribe" -l en-US "$tmp/talk.wav" >"$tmp/out" 2>"$tmp/err" ||
	fail "status $? of a short gap"
same 'short gap' "$(finals "$tmp/out")" "$(words 90)"
same 'late in a short gap' "$(jq 'select(.late)' "$tmp/out")" ''

wait "$long" || fail "status $? of a long gap: $(cat "$tmp/long.err")"
cp "$tmp/long" "$tmp/out"
cp "$tmp/long.err" "$tmp/err"
grep -q 'were missed; they are heard beside the live audio' "$tmp/err" ||
	fail 'nothing said of the gap'
same 'all words' "$(finals "$tmp/out" | tr ' ' '\n' | sort | tr '\n' ' ')" \
	"$(words 90) "
same 'lost' "$(jq -r 'select(.state=="ended").lost_ms' "$tmp/out")" 0

# Live and late lines each are in order, in the words and in stream time.
jq -c 'select(.type=="transcript" and .final)' "$tmp/out" >"$tmp/finals"
for which in '.late' '(.late | not)'; do
	jq -r "select($which) | .text" "$tmp/finals" | tr ' ' '\n' >"$tmp/part"
	[ -s "$tmp/part" ] || fail "no finals with $which"
	sort -c "$tmp/part" || fail "out of order: $which"
	jq -r "select($which) | .start_ms" "$tmp/finals" | sort -nc ||
		fail "stream time goes back: $which"
done
# Stream time is what it is without any fault: word n of the test audio begins
# at 300 ms + 100 ms for each word + 300 ms for each pause before it.
jq -r '[(.text[1:5] | tonumber), .start_ms] | join(" ")' "$tmp/finals" |
	while read -r n at; do
		pauses=$(((n - 1) / 8))
		want=$((300 + (n - 1) * 100 + pauses * 300))
		[ "$at" = "$want" ] || fail "word $n at $at ms, not $want"
	done
# The room was live before the late words came.
first_late=$(jq -s 'map(.late == true) | index(true)' "$tmp/finals")
after=$(jq -s --argjson n "$first_late" '.[$n].text[1:5] | tonumber' "$tmp/finals")
live=$(jq -s --argjson n "$first_late" '[.[:$n][] | .text[1:5] | tonumber] | max' \
	"$tmp/finals")
last=$(jq -s '[.[] | select(.late | not) | .text[1:5] | tonumber] | max' "$tmp/finals")
[ "$live" -gt "$after" ] || [ "$last" -eq 89 ] ||
	fail "the late words came first: $live, $after"
# An utterance that the outage cut goes on late, under its own id.
jq -r 'select(.type=="transcript").id' "$tmp/out" | sort -u >"$tmp/ids"
jq -r '.id' "$tmp/finals" | sort >"$tmp/final-ids"
cmp "$tmp/ids" "$tmp/final-ids" || fail 'an id without a final'
