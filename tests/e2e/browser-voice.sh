#!/bin/sh
# The listener's voice in Chromium: asked for by a tap, Opus and PCM, gap-less,
# muted, paused from the lock screen, taken back, late.  `listen` is a stand-in
# here (browser-room.sh has the real one).  Screenshots: tests/out/.
set -eu

# shellcheck source=tests/browser/need.sh
. tests/browser/need.sh

timeout 600 node tests/browser/voice.mjs >"$log" 2>&1 || fail
