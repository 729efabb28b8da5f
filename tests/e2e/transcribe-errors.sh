#!/bin/sh
# transcribe and everything that can be wrong with its call, its input, its
# settings and its service: one clear line each and the right status; what was
# heard before a damaged file, a signal or a reader that leaves is not lost.
set -eu
. tests/e2e/service.inc
"$B/fake/service" audio 16 >"$tmp/pcm"
"$B/fake/service" audio 16 8 wav >"$tmp/talk.wav"
serve a </dev/null

# run STATUS PATTERN [VAR=VALUE | -u VAR]... -- ARG...: stderr is one line that
# matches.
run() {
	want=$1 pattern=$2
	shift 2
	env=
	while [ "$1" != -- ]; do
		env="$env $1"
		shift
	done
	shift
	got=0
	# shellcheck disable=SC2086
	env $env "$BIN/transcribe" "$@" <"$tmp/in" >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" -eq "$want" ] || fail "status $got, not $want: $env transcribe $*"
	grep -q -- "$pattern" "$tmp/err" || fail "no '$pattern': transcribe $*"
	[ "$want" -eq 64 ] || [ "$(wc -l <"$tmp/err")" -eq 1 ] ||
		fail "not one line on stderr: transcribe $*"
}
feed() { # FILE: standard input of what follows
	cp "$1" "$tmp/in"
}
feed "$tmp/pcm"

# The call.
run 64 'give either -l LANG or --identify' --
run 64 'give either -l LANG or --identify' -- -l en-US --identify en-US,es-US
run 64 'language tag such as en-US' -- -l english
run 64 "two languages or more" -- --identify en-US
run 64 "'e' is no language tag" -- --identify en-US,e
run 64 '--pace' -- -l en-US --pace slow
run 64 '--stability' -- -l en-US --stability highest
run 64 'one FILE at most' -- -l en-US a b
run 64 'nonsense' -- -l en-US --nonsense

# The input.
feed "$tmp/talk.wav"
run 65 "standard input is a sound file (WAV), not PCM; use 'capture -f" -- -l en-US
[ ! -s "$tmp/out" ] || [ "$(states "$tmp/out")" = ended ] || fail 'something was heard'
feed /dev/null
run 66 "cannot open '/nonexistent.wav'" -- -l en-US /nonexistent.wav
echo 'no sound at all, just a text' >"$tmp/text"
run 65 "$tmp/text" -- -l en-US "$tmp/text"
head -c 30000 "$tmp/talk.wav" >"$tmp/cut.wav"
run 65 "cut.wav.*\(cut\|trunc\|ends\|short\)" -- -l en-US --pace fast "$tmp/cut.wav"
same 'words of a truncated file' "$(finals "$tmp/out")" "$(words 6)"
feed "$tmp/pcm"

# The settings.
run 78 'no credentials: looked for' -u AWS_ACCESS_KEY_ID -- -l en-US
run 78 'no region: set AWS_REGION' -u AWS_REGION -- -l en-US
run 78 "no profile 'nobody'" AWS_PROFILE=nobody -- -l en-US
run 78 "no profile 'nobody'" -- -l en-US --profile nobody
run 78 "is 'localhost': URL does not begin with https://" -- -l en-US \
	--endpoint-url localhost
run 78 "cannot read certificates in '/nonexistent'" \
	AWS_ENDPOINT_URL=https://localhost:1 AWS_CA_BUNDLE=/nonexistent -- -l en-US
run 77 'have expired' AWS_CREDENTIAL_EXPIRATION=2001-01-01T00:00:00Z -- -l en-US

# The service: not there, not willing.
run 75 'onnection refused' AWS_ENDPOINT_URL=http://127.0.0.1:1 -- -l en-US
same 'states without a service' "$(states "$tmp/out")" 'failed ended'
serve refusals <<'END'
transcribe refuse 400 BadRequestException
transcribe refuse 403 AccessDeniedException
transcribe refuse 403 UnrecognizedClientException
transcribe refuse 503 ServiceUnavailableException
transcribe refuse 503 ServiceUnavailableException
transcribe refuse 503 ServiceUnavailableException
transcribe html 502
transcribe html 502
transcribe html 403
END
run 69 'BadRequestException: as the script says (HTTP 400, request refused-1)' -- -l en-US
run 77 'AccessDeniedException' -- -l en-US
run 77 'UnrecognizedClientException' -- -l en-US
run 75 'ServiceUnavailableException' -- -l en-US
run 75 'HTTP 502' AWS_MAX_ATTEMPTS=2 -- -l en-US
run 77 'HTTP 403.*Bad gateway' -- -l en-US

