#!/bin/sh
# The listener's page in Chromium, behind scripts/serve and a real websocketd:
# captions, scrolling, acknowledgements, loss and return of the
# server, refusals, retractions, late captions, saving; markup from a room; the
# modules that need no browser.  `listen` is a stand-in here (browser-room.sh
# has the real one).  Screenshots: tests/out/.
set -eu

# shellcheck source=tests/browser/need.sh
. tests/browser/need.sh

node --test tests/browser/unit/*.test.mjs >"$log" 2>&1 || fail
timeout 600 node tests/browser/page.mjs >"$log" 2>&1 || fail
