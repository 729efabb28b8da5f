#!/bin/sh
# synth --pcm: the voice as raw PCM in FIFOs, whose readers come, go, return or
# never come, and in a file; with silence in between, and what cannot be.
set -eu
. tests/e2e/service.inc
. tests/e2e/synth.inc

# heard FILE: the numbers that are spoken in it, in order, each once.
heard() {
	od -An -v -t d2 -w2 "$1" | uniq | awk '$1 != 0 { print $1 }' | tr '\n' ' ' |
		sed 's/ $//'
}
sample_count() { # FILE NUMBER
	od -An -v -t d2 -w2 "$1" | awk -v n="$2" '$1 == n' | wc -l
}

# All at once, to a reader, to a file, and to nobody.
serve a </dev/null
for n in 1 2 3; do
	say "$n" es-ES
	say "2$n" it-IT
done >"$tmp/in"
mkfifo "$tmp/es.fifo"
printf 12 >"$tmp/es.raw"
cat "$tmp/es.fifo" >"$tmp/es.heard" &
reader=$!
pids="$pids $reader"
run 0 --pace fast --pcm "es-ES=$tmp/es.fifo" --pcm "es=$tmp/es.raw" \
	--pcm "it-IT=$tmp/it.fifo" --pcm "de-DE=$tmp/de.fifo"
wait "$reader"
same 'heard' "$(heard "$tmp/es.heard")" '1 2 3'
same 'length' "$(wc -c <"$tmp/es.heard")" 28800
tail -c +3 "$tmp/es.raw" >"$tmp/es.appended"
cmp "$tmp/es.appended" "$tmp/es.heard" || fail 'the file has another sound'
[ -p "$tmp/it.fifo" ] || fail 'no FIFO was made'
voiced es-ES '1 2 3'
voiced it-IT '21 22 23'

# In real time: readers come and go, lines go on, nobody hears what was before.
serve b </dev/null
mkfifo "$tmp/in.fifo"
exec 3<>"$tmp/in.fifo"
"$BIN/synth" --pcm "es-ES=$tmp/es.fifo" <"$tmp/in.fifo" >"$tmp/out" 2>"$tmp/err" 3>&- &
tool=$!
pids="$pids $tool"
spoken() { # ID: all its lines have left
	jq -e --arg id "$1" -s 'any(.type=="audio" and .id==$id and .last)' "$tmp/out" >"$tmp/checked"
}
has() { # FILE NUMBER
	[ "$(sample_count "$1" "$2")" -eq 4800 ]
}
say 1 es-ES >&3
wait_for 120 spoken 1
for n in 2 4; do
	: >"$tmp/heard.$n"
	cat "$tmp/es.fifo" >"$tmp/heard.$n" 3>&- &
	reader=$!
	pids="$pids $reader"
	# The reader is let in within a quarter of a second: nothing tells when.
	k=0
	until grep -q . "$tmp/heard.$n"; do
		k=$((k + 1))
		say "77.$k" es-ES >&3
		wait_for 120 spoken "77.$k"
	done
	say "$n" es-ES >&3
	wait_for 120 has "$tmp/heard.$n" "$n"
	kill -9 "$reader"
	wait "$reader" 2>/dev/null || true
	say "$((n + 1))" es-ES >&3
	wait_for 120 spoken "$((n + 1))"
done
same 'the first reader' "$(heard "$tmp/heard.2" | sed 's/77 //g')" 2
same 'the second reader' "$(heard "$tmp/heard.4" | sed 's/77 //g')" 4
# One that is there and never reads holds up nothing, not even the end.
sleep 600 3>&- <>"$tmp/es.fifo" &
pids="$pids $!"
for n in $(seq 10 14); do
	say "$n" es-ES
done >&3
wait_for 120 spoken 14
rm "$tmp/in.fifo"
exec 3>&-
wait "$tool" || fail "status $?"
jq -e . "$tmp/out" >"$tmp/checked" || fail 'lines'

# Silence in between: sound without end, as long as the tool runs.
serve c </dev/null
mkfifo "$tmp/in.fifo"
exec 3<>"$tmp/in.fifo"
: >"$tmp/out"
: >"$tmp/err"
"$BIN/synth" --pcm "es-ES=$tmp/new.fifo" --pcm-silence <"$tmp/in.fifo" \
	>"$tmp/out" 2>"$tmp/err" 3>&- &
tool=$!
pids="$pids $tool"
wait_for 120 test -p "$tmp/new.fifo"
: >"$tmp/heard"
cat "$tmp/new.fifo" >"$tmp/heard" 3>&- &
pids="$pids $!"
quiet() { # SECONDS of silence at the end
	[ "$(wc -c <"$tmp/heard")" -gt $(($1 * 32000)) ] &&
		[ "$(tail -c $(($1 * 32000)) "$tmp/heard" | od -An -v -t d2 -w2 |
			sort -u | tr -d ' ')" = 0 ]
}
wait_for 120 quiet 1
say 5 es-ES >&3
wait_for 120 has "$tmp/heard" 5
wait_for 120 quiet 1
same 'heard' "$(heard "$tmp/heard")" 5
rm "$tmp/in.fifo"
exec 3>&-
wait "$tool" || fail "status $?"

# What cannot be.
run 73 --pcm "es-ES=$tmp"
grep -q "cannot write to '$tmp': Is a directory" "$tmp/err" || fail 'not told'
run 73 --pcm "es-ES=$tmp/no/where"
run 64 --pcm "es-ES=-"
run 64 --pcm "$tmp/es.fifo"
run 64 -t it-IT --pcm "es-ES=$tmp/es.fifo"
run 64 --pcm-silence
