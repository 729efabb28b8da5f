/*
 * Opus lines to samples, by the browser's own decoder (WebCodecs; only on
 * secure pages, and not everywhere: canDecodeOpus() tells).
 *
 * The data of an Opus line is packets of 20 ms, each after its length as two
 * bytes, the greater first (booth-lines(5)).  A stream begins with samples that
 * are the encoder's delay, and ends with padding: the line tells how many of
 * what it decodes to are speech (pre_skip, samples; RFC 7845).
 */

const CONFIG = { codec: 'opus', sampleRate: 16_000, numberOfChannels: 1 };
const PACKET_US = 20_000;

/* base64 to bytes; throws on what is not base64. */
export function bytesOf(base64) {
	const text = atob(base64);
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < bytes.length; i++)
		bytes[i] = text.charCodeAt(i);
	return bytes;
}

/* The packets of a line; throws a RangeError where lengths and bytes differ. */
export function packetsOf(bytes) {
	const packets = [];
	for (let at = 0; at < bytes.length;) {
		const length = bytes[at] << 8 | bytes[at + 1];
		const end = at + 2 + length;
		if (!(length > 0) || end > bytes.length)
			throw new RangeError('packet length');
		packets.push(bytes.subarray(at + 2, end));
		at = end;
	}
	return packets;
}

/*
 * What of the decoded samples of one line is speech: drop `pre_skip` at their
 * beginning, keep `samples`, both counted at 16 kHz and missing where nothing
 * is to be cut.
 */
export class Trim {
	#skip;
	#keep;

	constructor({ pre_skip, samples }) {
		this.#skip = pre_skip > 0 ? pre_skip : 0;
		this.#keep = samples >= 0 ? samples : Infinity;
	}

	/* Some of them, in order, at rate_hz. */
	cut(decoded, rate_hz) {
		const times = rate_hz / CONFIG.sampleRate;
		const from = Math.min(decoded.length, Math.round(this.#skip * times));
		this.#skip -= from / times;
		const to = Math.min(decoded.length,
		    from + Math.round(this.#keep * times));
		this.#keep -= (to - from) / times;
		return decoded.subarray(from, to);
	}
}

export async function canDecodeOpus() {
	try {
		return (await AudioDecoder.isConfigSupported(CONFIG)).supported;
	} catch {
		return false;
	}
}

/*
 * Chunks in, samples out, in order.  onSamples(chunk, samples, rate_hz) is
 * called for every chunk that was given to decode(), once per decoded piece and
 * with is_done set on the chunk's last; onError(error) once, after which the
 * decoder is of no use.
 */
export class OpusDecoder {
	#decoder;
	#queue = [];	/* { chunk, trim, left }: packets that are to come out */
	#at_us = 0;
	#onSamples;

	constructor(onSamples, onError) {
		this.#onSamples = onSamples;
		this.#decoder = new AudioDecoder({
			output: (data) => this.#output(data), error: onError });
		this.#decoder.configure(CONFIG);
	}

	/* Throws on a line that breaks the format. */
	decode(chunk, line) {
		const packets = packetsOf(bytesOf(line.data));
		this.#queue.push({ chunk, trim: new Trim(line),
		    left: packets.length });
		this.#settle();
		for (const data of packets) {
			this.#decoder.decode(new EncodedAudioChunk({ type: 'key',
			    timestamp: this.#at_us, duration: PACKET_US, data }));
			this.#at_us += PACKET_US;
		}
	}

	close() {
		this.#queue = [];
		if (this.#decoder.state !== 'closed')
			this.#decoder.close();
	}

	#output(data) {
		const samples = new Float32Array(data.numberOfFrames);
		data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
		const { sampleRate } = data;
		data.close();
		const head = this.#queue[0];
		if (head === undefined)
			return;
		head.left--;
		this.#onSamples(head.chunk, head.trim.cut(samples, sampleRate),
		    sampleRate, head.left === 0);
		if (head.left === 0)
			this.#queue.shift();
		this.#settle();
	}

	/* A chunk without packets has only an end to tell. */
	#settle() {
		while (this.#queue.length > 0 && this.#queue[0].left === 0)
			this.#onSamples(this.#queue.shift().chunk,
			    new Float32Array(0), CONFIG.sampleRate, true);
	}
}
