#!/bin/sh
# Markup, scripts and control characters in titles, languages, reasons, ids and
# addresses, in Chromium: all of it stays words.
set -eu

# shellcheck source=tests/browser/need.sh
. tests/browser/need.sh

timeout 600 node tests/browser/markup.mjs >"$log" 2>&1 || fail
