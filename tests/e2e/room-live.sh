#!/bin/sh
# The main path of a room with the real tools: each listener hears its own
# channel and nothing else, in order; broadcast is killed with kill -9 again
# and again with listeners connected, who go on with nothing missing; a second
# writer is refused with 75; the end of input ends the talk.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common

mkfifo "$tmp/in"

start_broadcast() {
	"$BIN/broadcast" -r main <"$tmp/in" >"$tmp/b.out" 2>>"$tmp/b.err" 3>&- &
	broadcast=$!
	started $broadcast
	nstarts=$((nstarts + 1))
	wait_for "broadcast" on_air $nstarts
}
nstarts=0
on_air() {
	[ "$(grep -c 'on the air' "$tmp/b.err")" = "$1" ]
}

start_listen() {
	name=$1
	shift
	"$BIN/listen" -r main "$@" </dev/null >"$tmp/$name.out" 2>"$tmp/$name.err" 3>&- &
	started $!
	eval "$name=$!"
}

exec 3<>"$tmp/in"
start_broadcast
for args in "source -l source" "partials -l source --partials" "es -l es-ES" \
	"pcm -l es-ES --audio pcm" "fr -l fr"; do
	# shellcheck disable=SC2086
	start_listen $args
done
for name in source partials es pcm fr; do
	wait_for "first line of $name" test -s "$tmp/$name.out"
done
has "$tmp/source.out" '"state":"live"' || wait_for "live" has "$tmp/source.out" '"live"'
has "$tmp/es.out" '"state":"waiting"' || fail "es did not wait"

cat >&3 <<'LINES'
{"type":"transcript","id":"u1","final":false,"lang":"en-US","text":"par"}
{"type":"transcript","id":"u1","final":true,"lang":"en-US","text":"final one"}
{"type":"translation","id":"u1","lang":"es-ES","text":"uno","error":null}
{"type":"translation","id":"u1","lang":"fr-FR","text":"un","error":null}
{"type":"audio","id":"u1","lang":"es-ES","n":0,"last":true,"encoding":"pcm_s16le","data":"AAAA"}
{"type":"unheard-of","x":1}
{"type":"status","stage":"synth","state":"degraded"}
LINES
for name in source partials; do
	wait_for "status at $name" has "$tmp/$name.out" '"synth"'
done
wait_for "es caption" has "$tmp/es.out" '"uno"'
wait_for "pcm audio" has "$tmp/pcm.out" '"data":"AAAA"'
wait_for "fr caption" has "$tmp/fr.out" '"un"'

# Everybody is live now: from here on every line counts.
for name in es pcm fr; do
	wait_for "live at $name" has "$tmp/$name.out" '"state":"live"'
done
for n in 2 3 4 5; do
	caption es-ES $n
	audio es-ES pcm_s16le $n
	caption fr-FR $n
done >&3
wait_for "es 5" has "$tmp/es.out" 'es-ES caption 5'
wait_for "fr 5" has "$tmp/fr.out" 'fr-FR caption 5'
wait_for "pcm 5" sh -c "tail -n 1 '$tmp/pcm.out' | grep -qF '\"id\":\"u5\"'"

for i in 1 2 3 4 5 6 7 8; do
	kill -9 "$broadcast"
	wait "$broadcast" 2>/dev/null || true
	start_broadcast
	n=$((10 + i))
	caption es-ES $n >&3
	wait_for "es $n" has "$tmp/es.out" "es-ES caption $n"
	wait_for "pcm $n" has "$tmp/pcm.out" "es-ES caption $n"
done

# Killed in the middle of a flood: what was read but not yet written goes with
# the process; what was written is whole, in order, and reaches everybody.
restart() {
	kill -9 "$broadcast"
	wait "$broadcast" 2>/dev/null || true
	start_broadcast
}
for i in 1 2 3; do
	(
		n=0
		while [ $n -lt 2000 ]; do
			n=$((n + 1))
			caption es-ES "$i-$n"
		done >&3
	) &
	flood=$!
	started $flood
	wait_for "flood $i" has "$tmp/es.out" "es-ES caption $i-$((i * 40))"
	restart
	wait "$flood"
	caption es-ES "$i-end" >&3
	wait_for "end of flood $i" has "$tmp/es.out" "es-ES caption $i-end"
	wait_for "end of flood $i (pcm)" has "$tmp/pcm.out" "es-ES caption $i-end"
	# Once more, with nothing of a cut line left to read.
	restart
