/*
 * The display in Chromium: one and two languages, partial words, the way in for
 * phones, and what must hold for days.  Run by tests/e2e/browser-display.sh.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Broadcast } from './lib/broadcast.mjs';
import { MONITOR, PHONE, shoot, until } from './lib/browser.mjs';
import { transcript, translation } from './lib/lines.mjs';
import { FakeRoom } from './lib/site.mjs';
import { overflow, suite, TALK, talk } from './lib/suite.mjs';

const s = suite();
const { open, room, done } = s;

const display = (query, more) =>
    open(`display.html?${query}`, { viewport: MONITOR, ...more });

/* Nothing to scroll, nothing that stands out. */
async function isStill(page) {
	assert.deepEqual(await overflow(page), []);
	assert.deepEqual(await page.evaluate(() => {
		const root = document.documentElement;
		return [root.scrollHeight - root.clientHeight,
		    root.scrollWidth - root.clientWidth];
	}), [0, 0]);
}

test('one language, large, with what is not final yet', async () => {
	const main = room('hall', 'source');
	const page = await display('room=hall&partial=true');
	await until(page, 'link', (t) => t.state === 'open' && t.air === 'on');
	main.say(...TALK.map(([en], i) => transcript(`u${i}`, en)),
	    transcript('u9', 'And what is not fin', { final: false }));
	await page.locator('.draft', { hasText: 'not fin' }).waitFor();
	assert.equal((await until(page, 'captions',
	    (t) => t.captions === 6)).captions, 6);
	assert.equal(FakeRoom.connections(s.site, 'hall')[0].connected.partials,
	    'true');
	assert.equal(FakeRoom.connections(s.site, 'hall')[0].connected.audio,
	    'none');
	/* The last line is whole, and the type is for the back row. */
	const last = await page.locator('.draft').boundingBox();
	assert.ok(last.y + last.height <= MONITOR.height, JSON.stringify(last));
	assert.ok(await page.locator('.draft').evaluate((e) =>
	    parseFloat(getComputedStyle(e).fontSize)) > 80);
	assert.equal(await page.evaluate(() =>
	    getComputedStyle(document.body).backgroundColor), 'rgb(0, 0, 0)');
	await isStill(page);
	await shoot(page, 'display-source-monitor');
	await done(page);
});

test('two languages, and a code whose token is in no address', async () => {
	room('duo').say(...talk(0, 6));
	room('duo', 'arb').say(
	    translation('u4', 'arb', 'كل برنامج يفعل شيئًا واحدًا ويمرر الباقي.'),
	    translation('u5', 'arb', 'فلا تؤخر لغة بطيئة غيرها.'));
	const page = await display(
	    'room=duo&lang=es-ES&lang2=arb&qr=1#token=sesame-sesame');
	await until(page, 'captions', (t) => t.panes.length === 2 &&
	    t.panes[0].captions === 5 && t.panes[1].captions === 2);
	await page.locator('#code').waitFor();
	assert.equal(await page.locator('#code').evaluate((e) =>
	    e.decode().then(() => e.naturalWidth > 0)), true);
	const asked = s.site.asked();
	assert.equal(asked.args,
	    `qr -q -f svg -r duo --stdin ${new URL(s.site.url).origin}/`);
	assert.equal(asked.stdin, 'sesame-sesame');
	assert.equal(new URL(page.url()).hash, '');
	assert.ok(!(await page.locator('body').innerHTML()).includes('sesame'));
	assert.equal(await page.locator('#join-link').textContent(),
	    `${new URL(s.site.url).host}/?room=duo`);
	assert.equal(await page.locator('.join-words').textContent(),
	    'Lee y escucha en tu móvil');
	assert.equal(await page.locator('[lang=arb]').first()
	    .getAttribute('dir'), 'rtl');
	const { pid } = FakeRoom.connections(s.site, 'duo')[0];
	let hello;
	await until(page, 'hello', () => {
		hello = FakeRoom.heard(s.site).find((h) => h.pid === pid &&
		    h.message);
		return hello !== undefined;
	});
	assert.deepEqual(JSON.parse(hello.message),
	    { type: 'hello', token: 'sesame-sesame' });
	await isStill(page);
	await shoot(page, 'display-two-monitor');
	await page.setViewportSize(PHONE);
	await isStill(page);
	await shoot(page, 'display-two-phone');
	await done(page);
});

