/* The ring and its jitter buffer: the same code that plays in the browser. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Playback } from '../../../web/js/playback.js';

const RATE_HZ = 16_000;
const BLOCK = 128;

const ramp = (n, from = 1) =>
    Float32Array.from({ length: n }, (_, i) => (from + i) / 1e6 + 0.5);

/* Pull n samples in blocks, as an AudioWorklet does. */
function pull(playback, n) {
	const out = new Float32Array(Math.ceil(n / BLOCK) * BLOCK);
	for (let at = 0; at < out.length; at += BLOCK)
		playback.pull(out.subarray(at, at + BLOCK));
	return out;
}

const firstSound = (out) => out.findIndex((x) => x !== 0);

test('silence until enough is buffered', () => {
	const playback = new Playback(RATE_HZ, { start_ms: 200 });
	playback.push(ramp(3_000), 'a', false);
	assert.equal(firstSound(pull(playback, 640)), -1);
	playback.push(ramp(200), 'a', false);
	assert.notEqual(firstSound(pull(playback, BLOCK)), -1);
});

test('a short complete utterance waits for nothing', () => {
	const playback = new Playback(RATE_HZ);
	playback.push(ramp(100), 'a', true);
	pull(playback, BLOCK);
	assert.equal(playback.played, 100);
	assert.deepEqual(playback.events,
	    [{ what: 'begin', id: 'a' }, { what: 'end', id: 'a' }]);
	assert.equal(playback.underruns, 0);
});

test('a trickle is played after twice the wait', () => {
	const playback = new Playback(RATE_HZ, { start_ms: 200 });
	playback.push(ramp(1_000), 'a', false);
	pull(playback, 6_272);
	assert.equal(playback.played, 0);
	pull(playback, 256);
	assert.ok(playback.played > 0);
});

test('any split of an utterance plays as the whole of it', () => {
	const whole = ramp(10_000);
	for (const step of [1, 7, 160, 1_600, 9_999]) {
		const playback = new Playback(RATE_HZ);
		for (let at = 0; at < whole.length; at += step)
			playback.push(whole.subarray(at, at + step), 'a',
			    at + step >= whole.length);
		const out = pull(playback, whole.length);
		/* All but the fade at its beginning, sample for sample. */
		assert.deepEqual(out.subarray(80, whole.length),
		    whole.subarray(80));
		assert.equal(playback.underruns, 0);
	}
});

test('utterances join without a gap, also across the ring\'s end', () => {
	const playback = new Playback(RATE_HZ, { capacity_ms: 1_000 });
	const all = ramp(48_000);
	const heard = [];
	for (let at = 0, id = 0; at < all.length; at += 8_000, id++) {
		playback.push(all.subarray(at, at + 8_000), id, true);
		if (at > 0)
			heard.push(...pull(playback, 8_064).subarray(0, 8_064));
	}
	const tail = heard.slice(80, 40_000);
	assert.deepEqual(Float32Array.from(tail), all.subarray(80, 40_000));
	assert.equal(playback.skipped, 0);
});

test('running dry fades, counts once, asks for more, and goes on', () => {
	const playback = new Playback(RATE_HZ, { start_ms: 100 });
	playback.push(new Float32Array(1_600).fill(0.5), 'a', false);
	const out = pull(playback, 1_664);
	const steps = out.map((x, i) => Math.abs(x - (out[i - 1] ?? 0)));
	assert.ok(Math.max(...steps) <= 0.5 / 80 + 1e-6, 'no click');
	assert.equal(playback.underruns, 0);	/* it may have been the end */
	assert.equal(firstSound(pull(playback, 3_200)), -1);
	playback.push(new Float32Array(1_600).fill(0.5), 'a', false);
	assert.equal(playback.underruns, 1);
	assert.equal(playback.start_ms, 150);
	assert.equal(firstSound(pull(playback, BLOCK)), -1);
	playback.push(new Float32Array(800).fill(0.5), 'a', true);
	pull(playback, 2_560);
	assert.equal(playback.played, 4_000);
	assert.ok(playback.start_ms < 150, 'and shrinks again');
});

