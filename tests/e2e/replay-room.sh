#!/bin/sh
# replay: a recording comes out again, whole and in order, at its pace or fast,
# with the times of now and new names; voices behind captions, as they are
# heard; into a room, again and again, from the middle; with bad lines, a reader
# that leaves, a signal in the middle of an utterance, and wrong calls.
set -eu
: "${BIN:?}"
command -v jq >/dev/null || { echo "jq is not installed"; exit 77; }
tmp=$(mktemp -d)
pids=
cleanup() {
	for p in $pids; do kill -9 "$p" 2>/dev/null || :; done
	wait
	rm -rf "$tmp"
}
trap cleanup EXIT
export BOOTH_RUN="$tmp/run"
fail() {
	echo "FAIL: $*"
	exit 1
}
# run STATUS ARGS...: replay into $tmp/out, stderr in $tmp/err
run() {
	want=$1
	shift
	got=0
	"$BIN/replay" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
	[ "$got" -eq "$want" ] || fail "replay $*: status $got, not $want: $(cat "$tmp/err")"
}
# holds FILE FILTER: what jq says of all lines of FILE
holds() {
	jq -se "$2" "$1" >/dev/null || fail "not so: $2: $(cut -c 1-300 "$1")"
}
# until COMMAND...: wait for it to be true
until_true() {
	n=0
	while ! "$@"; do
		n=$((n + 1))
		[ $n -lt 1200 ] || fail "never: $*"
		sleep 0.05
	done
}
now_ms() { date +%s%3N; }

# Three utterances, 4 s apart, each voiced by 10 pieces of 400 ms in Spanish;
# the second is taken back while it is heard; then a silence of an hour.
sound=$(head -c 12800 /dev/zero | base64 -w 0)
jq -cn --arg sound "$sound" '
def at($ms): 1795239290000 + $ms;
def said($n; $ms): {type: "transcript", id: "u-\($n)", final: true, lang: "en-US",
	text: "Number \($n).", start_ms: ($ms - 900), end_ms: $ms, captured_at_ms: at($ms),
	final_at_ms: at($ms + 100)};
def spanish($n; $ms): {type: "translation", id: "u-\($n)", lang: "es-ES", from: "en-US",
	text: "Número \($n).", source_text: "Number \($n).", error: null, captured_at_ms: at($ms),
	final_at_ms: at($ms + 100), translated_at_ms: at($ms + 150)};
def voice($n; $ms): range(10) | {type: "audio", id: "u-\($n)", lang: "es-ES", voice: "Lucia",
	n: ., last: (. == 9), encoding: "pcm_s16le", rate_hz: 16000, speed: 1.0,
	translated_at_ms: at($ms + 150)} + (if . == 0 then {voiced_at_ms: at($ms + 200)} else {} end) +
	{data: $sound};
{type: "status", stage: "transcribe", state: "ready", lang: "en-US", at_ms: at(0)},
{type: "status", stage: "translate", state: "ready", languages: ["es-ES"], at_ms: at(1)},
said(1; 1000), spanish(1; 1000), voice(1; 1000),
said(2; 5000), spanish(2; 5000), voice(2; 5000),
{type: "retraction", id: "u-2", at_ms: at(6500)},
said(3; 9000), spanish(3; 9000), voice(3; 9000),
{type: "new", keep: [1, {"a": null}]},
{type: "status", stage: "transcribe", state: "ended", at_ms: at(3600000)}' >"$tmp/talk.jsonl"
lines=$(wc -l <"$tmp/talk.jsonl")

# Fast and kept: what was recorded, and one line of our own.
run 0 --pace fast --keep "$tmp/talk.jsonl"
head -n -1 "$tmp/out" | jq -cS . >"$tmp/kept"
jq -cS . "$tmp/talk.jsonl" | cmp - "$tmp/kept" || fail 'fast and kept is not what was recorded'
tail -n 1 "$tmp/out" | jq -e ".stage==\"replay\" and .state==\"ended\" and .lines==$lines" >/dev/null ||
	fail 'no ended line'

