/*
 * Where samples become sound: a Playback (playback.js) in an AudioWorklet, or
 * where the page is not a secure context (plain http to another machine) in a
 * ScriptProcessor; then volume and meter; then an <audio> element.
 *
 * The element is what survives a locked phone: systems end Web Audio of a page
 * in the background, but let an element that plays go on, and show it on the
 * lock screen.  So the context feeds a MediaStream, and the element plays that.
 * Where the element will not, the context speaks to the device itself.
 */
import { Playback } from './playback.js';

const MUTE_RAMP_S = 0.02;

/* A context at the voices' own rate, or at the device's. */
function openContext(rate_hz) {
	try {
		return new AudioContext({ sampleRate: rate_hz,
		    latencyHint: 'interactive' });
	} catch {
		return new AudioContext({ latencyHint: 'interactive' });
	}
}

/*
 * Events:
 *   "report"  detail: what Playback.report() says
 *   "state"   `state` may have changed
 *   "paused"  the system paused the element (headphones pulled, a call)
 */
export class Sink extends EventTarget {
	#context;
	#element = null;
	#playback = null;	/* receive(message), wherever it runs */
	#node = null;	/* held: a script node nobody holds may be collected */
	#gain;
	#meter;
	#meter_block;
	#is_held = false;
	#is_closed = false;

	/* From a tap or a key: browsers let no page make sound unasked. */
	constructor(rate_hz, { is_muted }) {
		super();
		const context = this.#context = openContext(rate_hz);
		context.onstatechange = () => this.#changed();
		this.#gain = new GainNode(context, { gain: is_muted ? 0 : 1 });
		this.#meter = new AnalyserNode(context, { fftSize: 1024 });
		this.#meter_block = new Float32Array(this.#meter.fftSize);
		this.#gain.connect(this.#meter);
		this.#connectElement();
		/* Before any await: the tap counts only until then. */
		this.wake();
	}

	/* Resolves when samples can be received. */
	async open() {
		const hear = (detail) => {
			if (!this.#is_closed)
				this.dispatchEvent(
				    new CustomEvent('report', { detail }));
		};
		if (this.#context.audioWorklet === undefined)
			this.#makeScriptNode(hear);
		else
			await this.#makeWorkletNode(hear);
		if (!this.#is_closed)
			this.#node.connect(this.#gain);
		this.#changed();
	}

	close() {
		this.#is_closed = true;
		this.#playback = null;
		this.#context.onstatechange = null;
		if (this.#element !== null) {
			this.#element.onpause = null;
			this.#element.pause();
			this.#element.srcObject = null;
			this.#element.remove();
		}
		this.#context.close();
	}

	/* starting, running, held (by hold()), blocked (the browser holds the
	 * sound back: another tap is needed). */
	get state() {
		if (this.#is_held)
			return 'held';
		if (this.#context.state !== 'running' || this.#element?.paused)
			return 'blocked';
		return this.#playback === null ? 'starting' : 'running';
	}

	get rate_hz() {
		return this.#context.sampleRate;
	}

	/* From the ring to the ear, as far as the browser knows. */
	get latency_ms() {
		const { baseLatency = 0, outputLatency = 0 } = this.#context;
		return 1000 * (baseLatency + outputLatency);
	}

	/* Loudness of what leaves for the speaker now, 0 to 1 (RMS). */
	get level() {
		this.#meter.getFloatTimeDomainData(this.#meter_block);
		let sum = 0;
		for (const x of this.#meter_block)
			sum += x * x;
		return Math.sqrt(sum / this.#meter_block.length);
	}

	/* Whether an <audio> element carries the sound. */
	get has_element() {
		return this.#element !== null;
	}

	/* A message of Playback.receive(); false: not open yet. */
	receive(message) {
		this.#playback?.receive(message);
		return this.#playback !== null;
	}

	mute(is_muted) {
		this.#gain.gain.setTargetAtTime(is_muted ? 0 : 1,
		    this.#context.currentTime, MUTE_RAMP_S);
	}

	/* Pause until wake(): silent, and the device is let go. */
	hold() {
		this.#is_held = true;
		this.#element?.pause();
		this.#context.suspend().catch(() => {});
		this.#changed();
	}

	/* After hold(), sleep, a phone call, or another app that took the speaker. */
	wake() {
		this.#is_held = false;
		/* Not awaited: it may stay pending for as long as sound is blocked. */
		this.#context.resume().then(() => this.#changed(), () => {});
		this.#element?.play().then(() => this.#changed(),
		    (error) => this.#elementFailed(error));
	}

	#connectElement() {
		const { createMediaStreamDestination } = this.#context;
		if (createMediaStreamDestination === undefined) {
			this.#meter.connect(this.#context.destination);
			return;
		}
		const outlet = this.#context.createMediaStreamDestination();
		const element = this.#element = document.createElement('audio');
		element.srcObject = outlet.stream;
		element.onpause = () => {
			if (!this.#is_held)
				this.dispatchEvent(new Event('paused'));
		};
		this.#meter.connect(outlet);
		/* On the page, as some systems count only those. */
		element.hidden = true;
		document.body.append(element);
	}

	/* Blocked is blocked: the next tap tries again.  Anything else is an
	 * element that plays no streams. */
	#elementFailed(error) {
		if (this.#is_closed)
			return;
		if (error.name !== 'NotAllowedError' && error.name !== 'AbortError' &&
		    this.#element !== null) {
			this.#element.onpause = null;
			this.#element.remove();
			this.#element = null;
			this.#meter.disconnect();
			this.#meter.connect(this.#context.destination);
		}
		this.#changed();
	}

	async #makeWorkletNode(hear) {
		const context = this.#context;
		await context.audioWorklet.addModule(
		    new URL('./playback.js', import.meta.url));
		if (this.#is_closed)
			return;
		const node = this.#node = new AudioWorkletNode(context,
		    'booth-playback', { numberOfInputs: 0,
			outputChannelCount: [1] });
		node.port.onmessage = ({ data }) => hear(data);
		this.#playback = { receive: (message) => node.port.postMessage(
		    message, message.push ? [message.push.samples.buffer] : []) };
	}

	#makeScriptNode(hear) {
		const playback = new Playback(this.#context.sampleRate);
		const node = this.#node =
		    this.#context.createScriptProcessor(1024, 0, 1);
		node.onaudioprocess = ({ outputBuffer }) => {
			playback.pull(outputBuffer.getChannelData(0));
			hear(playback.report());
		};
		this.#playback = playback;
	}

	#changed() {
		if (!this.#is_closed)
			this.dispatchEvent(new Event('state'));
	}
}
