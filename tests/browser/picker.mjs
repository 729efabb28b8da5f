/*
 * Rooms and languages, settings, and what all controls must be, in Chromium.
 * Run by tests/e2e/browser-picker.sh.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Broadcast } from './lib/broadcast.mjs';
import { MONITOR, PHONE, shoot, until } from './lib/browser.mjs';
import { audio, RATE_HZ, tone, translation } from './lib/lines.mjs';
import { FakeRoom } from './lib/site.mjs';
import { overflow, settled, suite, talk } from './lib/suite.mjs';

const s = suite();
const { open, room, done } = s;

/* What /api/<path> says, once it says that check() holds. */
async function api(path_, check) {
	const end = Date.now() + 120_000;
	for (;;) {
		const answer = await (await fetch(`${s.site.url}api/${path_}`)).json();
		if (check(answer))
			return answer;
		assert.ok(Date.now() < end, JSON.stringify(answer));
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

const isOn = (name, n) => (rooms) => rooms.some(({ room: one, on, targets }) =>
    one === name && on && targets.length === n);

test('rooms that are on are chosen, linked to and remembered', async () => {
	const hall = new Broadcast(s.site, 'hall', ['--title', 'The hall']);
	hall.announce({ source: 'en-US', targets: ['es-ES', 'ca-ES', 'fr-FR',
	    'pt-BR', 'pt-PT', 'arb', 'eo'], voices: ['es-ES', 'fr-FR'] });
	const attic = new Broadcast(s.site, 'attic');
	attic.announce({ source: 'it-IT', targets: ['en-US'] });
	/* One that is off, and one that is half written. */
	s.site.writeRoom('cellar', { source: 'it-IT', targets: ['en-US'], on: true });
	fs.mkdirSync(path.join(s.site.run, 'rooms', 'broken'));
	fs.writeFileSync(path.join(s.site.run, 'rooms', 'broken', 'room.json'),
	    '{"room":');
	await api('rooms', isOn('hall', 7));
	const answer = await api('rooms', isOn('attic', 1));
	assert.deepEqual(answer.map(({ room: name, on }) => [name, on]),
	    [['attic', true], ['cellar', false], ['hall', true]]);
	const { languages } = await api('languages?room=hall', () => true);
	assert.deepEqual(languages.find(({ lang }) => lang === 'ca-ES'),
	    { lang: 'ca-ES', name: 'català', formats: ['text'] });
	room('hall').say(...talk(0, 2));

	const page = await open('');
	await page.locator('#rooms a').first().waitFor();
	assert.deepEqual(await page.locator('#rooms strong').allTextContents(),
	    ['attic', 'The hall']);
	assert.deepEqual(await page.locator('#rooms small').allTextContents(),
	    ['Spoken: Italian (Italy)', 'Spoken: English (United States)']);
	assert.equal(await page.locator('#chooser-title').textContent(),
	    'Choose a room');
	await shoot(page, 'rooms-phone');
	await page.getByRole('link', { name: 'hall' }).click();
	await page.locator('#languages a').first().waitFor();
	assert.deepEqual(await page.locator('#languages strong')
	    .allTextContents(), ['Original', 'Català', 'Español', 'Esperanto',
	    'Français', 'Português (Brasil)', 'Português (Portugal)', 'العربية']);
	assert.equal(await page.locator('#languages [lang=arb]')
	    .getAttribute('dir'), 'rtl');
	assert.equal(await page.getByRole('link', { name: /Français/ })
	    .locator('span').textContent(), 'French · Text and voice');
	assert.equal(await page.locator('#chooser-title').textContent(),
	    'Choose a language');
	await shoot(page, 'chooser-phone');
	await page.setViewportSize(MONITOR);
	await shoot(page, 'chooser-monitor');
	await page.setViewportSize(PHONE);
	await page.getByRole('link', { name: /Español/ }).click();
	await until(page, 'captions', (t) => t.captions === 2);
	assert.equal(new URL(page.url()).search, '?room=hall&lang=es-ES');
	await page.goBack();
	await page.locator('#chooser').waitFor();
	await page.goForward();
	await page.locator('#reader').waitFor();
	await page.locator('#change').click();
	await page.locator('#chooser').waitFor();
	assert.equal(new URL(page.url()).search, '?room=hall');

	await page.goto(s.site.url);
	await until(page, 'captions', (t) => t.captions === 2);
	assert.equal(new URL(page.url()).search, '?room=hall&lang=es-ES');
	await done(page);

	/* A reader's own language stands first. */
	const french = await open('?room=hall', { locale: 'fr-CA' });
	await french.locator('#languages a').first().waitFor();
	assert.deepEqual((await french.locator('#languages strong')
	    .allTextContents()).slice(0, 3), ['Français', 'Original', 'Català']);
	await attic.end();
	await hall.end();
	await french.goto(s.site.url);
	await french.locator('#chooser-note', { hasText: 'Aucune salle' }).waitFor();
	await shoot(french, 'no-rooms-phone');
	await done(french);
});

test('among many languages one is found by any of its names', async () => {
	const many = new Broadcast(s.site, 'many');
	const targets = ['af-ZA', 'arb', 'bg-BG', 'cmn-CN', 'cs-CZ', 'da-DK',
	    'de-DE', 'el-GR', 'es-ES', 'et-EE', 'fi-FI', 'fr-FR', 'he-IL',
	    'hi-IN', 'ja-JP', 'pt-BR'];
	many.announce({ source: 'en-US', targets });
	await api('rooms', isOn('many', targets.length));
	const page = await open('?room=many');
	const shown = page.locator('#languages strong');
	await shown.nth(16).waitFor();
	for (const [typed, expected] of [['cest', 'Čeština'], ['CHIN', '中文'],
	    ['ja-', '日本語'], ['עבר', 'עברית'], ['portugu', 'Português']]) {
		await page.locator('#find').fill(typed);
		assert.deepEqual(await shown.allTextContents(), [expected]);
	}
	await page.locator('#find').fill('klingon');
	await page.locator('#chooser-note', { hasText: 'No language by' }).waitFor();
	await page.locator('#find').fill('');
	assert.equal(await shown.count(), 17);
	await shoot(page, 'many-languages-phone');
	await many.end();
	await done(page);
});

test('another language: its captions alone, the voice goes on', async () => {
	s.site.writeRoom('hall', { source: 'en-US', targets: ['es-ES', 'fr-FR'] });
	room('hall').say(...talk(0, 3));
	const french = room('hall', 'fr-FR');
	const page = await open('?room=hall&lang=es-ES');
	await until(page, 'captions', (t) => t.captions === 3);
	await page.locator('#listen').click();
	await until(page, 'sound', (t) => t.sound.state === 'running' &&
	    t.audio === 'opus');
	await page.locator('#change').click();
	await page.getByRole('link', { name: /Français/ }).click();
	await until(page, 'French', (t) => t.captions === 0 &&
	    t.state === 'open' && t.live);
	const { connected } = FakeRoom.connections(s.site, 'hall').at(-1);
	assert.deepEqual({ ...connected },
	    { room: 'hall', lang: 'fr-FR', audio: 'opus' });
	french.say(translation('u9', 'fr-FR', 'Bonjour et merci.'),
	    ...audio('u9', 'fr-FR', tone(330, 500)));
	await until(page, 'French voice', (t) => t.captions === 1 &&
	    t.sound.samplesPlayed === RATE_HZ / 2);
	await done(page);
});

test('themes, type and the page\'s own language are settings', async () => {
	room('settings').say(...talk(0, 6));
	const page = await open('?room=settings&lang=es-ES',
	    { locale: 'it-IT' });
	await until(page, 'captions', (t) => t.captions === 5 && t.live);
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
	await until(page, 'captions', (t) => t.captions === 5);
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
	await page.goto(`${s.site.url}?room=storage&lang=es-ES`);
	await until(page, 'caption', (t) => t.captions === 1);
	assert.equal(await page.locator('html').getAttribute('data-theme'),
	    'dark');
	await page.addInitScript(() => {
		Object.defineProperty(window, 'localStorage', { get() {
			throw new DOMException('denied', 'SecurityError');
		} });
	});
	await page.reload();
	await until(page, 'caption', (t) => t.captions === 1);
	await done(page);
});

test('every control has a name, and a thumb\'s size', async () => {
	room('access').say(...talk(0, 2));
	const page = await open('?room=access&lang=es-ES');
	await until(page, 'captions', (t) => t.captions === 2);
	await page.locator('#listen').click();
	await until(page, 'sound', (t) => t.sound.state === 'running');
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

/* The first message of the newest connection to a room. */
async function hello(page, name) {
	let first;
	await until(page, 'hello', () => {
		const { pid } = FakeRoom.connections(s.site, name).at(-1);
		first = FakeRoom.heard(s.site).find((h) => h.pid === pid &&
		    h.message !== undefined);
		return first !== undefined;
	});
	return JSON.parse(first.message);
}

test('a token is taken from the link, and kept for this tab', async () => {
	room('closed').say(...talk(0, 2));
	const page = await open('?room=closed&lang=es-ES#token=a.b-c_d');
	await until(page, 'captions', (t) => t.captions === 2);
	assert.deepEqual(await hello(page, 'closed'), { type: 'hello', token: 'a.b-c_d' });
	assert.equal(page.url(), `${s.site.url}?room=closed&lang=es-ES`);
	await page.reload();
	await until(page, 'captions', (t) => t.captions === 2);
	assert.deepEqual(await hello(page, 'closed'), { type: 'hello', token: 'a.b-c_d' });
	/* In the next view, too, and in no address that was asked for. */
	await page.locator('#change').click();
	await page.locator('#chooser').waitFor();
	assert.ok(!page.url().includes('a.b-c_d'));
	for (const heard of FakeRoom.connections(s.site, 'closed'))
		assert.deepEqual(Object.keys(heard.connected).sort(),
		    ['audio', 'lang', 'room']);
	await done(page);

	/* A new code in the same tab counts at once. */
	const same = await open('?room=closed&lang=es-ES#token=old');
	await until(same, 'captions', (t) => t.captions === 2);
	assert.deepEqual(await hello(same, 'closed'), { type: 'hello', token: 'old' });
	await Promise.all([same.waitForEvent('load'), same.evaluate(() => {
		location.hash = 'token=new';
	})]);
	await until(same, 'captions', (t) => t.captions === 2);
	assert.deepEqual(await hello(same, 'closed'), { type: 'hello', token: 'new' });
	assert.equal(same.url(), `${s.site.url}?room=closed&lang=es-ES`);
	await done(same);

	/* Another tab knows nothing of it. */
	const other = await open('?room=closed&lang=es-ES');
	await until(other, 'captions', (t) => t.captions === 2);
	assert.deepEqual(await hello(other, 'closed'), { type: 'hello' });
	await done(other);
});

test('without storage a token holds for the page', async () => {
	room('nostore').say(...talk(0, 1));
	const page = await open('');
	await page.addInitScript(() => {
		for (const name of ['localStorage', 'sessionStorage'])
			Object.defineProperty(window, name, { get() {
				throw new DOMException('denied', 'SecurityError');
			} });
	});
	await page.goto(`${s.site.url}?room=nostore&lang=es-ES#token=xyz`);
	await until(page, 'captions', (t) => t.captions === 1);
	assert.deepEqual(await hello(page, 'nostore'), { type: 'hello', token: 'xyz' });
	await done(page);
});

/* Words differ in length: every page in every language, from the smallest
 * phone to a monitor. */
test('pages fit, from 320 px to a monitor, in every language', async () => {
	const hall = new Broadcast(s.site, 'fit');
	hall.announce({ source: 'en-US', targets: ['es-ES', 'pt-BR', 'pt-PT'],
	    voices: ['es-ES'] });
	await api('rooms', isOn('fit', 3));
	room('fit').say(...talk(0, 6));
	const page = await open('');
	for (const lang of ['en', 'it', 'es', 'fr', 'de', 'ar']) {
		await page.evaluate((page_language) => localStorage.setItem(
		    'pipebooth', JSON.stringify({ page_language })), lang);
		for (const width of [320, 390, 768, 1920]) {
			await page.setViewportSize({ width,
			    height: width < 1000 ? 700 : 1080 });
			const fits = async (where) => assert.deepEqual(
			    await overflow(page), [], `${where} ${lang} ${width}`);
			await page.goto(`${s.site.url}?room=fit`);
			await page.locator('#languages a').first().waitFor();
			await fits('chooser');
			await page.goto(`${s.site.url}?room=fit&lang=es-ES`);
			await until(page, 'captions', (t) => t.captions > 0);
			await fits('reader');
			if (width === 320) {
				await page.locator('#listen').click();
				await until(page, 'sound', (t) =>
				    t.sound.state === 'running');
				await fits('listener');
				await page.locator('.bar [data-open-settings]').click();
				await fits('settings');
				if (['de', 'ar'].includes(lang))
					await shoot(page, `settings-${lang}-320`);
				await page.keyboard.press('Escape');
				if (['de', 'ar'].includes(lang))
					await shoot(page, `listening-${lang}-320`);
			}
			await page.goto(`${s.site.url}video.html?room=fit&lang=es-ES`);
			await until(page, 'captions', (t) => t.captions > 0);
			await fits('video');
		}
	}
	assert.equal(await page.locator('html').getAttribute('dir'), 'rtl');
	await page.goto(`${s.site.url}?room=fit`);
	await page.locator('#languages a').first().waitFor();
	await shoot(page, 'chooser-rtl-monitor');
	await hall.end();
	await done(page);
});

test('who asks for more contrast, or less motion, gets it', async () => {
	room('prefer').say(...talk(0, 6));
	const page = await open('?room=prefer&lang=es-ES',
	    { contrast: 'more', reducedMotion: 'reduce' });
	await until(page, 'captions', (t) => t.captions === 5);
	assert.equal(await page.locator('html').getAttribute('data-theme'),
	    'contrast');
	assert.deepEqual(await page.evaluate(() => document.getAnimations()
	    .map((a) => a.animationName)), []);
	assert.equal(await page.locator('.caption').last().evaluate((e) =>
	    getComputedStyle(e).transitionDuration), '0s');
	await done(page);
});

test('by keyboard alone: a language, the voice, the settings, back', async () => {
	site_room();
	const page = await open('?room=keys');
	await page.locator('#languages a').first().waitFor();
	const focused = () => page.evaluate(() => {
		const e = document.activeElement;
		return e.id || e.getAttribute('href') || e.tagName;
	});
	const tabTo = async (what) => {
		for (let i = 0; i < 20; i++) {
			await page.keyboard.press('Tab');
			if ((await focused()).includes(what))
				return;
		}
		throw new Error(`no way to ${what}`);
	};
	await tabTo('lang=es-ES');
	await page.keyboard.press('Enter');
	await until(page, 'captions', (t) => t.captions === 2);
	/* In the order in which they stand. */
	const order = [];
	await page.locator('#change').focus();
	for (let i = 0; i < 4; i++) {
		await page.keyboard.press('Tab');
		order.push(await page.evaluate(() => document.activeElement.id ||
		    (document.activeElement.dataset.openSettings !== undefined
			? 'settings' : '')));
	}
	assert.deepEqual(order, ['settings', 'scroller', 'listen', 'original']);
	await page.locator('#listen').focus();
	await page.keyboard.press('Space');
	await until(page, 'sound', (t) => t.sound.state === 'running');
	await page.locator('.bar [data-open-settings]').focus();
	await page.keyboard.press('Enter');
	await page.locator('#settings[open]').waitFor();
	await page.keyboard.press('Escape');
	assert.equal(await page.evaluate(() =>
	    document.activeElement.dataset.openSettings), '');
	await done(page);
});

function site_room() {
	s.site.writeRoom('keys', { source: 'en-US', targets: ['es-ES', 'fr-FR'] });
	room('keys').say(...talk(0, 2));
}

test('a screen reader finds its way: landmarks, names, live regions', async () => {
	room('roles').say(...talk(0, 2));
	const page = await open('?room=roles&lang=es-ES');
	await until(page, 'captions', (t) => t.captions === 2 && t.live);
	for (const [role, name] of [['banner'], ['main'], ['contentinfo'],
	    ['heading', /Español/], ['log', 'Captions'], ['region', 'Captions'],
	    ['button', 'Listen'], ['button', 'Original text'],
	    ['button', 'Settings']])
		assert.equal(await page.getByRole(role, { name }).count(), 1,
		    `${role} ${name}`);
	assert.equal(await page.getByRole('button', { name: 'Original text' })
	    .getAttribute('aria-pressed'), 'false');
	assert.equal(await page.locator('#log').getAttribute('aria-live'),
	    'polite');
	for (const where of ['', 'video.html?room=roles&lang=es-ES',
	    'display.html?room=roles&lang=es-ES']) {
		await page.goto(s.site.url + where);
		assert.equal(await page.getByRole('main').count(), 1, where);
		/* No control without a name, no picture without words. */
		assert.deepEqual(await page.evaluate(() =>
		    [...document.querySelectorAll('button, a, input, select, img')]
		    .filter((e) => e.checkVisibility())
		    .filter((e) => !(e.getAttribute('aria-label') || e.alt ||
			(e.closest('label') ?? e).textContent.trim()))
		    .map((e) => e.outerHTML)), [], where);
	}
	await done(page);
});

test('the screen is kept on while one reads, and after a while at the ' +
    'chooser nothing is wanted any more', async () => {
	s.site.writeRoom('awake', { source: 'en-US', targets: ['es-ES'] });
	room('awake').say(...talk(0, 2));
	const page = await open('');
	await page.clock.install();
	await page.addInitScript(() => {
		window.locks = 0;
		navigator.wakeLock.request = async () => {
			window.locks++;
			const lock = { released: false, release() {
				if (!this.released)
					window.locks--;
				this.released = true;
			} };
			return lock;
		};
	});
	await page.goto(`${s.site.url}?room=awake&lang=es-ES`);
	await until(page, 'captions', (t) => t.captions === 2);
	assert.equal(await page.evaluate(() => window.locks), 1);
	await page.locator('#change').click();
	await page.locator('#languages a').first().waitFor();
	assert.equal((await until(page, 'link', (t) => t.state === 'open')).state,
	    'open');
	await page.clock.runFor(61_000);
	await until(page, 'end', (t) => t.state === 'closed');
	assert.equal(await page.evaluate(() => window.locks), 0);
	await page.getByRole('link', { name: /Español/ }).click();
	await until(page, 'link', (t) => t.state === 'open');
	assert.equal(await page.evaluate(() => window.locks), 1);
	await done(page);
});
