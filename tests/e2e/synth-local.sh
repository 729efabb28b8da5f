#!/bin/sh
# synth against localaws, over TLS with signatures checked: two languages speak,
# and a wrong secret leaves the captions.
# shellcheck disable=SC2119
set -eu
. tests/e2e/service.inc
. tests/e2e/synth.inc
serve_local
{
	say 1 es-ES
	say 2 it-IT
	say 3 es-ES
} >"$tmp/in"
run 0 --pace fast
voiced es-ES '1 3'
voiced it-IT '2'
for id in 1 2 3; do
	bytes "$id" >"$tmp/pcm"
	# A few syllables: more than a quarter of a second, and not silence.
	[ "$(wc -c <"$tmp/pcm")" -gt 8000 ] || fail "hardly a sound in $id"
	[ "$(od -An -v -t d2 -w2 "$tmp/pcm" | sort -u | wc -l)" -gt 100 ] ||
		fail "no voice in $id"
done
export AWS_SECRET_ACCESS_KEY=wrong
run 77 --pace fast
same captions "$(jq -r 'select(.type=="translation").id' "$tmp/out" | tr '\n' ' ')" '1 2 3 '
grep -q InvalidSignatureException "$tmp/err" || fail 'not told'
