#!/bin/bash
# Who may speak and what becomes of the rest: tokens of every kind, one speaker a
# room, attempts an address, languages that change, commands that die, floods,
# binary and huge messages; wss with a certificate of one's own, by a proxy, too.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common
# shellcheck source=tests/e2e/speak.inc
. tests/e2e/speak.inc

head -c 96000 /dev/urandom >"$tmp/talk.pcm"
export BOOTH_SPEAK_COMMAND="cat >>'$tmp/heard.'\"\$BOOTH_LANG\""
BOOTH_JWT_SECRET=$("$BIN/token" secret)
export BOOTH_JWT_SECRET BOOTH_LISTENER_TOKEN=a-listeners-word
serve
grep -q 'open to everybody' "$tmp/serve.err" && fail "something is open in spite of the secret"

# send_is STATUS WORDS [NAME=VALUE | OPTION...]: how send ends, and its last words.
send_is() {
	local want=$1 words=$2 got=0
	shift 2
	env "$@" <"$tmp/talk.pcm" 2>"$tmp/send.err" || got=$?
	[ $got = "$want" ] || fail "send: $got, not $want: $*"
	[ -z "$words" ] || grep -q -- "$words" "$tmp/send.err" || fail "send says not '$words'"
}
mint() { "$BIN/token" mint "$@"; }
to="ws://127.0.0.1:$port/speak?room=main"
say=("$BIN/send" -l it-IT)
mint -R speaker -r main --for 1h >"$tmp/token"

# --- tokens
send_is 0 '' "${say[@]}" --token-file "$tmp/token" "$to"
wait_for "room" is_free
cmp "$tmp/talk.pcm" "$tmp/heard.it-IT" || fail "what arrived is not what was said"
send_is 77 'a token is needed' "${say[@]}" "$to"
send_is 77 'for another role' BOOTH_SPEAKER_TOKEN=a-listeners-word "${say[@]}" "$to"
send_is 77 'for another role' "BOOTH_SPEAKER_TOKEN=$(mint -R listener -r main --for 1h)" "${say[@]}" "$to"
send_is 77 'for another role' "BOOTH_SPEAKER_TOKEN=$(mint -R operator -r '*' --for 1h)" "${say[@]}" "$to"
send_is 69 'for another room' "BOOTH_SPEAKER_TOKEN=$(mint -R speaker -r hall --for 1h)" "${say[@]}" "$to"
send_is 77 'signature is wrong' "BOOTH_SPEAKER_TOKEN=$(BOOTH_JWT_SECRET=$("$BIN/token" secret) mint -R speaker -r main --for 1h)" "${say[@]}" "$to"
none="$(printf '{"alg":"none"}' | base64 | tr -d =).$(printf '{"role":"speaker","room":"*","exp":9999999999}' | base64 -w0 | tr -d =)."
send_is 77 'HS256' "BOOTH_SPEAKER_TOKEN=$none" "${say[@]}" "$to"
mint -R speaker -r main --for 1s >"$tmp/short"
expired() { ! "$BIN/token" check <"$tmp/short" >/dev/null 2>&1; }
wait_for "expiry" expired
send_is 77 'has expired' "${say[@]}" --token-file "$tmp/short" "$to"
# --- calls
send_is 69 'no such room' "BOOTH_SPEAKER_TOKEN=$(mint -R speaker -r "*" --for 1h)" "${say[@]}" "ws://127.0.0.1:$port/speak?room=nowhere"
send_is 64 'which one is spoken' "$BIN/send" --token-file "$tmp/token" "$to"
send_is 69 "a room's name" "${say[@]}" "ws://127.0.0.1:$port/speak?room=../../etc"
send_is 69 'no such page' "${say[@]}" "ws://127.0.0.1:$port/nothing"
send_is 64 'does not belong there' "${say[@]}" "ws://127.0.0.1:$port/speak?room=main&token=x"
send_is 66 'cannot open' "${say[@]}" --token-file "$tmp/none" "$to"
printf 'RIFF\0\0\0\0WAVEfmt ' >"$tmp/wav"
status_is 65 "${say[@]}" --token-file "$tmp/token" "$to" <"$tmp/wav" 2>/dev/null
[ ! -e "$BOOTH_RUN/rooms/nowhere" ] || fail "a speaker made a room"

