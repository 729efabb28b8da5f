/* A speaker in Chromium: a browser whose microphone is a file, a way to the
 * server that can be cut, and what the page sends. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { launch, openPage, until } from './browser.mjs';
import { REPO, spawnBound } from './site.mjs';

const B = path.resolve(REPO, process.env.B ?? 'build');

export const fake = (name) => path.join(B, 'fake', name);

/* The file is played once, from when the page gets the microphone. */
export const launchWith = (wav) =>
    launch([`--use-file-for-fake-audio-capture=${wav}%noloop`]);

/* tests/fake/tcp_relay to the server of `site`; `url` is the site's by it. */
export class Relay {
	#site;
	#port = 0;
	#child = null;

	constructor(site) {
		this.#site = site;
	}

	get url() {
		return `http://127.0.0.1:${this.#port}/`;
	}

	async open() {
		const target = new URL(this.#site.url).port;
		const child = this.#child = spawnBound(fake('tcp_relay'),
		    [String(this.#port), target],
		    { stdio: ['ignore', 'pipe', 'inherit'] });
		const lines = readline.createInterface({ input: child.stdout });
		const line = await new Promise((resolve, reject) => {
			lines.once('line', resolve);
			child.once('exit', () => reject(new Error('no relay')));
		});
		this.#port = Number(line);
	}

	async cut() {
		const child = this.#child;
		this.#child = null;
		if (child === null)
			return;
		const ended = new Promise((resolve) => child.once('exit', resolve));
		child.kill('SIGKILL');
		await ended;
	}
}

/* What a page says over its sockets, as `window.said`: audio messages by their
 * numbers, the first of each. */
export const watchSockets = (page) => page.addInitScript(() => {
	window.said = [];
	const { send } = WebSocket.prototype;
	WebSocket.prototype.send = function (text) {
		const message = JSON.parse(text);
		if (message.type === 'audio')
			window.said[message.seq] ??= message.data;
		return send.call(this, text);
	};
});

/* The sound that it said, whole. */
export async function soundSaid(page) {
	const said = await page.evaluate(() => window.said);
	return Buffer.concat(said.map((data) => Buffer.from(data, 'base64')));
}

/* A page with the microphone on, not yet on the air. */
export async function openSpeaker(browser, url, query, more = {}) {
	const page = await openPage(browser, `${url}speaker.html${query}`, more);
	await watchSockets(page);
	await page.reload();
	await microphoneOn(page);
	return page;
}

export async function microphoneOn(page) {
	if (await page.locator('#allow').isVisible())
		await page.locator('#allow').click({ timeout: 5_000 }).catch(() => {});
	await until(page, 'microphone', (t) => t.microphone === 'on');
}

export const heard = (file) =>
    fs.existsSync(file) ? fs.readFileSync(file) : Buffer.alloc(0);

/* Until check() holds. */
export async function eventually(what, check, timeout_ms = 120_000) {
	const end = Date.now() + timeout_ms;
	for (;;) {
		const value = await check();
		if (value)
			return value;
		if (Date.now() > end)
			throw new Error(`no ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

/* localaws with these engines; its exports go into `environment`. */
export async function startLocalaws(bin, dir, args, environment) {
	const child = spawn('setpriv', ['--pdeathsig', 'TERM',
	    path.join(bin, 'localaws'), '--dir', dir, '--port', '0', ...args],
	    { stdio: ['ignore', 'pipe', 'inherit'] });
	const lines = readline.createInterface({ input: child.stdout });
	await new Promise((resolve, reject) => {
		lines.once('line', resolve);
		child.once('exit', () => reject(new Error('no localaws')));
	});
	for (const [, name, value] of fs.readFileSync(path.join(dir, 'env'),
	    'utf8').matchAll(/^export (\w+)='?(.*?)'?$/gm))
		environment[name] = value;
	return child;
}
