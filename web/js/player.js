/*
 * The voice: audio lines in, sound out.
 *
 * start() has to be called from a tap or a key (browsers let no page make sound
 * unasked).  Lines are PCM, or Opus where this browser decodes it; samples go
 * at the device's rate through a Playback to the ear (sink.js).
 *
 * Events:
 *   "voice"    detail: { what: "begin"|"end"|"skip", id }: an utterance's sound
 *   "state"    what `state` says has changed: off, starting, running, held (by
 *              hold()), blocked (the browser holds the sound back: another tap
 *              is needed)
 *   "paused"   the system took the sound away: hold() or stop() is due
 *   "no-opus"  this browser's decoder has failed: ask for PCM from now on
 */
import { OpusDecoder } from './opus.js';
import { decodePcm, Resampler } from './pcm.js';
import { Sink } from './sink.js';
import { IdealPlayout } from './timing.js';

/* What the services speak at; the sound device is asked to take the same. */
const RATE_HZ = 16_000;
/* Later than an ideal listener by this much: start to catch up, down to the
 * second figure.  A jitter buffer's worth of lag is not lag. */
const BEHIND_MS = 2_500;
const AIM_MS = 600;
const SEEN_MAX = 1_000;

/* A set that forgets its oldest. */
class Recent {
	#keys = new Set();

