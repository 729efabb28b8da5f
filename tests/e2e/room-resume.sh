#!/bin/sh
# Coming, going and coming back: the last ten captions for a late comer, those
# of this talk only; --since gives all captions and no stale audio; a listener
# of a voice takes from the text channel what its own ring no longer has; one
# that waits for a room or a language is served when it appears; the room's
# directory is wiped under a listener; opus takes over when it comes.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common

mkfifo "$tmp/in"
start_broadcast() {
	"$BIN/broadcast" -r main --title "Great Hall" <"$tmp/in" 2>>"$tmp/b.err" 3>&- &
	broadcast=$!
	started $broadcast
}
ids() {
	jq -r 'select(.type == "translation") | .id' "$1" | tr '\n' ' '
}

# A talk of yesterday.
{ caption es-ES old1; caption es-ES old2; } | "$BIN/broadcast" -r main 2>"$tmp/b.err"
"$BIN/listen" -r main -l es-ES --once </dev/null >"$tmp/off.out"
[ "$(ids "$tmp/off.out")" = "uold1 uold2 " ] || fail "a room that is off shows its last captions"
any "$tmp/off.out" '.state == "listening" and .on == false' || fail "on"

exec 3<>"$tmp/in"
start_broadcast
n=0
while [ $n -lt 30 ]; do
	n=$((n + 1))
	caption es-ES $n
done >&3
"$BIN/listen" -r main -l es-ES --since 0 </dev/null >"$tmp/all.out" 3>&- &
started $!
wait_for "caption 30" has "$tmp/all.out" 'caption 30'
"$BIN/listen" -r main -l es-ES --once </dev/null >"$tmp/late.out"
[ "$(ids "$tmp/late.out")" = "u21 u22 u23 u24 u25 u26 u27 u28 u29 u30 " ] || fail "context: $(ids "$tmp/late.out")"
# Numbers that no line here has reached: the clock was set back, and the page
# came with those of before.  It is a new listener, now and later.
"$BIN/listen" -r main -l es-ES --since 9007199254740000 --once </dev/null >"$tmp/back.out"
[ "$(ids "$tmp/back.out")" = "$(ids "$tmp/late.out")" ] || fail "numbers of before: $(ids "$tmp/back.out")"
"$BIN/listen" -r main -l es-ES --since 9007199254740000 </dev/null >"$tmp/back2.out" 3>&- &
started $!
"$BIN/listen" -r main -l nl-NL --since 9007199254740000 </dev/null >"$tmp/back3.out" 3>&- &
started $!
wait_for "live again" has "$tmp/back2.out" '"live"'
wait_for "waiting" has "$tmp/back3.out" '"waiting"'
caption nl-NL 1 >&3
wait_for "nl 1 for one with numbers of before" has "$tmp/back3.out" 'nl-NL caption 1'
any "$tmp/late.out" '.state == "listening" and .on and .channel == "es-ES.text" and
	.title == "Great Hall" and (has("paused") | not)' || fail "listening"
[ "$(jq -r .state "$tmp/late.out" | grep -v null | tr '\n' ' ')" = "listening live " ] || fail "context comes before live"

# Since: everything after, nothing twice, also from another channel.
since=$(jq -r 'select(.id == "u7") | .seq' "$tmp/all.out")
"$BIN/listen" -r main -l es-ES --audio pcm --since "$since" --once </dev/null >"$tmp/since.out"
[ "$(ids "$tmp/since.out" | wc -w)" = 23 ] || fail "since: $(ids "$tmp/since.out")"
[ "$(jq -r 'select(.id == "u8") | .seq' "$tmp/since.out")" = "$(jq -r 'select(.id == "u8") | .seq' "$tmp/all.out")" ] || fail "numbers differ"

# Audio pushes captions out of the 1 MiB voice ring, not out of the text ring.
big=$(head -c 30000 /dev/zero | tr '\0' A)
n=0
while [ $n -lt 60 ]; do
	n=$((n + 1))
	printf '{"type":"audio","id":"a%d","lang":"es-ES","n":0,"last":true,"encoding":"pcm_s16le","data":"%s"}\n' $n "$big"
done >&3
caption es-ES 31 >&3
wait_for "caption 31" has "$tmp/all.out" 'caption 31'
"$BIN/listen" -r main -l es-ES --audio pcm --since "$since" --once </dev/null >"$tmp/voice.out"
[ "$(ids "$tmp/voice.out" | wc -w)" = 24 ] || fail "voice: $(ids "$tmp/voice.out")"
! has "$tmp/voice.out" '"gap"' || fail "a gap where there is none"
grows "$tmp/voice.out" || fail "voice: order"

