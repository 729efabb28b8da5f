#!/bin/sh
# translate --check: what is used, one call that is tried, and what is missing:
# keys, a server, the right secret, a glossary; as lines and as JSON.
# shellcheck disable=SC1091,SC2119,SC2154
set -eu
. tests/e2e/translate.inc

printf '[a]\n* = b\n' >"$tmp/names"
serve
: >"$tmp/log"
check() {
	want=$1
	shift
	got=0
	"$BIN/translate" --check "$@" </dev/null >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" -eq "$want" ] || fail "status $got, not $want: $*"
	[ ! -s "$tmp/err" ] || fail "stderr: $*"
}
has() { grep -q -- "$1" "$tmp/out" || fail "not said: $1"; }

check 0 -t en,fr,de --glossary "$tmp/names" --max-usd 5
has '^endpoint  *http://127.0.0.1:'
has '^translation  *Hello. (en) to \[fr\] Hello. (fr)$'
has "^glossary  *'$tmp/names', 1 terms"
has '^price  *15.00 USD for a million characters, by the built-in table'
has '^limit  *5.00 USD'
has '^result  *ready$'
[ "$(grep -c ' POST / ' "$tmp/log")" -eq 1 ] || fail "not one call"
check 0 --json -s de -t wanted -r main
jq -e '.ok and .status==0 and (.room|startswith("main")) and
	(.translation|startswith("Hello. (de) to [es]"))' "$tmp/out" >"$tmp/jq" ||
	fail "JSON"

printf 'a\n' >"$tmp/names"
check 78 -t fr --glossary "$tmp/names"
has "^problem  *glossary '$tmp/names', line 1"
has '^translation'
has '^result  *not ready (exit status 78)'
AWS_SECRET_ACCESS_KEY=wrong check 77 -t fr
has '^what to do'
env -u AWS_ACCESS_KEY_ID "$BIN/translate" --check --json -t fr >"$tmp/out" && fail "no keys"
jq -e '.ok==false and .status==78 and (.problems|length)==1' "$tmp/out" >"$tmp/jq" ||
	fail "JSON without keys"
AWS_ENDPOINT_URL=http://127.0.0.1:1 AWS_MAX_ATTEMPTS=1 check 75 -t fr
has 'Connection refused'
