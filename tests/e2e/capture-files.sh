#!/bin/sh
# capture -f: sound files of every kind, rate and number of channels come out
# as the pipe's PCM, whole and right; several files, --loop, --seconds, -c; the
# same from a pipe; and each wrong call and bad file ends with its own status,
# one line on stderr, and all the sound that could be had.
set -eu
# shellcheck source=tests/e2e/capture.inc
. tests/e2e/capture.inc

silent() {
	[ ! -s "$dir/err" ] || fail "spoke: $(cat "$dir/err")"
}

# within BYTES SLACK: how much came out
within() {
	n=$(size "$dir/out")
	if [ "$n" -lt $(($1 - $2)) ] || [ "$n" -gt $(($1 + $2)) ]; then
		fail "$n bytes, not $1 ($kind $rate $channels)"
	fi
}

# Two seconds of each kind.  ADPCM comes in whole blocks; MP3 is padded.
while read -r kind rate channels slack; do
	f=$dir/$kind-$rate-$channels
	"$sine" write "$kind" "$rate" "$channels" $((rate * 2)) "$f"
	run 0 -f "$f" -c 1 --pace fast
	silent
	within 64000 "$slack"
	"$sine" check 0.5 440 <"$dir/out" || fail "$kind $rate $channels"
	cp "$dir/out" "$dir/first"
	run 0 -f "$f" -c "$channels" --pace fast
	"$sine" check 0.5 $((440 * channels)) <"$dir/out" ||
		fail "channel $channels of $kind $rate"
	if [ "$channels" -eq 1 ]; then
		cmp "$dir/out" "$dir/first"
		run 0 -f "$f" --pace fast
		cmp "$dir/out" "$dir/first"
	fi
	# what has its length in its header can also come through a pipe
	case $kind in
	ogg | opus | mp3 | wavadpcm) ;;
	*)
		# shellcheck disable=SC2002
		cat "$f" | "$BIN/capture" -f - -c 1 --pace fast >"$dir/piped"
		cmp "$dir/piped" "$dir/first" || fail "$kind through a pipe"
		;;
	esac
done <<EOF
wav 16000 1 0
wav 44100 2 2
wav 11025 1 2
wav8 8000 1 0
wav24 48000 2 0
wav24 96000 1 0
wavfloat 22050 1 2
wavulaw 8000 1 0
wavadpcm 16000 1 4096
wav 44100 6 2
aiff 44100 2 2
au 8000 1 0
caf 48000 2 0
w64 16000 1 0
flac 44100 2 2
flac 16000 1 0
ogg 44100 2 2
opus 48000 2 2
mp3 44100 2 8192
EOF

# The mean of all channels is what comes by default.
run 0 -f "$dir/wav-44100-2" --pace fast
"$sine" check 0.25 440 880 <"$dir/out"
cp "$dir/out" "$dir/mix"
run 0 -f "$dir/wav-44100-2" -c mix --pace fast
cmp "$dir/out" "$dir/mix"

# 16-bit mono at 16 kHz is passed on bit for bit.
run 0 -f "$dir/wav-16000-1" --pace fast
tail -c +45 "$dir/wav-16000-1" | cmp - "$dir/out"
cp "$dir/out" "$dir/exact"

# Real time gives the same bytes as fast.
run 0 -f "$dir/wav-16000-1" --seconds 0.5
head -c 16000 "$dir/exact" | cmp - "$dir/out"

# --seconds is exact, whatever the blocks; files follow each other without gap.
run 0 -f "$dir/wav-16000-1" --seconds 1.2345 --pace fast
[ "$(size "$dir/out")" -eq 39504 ] || fail "--seconds 1.2345"
run 0 -f "$dir/flac-44100-2" --loop --seconds 7 --pace fast
[ "$(size "$dir/out")" -eq 224000 ] || fail "--loop --seconds 7"
silent
run 0 -f "$dir/wav-16000-1" -f "$dir/flac-16000-1" --pace fast
cat "$dir/exact" "$dir/exact" | cmp - "$dir/out"
run 0 -f "$dir/wav-16000-1" --loop --pace fast --seconds 5
cat "$dir/exact" "$dir/exact" "$dir/exact" | head -c 160000 |
	cmp - "$dir/out"

