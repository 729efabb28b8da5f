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
import { ids, settled, suite, TALK, talk, texts } from './lib/suite.mjs';

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

test('a server with no place left is told of, and tried again', async () => {
	const full = new Site({ programs: ['fake/listen', 'fake/token'] });
	await full.start(['--max-listeners', '1']);
	try {
		new FakeRoom(full, 'hall', 'es-ES').say(...talk(0, 1));
		const first = await openPage(s.browser,
		    `${full.url}?room=hall&lang=es-ES`);
		await until(first, 'the only place', (t) => t.state === 'open');
		const second = await openPage(s.browser,
		    `${full.url}?room=hall&lang=es-ES`);
		await until(second, 'no place', (t) => t.state === 'refused');
		assert.match(await second.locator('#notice-words').textContent(),
		    /^Every place here is taken/);
		assert.equal(FakeRoom.connections(full, 'hall').length, 1);
		await first.context().close();
		await until(second, 'its place', (t) => t.state === 'open', 60_000);
		assert.equal(await second.locator('#notice').isVisible(), false);
		await second.context().close();
	} finally {
		await full.remove();
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

	/* Where trying again helps nobody, what does is offered. */
	const refused = async (reason) => {
		fs.writeFileSync(refuse, `${reason}:no`);
		await page.goto(`${s.site.url}?room=refused&lang=es-ES`);
		await until(page, 'refusal', (t) => t.state === 'refused');
		fs.rmSync(refuse);
	};
	await refused('proto');
	await Promise.all([page.waitForEvent('load'),
	    page.getByRole('button', { name: 'Reload' }).click()]);
	await until(page, 'link', (t) => t.state === 'open');
	await refused('lang');
	await page.locator('#retry', { hasText: 'Change room or language' })
	    .click();
	await page.locator('#chooser').waitFor();
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
	status('transcribe', 'lost', { lost_ms: 4_000 });
	await page.locator('#log .remark').nth(1).waitFor();
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


test('what is taken back disappears, and does not return', async () => {
	const main = room('retract');
	const page = await open('?room=retract&lang=es-ES');
	await until(page, 'live', (t) => t.live);
	const [wrong] = talk(1, 2);
	main.say(...talk(0, 1), wrong, ...talk(2, 4));
	await until(page, 'captions', (t) => t.captions === 4);
	main.say({ type: 'retraction', id: 'u1', at_ms: Date.now() },
	    { type: 'retraction', id: 'nobody' }, wrong);
	await until(page, 'three', (t) => t.captions === 3);
	main.say(...talk(4, 5));
	await until(page, 'the next', (t) => t.captions === 4);
	assert.deepEqual(await ids(page), ['u0', 'u2', 'u3', 'u4']);
	/* Its number, in a later talk, is another utterance. */
	main.say(translation('u1', 'es-ES', 'Otra charla.',
	    { final_at_ms: Date.now() + 60_000 }));
	await until(page, 'a later one', (t) => t.captions === 5);
	await done(page);
});

test('partial words that are taken back disappear', async () => {
	const main = room('unsaid', 'source');
	const page = await open('?room=unsaid&lang=source');
	main.say(transcript('u0', 'Hello.'),
	    transcript('u1', 'Not for your e', { final: false }));
	await page.locator('#log .draft').waitFor();
	main.say({ type: 'retraction', id: 'u1' });
	await page.locator('#log .draft').waitFor({ state: 'detached' });
	assert.equal((await stats(page)).captions, 1);
	await done(page);
});

test('what was heard late goes to its place, marked; others stay', async () => {
	const main = room('order');
	const page = await open('?room=order&lang=es-ES');
	await until(page, 'live', (t) => t.live);
	const now = Date.now();
	const at = (i, more) => translation(`u${i}`, 'es-ES', TALK[i % 6][1],
	    { captured_at_ms: now + 1_000 * i, ...more });
	main.say(at(1), at(2), at(6), at(7));
	await until(page, 'captions', (t) => t.captions === 4);
	main.say(at(4, { late: true }), at(3, { late: true }),
	    at(0, { late: true }), at(9, { late: true }));
	await until(page, 'late ones', (t) => t.captions === 8);
	assert.deepEqual(await ids(page),
	    ['u0', 'u1', 'u2', 'u3', 'u4', 'u6', 'u7', 'u9']);
	assert.equal(await page.locator('#log [data-id=u3] .mark').textContent(),
	    'Said earlier');
	await shoot(page, 'late-phone');
	await done(page);
});

test('an operator\'s line says whose it is', async () => {
	const main = room('say', 'source');
	const page = await open('?room=say&lang=source');
	main.say(transcript('say-1', 'Lunch is in the garden.',
	    { said_by: 'operator' }));
	await page.locator('#log .mark', { hasText: 'From the organisers' })
	    .waitFor();
	await done(page);
});

test('what was read is saved: text, WebVTT, SubRip', async () => {
	const main = room('save');
	const page = await open('?room=save&lang=es-ES');
	await until(page, 'live', (t) => t.live);
	const now = Date.now();
	main.say(...talk(0, 3).map((line, i) =>
	    ({ ...line, captured_at_ms: now + 4_000 * i })),
	    { type: 'retraction', id: 'u1' });
	await until(page, 'captions', (t) => t.captions === 2);
	await page.locator('.bar [data-open-settings]').click();
	await shoot(page, 'save-phone');
	const saved = async (name) => {
		const [file] = await Promise.all([page.waitForEvent('download'),
		    page.locator('.save').getByRole('button',
			{ name, exact: true }).click()]);
		return { name: file.suggestedFilename(),
		    text: fs.readFileSync(await file.path(), 'utf8') };
	};
	const text = await saved('Text');
	assert.match(text.name, /^save-es-ES-\d{4}-\d\d-\d\d\.txt$/);
	assert.equal(text.text, `${TALK[0][1]}\n${TALK[2][1]}\n`);
	const vtt = await saved('WebVTT');
	assert.match(vtt.name, /\.vtt$/);
	/* Its own parser: the browser's. */
	const cues = await page.evaluate(async (source) => {
		const video = document.createElement('video');
		const track = document.createElement('track');
		const loaded = new Promise((resolve) => {
			track.onload = resolve;
			track.onerror = resolve;
		});
		track.src = URL.createObjectURL(new Blob([source],
		    { type: 'text/vtt' }));
		video.append(track);
		track.track.mode = 'hidden';
		document.body.append(video);
		await loaded;
		video.remove();
		return [...track.track.cues].map(({ startTime, endTime, text: t }) =>
		    [startTime, endTime, t]);
	}, vtt.text);
	assert.equal(cues.length, 2);
	assert.ok(cues[0][0] === 0 && cues[0][1] < cues[1][0], `${cues}`);
	assert.ok(Math.abs(cues[1][1] - cues[0][1] - 8) < 0.01, `${cues}`);
	assert.equal(cues[0][2].replace('\n', ' '), TALK[0][1]);
	const srt = await saved('SRT');
	assert.match(srt.text, /^1\n00:00:00,000 --> 00:00:0\d,\d{3}\n/);
	await done(page);
});

test('refusals are told in the reader\'s language, by their reason', async () => {
	const refuse = path.join(s.site.dir, 'fake', 'refuse');
	room('reasons');
	try {
		for (const [said, locale, words] of [
		    ['token:no token', 'en-GB', /opens with its own link/],
		    ['role:no listener', 'it-IT', /non vale per questa pagina/],
		    ['expired:at noon', 'es-ES', /ha caducado/],
		    ['rate:6 a minute', 'fr-FR', /Trop de tentatives/],
		    ['room:none', 'de-DE', /Diesen Raum gibt es nicht/],
		    ['lang:none', 'ar', /هذه اللغة غير متاحة/],
		    ['unheardof:of a new kind', 'en-GB',
			/refused the connection: of a new kind/]]) {
			fs.writeFileSync(refuse, said);
			const page = await open('?room=reasons&lang=es-ES',
			    { locale });
			await page.locator('#notice-words', { hasText: words })
			    .waitFor();
			/* One that is told when to come again is busy then. */
			await page.locator('#retry').waitFor();
			if (locale === 'ar')
				await shoot(page, 'refused-rtl-phone');
			if (said.startsWith('rate')) {
				/* It was told when to come again. */
				fs.rmSync(refuse);
				await until(page, 'link', (t) => t.state === 'open');
			}
			await done(page);
		}
	} finally {
		fs.rmSync(refuse, { force: true });
	}
});

test('pings are answered, and tell the server\'s clock', async () => {
	const main = room('ping');
	const page = await open('?room=ping&lang=es-ES');
	await until(page, 'link', (t) => t.state === 'open');
	main.say({ seq: undefined, type: 'ping', at_ms: 123456 });
	await until(page, 'pong', () => FakeRoom.heard(s.site).some(
	    ({ message }) => message === '{"type":"pong","at_ms":123456}'));
	await done(page);
});

test('the delay does not trust the phone\'s clock', async () => {
	const main = room('clock');
	const page = await open('');
	await page.addInitScript(() => {
		/* An hour behind. */
		const now = Date.now.bind(Date);
		Date.now = () => now() - 3_600_000;
	});
	await page.goto(`${s.site.url}?room=clock&lang=es-ES`);
	await until(page, 'live', (t) => t.live);
	main.say(translation('u0', 'es-ES', 'Hola.',
	    { captured_at_ms: Date.now() - 2_500 }));
	const { delayMs } = await until(page, 'delay', (t) => t.delayMs !== null);
	assert.ok(delayMs >= 2_400 && delayMs < 12_500, `${delayMs}`);
	await done(page);
});
