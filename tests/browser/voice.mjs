/*
 * The listener's voice in Chromium, behind a real websocketd and a `listen` that
 * says what the test wants.  Run by tests/e2e/browser-voice.sh.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { shoot, stats, until } from './lib/browser.mjs';
import { audio, opusAudio, opusPackets, RATE_HZ, tone } from './lib/lines.mjs';
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

/* A reader with the voice on. */
async function listening(query) {
	const page = await open(query);
	await page.locator('#listen').click();
	await until(page, 'sound', (t) => t.sound.state === 'running' &&
	    t.audio !== 'none' && t.live);
	return page;
}

test('Opus is asked for, decoded, and heard', async () => {
	const main = room('opus');
	const page = await listening('?room=opus&lang=es-ES');
	assert.equal(FakeRoom.connections(s.site, 'opus').at(-1).connected.audio,
	    'opus');
	const packets = await opusPackets(page, 440, 1_000);
	assert.ok(packets.length >= 50, `${packets.length} packets`);
	main.say(...talk(0, 1), ...opusAudio('u0', 'es-ES', packets));
	await until(page, 'voice', (t) => t.sound.level > 0.2);
	const { sound } = await until(page, 'all of it', (t) =>
	    t.sound.samplesPlayed >= packets.length * 320 - 48);
	assert.equal(sound.decoded.opus, Math.ceil(packets.length / 10));
	assert.equal(sound.decoded.pcm, 0);
	assert.ok(sound.samplesAudible > 0.9 * RATE_HZ, `${sound.samplesAudible}`);
	assert.equal(sound.hasElement, true);
	assert.equal(sound.refused, 0);
	/* An end without packets, a line that is broken, and PCM beside it. */
	main.say({ ...opusAudio('u1', 'es-ES', packets.slice(0, 1))[0],
	    last: false }, { type: 'audio', id: 'u1', lang: 'es-ES', n: 1,
		last: true, encoding: 'opus', rate_hz: RATE_HZ, data: '' },
	    { type: 'audio', id: 'u2', lang: 'es-ES', n: 0, last: true,
		encoding: 'opus', data: 'AAMB' },
	    ...audio('u4', 'es-ES', tone(440, 200)));
	const after = await until(page, 'the PCM', (t) => t.sound.decoded.pcm === 1);
	assert.equal(after.sound.refused, 1);
	await until(page, 'its sound', (t) => t.sound.samplesPlayed >=
	    packets.length * 320 + 3_400);
	await done(page);
});

test('where no Opus can be decoded, PCM is asked for', async () => {
	room('no-opus').say(...talk(0, 1));
	const page = await open('');
	await page.addInitScript(() => {
		delete window.AudioDecoder;
	});
	await page.goto(`${s.site.url}?room=no-opus&lang=es-ES`);
	await until(page, 'caption', (t) => t.captions === 1);
	await page.locator('#listen').click();
	await until(page, 'sound', (t) => t.audio === 'pcm' &&
	    t.state === 'open' && t.live);
	assert.equal(FakeRoom.connections(s.site, 'no-opus').at(-1).connected
	    .audio, 'pcm');
	await done(page);
});

test('a decoder that fails is left for PCM, with no word lost', async () => {
	const main = room('bad-opus');
	const page = await listening('?room=bad-opus&lang=es-ES');
	const garbage = Buffer.from('ffffffffffffffff', 'hex');
	main.say(...talk(0, 2), ...opusAudio('u0', 'es-ES',
	    Array.from({ length: 20 }, () => garbage)));
	await until(page, 'PCM', (t) => t.audio === 'pcm' && t.live);
	main.say(...talk(2, 3), ...audio('u2', 'es-ES', tone(440, 500)));
	await until(page, 'voice', (t) => t.sound.samplesAudible > RATE_HZ / 4 &&
	    t.captions === 3);
	await done(page);
});

test('a sentence that is taken back is not heard to its end', async () => {
	const main = room('unsay');
	const page = await listening('?room=unsay&lang=es-ES');
	const lines = audio('u0', 'es-ES', tone(440, 20_000));
	main.say(...talk(0, 2), ...lines.slice(0, 80),
	    ...audio('u1', 'es-ES', tone(880, 1_000)));
	await until(page, 'voice', (t) => t.sound.level > 0.2);
	main.say({ type: 'retraction', id: 'u0', at_ms: Date.now() },
	    ...lines.slice(80));
	const { sound } = await until(page, 'silence', (t) =>
	    t.captions === 1 && t.sound.bufferedMs === 0 && t.sound.level < 0.001);
	assert.ok(sound.samplesPlayed < 15 * RATE_HZ, `${sound.samplesPlayed}`);
	assert.ok(sound.skipped >= 1);
	assert.equal(await page.locator('#log .spoken').count(), 0);
	await done(page);
});

