#!/bin/bash
# localaws-mt on the installed Apertium pairs: every language of the demo from
# English, 200 nasty texts in a row on three chains of different stages, answers
# while the input is open, stages that die, and how it ends.
# shellcheck disable=SC2015 # fail() does not return
set -eu

mt=$BIN/localaws-mt
for package in eng-spa eng-cat en-gl eo-en spa-ita fr-es es-pt; do
	if [ ! -d /usr/share/apertium/apertium-$package ]; then
		echo "package apertium-$package is not installed"
		exit 77
	fi
done

# shellcheck source=tests/e2e/engine.inc
. tests/e2e/engine.inc

# --- every pair gives the words one expects ----------------------------------
sentence='The young man has a new house, and the house is very beautiful.'
translate() { # TO WORD...
	local to=$1 got word
	shift
	got=$(printf '%s\0' "$sentence" | "$mt" en "$to" 2>"$tmp/err" | tr '\0' '\n') ||
		fail "en to $to: $(cat "$tmp/err")"
	echo "$to: $got"
	[ ! -s "$tmp/err" ] || fail "en to $to: stderr: $(cat "$tmp/err")"
	case $got in
	*'*'* | *'@'* | *'#'* | *'['*) fail "marks in '$got'" ;;
	[[:upper:]]*.) ;;
	*) fail "capital or full stop is missing in '$got'" ;;
	esac
	for word; do
		grep -qiw -- "$word" <<<"$got" || fail "en to $to: no '$word' in '$got'"
	done
}
translate es joven casa nueva
translate es-ES joven casa nueva
translate ca jove casa nova
translate fr jeune maison nouvelle
translate fr-FR jeune maison nouvelle
translate it giovane casa nuova
translate pt casa nova
translate pt-BR casa nova
translate gl casa nova
translate eo juna domo

"$mt" --list >"$tmp/list"
for pair in 'en es' 'en ca' 'en fr' 'en it' 'en pt' 'en gl' 'en eo' 'es en' 'it fr'; do
	grep -qx "$pair" "$tmp/list" || fail "--list lacks '$pair'"
done

# Unknown words come through bare; addresses and symbols as they were.
got=$(printf 'The frobnicator is at https://the.house/red?a=1&b=[2].\nWrite to me@the.red, C++ and/or 5 < 6 😀\0' |
	"$mt" en es | tr '\0' '|')
for part in frobnicator 'https://the.house/red?a=1&b=[2].' 'me@the.red,' 'C++' '5 < 6 😀|' $'.\n'; do
	case $got in
	*"$part"*) ;;
	*) fail "'$part' is not in '$got'" ;;
	esac
done

# --- 200 nasty texts in a row: one answer each, in order ---------------------
# Each begins with its number, which every chain passes on.
perl -e '
	srand 4711;
	my @w = ("the", "a", "big", "house", "don\x27t", "it\x27s", "of", "to", "was",
		"^", "\$", "^\$", "[", "]", "[]", "[[", "]]", "{", "}", "{}", "\\", "\\\\",
		"/", "@", "*", "+", "#", "~", "_", "=", "<", ">", "<n>", "^a/a<n>\$", "\n",
		"\r\n", "\t", "\x01", "\x7f", "\x1b[31m", "\xff", "\xc3", "\xed\xa0\x80",
		"\xf0\x9f\x98\x80", "\xee\x80\x80", "\xe2\x80\x8d", "\xef\xbb\xbf", "\xc2\xa0",
		"\xd0\x9c\xd0\xb8\xd1\x80", "\xe6\x97\xa5\xe6\x9c\xac", "...", ";;", "!?", "\"",
		"(", ")", "\x27", "http://x.y/z", "me\@x.y", "C++", "[pipebooth 3]", "%s%n",
		"a" x 300, "the " x 200);
	for my $i (1 .. 200) {
		my $t = sprintf "%d ", 70000 + $i;
		$t .= $w[rand @w] . ("", " ", "  ")[rand 3] for 1 .. rand 25;
		$t = join "", map chr(1 + rand 255), 1 .. 60 if $i % 10 == 0;
		$t = "" if $i % 50 == 0;
		print $t, "\0";
	}' >"$tmp/nasty"
[ "$(tr -dc '\0' <"$tmp/nasty" | wc -c)" = 200 ] || fail "the test made no 200 texts"
for to in fr ca eo; do
	"$mt" en $to <"$tmp/nasty" >"$tmp/answers" 2>"$tmp/err" || fail "nasty, $to: status $?"
	[ ! -s "$tmp/err" ] || fail "nasty, $to: $(cat "$tmp/err")"
	perl -e '
		local $/ = "\0";
		my $n = 0;
		while (<STDIN>) {
			$n++;
			chomp or die "answer $n has no NUL\n";
			if ($n % 50 == 0) { die "answer $n is not empty\n" if length }
			elsif ($n % 10) {
				my $want = 70000 + $n;
				/^\s*$want(?!\d)/ or die "answer $n: $_\n";
			}
		}
		die "$n answers\n" if $n != 200;' <"$tmp/answers" || fail "nasty, $to"
	tr '\0' '\n' <"$tmp/answers" | iconv -f UTF-8 -t UTF-8 >/dev/null ||
		fail "nasty, $to: not UTF-8"
done

# A long text, and a last one without its NUL.
perl -e 'print "The house is red. " x 3000, "\0", "the house"' | "$mt" en es >"$tmp/long"
[ "$(tr -dc '\0' <"$tmp/long" | wc -c)" = 2 ] || fail "long text: not two answers"
[ "$(tr '\0' '\n' <"$tmp/long" | head -n 1 | grep -o 'casa' | wc -l)" = 3000 ] ||
	fail "long text: not 3000 houses"

