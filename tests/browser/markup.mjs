/*
 * Titles, reasons, languages and ids that are markup, from real rooms to the pages
 * that show them.  Run by tests/e2e/browser-markup.sh.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Broadcast } from './lib/broadcast.mjs';
import { MONITOR, until } from './lib/browser.mjs';
import { transcript, translation } from './lib/lines.mjs';
import { suite } from './lib/suite.mjs';

const s = suite();
const { open, room, done } = s;

const NASTY = '"><img src=x onerror="window.pwned=1"><script>window.pwned=2' +
    '</script><a href="javascript:window.pwned=3">x</a> \u0007\u001b[31m\u202e';

/* Nothing became an element, ran, or was asked for. */
async function isClean(page) {
	assert.equal(await page.locator('img[src=x], script:not([src]), ' +
	    '[href^="javascript:"], [onerror]').count(), 0);
	assert.equal(await page.evaluate(() => window.pwned), undefined);
}

test('a title, a language and a reason are words', async () => {
	const hall = new Broadcast(s.site, 'hall', ['--title', NASTY]);
	hall.announce({ source: 'en-US', targets: ['es-ES', NASTY],
	    voices: [NASTY] });
	/* A second one, or there is nothing to choose. */
	const attic = new Broadcast(s.site, 'attic');
	attic.announce({ source: 'it-IT', targets: ['en-US'] });
	hall.say(transcript(NASTY, NASTY),
	    translation(NASTY, 'es-ES', NASTY, { source_text: NASTY }));
	/* As an operator's script may leave it. */
	const wait = Date.now() + 120_000;
	while (!['hall', 'attic'].every((name) => fs.existsSync(
	    path.join(s.site.run, 'rooms', name, 'room.json'))))
		await new Promise((resolve) => {
			assert.ok(Date.now() < wait, 'no room');
			setTimeout(resolve, 50);
		});
	fs.writeFileSync(path.join(s.site.run, 'rooms/hall/paused'), NASTY);
	const page = await open('');
	await page.locator('#rooms a').first().waitFor();
	await page.locator('#rooms strong', { hasText: '<img src=x' }).waitFor();
	await isClean(page);
	await page.locator('#rooms a[href*="room=hall"]').click();
	await page.locator('#languages a').first().waitFor();
	await isClean(page);
	await hall.end();
	await attic.end();
	await done(page);
});

test('an address is no markup either', async () => {
	const query = encodeURIComponent(NASTY);
	for (const address of [`?room=${query}&lang=${query}`,
	    `?room=hall&lang=${query}`, `?${query}=${query}#token=${query}`]) {
		const page = await open(address);
		await page.locator('body').waitFor();
		await isClean(page);
		await done(page);
	}
});

test('ids and retractions are no selectors', async () => {
	const main = room('ids');
	const page = await open('?room=ids&lang=es-ES');
	await until(page, 'link', (t) => t.state === 'open');
	const ids = [NASTY, '#log', '*', '__proto__', 'constructor', ''];
	main.say(...ids.map((id) => translation(id, 'es-ES', `Uno ${id}`)),
	    translation('stays', 'es-ES', 'Queda.'));
	await page.locator('#log .caption', { hasText: 'Queda.' }).waitFor();
	main.say(...ids.filter((id) => id !== '').map((id) => ({
	    type: 'retraction', id, at_ms: Date.now() })),
	    { type: 'retraction', id: ['stays'] }, { type: 'retraction' },
	    translation('end', 'es-ES', 'Fin.'));
	await page.locator('#log .caption', { hasText: 'Fin.' }).waitFor();
	assert.equal(await page.locator('#log .caption',
	    { hasText: 'Queda.' }).count(), 1);
	assert.equal(await page.locator('#log .caption',
	    { hasText: '<img src=x' }).count(), 0);
	await isClean(page);
	await done(page);
});

test('the display shows words as words', async () => {
	room('wall').say(translation(NASTY, 'es-ES', NASTY,
	    { source_text: NASTY }));
	const page = await open('display.html?room=wall&lang=es-ES',
	    { viewport: MONITOR });
	await until(page, 'captions', (t) => t.captions === 1);
	await isClean(page);
	assert.ok((await page.locator('body').textContent())
	    .includes('<script>window.pwned=2'));
	await done(page);
});
