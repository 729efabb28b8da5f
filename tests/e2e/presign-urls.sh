#!/bin/sh
# presign: its URLs are taken by the stand-in as they are, by curl, which knows
# nothing of AWS, and refused with another word in them; what is wrong is said in
# one line with the status that the page promises.
set -eu
. tests/e2e/service.inc
command -v curl >/dev/null || { echo "curl is not installed"; exit 77; }

# url STATUS ARG...: the URL in $url, one line on stderr where it fails.
url() {
	want=$1
	shift
	got=0
	url=$("$BIN/presign" "$@" 2>"$tmp/err" </dev/null) || got=$?
	same "status of presign $*" "$got" "$want"
	[ "$want" -eq 0 ] || same "lines of presign $*" "$(wc -l <"$tmp/err")" 1
	[ "$want" -eq 0 ] || same "output of presign $*" "$url" ""
}
told() {
	grep -q -- "$1" "$tmp/err" || fail "stderr has no '$1'"
}
# has PART...: of the URL.
has() {
	for part in "$@"; do
		case $url in *"$part"*) ;; *) fail "no '$part' in $url" ;; esac
	done
}
# get: the URL by curl, status in $code, body in $tmp/out.
get() {
	code=$(curl -s --cacert "$AWS_CA_BUNDLE" -o "$tmp/out" -w '%{http_code}' "$1")
}

# Addresses.
url 0 transcribe -l en-US
has 'wss://transcribestreaming.eu-west-1.amazonaws.com:8443/stream-transcription-websocket?' \
	'language-code=en-US&' 'sample-rate=16000&' 'media-encoding=pcm&' \
	'X-Amz-Credential=AKIDTEST%2F' '%2Feu-west-1%2Ftranscribe%2Faws4_request&' \
	'X-Amz-Expires=300&' 'X-Amz-SignedHeaders=host&' 'X-Amz-Signature='
url 0 transcribe --identify en-US,it-IT --rate 8000 --encoding flac --expires 60 \
	--region cn-north-1 --session-id 0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d
has 'wss://transcribestreaming.cn-north-1.amazonaws.com.cn:8443/' \
	'identify-language=true&' 'language-options=en-US%2Cit-IT&' \
	'sample-rate=8000&' 'media-encoding=flac&' 'X-Amz-Expires=60&' \
	'session-id=0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d&'
url 0 transcribe -l en-US --endpoint-url https://vpce.example.com:9443/x
has 'wss://vpce.example.com:9443/x/stream-transcription-websocket?'
url 0 polly --voice Vicki --engine neural 'Grüße & mehr'
has 'https://polly.eu-west-1.amazonaws.com/v1/speech?' 'Engine=neural&' \
	'OutputFormat=mp3&' 'Text=Gr%C3%BC%C3%9Fe%20%26%20mehr&' \
	'VoiceId=Vicki&' 'X-Amz-Expires=900&' '%2Fpolly%2Faws4_request&'
url 0 polly --voice Aditi -l hi-IN --format pcm --rate 8000 --ssml --lexicon a,b \
	--expires 604800 '<speak>x</speak>'
has 'LanguageCode=hi-IN&' 'SampleRate=8000&' 'TextType=ssml&' \
	'LexiconNames=a&LexiconNames=b&' 'X-Amz-Expires=604800&'
(
	export AWS_USE_FIPS_ENDPOINT=true
	url 0 transcribe -l en-US --region us-east-1
	has 'wss://transcribestreaming-fips.us-east-1.amazonaws.com:8443/'
)

