#!/bin/sh
# translate against a service that throttles, fails, resets, and answers
# nonsense: what passes is retried and not seen, the rest goes out as source text
# with `error`, is told once, and the language recovers by itself.
# shellcheck disable=SC1091,SC2119,SC2154
set -eu
. tests/e2e/translate.inc

serve
{
	final u1 'A @throttle=1'
	final u2 'B @fail=2'
	final u3 'C @reset=1'
} >"$tmp/in"
run 0 -t fr
expect 'select(.type=="translation").error' 'null null null'
expect 'select(.state=="ended") | [.calls,.retries,.errors]' '[3,4,0]'
[ ! -s "$tmp/err" ] || fail "retries were told at the default level"

# One word after another: the next goes out when the one before is back.
fifo() {
	rm -f "$tmp/fifo"
	mkfifo "$tmp/fifo"
	: >"$tmp/out"
	: >"$tmp/err"
	"$BIN/translate" "$@" <"$tmp/fifo" >"$tmp/out" 2>"$tmp/err" &
	translate=$!
	pids="$pids $translate"
	exec 3>"$tmp/fifo"
}
has() { [ "$(grep -c "$1" "$tmp/out")" -ge "${2:-1}" ]; }
say() {
	final "$1" "$2" >&3
	wait_for 120 has "\"translation\",\"id\":\"$1\""
}
leave() {
	exec 3>&-
	got=0
	wait "$translate" || got=$?
	[ "$got" -eq "$1" ] || fail "status $got, not $1"
}

fifo -t fr
say u1 'good'
say u2 '@fail=99 bad'
say u3 '@fail=99 bad too'
say u4 'good again'
say u5 '@html'
say u6 '@garbage'
say u7 '@empty'
say u8 '@huge'
say u9 'good at last'
leave 0
expect 'select(.type=="translation") | [.id,(.error != null),.text==.source_text]' \
	'["u1",false,false] ["u2",true,true] ["u3",true,true] ["u4",false,false] ["u5",true,true] ["u6",true,true] ["u7",true,true] ["u8",true,true] ["u9",false,false]'
expect 'select(.type=="status" and .lang=="fr-FR").state' \
	'"degraded" "recovered" "degraded" "degraded" "degraded" "recovered"'
expect 'select(.type=="translation" and .id=="u5").error|sub("[0-9]+\\)$";"N)")' \
	'"HTTP 502: 502 Bad Gateway proxy says no (request req-N)"'
said 'InternalServerException: try again'
said 'HTTP 502: 502 Bad Gateway proxy says no'
said 'answer of Translate is not JSON'
said 'is longer than 1048576 bytes'
said 'translating again' 2

# A pair that Translate does not have: told once, not asked for again; the other
# language goes on.
fifo -t fr,de
say u1 'x @pair/fr'
say u2 'y @pair/fr'
wait_for 120 has '"translation","id":"u2"' 2
leave 69
said 'UnsupportedLanguagePairException'
expect 'select(.type=="translation" and .lang=="de-DE").error' 'null null'
expect 'select(.type=="translation" and .lang=="fr-FR").error|sub("[0-9]+\\)$";"N)")' \
	'"UnsupportedLanguagePairException: Unsupported language pair (HTTP 400, request req-N)" "UnsupportedLanguagePairException: Unsupported language pair (HTTP 400, request req-N)"'
expect 'select(.state=="ended").languages["fr-FR"] | [.calls,.errors]' '[1,2]'

# Detection that is not sure of itself is taken at its word.
printf '{"type":"transcript","id":"u1","final":true,"text":"Ciao @unsure"}\n' >"$tmp/in"
run 0 -t fr
expect 'select(.type=="translation") | [.from,.text,.error]' '["it-IT","[fr] Ciao @unsure",null]'

# Where that is the target's language, there is nothing to translate.
printf '{"type":"transcript","id":"u1","final":true,"text":"Ciao @unsure"}\n' >"$tmp/in"
run 0 -t it,fr
expect 'select(.type=="translation" and .lang=="it-IT") | [.from,.text,.error]' \
	'["it-IT","Ciao @unsure",null]'
expect 'select(.state=="ended").languages["it-IT"].calls' 1

# What one text was taken for says nothing about the next.
{
	final u1 'One @pair'
	final u2 'Two'
} >"$tmp/in"
run 0 -t fr -s auto
expect 'select(.type=="translation") | [.id,.text,(.error != null)]' \
	'["u1","One @pair",true] ["u2","[fr] Two",false]'

# A service that takes less than 10000 bytes: in smaller pieces, and so from
# then on.
text=$(for i in $(seq 1 150); do printf 'Sentence number %d of this text. ' "$i"; done)
{
	final u1 "@limit=4000 $text"
	final u2 "Short."
} >"$tmp/in"
final u3 "@limit=4000 $text" >"$tmp/more"
fifo -t fr
cat "$tmp/in" >&3
wait_for 120 has '"translation","id":"u2"'
cat "$tmp/more" >&3
leave 0
for id in u1 u3; do
	[ "$(jq -r "select(.type==\"translation\" and .id==\"$id\").text" "$tmp/out" |
		sed 's/\[fr\] //g')" = "@limit=4000 $text" ] || fail "$id is not what was said"
done
expect 'select(.type=="translation").error' 'null null null'
expect 'select(.state=="ended").calls' 8
[ ! -s "$tmp/err" ] || fail "smaller pieces were told at the default level"

# Credentials that expired and that nobody renews.
final u1 '@expired=9' >"$tmp/in"
run 77 -t fr
said 'have expired: set new ones and start again'
