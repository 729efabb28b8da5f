/*
 * A microphone of this machine, as messages of 100 ms (framer.js).
 *
 * Browsers give it to pages that come by https or from this very machine, and
 * to no others; and only after the person at it agreed.
 */
import { RATE_HZ } from './framer.js';

/* Why there is no microphone, for the words mic_<reason>. */
const REASONS = {
	NotAllowedError: 'denied', SecurityError: 'denied',
	NotFoundError: 'none', OverconstrainedError: 'none',
	NotReadableError: 'busy', AbortError: 'busy',
};

export const isPossible = () =>
    globalThis.isSecureContext && navigator.mediaDevices !== undefined;

/* { id, name } of each; names are empty before the person agreed. */
export async function listMicrophones() {
	const all = await navigator.mediaDevices.enumerateDevices();
	/* Chromium lists the system's choice again under these two names. */
	return all.filter(({ kind, deviceId }) => kind === 'audioinput' &&
	    deviceId !== 'default' && deviceId !== 'communications')
	    .map(({ deviceId, label }) => ({ id: deviceId, name: label }));
}

async function openStream(device, is_processed) {
	/* Interpreters and recognisers want the voice as it is; a browser's
	 * clean-up is made for calls, and swallows word endings. */
	const audio = { echoCancellation: is_processed,
	    noiseSuppression: is_processed, autoGainControl: is_processed,
	    channelCount: { ideal: 1 } };
	if (device === '')
		return navigator.mediaDevices.getUserMedia({ audio });
	try {
		return await navigator.mediaDevices.getUserMedia({ audio:
		    { ...audio, deviceId: { exact: device } } });
	} catch (error) {
		/* The one that was chosen last time is not plugged in. */
		if (REASONS[error.name] !== 'none')
			throw error;
		return navigator.mediaDevices.getUserMedia({ audio });
	}
}

/* A context at our rate if this browser joins microphones to such, or at the
 * device's: then the framer filters. */
function openContext(stream) {
	for (const options of [{ sampleRate: RATE_HZ }, {}]) {
		let context;
		try {
			context = new AudioContext(options);
			return { context,
			    source: context.createMediaStreamSource(stream) };
		} catch (error) {
			context?.close();
			if (options.sampleRate === undefined)
				throw error;
		}
	}
	return null;
}

/*
 * Events:
 *   "message"  detail: { samples, rms, peak } of 100 ms
 *   "state"    `state` has changed:
 *                off      not asked for
 *                asking   the person is being asked
 *                on       it is heard
 *                held     the system took it for a while, or wants a tap: wake()
 *                failed   `reason`: insecure, denied, none, busy, gone, other
 */
export class Microphone extends EventTarget {
	state = 'off';
	reason = '';
	detail = '';	/* the browser's own words, of "other" */
	#stream = null;
	#context = null;
	#node = null;	/* held: one that nobody holds may be collected */
	#attempt = 0;

	get rate_hz() {
		return this.#context?.sampleRate ?? 0;
	}

	/* The id of the one that is open; '': none. */
	get device() {
		return this.#stream?.getAudioTracks()[0]?.getSettings().deviceId ??
		    '';
	}

	/* From a tap or a key.  What was open is closed first. */
	async open(device, is_processed) {
		this.close();
		const attempt = ++this.#attempt;
		if (!isPossible()) {
			this.#become('failed', 'insecure');
			return;
		}
		this.#become('asking');
		try {
			const stream = await openStream(device, is_processed);
			if (attempt !== this.#attempt) {
				for (const track of stream.getTracks())
					track.stop();
				return;
			}
			this.#stream = stream;
			await this.#listen(stream);
		} catch (error) {
			if (attempt !== this.#attempt)
				return;
			this.#release();
			this.#become('failed', REASONS[error.name] ?? 'other',
			    error.message);
		}
	}

	close() {
		this.#attempt++;
		this.#release();
		if (this.state !== 'off')
			this.#become('off');
	}

	/* From a tap, when the state is "held". */
	wake() {
		this.#context?.resume().catch(() => {});
	}

	async #listen(stream) {
		const attempt = this.#attempt;
		const { context, source } = openContext(stream);
		this.#context = context;
		await context.audioWorklet.addModule('js/framer-worklet.js');
		if (attempt !== this.#attempt)
			return;
		const node = this.#node = new AudioWorkletNode(context, 'framer');
		node.port.onmessage = ({ data }) => this.dispatchEvent(
		    new CustomEvent('message', { detail: data }));
		source.connect(node);
		/* It plays nothing, but what leads nowhere is not run. */
		node.connect(context.destination);
		context.onstatechange = () => this.#follow();
		const [track] = stream.getAudioTracks();
		track.onended = () => {
			this.#release();
			this.#become('failed', 'gone');
		};
		track.onmute = track.onunmute = () => this.#follow();
		context.resume().catch(() => {});
		this.#follow();
	}

	#follow() {
		const is_muted = this.#stream?.getAudioTracks()[0]?.muted === true;
		this.#become(this.#context.state === 'running' && !is_muted
		    ? 'on' : 'held');
	}

	#release() {
		for (const track of this.#stream?.getTracks() ?? []) {
			track.onended = track.onmute = track.onunmute = null;
			track.stop();
		}
		if (this.#context !== null) {
			this.#context.onstatechange = null;
			this.#context.close();
		}
		if (this.#node !== null)
			this.#node.port.onmessage = null;
		this.#stream = this.#context = this.#node = null;
	}

	#become(state, reason = '', detail = '') {
		Object.assign(this, { state, reason, detail });
		this.dispatchEvent(new Event('state'));
	}
}
