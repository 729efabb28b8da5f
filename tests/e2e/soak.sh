#!/bin/bash
# A long talk, faster than it was spoken: the whole room (recognised, translated
# into four languages, voiced, broadcast, with an operator's door and listeners)
# keeps no more memory at the end than when it was warm, and no word is missing.
#
#	SOAK_S=40     so long, in seconds; 600 for the long run
#	SOAK_SPEED=24 seconds of talk in each; 6 makes an hour of ten minutes
#	SOAK_KEEP=DIR keep samples.tsv (time, sentences, stage, kB) and the archive
#
# What is measured of a stage is its own memory (Pss_Anon), some 40 times.  From
# the first fifth on the talk is cut into eight windows: a buffer that was once
# longer than before makes one step, a leak makes each.  The median of the steps
# is held against 150 bytes a sentence, less than the shortest line takes.
set -eu
# shellcheck source=tests/e2e/faults.inc
. tests/e2e/faults.inc
seconds=${SOAK_S:-40}
speed=${SOAK_SPEED:-24}
languages='de-DE es-ES fr-FR it-IT'
each=12 # words of a sentence: 1.5 s with its pause
sentences=$((seconds * speed * 2 / 3))
[ $((sentences * each)) -le 28671 ] || sentences=$((28671 / each))
begin
: >"$tmp/soak.faults"
stand_in soak
export BOOTH_RUN=$tmp/run
unset BOOTH_SPEAKER_TOKEN BOOTH_LISTENER_TOKEN BOOTH_OPERATOR_TOKEN BOOTH_JWT_SECRET
"$engine" audio 1 $((sentences * each)) $each >"$tmp/talk.raw"

# The talk at its pace: a tenth of a second of it at a time, by the clock; it
# never runs ahead, and catches up when the machine was busy.
mkfifo "$tmp/never"
exec 8<>"$tmp/never"
pace() {
	local bytes=$((3200 * speed)) begun=${EPOCHREALTIME/./} now n=0
	while dd bs=$bytes count=1 iflag=fullblock status=none | tee "$tmp/piece" |
		[ "$(wc -c)" -gt 0 ]; do
		cat "$tmp/piece"
		n=$((n + 1))
		now=${EPOCHREALTIME/./}
		while [ $((now - begun)) -lt $((n * 100000)) ]; do
			read -rt 0.01 -u 8 || :
			now=${EPOCHREALTIME/./}
		done
	done <"$tmp/talk.raw"
}

declare -A pid
stage() { # NAME IN OUT COMMAND...
	local name=$1 in=$2 out=$3
	shift 3
	"$@" <"$in" >"$out" 2>"$tmp/$name.err" 8>&- &
	pid[$name]=$!
	cases="${cases:-} $!"
}
for f in pcm heard said read spoken; do mkfifo "$tmp/$f"; done
stage transcribe "$tmp/pcm" "$tmp/heard" "$BIN/transcribe" -q -l en-US --pace fast
stage interject "$tmp/heard" "$tmp/said" "$BIN/interject" -q -r main
stage translate "$tmp/said" "$tmp/read" "$BIN/translate" -q -t "${languages// /,}"
stage synth "$tmp/read" "$tmp/spoken" "$BIN/synth" -q --pace fast \
	-t "${languages// /,}" --encoding pcm,opus --streams 8 --streams-per-s 1000
stage broadcast "$tmp/spoken" /dev/null "$BIN/broadcast" -q -r main \
	--archive "$tmp/archive.jsonl" --metrics "$tmp/metrics"
pace >"$tmp/pcm" &
cases="$cases $!"
wait_for 60 test -e "$BOOTH_RUN/rooms/main/room.json"
stage listen-text "$tmp/never" "$tmp/text.jsonl" "$BIN/listen" -q -r main -l es-ES
stage listen-pcm "$tmp/never" /dev/null "$BIN/listen" -q -r main -l de-DE --audio pcm
stage listen-opus "$tmp/never" /dev/null "$BIN/listen" -q -r main -l fr-FR --audio opus
stage operate "$tmp/never" /dev/null "$BIN/operate" -q
pid[localaws]=$(cat "$tmp/soak.pid")

