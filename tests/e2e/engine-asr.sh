#!/bin/bash
# localaws-asr on the LibriVox clips of Debian's pocketsphinx-testdata: words
# heard against their transcription, the shape of every line, stream times,
# partials and finals while the input is still open, utterances cut at their
# greatest length, other rates, and how it ends.
# shellcheck disable=SC2015 # fail() does not return
set -eu

asr=$BIN/localaws-asr
clips=/usr/share/pocketsphinx/test/data/librivox
if [ ! -r /usr/share/pocketsphinx/model/en-us/en-us/mdef ]; then
	echo "package pocketsphinx-en-us is not installed"
	exit 77
fi
if [ ! -r $clips/transcription ]; then
	echo "package pocketsphinx-testdata is not installed"
	exit 77
fi

# shellcheck source=tests/e2e/engine.inc
. tests/e2e/engine.inc

# The samples of a clip: these files have the plain header of 44 bytes.
samples() {
	[ "$(head -c 40 "$1" | tail -c 4)" = data ] || fail "$1: odd header"
	tail -c +45 "$1"
}

silence() { # SECONDS
	head -c $(($1 * 32000)) /dev/zero
}

# Words of $1 (a file of text) found in $2, in order: the longest common
# subsequence.  The model writes "mr" for "mister".
matches() {
	awk '
	function words(file, w,    line, n, i, k, part) {
		n = 0
		while ((getline line < file) > 0) {
			line = tolower(line)
			gsub(/[^a-z'"'"' ]/, "", line)
			k = split(line, part, " ")
			for (i = 1; i <= k; i++)
				w[++n] = part[i] == "mister" ? "mr" : part[i]
		}
		return n
	}
	BEGIN {
		n = words(ARGV[1], a); m = words(ARGV[2], b)
		for (i = 1; i <= n; i++)
			for (j = 1; j <= m; j++)
				if (a[i] == b[j]) l[i, j] = l[i-1, j-1] + 1
				else l[i, j] = l[i-1, j] > l[i, j-1] ? l[i-1, j] : l[i, j-1]
		print l[n, m] + 0, n
	}' "$1" "$2"
}

finals() {
	jq -r 'select(.type == "transcript" and .final) | .text' "$1"
}

# What man/localaws-asr.1 says of the lines, as one expression.
check_lines() {
	jq -e -s '
	def ok(what; test): if test then . else error(what) end;
	. as $all
	| ok("no lines"; length > 0)
	| all(.[];
		ok("keys"; .type == "transcript" and .lang == "en-US"
			and (.id | test("^[1-9][0-9]*$")) and (.final | type) == "boolean")
		| ok("text"; (.text | test("^[A-Z]")) and (.text | test("[<\\[(+]") | not))
		| ok("full stop"; .final == (.text | endswith(".")))
		| ok("times"; .start_ms >= 0 and .end_ms > .start_ms)
		| ok("items"; (.items | length) > 0
			and .items[0].start_ms == .start_ms and .items[-1].end_ms == .end_ms)
		| ok("text of items"; .text == ([.items[] | if .punct then .text else " " + .text end]
			| add | ltrimstr(" ")))
		| ok("item times"; all(.items[]; .start_ms <= .end_ms))
		| ok("stable"; all(.items[]; .stable | type == "boolean"))
		| ok("confidence"; .final as $f | all(.items[] | select(.punct | not);
			if $f then .confidence >= 0 and .confidence <= 1
			else has("confidence") | not end)))
	| ok("ids"; [$all[] | select(.final) | .id | tonumber] == [range(1; 1 + ([$all[] | select(.final)] | length))])
	| ok("order of ids"; [$all[].id | tonumber] | . == sort)
	| ok("a partial after its final"; [$all[] | select(.final).id] as $f
		| all(range(0; $all | length); . as $i
			| $all[$i].final or ([$all[:$i][] | select(.final).id] | index($all[$i].id) | not)))
	| ok("a partial said twice"; all(range(1; $all | length); . as $i
		| $all[$i].final or $all[$i - 1].final or $all[$i].text != $all[$i - 1].text))
	| ok("overlap"; [$all[] | select(.final)] as $f
		| all(range(1; $f | length); $f[.].start_ms >= $f[. - 1].end_ms))' "$1" >/dev/null
}

# --- words: at least 6 in 10 over all, 4 in 10 of each clip ------------------
good=0 all=0
: >"$tmp/all.pcm"
: >"$tmp/all.ref"
while read -r name; do
	samples "$clips/$name.wav" >"$tmp/clip.pcm"
	cat "$tmp/clip.pcm" >>"$tmp/all.pcm"
	sed -n "s|<s> \(.*\) </s> ($name)|\1|p" $clips/transcription >"$tmp/ref"
	cat "$tmp/ref" >>"$tmp/all.ref"
	"$asr" <"$tmp/clip.pcm" >"$tmp/lines" 2>"$tmp/err" || fail "$name: status $?"
	[ ! -s "$tmp/err" ] || fail "$name: stderr: $(cat "$tmp/err")"
	check_lines "$tmp/lines" || fail "$name: a line is not as the page says"
	finals "$tmp/lines" >"$tmp/heard"
	read -r hits words <<<"$(matches "$tmp/ref" "$tmp/heard")"
	echo "$name: $hits of $words: $(tr '\n' ' ' <"$tmp/heard")"
	[ $((hits * 10)) -ge $((words * 4)) ] || fail "$name: $hits of $words words"
	good=$((good + hits)) all=$((all + words))
	[ "$(jq -s 'map(select(.final | not)) | length' "$tmp/lines")" -ge 5 ] ||
		fail "$name: fewer than 5 partials"
done <$clips/fileids
[ "$all" -ge 70 ] || fail "only $all words of reference"
[ $((good * 10)) -ge $((all * 6)) ] || fail "$good of $all words"
echo "all clips: $good of $all"

# --- stream time: 3 s of silence in front move all times by 3 s --------------
name=$(head -n 1 $clips/fileids)
samples "$clips/$name.wav" >"$tmp/clip.pcm"
"$asr" <"$tmp/clip.pcm" >"$tmp/lines"
{ silence 3; cat "$tmp/clip.pcm"; } | "$asr" >"$tmp/late"
moved=$(($(jq -s 'map(select(.final))[0].end_ms' "$tmp/late") -
	$(jq -s 'map(select(.final))[0].end_ms' "$tmp/lines")))
[ $moved -ge 2800 ] && [ $moved -le 3200 ] || fail "times moved by $moved ms, not 3000"
bytes=$(($(wc -c <"$tmp/clip.pcm")))
[ "$(jq -s 'map(.end_ms) | max' "$tmp/lines")" -le $((bytes / 32)) ] ||
	fail "a time past the end of the input"

# --- the same whatever the pieces --------------------------------------------
perl -e '$| = 1; while (sysread STDIN, $b, 1 + int rand 999) { syswrite STDOUT, $b }' \
	<"$tmp/clip.pcm" | "$asr" >"$tmp/pieces"
cmp "$tmp/lines" "$tmp/pieces" || fail "other lines from other pieces"

# --- speech right after a final is not lost: the clip twice, 1 s apart -------
{ cat "$tmp/clip.pcm"; silence 1; cat "$tmp/clip.pcm"; } | "$asr" >"$tmp/twice"
check_lines "$tmp/twice" || fail "twice: a line is not as the page says"
[ "$(jq -s 'map(select(.final)) | length' "$tmp/twice")" = 2 ] || fail "twice: not 2 finals"
jq -r 'select(.final and .id == "2") | .text' "$tmp/twice" >"$tmp/heard"
sed -n "s|<s> \(.*\) </s> ($name)|\1|p" $clips/transcription >"$tmp/ref"
read -r hits words <<<"$(matches "$tmp/ref" "$tmp/heard")"
[ $((hits * 10)) -ge $((words * 4)) ] || fail "second time: $hits of $words words"

# --- long utterances are cut between words, and none is lost ------------------
"$asr" --max-utterance-ms 5000 <"$tmp/all.pcm" >"$tmp/cut"
check_lines "$tmp/cut" || fail "cut: a line is not as the page says"
"$asr" <"$tmp/all.pcm" >"$tmp/uncut"
[ "$(jq -s 'map(select(.final)) | length' "$tmp/cut")" -gt \
	"$(jq -s 'map(select(.final)) | length' "$tmp/uncut")" ] || fail "nothing was cut"
[ "$(jq -s 'map(select(.final) | .end_ms - .start_ms) | max' "$tmp/cut")" -le 5500 ] ||
	fail "a final of more than 5.5 s"
finals "$tmp/cut" >"$tmp/heard"
read -r hits words <<<"$(matches "$tmp/all.ref" "$tmp/heard")"
echo "cut: $hits of $words"
[ $((hits * 10)) -ge $((words * 6)) ] || fail "cut: $hits of $words words"

# --- other rates: each sample thrice is 48 kHz -------------------------------
perl -e 'local $/ = \2; while (<STDIN>) { print $_ x 3 }' <"$tmp/clip.pcm" |
	"$asr" --rate 48000 >"$tmp/48"
finals "$tmp/48" >"$tmp/heard"
read -r hits words <<<"$(matches "$tmp/ref" "$tmp/heard")"
[ $((hits * 10)) -ge $((words * 4)) ] || fail "48 kHz: $hits of $words words"

# --- partial while speech goes on, final at the pause: input still open ------
mkfifo "$tmp/in" "$tmp/out"
: >"$tmp/err"
"$asr" <"$tmp/in" >"$tmp/out" 2>"$tmp/err" &
pid=$!
exec 3>"$tmp/in" 4<"$tmp/out"
head -c 96000 "$tmp/clip.pcm" >&3
read -r -t 120 line <&4 || fail "no partial while the input is open"
[ "$(jq .final <<<"$line")" = false ] || fail "the first line is a final"
{ tail -c +96001 "$tmp/clip.pcm"; silence 2; } >&3
while [ "$(jq .final <<<"$line")" = false ]; do
	read -r -t 120 line <&4 || fail "no final at the pause"
done
exec 3>&-
wait "$pid" || fail "status $? at end of input"
pid=
exec 4<&-

# --- SIGTERM in mid-speech: what was heard comes as a final ------------------
: >"$tmp/err"
"$asr" <"$tmp/in" >"$tmp/out" 2>"$tmp/err" &
pid=$!
exec 3>"$tmp/in" 4<"$tmp/out"
head -c 96000 "$tmp/clip.pcm" >&3
read -r -t 120 line <&4 || fail "no partial"
kill -TERM "$pid"
cat <&4 >"$tmp/rest"
[ "$(tail -n 1 "$tmp/rest" | jq .final)" = true ] || fail "no final after SIGTERM"
status=0
wait "$pid" || status=$?
pid=
[ $status = 143 ] || fail "status $status after SIGTERM"
exec 3>&- 4<&-

# --- ends --------------------------------------------------------------------
for input in /dev/null "$tmp/quiet"; do
	silence 5 >"$tmp/quiet"
	"$asr" <"$input" >"$tmp/lines" 2>"$tmp/err" || fail "status $? for $input"
	[ ! -s "$tmp/lines" ] && [ ! -s "$tmp/err" ] || fail "$input said something"
done
# A reader that leaves: quietly, and not at the end of the input only.
set +e
"$asr" <"$tmp/all.pcm" 2>"$tmp/err" | head -n 1 >"$tmp/one"
status=${PIPESTATUS[0]}
set -e
[ "$status" = 0 ] && [ ! -s "$tmp/err" ] || fail "reader left: $status, $(cat "$tmp/err")"

refused() { # STATUS WORD ARGUMENT...
	local want=$1 word=$2 status=0
	shift 2
	"$asr" "$@" </dev/null >"$tmp/lines" 2>"$tmp/err" || status=$?
	[ $status = "$want" ] || fail "$*: status $status, not $want"
	[ "$(wc -l <"$tmp/err")" = 1 ] && grep -q -- "$word" "$tmp/err" ||
		fail "$*: '$(cat "$tmp/err")' is not one line with '$word'"
}
refused 69 pocketsphinx-en-us -l it-IT
refused 69 pocketsphinx-en-us --model "$tmp"
refused 64 --rate --rate 7999
refused 64 file.wav file.wav
