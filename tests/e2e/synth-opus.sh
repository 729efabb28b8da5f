#!/bin/sh
# synth --encoding: Opus lines that a listener who knows only booth-lines(5) can
# play, in lines that leave as one frame, beside PCM lines or alone; they hold
# the same sound for the same time; and a room that has both.
# shellcheck disable=SC2119
set -eu
. tests/e2e/service.inc
. tests/e2e/synth.inc

# lines ENCODING [ID]
lines() {
	jq -c --arg e "$1" --arg id "${2:-}" 'select(.type=="audio" and .encoding==$e
		and ($id == "" or .id == $id))' "$tmp/out"
}
# Seconds of the sentence: what Opus lines promise, what is heard of them.
heard() {
	lines opus "$1" | "$B/fake/opus_pcm" >"$tmp/heard" || fail "Opus of $1"
	wc -c <"$tmp/heard"
}

serve a <<'EOF'
speak ok
speak odd
EOF
{
	say 1 es-ES
	say 2 it-IT
	say 3 es-ES
} >"$tmp/in"
run 0 --pace fast --encoding opus
[ -z "$(lines pcm_s16le)" ] || fail 'PCM was not asked for'
voiced es-ES '1 3'
voiced it-IT '2'
for id in 1 2 3; do
	same "length of $id" "$(heard $id)" 9600
done
same 'delay' "$(lines opus | jq .pre_skip | sort -u | tr '\n' ' ')" '104 '
same 'first line' "$(lines opus 3 | head -n 1 | jq -c '[.n,.packets,.samples]')" '[0,16,4800]'

# In real time the first line is short, for who waits.
run 0 --encoding pcm,opus --max-lag-ms 0
for encoding in pcm_s16le opus; do
	lines "$encoding" >"$tmp/of"
	cp "$tmp/out" "$tmp/both"
	cp "$tmp/of" "$tmp/out"
	voiced es-ES '1 3'
	voiced it-IT '2'
	cp "$tmp/both" "$tmp/out"
done
same 'first line' "$(lines opus 3 | head -n 1 | jq -c '[.n,.last,.packets,.samples]')" \
	'[0,false,5,1496]'
for id in 1 2 3; do
	same "length of $id" "$(heard $id)" 9600
	lines pcm_s16le $id >"$tmp/of"
	same "PCM of $id" "$(jq -r .data "$tmp/of" | while read -r data; do
		printf '%s' "$data" | base64 -d
	done | wc -c)" 9600
done

# Nothing to be heard of a sentence: it is accounted for in both encodings.
serve none <<'EOF'
speak refuse 403 AccessDeniedException
call refuse 403 AccessDeniedException
EOF
say 1 es-ES >"$tmp/in"
run 77 --pace fast --encoding pcm,opus
same 'ends' "$(jq -c 'select(.type=="audio") |
	[.encoding,.n,.last,.error,.data]' "$tmp/out" | tr '\n' ' ')" \
	'["pcm_s16le",0,true,"failed",""] ["opus",0,true,"failed",""] '

run 64 --encoding mp3
run 64 --encoding pcm,pcm
run 64 --encoding ''

# A real voice: both encodings hold the same sound, also at the other rate that
# a browser decodes to.
serve_local
printf '{"type":"translation","id":"%s","lang":"es-ES","text":"%s"}\n' \
	1 'Buenos días a todos, y gracias por estar aquí. Hoy hablamos de puentes.' \
	2 'Y de los ríos que pasan por debajo de ellos, desde hace siglos.' >"$tmp/in"
run 0 --pace fast --encoding pcm,opus
for id in 1 2; do
	lines pcm_s16le $id | jq -r .data | while read -r data; do
		printf '%s' "$data" | base64 -d
	done >"$tmp/pcm"
	same "length of $id" "$(heard $id)" "$(wc -c <"$tmp/pcm")"
	od -An -v -t d2 -w2 "$tmp/pcm" >"$tmp/a"
	od -An -v -t d2 -w2 "$tmp/heard" >"$tmp/b"
	paste "$tmp/a" "$tmp/b" | awk '{ ab += $1 * $2; aa += $1 * $1; bb += $2 * $2 }
		END { exit !(ab / sqrt(aa * bb) > 0.8) }' || fail "another sound in $id"
	lines opus $id | "$B/fake/opus_pcm" 48000 >"$tmp/heard" || fail 'Opus at 48 kHz'
	same "length of $id at 48 kHz" "$(wc -c <"$tmp/heard")" $(($(wc -c <"$tmp/pcm") * 3))
done
lines opus | awk 'length > 3000 { n++ } END { exit !n }' || fail 'no long line was tried'

# In a room each listener gets its own encoding.
export BOOTH_RUN="$tmp/run"
mkfifo "$tmp/room"
exec 3<>"$tmp/room"
"$BIN/broadcast" -q -r main <"$tmp/room" 3>&- &
pids="$pids $!"
grep -v '"state":"ended"' "$tmp/out" >&3
for format in pcm opus; do
	wait_for 120 test -e "$BOOTH_RUN/rooms/main/es-ES.$format.ring"
done
own() { # FORMAT ENCODING: what its listener has of audio, whole
	"$BIN/listen" -r main -l es-ES --audio "$1" --since 0 --once </dev/null |
		jq -r 'select(.type=="audio") | .encoding' | sort -u >"$tmp/own"
	[ "$(cat "$tmp/own")" = "$2" ]
}
wait_for 120 own pcm pcm_s16le
wait_for 120 own opus opus
