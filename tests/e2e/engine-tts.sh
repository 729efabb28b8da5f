#!/bin/bash
# localaws-tts: sound in every language of the demo, the number of samples at
# each rate, sound before the whole text is spoken, SSML, speech marks, genders,
# and how it ends.
# shellcheck disable=SC2015 # fail() does not return
set -eu

tts=$BIN/localaws-tts
found=
for dir in /usr/lib/*/espeak-ng-data /usr/share/espeak-ng-data; do
	[ ! -d "$dir" ] || found=$dir
done
if [ -z "$found" ]; then
	echo "package espeak-ng-data is not installed"
	exit 77
fi

# shellcheck source=tests/e2e/engine.inc
. tests/e2e/engine.inc

say() { # TEXT ARGUMENT...
	local text=$1
	shift
	printf '%s' "$text" | "$tts" "$@" >"$tmp/pcm" 2>"$tmp/err" ||
		fail "$*: status $?: $(cat "$tmp/err")"
	[ ! -s "$tmp/err" ] || fail "$*: $(cat "$tmp/err")"
}

nsamples() {
	local n
	n=$(wc -c <"$tmp/pcm")
	[ $((n % 2)) = 0 ] || fail "half a sample"
	echo $((n / 2))
}

# The loudest sample.
peak() {
	perl -e 'local $/; $p = 0;
		for (unpack "s<*", <STDIN>) { $_ = -$_ if $_ < 0; $p = $_ if $_ > $p }
		print $p' <"$tmp/pcm"
}

# --- every language of the demo speaks ---------------------------------------
for voice in Lucia:es-ES Mia:es-MX Arlet:ca-ES Lea:fr-FR Gabrielle:fr-CA Bianca:it-IT \
	Camila:pt-BR Ines:pt-PT Vicki:de-DE Joanna:en-US Amy:en-GB Any:eo Zhiyu:cmn-CN \
	Zeina:arb Ida:nb-NO; do
	say '1 2 3, 1 2 3.' "${voice%:*}" "${voice#*:}" 16000
	n=$(nsamples)
	[ "$n" -ge 8000 ] && [ "$n" -le 320000 ] || fail "$voice: $n samples"
	[ "$(peak)" -ge 2000 ] || fail "$voice: peak $(peak)"
done

# --- as many samples as the rate asks for ------------------------------------
text='Esta es una frase de prueba, ni corta ni larga. Y esta es otra.'
say "$text" Lucia es-ES 22050
own=$(nsamples)
[ "$own" -ge 44100 ] || fail "only $own samples"
for rate in 8000 11025 16000 24000 44100 48000; do
	say "$text" Lucia es-ES $rate
	n=$(nsamples)
	want=$((own * rate / 22050))
	# 5 ms for the filter's ends.
	[ "$n" -ge $((want - rate / 200)) ] && [ "$n" -le $((want + rate / 200)) ] ||
		fail "$rate Hz: $n samples, not $want"
	[ "$(peak)" -ge 2000 ] || fail "$rate Hz: peak $(peak)"
done

# --- sound comes before the whole is made ------------------------------------
# An hour of speech: the writer waits for its reader with next to nothing in
# memory, so what was read was handed out before the rest existed.
perl -e 'print "Esta es una frase de prueba, ni corta ni larga. " x 1200' >"$tmp/hour"
mkfifo "$tmp/out"
: >"$tmp/err"
"$tts" Lucia es-ES 48000 <"$tmp/hour" >"$tmp/out" 2>"$tmp/err" &
pid=$!
exec 3<"$tmp/out"
head -c 96000 <&3 >"$tmp/pcm"
[ "$(nsamples)" = 48000 ] || fail "no first second"
[ "$(peak)" -ge 2000 ] || fail "the first second is silent"
[ "$(sed 's/.*) \(.\).*/\1/' "/proc/$pid/stat")" != Z ] || fail "the writer has ended"
peak_kb=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")
say 'Esta es una frase de prueba, ni corta ni larga.' Lucia es-ES 48000
whole_kb=$(($(nsamples) * 2 * 1200 / 1024))
echo "memory $peak_kb kB, the whole would be $whole_kb kB"
[ $((peak_kb * 3)) -lt $whole_kb ] || fail "$peak_kb kB in memory"

