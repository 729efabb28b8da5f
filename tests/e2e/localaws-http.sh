#!/bin/bash
# localaws as an HTTP server, seen by other people's clients: curl with its own
# SigV4 (HTTP/1.1 and HTTP/2), nghttp, openssl s_client.  Keep-alive, chunked
# bodies, Expect, pipelining, caps, error shapes; bytes that are no TLS, no HTTP
# or come too slowly; 50 connections at once; what is left when it ends.
# shellcheck disable=SC2015,SC2016 # fail() does not return; eval expands
set -eu

tmp=$(mktemp -d)
pids=
cleanup() {
	for p in $pids; do kill -KILL "$p" 2>/dev/null || :; done
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

fail() {
	echo "FAIL: $*"
	tail -n 20 "$tmp/err" 2>/dev/null | cut -c 1-200
	exit 1
}
for tool in curl nghttp openssl jq; do
	command -v $tool >/dev/null || { echo "$tool is not installed"; exit 77; }
done

wait_for() { # WHAT COMMAND...
	local what=$1 tries=0
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 6000 ] || fail "no $what"
		sleep 0.02
	done
}

serve() { # ARG...: start localaws, source its exports
	rm -f "$tmp/out"
	mkfifo "$tmp/out"
	"$BIN/localaws" -v --dir "$tmp/run" "$@" >"$tmp/out" 2>"$tmp/err" &
	server=$!
	pids="$pids $server"
	read -r ready <"$tmp/out" || fail "it does not start"
	# shellcheck disable=SC1091
	. "$tmp/run/env"
	port=${AWS_ENDPOINT_URL##*:}
}

# Engines of the shell: what is under test is the server.
cat >"$tmp/mt" <<'MT'
#!/bin/sh
[ "$2" != zz ] || { echo "no such pair" >&2; exit 69; }
exec stdbuf -o0 tr a-z A-Z
MT
cat >"$tmp/tts" <<'TTS'
#!/bin/sh
cat >/dev/null
[ "$1" != Joey ] || exec cat /dev/zero
[ "$1" != Kendra ] || exec sleep 1000
printf spoken
TTS
chmod +x "$tmp/mt" "$tmp/tts"
serve --mt "$tmp/mt" --tts "$tmp/tts" --asr false
[ "$(stat -c %a "$tmp/run")" = 700 ] || fail "the directory is not 0700"
[ "$(stat -c %a "$tmp/run/env")" = 600 ] || fail "env is not 0600"
[ "$(echo "$ready" | jq -r .url)" = "$AWS_ENDPOINT_URL" ] || fail "url: $ready"
[ "$(echo "$ready" | jq -r .stage,.state | xargs)" = "localaws ready" ] ||
	fail "status: $ready"

signed() { # SERVICE CURL-ARG...
	local service=$1
	shift
	curl -sS --max-time 30 --cacert "$AWS_CA_BUNDLE" \
		--aws-sigv4 "aws:amz:$AWS_REGION:$service" \
		--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" "$@"
}
exec_signed() { # the same, to be run in the background and killed
	local service=$1
	shift
	exec curl -sS --cacert "$AWS_CA_BUNDLE" \
		--aws-sigv4 "aws:amz:$AWS_REGION:$service" \
		--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" "$@"
}
target='x-amz-target: AWSShineFrontendService_20170701.TranslateText'
json11='content-type: application/x-amz-json-1.1'
text() {
	printf '{"Text":"%s","SourceLanguageCode":"en","TargetLanguageCode":"%s"}' "$1" "$2"
}

# --- both versions, two requests on one connection ---------------------------
for version in --http1.1 --http2; do
	signed translate $version -v -H "$target" -H "$json11" -d "$(text hello es)" \
		"$AWS_ENDPOINT_URL/" "$AWS_ENDPOINT_URL/" >"$tmp/two" 2>"$tmp/trace"
	[ "$(jq -rs 'map(.TranslatedText) | join(" ")' "$tmp/two")" = "HELLO HELLO" ] ||
		fail "curl $version: $(cat "$tmp/two")"
	grep -q 'Re-using existing connection' "$tmp/trace" || fail "no keep-alive"
	grep -qi '^< x-amzn-requestid: ' "$tmp/trace" || fail "no request id"
	grep -qi '^< date: ' "$tmp/trace" || fail "no date"
done
out=$(signed polly "https://localhost:$port/v1/voices?LanguageCode=it-IT") ||
	fail "by name"
[ "$(echo "$out" | jq -r '.Voices[0].LanguageCode')" = it-IT ] || fail "$out"

# --- chunked answers, whole in HTTP/1.0 too ----------------------------------
say() { printf '{"OutputFormat":"pcm","Text":"%s","VoiceId":"%s"}' "$1" "$2"; }
for version in "--http1.0 --no-alpn" --http1.1 --http2; do
	# shellcheck disable=SC2086 # two words
	out=$(signed polly $version -d "$(say hello Joanna)" "$AWS_ENDPOINT_URL/v1/speech")
	[ "$out" = spoken ] || fail "speech over $version: $out"
done

# --- a presigned URL is what a browser can play ------------------------------
# (curl cannot presign; a wrong signature in the query must be seen, though)
code=$(curl -sS --cacert "$AWS_CA_BUNDLE" -o "$tmp/body" -w '%{http_code}' \
	"$AWS_ENDPOINT_URL/v1/speech?VoiceId=Joanna&OutputFormat=pcm&Text=a&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=$AWS_ACCESS_KEY_ID%2F$(date -u +%Y%m%d)%2F$AWS_REGION%2Fpolly%2Faws4_request&X-Amz-Date=$(date -u +%Y%m%dT%H%M%SZ)&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=$(printf %064d 0)")
[ "$code" = 403 ] || fail "a false presigned URL: $code $(cat "$tmp/body")"

# --- chunked and expected request bodies -------------------------------------
out=$(signed translate --http1.1 -H "$target" -H "$json11" -H 'Expect: 100-continue' \
	-d "$(text "expect this" es)" "$AWS_ENDPOINT_URL/" -v 2>"$tmp/trace")
[ "$(echo "$out" | jq -r .TranslatedText)" = "EXPECT THIS" ] || fail "Expect: $out"
grep -q 'HTTP/1.1 100 Continue' "$tmp/trace" || fail "no 100 Continue"
out=$(signed translate --http1.1 -H "$target" -H "$json11" \
	-H 'Transfer-Encoding: chunked' -d "$(text "in chunks" es)" "$AWS_ENDPOINT_URL/")
[ "$(echo "$out" | jq -r .TranslatedText)" = "IN CHUNKS" ] || fail "chunked: $out"

# --- refusals, in the shape of each protocol ---------------------------------
refused() { # WANT-STATUS WANT-NAME ANSWER-WITH-HEADERS
	grep -Eq "^HTTP/[0-9.]+ $1" "$3" || fail "not $1: $(head -c 300 "$3")"
	grep -qi "x-amzn-errortype: $2" "$3" || grep -q "\"__type\":\"$2\"" "$3" ||
		fail "not $2: $(cat "$3")"
}
plain() { curl -sS -i --max-time 30 --cacert "$AWS_CA_BUNDLE" "$@" >"$tmp/answer"; }
plain "$AWS_ENDPOINT_URL/v1/voices"
refused 403 MissingAuthenticationTokenException "$tmp/answer"
plain "$AWS_ENDPOINT_URL/v1/voices" -H 'authorization: AWS4-HMAC-SHA256 nonsense'
refused 400 IncompleteSignatureException "$tmp/answer"
right=$AWS_SECRET_ACCESS_KEY
AWS_SECRET_ACCESS_KEY=wrong signed polly -i "$AWS_ENDPOINT_URL/v1/voices" >"$tmp/answer"
refused 403 InvalidSignatureException "$tmp/answer"
AWS_SECRET_ACCESS_KEY=wrong signed translate -i --http1.1 -H "$target" -H "$json11" \
	-d "$(text a es)" "$AWS_ENDPOINT_URL/" >"$tmp/answer"
refused 403 InvalidSignatureException "$tmp/answer"
[ "$AWS_SECRET_ACCESS_KEY" = "$right" ] || fail "test is wrong"
AWS_ACCESS_KEY_ID=AKIDNOBODY signed polly -i "$AWS_ENDPOINT_URL/v1/voices" >"$tmp/answer"
refused 403 UnrecognizedClientException "$tmp/answer"
AWS_REGION=eu-west-3 signed polly -i "$AWS_ENDPOINT_URL/v1/voices" >"$tmp/answer"
refused 403 InvalidSignatureException "$tmp/answer"
signed translate -i "$AWS_ENDPOINT_URL/v1/voices" >"$tmp/answer"
refused 403 InvalidSignatureException "$tmp/answer"
signed polly -i -X DELETE "$AWS_ENDPOINT_URL/v1/lexicons/x" >"$tmp/answer"
refused 404 UnknownOperationException "$tmp/answer"
signed translate -i -H "$target" -H "$json11" -d '{' "$AWS_ENDPOINT_URL/" >"$tmp/answer"
refused 400 SerializationException "$tmp/answer"
signed translate -i -H "$target" -H "$json11" -d "$(text a zz)" "$AWS_ENDPOINT_URL/" \
	>"$tmp/answer"
refused 400 UnsupportedLanguagePairException "$tmp/answer"
grep -q 'no such pair' "$tmp/answer" || fail "the engine's reason is not told"
signed transcribe -i --http1.1 -d '' "$AWS_ENDPOINT_URL/stream-transcription" >"$tmp/answer"
refused 400 BadRequestException "$tmp/answer"
grep -q HTTP/2 "$tmp/answer" || fail "HTTP/2 is not named"
head -c 300000 /dev/zero | tr '\0' x >"$tmp/large"
for version in --http1.1 --http2; do
	signed translate -i $version -H "$target" -H "$json11" --data-binary "@$tmp/large" \
		"$AWS_ENDPOINT_URL/" >"$tmp/answer"
	refused 413 RequestEntityTooLargeException "$tmp/answer"
done

# --- nghttp, another HTTP/2 client -------------------------------------------
nghttp -nv "$AWS_ENDPOINT_URL/v1/voices" >"$tmp/nghttp" 2>&1 || fail "nghttp: $(cat "$tmp/nghttp")"
grep -q ':status: 403' "$tmp/nghttp" || fail "nghttp: $(cat "$tmp/nghttp")"
nghttp -nv -m 20 "$AWS_ENDPOINT_URL/v1/voices" >"$tmp/nghttp" 2>&1
[ "$(grep -c ':status: 403' "$tmp/nghttp")" = 20 ] || fail "20 streams at once"

# --- pipelining; HEAD has no body ---------------------------------------------
printf 'GET /v1/voices HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' >"$tmp/three"
# s_client may not see the end of its input before the answers are there
{ cat "$tmp/three"; wait_for "three answers" eval \
	'[ "$(grep -o "HTTP/1.1 40[03]" "$tmp/answers" | wc -l)" = 3 ]'; } |
	openssl s_client -quiet -verify_quiet -CAfile "$AWS_CA_BUNDLE" -alpn http/1.1 \
		-connect "127.0.0.1:$port" >"$tmp/answers" 2>/dev/null || :
[ "$(grep -o 'HTTP/1.1 40[03]' "$tmp/answers" | wc -l)" = 3 ] ||
	fail "pipelining: $(cat "$tmp/answers")"

# --- garbage, and requests that never end, while 50 others are served --------
head -c 20000 /dev/urandom >"$tmp/garbage"
timeout 20 bash -c "cat '$tmp/garbage' >/dev/tcp/127.0.0.1/$port" 2>/dev/null || :
timeout 20 bash -c "printf 'GET / HTTP/1.0\r\n\r\n' >/dev/tcp/127.0.0.1/$port" || :
openssl s_client -quiet -alpn http/1.1 -connect "127.0.0.1:$port" <"$tmp/garbage" \
	>"$tmp/answer" 2>/dev/null || :
grep -q '^HTTP/1.1 400 Bad Request' "$tmp/answer" || fail "garbage in HTTP/1.1"
openssl s_client -quiet -alpn h2 -connect "127.0.0.1:$port" <"$tmp/garbage" \
	>"$tmp/answer" 2>/dev/null || :
mkfifo "$tmp/hold"
exec 9<>"$tmp/hold"
for part in 'GE' 'GET / HTTP/1.1\r\nX-Slow: ' 'POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n{'; do
	# shellcheck disable=SC2059 # the part is the format
	# Who holds the writing end itself never sees the end.
	{ exec 9>&-; printf "$part"; exec cat; } <"$tmp/hold" |
		openssl s_client -quiet -alpn http/1.1 -connect "127.0.0.1:$port" \
			>/dev/null 2>&1 9>&- &
	pids="$pids $!"
done
exec 8<>"/dev/tcp/127.0.0.1/$port" # connected, and silent
for i in $(seq 50); do
	signed translate -H "$target" -H "$json11" -d "$(text "text $i" es)" \
		"$AWS_ENDPOINT_URL/" >"$tmp/many.$i" &
	many="${many:-} $!"
done
for p in $many; do wait "$p" || fail "one of 50 connections"; done
for i in $(seq 50); do
	[ "$(jq -r .TranslatedText "$tmp/many.$i")" = "TEXT $i" ] ||
		fail "connection $i got: $(cat "$tmp/many.$i")"
done
exec 8>&- 9>&-

# --- a slow reader and one that leaves: no engine is left behind --------------
children() { cat "/proc/$server/task/$server/children"; }
before=$(children)
# Joey speaks without end, Kendra says nothing.
for try in 'Joey --http1.1' 'Joey --http2' 'Kendra --http1.1' 'Kendra --http2'; do
	voice=${try% *}
	exec_signed polly "${try#* }" -d "$(say x "$voice")" "$AWS_ENDPOINT_URL/v1/speech" \
		--limit-rate 1k -o "$tmp/slow" 2>/dev/null &
	slow=$!
	pids="$pids $slow"
	wait_for "engine of $voice" eval '[ "$(children)" != "$before" ]'
	signed translate -H "$target" -H "$json11" -d "$(text meanwhile es)" \
		"$AWS_ENDPOINT_URL/" | grep -q MEANWHILE || fail "a slow client stalls others"
	kill "$slow"
	wait "$slow" 2>/dev/null || :
	wait_for "end of the engine of $voice" eval '[ "$(children)" = "$before" ]'
done

# --- a translator that is killed is started again -----------------------------
for p in $(children); do kill -KILL "$p"; done
out=$(signed translate -H "$target" -H "$json11" -d "$(text again es)" "$AWS_ENDPOINT_URL/")
[ "$(echo "$out" | jq -r .TranslatedText)" = AGAIN ] || fail "after a kill: $out"

# --- the end: all children too; then the same certificate again ---------------
left=$(children)
[ -n "$left" ] || fail "no engine runs"
kill -TERM "$server"
wait "$server" || fail "status $? at the end"
for p in $left; do
	[ ! -d "/proc/$p" ] || fail "engine $p is left behind"
done
grep -q 'operation=TranslateText status=200' "$tmp/err" || fail "no access log"
! grep -q "$right" "$tmp/err" || fail "the secret is in the log"
before=$(cat "$tmp/run/ca.pem")
serve --mt "$tmp/mt" --tts "$tmp/tts" --asr false
[ "$(cat "$tmp/run/ca.pem")" = "$before" ] || fail "a good certificate was remade"
signed polly "$AWS_ENDPOINT_URL/v1/voices" | jq -e .Voices >/dev/null || fail "second start"

# --- killed without a chance to tidy up: engines see the end of their input ---
signed translate -H "$target" -H "$json11" -d "$(text last es)" "$AWS_ENDPOINT_URL/" |
	grep -q LAST || fail "second start"
left=$(children)
[ -n "$left" ] || fail "no engine runs"
kill -KILL "$server"
wait "$server" 2>/dev/null || :
for p in $left; do
	wait_for "end of engine $p" eval '[ ! -d "/proc/$p" ] || grep -q "^State:.Z" "/proc/$p/status"'
done

# --- wrong calls, one clear line each ----------------------------------------
wrong() { # STATUS WORD ARG...
	local want=$1 word=$2 status=0
	shift 2
	"$BIN/localaws" --dir "$tmp/run" "$@" >"$tmp/o" 2>"$tmp/e" </dev/null || status=$?
	[ $status = "$want" ] || fail "localaws $*: status $status, not $want: $(cat "$tmp/e")"
	grep -q -- "$word" "$tmp/e" || fail "localaws $*: $(cat "$tmp/e")"
	[ "$(wc -l <"$tmp/e")" = 1 ] && [ ! -s "$tmp/o" ] || fail "localaws $*: not one line"
}
wrong 64 delay --delay s3=4
wrong 64 port --port 70000
wrong 64 surplus surplus
wrong 66 'line 1' --script /etc/passwd
wrong 66 nonexistent --script /nonexistent
wrong 73 /proc/x --dir /proc/x
unset AWS_SECRET_ACCESS_KEY
wrong 78 AWS_SECRET_ACCESS_KEY
echo ok
