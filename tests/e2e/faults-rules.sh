#!/bin/sh
# localaws --faults: a file of rules that is not one is refused with its line; one
# that is read anew at SIGHUP changes what goes wrong from then on, and a bad one
# changes nothing; without the option SIGHUP ends localaws as ever.
set -eu
# shellcheck source=tests/e2e/faults.inc
. tests/e2e/faults.inc
begin

# refused STATUS TEXT [FILE]: with what stands in rules, one line, and that status.
refused() {
	got=0
	"$BIN/localaws" --dir "$tmp/la" --faults "${3:-$tmp/rules}" \
		>"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
	[ "$got" -eq "$1" ] || fail "status $got, not $1: $(cat "$tmp/err")"
	[ ! -s "$tmp/out" ] || fail "it said it was ready"
	[ "$(wc -l <"$tmp/err")" -eq 1 ] || fail "not one line: $(cat "$tmp/err")"
	grep -qF -- "$2" "$tmp/err" || fail "'$(cat "$tmp/err")' lacks '$2'"
}
printf '# a comment\n\ndo=reset\nservice=polly phase=final do=cut\n' >"$tmp/rules"
refused 65 "$tmp/rules:4: polly has no phase 'final'"
echo 'do=explode' >"$tmp/rules"
refused 65 "$tmp/rules:1: there is no action 'explode'"
head -c 5000 /dev/zero >"$tmp/rules"
refused 65 "$tmp/rules:1: the line is longer than 1024 bytes"
refused 66 "cannot read faults '$tmp/nothing'" "$tmp/nothing"
refused 66 'Is a directory' "$tmp"

# ask: a call, signed by curl: its status and the name of its error.
ask() {
	curl -s --cacert "$AWS_CA_BUNDLE" --aws-sigv4 "aws:amz:$AWS_REGION:translate" \
		--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
		-D "$tmp/headers" -w ' %{http_code}' \
		-H 'content-type: application/x-amz-json-1.1' \
		-H 'x-amz-target: AWSShineFrontendService_20170701.TranslateText' \
		-d '{"Text":"a","SourceLanguageCode":"en","TargetLanguageCode":"es"}' \
		"$AWS_ENDPOINT_URL/" >"$tmp/answer" || echo "curl $?" >"$tmp/answer"
	cat "$tmp/answer"
}
# answers PATTERN: so does the next call.
answers() {
	ask | grep -q "$1" || fail "'$(cat "$tmp/answer")' is not '$1'"
}
# switch STATE: new rules are read from standard input.
switch() {
	cat >"$tmp/now.faults"
	before=$(grep -c "\"$1\"" "$tmp/now.ready") || true
	kill -HUP "$(cat "$tmp/now.pid")"
	wait_for 120 more "$1" "$before"
}
more() { [ "$(grep -c "\"$1\"" "$tmp/now.ready")" -gt "$2" ]; }

cat >"$tmp/now.faults" <<-EOR
	service=translate do=throttle retry-after=7
	service=translate nth=2 do=refuse name=ConflictException message="in use"
	service=translate nth=3 do=html
	service=translate nth=4 do=garbage
	service=translate nth=5 do=reset
EOR
stand_in now
answers '"ThrottlingException".* 400$'
grep -qi '^retry-after: 7' "$tmp/headers" || fail "no Retry-After"
answers '"ConflictException","Message":"in use".* 409$'
answers '<h1>502 Proxy Error</h1>.*'
grep -qi '^content-type: text/html' "$tmp/headers" || fail "no page"
answers 'this is no answer 200'
answers 'curl'
answers '\[es\] a.* 200$'
[ "$(grep -c ' fault: ' "$tmp/now.log")" -eq 5 ] || fail "not five were told"

# A clock that is wrong shows, and is what signatures are looked at by.
switch faults <<-EOR
	do=wrong-clock seconds=3600
EOR
answers 'Signature expired.* 403$'
answers '\[es\] a.* 200$'
# A bad file leaves the rules there were, with their counts.
switch faults <<-EOR
	do=refuse name=ServiceUnavailableException times=2
EOR
answers '"ServiceUnavailableException".* 503$'
switch faults-refused <<-EOR
	do=refuse status=99
EOR
grep -q 'now.faults:1: status=99: a number from 200' "$tmp/now.log" ||
	fail "the bad line was not told"
answers '"ServiceUnavailableException".* 503$'
answers ' 200$'
# From here on nothing goes wrong.
switch faults </dev/null
jq -e 'select(.state=="faults").rules' "$tmp/now.ready" | tail -n 1 | grep -qx 0 ||
	fail "there are rules left"
answers ' 200$'
stop_stand_in now

# Without --faults the signal ends it.
"$BIN/localaws" --dir "$tmp/la" >"$tmp/plain" 2>"$tmp/plain.log" &
plain=$!
wait_for 120 grep -qs '"ready"' "$tmp/plain"
kill -HUP "$plain"
wait "$plain" || fail "status $? at SIGHUP"
