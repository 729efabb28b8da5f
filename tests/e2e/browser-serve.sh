#!/bin/sh
# scripts/serve without a browser: wrong calls, a free port, one that is taken,
# headers, /api/rooms, an installation's layout, https, and that no process and
# no file of it is left behind when it is ended or killed.
set -eu

for program in websocketd curl jq openssl; do
	command -v "$program" >/dev/null || {
		echo "SKIP: $program is not installed"
		exit 77
	}
done

tmp=$(mktemp -d)
pids=
# shellcheck disable=SC2154 # p is the loop's
trap 'for p in $pids; do kill -9 "$p" 2>/dev/null || :; done; rm -rf "$tmp"' EXIT

fail() {
	echo "FAIL: $*"
	cat "$tmp/err" 2>/dev/null || :
	exit 1
}

# As installed: bin/ and share/pipebooth/{scripts,web}; a quote and a space in
# the run directory's name.
prefix=$tmp/prefix
run="$tmp/it's a run"
mkdir -p "$prefix/bin" "$prefix/share/pipebooth" "$run/rooms/main" "$run/rooms/-x"
cp -R scripts web "$prefix/share/pipebooth/"
serve=$prefix/share/pipebooth/scripts/serve
cat >"$prefix/bin/listen" <<'END'
#!/bin/sh
echo "{\"query\":\"$QUERY_STRING\",\"run\":\"$BOOTH_RUN\"}"
cat >/dev/null
END
chmod +x "$prefix/bin/listen"
echo '{"room":"main","source":"it-IT","targets":["en-US"],"on":true}' \
	>"$run/rooms/main/room.json"
echo '{"room":"-x"}' >"$run/rooms/-x/room.json"

status() { # EXPECTED ARGS...: how serve ends
	want=$1
	shift
	got=0
	"$serve" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
	[ "$got" -eq "$want" ] || fail "serve $*: status $got, not $want"
}

said() { # PATTERN: one line on stderr says it
	grep -q -e "$1" "$tmp/err" || fail "no '$1'"
}

status 0 -h
grep -q '^usage: serve' "$tmp/out" || fail 'no usage'
status 64 --port nine
said "wants a number, not 'nine'"
status 64 --port 70000
status 64 --port
status 64 --frob
said "what is '--frob'"
status 64 --cert "$tmp/no"
status 66 --cert "$tmp/no" --key "$tmp/no"
said "cannot read '$tmp/no'"

# start ARGS...: $url, $pid of serve, $server of websocketd
start() {
	mkfifo "$tmp/url"
	: >"$tmp/err"
	"$serve" --run "$run" "$@" >"$tmp/url" 2>"$tmp/err" </dev/null &
	pid=$!
	pids="$pids $pid"
	url=
	read -r url <"$tmp/url" || :
	rm "$tmp/url"
	[ -n "$url" ] || fail 'it printed no URL'
	server=$(ps -o pid= -o comm= --ppid "$pid" | awk '$2 == "websocketd" { print $1 }')
	[ -n "$server" ] || fail 'no websocketd below it'
	pids="$pids $server"
}

gone() { # PID: it ends, soon
	tail -f --pid="$1" /dev/null &
	watcher=$!
	pids="$pids $watcher"
	wait "$watcher" || :
}

start --port auto
curl -sS -D "$tmp/headers" -o "$tmp/index" "$url"
cmp -s "$tmp/index" web/index.html || fail 'that is not index.html'
for header in 'Cache-Control: no-cache' 'X-Content-Type-Options: nosniff' \
	"Content-Security-Policy: default-src 'none'; script-src 'self'"; do
	grep -qi "^$header" "$tmp/headers" || fail "no header '$header'"
done
curl -sS -D "$tmp/headers" -o /dev/null "${url}js/main.js"
grep -qi '^Content-Type: text/javascript' "$tmp/headers" ||
	fail 'modules are not text/javascript'

# Nobody holds the room's lock: it is not on, whatever room.json says; and what
# is no room's name is none.
rooms=$(curl -sS "${url}api/rooms")
[ "$(echo "$rooms" | jq -c .)" = \
	'[{"room":"main","source":"it-IT","targets":["en-US"],"on":false}]' ] ||
	fail "/api/rooms: $rooms"
[ "$(curl -sS -o /dev/null -w '%{http_code}' -X POST "${url}api/rooms")" = 405 ] ||
	fail 'POST was answered'

# Languages: of one room, and of those that are on; a hard way to ask.
languages() { # QUERY EXPECTED
	got=$(curl -sS "${url}api/languages$1" | jq -c .)
	[ "$got" = "$2" ] || fail "/api/languages$1: $got"
}
languages '?room=main' '{"room":"main","on":false,"languages":[{"lang":"source","spoken":"it-IT","name":"it-IT","formats":["text"]},{"lang":"en-US","name":"en-US","formats":["text"]}]}'
languages '' '{"languages":[]}'
languages '?room=nowhere' '{"error":"no such room"}'
languages '?room=../main' '{"error":"room: no name of a room"}'
languages '?room=%2e%2e' '{"error":"room: no name of a room"}'
languages "?room=\$(id)" '{"error":"room: no name of a room"}'
echo 'over budget' >"$run/rooms/main/paused"
curl -sS "${url}api/rooms" | jq -e '.[0].paused == "over budget"' >/dev/null ||
	fail 'a paused room does not say so'
