#!/bin/bash
# scripts/room as an operator uses it: wrong calls and configurations, each told
# with file, line and a way out; start, stop, restart, status, list, talk, say,
# retract, pause, resume; writers of the FIFO `pcm` that come and go; a
# configuration that changes between talks; a killed supervisor, whose orphans
# end; and two rooms side by side, of which one is killed, flooded and out of disk
# while the other goes on undisturbed.
# shellcheck disable=SC2016 # what is in single quotes stays so
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common
BIN=$(cd "${BIN:-bin}" && pwd)
B=$(cd "${B:-build}" && pwd)
command -v jq >/dev/null || { echo 'SKIP: jq is not installed'; exit 77; }
mkdir "$tmp/site" "$tmp/conf"
cp -R scripts "$tmp/site/"
ln -s "$BIN" "$tmp/site/bin"
room=$tmp/site/scripts/room
engine=$B/fake/faults_engine
export HOME=$tmp BOOTH_ROOMS=$tmp/conf AWS_EC2_METADATA_DISABLED=true
unset XDG_STATE_HOME BOOTH_JWT_SECRET BOOTH_LISTENER_TOKEN BOOTH_SPEAKER_TOKEN \
	http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY

# shellcheck disable=SC2317 # called by the trap
end_all() {
	local r
	exec 2>/dev/null
	for r in one two; do
		kill -TERM "$(cat "$BOOTH_RUN/rooms/$r/run.pid")" || :
		flock -w 20 "$BOOTH_RUN/rooms/$r/run.lock" true || :
	done
	cleanup
}
trap end_all EXIT

# is STATUS WORDS ARG...: how room ends, and what it says.
is() {
	local want=$1 words=$2 got=0
	shift 2
	"$room" "$@" >"$tmp/r.out" 2>"$tmp/r.err" </dev/null || got=$?
	[ $got = "$want" ] || fail "room $*: $got, not $want"
	[ -z "$words" ] || grep -qF -- "$words" "$tmp/r.err" || fail "room $*: no '$words'"
}
conf() { # ROOM LINE...
	local name=$1
	shift
	printf '%s\n' "$@" >"$tmp/conf/$name.conf"
}

# --- wrong calls ----------------------------------------------------------------
is 0 '' -h
is 64 "what is 'frobnicate'" frobnicate
is 64 'which room' start
for name in '' ../one .. one/two ONE 'o n' -x "$(printf 'a%.0s' {1..33})" $'one\n' 'é' '%2e'; do
	is 64 'room' start "$name"
	is 64 'room' say "$name" x
done
[ ! -e "$BOOTH_RUN/rooms" ] || fail 'a wrong name made a folder'
is 66 "there is no '$tmp/conf/one.conf'" start one
is 66 'does not run' stop one
is 66 "'room start one' starts it" say one x
is 66 '' talk one -l it-IT
is 66 'there is no room' pause one
# --- wrong configurations: file, line, what would be right -----------------------
wrong() { # WORDS LINE...
	local words=$1
	shift
	conf one '# a comment' 'language = en-US' "$@"
	is 78 "$tmp/conf/one.conf, line 3: $words" run one
}
wrong 'not '\''key = value'\' 'language: it-IT'
wrong "no key is called 'langauge'" 'langauge = it-IT'
wrong "'language' is there twice" 'language = it-IT'
wrong 'source is device' 'source = the mixer'
wrong 'max_usd is a number of dollars' 'max_usd = 20 dollars'
wrong 'max_usd is a number of dollars, from 0.01' 'max_usd = 0.009'
wrong 'channel is a channel' 'channel = left'
wrong 'targets is wanted, or languages' 'targets = spanish please'
wrong 'engine is' 'engine = best'
wrong 'encoding is pcm' 'encoding = mp3'
wrong 'voices is' 'voices = Lucia'
wrong "cannot read '$tmp/none'" "glossary = $tmp/none"
wrong 'there is no folder' "archive = $tmp/none/x.jsonl"
conf one 'language = 12'
is 78 "one.conf, line 1: '12' is no language" run one
conf one 'source = fifo'
is 78 'no language' run one
conf one 'language = en-US' "source = file:$tmp/none.wav"
is 66 "one.conf, line 2: cannot read '$tmp/none.wav'" run one
# It is read, never run.
conf one "language = \$(touch $tmp/was-run)" "source = \`touch $tmp/was-run\`"
is 78 'is no language' run one
[ ! -e "$tmp/was-run" ] || fail 'a configuration was run'

# --- two rooms -----------------------------------------------------------------
"$BIN/localaws" --dir "$tmp/aws" --asr "'$engine' asr" --mt "'$engine' mt" \
	--tts "'$engine' tts" >"$tmp/aws.out" 2>"$tmp/aws.err" &
