/*
 * The listener's page in Chromium, behind a real websocketd and a `listen` that
 * says what the test wants.  Run by tests/e2e/browser-page.sh.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { launch, MONITOR, openPage, PHONE, shoot, stats, until }
    from './lib/browser.mjs';
import { audio, RATE_HZ, tone, transcript, translation } from './lib/lines.mjs';
import { FakeRoom, Site } from './lib/site.mjs';

const TALK = [
	['Good morning, and thank you for coming.',
	    'Buenos días y gracias por venir.'],
	['A booth is a small room with a window.',
	    'Una cabina es una sala pequeña con una ventana.'],
	['The interpreter hears the floor and speaks to you.',
	    'El intérprete oye la sala y le habla a usted.'],
	['Today the booth is made of pipes.',
	    'Hoy la cabina está hecha de tuberías.'],
	['Each program does one thing, and passes the rest on.',
	    'Cada programa hace una sola cosa y pasa el resto.'],
	['So a slow language never holds up the others.',
	    'Así un idioma lento nunca detiene a los demás.'],
];

let site;
let browser;

before(async () => {
	site = new Site({ listen: 'fake/listen' });
	await site.start();
	browser = await launch();
});

after(async () => {
	await browser?.close();
	await site?.remove();
});

const open = (query, more) => openPage(browser, `${site.url}${query}`, more);

function room(name, lang = 'es-ES') {
	return new FakeRoom(site, name, lang);
}

async function done(page) {
	assert.deepEqual(page.complaints, []);
	assert.equal((await stats(page)).garbled, 0);
	await page.context().close();
}

const texts = (page) => page.locator('#log .caption .text').allTextContents();

const scroll = (page) => page.locator('#scroller').evaluate((e) =>
    ({ top: e.scrollTop, left: e.scrollHeight - e.scrollTop - e.clientHeight }));

const settled = (page) => page.waitForFunction(() => {
	const e = document.querySelector('#scroller');
	return e.scrollHeight - e.scrollTop - e.clientHeight < 2;
});

function talk(from, to) {
	return Array.from({ length: to - from }, (_, i) => {
		const [en, es] = TALK[(from + i) % TALK.length];
		return translation(`u${from + i}`, 'es-ES', es, { source_text: en });
	});
}

test('captions come in order, each once, in their language', async () => {
	const main = room('grow');
	const page = await open('?room=grow&lang=es-ES');
	await until(page, 'link', (s) => s.state === 'open' && s.air === 'on');
	assert.equal(await page.locator('#empty').isVisible(), true);
	main.say(...talk(0, 3));
	await until(page, 'captions', (s) => s.captions === 3);
	main.say(...talk(3, 6));
	await until(page, 'more captions', (s) => s.captions === 6);
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
	await until(page, 'live', (s) => s.live);
	assert.equal((await stats(page)).captions, 5);
	assert.equal(await page.evaluate(() => window.spoken), 0);
	await done(page);
});

test('words from a room are never markup', async () => {
	const main = room('markup');
	const page = await open('?room=markup&lang=es-ES');
	await until(page, 'link', (s) => s.state === 'open');
	const nasty = '<img src=x onerror="window.pwned=1"><script>' +
	    'window.pwned=2</script>&lt;b&gt; \u202e\u0007 {n}';
	main.say(
	    translation('<i>1', 'es-ES', nasty, { source_text: nasty }),
	    translation('2', 'es-ES', '', { source_text: nasty, error: nasty,
		from: '"><b>' }),
	    { type: 'status', stage: '<b>', state: nasty, detail: nasty },
	    { type: nasty, id: nasty }, { id: 7 });
	await until(page, 'captions', (s) => s.captions === 2);
	assert.equal((await texts(page))[0], nasty);
	assert.equal(await page.locator('#log :is(img, script, b, i)').count(), 0);
	assert.equal(await page.evaluate(() => window.pwned), undefined);
	fs.writeFileSync(path.join(site.dir, 'fake', 'refuse'), nasty);
	await page.goto(`${site.url}?room=markup&lang=es-ES`);
	await until(page, 'refusal', (s) => s.state === 'refused');
	fs.rmSync(path.join(site.dir, 'fake', 'refuse'));
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
	await until(page, 'captions', (s) => s.captions === 2);
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
		await until(page, 'live', (s) => s.live);
		main.say(...talk(0, 30));
		await until(page, 'captions', (s) => s.captions === 30);
		await settled(page);
		assert.equal(await page.locator('#jump').isVisible(), false);
		await page.mouse.move(200, 400);
		await page.mouse.wheel(0, -600);
		await until(page, 'reader up', (s) => !s.following);
		await page.waitForTimeout(300);	/* the wheel's own glide */
		const before_ = await scroll(page);
		main.say(...talk(30, 34));
		await until(page, 'captions', (s) => s.captions === 34);
		assert.equal((await scroll(page)).top, before_.top);
		assert.equal((await stats(page)).unseen, 4);
		assert.equal(await page.locator('#jump').isVisible(), true);
		await shoot(page, `scrolled-up-${size}`);
		await page.locator('#jump').click();
		await settled(page);
		assert.equal(await page.locator('#jump').isVisible(), false);
		main.say(...talk(34, 36));
		await until(page, 'captions', (s) => s.captions === 36);
		await settled(page);
		assert.equal((await stats(page)).following, true);
		await shoot(page, `followed-${size}`);
		await done(page);
	});

