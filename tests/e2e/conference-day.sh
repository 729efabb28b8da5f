#!/bin/bash
# A day's conference as README tells it, shortened: three rooms, one of them with
# a remote speaker, twenty phones and an operator through one web server, tokens
# for everybody; speakers and languages change between talks with no restart; an
# operator's line goes on the air and is taken back, a room is paused; and in the
# evening the subtitles are written.  Engines of the tests hear, translate and
# speak numbered words, so every word is looked for, in every room and language.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common
need_web
mkdir "$tmp/site" "$tmp/conf" "$tmp/archive"
cp -R scripts web "$tmp/site/"
ln -s "$BIN" "$tmp/site/bin"
room=$tmp/site/scripts/room
engine=$B/fake/faults_engine
export HOME=$tmp BOOTH_ROOMS=$tmp/conf AWS_EC2_METADATA_DISABLED=true
unset XDG_STATE_HOME BOOTH_JWT_SECRET BOOTH_TRUSTED_PROXIES BOOTH_SPEAK_COMMAND \
	http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY
rooms='main blue red'

# shellcheck disable=SC2317 # called by the trap
end_day() {
	exec 2>/dev/null # the shell's news of killed ones
	for r in $rooms; do "$room" stop "$r" || :; done
	cleanup
}
trap end_day EXIT
show_logs() {
	tail -n 20 "$tmp"/.local/state/pipebooth/*.log "$tmp"/*.err 2>/dev/null || :
}

# --- the morning: services, tokens, rooms, web server --------------------------
"$BIN/localaws" --dir "$tmp/aws" --asr "'$engine' asr" --mt "'$engine' mt" \
	--tts "'$engine' tts" >"$tmp/aws.out" 2>"$tmp/aws.err" &
started $!
wait_for 'localaws' has "$tmp/aws.out" '"ready"'
# shellcheck source=/dev/null # written by localaws
. "$tmp/aws/env"
export BOOTH_LISTENER_TOKEN=for-the-audience BOOTH_SPEAKER_TOKEN=for-speakers \
	BOOTH_OPERATOR_TOKEN=for-the-desk

configure() { # ROOM TITLE LANGUAGE SOURCE
	printf '%s\n' "title = $2" "language = $3" "source = $4" \
		'targets = wanted' 'encoding = pcm,opus' \
		"archive = $tmp/archive/$1.jsonl" >"$tmp/conf/$1.conf"
}
configure main 'Great Hall' en-US fifo
configure blue 'Blue Room' it-IT fifo
configure red 'Red Room' de-DE remote
for r in $rooms; do
	"$room" start "$r" 2>"$tmp/start.err" || { show_logs; fail "start $r"; }
done
[ "$("$room" status | grep -c runs)" -eq 3 ] || fail "$("$room" status)"

"$tmp/site/scripts/serve" -p auto >"$tmp/url" 2>"$tmp/serve.err" &
started $!
wait_for 'web server' test -s "$tmp/url"
port=$(sed 's/.*:\([0-9]*\)\/.*/\1/' "$tmp/url")
curl -sf --noproxy '*' "http://127.0.0.1:$port/api/rooms" >"$tmp/rooms.json" || fail 'no /api/rooms'
jq -e '[.[].title] | sort == ["Blue Room","Great Hall","Red Room"]' \
	"$tmp/rooms.json" >/dev/null || fail "/api/rooms: $(head -c 500 "$tmp/rooms.json")"

# --- twenty phones and the operator --------------------------------------------
# phone N ROOM LANG AUDIO: what it gets is in $tmp/phone.N
phone() {
	"$B/fake/ws_client" "$port" "/listen?room=$2&lang=$3&audio=$4" \
		<<<'{"type":"hello","token":"for-the-audience"}' \
		>"$tmp/phone.$1" 2>"$tmp/phone.$1.err" &
	started $!
	echo "$2 $3 $4" >"$tmp/phone.$1.is"
}
n=0
while read -r r lang audio; do
	n=$((n + 1))
	phone $n "$r" "$lang" "$audio"
done <<END
main es-ES none
main es-ES none
main es-ES pcm
main es-ES opus
main it-IT none
main it-IT pcm
main fr-FR none
main source none
blue en-US none
blue en-US pcm
blue en-US opus
blue es-ES none
blue es-ES none
blue source none
red en-US none
red en-US pcm
red fr-FR none
red fr-FR none
red fr-FR opus
red source none
END
[ $n -eq 20 ] || fail "only $n phones"
for n in {1..20}; do
	wait_for "phone $n" has "$tmp/phone.$n" '"live"'
done
# Nobody is let in with another's token.
printf '{"type":"hello","token":"for-speakers"}\n' |
	"$B/fake/ws_client" "$port" '/listen?room=main&lang=es-ES' >"$tmp/wrong" 2>/dev/null || :
has "$tmp/wrong" '"reason":"role"' || fail 'a speaker was let in as a listener'

mkfifo "$tmp/desk.in"
"$B/fake/ws_client" "$port" /operate <"$tmp/desk.in" >"$tmp/desk" 2>"$tmp/desk.err" &
started $!
exec 4>"$tmp/desk.in"
printf '{"type":"hello","token":"for-the-desk"}\n' >&4
last_rooms() { # FILTER: true of the newest state that the operator sees
	grep '"type":"rooms"' "$tmp/desk" | tail -n 1 | jq -e "$1" >/dev/null
}
wait_for '20 listeners at the desk' last_rooms \
	'[.rooms[].listeners[][]] | add >= 20'
wanted() { # ROOM STAGE LANG...: translated, or voiced, for somebody
	local r=$1 stage=$2 lang
	shift 2
	for lang; do
		any "$tmp/archive/$r.jsonl" \
			".stage==\"$stage\" and .state==\"wanted\" and .lang==\"$lang\"" ||
			return 1
	done
}
wait_for 'languages of main' wanted main translate es-ES it-IT fr-FR
wait_for 'voices of main' wanted main synth es-ES it-IT
wait_for 'languages of blue' wanted blue translate en-US es-ES
wait_for 'voices of blue' wanted blue synth en-US
wait_for 'languages of red' wanted red translate en-US fr-FR
wait_for 'voices of red' wanted red synth en-US fr-FR

# The wall and the desk, where there is a browser.
if command -v node >/dev/null && command -v "${CHROMIUM:-chromium}" >/dev/null &&
	[ -d tests/browser/node_modules/playwright-core ]; then
	TMPDIR=$tmp node tests/browser/day.mjs "$(cat "$tmp/url")" "$tmp" \
		for-the-audience for-the-desk >"$tmp/wall.err" 2>&1 &
	wall=$!
	started $wall
	wait_for 'the display' test -e "$tmp/display-on"
else
	wall=
	echo 'no browser: without the display'
fi

# --- talks ----------------------------------------------------------------------
# said ROOM WORD: the last word of a talk is in the transcript.
said() {
	any "$tmp/archive/$1.jsonl" \
		".type==\"transcript\" and .final and (.text | test(\"$2\"))"
}
talk() { # FIRST LAST FILE
	"$engine" audio "$1" "$2" 6 >"$3"
}
talk 1 18 "$tmp/t1"
talk 101 118 "$tmp/t2"
talk 201 218 "$tmp/t3"
cat "$tmp/t1" >"$BOOTH_RUN/rooms/main/pcm" &
started $!
cat "$tmp/t2" >"$BOOTH_RUN/rooms/blue/pcm" &
started $!
"$BIN/send" -q -l de-DE "ws://127.0.0.1:$port/speak?room=red" <"$tmp/t3" \
	2>"$tmp/send1.err" || fail 'the remote speaker'
wait_for 'first talk, main' said main w0018
wait_for 'first talk, blue' said blue w0118
wait_for 'first talk, red' said red w0218

# The desk: a line on the air, and back; a pause, which pays nothing.
printf '{"type":"command","n":1,"do":"say","room":"main","text":"Coffee w7777"}\n' >&4
wait_for 'the typed line on a phone' has "$tmp/phone.1" 'w7777'
id=$(jq -r 'select(.type=="translation" and (.text | test("w7777"))) | .id' "$tmp/phone.1")
printf '{"type":"command","n":2,"do":"retract","room":"main","id":"%s"}\n' "$id" >&4
wait_for 'the line taken back' any "$tmp/phone.1" ".type==\"retraction\" and .id==\"$id\""
"$room" pause blue 'coffee' || fail 'pause'
wait_for 'the pause at the desk' last_rooms \
	'.rooms[] | select(.room=="blue") | .paused == "coffee"'
stage_is() { # ROOM STAGE STATE
	any "$tmp/archive/$1.jsonl" ".stage==\"$2\" and .state==\"$3\""
}
for stage in transcribe translate synth; do
	wait_for "$stage pauses" stage_is blue $stage paused
done
"$room" resume blue || fail 'resume'
for stage in transcribe translate synth; do
	wait_for "$stage goes on" stage_is blue $stage resumed
done

# The next talks: another language in main, another file in blue, another speaker
# in red, whose words come in French.
"$room" talk main -l it-IT || fail 'talk main'
talk 301 318 "$tmp/t4"
wait_for 'the end of the first talk' stage_is main transcribe ended
cat "$tmp/t4" >"$BOOTH_RUN/rooms/main/pcm" &
started $!
"$engine" audio 401 418 6 wav >"$tmp/t5.wav"
"$room" talk blue -l es-ES -s "file:$tmp/t5.wav" || fail 'talk blue'
talk 501 518 "$tmp/t6"
"$BIN/send" -q -l fr-FR "ws://127.0.0.1:$port/speak?room=red" <"$tmp/t6" \
	2>"$tmp/send2.err" || fail 'the second remote speaker'
wait_for 'second talk, main' said main w0318
wait_for 'second talk, blue' said blue w0418
wait_for 'second talk, red' said red w0518

# --- the evening ------------------------------------------------------------------
# all_words FILE FROM TO: each word once, in order.
words_of() {
	grep -o 'w[0-9]\{4\}' | grep -v w7777 | tr '\n' ' '
}
numbers() {
	seq -f 'w%04g' "$1" "$2" | tr '\n' ' '
}
day() { # ROOM: what was said in it
	case $1 in
	main) numbers 1 18; numbers 301 318 ;;
	blue) numbers 101 118; numbers 401 418 ;;
	red) numbers 201 218; numbers 501 518 ;;
	esac
}
# On the phones: every word of the day, in order, once; the line that was taken
# back, and its word that this is so.
complete() { # N
	local r lang audio
	read -r r lang audio <"$tmp/phone.$1.is"
	[ "$(jq -r 'select((.type=="translation" and .error==null) or
		(.type=="transcript" and .final)) | .text' "$tmp/phone.$1" |
		words_of)" = "$(day "$r")" ]
}
for n in {1..20}; do
	wait_for "all words on phone $n ($(cat "$tmp/phone.$n.is"))" complete $n
