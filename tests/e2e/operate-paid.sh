#!/bin/bash
# An operator, real stages, and what is paid for, counted where it is paid: a
# typed line is on the air translated; a line is taken back everywhere; a pause
# stops the calls at the service and resuming lets them go on; the room's budget
# pauses by itself and says so, and resuming allows as much again; listeners are
# counted while 100 of them come, go and are killed.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common

# The engine notes each call, which is what a service charges for.
cat >"$tmp/mt" <<MT
#!/bin/bash
while IFS= read -r -d '' text; do
	echo "\$2 \$text" >>"$tmp/calls"
	printf '<%s> %s\\0' "\$2" "\$text"
done
MT
chmod +x "$tmp/mt"
: >"$tmp/calls"
unset AWS_PROFILE AWS_CA_BUNDLE AWS_SESSION_TOKEN
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
export AWS_EC2_METADATA_DISABLED=true
"$BIN/localaws" --dir "$tmp/aws" --port 0 --mt "$tmp/mt" >"$tmp/localaws" 2>"$tmp/aws.err" &
started $!
wait_for "localaws" has "$tmp/localaws" '"ready"'
# shellcheck source=/dev/null # written by localaws
. "$tmp/aws/env"

# A cent for a character.
echo 'translate.character 0.01' >"$tmp/prices"
export BOOTH_PRICES=$tmp/prices
room=$BOOTH_RUN/rooms/main
mkfifo "$tmp/in" "$tmp/mid" "$tmp/mid2" "$tmp/cmd"
exec 3<>"$tmp/in" 5<>"$tmp/cmd"
"$BIN/interject" -r main <"$tmp/in" >"$tmp/mid" 2>"$tmp/i.err" 3>&- 5>&- &
started $!
"$BIN/translate" -t es-ES,fr-FR -r main <"$tmp/mid" >"$tmp/mid2" 2>"$tmp/t.err" 3>&- 5>&- &
started $!
"$BIN/broadcast" -r main --max-usd 4 <"$tmp/mid2" 2>"$tmp/b.err" 3>&- 5>&- &
broadcast=$!
started $broadcast
for lang in source es-ES fr-FR; do
	"$BIN/listen" -r main -l $lang </dev/null >"$tmp/$lang.out" 3>&- 5>&- &
	started $!
done
"$BIN/operate" <"$tmp/cmd" >"$tmp/o.out" 2>"$tmp/o.err" 3>&- 5>&- &
started $!
wait_for "translate" has "$tmp/es-ES.out" '"live"'
newest() {
	grep '"rooms"' "$tmp/o.out" | tail -n 1 | jq -e ".rooms[0] | $1"
}
wait_for "stages" newest 'any(.stages[]; .stage == "translate" and .state == "ready") and .can_say and .max_usd == 4'
final() {
	printf '{"type":"transcript","id":"%s","final":true,"lang":"en-US","text":"%s","captured_at_ms":1000,"final_at_ms":2000}\n' "$1" "$2" >&3
}
calls() {
	wc -l <"$tmp/calls"
}
translated() { # LANG ID TEXT
	any "$tmp/$1.out" ".type == \"translation\" and .id == \"$2\" and .error == null and .text == \"$3\""
}
order() { # N KEYS
	printf '{"type":"command","n":%s,"room":"main",%s}\n' "$1" "$2" >&5
	wait_for "answer $1" any "$tmp/o.out" ".n == $1"
	any "$tmp/o.out" ".n == $1 and .type == \"done\"" || fail "answer $1: $(grep "\"n\":$1" "$tmp/o.out")"
}

# Spoken, and typed.
final u1 'Good morning.'
wait_for "a translation" translated es-ES u1 '<es> Good morning.'
order 1 '"do":"say","text":"Lunch is served."'
id=$(jq -r 'select(.n == 1) | .id' "$tmp/o.out")
wait_for "the typed line in Spanish" translated es-ES "$id" '<es> Lunch is served.'
wait_for "the typed line in French" translated fr-FR "$id" '<fr> Lunch is served.'
wait_for "the typed line" any "$tmp/source.out" ".id == \"$id\" and .said_by == \"operator\" and .lang == \"en-US\""
[ "$(calls)" = 4 ] || fail "calls: $(cat "$tmp/calls")"

# Taken back, everywhere.
order 2 "\"do\":\"retract\",\"id\":\"$id\""
for lang in source es-ES fr-FR; do
	wait_for "retraction in $lang" any "$tmp/$lang.out" ".type == \"retraction\" and .id == \"$id\""
	"$BIN/listen" -r main -l $lang --once </dev/null >"$tmp/late"
	has "$tmp/late" '"u1"' || fail "$lang: no context"
	! any "$tmp/late" ".id == \"$id\" and .type != \"retraction\"" || fail "$lang: shown to a late comer"