# --- one speaker; a token in no process list
mkfifo "$tmp/pcm"
"${say[@]}" --token-file "$tmp/token" "$to" <"$tmp/pcm" 2>"$tmp/first.err" 3>&- &
first=$!
started $first
exec 3<>"$tmp/pcm" # stays, when who reads there is killed
head -c 6400 "$tmp/talk.pcm" >&3
wait_for "the first speaker" heard 102400
send_is 75 'somebody else speaks' "${say[@]}" --token-file "$tmp/token" "$to"
for pid in $first "$(keeper_pid)" $(pgrep -P "$(keeper_pid)"); do
	tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q "$(cat "$tmp/token")\|$BOOTH_JWT_SECRET" && fail "a token in argv"
done
command=$(pgrep -P "$(keeper_pid)")
tr '\0' '\n' <"/proc/$command/environ" | grep -q "^BOOTH_JWT_SECRET\|_TOKEN=\|^HTTP_\|^QUERY_STRING" &&
	fail "the command sees what it should not"
tr '\0' '\n' <"/proc/$command/environ" | grep -qx 'BOOTH_LANG=it-IT' || fail "no BOOTH_LANG"

# --- a page: the same speaker comes by another way, and changes the language
page() {
	"$B/fake/ws_client" "$port" "/speak?room=main" >"$tmp/page.out" 2>"$tmp/page.err" ||
		fail "the page ends with $?"
}
hello() { # SESSION LANG [MORE]
	printf '{"type":"hello","session":"%s","lang":"%s","token":"%s"%s}\n' "$1" "$2" "$(cat "$tmp/token")" "${3:-}"
}
audio() { # SEQ BYTES
	printf '{"type":"audio","seq":%s,"data":"%s"}\n' "$1" \
		"$(tail -c "+$(($1 * 3200 + 1))" "$tmp/talk.pcm" | head -c "${2:-3200}" | base64 -w0)"
}
# --- killed, and started again: the same talk goes on, at the next sound.  So it
# does for the same token from the same address without the file of its session;
# not for another token, though it is a speaker's, too.
kill -9 $first
wait $first 2>/dev/null || :
is_away() { tail -n 1 "$room/speak.log" | grep -q 'the speaker is away'; }
wait_for "the cut" is_away
mint -R speaker -r main --for 2h >"$tmp/other"
send_is 75 'somebody else speaks' BOOTH_RUN="$tmp/elsewhere" "${say[@]}" --token-file "$tmp/other" "$to"
: >"$tmp/first.err"
"${say[@]}" --token-file "$tmp/token" "$to" <"$tmp/pcm" 2>"$tmp/first.err" 3>&- &
first=$!
started $first
head -c 6400 "$tmp/talk.pcm" >&3
wait_for "the first speaker again" heard 108800
[ -z "$(find "$BOOTH_RUN/send" -type f ! -perm 600)" ] || fail "others can read the session"
kill -9 $first
wait $first 2>/dev/null || :
wait_for "the cut" is_away
: >"$tmp/first.err"
BOOTH_RUN=$tmp/elsewhere "${say[@]}" --token-file "$tmp/token" "$to" <"$tmp/pcm" 2>"$tmp/first.err" 3>&- &
first=$!
started $first
head -c 6400 "$tmp/talk.pcm" >&3
wait_for "the same speaker from elsewhere" heard 115200
[ "$(grep -c 'talk begins' "$room/speak.log")" = 2 ] || fail "a talk began anew"

exec 3>&-
wait $first || fail "the first speaker ended with $?"
wait_for "room" is_free
rm "$tmp"/heard.*
{ hello page-1234 it-IT; audio 0; audio 1; audio 1; audio 0; } |
	timeout 300 "$B/fake/ws_client" "$port" "/speak?room=main" >"$tmp/a.out" 2>&1 &
