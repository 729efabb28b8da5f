#!/bin/sh
# The whole pipeline in real time with a fault every few seconds, of every kind and
# in every service, and the same audio without any: both archives hold the same
# finals, translations and voices.  20 seconds of it; FAULTS_MINUTES=10 makes it
# ten minutes, FAULTS_SEED=N chooses other faults, FAULTS_KEEP=DIR keeps both
# archives, the rules and what localaws told.
set -eu
# shellcheck source=tests/e2e/faults.inc
. tests/e2e/faults.inc
seconds=20
[ -z "${FAULTS_MINUTES:-}" ] || seconds=$((FAULTS_MINUTES * 60))
begin
"$engine" audio 1 $((seconds * 8)) 12 wav >"$tmp/wav"

me=operation=StartStreamTranscription
speak=operation=StartSpeechSynthesisStream
rule "seed=${FAULTS_SEED:-7}"
# Sessions last five seconds at most, and most of them end before.
while read -r chance where what; do
	rule "$me times=all chance=$chance phase=$where do=$what"
done <<-EOR
	5 partial reset
	5 partial exception name=InternalFailureException
	5 partial exception name=LimitExceededException
	8 final cut
	8 final abort
	8 final end
	8 final truncate
	8 final error name=ServiceUnavailable
	3 open half-close
	3 open goaway
	2 open hang
	4 request refuse name=ServiceUnavailableException
	4 request throttle
	3 request html
	2 request hang
	4 request goaway-unseen
	6 request tiny-window bytes=2000
	6 request tiny-data bytes=9
	6 response delay ms=400
EOR
rule "$me times=all chance=8 phase=partial n=9 do=reset code=ENHANCE_YOUR_CALM"
rule "$me times=all chance=15 phase=audio after-ms=2500 do=crc"
rule "$me times=all chance=15 phase=audio after-ms=3000 do=outage ms=700"
rule "$me times=all chance=15 phase=audio after-ms=3500 do=freeze ms=3000"
rule "$me times=all chance=15 phase=audio after-ms=4000 do=garbage"
rule "$me times=all phase=audio after-ms=5000 do=reset"
rule "phase=connect times=all chance=3 do=cut"
rule "phase=connect times=all chance=3 do=abort"
rule "phase=connect times=all chance=3 do=html"
while read -r chance what; do
	rule "service=translate times=all chance=$chance do=$what"
done <<-EOR
	3 throttle retry-after-ms=50
	3 refuse name=InternalServerException
	3 reset
	3 html status=503
	2 cut
	2 delay ms=500
EOR
while read -r chance where what; do
	rule "$speak times=all chance=$chance phase=$where do=$what"
done <<-EOR
	3 request throttle
	3 request reset
	3 open cut
	3 event-out crc
	3 input-end exception name=ServiceFailureException
	3 last half-close
	5 request chunk bytes=1001
EOR
mv "$tmp/next" "$tmp/faulty.faults"
: >"$tmp/clean.faults"

export AWS_MAX_ATTEMPTS=10
stand_in faulty
status=0
"$BIN/capture" -q -f "$tmp/wav" --pace realtime |
	"$BIN/transcribe" -q -l en-US |
	"$BIN/translate" -q -t es,fr |
	"$BIN/synth" -q -t es-ES,fr-FR >"$tmp/faulty.jsonl" 2>"$tmp/faulty.err" ||
	status=$?
[ "$status" -eq 0 ] || fail "the run with faults ended with $status"
stop_stand_in faulty
stand_in clean
"$BIN/capture" -q -f "$tmp/wav" --pace fast |
	"$BIN/transcribe" -q -l en-US --pace fast |
	"$BIN/translate" -q -t es,fr |
	"$BIN/synth" -q -t es-ES,fr-FR --pace fast --streams-per-s 100 \
		>"$tmp/clean.jsonl"
stop_stand_in clean

if [ -n "${FAULTS_KEEP:-}" ]; then
	mkdir -p "$FAULTS_KEEP"
	cp "$tmp"/*.jsonl "$tmp/faulty.log" "$tmp/faulty.faults" "$FAULTS_KEEP"
fi
# What there was, by kind; enough of it to mean something.
sed -n 's/^localaws: fault: [^ ]* \([^,]*\), .*operation=\(.*\) request.*/\2 \1/p' \
	"$tmp/faulty.log" | sort | uniq -c
n=$(grep -c ' fault: ' "$tmp/faulty.log")
[ "$n" -ge $((seconds / 4)) ] || fail "only $n faults in $seconds s"
tests/e2e/faults-compare "$tmp/faulty.jsonl" "$tmp/clean.jsonl" ||
	fail "the two runs differ"
# The comparer sees what is missing, twice, or changed.
jq -c 'select(.text != "w0013 w0014 w0015 w0016 w0017 w0018 w0019 w0020 w0021 w0022 w0023 w0024" or .final==false)' \
	"$tmp/faulty.jsonl" >"$tmp/missing.jsonl"
sed 's/w0030/w0031/' "$tmp/faulty.jsonl" >"$tmp/changed.jsonl"
cat "$tmp/faulty.jsonl" "$tmp/faulty.jsonl" >"$tmp/twice.jsonl"
for wrong in missing changed twice; do
	! tests/e2e/faults-compare "$tmp/$wrong.jsonl" "$tmp/clean.jsonl" \
		>"$tmp/out" || fail "the comparer does not see what is $wrong"
done
