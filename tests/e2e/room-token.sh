#!/bin/bash
# Who may listen: listen as websocketd runs it, with fixed words and with JWTs;
# nothing of the room before the token, refusals with their reason, guesses
# counted by address and behind a trusted proxy; no token in any process list,
# log or file.  At the end all of it through a real websocketd.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common
command -v websocketd >/dev/null || { echo "websocketd is not installed"; exit 77; }
unset BOOTH_LISTENER_TOKEN BOOTH_SPEAKER_TOKEN BOOTH_OPERATOR_TOKEN \
	BOOTH_JWT_SECRET BOOTH_TRUSTED_PROXIES

mkfifo "$tmp/in"
exec 3<>"$tmp/in"
"$BIN/broadcast" -r main <"$tmp/in" 2>"$tmp/b.err" 3>&- &
started $!
wait_for "room" test -e "$BOOTH_RUN/rooms/main/source.text.ring"
caption es-ES 1 >&3
export GATEWAY_INTERFACE=websocketd-CGI/0.1 QUERY_STRING='room=main&lang=es-ES'

# hear WORD HELLO [NAME=VALUE...]: run listen with this first message until a
# line holds WORD; its lines are in $tmp/l.out.
hear() {
	local word=$1 hello=$2 pid
	shift 2
	rm -f "$tmp/page" "$tmp/l.out"
	mkfifo "$tmp/page"
	env "$@" "$BIN/listen" <"$tmp/page" >"$tmp/l.out" 2>"$tmp/l.err" 3>&- &
	pid=$!
	started $pid
	exec 4>"$tmp/page"
	[ -z "$hello" ] || printf '%s\n' "$hello" >&4
	wait_for "'$word' after $hello" has "$tmp/l.out" "$word"
	exec 4>&-
	status=0
	wait $pid || status=$?
}
refused() { # REASON STATUS HELLO [NAME=VALUE...]
	local reason=$1 want=$2
	shift 2
	hear '"refused"' "$@"
	[ $status = "$want" ] || fail "refused with $status, not $want: $*"
	jq -se --arg r "$reason" 'length == 1 and .[0].reason == $r and
		(.[0].detail | length > 0)' "$tmp/l.out" >/dev/null ||
		fail "not refused by '$reason': $*"
}

# Open: no first message is waited for, a token does no harm.
hear '"live"' ''
hear '"live"' '{"type":"hello","token":"whatever"}'

word=a-word-for-this-hall
refused token 77 '{"type":"hello"}' BOOTH_LISTENER_TOKEN=$word
refused token 77 '{"type":"hello","token":""}' BOOTH_LISTENER_TOKEN=$word
refused token 77 '{"type":"hello","token":7}' BOOTH_LISTENER_TOKEN=$word
refused token 77 '{"type":"hello","token":"guess"}' BOOTH_LISTENER_TOKEN=$word
refused role 77 '{"type":"hello","token":"say"}' BOOTH_LISTENER_TOKEN=$word \
	BOOTH_SPEAKER_TOKEN=say
hear '"live"' "{\"type\":\"hello\",\"token\":\"$word\"}" BOOTH_LISTENER_TOKEN=$word
hear '"live"' '{"type":"hello","token":"run"}' BOOTH_LISTENER_TOKEN=$word \
	BOOTH_OPERATOR_TOKEN=run
# What comes before the hello is no reason to let anybody in.
refused token 77 '{"ack":1}
{"type":"pong"}
{"type":"hello","token":"x"}' BOOTH_LISTENER_TOKEN=$word
long=$(head -c 5000 /dev/zero | tr '\0' x)
refused token 77 "{\"type\":\"hello\",\"token\":\"$long\"}" BOOTH_LISTENER_TOKEN=$word

BOOTH_JWT_SECRET=$("$BIN/token" secret)
export BOOTH_JWT_SECRET
jwt() { printf '{"type":"hello","token":"%s"}' "$("$BIN/token" mint "$@")"; }
hear '"live"' "$(jwt -R listener -r main --for 1h)"
hear '"live"' "$(jwt -R operator -r '*' --for 1h)"
refused room 77 "$(jwt -R listener -r hall-2 --for 1h)"
refused role 77 "$(jwt -R speaker -r main --for 1h)"
refused token 77 "$(jwt -R listener -r main --for 1h --from 1h)"
refused token 77 "$(BOOTH_JWT_SECRET=$("$BIN/token" secret) jwt -R listener -r main --for 1h)"
none="$(printf '{"alg":"none"}' | base64 | tr -d =).$(printf '{"role":"listener","room":"*","exp":9999999999}' |
	base64 -w0 | tr -d =)."
refused token 77 "{\"type\":\"hello\",\"token\":\"$none\"}"
jwt -R listener -r main --for 1s >"$tmp/short"
expired() {
	! jq -r .token "$tmp/short" | "$BIN/token" check >/dev/null 2>&1
}
wait_for "expiry" expired
refused expired 77 "$(cat "$tmp/short")"
refused token 77 '{"type":"hello","token":"x"}' BOOTH_JWT_SECRET=short
grep -q "$word\|guess\|$BOOTH_JWT_SECRET" "$tmp/l.err" && fail "a token in the log"