# --- a reader that leaves ends it, quietly -----------------------------------
exec 3<&-
status=0
wait "$pid" || status=$?
pid=
[ $status = 0 ] && [ ! -s "$tmp/err" ] || fail "reader left: $status, $(cat "$tmp/err")"

# --- SSML --------------------------------------------------------------------
say 'Hola.' Lucia es-ES 16000
plain=$(nsamples)
say '<speak>Hola.</speak>' Lucia es-ES 16000 ssml
n=$(nsamples)
[ "$n" -le $((plain * 2)) ] || fail "tags are spoken: $n samples, not $plain"
say '<speak>Hola. <break time="2s"/> Hola.</speak>' Lucia es-ES 16000 ssml
long=$(nsamples)
say '<speak>Hola. Hola.</speak>' Lucia es-ES 16000 ssml
n=$(nsamples)
[ $((long - n)) -ge 16000 ] || fail "no break: $long and $n samples"
say '<speak>Hola.</speak>' Lucia es-ES 16000 text
[ "$(nsamples)" -gt "$plain" ] || fail "text: tags are not spoken"

# --- speech marks instead of sound -------------------------------------------
say '¿Qué tal, niño?  Muy bien.' --marks word,sentence Lucia es-ES 16000
jq -e -s --rawfile text <(printf '%s' '¿Qué tal, niño?  Muy bien.') '
	def ok(what; test): if test then . else error(what) end;
	ok("types"; map(.type) | sort | group_by(.) | map(length) == [2, 5])
	| ok("words"; [.[] | select(.type == "word") | .value]
		== ["Qué", "tal", "niño", "Muy", "bien"])
	| ok("offsets"; [.[] | select(.value == "niño") | [.start, .end]] == [[12, 17]])
	| ok("order"; map(.time) | . == sort)
	| ok("later"; .[-1].time > 500)' "$tmp/pcm" >/dev/null || fail "marks"
say 'Hola.' --marks word Lucia es-ES 16000
[ "$(jq -s 'length' "$tmp/pcm")" = 1 ] || fail "marks that were not asked for"

# --- genders -----------------------------------------------------------------
say 'Hola.' Lucia es-ES 16000
cp "$tmp/pcm" "$tmp/woman"
say 'Hola.' Sergio es-ES 16000
cp "$tmp/pcm" "$tmp/man"
! cmp -s "$tmp/woman" "$tmp/man" || fail "Lucia speaks like Sergio"
say 'Hola.' --gender male Lucia es-ES 16000
cmp -s "$tmp/pcm" "$tmp/man" || fail "--gender male is not a man"
say 'Hola.' --gender female Sergio es-ES 16000
cmp -s "$tmp/pcm" "$tmp/woman" || fail "--gender female is not a woman"

# --- ends --------------------------------------------------------------------
for text in '' '  ' $'\n'; do
	say "$text" Lucia es-ES 16000
	[ "$(nsamples)" = 0 ] || fail "sound for no text"
done
printf 'a\0b\377\303 c' | "$tts" Lucia es-ES 16000 >"$tmp/pcm" || fail "odd bytes: status $?"
[ "$(nsamples)" -ge 8000 ] || fail "odd bytes: $(nsamples) samples"

refused() { # STATUS WORD ARGUMENT...
	local want=$1 word=$2 status=0
	shift 2
	"$tts" "$@" <"$tmp/refused" >"$tmp/pcm" 2>"$tmp/err" || status=$?
	[ $status = "$want" ] || fail "$*: status $status, not $want"
	[ "$(wc -l <"$tmp/err")" = 1 ] && grep -q -- "$word" "$tmp/err" ||
		fail "$*: '$(cat "$tmp/err")' is not one line with '$word'"
	[ ! -s "$tmp/pcm" ] || fail "$*: spoke"
}
echo Hola >"$tmp/refused"
refused 69 "'gl-ES'" Any gl-ES 16000
refused 64 RATE_HZ Lucia es-ES 7999
refused 64 RATE_HZ Lucia es-ES 16000x
refused 64 'text, ssml' Lucia es-ES 16000 html
refused 64 'language tag' Lucia ../es 16000
refused 64 'name a voice' Lucia es-ES
perl -e 'print "Hola. " x 11000' >"$tmp/refused"
refused 65 65536 Lucia es-ES 16000
