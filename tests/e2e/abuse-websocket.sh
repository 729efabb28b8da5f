#!/bin/bash
# What a hostile client can do at the three WebSocket programs behind a real
# websocketd: pages of other sites; tokens of every wrong kind, in the query string
# too; room names that want to be paths; messages that are huge, binary, nested,
# torn, not UTF-8; a client that never reads, one that says nothing, a flood of
# connections against --max-listeners; addresses that are spelled by the client.
# After each of them an honest listener still gets every caption, nothing has
# crashed, and no token is in any log, process list or file.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common
need_web
unset BOOTH_ORIGINS BOOTH_TRUSTED_PROXIES BOOTH_SPEAK_COMMAND http_proxy HTTP_PROXY all_proxy ALL_PROXY
BOOTH_JWT_SECRET=$("$BIN/token" secret)
export BOOTH_JWT_SECRET BOOTH_LISTENER_TOKEN=listeners-word-4711 \
	BOOTH_SPEAKER_TOKEN=speakers-word-4712 BOOTH_OPERATOR_TOKEN=operators-word-4713 \
	AWS_SECRET_ACCESS_KEY=the-secret-key-4714 BOOTH_SPEAK_COMMAND='cat >/dev/null'
mkdir "$tmp/site"
cp -R scripts web "$tmp/site/"
ln -s "$BIN" "$tmp/site/bin"

mkfifo "$tmp/in"
exec 3<>"$tmp/in"
"$BIN/broadcast" -q -r main <"$tmp/in" >"$tmp/b.out" 2>"$tmp/b.err" 3>&- &
started $!
wait_for room test -e "$BOOTH_RUN/rooms/main/source.text.ring"
n=0
# Far from --max-listeners.
few_programs() {
	[ "$(pgrep -c -P "$(pgrep -x -P "$server" websocketd)")" -lt 7 ]
}
serve() {
	rm -f "$tmp/url"
	"$tmp/site/scripts/serve" -p "$1" --max-listeners 12 >"$tmp/url" 2>>"$tmp/serve.err" 3>&- &
	server=$!
	started $server
	wait_for 'web server' test -s "$tmp/url"
	port=$(sed 's/.*:\([0-9]*\)\/.*/\1/' "$tmp/url")
	url=http://127.0.0.1:$port
}
serve auto

# client PATH [HEADER...]: a WebSocket with any headers; lines in, lines out.  The
# programs of those who have left may still be ending: as long as there are many of
# them a new one would be answered 429.
client() {
	wait_for 'room for one more' few_programs
	timeout 300 "$B/fake/ws_client" "$port" "$@"
}
hello() { # TOKEN
	printf '{"type":"hello","token":"%s"}\n' "$1"
}
# The honest one, who reads all along.
hello "$BOOTH_LISTENER_TOKEN" | timeout 280 "$B/fake/ws_client" "$port" '/listen?room=main&lang=es-ES' \
	>"$tmp/honest.out" 2>"$tmp/honest.err" 3>&- &