done
if [ -n "$wall" ]; then
	echo w0318 >"$tmp/evening"
	wait "$wall" || fail 'the wall or the desk'
fi
# Voices: each utterance of each language that is heard was said to its end.
voiced() { # N
	local r lang audio
	read -r r lang audio <"$tmp/phone.$1.is"
	jq -es '[.[] | select(.type=="retraction") | .id] as $gone |
		([.[] | select(.type=="translation" and .lang != .from) | .id] - $gone) as $read |
		[.[] | select(.type=="audio" and .last) | .id] as $heard |
		($read - $heard) == []' "$tmp/phone.$1" >/dev/null
}
for n in 3 4 6 10 11 16 19; do
	wait_for "voices on phone $n" voiced $n
done
for r in $rooms; do
	"$room" stop "$r" || fail "stop $r"
done
[ "$("$room" status | grep -c 'does not run')" -eq 3 ] || fail "$("$room" status)"

mkdir "$tmp/subtitles"
for r in $rooms; do
	"$BIN/captions" -l all -f vtt,srt,text -o "$tmp/subtitles" \
		"$tmp/archive/$r.jsonl" 2>"$tmp/captions.err" || fail "captions of $r"
done
ls "$tmp/subtitles" >"$tmp/subtitles.list"
for file in main.es-ES main.fr-FR blue.en-US red.en-US; do
	r=${file%%.*} lang=${file#*.}
	for format in vtt srt txt; do
		# Two talks, two files.
		for talk in 1 2; do
			[ -s "$tmp/subtitles/$r-$talk.$lang.$format" ] ||
				fail "no $r-$talk.$lang.$format in: $(cat "$tmp/subtitles.list")"
		done
		got=$(cat "$tmp/subtitles/$r-"[12]".$lang.$format" | words_of)
		[ "$got" = "$(day "$r")" ] || fail "$r, $lang, $format: $got"
	done
done
! grep -r w7777 "$tmp/subtitles" || fail 'what was taken back is in the subtitles'
# What it cost was told all day.
last_rooms '[.rooms[].est_usd] | add > 0' || fail 'no cost at the desk'
