/*
 * The listener's captions in Chromium, behind a real websocketd and a `listen` that
 * says what the test wants.  Run by tests/e2e/browser-page.sh.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { MONITOR, openPage, PHONE, shoot, stats, until }
    from './lib/browser.mjs';
import { transcript, translation } from './lib/lines.mjs';
import { FakeRoom, Site } from './lib/site.mjs';
import { settled, suite, TALK, talk, texts } from './lib/suite.mjs';

const s = suite();
const { open, room, done } = s;

const scroll = (page) => page.locator('#scroller').evaluate((e) =>
    ({ top: e.scrollTop, left: e.scrollHeight - e.scrollTop - e.clientHeight }));

test('captions come in order, each once, in their language', async () => {
	const main = room('grow');
	const page = await open('?room=grow&lang=es-ES');
	await until(page, 'link', (t) => t.state === 'open' && t.air === 'on');
	assert.equal(await page.locator('#empty').isVisible(), true);
	main.say(...talk(0, 3));
	await until(page, 'captions', (t) => t.captions === 3);
	main.say(...talk(3, 6));
	await until(page, 'more captions', (t) => t.captions === 6);
	assert.deepEqual(await texts(page), TALK.map(([, es]) => es));
	assert.equal(await page.locator('#empty').isVisible(), false);
	const last = page.locator('#log .caption .text').last();
	assert.equal(await last.getAttribute('lang'), 'es-ES');
	assert.equal(await last.getAttribute('dir'), 'ltr');
	assert.equal(await page.locator('#log').getAttribute('aria-live'),
	    'polite');
	assert.equal(await page.locator('#state-words').textContent(), 'Live');
	assert.match(await page.title(), /Español.* · grow/);
	const { delayMs } = await stats(page);
	assert.ok(delayMs > 500 && delayMs < 20_000, `delay ${delayMs}`);
	await shoot(page, 'reader-phone');
	await done(page);
});

test('a late comer gets the last captions, not read out', async () => {
	room('late').say(...talk(0, 12));
	const page = await open('?room=late&lang=es-ES');
	await page.locator('#log').evaluate((log) => {
		window.spoken = 0;
		new MutationObserver((changes) => {
			if (log.getAttribute('aria-live') === 'polite')
				window.spoken += changes.length;
		}).observe(log, { childList: true });
	});
	await until(page, 'live', (t) => t.live);
	assert.equal((await stats(page)).captions, 5);
	assert.equal(await page.evaluate(() => window.spoken), 0);
	await done(page);
});

test('words from a room are never markup', async () => {
	const main = room('markup');
	const page = await open('?room=markup&lang=es-ES');
	await until(page, 'link', (t) => t.state === 'open');
	const nasty = '<img src=x onerror="window.pwned=1"><script>' +
	    'window.pwned=2</script>&lt;b&gt; \u202e\u0007 {n}';
	main.say(
	    translation('<i>1', 'es-ES', nasty, { source_text: nasty }),
	    translation('2', 'es-ES', '', { source_text: nasty, error: nasty,
		from: '"><b>' }),
	    { type: 'status', stage: '<b>', state: nasty, detail: nasty },
	    { type: nasty, id: nasty }, { id: 7 });
	await until(page, 'captions', (t) => t.captions === 2);
	assert.equal((await texts(page))[0], nasty);
	assert.equal(await page.locator('#log :is(img, script, b, i)').count(), 0);
	assert.equal(await page.evaluate(() => window.pwned), undefined);
	fs.writeFileSync(path.join(s.site.dir, 'fake', 'refuse'), nasty);
	await page.goto(`${s.site.url}?room=markup&lang=es-ES`);
	await until(page, 'refusal', (t) => t.state === 'refused');
	fs.rmSync(path.join(s.site.dir, 'fake', 'refuse'));
	assert.equal(await page.locator('#notice :is(img, script, b)').count(), 0);
	assert.ok((await page.locator('#notice-words').textContent())
	    .includes('<img src=x'));
	await done(page);
});

test('right-to-left captions say so', async () => {
	const main = room('rtl', 'arb');
	const page = await open('?room=rtl&lang=arb');
	main.say(translation('1', 'arb', 'صباح الخير وشكرا لحضوركم.'),
	    translation('2', 'arb', 'المقصورة غرفة صغيرة لها نافذة.'));
	await until(page, 'captions', (t) => t.captions === 2);
	const words = page.locator('#log .caption .text').first();
	assert.equal(await words.getAttribute('dir'), 'rtl');
	assert.equal(await words.getAttribute('lang'), 'arb');
	await page.locator('#original').click();
	assert.equal(await page.locator('#log .source').first()
	    .getAttribute('dir'), 'ltr');
	await shoot(page, 'reader-rtl-phone');
	await done(page);
});

for (const [size, viewport] of [['phone', PHONE], ['monitor', MONITOR]])
	test(`the end is followed, a reader who scrolled up stays (${size})`,
	    async () => {
		const main = room(`follow-${size}`);
		const page = await open(`?room=follow-${size}&lang=es-ES`,
		    { viewport });
		await until(page, 'live', (t) => t.live);
		main.say(...talk(0, 30));
		await until(page, 'captions', (t) => t.captions === 30);
		await settled(page);
		assert.equal(await page.locator('#jump').isVisible(), false);
		await page.mouse.move(200, 400);
		await page.mouse.wheel(0, -600);
		await until(page, 'reader up', (t) => !t.following);
		await page.waitForTimeout(300);	/* the wheel's own glide */
		const before_ = await scroll(page);
		main.say(...talk(30, 34));
		await until(page, 'captions', (t) => t.captions === 34);
		assert.equal((await scroll(page)).top, before_.top);
		assert.equal((await stats(page)).unseen, 4);
		assert.equal(await page.locator('#jump').isVisible(), true);
		await shoot(page, `scrolled-up-${size}`);
		await page.locator('#jump').click();
		await settled(page);
		assert.equal(await page.locator('#jump').isVisible(), false);
		main.say(...talk(34, 36));
		await until(page, 'captions', (t) => t.captions === 36);
		await settled(page);
		assert.equal((await stats(page)).following, true);
		await shoot(page, `followed-${size}`);
		await done(page);
	});

