/*
 * Gap-less play-out of utterances that come in chunks: a ring of samples with
 * a small jitter buffer in front of it.
 *
 * The class knows no Web Audio and is run three ways: in an AudioWorklet (this
 * file registers itself there, so it imports nothing), by a ScriptProcessor
 * where a page that came over plain http has no worklets, and by tests.
 *
 * Rules:
 *  - Sound starts when `start_ms` is buffered, or the utterance is complete,
 *    or the first sample has waited twice that long.
 *  - When the ring runs dry within an utterance, the last few ms fade out.  If
 *    more of that utterance comes later, that was an underrun: it fades in, and
 *    the buffer asked for grows by half (to `start_max_ms`).  Each utterance
 *    that plays through shrinks it again.  Between utterances an empty ring is
 *    the ordinary case.
 *  - shed(ms) is how far behind the play-out is, as the caller reckons.  So much
 *    is made good by speaking up to a quarter faster, at the same pitch: of five
 *    periods of the voice one is folded into the next, but for what was sent
 *    faster already.  From SHORTEN_MS on silence is left out, too, of pauses
 *    longer than 80 ms; and from SKIP_MS on whole utterances are skipped, never
 *    a part of a word that plays.
 *  - drop(id) is what was taken back: what plays of it fades out at once, what
 *    waits is never heard.
 */

const FADE_MS = 5;
const WINDOW_MS = 10;
const PAUSE_KEPT_MS = 80;
const SILENCE_PEAK = 0.01;	/* -40 dBFS: pauses of synthetic voices */
const SHORTEN_MS = 4_000;
const SKIP_MS = 8_000;
/* One period out of this many goes. */
const PERIODS = 5;
/* What a voice's period may be, and how finely it is looked for at first. */
const PERIOD_MIN_HZ = 65;
const PERIOD_MAX_HZ = 400;
const COARSE_HZ = 4_000;
const AUDIBLE_PEAK = 0.001;

