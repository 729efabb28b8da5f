#!/bin/bash
# The EXAMPLES of every man page, as typed, against localaws and a room that is
# on the air: each runs, ends by itself or on Ctrl-C, and something comes of it.
# Left out are the engines that are not in Debian (whisper.cpp, argos, piper),
# whose scripts are only parsed.
set -eu
. tests/e2e/pipeline.inc
. tests/e2e/recipes.inc
for program in sox ffmpeg; do
	command -v $program >/dev/null || skip "$program is not installed"
done
work=$tmp/work
mkdir "$work" "$tmp/stub"
sound_devices
PATH=$tmp/stub:$BIN:$PATH
# Where a page says aplay(1) or play(1): what they would play.
# shellcheck disable=SC2016 # it is the player's $f
for player in aplay play; do
	printf '#!/bin/sh\nfor f; do :; done\n[ -f "$f" ] && exec cat "$f"\nexec cat\n' >"$tmp/stub/$player"
	chmod +x "$tmp/stub/$player"
done
# The user's own things that the examples name.
cp "$clip" "$work/talk.wav"
sox "$clip" "$work/talk.flac"
sox "$clip" "$work/talk.mp3" 2>/dev/null || ffmpeg -v error -i "$clip" "$work/talk.mp3"
ffmpeg -v error -f lavfi -i color=size=64x64:rate=5 -i "$clip" -shortest "$work/film.mp4"
echo 'The house is red.' >"$work/talk.txt"
printf '[house]\nes = casa\n' >"$work/names.txt"
printf '#!/bin/sh\nexec localaws-asr "$@"\n' >"$work/my-whisper"
chmod +x "$work/my-whisper"

mkdir -p "$BOOTH_RUN/rooms"
# A server for send(1), with the secret of token(1), in place of booth.example;
# its room writes down what it hears.
unset BOOTH_LISTENER_TOKEN BOOTH_SPEAKER_TOKEN BOOTH_OPERATOR_TOKEN
BOOTH_JWT_SECRET=$(token secret)
export BOOTH_JWT_SECRET
token mint -R speaker -r main --for 1h >"$work/speaker.token"
mkdir -p "$BOOTH_RUN/rooms/main"
# shellcheck disable=SC2016 # for the shell that speak starts
BOOTH_SPEAK_COMMAND='cat >>"$BOOTH_ROOM_DIR/heard.pcm"' BOOTH_JWT_SECRET='' \
	BOOTH_SPEAKER_TOKEN=$(cat "$work/speaker.token") scripts/serve -p auto \
	>"$tmp/url" 2>"$tmp/serve.err" &
started+=($!)
until [ -s "$tmp/url" ]; do sleep 0.05; done
booth=ws$(sed 's/^http//; s|/$||' "$tmp/url")
export BOOTH_SPEAKER_TOKEN
BOOTH_SPEAKER_TOKEN=$(cat "$work/speaker.token")
start_localaws --port 0
(
	cd "$work"
	transcribe -q -l en-US --pace fast talk.wav |
		translate -q -t es-ES,fr-FR | synth -q --pace fast >talk.jsonl
)
cp "$work/talk.jsonl" "$tmp/talk.jsonl"

# Something was printed, a file written, or a room filled.
something() {
	case $command in *'> /dev/null') [ ! -s "$tmp/typed.err" ] || return 0 ;; esac # a meter
	[ -s "$tmp/out" ] || find "$work" "$BOOTH_RUN/rooms" -type f -size +0 -newer "$tmp/before" | grep -q .
}
# One that goes on until Ctrl-C: it hears a device, a room, or serves.
endless() {
	case $1 in
	*--seconds*) return 1 ;;
	capture\ -d* | capture\ \|*) ;;
	listen*--once*) return 1 ;;
	listen*) ;;
	localaws\ --asr* | *localaws\ --script*) ;;
	*) return 1 ;;
	esac
}
ran=0
for page in man/*.[1-8]; do
	for ((n = 1; n <= $(examples "$page"); n++)); do
		command=$(example "$page" $n)
		what="example $n of $page"
		case $command in
		'#!/bin/sh'*) bash -n -c "$command" || fail "$what: syntax"; continue ;;
		'#!'*) continue ;;
		# Rooms that run all day: conference-day.sh does this, and looks.
		*scripts/room*) bash -n -c "$command" || fail "$what: syntax"; continue ;;
		# A person types the second line when the first has said "ready".
		'localaws --dir '*'&'*) command="$(printf '%s\n' "$command" |
			sed "1s|\$| until grep -q export $tmp/la/env; do sleep 0.1; done 2>/dev/null|; s|/tmp/la|$tmp/la|g")
kill %1; wait" ;;
		esac
		case $command in
		*'localaws --faults'*'&'*) # its readiness is waited for, and it is ended
			command=$(printf '%s\n' "$command" |
				sed 's|^\(localaws --faults [a-z]*\) &|touch faults; \1 --dir la.faults >ready \&\nuntil grep -q ready ready; do sleep 0.1; done|')
			command="$command
kill \$!; wait" ;;
		*send*ws*://*) command=$(printf '%s\n' "$command" |
			sed -E "s#wss?://[a-z0-9.:]*/#$booth/#") ;;
		*' speak -r '*) command="unset BOOTH_JWT_SECRET BOOTH_SPEAKER_TOKEN
$command" ;; # who has a terminal and no secret
		esac
		cp "$tmp/talk.jsonl" "$work/talk.jsonl"
		touch "$tmp/before" && sleep 0.02 # the grain of file times
		case $command in
		listen*) pipeline -q -r main -l en-US -t es-ES --loop "$clip" ;;
		*) pipeline= ;;
		esac
		if endless "$command"; then
			typed -c "$what" "$command" something
		else
			typed "$what" "$command" something
		fi
		! grep -E 'Exception|usage:|not found|unknown option' "$tmp/typed.err" ||
			fail "$what says so: $command"
		[ -z "$pipeline" ] || { kill -TERM "$pipeline"; ended "$pipeline" 0 'the pipeline'; }
		ran=$((ran + 1))
	done
done
[ $ran -gt 15 ] || fail "only $ran examples"
echo "$ran examples"
