#!/bin/sh
# The video page in Chromium: a file from disk beside a room's transcript, with
# captions of its own on it; files that are none.  Screenshots: tests/out/.
set -eu

# shellcheck source=tests/browser/need.sh
. tests/browser/need.sh

timeout 600 node tests/browser/video.mjs >"$log" 2>&1 || fail
