/*
 * A server of the pages for one test run: scripts/serve in a tree of its own,
 * a copy of the scripts and pages beside the `listen` to be run, so that what
 * is tested is found the way an installation finds it.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';

export const REPO = fileURLToPath(new URL('../../..', import.meta.url));

const here = fileURLToPath(new URL('..', import.meta.url));

/* spawn(), of a program that goes when we go, however that is (a test that ran
 * into its time limit is killed and cleans up nothing). */
export function spawnBound(program, args, options) {
	return spawn('setpriv', ['--pdeathsig', 'TERM', program, ...args],
	    options);
}

export class Site {
	url = '';
	#serve = null;

	/* programs: files to stand in for the tools of their names, copied; or bin:
	 * a folder with the tools. */
	constructor({ programs, bin }) {
		this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'booth-site-'));
		this.run = path.join(this.dir, 'run');
		for (const name of ['scripts', 'web'])
			fs.cpSync(path.join(REPO, name),
			    path.join(this.dir, name), { recursive: true });
		if (bin !== undefined) {
			fs.symlinkSync(path.resolve(bin),
			    path.join(this.dir, 'bin'));
			return;
		}
		fs.mkdirSync(path.join(this.dir, 'bin'));
		fs.mkdirSync(path.join(this.dir, 'fake'));
		for (const program of programs)
			fs.copyFileSync(path.join(here, program), path.join(this.dir,
			    'bin', path.basename(program)));
	}

	/* Serve, on the port of last time if there was one.  `url` is set. */
	async start(options = []) {
		const port = this.url === '' ? 'auto' : new URL(this.url).port;
		const serve = this.#serve = spawnBound(
		    path.join(this.dir, 'scripts', 'serve'),
		    ['--port', port, '--run', this.run, ...options],
		    { stdio: ['ignore', 'pipe', 'inherit'] });
		const lines = readline.createInterface({ input: serve.stdout });
		const ended = new Promise((resolve) => serve.once('exit', resolve));
		const first = await Promise.race([
		    new Promise((resolve) => lines.once('line', resolve)),
		    ended.then((code) => {
			    throw new Error(`serve ended, status ${code}`);
		    })]);
		this.url = first.trim();
	}

	/* End it; resolves to its exit status when all of it is gone. */
	async stop(signal = 'SIGTERM') {
		const serve = this.#serve;
		this.#serve = null;
		if (serve === null || serve.exitCode !== null)
			return serve?.exitCode;
		const ended = new Promise((resolve) => serve.once('exit', resolve));
		serve.kill(signal);
		return ended;
	}

	/* Kill it the hard way; resolves when nothing answers any more. */
	async kill() {
		await this.stop('SIGKILL');
		for (;;)
			try {
				/* One that accepts and dies answers nobody. */
				await fetch(this.url,
				    { signal: AbortSignal.timeout(5_000) });
				await new Promise((resolve) => setTimeout(resolve, 20));
			} catch (error) {
				if (error.name !== 'TimeoutError')
					return;
			}
	}

	async remove() {
		await this.stop();
		fs.rmSync(this.dir, { recursive: true, force: true });
	}

	/* What the stand-in of token(1) was asked, and given on its input. */
	asked() {
		const read = (name) => fs.readFileSync(
		    path.join(this.dir, 'fake', name), 'utf8').trim();
		return { args: read('token.args'), stdin: read('token.stdin') };
	}

	/* What /api/rooms will find. */
	writeRoom(room, content) {
		const dir = path.join(this.run, 'rooms', room);
		fs.mkdirSync(dir, { recursive: true });
		fs.writeFileSync(path.join(dir, 'room.json'),
		    JSON.stringify({ room, ...content }));
	}
}

/* The fake listen's side of a site: what it will say and what it heard. */
export class FakeRoom {
	#seq = 1_000;

	constructor(site, room, lang) {
		this.dir = path.join(site.dir, 'fake');
		this.file = path.join(this.dir, `${room}.${lang}.jsonl`);
		this.lang = lang;
		fs.writeFileSync(this.file, '');
	}

	/* Lines into the room; returns the seq of the last. */
	say(...lines) {
		fs.appendFileSync(this.file, lines.map((line) => JSON.stringify(
		    { seq: ++this.#seq, ...line }) + '\n').join(''));
		return this.#seq;
	}

	static heard(site) {
		const file = path.join(site.dir, 'fake', 'heard.jsonl');
		if (!fs.existsSync(file))
			return [];
		return fs.readFileSync(file, 'utf8').split('\n')
		    .filter((text) => text !== '').map((text) => JSON.parse(text));
	}

	static connections(site, room) {
		return FakeRoom.heard(site).filter(
		    ({ connected }) => connected?.room === room);
	}
}