rm "$run/rooms/main/paused"

# With somebody on the air in it.
if [ -x "${BIN:-bin}/broadcast" ]; then
	mkfifo "$tmp/lines"
	BOOTH_RUN=$run "${BIN:-bin}/broadcast" -r hall <"$tmp/lines" 2>/dev/null &
	pids="$pids $!"
	exec 3>"$tmp/lines"
	echo '{"type":"status","stage":"transcribe","state":"ready","lang":"it-IT"}' >&3
	echo '{"type":"status","stage":"translate","state":"ready","languages":["es-ES","arb"]}' >&3
	echo '{"type":"status","stage":"synth","state":"ready","voices":{"es-ES":"Lucia"}}' >&3
	tries=0
	until curl -sS "${url}api/languages?room=hall" |
		jq -e '.languages | length == 3 and any(.formats == ["text", "pcm"])' \
			>/dev/null; do
		tries=$((tries + 1))
		[ "$tries" -lt 2400 ] || fail 'the room did not come on the air'
		sleep 0.05
	done
	languages '?room=hall' '{"room":"hall","on":true,"languages":[{"lang":"source","spoken":"it-IT","name":"italiano","formats":["text"]},{"lang":"arb","name":"العربية","formats":["text"]},{"lang":"es-ES","name":"español (España)","formats":["text","pcm"]}]}'
	languages '' '{"languages":[{"lang":"arb","name":"العربية","formats":["text"]},{"lang":"es-ES","name":"español (España)","formats":["pcm","text"]}]}'
	exec 3>&-
fi
for path in api/ rooms.inc api/../rooms.inc api/../../ws/listen scripts/serve ../scripts/serve; do
	code=$(curl -sS --path-as-is -L -o /dev/null -w '%{http_code}' "$url$path")
	[ "$code" = 404 ] || fail "$path: $code"
done

# One WebSocket, by hand: listen got the query and the run directory.
port=${url##*:}
port=${port%/}
curl -sS -N --http1.1 --max-time 30 -H 'Connection: Upgrade' \
	-H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
	-H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' \
	"${url}listen?room=main&lang=en-US" >"$tmp/answer" 2>/dev/null &
client=$!
pids="$pids $client"
tries=0
until grep -qa '"query"' "$tmp/answer"; do
	tries=$((tries + 1))
	[ "$tries" -lt 2400 ] || fail "listen said nothing: $(cat "$tmp/answer")"
	sleep 0.05
done
grep -qa "room=main&lang=en-US\",\"run\":\"$run\"" "$tmp/answer" ||
	fail "listen got: $(tail -n 1 "$tmp/answer")"
kill "$client" 2>/dev/null || :

status 69 --run "$run" --port "$port"
said "cannot serve on 127.0.0.1:$port: .*address already in use"
[ ! -s "$tmp/out" ] || fail 'it printed a URL of another server'

kill "$pid"
wait "$pid" || fail "SIGTERM: status $?"
gone "$server"
! curl -s -o /dev/null "$url" || fail 'it still answers'
[ -z "$(find "$run" -name 'serve.*')" ] || fail 'it left files behind'

# Killed the hard way: the server goes too, and the next one tidies up.
if command -v setpriv >/dev/null; then
	start --port auto
	kill -9 "$pid"
	gone "$server"
	left=$(find "$run" -maxdepth 1 -name 'serve.*')
	[ -n "$left" ] || fail 'nothing to tidy up: the test tests nothing'
	start --port auto
	[ ! -e "$left" ] || fail "'$left' is still there"
	kill "$pid"
	wait "$pid" || fail "SIGTERM: status $?"
fi

# A server that dies takes serve with it, and says so.
start --port auto
kill -9 "$server"
got=0
wait "$pid" || got=$?
[ "$got" -eq 69 ] || fail "status $got after websocketd was killed"
said 'websocketd ended by itself'

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-keyout "$tmp/key.pem" -out "$tmp/cert.pem" -days 2 -subj /CN=localhost \
	-addext subjectAltName=IP:127.0.0.1 2>/dev/null
start --port auto --cert "$tmp/cert.pem" --key "$tmp/key.pem"
case $url in
https://*) ;;
*) fail "no https: $url" ;;
esac
curl -sS --cacert "$tmp/cert.pem" "$url" | cmp -s - web/index.html ||
	fail 'https does not serve the page'
kill "$pid"
wait "$pid" || fail "SIGTERM: status $?"
