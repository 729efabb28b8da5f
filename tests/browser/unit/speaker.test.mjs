/* The speaker's modules that need no page. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { clockTime } from '../../../web/js/duration.js';
import { Framer } from '../../../web/js/framer.js';
import { decibels, LevelJudge, meterShare } from '../../../web/js/levels.js';
import { Outbox } from '../../../web/js/outbox.js';
import { SPOKEN, spokenFor, spokenTag } from '../../../web/js/spoken.js';
import { encodeSamples } from '../../../web/js/talk.js';

const sine = (hz, rate_hz, n, level = 0.5) => Float32Array.from({ length: n },
    (_, i) => level * Math.sin(2 * Math.PI * hz * i / rate_hz));

/* All that a framer makes of `input`, fed in steps. */
function framed(rate_hz, input, step = 128) {
	const framer = new Framer(rate_hz);
	const messages = [];
	for (let at = 0; at < input.length; at += step)
		messages.push(...framer.feed([input.subarray(at, at + step)]));
	return messages;
}

test('messages of 100 ms, in any split of the input', () => {
	const input = sine(440, 16_000, 8_050);
	const whole = framed(16_000, input, input.length);
	assert.equal(whole.length, 5);
	for (const step of [1, 127, 128, 1_600, 4_801]) {
		const cut = framed(16_000, input, step);
		assert.deepEqual(cut.map(({ samples }) => [...samples]),
		    whole.map(({ samples }) => [...samples]), `${step}`);
	}
	assert.ok(whole.every(({ samples }) => samples.length === 1_600));
	assert.ok(Math.abs(whole[1].rms - 0.5 / Math.SQRT2) < 1e-3);
	assert.ok(Math.abs(whole[1].peak - 0.5) < 1e-3);
});

test('samples are rounded, and cut at what 16 bits hold', () => {
	const input = new Float32Array(1_600);
	input.set([0, 1 / 32768, -1 / 32768, 1, -1, 2, -2, 0.4 / 32768]);
	const [{ samples, peak }] = framed(16_000, input);
	assert.deepEqual([...samples.subarray(0, 8)],
	    [0, 1, -1, 32767, -32768, 32767, -32768, 0]);
	assert.equal(peak, 2);
	assert.equal(Buffer.from(encodeSamples(samples), 'base64')
	    .subarray(0, 10).toString('hex'), '00000100ffffff7f0080');
});

test('several channels are mixed', () => {
	const framer = new Framer(16_000);
	const [{ samples }] = framer.feed([new Float32Array(1_600).fill(0.5),
	    new Float32Array(1_600).fill(-0.25)]);
	assert.ok(samples.every((x) => x === 4_096));
});

test('a sound card\'s rate is filtered: speech stays, what would fold goes',
    () => {
	for (const rate_hz of [48_000, 44_100]) {
		const peak = (hz) => Math.max(...framed(rate_hz,
		    sine(hz, rate_hz, rate_hz)).slice(2).map((m) => m.peak));
		for (const hz of [100, 1_000, 4_000, 6_500])
			assert.ok(Math.abs(peak(hz) - 0.5) < 0.01,
			    `${rate_hz}: ${hz} Hz comes as ${peak(hz)}`);
		for (const hz of [8_500, 9_500, 15_900, 20_000])
			assert.ok(peak(hz) < 0.001,
			    `${rate_hz}: ${hz} Hz comes as ${peak(hz)}`);
		assert.equal(framed(rate_hz, sine(440, rate_hz,
		    10 * rate_hz + 500)).length, 100);
	}
});

test('what is acknowledged goes, what is beyond the window waits', () => {
	const box = new Outbox();
	for (let i = 0; i < 10; i++)
		box.push(`m${i}`);
	assert.equal(box.take(), null);	/* nobody said that it wants any */
	box.resume(0, 4);
	const taken = [];
	for (let one; (one = box.take()) !== null;)
		taken.push(one);
	assert.deepEqual(taken, [0, 1, 2, 3].map((seq) =>
	    ({ seq, message: `m${seq}` })));
	box.acknowledge(3, 4);
	assert.deepEqual([box.first, box.end, box.kept_ms], [3, 10, 700]);
	assert.deepEqual(box.take(), { seq: 4, message: 'm4' });
	/* Cut: from what is wanted on, again. */
	box.resume(3, 100);
	assert.deepEqual(box.take(), { seq: 3, message: 'm3' });
	while (box.take() !== null)
		;
	assert.ok(box.is_all_sent);
	/* An acknowledgement of what was never sent does no harm. */
	box.acknowledge(50, 100);
	assert.deepEqual([box.first, box.end, box.kept_ms], [10, 10, 0]);
});

