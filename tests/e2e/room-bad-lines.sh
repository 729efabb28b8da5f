#!/bin/sh
# Input that is not what booth-lines(5) says: no JSON, a line of 1 MiB, a line
# that is too long only with its number, invalid UTF-8, a translation without
# language, audio of an unknown encoding, a path as language.  Each is named
# once on stderr by its line number and dropped; all others arrive; 65.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common

filler() {
	head -c "$1" /dev/zero | tr '\0' x
}

{
	caption es-ES 1
	echo 'this is no JSON'
	printf '{"type":"translation","lang":"es-ES","text":"%s"}\n' "$(filler 1048576)"
	caption es-ES 4
	# 65536 bytes with its newline: the longest line of booth-lines(5), but
	# without the 20 bytes that its number takes.
	printf '{"type":"translation","lang":"es-ES","text":"%s"}\n' "$(filler 65491)"
	printf '{"type":"translation","lang":"es-ES","text":"\377"}\n'
	echo '{"type":"translation","text":"no language"}'
	echo '{"type":"translation","lang":"../../etc","text":"a path"}'
	echo '{"type":"audio","lang":"es-ES","encoding":"mp3","data":""}'
	echo '["an","array"]'
	echo
	printf '{"type":"translation","lang":"es-ES","text":"%s"}\n' "$(filler 65400)"
	caption es-ES 13
	printf '{"type":"translation","lang":"es-ES","text":"cut sho'
} >"$tmp/in"
status_is 65 "$BIN/broadcast" -r main <"$tmp/in" >"$tmp/b.out" 2>"$tmp/b.err"
[ ! -s "$tmp/b.out" ] || fail "something on standard output"
# Five complaints at once, then one a second: the rest is in the sum.
for n in 2 3 5 6 7; do
	[ "$(grep -c "line $n dropped" "$tmp/b.err")" = 1 ] || fail "line $n not named once"
done
has "$tmp/b.err" '9 of 14 lines were dropped' || fail "no sum"

"$BIN/listen" -r main -l es-ES --since 0 --once </dev/null >"$tmp/es.out"
jq -r 'select(.type == "translation") | .id // (.text | length)' "$tmp/es.out" >"$tmp/got"
printf 'u1\nu4\n65400\nu13\n' | cmp - "$tmp/got" || fail "wrong lines arrived"
if [ -e "$BOOTH_RUN/rooms/etc" ] || [ -e "$tmp/etc" ]; then
	fail "a path was followed"
fi

# A room's name that is none, and no name.
status_is 64 "$BIN/broadcast" -r ../x </dev/null 2>"$tmp/name.err"
has "$tmp/name.err" "bad room '../x': a room's name is" || fail "rule not named"
status_is 64 "$BIN/broadcast" </dev/null 2>"$tmp/noname.err"
status_is 64 "$BIN/listen" -r Main -l es-ES </dev/null 2>"$tmp/listen.err"
has "$tmp/listen.err" "a room's name is" || fail "rule not named by listen"

# A number that a recorded line already has is replaced.
printf '%s\n' '{"type":"x","seq":5,"a":1}' '{"\u0073eq":6,"type":"x","a":2}' |
	"$BIN/broadcast" -r replay 2>/dev/null
"$BIN/listen" -r replay -l source --since 0 --once </dev/null >"$tmp/replay.out"
jq -e -s '[.[] | select(.type == "x") | .a, (.seq > 1000)] == [1, true, 2, true]' \
	"$tmp/replay.out" >/dev/null || fail "recorded numbers"
! grep -qE 'seq".*(seq|u0073eq)"' "$tmp/replay.out" || fail "two numbers in a line"