started $!
wait_for localaws has "$tmp/aws.out" '"ready"'
# shellcheck source=/dev/null # written by localaws
. "$tmp/aws/env"
for r in one two; do
	conf $r "title = Hall \"$r\" & \$co" 'language = en-US' 'source = fifo' \
		'targets = es-ES' "archive = $tmp/$r.jsonl"
done
# As an editor of another system leaves it.
printf '\xef\xbb\xbf%s' "$(sed 's/$/\r/' "$tmp/conf/one.conf")" >"$tmp/conf/one.new"
mv "$tmp/conf/one.new" "$tmp/conf/one.conf"
export BOOTH_OPERATOR_TOKEN=the-operators-word
# Two at once: one begins, the other finds it running.
"$room" start one 2>"$tmp/race.err" </dev/null &
race=$!
got=0
"$room" start one 2>"$tmp/r.err" </dev/null || got=$?
status=0
wait $race || status=$?
[ $((got + status)) = 75 ] || fail "two starts: $got and $status"
grep -q 'runs already' "$tmp/r.err" "$tmp/race.err" || fail 'not said to the second'
"$room" status --json one | jq -e '.pid > 1 and .trouble == []' >/dev/null || fail 'no process after two starts'
is 0 '' start two
is 75 'runs already' start one
is 75 'runs already' run one
[ "$("$room" list | tr '\n' ' ')" = 'one two ' ] || fail "list: $("$room" list)"
"$room" status --json >"$tmp/status.out"
jq -es 'map([.room, .running, .paused, .talk.language, .talk.source, .about.title]) ==
	[["one",true,null,"en-US","fifo","Hall \"one\" & $co"],["two",true,null,"en-US","fifo","Hall \"two\" & $co"]]' \
	"$tmp/status.out" >/dev/null || fail "status: $(cat "$tmp/status.out")"
# Nobody below has a token.
supervisor() { cat "$BOOTH_RUN/rooms/$1/run.pid"; }
stage() { # ROOM NAME
	local group
	while read -r group; do
		pgrep -x -g "$group" "$2" && return
	done <"$BOOTH_RUN/rooms/$1/run.groups"
	return 1
}
for name in interject transcribe translate synth broadcast; do
	! tr '\0' '\n' <"/proc/$(stage one $name)/environ" | grep -q 'TOKEN=the-op' || fail "$name has a token"
done
unset BOOTH_OPERATOR_TOKEN

# said ROOM FILTER: true of some line of its archive.
said() { any "$tmp/$1.jsonl" "$2"; }
# hears ROOM WORD: it is recognised and translated.
hears() {
	wait_for "$2 in $1" said "$1" ".type==\"translation\" and (.text | test(\"$2\"))"
}
pcm() { # ROOM FROM TO
	"$engine" audio "$2" "$3" 4 >"$BOOTH_RUN/rooms/$1/pcm"
}
for i in 1 2 3; do # writers that come and go
	pcm one "$i" "$i"
	hears one "w000$i"
done
pcm two 1 4
hears two w0004

# --- an operator's lines -----------------------------------------------------------
is 0 '' say one "It's \"lunch\" <b>now</b>; \$(id)"
wait_for 'the line' said one '.type=="transcript" and .said_by=="operator" and .text=="It'\''s \"lunch\" <b>now</b>; $(id)"'
printf 'from stdin\n\n  \nand more' | "$room" say one -
wait_for 'lines of stdin' said one '.text=="and more"'
is 64 'say what' say one '   '
is 65 'up to 4095 bytes' say one "$(head -c 5000 /dev/zero | tr '\0' x)"
is 0 '' retract one
wait_for 'the retraction' jq -es '[.[] | select(.text=="and more" and .type=="transcript") | .id][0] as $id |
	any(.[]; .type=="retraction" and .id==$id)' "$tmp/one.jsonl"
# interject is killed: a line that is said meanwhile waits for the next one.
kill -9 "$(stage one interject)"
is 0 '' say one -- 'in the meantime'
wait_for 'the line of the meantime' said one '.text=="in the meantime"'
is 0 '' pause one $'coffee\033[31m\nbreak'
[ "$("$room" status one | tr -d '\t -~' | tr -d '\n')" = '' ] || fail 'a control character on the terminal'
"$room" status one | grep -q 'paused: coffee \[31m break' || fail "status: $("$room" status one)"
printf 'by\033]0;evil\007 hand' >"$BOOTH_RUN/rooms/one/paused"
[ "$("$room" status one | tr -d '\t -~' | tr -d '\n')" = '' ] || fail 'a control character on the terminal'
: >"$BOOTH_RUN/rooms/one/paused"
"$room" status --json one | jq -e '.paused == ""' >/dev/null || fail 'an empty pause'
is 0 '' resume one
is 0 '' resume one

