#!/bin/bash
# kill -9 of every process of three rooms in turn, under a talk that goes on and
# with listeners connected through websocketd, who come back with `since` as the
# pages do.  One room hears a FIFO, one a remote speaker, one a recording.  After
# each kill captions and voices come again.  At the end: every final of the
# archive is with its listener once, in order; every word that was said is in the
# archive once, but for the sound of the moment in which a program that hears was
# killed (booth-rooms(7)); of the recording nothing is lost.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common
need_web
mkdir "$tmp/site" "$tmp/conf" "$tmp/archive"
cp -R scripts web "$tmp/site/"
ln -s "$BIN" "$tmp/site/bin"
room=$tmp/site/scripts/room
engine=$B/fake/faults_engine
rooms='near far tape'
export HOME=$tmp BOOTH_ROOMS=$tmp/conf AWS_EC2_METADATA_DISABLED=true
unset XDG_STATE_HOME BOOTH_LISTENER_TOKEN BOOTH_SPEAKER_TOKEN BOOTH_OPERATOR_TOKEN \
	BOOTH_JWT_SECRET BOOTH_TRUSTED_PROXIES BOOTH_SPEAK_COMMAND BOOTH_ORIGINS \
	http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY

# shellcheck disable=SC2317 # called by the trap
end_all() {
	local r
	exec 2>/dev/null # the shell's news of killed ones
	touch "$tmp/over"
	for r in $rooms; do
		kill -9 "$(keeper "$r")" || :
		kill -TERM "$(cat "$BOOTH_RUN/rooms/$r/run.pid")" || :
	done
	for r in $rooms; do
		flock -w 20 "$BOOTH_RUN/rooms/$r/run.lock" true || :
	done
	cleanup
}
trap end_all EXIT

# --- what runs ----------------------------------------------------------------
"$BIN/localaws" --dir "$tmp/aws" --asr "'$engine' asr" --mt "'$engine' mt" \
	--tts "'$engine' tts" >"$tmp/aws.out" 2>"$tmp/aws.err" &
started $!
wait_for localaws has "$tmp/aws.out" '"ready"'
# shellcheck source=/dev/null # written by localaws
. "$tmp/aws/env"

serve() {
	rm -f "$tmp/url"
	"$tmp/site/scripts/serve" -p "$1" >"$tmp/url" 2>>"$tmp/serve.err" &
	server=$!
	started $server
	wait_for 'web server' test -s "$tmp/url"
}
serve auto
port=$(sed 's/.*:\([0-9]*\)\/.*/\1/' "$tmp/url")

"$engine" audio 1 9000 4 wav >"$tmp/talk.wav"
for r in $rooms; do
	printf '%s\n' 'language = en-US' 'targets = wanted' 'encoding = opus' \
		"archive = $tmp/archive/$r.jsonl" >"$tmp/conf/$r.conf"
done
echo 'source = fifo' >>"$tmp/conf/near.conf"
echo 'source = remote' >>"$tmp/conf/far.conf"
echo "source = file:$tmp/talk.wav" >>"$tmp/conf/tape.conf"

# As systemd does: in the foreground, and again when it has died.
run_room() { # ROOM
	"$room" run "$1" >>"$tmp/$1.log.err" 2>&1 </dev/null &
	started $!
}
# capture into the room's FIFO, as from a mixer, which goes on, killed or not.
feed_near() { # MS: from so much later, for none of it is to be there twice
	local at_ms=$(($(date +%s%3N) - begun_ms + $1))
	"$BIN/capture" -q -f "$tmp/talk.wav" --from \
		"$(printf '%d.%03d' $((at_ms / 1000)) $((at_ms % 1000)))" >"$BOOTH_RUN/rooms/near/pcm" 2>>"$tmp/feed.err" &
	feed=$!
	started $feed
}
# The remote speaker's PC: capture writes into a pipe that send reads.
mkfifo "$tmp/mixer"
exec 5<>"$tmp/mixer"
feed_far() {
	"$BIN/send" -q -l en-US "ws://127.0.0.1:$port/speak?room=far" <"$tmp/mixer" 2>>"$tmp/send.err" &
	send=$!
	started $send
}

