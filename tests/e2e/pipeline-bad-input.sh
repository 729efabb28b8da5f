#!/bin/bash
# What is wrong with the input, the account, the network or the disk, in each of
# the three service tools and in the pipeline as a whole: one clear line that
# names the thing, the right exit status, nothing lost that could be kept, and
# nobody hangs.  Tools: no credentials, a wrong secret, no server, a certificate
# nobody signed, unknown languages, a truncated WAV, an MP3 that libsndfile cannot
# read, a sound file as PCM, lines that are no JSON, a line of 1 MiB, no room for
# the output.  Pipeline: the same, and an archive on a full disk.
set -eu
. tests/e2e/pipeline.inc
unset AWS_PROFILE AWS_CA_BUNDLE AWS_REGION AWS_DEFAULT_REGION AWS_ENDPOINT_URL
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
in=/dev/null out=$tmp/out

# ends STATUS PATTERN COMMAND...: with that status, and one line on stderr, also
# with -q.
ends() {
	local want=$1 pattern=$2 got=0
	shift 2
	timeout 300 "$@" <"$in" >"$out" 2>"$tmp/tool.err" || got=$?
	[ "$got" -eq "$want" ] || fail "status $got, not $want: $*"
	one_line "$tmp/tool.err" "$pattern"
}

start_localaws --port 0
transcribe -q -l en-US --pace fast "$clip" >"$tmp/talk.jsonl"
translate -q -t es-ES,fr-FR <"$tmp/talk.jsonl" >"$tmp/all.jsonl"
finals=$(lines "$tmp/talk.jsonl" '.type=="transcript" and .final')
[ "$finals" -gt 0 ] || fail 'nothing was heard'

# Each tool, its input, and what it passes on whatever the service says.
each() { # STATUS PATTERN ENV...
	local status=$1 pattern=$2
	shift 2
	in=/dev/null
	ends "$status" "^transcribe: .*$pattern" env "$@" transcribe -q -l en-US "$clip"
	in=$tmp/talk.jsonl
	ends "$status" "^translate: .*$pattern" env "$@" translate -q -t es-ES,fr-FR
	if [ "$status" -ne 78 ]; then # begun: the talk goes on
		jq -c 'select(.stage != "translate")' "$out" | grep -v '"translation"' >"$tmp/passed"
		cmp "$tmp/passed" <(jq -c . "$tmp/talk.jsonl") || fail "translate did not pass on: $*"
		[ "$(lines "$out" '.type=="translation" and .error!=null and .text==.source_text')" = $((finals * 2)) ] ||
			fail "not every caption carries the source text: $*"
	fi
	in=$tmp/all.jsonl
	ends "$status" "^synth: .*$pattern" env "$@" synth -q --pace fast
	[ "$status" -eq 78 ] || cmp <(jq -c 'select(.stage != "synth" and .type != "audio")' "$out") \
		<(jq -c . "$tmp/all.jsonl") || fail "synth did not pass on: $*"
}
each 78 'no credentials: .*set AWS_ACCESS_KEY_ID' -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY
each 78 'no region: set AWS_REGION' -u AWS_REGION -u AWS_DEFAULT_REGION
each 77 'InvalidSignatureException: .*Secret Access Key' AWS_SECRET_ACCESS_KEY=wrong
each 75 '127.0.0.1:1\b.*Connection refused' AWS_ENDPOINT_URL=https://127.0.0.1:1
each 76 'certificate.*AWS_CA_BUNDLE' -u AWS_CA_BUNDLE

# Languages that nobody has.
in=/dev/null
ends 69 "^transcribe: BadRequestException.*'xx-YY'" transcribe -l xx-YY "$clip"
in=$tmp/talk.jsonl
ends 69 '^translate: xx-YY: UnsupportedLanguagePairException' translate -t es-ES,xx-YY
[ "$(lines "$out" '.lang=="es-ES" and .error==null')" = "$finals" ] || fail 'the other language suffered'
jq -c 'select(.type!="translation" or .lang=="es-ES")' "$out" >"$tmp/one.jsonl"
jq -c '(select(.type=="translation") | .lang) = "xx-YY"' "$tmp/one.jsonl" >"$tmp/xx.jsonl"
in=$tmp/xx.jsonl
ends 0 '^synth: xx-YY: Polly has no voice for it; captions only' synth --pace fast

# Sound that is cut short: what is there is heard.
head -c 90000 "$clip" >"$tmp/short.wav"
in=/dev/null
ends 65 "^transcribe: '.*/short.wav' is truncated: [0-9]* of [0-9]* frames" transcribe -q -l en-US "$tmp/short.wav"
[ "$(lines "$out" '.type=="transcript" and .final')" -gt 0 ] || fail 'the rest of a truncated file was not heard'
# Sound that is none.
{ printf '\377\373\220\000'; seq 5000; } >"$tmp/broken.mp3"
ends 65 "broken.mp3' looks like MP3, but neither libsndfile nor ffmpeg can read it" \
	transcribe -l en-US "$tmp/broken.mp3"
