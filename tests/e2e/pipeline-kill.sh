#!/bin/bash
# scripts/pipeline on a recording in a loop, and whoever dies: each stage killed
# (all others end, the message names the stage and the signal, 137), also while
# nothing is said; localaws killed and started anew (nobody ends, the captions
# come back and none is missing); SIGTERM, SIGINT and SIGTERM twice.
# The engines are those of the faults-*.sh tests: a real recogniser cannot follow
# on a machine that runs other tests, and what it then misses is no fault of ours.
set -eu
. tests/e2e/pipeline.inc
engine=$(cd "$B/fake" && pwd)/faults_engine
engines=(--asr "'$engine' asr" --mt "'$engine' mt" --tts "'$engine' tts")
clip=$tmp/talk.wav # two sentences, of 1.0 s each
"$engine" audio 1 20 10 wav >"$clip"

# Captions, voice and a listener: then everything is under way.
on_air() {
	: >"$tmp/heard"
	listen -r main -l es-ES --audio pcm >"$tmp/heard" 2>/dev/null </dev/null &
	listener=$!
	started+=("$listener")
	until_true 'a voice is heard' more_than 0 "$tmp/heard" '.type=="audio"'
	all=$(stage_pids)
}
# shellcheck disable=SC2086 # a list of pids
all_gone() { # WHAT
	until_true "$1: all stages are gone" none_running $all
	[ -z "$(ls -A "$tmp/t")" ] || fail "$1: files are left: $(ls "$tmp/t")"
	running "$listener" || fail "$1: the listener ended, too"
	kill "$listener"
	wait "$listener" || :
}

start_localaws --port 0 "${engines[@]}"
for stage in capture transcribe translate synth broadcast; do
	rm -f "$tmp/archive"
	pipeline -r main -l en-US -t es-ES -a "$tmp/archive" --loop "$clip"
	on_air
	before=$(wc -l <"$tmp/pipeline.err")
	kill -9 "$(stage_pid $stage)"
	ended "$pipeline" 137 "$stage killed"
	all_gone "$stage killed"
	# Those that lost their reader say nothing.
	[ "$(tail -n "+$((before + 1))" "$tmp/pipeline.err")" = \
		"pipeline: $stage was killed by SIGKILL" ] ||
		fail "$stage killed: not one message: $(cat "$tmp/pipeline.err")"
	jq -e . "$tmp/archive" >/dev/null || fail "$stage killed: the archive is not lines"
done

# Nobody speaks, so no stage has anything to write: one that is gone is noticed
# all the same.
head -c 3200000 /dev/zero | sox -t raw -r 16000 -e signed -b 16 -c 1 - "$tmp/silence.wav"
for stage in broadcast synth; do
	pipeline -r main -l en-US -t es-ES --loop "$tmp/silence.wav"
	until_true 'on the air' has "$tmp/pipeline.err" 'on the air'
	until_true 'all stages run' stage_pids
	kill -9 "$(stage_pid $stage)"
	ended "$pipeline" 137 "$stage killed in silence"
	[ "$(tail -n 1 "$tmp/pipeline.err")" = "pipeline: $stage was killed by SIGKILL" ] ||
		fail "$stage killed in silence: $(cat "$tmp/pipeline.err")"
done

# The services go away in mid-sentence, and come back under the same address.
rm -f "$tmp/archive"
pipeline -r main -l en-US -t es-ES,eo -a "$tmp/archive" --loop "$clip"
on_air
port=$(jq -r '.url | sub(".*:"; "") | sub("/.*"; "")' "$tmp/localaws")
kill -9 "$localaws_pid"
until_true 'localaws is gone' none_running "$localaws_pid"
until_true 'a status line tells' more_than 0 "$tmp/archive" \
	'.type=="status" and .stage=="transcribe" and .state=="reconnecting"'
# shellcheck disable=SC2086 # a list of pids
for pid in $all; do running "$pid" || fail "a stage ended with localaws"; done
finals=$(lines "$tmp/archive" '.type=="transcript" and .final')
start_localaws --port "$port" "${engines[@]}"
until_true 'a status line tells the end of it' more_than 0 "$tmp/archive" \
	'.type=="status" and .stage=="transcribe" and .state=="recovered"'
until_true 'captions go on' more_than "$((finals + 1))" "$tmp/archive" \
	'.type=="translation" and .lang=="eo" and .error==null'
voices=$(lines "$tmp/archive" '.type=="audio" and .last')
until_true 'voices go on' more_than "$voices" "$tmp/archive" '.type=="audio" and .last'

# SIGTERM: what was said is finished.
kill -TERM "$pipeline"
ended "$pipeline" 0 'SIGTERM'
all_gone 'SIGTERM'
whole "$tmp/archive" es-ES true
whole "$tmp/archive" eo false
# The recording says its sentences over and over, with 300 or 600 ms between: in
# stream time none is missing and none is there twice.  What was missed may
# come late, after what follows it.
jq -rs '[.[] | select(.type=="transcript" and .final)] | sort_by(.start_ms) as $said |
	range(1; $said | length) as $i |
	($said[$i].start_ms - $said[$i - 1].end_ms) |
	select(. < -300 or . > 1500)' "$tmp/archive" >"$tmp/gaps"
[ ! -s "$tmp/gaps" ] || fail "sentences are missing, or come twice: $(cat "$tmp/gaps")"
[ "$(lines "$tmp/archive" '.type=="status" and .stage=="transcribe" and .lost_ms>0')" = 0 ] ||
	fail 'sound was lost'

# SIGINT, as Ctrl-C: the same.
rm -f "$tmp/archive"
pipeline -r main -l en-US -t es-ES -a "$tmp/archive" --loop "$clip"
on_air
kill -INT "$pipeline"
ended "$pipeline" 0 'SIGINT'
all_gone 'SIGINT'
whole "$tmp/archive" es-ES true
for stage in transcribe translate synth; do
	more_than 0 "$tmp/archive" ".stage==\"$stage\" and .state==\"ended\"" ||
		fail "$stage did not say that it ended"
done

# Asked again, where the first time did not do: a stage hangs.
pipeline -r main -l en-US -t es-ES --loop "$clip"
on_air
kill -STOP "$(stage_pid synth)"
kill -TERM "$pipeline"
until_true 'the sound ends' none_running "$(stage_pid capture)"
running "$pipeline" || fail 'it did not wait for what was said'
kill -TERM "$pipeline"
ended "$pipeline" 143 'SIGTERM twice'
all_gone 'SIGTERM twice'
[ "$(tail -n 1 "$tmp/pipeline.err")" = \
	'pipeline: ended at once, as asked; the last words may be missing' ] ||
	fail "SIGTERM twice: $(cat "$tmp/pipeline.err")"
