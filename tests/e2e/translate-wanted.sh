#!/bin/sh
# translate -t wanted: calls are made for a language only while somebody listens
# to it, counted at the server.  Nobody there: none, and the transcript passes.
# Who comes gets the sentence that is being spoken; a phone that reloads keeps its
# language; the last one's leaving ends it; --languages bounds what can be had.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common

unset AWS_PROFILE AWS_DEFAULT_REGION AWS_CA_BUNDLE AWS_SESSION_TOKEN \
	AWS_MAX_ATTEMPTS http_proxy https_proxy HTTPS_PROXY ALL_PROXY all_proxy
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
export AWS_EC2_METADATA_DISABLED=true AWS_REGION=eu-west-1
export AWS_ACCESS_KEY_ID=AKIDTEST AWS_SECRET_ACCESS_KEY=secret
"$B/fake/translate_server" --ready "$tmp/port" --log "$tmp/log" &
started $!
wait_for "service" test -s "$tmp/port"
AWS_ENDPOINT_URL=http://127.0.0.1:$(cat "$tmp/port")
export AWS_ENDPOINT_URL

# calls TARGET N: that many texts were sent for it so far.
calls() {
	n=$(grep -c " POST / $1 " "$tmp/log" || true)
	[ "$n" -eq "$2" ] || fail "$n calls for '$1', not $2"
}
# say ID: a final transcript.
say() {
	printf '{"type":"transcript","id":"%s","final":true,"lang":"en-US","text":"Sentence %s"}\n' \
		"$1" "$1" >&3
}
said() { any "$tmp/t.out" ".type==\"transcript\" and .id==\"$1\""; }
state() { any "$tmp/t.out" ".state==\"$1\" and .lang==\"$2\""; }
wants() { [ "$("$B/fake/room_want" main "$1")" = "$2" ]; }
# come NAME LANG FORMAT: a listener, which holds its channel when this returns.
come() {
	"$BIN/listen" -r main -l "$2" --audio "$3" </dev/null >"$tmp/$1.out" 2>"$tmp/$1.err" 3>&- &
	who=$!
	started $who
	[ "$3" != none ] || set -- "$1" "$2" text
	wait_for "listener of $2" wants "$2" "$3"
}
leave() {
	kill -9 "$1"
	wait "$1" 2>/dev/null || true
}
got() { any "$tmp/$1.out" ".type==\"translation\" and .id==\"$2\" and .error==null"; }
# talk OPTION...: the end of a room's pipeline.
talk() {
	rm -f "$tmp/in" "$tmp/t.pipe" "$tmp/t.out"
	mkfifo "$tmp/in" "$tmp/t.pipe"
	: >"$tmp/t.out"
	tee -a "$tmp/t.out" <"$tmp/t.pipe" | "$BIN/broadcast" -r main 2>"$tmp/b.err" &
	started $!
	"$BIN/translate" -t wanted -r main "$@" <"$tmp/in" >"$tmp/t.pipe" 2>"$tmp/t.err" &
	translate=$!
	started $translate
	exec 3>"$tmp/in"
	wait_for "ready" any "$tmp/t.out" '.state=="ready"'
	wait_for "room" test -e "$BOOTH_RUN/rooms/main/room.json"
}

talk --linger-ms 600000 --languages fr,es,it-IT
any "$tmp/t.out" '.languages==["es-ES","fr-FR","it-IT"] and .on_demand' ||
	fail "languages are not announced"
wait_for "languages in room.json" jq -e '.targets==["es-ES","fr-FR","it-IT"]' \
	"$BOOTH_RUN/rooms/main/room.json"
[ ! -e "$BOOTH_RUN/rooms/main/es-ES.text.ring" ] || fail "a channel for nobody"
say u1
wait_for "transcript" said u1

# Nobody translated Spanish yet: the listener joins all the same, and the next
# final is for it, without waiting for anything but its lock.
come a es-ES none
a=$who
say u2
wait_for "caption of u2" got a u2
calls es 1
any "$tmp/t.out" '.state=="wanted" and .lang=="es-ES"' || fail "no wanted line"
if any "$tmp/a.out" '.id=="u1" and .type=="translation"'; then
	fail "what was said to nobody was translated"
fi
# Audio in French, and German, which cannot be had.
come b fr-FR pcm
b=$who
come c de-DE none
c=$who
say u3
wait_for "caption of u3" got b u3
wait_for "caption of u3" got a u3
calls fr 1
calls es 2
# A phone reloads: its language goes on meanwhile.
leave "$a"
say u4
wait_for "caption of u4" any "$tmp/t.out" '.id=="u4" and .lang=="es-ES"'
come a2 es-ES none
say u5
wait_for "caption of u5" got a2 u5
calls es 4
if any "$tmp/t.out" '.state=="unwanted"'; then
	fail "a language stopped in between"
fi
exec 3>&-
wait $translate || fail "translate: status $?"
calls de 0
calls it 0
any "$tmp/t.out" '.state=="ended" and .languages["es-ES"].calls==4 and
	(.languages|keys)==["es-ES","fr-FR"]' || fail "ended: $(tail -n 1 "$tmp/t.out")"

# Without waiting: who left is gone at the next look, and nothing is spent.
a2=$who
talk --linger-ms 0
any "$tmp/t.out" '.state=="ready" and (.languages|length)>70 and
	(.languages|index("es-ES")) and (.languages|index("es-US")|not)' ||
	fail "not all that Translate has is announced"
wait_for "wanted" state wanted es-ES
leave "$a2"
wait_for "unwanted" state unwanted es-ES
# The listeners of before: French, German.
wait_for "wanted" state wanted de-DE
say u6
wait_for "caption of u6" got b u6
wait_for "caption of u6" got c u6
calls es 4
leave "$b"
leave "$c"
wait_for "unwanted" state unwanted fr-FR
wait_for "unwanted" state unwanted de-DE
all=$(grep -c ' POST / ' "$tmp/log")
say u7
say u8
printf '{"type":"retraction","id":"u7"}\n' >&3
say u9
wait_for "transcript" said u9
[ "$(grep -c ' POST / ' "$tmp/log")" -eq "$all" ] || fail "calls for nobody"
if any "$tmp/t.out" '.type=="translation" and .id=="u7"'; then
	fail "a translation for nobody"
fi
# Somebody comes back within the minute: what was said meanwhile is translated
# after all, in its order, but for what was taken back; French stays off.
come d es-ES none
wait_for "captions of what was missed" got d u9
say u10
wait_for "caption of u10" got d u10
[ "$(jq -r 'select(.type=="translation" and .lang=="es-ES").id' "$tmp/t.out" | tr '\n' ' ')" = 'u6 u8 u9 u10 ' ] ||
	fail "what was missed: $(cat "$tmp/d.out")"
calls es 8
leave "$who"
wait_for "unwanted" sh -c "[ \"\$(grep -c unwanted '$tmp/t.out')\" -eq 4 ]"
exec 3>&-
wait $translate || fail "translate: status $?"
[ "$(grep -c ' POST / ' "$tmp/log")" -eq $((all + 4)) ] || fail "calls for those who are not back"

"$BIN/translate" -t wanted </dev/null >/dev/null 2>"$tmp/x.err" && fail "-t wanted without -r"
has "$tmp/x.err" "needs -r ROOM" || fail "not said what is missing"
