#!/bin/sh
# captions: files of five scripts and two talks, read by parsers that are not
# ours: W3C's WebVTT parser and ffmpeg (WebVTT and SRT).  They see the same
# captions, and all words.  Needs ffmpeg, and `npm ci` in tests/interop.
set -eu
: "${BIN:?}"
for program in ffmpeg jq node; do
	command -v $program >/dev/null || { echo "$program is not installed"; exit 77; }
done
if ! [ -d tests/interop/node_modules/webvtt-parser ]; then
	echo "tests/interop/node_modules is missing: run 'npm ci' in tests/interop"
	exit 77
fi
# shellcheck source=tests/e2e/captions.inc
. tests/e2e/captions.inc
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() {
	echo "FAIL: $*"
	exit 1
}
archive "$tmp/day.jsonl"
"$BIN/captions" -q -l all -f vtt,srt,text -o "$tmp/out" "$tmp/day.jsonl"
ls "$tmp/out" | tr '\n' ' ' >"$tmp/names"
want='day-1.arb.srt day-1.arb.txt day-1.arb.vtt day-1.en-US.srt day-1.en-US.txt day-1.en-US.vtt day-1.es-ES.srt day-1.es-ES.txt day-1.es-ES.vtt day-1.ja-JP.srt day-1.ja-JP.txt day-1.ja-JP.vtt day-1.th-TH.srt day-1.th-TH.txt day-1.th-TH.vtt day-2.en-US.srt day-2.en-US.txt day-2.en-US.vtt day-2.es-ES.srt day-2.es-ES.txt day-2.es-ES.vtt '
[ "$(cat "$tmp/names")" = "$want" ] || fail "files: $(cat "$tmp/names")"

# letters FILE: what is left without the spaces and marks that captions adds.
letters() {
	tr -d ' \n' <"$1" | sed 's/\xe2\x80\x8f//g; s/\xe2\x81\xa0//g'
}
# ffmpeg FILE: its cues, as JSON objects; the text of ASS without its escapes.
by_ffmpeg() {
	ffmpeg -v error -i "$1" -f ass - 2>"$tmp/err" | sed -n 's/^Dialogue: //p' |
		tr -d '\r' | jq -cR '
		def ms: capture("(?<h>\\d+):(?<m>\\d+):(?<s>\\d+).(?<c>\\d+)") |
			((.h | tonumber) * 3600 + (.m | tonumber) * 60 + (.s | tonumber)) * 1000 +
			(.c | tonumber) * 10;
		split(",") | {start_ms: (.[1] | ms), end_ms: (.[2] | ms),
			text: (.[9:] | join(",") | gsub("\\\\N"; "\n"))}'
	[ ! -s "$tmp/err" ] || fail "ffmpeg on $1: $(cat "$tmp/err")"
}
# same A B: as many cues, the same times to 10 ms
same() {
	[ "$(wc -l <"$1")" -eq "$(wc -l <"$2")" ] || fail "not as many cues in $1 and $2: $(cat "$2")"
	jq -se --slurpfile b "$2" '. as $a | [range(length)] | all(
		($a[.].start_ms - $b[.].start_ms | fabs) <= 10 and
		($a[.].end_ms - $b[.].end_ms | fabs) <= 10)' "$1" >/dev/null ||
		fail "times differ: $1 $2"
}
for text in "$tmp"/out/*.txt; do
	base=${text%.txt}
	(cd tests/interop && node webvtt.mjs "$base.vtt") >"$base.w3c" ||
		fail "W3C's parser refuses $base.vtt"
	[ -s "$base.w3c" ] || fail "no cue in $base.vtt"
	by_ffmpeg "$base.vtt" >"$base.ff"
	by_ffmpeg "$base.srt" >"$base.ffsrt"
	same "$base.w3c" "$base.ff"
	same "$base.w3c" "$base.ffsrt"
	# Every letter, once, and in order, markup as the letters that it is.
	jq -r .text "$base.w3c" >"$tmp/seen"
	[ "$(letters "$tmp/seen")" = "$(letters "$text")" ] || {
		letters "$tmp/seen"; letters "$text"; fail "words of $base.vtt"; }
	# ASS has escapes of its own for braces and backslashes
	jq -r .text "$base.ffsrt" | tr -d '{}\\' >"$tmp/seen"
	tr -d '{}\\' <"$text" >"$tmp/want"
	[ "$(letters "$tmp/seen")" = "$(letters "$tmp/want")" ] || {
		letters "$tmp/seen"; letters "$tmp/want"; fail "words of $base.srt"; }
	# In order, none over another, none too short, no line too long.
	jq -se '[range(1; length) as $i | .[$i].start_ms >= .[$i - 1].end_ms + 80] | all' \
		"$base.w3c" >/dev/null || fail "overlap in $base.vtt"
	jq -se 'all(.end_ms - .start_ms >= 1000 and (.text | split("\n") |
		length <= 2 and all(length <= 43)))' "$base.w3c" >/dev/null ||
		fail "guidelines in $base.vtt: $(cat "$base.w3c")"
done
# What failed is left out of one language, and late stands where it was said.
jq -se '[.[].text | contains("1984")] | any | not' "$tmp/out/day-1.es-ES.w3c" >/dev/null ||
	fail 'a failed translation is there'
jq -se '[.[].text] | index("Late, but in its place.") as $l | .[$l + 1] == "1984"' \
	"$tmp/out/day-1.en-US.w3c" >/dev/null || fail 'late is not in its place'
grep -q 'taken back' "$tmp"/out/* && fail 'what was taken back is there'

# A video of it: muxed by ffmpeg, and read back by ffprobe.
ffmpeg -v error -f lavfi -i color=size=64x64:rate=5:duration=25 \
	-i "$tmp/out/day-1.es-ES.srt" -c:s mov_text "$tmp/talk.mp4"
[ "$(ffprobe -v error -select_streams s -show_entries packet=size -of csv=p=0 "$tmp/talk.mp4" |
	awk '$1 > 2' | wc -l)" -eq "$(wc -l <"$tmp/out/day-1.es-ES.w3c")" ] ||
	fail 'captions in the video'
