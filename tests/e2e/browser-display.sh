#!/bin/sh
# The display in Chromium: one and two languages, partial words, a join code
# whose token is in no address, and what must hold for days: a server that goes
# and returns, refusals, a bounded page.  Screenshots: tests/out/.
set -eu

# shellcheck source=tests/browser/need.sh
. tests/browser/need.sh

timeout 600 node tests/browser/display.mjs >"$log" 2>&1 || fail
