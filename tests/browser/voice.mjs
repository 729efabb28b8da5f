/*
 * The listener's voice in Chromium, behind a real websocketd and a `listen` that
 * says what the test wants.  Run by tests/e2e/browser-voice.sh.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { shoot, stats, until } from './lib/browser.mjs';
import { audio, RATE_HZ, tone } from './lib/lines.mjs';
import { FakeRoom } from './lib/site.mjs';
import { suite, TALK, talk, texts } from './lib/suite.mjs';

const s = suite();
const { open, room, done } = s;

test('the voice: asked for by a tap, gap-less, muted, stopped', async () => {
	const main = room('voice');
	const page = await open('?room=voice&lang=es-ES');
	main.say(...talk(0, 1));
	await until(page, 'caption', (t) => t.captions === 1);
	assert.equal((await stats(page)).audio, 'none');
	assert.equal((await stats(page)).sound.samplesPlayed, 0);

	await page.locator('#listen').click();
	await until(page, 'sound', (t) => t.sound.state === 'running' &&
	    t.state === 'open' && t.audio === 'opus' && t.live);
	const asked = FakeRoom.connections(s.site, 'voice')
	    .map(({ connected }) => connected);
	assert.equal(asked[0].audio, 'none');
	assert.equal(asked[1].audio, 'opus');
	assert.equal(asked[1].since, '1001');
	assert.equal((await stats(page)).captions, 1);

	const pcm = tone(440, 3_000);
	main.say(...talk(1, 2), ...audio('u1', 'es-ES', pcm));
	await until(page, 'voice', (t) => t.sound.level > 0.2);
	assert.equal(await page.locator('#log .spoken').getAttribute('data-id'),
	    'u1');
	await shoot(page, 'listening-phone');
	const { sound } = await until(page, 'end of the sentence', (t) =>
	    t.sound.samplesPlayed >= 3 * RATE_HZ);
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
	await until(page, 'muted voice', (t) => t.sound.muted &&
	    t.sound.samplesPlayed > 3.5 * RATE_HZ && t.sound.level < 0.001);
	await page.locator('#mute').click();
	await until(page, 'voice again', (t) => t.sound.level > 0.2);

	await page.locator('#listen').click();
	await until(page, 'text only', (t) => t.audio === 'none' &&
	    t.state === 'open' && t.sound.state === 'off' && t.live);
	assert.equal(FakeRoom.connections(s.site, 'voice').at(-1).connected.audio,
	    'none');
	main.say(...talk(3, 4));
	await until(page, 'caption', (t) => t.captions === 4);
	assert.deepEqual(await texts(page), TALK.slice(0, 4).map(([, es]) => es));
	await done(page);
});

test('chunks that come late are an underrun, then go on', async () => {
	const main = room('jitter');
	const page = await open('?room=jitter&lang=es-ES');
	await page.locator('#listen').click();
	await until(page, 'sound', (t) => t.sound.state === 'running' &&
	    t.audio === 'opus' && t.live);
	const lines = audio('u0', 'es-ES', tone(440, 1_000), 100);
	main.say(...lines.slice(0, 4));
	await until(page, 'first part', (t) =>
	    t.sound.samplesPlayed === 0.4 * RATE_HZ);
	main.say(...lines.slice(4));
	const { sound } = await until(page, 'the rest', (t) =>
	    t.sound.samplesPlayed === RATE_HZ);
	assert.equal(sound.underruns, 1);
	assert.ok(sound.startMs > 180, 'the buffer grew');
	/* Said again, it is not played again. */
	main.say(...lines, ...audio('u1', 'es-ES', tone(440, 200)));
	await until(page, 'the next', (t) =>
	    t.sound.samplesPlayed === 1.2 * RATE_HZ);
	await done(page);
});

test('without worklets (plain http) the voice plays all the same', async () => {
	const main = room('plain');
	const page = await open('');
	await page.addInitScript(() => {
		Object.defineProperty(BaseAudioContext.prototype, 'audioWorklet',
		    { value: undefined });
	});
	await page.goto(`${s.site.url}?room=plain&lang=es-ES`);
	await page.locator('#listen').click();
	await until(page, 'sound', (t) => t.sound.state === 'running' &&
	    t.audio === 'opus' && t.live);
	main.say(...talk(0, 1), ...audio('u0', 'es-ES', tone(440, 1_000)));
	const { sound } = await until(page, 'voice', (t) =>
	    t.sound.samplesPlayed === RATE_HZ);
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
	await page.goto(`${s.site.url}?room=resample&lang=es-ES`);
	await page.locator('#listen').click();
	await until(page, 'sound', (t) => t.sound.state === 'running' &&
	    t.audio === 'opus' && t.live);
	main.say(...talk(0, 1), ...audio('u0', 'es-ES', tone(440, 1_000)));
	const { sound } = await until(page, 'voice', (t) =>
	    t.sound.samplesPlayed > 47_900);
	assert.equal(sound.rate_hz, 48_000);
	assert.ok(sound.samplesPlayed <= 48_100, `${sound.samplesPlayed}`);
	assert.ok(sound.samplesAudible > 45_000);
	await done(page);
});