# At its pace, hurried: the order of the main line, of each voice, all times of
# now, names new and of one mind.
begin=$(now_ms)
run 0 --speed 40 --max-gap-ms 1000 "$tmp/talk.jsonl"
end=$(now_ms)
holds "$tmp/out" '[.[] | select(.type != "audio") | [.type, .state]] ==
	[["status", "ready"], ["status", "ready"], ["transcript", null], ["translation", null],
	["transcript", null], ["translation", null], ["retraction", null],
	["transcript", null], ["translation", null], ["new", null],
	["status", "ended"], ["status", "ended"]]'
holds "$tmp/out" "[.[] | .at_ms, .final_at_ms, .translated_at_ms, .voiced_at_ms | numbers] |
	all(. >= $begin - 200 and . <= $end + 200)"
holds "$tmp/out" '[.[] | .id | strings] | (unique | length) == 3 and
	(map(startswith("u-")) | any | not)'
# The first and the last voice whole; the second ended by the retraction.
holds "$tmp/out" '[.[] | select(.type == "transcript").id] as $ids | . as $all |
	[0, 2 | $ids[.] as $id | [$all[] | select(.type == "audio" and .id == $id).n]] |
	all(. == [range(10)])'
holds "$tmp/out" '([.[] | .type == "retraction"] | index(true)) as $at | .[$at].id as $id |
	[.[:$at][] | select(.type == "audio" and .id == $id)] as $before |
	[.[$at:][] | select(.type == "audio" and .id == $id)] as $behind |
	($before | length) > 0 and ($before | length) < 10 and ($behind | length) == 0'
# Not all of a voice comes before the next caption, as it was recorded: the rest
# leaves as it is heard.
holds "$tmp/out" '[.[] | select(.type == "audio" or .type == "transcript") | .type] |
	join(" ") | test("transcript( audio)+ transcript")'
run 0 --speed 100 --no-audio --max-gap-ms 100 "$tmp/talk.jsonl"
holds "$tmp/out" 'map(.type == "audio") | any | not'

# A recording that was made in a hurry, all at one time: as it was spoken, each
# utterance at its own time, one talk behind the other, and all times of now.
jq -c 'with_entries(if .key | endswith("at_ms") then .value = 1795239290000 else . end)' \
	"$tmp/talk.jsonl" >"$tmp/hurry.jsonl"
sed 's/"u-/"v-/' "$tmp/hurry.jsonl" | cat "$tmp/hurry.jsonl" - >"$tmp/hurried.jsonl"
begin=$(now_ms)
run 0 --pace talk --speed 40 "$tmp/hurried.jsonl"
end=$(now_ms)
holds "$tmp/out" '[.[] | select(.type == "transcript").text] ==
	[range(2) | "Number 1.", "Number 2.", "Number 3."]'
# 4 s apart at 40 times the speed, the second talk 1 s behind the first.
holds "$tmp/out" '[.[] | select(.type == "transcript").final_at_ms] as $t |
	[range(1; 6) | $t[.] - $t[. - 1] + 0.01] |
	.[0] >= 100 and .[1] >= 100 and .[2] >= 25 and .[3] >= 100 and .[4] >= 100'
holds "$tmp/out" "[.[] | .final_at_ms, .translated_at_ms, .voiced_at_ms | numbers] |
	all(. >= $begin - 200 and . <= $end + 200)"
# What was taken back may be heard in part.
holds "$tmp/out" '[.[] | select(.type == "audio")] | group_by(.id) |
	length >= 4 and all([.[].n] == [range(length)])'

# From the middle: the announcements, then the third utterance.
run 0 --speed 40 --from 7000 --max-gap-ms 1000 "$tmp/talk.jsonl"
holds "$tmp/out" '[.[] | select(.type == "status") | .state] == ["ready", "ready", "ended", "ended"]'
holds "$tmp/out" '[.[] | .text // empty] == ["Number 3.", "Número 3."]'
holds "$tmp/out" '[.[] | select(.type == "audio").n] == [range(10)]'

