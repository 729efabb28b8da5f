#!/bin/sh
# transcribe through every fault of localaws, at every phase of a session: each
# word comes out once, in order, whatever was sent again, under one id from its
# first partial to its final, and nothing is counted as lost.
set -eu
# shellcheck source=tests/e2e/faults.inc
. tests/e2e/faults.inc

# The talk as fast as it is taken, or `live`, as it is spoken, or a `long` one.
tool() {
	export AWS_CONFIG_FILE="$tmp/config" AWS_MAX_ATTEMPTS=10
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	if [ $# -gt 0 ]; then
		"$BIN/capture" -q -f "$tmp/$1.wav" --pace realtime |
			timeout 300 "$BIN/transcribe" -l en-US
	else
		timeout 300 "$BIN/transcribe" -l en-US --pace fast <"$tmp/pcm"
	fi
}
if [ "${1:-}" = one ]; then
	one "$2"
	exit
fi
begin
"$engine" audio 1 40 6 >"$tmp/pcm"
"$engine" audio 1 40 6 wav >"$tmp/live.wav"
"$engine" audio 1 170 6 wav >"$tmp/long.wav"
seq -f 'w%04g' 1 170 | tr '\n' ' ' | sed 's/ $//' >"$tmp/long.words"
seq -f 'w%04g' 1 40 | tr '\n' ' ' | sed 's/ $//' >"$tmp/words"
# Credentials that are new ones whenever they are asked for, as those of a host.
new_keys
me=service=transcribe

# Nothing more is said, or taken: timeouts find out.
for what in "$me phase=request do=hang" "phase=connect do=hang" \
	"$me phase=audio after-ms=700 do=block" \
	"$me phase=audio after-ms=700 do=freeze" "$me phase=partial n=5 do=hang" \
	"$me phase=input-end do=hang" "$me phase=last do=hang"; do
	rule "$what"
	slow_case
done
# It takes what is said, and says nothing of it: known before the talk ends.
rule "$me phase=open do=hang"
slow_case long
# The service ends its answer in order, in the midst of the talk.
for when in request response open 'event-in n=9' 'audio after-ms=1000' 'event-out n=3' \
	'partial n=4' 'final n=1' 'final n=2'; do
	in_turn "$me phase=$when" 1 end half-close
	slow_case live
done

# The connection before a byte of it, and a request before its answer; of the
# first session, and of those in mid-talk.
for first in '' "$me phase=partial n=4 do=reset"; do
	begin_at=$([ -z "$first" ] && echo 1 || echo 2)
	turn() {
		rule "$first"
		in_turn "$@"
		a_case
	}
	turn phase=connect "$begin_at" cut abort garbage
	turn phase=connect "$begin_at" html 'outage ms=300' 'delay ms=200'
	for phase in request response; do
		at="$me phase=$phase"
		turn "$at" "$begin_at" 'refuse name=ServiceUnavailableException' \
			'refuse name=InternalFailureException' 'throttle retry-after-ms=50'
		turn "$at" "$begin_at" expired-token html reset
		turn "$at" "$begin_at" 'reset code=REFUSED_STREAM' cut abort
		turn "$at" "$begin_at" goaway-unseen garbage truncate
		turn "$at" "$begin_at" 'outage ms=300'
	done
	for what in goaway 'delay ms=300' 'slow bytes=20000' 'tiny-window bytes=700' \
		'tiny-data bytes=7'; do
		turn "$me phase=request" "$begin_at" "$what"
	done
done
for what in 'tiny-window bytes=100' tiny-data; do
	rule "phase=connect times=all do=$what"
	a_case
done
# What refuses a first session for good is one more try in mid-talk.
rule "$me phase=final do=reset"
in_turn "$me phase=request" 2 'refuse name=BadRequestException' \
	'refuse name=AccessDeniedException' 'refuse name=ConflictException'
a_case
# A clock that is a quarter of an hour off, from the first request on.
for seconds in 900 -900; do
	rule "$me do=wrong-clock seconds=$seconds times=all"
	a_case
done

# Between headers and the first event; while audio comes; in mid-utterance;
# between a final and the next partial; after the end of input, before the last
# final and behind it.
for when in open 'event-in n=5' 'audio after-ms=300' 'event-out n=3' \
	'partial n=4' final 'final n=2' input-end last; do
	at="$me phase=$when"
	in_turn "$at" 1 reset cut abort
	a_case
	in_turn "$at" 1 truncate crc garbage
	a_case
	in_turn "$at" 1 throttle expired-token 'error name=InternalFailureException'
	a_case
	in_turn "$at" 1 'exception name=BadRequestException' \
		'exception name=ConflictException' \
		'exception name=InternalFailureException'
	a_case
	in_turn "$at" 1 'exception name=LimitExceededException' \
		'exception name=SerializationException' \
		'exception name=ServiceUnavailableException'
	a_case
	in_turn "$at" 1 'exception name=AccessDeniedException' \
		'exception name=UnheardOfException' \
		'error name=BadRequest message="a gateway says so"'
	a_case
	in_turn "$at" 1 'outage ms=300' 'delay ms=200'
	a_case
	in_turn "$at" 1 goaway
	a_case
done
# As a session ends, after its last final and the end of input.
in_turn "$me phase=last" 1 end
a_case
in_turn "$me phase=last" 1 half-close
a_case
# It ends in order, again and again, and says nothing of what it was sent: known
# from how loud that is, or from the words that an earlier session began to hear.
rule "$me phase=response do=delay ms=500 times=all"
in_turn "$me phase=open" 1 end half-close
a_case
rule "$me nth=1 phase=partial n=4 do=reset"
rule "$me phase=response do=delay ms=500 times=all"
in_turn "$me phase=open" 2 end half-close end half-close
a_case
# The same with words still to come, though all audio has been sent.
for when in open final; do
	rule "$me phase=$when do=end"
	a_case
done

# By chance, the same at each run.
for seed in 1 2 3; do
	rule "seed=$seed"
	rule "$me phase=final chance=60 times=6 do=reset"
	rule "$me phase=partial n=7 chance=60 times=6 do=cut"
	rule "$me phase=request chance=30 times=4 do=reset"
	a_case
done

run_cases 5

bad=0
complain() {
	bad=$((bad + 1))
	echo "FAIL: $(rules "$n"): $*"
	tail -n 5 "$tmp/$n.err" "$tmp/$n.log"
}
i=0
while [ "$i" -lt "$count" ]; do
	i=$((i + 1))
	n=c$i
	grep -q '^seed=' "$tmp/$n.faults" || came "$n"
	[ "$(cat "$tmp/$n.status")" = 0 ] || complain "status $(cat "$tmp/$n.status")"
	# Late ones, of a long gap in a live talk, come when they are known.
	words=$tmp/words
	in_order='.[]'
	if [ "$(cat "$tmp/$n.options")" = long ]; then
		words=$tmp/long.words
		in_order='sort_by(.start_ms)[]'
		grep -q '"late":true' "$tmp/$n.out" || complain "nothing was late"
	fi
	jq -rs "[.[] | select(.type==\"transcript\" and .final)] | $in_order.text" \
		"$tmp/$n.out" | tr '\n' ' ' | sed 's/ $//' >"$tmp/$n.words"
	cmp -s "$tmp/$n.words" "$words" || complain "$(cat "$tmp/$n.words")"
	jq -r 'select(.type=="transcript").id' "$tmp/$n.out" | sort -u >"$tmp/$n.ids"
	jq -r 'select(.type=="transcript" and .final).id' "$tmp/$n.out" |
		sort >"$tmp/$n.final-ids"
	cmp -s "$tmp/$n.ids" "$tmp/$n.final-ids" ||
		complain "an id without a final, or with two"
	[ "$(jq -r 'select(.state=="ended").lost_ms' "$tmp/$n.out")" = 0 ] ||
		complain "something was counted as lost"
	! grep -q damaged "$tmp/$n.out" || complain "a damaged event was believed"
done
[ "$bad" -eq 0 ] || fail "$bad complaints in $count cases"
echo "$count cases"
