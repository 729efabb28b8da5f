#!/bin/sh
# transcribe's parameters of the service: each goes out under its own name and
# its results come into the lines; what does not go together is refused with one
# clear line before anything is asked of the service; two channels, from a pipe
# and from a file, lose and double no word of either when sessions break.
set -eu
. tests/e2e/service.inc
"$B/fake/service" audio 24 >"$tmp/pcm"

# hear NAME ARG...: what was asked is in NAME.log.
hear() {
	name=$1
	shift
	"$BIN/transcribe" --pace fast "$@" >"$tmp/out" 2>"$tmp/err" ||
		fail "status $?: $*"
}
# asked NAME HEADER=VALUE...: these and no others.
asked() {
	name=$1
	shift
	grep '^header x-amzn-transcribe-' "$tmp/$name.log" |
		sed 's/^header x-amzn-transcribe-//' | sort >"$tmp/got"
	printf '%s\n' sample-rate=16000 media-encoding=pcm "$@" | sort >"$tmp/want"
	diff "$tmp/want" "$tmp/got" >"$tmp/log" || fail "headers of $name"
}
all_finals() {
	jq -e -s "map(select(.type==\"transcript\" and .final)) | length > 0 and all($1)" \
		"$tmp/out" >"$tmp/checked" || fail "not of all finals: $1"
}

serve one </dev/null
hear one -l en-GB --stability high --vocabulary Names-1.x --vocabulary-filter \
	swear --vocabulary-filter-method tag --language-model talks --speakers \
	--pii identify --pii-types NAME,PHONE <"$tmp/pcm"
asked one language-code=en-GB enable-partial-results-stabilization=true \
	partial-results-stability=high vocabulary-name=Names-1.x \
	vocabulary-filter-name=swear vocabulary-filter-method=tag \
	language-model-name=talks show-speaker-label=true \
	content-identification-type=PII pii-entity-types=NAME,PHONE
same words "$(finals "$tmp/out")" "$(words 24)"
all_finals '.lang == "en-GB" and (has("channel") | not)
	and (.items | all(.speaker == "0" or .speaker == "1"))
	and .entities == [{"category": "PII", "kind": "NAME",
		"text": .items[0].text, "start_ms": .items[0].start_ms,
		"end_ms": .items[0].end_ms, "confidence": 0.5}]'
same 'speakers' "$(jq -r 'select(.final).items[0].speaker' "$tmp/out" |
	tr '\n' ' ')" '0 1 0 '
same 'words that matched the filter' "$(jq -r 'select(.final).items[] |
	select(.filtered).text' "$tmp/out" | tr '\n' ' ')" \
	'w0005 w0010 w0015 w0020 '

serve redact </dev/null
hear redact -l es-US --pii redact <"$tmp/pcm"
asked redact language-code=es-US content-redaction-type=PII

serve identify </dev/null
hear identify --identify zh-CN,en-US,it --preferred it-IT --vocabulary a,b.c \
	--vocabulary-filter d,e --vocabulary-filter-method mask --pii identify \
	<"$tmp/pcm"
asked identify identify-language=true language-options=zh-CN,en-US,it-IT \
	preferred-language=it-IT vocabulary-names=a,b.c \
	vocabulary-filter-names=d,e vocabulary-filter-method=mask \
	content-identification-type=PII
all_finals '.lang == "cmn-CN" and .guesses == [{"lang": "cmn-CN", "score": 0.875}]'
same 'announced language' "$(jq -r 'select(.state=="ready").lang' "$tmp/out")" it-IT

serve multiple </dev/null
hear multiple --identify en-US,de-DE --multiple <"$tmp/pcm"
asked multiple identify-multiple-languages=true language-options=en-US,de-DE

# What cannot be is said before anybody is asked.
refused() {
	what=$1
	shift
	got=0
	"$BIN/transcribe" "$@" <"$tmp/pcm" >"$tmp/out" 2>"$tmp/err" || got=$?
	same "status of $*" "$got" 64
	head -n 1 "$tmp/err" | grep -q -- "$what" || fail "no '$what': $*"
	[ ! -s "$tmp/out" ] || fail "something went out: $*"
}
serve nobody </dev/null
ids='--identify en-US,it-IT'
refused 'speaker labels do not go with two channels' -l en-US --speakers --channels 2
refused "between 1 and 2\|1 to 2\|'3'" -l en-US --channels 3
refused 'how to filter words needs' -l en-US --vocabulary-filter-method mask
refused 'mask, remove' -l en-US --vocabulary-filter a --vocabulary-filter-method hide
refused 'identify or redact' -l en-US --pii-types NAME
refused 'in capitals' -l en-US --pii redact --pii-types name
refused 'redact' -l en-US --pii hide
refused 'a vocabulary is one name' -l en-US --vocabulary a,b
refused 'preferred language goes with' -l en-US --preferred en-US
refused 'several languages needs options' -l en-US --multiple
# shellcheck disable=SC2086
{
refused 'not one of those' $ids --preferred fr-FR
refused 'preferred language goes with' $ids --multiple --preferred en-US
refused 'language model does not go' $ids --language-model m
refused 'redaction of personal data does not go' $ids --pii redact
}
refused 'one dialect' --identify en-US,en-GB
refused 'too many languages' --identify "$(seq -f 'a%02g' -s, 10 90 | tr 0-9 a-j)"
refused '--max-session-s' -l en-US --max-session-s 1
refused '--max-session-s' -l en-US --max-session-s 14401
refused '--json is the form' -l en-US --json
refused '--check takes no FILE' -l en-US --check talk.wav
[ ! -s "$tmp/nobody.log" ] || fail "the service was asked: $(cat "$tmp/nobody.log")"

