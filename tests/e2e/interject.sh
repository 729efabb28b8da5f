#!/bin/sh
# interject: the talk passes unchanged; typed text, JSON and retractions join it;
# many writers at once, lines too long, torn, binary or refused; a flood is paced
# and bounded; a second one is refused; a FIFO that a killed one left is used
# again; the FIFO goes at the end; finals and retractions are on record.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common

room=$BOOTH_RUN/rooms/main
mkfifo "$tmp/in"
exec 3<>"$tmp/in"
start_interject() { # OPTION...
	"$BIN/interject" -r main "$@" <"$tmp/in" >>"$tmp/i.out" 2>>"$tmp/i.err" 3>&- &
	interject=$!
	started $interject
	wait_for "FIFO" test -p "$room/say"
}
start_interject
wait_for "ready" has "$tmp/i.out" '"ready"'
[ "$(stat -c %a "$room/say")" = 600 ] || fail "mode of the FIFO"

# Before anybody spoke, a text has no language.
echo 'hello' >"$room/say"
wait_for "refusal" any "$tmp/i.out" '.state == "refused" and (.detail | test("language"))'

# What passes is not touched: order of keys, blanks, escapes.
talk='{ "type":"transcript" ,"final":true,"id":"a-1","lang":"it-IT","text":"\u00e8 \"vero\"","start_ms":100,"end_ms":2500}'
printf '%s\n' "$talk" >&3
wait_for "talk" has "$tmp/i.out" "$talk"
printf '  Il \303\250 <b>pranzo</b>\r\n' >"$room/say"
wait_for "typed line" any "$tmp/i.out" '.type == "transcript" and .said_by == "operator" and .final
	and .lang == "it-IT" and .text == "Il è <b>pranzo</b>" and (.id | startswith("say-"))
	and .start_ms == 2500 and .end_ms == 2500 and .captured_at_ms > 1e12 and .final_at_ms > 1e12 and .items == []'
printf '%s\n' '{"type":"transcript","text":"Lunch\u0007\nnow","lang":"en-us","id":"say-mine-1","final":false,"evil":1}' >"$room/say"
wait_for "JSON line" any "$tmp/i.out" '.id == "say-mine-1" and .text == "Lunch now" and .lang == "en-US" and .final and (has("evil") | not)'
printf '%s\n' '{"type":"retraction","id":"a-1","at_ms":3}' >"$room/say"
wait_for "retraction" any "$tmp/i.out" '.type == "retraction" and .id == "a-1" and .at_ms > 1e12'
# What an operator spoke does not change the language of the talk.
echo 'ancora' >"$room/say"
wait_for "language of the talk" any "$tmp/i.out" '.text == "ancora" and .lang == "it-IT"'

# Refused, each named (no more than five at once are).
refused() { # WORD
	wait_for "refusal of $1" any "$tmp/i.out" ".state == \"refused\" and (.detail | test(\"$1\"))"
}
said() {
	jq -r 'select(.type == "transcript" and .said_by) | .text' "$tmp/i.out" | wc -l
}
before=$(said)
printf '\377\376 bin\n' >"$room/say"
refused 'not UTF-8'
head -c 10000 /dev/zero | tr '\0' x >"$room/say"
refused 'longer than 4096'
echo >"$room/say"
printf 'half a li' >"$room/say"
refused 'no end'
echo 'whole again' >"$room/say"
wait_for "a line after a torn one" any "$tmp/i.out" '.text == "whole again"'
[ "$(said)" = $((before + 1)) ] || fail "a refused line is on the air"

# A second one; and one that was killed.
status_is 75 "$BIN/interject" -r main </dev/null >/dev/null 2>"$tmp/second.err"
has "$tmp/second.err" 'is busy' || fail "not told why"
[ -p "$room/say" ] || fail "the second one removed the FIFO"
kill -9 $interject
wait $interject 2>/dev/null || true
[ -p "$room/say" ] || fail "who removed the FIFO of the killed one?"
start_interject -l de-DE
echo 'Guten Tag' >"$room/say"
wait_for "line after a crash" any "$tmp/i.out" '.text == "Guten Tag" and .lang == "de-DE"'
! jq -r 'select(.type == "transcript") | .id' "$tmp/i.out" | sort | uniq -d | grep . || fail "an id twice"

# Many writers, and a flood that is paced: nothing is lost, the talk passes
# meanwhile, and nobody's memory grows (the FIFO is 64 KiB).
for w in 1 2 3 4; do
	(
		exec 3>&-
		i=0
		while [ $i -lt 6 ]; do
			i=$((i + 1))
			echo "writer $w line $i" >"$room/say"
		done
	) &
	started $!
done
wait_for "all lines of all writers" \
	sh -c "[ \"\$(grep -c 'writer [1-4] line [1-6]\"' '$tmp/i.out')\" = 24 ]"
