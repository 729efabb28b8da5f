/* A Framer (framer.js) on the thread of the sound. */
import { Framer } from './framer.js';

class FramerProcessor extends AudioWorkletProcessor {
	#framer = new Framer(sampleRate);

	process([channels]) {
		/* No channels: the microphone has been taken away. */
		if (channels.length === 0)
			return true;
		for (const message of this.#framer.feed(channels))
			this.port.postMessage(message, [message.samples.buffer]);
		return true;
	}
}

registerProcessor('framer', FramerProcessor);