# Keys that the service calls expired in mid-talk: those of the environment end it
# at once, those of a file are read anew.
expired() {
	serve "$1" <<-'END'
	transcribe exception@700 ExpiredTokenException
	END
}
expired e1
run 77 'environment (AWS_ACCESS_KEY_ID) have expired: set new ones' -- -q -l en-US
[ "$(jq 'select(.state=="ended").sessions' "$tmp/out")" -eq 1 ] || fail 'tried again'
cat >"$tmp/credentials" <<'END'
[default]
aws_access_key_id = AKIDOLD
aws_secret_access_key = old
END
expired e2
: >"$tmp/out"
: >"$tmp/err"
env -u AWS_ACCESS_KEY_ID AWS_SHARED_CREDENTIALS_FILE="$tmp/credentials" \
	"$BIN/transcribe" -l en-US --pace fast <"$tmp/in" >"$tmp/out" 2>"$tmp/err" &
tool=$!
renewable() {
	grep -q 'have expired: renew them there' "$tmp/err"
}
wait_for 120 renewable
sed 's/OLD/NEW/; s/old/new/' "$tmp/credentials" >"$tmp/credentials.new"
mv "$tmp/credentials.new" "$tmp/credentials"
wait "$tool" || fail "status $? with keys renewed in their file"
same 'words with renewed keys' "$(finals "$tmp/out")" "$(words 16)"

# What is asked of the service is what was said here.
serve params </dev/null
"$BIN/transcribe" --identify it,en-US,cmn-CN --speakers --stability medium \
	--vocabulary names --vocabulary-filter swear --pace fast \
	<"$tmp/pcm" >"$tmp/out" 2>"$tmp/err" || fail "status $?"
grep -c 'header x-amzn-transcribe-' "$tmp/params.log" >"$tmp/n"
for header in identify-language=true language-options=it-IT,en-US,zh-CN \
	show-speaker-label=true enable-partial-results-stabilization=true \
	partial-results-stability=medium vocabulary-names=names \
	vocabulary-filter-names=swear sample-rate=16000 media-encoding=pcm; do
	grep -q "^header x-amzn-transcribe-$header$" "$tmp/params.log" ||
		fail "no header $header"
done
same headers "$(cat "$tmp/n")" 9

# A signal in mid-file ends it with the last words; a second one at once.
serve b </dev/null
: >"$tmp/out"
: >"$tmp/err"
"$BIN/transcribe" -l en-US "$tmp/talk.wav" >"$tmp/out" 2>"$tmp/err" &
tool=$!
heard() {
	grep -q 'w0010' "$tmp/out"
}
wait_for 120 heard
kill -TERM "$tool"
wait "$tool" || fail "status $? after SIGTERM"
n=$(finals "$tmp/out" | wc -w)
[ "$n" -ge 10 ] || fail "only $n words after SIGTERM"
same 'words until SIGTERM' "$(finals "$tmp/out")" "$(words "$n")"
same 'states' "$(states "$tmp/out")" 'ready ended'
echo 'transcribe hang' >"$tmp/hang"
serve c <"$tmp/hang"
: >"$tmp/out"
: >"$tmp/err"
"$BIN/transcribe" -l en-US "$tmp/talk.wav" >"$tmp/out" 2>"$tmp/err" &
tool=$!
asked() {
	grep -q 'now hang' "$tmp/c.log"
}
wait_for 120 asked
kill -TERM "$tool"
stopping() {
	grep -q stopping "$tmp/err"
}
wait_for 120 stopping
kill -TERM "$tool"
got=0
wait "$tool" || got=$?
same 'status of a second signal' "$got" 143
# What it had read goes unheard, and is counted.
grep -q 's of audio were not heard' "$tmp/err" || fail 'left, and no word of it'
[ "$(jq 'select(.state=="ended").lost_ms > 0' "$tmp/out")" = true ] ||
	fail 'left, and nothing is lost'

# The reader of the lines leaves, before there is any.
serve d </dev/null
mkfifo "$tmp/talk"
{
	got=0
	"$BIN/transcribe" -l en-US --pace fast <"$tmp/talk" 2>"$tmp/err" || got=$?
	echo "$got" >"$tmp/status"
} | {
	exec <&-
	cat "$tmp/pcm" >"$tmp/talk" || true
}
same 'status when the reader left' "$(cat "$tmp/status")" 74
