/*
 * A captions file from the reader's disk as WebVTT, which is what browsers
 * take.  Knows no page.
 */

const SRT_TIME = /^(?:\d+:)?\d{1,2}:\d{2},\d{3}\s*-->\s*(?:\d+:)?\d{1,2}:\d{2},\d{3}/m;

/* The text of a .vtt or .srt file as WebVTT; null: it is neither. */
export function asVtt(text) {
	const clean = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
	if (/^WEBVTT(?:[ \t\n]|$)/.test(clean))
		return clean;
	if (!SRT_TIME.test(clean))
		return null;
	return 'WEBVTT\n\n' + clean.replace(/^.*-->.*$/gm,
	    (line) => line.replace(/(\d),(\d{3})/g, '$1.$2')
		/* hours of one digit, or none, are not WebVTT's */
		.replace(/(^|\s)(\d):(\d{2}:\d{2}\.)/g, '$10$2:$3'));
}
