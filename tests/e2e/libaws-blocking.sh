#!/bin/sh
# blocking_say() and blocking_transcribe() with a service that fails: what may
# pass is tried again while nothing was said or heard, the rest ends the call
# with the service's own name for it; nothing comes twice.
set -eu
. tests/e2e/libaws.inc
build say
build transcribe_file
"$B/fake/service" audio 40 >"$tmp/pcm"
words 40 >"$tmp/words"

# say STATUS: what is said is 300 ms of samples that all are 7.
say() {
	got=0
	"$tmp/say" Joanna 'Number 7.' >"$tmp/said" 2>"$tmp/err" || got=$?
	same "status of say, $name" "$got" "$1"
}
whole() {
	od -An -v -td2 "$tmp/said" | tr -s ' ' '\n' | sed '/^$/d' | sort | uniq -c |
		tr -s ' ' >"$tmp/samples"
	same "samples, $name" "$(cat "$tmp/samples")" " 4800 7"
}
# hear STATUS
hear() {
	got=0
	"$tmp/transcribe_file" en-US 16000 <"$tmp/pcm" >"$tmp/out" 2>"$tmp/err" || got=$?
	same "status of transcribe_file, $name" "$got" "$1"
}
heard() {
	tr '\n' ' ' <"$tmp/out" | sed 's/ $//' >"$tmp/heard"
	same "words, $name" "$(cat "$tmp/heard")" "$(cat "$tmp/words")"
}
# told WORD: the one line says so.
told() {
	same "lines on stderr, $name" "$(wc -l <"$tmp/err")" 1
	grep -q -- "$1" "$tmp/err" || fail "no '$1', $name"
}

serve in-order </dev/null
say 0
whole
hear 0
heard

serve odd-bytes --max-data 1 <<!
speak odd
!
say 0
whole

serve small-window --window 1000 </dev/null
say 0
whole
hear 0
heard

# Passing trouble, before anything was said or heard.
serve throttled <<!
speak refuse 400 ThrottlingException
transcribe refuse 429 LimitExceededException
!
say 0
whole
hear 0
heard
serve unavailable <<!
speak refuse 503 ServiceUnavailableException
speak reset
transcribe html 502
transcribe cut
!
say 0
whole
hear 0
heard
serve going-away <<!
speak goaway
transcribe goaway
!
say 0
whole
hear 0
heard

# Expired: a program that makes keys is asked once more, the environment's are
# what they are.
serve expired <<!
speak refuse 403 ExpiredTokenException
speak refuse 403 ExpiredTokenException
transcribe refuse 403 ExpiredTokenException
!
cat >"$tmp/keys" <<!
#!/bin/sh
echo asked >>"$tmp/asked"
echo '{"Version":1,"AccessKeyId":"AKID'"\$(wc -l <"$tmp/asked")"'","SecretAccessKey":"s"}'
!
chmod +x "$tmp/keys"
printf '[default]\ncredential_process = %s\n' "$tmp/keys" >"$tmp/config"
say 77
told 'have expired'
(
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	export AWS_CONFIG_FILE="$tmp/config"
	say 0
	whole
	hear 0
	heard
)
same "how often keys were made" "$(wc -l <"$tmp/asked")" 4
# Never answered: given up after a while, and tried again.
serve hanging <<!
speak hang
transcribe hang
!
hear 0 &
hearing=$!
say 0
whole
wait "$hearing"
heard

# Not for ever, and not when it is no use.
serve down <<!
speak refuse 503 ServiceUnavailableException
speak refuse 503 ServiceUnavailableException
speak refuse 503 ServiceUnavailableException
transcribe refuse 403 AccessDeniedException
!
say 75
told ServiceUnavailableException
hear 77
told AccessDeniedException
[ ! -s "$tmp/out" ] || fail "something was heard, $name"

# After the first sound or word nothing is said twice: the failure is told.
serve cut-short <<!
speak reset@3200
speak close@3200
speak exception@3200 ServiceFailureException
speak crc@3200
speak half@3200
transcribe exception@final=2 InternalFailureException
transcribe close@final=2
transcribe reset@end
!
for why in reset 'before its end' ServiceFailureException checksum 'within a message'; do
	say 75
	told "$why"
	same "bytes heard, $why" "$(wc -c <"$tmp/said")" 3200
done
# Longer than what is sent ahead, so that the end has not been sent by then.
"$B/fake/service" audio 80 >"$tmp/pcm"
cut -d ' ' -f 1-16 "$tmp/words" >"$tmp/words.two"
mv "$tmp/words.two" "$tmp/words"
for why in InternalFailureException 'before its end'; do
	hear 75
	told "$why"
	heard
done
"$B/fake/service" audio 16 >"$tmp/pcm"
hear 75
told reset

# Nobody is there.
AWS_ENDPOINT_URL=http://127.0.0.1:1 AWS_MAX_ATTEMPTS=2
export AWS_MAX_ATTEMPTS
name=nobody
say 75
told connect

# A clock that is an hour behind: the stand-in refuses, and is obeyed.
unset AWS_MAX_ATTEMPTS
# shellcheck disable=SC2119
serve_local
name=clock
if [ -z "$san" ]; then
	cat >"$tmp/behind.c" <<!
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int
clock_gettime(clockid_t id, struct timespec *ts)
{
	long rc = syscall(SYS_clock_gettime, id, ts);

	if (id == CLOCK_REALTIME)
		ts->tv_sec -= 3600;
	return (int)rc;
}
!
	"$CC" -shared -fPIC -o "$tmp/behind.so" "$tmp/behind.c"
	got=0
	LD_PRELOAD="$tmp/behind.so" "$tmp/say" Joanna 'Hello.' >"$tmp/said" \
		2>"$tmp/err" || got=$?
	same "status, $name" "$got" 0
	[ "$(wc -c <"$tmp/said")" -gt 8000 ] || fail "nothing was said, $name"
	# It was wrong indeed: what nobody corrects is refused.
	url=$(LD_PRELOAD="$tmp/behind.so" "$BIN/presign" polly --voice Joanna \
		--format pcm --expires 60 'Hello.')
	same "status of a URL, $name" "$(curl -s --cacert "$AWS_CA_BUNDLE" \
		-o "$tmp/out" -w '%{http_code}' "$url")" 403
fi