	/* False: it is in there already. */
	add(key) {
		if (this.#keys.has(key))
			return false;
		this.#keys.add(key);
		if (this.#keys.size > SEEN_MAX)
			this.#keys.delete(this.#keys.values().next().value);
		return true;
	}

	has(key) {
		return this.#keys.has(key);
	}
}

const NOTHING = { played: 0, audible: 0, underruns: 0, shed_samples: 0,
    skipped: 0, buffered_ms: 0, start_ms: 0 };

export class Player extends EventTarget {
	state = 'off';
	#sink = null;
	#is_open = false;
	#is_muted = false;
	#opus = null;
	#resamplers = new Map();	/* by rate of the line */
	#ideal = new IdealPlayout();
	#report = NOTHING;
	#pushed_ms = 0;	/* since the report */
	#report_at = 0;
	#seen = new Recent();	/* chunk keys, to play none twice */
	#retracted = new Recent();	/* ids */
	#refused = 0;
	#decoded = { pcm: 0, opus: 0 };	/* lines */

	async start() {
		if (this.#sink !== null) {
			this.wake();
			return;
		}
		const sink = this.#sink = new Sink(RATE_HZ,
		    { is_muted: this.#is_muted });
		sink.addEventListener('state', () => this.#watch());
		sink.addEventListener('report',
		    ({ detail }) => this.#hear(detail));
		sink.addEventListener('paused',
		    () => this.dispatchEvent(new Event('paused')));
		this.#watch();
		await sink.open();
		if (this.#sink === sink)
			this.#is_open = true;
	}

	stop() {
		const sink = this.#sink;
		this.#sink = null;
		this.#is_open = false;
		this.#seen = new Recent();
		this.#forget();
		sink?.close();
		this.#watch();
	}

	/* Another language follows: say no more of this one. */
	flush() {
		this.#sink?.receive({ flush: true });
		this.#forget();
	}

	/* Silent until wake() or start(), as a lock screen's pause asks. */
	hold() {
		this.flush();
		this.#sink?.hold();
	}

	/* After hold(), sleep, a phone call, or another app that took the speaker. */
	wake() {
		this.#sink?.wake();
	}

	/* An utterance was taken back: no more of it, now and later. */
	retract(id) {
		this.#retracted.add(id);
		this.#sink?.receive({ drop: id });
	}

	get is_muted() {
		return this.#is_muted;
	}

	/* Muted sound plays on unheard, so that it is live when it comes back. */
	mute(is_muted) {
		this.#is_muted = is_muted;
		this.#sink?.mute(is_muted);
	}

	/* One audio line.  False: it is not played (a repeat, or not ours). */
	push(line) {
		if (!this.#is_open || this.state === 'held' ||
		    typeof line.data !== 'string' || this.#retracted.has(line.id) ||
		    !this.#seen.add(`${line.id} ${line.encoding} ${line.n} ` +
			line.translated_at_ms))
			return false;
		try {
			this.#decode(line);
			return true;
		} catch {
			this.#refused++;
			return false;
		}
	}

	/* What has been heard so far, and what is to come. */
	stats() {
		const { played, audible, underruns, shed_samples, skipped,
		    start_ms } = this.#report;
		return { state: this.state, rate_hz: this.#sink?.rate_hz ?? 0,
		    samplesPlayed: played, samplesAudible: audible, underruns,
		    shedSamples: shed_samples, skipped, startMs: start_ms,
		    refused: this.#refused, muted: this.#is_muted,
		    decoded: { ...this.#decoded },
		    hasElement: this.#sink?.has_element ?? false,
		    bufferedMs: Math.round(this.buffered_ms), level: this.level };
	}

	get buffered_ms() {
		if (this.#sink === null)
			return 0;
		const since_ms = performance.now() - this.#report_at;
		return Math.max(0, this.#report.buffered_ms + this.#pushed_ms -
		    (this.#report.buffered_ms > 0 ? since_ms : 0));
	}

	get latency_ms() {
		return this.#sink?.latency_ms ?? 0;
	}

	get level() {
		return this.#sink?.level ?? 0;
	}

	#forget() {
		this.#opus?.close();
		this.#opus = null;
		this.#resamplers.clear();
		this.#ideal = new IdealPlayout();
		this.#pushed_ms = 0;
		this.#report = { ...this.#report, buffered_ms: 0 };
	}

	#decode(line) {
		const chunk = { id: line.id, is_last: line.last === true,
		    speed: line.speed > 1 ? line.speed : 1,
		    voiced_at_ms: line.n === 0 ? line.voiced_at_ms : NaN };
		switch (line.encoding) {
		case 'pcm_s16le':
			this.#play(chunk, decodePcm(line.data),
			    line.rate_hz ?? RATE_HZ, true);
			this.#decoded.pcm++;
			break;
		case 'opus':
			this.#opus ??= new OpusDecoder(
			    (...piece) => this.#play(...piece),
			    () => this.#opusFailed());
			this.#opus.decode(chunk, line);
			this.#decoded.opus++;
			break;
		default:
			throw new RangeError('encoding');
		}
	}

	#opusFailed() {
		this.#opus = null;
		this.#refused++;
		this.dispatchEvent(new Event('no-opus'));
	}

	/* Samples of a chunk; is_done: all of them are here. */
	#play(chunk, samples, rate_hz, is_done) {
		if (this.#sink === null || this.#retracted.has(chunk.id))
			return;
		const is_last = chunk.is_last && is_done;
		const out = this.#resample(samples, rate_hz, is_last);
		const duration_ms = out.length * 1000 / this.#sink.rate_hz;
		const now_ms = Date.now();
		this.#ideal.note(chunk.voiced_at_ms, duration_ms, now_ms);
		chunk.voiced_at_ms = NaN;	/* told once */
		this.#sink.receive({ push: { samples: out, id: chunk.id, is_last,
		    speed: chunk.speed } });
		this.#pushed_ms += duration_ms;
		const behind_ms = this.#ideal.behind_ms(this.buffered_ms, now_ms);
		if (behind_ms > BEHIND_MS)
			this.#sink.receive({ shed_ms: behind_ms - AIM_MS });
	}

	#resample(samples, rate_hz, is_last) {
		if (!(rate_hz >= 8_000 && rate_hz <= 48_000))
			throw new RangeError('rate_hz');
		let resampler = this.#resamplers.get(rate_hz);
		if (resampler === undefined) {
			resampler = new Resampler(rate_hz, this.#sink.rate_hz);
			this.#resamplers.set(rate_hz, resampler);
		}
		const out = resampler.feed(samples);
		if (!is_last)
			return out;
		const tail = resampler.end();
		const whole = new Float32Array(out.length + tail.length);
		whole.set(out);
		whole.set(tail, out.length);
		return whole;
	}

	#hear({ events, ...report }) {
		this.#report = report;
		this.#report_at = performance.now();
		this.#pushed_ms = 0;
		for (const event of events)
			this.dispatchEvent(
			    new CustomEvent('voice', { detail: event }));
	}

	#watch() {
		const state = this.#sink?.state ?? 'off';
		if (state === this.state)
			return;
		this.state = state;
		this.dispatchEvent(new Event('state'));
	}
}
