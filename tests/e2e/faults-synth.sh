#!/bin/sh
# synth through every fault of localaws, at every phase of a stream: each
# sentence is heard once, whole and in order, or its last audio line says that it
# is not; captions pass untouched.
set -eu
# shellcheck source=tests/e2e/faults.inc
. tests/e2e/faults.inc

# clean: no error may be heard of; told N: N sentences may end in one; short: as
# clean, and the input ends at once, before there are voices; lost: there never
# are, and the status says so.  The rest are options.
tool() {
	kind=$1
	[ "$1" != told ] || shift
	shift
	export AWS_CONFIG_FILE="$tmp/config" AWS_MAX_ATTEMPTS=10
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	{
		cat "$tmp/in"
		# Who is asked for voices asks an engine for each.
		case $kind in
		clean | told) wait_for 120 grep -q '"ready"' "$tmp/$n.out" ;;
		esac
	} | timeout 300 "$BIN/synth" --pace fast --streams-per-s 100 "$@"
}
if [ "${1:-}" = one ]; then
	one "$2"
	exit
fi
begin
new_keys
seq 1 6 | jq -c '{type:"translation",id:"u\(.)",lang:("es-ES","fr-FR"),
	from:"en-US",text:"sentence \(100 + .).",source_text:"x",error:null,
	captured_at_ms:1000,final_at_ms:2000,translated_at_ms:3000}' >"$tmp/in"
# A sentence is 300 ms of samples that all are its number.
for i in $(seq 1 6); do
	"$engine" tts Lucia es-ES 16000 text <<-EOR >"$tmp/u$i.pcm"
		sentence $((100 + i)).
	EOR
	base64 -w0 <"$tmp/u$i.pcm" >"$tmp/u$i.b64"
done
stream=operation=StartSpeechSynthesisStream
call=operation=SynthesizeSpeech
voices=operation=DescribeVoices

# Nobody answers: timeouts find out.
for what in "$stream phase=request do=hang" "$stream phase=open do=hang" \
	"$stream phase=input-end do=hang" "$stream phase=last do=hang" \
	"$stream phase=open do=freeze" "phase=connect nth=2 do=hang"; do
	rule "$what"
	slow_case clean
done
rule "$stream phase=audio after-ms=100 do=hang"
slow_case told 1
rule "$stream phase=closed do=hang"
slow_case clean

# The connection before a byte of it; the list of voices comes over the first.
for nth in 1 2; do
	for what in cut abort garbage html 'outage ms=300' 'delay ms=300'; do
		rule "phase=connect nth=$nth do=$what"
		a_case clean
	done
done
for what in 'tiny-window bytes=50' 'tiny-data bytes=7'; do
	rule "phase=connect times=all do=$what"
	a_case clean
done

# Before the answer: of the voices, and of a stream.
for what in 'refuse name=ServiceFailureException' throttle html reset \
	'reset code=REFUSED_STREAM' cut abort goaway goaway-unseen \
	'delay ms=300' 'slow bytes=100000' 'tiny-data bytes=7'; do
	rule "$voices do=$what"
	rule "$stream nth=1 phase=request do=$what"
	rule "$stream nth=4 phase=response do=$what"
	a_case clean
done
for what in "$voices" "$stream nth=1 phase=request" "$stream nth=4 phase=response"; do
	rule "$what do=expired-token"
	a_case clean
done
for what in garbage truncate end half-close 'outage ms=300' \
	'html status=200' 'chunk bytes=333' 'tiny-window bytes=50'; do
	rule "$stream nth=1 phase=request do=$what"
	rule "$stream nth=4 phase=response do=$what"
	a_case clean
done
for seconds in 900 -900; do
	rule "service=polly times=all do=wrong-clock seconds=$seconds"
	a_case clean
done
# A stream that is not allowed: SynthesizeSpeech speaks in its place, also where
# the refusal's end never comes.
rule "$stream times=all do=slow bytes=1"
rule "$stream times=all do=refuse name=AccessDeniedException"
slow_case clean
for name in AccessDeniedException ValidationException; do
	rule "$stream times=all do=refuse name=$name"
	a_case clean
