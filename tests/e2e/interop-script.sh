#!/bin/sh
# localaws --script, seen by AWS's own JavaScript SDK: results at their time of
# audio, finals of what was cut, two channels, any language, and the service's
# 15 seconds of silence.  Needs `npm ci` in tests/interop.
set -eu
: "${BIN:?}"
if ! [ -d tests/interop/node_modules/@aws-sdk/client-transcribe-streaming ]; then
	echo "tests/interop/node_modules is missing: run 'npm ci' in tests/interop"
	exit 77
fi
command -v node >/dev/null || { echo "node is not installed"; exit 77; }
tmp=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || :; wait; rm -rf "$tmp"' EXIT
cat >"$tmp/script" <<'S'
# Two utterances; each also tells its partials.
{"start_ms":500,"end_ms":1500,"text":"Uno due tre."}
{"start_ms":3000,"end_ms":4000,"text":"Quattro cinque."}
S
mkfifo "$tmp/out"
"$BIN/localaws" -v --dir "$tmp/run" --script "$tmp/script" >"$tmp/out" 2>"$tmp/err" &
pid=$!
read -r status <"$tmp/out" || { cat "$tmp/err"; exit 1; }
echo "$status" | jq -e '.state == "ready"' >/dev/null
# shellcheck disable=SC1091
. "$tmp/run/env"
if ! (cd tests/interop && node --test script.test.mjs) >"$tmp/tap" 2>&1; then
	cat "$tmp/tap"
	tail -40 "$tmp/err"
	exit 1
fi
grep -E '^(not )?ok ' "$tmp/tap"
kill -TERM "$pid"
wait "$pid"
pid=
