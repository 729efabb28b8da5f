/* Lines of booth-lines(5), as the tests put them into a room. */

export const RATE_HZ = 16_000;

export function translation(id, lang, text, more = {}) {
	const now = Date.now();
	return { type: 'translation', id, lang, from: 'en-US', text,
	    source_text: `Source of ${id}.`, error: null,
	    captured_at_ms: now - 1_500, final_at_ms: now - 900,
	    translated_at_ms: now - 100, ...more };
}

export function transcript(id, text, more = {}) {
	const now = Date.now();
	return { type: 'transcript', id, final: true, lang: 'en-US', text,
	    start_ms: 0, end_ms: 900, captured_at_ms: now - 1_000,
	    final_at_ms: now - 200, items: [], ...more };
}

/* A sine of `ms`, as bytes of PCM; it begins and ends at zero. */
export function tone(hz, ms, level = 0.5) {
	const n = Math.round(RATE_HZ * ms / 1000);
	const bytes = Buffer.alloc(2 * n);
	for (let i = 0; i < n; i++)
		bytes.writeInt16LE(Math.round(32767 * level *
		    Math.sin(2 * Math.PI * hz * i / RATE_HZ)), 2 * i);
	return bytes;
}

/* The audio lines of one utterance, chunk by chunk. */
export function audio(id, lang, pcm, chunk_ms = 200) {
	const step = 2 * RATE_HZ * chunk_ms / 1000;
	const lines = [];
	for (let at = 0, n = 0; at < pcm.length; at += step, n++)
		lines.push({ type: 'audio', id, lang, voice: 'Test', n,
		    last: at + step >= pcm.length, encoding: 'pcm_s16le',
		    rate_hz: RATE_HZ, speed: 1,
		    data: pcm.subarray(at, at + step).toString('base64'),
		    translated_at_ms: Date.now() - 50,
		    ...(n === 0 ? { voiced_at_ms: Date.now() } : {}) });
	return lines;
}

/* A tone as Opus packets of 20 ms, made by the browser of `page`. */
export async function opusPackets(page, hz, ms) {
	const packets = await page.evaluate(async ([hz_, ms_]) => {
		const out = [];
		const encoder = new AudioEncoder({ error: (e) => { throw e; },
		    output: (chunk) => {
			const bytes = new Uint8Array(chunk.byteLength);
			chunk.copyTo(bytes);
			out.push([...bytes]);
		    } });
		encoder.configure({ codec: 'opus', sampleRate: 48_000,
		    numberOfChannels: 1, bitrate: 24_000 });
		const n = 48 * ms_;
		const data = Float32Array.from({ length: n }, (_, i) =>
		    0.5 * Math.sin(2 * Math.PI * hz_ * i / 48_000));
		encoder.encode(new AudioData({ format: 'f32-planar',
		    sampleRate: 48_000, numberOfFrames: n, numberOfChannels: 1,
		    timestamp: 0, data }));
		await encoder.flush();
		return out;
	}, [hz, ms]);
	return packets.map((bytes) => Buffer.from(bytes));
}

/* The Opus lines of one utterance: packets, each after its length. */
export function opusAudio(id, lang, packets, per_line = 10) {
	const lines = [];
	for (let at = 0, n = 0; at < packets.length; at += per_line, n++) {
		const data = packets.slice(at, at + per_line).map((packet) => {
			const length = Buffer.alloc(2);
			length.writeUInt16BE(packet.length);
			return Buffer.concat([length, packet]);
		});
		lines.push({ type: 'audio', id, lang, voice: 'Test', n,
		    last: at + per_line >= packets.length, encoding: 'opus',
		    rate_hz: RATE_HZ, speed: 1,
		    data: Buffer.concat(data).toString('base64'),
		    translated_at_ms: Date.now() - 50,
		    ...(n === 0 ? { voiced_at_ms: Date.now() } : {}) });
	}
	return lines;
}
