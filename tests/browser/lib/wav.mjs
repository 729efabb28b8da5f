/* Sound for Chromium's fake microphone, and whether it is the sound that came
 * out at the other end. */
import fs from 'node:fs';

/* samples: of one channel, 16 bits; written as `channels` equal ones. */
export function writeWav(file, rate_hz, samples, channels = 1) {
	const bytes = Buffer.alloc(44 + 2 * channels * samples.length);
	bytes.write('RIFF', 0);
	bytes.writeUInt32LE(bytes.length - 8, 4);
	bytes.write('WAVEfmt ', 8);
	bytes.writeUInt32LE(16, 16);
	bytes.writeUInt16LE(1, 20);	/* PCM */
	bytes.writeUInt16LE(channels, 22);
	bytes.writeUInt32LE(rate_hz, 24);
	bytes.writeUInt32LE(2 * channels * rate_hz, 28);
	bytes.writeUInt16LE(2 * channels, 32);
	bytes.writeUInt16LE(16, 34);
	bytes.write('data', 36);
	bytes.writeUInt32LE(bytes.length - 44, 40);
	samples.forEach((sample, i) => {
		for (let c = 0; c < channels; c++)
			bytes.writeInt16LE(sample, 44 + 2 * (channels * i + c));
	});
	fs.writeFileSync(file, bytes);
}

export function readSamples(bytes) {
	return Int16Array.from({ length: bytes.length >> 1 },
	    (_, i) => bytes.readInt16LE(2 * i));
}

/*
 * Something like a voice that is nowhere the same: noise below 2 kHz, as loud as
 * speech, the same for each `seed`.
 */
export function babble(seconds, rate_hz, seed = 1) {
	let state = seed >>> 0;
	const noise = () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 2 ** 31 - 1;
	};
	/* A low pass of two poles. */
	const a = Math.exp(-2 * Math.PI * 1_000 / rate_hz);
	let one = 0;
	let two = 0;
	return Int16Array.from({ length: seconds * rate_hz }, () => {
		one = a * one + (1 - a) * noise();
		two = a * two + (1 - a) * one;
		return Math.max(-32_000, Math.min(32_000,
		    Math.round(20_000 * two)));
	});
}

/* How alike two stretches are, -1 to 1. */
function correlation(a, at, b, bt, n) {
	let ab = 0;
	let aa = 0;
	let bb = 0;
	for (let i = 0; i < n; i++) {
		const x = a[at + i];
		const y = b[bt + i];
		ab += x * y;
		aa += x * x;
		bb += y * y;
	}
	return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

/*
 * Where the n samples of `heard` at `at` are in `played`: { at, likeness }, the
 * best of the places from..to.  A coarse look, then a fine one: what is looked
 * for has no detail finer than a few samples.
 */
export function find(played, heard, at, n, from, to) {
	let best = { at: -1, likeness: -1 };
	const look = (first, last, step) => {
		for (let p = Math.max(0, first);
		    p <= Math.min(last, played.length - n); p += step) {
			const likeness = correlation(heard, at, played, p, n);
			if (likeness > best.likeness)
				best = { at: p, likeness };
		}
	};
	look(from, to, 2);
	look(best.at - 2, best.at + 2, 1);
	return best;
}
