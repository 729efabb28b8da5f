/*
 * A real recording through the whole pipeline, against localaws and its
 * engines, into Chromium.  BIN names the folder of the tools, CLIPS that of the
 * recordings.  Run by tests/e2e/browser-pipeline.sh.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import test, { after, before } from 'node:test';
import { launch, MONITOR, openPage, shoot, stats, until }
    from './lib/browser.mjs';
import { REPO, Site, spawnBound } from './lib/site.mjs';

const BIN = path.resolve(REPO, process.env.BIN ?? 'bin');
const CLIPS = process.env.CLIPS ??
    '/usr/share/pocketsphinx/test/data/librivox';
/* Recognition, translation and voices start cold, on a busy machine. */
const PATIENCE_MS = 120_000;

let site;
let browser;
let environment;
const children = [];

function run(program, args, options) {
	const child = spawnBound(program, args, { cwd: site.dir, env: environment,
	    ...options });
	child.ended = new Promise((resolve) => child.once('exit',
	    (code, signal) => resolve(signal ?? code)));
	children.push(child);
	return child;
}

/* localaws, and what its exports say, into `environment`. */
async function startLocalaws() {
	const dir = path.join(site.dir, 'aws');
	const child = run(path.join(BIN, 'localaws'), ['--dir', dir],
	    { stdio: ['ignore', 'pipe', 'inherit'] });
	const lines = readline.createInterface({ input: child.stdout });
	const [first] = await Promise.race([
	    new Promise((resolve) => lines.once('line', (line) =>
		resolve([line]))),
	    child.ended.then((status) => {
		    throw new Error(`localaws ended: ${status}`);
	    })]);
	assert.equal(JSON.parse(first).state, 'ready');
	for (const [, name, value] of fs.readFileSync(path.join(dir, 'env'),
	    'utf8').matchAll(/^export (\w+)='?(.*?)'?$/gm))
		environment[name] = value;
}

before(async () => {
	site = new Site({ bin: BIN });
	environment = { ...process.env, BOOTH_RUN: site.run,
	    PATH: `${BIN}:${process.env.PATH}` };
	await site.start();
	await startLocalaws();
	browser = await launch();
});

after(async () => {
	for (const child of children) {
		if (child.exitCode === null && child.signalCode === null)
			child.kill('SIGTERM');
		await child.ended;
	}
	await browser?.close();
	await site?.remove();
});

test('a recording is read and heard in another language', async () => {
	const clips = fs.readdirSync(CLIPS).filter((name) =>
	    name.endsWith('.wav')).sort().map((name) => path.join(CLIPS, name));
	const page = await openPage(browser, `${site.url}?room=talk&lang=es-ES`);
	await page.locator('#listen').click();
	await until(page, 'sound', (s) => s.sound.state === 'running' &&
	    s.state === 'open' && s.audio === 'opus');
	const pipeline = run(path.join(site.dir, 'scripts', 'pipeline'),
	    ['-r', 'talk', '-l', 'en-US', '-t', 'es-ES,fr-FR', ...clips.slice(0, 2)],
	    { stdio: ['ignore', 'inherit', 'inherit'] });
	await until(page, 'voice', (s) => s.sound.level > 0.01, PATIENCE_MS);
	const reader = await openPage(browser,
	    `${site.url}?room=talk&lang=source`, { viewport: MONITOR });
	await shoot(page, 'pipeline-phone');
	const first = await stats(page);
	await until(page, 'more captions and samples', (s) =>
	    s.captions > first.captions &&
	    s.sound.samplesAudible > first.sound.samplesAudible &&
	    s.delayMs > 0 && s.delayMs < PATIENCE_MS, PATIENCE_MS);
	await until(page, 'end', (s) => s.air === 'ended', PATIENCE_MS);
	assert.equal(await pipeline.ended, 0);
	await until(reader, 'the original', (s) => s.captions > 0);
	await shoot(reader, 'pipeline-source-monitor');
	const last = await stats(page);
	assert.equal(last.garbled, 0);
	const texts = await page.locator('#log .caption:not(.untranslated) .text')
	    .allTextContents();
	assert.ok(texts.length > 0 && texts.every((text) => text !== ''));
	assert.deepEqual(page.complaints, []);
	assert.deepEqual(reader.complaints, []);
	console.log(JSON.stringify({ texts, ...last }));
});
