#!/bin/bash
# translate against localaws: HTTP/2 over TLS with a certificate of its own,
# signatures checked, eight languages on one connection; a language that the
# engine does not have is refused and the others go on.
# shellcheck disable=SC1091,SC2119,SC2154
set -eu
. tests/e2e/translate.inc

cat >"$tmp/mt" <<'MT'
#!/bin/bash
[ "$2" != ja ] || { echo "no engine for ja" >&2; exit 69; }
while IFS= read -r -d '' text; do printf '<%s> %s\0' "$2" "$text"; done
MT
chmod +x "$tmp/mt"
"$BIN/localaws" --dir "$tmp/aws" --port 0 --mt "$tmp/mt" >"$tmp/localaws" 2>"$tmp/log" &
pids="$pids $!"
ready() { grep -q '"ready"' "$tmp/localaws"; }
wait_for 120 ready
. "$tmp/aws/env"

{
	final u1 'One.'
	final u2 'Two.'
} >"$tmp/in"
run 0 -v -t fr,de,it,pt-BR,es,ca,nl,sv
expect 'select(.type=="translation" and .lang=="sv-SE").text' '"<sv> One." "<sv> Two."'
[ "$(printed 'select(.type=="translation" and .error==null).id' | wc -w)" -eq 16 ] ||
	fail "not 16 translations"
new=$(grep -c 'answer, status=200.*new=1' "$tmp/err" || true)
[ "$new" -le 1 ] || fail "$new connections where one is enough"

run 69 -t fr,ja
expect 'select(.type=="translation" and .lang=="fr-FR").error' 'null null'
said 'ja-JP: UnsupportedLanguagePairException'

export AWS_SECRET_ACCESS_KEY=wrong
run 77 -t fr
said 'InvalidSignatureException'