# A file as standard input can seek, and a FIFO by name is read like a pipe.
"$BIN/capture" -f - --pace fast <"$dir/mp3-44100-2" >"$dir/out"
run 0 -f "$dir/mp3-44100-2" --pace fast
mkfifo "$dir/fifo"
cat "$dir/flac-16000-1" >"$dir/fifo" &
run 0 -f "$dir/fifo" --pace fast
wait $!
cmp "$dir/out" "$dir/exact"

# A length that a recorder left open is no damage.
{
	head -c 40 "$dir/wav-16000-1"
	printf '\377\377\377\377'
	tail -c +45 "$dir/wav-16000-1"
} >"$dir/open.wav"
run 0 -f "$dir/open.wav" --pace fast
silent
cmp "$dir/out" "$dir/exact"

# Truncated: what is there plays, then one line and 65; repeated: still one.
head -c 32045 "$dir/wav-16000-1" >"$dir/cut.wav"
run 65 -f "$dir/cut.wav" --pace fast
said "'$dir/cut.wav' is truncated: 16000 of 32000 frames"
head -c 32000 "$dir/exact" | cmp - "$dir/out"
run 65 -f "$dir/cut.wav" -f "$dir/wav-16000-1" --pace fast
said "is truncated: 16000 of 32000 frames"
{ head -c 32000 "$dir/exact"; cat "$dir/exact"; } | cmp - "$dir/out"
run 65 -f "$dir/cut.wav" --loop --seconds 4 --pace fast
said "is truncated"
[ "$(size "$dir/out")" -eq 128000 ] || fail "loop of a truncated file"
head -c 20000 "$dir/flac-44100-2" >"$dir/cut.flac"
run 65 -f "$dir/cut.flac" --pace fast
said "is truncated"
[ -s "$dir/out" ] || fail "nothing of the truncated FLAC file"

# What is no sound, or not readable, by name and with the way out.
head -c 30000 /dev/urandom >"$dir/garbage"
# random bytes must not start like a sound file by chance
printf 'zzzzzzzzzzzzzzzz' | dd of="$dir/garbage" conv=notrunc status=none
run 65 -f "$dir/garbage" --pace fast
said "'$dir/garbage' is not a sound file"
grep -q ffmpeg "$dir/err"
{
	printf 'ID3\003\000\000\000\000\000\012'
	head -c 5000 "$dir/garbage"
} >"$dir/broken.mp3"
run 65 -f "$dir/broken.mp3" --pace fast
said "'$dir/broken.mp3' looks like MP3"
grep -q ffmpeg "$dir/err"
: >"$dir/empty"
run 65 -f "$dir/empty"
said "'$dir/empty' is empty"
run 66 -f "$dir/missing.wav"
said "cannot open '$dir/missing.wav': No such file or directory"
run 66 -f "$dir"
said "it is a folder"
# The second file is looked at before the first one plays.
run 66 -f "$dir/wav-16000-1" -f "$dir/missing.wav" --pace fast
[ ! -s "$dir/out" ] || fail "played before it had looked"
"$sine" write wav 16000 1 0 "$dir/none.wav"
run 0 -f "$dir/none.wav" --pace fast
run 65 -f "$dir/none.wav" --loop
said "there is no sound in"

# Wrong calls.
run 64 -f "$dir/wav-44100-2" -c 3
said "there is no channel 3 in '$dir/wav-44100-2': it has 2"
run 64 -f "$dir/wav-16000-1" -c 0
run 64 -f "$dir/wav-16000-1" -c left
run 64 -f "$dir/wav-16000-1" -d default
run 64 -f "$dir/wav-16000-1" --pace slow
run 64 -f "$dir/wav-16000-1" --seconds 0
run 64 --loop
run 64 "$dir/wav-16000-1"
said "a file is given with -f"
run 64 -f - --loop
said "only once"

# A meter has to have a terminal, and says so once.
run 0 -f "$dir/wav-16000-1" --meter --pace fast
said "--meter needs a terminal"
cmp "$dir/out" "$dir/exact"

# A full disk.
got=0
"$BIN/capture" -f "$dir/wav-16000-1" --pace fast 2>"$dir/err" >/dev/full ||
	got=$?
[ "$got" -eq 74 ] || fail "full disk: $got"
said "No space left on device"
# No standard output at all.
got=0
"$BIN/capture" -f "$dir/wav-16000-1" --pace fast 2>"$dir/err" >&- || got=$?
[ "$got" -eq 74 ] || fail "closed stdout: $got"
said "standard output"

"$BIN/capture" -h | grep -q '^usage: capture'
"$BIN/capture" -V | grep -q '^capture (pipebooth)'
exit 0