# A page that waits with its token has been sent nothing, and its process names
# no token.
rm -f "$tmp/page"
mkfifo "$tmp/page"
"$BIN/listen" <"$tmp/page" >"$tmp/w.out" 2>"$tmp/w.err" 3>&- &
waiting=$!
started $waiting
exec 4>"$tmp/page"
caption es-ES 2 >&3
wait_for "caption" sh -c "GATEWAY_INTERFACE= '$BIN/listen' -r main -l es-ES --once |
	grep -q 'caption 2'"
[ ! -s "$tmp/w.out" ] || fail "something was sent before the token"
jwt -R listener -r main --for 1h >&4
echo >&4
wait_for "captions" has "$tmp/w.out" 'caption 2'
tr '\0' '\n' <"/proc/$waiting/cmdline" | grep -q 'eyJ' && fail "a token in argv"
exec 4>&-
wait $waiting || fail "status of one who left"

# Guesses: 20 of one address, then none is looked at, not even a good one; a
# good one from elsewhere is.  What we once signed costs nothing.
export REMOTE_ADDR=192.0.2.9
bad='{"type":"hello","token":"guess"}'
for _ in 1 2 3; do
	refused role 77 "$(jwt -R speaker -r main --for 1h)"
done
n=0
while [ $n -lt 40 ]; do
	hear '"refused"' "$bad"
	has "$tmp/l.out" '"rate"' && break
	n=$((n + 1))
done
[ $n -ge 20 ] && [ $n -lt 40 ] || fail "$n guesses were looked at"
refused rate 75 "$(jwt -R listener -r main --for 1h)"
jq -e '.retry_ms > 0' "$tmp/l.out" >/dev/null || fail "no retry_ms"
hear '"live"' "$(jwt -R listener -r main --for 1h)" REMOTE_ADDR=192.0.2.10
# Behind a proxy: only if it is trusted, and then by the client's address.
good=$(jwt -R listener -r main --for 1h)
refused rate 75 "$good" HTTP_X_FORWARDED_FOR=192.0.2.11
hear '"live"' "$good" HTTP_X_FORWARDED_FOR=192.0.2.11 BOOTH_TRUSTED_PROXIES=192.0.2.9
refused rate 75 "$good" REMOTE_ADDR=10.1.1.1 BOOTH_TRUSTED_PROXIES=10.0.0.0/8 \
	HTTP_X_FORWARDED_FOR='192.0.2.77, 192.0.2.9, 10.2.2.2'
[ "$(stat -c %a "$BOOTH_RUN/limit")" = 600 ] || fail "mode of the limit's file"
# Broken, it is made anew; impossible, it keeps nobody out.
echo rubbish >"$BOOTH_RUN/limit"
hear '"live"' "$good"
rm "$BOOTH_RUN/limit"
mkdir "$BOOTH_RUN/limit"
hear '"live"' "$good"
has "$tmp/l.err" "nobody is counted" || fail "not told that nobody is counted"
rmdir "$BOOTH_RUN/limit"
unset REMOTE_ADDR GATEWAY_INTERFACE QUERY_STRING

# The real thing; what is open is said at the start.
BOOTH_JWT_SECRET='' BOOTH_LISTENER_TOKEN=$word scripts/serve -p auto \
	>"$tmp/url" 2>"$tmp/serve.err" 3>&- &
serve=$!
started $serve
wait_for "URL" test -s "$tmp/url"
has "$tmp/serve.err" "no BOOTH_SPEAKER_TOKEN: open to everybody" || fail "silent about what is open"
has "$tmp/serve.err" "no BOOTH_OPERATOR_TOKEN: open to everybody" || fail "silent about what is open"
has "$tmp/serve.err" "LISTENER" && fail "listening is not open"
url=$(cat "$tmp/url")
cat >"$tmp/page.mjs" <<'END'
// ws URL, first message: prints what comes until the end or "live".
const [url, hello] = process.argv.slice(2);
const socket = new WebSocket(url);
socket.onopen = () => socket.send(hello);
socket.onmessage = (e) => {
	console.log(e.data.trim());
	if (e.data.includes('"live"'))
		socket.close();
};
socket.onclose = () => process.exit(0);
END
if node -e 'process.exit(typeof WebSocket === "function" ? 0 : 1)' 2>/dev/null; then
	ws="ws${url#http}listen?room=main&lang=es-ES"
	timeout 120 node "$tmp/page.mjs" "$ws" '{"type":"hello","token":"x"}' >"$tmp/n1.out"
	any "$tmp/n1.out" '.reason == "token"' || fail "websocketd: not refused"
	timeout 120 node "$tmp/page.mjs" "$ws" "{\"type\":\"hello\",\"token\":\"$word\"}" >"$tmp/n2.out"
	has "$tmp/n2.out" 'caption 2' || fail "websocketd: not let in"
else
	echo "(no WebSocket in this node: the last part was left to room-page)"
fi
grep -q "$word" "$tmp/serve.err" && fail "a token in the log"
kill -TERM $serve
wait $serve || true
status_is 78 env BOOTH_JWT_SECRET=short scripts/serve -p auto 2>/dev/null
status_is 78 env BOOTH_TRUSTED_PROXIES='x y' scripts/serve -p auto 2>/dev/null
echo ok
