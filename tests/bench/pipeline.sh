# shellcheck shell=bash
# scripts/bench pipeline: sourced by it, for its helpers.
# shellcheck disable=SC2154 # $bench, $work, $seconds: scripts/bench

# A sentence of ten words every so often, with as much voice: a brisk talk.
period_ms=2500
voice_ms=2000

bench_pipeline() {
	local rtt n pace="$speed times as fast as it plays"
	[ "$speed" != 0 ] && [ "$kind" = bare ] || pace='all at once'
	make_talk
	echo "$seconds s of audio a room, a sentence of ten words every $period_ms ms, voiced for"
	echo "$voice_ms ms, which comes $pace; the first sentence is left out"
	for rtt in ${rtts//,/ }; do
		for n in ${rooms//,/ }; do
			run_room "$rtt" "$n"
			echo
			show_delays "$rtt" "$n"
			[ "$rtt" -gt 0 ] || show_costs "$n"
		done
	done
}

le32() {
	local v=$1 b
	for b in 0 8 16 24; do printf '%b' "\\x$(printf %02x $((v >> b & 255)))"; done
}

# The sound: noise at 48 kHz, two channels, as a mixer gives it.
make_talk() {
	local bytes=$((seconds * 48000 * 4))
	{
		printf RIFF; le32 $((bytes + 36)); printf 'WAVEfmt '; le32 16
		printf '\001\000\002\000'; le32 48000; le32 192000
		printf '\004\000\020\000data'; le32 $bytes
		head -c $bytes /dev/urandom
	} >"$work/talk.wav"
}

# A talk of $seconds in a room with a listener a language: rows of watch in
# $work/rows, of meter in $work/meter.{first,last}.
run_room() { # RTT_MS NLANGS
	local rtt=$1 n=$2 tags listeners=() watch pipeline tag fifos=() t0 now status=0
	tags=$(langs "$n")
	rm -rf "$work"/{rows,meter.*,*.fifo} "$BOOTH_RUN/rooms"
	start_services "$rtt" $period_ms $voice_ms
	for tag in source ${tags//,/ }; do
		mkfifo "$work/$tag.fifo"
		fifos+=("$tag=$work/$tag.fifo")
	done
	"$bench/watch" "$tags" $((period_ms / 2)) "${fifos[@]}" >"$work/rows.all" \
		2>"$work/watch.err" </dev/null &
	watch=$!
	started+=("$watch")
	"$work/site/scripts/pipeline" -q -r bench -l en-US -t "$tags" "$work/talk.wav" \
		2>"$work/pipeline.err" </dev/null &
	pipeline=$!
	started+=("$pipeline")
	for tag in source ${tags//,/ }; do
		listen -q -r bench -l "$tag" --audio "$(audio_of "$tag")" \
			>"$work/$tag.fifo" \
			2>"$work/listen.err" </dev/null &
		listeners+=($!)
		started+=($!)
	done
	until_true 'the stages run' have_pids
	t0=$(date +%s%N)
	pause 4
	meter "${listeners[@]}" >"$work/meter.first"
	now=$(($(date +%s%N) - t0))
	pause "$(calc "$seconds - 1 - $now / 1e9" %.3f)"
	meter "${listeners[@]}" >"$work/meter.last"
	wait "$pipeline" || status=$?
	[ $status -eq 0 ] || fail "the pipeline ended with status $status"
	stop "$watch" "${listeners[@]}" "${services[@]}"
	started=()
	# Not the first sentence: connections and engines start with it.
	awk '$1 > 1' "$work/rows.all" >"$work/rows"
}

audio_of() { # LANG|source
	[ "$1" = source ] && echo none || echo pcm
}

have_pids() {
	local stage pid
	for stage in $stages; do
		pid=$(cat "$TMPDIR"/*/"$stage") && [ -n "$pid" ] || return 1
	done
}

# Rows "name processor_ms pss_kib at_ms".
meter() { # LISTENER...
	local stage pid
	for stage in $stages; do
		"$bench/meter" "$(cat "$TMPDIR"/*/"$stage")" | sed "s/^[0-9]*/$stage/"
	done | sed "s/\$/ $(date +%s%3N)/"
	for pid in "$@"; do
		"$bench/meter" "$pid" | sed 's/^[0-9]*/listen/'
	done | sed "s/\$/ $(date +%s%3N)/"
}

# Rows of one kind: milliseconds.
whole() { # KIND
	awk -v k="$1" '$2 == k { printf "%.3f\n", $4 / 1e3 }' "$work/rows"
}

# The same, less the bare client's median for the same language.
own() { # KIND BARE-KIND
	sort -k 2,2 -k 3,3 -k 4,4g "$work/rows" | awk -v kind="$1" -v bare="$2" '
		$2 == bare { v[$3, ++n[$3]] = $4 }
		$2 == kind { r[++rows] = $4; tag[rows] = $3 }
		END { for (i = 1; i <= rows; i++) if (n[tag[i]])
			printf "%.3f\n", (r[i] - v[tag[i], int((n[tag[i]] + 1) / 2)]) / 1e3
		}'
}

show_delays() { # RTT_MS NLANGS
	local rtt=$1 n=$2 faults
	echo "round trip $rtt ms, $n language$([ "$n" = 1 ] || echo s) (milliseconds)"
	row '  %-27s %5s  %-23s %8s %-23s' '' '' 'whole' 'bare' "own part (whole less bare)"
	row '  %-27s %5s  %7s %7s %7s %8s %7s %7s %7s' '' n p50 p95 p99 p50 p50 p95 p99
	show_row 'final -> source caption' source '' '' ''
	show_row 'final -> translated' translated bare-translated \
		"$(beat "$rtt" "$n" translated)" ''
	show_row 'final -> caption' caption bare-translated '' '1 5'
	show_row 'translated -> voiced' voiced bare-voice '' ''
	show_row 'translated -> first audio' voice bare-voice \
		"$(beat "$rtt" "$n" voice)" '1 -'
	faults=$(awk '$2 == "fault"' "$work/rows.all" | wc -l)
	[ "$faults" = 0 ] || echo "  $faults translations or sentences came with an error"
}

# What the issue asks to beat: AWS's own SDK in one process, whole times.
beat() { # RTT_MS NLANGS KIND
	case $1,$2,$3 in
	0,1,translated) echo 'to beat 4.3' ;;
	0,8,translated) echo 'to beat 19' ;;
	0,1,voice) echo 'to beat 10.6, kept connections 6' ;;
	0,8,voice) echo 'to beat 33, kept connections 18' ;;
	40,1,translated) echo 'to beat 46' ;;
	40,1,voice) echo 'to beat 132, kept connections 50' ;;
	esac
}