done
rule "$stream times=all do=refuse name=ValidationException"
rule "$call nth=2 do=reset"
rule "$call nth=5 do=throttle"
a_case clean
rule "$stream times=all do=refuse name=ValidationException"
rule "$call nth=3 phase=audio after-ms=0 do=truncate"
a_case clean
rule "$stream times=all do=refuse name=ValidationException"
rule "$call nth=3 phase=audio after-ms=0 do=end"
a_case clean
# Without any voice all is left to the captions, and counted.
rule "$voices times=all do=refuse name=AccessDeniedException"
a_case lost
rule "$voices times=all do=refuse name=ServiceFailureException"
slow_case lost
rule "phase=connect times=all do=abort"
slow_case lost
# SynthesizeSpeech alone: before the answer, of the first sentence and a later one.
for what in 'refuse name=ServiceFailureException' throttle 'throttle retry-after=1' \
	html 'html status=200' reset 'reset code=REFUSED_STREAM' cut abort goaway \
	goaway-unseen garbage truncate end half-close 'delay ms=300' \
	'outage ms=300' 'slow bytes=100000' 'tiny-data bytes=7'; do
	rule "$call nth=1 phase=request do=$what"
	rule "$call nth=4 phase=response do=$what"
	a_case clean --engine neural
done
rule "$call nth=4 phase=response do=expired-token"
a_case clean --engine neural
# Amid its audio; a body that ends in order looks like a shorter sentence.
for what in 'truncate' reset cut abort; do
	rule "$call nth=2 do=chunk bytes=1001"
	rule "$call nth=2 phase=audio after-ms=100 do=$what"
	a_case told 1 --engine neural
done
for what in 'delay ms=300' goaway; do
	rule "$call nth=2 do=chunk bytes=1001"
	rule "$call nth=2 phase=audio after-ms=100 do=$what"
	a_case clean --engine neural
done
rule "$call nth=2 do=chunk bytes=1001"
rule "$call nth=2 phase=audio after-ms=100 do=hang"
slow_case told 1 --engine neural

# Within a stream, before its audio.  The first four streams are four sentences.
for when in open event-in event-out input-end; do
	at="$stream phase=$when"
	in_turn "$at" 2 reset cut abort
	a_case clean
	in_turn "$at" 2 half-close end truncate
	a_case clean
	in_turn "$at" 2 crc garbage throttle
	a_case clean
	in_turn "$at" 2 expired-token
	a_case clean
	in_turn "$at" 2 'delay ms=200' goaway
	a_case clean
	in_turn "$at" 2 'error name=ServiceFailureException' \
		'exception name=ServiceFailureException'
	a_case clean
	in_turn "$at" 2 'exception name=ServiceQuotaExceededException' \
		'exception name=ThrottlingException' 'exception name=ValidationException'
	a_case clean
	in_turn "$at" 2 'exception name=AccessDeniedException' \
		'exception name=UnheardOfException'
	a_case clean
	in_turn "$at" 2 'outage ms=300'
	a_case clean
done
# Amid its audio, which may have been heard: told, and not said twice.
for when in 'audio after-ms=100' 'event-out n=2' last; do
	at="$stream phase=$when"
	turn() {
		rule "$stream times=all do=chunk bytes=1001"
		in_turn "$at" 2 "$@"
	}
	turn reset cut abort
	a_case told 3
	turn half-close end truncate
	a_case told 3
	turn crc garbage throttle
	a_case told 3
	turn 'error name=ServiceFailureException' \
		'exception name=ServiceFailureException'
	a_case told 2
	turn goaway 'delay ms=200'
	a_case clean
done
# All was said: how a stream ends then is of no interest.
in_turn "$stream phase=closed" 2 reset cut abort
a_case clean
in_turn "$stream phase=closed" 2 half-close truncate goaway
a_case clean
in_turn "$stream phase=closed" 2 'delay ms=200' \
	'exception name=ServiceFailureException'