export class Playback {
	#rate;
	#ring;
	#written = 0;	/* samples since the start; ring index is modulo size */
	#read = 0;
	#clock = 0;	/* samples pulled, silence included */
	#segments = [];	/* { id, start, end, is_whole, has_begun, is_dry,
			   is_dropped } */
	#is_playing = false;
	#arrived_at = 0;
	#gain = 0;
	#start;
	#start_min;
	#start_max;
	#shed = 0;
	#hasten_at = 0;	/* the next period to fold is here or later */
	#quiet = 0;	/* samples of silence played in a row */

	/* Counters, all since the start. */
	played = 0;	/* samples of voice given out */
	audible = 0;	/* of those, above -60 dBFS */
	underruns = 0;
	shed_samples = 0;
	skipped = 0;	/* utterances left out, in whole or from their middle */
	events = [];	/* { what: "begin"|"end"|"skip", id }: the caller's to empty */

	constructor(rate_hz, { start_ms = 200, start_max_ms = 800,
	    capacity_ms = 60_000 } = {}) {
		this.#rate = rate_hz;
		this.#ring = new Float32Array(this.#samples(capacity_ms));
		this.#start = this.#start_min = this.#samples(start_ms);
		this.#start_max = this.#samples(start_max_ms);
	}

	#samples(ms) {
		return Math.round(ms * this.#rate / 1000);
	}

	get buffered_ms() {
		return (this.#written - this.#read) * 1000 / this.#rate;
	}

	get start_ms() {
		return this.#start * 1000 / this.#rate;
	}

	/* Samples at our rate, of utterance `id`; is_last: it ends with these;
	 * speed: how much faster than spoken they are. */
	push(samples, id, is_last, speed = 1) {
		if (samples.length > this.#ring.length)
			samples = samples.subarray(samples.length - this.#ring.length);
		const over = this.#written - this.#read + samples.length -
		    this.#ring.length;
		if (over > 0)
			this.#skipTo(this.#read + over);
		if (this.#written === this.#read)
			this.#arrived_at = this.#clock;
		let segment = this.#segments.at(-1);
		if (segment === undefined || segment.id !== id ||
		    segment.is_whole) {
			if (segment !== undefined)
				segment.is_whole = true;
			segment = { id, start: this.#written, end: this.#written,
			    is_whole: false, has_begun: false, is_dry: false,
			    is_dropped: false, speed };
			this.#segments.push(segment);
		}
		if (segment.is_dry && samples.length > 0) {
			segment.is_dry = false;
			this.underruns++;
			this.#start = Math.min(this.#start_max, this.#start * 1.5);
		}
		const at = this.#written % this.#ring.length;
		const head = Math.min(samples.length, this.#ring.length - at);
		this.#ring.set(samples.subarray(0, head), at);
		this.#ring.set(samples.subarray(head), 0);
		this.#written += samples.length;
		segment.end = this.#written;
		segment.is_whole = is_last;
	}

	/* Fill `out`, one channel. */
	pull(out) {
		this.#clock += out.length;
		this.#purge();
		if (!this.#is_playing && !this.#isReady()) {
			out.fill(0);
			this.#settle();
			return;
		}
		this.#is_playing = true;
		if (this.#shed > this.#samples(SHORTEN_MS))
			this.#catchUp();
		const fade = Math.max(1, this.#samples(FADE_MS));
		const is_skipping = this.#wantsSkip() ||
		    this.#segments[0]?.is_dropped === true;
		const limit = this.#segments.find((segment, i) => i > 0 &&
		    segment.is_dropped)?.start ?? this.#written;
		let n = 0;
		for (; n < out.length && this.#read < limit; n++) {
			if (this.#shed > 0 && !is_skipping &&
			    this.#read >= this.#hasten_at)
				this.#hasten();
			const left = this.#written - this.#read;
			let gain = Math.min(1, this.#gain + 1 / fade);
			if (is_skipping)
				gain = Math.max(0, this.#gain - 1 / fade);
			else if (left < fade && !this.#segments.at(-1).is_whole)
				gain = Math.min(gain, left / fade);
			this.#gain = gain;
			const x = this.#ring[this.#read % this.#ring.length] * gain;
			out[n] = x;
			const peak = Math.abs(x);
			this.#quiet = peak < SILENCE_PEAK ? this.#quiet + 1 : 0;
			if (peak > AUDIBLE_PEAK)
				this.audible++;
			this.#read++;
			if (is_skipping && gain === 0)
				break;
		}
		out.fill(0, n);
		this.played += n;
		this.#settle();
		if (is_skipping && this.#gain === 0 && this.#segments.length > 0)
			this.#skipTo(this.#segments[1]?.start ??
			    this.#segments[0].end);
		if (this.#read === this.#written)
			this.#runDry();
	}

	/* How far behind the play-out is; 0 ends catching up. */
	shed(ms) {
		this.#shed = this.#samples(Math.max(0, ms));
	}

	/* Say nothing (more) of utterance `id`; its caller pushes no more of it. */
	drop(id) {
		for (const segment of this.#segments)
			if (segment.id === id)
				segment.is_dropped = segment.is_whole = true;
	}

	/* Forget all that is buffered. */
	flush() {
		this.#read = this.#written;
		this.#segments = [];
		this.#is_playing = false;
		this.#gain = 0;
		this.#shed = 0;
	}

	#isReady() {
		const buffered = this.#written - this.#read;
		if (buffered === 0)
			return false;
		return buffered >= this.#start || this.#segments.at(-1).is_whole ||
		    this.#clock - this.#arrived_at >= 2 * this.#start;
	}

	/* What was dropped and does not sound goes without a fade. */
	#purge() {
		for (let head = this.#segments[0]; head?.is_dropped &&
		    !(this.#is_playing && head.has_begun);
		    head = this.#segments[0]) {
			this.#skipTo(head.end);
			if (this.#segments[0] === head)
				this.#segments.shift();
		}
	}

	#runDry() {
		this.#is_playing = false;
		this.#gain = 0;
		if (this.#segments.length > 0)
			this.#segments[0].is_dry = true;
	}

	/* Say which utterances began and ended up to where we read. */
	#settle() {
		while (this.#segments.length > 0) {
			const segment = this.#segments[0];
			if (!segment.has_begun && this.#read > segment.start) {
				segment.has_begun = true;
				this.events.push({ what: 'begin', id: segment.id });
			}
			if (!segment.is_whole || this.#read < segment.end)
				return;
			this.events.push({ what: 'end', id: segment.id });
			this.#segments.shift();
			this.#start = Math.max(this.#start_min, this.#start * 0.9);
		}
	}

	#wantsSkip() {
		return this.#shed > this.#samples(SKIP_MS) &&
		    this.#segments.length > 1;
	}

	#skipTo(position) {
		while (this.#segments.length > 0 &&
		    this.#segments[0].start < position) {
			const segment = this.#segments[0];
			this.skipped++;
			this.events.push({ what: 'skip', id: segment.id });
			if (segment.end > position || !segment.is_whole)
				break;
			this.#segments.shift();
		}
		const jump = position - this.#read;
		this.#shed = Math.max(0, this.#shed - jump);
		this.shed_samples += jump;
		this.#read = position;
		this.#gain = 0;
	}

	/* Leave out silence at the reading place, while some of it was heard. */
	#catchUp() {
		const window = this.#samples(WINDOW_MS);
		while (this.#shed > this.#samples(SHORTEN_MS) &&
		    this.#quiet >= this.#samples(PAUSE_KEPT_MS) &&
		    this.#written - this.#read >= 2 * window &&
		    this.#isSilent(window)) {
			this.#read += window;
			this.#shed = Math.max(0, this.#shed - window);
			this.shed_samples += window;
		}
	}

	/* Fold one period of the voice that plays into the next, where both are
	 * here, and what is left is more than a network's jitter. */
	#hasten() {
		const least = Math.round(this.#rate / PERIOD_MAX_HZ);
		const most = Math.round(this.#rate / PERIOD_MIN_HZ);
		const segment = this.#segments[0];
		this.#hasten_at = this.#read + least;
		if (segment === undefined || segment.speed > 1 ||
		    this.#read < segment.start ||
		    this.#read + 2 * most > segment.end ||
		    this.#written - this.#read < this.#start + 2 * most)
			return;
		const n = this.#period(least, most);
		const size = this.#ring.length;
		for (let i = 0; i < n; i++) {
			const at = (this.#read + n + i) % size;
			const x = this.#ring[(this.#read + i) % size];
			this.#ring[at] = x + (this.#ring[at] - x) * i / n;
		}
		this.#read += n;
		this.#shed = Math.max(0, this.#shed - n);
		this.shed_samples += n;
		this.#hasten_at = this.#read + (PERIODS - 1) * n;
	}

	/* The distance at which the sound ahead is most like itself. */
	#period(least, most) {
		const step = Math.max(1, Math.floor(this.#rate / COARSE_HZ));
		let best = least;
		let best_unlike = Infinity;
		const look = (from, to, by) => {
			for (let lag = from; lag <= to; lag += by) {
				const unlike = this.#unlike(lag, step);
				if (unlike < best_unlike) {
					best_unlike = unlike;
					best = lag;
				}
			}
		};
		look(least, most, step);
		look(Math.max(least, best - step + 1),
		    Math.min(most, best + step - 1), 1);
		return best;
	}

	/* How much two stretches of `lag` samples differ, each step-th of them. */
	#unlike(lag, step) {
		const size = this.#ring.length;
		let sum = 0;
		for (let i = 0; i < lag; i += step)
			sum += Math.abs(this.#ring[(this.#read + i) % size] -
			    this.#ring[(this.#read + lag + i) % size]);
		return sum / Math.ceil(lag / step);
	}

	#isSilent(n) {
		for (let i = 0; i < n; i++) {
			const x = this.#ring[(this.#read + i) % this.#ring.length];
			if (Math.abs(x) >= SILENCE_PEAK)
				return false;
		}
		return true;
	}

	/* What the page is told, a few times a second. */
	report() {
		const { played, audible, underruns, shed_samples, skipped } = this;
		const events = this.events;
		this.events = [];
		return { played, audible, underruns, shed_samples, skipped, events,
		    buffered_ms: this.buffered_ms, start_ms: this.start_ms };
	}

	/* A message from the page: { push }, { shed_ms }, { drop } or { flush }. */
	receive({ push, shed_ms, drop, flush }) {
		if (flush)
			this.flush();
		if (drop !== undefined)
			this.drop(drop);
		if (push !== undefined)
			this.push(push.samples, push.id, push.is_last, push.speed);
		if (shed_ms !== undefined)
			this.shed(shed_ms);
	}
}

if (typeof AudioWorkletProcessor !== 'undefined') {
	const REPORT_S = 0.1;

	registerProcessor('booth-playback', class extends AudioWorkletProcessor {
		#playback = new Playback(sampleRate);
		#reported_at = 0;

		constructor() {
			super();
			this.port.onmessage = ({ data }) => this.#playback.receive(data);
		}

		process(inputs, outputs) {
			const [first, ...others] = outputs[0];
			this.#playback.pull(first);
			for (const channel of others)
				channel.set(first);
			if (this.#playback.events.length > 0 ||
			    currentTime - this.#reported_at >= REPORT_S) {
				this.#reported_at = currentTime;
				this.port.postMessage(this.#playback.report());
			}
			return true;
		}
	});
}