test('a server that cannot draw codes: the way in is told in words', async () => {
	const program = path.join(s.site.dir, 'bin', 'token');
	fs.renameSync(program, `${program}.good`);
	fs.writeFileSync(program, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
	try {
		room('plain').say(...talk(0, 3));
		const page = await display('room=plain&lang=es-ES&qr=1');
		await until(page, 'captions', (t) => t.captions === 3);
		await page.waitForResponse((r) => r.url().includes('/api/qr'))
		    .catch(() => {});
		assert.equal(await page.locator('#code').isVisible(), false);
		assert.match(await page.locator('#join-link').textContent(),
		    /\/\?room=plain$/);
		await shoot(page, 'display-no-code-monitor');
		/* What it could not get is what it complains about. */
		assert.deepEqual(page.complaints.filter((c) =>
		    !/status of 400/.test(c)), []);
		await page.context().close();
	} finally {
		fs.renameSync(`${program}.good`, program);
	}
});

test('codes are drawn for addresses and rooms, and nothing else', async () => {
	const post = async (query, body) => (await fetch(
	    `${s.site.url}api/qr?${query}`, { method: 'POST', body })).status;
	const good = JSON.stringify({ url: 'https://booth.example/', token: '' });
	assert.equal(await post('room=main', good), 200);
	assert.equal(s.site.asked().args,
	    'qr -q -f svg -r main --no-token https://booth.example/');
	assert.equal(await post('room=main&lang=es-ES', good), 200);
	assert.equal(s.site.asked().args,
	    'qr -q -f svg -r main -l es-ES --no-token https://booth.example/');
	for (const [query, body] of [['room=../x', good], ['', good],
	    ['room=main&lang=$(id)', good], ['room=main', 'nothing'],
	    ['room=main', '{"url":"javascript:alert(1)/"}'],
	    ['room=main', '{"url":"https://a b/"}'],
	    ['room=main', '{"url":"--help"}'], ['room=main', '{"url":7}'],
	    ['room=main', `{"url":"https://${'a'.repeat(9000)}/"}`]])
		assert.equal(await post(query, body), 400, `${query} ${body}`);
	assert.equal((await fetch(`${s.site.url}api/qr?room=main`)).status, 405);
});

test('it holds for days: loss, refusal, and a bounded page', async () => {
	const main = room('days');
	const page = await display('room=days&lang=es-ES');
	await until(page, 'link', (t) => t.live);
	for (let i = 0; i < 300; i += 50)
		main.say(...talk(i, i + 50));
	await page.locator('[data-id=u299]').waitFor();
	assert.equal((await until(page, 'bound', (t) => t.captions === 40))
	    .captions, 40);
	assert.equal(await page.locator('.log > *').count(), 40);
	assert.equal(await s.site.stop(), 0);
	await page.locator('#standing', { hasText: 'Conexión perdida' }).waitFor();
	await shoot(page, 'display-lost-monitor');
	main.say(...talk(300, 302));
	await s.site.start();
	await page.locator('[data-id=u301]').waitFor();
	await page.locator('#standing').waitFor({ state: 'hidden' });
	await isStill(page);
	await done(page);
});

test('a refusal is tried again, unasked', async () => {
	const refuse = path.join(s.site.dir, 'fake', 'refuse');
	fs.writeFileSync(refuse, 'token:none given');
	room('locked').say(...talk(0, 1));
	const page = await display('room=about-to-go&lang=fr-FR');
	await page.clock.install();
	await page.goto(`${s.site.url}display.html?room=locked&lang=es-ES`);
	await page.locator('#standing', { hasText: 'se abre con su enlace' })
	    .waitFor();
	fs.rmSync(refuse);
	await page.clock.runFor(31_000);
	await until(page, 'captions', (t) => t.captions === 1);
	await done(page);
});

test('without a room it shows the only one that is on', async () => {
	const page = await display('lang=es-ES');
	await page.locator('#standing', { hasText: '?room=' }).waitFor();
	await shoot(page, 'display-no-room-monitor');
	const solo = new Broadcast(s.site, 'solo');
	room('solo').say(...talk(0, 1));
	solo.announce({ source: 'en-US', targets: ['es-ES'] });
	await page.locator('[data-id=u0]').waitFor();
	assert.match(await page.title(), /^solo/);
	await solo.end();
	await done(page);
});

test('the pointer disappears, and returns when it is moved', async () => {
	room('mouse').say(...talk(0, 1));
	const page = await display('room=mouse&lang=es-ES');
	const cursor = () => page.evaluate(() =>
	    getComputedStyle(document.body).cursor);
	await page.locator('body.is-still').waitFor();
	assert.equal(await cursor(), 'none');
	await page.mouse.move(300, 300);
	assert.notEqual(await cursor(), 'none');
	await done(page);
});
