#!/bin/sh
# Chromium on the speaker's page with a microphone that plays a file, the real
# speak behind websocketd: what is played arrives in the room, byte for byte what
# the page recorded, over a connection that is cut and over a reload; its words
# are recognised by transcribe; pause, language, refusals, markup, no microphone.
# Screenshots: tests/out/.
set -eu

# shellcheck source=tests/browser/need.sh
. tests/browser/need.sh

timeout 600 node tests/browser/speaker.mjs >"$log" 2>&1 || fail