# phone ROOM LANG AUDIO: a page; it comes back with the newest number it has.
phone() {
	local out=$tmp/$1.phone since=
	: >"$out"
	while [ ! -e "$tmp/over" ]; do
		"$B/fake/ws_client" "$port" "/listen?room=$1&lang=$2&audio=$3${since:+&since=$since}" \
			</dev/null >>"$out" 2>>"$tmp/phones.log" || :
		since=$(jq -Rr 'fromjson? | .seq // empty' "$out" | tail -n 1)
		read -r -t 0.2 _ <>"$tmp/never" || : # a moment
	done
}
mkfifo "$tmp/never"

for r in $rooms; do
	run_room "$r"
	wait_for "room $r" test -e "$BOOTH_RUN/rooms/$r/say"
done
for r in $rooms; do
	phone "$r" es-ES opus 5>&- &
	started $!
	eval "phone_$r=$!"
	wait_for "phone of $r" has "$tmp/$r.phone" '"state":'
done
begun_ms=$(date +%s%3N)
feed_near 0
"$BIN/capture" -q -f "$tmp/talk.wav" >"$tmp/mixer" 2>>"$tmp/feed.err" &
mixer=$!
started $mixer
feed_far

# --- who is who ---------------------------------------------------------------
# stage ROOM NAME: its process, of those in the groups of the room's supervisor.
stage() {
	local group
	while read -r group; do
		pgrep -x -g "$group" "$2" && return
	done <"$BOOTH_RUN/rooms/$1/run.groups"
	return 1
}
supervisor() {
	cat "$BOOTH_RUN/rooms/$1/run.pid"
}
keeper() { # the process that holds the speaker's lock
	find /proc/[0-9]*/fd -lname "$BOOTH_RUN/rooms/$1/speaker.lock" 2>/dev/null |
		sed 's|/proc/\([0-9]*\)/.*|\1|' | head -n 1
}
websocketd() {
	pgrep -P "$server" -x websocketd
}
front() { # PROGRAM ROOM: what websocketd runs for it
	local pid
	for pid in $(pgrep -P "$(websocketd)" -x "$1"); do
		! tr '\0' '\n' <"/proc/$pid/environ" | grep -q "^QUERY_STRING=.*room=$2\b" || echo "$pid"
	done
}