test('an end that is told late is no underrun', () => {
	const playback = new Playback(RATE_HZ, { start_ms: 100 });
	playback.push(ramp(1_600), 'a', false);
	pull(playback, 3_200);
	playback.push(new Float32Array(0), 'a', true);
	pull(playback, BLOCK);
	assert.equal(playback.underruns, 0);
	assert.deepEqual(playback.events.map(({ what }) => what),
	    ['begin', 'end']);
});

/* A voice of so many Hz, with overtones; at 48 kHz the same. */
const voice = (hz, n, rate_hz = RATE_HZ) => Float32Array.from({ length: n },
    (_, i) => [1, 2, 3, 5].reduce((sum, k) =>
	sum + 0.2 * Math.sin(2 * Math.PI * hz * k * i / rate_hz) / k, 0));

const crossings = (x) => x.reduce((n, one, i) =>
    n + (i > 0 && x[i - 1] < 0 && one >= 0), 0);

test('a little behind, it speaks a quarter faster, at the same pitch', () => {
	for (const [hz, rate_hz] of [[70, RATE_HZ], [120, RATE_HZ],
	    [233, RATE_HZ], [390, RATE_HZ], [140, 48_000]]) {
		const playback = new Playback(rate_hz);
		const said = voice(hz, 4 * rate_hz, rate_hz);
		playback.push(said, 'a', true);
		playback.shed(3_000);
		const out = pull(playback, 2 * rate_hz);
		const { played } = playback;
		const shed = playback.shed_samples;
		assert.equal(playback.skipped, 0);
		assert.ok(shed > played / 4 - rate_hz / 50 &&
		    shed <= played / 4 + rate_hz / 50, `${hz}: ${shed}`);
		const most = (x) => x.reduce((top, one, i) => i === 0 ? 0
		    : Math.max(top, Math.abs(one - x[i - 1])), 0);
		assert.ok(most(out) < 1.1 * most(said), `${hz}: no click`);
		const heard_hz = crossings(out) * rate_hz / out.length;
		assert.ok(Math.abs(heard_hz - hz) < 0.02 * hz + 1,
		    `${hz}: ${heard_hz}`);
		/* Until it has caught up, and no further. */
		playback.shed(100);
		pull(playback, 2 * rate_hz);
		assert.equal(playback.buffered_ms, 0);
		assert.ok(playback.shed_samples - shed < 0.12 * rate_hz);
	}
});

test('it hastens nothing that a slow network may leave it without', () => {
	const playback = new Playback(RATE_HZ, { start_ms: 200 });
	playback.push(voice(120, 4_000), 'a', false);
	playback.shed(3_000);
	pull(playback, 2_000);
	assert.ok(playback.shed_samples <= 800, `${playback.shed_samples}`);
	assert.equal(playback.played, 2_048);
	/* Nor across the end of what was taken back, or of a sentence. */
	playback.push(voice(120, 8_000), 'b', true);
	playback.drop('b');
	playback.push(voice(120, 8_000), 'c', true);
	pull(playback, 16_000);
	assert.equal(playback.buffered_ms, 0);
	assert.deepEqual(playback.events.map(({ what, id }) => what + id),
	    ['begina', 'enda', 'skipb', 'beginc', 'endc']);
	/* Nor what was sent faster already. */
	const { shed_samples } = playback;
	playback.push(voice(120, 32_000), 'd', true, 1.25);
	pull(playback, 32_000);
	assert.equal(playback.shed_samples, shed_samples);
});

test('further behind, pauses are left out, too, and not one word', () => {
	const playback = new Playback(RATE_HZ);
	const word = voice(120, 8_000);
	const pause = new Float32Array(16_000);
	for (const id of ['a', 'b', 'c']) {
		playback.push(word, id, false);
		playback.push(pause, id, true);
	}
	playback.shed(6_000);
	const { audible } = playback;
	pull(playback, 72_000);
	assert.equal(playback.buffered_ms, 0);
	assert.equal(playback.skipped, 0);
	/* Most of two pauses, and of the words a fifth at most. */
	assert.ok(playback.shed_samples > 32_000, `${playback.shed_samples}`);
	assert.ok(playback.audible - audible > 0.79 * 24_000,
	    `${playback.audible}`);
});

