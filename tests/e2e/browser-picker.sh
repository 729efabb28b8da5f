#!/bin/sh
# Rooms and languages in Chromium: only what is on, in their own names; settings
# that are remembered; tokens; page languages; sizes from 320 px; a room that is
# on is a real broadcast, `listen` is a stand-in.  Screenshots: tests/out/.
set -eu

# shellcheck source=tests/browser/need.sh
. tests/browser/need.sh

timeout 600 node tests/browser/picker.mjs >"$log" 2>&1 || fail
