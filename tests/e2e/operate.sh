#!/bin/bash
# operate sees what goes on in every room: rooms that come and go, levels, lag,
# stages that say how they are, fall silent or are killed, errors, finals,
# listeners, cost; its commands do what they say or say why not, and are logged
# without the text.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common

rooms=$BOOTH_RUN/rooms
once() { # FILTER: true of what operate prints now
	"$BIN/operate" --once </dev/null | jq -es "length == 1 and (.[0] | $1)"
}
line() { # KEYS: a line of the talk
	printf '{%s}\n' "$1" >&3
}
now() {
	date +%s%3N
}

# No rooms, no run directory.
once '.type == "rooms" and .rooms == [] and .at_ms > 1e12' >/dev/null || fail "nothing there"

# A pipeline of interject and broadcast: three rooms, one of them never opened.
start_room() { # NAME FIFO BROADCAST-OPTION...
	local name=$1 in=$2
	shift 2
	mkfifo "$tmp/$name.mid"
	"$BIN/interject" -r "$name" <"$in" >"$tmp/$name.mid" 2>>"$tmp/$name.i.err" 3>&- 4>&- 5>&- &
	started $!
	interject=$!
	"$BIN/broadcast" -r "$name" "$@" <"$tmp/$name.mid" 2>>"$tmp/$name.b.err" 3>&- 4>&- 5>&- &
	started $!
	broadcast=$!
}
mkfifo "$tmp/in" "$tmp/in2" "$tmp/cmd"
exec 3<>"$tmp/in" 4<>"$tmp/in2" 5<>"$tmp/cmd"
start_room main "$tmp/in" --title 'Großer Saal' --max-usd 9
start_room other "$tmp/in2"
wait_for "both rooms" once '[.rooms[] | select(.live and .can_say) | .room] == ["main","other"]'
once '.rooms[0] | .title == "Großer Saal" and .max_usd == 9 and .paused == null and .source == null
	and .listeners == {} and .last == [] and .level_db == null and .est_usd == 0' >/dev/null || fail "an empty room"

# It goes on by itself, and takes commands.
"$BIN/operate" <"$tmp/cmd" >"$tmp/o.out" 2>"$tmp/o.err" 3>&- 4>&- 5>&- &
operate=$!
started $operate
wait_for "ready" has "$tmp/o.out" '"ready"'
sees() { # WHAT FILTER: the newest rooms line
	wait_for "$1" newest "$2"
}
newest() {
	grep '"rooms"' "$tmp/o.out" | tail -n 1 | jq -e "$1"
}

# What stages say.
line '"type":"status","stage":"transcribe","state":"ready","lang":"it-IT","at_ms":5'
line "\"type\":\"status\",\"stage\":\"transcribe\",\"state\":\"level\",\"level_db\":-23.5,\"peak_db\":-3,\"lag_ms\":120,\"audio_s\":7.5,\"est_usd\":0.5"
line '"type":"status","stage":"translate","state":"ready","languages":["es-ES","de-DE"]'
line '"type":"status","stage":"translate","state":"degraded","lang":"de-DE","detail":"ThrottlingException"'
line '"type":"status","stage":"translate","state":"wanted","lang":"es-ES"'
sees "level, cost and stages" '.rooms[0] | .level_db == -23.5 and .peak_db == -3 and .level_at_ms > 1e12
	and .est_usd == 0.5 and .source == "it-IT" and .targets == ["de-DE","es-ES"]
	and any(.stages[]; .stage == "transcribe" and .state == "ready" and .at_ms == 5 and .audio_s == 7.5 and .est_usd == 0.5)
	and any(.stages[]; .stage == "translate" and .lang == null and .state == "ready")
	and any(.stages[]; .stage == "translate" and .lang == "de-DE" and .state == "degraded" and .detail == "ThrottlingException")
	and any(.stages[]; .stage == "translate" and .lang == "es-ES" and .wanted)
	and any(.stages[]; .stage == "interject" and .state == "ready")
	and (.errors | map([.stage, .state, .lang, .detail]) == [["translate","degraded","de-DE","ThrottlingException"]])'
line "\"type\":\"transcript\",\"id\":\"u1\",\"final\":false,\"lang\":\"it-IT\",\"text\":\"Buon\""
line "\"type\":\"transcript\",\"id\":\"u1\",\"final\":true,\"lang\":\"it-IT\",\"text\":\"Buongiorno.\",\"captured_at_ms\":$(($(now) - 800))"
sees "the final and its lag" '.rooms[0] | (.last | map([.id, .lang, .text]) == [["u1","it-IT","Buongiorno."]]) and .lag_ms >= 800 and .lag_ms < 60000'
sees "the recovery" '.rooms[0].stages | length > 0'
line '"type":"status","stage":"translate","state":"recovered","lang":"de-DE"'
sees "the recovery" '.rooms[0] | any(.stages[]; .lang == "de-DE" and .state == "recovered") and (.errors | length) == 1'
# transcribe said its level once, and no more.
sees "silence" '.rooms[0] | .level_db == null and any(.stages[]; .stage == "transcribe" and .state == "silent" and (.detail | startswith("no level for")))'

