#!/bin/sh
# Chromium on the operator's page, with the real operate, interject, translate
# and broadcast: level, stages, listeners and cost are shown; a line is said and
# taken back on a listener's page; pause and resume; a killed stage, a silent
# one, rooms that come and go, a lost connection, a wrong token.
# Screenshots: tests/out/.
set -eu

# shellcheck source=tests/browser/need.sh
. tests/browser/need.sh

timeout 600 node tests/browser/operator.mjs >"$log" 2>&1 || fail
