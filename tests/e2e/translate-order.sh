#!/bin/sh
# translate: every line passes in place and as it came; each language keeps the
# order in which it was spoken, and none waits for another: French is held back
# until all German is out.
# shellcheck disable=SC1091,SC2119,SC2154
set -eu
. tests/e2e/translate.inc

serve
{
	printf '{ "type":"transcript" , "id":"u1","final":false,"lang":"en-US","text":"One" }\n'
	final u1 'One @hold/fr=8'
	printf '{"type":"odd","big":1234567890123456789,"x":1.50}\n'
	final u2 'Two'
	final u3 'Three @hold/fr=7' ',"late":true'
	final u4 'Four'
} >"$tmp/in"
mkfifo "$tmp/fifo"
"$BIN/translate" -t fr,de-DE <"$tmp/fifo" >"$tmp/out" 2>"$tmp/err" &
translate=$!
pids="$pids $translate"
exec 3>"$tmp/fifo"
cat "$tmp/in" >&3
german() { [ "$(grep -c '"translation".*"lang":"de-DE"' "$tmp/out")" -eq 4 ]; }
wait_for 120 german
if grep -q '"translation".*"lang":"fr-FR"' "$tmp/out"; then
	fail "French was not held back"
fi
# Two more answers, to somebody else, free the French ones: three before one.
final u9 'free' | "$BIN/translate" -q -t it,pt >"$tmp/other"
exec 3>&-
got=0
wait "$translate" || got=$?
[ "$got" -eq 0 ] || fail "status $got, not 0"

grep -v -e '"translation"' -e '"status"' "$tmp/out" >"$tmp/passed"
cmp "$tmp/in" "$tmp/passed" || fail "lines were changed on their way"
expect 'select(.type=="translation" and .lang=="fr-FR").id' '"u1" "u2" "u3" "u4"'
expect 'select(.type=="translation" and .lang=="de-DE").id' '"u1" "u2" "u3" "u4"'
expect 'select(.type=="translation" and .late).id' '"u3" "u3"'
expect 'select(.type=="translation" and .lang=="de-DE" and .id=="u2") | del(.translated_at_ms)' \
	'{"type":"translation","id":"u2","lang":"de-DE","from":"en-US","text":"[de] Two","source_text":"Two","error":null,"captured_at_ms":1000.5,"final_at_ms":2000}'
expect 'select(.type=="translation") | (.translated_at_ms > 1.6e12)' \
	'true true true true true true true true'
expect 'select(.state=="ready").languages' '["fr-FR","de-DE"]'
expect 'select(.state=="ended") | [.utterances,.calls,.errors,.languages["de-DE"].chars]' '[8,8,0,37]'
[ ! -s "$tmp/err" ] || fail "something was said on stderr"