# Captions pushed out of the text ring: said, and the rest comes.
filler=$(head -c 3000 /dev/zero | tr '\0' x)
n=100
while [ $n -lt 300 ]; do
	n=$((n + 1))
	printf '{"type":"translation","id":"u%d","lang":"es-ES","text":"caption %d","x":"%s"}\n' $n $n "$filler"
done >&3
wait_for "caption 300" has "$tmp/all.out" 'caption 300'
"$BIN/listen" -r main -l es-ES --since "$since" --once </dev/null >"$tmp/gap.out"
any "$tmp/gap.out" ".state == \"gap\" and .after_seq == $since" || fail "no gap"
[ "$(ids "$tmp/gap.out" | awk '{ print $NF }')" = u300 ] || fail "captions after the gap"

# Stale audio is not sent to one who returns: the audio above is, once the
# clock has moved on by more than 2 s.
wait_stale() {
	"$BIN/listen" -r main -l es-ES --audio pcm --since "$since" --once </dev/null >"$tmp/stale.out"
	! has "$tmp/stale.out" '"type":"audio"'
}
wait_for "stale audio to be left out" wait_stale

# Waiting for a language, and for a room.
"$BIN/listen" -r main -l de-DE --audio opus </dev/null >"$tmp/de.out" 3>&- &
started $!
"$BIN/listen" -r second -l es-ES </dev/null >"$tmp/second.out" 3>&- &
started $!
wait_for "waiting (language)" has "$tmp/de.out" 'nothing in this language yet'
wait_for "waiting (room)" has "$tmp/second.out" 'the room is not open yet'
[ "$("$B/fake/room_want" main de-DE)" = opus ] || fail "want of one who waits"
caption de-DE 1 >&3
audio de-DE pcm_s16le 1 >&3
wait_for "de 1" has "$tmp/de.out" 'caption 1'
wait_for "de audio, though before it was there" has "$tmp/de.out" '"pcm_s16le"'
any "$tmp/de.out" '.state == "listening" and .channel == "de-DE.pcm"' || fail "stand-in"
audio de-DE opus 2 >&3
caption de-DE 2 >&3
wait_for "opus" has "$tmp/de.out" '"channel":"de-DE.opus"'
caption de-DE 3 >&3
wait_for "de 3" has "$tmp/de.out" 'caption 3'
[ "$(ids "$tmp/de.out")" = "u1 u2 u3 " ] || fail "de: $(ids "$tmp/de.out")"
grows "$tmp/de.out" || fail "de: order"
caption es-ES 1 | "$BIN/broadcast" -r second 2>>"$tmp/b.err"
[ "$(ids "$tmp/back2.out" | cut -d ' ' -f 1-10)" = "$(ids "$tmp/late.out" | sed 's/ $//')" ] || fail "numbers of before: $(ids "$tmp/back2.out")"
wait_for "what came later, for one with numbers of before" has "$tmp/back2.out" '"id":"u300"'
wait_for "second room" has "$tmp/second.out" 'es-ES caption 1'

# Who comes in a pause is told so, and why; one without a title says none.
echo 'Lunch, back at "2"' >"$BOOTH_RUN/rooms/second/paused"
"$BIN/listen" -r second -l es-ES --once </dev/null >"$tmp/pause.out"
any "$tmp/pause.out" '.state == "listening" and .paused == "Lunch, back at \"2\"" and
	(has("title") | not)' || fail "paused: $(head -n 1 "$tmp/pause.out")"
"$BIN/listen" -r second -l it-IT --once </dev/null >"$tmp/pause2.out" || true
any "$tmp/pause2.out" '.state == "waiting" and .paused' || fail "paused: $(head -n 1 "$tmp/pause2.out")"

# The run directory is wiped: numbers still grow, listeners find the new one.
last=$(jq -r 'select(.id == "u300") | .seq' "$tmp/all.out")
kill -9 "$broadcast"
wait "$broadcast" 2>/dev/null || true
rm -rf "$BOOTH_RUN"
start_broadcast
caption es-ES 400 >&3
wait_for "caption 400 after the wipe" has "$tmp/all.out" 'caption 400'
grows "$tmp/all.out" || fail "numbers after the wipe"
[ "$(jq -r 'select(.id == "u400") | .seq' "$tmp/all.out")" -gt "$last" ] || fail "number after the wipe"
[ "$("$B/fake/room_want" main es-ES)" = text ] || fail "want after the wipe"