test('larger type and a turned phone keep the end in view', async () => {
	room('resize').say(...talk(0, 6));
	const page = await open('?room=resize&lang=es-ES');
	await until(page, 'live', (s) => s.live);
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
	await until(page, 'captions', (s) => s.captions === 4);
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
	await until(page, 'captions', (s) => s.captions === 3);
	const source = page.locator('#log .source').first();
	assert.equal(await source.isVisible(), false);
	await page.locator('#original').click();
	assert.equal(await source.isVisible(), true);
	assert.equal(await source.textContent(), TALK[0][0]);
	assert.equal(await source.getAttribute('lang'), 'en-US');
	await page.reload();
	await until(page, 'captions', (s) => s.captions === 3);
	assert.equal(await page.locator('#log .source').first().isVisible(), true);
	await shoot(page, 'original-phone');
	await done(page);
});

test('the speaker\'s own words: partials give way to finals', async () => {
	const main = room('source', 'source');
	const page = await open('?room=source&lang=source');
	await until(page, 'link', (s) => s.state === 'open');
	main.say(transcript('u0', 'Good mor', { final: false }),
	    transcript('u0', 'Good morning and', { final: false }));
	await page.locator('#log .draft', { hasText: 'Good morning and' })
	    .waitFor();
	main.say(transcript('u0', 'Good morning, and thank you.'));
	await until(page, 'caption', (s) => s.captions === 1);
	assert.equal(await page.locator('#log .draft').count(), 0);
	assert.deepEqual(await texts(page), ['Good morning, and thank you.']);
	assert.equal(FakeRoom.connections(site, 'source')[0].connected.partials,
	    'true');
	assert.equal(await page.locator('#listen').isDisabled(), true);
	await done(page);
});

