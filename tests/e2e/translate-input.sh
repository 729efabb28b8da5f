#!/bin/sh
# translate and input that is not what it should be, its end, and its languages:
# lines that are no JSON, too long, not UTF-8, cut short; finals without text;
# same language; texts over the service's limit.
# shellcheck disable=SC1091,SC2119,SC2154
set -eu
. tests/e2e/translate.inc

serve
{
	final u1 'One'
	echo 'not JSON'
	head -c 1048576 /dev/zero | tr '\0' x
	echo
	printf '{"type":"transcript","id":"bad","final":true,"text":"\377"}\n'
	echo
	echo '[1,2]'
	echo '{"type":"transcript","id":"p","final":false,"text":"partial"}'
	echo '{"type":"transcript","id":"n","final":true}'
	final u2 '  '
	final u3 'Last, without a newline' | tr -d '\n'
} >"$tmp/in"
run 65 -t fr
said 'line 2 of the input: not a JSON object'
said 'line 3 of the input: longer than 65536 bytes, dropped'
said 'line 4 of the input: not a JSON object'
said 'line 6 of the input: not a JSON object'
[ "$(wc -l <"$tmp/err")" -eq 4 ] || fail "not four lines on stderr"
expect 'select(.type=="transcript").id' '"u1" "p" "n" "u2" "u3"'
expect 'select(.type=="translation") | [.id,.text]' \
	'["u1","[fr] One"] ["u2","  "] ["u3","[fr] Last, without a newline"]'

# A last line that is cut short is told, and lost alone.
printf '{"type":"transcript","id":"u1","fin' >"$tmp/in"
run 65 -t fr
said 'line 1 of the input: not a JSON object'

: >"$tmp/in"
run 0 -t fr
expect 'select(.state=="ended") | .utterances' '0'

# The same language costs nothing; -s beats the line; tags are Polly's.
: >"$tmp/log"
final u1 'One' >"$tmp/in"
run 0 -t en-GB,zh-CN -s en
expect 'select(.type=="translation") | [.lang,.text]' '["en-GB","One"] ["cmn-CN","[zh] One"]'
[ "$(grep -c 'POST / en ' "$tmp/log")" -eq 0 ] || fail "English was asked for"
run 0 -t fr -s auto
expect 'select(.type=="translation") | [.from,.text]' '["de-DE","[fr] One"]'
grep -q 'POST / fr auto 200' "$tmp/log" || fail "source was not auto"

# Over 10000 bytes: in pieces, and together again.
text=$(for i in $(seq 1 500); do printf 'Sentence number %d of a long text. ' "$i"; done)
final u1 "$text" >"$tmp/in"
: >"$tmp/log"
run 0 -t fr
expect 'select(.state=="ended") | .calls' '2'
expect 'select(.type=="translation") | .text | [scan("number ([0-9]+) ")[0]|tonumber] | . == [range(1;501)]' 'true'
expect 'select(.type=="translation") | .text | [scan("\\[fr\\] ")] | length' '2'

# So long that the line with both texts would break the format.
text=$(head -c 40000 /dev/zero | tr '\0' y)
final u1 "$text" >"$tmp/in"
run 0 -t fr
awk 'length($0) > 65535 { exit 1 }' "$tmp/out" || fail "a line of more than 64 KiB"
expect 'select(.type=="translation") | [(.text|length),.source_text,.error]' '[40020,"",null]'

# A wrong call.
for args in '' '-t' '-t english,fr' '-t fr,fr' '-t fr,fr-FR' '-t fr -s english' '-t fr --deadline-ms 5' \
	'-t fr --formality rude' '-t fr --profanity keep' '-t fr file' '-t fr --nonsense'; do
	got=0
	# shellcheck disable=SC2086
	"$BIN/translate" $args <"$tmp/in" >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" -eq 64 ] || fail "status $got, not 64: translate $args"
	[ ! -s "$tmp/out" ] || fail "output of a wrong call"
done
"$BIN/translate" --help >"$tmp/out"
grep -q -- '--terminology NAME' "$tmp/out" || fail "no help"
"$BIN/translate" -V >"$tmp/out"
