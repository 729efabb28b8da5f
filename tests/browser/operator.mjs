/*
 * The operator's page with the real operate, interject, translate and broadcast:
 * what is on is shown, what is ordered happens.  BIN names the folder of the
 * tools, B the build's.  Run by tests/e2e/browser-operator.sh.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { BIN, Broadcast } from './lib/broadcast.mjs';
import { launch, MONITOR, openPage, shoot, stats, until }
    from './lib/browser.mjs';
import { transcript } from './lib/lines.mjs';
import { fake, startLocalaws } from './lib/mic.mjs';
import { Pipeline } from './lib/pipeline.mjs';
import { Site } from './lib/site.mjs';
import { overflow } from './lib/suite.mjs';

const TOKEN = 'the-operators-word-of-this-test';

let site;
let browser;
let localaws;

before(async () => {
	site = new Site({ bin: BIN });
	for (const name of ['LISTENER', 'SPEAKER', 'OPERATOR'])
		delete process.env[`BOOTH_${name}_TOKEN`];
	delete process.env.BOOTH_JWT_SECRET;
	/* A cent a character: costs that can be seen. */
	fs.writeFileSync(path.join(site.dir, 'prices'),
	    'translate.character 0.01\n');
	process.env.BOOTH_PRICES = path.join(site.dir, 'prices');
	localaws = await startLocalaws(BIN, path.join(site.dir, 'aws'),
	    ['--mt', `${fake('faults_engine')} mt`], process.env);
	process.env.BOOTH_OPERATOR_TOKEN = TOKEN;
	await site.start();
	delete process.env.BOOTH_OPERATOR_TOKEN;
	browser = await launch();
});

after(async () => {
	await Pipeline.killAll();
	await Broadcast.killAll();
	await browser?.close();
	localaws?.kill('SIGTERM');
	await site?.remove();
});

async function operator(query = '', more = {}) {
	const page = await openPage(browser,
	    `${site.url}operator.html${query}#token=${TOKEN}`, more);
	await until(page, 'state', (t) => t.state === 'open' && t.rooms !== null);
	return page;
}

async function done(page) {
	assert.deepEqual(page.complaints, []);
	assert.equal((await stats(page)).garbled, 0);
	await page.context().close();
}

const cardOf = (page, room) => page.locator(`.card[data-room="${room}"]`);

const roomOf = (t, name) => t.rooms?.find(({ room }) => room === name);

