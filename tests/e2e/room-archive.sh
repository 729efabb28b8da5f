#!/bin/sh
# The archive: every line as it came, whole, appended; a torn last line of a
# crash is closed; a full disk (/dev/full) and a reader of a FIFO that leaves
# and returns cost lines of the archive, never of the room, and are told once;
# --metrics is a file that is always whole.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common

# As it came, and appended to what a crash left.
printf '{"torn":' >"$tmp/a.jsonl"
printf '{ "type":"translation" ,"lang":"es-ES","text":"\\u00e9 %s"}\n{"type":"x","seq":7}' é >"$tmp/in1"
status_is 0 "$BIN/broadcast" -r main --archive "$tmp/a.jsonl" <"$tmp/in1" 2>"$tmp/b.err"
{ printf '{"torn":\n'; cat "$tmp/in1"; echo; } >"$tmp/expected"
cmp "$tmp/expected" "$tmp/a.jsonl" || fail "archive is not what came"

# A disk that is full.
{ caption es-ES 1; caption es-ES 2; caption es-ES 3; } >"$tmp/in2"
status_is 74 "$BIN/broadcast" -r full --archive /dev/full <"$tmp/in2" 2>"$tmp/full.err"
[ "$(grep -c 'No space left.*goes on' "$tmp/full.err")" = 1 ] || fail "not said once"
has "$tmp/full.err" 'missing_lines=3' || fail "lines not counted"
"$BIN/listen" -r full -l es-ES --since 0 --once </dev/null >"$tmp/full.out"
[ "$(grep -c '"type":"translation"' "$tmp/full.out")" = 3 ] || fail "the room lost captions"

# An archive that cannot be opened is refused at once.
status_is 73 "$BIN/broadcast" -r main --archive "$tmp/no/such" </dev/null 2>"$tmp/no.err"
has "$tmp/no.err" "$tmp/no/such" || fail "archive not named"

# One that fails and comes back: the reader of a FIFO.
mkfifo "$tmp/fifo" "$tmp/in"
exec 3<>"$tmp/in" 5<>"$tmp/fifo"
"$BIN/broadcast" -r fifo --archive "$tmp/fifo" --metrics "$tmp/m.prom" \
	<"$tmp/in" 2>"$tmp/fifo.err" 3>&- 5>&- &
broadcast=$!
started $broadcast
"$BIN/listen" -r fifo -l source </dev/null >"$tmp/fifo.out" 3>&- 5>&- &
started $!
wait_for "live" has "$tmp/fifo.out" '"live"'
# All readers must be gone: ours is replaced by nothing.
exec 5>&-
echo '{"type":"n","n":1}' >&3
wait_for "degraded" has "$tmp/fifo.out" '"degraded"'
cat "$tmp/fifo" >"$tmp/fifo.got" 3>&- &
started $!
n=1
until has "$tmp/fifo.out" '"recovered"'; do
	n=$((n + 1))
	[ $n -lt 1500 ] || fail "the archive did not recover"
	echo "{\"type\":\"n\",\"n\":$n}" >&3
	sleep 0.02
done
exec 3>&-
status=0
wait $broadcast || status=$?
[ $status = 74 ] || fail "status $status after a gap"
[ "$(grep -c 'goes on without' "$tmp/fifo.err")" = 1 ] || fail "said more than once"
wait_for "the FIFO's end" has "$tmp/fifo.got" "\"n\":$n}"
missing=$(jq -r 'select(.state == "recovered") | .missing_lines' "$tmp/fifo.out")
[ $((missing + $(grep -c . "$tmp/fifo.got"))) = $n ] || fail "$missing missing is not true"
wait_for "the room's lines" has "$tmp/fifo.out" "\"n\":$n}"
[ "$(grep -c '"type":"n"' "$tmp/fifo.out")" = $n ] || fail "the room lost lines"

has "$tmp/m.prom" "booth_lines_total{room=\"fifo\",type=\"n\",lang=\"\"} $n" || fail "metrics: lines"
has "$tmp/m.prom" "booth_archive_missing_lines_total{room=\"fifo\"} $missing" || fail "metrics: missing"
has "$tmp/m.prom" 'booth_on{room="fifo"} 0' || fail "metrics: on"
# The text format: nothing but comments and samples.
! grep -vE '^(# (HELP|TYPE) booth_|booth_[a-z_]+\{[^}]*\} -?[0-9.e+-]+$)' "$tmp/m.prom" || fail "metrics: format"
