# shellcheck shell=bash
# scripts/bench listeners: sourced by it, for its helpers.
# shellcheck disable=SC2154 # $bench, $work, $seconds, $crowds: scripts/bench

serve='' server=''

bench_listeners() {
	local n
	open_site
	echo "Listeners of one channel through websocketd, $seconds s of each; a caption every 4 s, the"
	echo "voice playing.  The rival, 'bare': a child of websocketd that copies the ring and"
	echo 'does nothing else.  Delay: from a line leaving its writer to its last byte at the'
	echo "listener's socket; the listeners share these processors."
	for n in ${crowds//,/ }; do
		echo
		one_crowd "$n"
	done
	stop "$serve"
}

# The site as scripts/serve serves it, with the tools that are to be measured,
# and the rival beside listen.
open_site() {
	ln -s "$PWD/web" "$work/site/web"
	cat >"$work/site/scripts/ws/bare" <<-END
		#!/bin/sh
		exec '$bench/ringcat' "$BOOTH_RUN/rooms/bench/\$QUERY_STRING.ring"
	END
	chmod +x "$work/site/scripts/ws/bare"
	"$work/site/scripts/serve" -p auto >"$work/url" 2>"$work/serve.err" </dev/null &
	serve=$!
	started+=("$serve")
	until_true 'serve is ready' test -s "$work/url"
	port=$(sed 's|.*:\([0-9]*\)/$|\1|' "$work/url")
	server=$(pgrep -P "$serve" -x websocketd) || fail 'no websocketd'
}

one_crowd() { # N
	local n=$1 format
	row '%-16s %7s %7s %7s %5s   %10s %9s %8s %7s' "$n listeners" p50 p99 max lost \
		websocketd children PSS all
	row '  %-14s %7s %7s %7s %5s   %20s %8s %7s' '' ms ms ms '' \
		'% of a core per 1000' 'KiB each' 'open, s'
	for format in opus pcm text; do
		listen_to "$n" "$format" bare
		show_crowd "$format.bare" "$format, bare"
		listen_to "$n" "$format" listen
		show_crowd "$format.listen" "$format"
		judge "$n" "$format"
	done
	listen_to "$n" quiet listen
	show_crowd quiet.listen 'nothing said'
	cp "$work/pcm.listen" "$work/pcm.calm"
	listen_to "$n" pcm listen -f -s
	show_crowd pcm.listen 'pcm, disturbed'
	row '  disturbed by one that sent %s MB of nonsense, and one that read nothing: that one' \
		"$(value pcm.listen flood_mb)"
	row '  got %s of %s lines, was told %s time(s) that audio is skipped; the others p99 x%s,' \
		"$(value pcm.listen stalled_lines)" "$(value pcm.listen stalled_of)" \
		"$(value pcm.listen stalled_told)" "$(times pcm.listen pcm.calm p99_ms)"
	row '  lost %s; memory of websocketd %s MiB (without them %s)' \
		"$(value pcm.listen lost)" \
		"$(calc "$(value pcm.listen server_pss_kib) / 1024" %.0f)" \
		"$(calc "$(value pcm.calm server_pss_kib) / 1024" %.0f)"
}

# listen_to N FORMAT bare|listen [OPTION...]: figures in $work/FORMAT.WHO.
listen_to() {
	local n=$1 format=$2 who=$3 rows=$work/$2.$3 audio=$2 channel talk cast path
	shift 3
	case $format in
	text | quiet) audio=none ;;
	esac
	channel=es-ES.${audio/none/text}
	path="/listen?room=bench&lang=es-ES&audio=$audio"
	[ "$who" = listen ] || path="/bare?$channel"
	# All come from one address, and crowd after crowd: listen would refuse
	# some as too many (reason "rate").
	rm -rf "$BOOTH_RUN/rooms/bench" "$BOOTH_RUN/limit" "$work/lines"
	mkfifo "$work/lines"
	broadcast -q -r bench <"$work/lines" 2>"$work/broadcast.err" &
	cast=$!
	started+=("$cast")
	"$bench/talk" "$format" >"$work/lines" 2>"$work/talk.out" &
	talk=$!
	started+=("$talk")
	until_true "channel $channel" test -e "$BOOTH_RUN/rooms/bench/$channel.ring"
	"$bench/listeners" "$@" -n "$n" -t "$seconds" -w "$server" "$port" "$path" \
		>"$rows" 2>"$work/listeners.err" || fail "$n listeners, $format, $who"
	stop "$talk" "$cast"
	cat "$work/talk.out" >>"$rows"
	# The next ones must not meet what these have left behind.
	until_true 'all have left' all_left
}

all_left() {
	! pgrep -P "$server"
}

value() { # FORMAT.WHO KEY
	awk -v k="$2" '$1 == k { print $2 }' "$work/$1"
}

times() { # FORMAT.WHO FORMAT.WHO KEY
	calc "$(value "$1" "$3") / $(value "$2" "$3")"
}

per_1000() { # FORMAT.WHO KEY
	calc "100 * 1000 * $(value "$1" "$2") / $(value "$1" children)" %.2f
}

show_crowd() { # FORMAT.WHO LABEL
	local f=$1
	row '  %-14s %7s %7s %7s %5s   %10s %9s %8s %7s' "$2" \
		"$(value "$f" p50_ms | sed s/-*nan/-/)" "$(value "$f" p99_ms | sed s/-*nan/-/)" \
		"$(value "$f" max_ms | sed s/-*nan/-/)" "$(value "$f" lost)" \
		"$(per_1000 "$f" server_cpu)" "$(per_1000 "$f" children_cpu)" \
		"$(calc "$(value "$f" children_pss_kib) / $(value "$f" children)" %.1f)" \
		"$(value "$f" opened_s)"
}

# The budget of DESIGN 10, and listen against the rival.
judge() { # N FORMAT
	local n=$1 f=$2.listen bare=$2.bare all limit=40
	[ "$2" = pcm ] || limit=20
	all=$(calc "$(per_1000 "$f" server_cpu) + $(per_1000 "$f" children_cpu)")
	row '    to bare: p99 x%s, processor with websocketd x%s, memory of a child x%s' \
		"$(times "$f" "$bare" p99_ms)" \
		"$(calc "$all / ($(per_1000 "$bare" server_cpu) + $(per_1000 "$bare" children_cpu))")" \
		"$(times "$f" "$bare" children_pss_kib)"
	row '    budget: processor %s %% < %s: %s, p99 < 100 ms: %s, lost 0: %s, writer waits: %s ms at most' \
		"$all" $limit "$(met "$all" '<' $limit)" \
		"$(met "$(value "$f" p99_ms)" '<' 100)" \
		"$(met "$(value "$f" lost)" '<' 1)" "$(value "$f" blocked_ms)"
	[ "$2" = opus ] || return 0
	row '    to beat: 20 listeners, p99 < 200 ms, on a whole core; here %s on a core' \
		"$(calc "100000 / $all" %.0f)"
}