# From a pipe whose writer takes its time.
mkfifo "$tmp/fifo"
: >"$tmp/out"
"$BIN/replay" --speed 100 <"$tmp/fifo" >"$tmp/out" &
pid=$!
pids=$pid
exec 3>"$tmp/fifo"
sed -n 3p "$tmp/talk.jsonl" >&3
until_true grep -q 'Number 1' "$tmp/out"
sed -n 4p "$tmp/talk.jsonl" >&3
until_true grep -q 'Número 1' "$tmp/out"
exec 3>&-
wait "$pid" || fail 'a pipe that ends'
holds "$tmp/out" '.[-1].state == "ended" and length == 3'

# Into a room, where somebody listens, who is not told what was taken back.
"$BIN/replay" --speed 10 --max-gap-ms 500 "$tmp/talk.jsonl" | "$BIN/broadcast" -q -r main
"$BIN/listen" -r main -l es-ES --since 0 --once </dev/null >"$tmp/heard"
holds "$tmp/heard" '[.[] | select(.type == "translation").text] ==
	["Número 1.", "Número 3."]'

# Again and again, under new names each time, until a signal: a voice that is
# open is closed, and the last line is ours.
: >"$tmp/out"
"$BIN/replay" --speed 10 --max-gap-ms 200 --loop "$tmp/talk.jsonl" >"$tmp/out" &
pid=$!
pids=$pid
fifth() { [ "$(grep -c '"text":"Number 1' "$tmp/out")" -ge 3 ] && tail -n 1 "$tmp/out" | grep -q '"audio"'; }
until_true fifth
kill -TERM "$pid"
wait "$pid" || fail "a signal: status $?"
holds "$tmp/out" '[.[] | select(.text == "Number 1.").id] | length >= 3 and (unique | length) == length'
holds "$tmp/out" '.[-1].state == "ended"'
holds "$tmp/out" '[.[] | select(.type == "retraction").id] as $back |
	[.[] | select(.type == "audio")] | group_by(.id) | map(select(.[0].id | IN($back[]) | not)) |
	all(.[-1].last and ([.[].n] == [range(length)]))'

# A signal while it waits for a pipe.
: >"$tmp/out"
"$BIN/replay" <"$tmp/fifo" >"$tmp/out" &
pid=$!
pids=$pid
exec 3>"$tmp/fifo"
sed -n 1p "$tmp/talk.jsonl" >&3
until_true grep -q ready "$tmp/out"
kill -TERM "$pid"
wait "$pid" || fail "a signal while it waits: status $?"
exec 3>&-
pids=
holds "$tmp/out" '[.[].state] == ["ready", "ended"]'

# A reader that leaves.
got=$( (got=0; "$BIN/replay" --pace fast --loop "$tmp/talk.jsonl" 2>"$tmp/err" || got=$?
	echo $got >"$tmp/status") | head -n 1 >/dev/null; cat "$tmp/status")
[ "$got" -eq 74 ] || fail "a reader that left: $got"
[ ! -s "$tmp/err" ] || fail "said about it: $(cat "$tmp/err")"

# Bad lines, told once, and the rest comes.
{ echo '[1]'; sed -n 3p "$tmp/talk.jsonl"; printf '{"type":'; } >"$tmp/bad.jsonl"
run 65 --speed 100 "$tmp/bad.jsonl"
[ "$(wc -l <"$tmp/err")" -eq 2 ] || fail "complaints: $(cat "$tmp/err")"
holds "$tmp/out" '[.[] | .text // empty] == ["Number 1."]'

# Wrong calls.
: >"$tmp/empty"

run 0 "$tmp/empty"
holds "$tmp/out" 'length == 1'
run 65 --loop "$tmp/empty"
grep -q 'nothing to repeat' "$tmp/err" || fail "empty loop: $(cat "$tmp/err")"
run 66 "$tmp/missing"
run 66 "$tmp"
run 64 --speed 0
run 64 --speed 1e9
run 64 --from -5
run 64 --pace fast --speed 2
run 64 a b
got=0
true | "$BIN/replay" --loop >"$tmp/out" 2>"$tmp/err" || got=$?
[ "$got" -eq 64 ] || fail "a pipe again and again: $got"
got=0
"$BIN/replay" --pace fast "$tmp/talk.jsonl" 2>"$tmp/err" >/dev/full || got=$?
[ "$got" -eq 74 ] || fail "full disk: $got"