test('larger type and a turned phone keep the end in view', async () => {
	room('resize').say(...talk(0, 6));
	const page = await open('?room=resize&lang=es-ES');
	await until(page, 'live', (t) => t.live);
	await page.locator('.bar [data-open-settings]').click();
	for (let i = 0; i < 5; i++)
		await page.locator('#larger').click();
	assert.equal(await page.locator('#larger').isDisabled(), true);
	await page.keyboard.press('Escape');
	await settled(page);
	await page.setViewportSize({ width: 844, height: 390 });
	await settled(page);
	assert.equal((await stats(page)).following, true);
	await shoot(page, 'landscape-large-phone');
	await done(page);
});

test('an untranslated sentence shows its source, marked', async () => {
	const main = room('error');
	const page = await open('?room=error&lang=es-ES');
	main.say(...talk(0, 2), translation('u2', 'es-ES', '', {
	    error: 'ThrottlingException: Rate exceeded',
	    source_text: TALK[2][0] }), ...talk(3, 4));
	await until(page, 'captions', (t) => t.captions === 4);
	const marked = page.locator('#log .untranslated');
	assert.equal(await marked.count(), 1);
	assert.equal(await marked.locator('.text').textContent(), TALK[2][0]);
	assert.equal(await marked.locator('.text').getAttribute('lang'), 'en-US');
	assert.equal(await marked.locator('.mark').textContent(),
	    'Not translated');
	await shoot(page, 'untranslated-phone');
	await done(page);
});

test('the original is shown at will, and remembered', async () => {
	room('original').say(...talk(0, 3));
	const page = await open('?room=original&lang=es-ES');
	await until(page, 'captions', (t) => t.captions === 3);
	const source = page.locator('#log .source').first();
	assert.equal(await source.isVisible(), false);
	await page.locator('#original').click();
	assert.equal(await source.isVisible(), true);
	assert.equal(await source.textContent(), TALK[0][0]);
	assert.equal(await source.getAttribute('lang'), 'en-US');
	await page.reload();
	await until(page, 'captions', (t) => t.captions === 3);
	assert.equal(await page.locator('#log .source').first().isVisible(), true);
	await shoot(page, 'original-phone');
	await done(page);
});

test('the speaker\'s own words: partials give way to finals', async () => {
	const main = room('source', 'source');
	const page = await open('?room=source&lang=source');
	await until(page, 'link', (t) => t.state === 'open');
	main.say(transcript('u0', 'Good mor', { final: false }),
	    transcript('u0', 'Good morning and', { final: false }));
	await page.locator('#log .draft', { hasText: 'Good morning and' })
	    .waitFor();
	main.say(transcript('u0', 'Good morning, and thank you.'));
	await until(page, 'caption', (t) => t.captions === 1);
	assert.equal(await page.locator('#log .draft').count(), 0);
	assert.deepEqual(await texts(page), ['Good morning, and thank you.']);
	assert.equal(FakeRoom.connections(s.site, 'source')[0].connected.partials,
	    'true');
	assert.equal(await page.locator('#listen').isDisabled(), true);
	await done(page);
});

test('the page says hello, then acknowledges what it has read', async () => {
	const main = room('ack');
	const page = await open('?room=ack&lang=es-ES');
	await until(page, 'link', (t) => t.state === 'open');
	const seq = main.say(...talk(0, 4));
	await until(page, 'captions', (t) => t.captions === 4 && t.seq === seq);
	let said;
	await until(page, 'ack', () => {
		const [{ pid }] = FakeRoom.connections(s.site, 'ack');
		said = FakeRoom.heard(s.site).filter((h) => h.pid === pid &&
		    h.message !== undefined).map((h) => JSON.parse(h.message));
		return said.some(({ ack }) => ack === seq);
	});
	assert.deepEqual(said[0], { type: 'hello' });
	for (const message of said.slice(1))
		assert.deepEqual(Object.keys(message), ['ack']);
	await done(page);
});