test('a room: level, stages, listeners, cost; say, take back, pause, resume',
    async (t) => {
	const line = new Pipeline(site, 'hall', ['es-ES', 'fr-FR'],
	    ['--max-usd', '50', '--title', 'Great Hall']);
	line.ready('en-US');
	const levels = setInterval(() => line.level(-23.4, -9.1), 500);
	t.after(() => clearInterval(levels));	/* or a failure never ends */
	line.say(transcript('u1', 'Good morning.'));
	const listener = await openPage(browser,
	    `${site.url}?room=hall&lang=es-ES`);
	await until(listener, 'caption', (t) => t.captions === 1);
	const page = await operator('', { viewport: MONITOR });
	assert.equal(new URL(page.url()).hash, '');
	const card = cardOf(page, 'hall');
	await until(page, 'all of it', (t) => {
		const room = roomOf(t, 'hall');
		return room?.level_db === -23.4 && room.last.length === 1 &&
		    room.listeners['es-ES']?.text === 1 && room.est_usd > 0.1;
	});
	await card.getByText('Great Hall').waitFor();
	assert.match(await card.locator('.standing-badge').textContent(),
	    /On the air/);
	assert.equal(await card.locator('.meter').getAttribute('aria-valuenow'),
	    '-23');
	assert.match(await card.locator('[data-part="cost"]').textContent(),
	    /^\$\d+\.\d\d of \$50\.00$/);
	assert.match(await card.locator('.stages').textContent(), /translate/);
	assert.match(await card.locator('.listeners tbody').textContent(),
	    /Spanish \(Spain\)1/);
	assert.deepEqual(await overflow(page), []);
	await shoot(page, 'operator-monitor');

	/* Said: translated, and on a listener's page. */
	await card.locator('.say input').fill('Lunch is served.');
	await page.keyboard.press('Enter');
	await card.locator('[data-part="answer"]', { hasText: 'on its way' })
	    .waitFor();
	assert.equal(await card.locator('.say input').inputValue(), '');
	const caption = listener.locator('#log .caption',
	    { hasText: 'Lunch is served.' });
	await caption.waitFor();
	const final = card.locator('.finals li', { hasText: 'Lunch is served.' });
	await final.getByText('typed by an operator').waitFor();

	/* Taken back: asked for twice, and gone there. */
	const take = final.locator('.take-back');
	await take.click();
	assert.equal(await take.textContent(), 'Really?');
	await page.keyboard.press('Escape');
	assert.equal(await take.textContent(), 'Take back');
	await take.click();
	do {
		await page.waitForTimeout(450);	/* not a double click */
		await take.click();
		/* Asked again: a slow machine's second click came too late. */
	} while (await take.textContent({ timeout: 2_000 }).catch(() => '')
	    === 'Really?');
	await caption.waitFor({ state: 'detached' });
	await final.waitFor({ state: 'detached' });
	assert.equal((await stats(listener)).captions, 1);

	/* Paused, with a reason, from the keyboard. */
	await card.locator('[data-part="pause"]').focus();
	await page.keyboard.press('Enter');
	await page.keyboard.type('fire <b>drill</b>');
	await shoot(page, 'operator-pausing-monitor');
	await page.keyboard.press('Enter');
	await card.locator('.standing-badge', { hasText: 'Paused' }).waitFor();
	assert.equal(await card.locator('[data-part="why"]').textContent(),
	    'fire <b>drill</b>');
	assert.equal(await card.locator('.card-why b').count(), 0);
	await until(page, 'news', ({ news }) => /Great Hall is paused/.test(news));
	assert.ok(fs.existsSync(path.join(site.run, 'rooms/hall/paused')));
	await card.locator('[data-part="resume"]').click();
	await card.locator('.standing-badge', { hasText: 'On the air' }).waitFor();
	assert.ok(!fs.existsSync(path.join(site.run, 'rooms/hall/paused')));

	/* Nothing moves when only figures change, and what is typed stays. */
	await card.locator('.say input').fill('half a sent');
	const boxes = () => card.locator(':scope > *').evaluateAll((all) =>
	    all.map((e) => Math.round(e.getBoundingClientRect().top)));
	const tops = await boxes();
	const { updates } = await stats(page);
	await until(page, 'updates', (t) => t.updates >= updates + 3);
	assert.deepEqual(await boxes(), tops);
	assert.equal(await card.locator('.say input').inputValue(), 'half a sent');
	assert.equal(await page.evaluate(() =>
	    document.activeElement.dataset.part), 'text');

	/* A stage is killed: seen, and told. */
	clearInterval(levels);
	assert.equal(await line.kill('broadcast'), 'SIGKILL');
	await card.locator('.standing-badge', { hasText: 'Broken off' }).waitFor();
	await until(page, 'news', ({ news }) => /has broken off/.test(news));
	await card.locator('.stage', { hasText: 'cut off' }).first().waitFor();
	await shoot(page, 'operator-broken-monitor');
	await line.end();
	await done(listener);
	await done(page);
});

test('rooms appear and vanish; a phone; transcribe that falls silent',
    async () => {
	const page = await operator();
	const line = new Pipeline(site, 'phone', ['es-ES']);
	line.ready('en-US');
	line.level(-70, -60);
	for (let i = 0; i < 4; i++)
		line.say(transcript(`p${i}`, `Sentence ${i} of a talk that is `
		    + 'long enough to need more than one line on a phone.'));
	const card = cardOf(page, 'phone');
	await card.locator('.finals li').nth(3).waitFor();
	/* No level for 5 s. */
	await card.locator('.stage', { hasText: 'dead or stuck' }).waitFor();
	assert.deepEqual(await overflow(page), []);
	/* Beside a room that has broken off; the index leads to each. */
	const chips = page.locator('#index button');
	assert.equal(await chips.count(), 2);
	await chips.filter({ hasText: 'phone' }).click();
	await page.waitForFunction(() => {
		const one = document.querySelector('.card[data-room="phone"]');
		const { top } = one.getBoundingClientRect();
		return document.activeElement === one && top >= 0 && top < 250;
	});
	await shoot(page, 'operator-phone');
	await card.locator('.finals').scrollIntoViewIfNeeded();
	await shoot(page, 'operator-phone-below');
	/* One that never says so was killed. */
	line.say({ type: 'status', stage: 'transcribe', state: 'ended',
	    at_ms: Date.now() });
	assert.deepEqual(await line.end(), [0, 0, 0]);
	await until(page, 'end', (t) => roomOf(t, 'phone')?.live === false);
	await card.locator('.standing-badge', { hasText: 'Off the air' })
	    .waitFor();
	fs.rmSync(path.join(site.run, 'rooms', 'phone'), { recursive: true });
	await card.waitFor({ state: 'detached' });
	await until(page, 'news', ({ news }) => /phone is no longer/.test(news));
	await done(page);
});