test('the voice: asked for by a tap, gap-less, muted, stopped', async () => {
	const main = room('voice');
	const page = await open('?room=voice&lang=es-ES');
	main.say(...talk(0, 1));
	await until(page, 'caption', (s) => s.captions === 1);
	assert.equal((await stats(page)).audio, 'none');
	assert.equal((await stats(page)).sound.samplesPlayed, 0);

	await page.locator('#listen').click();
	await until(page, 'sound', (s) => s.sound.state === 'running' &&
	    s.state === 'open' && s.audio === 'pcm' && s.live);
	const asked = FakeRoom.connections(site, 'voice')
	    .map(({ connected }) => connected);
	assert.equal(asked[0].audio, 'none');
	assert.equal(asked[1].audio, 'pcm');
	assert.equal(asked[1].since, '1001');
	assert.equal((await stats(page)).captions, 1);

	const pcm = tone(440, 3_000);
	main.say(...talk(1, 2), ...audio('u1', 'es-ES', pcm));
	await until(page, 'voice', (s) => s.sound.level > 0.2);
	assert.equal(await page.locator('#log .spoken').getAttribute('data-id'),
	    'u1');
	await shoot(page, 'listening-phone');
	const { sound } = await until(page, 'end of the sentence', (s) =>
	    s.sound.samplesPlayed >= 3 * RATE_HZ);
	assert.equal(sound.rate_hz, RATE_HZ);
	assert.equal(sound.samplesPlayed, 3 * RATE_HZ);
	assert.ok(sound.samplesAudible > 2.9 * RATE_HZ, 'not silence');
	assert.equal(sound.underruns, 0);
	await page.locator('#log .spoken').waitFor({ state: 'detached' });
	const { delayMs } = await stats(page);
	assert.ok(delayMs > 0 && delayMs < 20_000, `delay ${delayMs}`);

	await page.locator('#mute').click();
	assert.equal(await page.locator('#mute').getAttribute('aria-pressed'),
	    'true');
	main.say(...talk(2, 3), ...audio('u2', 'es-ES', tone(660, 4_000)));
	await until(page, 'muted voice', (s) => s.sound.muted &&
	    s.sound.samplesPlayed > 3.5 * RATE_HZ && s.sound.level < 0.001);
	await page.locator('#mute').click();
	await until(page, 'voice again', (s) => s.sound.level > 0.2);

	await page.locator('#listen').click();
	await until(page, 'text only', (s) => s.audio === 'none' &&
	    s.state === 'open' && s.sound.state === 'off' && s.live);
	assert.equal(FakeRoom.connections(site, 'voice').at(-1).connected.audio,
	    'none');
	main.say(...talk(3, 4));
	await until(page, 'caption', (s) => s.captions === 4);
	assert.deepEqual(await texts(page), TALK.slice(0, 4).map(([, es]) => es));
	await done(page);
});

test('chunks that come late are an underrun, then go on', async () => {
	const main = room('jitter');
	const page = await open('?room=jitter&lang=es-ES');
	await page.locator('#listen').click();
	await until(page, 'sound', (s) => s.sound.state === 'running' &&
	    s.audio === 'pcm' && s.live);
	const lines = audio('u0', 'es-ES', tone(440, 1_000), 100);
	main.say(...lines.slice(0, 4));
	await until(page, 'first part', (s) =>
	    s.sound.samplesPlayed === 0.4 * RATE_HZ);
	main.say(...lines.slice(4));
	const { sound } = await until(page, 'the rest', (s) =>
	    s.sound.samplesPlayed === RATE_HZ);
	assert.equal(sound.underruns, 1);
	assert.ok(sound.startMs > 180, 'the buffer grew');
	/* Said again, it is not played again. */
	main.say(...lines, ...audio('u1', 'es-ES', tone(440, 200)));
	await until(page, 'the next', (s) =>
	    s.sound.samplesPlayed === 1.2 * RATE_HZ);
	await done(page);
});

test('without worklets (plain http) the voice plays all the same', async () => {
	const main = room('plain');
	const page = await open('');
	await page.addInitScript(() => {
		Object.defineProperty(BaseAudioContext.prototype, 'audioWorklet',
		    { value: undefined });
	});
	await page.goto(`${site.url}?room=plain&lang=es-ES`);
	await page.locator('#listen').click();
	await until(page, 'sound', (s) => s.sound.state === 'running' &&
	    s.audio === 'pcm' && s.live);
	main.say(...talk(0, 1), ...audio('u0', 'es-ES', tone(440, 1_000)));
	const { sound } = await until(page, 'voice', (s) =>
	    s.sound.samplesPlayed === RATE_HZ);
	assert.ok(sound.samplesAudible > 0.9 * RATE_HZ);
	await done(page);
});

