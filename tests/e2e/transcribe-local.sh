#!/bin/sh
# transcribe against localaws, over TLS with signatures checked: a person's voice
# read from a FILE and through a pipe gives the same words; a wrong secret, a
# certificate that nobody signed and a language that is not there are refused.
# shellcheck disable=SC2119
set -eu
. tests/e2e/service.inc
clip=/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-0890.wav
[ -e "$clip" ] || {
	echo "no $clip (Debian package pocketsphinx-testdata)"
	exit 77
}
serve_local

"$BIN/transcribe" -l en-US --pace fast "$clip" >"$tmp/out" 2>"$tmp/err" ||
	fail "status $? of a file"
finals "$tmp/out" >"$tmp/file"
[ "$(wc -w <"$tmp/file")" -gt 10 ] || fail 'hardly a word was heard'
"$BIN/capture" -q -f "$clip" --pace fast |
	"$BIN/transcribe" -l en-US --pace fast >"$tmp/out" 2>"$tmp/err" ||
	fail "status $? of a pipe"
finals "$tmp/out" >"$tmp/pipe"
cmp "$tmp/file" "$tmp/pipe" || fail 'a pipe is heard differently'
jq -e -s 'map(select(.type=="transcript" and .final)) |
	all(.captured_at_ms > 0 and .final_at_ms >= .captured_at_ms
	and .end_ms > .start_ms and (.items | length) > 0)' "$tmp/out" >"$tmp/checked" ||
	fail 'a final without its times'

# refused STATUS PATTERN ARG...
refused() {
	want=$1 pattern=$2
	shift 2
	got=0
	"$BIN/transcribe" "$@" "$clip" >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" -eq "$want" ] || fail "status $got, not $want: $*"
	grep -q -- "$pattern" "$tmp/err" || fail "no '$pattern'"
	[ "$(wc -l <"$tmp/err")" -eq 1 ] || fail "not one line on stderr: $*"
}
refused 69 'tlh' -l tlh
bundle=$AWS_CA_BUNDLE
unset AWS_CA_BUNDLE
refused 76 'ertificate' -l en-US
export AWS_CA_BUNDLE="$bundle"
export AWS_SECRET_ACCESS_KEY=wrong
refused 77 'InvalidSignatureException' -l en-US