show_row() { # LABEL KIND BARE-KIND TO-BEAT BUDGET ("P50 P99", - for none)
	local a b c d=- e=- f=- g=- bp50 bp99 n
	n=$(whole "$2" | wc -l)
	read -r a b c < <(whole "$2" | percentiles 50 95 99)
	if [ -n "$3" ]; then
		d=$(whole "$3" | percentiles 50)
		read -r e f g < <(own "$2" "$3" | percentiles 50 95 99)
	fi
	row '  %-27s %5s  %7s %7s %7s %8s %7s %7s %7s  %s' "$1" "$n" "$a" "$b" "$c" \
		"$d" "$e" "$f" "$g" "$4"
	[ -n "$5" ] || return 0
	read -r bp50 bp99 <<<"$5"
	printf '  %35s budget p50 < %s: %s' '' "$bp50" "$(met "$e" '<' "$bp50")"
	[ "$bp99" = - ] || printf ', p99 < %s: %s' "$bp99" "$(met "$g" '<' "$bp99")"
	echo
}

# Memory and processor of each stage.
show_costs() { # NLANGS
	awk -v n="$1" -v seconds="$seconds" '
		FNR == NR { cpu0[$1] += $2; at0[$1] = $4; next }
		{
			if (!($1 in cpu)) order[++k] = $1
			cpu[$1] += $2; pss[$1] += $3; at[$1] = $4; many[$1]++
		}
		function row(name, p, c, core) {
			printf "  %-27s %9.2f %12.2f %14.2f", name, p / 1024, c / 1e3, 100 * core
		}
		END {
			printf "  %-27s %9s %12s %14s\n", "", "PSS, MiB", "processor, s", "% of a core"
			for (i = 1; i <= k; i++) {
				s = order[i]
				core = (cpu[s] - cpu0[s]) / (at[s] - at0[s])
				name = s == "listen" ? many[s] " listeners" : s
				if (s == "listen") { tail = s; tailname = name; tailcore = core; continue }
				row(name, pss[s], cpu[s], core); print ""
				tp += pss[s]; tc += cpu[s]; tcore += core
			}
			row("room (all stages)", tp, tc, tcore)
			if (n == 1)
				printf "  to beat: 66 MB, 1.65 s a minute; here %.2f s", tc / 1e3 * 60 / (seconds - 1)
			if (n == 4)
				printf "  budget < 24 MiB: %s, < 1 %%: %s", tp / 1024 < 24 ? "met" : "MISSED", tcore < 0.01 ? "met" : "MISSED"
			print ""
			row(tailname, pss[tail], cpu[tail], tailcore); print ""
		}' "$work/meter.first" "$work/meter.last"
}
