/*
 * Samples: from the base64 of an audio line to floats, and from the line's
 * rate to the sound device's.
 */

/* Signed 16-bit little-endian samples in base64, as floats in [-1, 1).  An odd
 * last byte is dropped; throws on what is not base64. */
export function decodePcm(base64) {
	const bytes = atob(base64);
	const samples = new Float32Array(bytes.length >> 1);
	for (let i = 0; i < samples.length; i++) {
		const value = bytes.charCodeAt(2 * i) |
		    bytes.charCodeAt(2 * i + 1) << 8;
		samples[i] = (value << 16 >> 16) / 32768;
	}
	return samples;
}

/* Half the length of the filter in samples of the lower rate, and how
 * finely positions between two samples are told apart. */
const HALF = 12;
const PHASES = 256;

function besselI0(x) {
	let sum = 1;
	let term = 1;
	for (let k = 1; k < 25; k++) {
		term *= (x / (2 * k)) ** 2;
		sum += term;
	}
	return sum;
}

/* PHASES + 1 rows of a windowed sinc (Kaiser, beta 8: side lobes at -80 dB).
 * `cut` is the corner as a share of the input's Nyquist frequency. */
function sincTable(half, cut) {
	const table = [];
	for (let phase = 0; phase <= PHASES; phase++) {
		const row = new Float32Array(2 * half);
		let sum = 0;
		for (let k = 0; k < 2 * half; k++) {
			const x = k - half + 1 - phase / PHASES;
			const arg = Math.PI * cut * x;
			const sinc = arg === 0 ? 1 : Math.sin(arg) / arg;
			const w = 1 - (x / half) ** 2;
			row[k] = w <= 0 ? 0 : sinc * besselI0(8 * Math.sqrt(w));
			sum += row[k];
		}
		table.push(row.map((tap) => tap / sum));
	}
	return table;
}

/*
 * A stream of samples from one rate to another: feed it in any split, the
 * output is the same.  It is late by half the filter, which end() gives out
 * and after which a new stream begins.
 */
export class Resampler {
	#step;
	#half;
	#table = null;
	#pending = new Float32Array(0);
	#at = 0;	/* of the next output sample, in input samples */

	/* half: of the filter's length, in samples of the lower rate; a longer one
	 * is steeper. */
	constructor(from_hz, to_hz, half = HALF) {
		this.#step = from_hz / to_hz;
		if (from_hz === to_hz)
			return;
		const cut = Math.min(1, to_hz / from_hz) * 0.94;
		this.#half = Math.ceil(half * Math.max(1, this.#step));
		this.#table = sincTable(this.#half, cut);
		this.#begin();
	}

	#begin() {
		this.#pending = new Float32Array(this.#half - 1);
		this.#at = this.#half - 1;
	}

	feed(samples) {
		if (this.#table === null)
			return samples;
		const half = this.#half;
		const input = new Float32Array(this.#pending.length + samples.length);
		input.set(this.#pending);
		input.set(samples, this.#pending.length);
		const end = input.length - half;
		const room = Math.ceil((end - this.#at) / this.#step) + 1;
		const out = new Float32Array(Math.max(0, room));
		let n = 0;
		while (this.#at < end && n < out.length) {
			const base = Math.floor(this.#at);
			const phase = Math.round((this.#at - base) * PHASES);
			const row = this.#table[phase];
			const first = base - half + 1;
			let sum = 0;
			for (let k = 0; k < row.length; k++)
				sum += row[k] * input[first + k];
			out[n++] = sum;
			this.#at += this.#step;
		}
		/* An output position may lie beyond what is here: then all that
		 * its filter will not reach is let go, and no more. */
		const keep = Math.min(input.length, Math.floor(this.#at) - half + 1);
		this.#pending = input.slice(keep);
		this.#at -= keep;
		return out.subarray(0, n);
	}

	end() {
		if (this.#table === null)
			return new Float32Array(0);
		const tail = this.feed(new Float32Array(this.#half));
		this.#begin();
		return tail;
	}
}
