/*
 * What was read, as a file: plain text, WebVTT (W3C) or SubRip.  Knows no page.
 *
 * A caption is { id, captured_at_ms, lang, text, source, source_lang,
 * is_untranslated } and, where the line had them, start_ms and end_ms.  Time 0
 * of the file is the beginning of its first caption.  A caption tells when it
 * ended (captured_at_ms); where its beginning is not told it is reckoned from
 * the length of what was said, and never lies before the end of the one before.
 * captions(1) makes better ones, of the whole talk, from an archive.
 */

/* Subtitling's usual measures: characters a line, lines a cue. */
const LINE_MAX = 42;
const LINES_MAX = 2;
/* How fast people talk, about. */
const CHARACTER_MS = 65;
const CUE_MIN_MS = 800;

export const FORMATS = {
	txt: { type: 'text/plain', make: toText },
	vtt: { type: 'text/vtt', make: toVtt },
	srt: { type: 'application/x-subrip', make: toSrt },
};

/* One line of words: no line breaks, no control characters, and none of those
 * that reorder what follows. */
function plain(text) {
	return String(text ?? '')
	    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')
	    .replace(/ {2,}/g, ' ').trim();
}

function wordsOf({ text, source, is_untranslated }) {
	return plain(is_untranslated ? source : text);
}

/* Parts of at most `max` characters, cut between words; words that are longer
 * than a line, and languages without spaces, anywhere. */
export function breakWords(text, max) {
	const lines = [];
	let line = '';
	const take = (piece, gap) => {
		if (line !== '' && [...(line + gap + piece)].length > max) {
			lines.push(line);
			line = piece;
		} else
			line += (line === '' ? '' : gap) + piece;
	};
	for (const word of text.split(' ')) {
		const letters = [...word];
		for (let at = 0; at < letters.length; at += max)
			take(letters.slice(at, at + max).join(''),
			    at === 0 ? ' ' : '');
	}
	return line === '' ? lines : [...lines, line];
}

/* [{ start_ms, end_ms, text }], in order and without overlap. */
function spans(captions) {
	const list = [];
	let end_ms = -Infinity;
	for (const caption of captions) {
		const text = wordsOf(caption);
		if (text === '' || !Number.isFinite(caption.captured_at_ms))
			continue;
		const said = plain(caption.source) || text;
		const took_ms = caption.end_ms > caption.start_ms
		    ? caption.end_ms - caption.start_ms
		    : Math.max(CUE_MIN_MS, said.length * CHARACTER_MS);
		const start_ms = Math.max(end_ms,
		    caption.captured_at_ms - took_ms);
		end_ms = Math.max(start_ms + CUE_MIN_MS, caption.captured_at_ms);
		list.push({ start_ms, end_ms, text });
	}
	const zero_ms = list[0]?.start_ms ?? 0;
	return list.map((span) => ({ ...span, start_ms: span.start_ms - zero_ms,
	    end_ms: span.end_ms - zero_ms }));
}

/* Cues of at most two lines: a long sentence becomes several, which share its
 * time by their length. */
function cues(captions) {
	return spans(captions).flatMap(({ start_ms, end_ms, text }) => {
		const lines = breakWords(text, LINE_MAX);
		const parts = [];
		for (let at = 0; at < lines.length; at += LINES_MAX)
			parts.push(lines.slice(at, at + LINES_MAX));
		const total = lines.join('').length;
		let done = 0;
		return parts.map((part) => {
			const from = done / total;
			done += part.join('').length;
			return { lines: part,
			    start_ms: start_ms + (end_ms - start_ms) * from,
			    end_ms: start_ms + (end_ms - start_ms) * done / total };
		});
	});
}

/* 3723004 is 01:02:03.004, or with a comma. */
export function clockTime(ms, point = '.') {
	const whole = Math.round(ms);
	const pad = (n, digits = 2) => String(n).padStart(digits, '0');
	return `${pad(Math.floor(whole / 3_600_000))}:` +
	    `${pad(Math.floor(whole / 60_000) % 60)}:` +
	    `${pad(Math.floor(whole / 1000) % 60)}${point}` +
	    pad(whole % 1000, 3);
}

export function toText(captions) {
	return captions.map(wordsOf).filter((words) => words !== '')
	    .map((words) => `${words}\n`).join('');
}

export function toVtt(captions) {
	const escape = (line) => line.replace(/&/g, '&amp;')
	    .replace(/</g, '&lt;').replace(/>/g, '&gt;');
	return 'WEBVTT\n' + cues(captions).map(({ start_ms, end_ms, lines }) =>
	    `\n${clockTime(start_ms)} --> ${clockTime(end_ms)}\n` +
	    lines.map((line) => `${escape(line)}\n`).join('')).join('');
}

/* SubRip knows no escapes, and players take <i> for markup: brackets become
 * those that are only looked at. */
export function toSrt(captions) {
	const harmless = (line) => line.replace(/</g, '‹').replace(/>/g, '›')
	    .replace(/\{\\/g, '{ \\');
	return cues(captions).map(({ start_ms, end_ms, lines }, i) =>
	    `${i + 1}\n${clockTime(start_ms, ',')} --> ` +
	    `${clockTime(end_ms, ',')}\n` +
	    lines.map((line) => `${harmless(line)}\n`).join('')).join('\n');
}
