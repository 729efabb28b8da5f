/* broadcast(1), the real one, on rooms of a site.  BIN names its folder. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { REPO } from './site.mjs';

export const BIN = path.resolve(REPO, process.env.BIN ?? 'bin');

const running = new Set();

/* Say lines into a room; end() or kill it. */
export class Broadcast {
	constructor(site, room, options = []) {
		this.child = spawn(path.join(BIN, 'broadcast'),
		    ['-r', room, ...options],
		    { stdio: ['pipe', 'inherit', 'inherit'],
			env: { ...process.env, BOOTH_RUN: site.run } });
		this.child.stdin.on('error', () => {});
		this.ended = new Promise((resolve) => this.child.once('exit',
		    (code, signal) => resolve(signal ?? code)));
		running.add(this);
	}

	say(...lines) {
		this.child.stdin.write(lines.map((line) =>
		    JSON.stringify(line) + '\n').join(''));
	}

	/* What stages say when they are ready: what will come. */
	announce({ source, targets, voices = [] }) {
		const ready = (stage, more) => ({ type: 'status', stage,
		    state: 'ready', at_ms: Date.now(), ...more });
		this.say(ready('transcribe', { lang: source }),
		    ready('translate', { languages: targets }),
		    ready('synth', { voices: Object.fromEntries(
			voices.map((lang) => [lang, 'Test'])) }));
	}

	async end(signal) {
		running.delete(this);
		if (signal !== undefined)
			this.child.kill(signal);
		else
			this.child.stdin.end();
		return this.ended;
	}

	static async killAll() {
		for (const broadcast of [...running])
			await broadcast.end('SIGKILL');
	}
}
