#!/bin/bash
# Memory is short: the n-th allocation of a tool fails, for every n that a small
# job takes.  The tool then either does its job, or says what is missing and ends
# with a status of sysexits(3); it never crashes, hangs or loses a word in silence.
# Under sanitizers, it leaks nothing either.
#
# NOMEM_TOOLS: only these.  NOMEM_STEP=N: only every N-th allocation (default: 1;
# under sanitizers, where a run takes a tenth of a second, 3).  Of send, where the
# other side must come and go each time, only every third of those.
set -eu
# shellcheck source=tests/e2e/nomem.inc
. tests/e2e/nomem.inc
step=1
case $B in *address*) step=3 ;; esac
step=${NOMEM_STEP:-$step}

# judge TOOL N STATUS OUT ERR: prints what is wrong.
judge() {
	case $3 in
	0) "essence_$1" "$4" "$5" 2>&1 | cmp -s "$tmp/$1.whole" - ||
		echo "$1 $2: words are missing" ;;
	1 | 65 | 69 | 7[0134568]) grep -q memory "$5" ||
		echo "$1 $2: $3 without saying that memory is short: $(cat "$5")" ;;
	124 | 137) echo "$1 $2: hangs" ;;
	*) echo "$1 $2: status $3: $(tail -n 3 "$5")" ;;
	esac
}

attempt() { # TOOL N
	local out=$tmp/n/$1.$2.out err=$tmp/n/$1.$2.err status=0
	NOMEM_AT=$2 "job_$1" "$out" "$err" || status=$?
	judge "$1" "$2" $status "$out" "$err"
	rm -rf "$out" "$err" "$out".*
}

every() { # TOOL: every n
	local step=$step n out=$tmp/$1.out err=$tmp/$1.err count at=$SECONDS
	rm -f "$tmp/count"
	NOMEM_COUNT=$tmp/count "job_$1" "$out" "$err" ||
		fail "$1: without a failure: $(cat "$err")"
	count=$(cat "$tmp/count")
	[ "$count" -gt 10 ] || fail "$1: only $count allocations were counted"
	"essence_$1" "$out" "$err" >"$tmp/$1.whole"
	[ -s "$tmp/$1.whole" ] || fail "$1: its job gives nothing: $(cat "$out" "$err")"
	[ "$1" != send ] || step=$((step * 3))
	n=1
	(while [ $n -le "$count" ]; do
		attempt "$1" $n
		n=$((n + step * 2))
	done) >"$tmp/wrong.0" &
	n=$((1 + step))
	(while [ $n -le "$count" ]; do
		attempt "$1" $n
		n=$((n + step * 2))
	done) >"$tmp/wrong.1"
	wait $!
	sort -k2n "$tmp"/wrong.[01] >>"$tmp/wrong"
	echo "$1: $count allocations, $(cat "$tmp"/wrong.[01] | wc -l) defects, $((SECONDS - at)) s"
}

prepare_jobs
for tool in ${NOMEM_TOOLS:-$nomem_tools}; do
	every "$tool"
done
if [ -s "$tmp/wrong" ]; then
	cat "$tmp/wrong"
	exit 1
fi
