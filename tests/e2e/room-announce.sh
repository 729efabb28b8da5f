#!/bin/sh
# A room says what it will have before anybody spoke: the languages that the
# stages announce when they are ready stand in room.json and have their
# channels; what is no language tag makes neither.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common

mkfifo "$tmp/in"
exec 3<>"$tmp/in"
"$BIN/broadcast" -r main <"$tmp/in" >"$tmp/b.out" 2>"$tmp/b.err" 3>&- &
started $!
cat >&3 <<'END'
{"type":"status","stage":"transcribe","state":"ready","lang":"it-IT"}
{"type":"status","stage":"translate","state":"ready","languages":["es-ES","eo","../x",7]}
{"type":"status","stage":"synth","state":"ready","voices":{"es-ES":"Lucia","a/b":"X"}}
{"type":"status","stage":"translate","state":"ended","languages":{"de-DE":{}}}
END
about="$BOOTH_RUN/rooms/main/room.json"
announced() {
	jq -e '.on and .source=="it-IT" and .targets==["eo","es-ES"]
		and .voiced=={"es-ES":["pcm"]}
		and .names=={"it-IT":"italiano","eo":"Esperanto","es-ES":"español (España)"}
		' "$about"
}
wait_for "announcement in room.json" announced
[ -e "$BOOTH_RUN/rooms/main/eo.text.ring" ] || fail "eo has no channel"
[ "$(find "$BOOTH_RUN" -name '*.ring' | wc -l)" -eq 7 ] ||
	fail "channels of what is no language: $(find "$BOOTH_RUN" -name '*.ring')"

# A listener of a language that nobody has spoken yet is connected, not waiting.
"$BIN/listen" -r main -l eo </dev/null >"$tmp/eo.out" 2>"$tmp/eo.err" 3>&- &
started $!
wait_for "connected listener" any "$tmp/eo.out" '.state=="listening"'
