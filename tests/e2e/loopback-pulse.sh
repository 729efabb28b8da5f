#!/bin/bash
# scripts/loopback with a real PulseAudio that has null sinks for loudspeakers: an
# application's sound reaches capture and goes on to where it played; stop puts
# everything back.  Nothing else of that server is heard.
set -eu

skip() {
	echo "SKIP: $*"
	exit 77
}
for program in pulseaudio pactl paplay jq sox; do
	command -v $program >/dev/null || skip "$program is not installed"
done
tmp=$(mktemp -d)
export XDG_RUNTIME_DIR=$tmp HOME=$tmp PULSE_RUNTIME_PATH=$tmp/pulse BOOTH_RUN=$tmp/run
unset DISPLAY PULSE_SERVER PULSE_SINK PULSE_SOURCE
BIN=$(cd "${BIN:-bin}" && pwd)
PATH=$BIN:$PATH
pids=()
# shellcheck disable=SC2317 # called by the trap
cleanup() {
	kill "${pids[@]}" 2>/dev/null || :
	wait
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

fail() {
	echo "FAIL: $*"
	tail -n 5 "$tmp"/*.err 2>/dev/null || :
	pactl list short sinks
	pactl list short sink-inputs
	exit 1
}

until_true() { # WHAT COMMAND...
	local what=$1 until=$((SECONDS + 300))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || fail "never: $what"
		sleep 0.05
	done
}

mkdir -m 700 "$tmp/pulse"
# A root user is warned of itself; the server runs all the same.
pulseaudio -n --exit-idle-time=-1 --daemonize=no \
	--load="module-native-protocol-unix auth-anonymous=1" \
	--load="module-null-sink sink_name=speakers" \
	--load="module-null-sink sink_name=other" 2>"$tmp/pulse.err" &
pids+=($!)
until_true 'the sound server answers' pactl info
pactl set-default-sink speakers

# Two applications: the talk, 440 Hz, and another, 3000 Hz.
sox -n -r 48000 -c 2 -b 16 "$tmp/talk.wav" synth 300 sine 440 vol 0.5
sox -n -r 48000 -c 2 -b 16 "$tmp/noise.wav" synth 300 sine 3000 vol 0.5
paplay --client-name=Talker "$tmp/talk.wav" 2>"$tmp/talker.err" &
pids+=($!)
paplay --client-name=Noise "$tmp/noise.wav" 2>"$tmp/noise.err" &
pids+=($!)
both_play() {
	[ "$(pactl list short sink-inputs | wc -l)" -eq 2 ]
}
until_true 'both play' both_play
scripts/loopback list >"$tmp/list"
grep -q Talker "$tmp/list" || fail "Talker is not in the list: $(cat "$tmp/list")"

status_is() { # STATUS COMMAND...
	local want=$1 got=0
	shift
	"$@" 2>"$tmp/said.err" || got=$?
	[ "$got" -eq "$want" ] || fail "status $got, not $want: $*"
}
status_is 66 scripts/loopback stop
status_is 66 scripts/loopback capture --seconds 1
status_is 66 scripts/loopback start nobody
status_is 64 scripts/loopback start
status_is 64 scripts/loopback start -n 'a b' Talker

where() { # CLIENT: the sink's name that its stream plays to
	local sink
	sink=$(pactl --format=json list sink-inputs |
		jq -r --arg c "$1" '.[] | select(.properties["application.name"]==$c).sink')
	pactl list short sinks | awk -v n="$sink" '$1 == n {print $2}'
}
modules() {
	pactl list short modules | cut -f 2 | sort
}

# loudest RAW RATE CHANNELS: the frequency of most of its power, roughly, and
# nothing of a silent one.
loudest() {
	sox -t raw -r "$2" -e signed -b 16 -c "$3" "$1" -n remix 1 stat 2>&1 |
		awk '/^Rough +frequency/ {f=$3} /^Maximum amplitude/ {a=$3}
			END {print (a > 0.05 ? f : 0)}'
}
near() { # GOT WANTED
	[ "$1" -gt $(($2 * 8 / 10)) ] && [ "$1" -lt $(($2 * 12 / 10)) ]
}

modules >"$tmp/before"
scripts/loopback start talker >"$tmp/said" || fail 'start'
[ "$(where Talker)" = pipebooth ] || fail 'the talk was not led into the sink'
[ "$(where Noise)" = speakers ] || fail 'the other application was moved'
status_is 75 scripts/loopback start Talker

scripts/loopback capture -q --seconds 3 >"$tmp/heard.raw" 2>"$tmp/capture.err" ||
	fail 'capture'
[ "$(stat -c %s "$tmp/heard.raw")" -eq 96000 ] || fail 'not 3 s of sound'
tail -c 64000 "$tmp/heard.raw" >"$tmp/end.raw"
near "$(loudest "$tmp/end.raw" 16000 1)" 440 ||
	fail "heard $(loudest "$tmp/end.raw" 16000 1) Hz, not the talk alone"

# It is still heard in the room: without the other application, the talk is what
# the loudspeakers play.
pactl move-sink-input "$(grep Noise "$tmp/list" | cut -f 1)" other
parec --device=speakers.monitor --format=s16le --rate=16000 --channels=1 --raw |
	head -c 128000 | tail -c 64000 >"$tmp/room.raw"
near "$(loudest "$tmp/room.raw" 16000 1)" 440 ||
	fail "the room hears $(loudest "$tmp/room.raw" 16000 1) Hz"

scripts/loopback stop || fail 'stop'
[ "$(where Talker)" = speakers ] || fail 'the talk is not back'
modules | cmp -s - "$tmp/before" || fail 'modules stayed'
[ ! -e "$tmp/run/loopback.pipebooth" ] || fail 'a file stayed'

# Everything from now on, and silently; and a restart of the sound server leaves
# no memory that stands in the way.
scripts/loopback start -n room2 --silent --all >"$tmp/said" || fail 'start --all'
[ "$(pactl get-default-sink)" = room2 ] || fail 'the default is not ours'
paplay --client-name=Late "$tmp/talk.wav" 2>"$tmp/late.err" &
pids+=($!)
late_plays() {
	[ "$(where Late)" = room2 ]
}
until_true 'what starts later goes there, too' late_plays
modules | grep -q loopback && fail 'not silent'
scripts/loopback stop -n room2
[ "$(pactl get-default-sink)" = speakers ] || fail 'the default is not back'
