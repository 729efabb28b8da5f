#!/bin/bash
# The systemd units as `make install` leaves them: systemd-analyze finds no fault
# in them, and the programs that they start are there and are the right ones.
set -eu

command -v systemd-analyze >/dev/null || {
	echo 'SKIP: systemd-analyze is not installed'
	exit 77
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
fail() {
	echo "FAIL: $*"
	exit 1
}

make -s install-systemd PREFIX="$tmp/opt" >"$tmp/said" 2>&1 || fail "$(cat "$tmp/said")"
mkdir -p "$tmp/opt/share/pipebooth"
cp -R scripts "$tmp/opt/share/pipebooth"
units=$tmp/opt/lib/systemd/system
! grep -r '@PREFIX@' "$tmp/opt/lib" || fail 'a place was not filled in'
for unit in pipebooth@main.service pipebooth-serve.service; do
	# It is silent where nothing is wrong, and may pass with warnings.
	SYSTEMD_UNIT_PATH=$units: systemd-analyze verify --man=no "$units/$unit" \
		>"$tmp/said" 2>&1 || fail "$unit: $(cat "$tmp/said")"
	! grep -F "$unit" "$tmp/said" || fail "$unit: warnings"
done
for program in $(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$units"/*.service); do
	"$program" -h | grep -q '^usage: ' || fail "$program does not run"
done
