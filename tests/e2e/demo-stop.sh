#!/bin/bash
# scripts/demo at a terminal: the page that it prints answers, captions come,
# nothing else is said; Ctrl-C ends the sound and, when what was said is voiced,
# everything; a second one ends everything at once.  No process and no file of it
# is left.
set -eu
. tests/e2e/pipeline.inc
for program in websocketd curl script; do
	command -v $program >/dev/null || skip "$program is not installed"
done
# How a demo that was ended by Ctrl-C says so, in script(1)'s way and the shell's.
interrupted=130

# demo: start it, at a terminal that we type into by descriptor 5.
start_demo() {
	rm -rf "$tmp/keys" "$tmp/screen"
	mkfifo "$tmp/keys"
	env --default-signal=INT TMPDIR="$tmp/t" SHELL=/bin/bash script -qefc \
		"'$tmp/site/scripts/demo' '$clip'" "$tmp/screen" <"$tmp/keys" >"$tmp/terminal" 2>&1 &
	demo=$!
	started+=("$demo")
	exec 5>"$tmp/keys"
	until_true 'the demo prints its page' seen '^demo: open http'
	until_true 'captions come' seen '^  es-ES  ..*'
	url=$(seen '^demo: open http' | grep -o 'http[^ ]*')
	# Whoever has the demo's folder in its environment is the demo's.
	work=$(echo "$tmp"/t/*/run)
	all=$(grep -lzF "BOOTH_RUN=$work" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3)
}
# The screen, less what script(1) itself writes there.
seen() { # PATTERN
	tr -d '\r' <"$tmp/screen" | grep -v '^Script ' | grep -E -- "$1"
}
nothing_left() {
	exec 5>&-
	# shellcheck disable=SC2086 # a list of pids
	until_true 'all processes are gone' none_running $all
	[ -z "$(ls -A "$tmp/t")" ] || fail "files are left: $(ls "$tmp/t")"
	! curl -s --max-time 5 "$url" >"$tmp/page" || fail 'the page is still served'
}

start_demo
curl -sf "$url" >"$tmp/page" || fail "no page at $url"
[ "$(echo "$all" | wc -l)" -ge 10 ] || fail "only these processes: $all"
heard=$(seen '^  es-ES' | wc -l)
printf '\003' >&5
ended "$demo" $interrupted 'Ctrl-C'
seen '^demo: stopping when what was said is voiced' >"$tmp/said" || fail 'it does not say what it does'
nothing_left
[ "$(seen '^  en-US' | wc -l)" -eq "$(seen '^  es-ES' | wc -l)" ] || fail 'what was said is not finished'
[ "$(seen '^  es-ES' | wc -l)" -ge "$heard" ] || fail 'captions are lost'
# Tidy: the page, captions, and that it stops; nothing of the stages.
seen . | grep -vE '^(demo: (open|stopping)|  (en-US|es-ES)  |\^C$)' >"$tmp/more" &&
	fail "it also says: $(cat "$tmp/more")"

start_demo
# The voice hangs, so that the first Ctrl-C alone would not do.
for pid in $all; do
	[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != synth ] || kill -STOP "$pid"
done
printf '\003' >&5
until_true 'it stops' seen '^demo: stopping'
running "$demo" || fail 'it did not wait for the voice'
printf '\003' >&5
ended "$demo" $interrupted 'Ctrl-C twice'
nothing_left