# --- what comes ---------------------------------------------------------------
said() { # ROOM: words of the archive, one a line, as they come
	jq -Rr 'fromjson? | select(.type=="transcript" and .final) | .text' \
		"$tmp/archive/$1.jsonl" 2>/dev/null | grep -o 'w[0-9]*' | sed 's/w0*//'
}
heard_of() { # ROOM: ids of the voices that came to their end on its phone
	grep -o '"type":"audio".*"last":true' "$tmp/$1.phone" | grep -o '"id":"[^"]*"'
}
# again ROOM WORD FILE: a caption with a word behind that one, and a voice that was
# not in FILE.
again() {
	tail -c 100000 "$tmp/$1.phone" | grep '"type":"translation"' |
		grep -o 'w[0-9]\{4\}' | tail -n 1 | sed 's/w0*//' |
		awk -v w="$2" '$1 > w { n = 1 } END { exit !n }' &&
		heard_of "$1" | grep -qvxF -f "$3"
}
# The words that are known at a kill, and whether those around it may be lost.
: >"$tmp/deaf"
# strike ROOM WHAT PID...: kill, and remember what there was.
strike() {
	local r=$1 what=$2 word
	shift 2
	[ $# -ge 1 ] || [ "$what" = websocketd ] || fail "no $what in $r"
	word=$(said "$r" | tail -n 1)
	heard_of "$r" >"$tmp/$r.heard"
	[ $# -eq 0 ] || kill -9 "$@" || fail "$what of $r is gone"
	echo "${word:-0}" >"$tmp/$r.word"
	case $what in
	capture | transcribe | keeper | send) echo "$r ${word:-0} $what" >>"$tmp/deaf" ;;
	esac
	echo "killed $what of $r after w${word:-0}"
}
# recovered ROOM...: what is said now is read and heard.
recovered() {
	local r
	for r; do
		# Spoken after the kill for certain: two sentences on.
		wait_for "captions and voices in $r after $(tail -n 1 "$tmp/deaf")" \
			again "$r" $(($(cat "$tmp/$r.word") + 8)) "$tmp/$r.heard"
	done
}
for r in $rooms; do
	echo none >"$tmp/$r.heard"
	echo 0 >"$tmp/$r.word"
done
recovered near far tape

# --- one after the other ----------------------------------------------------------
# shellcheck disable=SC2046 # processes, as words
{
	strike near interject $(stage near interject)
	strike far synth $(stage far synth)
	strike tape capture $(stage tape capture)
	recovered near far tape
	strike near translate $(stage near translate)
	strike far broadcast $(stage far broadcast)
	strike tape transcribe $(stage tape transcribe)
	recovered near far tape
	strike near transcribe $(stage near transcribe)
	strike far speak $(front speak far)
	strike tape supervisor "$(supervisor tape)"
	recovered near far tape # the pipelines go on without it
	run_room tape
	strike near listen $(front listen near)
	strike far keeper $(keeper far)
	strike tape listen $(front listen tape)
	recovered near far tape
	strike near capture $feed
	feed_near 200
	strike far transcribe $(pgrep -P "$(keeper far)" -x transcribe)
	strike tape interject $(stage tape interject)
	recovered near far tape
	strike far send $send
	feed_far
	strike near supervisor "$(supervisor near)"
	run_room near
	recovered near far tape
	strike near websocketd $(websocketd)
	strike tape websocketd
	strike far websocketd
}
wait $server || :
rm "$tmp/url"
serve "$port"
recovered near far tape

# --- the reckoning -----------------------------------------------------------------
# No more is said; what is on its way comes to its end.
kill "$feed" "$mixer" || fail 'the sound ended by itself'
kill "$send" || fail 'send ended by itself'
wait_for 'end of the remote talk' sh -c "[ ! -e '$BOOTH_RUN/rooms/far/speak.sock' ]"
for r in $rooms; do "$room" stop "$r" 2>>"$tmp/stop.err" || fail "stop $r"; done

# Each final of the archive is on the phone, once, in order, and nothing else; a
# recording may have begun to speak before translate knew of the phone.
finals_of() {
	jq -r 'select(.type=="transcript" and .final) | .id' "$tmp/archive/$1.jsonl"
}
captions_of() {
	jq -Rr 'fromjson? | select(.type=="translation" and .error==null) | .id' "$tmp/$1.phone"
}
due_of() {
	jq -rs --arg first "$(captions_of "$1" | head -n 1)" '
		map(select(.stage=="translate" and .state=="wanted"))[0].at_ms as $wanted |
		map(select(.type=="transcript" and .final)) |
		(map(.id == $first) | index(true)) as $n | to_entries[] |
		select(.key >= ($n // 0) or .value.final_at_ms >= $wanted) | .value.id' \
		"$tmp/archive/$1.jsonl"
}
has_all() {
	[ "$(due_of "$1")" = "$(captions_of "$1")" ]
}
for r in $rooms; do
	[ "$(finals_of "$r" | wc -l)" -ge 10 ] || fail "hardly a word in $r"
	wait_for "all captions of $r: $(diff <(due_of "$r") <(captions_of "$r") | head -n 20)" has_all "$r"
	[ -z "$(finals_of "$r" | sort | uniq -d)" ] || fail "a final twice in the archive of $r"
done

# Words: each once.  What is missing was being said when a program that hears was
# killed.  A new keeper may begin before the command of the killed one has told
# its last words: some stand behind what was said after them.
for r in $rooms; do
	said "$r" >"$tmp/$r.words"
	sort -n -u "$tmp/$r.words" >"$tmp/$r.once"
	again=$(sort -n "$tmp/$r.words" | uniq -d)
	[ -z "$again" ] || fail "words of $r twice: $again"
	[ "$r" = far ] || cmp "$tmp/$r.words" "$tmp/$r.once" ||
		fail "words of $r out of order"
	grep "^$r " "$tmp/deaf" | awk -v words="$tmp/$r.once" -v r="$r" '
		{ at[NR] = $2; what[NR] = $3 }
		END {
			while ((getline w < words) > 0) {
				if (w != last + 1) {
					# The nearest kill before it.
					k = 0
					for (i = 1; i <= NR; i++)
						if (at[i] <= last + 8) k = i
					if (k == 0 || used[k]++ || r == "tape") {
						printf "w%d after w%d, without a cause\n", w, last
						exit 1
					}
					printf "%s of %s: %d words lost\n", what[k], r, w - last - 1
					# What its pipe holds stays there.
					if (what[k] == "send" && w - last - 1 > 8) {
						print "too many"
						exit 1
					}
				}
				last = w
			}
			print r ": " last " words"
		}' || fail "words of $r"
done
