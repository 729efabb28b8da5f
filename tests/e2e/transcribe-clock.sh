#!/bin/sh
# transcribe with a clock ten minutes off, either way: from the start, from one
# session to the next, and set in the middle of a session, by hand or by NTP.  No
# word is missing or twice, and it is said once.  The service is localaws, which
# refuses signatures, of events too, that are more than five minutes off; what is
# off is its clock by a fault, or this one by a library in front of libc's.
set -eu
. tests/e2e/service.inc
engine="$PWD/$B/fake/faults_engine"
"$engine" audio 1 40 6 >"$tmp/pcm"
"$engine" audio 1 40 6 wav >"$tmp/talk.wav"
same_words() {
	same "words: $1" "$(finals "$tmp/out")" "$(words 40)"
	same "lost: $1" "$(jq 'select(.state=="ended").lost_ms' "$tmp/out")" 0
}
# service RULE...
service() {
	printf '%s\n' "$@" >"$tmp/faults"
	unset AWS_ENDPOINT_URL
	AWS_ACCESS_KEY_ID=AKIDTEST AWS_SECRET_ACCESS_KEY=secret
	export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	rm -f "$tmp/la.out"
	serve_local --asr "$engine asr" --faults "$tmp/faults"
}
wrong='service=transcribe phase=request do=wrong-clock'

for off in 600 -600; do
	side=slow
	[ "$off" -gt 0 ] || side=fast
	service "$wrong seconds=$off times=all"
	"$BIN/transcribe" -l en-US --pace fast <"$tmp/pcm" >"$tmp/out" 2>"$tmp/err" ||
		fail "status $? with a clock $off s off"
	same_words "$off from the start"
	[ "$(grep -c "clock is [0-9]* s $side" "$tmp/err")" -eq 1 ] ||
		fail "not said once that it is $side"
	# The service's clock moves in mid-talk: the second session finds it off,
	# the fourth finds it right again.
	service "$wrong seconds=$off nth=2" "$wrong seconds=$off nth=3" \
		'service=transcribe nth=1 phase=audio after-ms=1500 do=reset' \
		'service=transcribe nth=3 phase=audio after-ms=1500 do=reset'
	"$BIN/transcribe" -l en-US --pace fast <"$tmp/pcm" >"$tmp/out" 2>"$tmp/err" ||
		fail "status $? with a clock that comes to be $off s off"
	same_words "$off in mid-talk"
	grep -q "clock is [0-9]* s $side" "$tmp/err" || fail 'not said that it is off'
	grep -q 'clock is right again' "$tmp/err" || fail 'not said that it is right'
done

# --check says it in words.
service '# a right clock'
"$BIN/transcribe" --check -l en-US >"$tmp/out" 2>"$tmp/err" || fail 'not ready'
grep -q '^clock  *right$' "$tmp/out" || fail 'a right clock is not right'

# This machine's clock is set while a session runs.
command -v gcc >/dev/null || { echo "gcc is not installed (a shifted clock)"; exit 77; }
cat >"$tmp/shift.c" <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
int
clock_gettime(clockid_t id, struct timespec *ts)
{
	static int (*real)(clockid_t, struct timespec *);
	FILE *f;
	long s;
	int rc;

	if (real == NULL)
		real = (int (*)(clockid_t, struct timespec *))dlsym(
		    RTLD_NEXT, "clock_gettime");
	rc = real(id, ts);
	if (id == CLOCK_REALTIME && (f = fopen(getenv("SHIFT"), "r")) != NULL) {
		if (fscanf(f, "%ld", &s) == 1)
			ts->tv_sec += s;
		fclose(f);
	}
	return rc;
}
END
gcc -shared -fPIC -o "$tmp/shift.so" "$tmp/shift.c" -ldl
heard() {
	grep -q "$1" "$tmp/out"
}
for off in 600 -600; do
	# It is right first, then wrong; or wrong first, then put right.
	for first in 0 "$off"; do
		then=$((off - first))
		echo "$first" >"$tmp/shift"
		: >"$tmp/out"
		: >"$tmp/err"
		SHIFT="$tmp/shift" LD_PRELOAD="$tmp/shift.so" \
			ASAN_OPTIONS=verify_asan_link_order=0 \
			"$BIN/transcribe" -l en-US "$tmp/talk.wav" \
			>"$tmp/out" 2>"$tmp/err" &
		tool=$!
		wait_for 120 heard w0010
		echo "$then" >"$tmp/shift.new"
		mv "$tmp/shift.new" "$tmp/shift"
		wait "$tool" || fail "status $? with a clock set from $first to $then"
		same_words "set from $first to $then"
		side=back
		[ "$then" -lt "$first" ] || side=forward
		grep -q "clock was set $side by [56][0-9][0-9] s" "$tmp/err" ||
			fail "not said that it was set $side"
		# It was noticed in time: the session went on.
		same "sessions, set from $first to $then" "$(jq \
			'select(.state=="ended").sessions' "$tmp/out")" 1
	done
done
