#!/bin/sh
# Files of captions(1) in Chromium's own <track>: it sees what W3C's parser
# sees, in five scripts, and no markup.
set -eu

# shellcheck source=tests/browser/need.sh
. tests/browser/need.sh
# shellcheck source=tests/e2e/captions.inc
. tests/e2e/captions.inc
[ -d tests/interop/node_modules/webvtt-parser ] ||
	skip "no webvtt-parser: run npm ci --prefix tests/interop"

archive "$tmp/day.jsonl"
"$BIN/captions" -q -l all -o "$tmp" --talk 1 "$tmp/day.jsonl"
n=0
for file in "$tmp"/*.vtt; do
	timeout 600 node tests/browser/captions.mjs "$file" >"$tmp/chromium" 2>"$log" || fail
	(cd tests/interop && node webvtt.mjs "$file") >"$tmp/w3c"
	diff "$tmp/w3c" "$tmp/chromium" >"$log" || fail
	n=$((n + 1))
done
[ "$n" -eq 5 ] || { echo "$n files" >"$log"; fail; }