# Commands.
order() { # N KEYS
	printf '{"type":"command","n":%s,%s}\n' "$1" "$2" >&5
}
answer() { # N FILTER
	wait_for "answer $1" any "$tmp/o.out" ".n == $1"
	any "$tmp/o.out" ".n == $1 and ($2)" || fail "answer $1: $(grep "\"n\":$1" "$tmp/o.out")"
}
order 1 '"do":"pause","room":"main","text":"pausa caffè"'
answer 1 '.type == "done"'
[ "$(cat "$rooms/main/paused")" = 'pausa caffè' ] || fail "not paused"
sees "the pause" '.rooms | map(.paused) == ["pausa caffè", null]'
order 2 '"do":"resume","room":"main"'
answer 2 '.type == "done"'
[ ! -e "$rooms/main/paused" ] || fail "not resumed"
order 3 '"do":"say","room":"main","text":"Segreto \"detto\"\nqui","lang":"en-US"'
answer 3 '.type == "done" and (.id | test("^say-[0-9a-f]{16}$"))'
sees "what was said" '.rooms[0].last | any(.text == "Segreto \"detto\" qui" and .lang == "en-US" and .said_by == "operator" and (.id | startswith("say-")))'
order 4 '"do":"say","room":"main","text":"nella lingua di chi parla"'
answer 4 '.type == "done"'
sees "its language" '.rooms[0].last | any(.text == "nella lingua di chi parla" and .lang == "it-IT")'
order 5 '"do":"retract","room":"main","id":"u1"'
answer 5 '.type == "done"'
sees "the retraction" '.rooms[0].last | (length == 2) and all(.id != "u1")'
[ "$(jq -r 'select(.n == 3) | .id' "$tmp/o.out")" = "$("$BIN/listen" -r main -l source --once </dev/null |
	jq -r 'select(.lang == "en-US") | .id')" ] || fail "the id of a typed line"

# What cannot be done is told, and nothing else happens.
long=$(head -c 5000 /dev/zero | tr '\0' y)
mkdir -p "$rooms/closed"
order 11 '"do":"say","room":"closed","text":"x"'
answer 11 '.type == "failed" and (.detail | test("nobody takes lines"))'
mkfifo "$rooms/closed/say"
order 12 '"do":"say","room":"closed","text":"x"'
answer 12 '.type == "failed" and (.detail | test("nobody takes lines"))'
order 13 '"do":"pause","room":"nowhere"'
answer 13 '.type == "failed" and .detail == "no such room"'
order 14 '"do":"pause","room":"../rooms/main"'
answer 14 '.type == "failed"'
order 15 '"do":"shutdown","room":"main"'
answer 15 '.type == "failed"'
order 16 '"do":"say","room":"main","text":"  "'
answer 16 '.type == "failed"'
order 17 '"do":"say","room":"main","text":7'
answer 17 '.type == "failed"'
order 18 '"do":"retract","room":"main"'
answer 18 '.type == "failed"'
order 19 "\"do\":\"say\",\"room\":\"main\",\"text\":\"$long\""
answer 19 '.type == "failed" and (.detail | test("4096"))'
order 20 "\"do\":\"pause\",\"room\":\"main\",\"text\":\"$long\""
answer 20 '.type == "failed"'
[ ! -e "$rooms/main/paused" ] || fail "paused by a command that failed"
[ ! -e "$rooms/nowhere" ] || fail "a room came to be"
rm "$rooms/closed/say"

# Nonsense, long lines and binary on the way in do not stop it.
{ head -c 20000 /dev/urandom; echo; echo '[1]'; echo '{"type":"command"}'; printf '\n\n'; } >&5
order 21 '"do":"pause","room":"other","text":""'
answer 21 '.type == "done"'
[ "$(cat "$rooms/other/paused")" = 'paused by the operator' ] || fail "a reason by default"

# The log: who and what, not the words.
has "$tmp/o.err" 'command: say, room=main, from=terminal, id=say-' || fail "a command is not logged"
has "$tmp/o.err" 'from=terminal: no such room' || fail "a failure is not logged"
! has "$tmp/o.err" 'Segreto' || fail "the words are in the log"

# A killed room, a room that ended, one that went.
kill -9 $broadcast $interject
wait $broadcast $interject 2>/dev/null || true
sees "the killed room" '.rooms[] | select(.room == "other") | (.live | not) and all(.stages[]; .state == "gone")'
once '.rooms[] | select(.room == "closed") | (.live | not) and (.can_say | not)' >/dev/null || fail "a room that never was"
line '"type":"status","stage":"transcribe","state":"ended"'
exec 3>&-
sees "the end" '.rooms[] | select(.room == "main") | (.live | not) and (.can_say | not) and any(.stages[]; .stage == "broadcast" and .state == "ended")
	and ([.stages[] | select(.state == "gone") | .stage] == ["translate"])'
rm -r "$rooms/other" "$rooms/closed"
sees "the rooms that went" '.rooms | map(.room) == ["main"]'

# Its reader leaves; signals; bad calls; one room.
[ "$("$BIN/operate" -r nowhere --once </dev/null | jq -c .rooms)" = '[]' ] || fail "a room that is not there"
kill -TERM $operate
status=0
wait $operate || status=$?
[ $status = 143 ] || fail "status $status of a stopped one"
"$BIN/operate" </dev/null 2>/dev/null | head -n 1 >/dev/null
status_is 64 "$BIN/operate" -r 'no/room' 2>/dev/null
status_is 64 "$BIN/operate" extra 2>/dev/null
status_is 74 "$BIN/operate" --once </dev/null >/dev/full 2>/dev/null
