#!/bin/bash
# Every recipe of README.md, as typed, against localaws: it runs, ends by itself
# or on Ctrl-C, and gives what it promises.  Sound devices are ALSA's, made of
# files.
set -eu
. tests/e2e/pipeline.inc
. tests/e2e/recipes.inc
command -v sox >/dev/null || skip 'sox is not installed'
command -v ffmpeg >/dev/null || skip 'ffmpeg is not installed'
work=$tmp/work
mkdir "$work" "$tmp/stub"
cp "$clip" "$work/talk.wav"
ffmpeg -v error -f lavfi -i color=size=64x64:rate=5 -i "$clip" -shortest "$work/film.mp4"
sound_devices
if ! command -v aplay >/dev/null; then # plays into the file as ALSA's does
	printf '#!/bin/sh\nexec cat >"%s"\n' "$tmp/heard.raw" >"$tmp/stub/aplay"
	chmod +x "$tmp/stub/aplay"
	PATH=$tmp/stub:$PATH
fi

# What each is to give, by number.  Those that end by themselves are looked at
# when they have.
sentence='young man'
gives_1() { grep -q "$sentence" "$tmp/out"; }
gives_2() { more_than 0 "$work/talk.jsonl" ".final and (.text | test(\"$sentence\"))"; }
gives_3() {
	more_than 0 "$work/talk.all.jsonl" '.lang=="es-ES" and .error==null' &&
		more_than 0 "$work/talk.all.jsonl" '.lang=="fr-FR" and .error==null'
}
gives_4() { grep -q 'hombre joven' "$tmp/out"; }
gives_5() { loud "$tmp/heard.raw"; }
gives_6() { sox "$work/es.wav" -t raw - >"$tmp/es.raw" && loud "$tmp/es.raw"; }
gives_7() {
	more_than 0 "$work/main.jsonl" '.type=="audio" and .last' && grep -q '^booth_' "$work/main.prom"
}
gives_8() { loud "$work/talk.pcm" && gives_2; }
gives_9() { more_than 0 "$tmp/out" '. > 0 and . < 600000'; }
gives_10() { gives_9; }
gives_11() { grep -q USB_Audio "$tmp/out" && gives_1; }
gives_12() {
	listen -r rehearsal -l fr-FR --since 0 --once </dev/null >"$tmp/rehearsal" &&
		more_than 0 "$tmp/rehearsal" '.type=="translation"'
}
gives_13() {
	[ "$(grep -c -- '-->' "$work/subtitles/talk.all.es-ES.vtt")" -gt 0 ] &&
		[ -s "$work/subtitles/talk.all.fr-FR.srt" ] && grep -q '^1 .* en-US ' "$tmp/out"
}
gives_14() {
	grep -q "$sentence" <(tr '\n' ' ' <"$work/film.srt") &&
		[ "$(ffprobe -v error -show_entries stream=codec_type -of csv=p=0 "$work/film.en.mp4" | sort -u | tr '\n' ' ')" = 'audio subtitle video ' ]
}
gives_15() {
	listen -r main -l es-ES --since 0 --once </dev/null >"$tmp/film" &&
		more_than 0 "$tmp/film" '.type=="translation"'
}
gives_16() {
	listen -r main -l es-ES --since 0 --once </dev/null >"$tmp/paid" &&
		more_than 0 "$tmp/paid" '.stage=="synth" and .est_usd==0'
}
# In the first seconds a tenth of a second of samples that are not silence.
loud() {
	[ "$(od -An -v -t d2 -w2 -N 160000 "$1" | awk '$1 > 1000 { n++ } END { print n + 0 }')" -gt 1600 ]
}

start_localaws --port 0
for ((n = 1; n <= $(recipes); n++)); do
	case $n in
	4) pipeline -q -r main -l en-US -t es-ES --loop "$clip" ;;
	6) kill -TERM "$pipeline"; ended "$pipeline" 0 'the pipeline' ;;
	esac
	case $n in
	4 | 5 | 7 | 8 | 11 | 16) typed -c "recipe $n" "$(recipe $n)" "gives_$n" ;;
	*) typed "recipe $n" "$(recipe $n)" "gives_$n" ;;
	esac
done
[ "$n" -gt 10 ] || fail "only $((n - 1)) recipes"
