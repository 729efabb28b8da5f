#!/bin/bash
# translate --glossary against localaws and its own engine: a glossary's terms
# come out as the file says in each of five languages, in one call each, and
# nothing of ours is left in any caption.
# shellcheck disable=SC1091,SC2119,SC2154
set -eu
for package in eng-spa eng-cat spa-ita fr-es es-pt; do
	if [ ! -d /usr/share/apertium/apertium-$package ]; then
		echo "package apertium-$package is not installed"
		exit 77
	fi
done
. tests/e2e/translate.inc

"$BIN/localaws" --dir "$tmp/aws" --port 0 >"$tmp/localaws" 2>"$tmp/log" &
pids="$pids $!"
ready() { grep -q '"ready"' "$tmp/localaws"; }
wait_for 120 ready
. "$tmp/aws/env"

cat >"$tmp/names" <<'END'
[Council of Europe]
es = Consejo de Europa
fr = Conseil de l'Europe
it = Consiglio d'Europa
pt = Conselho da Europa
ca = Consell d'Europa
[booth]
es = cabina
fr = cabine
it = cabina
pt = cabina
ca = cabina
[Red Gate]
also = red gates
* = Red Gate
END
{
	final u1 'The council of Europe is in the house.'
	final u2 'Booth and Red Gate: the men of red gates like the booth, and the Council of Europe.'
	final u3 'RED GATE is open.'
} >"$tmp/in"
run 0 --glossary "$tmp/names" -t es,it,fr,pt,ca
# text LANG ID: the caption.
text() {
	jq -r --arg l "$1" --arg i "$2" \
		'select(.type=="translation" and .lang==$l and .id==$i and .error==null) | .text' "$tmp/out"
}
while read -r lang council; do
	for id in u1 u2; do
		[[ $(text "$lang" $id) == *"$council"* ]] || fail "$lang $id lacks '$council'"
	done
	[[ $(text "$lang" u2) =~ ^Cabin[ae].*Red\ Gate.*Red\ Gate.*\ cabin[ae], ]] || fail "$lang u2"
	[[ $(text "$lang" u3) == "Red Gate "* ]] || fail "$lang u3"
done <<'END'
es-ES Consejo de Europa
it-IT Consiglio d'Europa
fr-FR Conseil de l'Europe
pt-BR Conselho da Europa
ca-ES Consell d'Europa
END
if grep '"translation"' "$tmp/out" | grep -qi qzv; then
	fail "something of ours is left in a caption"
fi
expect 'select(.state=="ended") | [.calls,.glossary_missed,.errors]' '[15,0,0]'