cut=$!
started $cut
wait_for "two messages once" heard 6400
{ hello other-123 it-IT; audio 0; } | page
any "$tmp/page.out" '.state == "refused" and .reason == "busy"' || fail "a stranger is not told busy"
{ hello page-1234 it-IT ',"next":1'; audio 1; audio 2; echo '!wait "type":"ack","next":3'; } | page &
again=$!
started $again
wait_for "the way before to be replaced" has "$tmp/a.out" '"replaced"'
wait_for "only what was missing" heard 9600
{ hello page-1234 de-DE; audio 3; audio 5; printf '{"type":"end"}\n'; } |
	timeout 300 "$B/fake/ws_client" "$port" "/speak?room=main" >"$tmp/b.out" 2>&1
any "$tmp/b.out" '.state == "ready" and .next == 3 and .lang == "de-DE"' || fail "numbers do not go on"
any "$tmp/b.out" '.type == "ack" and .next == 6 and .lost == 1' || fail "the missing one is not counted"
any "$tmp/b.out" '.state == "ended"' || fail "no end"
wait_for "room" is_free
cmp <(head -c 9600 "$tmp/talk.pcm") "$tmp/heard.it-IT" || fail "lost or doubled"
cmp <(tail -c +9601 "$tmp/talk.pcm" | head -c 3200; tail -c +16001 "$tmp/talk.pcm" | head -c 3200) \
	"$tmp/heard.de-DE" || fail "the other language's sound"

# --- nonsense, huge and binary messages: told, passed by, then hung up on; the
# room is free afterwards, and nothing has crashed.
{
	hello page-5678 it-IT
	echo '!text 100000'
	echo '!binary 5000000'
	echo 'nonsense'
	echo '{"type":"audio","seq":0,"data":"!!!!"}'
	echo '{"type":"unknown","a":[1]}'
	audio 0
	echo '{"type":"end"}'
} | page
any "$tmp/page.out" '.state == "error" and .reason == "proto"' || fail "nonsense is not told"
any "$tmp/page.out" '.state == "ended"' || fail "nonsense ends the talk"
{ hello page-5678 it-IT; for _ in {1..30}; do echo '{"type":"audio"}'; done; } | page
any "$tmp/page.out" '.state == "refused" and .reason == "proto"' || fail "nobody hangs up"
for first in '[]' '{"type":"audio","seq":0,"data":"AAAA"}' '{"type":"hello"}' \
	'{"type":"hello","session":"../../x","lang":"it-IT"}' \
	'{"type":"hello","session":"abcdefgh","lang":"../x"}' '!text 9000'; do
	echo "$first" | page
	any "$tmp/page.out" '.state == "refused" and .reason == "proto"' || fail "'$first' is not refused"
done
grep -q 'AddressSanitizer\|runtime error' "$tmp/serve.err" "$room"/speak.log* && fail "a crash"
# 60 MB of flood: read and forgotten, and the one who floods hung up on.
{ hello page-9999 it-IT; for _ in {1..60}; do echo '!text 1000000'; done; } | page
kill "$server"
wait "$server" || :
kill "$(keeper_pid)" 2>/dev/null || :
wait_for "room" is_free

