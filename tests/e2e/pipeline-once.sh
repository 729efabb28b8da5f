#!/bin/bash
# Two recordings through the whole pipeline, into six languages: every caption
# and every voice reaches a listener in that language, in the order of the talk,
# each utterance once; the archive holds the same; the commands of booth-lines(5)
# and README, as typed, tell from the archive how long captions and voices took.
set -eu
. tests/e2e/pipeline.inc
. tests/e2e/recipes.inc

targets='es-ES ca-ES fr-FR it-IT pt-BR eo'
voiced='es-ES ca-ES fr-FR it-IT pt-BR'

start_localaws --port 0
listeners=()
for tag in $targets source; do
	audio=pcm
	[ "$tag" != source ] || audio=none
	listen -r main -l "$tag" --audio $audio >"$tmp/heard.$tag" 2>>"$tmp/listen.err" </dev/null &
	listeners+=($!)
	started+=($!)
done
pipeline -r main -l en-US -t "$(echo "$targets" | tr ' ' ,)" -a "$tmp/main.jsonl" \
	-m "$tmp/main.prom" "$clip" "$clips/sense_and_sensibility_01_austen_64kb-0930.wav"
ended "$pipeline" 0 'the pipeline'
for tag in $targets source; do
	until_true "the end reaches $tag" more_than 0 "$tmp/heard.$tag" \
		'.type=="status" and .stage=="synth" and .state=="ended"'
done
for pid in "${listeners[@]}"; do running "$pid" || fail 'a listener ended'; done

jq -e . "$tmp/main.jsonl" >/dev/null || fail 'the archive is not lines'
for tag in $targets; do
	case " $voiced " in *" $tag "*) voice=true ;; *) voice=false ;; esac
	whole "$tmp/main.jsonl" "$tag" $voice
	# What a listener got is what the archive holds, in the same order.
	for file in main.jsonl "heard.$tag"; do
		jq -c --arg lang "$tag" 'select((.type=="translation" or .type=="audio")
			and .lang==$lang) | del(.seq)' "$tmp/$file" >"$tmp/$file.$tag"
	done
	cmp "$tmp/main.jsonl.$tag" "$tmp/heard.$tag.$tag" ||
		fail "$tag: a listener did not get what the archive holds"
	[ "$(lines "$tmp/heard.$tag" '.type=="translation" and .error==null and .text!=""')" -gt 0 ] ||
		fail "$tag: no captions"
	$voice || continue
	# Sound, and the pieces of each utterance counted from 0.
	bytes=$(jq -r 'select(.type=="audio") | .data' "$tmp/heard.$tag" | base64 -d | wc -c)
	[ "$bytes" -gt 32000 ] || fail "$tag: only $bytes bytes of voice"
	jq -es '[.[] | select(.type=="audio")] | group_by(.id) |
		all(.[]; [.[].n] == [range(length)] and ([.[] | select(.last)] | length) == 1)' \
		"$tmp/heard.$tag" >/dev/null || fail "$tag: pieces are missing, or come twice"
done
# Captions do not wait for voices: each translation stands in front of its audio.
jq -es '. as $all | [range(length) as $i | $all[$i] | select(.type=="audio" and .n==0) |
	. as $a | any($all[:$i][]; .type=="translation" and .id==$a.id and .lang==$a.lang)] |
	all and length > 0' "$tmp/main.jsonl" >/dev/null || fail 'a voice came in front of its caption'
[ "$(lines "$tmp/main.jsonl" '.type=="status" and .state=="captions-only"')" = 1 ] ||
	fail 'the language without a voice is not told once'
[ "$(lines "$tmp/heard.source" '.type=="transcript" and .final')" = \
	"$(lines "$tmp/main.jsonl" '.type=="transcript" and .final')" ] || fail 'source: not all finals'
grep -q '^booth_' "$tmp/main.prom" || fail 'no metrics'
# That it is on the air, and no voice for eo; transcribe may tell that the
# recogniser is too slow for a busy machine.
[ "$(grep -vc '^transcribe: ' "$tmp/pipeline.err")" -eq 2 ] || fail 'more was said than there is to say'

# booth-lines(5) names every key of them.
for type in transcript translation audio; do
	sed -n "/^\.Sh ${type^^}/,/^\.Sh /p" man/booth-lines.5 |
		sed -n 's/^\.It Va \([a-z_]*\) Ta.*/\1/p' | sort >"$tmp/page.$type"
	jq -r --arg type $type 'select(.type==$type) | keys[]' "$tmp/main.jsonl" | sort -u >"$tmp/keys.$type"
	[ "$(wc -l <"$tmp/keys.$type")" -gt 5 ] || fail "no keys of $type"
	comm -13 "$tmp/page.$type" "$tmp/keys.$type" >"$tmp/unknown"
	[ ! -s "$tmp/unknown" ] || fail "booth-lines(5) does not know $type's $(tr '\n' ' ' <"$tmp/unknown")"
done

# How long it took: one jq each.
positive() { # COMMAND COUNT
	[ -n "$1" ] || fail 'the page has no such command'
	(cd "$tmp" && eval "$1") >"$tmp/took" || fail "does not run: $1"
	[ "$(wc -l <"$tmp/took")" -eq "$2" ] || fail "$(wc -l <"$tmp/took") figures, not $2: $1"
	jq -es 'all(.[]; type=="number" and . > 0 and . < 600000)' "$tmp/took" >/dev/null ||
		fail "no times: $1: $(tr '\n' ' ' <"$tmp/took")"
}
captions=$(lines "$tmp/main.jsonl" '.type=="translation" and .error==null')
voices=$(lines "$tmp/main.jsonl" '.type=="audio" and .voiced_at_ms')
[ "$(lines "$tmp/main.jsonl" '.type=="audio" and .n==0 and .data!="" and (.voiced_at_ms | not)')" -eq 0 ] ||
	fail 'a first piece without its time'
cp "$tmp/main.jsonl" "$tmp/talk.jsonl"
positive "$(example man/booth-lines.5 1)" "$captions"
positive "$(example man/booth-lines.5 2)" "$voices"
positive "$(recipe 9)" "$captions"
positive "$(recipe 10)" "$voices"
