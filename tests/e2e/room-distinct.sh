#!/bin/sh
# broadcast --distinct: what a room has it does not get twice, neither within a
# run nor after kill -9 and a new start: finals, translations, and audio that was
# voiced to its end, each encoding for itself.  What was cut off in the middle
# comes again, partial transcripts and status lines always do, and without the
# option everything does.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common

voice() { # ID ENCODING N LAST
	printf '{"type":"audio","id":"%s","lang":"es-ES","n":%s,"last":%s,"encoding":"%s","rate_hz":16000,"data":"AAAA"}\n' \
		"$1" "$3" "$4" "$2"
}
final() { # ID
	printf '{"type":"transcript","id":"%s","final":true,"lang":"en-US","text":"said %s"}\n' "$1" "$1"
}
talk() {
	final u1
	caption es-ES 1
	voice u1 pcm_s16le 0 false
	voice u1 opus 0 false
	voice u1 pcm_s16le 1 true
	voice u1 opus 1 true
	final u2
	caption es-ES 2
	voice u2 pcm_s16le 0 false
	voice u2 opus 0 false
}
mkfifo "$tmp/in"
exec 3<>"$tmp/in"
start() { # OPTION...
	"$BIN/broadcast" -r main --archive "$tmp/a.jsonl" "$@" <"$tmp/in" 2>>"$tmp/b.err" 3>&- &
	broadcast=$!
	started $broadcast
}
# count N FILTER: so many lines of the archive.
count() {
	[ "$(jq -c "select($2)" "$tmp/a.jsonl" | wc -l)" -eq "$1" ] ||
		fail "not $1 times: $2: $(jq -c '[.type, .id, .encoding, .n]' "$tmp/a.jsonl")"
}
mark() { # a line that is the last of a step
	printf '{"type":"status","stage":"test","state":"mark","n":%s}\n' "$1" >&3
	wait_for "mark $1" any "$tmp/a.jsonl" ".state==\"mark\" and .n==$1"
}
once() {
	count 2 '.type=="transcript"'
	count 2 '.type=="translation" and .lang=="es-ES"'
	count 2 '.type=="audio" and .id=="u1" and .encoding=="pcm_s16le"'
	count 2 '.type=="audio" and .id=="u1" and .encoding=="opus"'
}
start --distinct
talk >&3
mark 1
once
count 2 '.type=="audio" and .id=="u2"'
talk >&3
mark 2
once
count 4 '.type=="audio" and .id=="u2"'

kill -9 $broadcast
wait $broadcast 2>/dev/null || true
start --distinct
talk >&3
caption it-IT 1 >&3
mark 3
once
count 6 '.type=="audio" and .id=="u2"'
count 1 '.lang=="it-IT"'
"$BIN/listen" -r main -l es-ES --audio opus --since 0 --once </dev/null >"$tmp/l.out"
[ "$(jq -r 'select(.type=="translation").id' "$tmp/l.out" | tr '\n' ' ')" = 'u1 u2 ' ] ||
	fail 'the listener reads something twice'

kill -9 $broadcast
wait $broadcast 2>/dev/null || true
start
talk >&3
mark 4
count 4 '.type=="transcript"'
count 4 '.type=="translation" and .lang=="es-ES"'
