#!/bin/bash
# Words from outside that want to be something else: markup, escape sequences,
# newlines, cues of subtitles, in every field of a room (title, captions, ids,
# languages, a typed line, the reason of a pause, a speaker's client name).  What
# comes out is one line of JSON each, subtitles without markup or controls, pages'
# data that no browser takes for a page, and logs and a terminal that obey nothing.
set -eu
# shellcheck source=tests/e2e/room-common
. tests/e2e/room-common
need_web
unset BOOTH_LISTENER_TOKEN BOOTH_SPEAKER_TOKEN BOOTH_OPERATOR_TOKEN BOOTH_JWT_SECRET \
	BOOTH_TRUSTED_PROXIES BOOTH_ORIGINS http_proxy HTTP_PROXY all_proxy ALL_PROXY
mkdir "$tmp/site"
cp -R scripts web "$tmp/site/"
ln -s "$BIN" "$tmp/site/bin"
room=$BOOTH_RUN/rooms/main

esc=$'\033]0;pwned\007\033[31m'
nasty="<script>alert(1)</script><img src=x onerror=alert(2)>$esc"$'\r\n\r\n00:00:01.000 --> 00:00:09.000\r\nfake\xc2\x9b31m\xe2\x80\xae & "{\\an8}"'
json=$(printf '%s' "$nasty" | jq -Rs .)
# data FILE...: JSON as it leaves a program: nothing below U+0020 stands in it as it
# is (RFC 8259, section 7).
data() {
	! LC_ALL=C grep -nP '[\x00-\x09\x0b-\x1f\x7f]' "$@" >"$tmp/dirty" ||
		fail "controls in $*: $(head -c 300 "$tmp/dirty" | cat -v)"
}
# clean FILE...: for people: nothing in it that a terminal would obey.
clean() {
	! LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$@" >"$tmp/dirty" ||
		fail "controls in $*: $(head -c 300 "$tmp/dirty" | cat -v)"
}

mkfifo "$tmp/in"
exec 3<>"$tmp/in"
"$BIN/interject" -r main -l en-US <"$tmp/in" 2>"$tmp/i.err" 3>&- |
	"$BIN/broadcast" -v -r main --title "$nasty" --archive "$tmp/archive" 2>"$tmp/b.err" 3>&- &
wait_for 'room' test -e "$room/source.text.ring"
wait_for 'FIFO' test -p "$room/say"
started "$(pgrep -f "^$BIN/interject -r main -l en-US" | head -n 1)"
printf '%s\n' \
	"{\"type\":\"transcript\",\"id\":\"u1\",\"final\":true,\"lang\":\"en-US\",\"text\":$json,\"start_ms\":0,\"end_ms\":2000,\"items\":[{\"text\":$json,\"start_ms\":0,\"end_ms\":9}]}" \
	"{\"type\":\"transcript\",\"id\":$json,\"final\":true,\"lang\":\"en-US\",\"text\":\"an id\",\"start_ms\":3000,\"end_ms\":4000}" \
	"{\"type\":\"transcript\",\"id\":\"u2\",\"final\":true,\"lang\":$json,\"text\":\"a language\",\"start_ms\":5000,\"end_ms\":6000}" \
	"{\"type\":\"translation\",\"id\":\"u1\",\"lang\":\"es-ES\",\"from\":$json,\"text\":$json,\"source_text\":$json,\"error\":null}" \
	"{\"type\":\"translation\",\"id\":\"u1\",\"lang\":\"../../x\",\"text\":\"a path\",\"error\":$json}" \
	"{\"type\":\"translation\",\"id\":\"u1\",\"lang\":$json,\"text\":\"a language\",\"error\":null}" \
	"{\"type\":\"retraction\",\"id\":$json}" \
	"{\"type\":\"status\",\"stage\":$json,\"state\":$json,\"detail\":$json,\"lang\":$json,\"languages\":[$json]}" \
	"{\"type\":$json,\"id\":$json}" "$nasty" '{"type":"transcript","id":"u' >&3
printf '%s\n' "{\"type\":\"transcript\",\"text\":$json}" >"$room/say"
printf '%s\n' "typed $esc <b>text</b>" >"$room/say"
printf '%s\n' "{\"type\":\"transcript\",\"id\":$json,\"lang\":$json,\"text\":\"x\"}" >"$room/say"
printf '%s\n' "{\"type\":\"retraction\",\"id\":$json}" >"$room/say"
printf '\377\376\000half' >"$room/say"
printf '{"type":"transcript","id":"u9","final":true,"lang":"en-US","text":"the last","start_ms":7000,"end_ms":8000}\n' >&3
wait_for 'the last line' has "$tmp/archive" 'the last'
wait_for 'typed line' has "$tmp/archive" 'typed '

