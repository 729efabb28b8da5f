#!/bin/sh
# What synth has Polly speak: text that looks like markup stays text, what is no
# text is left out, `say` stands in for the text, and one that is longer than
# the service takes goes in pieces, by stream and by call.
set -eu
. tests/e2e/service.inc
. tests/e2e/synth.inc

line() { # ID LANG TEXT-AS-JSON [MORE]
	printf '{"type":"translation","id":"%s","lang":"%s","text":%s%s}\n' "$1" "$2" "$3" "${4:-}"
}
texts() {
	sed -n 's/^\(speak streams=[0-9]* \|call \)text=//p' "$tmp/$1.log"
}
serve a </dev/null
{
	line 1 es-ES '"<speak>1 &amp; <break time=\"9s\"/></speak>"'
	line 2 fr-FR '"<speak>2 & <2</speak>"'
	line 3 es-ES '"a\u0001 3\u001b[0m\u202e\ud83d\ude00\n"'
	line 4 es-ES '" \u0007\n\t "'
	line 5 es-ES '"NASA 1"' ',"say":"nasa 5"'
	line 6 es-ES '"6"' ',"say":6'
	line 7 es-ES '"half \ud800 of one"'
} >"$tmp/in"
# A lone surrogate is no UTF-8 that a line could carry.
run 65 --pace fast --streams 1
grep -q 'line 7 is not' "$tmp/err" || fail 'not told'
texts a | LC_ALL=C sort >"$tmp/got"
LC_ALL=C sort >"$tmp/want" <<'EOF'
6
<speak>1 &amp; <break time="9s"/></speak>
<speak>2 & <2</speak>
a 3 [0m 😀
nasa 5
EOF
cmp "$tmp/got" "$tmp/want" || fail "spoken: $(cat "$tmp/got")"
! grep -qi ssml "$tmp/a.log" || fail 'sent as markup'
grep -q 'type=text' "$tmp/a.log" || fail 'the call does not say that it is text'
voiced es-ES '1 3 5 6'
voiced fr-FR '2'

# The billed limit is 3000 characters: the same words, in as many pieces.
long=$(seq -s ' ' 8 2000)
line 8 es-ES "\"$long\"" >"$tmp/in"
line 9 fr-FR "\"$long\"" >>"$tmp/in"
serve b </dev/null
run 0 --pace fast
texts b >"$tmp/got"
same 'words by stream' "$(sed -n 's/^speak streams=[0-9]* text=//p' "$tmp/b.log")" "$long"
same 'words by call' "$(sed -n 's/^call text=//p' "$tmp/b.log" | tr -d '\n')" "$long"
awk '/^call text=/ && length > 3010 { exit 1 }' "$tmp/b.log" || fail 'a call too long'
same 'calls' "$(grep -c '^call text' "$tmp/b.log")" 3
# Each call says 300 ms; a piece of a stream, once.
same 'length by call' "$(bytes 9 | wc -c)" 28800
same 'length by stream' "$(bytes 8 | wc -c)" 9600
same 'counted' "$(jq 'select(.state=="ended").chars > 8000' "$tmp/out")" true