test('an order that fails is told where it was given', async () => {
	/* broadcast alone: nobody takes lines. */
	const talk = new Broadcast(site, 'deaf');
	talk.announce({ source: 'en-US', targets: ['arb'] });
	talk.say(transcript('d1', '<img src=x onerror="window.hit=1">'));
	const page = await operator('?room=deaf', { locale: 'ar' });
	const card = cardOf(page, 'deaf');
	await card.locator('.finals li', { hasText: '<img' }).waitFor();
	assert.equal(await card.locator('.finals img').count(), 0);
	assert.equal(await page.evaluate(() => window.hit), undefined);
	assert.equal(await page.locator('.card').count(), 1);
	assert.ok(await card.locator('[data-part="send"]').isDisabled());
	/* As if it had been given before the page knew: the program says no. */
	await card.locator('.say input').fill('Hello?');
	await page.evaluate(() => document.querySelector('.say').requestSubmit());
	const answer = card.locator('[data-part="answer"]');
	await answer.getByText(/nobody takes lines/).waitFor();
	assert.equal(await answer.getAttribute('data-tone'), 'bad');
	assert.equal(await card.locator('.say input').inputValue(), 'Hello?');
	assert.deepEqual(await overflow(page), []);
	await shoot(page, 'operator-failed-arabic-phone');
	assert.equal(await talk.end(), 0);
	assert.equal(await page.evaluate(() => document.documentElement.dir),
	    'rtl');
	await done(page);
});

test('a connection that is lost: what is old is shown as old', async () => {
	const line = new Pipeline(site, 'stale', ['es-ES']);
	line.ready('en-US');
	line.say(transcript('s1', 'Still here.'));
	const page = await operator('?room=stale');
	const card = cardOf(page, 'stale');
	await card.locator('.finals li').waitFor();
	await site.kill();
	await page.locator('body.is-stale').waitFor();
	assert.match(await page.locator('#notice-words').textContent(),
	    /is from .*; nothing can be ordered/);
	assert.ok(await card.locator('[data-part="pause"]').isDisabled());
	assert.ok(await card.getByText('Still here.').isVisible());
	await shoot(page, 'operator-stale-phone');
	process.env.BOOTH_OPERATOR_TOKEN = TOKEN;
	await site.start();
	delete process.env.BOOTH_OPERATOR_TOKEN;
	await until(page, 'return', (t) => t.state === 'open' && !t.stale);
	await page.locator('body:not(.is-stale)').waitFor();
	assert.ok(await card.locator('[data-part="pause"]').isEnabled());

	/* How to join: a code without the operator's token. */
	await card.locator('[data-part="join"]').click();
	await page.locator('#code').waitFor();
	assert.equal(await page.locator('#code').evaluate((e) =>
	    e.decode().then(() => e.naturalWidth > 20)), true);
	const links = await page.locator('#join a').evaluateAll((all) =>
	    all.map((a) => a.href));
	assert.deepEqual(links, ['', 'display.html', 'speaker.html'].map((name) =>
	    `${site.url}${name}?room=stale`));
	assert.deepEqual(await overflow(page), []);
	await shoot(page, 'operator-join-phone');
	await page.keyboard.press('Escape');
	await line.end();
	await done(page);
});

test('without the token, or with another, nothing is shown but why',
    async () => {
	for (const fragment of ['', '#token=guess']) {
		const page = await openPage(browser,
		    `${site.url}operator.html${fragment}`);
		await until(page, 'refusal', (t) => t.state === 'refused');
		assert.match(await page.locator('#notice-words').textContent(),
		    /opens with its own link/);
		assert.equal(await page.locator('.card').count(), 0);
		await done(page);
	}
});