# Lines: one object each, for pages and in the archive; what is no language makes no
# channel and no file.
for lang in source es-ES; do
	"$BIN/listen" -q -r main -l $lang --since 0 --once </dev/null >"$tmp/$lang.lines"
	[ "$(jq -c . "$tmp/$lang.lines" | wc -l)" = "$(wc -l <"$tmp/$lang.lines")" ] || fail "$lang: not a line each"
	data "$tmp/$lang.lines"
done
data "$tmp/archive"
jq -e -s --argjson nasty "$json" 'any(.[]; .text == $nasty)' "$tmp/es-ES.lines" >/dev/null || fail 'the words are not what they were'
find "$room" -name '*.ring' | sed 's|.*/||' | grep -vE '^(source|en-US|es-ES)\.[a-z]+\.?[a-z]*$' && fail 'a channel of no language'
[ -z "$(find "$BOOTH_RUN" "$tmp" -maxdepth 3 -name 'x.*')" ] || fail 'a file by a path'

# Subtitles.
for lang in en-US es-ES; do
	for format in vtt srt text; do
		"$BIN/captions" -q -l $lang -f $format "$tmp/archive" >"$tmp/sub.$format" 2>"$tmp/captions.err" ||
			[ $? -eq 65 ] || fail "captions -f $format: $(cat "$tmp/captions.err")"
		[ -s "$tmp/sub.$format" ] || fail "no $format"
		clean "$tmp/sub.$format" "$tmp/captions.err"
	done
	! grep -q '<script\|<img' "$tmp/sub.vtt" || fail 'markup in WebVTT'
	! grep -xq '00:00:01.000 --> 00:00:09.000' "$tmp/sub.vtt" || fail 'a cue by a caption'
done

# What pages ask for.
printf '%s' "$nasty" >"$room/paused"
"$tmp/site/scripts/serve" -p auto >"$tmp/url" 2>"$tmp/serve.err" 3>&- &
started $!
wait_for 'web server' test -s "$tmp/url"
url=$(cat "$tmp/url")
port=$(sed 's/.*:\([0-9]*\)\/.*/\1/' "$tmp/url")
for path in api/rooms api/languages 'api/languages?room=main' 'api/languages?room=<script>alert(1)</script>' \
	'api/qr?room=<svg%20onload=alert(1)>'; do
	curl -sg -D "$tmp/head" -o "$tmp/body" "$url$path"
	grep -qi '^Content-Type: application/json' "$tmp/head" || fail "$path: $(cat "$tmp/head")"
	jq -e . "$tmp/body" >/dev/null || fail "$path is no JSON"
	data "$tmp/body"
	case $path in *script* | *svg*) ! grep -q '<s' "$tmp/body" || fail "$path comes back" ;; esac
done
curl -sg -o "$tmp/body" "${url}api/rooms"
jq -e '.[0].room == "main" and (.[0].title | length > 0) and (.[0].paused | length > 0)' "$tmp/body" >/dev/null ||
	fail "/api/rooms: $(cat "$tmp/body")"
curl -sgi "${url}<script>alert(1)</script>" >"$tmp/body"
! grep -q '<script>alert' "$tmp/body" || fail 'a page of a path'

# A speaker's name for itself, and its language, in our logs.
printf '%s\n' "{\"type\":\"hello\",\"session\":\"page-1234\",\"lang\":\"it-IT\",\"client\":$json}" '!wait "ready"' '{"type":"end"}' '!wait "ended"' '!leave' |
	BOOTH_SPEAK_COMMAND='cat >/dev/null' timeout 300 "$B/fake/ws_client" "$port" '/speak?room=main' >"$tmp/s.out" 2>&1 || :
has "$tmp/s.out" '"ready"' || fail "speak: $(cat "$tmp/s.out")"
grep -q 'client=' "$room/speak.log" || fail 'no name in the log'
clean "$room/speak.log" "$tmp"/*.err
data "$tmp/s.out"
"$tmp/site/scripts/room" status >"$tmp/status.out" 2>"$tmp/status.err"
clean "$tmp/status.out" "$tmp/status.err"
"$BIN/operate" --once </dev/null >"$tmp/o.out" 2>"$tmp/o.err"
[ "$(wc -l <"$tmp/o.out")" = 1 ] || fail 'operate: not one line'
data "$tmp/o.out"
clean "$tmp/o.err"