test('a device that will not run at 16 kHz gets resampled sound', async () => {
	const main = room('resample');
	const page = await open('');
	await page.addInitScript(() => {
		const Given = window.AudioContext;
		window.AudioContext = class extends Given {
			constructor({ sampleRate, ...more } = {}) {
				if (sampleRate !== undefined)
					throw new DOMException('no', 'NotSupportedError');
				super({ ...more, sampleRate: 48_000 });
			}
		};
	});
	await page.goto(`${site.url}?room=resample&lang=es-ES`);
	await page.locator('#listen').click();
	await until(page, 'sound', (s) => s.sound.state === 'running' &&
	    s.audio === 'pcm' && s.live);
	main.say(...talk(0, 1), ...audio('u0', 'es-ES', tone(440, 1_000)));
	const { sound } = await until(page, 'voice', (s) =>
	    s.sound.samplesPlayed > 47_900);
	assert.equal(sound.rate_hz, 48_000);
	assert.ok(sound.samplesPlayed <= 48_100, `${sound.samplesPlayed}`);
	assert.ok(sound.samplesAudible > 45_000);
	await done(page);
});

test('the page says hello, then acknowledges what it has read', async () => {
	const main = room('ack');
	const page = await open('?room=ack&lang=es-ES');
	await until(page, 'link', (s) => s.state === 'open');
	const seq = main.say(...talk(0, 4));
	await until(page, 'captions', (s) => s.captions === 4 && s.seq === seq);
	let said;
	await until(page, 'ack', () => {
		const [{ pid }] = FakeRoom.connections(site, 'ack');
		said = FakeRoom.heard(site).filter((h) => h.pid === pid &&
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
	await until(page, 'link', (s) => s.live);
	const seq = main.say(...talk(0, 8));
	await until(page, 'captions', (s) => s.captions === 8);
	assert.equal(await site.stop(), 0);
	await until(page, 'loss', (s) => s.state === 'retrying');
	assert.equal(await page.locator('#state-words').textContent(),
	    'Reconnecting');
	assert.equal(await page.locator('#notice').isVisible(), true);
	await shoot(page, 'reconnecting-phone');
	main.say(...talk(8, 20));
	await site.start();
	await until(page, 'return', (s) => s.state === 'open' && s.live);
	main.say(...talk(20, 22));
	await until(page, 'captions', (s) => s.captions === 22);
	assert.equal(FakeRoom.connections(site, 'resume').at(-1).connected.since,
	    String(seq));
	assert.deepEqual(await page.locator('#log .caption')
	    .evaluateAll((all) => all.map((e) => e.dataset.id)),
	    Array.from({ length: 22 }, (_, i) => `u${i}`));
	assert.equal(await page.locator('#notice').isVisible(), false);
	await done(page);
});

test('over https the page speaks wss', async () => {
	const secure = new Site({ listen: 'fake/listen' });
	const [cert, key] = ['cert', 'key'].map(
	    (name) => path.join(secure.dir, `${name}.pem`));
	try {
		execFileSync('openssl', ['req', '-x509', '-newkey', 'ec',
		    '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
		    '-keyout', key, '-out', cert, '-days', '2',
		    '-subj', '/CN=localhost'], { stdio: 'ignore' });
		await secure.start(['--cert', cert, '--key', key]);
		new FakeRoom(secure, 'tls', 'es-ES').say(...talk(0, 2));
		const page = await openPage(browser,
		    `${secure.url}?room=tls&lang=es-ES`,
		    { ignoreHTTPSErrors: true });
		await until(page, 'captions', (s) => s.captions === 2);
		assert.match(page.url(), /^https:/);
		await done(page);
	} finally {
		await secure.remove();
	}
});

test('a refusal is told with its reason, and not tried again unasked',
    async () => {
	const refuse = path.join(site.dir, 'fake', 'refuse');
	room('refused').say(...talk(0, 1));
	fs.writeFileSync(refuse, 'no such room');
	const page = await open('?room=refused&lang=es-ES');
	await until(page, 'refusal', (s) => s.state === 'refused');
	fs.rmSync(refuse);
	assert.equal(await page.locator('#notice-words').textContent(),
	    'The room refused the connection: no such room');
	assert.equal(FakeRoom.connections(site, 'refused').length, 1);
	await shoot(page, 'refused-phone');
	await page.locator('#retry').click();
	await until(page, 'link', (s) => s.state === 'open');
	assert.equal(FakeRoom.connections(site, 'refused').length, 2);
	assert.equal(await page.locator('#notice').isVisible(), false);
	await done(page);
});

test('what the stages say is told in words', async () => {
	const main = room('status');
	const page = await open('?room=status&lang=es-ES');
	await until(page, 'link', (s) => s.air === 'on');
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
	await until(page, 'wait', (s) => s.air === 'waiting');
	assert.equal(await page.locator('#state-words').textContent(), 'Waiting');
	room('soon').say(...talk(0, 1));
	await until(page, 'caption', (s) => s.captions === 1 && s.air === 'on');
	await done(page);
});

test('rooms and languages are chosen, linked to and remembered', async () => {
	site.writeRoom('hall', { source: 'en-US',
	    targets: ['es-ES', 'ca-ES', 'fr-FR', 'pt-BR', 'pt-PT', 'arb', 'eo'],
	    voiced: { 'es-ES': ['pcm'], 'fr-FR': ['opus', 'pcm'] } });
	site.writeRoom('cellar', { source: 'it-IT', targets: ['en-US'] });
	fs.mkdirSync(path.join(site.run, 'rooms', 'broken'));
	fs.writeFileSync(path.join(site.run, 'rooms', 'broken', 'room.json'),
	    '{"room":');
	room('hall').say(...talk(0, 2));
	const answer = await (await fetch(`${site.url}api/rooms`)).json();
	assert.deepEqual(answer.map(({ room: name, on }) => [name, on]),
	    [['cellar', false], ['hall', false]]);

	const page = await open('');
	await page.locator('#rooms a').first().waitFor();
	assert.equal(await page.locator('#rooms a').count(), 2);
	await page.getByRole('link', { name: 'hall' }).click();
	await page.locator('#languages a').first().waitFor();
	assert.deepEqual(await page.locator('#languages strong')
	    .allTextContents(), ['Español', 'Català', 'Français',
	    'Português (Brasil)', 'Português (Portugal)', 'العربية',
	    'Esperanto', 'Original']);
	assert.equal(await page.locator('#languages [lang=arb]')
	    .getAttribute('dir'), 'rtl');
	await shoot(page, 'chooser-phone');
	await page.setViewportSize(MONITOR);
	await shoot(page, 'chooser-monitor');
	await page.setViewportSize(PHONE);
	await page.getByRole('link', { name: /Español/ }).click();
	await until(page, 'captions', (s) => s.captions === 2);
	assert.equal(new URL(page.url()).search, '?room=hall&lang=es-ES');
	await page.goBack();
	await page.locator('#chooser').waitFor();
	await page.goForward();
	await page.locator('#reader').waitFor();
	await page.locator('#change').click();
	await page.locator('#chooser').waitFor();
	assert.equal(new URL(page.url()).search, '?room=hall');

	await page.goto(site.url);
	await until(page, 'captions', (s) => s.captions === 2);
	assert.equal(new URL(page.url()).search, '?room=hall&lang=es-ES');
	await done(page);
});

test('another language: its captions alone, the voice goes on', async () => {
	site.writeRoom('hall', { source: 'en-US', targets: ['es-ES', 'fr-FR'] });
	room('hall').say(...talk(0, 3));
	const french = room('hall', 'fr-FR');
	const page = await open('?room=hall&lang=es-ES');
	await until(page, 'captions', (s) => s.captions === 3);
	await page.locator('#listen').click();
	await until(page, 'sound', (s) => s.sound.state === 'running' &&
	    s.audio === 'pcm');
	await page.locator('#change').click();
	await page.getByRole('link', { name: /Français/ }).click();
	await until(page, 'French', (s) => s.captions === 0 &&
	    s.state === 'open' && s.live);
	const { connected } = FakeRoom.connections(site, 'hall').at(-1);
	assert.deepEqual({ ...connected },
	    { room: 'hall', lang: 'fr-FR', audio: 'pcm' });
	french.say(translation('u9', 'fr-FR', 'Bonjour et merci.'),
	    ...audio('u9', 'fr-FR', tone(330, 500)));
	await until(page, 'French voice', (s) => s.captions === 1 &&
	    s.sound.samplesPlayed === RATE_HZ / 2);
	await done(page);
});

test('themes, type and the page\'s own language are settings', async () => {
	room('settings').say(...talk(0, 6));
	const page = await open('?room=settings&lang=es-ES',
	    { locale: 'it-IT' });
	await until(page, 'captions', (s) => s.captions === 5 && s.live);
	assert.equal(await page.locator('#state-words').textContent(),
	    'In diretta');
	assert.equal(await page.locator('html').getAttribute('lang'), 'it');
	await page.locator('.bar [data-open-settings]').click();
	await page.getByRole('radio', { name: 'Chiaro' }).check();
	await page.locator('#page-language').selectOption('fr');
	await shoot(page, 'settings-phone');
	await page.keyboard.press('Escape');
	assert.equal(await page.locator('#listen-words').textContent(),
	    'Écouter');
	await page.setViewportSize(MONITOR);
	await settled(page);
	await shoot(page, 'light-monitor');
	await page.reload();
	await until(page, 'captions', (s) => s.captions === 5);
	assert.equal(await page.locator('html').getAttribute('data-theme'),
	    'light');
	assert.equal(await page.locator('html').getAttribute('lang'), 'fr');
	await page.locator('.bar [data-open-settings]').click();
	await page.locator('[name=theme][value=contrast]').check();
	await page.locator('#page-language').selectOption('');
	await page.keyboard.press('Escape');
	await shoot(page, 'contrast-monitor');
	await done(page);
});

test('a page whose storage holds nonsense, or none, works', async () => {
	room('storage').say(...talk(0, 1));
	const page = await open('');
	await page.evaluate(() => localStorage.setItem('pipebooth',
	    '{"theme":"<b>","size":99,"room":7,"original":"yes"}'));
	await page.goto(`${site.url}?room=storage&lang=es-ES`);
	await until(page, 'caption', (s) => s.captions === 1);
	assert.equal(await page.locator('html').getAttribute('data-theme'),
	    'dark');
	await page.addInitScript(() => {
		Object.defineProperty(window, 'localStorage', { get() {
			throw new DOMException('denied', 'SecurityError');
		} });
	});
	await page.reload();
	await until(page, 'caption', (s) => s.captions === 1);
	await done(page);
});

test('every control has a name, and a thumb\'s size', async () => {
	room('access').say(...talk(0, 2));
	const page = await open('?room=access&lang=es-ES');
	await until(page, 'captions', (s) => s.captions === 2);
	await page.locator('#listen').click();
	await until(page, 'sound', (s) => s.sound.state === 'running');
	const check = () => page.evaluate(() => [...document.querySelectorAll(
	    'button, a, select, input')].filter((e) => e.checkVisibility())
	    .map((e) => {
		const box = (e.closest('label.field') === null
		    ? e.closest('label') ?? e : e).getBoundingClientRect();
		const name = e.getAttribute('aria-label') ||
		    (e.closest('label') ?? e).textContent.trim();
		return { name, id: e.id, width: box.width, height: box.height };
	}).filter(({ name, width, height }) =>
	    name === '' || width < 44 || height < 44));
	assert.deepEqual(await check(), []);
	await page.locator('.bar [data-open-settings]').click();
	assert.deepEqual(await check(), []);
	await done(page);
});
