/* What was read as a file, and a file as WebVTT. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { asVtt } from '../../../web/js/subtitles.js';
import { breakWords, clockTime, toSrt, toText, toVtt }
    from '../../../web/js/transcript.js';

const caption = (captured_at_ms, text, more = {}) =>
    ({ id: 'u', captured_at_ms, lang: 'es-ES', text, source: text, ...more });

/* WebVTT as its grammar has it, judged here and not by what wrote it. */
function cuesOf(vtt) {
	const [head, ...blocks] = vtt.split('\n\n');
	assert.equal(head.trimEnd(), 'WEBVTT');
	return blocks.map((block) => {
		const [times, ...lines] = block.trimEnd().split('\n');
		const found = times.match(
		    /^(\d\d):(\d\d):(\d\d)\.(\d{3}) --> (\d\d):(\d\d):(\d\d)\.(\d{3})$/);
		assert.ok(found, times);
		const [, ...n] = found.map(Number);
		const ms = (at) => ((n[at] * 60 + n[at + 1]) * 60 + n[at + 2]) *
		    1000 + n[at + 3];
		return { start_ms: ms(0), end_ms: ms(4), lines };
	});
}

test('times of the day are written as both formats want them', () => {
	assert.equal(clockTime(0), '00:00:00.000');
	assert.equal(clockTime(3_723_004), '01:02:03.004');
	assert.equal(clockTime(59_999.6, ','), '00:01:00,000');
	assert.equal(clockTime(36_000_000), '10:00:00.000');
});

test('words break at spaces, and only where they must', () => {
	assert.deepEqual(breakWords('aa bb cc', 5), ['aa bb', 'cc']);
	assert.deepEqual(breakWords('abcdefg hi', 3), ['abc', 'def', 'g', 'hi']);
	assert.deepEqual(breakWords('私達𠮷𠮷𠮷', 2), ['私達', '𠮷𠮷', '𠮷']);
	assert.deepEqual(breakWords('', 5), []);
});

test('a caption ends when it was captured, and begins as long before as it ' +
    'takes to say', () => {
	const vtt = toVtt([caption(10_000, 'x'.repeat(20)),
	    caption(12_000, 'Corta.'), caption(30_000, 'Después.',
		{ start_ms: 500, end_ms: 2_500 })]);
	assert.deepEqual(cuesOf(vtt).map(({ start_ms, end_ms }) =>
	    [start_ms, end_ms]),
	    [[0, 1_300], [2_500, 3_300], [19_300, 21_300]]);
});

test('cues never overlap, have at most two lines of 42, and lose no word', () => {
	const long = Array.from({ length: 60 }, (_, i) => `palabra${i}`).join(' ');
	const all = [caption(60_000, long), caption(60_100, long),
	    caption(60_200, 'Fin.')];
	let end_ms = 0;
	const words = [];
	for (const cue of cuesOf(toVtt(all))) {
		assert.ok(cue.start_ms >= end_ms && cue.end_ms > cue.start_ms,
		    JSON.stringify(cue));
		end_ms = cue.end_ms;
		assert.ok(cue.lines.length <= 2);
		for (const line of cue.lines)
			assert.ok(line.length <= 42, line);
		words.push(...cue.lines.join(' ').split(' '));
	}
	assert.deepEqual(words, `${long} ${long} Fin.`.split(' '));
});

test('what was said is no markup, no time and no line of its own', () => {
	const nasty = caption(5_000, '<b>A</b> & --> \u202e\u0007B\n\n\nC');
	assert.equal(toVtt([nasty]), 'WEBVTT\n\n00:00:00.000 --> 00:00:01.170\n' +
	    '&lt;b&gt;A&lt;/b&gt; &amp; --&gt; B C\n');
	assert.equal(toSrt([nasty]), '1\n00:00:00,000 --> 00:00:01,170\n' +
	    '‹b›A‹/b› & --› B C\n');
	assert.equal(toText([nasty]), '<b>A</b> & --> B C\n');
	assert.ok(!toSrt([caption(1, '{\\an8}x')]).includes('{\\'));
});

test('what was not translated is saved as it was said; nothing is nothing', () => {
	const untranslated = caption(1_000, '', { source: 'Good morning.',
	    is_untranslated: true });
	assert.equal(toText([untranslated, caption(2_000, ' \n ')]),
	    'Good morning.\n');
	assert.equal(toText([]), '');
	assert.equal(toVtt([]), 'WEBVTT\n');
	assert.equal(toSrt([]), '');
	assert.equal(toVtt([caption(undefined, 'no time')]), 'WEBVTT\n');
});

test('SubRip becomes WebVTT, WebVTT stays, the rest is told apart', () => {
	assert.equal(asVtt('WEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\nA\r\n'),
	    'WEBVTT\n\n00:01.000 --> 00:02.000\nA\n');
	assert.equal(asVtt('\ufeff1\r\n00:00:01,500 --> 00:00:02,000\r\nA, 1,234\r\n'),
	    'WEBVTT\n\n1\n00:00:01.500 --> 00:00:02.000\nA, 1,234\n');
	assert.equal(asVtt('1\n0:00:01,500 --> 0:00:02,000\nA\n'),
	    'WEBVTT\n\n1\n00:00:01.500 --> 00:00:02.000\nA\n');
	for (const text of ['', 'WEBVTTX', 'words', '1\n--> \n'])
		assert.equal(asVtt(text), null);
});
