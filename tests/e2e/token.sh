#!/bin/bash
# token: mint, check, secret, qr.  What it signs is verified with openssl, what
# it draws is read by zbarimg; bad tokens, bad calls, nothing secret in argv.
set -eu
command -v zbarimg >/dev/null || { echo "zbarimg is not installed"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset BOOTH_LISTENER_TOKEN BOOTH_SPEAKER_TOKEN BOOTH_OPERATOR_TOKEN
token=$PWD/$BIN/token

fail() { echo "FAILED: $*"; exit 1; }
is() { [ "$2" = "$3" ] || fail "$1: '$2', not '$3'"; }
status() { # STATUS WORDS COMMAND...: ends with it, says the words
	local want=$1 words=$2 got=0
	shift 2
	"$@" >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" = "$want" ] || { cat "$tmp/err"; fail "$*: status $got, not $want"; }
	grep -q -- "$words" "$tmp/err" "$tmp/out" || fail "$*: says not '$words'"
}

status 78 "BOOTH_JWT_SECRET is not set" "$token" mint -R speaker -r a --for 1h
BOOTH_JWT_SECRET=$("$token" secret)
export BOOTH_JWT_SECRET
is "bytes of a secret" "${#BOOTH_JWT_SECRET}" 64
[ "$("$token" secret)" != "$BOOTH_JWT_SECRET" ] || fail "the same secret twice"

t=$("$token" mint -R listener -r main --for 2h)
# Truth from outside: the signature as openssl makes it, the claims as jq reads.
IFS=. read -r head body sig <<<"$t"
ours=$(printf '%s' "$head.$body" |
	openssl dgst -sha256 -hmac "$BOOTH_JWT_SECRET" -binary |
	base64 -w0 | tr '+/' '-_' | tr -d =)
is signature "$sig" "$ours"
claims=$(printf '%s===' "$body" | tr -- '-_' '+/' | base64 -d 2>/dev/null || :)
is role "$(jq -r .role <<<"$claims")" listener
is room "$(jq -r .room <<<"$claims")" main
is lifetime "$(jq '.exp-.iat' <<<"$claims")" 7200

echo "$t" >"$tmp/t"
"$token" check <"$tmp/t" >"$tmp/out" || fail "a good token is not good"
grep -qx 'role: listener' "$tmp/out" && grep -qx 'room: main' "$tmp/out" ||
	fail "check does not say what it is"
"$token" check -R listener -r main <"$tmp/t" >/dev/null || fail "good for its role"
status 77 "another role" "$token" check -R speaker <"$tmp/t"
status 77 "another room" "$token" check -R listener -r hall <"$tmp/t"
status 77 "signature is wrong" env BOOTH_JWT_SECRET="$("$token" secret)" \
	"$token" check <"$tmp/t"
"$token" mint -R operator,speaker -r '*' --for 1d |
	"$token" check -R speaker -r any >/dev/null || fail "both roles"
"$token" mint -R speaker -r a --for 1d --from 1h >"$tmp/later"
status 77 "not valid yet" "$token" check <"$tmp/later"
none="$(printf '{"alg":"none"}' | base64 | tr -d =).$body."
status 77 "not signed with HS256" "$token" check <<<"$none"
status 65 "no token" "$token" check </dev/null
status 65 "no token" "$token" check <<<"what?"
head -c 100000 /dev/zero | tr '\0' a >"$tmp/huge"
status 65 "longer than any" "$token" check <"$tmp/huge"
status 64 "no argument" "$token" check "$t"
status 77 "role: speaker" env BOOTH_SPEAKER_TOKEN=word "$token" check -R listener \
	<<<word
status 0 "when BOOTH_SPEAKER_TOKEN changes" env BOOTH_SPEAKER_TOKEN=word \
	"$token" check <<<word

status 78 "shorter than 32" env BOOTH_JWT_SECRET=short "$token" mint -R speaker \
	-r a --for 1h
status 64 "are needed" "$token" mint -R speaker -r a
status 64 "no role 'boss'" "$token" mint -R boss -r a --for 1h
status 64 "is no room" "$token" mint -R speaker -r ../a --for 1h
for bad in 0h 8 h 1w 401d -1h 99999999999999999999d 1.5h ''; do
	status 64 "for" "$token" mint -R speaker -r a --for "$bad"
done
status 64 "mint, check, qr" "$token"
status 64 "not 'mnit'" "$token" mnit

# The three drawings say the same to a reader that is not ours.
link="https://booth.example/x.html?room=main&lang=es-ES#token=$t"
set -- --stdin -r main -l es-ES
"$token" qr "$@" -f png -o "$tmp/qr.png" https://booth.example/x.html <"$tmp/t"
is png "$(zbarimg -q --raw "$tmp/qr.png" 2>/dev/null)" "$link"
is "mode of a file with a secret" "$(stat -c %a "$tmp/qr.png")" 600
"$token" qr "$@" -f svg https://booth.example/x.html <"$tmp/t" >"$tmp/qr.svg"
jq -Rsr 'capture("viewBox=\"0 0 (?<n>[0-9]+)").n' "$tmp/qr.svg" >"$tmp/side"
grep -o 'M[0-9]* [0-9]*h[0-9]*v1' "$tmp/qr.svg" | tr 'Mhv' '   ' |
	awk -v n="$(cat "$tmp/side")" '{ for (i = 0; i < $3; i++) dark[$2, $1 + i] = 1 }
	END { print "P1", n * 4, n * 4; for (y = 0; y < n * 4; y++) {
		for (x = 0; x < n * 4; x++)
			printf "%d ", dark[int(y / 4), int(x / 4)]; print "" } }' \
	>"$tmp/svg.pbm"
is svg "$(zbarimg -q --raw "$tmp/svg.pbm" 2>/dev/null)" "$link"
"$token" qr "$@" https://booth.example/x.html <"$tmp/t" |
	sed 's/\x1b\[[0-9;]*m//g' >"$tmp/qr.txt"
{
	sed 's/█/0/g; s/▀/0/g; s/▄/1/g; s/ /1/g' "$tmp/qr.txt" |
		awk '{ print NR * 2, $0 }'
	sed 's/█/0/g; s/▄/0/g; s/▀/1/g; s/ /1/g' "$tmp/qr.txt" |
		awk '{ print NR * 2 + 1, $0 }'
} | sort -n | awk '{ n = length($2); line = ""
	for (i = 1; i <= n; i++) { c = substr($2, i, 1); line = line c " " c " " c " " }
	all = all line "\n" line "\n" line "\n"; rows += 3 }
	END { print "P1", n * 3, rows; print all }' >"$tmp/txt.pbm"
is utf8 "$(zbarimg -q --raw "$tmp/txt.pbm" 2>/dev/null)" "$link"

BOOTH_LISTENER_TOKEN='a b&c' "$token" qr -f png -o "$tmp/w.png" http://h/?x=1
is "a word, escaped" "$(zbarimg -q --raw "$tmp/w.png" 2>/dev/null)" \
	'http://h/?x=1#token=a%20b%26c'
"$token" qr --no-token -r main -f png -o "$tmp/n.png" http://h/
is "without token" "$(zbarimg -q --raw "$tmp/n.png" 2>/dev/null)" \
	'http://h/?room=main'
status 78 "set BOOTH_LISTENER_TOKEN" "$token" qr http://h/
status 64 "stand in logs" "$token" qr --no-token 'http://h/?token=x'
status 64 "is no link" "$token" qr --no-token 'javascript:x'
status 65 "too long" env BOOTH_LISTENER_TOKEN="$(head -c 4000 "$tmp/huge")" \
	"$token" qr http://h/
status 73 "cannot write" "$token" qr --no-token -o "$tmp/no/file" http://h/
if "$token" qr --no-token -f svg http://h/ >/dev/full 2>"$tmp/err"; then
	fail "a full disk is not told"
fi
echo ok
