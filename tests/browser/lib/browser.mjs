/* Debian's Chromium, driven by playwright-core, and what the tests ask of it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { REPO } from './site.mjs';

export const PHONE = { width: 390, height: 844 };
export const MONITOR = { width: 1920, height: 1080 };

const OUT = path.join(REPO, 'tests', 'out');

const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
    '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
    '--autoplay-policy=no-user-gesture-required',
    '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

function which(program) {
	const places = program.includes('/') ? [''] :
	    process.env.PATH.split(':');
	const found = places.map((dir) => path.join(dir, program))
	    .find((file) => fs.existsSync(file));
	if (found === undefined)
		throw new Error(`${program} is not in PATH`);
	return found;
}

export function launch(more = []) {
	return chromium.launch({ args: [...ARGS, ...more],
	    executablePath: which(process.env.CHROMIUM ?? 'chromium') });
}

/*
 * A page in a profile of its own.  `page.complaints` collects what no page of
 * ours may do: script errors, console errors (broken policy, missing file),
 * requests to another host.
 */
export async function openPage(browser, url, { viewport = PHONE, ...more } = {}) {
	const context = await browser.newContext({ viewport, locale: 'en-GB',
	    deviceScaleFactor: viewport === PHONE ? 2 : 1, ...more });
	const page = await context.newPage();
	page.setDefaultTimeout(120_000);
	page.complaints = [];
	page.on('pageerror', (error) => page.complaints.push(String(error)));
	page.on('console', (message) => {
		if (message.type() === 'error' &&
		    !/WebSocket|ERR_CONNECTION_REFUSED/.test(message.text()))
			page.complaints.push(message.text());
	});
	page.on('request', (request) => {
		const { protocol, host } = new URL(request.url());
		/* blob: and data: are the page's own. */
		if (protocol.startsWith('http') && host !== new URL(url).host)
			page.complaints.push(`request to ${request.url()}`);
	});
	await page.goto(url);
	return page;
}

export const stats = (page) => page.evaluate(() => window.booth.stats());

/* Wait until fn(stats) holds; fails with what was last seen. */
export async function until(page, what, fn, timeout_ms = 120_000) {
	const end = Date.now() + timeout_ms;
	let last;
	for (;;) {
		last = await stats(page);
		if (fn(last))
			return last;
		if (Date.now() > end)
			throw new Error(`no ${what}: ${JSON.stringify(last)}`);
		await new Promise((resolve) => setTimeout(resolve, 30));
	}
}

/* What breaks WCAG 2, A and AA, as far as a program can tell: rule and element. */
async function faults(page) {
	await page.evaluate(`${axe.source};0`);
	return page.evaluate(async () => {
		const { violations } = await window.axe.run(document,
		    { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa',
			'wcag21a', 'wcag21aa', 'wcag22aa'] });
		return violations.flatMap(({ id, nodes }) =>
		    nodes.map(({ html }) => `${id}: ${html}`));
	});
}

/* A picture of a page as it stands, which everybody must be able to use. */
export async function shoot(page, name) {
	fs.mkdirSync(OUT, { recursive: true });
	await page.screenshot({ path: path.join(OUT, `${name}.png`),
	    animations: 'disabled' });
	assert.deepEqual(await faults(page), [], name);
}