test('the lock screen pauses and plays; a pause moves no audio', async () => {
	const main = room('lock');
	const page = await open('');
	await page.addInitScript(() => {
		window.keys = {};
		navigator.mediaSession.setActionHandler = (action, handler) => {
			window.keys[action] = handler;
		};
	});
	await page.goto(`${s.site.url}?room=lock&lang=es-ES`);
	main.say(...talk(0, 1));
	await until(page, 'caption', (t) => t.captions === 1);
	await page.locator('#listen').click();
	await until(page, 'sound', (t) => t.sound.state === 'running' &&
	    t.audio === 'opus' && t.live);
	const session = () => page.evaluate(() => ({
	    state: navigator.mediaSession.playbackState,
	    title: navigator.mediaSession.metadata.title,
	    artist: navigator.mediaSession.metadata.artist,
	    paused: document.querySelector('audio').paused }));
	assert.deepEqual(await session(), { state: 'playing', title: 'lock',
	    artist: 'Español (España)', paused: false });
	main.say(...audio('u0', 'es-ES', tone(440, 10_000)));
	await until(page, 'voice', (t) => t.sound.level > 0.2);

	await page.evaluate(() => window.keys.pause());
	await until(page, 'pause', (t) => t.sound.state === 'held' &&
	    t.audio === 'none' && t.state === 'open' && t.live);
	assert.equal((await session()).state, 'paused');
	assert.equal((await session()).paused, true);
	assert.equal(FakeRoom.connections(s.site, 'lock').at(-1).connected.audio,
	    'none');
	assert.equal(await page.locator('#listen-words').textContent(), 'Listen');

	await page.evaluate(() => window.keys.play());
	await until(page, 'sound', (t) => t.sound.state === 'running' &&
	    t.audio === 'opus' && t.live);
	assert.deepEqual(await session(), { state: 'playing', title: 'lock',
	    artist: 'Español (España)', paused: false });
	main.say(...talk(1, 2), ...audio('u1', 'es-ES', tone(440, 3_000)));
	await until(page, 'voice again', (t) => t.sound.level > 0.2);

	/* Headphones pulled: the system pauses the element by itself. */
	await page.evaluate(() => document.querySelector('audio').pause());
	await until(page, 'pause', (t) => t.sound.state === 'held' &&
	    t.audio === 'none');
	await page.locator('#listen').click();
	await until(page, 'sound', (t) => t.sound.state === 'running' &&
	    t.audio === 'opus' && t.live);
	await page.evaluate(() => window.keys.stop());
	await until(page, 'end', (t) => t.sound.state === 'off');
	assert.equal(await page.locator('audio').count(), 0);
	await done(page);
});

test('an element that plays no streams: the device is spoken to itself',
    async () => {
	const main = room('element');
	const page = await open('');
	await page.addInitScript(() => {
		HTMLMediaElement.prototype.play = () =>
		    Promise.reject(new DOMException('no', 'NotSupportedError'));
	});
	await page.goto(`${s.site.url}?room=element&lang=es-ES`);
	await page.locator('#listen').click();
	await until(page, 'sound', (t) => t.sound.state === 'running' &&
	    !t.sound.hasElement && t.live);
	main.say(...talk(0, 1), ...audio('u0', 'es-ES', tone(440, 1_000)));
	await until(page, 'voice', (t) => t.sound.level > 0.2);
	await done(page);
});

test('far behind, the voice catches up, and says so', async () => {
	const main = room('behind');
	const page = await listening('?room=behind&lang=es-ES');
	/* A minute of sentences at once, as after a tunnel. */
	for (let i = 0; i < 12; i++) {
		const lines = audio(`u${i}`, 'es-ES', tone(440, 5_000), 1_000);
		lines[0].voiced_at_ms = Date.now() - 60_000 + 5_000 * i;
		main.say(...talk(i, i + 1), ...lines);
	}
	const { sound } = await until(page, 'the newest', (t) =>
	    t.captions === 12 && t.sound.skipped > 6);
	assert.ok(sound.bufferedMs < 25_000, `${sound.bufferedMs}`);
	main.say({ type: 'status', stage: 'listen', state: 'skipping' });
	await page.locator('#delay', { hasText: 'Voice skipped ahead' }).waitFor();
	await done(page);
});
