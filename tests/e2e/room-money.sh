#!/bin/sh
# The room's purse: broadcast adds up est_usd over stages and restarts, also
# those of its own; the limit pauses the room and says so to everybody; resuming
# allows as much again; whoever pauses the room is heard; figures of cost and of
# listeners are in the metrics.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common

room=$BOOTH_RUN/rooms/main
mkfifo "$tmp/in"
exec 3<>"$tmp/in"
start_broadcast() {
	"$BIN/broadcast" -r main --max-usd 2 --title 'Salle des fêtes' \
		--metrics "$tmp/m.prom" --archive "$tmp/a.jsonl" \
		<"$tmp/in" 2>>"$tmp/b.err" 3>&- &
	broadcast=$!
	started $broadcast
}
spent() { # STAGE STATE EST_USD
	printf '{"type":"status","stage":"%s","state":"%s","est_usd":%s}\n' "$1" "$2" "$3" >&3
}
cost_is() {
	"$BIN/operate" -r main --once </dev/null | jq -es --argjson usd "$1" \
		'.[0].rooms[0].est_usd | . - $usd | fabs < 0.0001'
}
metric_is() { # NAME VALUE
	grep -qxF "booth_$1 $2" "$tmp/m.prom"
}

start_broadcast
wait_for "room.json" jq -e '.title == "Salle des fêtes" and .on and .paused == null' "$room/room.json"
"$BIN/listen" -r main -l source </dev/null >"$tmp/l.out" 3>&- &
started $!
wait_for "listener" has "$tmp/l.out" '"live"'
wait_for "listener in the metrics" metric_is 'listeners{room="main",channel="source.text"}' 1

spent transcribe level 0.5
spent transcribe level 1
spent translate degraded 0.25
wait_for "cost" cost_is 1.25
# A restart of a stage, then one of ours: nothing is forgotten, nothing twice.
spent transcribe ready 0
spent transcribe level 0.25
wait_for "cost after a stage's restart" cost_is 1.5
wait_for "spend.json" jq -e '.transcribe | add == 1.25' "$room/spend.json"
kill -9 $broadcast
wait $broadcast 2>/dev/null || true
start_broadcast
spent transcribe level 0.375
wait_for "cost after our restart" cost_is 1.625
[ ! -e "$room/paused" ] || fail "paused below the limit"

# The limit.
spent translate degraded 0.75
wait_for "pause" test -e "$room/paused"
grep -q '^the room has spent 2.1250 of 2.0000 USD' "$room/paused" || fail "reason: $(cat "$room/paused")"
wait_for "paused on the air" any "$tmp/l.out" \
	'.stage == "broadcast" and .state == "paused" and (.detail | test("2.1250 of 2.0000 USD"))'
wait_for "paused in room.json" jq -e '.paused | test("spent 2.1250")' "$room/room.json"
wait_for "paused in the metrics" metric_is 'paused{room="main"}' 1
metric_is 'est_usd_total{room="main",stage="transcribe"}' 1.375 || fail "cost in the metrics"
has "$tmp/b.err" 'paused: the room has spent' || fail "not said on stderr"

# On again, for as much again: SIGUSR1 here, the file below.  That outlives a kill.
kill -USR1 $broadcast
wait_for "resumed on the air" any "$tmp/l.out" '.stage == "broadcast" and .state == "resumed"'
[ ! -e "$room/paused" ] || fail "still paused"
wait_for "what is allowed in spend.json" jq -e '.allowed_usd > 4' "$room/spend.json"
kill -9 $broadcast
wait $broadcast 2>/dev/null || true
start_broadcast
spent translate degraded 1.25
caption es-ES 1 >&3
wait_for "line behind it" test -e "$room/es-ES.text.ring"
[ ! -e "$room/paused" ] || fail "paused before as much again was spent"
spent translate degraded 2.75
wait_for "second pause" test -e "$room/paused"
wait_for "second pause on the air" any "$tmp/l.out" '.detail // "" | test("spent 4.1250 of 4.1250")'
rm "$room/paused"
wait_for "second resume" [ "$(jq -r 'select(.state == "resumed") | 1' "$tmp/l.out" | wc -l)" -ge 1 ]
wait_for "not paused in room.json" jq -e 'has("paused") | not' "$room/room.json"

# Somebody else's pause.
echo 'fire drill' >"$room/paused"
wait_for "their reason" any "$tmp/l.out" '.state == "paused" and .detail == "fire drill"'

# Levels and costs are for operators.
exec 3>&-
wait $broadcast || fail "status $? of broadcast"
wait_for "end" has "$tmp/l.out" '"ended"'
! has "$tmp/l.out" '"level"' || fail "a level on the air"
! has "$tmp/l.out" '"cost"' || fail "a cost on the air"
! has "$tmp/a.jsonl" '"level"' || fail "a level in the archive"
has "$tmp/a.jsonl" '"degraded"' || fail "a status line is missing in the archive"
grows "$tmp/l.out" || fail "order"

# A new talk begins at nothing; a limit must make sense.
rm "$room/paused"
"$BIN/broadcast" -r main </dev/null 2>>"$tmp/b.err"
cost_is 0 || fail "the next talk begins with the last one's cost"
status_is 64 "$BIN/broadcast" -r main --max-usd 0 </dev/null 2>"$tmp/no.err"
has "$tmp/no.err" '--max-usd' || fail "limit not named"
status_is 64 "$BIN/broadcast" -r main --title "$(printf '\377')" </dev/null 2>"$tmp/no.err"
