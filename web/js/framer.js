/*
 * What a microphone gives, as what speak(1) takes: one channel, 16 000 Hz,
 * signed 16 bits, in messages of 100 ms.  Runs in an AudioWorklet
 * (framer-worklet.js); knows nothing of it.
 */
import { Resampler } from './pcm.js';

export const RATE_HZ = 16_000;
export const MESSAGE_MS = 100;
const MESSAGE_SAMPLES = RATE_HZ * MESSAGE_MS / 1000;

/* Flat to 7 kHz, and 80 dB down where 16 kHz would fold: consonants stay as
 * they are, and nothing is added to them. */
const FILTER_HALF = 32;

/* The average of all channels; borrowed where there is one. */
function mix(channels) {
	const [first, ...others] = channels;
	if (others.length === 0)
		return first;
	return first.map((x, i) => others.reduce((sum, channel) =>
	    sum + channel[i], x) / channels.length);
}

export class Framer {
	#resampler;
	#samples = new Int16Array(MESSAGE_SAMPLES);
	#n = 0;
	#squares = 0;
	#peak = 0;

	constructor(rate_hz) {
		this.#resampler = new Resampler(rate_hz, RATE_HZ, FILTER_HALF);
	}

	/*
	 * channels: arrays of floats in [-1, 1], equally long.  Returns the
	 * messages that they completed: { samples, rms, peak }, the last two from
	 * 0 to 1 and of the sound before it was cut to 16 bits.
	 */
	feed(channels) {
		const done = [];
		for (const x of this.#resampler.feed(mix(channels))) {
			this.#samples[this.#n++] = Math.max(-32768,
			    Math.min(32767, Math.round(32768 * x)));
			this.#squares += x * x;
			this.#peak = Math.max(this.#peak, Math.abs(x));
			if (this.#n === MESSAGE_SAMPLES)
				done.push(this.#finish());
		}
		return done;
	}

	#finish() {
		const message = { samples: this.#samples,
		    rms: Math.sqrt(this.#squares / MESSAGE_SAMPLES),
		    peak: this.#peak };
		this.#samples = new Int16Array(MESSAGE_SAMPLES);
		this.#n = this.#squares = this.#peak = 0;
		return message;
	}
}
