#!/bin/bash
# make install below a DESTDIR: the tools, engines, pages and scripts are where
# they are said to be and run from there with nothing of the checkout in reach;
# a second install leaves nothing of the first; make uninstall leaves no file.
set -eu
. tests/e2e/pipeline.inc
for program in websocketd curl make; do
	command -v $program >/dev/null || skip "$program is not installed"
done

# The build that is being tested.
san=$(basename "$B" | sed -n 's/^build-//p' | tr - ,)
run_make() {
	make -s SAN="$san" B="$B" BIN="${BIN#"$PWD"/}" DESTDIR="$tmp/dest" PREFIX=/opt/booth "$@" >"$tmp/make.err" 2>&1 ||
		fail "make $*"
}
prefix=$tmp/dest/opt/booth
files() {
	find "$tmp/dest" ! -type d | sort
}
run_make install
files >"$tmp/first"
[ -x "$prefix/libexec/pipebooth/localaws-asr" ] || fail 'no engines'
for tool in cmd/*; do
	tool=${tool#cmd/}
	case $tool in
	localaws-*) ;;
	*) [ -x "$prefix/bin/$tool" ] || fail "no $tool" ;;
	esac
	[ -r "$prefix/share/man/man1/$tool.1" ] || fail "no page for $tool"
done
for page in man5/booth-lines.5 man7/pipebooth.7; do
	[ -r "$prefix/share/man/$page" ] || fail "no $page"
done
touch "$prefix/share/pipebooth/scripts/of-an-older-version"
run_make install
files | cmp - "$tmp/first" || fail 'the second install differs'

# As its user has it: a program of /usr/bin or of the installation, or none.  The
# demo runs all of it: localaws and its engines, the pages, the pipeline.
mkdir "$tmp/home"
installed() {
	(cd "$tmp/home" && env -i HOME="$tmp/home" TMPDIR="$tmp/t" PATH="$prefix/bin:/usr/bin:/bin" "$@" </dev/null)
}
cp "$clip" "$tmp/home/a talk.wav"
installed "$prefix/share/pipebooth/scripts/demo" --once 'a talk.wav' >"$tmp/demo" 2>"$tmp/demo.err" ||
	fail "demo: $(cat "$tmp/demo")"
grep -q '^demo: captions and voices reached every listener' "$tmp/demo" || fail 'demo'
[ ! -s "$tmp/demo.err" ] || fail 'demo complains'
# Also by a link, and with no PATH to the tools.
ln -s "$prefix/share/pipebooth/scripts/pipeline" "$tmp/home/talk"
PATH=/usr/bin:/bin "$tmp/home/talk" -r x -l en-US -t es-ES "$tmp/none" 2>"$tmp/link.err" &&
	fail 'a file that is not there was played'
grep -q "^capture: cannot open '$tmp/none'" "$tmp/link.err" || fail 'the tools are not found'

run_make uninstall
files >"$tmp/left"
[ ! -s "$tmp/left" ] || fail "left behind: $(cat "$tmp/left")"
