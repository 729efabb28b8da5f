#!/bin/sh
# transcribe with a service that fails in every way at every phase of a session:
# whatever ends it, each word comes out once, in order, under one id from its
# first partial to its final, and nothing is counted as lost.
set -eu
. tests/e2e/service.inc
"$B/fake/service" audio 40 >"$tmp/pcm"
words 40 >"$tmp/words"
# Credentials that are new ones whenever they are asked for, as those of a host.
cat >"$tmp/keys" <<'END'
printf '{"Version":1,"AccessKeyId":"AKID%s","SecretAccessKey":"secret"}' "$$"
END
printf '[default]\ncredential_process = sh %s\n' "$tmp/keys" >"$tmp/config"
export AWS_CONFIG_FILE="$tmp/config"
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY

# hear NAME [OPTION]...: the talk to the service of that name, as it was started.
hear() {
	name=$1
	shift
	got=0
	"$BIN/transcribe" -l en-US --pace fast "$@" <"$tmp/pcm" \
		>"$tmp/$name.out" 2>"$tmp/$name.err" || got=$?
	echo "$got" >"$tmp/$name.status"
}

# check NAME: nothing is missing, twice or in the wrong place.
check() {
	n=$1
	what=$(cat "$tmp/$n.script")
	[ "$(cat "$tmp/$n.status")" = 0 ] ||
		fail "status $(cat "$tmp/$n.status"): $what: $(cat "$tmp/$n.err")"
	same "words with $what" "$(finals "$tmp/$n.out")" "$(cat "$tmp/words")"
	jq -r 'select(.type=="transcript").id' "$tmp/$n.out" | sort -u >"$tmp/$n.ids"
	jq -r 'select(.type=="transcript" and .final).id' "$tmp/$n.out" |
		sort >"$tmp/$n.final-ids"
	cmp -s "$tmp/$n.ids" "$tmp/$n.final-ids" ||
		fail "an id without a final, or with two: $what"
	same "lost with $what" "$(jq -r 'select(.state=="ended").lost_ms' "$tmp/$n.out")" 0
}

count=0
running=
settle() {
	for pid in $running; do
		wait "$pid" || true
	done
	running=
}
# run LINE...: a case of its own, ten at a time.
run() {
	count=$((count + 1))
	printf '%s\n' "$@" | serve "c$count"
	AWS_ENDPOINT_URL="http://127.0.0.1:$(cat "$tmp/c$count.port")"
	hear "c$count" &
	running="$running $!"
	[ $((count % 10)) -ne 0 ] || settle
}
# A service started within a pipe is not in this shell's list.
serve() {
	cat >"$tmp/$1.script"
	"$B/fake/service" serve --ready "$tmp/$1.port" \
		--script "$tmp/$1.script" --log "$tmp/$1.log" &
	echo $! >"$tmp/$1.pid"
	wait_for 120 test -s "$tmp/$1.port"
}
stop_services() {
	settle
	for f in "$tmp"/*.pid; do
		[ -e "$f" ] || continue
		kill "$(cat "$f")" 2>/dev/null || true
		rm -f "$f"
	done
}
trap 'stop_services; cleanup' EXIT

# Those that need the patience of a timeout run beside all others.
slow=
for line in 'transcribe hang' 'transcribe block@1500' 'transcribe hang@1500' \
	'transcribe hang@end'; do
	count=$((count + 1))
	echo "$line" | serve "c$count"
	AWS_ENDPOINT_URL="http://127.0.0.1:$(cat "$tmp/c$count.port")"
	export AWS_ENDPOINT_URL
	hear "c$count" &
	slow="$slow $!"
done
count=4

# Before the headers, of the first session and of one in mid-talk.
for first in '# at once' 'transcribe reset@1500'; do
	for fault in 'refuse 503 ServiceUnavailableException' \
		'refuse 500 InternalFailureException' \
		'refuse 429 LimitExceededException' \
		'refuse 403 ExpiredTokenException' \
		'html 502' reset cut goaway 'outage 1'; do
		run "$first" "transcribe $fault"
	done
done
# What refuses the first session for good is one more try in mid-talk.
run 'transcribe reset@1500' 'transcribe refuse 400 BadRequestException'
run 'transcribe reset@1500' 'transcribe refuse 403 AccessDeniedException'
# A proxy that has a bad moment is no service that refuses keys.
run 'transcribe reset@1500' 'transcribe html 403' 'transcribe html 403' \
	'transcribe html 403'

# Between headers and first audio; in mid-utterance; between a final and the next
# partial; after the end of input, before the last final and behind it.
for when in open 1500 final=2 end last; do
	for fault in reset cut goaway half crc 'outage 1' \
		'exception InternalFailureException' \
		'exception LimitExceededException' \
		'exception BadRequestException' \
		'exception ConflictException' \
		'exception ExpiredTokenException' 'error 500'; do
		what=${fault%% *}
		run "transcribe $what@$when ${fault#"$what"}"
	done
	# Closed in order after the last final is how a session ends.
	run "transcribe close@$when"
done

# One fault after another, at all phases.
run 'transcribe reset@700' 'transcribe refuse 503 ServiceUnavailableException' \
	'transcribe cut@open' 'transcribe close@300' 'transcribe crc@final=1' \
	'transcribe exception@200 InternalFailureException' \
	'transcribe half@600' 'transcribe outage@final=2 1' \
	'transcribe reset@end' 'transcribe close@end'
settle
for pid in $slow; do
	wait "$pid" || true
done
i=0
while [ "$i" -lt "$count" ]; do
	i=$((i + 1))
	check "c$i"
done
stop_services
echo "$count cases"