ends 66 "^transcribe: cannot open '$tmp/none.wav': No such file" transcribe -l en-US "$tmp/none.wav"
in=$clip
ends 65 '^transcribe: standard input is a sound file (WAV)' transcribe -l en-US

# Lines that are none, among others that are.
said() { # PATTERN: of two lines
	[ "$(grep -c -- "$1" "$tmp/tool.err")" = 1 ] || fail "not once '$1': $(cat "$tmp/tool.err")"
}
big=$(head -c 1048576 /dev/zero | tr '\0' x)
{
	echo 'this is no JSON'
	printf '{"type":"transcript","text":"%s"}\n' "$big"
	cat "$tmp/one.jsonl"
} >"$tmp/bad.jsonl"
for tool in 'translate -t es-ES' 'synth --pace fast'; do
	status=0
	# shellcheck disable=SC2086 # a command line
	timeout 300 $tool <"$tmp/bad.jsonl" >"$out" 2>"$tmp/tool.err" || status=$?
	[ $status -eq 65 ] || fail "$tool: status $status of bad lines"
	[ "$(wc -l <"$tmp/tool.err")" -eq 2 ] || fail "$tool: not one message a bad line: $(cat "$tmp/tool.err")"
	said 'line 1 .*not a JSON object'
	said 'line 2 .*longer than 65536 bytes'
	while IFS= read -r line; do
		grep -qxF -- "$line" "$out" || fail "$tool did not pass on: $line"
	done <"$tmp/one.jsonl"
done
[ "$(lines "$out" '.type=="audio" and .last')" = "$finals" ] || fail 'what was good was not voiced'

# Nowhere to write to.
out=/dev/full
in=/dev/null
ends 74 '^transcribe: .*No space left on device' transcribe -l en-US --pace fast "$clip"
in=$tmp/talk.jsonl
ends 74 '^translate: .*No space left on device' translate -t es-ES
in=$tmp/all.jsonl
ends 74 '^synth: .*No space left on device' synth --pace fast
out=$tmp/out

# The pipeline: the stage that it is about says its line, the script the last one.
whole_pipeline() { # STATUS STAGE PATTERN ARG...
	local want=$1 stage=$2 pattern=$3
	shift 3
	pipeline -q -r main -t es-ES "$@"
	ended "$pipeline" "$want" "pipeline $*"
	[ "$(tail -n 1 "$tmp/pipeline.err")" = "pipeline: $stage ended with status $want" ] ||
		fail "no last line that says so: $(cat "$tmp/pipeline.err")"
	[ "$(grep -c "^$stage: $pattern" "$tmp/pipeline.err")" = 1 ] || fail "not one line of $stage"
	[ "$(wc -l <"$tmp/pipeline.err")" -eq "${says:-2}" ] || fail "not ${says:-2} lines: $(cat "$tmp/pipeline.err")"
}
listen -r main -l es-ES --audio pcm </dev/null >"$tmp/heard" 2>/dev/null &
started+=($!)
voiced='.type=="audio" and .last and (.error | not)'
whole_pipeline 65 capture "'.*short.wav' is truncated" -l en-US -- "$tmp/short.wav"
until_true 'a truncated recording is voiced' more_than 0 "$tmp/heard" "$voiced"
whole_pipeline 65 capture "'.*broken.mp3' looks like MP3" -l en-US -- "$tmp/broken.mp3"
whole_pipeline 66 capture "cannot open '-x.wav'" -l en-US -- -x.wav
whole_pipeline 69 transcribe 'BadRequestException' -l xx-YY "$clip"
whole_pipeline 69 translate 'xx-YY: Unsupported' -l en-US -t es-ES,xx-YY "$clip"
whole_pipeline 73 broadcast "cannot open archive '/nonexistent/a'" -l en-US -a /nonexistent/a "$clip"
# A room has one writer.
mkfifo "$tmp/held"
broadcast -r main <"$tmp/held" 2>"$tmp/holder.err" &
holder=$!
disown
started+=("$holder")
exec 5>"$tmp/held"
until_true 'the room is taken' has "$tmp/holder.err" 'on the air'
whole_pipeline 75 broadcast "room 'main' " -l en-US "$clip"
exec 5>&-
until_true 'the room is free' none_running "$holder"
# A full disk: the room has everything all the same.
before=$(lines "$tmp/heard" "$voiced")
says=3 whole_pipeline 74 broadcast "archive: cannot write '/dev/full': No space left on device; the room goes on" \
	-l en-US -a /dev/full "$clip"
until_true 'the room goes on' more_than "$before" "$tmp/heard" "$voiced"

# Wrong calls.
for call in '-r main -l en-US' '-r main -l en-US -t es-ES --frob' '-r'; do
	status=0
	# shellcheck disable=SC2086 # a command line
	"$tmp/site/scripts/pipeline" $call >"$tmp/out" 2>"$tmp/tool.err" || status=$?
	[ $status -eq 64 ] || fail "pipeline $call: status $status"
	one_line "$tmp/tool.err" "^pipeline: .*see 'pipeline -h'"
done