test('far behind, whole utterances are skipped, up to the newest', () => {
	const playback = new Playback(RATE_HZ);
	for (const id of ['a', 'b', 'c', 'd'])
		playback.push(new Float32Array(80_000).fill(0.5), id, true);
	pull(playback, 1_024);
	playback.shed(14_000);
	const out = pull(playback, 4 * BLOCK);
	const steps = out.map((x, i) => Math.abs(x - (out[i - 1] ?? out[0])));
	assert.ok(Math.max(...steps) <= 0.5 / 80 + 1e-6, 'no click');
	assert.equal(playback.skipped, 2);
	pull(playback, 160_000);
	assert.deepEqual(playback.events.filter(({ what }) => what === 'end')
	    .map(({ id }) => id), ['c', 'd']);
});

test('a full ring drops the oldest and says so', () => {
	const playback = new Playback(RATE_HZ, { capacity_ms: 1_000 });
	playback.push(ramp(12_000, 1), 'a', true);
	playback.push(ramp(12_000, 50_000), 'b', true);
	assert.equal(playback.buffered_ms, 1_000);
	assert.equal(playback.skipped, 1);
	playback.push(ramp(40_000), 'c', true);
	assert.equal(playback.buffered_ms, 1_000);
	pull(playback, 16_000);
	assert.equal(playback.buffered_ms, 0);
});

test('flush forgets, and what comes next plays', () => {
	const playback = new Playback(RATE_HZ);
	playback.push(ramp(8_000), 'a', false);
	pull(playback, 1_024);
	playback.receive({ flush: true });
	assert.equal(firstSound(pull(playback, 1_024)), -1);
	playback.receive({ push: { samples: ramp(500), id: 'b', is_last: true } });
	assert.notEqual(firstSound(pull(playback, BLOCK)), -1);
});

test('what is taken back while it plays fades out, and the next plays on', () => {
	const playback = new Playback(RATE_HZ);
	playback.push(new Float32Array(16_000).fill(0.5), 'a', false);
	playback.push(new Float32Array(3_200).fill(0.25), 'b', true);
	pull(playback, 1_600);
	playback.drop('a');
	const out = pull(playback, 4_000);
	const steps = out.subarray(0, 3_000).map(
	    (x, i) => Math.abs(x - (out[i - 1] ?? out[0])));
	assert.ok(Math.max(...steps) <= 0.5 / 80 + 1e-6, 'no click');
	assert.ok(out.subarray(128).every((x) => x <= 0.25), 'no more of it');
	assert.ok(playback.audible >= 1_600 + 3_000, `${playback.audible}`);
	assert.deepEqual(playback.events.map(({ what, id }) => what + id),
	    ['begina', 'skipa', 'beginb', 'endb']);
	assert.equal(playback.buffered_ms, 0);
});

test('what is taken back while it waits is never heard', () => {
	const playback = new Playback(RATE_HZ);
	playback.push(new Float32Array(1_600).fill(0.25), 'a', true);
	playback.push(new Float32Array(16_000).fill(0.5), 'b', true);
	playback.push(new Float32Array(1_600).fill(0.25), 'c', true);
	playback.receive({ drop: 'b' });
	const out = pull(playback, 4_800);
	assert.ok(out.every((x) => x <= 0.25));
	assert.equal(playback.played, 3_200);
	assert.deepEqual(playback.events.map(({ what, id }) => what + id),
	    ['begina', 'enda', 'skipb', 'beginc', 'endc']);
	playback.drop('nobody');
	playback.push(new Float32Array(0), 'd', false);
	playback.drop('d');
	pull(playback, BLOCK);
	assert.equal(playback.buffered_ms, 0);
});
