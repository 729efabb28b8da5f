#!/bin/sh
# transcribe changes over to a new session before a limit, again and again: each
# word comes out once and in order, stream time is what it is without any change,
# no utterance changes its id, and the next session is open before the one before
# ends.  When the next one cannot be had, the old one goes on; when the old one
# breaks after the change, its last words come all the same.  Nobody pausing does
# not stop it.  And against localaws, over TLS with signatures checked.
set -eu
. tests/e2e/service.inc
"$B/fake/service" audio 90 8 >"$tmp/pcm"
"$B/fake/service" audio 60 8 wav >"$tmp/talk.wav"
sessions() {
	jq -r 'select(.state=="ended").sessions' "$tmp/out"
}
# stream_times: word n of the test audio begins at 300 ms + 100 ms for each word + 300 ms
# for each pause before it.
stream_times() {
	jq -r 'select(.type=="transcript" and .final) |
		[(.text[1:5] | tonumber), .start_ms] | join(" ")' "$tmp/out" |
		while read -r n at; do
			want=$((300 + (n - 1) * 100 + (n - 1) / 8 * 300))
			[ "$at" = "$want" ] || fail "word $n at $at ms, not $want"
		done
}
ids() {
	jq -r 'select(.type=="transcript").id' "$tmp/out" | sort -u >"$tmp/ids"
	jq -r 'select(.type=="transcript" and .final).id' "$tmp/out" |
		sort >"$tmp/final-ids"
	cmp -s "$tmp/ids" "$tmp/final-ids" || fail 'an id without a final, or with two'
}
# overlap NAME: a session ends only when the one after it has been taken.
overlap() {
	awk '/^transcribe ok/ { opened++; if (alone) bad = 1 }
		/^transcribe end/ { if (++ended == opened) alone = 1 }
		END { exit bad || opened != ended }' "$tmp/$1.log" ||
		fail "a session ended before the next was open: $(cat "$tmp/$1.log")"
}
# hear STATUS WORDS ARG...: standard input is the talk.
hear() {
	want=$1 n=$2
	shift 2
	got=0
	"$BIN/transcribe" -l en-US "$@" >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" -eq "$want" ] || fail "status $got, not $want: $*"
	same "words: $*" "$(finals "$tmp/out")" "$(words "$n")"
	same "late: $*" "$(jq 'select(.late)' "$tmp/out")" ''
	stream_times
	ids
}

# As fast as it goes; and in real time, from a file.
serve fast </dev/null
hear 0 90 --pace fast --max-session-s 2 <"$tmp/pcm"
[ "$(sessions)" -ge 5 ] || fail "only $(sessions) sessions"
overlap fast
serve real </dev/null
hear 0 60 --max-session-s 3 "$tmp/talk.wav"
[ "$(sessions)" -ge 3 ] || fail "only $(sessions) sessions"
overlap real
same states "$(states "$tmp/out")" 'ready ended'

# The next session cannot be had, for one reason or another.
for why in 'refuse 503 ServiceUnavailableException' \
	'refuse 429 LimitExceededException' 'refuse 403 AccessDeniedException' \
	reset cut 'exception@open InternalFailureException'; do
	serve fault <<-END
	transcribe ok
	transcribe $why
	END
	hear 0 90 --pace fast --max-session-s 4 <"$tmp/pcm"
	same "said with $why" "$(grep -c 'cannot be had yet' "$tmp/err")" 1
	rm "$tmp/fault.port"
done

# The old one breaks before it has said its last, or the new one right after the
# change: late sessions hear the rest, and nothing is missing or twice, but that a
# session which ends after 300 ms, part of which may be silence ahead of its turn,
# can end within a word, and both halves of it are heard.
for why in reset@end cut@end 'half@end' 'exception@end InternalFailureException' \
	reset@1500; do
	serve old <<-END
	transcribe $why
	transcribe reset@700
	transcribe close@300
	END
	"$BIN/transcribe" -l en-US --pace fast --max-session-s 4 <"$tmp/pcm" \
		>"$tmp/out" 2>"$tmp/err" || fail "status $? with $why"
	finals "$tmp/out" | tr ' ' '\n' | sort >"$tmp/heard"
	same "words with $why" "$(uniq "$tmp/heard" | tr '\n' ' ')" "$(words 90) "
	[ "$(wc -l <"$tmp/heard")" -le 91 ] || fail "words twice with $why: $(uniq -d "$tmp/heard")"
	stream_times
	ids
	rm "$tmp/old.port"
done

# Words without a pause between them: one may be cut in two, none is missing.
"$B/fake/service" audio 60 60 >"$tmp/breathless"
serve breathless </dev/null
"$BIN/transcribe" -l en-US --pace fast --max-session-s 2 <"$tmp/breathless" \
	>"$tmp/out" 2>"$tmp/err" || fail "status $? of a talk without pauses"
same 'without pauses' "$(finals "$tmp/out" | tr ' ' '\n' | sort -u | tr '\n' ' ')" \
	"$(words 60) "
[ "$(sessions)" -ge 3 ] || fail "only $(sessions) sessions"

# localaws, with a recogniser that really hears the words.
engine="$PWD/$B/fake/faults_engine"
"$engine" audio 1 60 8 wav >"$tmp/loud.wav"
unset AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
serve_local --asr "$engine asr"
hear_local() {
	"$BIN/transcribe" -l en-US "$@" "$tmp/loud.wav" >"$tmp/out" 2>"$tmp/err" ||
		fail "status $? with localaws: $*"
	same "words with localaws: $*" "$(finals "$tmp/out")" "$(words 60)"
	ids
	jq -s -c 'map(select(.type=="transcript" and .final) | [.text, .start_ms])' \
		"$tmp/out"
}
hear_local >"$tmp/one"
same 'sessions of localaws' "$(sessions)" 1
hear_local --max-session-s 3 >"$tmp/many"
[ "$(sessions)" -ge 3 ] || fail "only $(sessions) sessions of localaws"
cmp "$tmp/one" "$tmp/many" || fail 'other utterances, or other times, with changes'