[ "$(grep -o 'writer . line .' "$tmp/i.out" | sort -u | wc -l)" = 24 ] || fail "lines were mixed"
(
	exec 3>&-
	yes 'flood flood flood flood flood flood flood flood flood flood' >"$room/say"
) 2>/dev/null &
flood=$!
started $flood
wait_for "flood" has "$tmp/i.out" 'flood'
printf '%s\n' "$talk" | sed s/a-1/a-2/ >&3
wait_for "the talk in a flood" has "$tmp/i.out" '"a-2"'
[ "$(grep -c 'flood' "$tmp/i.out")" -lt 300 ] || fail "the flood is not paced"

# The end of the talk is the end.
exec 3>&-
wait_for "end" has "$tmp/i.out" '"ended"'
status=0
wait $interject || status=$?
[ $status = 0 ] || fail "status $status"
kill -9 $flood 2>/dev/null || true
[ ! -e "$room/say" ] || fail "the FIFO is still there"

# What a shell made when nobody read; something else of that name; bad calls.
echo 'said to nobody' >"$room/say"
status_is 0 "$BIN/interject" -r main </dev/null >"$tmp/nobody.out" 2>"$tmp/no.err"
[ ! -e "$room/say" ] || fail "a plain file stands in the way"
! has "$tmp/nobody.out" 'said to nobody' || fail "an old line is on the air"
for what in 'mkdir' "ln -s $tmp/in"; do
	$what "$room/say"
	status_is 73 "$BIN/interject" -r main </dev/null >/dev/null 2>"$tmp/no.err"
	has "$tmp/no.err" 'no FIFO' || fail "not told what is there: $(cat "$tmp/no.err")"
	[ -e "$room/say" ] || fail "it removed what is not its own"
	rm -r "$room/say"
done
status_is 64 "$BIN/interject" </dev/null 2>/dev/null
status_is 64 "$BIN/interject" -r ../x </dev/null 2>/dev/null
status_is 64 "$BIN/interject" -r main -l nonsense! </dev/null 2>/dev/null
printf 'x\n%s\n' "$talk" >"$tmp/bad"
status_is 65 "$BIN/interject" -r main <"$tmp/bad" >"$tmp/bad.out" 2>/dev/null
has "$tmp/bad.out" "$talk" || fail "a line behind a bad one"
exec 3<>"$tmp/in"
start_interject
printf '%s\n' "$talk" | sed s/a-1/a-3/ >&3
wait_for "talk before the signal" has "$tmp/i.out" '"a-3"'
kill -TERM $interject
wait_for "FIFO removed" sh -c "[ ! -e '$room/say' ]"
printf '%s\n' "$talk" | sed s/a-1/a-4/ >&3
status=0
wait $interject || status=$?
[ $status = 143 ] || fail "status $status of a stopped one"
has "$tmp/i.out" '"a-4"' || fail "what was in flight is lost"

# On record, before they go on: finals and retractions, nothing else; a file that
# is there is added to; a full disk is told once and stops nothing.
line() { # TYPE ID MORE
	printf '{"type":"%s","id":"%s"%s}\n' "$1" "$2" "$3"
}
{
	line transcript r-1 ',"final":false,"lang":"it-IT","text":"a"'
	line transcript r-1 ',"final":true,"lang":"it-IT","text":"a b"'
	line status r-2 ',"final":true'
	line retraction r-1 ',"at_ms":1'
} >"$tmp/talk"
echo '{"before":1}' >"$tmp/record"
"$BIN/interject" -q -r main --record "$tmp/record" <"$tmp/talk" >"$tmp/passed" 2>"$tmp/r.err"
[ "$(sed -n 2,5p "$tmp/passed")" = "$(cat "$tmp/talk")" ] || fail "the talk is not what it was"
[ "$(jq -c '.before // .type' "$tmp/record" | tr '\n' ' ')" = '1 "transcript" "retraction" ' ] ||
	fail "on record: $(cat "$tmp/record")"
"$BIN/interject" -r main --record /dev/full <"$tmp/talk" >"$tmp/passed" 2>"$tmp/r.err"
[ "$(grep -c "cannot write '/dev/full': No space" "$tmp/r.err")" = 1 ] || fail "a full disk is not told once"
[ "$(sed -n 2,5p "$tmp/passed")" = "$(cat "$tmp/talk")" ] || fail "a full disk stops the talk"
status_is 73 "$BIN/interject" -r main --record "$tmp/no/where" </dev/null 2>/dev/null
# A long record is turned over, and loses nothing of its end.
seq -f '{"type":"transcript","id":"n-%g","final":true,"lang":"it-IT","text":"'"$(printf '%0400d' 0)"'"}' 1 3000 |
	"$BIN/interject" -q -r main --record "$tmp/long" >"$tmp/passed"
[ "$(stat -c %s "$tmp/long")" -lt 600000 ] && [ "$(stat -c %s "$tmp/long.1")" -lt 600000 ] ||
	fail "the record is too long: $(ls -l "$tmp"/long*)"
[ "$(cat "$tmp/long.1" "$tmp/long" | jq -r .id | tail -n 1000)" = "$(seq -f 'n-%g' 2001 3000)" ] ||
	fail "the end of the record"