done
wait_for "retraction at the operator's" newest ".last | length == 1 and all(.id != \"$id\")"

# A pause: nothing is paid for, the talk goes on.
order 3 '"do":"pause","text":"fire drill"'
wait_for "the pause" any "$tmp/es-ES.out" '.stage == "translate" and .state == "paused" and (.detail | test("fire drill"))'
for n in 1 2 3 4 5; do final "p$n" 'While it is paused.'; done
wait_for "the source text" any "$tmp/es-ES.out" '.id == "p5" and .error == "paused" and .text == "While it is paused."'
wait_for "the source text" any "$tmp/fr-FR.out" '.id == "p5" and .error == "paused"'
[ "$(calls)" = 4 ] || fail "paid for while paused: $(cat "$tmp/calls")"
wait_for "paused in the state" newest '.paused == "fire drill"'
order 4 '"do":"resume"'
wait_for "the end of the pause" any "$tmp/es-ES.out" '.stage == "translate" and .state == "resumed"'
final u2 'On again.'
wait_for "a translation after it" translated es-ES u2 '<es> On again.'
wait_for "a translation after it" translated fr-FR u2 '<fr> On again.'
[ "$(calls)" = 6 ] || fail "calls after the pause: $(cat "$tmp/calls")"

# The budget: 76 characters were 0.76; 4.00 are reached in time.
n=0
until [ -e "$room/paused" ]; do
	n=$((n + 1))
	[ $n -lt 300 ] || fail "the budget is never reached"
	final "b$n" 'Forty characters, all of which we count.'
	wait_for "answer to b$n" any "$tmp/fr-FR.out" ".id == \"b$n\""
	sleep 0.2
done
wait_for "the reason" any "$tmp/es-ES.out" '.stage == "broadcast" and .state == "paused" and (.detail | test("the room has spent [0-9.]+ of 4.0000 USD"))'
wait_for "it at the operator's" newest '(.paused | test("the room has spent")) and .est_usd >= 4 and .max_usd == 4'
wait_for "translate heard it" any "$tmp/es-ES.out" '.stage == "translate" and .state == "paused" and (.detail | test("the room has spent"))'
before=$(calls)
final after 'Too late.'
wait_for "the source text" any "$tmp/es-ES.out" '.id == "after" and .error == "paused"'
[ "$(calls)" = "$before" ] || fail "paid for above the budget"
order 5 '"do":"resume"'
wait_for "on again" [ ! -e "$room/paused" ]
wait_for "translate is on again" sh -c "[ \"\$(grep -c '\"stage\":\"translate\",\"state\":\"resumed\"' '$tmp/es-ES.out')\" = 2 ]"
final u3 'As much again.'
wait_for "a translation after the budget" translated es-ES u3 '<es> As much again.'

# 100 listeners come; half are killed; the others leave.
listeners=
n=0
while [ $n -lt 100 ]; do
	n=$((n + 1))
	case $((n % 4)) in
	0) "$BIN/listen" -r main -l fr-FR </dev/null >/dev/null 2>&1 3>&- 5>&- & ;;
	1) "$BIN/listen" -r main -l es-ES --audio opus </dev/null >/dev/null 2>&1 3>&- 5>&- & ;;
	*) "$BIN/listen" -r main -l es-ES --audio pcm </dev/null >/dev/null 2>&1 3>&- 5>&- & ;;
	esac
	started $!
	listeners="$listeners $!"
	disown # its end is no news of the shell's
done
# With the three that were there.
wait_for "100 more" newest '.listeners == {"es-ES":{"text":1,"pcm":50,"opus":25},"fr-FR":{"text":26},"source":{"text":1}}'
n=0
for pid in $listeners; do
	n=$((n + 1))
	[ $((n % 2)) = 0 ] || kill -9 "$pid"
done
wait_for "the killed ones vanish" newest '.listeners == {"es-ES":{"text":1,"pcm":25},"fr-FR":{"text":26},"source":{"text":1}}'
n=0
for pid in $listeners; do
	n=$((n + 1))
	[ $((n % 2)) = 1 ] || kill "$pid"
done
wait_for "the others, too" newest '.listeners == {"es-ES":{"text":1},"fr-FR":{"text":1},"source":{"text":1}}'

# The talk ends, and all that was paid for is in the last figures.
exec 3>&-
wait $broadcast || fail "status $? of broadcast"
chars=$(sed 's/^[a-z]* //' "$tmp/calls" | tr -d '\n' | wc -m)
wait_for "the last cost" newest ".live == false and (.est_usd - $chars * 0.01 | fabs < 0.000001)"
