#!/bin/sh
# AWS's own JavaScript SDK, unchanged, drives localaws: TranslateText,
# DescribeVoices with paging, SynthesizeSpeech, both bidirectional streams, and
# the refusals (wrong secret, wrong clock, corrupted event signature, missing
# language pair and model).  Needs `npm ci` in tests/interop.
set -eu
: "${BIN:?}"
if ! [ -d tests/interop/node_modules/@aws-sdk/client-polly ]; then
	echo "tests/interop/node_modules is missing: run 'npm ci' in tests/interop"
	exit 77
fi
command -v node >/dev/null || { echo "node is not installed"; exit 77; }
tmp=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || :; wait; rm -rf "$tmp"' EXIT
mkfifo "$tmp/out"
"$BIN/localaws" -v --dir "$tmp/run" >"$tmp/out" 2>"$tmp/err" &
pid=$!
read -r status <"$tmp/out" || { cat "$tmp/err"; exit 1; }
echo "$status" | jq -e '.type == "status" and .state == "ready"' >/dev/null
# shellcheck disable=SC1091
. "$tmp/run/env"
if ! (cd tests/interop && node --test sdk.test.mjs) >"$tmp/tap" 2>&1; then
	cat "$tmp/tap"
	grep -v engine: "$tmp/err" | tail -40
	exit 1
fi
grep -E '^(not )?ok ' "$tmp/tap"
kill -TERM "$pid"
wait "$pid"
pid=
