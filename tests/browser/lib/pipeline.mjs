/* The real stages from an operator's door on: interject | translate | broadcast,
 * in a room of a site; what transcribe would say comes from the test. */
import path from 'node:path';
import { BIN } from './broadcast.mjs';
import { spawnBound } from './site.mjs';

const running = new Set();

export class Pipeline {
	stages = {};

	/* targets: languages for translate; more: options of broadcast. */
	constructor(site, room, targets, more = []) {
		const start = (name, args) => {
			const child = spawnBound(path.join(BIN, name),
			    ['-r', room, ...args],
			    { stdio: ['pipe', 'pipe', 'ignore'],
				env: { ...process.env, BOOTH_RUN: site.run } });
			child.stdin.on('error', () => {});
			child.ended = new Promise((resolve) => child.once('exit',
			    (code, signal) => resolve(signal ?? code)));
			this.stages[name] = child;
			return child;
		};
		start('interject', []);
		start('translate', ['-t', targets.join(',')]);
		start('broadcast', more);
		const { interject, translate, broadcast } = this.stages;
		interject.stdout.pipe(translate.stdin);
		translate.stdout.pipe(broadcast.stdin);
		broadcast.stdout.resume();
		running.add(this);
	}

	say(...lines) {
		this.stages.interject.stdin.write(lines.map((line) =>
		    JSON.stringify(line) + '\n').join(''));
	}

	/* What transcribe says once a second. */
	level(level_db, peak_db, more = {}) {
		this.say({ type: 'status', stage: 'transcribe', state: 'level',
		    level_db, peak_db, lag_ms: 400, audio_s: 60, lost_ms: 0,
		    est_usd: 0.024, at_ms: Date.now(), ...more });
	}

	ready(lang) {
		this.say({ type: 'status', stage: 'transcribe', state: 'ready', lang,
		    at_ms: Date.now() });
	}

	async kill(name) {
		this.stages[name].kill('SIGKILL');
		return this.stages[name].ended;
	}

	async end() {
		running.delete(this);
		this.stages.interject.stdin.end();
		return Promise.all(Object.values(this.stages)
		    .map(({ ended }) => ended));
	}

	static async killAll() {
		for (const { stages } of running)
			for (const child of Object.values(stages)) {
				child.kill('SIGKILL');
				await child.ended;
			}
		running.clear();
	}
}
