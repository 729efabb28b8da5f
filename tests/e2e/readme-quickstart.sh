#!/bin/bash
# The quick start of README.md, as typed into one shell, in a checkout whose tools
# are built: the page answers, captions and voices reach it, Ctrl-C ends the
# pipeline when all is voiced, and "kill %1 %2" the rest.  Only the port is not
# the one that is printed: another test may have it.
set -eu
. tests/e2e/pipeline.inc
. tests/e2e/recipes.inc
for program in websocketd curl script; do
	command -v $program >/dev/null || skip "$program is not installed"
done

quick_start >"$tmp/steps"
for word in bootstrap make localaws ready jq talk.wav serve pipeline; do
	grep -q "$word" "$tmp/steps" || fail "no step with '$word'"
done
sed -i 's|scripts/serve|& -p 0 >serve.url|' "$tmp/steps"
# What `make` finds to do in a checkout that is built.
echo 'all:' >"$tmp/site/Makefile"

# An interactive shell at a terminal, which its user types into.
mkfifo "$tmp/keys"
(cd "$tmp/site" && exec env -u AWS_REGION -u AWS_ENDPOINT_URL --default-signal=INT \
	PS1='$ ' SHELL=/bin/bash script -qfec 'bash --norc -i' "$tmp/screen" \
	<"$tmp/keys" >"$tmp/terminal" 2>&1) &
terminal=$!
started+=("$terminal")
exec 5>"$tmp/keys"
seen() {
	tr -d '\r' <"$tmp/screen" | grep -qE "$1"
}
cat "$tmp/steps" >&5
room=$BOOTH_RUN/rooms/main
until_true 'the room is on the air' test -e "$room/room.json"
until_true 'the pages are served' test -s "$tmp/site/serve.url"
url=$(cat "$tmp/site/serve.url")
curl -sf "$url" >"$tmp/page" || fail "no page at $url"
grep -qi '<html' "$tmp/page" || fail 'the page is none'
curl -sf "${url}api/rooms" | jq -e 'tostring | test("main")' >/dev/null ||
	fail 'the room is not in the list of rooms'
listen -r main -l it-IT --audio pcm </dev/null >"$tmp/heard" 2>"$tmp/listen.err" &
started+=($!)
until_true 'a caption comes' more_than 0 "$tmp/heard" '.type=="translation" and .error==null'
until_true 'a voice comes' more_than 0 "$tmp/heard" '.type=="audio" and .data!=""'
server=$(jq -r 'select(.state=="ready").url' "$tmp/site/localaws.status")

printf '\003' >&5
until_true 'the talk ends' more_than 0 "$tmp/heard" '.stage=="broadcast" and .state=="ended"'
echo 'echo "the pipeline was $?"' >&5
until_true 'the pipeline ends' seen 'the pipeline was 0'
echo 'kill %1 %2; wait; echo "all was $?"; exit' >&5
until_true 'the shell ends' none_running "$terminal"
exec 5>&-
seen 'all was [0-9]' || fail 'localaws and serve did not end'
! curl -s --max-time 5 "$url" >"$tmp/page" || fail 'the page is still served'
! curl -sk --max-time 5 "$server" >"$tmp/page" || fail 'localaws still answers'