# --- answers at once, and a killed stage -------------------------------------
mkfifo "$tmp/in" "$tmp/out"
: >"$tmp/err"
"$mt" en fr <"$tmp/in" >"$tmp/out" 2>"$tmp/err" &
pid=$!
exec 3>"$tmp/in" 4<"$tmp/out"
ask() { # TEXT WANTED
	local got
	printf '%s\0' "$1" >&3
	IFS= read -r -t 60 -d '' got <&4 || fail "no answer to '$1'"
	[ "$got" = "$2" ] || fail "'$got', not '$2'"
}
ask 'the house' 'La maison'
ask '' ''
ask '😀' '😀'
read -r -a stages <"/proc/$pid/task/$pid/children" || : # has no newline
[ ${#stages[@]} -ge 10 ] || fail "only ${#stages[@]} stages"
ask 'the house' 'La maison'
kill -KILL "${stages[4]}"
ask 'the house' 'La maison'
[ "$(wc -l <"$tmp/err")" = 1 ] && grep -q 'starting anew' "$tmp/err" ||
	fail "killed stage: $(cat "$tmp/err")"
read -r -a stages <"/proc/$pid/task/$pid/children" || : # has no newline
exec 3>&-
wait "$pid" || fail "status $? at end of input"
pid=
exec 4<&-
for stage in "${stages[@]}"; do
	[ ! -e "/proc/$stage/stat" ] || fail "a stage outlives localaws-mt"
done

# --- stages of our own, that fail to order -----------------------------------
mkdir "$tmp/modes"
cat >"$tmp/stage" <<'STAGE'
#!/usr/bin/perl
# stage -z WHAT FILE: pass on what comes up to each NUL.  die: once, at the
# first text while FILE is there; always: at each; extra: an answer too many,
# once; mute: none.
my (undef, $what, $file) = @ARGV;
$/ = "\0";
$| = 1;
while (<STDIN>) {
	exit 9 if $what eq "always" or $what eq "die" and unlink $file;
	print "stray\0" if $what eq "extra" and unlink $file;
	s/house/casa/;
	print;
}
STAGE
chmod +x "$tmp/stage"
for what in die always extra; do
	echo "'$tmp/stage' pass x | '$tmp/stage' $what '$tmp/flag' | '$tmp/stage' pass x" \
		>"$tmp/modes/en-es.mode"
	touch "$tmp/flag"
	status=0
	printf 'one house\0two\0' | "$mt" --modes "$tmp/modes" en es \
		>"$tmp/answers" 2>"$tmp/err" || status=$?
	case $what in
	always)
		[ $status = 70 ] || fail "always: status $status"
		[ ! -s "$tmp/answers" ] || fail "always: answered"
		[ "$(wc -l <"$tmp/err")" = 2 ] || fail "always: $(cat "$tmp/err")"
		tail -n 1 "$tmp/err" | grep -q "exited 9" || fail "always: $(cat "$tmp/err")"
		;;
	*)
		[ $status = 0 ] || fail "$what: status $status"
		[ "$(tr '\0' '|' <"$tmp/answers")" = 'one casa|two|' ] ||
			fail "$what: $(tr '\0' '|' <"$tmp/answers")"
		grep -q 'starting anew' "$tmp/err" || fail "$what: $(cat "$tmp/err")"
		;;
	esac
done

# --- ends --------------------------------------------------------------------
"$mt" en es </dev/null >"$tmp/answers" 2>"$tmp/err" || fail "no input: status $?"
[ ! -s "$tmp/answers" ] && [ ! -s "$tmp/err" ] || fail "no input: said something"
set +e
perl -e 'print "the house\0" x 20000' | "$mt" en es 2>"$tmp/err" | head -c 20 >"$tmp/some"
status=${PIPESTATUS[1]}
set -e
[ "$status" = 0 ] && [ ! -s "$tmp/err" ] || fail "reader left: $status, $(cat "$tmp/err")"

refused() { # STATUS WORD ARGUMENT...
	local want=$1 word=$2 status=0
	shift 2
	"$mt" "$@" <"$tmp/refused" >"$tmp/answers" 2>"$tmp/err" || status=$?
	[ $status = "$want" ] || fail "$*: status $status, not $want"
	[ "$(wc -l <"$tmp/err")" = 1 ] && grep -q -- "$word" "$tmp/err" ||
		fail "$*: '$(cat "$tmp/err")' is not one line with '$word'"
	[ ! -s "$tmp/answers" ] || fail "$*: answered"
}
printf 'the house\0' >"$tmp/refused"
mkdir "$tmp/empty"
refused 69 'install apertium-eng-spa and apertium-spa-ita$' --modes "$tmp/empty" en it
refused 69 'install apertium-eo-en$' --modes "$tmp/empty" en-US eo
refused 69 "from 'en' to 'ja'" en ja
refused 69 "from 'en' to 'en-GB'" en en-GB
refused 64 'FROM and TO' en
echo 'lt-proc x; rm y' >"$tmp/modes/en-es.mode"
refused 78 en-es.mode --modes "$tmp/modes" en es
echo 'no-such-program x' >"$tmp/modes/en-es.mode"
refused 69 no-such-program --modes "$tmp/modes" en es
perl -e 'print "a " x 600000' >"$tmp/refused"
refused 65 1048576 en es
