#!/bin/sh
# translate and a network that says no: nobody listens, a certificate that nobody
# signed, TLS spoken to who does not, a service that never answers.  The
# transcript goes on; each has one clear line and its exit status.
# shellcheck disable=SC1091,SC2119,SC2154
set -eu
. tests/e2e/translate.inc

{
	final u1 'One'
	final u2 'Two'
} >"$tmp/in"

# A port that was just given up: nobody listens there.
serve
kill "$server"
wait "$server" 2>/dev/null || true
run 75 -t fr,de --deadline-ms 60000
said "cannot connect to 127.0.0.1:$port: Connection refused"
[ "$(wc -l <"$tmp/err")" -eq 1 ] || fail "more than one line on stderr"
expect 'select(.type=="translation" and .lang=="de-DE") | [.text,.error]' \
	'["One","cannot connect to 127.0.0.1:'"$port"': Connection refused"] ["Two","cannot connect to 127.0.0.1:'"$port"': Connection refused"]'
expect 'select(.state=="ended").errors' '4'

# TLS: refused until the root is named.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
	-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
	-keyout "$tmp/key.pem" -out "$tmp/cert.pem" 2>"$tmp/openssl"
serve --cert "$tmp/cert.pem" --key "$tmp/key.pem"
export AWS_ENDPOINT_URL="https://127.0.0.1:$port"
run 76 -t fr,de --deadline-ms 60000 # the reason, and no deadline, on a busy machine
said "certificate of 127.0.0.1:$port is not trusted: .*AWS_CA_BUNDLE"
[ "$(wc -l <"$tmp/err")" -eq 1 ] || fail "more than one line on stderr"
expect 'select(.type=="transcript").id' '"u1" "u2"'
export AWS_CA_BUNDLE="$tmp/cert.pem"
run 0 -t fr,de --deadline-ms 60000
expect 'select(.type=="translation").error' 'null null null null'
export AWS_ENDPOINT_URL="https://localhost:$port"
run 76 -t fr --deadline-ms 60000
said "certificate of localhost:$port is not trusted"
echo nonsense >"$tmp/roots.pem"
export AWS_CA_BUNDLE="$tmp/roots.pem"
run 78 -t fr
said "cannot use the CA file '$tmp/roots.pem'"
unset AWS_CA_BUNDLE

# TLS to who speaks none.
serve
export AWS_ENDPOINT_URL="https://127.0.0.1:$port"
run 76 -t fr --deadline-ms 60000
said "no TLS connection to 127.0.0.1:$port"

# No answer: the deadline, for each on its own.
export AWS_ENDPOINT_URL="http://127.0.0.1:$port"
{
	final u1 'One @never/fr'
	final u2 'Two'
} >"$tmp/in"
run 0 -t fr,de --deadline-ms 300
expect 'select(.type=="translation" and .lang=="fr-FR") | [.id,(.error == null)]' \
	'["u1",false] ["u2",true]'
expect 'select(.type=="translation" and .id=="u1" and .lang=="fr-FR").error|test("no answer from 127.0.0.1:[0-9]+ within [0-9]+ ms")' 'true'