# --- a command that dies goes on, one that cannot work does not
rm -f "$tmp"/heard.*
export BOOTH_SPEAK_COMMAND="echo I come >&2; head -c 6400 >>'$tmp/heard.it-IT'"
unset BOOTH_JWT_SECRET BOOTH_LISTENER_TOKEN
serve
mkfifo "$tmp/in"
: >"$tmp/send.err"
"${say[@]}" "ws://127.0.0.1:$port/speak?room=main" <"$tmp/in" 2>"$tmp/send.err" &
send=$!
started $send
exec 3>"$tmp/in"
head -c 6400 "$tmp/talk.pcm" >&3
wait_for "its end to be told" grep -q 'restarting' "$tmp/send.err"
head -c 6400 "$tmp/talk.pcm" >&3
exec 3>&-
wait $send || fail "send ended with $?"
wait_for "sound of the second one" heard 12800
grep -q 'said: I come' "$tmp/send.err" || fail "the command's words do not reach the speaker"
wait_for "room" is_free
kill "$server"
wait "$server" || :
export BOOTH_SPEAK_COMMAND='echo no such device >&2; exit 66'
serve
exec 3<>"$tmp/in"
: >"$tmp/send.err"
"${say[@]}" "ws://127.0.0.1:$port/speak?room=main" <"$tmp/in" 2>"$tmp/send.err" &
send=$!
started $send
got=0
wait $send || got=$?
[ $got = 69 ] || fail "a command that cannot work: send ends with $got"
grep -q 'failed with status 66' "$tmp/send.err" || fail "and says not why"
exec 3>&-
wait_for "room" is_free
kill "$server"
wait "$server" || :

# --- a speaker who does not come back; a command that does not end by itself
export GATEWAY_INTERFACE=websocketd-CGI/0.1 QUERY_STRING=room=main
{
	printf '{"type":"hello","session":"by-hand-1","lang":"it-IT"}\n'
	wait_for "ready" has "$tmp/o.out" '"ready"'
} | "$BIN/speak" --linger-s 0 -- sh -c 'cat >/dev/null; echo >"$BOOTH_ROOM_DIR/done"' >"$tmp/o.out"
wait_for "the command to end" test -e "$room/done"
wait_for "room" is_free
# --- attempts: 30 of one address at once, then too many
export REMOTE_ADDR=192.0.2.20
n=0
while [ $n -lt 60 ]; do
	"$BIN/speak" -- true </dev/null >"$tmp/r.out" || :
	has "$tmp/r.out" '"rate"' && break
	n=$((n + 1))
done
[ $n -ge 30 ] && [ $n -lt 60 ] || fail "$n attempts were let in"
any "$tmp/r.out" '.reason == "rate" and .retry_ms > 0' || fail "no retry_ms"
REMOTE_ADDR=192.0.2.21 "$BIN/speak" -- true </dev/null >"$tmp/r.out"
[ ! -s "$tmp/r.out" ] || fail "another address is refused"
unset REMOTE_ADDR GATEWAY_INTERFACE QUERY_STRING

# --- wss with a certificate of one's own
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
	-keyout "$tmp/key.pem" -out "$tmp/cert.pem" 2>/dev/null
rm -f "$tmp"/heard.*
export BOOTH_SPEAK_COMMAND="cat >>'$tmp/heard.'\"\$BOOTH_LANG\""
serve --cert "$tmp/cert.pem" --key "$tmp/key.pem"
send_is 76 'ca names a file' "${say[@]}" "wss://localhost:$port/speak?room=main"
send_is 0 '' "${say[@]}" --ca "$tmp/cert.pem" "wss://localhost:$port/speak?room=main"
wait_for "room" is_free
# ... and by a proxy, unless it is excepted
"$B/fake/tcp_relay" 0 connect >"$tmp/proxy.out" &
started $!
wait_for "proxy" test -s "$tmp/proxy.out"
proxy=http://127.0.0.1:$(head -n 1 "$tmp/proxy.out")
send_is 0 '' https_proxy="$proxy" "${say[@]}" --ca "$tmp/cert.pem" "wss://127.0.0.1:$port/speak?room=main"
grep -q "CONNECT 127.0.0.1:$port" "$tmp/proxy.out" || fail "not by the proxy"
wait_for "room" is_free
send_is 0 '' https_proxy="$proxy" no_proxy=localhost "${say[@]}" --ca "$tmp/cert.pem" "wss://localhost:$port/speak?room=main"
[ "$(grep -c CONNECT "$tmp/proxy.out")" = 1 ] || fail "by the proxy, though excepted"
wait_for "room" is_free
cmp <(cat "$tmp/talk.pcm" "$tmp/talk.pcm" "$tmp/talk.pcm") "$tmp/heard.it-IT" || fail "by TLS: not what was said"
kill "$server"
wait "$server" || :
echo ok
