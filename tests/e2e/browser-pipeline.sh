#!/bin/sh
# Chromium on the page while a recording runs through capture, transcribe,
# translate, synth and broadcast against localaws: captions grow and samples of
# a voice play.  Screenshots: tests/out/.
set -eu

# shellcheck source=tests/browser/need.sh
. tests/browser/need.sh

CLIPS=/usr/share/pocketsphinx/test/data/librivox
export CLIPS
[ -d "$CLIPS" ] || skip "pocketsphinx-testdata is not installed"
command -v apertium >/dev/null || skip "apertium is not installed"

timeout 600 node tests/browser/pipeline.mjs >"$log" 2>&1 || fail
