#!/bin/bash
# Every read and write of a tool may be cut short or interrupted (EINTR), and so
# may every wait: what comes out is the same.  A few seeds of the dice in
# tests/nomem; SHORT_SEEDS=N: so many, SHORT_FIRST=N: from there.
set -eu
# shellcheck source=tests/e2e/nomem.inc
. tests/e2e/nomem.inc
first=${SHORT_FIRST:-1}
last=$((first + ${SHORT_SEEDS:-6} - 1))

prepare_jobs
for tool in ${NOMEM_TOOLS:-$nomem_tools}; do
	out=$tmp/$tool.out err=$tmp/$tool.err
	"job_$tool" "$out" "$err" || fail "$tool: $(cat "$err")"
	"essence_$tool" "$out" "$err" >"$tmp/$tool.whole"
	[ -s "$tmp/$tool.whole" ] || fail "$tool: its job gives nothing"
	for seed in $(seq "$first" "$last"); do
		out=$tmp/n/$tool.$seed.out err=$tmp/n/$tool.$seed.err status=0
		NOMEM_SHORT=$seed "job_$tool" "$out" "$err" || status=$?
		[ $status = 0 ] ||
			fail "NOMEM_SHORT=$seed $tool: status $status: $(cat "$err")"
		"essence_$tool" "$out" "$err" | cmp - "$tmp/$tool.whole" ||
			fail "NOMEM_SHORT=$seed $tool: something else comes out: $(cat "$err")"
	done
done
