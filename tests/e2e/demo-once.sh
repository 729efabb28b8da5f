#!/bin/bash
# scripts/demo --once as it is typed, with a recording of one's own whose name has
# spaces: captions in every language and audio in every voiced one, nothing said
# on standard error, nothing left behind.  And recordings that cannot be played:
# nothing is started.
set -eu
. tests/e2e/pipeline.inc
for program in websocketd curl; do
	command -v $program >/dev/null || skip "$program is not installed"
done

# In the checkout itself, unless other tools than those of its bin/ are tested.
demo=scripts/demo
[ "$BIN" = "$PWD/bin" ] || demo=$tmp/site/scripts/demo
run() { # STATUS ARG...
	local want=$1 got=0
	shift
	TMPDIR=$tmp/t timeout 400 "$demo" "$@" >"$tmp/out" 2>"$tmp/demo.err" </dev/null || got=$?
	[ $got -eq "$want" ] || fail "status $got, not $want: demo $*: $(cat "$tmp/out")"
	[ -z "$(ls -A "$tmp/t")" ] || fail "files are left: $(ls "$tmp/t")"
}
cp "$clip" "$tmp/my own talk.wav"
run 0 --once "$tmp/my own talk.wav"
[ ! -s "$tmp/demo.err" ] || fail 'it complains'
grep -q '^demo: open http://127.0.0.1:[0-9]*/?room=demo ' "$tmp/out" || fail 'no page'
for tag in es-ES ca-ES fr-FR it-IT pt-BR eo; do
	grep -q "^demo: *[1-9][0-9]* captions in $tag\$" "$tmp/out" || fail "no captions in $tag"
	[ $tag = eo ] || grep -q "^demo: *[1-9][0-9]* audio lines in $tag\$" "$tmp/out" || fail "no voice in $tag"
done
grep -q '^demo: *no voice speaks eo: captions only$' "$tmp/out" || fail 'eo is not accounted for'
tail -n 1 "$tmp/out" | grep -q '^demo: captions and voices reached every listener$' || fail 'no last word'

# Nothing to hear in it: no captions, and so it is told.
head -c 64000 /dev/zero | sox -t raw -r 16000 -e signed -b 16 -c 1 - "$tmp/silence.wav"
run 1 --once "$tmp/silence.wav"
one_line "$tmp/demo.err" '^demo: something did not reach the listeners$'

refused() { # STATUS PATTERN ARG...
	run "$1" "${@:3}"
	grep -q -e "$2" "$tmp/demo.err" || fail "no '$2'"
	! grep -q '^demo: open' "$tmp/out" || fail 'it was started'
}
refused 66 "^demo: cannot read '$tmp/none.wav'\$" "$tmp/none.wav"
{ printf '\377\373\220\000'; seq 5000; } >"$tmp/broken.mp3"
refused 65 "broken.mp3' looks like MP3, but neither libsndfile nor ffmpeg can read it" "$tmp/broken.mp3"
refused 66 "^capture: .*'$tmp/t'" "$clip" "$tmp/t"
refused 64 "unknown option '--twice'" --twice
