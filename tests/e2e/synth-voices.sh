#!/bin/sh
# synth with a service that works: lines pass byte for byte and before their
# audio, each language in its order, the audio what was asked for, whatever its
# pieces; voices by engine, by option and where there are none; Polly's quota.
set -eu
. tests/e2e/service.inc
. tests/e2e/synth.inc

serve a <<'END'
speak ok
speak odd
END
{
	printf '{ "type":"translation", "x":[1,{"y":null}], "id":"1","lang":"es-ES","text":"número 1","error":null }\n'
	say 2 it-IT
	printf '{"type":"transcript","id":"3","final":true,"text":"\\u00e9 \\ud83d\\ude00"}\r\n'
	say 4 es-ES
	say 5 it
	say 6 fr-FR
	say 7 es-ES
	say 8 eo
	say 9 it-IT '"error":"no translation"'
	say 10 it-IT '"late":true'
	say 11 es-ES
	say 12 eo
	printf '{"type":"other"}\n{"type":"translation","lang":7,"text":[]}\n'
	say 13 es-ES | tr -d '\n'
} >"$tmp/in"
run 0 --pace fast
{
	cat "$tmp/in"
	echo
} >"$tmp/want"
grep -v -e '"type":"audio"' -e '"type":"status"' "$tmp/out" >"$tmp/passed"
cmp "$tmp/want" "$tmp/passed" || fail 'a line was changed'
voiced es-ES '1 4 7 11 13'
voiced it-IT '2 5'
voiced fr-FR '6'
voiced eo ''
for id in 1 2 4 5 6 7 11 13; do
	sounds "$id" "$id"
done
same 'caption first' "$(jq -r 'select(.type=="audio" or .type=="translation") | .id' \
	"$tmp/out" | awk '!seen[$0]++ && $0 != "null"' | tr '\n' ' ')" \
	'1 2 4 5 6 7 8 9 10 11 12 13 '
same 'captions only' "$(grep -c 'eo: Polly has no voice for it; captions only' "$tmp/err")" 1
same 'its status' "$(jq -r 'select(.state=="captions-only").detail' "$tmp/out" | wc -l)" 1
same 'counters' "$(jq -c 'select(.state=="ended") | [.said,.skipped,.audio_s]' "$tmp/out")" \
	'[8,0,2.4]'
# French has no generative voice here: asked for without a stream.
same 'calls' "$(grep -c '^call text' "$tmp/a.log")" 1
same 'engines' "$(grep -c '^header x-amzn-engine=generative' "$tmp/a.log")" 7
same 'voice of the lines' "$(jq -r 'select(.lang=="fr-FR" and .type=="audio").voice' \
	"$tmp/out" | sort -u)" Lea

# Languages and voices by option.
serve b </dev/null
{
	say 1 es-ES
	say 2 it-IT
	say 3 de-DE
} >"$tmp/in"
run 0 --pace fast -t es,de-DE --voice es-ES=Sergio --voice de-DE=Nobody
voiced es-ES 1
voiced it-IT ''
voiced de-DE ''
same voice "$(jq -r 'select(.type=="audio").voice' "$tmp/out" | sort -u)" Sergio
same 'unknown voice' "$(grep -c "de-DE: no voice 'Nobody' speaks it" "$tmp/err")" 1
run 0 --pace fast -t fr-FR,es-ES --engine neural
same 'neural voice' "$(jq -r 'select(.type=="audio").voice' "$tmp/out" | sort -u)" Lucia

# The quota: never more streams at once than it says, and nobody is left out.
serve c --speak-ms 100 </dev/null
for n in 1 2 3 4 5; do
	say "$n" es-ES
	say "1$n" it-IT
	say "2$n" de-DE
done >"$tmp/in"
run 0 --pace fast --streams 2
voiced es-ES '1 2 3 4 5'
voiced it-IT '11 12 13 14 15'
voiced de-DE '21 22 23 24 25'
most=$(sed -n 's/^speak streams=\([0-9]*\).*/\1/p' "$tmp/c.log" | sort -n | tail -n 1)
[ "$most" -le 2 ] || fail "$most streams at once"
# Less than one new stream a second goes, too; the rest by calls.
run 0 --pace fast --streams-per-s 0.1
voiced es-ES '1 2 3 4 5'

# Recorded lines come all at once: what would be heard too late is left out, is
# marked so, and keeps its place.
seq 1 16 | while read -r n; do
	say "$n" es-ES
done >"$tmp/in"
run 0 --max-lag-ms 1000
voiced es-ES "$(seq -s ' ' 1 16)"
jq -r 'select(.type=="audio" and .error) | .error' "$tmp/out" | sort -u >"$tmp/errors"
same 'left out' "$(cat "$tmp/errors")" lag
same 'the first' "$(jq -r 'select(.id=="1" and .type=="audio" and .last).error' "$tmp/out")" null
jq -e -s 'map(select(.type=="audio")) | all(.speed >= 1 and .speed <= 1.25)
	and any(.speed > 1)' "$tmp/out" >"$tmp/checked" || fail 'nothing was spoken faster'

# A text longer than one event may be goes as several.
serve d </dev/null
long=$(seq -s ' ' 7 2000)
printf '{"type":"translation","id":"7","lang":"es-ES","text":"%s"}\n' "$long" >"$tmp/in"
run 0 --pace fast
sounds 7 7
same 'long text' "$(grep -c '^call text' "$tmp/d.log" || true)" 0

# Engines in their order, each at its price: 3 characters at 30, 16 and 4 USD a
# million.  A language that nobody speaks is said at the start.
serve e </dev/null
mkfifo "$tmp/fifo"
"$BIN/synth" -t es-ES,fr-FR,ru-RU,xx-YY --pace fast <"$tmp/fifo" >"$tmp/out" 2>"$tmp/err" &
tool=$!
pids="$pids $tool"
exec 3>"$tmp/fifo"
wait_for 120 grep -q '"state":"ready"' "$tmp/out"
grep -q '^synth: xx-YY: Polly has no voice for it; captions only$' "$tmp/err" ||
	fail 'a language without voices is not said at the start'
same 'announced' "$(jq -c 'select(.state=="ready").voices' "$tmp/out")" \
	'{"es-ES":"Lucia","fr-FR":"Lea","ru-RU":"Tatyana"}'
same 'its status' "$(jq -r 'select(.state=="captions-only").lang' "$tmp/out")" xx-YY
say 1 es-ES >&3
say 2 fr-FR >&3
say 3 ru-RU >&3
say 4 xx-YY >&3
exec 3>&-
wait "$tool" || fail "status $?"
voiced es-ES 1
voiced fr-FR 2
voiced ru-RU 3
voiced xx-YY ''
same 'engines of calls' "$(sed -n 's/^call engine=//p' "$tmp/e.log" | sort | tr '\n' ' ')" \
	'neural standard '
same 'cost' "$(jq 'select(.state=="ended") | .est_usd * 1e6 | round' "$tmp/out")" 150

# One language that has much to say does not keep another waiting.
serve f </dev/null
for n in $(seq 11 30); do
	say "$n" es-ES
done >"$tmp/in"
say 99 it-IT >>"$tmp/in"
run 0 --pace fast --streams 1
voiced it-IT 99
same 'its turn' "$(sed -n 's/^speak streams=[0-9]* text=n //p' "$tmp/f.log" | head -n 2 |
	grep -c 99)" 1
