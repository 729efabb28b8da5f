# Sourced by tests/e2e/browser-*.sh, from the top of the tree: what a browser
# test needs, or status 77 and the reason; $log, and fail to show it.
# shellcheck shell=sh

skip() {
	echo "SKIP: $*"
	exit 77
}

# shellcheck disable=SC2317 # called by who sources this
fail() {
	cat "$log"
	exit 1
}

command -v node >/dev/null || skip "node is not installed"
command -v "${CHROMIUM:-chromium}" >/dev/null || skip "chromium is not installed"
command -v websocketd >/dev/null || skip "websocketd is not installed"
command -v setpriv >/dev/null || skip "setpriv is not installed"
command -v jq >/dev/null || skip "jq is not installed"
for module in playwright-core axe-core; do
	[ -d tests/browser/node_modules/$module ] ||
		skip "no $module: run npm ci --prefix tests/browser"
done

tmp=$(mktemp -d)
log=$tmp/log
trap 'rm -rf "$tmp"' EXIT
# Folders of the run (profiles, sites) go below ours.
export TMPDIR="$tmp"
