#!/bin/sh
# synth --check: what is used, the voices of the languages, a stream that says
# nothing and a call of one character; and what is missing: keys, a server, the
# right secret, the permission for streams, a voice.
# shellcheck disable=SC2119
set -eu
. tests/e2e/service.inc
export BOOTH_RUN="$tmp/run"

check() {
	want=$1
	shift
	got=0
	"$BIN/synth" --check "$@" </dev/null >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" -eq "$want" ] || fail "status $got, not $want: $*"
	[ ! -s "$tmp/err" ] || fail "stderr: $*"
}
has() {
	grep -q -- "$1" "$tmp/out" || fail "not said: $1"
}

serve a </dev/null
check 0 -t es-ES,fr-FR,it-IT,eo --max-usd 5 --voice es-ES=Sergio
has '^endpoint  *http://127.0.0.1:'
has '^voices  *6: 4 generative, 2 neural, 1 standard$'
has '^es-ES  *Sergio, generative$'
has '^fr-FR  *Lea, neural$'
has '^it-IT  *Bianca, generative$'
has '^warning  *eo: Polly has no voice for it; it has captions only$'
has '^stream  *opened and ended by Sergio after [0-9]* ms$'
has '^SynthesizeSpeech  *answered after'
has '^price  *30.00 generative, 16.00 neural, 4.00 standard, '
has '^limit  *5.00 USD'
has '^result  *ready$'
same 'streams' "$(grep -c '^header x-amzn-engine' "$tmp/a.log")" 1
same 'said by stream' "$(sed -n 's/^speak streams=[0-9]* text=//p' "$tmp/a.log")" ''
same 'said by call' "$(sed -n 's/^call text=//p' "$tmp/a.log")" a
check 0 --json -r main --engine neural
jq -e '.ok and .status==0 and (.room | startswith("main")) and .["es-ES"]=="Lucia, neural"' \
	"$tmp/out" >"$tmp/checked" || fail 'JSON'
check 0 -t de-DE --voice de-DE=Nobody
has "^warning  *de-DE: no voice 'Nobody' speaks it with this engine; it has captions only$"

# No permission for streams: it works, and where to get it is said.
serve b <<'EOF'
speak refuse 403 AccessDeniedException
EOF
check 0 -t es-ES
has '^warning  *StartSpeechSynthesisStream: .*polly:StartSpeechSynthesisStream'
serve c <<'EOF'
voices refuse 403 AccessDeniedException
EOF
check 77
has '^problem  *DescribeVoices: '
has 'polly:DescribeVoices'
has '^result  *not ready (exit status 77)'

echo 'polly.neural.character free' >"$tmp/prices"
BOOTH_PRICES=$tmp/prices check 78
has "^problem  *price file '$tmp/prices', line 1: "
AWS_ENDPOINT_URL=http://127.0.0.1:1 AWS_MAX_ATTEMPTS=1 check 75
has 'Connection refused'
AWS_ACCESS_KEY_ID='' check 78
run_usage() {
	got=0
	"$BIN/synth" "$@" </dev/null >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" -eq 64 ] || fail "status $got, not 64: $*"
}
run_usage --json
run_usage --check -t english

# Over TLS, with signatures checked.
serve_local
check 0 -t es-ES
has '^stream  *opened and ended by '
# Eleven pages of voices are told as one.
same 'pages' "$(grep -c '^DescribeVoices' "$tmp/out")" 1
has '^voices  *1[0-9][0-9]: '
check 0 -t "en-US,en-GB,en-AU,es-ES,es-MX,es-US,fr-FR,fr-CA,de-DE,it-IT,pt-PT,pt-BR,nl-NL,pl-PL,ru-RU,sv-SE,tr-TR,ja-JP,ko-KR,da-DK,nb-NO,fi-FI,ro-RO,is-IS,cy-GB"
has '^warning  *[0-9]* languages are left out here, from '
has '^result  *ready$'
AWS_SECRET_ACCESS_KEY=wrong check 77 -t es-ES