# Two channels.
"$B/fake/service" audio 40 8 stereo >"$tmp/stereo"
"$B/fake/service" audio 40 8 wav stereo >"$tmp/stereo.wav"
seq -f 'w%04g' 501 540 | tr '\n' ' ' | sed 's/ $//' >"$tmp/second"
# channel N: words of its finals, in the order of the stream.
channel() {
	jq -s -r "map(select(.final and .channel == \"ch_$1\")) | sort_by(.start_ms)[].text" \
		"$tmp/out" | tr '\n' ' ' | sed 's/ $//'
}
both() {
	same "first channel: $1" "$(channel 0)" "$(words 40)"
	same "second channel: $1" "$(channel 1)" "$(cat "$tmp/second")"
	jq -r 'select(.type=="transcript").id' "$tmp/out" | sort -u >"$tmp/ids"
	jq -r 'select(.type=="transcript" and .final).id' "$tmp/out" |
		sort >"$tmp/final-ids"
	cmp -s "$tmp/ids" "$tmp/final-ids" || fail "an id without a final: $1"
}
serve stereo </dev/null
hear stereo -l en-US --channels 2 <"$tmp/stereo"
asked stereo language-code=en-US enable-channel-identification=true \
	number-of-channels=2
both 'a pipe'
# Word n of the second channel begins 500 ms later than that of the first.
jq -r 'select(.final and .channel=="ch_1") |
	[(.text[2:5] | tonumber - 500), .start_ms] | join(" ")' "$tmp/out" |
	while read -r n at; do
		want=$((800 + (n - 1) * 100 + (n - 1) / 8 * 300))
		[ "$at" = "$want" ] || fail "word 5$n at $at ms, not $want"
	done
hear stereo -l en-US --channels 2 "$tmp/stereo.wav"
both 'a file'
dd bs=7 if="$tmp/stereo" 2>"$tmp/log" | hear stereo -l en-US --channels 2
both 'sevens'
for why in reset@1500 close@2000 cut@final=3 reset@final=5 half@open \
	'exception@3000 InternalFailureException' reset@end; do
	serve faults <<-END
	transcribe $why
	transcribe reset@1200
	END
	hear faults -l en-US --channels 2 <"$tmp/stereo"
	both "$why"
	rm "$tmp/faults.port"
done
serve roll </dev/null
hear roll -l en-US --channels 2 --max-session-s 2 <"$tmp/stereo"
same 'words of both channels' "$(finals "$tmp/out" | tr ' ' '\n' | sort -u |
	tr '\n' ' ')" "$(words 40) $(cat "$tmp/second") "
[ "$(jq 'select(.state=="ended").sessions' "$tmp/out")" -ge 2 ] || fail 'one session'
got=0
"$BIN/transcribe" -l en-US --channels 2 "$tmp/nothing.wav" 2>"$tmp/err" || got=$?
same 'status without a file' "$got" 66
"$B/fake/service" audio 8 8 wav >"$tmp/mono.wav"
got=0
"$BIN/transcribe" -l en-US --channels 2 "$tmp/mono.wav" >"$tmp/out" 2>"$tmp/err" ||
	got=$?
same 'status of a file with one channel' "$got" 64
grep -q 'channel' "$tmp/err" || fail 'nothing said of the channel'
head -c 4002 "$tmp/stereo" | hear stereo -l en-US --channels 2
grep -q 'ended within a frame' "$tmp/err" || fail 'half a frame, and no word'

# localaws, which checks what it is asked as the service does.
printf '{"start_ms":100,"end_ms":600,"text":"alpha beta"}\n' >"$tmp/script"
unset AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
serve_local --script "$tmp/script"
head -c 64000 "$tmp/stereo" |
	hear la -l en-US --channels 2 --stability low --pii identify
same 'channels of localaws' "$(jq -r 'select(.final).channel' "$tmp/out" | sort |
	tr '\n' ' ')" 'ch_0 ch_1 '
head -c 32000 "$tmp/pcm" |
	hear la --identify en-US,it-IT --preferred it-IT --vocabulary a,b
same 'words of localaws' "$(finals "$tmp/out")" 'alpha beta'
