#!/bin/bash
# capture -f of what libsndfile cannot read: films and other sound through
# ffmpeg, from files, standard input and pipes, from and for so many seconds;
# films that are cut, silent or none; names that look like options or
# protocols; playlists that would have ffmpeg open other files; no ffmpeg, one
# that is killed, one that hangs, and none left behind.
set -eu
: "${BIN:?}" "${B:?}"
command -v ffmpeg >/dev/null || { echo 'ffmpeg is not installed'; exit 77; }
# shellcheck source=tests/e2e/capture.inc
. tests/e2e/capture.inc
# within BYTES SLACK: how much came out
within() {
	n=$(size "$dir/out")
	if [ "$n" -lt $(($1 - $2)) ] || [ "$n" -gt $(($1 + $2)) ]; then
		fail "$n bytes, not $1: $what"
	fi
}
gone() {
	for _ in $(seq 1200); do
		kill -0 "$1" 2>/dev/null || return 0
		# a zombie is gone as well
		[ "$(ps -o stat= -p "$1" | cut -c 1)" != Z ] || return 0
		sleep 0.05
	done
	fail "process $1 is still there: $2"
}

# Two seconds, 440 Hz on the left and 880 on the right, in a film of each kind.
"$sine" write wav 44100 2 88200 "$dir/tone.wav"
film() {
	ffmpeg -v error -y -f lavfi -i color=size=64x64:rate=25 -i "$dir/tone.wav" -shortest "$@"
}
film -c:a aac -b:a 128k "$dir/late.mp4"
film -c:a aac -b:a 128k -movflags +faststart "$dir/early.mp4"
film -c:a libvorbis "$dir/film.mkv"
film -c:a mp3 -b:a 320k "$dir/film.avi"
film -c:a mp2 -b:a 320k "$dir/film.mpg"
film -c:a pcm_s16be -c:v mjpeg "$dir/film.mov"
ffmpeg -v error -i "$dir/tone.wav" -c:a aac -b:a 128k "$dir/sound.aac"
ffmpeg -v error -i "$dir/tone.wav" -c:a wmav2 -b:a 256k "$dir/sound.wma"
for file in late.mp4 early.mp4 film.mkv film.avi film.mpg film.mov sound.aac sound.wma; do
	what=$file
	run 0 -f "$dir/$file" -c 1 --pace fast
	[ ! -s "$dir/err" ] || fail "$file: spoke: $(cat "$dir/err")"
	within 64000 8192
	"$sine" check 0.5 440 <"$dir/out" || fail "$file: channel 1"
	run 0 -f "$dir/$file" -c 2 --pace fast
	"$sine" check 0.5 880 <"$dir/out" || fail "$file: channel 2"
done
run 64 -f "$dir/late.mp4" -c 3
said 'it has 2'

# The same bytes by standard input, and by a pipe if the index is in front.
run 0 -f "$dir/early.mp4" --pace fast
cp "$dir/out" "$dir/whole"
"$BIN/capture" -f - --pace fast <"$dir/early.mp4" | cmp - "$dir/whole" || fail 'standard input'
# shellcheck disable=SC2002
cat "$dir/early.mp4" | "$BIN/capture" -f - --pace fast | cmp - "$dir/whole" || fail 'a pipe'
mkfifo "$dir/fifo"
cat "$dir/early.mp4" >"$dir/fifo" &
run 0 -f "$dir/fifo" --pace fast
wait $!
cmp "$dir/out" "$dir/whole" || fail 'a FIFO'
# An MP3 in a pipe, and a file of which the beginning was read already.
ffmpeg -v error -i "$dir/tone.wav" -b:a 320k "$dir/tone.mp3"
# shellcheck disable=SC2002
cat "$dir/tone.mp3" | "$BIN/capture" -f - -c 1 --pace fast >"$dir/out"
what='an MP3 in a pipe'
within 64000 8192
"$sine" check 0.5 440 <"$dir/out" || fail 'an MP3 in a pipe'
{ head -c 1000 /dev/zero; cat "$dir/film.mkv"; } >"$dir/behind"
run 0 -f "$dir/film.mkv" --pace fast
{ head -c 1000 >/dev/null; "$BIN/capture" -f - --pace fast; } <"$dir/behind" >"$dir/second" ||
	fail 'from the middle of a file'
[ "$(size "$dir/second")" -gt 50000 ] || fail "from the middle: $(size "$dir/second")"

# From, and for, so many seconds, exactly; of several files.
run 0 -f "$dir/early.mp4" --from 0.5 --seconds 1 --pace fast
tail -c +16001 "$dir/whole" | head -c 32000 | cmp - "$dir/out" || fail '--from 0.5 --seconds 1'
run 0 -f "$dir/early.mp4" -f "$dir/early.mp4" --from 3 --pace fast
n=$(size "$dir/whole")
[ "$(size "$dir/out")" -eq $((2 * n - 96000)) ] || fail '--from 3 of two files'
run 0 -f "$dir/early.mp4" --from 100 --pace fast
[ ! -s "$dir/out" ] || fail '--from behind the end'
run 64 --from 1
run 64 -f "$dir/early.mp4" --from -1

# Names are names.
(
	cd "$dir"
	cp early.mp4 ./-i
	cp early.mp4 http:x.mp4
	cp early.mp4 'concat:early.mp4|early.mp4'
	cp early.mp4 'pipe:0'
	cp early.mp4 $'new\nline\033[31m.mp4'
	cp early.mp4 '%d.mp4'
)
cd "$dir"
for name in -i http:x.mp4 'concat:early.mp4|early.mp4' pipe:0 $'new\nline\033[31m.mp4' %d.mp4; do
	run 0 -f "$name" --pace fast
	cmp "$dir/out" "$dir/whole" || fail "a file named $name"