test('a server that goes and returns: no caption lost, none twice',
    async () => {
	const main = room('resume');
	const page = await open('?room=resume&lang=es-ES');
	await until(page, 'link', (t) => t.live);
	const seq = main.say(...talk(0, 8));
	await until(page, 'captions', (t) => t.captions === 8);
	assert.equal(await s.site.stop(), 0);
	await until(page, 'loss', (t) => t.state === 'retrying');
	assert.equal(await page.locator('#state-words').textContent(),
	    'Reconnecting');
	assert.equal(await page.locator('#notice').isVisible(), true);
	await shoot(page, 'reconnecting-phone');
	main.say(...talk(8, 20));
	await s.site.start();
	await until(page, 'return', (t) => t.state === 'open' && t.live);
	main.say(...talk(20, 22));
	await until(page, 'captions', (t) => t.captions === 22);
	assert.equal(FakeRoom.connections(s.site, 'resume').at(-1).connected.since,
	    String(seq));
	assert.deepEqual(await page.locator('#log .caption')
	    .evaluateAll((all) => all.map((e) => e.dataset.id)),
	    Array.from({ length: 22 }, (_, i) => `u${i}`));
	assert.equal(await page.locator('#notice').isVisible(), false);
	await done(page);
});

test('over https the page speaks wss', async () => {
	const secure = new Site({ programs: ['fake/listen'] });
	const [cert, key] = ['cert', 'key'].map(
	    (name) => path.join(secure.dir, `${name}.pem`));
	try {
		execFileSync('openssl', ['req', '-x509', '-newkey', 'ec',
		    '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
		    '-keyout', key, '-out', cert, '-days', '2',
		    '-subj', '/CN=localhost'], { stdio: 'ignore' });
		await secure.start(['--cert', cert, '--key', key]);
		new FakeRoom(secure, 'tls', 'es-ES').say(...talk(0, 2));
		const page = await openPage(s.browser,
		    `${secure.url}?room=tls&lang=es-ES`,
		    { ignoreHTTPSErrors: true });
		await until(page, 'captions', (t) => t.captions === 2);
		assert.match(page.url(), /^https:/);
		await done(page);
	} finally {
		await secure.remove();
	}
});

test('a refusal is told with its reason, and not tried again unasked',
    async () => {
	const refuse = path.join(s.site.dir, 'fake', 'refuse');
	room('refused').say(...talk(0, 1));
	fs.writeFileSync(refuse, 'no such room');
	const page = await open('?room=refused&lang=es-ES');
	await until(page, 'refusal', (t) => t.state === 'refused');
	fs.rmSync(refuse);
	assert.equal(await page.locator('#notice-words').textContent(),
	    'The room refused the connection: no such room');
	assert.equal(FakeRoom.connections(s.site, 'refused').length, 1);
	await shoot(page, 'refused-phone');
	await page.locator('#retry').click();
	await until(page, 'link', (t) => t.state === 'open');
	assert.equal(FakeRoom.connections(s.site, 'refused').length, 2);
	assert.equal(await page.locator('#notice').isVisible(), false);
	await done(page);
});

test('what the stages say is told in words', async () => {
	const main = room('status');
	const page = await open('?room=status&lang=es-ES');
	await until(page, 'link', (t) => t.air === 'on');
	const notice = page.locator('#notice-words');
	const status = (stage, state, more) =>
	    main.say({ type: 'status', stage, state, ...more });
	status('transcribe', 'reconnecting');
	await notice.filter({ hasText: 'Speech recognition is interrupted' })
	    .waitFor();
	status('transcribe', 'recovered');
	await page.locator('#notice').waitFor({ state: 'hidden' });
	status('translate', 'degraded', { lang: 'fr-FR' });
	status('translate', 'degraded', { lang: 'es-ES' });
	await notice.filter({ hasText: 'Translation is interrupted' }).waitFor();
	main.say(...talk(0, 1));
	await page.locator('#notice').waitFor({ state: 'hidden' });
	main.say({ type: 'status', stage: 'listen', state: 'gap' });
	await page.locator('#log .remark').waitFor();
	status('transcribe', 'ended');
	status('broadcast', 'ended');
	await notice.filter({ hasText: 'The talk has ended' }).waitFor();
	assert.equal(await page.locator('#state-words').textContent(), 'Ended');
	await done(page);
});

test('a room that is not there yet is waited for', async () => {
	const page = await open('?room=soon&lang=es-ES');
	await until(page, 'wait', (t) => t.air === 'waiting');
	assert.equal(await page.locator('#state-words').textContent(), 'Waiting');
	room('soon').say(...talk(0, 1));
	await until(page, 'caption', (t) => t.captions === 1 && t.air === 'on');
	await done(page);
});

