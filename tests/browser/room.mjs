/*
 * The page, websocketd, the real listen and the real broadcast.  BIN names the
 * folder of the tools.  Run by tests/e2e/browser-room.sh.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { BIN, Broadcast } from './lib/broadcast.mjs';
import { launch, MONITOR, openPage, shoot, stats, until }
    from './lib/browser.mjs';
import { audio, RATE_HZ, tone, transcript, translation } from './lib/lines.mjs';
import { Site } from './lib/site.mjs';

let site;
let browser;

before(async () => {
	site = new Site({ bin: BIN });
	await site.start();
	browser = await launch();
});

after(async () => {
	await Broadcast.killAll();
	await browser?.close();
	await site?.remove();
});

async function open(room, lang, more) {
	const page = await openPage(browser,
	    `${site.url}?room=${room}&lang=${lang}`, more);
	await until(page, 'link', (s) => s.state === 'open');
	return page;
}

async function done(page) {
	assert.deepEqual(page.complaints, []);
	assert.equal((await stats(page)).garbled, 0);
	await page.context().close();
}

const ids = (page) => page.locator('#log .caption').evaluateAll(
    (all) => all.map((e) => e.dataset.id));

const numbered = (from, to) =>
    Array.from({ length: to - from }, (_, i) => `u${from + i}`);

const spanish = (from, to) => numbered(from, to).map((id) =>
    translation(id, 'es-ES', `Frase ${id}.`));

async function roomsAre(check) {
	const end = Date.now() + 120_000;
	for (;;) {
		const rooms = await (await fetch(`${site.url}api/rooms`)).json();
		if (check(rooms))
			return;
		assert.ok(Date.now() < end, JSON.stringify(rooms));
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

test('who is early waits, reads and hears the talk, and sees it end',
    async () => {
	const page = await open('talk', 'es-ES');
	assert.equal((await stats(page)).air, 'waiting');
	const talk = new Broadcast(site, 'talk');
	talk.say(transcript('u0', 'Good morning.'), ...spanish(0, 3));
	await until(page, 'captions', (s) => s.captions === 3 && s.air === 'on');
	assert.deepEqual(await ids(page), numbered(0, 3));
	await roomsAre(([room]) => room?.room === 'talk' && room.on &&
	    room.source === 'en-US' && room.targets.includes('es-ES'));

	await page.locator('#listen').click();
	await until(page, 'sound', (s) => s.sound.state === 'running' &&
	    s.audio === 'opus' && s.state === 'open' && s.live);
	/* The context, and who read on, saw each once. */
	assert.deepEqual(await ids(page), numbered(0, 3));
	for (const [i, id] of numbered(3, 6).entries())
		talk.say(translation(id, 'es-ES', `Frase ${id}.`),
		    ...audio(id, 'es-ES', tone(330 + 110 * i, 1_000)));
	await until(page, 'voice', (s) => s.sound.level > 0.2);
	await shoot(page, 'room-phone');
	const { sound } = await until(page, 'all of it', (s) =>
	    s.captions === 6 && s.sound.samplesPlayed >= 3 * RATE_HZ);
	assert.equal(sound.samplesPlayed, 3 * RATE_HZ);
	assert.ok(sound.samplesAudible > 2.9 * RATE_HZ);
	assert.equal(sound.underruns, 0);
	await roomsAre(([room]) => room.voiced['es-ES']?.includes('pcm'));

	assert.equal(await talk.end(), 0);
	await until(page, 'end', (s) => s.air === 'ended');
	assert.equal(await page.locator('#state-words').textContent(), 'Ended');
	await roomsAre(([room]) => !room.on);
	const next = new Broadcast(site, 'talk');
	await until(page, 'next talk', (s) => s.air === 'on');
	/* The next talk counts its utterances from the start again. */
	next.say(...spanish(0, 2));
	await until(page, 'its captions', (s) => s.captions === 8);
	assert.equal(await next.end(), 0);
	await done(page);
});

test('by a link of its own: the room\'s title, and why it is paused',
    async () => {
	const talk = new Broadcast(site, 'pause', ['--title', 'Great Hall']);
	talk.say(...spanish(0, 1));
	await roomsAre((rooms) => rooms.some(({ title }) => title === 'Great Hall'));
	const page = await open('pause', 'es-ES');
	await until(page, 'context', (s) => s.captions === 1 && s.live);
	talk.say(...spanish(1, 2));
	await until(page, 'caption', (s) => s.captions === 2);
	assert.equal(await page.locator('#where-room').textContent(), 'Great Hall');
	assert.match(await page.title(), /^Español.* · Great Hall$/);
	assert.match(await page.locator('#delay').textContent(), /behind/);
	const paused = path.join(site.run, 'rooms', 'pause', 'paused');
	fs.writeFileSync(paused, 'Lunch, back at 14:00\n');
	const late = await open('pause', 'es-ES');
	for (const one of [page, late]) {
		await until(one, 'the pause', (s) => s.air === 'paused');
		assert.equal(await one.locator('#notice-words').textContent(),
		    'The talk is paused: \u2068Lunch, back at 14:00\u2069');
	}
	assert.equal(await page.locator('#delay').textContent(), '');
	await until(late, 'context', (s) => s.captions === 2 && s.live);
	/* What was said just before. */
	talk.say(...spanish(2, 3));
	await until(late, 'the last words', (s) => s.captions === 3);
	assert.equal((await stats(late)).air, 'paused');
	await shoot(late, 'room-paused-phone');
	fs.rmSync(paused);
	for (const one of [page, late]) {
		await until(one, 'the end of it', (s) => s.air === 'on');
		assert.equal(await one.locator('#notice').isVisible(), false);
	}
	const display = await openPage(browser,
	    `${site.url}display.html?room=pause&lang=es-ES`);
	await display.waitForFunction(() => document.title ===
	    'Great Hall · pipebooth');
	assert.equal(await talk.end(), 0);
	const next = new Broadcast(site, 'pause', ['--title', 'Small Hall']);
	await page.locator('#where-room', { hasText: 'Small Hall' }).waitFor();
	assert.equal(await next.end(), 0);
	await done(display);
	await done(page);
	await done(late);
});