done
run 66 -f http://127.0.0.1:9/film.mp4
said 'No such file'
run 66 -f concat:late.mp4
run 66 -f lavfi:sine

# A playlist or script that has ffmpeg open other files plays none of them; the
# first line of each pair says that ffmpeg by itself would.
ffmpeg -v error -i tone.wav -c:a mp2 part.ts
printf '#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:2,\nfile:%s\n#EXT-X-ENDLIST\n' "$dir/part.ts" >list.m3u8
printf 'ffconcat version 1.0\nfile part.ts\n' >list.ffconcat
printf '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="audio/mp4"><Representation id="a" bandwidth="1"><BaseURL>early.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>\n' >list.mpd
for list in list.m3u8 list.ffconcat; do
	[ "$(ffmpeg -v quiet -i $list -f s16le - | wc -c)" -gt 1000 ] || fail "$list is no playlist"
done
for list in list.m3u8 list.ffconcat list.mpd; do
	run 65 -f $list --pace fast
	[ ! -s "$dir/out" ] || fail "$list was followed"
	said "'$list' is not a sound file"
done

# Broken films.
head -c 3000 late.mp4 >cut.mp4
run 65 -f cut.mp4
said "'cut.mp4' looks like MP4, but neither"
ffmpeg -v error -stream_loop 20 -i tone.wav -c:a aac -movflags +faststart many.mp4
head -c $(($(size many.mp4) / 2)) many.mp4 >half.mp4
run 65 -f half.mp4 --pace fast
said "'half.mp4' is damaged: ffmpeg says: "
[ "$(size "$dir/out")" -gt 320000 ] || fail 'what there is of half a film'
ffmpeg -v error -f lavfi -i color=size=64x64:rate=5 -t 1 silent.mp4
run 65 -f silent.mp4
said "there is no sound in 'silent.mp4'"
ffmpeg -v error -i many.mp4 -c copy late-many.mp4
run 65 -f - < <(cat late-many.mp4)
said 'save it to a file first'
run 65 -f early.mp4 -f silent.mp4 --pace fast
[ ! -s "$dir/out" ] || fail 'played before it had looked at all files'

# No ffmpeg.
got=0
PATH=/nonexistent "$BIN/capture" -f early.mp4 >"$dir/out" 2>"$dir/err" || got=$?
[ $got -eq 65 ] || fail "without ffmpeg: $got"
said "'early.mp4' looks like MP4, which libsndfile cannot read; install ffmpeg"
got=0
PATH=/nonexistent "$BIN/capture" -f "$dir/tone.wav" --pace fast >"$dir/out" || got=$?
[ $got -eq 0 ] || fail 'a WAV file needs no ffmpeg'

# An ffmpeg that dies in the middle, one that fails without a word, one that
# says too much, and one that goes on for ever.
real=$(command -v ffmpeg)
mkdir stub
stub() { printf '#!/bin/sh\n%s\n' "$1" >stub/ffmpeg && chmod +x stub/ffmpeg; }
stubbed() { PATH=$dir/stub:$PATH run "$@"; }
stub "'$real' -v error -i early.mp4 -f wav -c:a pcm_f32le - 2>/dev/null | head -c 100000; kill -9 \$\$"
stubbed 65 -f early.mp4 --pace fast
said "ffmpeg was killed while it read 'early.mp4', signal 9"
[ "$(size "$dir/out")" -gt 6400 ] || fail 'what came before it was killed'
stub 'exit 3'
stubbed 65 -f early.mp4
said 'nothing came of it'
stub "printf 'a \\033[31m b\\n' >&2; exit 1"
stubbed 65 -f early.mp4
said 'a \x1b[31m b'
stub "head -c 1000000 /dev/zero | tr '\\0' 'x' >&2; exec '$real' -v error -i early.mp4 -f wav -c:a pcm_f32le -"
stubbed 65 -f early.mp4 --pace fast
[ "$(size "$dir/out")" -gt 60000 ] || fail 'one that says too much'
stub "'$real' -v error -i early.mp4 -f wav -c:a pcm_f32le -; exec >/dev/null; echo \$\$ >'$dir/pid'; exec tail -f /dev/null"
stubbed 65 -f early.mp4 --pace fast
said "ffmpeg did not end after 'early.mp4'"
cmp "$dir/out" "$dir/whole" || fail 'one that does not end'
gone "$(cat pid)" 'an ffmpeg that does not end'
endless="echo \$\$ >'$dir/pid'; exec '$real' -v error -f lavfi -i sine -f wav -"
stub "$endless"
for signal in TERM KILL; do
	rm -f pid
	: >"$dir/err"
	PATH=$dir/stub:$PATH "$BIN/capture" -q -f early.mp4 --pace fast >"$dir/fifo" 2>"$dir/err" &
	pids=$!
	exec 4<fifo
	head -c 100000 <&4 >/dev/null
	kill -$signal $pids
	head -c 10 <&4 >/dev/null # it may wait for its reader
	exec 4<&-
	wait $pids || :
	gone "$(cat pid)" "ffmpeg after capture's SIG$signal"
done
# What feeds it from a pipe ends, too: its writer is told.
(trap '' PIPE; while head -c 65536 /dev/zero; do :; done 2>/dev/null) >fifo &
writer=$!
pids=$writer
PATH=$dir/stub:$PATH "$BIN/capture" -q -f - --pace fast --seconds 1 <fifo >"$dir/out" || fail 'an endless pipe'
[ "$(size "$dir/out")" -eq 32000 ] || fail "an endless pipe: $(size "$dir/out")"
gone "$writer" 'the writer of the pipe'
pids=
exit 0
