# shellcheck shell=bash
# scripts/bench libaws: sourced by it, for its helpers.
# shellcheck disable=SC2154 # $bench, $work, $quick: scripts/bench

bench_libaws() {
	bench_events
	bench_start
	bench_first_audio
}

# The best of runs that alternate, so that both sides see the same machine.
bench_events() {
	local runs=8 s=1 i
	$quick && runs=3 s=0.5
	for ((i = 0; i < runs; i++)); do
		openssl speed -evp sha256 -bytes 3200 -seconds 1 -mr 2>/dev/null |
			awk -F: '/^\+F/ { printf "sha %.1f\n", 3200e9 / $4 }'
		"$bench/events" "$s" || fail 'events'
	done >"$work/events"
	sort -k 1,1 -k 2,2g "$work/events" | awk -v runs=$runs \
		-v openssl="$(openssl version | cut -d ' ' -f 1-2)" '
		!($1 in ns) { ns[$1] = $2 }
		function row(name, key, of, note) {
			printf "  %-42s %7.0f %7.0f %6.1f %%%s\n", name, ns[key],
				3200e3 / ns[key], 100 * ns[of] / ns[key], note
		}
		END {
			ns["floor"] = ns["sha"] + ns["crc"]
			printf "a signed audio event of 3200 bytes, best of %d runs each (%s)\n", runs, openssl
			printf "  %-42s %7s %7s %8s\n", "", "ns", "MB/s", "rate"
			row("openssl speed -evp sha256 -bytes 3200", "sha", "sha", "")
			row("zlib crc32", "crc", "sha", "")
			row("both, one after the other", "floor", "sha", "")
			ok = ns["sha"] / ns["sign"] >= 0.8
			row("sign + encode", "sign", "sha", "  budget >= 80 %: " (ok ? "met" : "MISSED"))
			row("decode + verify", "verify", "sha", "")
		}'
}

# ms FILE WORD PERCENTILE...: of rows "WORD microseconds".
ms() {
	local file=$1 word=$2
	shift 2
	awk -v w="$word" '$1 == w { printf "%.3f\n", $NF / 1e3 }' "$file" |
		percentiles "$@"
}

bench_start() {
	local rounds=40 rows=$work/start word label p50 p95 own
	$quick && rounds=8
	make_certificate
	"$bench/first_byte" "$work/cert.pem" "$work/key.pem" $rounds \
		transcribe -q -l en-US >"$rows" 2>"$work/first_byte.err" ||
		fail 'first_byte'
	echo
	echo "start to first audio byte, ms, $rounds runs in turn with the bare handshake"
	row '  %-42s %7s %7s' '' p50 p95
	while IFS=: read -r word label; do
		read -r p50 p95 < <(ms "$rows" "$word" 50 95)
		row '  %-42s %7s %7s' "$label" "$p50" "$p95"
	done <<-'END'
		bare:TLS handshake by OpenSSL alone
		total:transcribe, start to first audio byte
		loaded:  of it, start to connect
		handshake:  of it, TCP and TLS handshake
		request:  of it, to first audio byte
	END
	# Each run less its own handshake.
	own=$(awk '$1 == "total" { t = $2 } $1 == "handshake" {
		printf "%.3f\n", (t - $2) / 1e3 }' "$rows" | percentiles 50)
	row '  %-42s %7s         budget < 50: %s' 'over the handshake' "$own" \
		"$(met "$own" '<' 50)"
}

# first_audio LABEL ROUNDS NLANGS [-c] -- SYNTH-OPTION...
first_audio() {
	local label=$1 rounds=$2 n=$3 cold='' rows=$work/speak a b c d own verdict
	shift 3
	[ "$1" = -- ] || { cold=$1; shift; }
	shift
	# shellcheck disable=SC2086 # -c or nothing
	"$bench/speak" $cold "$(langs "$n")" "$rounds" synth -q -t "$(langs "$n")" \
		--streams-per-s 1000 "$@" >"$rows" 2>"$work/speak.err" || fail 'speak'
	read -r a b < <(ms "$rows" ours 50 95)
	read -r c d < <(ms "$rows" bare 50 95)
	own=$(own_part "$rows" | percentiles 50)
	verdict="budget < 1: $(met "$own" '<' 1)"
	[ -z "$cold" ] || verdict=''
	row '  %-22s %7s %7s  %7s %7s  %7s  %s' "$label" "$a" "$b" "$c" "$d" \
		"$own" "$verdict"
}

# What synth takes more than the bare client's median for the same language.
own_part() { # ROWS
	sort -k 1,1 -k 2,2 -k 3,3g "$1" | awk '
		{ key = $1 " " $2; v[key, ++n[key]] = $3; tags[$2] = 1 }
		END { for (t in tags) {
			m = v["bare " t, int((n["bare " t] + 1) / 2)]
			for (i = 1; i <= n["ours " t]; i++)
				printf "%.3f\n", (v["ours " t, i] - m) / 1e3
		} }'
}

bench_first_audio() {
	local rounds=40 cold=15 n
	$quick && rounds=8 cold=4
	start_services 0 2500 200
	echo
	echo "translation in, first audio line out of synth, ms; in turn with a bare client of"
	echo "the same service, whose connections are open and whose requests are signed"
	row '  %-22s %7s %7s  %7s %7s  %7s' '' synth '' 'bare' '' more
	row '  %-22s %7s %7s  %7s %7s  %7s' '' p50 p95 p50 p95 p50
	for n in 1 2 4 8; do
		first_audio "warm, $n language$([ $n = 1 ] || echo s)" $rounds $n --
	done
	# As many streams as there are languages, open ahead of the sentences.
	for n in 1 2 4; do
		first_audio "held, $n language$([ $n = 1 ] || echo s)" $rounds $n -- --warm $n
	done
	for n in 1 8; do
		first_audio "cold, $n language$([ $n = 1 ] || echo s)" $cold $n -c -- --connections 0
	done
	stop "${services[@]}"
}
