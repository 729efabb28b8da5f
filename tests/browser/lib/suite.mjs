/*
 * What the suites of the pages share: a site with a `listen` that says what the
 * test wants, a browser, and a talk.
 */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { Broadcast } from './broadcast.mjs';
import { launch, openPage, stats } from './browser.mjs';
import { translation } from './lines.mjs';
import { FakeRoom, Site } from './site.mjs';

export const TALK = [
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

/* Spanish sentences u<from> to u<to - 1>. */
export function talk(from, to) {
	return Array.from({ length: to - from }, (_, i) => {
		const [en, es] = TALK[(from + i) % TALK.length];
		return translation(`u${from + i}`, 'es-ES', es, { source_text: en });
	});
}

/* Set up before the tests of this file, and clean up after them. */
export function suite(options = { programs: ['fake/listen', 'fake/token'] }) {
	const s = {
		site: null,
		browser: null,
		open: (query, more) => openPage(s.browser, `${s.site.url}${query}`,
		    more),
		room: (name, lang = 'es-ES') => new FakeRoom(s.site, name, lang),
		/* The last word on a page: nothing happened that must not. */
		async done(page) {
			assert.deepEqual(page.complaints, []);
			assert.equal((await stats(page)).garbled, 0);
			await page.context().close();
		},
	};
	before(async () => {
		s.site = new Site(options);
		await s.site.start();
		s.browser = await launch();
	});
	after(async () => {
		await Broadcast.killAll();
		await s.browser?.close();
		await s.site?.remove();
	});
	return s;
}

export const texts = (page) =>
    page.locator('#log .caption .text').allTextContents();

export const ids = (page) => page.locator('#log .caption').evaluateAll(
    (all) => all.map((e) => e.dataset.id));

/* Until the captions have come to their end. */
export const settled = (page) => page.waitForFunction(() => {
	const e = document.querySelector('#scroller');
	return e.scrollHeight - e.scrollTop - e.clientHeight < 2;
});

/* No part of a page stands out of it: elements that do, by name. */
export const overflow = (page) => page.evaluate(() => {
	const width = document.documentElement.clientWidth;
	const wide = [...document.querySelectorAll('body *')].filter((e) =>
	    e.checkVisibility() && !e.closest('.scroller, .sample, .index') &&
	    (e.getBoundingClientRect().right > width + 1 ||
	    e.getBoundingClientRect().left < -1)).map((e) => e.outerHTML
	    .slice(0, 80));
	return document.documentElement.scrollWidth > width
	    ? ['the page scrolls sideways', ...wide] : wide;
});