heard() {
	grep -c '"type":"transcript".*"final":true' "$tmp/archive.jsonl" || :
}
sample() {
	local at=$1 n stage kb all
	n=$(heard)
	for stage in "${!pid[@]}"; do
		read -r all kb <<<"$(awk '/^Pss:/{all=$2} /^Pss_Anon:/{print all, $2}' \
			"/proc/${pid[$stage]}/smaps_rollup" 2>/dev/null)" || :
		[ -z "$kb" ] || printf '%s\t%s\t%s\t%s\t%s\n' "$at" "$n" "$stage" "$kb" "$all"
	done >>"$tmp/samples.tsv"
}
begun=$SECONDS
every=$((seconds > 40 ? seconds / 40 : 1))
next=$every
while kill -0 "${pid[transcribe]}" 2>/dev/null; do
	read -rt 0.2 -u 8 || :
	[ $((SECONDS - begun)) -ge $next ] || continue
	next=$((next + every))
	sample $((SECONDS - begun))
done
took=$((SECONDS - begun))
for name in transcribe interject translate synth broadcast; do
	wait "${pid[$name]}" || fail "$name ended with $?: $(tail -n 3 "$tmp/$name.err")"
done
# Captions are never skipped, whatever becomes of the sound.
read_all() {
	[ "$(grep -c '"type":"translation"' "$tmp/text.jsonl")" -eq "$sentences" ]
}
wait_for 20 read_all
for name in listen-text listen-pcm listen-opus operate; do
	kill "${pid[$name]}"
	wait "${pid[$name]}" || :
done
cases=
stop_stand_in soak
if [ -n "${SOAK_KEEP:-}" ]; then
	mkdir -p "$SOAK_KEEP"
	cp "$tmp/samples.tsv" "$tmp/archive.jsonl" "$SOAK_KEEP"
fi

# Every word came, once and in order; every sentence in every language, read and
# spoken to its end, in both encodings.
seq -f 'w%04g' 1 $((sentences * each)) >"$tmp/words"
jq -r 'select(.type=="transcript" and .final) | .text' "$tmp/archive.jsonl" |
	tr ' ' '\n' | cmp - "$tmp/words" || fail "words are missing"
for lang in $languages; do
	jq -r --arg l "$lang" 'select(.type=="translation" and .lang==$l and .error==null) | .text' \
		"$tmp/archive.jsonl" | sed 's/^\[[^]]*\] //' | tr ' ' '\n' | cmp - "$tmp/words" ||
		fail "$lang: words are missing"
	for encoding in pcm_s16le opus; do
		n=$(jq -r --arg l "$lang" --arg e $encoding 'select(.type=="audio" and
			.lang==$l and .encoding==$e and .last and .error==null) | .id' \
			"$tmp/archive.jsonl" | sort -u | wc -l)
		[ "$n" -eq "$sentences" ] || fail "$lang, $encoding: $n of $sentences sentences are spoken"
	done
done

echo "$sentences sentences, $((sentences * 3 / 2)) s of talk in $took s"
awk -F '\t' -v all="$sentences" -v windows=8 '
	function median(a, n, i, j, t) {
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && a[j - 1] > a[j]; j--) {
				t = a[j]; a[j] = a[j - 1]; a[j - 1] = t
			}
		return a[int((n + 1) / 2)]
	}
	{
		names[$3]
		last[$3] = $4
		if ($5 > 0) pss[$3] = $5
		w = int(($2 / all - 0.2) / 0.8 * windows)
		if ($2 >= all * 0.2 && w < windows) kb[$3, w, ++n[$3, w]] = $4
	}
	END {
		printf "%-12s %8s %8s %8s %8s %8s %14s\n", "stage", "PSS kB",
			"own kB", "warm", "end", "grown", "B a sentence"
		for (s in names) {
			few = 0
			for (w = 0; w < windows; w++) {
				if (n[s, w] == 0) few = 1
				for (i = 1; i <= n[s, w]; i++) a[i] = kb[s, w, i]
				level[w] = median(a, n[s, w])
				if (w > 0) d[w] = level[w] - level[w - 1]
			}
			grown = level[windows - 1] - level[0]
			per = median(d, windows - 1) * 1024 / (all * 0.8 / windows)
			verdict = ""
			if (few) verdict = " too few samples"
			else if (s != "localaws" && per > 150) verdict = " GROWS"
			if (verdict != "") bad = 1
			printf "%-12s %8d %8d %8d %8d %8d %14.1f%s\n", s, pss[s], last[s],
				level[0], level[windows - 1], grown, per, verdict
		}
		exit bad
	}' "$tmp/samples.tsv" || fail "memory grows"
