#!/bin/bash
# The reverse proxy of booth-rooms(7), as it stands there but for ports and TLS,
# with a real nginx on loopback in front of scripts/serve: pages, a listener and
# a speaker come through, an address is counted as the proxy tells it whatever
# its client claims, and a connection that asks for nothing is closed.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common
PATH=$PATH:/usr/sbin
for program in websocketd nginx curl jq; do
	command -v $program >/dev/null || {
		echo "SKIP: $program is not installed"
		exit 77
	}
done
unset BOOTH_SPEAKER_TOKEN BOOTH_OPERATOR_TOKEN BOOTH_JWT_SECRET BOOTH_ORIGINS \
	http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY

export BOOTH_LISTENER_TOKEN=for-the-audience BOOTH_TRUSTED_PROXIES='127.0.0.1, ::1' \
	BOOTH_SPEAK_COMMAND="cat >>'$tmp/heard'"
scripts/serve -p auto >"$tmp/url" 2>"$tmp/serve.err" &
started $!
wait_for 'server' test -s "$tmp/url"
port=$(sed 's/.*:\([0-9]*\)\/.*/\1/' "$tmp/url")

# --- nginx, on a free port
recipe() { # PORT
	echo "daemon off; master_process off; pid $tmp/nginx.pid; error_log $tmp/nginx.err;"
	echo "events { worker_connections 64; } http { access_log off;"
	for kind in client_body proxy fastcgi uwsgi scgi; do
		echo "${kind}_temp_path $tmp/nginx.$kind;"
	done
	sed -n '/^map \$http_upgrade/,/^\.Ed/p' man/booth-rooms.7 |
		sed "/^\.Ed/d; /ssl_certificate/d; s/443 ssl/127.0.0.1:$1/; s/127.0.0.1:8080/127.0.0.1:$port/
			s/client_header_timeout 10s/client_header_timeout 1s/"
	echo '}'
}
is_up() {
	curl -sf --noproxy '*' -o "$tmp/page" "$front/" || {
		kill -0 "$nginx" 2>/dev/null || begin
		return 1
	}
}
begin() { # with another port, where that one is taken
	way=$((RANDOM % 20000 + 12000))
	front=http://127.0.0.1:$way
	recipe $way >"$tmp/nginx.conf"
	nginx -q -e "$tmp/nginx.err" -c "$tmp/nginx.conf" &
	nginx=$!
	started $nginx
}
begin
trap 'kill $nginx 2>/dev/null; cleanup' EXIT
wait_for 'nginx' is_up
grep -qi '<html' "$tmp/page" || fail 'no page'
has "$tmp/nginx.conf" 'proxy_set_header X-Forwarded-For' || fail 'the page has no recipe'

# --- a listener: captions, and a token that is counted
mkfifo "$tmp/in"
exec 4<>"$tmp/in"
"$BIN/broadcast" -r main <"$tmp/in" >"$tmp/b.out" 2>"$tmp/b.err" 4>&- &
started $!
caption es-ES 1 >&4
wait_for 'the room' test -e "$BOOTH_RUN/rooms/main/es-ES.text.ring"
mkfifo "$tmp/phone"
"$B/fake/ws_client" "$way" '/listen?room=main&lang=es-ES' 'X-Forwarded-For: 192.0.2.9' \
	<"$tmp/phone" >"$tmp/phone.out" 2>"$tmp/phone.err" 4>&- &
started $!
exec 5>"$tmp/phone"
printf '{"type":"hello","token":"for-the-audience"}\n' >&5
wait_for 'a caption through the proxy' has "$tmp/phone.out" 'es-ES caption 1'

# --- a speaker
head -c 32000 /dev/zero | "$BIN/send" -q -l it-IT "ws://127.0.0.1:$way/speak?room=main" ||
	fail 'send through the proxy'
# What was handed to the command, it writes in its own time.
all_heard() { [ "$(stat -c %s "$tmp/heard")" = 32000 ]; }
wait_for 'all of the talk' all_heard

# --- guesses are counted for the address that nginx saw, not for the one claimed
guess() {
	printf '{"type":"hello","token":"wrong"}\n' | "$B/fake/ws_client" "$way" \
		'/listen?room=main&lang=es-ES' "X-Forwarded-For: 192.0.2.$1" >"$tmp/guess.out" 2>/dev/null || :
	cat "$tmp/guess.out" >>"$tmp/guesses.out"
}
for n in {1..40}; do
	guess "$n"
	! has "$tmp/guess.out" '"rate"' || break
done
has "$tmp/guesses.out" '"reason":"token"' || fail 'the first guess was not looked at'
has "$tmp/guess.out" '"rate"' || fail 'guesses under other addresses are not counted'

# --- a connection that asks for nothing
exec 6<>"/dev/tcp/127.0.0.1/$way"
timeout 120 cat <&6 >"$tmp/silence" || fail 'a silent connection stays open'
[ ! -s "$tmp/silence" ] || fail "something was said: $(cat "$tmp/silence")"
exec 4>&- 5>&-
