#!/bin/sh
# translate through every fault of localaws that a call can meet: in each
# language every utterance comes out once and in order, translated, or with the
# source text and an error; what passes by itself is not seen at all.
set -eu
# shellcheck source=tests/e2e/faults.inc
. tests/e2e/faults.inc

# clean: no error may be seen; told N: as many as N may; away: all may, and the
# status says so when all are; lost: all are, likewise.  The rest are options.
tool() {
	[ "$1" != told ] || shift
	shift
	export AWS_CONFIG_FILE="$tmp/config"
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	timeout 300 "$BIN/translate" -t es,fr "$@" <"$tmp/in"
}
if [ "${1:-}" = one ]; then
	one "$2"
	exit
fi
begin
new_keys
seq 1 8 | jq -c '{type:"transcript",id:"u\(.)",final:true,lang:"en-US",
	text:"words of utterance \(.)",captured_at_ms:1000,final_at_ms:2000}' >"$tmp/in"
me=service=translate

# Nobody answers, ever: the deadline says so, for each.
rule "$me times=all do=hang"
slow_case lost --deadline-ms 3000
rule 'phase=connect times=all do=hang'
slow_case lost --deadline-ms 3000
rule "$me times=all do=freeze"
slow_case lost --deadline-ms 3000
rule "$me nth=3 do=hang"
slow_case told 1 --deadline-ms 3000

# The connection before a byte of it.
for what in cut abort garbage html 'delay ms=300'; do
	rule "phase=connect do=$what"
	a_case clean
done
# AWS's three tries are over sooner than an outage.
rule 'phase=connect do=outage ms=300'
a_case away
for what in 'tiny-window bytes=50' tiny-data; do
	rule "phase=connect times=all do=$what"
	a_case clean
done
# The first call, and one amid the others.
for nth in 1 7; do
	for what in 'refuse name=InternalServerException' \
		'refuse name=ServiceUnavailableException' \
		'refuse name=ServiceUnavailableException status=500' \
		'refuse name=TooManyRequestsException retry-after-ms=100' \
		'throttle retry-after=1' throttle expired-token html 'html status=503' \
		reset 'reset code=REFUSED_STREAM' cut abort goaway goaway-unseen \
		'delay ms=500' 'slow bytes=400' 'tiny-data bytes=3'; do
		rule "$me nth=$nth phase=$([ $nth = 1 ] && echo request || echo response) do=$what"
		a_case clean
	done
	rule "$me nth=$nth do=outage ms=300"
	a_case away
done
# Two in a row are still within three tries.
in_turn "$me" 1 reset throttle 'refuse name=InternalServerException' abort
a_case clean
for seconds in 900 -900; do
	rule "$me times=all do=wrong-clock seconds=$seconds"
	a_case clean
done
# What is no answer to any call is told, and not asked for again.
for what in garbage truncate end half-close 'html status=200' \
	'refuse name=InvalidRequestException'; do
	rule "$me nth=4 do=$what"
	a_case told 1
done
# Every other exception there is, and one that nobody knows: of one text only.
for what in 'name=DetectedLanguageLowConfidenceException' \
	'name=TextSizeLimitExceededException' \
	'name=AccessDeniedException' 'name=UnrecognizedClientException' \
	'name=InvalidSignatureException' 'name=UnheardOfException status=418'; do
	rule "$me nth=4 do=refuse $what"
	a_case told 1
done
# Of the language, which is asked for again later.
for what in 'name=UnsupportedLanguagePairException' \
	'name=ResourceNotFoundException'; do
	rule "$me nth=4 do=refuse $what"
	a_case told 8
done
# Nothing works: everything is accounted for.
for what in 'refuse name=InternalServerException' throttle reset cut; do
	rule "$me times=all do=$what"
	a_case lost --deadline-ms 4000
done
rule 'phase=connect times=all do=abort'
a_case lost --deadline-ms 4000
# By chance, the same at each run: some may have no luck three times.
for seed in 1 2 3; do
	rule "seed=$seed"
	rule "$me chance=15 times=all do=reset"
	rule "$me chance=10 times=all do=throttle"
	rule "$me chance=5 times=all do=cut"
	a_case told 8
done

run_cases 5

bad=0
complain() {
	bad=$((bad + 1))
	echo "FAIL: $(rules "$n") $(cat "$tmp/$n.options"): $*"
	tail -n 5 "$tmp/$n.err" "$tmp/$n.log"
}
# as_wanted LEAST MOST STATUSES TOLD STATUS
as_wanted() {
	# shellcheck disable=SC2254
	case $5 in
	$3) [ "$4" -ge "$1" ] && [ "$4" -le "$2" ] ;;
	*) false ;;
	esac
}
i=0
while [ "$i" -lt "$count" ]; do
	i=$((i + 1))
	n=c$i
	grep -q '^seed=' "$tmp/$n.faults" || came "$n"
	grep '"transcript"' "$tmp/$n.out" | cmp -s - "$tmp/in" ||
		complain "transcripts were changed"
	for lang in es-ES fr-FR; do
		jq -r --arg l $lang 'select(.type=="translation" and .lang==$l) |
			if .error==null and .text=="[\($l[0:2])] \(.source_text)" then "\(.id) good"
			elif .error!=null and .text==.source_text then "\(.id) told"
			else "\(.id) wrong" end' "$tmp/$n.out" >"$tmp/$n.$lang"
		cut -d' ' -f1 "$tmp/$n.$lang" | tr '\n' ' ' >"$tmp/$n.ids"
		jq -r .id "$tmp/in" | tr '\n' ' ' | cmp -s - "$tmp/$n.ids" ||
			complain "$lang: utterances: $(cat "$tmp/$n.ids")"
		! grep wrong "$tmp/$n.$lang" || complain "$lang: a wrong translation"
	done
	told=$(cat "$tmp/$n.es-ES" "$tmp/$n.fr-FR" | grep -c told) || true
	status=$(cat "$tmp/$n.status")
	# The least and the most errors there may be, and the status.
	case $(cat "$tmp/$n.options") in
	lost*) want='16 16 [1-9]*' ;;
	away*) want='0 16 [07]*' ;;
	told*) want="0 $(cut -d' ' -f2 "$tmp/$n.options") 0" ;;
	*) want='0 0 0' ;;
	esac
	# shellcheck disable=SC2086
	as_wanted $want "$told" "$status" || complain "$told errors, status $status"
done
[ "$bad" -eq 0 ] || fail "$bad complaints in $count cases"
echo "$count cases"