done

status_is 75 "$BIN/broadcast" -r main </dev/null 2>"$tmp/busy.err"
has "$tmp/busy.err" "room 'main' is busy" || fail "busy, but not said"

# A killed broadcaster's talk goes on under the next: same languages.
room="$BOOTH_RUN/rooms/main/room.json"
wait_for "room.json" jq -e '.on and .source == "en-US" and
	.targets == ["es-ES", "fr-FR"] and .voiced == {"es-ES": ["pcm"]}' "$room"

exec 3>&-
# The end of input: every listener is told, the room is off.
wait "$broadcast" || fail "broadcast ended with status $?"
for name in source partials es pcm fr; do
	wait_for "end at $name" has "$tmp/$name.out" '"state":"ended"'
	grows "$tmp/$name.out" || fail "numbers of $name"
	jq -e . "$tmp/$name.out" >/dev/null || fail "not JSON at $name"
done
jq -e '.on == false' "$room" >/dev/null || fail "room.json still on"

count() {
	jq -r "select($2) | .id" "$tmp/$1.out" | grep -c . || true
}
[ "$(count source '.type == "transcript"')" = 1 ] || fail "source: transcripts"
[ "$(count partials '.type == "transcript"')" = 2 ] || fail "partials"
has "$tmp/source.out" '"unheard-of"' || fail "unknown type lost"
! has "$tmp/es.out" '"audio"' || fail "audio in the text channel"
! has "$tmp/es.out" 'fr-FR caption' || fail "fr in es"
[ "$(count pcm '.type == "audio"')" = 5 ] || fail "pcm: audio lines"
[ "$(count fr '.type == "translation"')" = 5 ] || fail "fr: captions"
# The same caption has the same number in both channels of the language.
for name in es pcm; do
	jq -c 'select(.type == "translation") | [.seq, .id]' "$tmp/$name.out" \
		>"$tmp/$name.captions"
done
# A kill that came between the two has been mended.
diff "$tmp/es.captions" "$tmp/pcm.captions" >"$tmp/differ" ||
	fail "es and pcm differ: $(cat "$tmp/differ")"

# Each kill made one hole at most.
jq -r 'select(.type == "translation") | .id' "$tmp/es.out" |
	awk -F- '/^u[123]-[0-9]/ {
			if ($1 == last && $2 != n + 1)
				holes++
			last = $1
			n = $2
		}
		END { exit holes > 3 }' || fail "more holes than kills"

# A channel that comes into being while its listener stands in for it in another,
# and is slow to notice: its sound, which was said before captions that are in
# both, is heard.  (Stopped for longer than sound is fresh, it is tried again.)
exec 3<>"$tmp/in"
start_broadcast
is_heard() { # N LANG
	name=slow$1
	lang=$2
	caption "$lang" 1 >&3
	wait_for "ring of $lang" test -e "$rooms/$lang.text.ring"
	start_listen "$name" -l "$lang" --audio opus
	wait_for "$lang live" has "$tmp/$name.out" '"state":"live"'
	slow=$!
	kill -STOP "$slow"
	audio "$lang" opus 2 >&3
	caption "$lang" 3 >&3
	wait_for "what was said" grep -qs "$lang caption 3" "$rooms/$lang.text.ring"
	kill -CONT "$slow"
	wait_for "the caption behind it" has "$tmp/$name.out" "$lang caption 3"
	grows "$tmp/$name.out" || fail "numbers of $lang"
	has "$tmp/$name.out" '"audio"'
}
rooms=$BOOTH_RUN/rooms/main
is_heard 1 de-DE || is_heard 2 pt-PT || is_heard 3 pl-PL || is_heard 4 nl-NL ||
	fail "sound that came before a caption is lost"
