/*
 * The voice: audio lines in, sound out.
 *
 * start() has to be called from a tap or a key (browsers let no page make sound
 * unasked).  The samples go through Playback (playback.js) in an AudioWorklet;
 * where the page is not a secure context (plain http to another machine) there
 * are no worklets, and the same code runs in a ScriptProcessor.
 *
 * Events:
 *   "voice"  detail: { what: "begin"|"end"|"skip", id }: an utterance's sound
 *   "state"  what `state` says has changed: off, starting, running, blocked
 *            (the browser holds the sound back: another tap is needed)
 */
import { Playback } from './playback.js';
import { decodePcm, Resampler } from './pcm.js';
import { IdealPlayout } from './timing.js';

/* What the services speak at; the sound device is asked to take the same. */
const RATE_HZ = 16_000;
/* Later than an ideal listener by this much: start to catch up, down to the
 * second figure.  A jitter buffer's worth of lag is not lag. */
const BEHIND_MS = 2_500;
const AIM_MS = 600;
const MUTE_RAMP_S = 0.02;

export class Player extends EventTarget {
	state = 'off';
	#context = null;
	#sink = null;	/* receive(message) of a Playback, wherever it runs */
	#node = null;	/* held: a script node nobody holds may be collected */
	#gain = null;
	#meter = null;
	#meter_block = null;
	#is_muted = false;
	#resamplers = new Map();	/* by rate of the line */
	#ideal = new IdealPlayout();
	#report = { played: 0, audible: 0, underruns: 0, shed_samples: 0,
	    skipped: 0, buffered_ms: 0, start_ms: 0 };
	#pushed_ms = 0;	/* since the report */
	#report_at = 0;
	#seen = new Map();	/* chunk keys, to play none twice */
	#refused = 0;

	async start() {
		if (this.#context !== null) {
			this.wake();
			return;
		}
		this.#become('starting');
		const context = this.#context = openContext();
		context.onstatechange = () => this.#watch();
		this.#gain = new GainNode(context,
		    { gain: this.#is_muted ? 0 : 1 });
		this.#meter = new AnalyserNode(context, { fftSize: 1024 });
		this.#meter_block = new Float32Array(this.#meter.fftSize);
		/* Before any await: the tap counts only until then.  And not
		 * awaited: it may stay pending for as long as sound is blocked. */
		this.#resume();
		const node = await this.#makeNode(context);
		if (this.#context !== context)
			return;	/* stopped meanwhile */
		this.#node = node;
		node.connect(this.#gain).connect(this.#meter)
		    .connect(context.destination);
		this.#watch();
	}

	stop() {
		const context = this.#context;
		this.#context = this.#sink = this.#node = null;
		this.#gain = this.#meter = null;
		this.#resamplers.clear();
		this.#seen.clear();
		this.#ideal = new IdealPlayout();
		this.#pushed_ms = this.#report.buffered_ms = 0;
		if (context !== null) {
			context.onstatechange = null;
			context.close();
		}
		this.#become('off');
	}

	/* Another language follows: say no more of this one. */
	flush() {
		this.#sink?.receive({ flush: true });
		this.#resamplers.clear();
		this.#ideal = new IdealPlayout();
		this.#pushed_ms = this.#report.buffered_ms = 0;
	}

	/* After sleep, a phone call, or another app that took the speaker. */
	wake() {
		if (this.#context !== null)
			this.#resume();
	}

	get is_muted() {
		return this.#is_muted;
	}

	/* Muted sound plays on unheard, so that it is live when it comes back. */
	mute(is_muted) {
		this.#is_muted = is_muted;
		this.#gain?.gain.setTargetAtTime(is_muted ? 0 : 1,
		    this.#context.currentTime, MUTE_RAMP_S);
	}

	/* One audio line.  False: it was not played (a repeat, or not ours). */
	push(line, now_ms = Date.now()) {
		if (this.#sink === null || line.encoding !== 'pcm_s16le' ||
		    typeof line.data !== 'string' || this.#isRepeat(line))
			return false;
		let samples;
		try {
			samples = this.#convert(line);
		} catch {
			this.#refused++;
			return false;
		}
		const duration_ms = samples.length * 1000 / this.#context.sampleRate;
		this.#ideal.note(line.n === 0 ? line.voiced_at_ms : NaN,
		    duration_ms, now_ms);
		this.#sink.receive({ push: { samples, id: line.id,
		    is_last: line.last === true } });
		this.#pushed_ms += duration_ms;
		this.#steer(now_ms);
		return true;
	}

	/* What has been heard so far, and what is to come. */
	stats() {
		const { played, audible, underruns, shed_samples, skipped,
		    start_ms } = this.#report;
		return { state: this.state, rate_hz: this.#context?.sampleRate ?? 0,
		    samplesPlayed: played, samplesAudible: audible, underruns,
		    shedSamples: shed_samples, skipped, startMs: start_ms,
		    refused: this.#refused, muted: this.#is_muted,
		    bufferedMs: Math.round(this.buffered_ms), level: this.level };
	}

	get buffered_ms() {
		if (this.#context === null)
			return 0;
		const since_ms = performance.now() - this.#report_at;
		return Math.max(0, this.#report.buffered_ms + this.#pushed_ms -
		    (this.#report.buffered_ms > 0 ? since_ms : 0));
	}

	/* Loudness of what leaves for the speaker now, 0 to 1 (RMS). */
	get level() {
		if (this.#meter === null)
			return 0;
		this.#meter.getFloatTimeDomainData(this.#meter_block);
		let sum = 0;
		for (const x of this.#meter_block)
			sum += x * x;
		return Math.sqrt(sum / this.#meter_block.length);
	}

	#isRepeat({ id, n, translated_at_ms }) {
		const key = `${id} ${n} ${translated_at_ms}`;
		if (this.#seen.has(key))
			return true;
		this.#seen.set(key, true);
		if (this.#seen.size > 1000)
			this.#seen.delete(this.#seen.keys().next().value);
		return false;
	}

	#convert(line) {
		const rate_hz = line.rate_hz ?? RATE_HZ;
		if (!(rate_hz >= 8_000 && rate_hz <= 48_000))
			throw new RangeError('rate_hz');
		const samples = decodePcm(line.data);
		let resampler = this.#resamplers.get(rate_hz);
		if (resampler === undefined) {
			resampler = new Resampler(rate_hz, this.#context.sampleRate);
			this.#resamplers.set(rate_hz, resampler);
		}
		const out = resampler.feed(samples);
		if (line.last !== true)
			return out;
		const tail = resampler.end();
		const whole = new Float32Array(out.length + tail.length);
		whole.set(out);
		whole.set(tail, out.length);
		return whole;
	}

	#steer(now_ms) {
		const behind_ms = this.#ideal.behind_ms(this.buffered_ms, now_ms);
		if (behind_ms > BEHIND_MS)
			this.#sink.receive({ shed_ms: behind_ms - AIM_MS });
	}

	async #makeNode(context) {
		const hear = (report) => this.#hear(report);
		if (context.audioWorklet === undefined)
			return this.#makeScriptNode(context, hear);
		await context.audioWorklet.addModule(
		    new URL('./playback.js', import.meta.url));
		const node = new AudioWorkletNode(context, 'booth-playback',
		    { numberOfInputs: 0, outputChannelCount: [1] });
		node.port.onmessage = ({ data }) => {
			if (context === this.#context)
				hear(data);
		};
		this.#sink = { receive: (message) => node.port.postMessage(message,
		    message.push ? [message.push.samples.buffer] : []) };
		return node;
	}

	#makeScriptNode(context, hear) {
		const playback = new Playback(context.sampleRate);
		const node = context.createScriptProcessor(1024, 0, 1);
		node.onaudioprocess = ({ outputBuffer }) => {
			playback.pull(outputBuffer.getChannelData(0));
			hear(playback.report());
		};
		this.#sink = playback;
		return node;
	}

	#hear({ events, ...report }) {
		this.#report = report;
		this.#report_at = performance.now();
		this.#pushed_ms = 0;
		for (const event of events)
			this.dispatchEvent(
			    new CustomEvent('voice', { detail: event }));
	}

	async #resume() {
		try {
			await this.#context.resume();
		} catch {
			/* closed meanwhile; or still blocked, as #watch tells */
		}
	}

	#watch() {
		if (this.#context === null)
			return;
		const is_running = this.#context.state === 'running';
		if (!is_running)
			this.#become('blocked');
		else if (this.#sink !== null)
			this.#become('running');
	}

	#become(state) {
		if (state === this.state)
			return;
		this.state = state;
		this.dispatchEvent(new Event('state'));
	}
}

/* A context at the voices' own rate, or at the device's. */
function openContext() {
	try {
		return new AudioContext({ sampleRate: RATE_HZ,
		    latencyHint: 'interactive' });
	} catch {
		return new AudioContext({ latencyHint: 'interactive' });
	}
}
