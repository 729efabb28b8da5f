#!/bin/sh
# capture with real PortAudio and ALSA, on a device made of a file: the list,
# choice by number and name, a channel, the exact samples, what is said about
# lost sound, silence, and names that do not fit.  That device gives its sound
# as fast as it is taken, so the ring overflows after its first 8 s: what comes
# before that must be exact.
set -eu
# shellcheck source=tests/e2e/capture.inc
. tests/e2e/capture.inc

# said TEXT: TEXT is on stderr, among other lines
said() {
	grep -qF -- "$1" "$dir/err" || fail "no '$1' in: $(cat "$dir/err")"
}

# Where the file ends ALSA starts it anew, within a block of old samples: the
# file is longer than what is compared.
"$sine" write raw 16000 1 160000 "$dir/mono.raw"
"$sine" write raw 16000 2 160000 "$dir/stereo.raw"
head -c 2000000 /dev/zero >"$dir/mute.raw"

conf() {
	cat <<EOF
pcm.null { type null }
ctl.null { type null }
pcm.mixer_mono {
	type file
	slave.pcm null
	file /dev/null
	infile "$dir/mono.raw"
	format raw
}
pcm.mixer_stereo {
	type file
	slave.pcm null
	file /dev/null
	infile "$dir/stereo.raw"
	format raw
}
pcm.mute {
	type file
	slave.pcm null
	file /dev/null
	infile "$dir/mute.raw"
	format raw
}
pcm.!default {
	type plug
	slave.pcm mixer_mono
}
EOF
}
conf >"$dir/asound.conf"
export ALSA_CONFIG_PATH="$dir/asound.conf"

# The list: on stdout, all of them, the default marked.
run 0 -l
[ ! -s "$dir/err" ] || fail "-l spoke: $(cat "$dir/err")"
for name in mixer_mono mixer_stereo mute default; do
	grep -q "ALSA  *$name\$" "$dir/out" || fail "no $name: $(cat "$dir/out")"
done
[ "$(grep -c '^\*' "$dir/out")" -eq 1 ] || fail "not one default"
number=$(awk '$NF == "mixer_mono" { print $1 }' "$dir/out")

# The exact samples, by name (part of it, any case) and by number.
run 0 -q -d MONO -c 1 --seconds 7
[ ! -s "$dir/err" ] || fail "-q spoke: $(cat "$dir/err")"
[ "$(stat -c %s "$dir/out")" -eq 224000 ] || fail "--seconds 7"
cmp -n 224000 "$dir/out" "$dir/mono.raw"
run 0 -d "$number" -c 1 --seconds 2
cmp -n 64000 "$dir/out" "$dir/mono.raw"
said "recording, device='mixer_mono' api='ALSA' rate_hz=16000 channels=1"
run 0 -c 1 --seconds 1
said "device='default'"
"$sine" check 0.5 440 <"$dir/out"

# One channel of two; both, which is the default.
run 0 -d mixer_stereo -c 2 --seconds 3
"$sine" check 0.5 880 <"$dir/out"
run 0 -d mixer_stereo -c 1 --seconds 3
# one channel is opened: the file's two come one after the other
[ "$(stat -c %s "$dir/out")" -eq 96000 ] || fail "one channel"
run 0 -d mixer_stereo --seconds 3
said "channels=2"
"$sine" check 0.25 440 880 <"$dir/out"

# A reader that stalls costs sound, which is counted and told.
mkfifo "$dir/fifo"
"$BIN/capture" -d mixer_mono -c 1 >"$dir/fifo" 2>"$dir/err" &
pid=$!
exec 3<"$dir/fifo"
head -c 2 <&3 >/dev/null
timeout 300 sh -c "until grep -q lost_ms= '$dir/err'; do :; done" ||
	fail "a stalled reader: nothing was said"
exec 3<&-
got=0
wait "$pid" || got=$?
[ "$got" -eq 74 ] || fail "reader left: status $got"
said "the reader is too slow, sound is lost, lost_ms="

# SIGTERM: a normal end.
: >"$dir/err"
"$BIN/capture" -d mixer_mono -c 1 >"$dir/fifo" 2>"$dir/err" &
pid=$!
exec 3<"$dir/fifo"
head -c 3200 <&3 >/dev/null
kill -TERM "$pid"
cat <&3 >"$dir/out"
exec 3<&-
got=0
wait "$pid" || got=$?
[ "$got" -eq 0 ] || fail "SIGTERM: status $got: $(cat "$dir/err")"
[ $(($(stat -c %s "$dir/out") % 2)) -eq 0 ] || fail "half a frame"

# Digital silence is noticed after 10 s of sound.
run 0 -d mute -c 1 --seconds 12
said "no signal for 10 s: check the device or the mute switch"
[ "$(grep -c 'no signal' "$dir/err")" -eq 1 ] || fail "said more than once"

# What does not fit.
run 66 -d piano
said "no input device is called 'piano'"
run 66 -d 999
said "there is no device 999"
run 64 -d mixer
said "'mixer' may be any of these devices:"
said "'mixer_mono'"
said "'mixer_stereo'"
run 64 -d mixer_mono -c 1000
said "there is no channel 1000 on 'mixer_mono': it has"

# No device at all.
cat >"$dir/asound.conf" <<EOF
pcm.broken { type hw card none }
pcm.!default { type hw card none }
EOF
run 66 -l
said "no input device here"
run 66
said "no input device here"
[ "$(wc -l <"$dir/err")" -eq 1 ] || fail "not one line: $(cat "$dir/err")"
exit 0
