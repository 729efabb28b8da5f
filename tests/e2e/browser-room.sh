#!/bin/sh
# Chromium on the page, websocketd, the real listen and the real broadcast:
# lines fed into a room come out as captions and sound, /api/rooms tells the
# truth about who is on the air, and a broadcaster or a server that is killed
# costs no caption.  Screenshots: tests/out/.
set -eu

# shellcheck source=tests/browser/need.sh
. tests/browser/need.sh

timeout 600 node tests/browser/room.mjs >"$log" 2>&1 || fail