test('a broadcaster that is killed: the room says so, and goes on',
    async () => {
	const first = new Broadcast(site, 'killed');
	first.say(...spanish(0, 4));
	const page = await open('killed', 'es-ES', { viewport: MONITOR });
	await until(page, 'captions', (s) => s.captions === 4 && s.live);
	const named = (rooms) => rooms.find(({ room }) => room === 'killed');
	await roomsAre((rooms) => named(rooms).on);
	assert.equal(await first.end('SIGKILL'), 'SIGKILL');
	await roomsAre((rooms) => !named(rooms).on);
	const second = new Broadcast(site, 'killed');
	second.say(...spanish(4, 8));
	await until(page, 'captions', (s) => s.captions === 8 && s.air === 'on');
	assert.deepEqual(await ids(page), numbered(0, 8));
	assert.equal((await stats(page)).connections, 1);
	assert.equal(await second.end(), 0);
	await done(page);
});

test('a server that is killed: the page resumes, with no caption twice',
    async () => {
	const talk = new Broadcast(site, 'resumed');
	const page = await open('resumed', 'es-ES');
	talk.say(...spanish(0, 15));
	await until(page, 'captions', (s) => s.captions === 15 && s.live);
	await site.kill();
	await until(page, 'loss', (s) => s.state === 'retrying');
	talk.say(...spanish(15, 40));
	await site.start();
	await until(page, 'return', (s) => s.state === 'open' && s.live);
	talk.say(...spanish(40, 42));
	await until(page, 'captions', (s) => s.captions === 42);
	assert.deepEqual(await ids(page), numbered(0, 42));
	assert.equal(await talk.end(), 0);
	await done(page);
});

test('the original: partial words, then the final ones', async () => {
	const talk = new Broadcast(site, 'original');
	const page = await open('original', 'source');
	talk.say(transcript('u0', 'Good mor', { final: false }));
	await page.locator('#log .draft', { hasText: 'Good mor' }).waitFor();
	talk.say(transcript('u0', 'Good morning.'));
	await until(page, 'caption', (s) => s.captions === 1);
	assert.equal(await page.locator('#log .draft').count(), 0);
	assert.equal(await talk.end(), 0);
	await done(page);
});

test('what listen refuses is told in the page\'s words', async () => {
	const page = await openPage(browser, `${site.url}?room=talk&lang=12`);
	await until(page, 'refusal', (s) => s.state === 'refused');
	assert.match(await page.locator('#notice-words').textContent(),
	    /This language cannot be had in this room/);
	await done(page);
});

test('a language on demand begins when somebody has chosen it', async () => {
	const talk = new Broadcast(site, 'demand');
	talk.say({ type: 'status', stage: 'transcribe', state: 'ready',
	    lang: 'en-US' }, { type: 'status', stage: 'translate', state: 'ready',
		languages: ['es-ES', 'fr-FR'], on_demand: true });
	await roomsAre((rooms) => rooms.some(({ room, targets }) =>
	    room === 'demand' && targets?.length === 2));
	const page = await open('demand', 'fr-FR');
	await until(page, 'start', (t) => t.air === 'starting');
	assert.equal(await page.locator('#state-words').textContent(), 'Starting');
	await shoot(page, 'starting-phone');
	talk.say({ type: 'status', stage: 'translate', state: 'wanted',
	    lang: 'fr-FR' }, translation('u0', 'fr-FR', 'Bonjour.'));
	await until(page, 'caption', (t) => t.captions === 1 && t.air === 'on');
	assert.equal(await talk.end(), 0);
	await done(page);
});

test('the join code is drawn by the real token', async () => {
	const page = await openPage(browser,
	    `${site.url}display.html?room=demand&lang=fr-FR&qr=1#token=sesame-open`,
	    { viewport: MONITOR });
	await page.locator('#code').waitFor();
	assert.equal(await page.locator('#code').evaluate((e) =>
	    e.decode().then(() => e.naturalWidth > 20)), true);
	await shoot(page, 'display-code-monitor');
	assert.deepEqual(page.complaints, []);
	await page.context().close();
});

test('rooms on the air are offered; the only one needs no choice',
    async () => {
	const talk = new Broadcast(site, 'onair');
	talk.say(transcript('u0', 'Good morning.'), ...spanish(0, 1),
	    translation('u0', 'fr-FR', 'Bonjour.'));
	await roomsAre((rooms) => rooms.some(({ room, targets, source }) =>
	    room === 'onair' && targets.length === 2 && source === 'en-US'));
	const page = await openPage(browser, site.url);
	await page.getByRole('link', { name: /Français/ }).waitFor();
	await page.getByRole('link', { name: /Français/ }).click();
	await until(page, 'caption', (s) => s.captions === 1);
	assert.equal(new URL(page.url()).search, '?room=onair&lang=fr-FR');
	assert.equal(await talk.end(), 0);
	await done(page);
});