a_case clean

# By chance, the same at each run.
for seed in 1 2 3; do
	rule "seed=$seed"
	rule "$stream chance=25 times=all do=reset"
	rule "$stream chance=15 times=all phase=audio after-ms=100 do=cut"
	rule "$stream chance=15 times=all phase=open do=throttle"
	a_case told 12
done

# A list of voices that is none is asked for again.  Last: the others are done,
# and little time is given.
for what in garbage truncate end half-close 'html status=200' 'outage ms=300'; do
	rule "$voices do=$what"
	a_case short
done

run_cases 5

for lang in es-ES fr-FR; do
	seq -f "$lang u%.0f" 1 6
done >"$tmp/order"
bad=0
complain() {
	bad=$((bad + 1))
	echo "FAIL: $(rules "$n") $(cat "$tmp/$n.options"): $*"
	tail -n 5 "$tmp/$n.err" "$tmp/$n.log"
}
# heard: "LANG ID good", "... told" or "... wrong" for each sentence, in the order
# of its lines.  Whole ones are one line here, so that few need a closer look.
heard() {
	jq -sr '[.[] | select(.type=="audio")] | group_by(.lang)[] | . as $l |
		(reduce .[].id as $i ([]; if .[-1]==$i then . else .+[$i] end))[] as $i |
		[$l[] | select(.id==$i)] | "\(.[0].lang) \($i) \(.[-1].error) \(
		[.[].data] | join(" "))"' "$tmp/$n.out" |
		while read -r lang id why data; do
			if [ "$why" = null ] && [ "$data" = "$(cat "$tmp/$id.b64")" ]; then
				echo "$lang $id good"
				continue
			fi
			for part in $data; do
				echo "$part" | base64 -d
			done >"$tmp/$n.pcm"
			size=$(wc -c <"$tmp/$n.pcm")
			if [ "$why" = null ] && cmp -s "$tmp/$n.pcm" "$tmp/$id.pcm"; then
				echo "$lang $id good"
			elif [ "$why" = failed ] &&
				head -c "$size" "$tmp/$id.pcm" | cmp -s - "$tmp/$n.pcm"; then
				echo "$lang $id told"
			else
				echo "$lang $id wrong: $size bytes, error $why"
			fi
		done
}
i=0
while [ "$i" -lt "$count" ]; do
	i=$((i + 1))
	n=c$i
	grep -q '^seed=' "$tmp/$n.faults" || came "$n"
	grep '"translation"' "$tmp/$n.out" | cmp -s - "$tmp/in" ||
		complain "captions were changed"
	if [ "$(cat "$tmp/$n.options")" = lost ]; then
		skipped=$(jq -r 'select(.state=="ended").skipped' "$tmp/$n.out")
		case $skipped,$(cat "$tmp/$n.status"),$(grep -c '"audio"' "$tmp/$n.out") in
		12,7[57],0) ;;
		*) complain "skipped $skipped, status $(cat "$tmp/$n.status")" ;;
		esac
		continue
	fi
	heard >"$tmp/$n.heard"
	cut -d' ' -f1,2 "$tmp/$n.heard" | cmp -s - "$tmp/order" ||
		complain "heard: $(tr '\n' ';' <"$tmp/$n.heard")"
	! grep wrong "$tmp/$n.heard" || complain "wrong audio"
	told=$(grep -c told "$tmp/$n.heard") || true
	status=$(cat "$tmp/$n.status")
	most=0
	case $(cat "$tmp/$n.options") in
	told*) most=$(cut -d' ' -f2 "$tmp/$n.options") ;;
	esac
	if [ "$told" -gt "$most" ] || [ "$status" -ne 0 ]; then
		complain "$told errors, status $status"
	fi
done
[ "$bad" -eq 0 ] || fail "$bad complaints in $count cases"
echo "$count cases"
