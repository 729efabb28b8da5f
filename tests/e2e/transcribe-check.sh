#!/bin/sh
# transcribe --check: says what was found where, one fact a line, opens a stream
# with the real parameters, and says in words what is missing, with the way out and
# the status that transcribe would end with; no secret is ever said.
set -eu
. tests/e2e/service.inc

# check STATUS ARG...
check() {
	want=$1
	shift
	got=0
	"$BIN/transcribe" --check -l en-US "$@" </dev/null >"$tmp/out" 2>"$tmp/err" ||
		got=$?
	[ "$got" -eq "$want" ] || fail "status $got, not $want: $*"
	[ ! -s "$tmp/err" ] || fail "something on stderr: $*"
	if [ "$want" -eq 0 ]; then
		says '^result *ready$'
	else
		says "^problem "
		says "^result *not ready (exit status $want)\$"
	fi
	if grep -e "$AWS_SECRET_ACCESS_KEY" -e hush -e "token12" "$tmp/out"; then
		fail 'a secret was said'
	fi
}
says() {
	grep -q -- "$1" "$tmp/out" || fail "no '$1'"
}

# All in place; the stream is asked for with what was said here.
AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI
export AWS_SECRET_ACCESS_KEY
serve fine </dev/null
AWS_SESSION_TOKEN=token1234 check 0 --speakers --stability low
says '^language *en-US$'
says '^region *eu-west-1 (AWS_REGION)$'
says "^endpoint *$AWS_ENDPOINT_URL (AWS_ENDPOINT_URL)\$"
says '^credentials *environment (AWS_ACCESS_KEY_ID)$'
says '^key id *AKID\.\.\., with a session token$'
says '^stream *opened, heard and ended after [0-9]* ms, request request-1$'
grep -q 'header x-amzn-transcribe-show-speaker-label=true' "$tmp/fine.log" ||
	fail 'the stream was opened without its parameters'
grep -q 'transcribe end' "$tmp/fine.log" || fail 'the stream was not ended'

# The service refuses, or is not there.
serve refusals <<'END'
transcribe refuse 403 AccessDeniedException
transcribe refuse 403 UnrecognizedClientException
transcribe refuse 403 ExpiredTokenException
transcribe refuse 400 BadRequestException
transcribe refuse 429 LimitExceededException
transcribe html 502
transcribe exception@open BadRequestException
transcribe reset
END
export AWS_MAX_ATTEMPTS=1
check 77
says '^what to do *allow the action transcribe:StartStreamTranscription'
check 77
says 'UnrecognizedClientException'
check 77
says '^what to do *renew the credentials of: environment'
check 69
says 'BadRequestException: as the script says (HTTP 400, request refused-1)'
check 75
says '^what to do *wait'
check 75
says 'HTTP 502'
check 69
check 75
AWS_ENDPOINT_URL=http://127.0.0.1:1 check 75
says '^what to do *see that something serves there'

# Settings: all that is missing, not only the first.
unset AWS_REGION AWS_ACCESS_KEY_ID
check 78
says '^problem *no region: set AWS_REGION'
says '^problem *no credentials: looked for AWS_ACCESS_KEY_ID'
same 'problems' "$(grep -c '^problem' "$tmp/out")" 2
AWS_PROFILE=nobody check 78
says "no profile 'nobody'"
export AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=AKIDTEST
AWS_CA_BUNDLE=/nonexistent AWS_ENDPOINT_URL=https://localhost:1 check 78
says "cannot read certificates in '/nonexistent' (AWS_CA_BUNDLE)"
HTTPS_PROXY=socks5://u:hush@x:1 AWS_ENDPOINT_URL=https://localhost:1 check 78
says 'HTTPS_PROXY: only http:// proxies can be used'
AWS_CREDENTIAL_EXPIRATION=2001-01-01T00:00:00Z check 77

# As JSON.
got=0
"$BIN/transcribe" --check --json -l en-US --endpoint-url http://127.0.0.1:1 \
	>"$tmp/out" 2>"$tmp/err" || got=$?
same 'status as JSON' "$got" 75
jq -e '.tool == "transcribe" and .ok == false and .status == 75
	and .region == "eu-west-1 (AWS_REGION)" and (.problems | length) == 1
	and (.problems[0].help | startswith("see that something serves there"))' \
	"$tmp/out" >"$tmp/checked" || fail 'not the JSON that the page says'

# Over TLS, with signatures and certificates checked.
unset AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
printf '{"start_ms":0,"end_ms":10,"text":"a"}\n' >"$tmp/script"
serve_local --script "$tmp/script"
check 0
says '^trusted roots .*(AWS_CA_BUNDLE)$'
says '^clock *right$'
bundle=$AWS_CA_BUNDLE
unset AWS_CA_BUNDLE
check 76
says '^what to do *set AWS_CA_BUNDLE'
export AWS_CA_BUNDLE="$bundle" AWS_SECRET_ACCESS_KEY=anothers
check 77
says '^what to do *the secret key does not belong to the key id'

# A refusal whose end never comes is told as what it is.
for what in 'slow bytes=1' 'refuse name=AccessDeniedException'; do
	echo "service=transcribe times=all do=$what"
done >"$tmp/faults"
serve_local --faults "$tmp/faults"
check 77
says '^problem .*AccessDeniedException'
