#!/bin/sh
# libaws as others get it: each installed header compiles alone, the examples
# are short, build by the command in their first comment, and work (a sentence
# said, a recording of a human voice understood, against localaws); uninstall
# takes away all that install brought.
set -eu
. tests/e2e/libaws.inc
clip=/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-0880.wav
[ -e "$clip" ] || { echo "pocketsphinx-testdata is not installed"; exit 77; }

# Headers.
flags=$(pkg-config --cflags libaws)
find "$usr/include/libaws" -name '*.h' >"$tmp/headers"
[ "$(wc -l <"$tmp/headers")" -gt 20 ] || fail "headers are missing"
while read -r h; do
	echo "#include <${h#"$usr/include/libaws/"}>" >"$tmp/one.c"
	# shellcheck disable=SC2086
	"$CC" -std=c11 -Wall -Wextra -Werror -fsyntax-only $flags "$tmp/one.c" \
		2>"$tmp/log" || fail "$h does not compile alone"
done <"$tmp/headers"
same version "$(pkg-config --modversion libaws)" \
	"$("$BIN/presign" -V | awk '{ print $NF }')"

# Examples.
for name in say transcribe_file; do
	n=$(wc -l <"$usr/share/doc/libaws/examples/$name.c")
	[ "$n" -lt 60 ] || fail "$name.c has $n lines"
	build "$name"
done
# shellcheck disable=SC2119
serve_local
"$tmp/say" Joanna 'The quick brown fox jumps over the lazy dog.' \
	>"$tmp/pcm" 2>"$tmp/err" || fail "say"
n=$(wc -c <"$tmp/pcm")
[ "$n" -gt 32000 ] || fail "only $n bytes of sound"
same "odd bytes of sound" $((n % 2)) 0
[ "$(tr -d '\0' <"$tmp/pcm" | wc -c)" -gt 16000 ] || fail "it is silent"
"$tmp/transcribe_file" en-US <"$clip" >"$tmp/out" 2>"$tmp/err" || fail "transcribe_file"
for word in he was not young man; do
	grep -qiw "$word" "$tmp/out" || fail "'$word' was not heard"
done
# The same samples without their header.
tail -c +45 "$clip" >"$tmp/raw"
"$tmp/transcribe_file" en-US 16000 <"$tmp/raw" >"$tmp/raw.out" 2>"$tmp/err" ||
	fail "transcribe_file of raw samples"
same "what was heard" "$(cat "$tmp/raw.out")" "$(cat "$tmp/out")"

# What they say when it goes wrong: one line, and a status that tells.
status() {
	want=$1
	shift
	got=0
	"$@" <"$tmp/raw" >"$tmp/out" 2>"$tmp/err" || got=$?
	same "status of $*" "$got" "$want"
	same "lines of $*" "$(wc -l <"$tmp/err")" 1
}
status 69 "$tmp/say" Nobody 'Hello.'
status 69 "$tmp/transcribe_file" xx-YY 16000
status 78 "$tmp/transcribe_file" en-US
status 77 env AWS_SECRET_ACCESS_KEY=wrong "$tmp/say" Joanna 'Hello.'
status 78 env -u AWS_ACCESS_KEY_ID "$tmp/say" Joanna 'Hello.'
status 76 env -u AWS_CA_BUNDLE "$tmp/say" Joanna 'Hello.'

# Away again, staged and not.
mk uninstall-libaws PREFIX="$usr" DESTDIR=
find "$usr" ! -type d >"$tmp/out"
[ ! -s "$tmp/out" ] || fail "left behind"
mk install PREFIX=/opt/booth DESTDIR="$tmp/root"
for f in bin/presign lib/libaws.so lib/pkgconfig/libaws.pc include/libaws/aws/bidi.h \
	share/man/man3/libaws.3 share/man/man1/presign.1; do
	[ -e "$tmp/root/opt/booth/$f" ] || fail "$f was not installed"
done
grep -qx 'prefix=/opt/booth' "$tmp/root/opt/booth/lib/pkgconfig/libaws.pc" ||
	fail "libaws.pc knows of the staging folder"
mk uninstall PREFIX=/opt/booth DESTDIR="$tmp/root"
find "$tmp/root" ! -type d >"$tmp/out"
find "$tmp/root" -type d -path '*libaws*' -o -type d -path '*pipebooth*' >>"$tmp/out"
[ ! -s "$tmp/out" ] || fail "left behind"