test('when it is full the oldest is given up, and counted', () => {
	const box = new Outbox(3);
	for (let i = 0; i < 5; i++)
		box.push(`m${i}`);
	assert.deepEqual([box.first, box.end, box.dropped_ms], [2, 5, 200]);
	box.resume(0, 600);
	assert.deepEqual(box.take(), { seq: 2, message: 'm2' });
	box.push('m5');
	box.push('m6');
	assert.deepEqual(box.take(), { seq: 4, message: 'm4' });
});

test('a page loaded anew takes up the numbers of its earlier life', () => {
	const box = new Outbox();
	for (let i = 0; i < 3; i++)
		box.push(`m${i}`);
	box.resume(2, 600);
	assert.deepEqual(box.take(), { seq: 2, message: 'm0' });
	box.push('m3');
	/* But only then: a keeper that knows less than we sent is no reason. */
	box.resume(3, 600);
	assert.deepEqual(box.take(), { seq: 3, message: 'm1' });
	assert.equal(box.end, 6);
});

test('loudness in words: of the last seconds, and steady', () => {
	const after = (n, rms_db, peak_db = rms_db + 12) => {
		const judge = new LevelJudge();
		for (let i = 0; i < n; i++)
			judge.feed(rms_db, peak_db);
		return judge.verdict;
	};
	assert.equal(after(3, -23), '');
	assert.equal(after(20, -23), 'good');
	assert.equal(after(20, -96.3), 'silent');
	assert.equal(after(20, -48), 'quiet');
	assert.equal(after(1, -20, 0), 'loud');
	assert.equal(after(20, -6, -5), 'loud');
	/* A pause between sentences is no fault. */
	const judge = new LevelJudge();
	for (let i = 0; i < 60; i++)
		judge.feed(i % 25 < 10 ? -22 : -70, i % 25 < 10 ? -10 : -60);
	assert.equal(judge.verdict, 'good');
	assert.equal(decibels(1), 0);
	assert.equal(decibels(0), -96.3);
	assert.deepEqual([-60, -30, 0, 6, -90, null, undefined].map(meterShare),
	    [0, 0.5, 1, 1, 0, 0, 0]);
});

test('the languages of a talk are those that the tools know', () => {
	const table = fs.readFileSync(
	    new URL('../../../lib/base/lang.c', import.meta.url), 'utf8');
	const [, rows] = table.match(/langs\[\] = \{([^]*?)\n\};/);
	const tags = [...rows.matchAll(/\{ "([^"]+)", ("[^"]+"|NULL),/g)]
	    .filter(([, , transcribe]) => transcribe !== 'NULL')
	    .map(([, tag]) => tag);
	assert.ok(tags.length > 50);
	assert.deepEqual(SPOKEN, tags);
	assert.equal(spokenTag('it'), 'it-IT');
	assert.equal(spokenTag('ar'), 'arb');
	assert.equal(spokenTag('zh-Hans-CN'), 'cmn-CN');
	assert.equal(spokenTag('en-GB'), 'en-GB');
	assert.equal(spokenTag('tlh'), '');
	assert.equal(spokenTag(''), '');
	const list = spokenFor(['de-DE', 'en'], 'it-IT');
	assert.deepEqual(list.slice(0, 2), ['it-IT', 'de-DE']);
	assert.equal(list.length, SPOKEN.length);
});

test('how long, for people', () => {
	assert.deepEqual([-5, 0, 7_900, 65_000, 3_729_000].map(clockTime),
	    ['0:00', '0:00', '0:07', '1:05', '1:02:09']);
});
