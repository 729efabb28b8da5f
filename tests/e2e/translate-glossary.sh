#!/bin/sh
# translate --glossary: terms come out as the file says whatever the service does
# to them: masks that come through, masks that are lost (tags), both lost (the
# text as it is); each loss costs one call, and is learned.  What the voice is to
# say stands in `say`; the same language is not paid for.  The file is read again
# during the talk, a broken version keeps the one before, and a wrong file is
# refused at start with the number of its line.
# shellcheck disable=SC1091,SC2119,SC2154
set -eu
. tests/e2e/translate.inc

cat >"$tmp/names" <<'END'
[Council of Europe]
es = Consejo de Europa
fr = Conseil de l'Europe
[Kubernetes]
also = cooper netties
* = Kubernetes
say es = cubernetes
say en = koober netties
END

calls() { grep -c ' POST / ' "$tmp/log" || true; }

serve
final u1 'The council of Europe runs cooper netties' >"$tmp/in"
run 0 --glossary "$tmp/names" -t es,fr,de,en
expect 'select(.lang=="es-ES") | [.text,.say]' \
	'["[es] The Consejo de Europa runs Kubernetes","[es] The Consejo de Europa runs cubernetes"]'
expect 'select(.lang=="fr-FR") | [.text,.say]' \
	'["[fr] The Conseil de l'"'"'Europe runs Kubernetes",null]'
expect 'select(.lang=="de-DE").text' '"[de] The council of Europe runs Kubernetes"'
expect 'select(.type=="translation" and .lang=="en-US") | [.text,.say]' \
	'["The council of Europe runs Kubernetes","The council of Europe runs koober netties"]'
expect 'select(.state=="ended") | [.calls,.glossary_missed]' '[3,0]'
[ "$(calls)" -eq 3 ] || fail "$(calls) calls for three languages"

# An engine that loses masks: asked again with tags, twice; then tags at once.
{
	final u1 'The Council of Europe @unmask'
	final u2 'Kubernetes at the Council of Europe @unmask'
	final u3 'Kubernetes @unmask'
	final u4 'No term @unmask'
} >"$tmp/in4"
# One after the other, so that one teaches the next.
mkfifo "$tmp/fifo"
for f in out err; do : >"$tmp/$f"; done
"$BIN/translate" --glossary "$tmp/names" -t es <"$tmp/fifo" >"$tmp/out" 2>"$tmp/err" &
translate=$!
pids="$pids $translate"
exec 3>"$tmp/fifo"
has() { grep -q "\"translation\",\"id\":\"$1\"" "$tmp/out"; }
n=0
while read -r line; do
	n=$((n + 1))
	printf '%s\n' "$line" >&3
	wait_for 120 has "u$n"
done <"$tmp/in4"
exec 3>&-
wait "$translate" || fail "status $?"
expect 'select(.type=="translation").text' \
	'"[es] The Consejo de Europa @unmask" "[es] Kubernetes at the Consejo de Europa @unmask" "[es] Kubernetes @unmask" "[es] No term @unmask"'
expect 'select(.state=="ended") | [.calls,.glossary_missed]' '[6,0]'

# Both lost: no word is, and what was left as spoken is put right.
{
	final u1 'Cooper netties and more @unmask @untag'
	final u2 'Cooper netties and <b>, & @unmask'
} >"$tmp/in"
run 0 --glossary "$tmp/names" -t es
expect 'select(.type=="translation") | [.text,.say,.error]' \
	'["[es] Kubernetes and more @unmask @untag","[es] cubernetes and more @unmask @untag",null] ["[es] Kubernetes and <b>, & @unmask","[es] cubernetes and <b>, & @unmask",null]'
expect 'select(.state=="ended") | [.calls,.glossary_missed]' '[5,0]'
if grep '"translation"' "$tmp/out" | grep -q -i -e qzv -e 'translate=\|span'; then
	fail "something of ours is left in a caption"
fi

# A failure between two ways is a failure like others: the source text.
final u1 'Kubernetes @unmask @throttle=9' >"$tmp/in"
run 75 --glossary "$tmp/names" -t es --deadline-ms 1000
expect 'select(.type=="translation") | [.text,(.error|length>0)]' \
	'["Kubernetes @unmask @throttle=9",true]'

# During the talk.
for f in out err; do : >"$tmp/$f"; done
: >"$tmp/out"
: >"$tmp/err"
"$BIN/translate" --glossary "$tmp/names" -t es <"$tmp/fifo" >"$tmp/out" 2>"$tmp/err" &
translate=$!
pids="$pids $translate"
exec 3>"$tmp/fifo"
state() { grep -q "\"state\":\"$1\"" "$tmp/out"; }
wait_for 120 state ready
printf '[Booth]\nes = Cabina\nes\n' >"$tmp/names"
wait_for 120 state degraded
final u1 'Cooper netties' >&3
wait_for 120 has u1
printf '[Booth]\nes = Cabina\n' >"$tmp/new"
mv "$tmp/new" "$tmp/names"
wait_for 120 state recovered
final u2 'The booth' >&3
wait_for 120 has u2
exec 3>&-
wait "$translate" || fail "status $?"
expect 'select(.type=="translation").text' '"[es] Kubernetes" "[es] The Cabina"'
said "glossary '$tmp/names', line 3: neither \[term\] nor key = value; the one before stays in use"
said "read again, 1 terms"

: >"$tmp/in"
printf '[a]\nes = b\n\nspanish = c\n' >"$tmp/names"
run 78 --glossary "$tmp/names" -t es
said "glossary '$tmp/names', line 4: the key is none of also"
run 66 --glossary "$tmp/none" -t es
said "cannot read glossary '$tmp/none': No such file"
