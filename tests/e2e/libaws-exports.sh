#!/bin/sh
# libaws.so shows what its list says, and the list says what the installed
# headers declare: no name more, none less.  It neither prints nor exits.
set -eu
. tests/e2e/libaws.inc
command -v gcc >/dev/null || { echo "gcc is not installed (-aux-info)"; exit 77; }
export LC_ALL=C

# The list, between "global:" and "local:".
sed -n '/^global:/,/^local:/s/^	\([a-z0-9_]*\);$/\1/p' lib/aws/libaws.map >"$tmp/listed"
[ "$(wc -l <"$tmp/listed")" -gt 200 ] || fail "the list cannot be read"
sort -c -u "$tmp/listed" || fail "the list is not sorted"

awk '$2 ~ /^[A-TV-Z]$/ { print $3 }' "$tmp/nm" | sed 's/@.*//' |
	grep -vE '^(__asan|__odr_asan|__ubsan)' | sort -u >"$tmp/shown"
diff "$tmp/listed" "$tmp/shown" >"$tmp/out" ||
	fail "listed in lib/aws/libaws.map (<) and shown by libaws.so (>)"

# What the headers declare: functions from the compiler, data by its one word.
(cd "$usr/include/libaws" && find . -name '*.h' | sed 's|^\./\(.*\)|#include "\1"|') |
	sort >"$tmp/all.c"
gcc -std=c11 -fsyntax-only -aux-info "$tmp/protos" \
	"-I$usr/include/libaws" "$tmp/all.c" >"$tmp/log" 2>&1 || fail "headers"
# ini.h and sigv4_hash.h are there for the structures of other headers.
grep -F "/* $usr/include/libaws/" "$tmp/protos" |
	grep -vE '/aws/(ini|sigv4_hash)\.h:' |
	sed 's|^.*\*/ ||; s/ (.*//; s/.*[ *]//' >"$tmp/declared.all"
find "$usr/include/libaws" -name '*.h' -exec sed -n \
	's/^extern .*[ *]\([a-z0-9_]*\)\(\[\]\)*;$/\1/p' {} + >>"$tmp/declared.all"
sort -u "$tmp/declared.all" >"$tmp/declared"
diff "$tmp/listed" "$tmp/declared" >"$tmp/out" ||
	fail "listed in lib/aws/libaws.map (<) and declared by installed headers (>)"

# A library of ours never prints, exits or aborts, and catches no signals.
# (assert() is for our own bugs.)
if [ -z "$san" ]; then
	awk '$1 == "U" { print $2 }' "$tmp/nm" | sed 's/@.*//' >"$tmp/used"
	grep -xE '_?exit|_Exit|quick_exit|abort|v?f?printf|f?puts|putchar|perror|stdout|stderr|__v?f?printf_chk|signal|sigaction|syslog' \
		"$tmp/used" >"$tmp/out" && fail "libaws.so uses these"
fi
objdump -p "$usr/lib/libaws.so" >"$tmp/log"
grep -q 'SONAME  *libaws\.so\.[0-9]*\.[0-9]*$' "$tmp/log" || fail "no SONAME"
[ -e "$usr/lib/$(awk '$1 == "SONAME" { print $2 }' "$tmp/log")" ] ||
	fail "the SONAME is not installed"
echo "$(wc -l <"$tmp/listed") names"
