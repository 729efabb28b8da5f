#!/bin/sh
# A line is taken back: every channel of the room hears of it, captions and
# audio; who comes late or comes back does not see the utterance any more, but
# one that has it is told, also when it was away.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common

mkfifo "$tmp/in"
exec 3<>"$tmp/in"
"$BIN/broadcast" -r main --archive "$tmp/a.jsonl" <"$tmp/in" 2>"$tmp/b.err" 3>&- &
broadcast=$!
started $broadcast
final() {
	printf '{"type":"transcript","id":"u%s","final":true,"lang":"en-US","text":"final %s"}\n' "$1" "$1"
}
ids() {
	jq -r 'select(.type == "translation" or .type == "transcript") | .id' "$1" | tr '\n' ' '
}
retracted() {
	jq -r 'select(.type == "retraction") | .id' "$1" | tr '\n' ' '
}

n=0
while [ $n -lt 15 ]; do
	n=$((n + 1))
	final $n
	caption es-ES $n
	caption fr-FR $n
done >&3
audio es-ES pcm_s16le 15 >&3
audio es-ES opus 15 >&3
all=
for as in 'source none' 'es-ES none' 'es-ES pcm' 'es-ES opus' 'fr-FR pcm'; do
	f=$tmp/${as% *}.${as#* }.out
	all="$all $f"
	"$BIN/listen" -r main -l "${as% *}" --audio "${as#* }" </dev/null >"$f" 3>&- &
	started $!
done
"$BIN/listen" -r main -l source --partials </dev/null >"$tmp/partials.none.out" 3>&- &
started $!
all="$all $tmp/partials.none.out"
for f in $all; do
	wait_for "caption 15 in $f" has "$f" '"u15"'
	wait_for "live in $f" has "$f" '"live"'
done
since=$(jq -r 'select(.id == "u13" and .type == "translation") | .seq' "$tmp/es-ES.none.out")

echo '{"type":"retraction","id":"u14","at_ms":1}' >&3
caption es-ES 16 >&3
for f in $all; do
	wait_for "retraction in $f" has "$f" '"retraction"'
	[ "$(retracted "$f")" = "u14 " ] || fail "$f: $(retracted "$f")"
	grows "$f" || fail "order in $f"
done
[ "$("$BIN/operate" -r main --once </dev/null | jq -c '[.rooms[0].last[].id] | contains(["u14"])')" = false ] ||
	fail "the operator still sees it"
wait_for "caption 16" has "$tmp/es-ES.none.out" '"u16"'

# Late: ten captions, and not that one.
"$BIN/listen" -r main -l es-ES --once </dev/null >"$tmp/late"
[ "$(ids "$tmp/late")" = "u6 u7 u8 u9 u10 u11 u12 u13 u15 u16 " ] || fail "late: $(ids "$tmp/late")"
"$BIN/listen" -r main -l source --once </dev/null >"$tmp/late"
[ "$(ids "$tmp/late")" = "u5 u6 u7 u8 u9 u10 u11 u12 u13 u15 " ] || fail "late, source: $(ids "$tmp/late")"
# Back: not that one either, and to be taken off the page it was on.
for audio in none pcm opus; do
	"$BIN/listen" -r main -l es-ES --audio $audio --since "$since" --once </dev/null >"$tmp/back"
	[ "$(ids "$tmp/back")" = "u15 u16 " ] || fail "back, $audio: $(ids "$tmp/back")"
	[ "$(retracted "$tmp/back")" = "u14 " ] || fail "back, $audio: no retraction"
	grows "$tmp/back" || fail "order, back, $audio"
done

# More of them than a listener keeps, ids with escapes, and nonsense.
n=100
while [ $n -lt 180 ]; do
	n=$((n + 1))
	caption de-DE $n
	printf '{"type":"retraction","id":"\\u0075%d"}\n' $n
done >&3
caption de-DE 200 >&3
echo '{"type":"retraction"}' >&3
echo '{"type":"retraction","id":7}' >&3
late() {
	"$BIN/listen" -r main -l de-DE --once </dev/null >"$tmp/de.out"
	has "$tmp/de.out" 'u200'
}
wait_for "caption 200" late # ... may come while the others still do
late
[ "$(ids "$tmp/de.out")" = "u108 u109 u110 u111 u112 u113 u114 u115 u116 u200 " ] ||
	fail "not the newest 64 are hidden: $(ids "$tmp/de.out")"
exec 3>&-
status=0
wait $broadcast || status=$?
[ $status = 65 ] || fail "status $status, not 65"
[ "$(grep -c "without the 'id'" "$tmp/b.err")" = 2 ] || fail "nonsense not named"
has "$tmp/a.jsonl" '"u14","at_ms":1' || fail "not in the archive"