# Credentials: with a token, from a program, about to expire, none.
(
	export AWS_SESSION_TOKEN='a/b+c=='
	url 0 polly --voice Vicki x
	has 'X-Amz-Security-Token=a%2Fb%2Bc%3D%3D&'
)
cat >"$tmp/config" <<!
[profile made]
credential_process = $tmp/keys
[profile broken]
credential_process = false
!
cat >"$tmp/keys" <<!
#!/bin/sh
echo '{"Version":1,"AccessKeyId":"AKIDMADE","SecretAccessKey":"s","SessionToken":"t",
"Expiration":"$(date -u -d '+10 minutes' +%Y-%m-%dT%H:%M:%SZ)"}'
!
chmod +x "$tmp/keys"
(
	export AWS_CONFIG_FILE="$tmp/config"
	url 0 polly --profile made --voice Vicki --expires 3600 x
	has 'X-Amz-Credential=AKIDMADE%2F' 'X-Amz-Security-Token=t&'
	told 'the credentials expire in .* s, and the URL with them'
	url 0 polly --profile made --voice Vicki --expires 3600 -q x
	[ ! -s "$tmp/err" ] || fail "-q is not quiet"
	url 75 polly --profile broken --voice Vicki x
	told "profile 'broken'"
)
(
	export AWS_CREDENTIAL_EXPIRATION=2001-01-01T00:00:00Z
	url 77 polly --voice Vicki x
	told 'have expired'
)
(unset AWS_ACCESS_KEY_ID && url 78 polly --voice Vicki x && told 'no credentials')
(unset AWS_REGION && url 78 transcribe -l en-US && told 'no region')

# Wrong calls and texts.
url 64
url 64 translate
told "not 'translate'"
url 64 transcribe
told '-l LANG'
url 64 transcribe -l 'no tag'
url 64 transcribe -l en-US --identify en-US,it-IT
url 64 transcribe -l en-US --expires 301
url 64 transcribe -l en-US --rate 1
url 64 transcribe -l en-US --channels 2 --speakers
url 64 transcribe -l en-US file.wav
url 64 polly 'no voice'
url 64 polly --voice Vicki
url 64 polly --voice Vicki two words
told 'put TEXT in quotes'
url 64 polly --voice Vicki --marks word --format mp3 x
url 64 polly --voice Vicki --expires 604801 x
url 65 polly --voice Vicki ''
url 65 polly --voice Vicki "$(printf '\351')"
told 'not UTF-8'
url 65 polly --voice Vicki "$(printf '%03001d' 0)"
told '3000 characters'
url 65 polly --voice Vicki -
told 'no text'
got=0
"$BIN/presign" transcribe -l en-US >/dev/full 2>"$tmp/err" || got=$?
same "status on a full disk" "$got" 74
told 'cannot write'

# Taken as they are.
# shellcheck disable=SC2119
serve_local
url 0 polly --voice Joanna --format pcm 'Hello & goodbye, señora: 100 % *~(sure)!'
get "$url"
same "status of polly" "$code" 200
n=$(wc -c <"$tmp/out")
[ "$n" -gt 32000 ] || fail "only $n bytes of sound"
printf 'Hello & goodbye, señora: 100 %% *~(sure)!\n' >"$tmp/text"
get "$("$BIN/presign" polly --voice Joanna --format pcm - <"$tmp/text")"
same "bytes of the same text from standard input" "$(wc -c <"$tmp/out")" "$n"
get "$(echo "$url" | sed 's/Hello/Jello/')"
same "status of another text" "$code" 403
grep -q 'does not match' "$tmp/out" || fail "not the signature"
url 0 polly --voice Joanna --marks word 'Hello world'
get "$url"
same "marks" "$code $(jq -r .value "$tmp/out" | tr '\n' ' ')" '200 Hello world '
url 0 polly --voice Joanna --format pcm --ssml '<speak>Hello <break/> world</speak>'
get "$url"
same "status of SSML" "$code" 200

# The stand-in has no WebSockets, but looks at the signature first.
url 0 transcribe -l en-US
case $url in wss://127.0.0.1:*) ;; *) fail "$url" ;; esac
get "https${url#wss}"
same "status of transcribe" "$code" 400
grep -q 'WebSocket' "$tmp/out" || fail "refused for another reason"
get "$(echo "https${url#wss}" | sed 's/en-US/en-GB/')"
same "status of another language" "$code" 403
export AWS_SECRET_ACCESS_KEY=wrong
url 0 polly --voice Joanna --format pcm x
get "$url"
same "status of a wrong secret" "$code" 403