# --- the next talk -------------------------------------------------------------------
is 64 'is no language' talk one -l '1'
is 64 'source is device' talk one -s nonsense
is 66 'cannot read' talk one -s "file:$tmp/none.wav"
is 64 'needs a value' talk one -l
is 64 "what is '--frob'" talk one --frob x
before=$(stage one broadcast)
is 0 '' talk one -l it-IT
wait_for 'the end of the talk before' said one '.stage=="transcribe" and .state=="ended"'
pcm one 11 14 # it waits in the FIFO, should the new one not be there yet
hears one w0014
said one '.stage=="transcribe" and .state=="ready" and .lang=="it-IT"' || fail 'no Italian'
is 0 '' say one 'Buongiorno'
wait_for 'a line in the language of the talk' said one '.text=="Buongiorno" and .lang=="it-IT"'
[ "$(stage one broadcast)" = "$before" ] || fail 'a new talk restarted the tail'
# A configuration that is broken meanwhile harms nothing that runs.
conf one 'language = nonsense nonsense'
"$room" talk one -l en-US 2>/dev/null || :
pcm one 21 24
hears one w0024
conf one 'language = en-US' 'source = fifo' 'targets = es-ES' "archive = $tmp/one.jsonl" 'title = Hall 1'
# What was changed in it counts from the next restart on.
is 0 '' restart one
"$room" status --json one | jq -e '.about.title == "Hall 1" and .talk.language == "en-US"' >/dev/null ||
	fail "after restart: $("$room" status --json one)"

# --- a supervisor that is killed, and one room beside another ------------------------
stages() {
	local s
	for s in interject transcribe translate synth broadcast; do stage "$1" $s; done
}
orphans=$(stages one)
# Killed between making its pipelines and writing down which they are.
: >"$BOOTH_RUN/rooms/one/run.groups"
two=$(stages two)
kill -9 "$(supervisor one)"
"$room" status one | grep -q 'does not run' || fail 'a killed one runs'
is 66 'starts it' say one x
is 0 '' start one
for pid in $orphans; do
	! kill -0 "$pid" 2>/dev/null || grep -q '^State:.Z' "/proc/$pid/status" || fail "orphan $pid lives: $(ps -o args= -p "$pid")"
done
# What died, and why, stands in the status.
kill -9 "$(stage one transcribe)"
in_trouble() { "$room" status one | grep -q 'trouble: transcribe was killed by SIGKILL, [0-9]* s ago'; }
wait_for 'trouble in the status' in_trouble
wait_for 'transcribe again' stage one transcribe
# It is on the air when `start` says so: no run before it is taken for it.
[ -n "$(stage one broadcast)" ] || fail 'start was back too early'
pcm one 31 34
hears one w0034
# All of it killed, twice; the other one's processes are the same ones.
# shellcheck disable=SC2046 # processes, as words
kill -9 $(supervisor one) $(stages one) 2>/dev/null || :
is 0 '' start one
pcm one 41 44
hears one w0044
# A flood into the operator's FIFO, and a disk that is full.
kill -TERM "$(supervisor one)"
wait_for 'end of one' flock -n "$BOOTH_RUN/rooms/one/run.lock" true
conf one 'language = en-US' 'source = fifo' 'targets = es-ES' 'archive = /dev/full'
is 0 '' start one
[ -p "$BOOTH_RUN/rooms/one/say" ] || fail 'it is said to be on the air, but takes no lines'
yes 'flood flood flood flood flood' >"$BOOTH_RUN/rooms/one/say" 2>/dev/null &
started $!
pcm two 51 54
hears two w0054
heard_in_one() {
	"$BIN/listen" -q -r one -l es-ES --since 0 --once </dev/null >"$tmp/one.heard" && has "$tmp/one.heard" "$1"
}
wait_for 'captions of one, with its disk full' heard_in_one flood
grep -q "No space left" "$tmp/.local/state/pipebooth/one.log" || fail 'a full disk is not told'
# shellcheck disable=SC2086 # processes, as words
kill -0 $two || fail "a process of two died: $(tail -n 20 "$tmp/.local/state/pipebooth/two.log")"
[ "$(grep -c 'started again' "$tmp/.local/state/pipebooth/two.log")" = 0 ] || fail 'two was started again'
kill -9 $! 2>/dev/null || :
is 0 '' stop one
is 0 '' stop two
"$room" status | grep -c 'does not run' | grep -qx 2 || fail "$("$room" status)"
[ "$(grep -c 'w0001\b' <(jq -r 'select(.type=="transcript" and .final) | .text' "$tmp/two.jsonl"))" = 1 ] ||
	fail 'a word of two twice'
! grep -q $'\033' "$tmp"/.local/state/pipebooth/*.log || fail 'an escape sequence in a log'
