#!/bin/sh
# translate without permission: what is wrong before the first line ends it at
# once with one clear line; what only the service can know never silences a room:
# the transcript and the source text go on, and the exit status tells.
# shellcheck disable=SC1091,SC2119,SC2154
set -eu
. tests/e2e/translate.inc

serve
{
	final u1 'One'
	final u2 'Two'
} >"$tmp/in"

run_without() {
	want=$1
	shift
	got=0
	env "$@" "$BIN/translate" -t fr,de <"$tmp/in" >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" -eq "$want" ] || fail "status $got, not $want: $*"
	[ ! -s "$tmp/out" ] || fail "something was passed on"
	[ "$(wc -l <"$tmp/err")" -eq 1 ] || fail "not one line on stderr"
}
run_without 78 -u AWS_ACCESS_KEY_ID
said 'no credentials: looked for AWS_ACCESS_KEY_ID in the environment'
run_without 78 -u AWS_REGION
said 'no region: set AWS_REGION'
run_without 78 AWS_PROFILE=nobody
said "no profile 'nobody'"
run_without 78 AWS_ENDPOINT_URL=localhost
said "AWS_ENDPOINT_URL is 'localhost': URL does not begin with https://"
run_without 78 AWS_CA_BUNDLE=/nonexistent
said "cannot read certificates in '/nonexistent' (AWS_CA_BUNDLE)"
run_without 77 AWS_CREDENTIAL_EXPIRATION=2001-01-01T00:00:00Z
said 'have expired'

# What the service refuses.
export AWS_SECRET_ACCESS_KEY=wrong
run 77 -t fr,de
expect 'select(.type=="transcript").id' '"u1" "u2"'
expect 'select(.type=="translation" and .lang=="fr-FR") | [.text,(.error|startswith("InvalidSignatureException"))]' \
	'["One",true] ["Two",true]'
said 'InvalidSignatureException'
[ "$(jq -r 'select(.state=="degraded").lang' "$tmp/out" | sort | tr '\n' ' ')" = "de-DE fr-FR " ] ||
	fail "not one degraded line a language"
export AWS_SECRET_ACCESS_KEY=secret AWS_ACCESS_KEY_ID=AKIDNOBODY
run 77 -t fr,de
said 'UnrecognizedClientException'
export AWS_ACCESS_KEY_ID=AKIDTEST
{
	final u1 'One @deny'
	final u2 'Two @deny'
} >"$tmp/in"
run 77 -t fr
said 'AccessDeniedException.*the key needs the IAM action translate:TranslateText'
expect 'select(.type=="translation").text' '"One @deny" "Two @deny"'

# A server whose clock is an hour off is obeyed.
serve --clock 3600
final u1 'One' >"$tmp/in"
run 0 -t fr
expect 'select(.type=="translation").text' '"[fr] One"'
grep -q ' 403$' "$tmp/log" || fail "the clock was never off"