started $!
wait_for 'the honest listener' has "$tmp/honest.out" '"state"'
# undisturbed AFTER_WHAT: the next caption comes, and all before it came.
undisturbed() {
	n=$((n + 1))
	caption es-ES $n >&3
	wait_for "caption $n after: $1" has "$tmp/honest.out" "caption $n."
	[ "$(jq -r 'select(.type=="translation") | .id' "$tmp/honest.out" | tr '\n' ' ')" = "$(seq -f 'u%g' 1 $n | tr '\n' ' ')" ] ||
		fail "captions after: $1"
	# A connection that ends while websocketd starts its child may panic there
	# (0.4.1), which Go's server confines to that connection: not ours, and the
	# honest listener has just shown that it goes on.
	! grep -q 'AddressSanitizer\|\.[ch]:[0-9:]* runtime error' "$tmp"/*.err || fail "a crash after: $1"
}
undisturbed 'nothing'
# refused REASON PATH FIRST_MESSAGE [HEADER...]
refused() {
	local reason=$1 path=$2 message=$3
	shift 3
	printf '%s\n' "$message" | client "$path" "$@" >"$tmp/r.out" 2>/dev/null || :
	any "$tmp/r.out" ".state == \"refused\" and .reason == \"$reason\"" ||
		fail "$path, $message, $*: not refused by $reason: $(cat "$tmp/r.out")"
	! grep -q 'caption\|"rooms"' "$tmp/r.out" || fail "$path: something of a room was sent"
}
let_in() { # WORD PATH MESSAGE [HEADER...]
	local word=$1 path=$2 message=$3
	shift 3
	{ printf '%s\n' "$message" "!wait $word" '!leave'; } | client "$path" "$@" >"$tmp/r.out" 2>/dev/null || :
	has "$tmp/r.out" "$word" || fail "$path, $*: not let in: $(cat "$tmp/r.out")"
}
listen='/listen?room=main&lang=es-ES'
speak='/speak?room=main'
hi=$(hello "$BOOTH_LISTENER_TOKEN")
op=$(hello "$BOOTH_OPERATOR_TOKEN")
talk="{\"type\":\"hello\",\"session\":\"page-1234\",\"lang\":\"it-IT\",\"token\":\"$BOOTH_SPEAKER_TOKEN\"}"

# --- other sites' pages ------------------------------------------------------------
for origin in http://evil.example null "http://127.0.0.1:1" "https://evil.example:$port" file://; do
	refused origin "$listen" "$hi" "Origin: $origin"
	refused origin "$speak" "$talk" "Origin: $origin"
	refused origin /operate "$op" "Origin: $origin"
done
let_in '"live"' "$listen" "$hi" "Origin: http://localhost"
let_in '"rooms"' /operate "$op" "Origin: http://localhost"
undisturbed 'other sites'

# --- tokens --------------------------------------------------------------------------
b64() { base64 -w0 | tr '+/' '-_' | tr -d =; }
claims='{"role":["listener","speaker","operator"],"room":"*","exp":9999999999}'
hs256() { # HEADER SECRET: signed by openssl, by hand
	local body
	body=$(printf '%s' "$1" | b64).$(printf '%s' "$claims" | b64)
	printf '%s.%s' "$body" "$(printf '%s' "$body" | openssl dgst -sha256 -hmac "$2" -binary | b64)"
}
good=$("$BIN/token" mint -R listener -r main --for 1h)
tampered=$(printf '%s.%s.%s' "${good%%.*}" "$(printf '%s' "$claims" | b64)" "${good##*.}")
for path in "$listen" "$speak" /operate; do
	first='{"type":"hello","session":"page-1234","lang":"it-IT","token":"%s"}'
	refused token "$path" '{"type":"hello","session":"page-1234","lang":"it-IT"}'
	for alg in none None HS384 HS512 RS256 ES256; do
		# shellcheck disable=SC2059 # a form with one place
		refused token "$path" "$(printf "$first" "$(hs256 "{\"alg\":\"$alg\",\"typ\":\"JWT\"}" "$BOOTH_JWT_SECRET")")"
	done
	rm -f "$BOOTH_RUN/limit" # or the guesses end it
	# shellcheck disable=SC2059
	for token in "$tampered" "$(hs256 '{"alg":"HS256"}' another-secret-of-the-same-length)" "${good%?}" "${good%.*}." . ..; do
		refused token "$path" "$(printf "$first" "$token")"
	done
	rm -f "$BOOTH_RUN/limit"
	# In the query string it is no token.
	case $path in
	*\?*) with=$path\& ;;
	*) with="$path?" ;;
	esac
	refused token "${with}token=$good" '{"type":"hello","session":"page-1234","lang":"it-IT"}'
done
refused role "$speak" "${talk/$BOOTH_SPEAKER_TOKEN/$BOOTH_LISTENER_TOKEN}"
refused role "$speak" "${talk/$BOOTH_SPEAKER_TOKEN/$BOOTH_OPERATOR_TOKEN}"
refused role /operate "$hi"
refused role /operate "$(hello "$BOOTH_SPEAKER_TOKEN")"
refused role "$listen" "$(hello "$BOOTH_SPEAKER_TOKEN")"
let_in '"live"' "$listen" "$(hello "$good")"
rm -f "$BOOTH_RUN/limit"
undisturbed 'tokens'

# --- rooms that want to be paths --------------------------------------------------------
long=$(printf 'a%.0s' {1..2000})
find "$BOOTH_RUN" | sort >"$tmp/before"
for name in .. ../main ../../etc %2e%2e %2e%2e%2fmain main%00 main/ /main main%0a MAIN ma%69n%2f.. . "$long" -main 'm%C3%A4in' '%ff' ''; do
	refused room "/listen?room=$name&lang=es-ES" "$hi"
	refused room "/speak?room=$name" "$talk"
	code=$(curl -s -o "$tmp/api" -w '%{http_code}' --path-as-is "$url/api/languages?room=$name")
	case $code in
	400 | 404) ;;
	200) [ -z "$name" ] || fail "/api/languages?room=$name: 200" ;;
	*) fail "/api/languages?room=$name: $code" ;;
	esac
done
for lang in ../source '%2e%2e' source.text/.. "$long" 'x%00'; do
	refused lang "/listen?room=main&lang=$lang" "$hi"
done
refused room '/speak?room=nowhere' "$talk"
find "$BOOTH_RUN" | sort | diff "$tmp/before" - | grep -v limit | grep '^[<>]' && fail 'a name made or removed a file'
for path in /../scripts/serve /%2e%2e/scripts/serve /..%2fscripts%2fserve /js/../../scripts/serve /listen /ws/listen \
	/.git/config /%00 /api/../rooms.inc /api/%2e%2e/%2e%2e/serve //etc/passwd /api/rooms/../../../serve; do
	curl -s -o "$tmp/static" --path-as-is "$url$path" || :
	! grep -q '#!/bin\|root:\|repositoryformat' "$tmp/static" || fail "$path shows a file"
done
# Nothing hidden and no way out of web/ is there to be served.
find web -name '.*' -mindepth 1 | grep . && fail 'hidden files in web'
find web -type l | grep . && fail 'links in web'
undisturbed 'paths'

# --- messages -------------------------------------------------------------------------------
deep=$(printf '[%.0s' {1..5000})
for path in "$listen" "$speak" /operate; do
	case $path in
	"$speak") first=$talk ;;
	/operate) first=$op ;;
	*) first=$hi ;;
	esac
	# Before and after the hello; who is hung up on for it is, the others go on.
	for message in "$deep" "{\"type\":$deep" '{"ack":1e999}' '{"ack":-1}' '{"type":"hello","token":"a\u0000b"}' \
		'!text 3000000' '!binary 3000000' '!bytes fffefd0a' '!bytes 7b0022' '!half 1000' '{"type":null}' '"' ''; do
		printf '%s\n' "$message" '!leave' | client "$path" >"$tmp/m.out" 2>/dev/null || :
		printf '%s\n' "$first" "$message" '!leave' | client "$path" >"$tmp/m.out" 2>/dev/null || :
	done
	rm -f "$BOOTH_RUN/limit"
done
undisturbed 'messages'
let_in '"rooms"' /operate "$op"
undisturbed 'messages at the desk'

# --- clients that do not read, or say nothing ------------------------------------------
printf '%s\n!deaf\n' "$hi" | timeout 120 "$B/fake/ws_client" "$port" "$listen" >"$tmp/deaf.out" 2>&1 3>&- &
deaf=$!
started $deaf
for i in {1..300}; do
	n=$((n + 1))
	printf '{"type":"translation","id":"u%s","lang":"es-ES","from":"en-US","text":"es-ES caption %s. %04000d","error":null}\n' $n $n 0 >&3
	# The ring holds about a hundred of them: nobody is to be a lap behind.
	[ $((n % 50)) -ne 0 ] || wait_for "caption $n" has "$tmp/honest.out" "caption $n."
done
undisturbed 'a client that never reads, and 1.2 MB'
kill -9 $deaf 2>/dev/null || :
# Who says nothing is told so and let go; who speaks no HTTP either stays outside.
for path in "$listen" "$speak" /operate; do
	client "$path" </dev/null >"$tmp/silent.${path:1:2}" 2>/dev/null 3>&- &
	started $!
done
for path in li sp op; do
	wait_for "the end of a silent one ($path)" any "$tmp/silent.$path" '.state=="refused"'
done
exec 6<>"/dev/tcp/127.0.0.1/$port"
undisturbed 'silence'
exec 6>&-

# --- a flood of connections ---------------------------------------------------------------
# 12 at most, the honest one among them; the others are answered 429, and when
# they leave there is room again.
crowd=
for _ in {1..20}; do
	timeout 120 "$B/fake/ws_client" "$port" "$listen" <<<"$hi" >>"$tmp/crowd.out" 2>>"$tmp/crowd.err" 3>&- &
	crowd="$crowd $!"
	started $!
done 3>&-
refused_by_number() {
	[ "$(grep -c '(429)' "$tmp/crowd.err")" -ge 9 ]
}
wait_for 'connections that are answered 429' refused_by_number
undisturbed 'a flood of connections'
# shellcheck disable=SC2086 # a list
kill $crowd 2>/dev/null || :
there_is_room() {
	{ printf '%s\n' "$hi" '!wait "live"' '!leave'; } |
		timeout 300 "$B/fake/ws_client" "$port" "$listen" >"$tmp/r.out" 2>/dev/null && has "$tmp/r.out" '"live"'
}
wait_for 'room after the flood' there_is_room

# --- one address against another --------------------------------------------------------
# Attempts are counted by the address of the connection, whatever the client calls
# itself; behind a trusted proxy by what the proxy says.
tried() { # HEADER...: a speaker's attempt; its answer is in $tmp/r.out
	printf '%s\n' '{"type":"hello"}' | client "$speak" "$@" >"$tmp/r.out" 2>/dev/null || :
}
rate() { any "$tmp/r.out" '.reason=="rate"'; }
# Many attempts from the address of all these connections, as fast as processes
# start: through websocketd a slow machine is slower than the rate that is let in.
hurry() { # NAME=VALUE..., as websocketd would put it; %d is a number
	local i
	for ((i = 0; i < 45; i++)); do
		env QUERY_STRING=room=main REMOTE_ADDR=127.0.0.1 GATEWAY_INTERFACE=websocketd-CGI/0.1 \
			"${@//%d/$i}" "$BIN/speak" -q -- true </dev/null >/dev/null 2>&1 || :
	done
}
is_stopped() { # WEBSOCKET_HEADER NAME=VALUE...
	local header=$1
	shift
	hurry "$@"
	tried "$header" && rate
}
wait_for 'end of the patience with one that calls itself otherwise each time' is_stopped \
	'X-Forwarded-For: 203.0.113.99' HTTP_X_FORWARDED_FOR=203.0.113.%d
undisturbed 'a flood of speakers'
kill "$server"
wait "$server" || :
rm -f "$BOOTH_RUN/limit"
BOOTH_TRUSTED_PROXIES=127.0.0.0/8 serve "$port"
n=0
hello "$BOOTH_LISTENER_TOKEN" | timeout 120 "$B/fake/ws_client" "$port" "$listen" >"$tmp/honest2.out" 2>&1 3>&- &
started $!
behind=(BOOTH_TRUSTED_PROXIES=127.0.0.0/8 HTTP_X_FORWARDED_FOR=198.51.100.7)
wait_for 'end of the patience with one address behind a proxy' is_stopped \
	'X-Forwarded-For: 198.51.100.7' "${behind[@]}"
wait_for 'the same for a client that would choose its address' is_stopped \
	'X-Forwarded-For: 192.0.2.1, 198.51.100.7' "${behind[@]}"
tried 'X-Forwarded-For: 198.51.100.8'
! rate || fail 'another address pays for it'

# --- secrets --------------------------------------------------------------------------------
for secret in "$BOOTH_JWT_SECRET" "$BOOTH_LISTENER_TOKEN" "$BOOTH_SPEAKER_TOKEN" "$BOOTH_OPERATOR_TOKEN" "$good" "$AWS_SECRET_ACCESS_KEY"; do
	! grep -rqF -e "$secret" "$tmp"/*.err "$tmp"/*.out "$BOOTH_RUN" || fail "a secret in: $(grep -rlF -e "$secret" "$tmp"/*.err "$tmp"/*.out "$BOOTH_RUN")"
	for pid in "$server" $(pgrep -P "$server") $(pgrep -P "$(pgrep -x -P "$server" websocketd)"); do
		! tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -e "$secret" || fail "a secret in argv of $pid"
	done
done
# A listener's process has none of them in its environment.
wait_for 'the second honest listener' has "$tmp/honest2.out" '"live"'
hearer=$(pgrep -x -P "$(pgrep -x -P "$server" websocketd)" listen)
! tr '\0' '\n' <"/proc/$hearer/environ" | grep -q "word-471\|$BOOTH_JWT_SECRET\|key-4714" ||
	fail "listen has secrets in its environment"
# Nothing in the server's words that a terminal would obey.
! LC_ALL=C grep -q $'[\001-\010\013-\037\177]' "$tmp/serve.err" || fail 'a control character in the log'
