/*
 * The speaker's page with the real speak: what a (fake) microphone plays arrives
 * in the room, over connections that are cut, too; its words are recognised; who
 * is refused is told why.  BIN names the folder of the tools, B the build's.
 * Run by tests/e2e/browser-speaker.sh.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { BIN, Broadcast } from './lib/broadcast.mjs';
import { MONITOR, openPage, shoot, stats, until } from './lib/browser.mjs';
import { eventually, fake, heard, launchWith, microphoneOn, openSpeaker, Relay,
    soundSaid, startLocalaws } from './lib/mic.mjs';
import { Site } from './lib/site.mjs';
import { overflow } from './lib/suite.mjs';
import { babble, find, readSamples, writeWav } from './lib/wav.mjs';

const RATE_HZ = 16_000;
const SECONDS = 40;
/* 200 ms: what is missing or twice is found. */
const BLOCK = 3_200;

let site;
let browser;
let localaws;
let played;

/* What the sound of a room goes to; standard output is nowhere. */
function room(name, command) {
	fs.mkdirSync(path.join(site.run, 'rooms', name), { recursive: true });
	fs.writeFileSync(path.join(site.dir, `${name}.sh`), command);
	return path.join(site.dir, `${name}.pcm`);
}

const recorder = (name) =>
    room(name, `exec cat >>'${path.join(site.dir, name)}.pcm'`);

before(async () => {
	site = new Site({ bin: BIN });
	for (const name of ['LISTENER', 'SPEAKER', 'OPERATOR'])
		delete process.env[`BOOTH_${name}_TOKEN`];
	delete process.env.BOOTH_JWT_SECRET;
	process.env.BOOTH_SPEAK_COMMAND = `. '${site.dir}'/"$BOOTH_ROOM.sh"`;
	localaws = await startLocalaws(BIN, path.join(site.dir, 'aws'),
	    ['--asr', `${fake('faults_engine')} asr`], process.env);
	await site.start();
	played = babble(SECONDS, RATE_HZ);
	const wav = path.join(site.dir, 'played.wav');
	writeWav(wav, RATE_HZ, played);
	browser = await launchWith(wav);
});

after(async () => {
	await Broadcast.killAll();
	await browser?.close();
	localaws?.kill('SIGTERM');
	await site?.remove();
});

async function done(page) {
	assert.deepEqual(page.complaints, []);
	assert.equal((await stats(page)).garbled, 0);
	await page.context().close();
}

async function goOnAir(page) {
	await page.locator('#start').click();
	await until(page, 'connection', (t) => t.state === 'on');
}

async function endTalk(page) {
	await page.locator('#end').click();
	await page.locator('#end.is-asking').waitFor();
	/* The second press counts once it cannot be a double click. */
	await eventually('end', async () => {
		await page.locator('#end').click({ timeout: 1_000 }).catch(() => {});
		return !['on', 'cut', 'connecting'].includes(
		    (await stats(page)).state);
	});
	return until(page, 'end', (t) => t.state === 'ended', 60_000);
}

/*
 * That `pcm` is what the microphone played, from some place on: each block is
 * found where the one before ended.  A loaded machine may cost Chromium itself
 * a moment of a microphone's sound, before any page has it; we allow few.
 */
function assertPlayed(pcm) {
	const got = readSamples(pcm);
	const first = find(played, got, 0, BLOCK, 0, played.length);
	assert.ok(first.likeness > 0.9, `begins with ${first.likeness}`);
	let jumps = 0;
	let unlike = 0;
	let at = first.at;
	let nblocks = 0;
	for (let i = BLOCK; i + BLOCK <= got.length &&
	    at + 2 * BLOCK < played.length; i += BLOCK, nblocks++) {
		const near = find(played, got, i, BLOCK, at + BLOCK - 4,
		    at + BLOCK + 4);
		const found = near.likeness > 0.9 ? near : find(played, got, i,
		    BLOCK, at, Math.min(at + 5 * RATE_HZ, played.length - BLOCK));
		unlike += found.likeness <= 0.9;
		jumps += Math.abs(found.at - at - BLOCK) > 4;
		at = found.likeness > 0.9 ? found.at : at + BLOCK;
	}
	assert.ok(nblocks > 10, `${nblocks} blocks`);
	assert.ok(unlike + jumps <= nblocks / 10,
	    `${jumps} jumps, ${unlike} unlike, of ${nblocks}`);
}

test('what the microphone plays arrives, though the way is cut again and again',
    async () => {
	const file = recorder('cut');
	const relay = new Relay(site);
	await relay.open();
	const page = await openSpeaker(browser, relay.url, '?room=cut&lang=it-IT');
	assert.deepEqual(await overflow(page), []);
	await shoot(page, 'speaker-ready-phone');
	await goOnAir(page);
	for (let i = 0; i < 3; i++) {
		const before_bytes = heard(file).length;
		await eventually('sound', () =>
		    heard(file).length > before_bytes + 32_000);
		await relay.cut();
		const { recorded } = await until(page, 'the cut',
		    (t) => t.state === 'cut');
		await until(page, 'sound kept', (t) => t.keptMs >= 1_000 &&
		    t.recorded >= recorded + 10);
		if (i === 0) {
			assert.match(await page.locator('#notice-words').textContent(),
			    /lost\. Go on speaking/);
			assert.match(await page.locator('#fact-link').textContent(),
			    /lost for 0:0/);
			await shoot(page, 'speaker-cut-phone');
		}
		await relay.open();
		await until(page, 'return', (t) => t.state === 'on');
	}
	const { recorded, droppedMs } = await endTalk(page);
	assert.match(await page.locator('#notice-words').textContent(),
	    /all of it has arrived/);
	assert.equal(droppedMs, 0);
	const said = await soundSaid(page);
	assert.equal(said.length, recorded * 3_200);
	await eventually('all of it', () => heard(file).length === said.length);
	assert.ok(heard(file).equals(said), 'what arrived is what was said');
	assertPlayed(said);
	await relay.cut();
	/* What the browser says of a way that was cut is no complaint. */
	page.complaints = page.complaints.filter((text) =>
	    !/ERR_(CONNECTION|EMPTY_RESPONSE)/.test(text));
	await done(page);
});

test('a page loaded anew in the middle of a talk goes on with it', async () => {
	const file = recorder('reload');
	const page = await openSpeaker(browser, site.url,
	    '?room=reload&lang=it-IT');
	/* The page asks before it goes while on the air. */
	let asked = 0;
	page.on('dialog', (dialog) => {
		asked++;
		dialog.accept();
	});
	await goOnAir(page);
	await eventually('sound', () => heard(file).length > 32_000);
	await page.reload();
	assert.equal(asked, 1);
	await microphoneOn(page);
	await goOnAir(page);
	const before_bytes = heard(file).length;
	await eventually('more', () => heard(file).length > before_bytes + 32_000);
	const log = fs.readFileSync(path.join(site.run, 'rooms', 'reload',
	    'speak.log'), 'utf8');
	assert.equal(log.match(/talk begins/g).length, 1, log);
	const { room: told } = await endTalk(page);
	assert.equal(told.lost, 0);
	await done(page);
});

test('paused, nothing is sent; another language is another pipeline',
    async () => {
	room('tongue', `exec cat >>'${site.dir}/tongue.'"$BOOTH_LANG"`);
	const of = (lang) => path.join(site.dir, `tongue.${lang}`);
	const talk = new Broadcast(site, 'tongue');
	talk.announce({ source: 'it-IT', targets: ['es-ES'] });
	const page = await openSpeaker(browser, site.url,
	    '?room=tongue&lang=it-IT', { viewport: MONITOR });
	await goOnAir(page);
	await until(page, 'the air', (t) => t.room.room_state === 'on');
	assert.equal(await page.locator('#state-words').textContent(),
	    'On the air');
	await eventually('sound', () => heard(of('it-IT')).length > 16_000);
	await shoot(page, 'speaker-onair-monitor');
	await page.locator('#mute').click();
	await until(page, 'its end', (t) => t.muted);
	const { recorded } = await stats(page);
	/* Silence for the last sentence, then nothing at all. */
	const { recorded: last } = await eventually('quiet', async () => {
		const one = await stats(page);
		await page.waitForTimeout(500);
		const two = await stats(page);
		return one.recorded === two.recorded ? two : null;
	});
	assert.ok(last - recorded <= 20, `${last - recorded}`);
	await eventually('the silence', () =>
	    heard(of('it-IT')).length === 3_200 * last);
	const tail = heard(of('it-IT')).subarray(-32_000);
	assert.ok(tail.every((byte) => byte === 0), 'silence');
	await page.locator('#mute').click();

	await page.locator('#tongue').click();
	await page.keyboard.type('portuguese (b');
	await shoot(page, 'speaker-languages-monitor');
	await page.keyboard.press('Enter');
	await until(page, 'the language', (t) => t.lang === 'pt-BR' &&
	    t.room.lang === 'pt-BR');
	await eventually('it', () => heard(of('pt-BR')).length > 16_000);
	/* Paused by an operator: told. */
	fs.writeFileSync(path.join(site.run, 'rooms', 'tongue', 'paused'),
	    'break\n');
	await page.locator('#notice-words', { hasText: 'paused by its operator' })
	    .waitFor();
	await endTalk(page);
	assert.equal(await talk.end(), 0);
	await done(page);
});

test('the words arrive in the room, by the page\'s own filter', async () => {
	room('words',
	    'transcribe -l "$BOOTH_LANG" | broadcast -r "$BOOTH_ROOM"');
	/* Each sample three times: 48 kHz, as sound cards have it. */
	const bytes = execFileSync(fake('faults_engine'),
	    ['audio', '1', '36']);
	const slow = readSamples(bytes);
	/* Behind silence, in which the page goes on the air. */
	const lead = 12 * RATE_HZ;
	const quick = Int16Array.from({ length: 3 * (slow.length + lead) },
	    (_, i) => i < 3 * lead ? 0 : slow[Math.floor(i / 3) - lead]);
	const wav = path.join(site.dir, 'words.wav');
	writeWav(wav, 48_000, quick, 2);
	const other = await launchWith(wav);
	try {
		const page = await openPage(other, `${site.url}speaker.html`);
		await page.addInitScript(() => {
			const Given = window.AudioContext;
			window.AudioContext = class extends Given {
				constructor({ sampleRate, ...more } = {}) {
					if (sampleRate !== undefined)
						throw new DOMException('no',
						    'NotSupportedError');
					super({ ...more, sampleRate: 48_000 });
				}
			};
		});
		await page.goto(`${site.url}speaker.html?room=words&lang=en-US`);
		await microphoneOn(page);
		assert.equal((await stats(page)).rateHz, 48_000);
		await goOnAir(page);
		const reader = await openPage(other,
		    `${site.url}?room=words&lang=source`);
		const words = await eventually('words', async () => {
			const all = (await reader.locator(
			    '#log .caption:not(.draft) .text').allTextContents())
			    .join(' ').split(/\s+/);
			return all.at(-1) === 'w0036' ? all : null;
		}, 60_000);
		assert.deepEqual(words, Array.from({ length: 36 }, (_, i) =>
		    `w${String(i + 1).padStart(4, '0')}`));
		await shoot(reader, 'speaker-words-phone');
		await endTalk(page);
		await done(reader);
		await done(page);
	} finally {
		await other.close();
	}
});

test('a second speaker is told that the place is taken, and may try again',
    async () => {
	recorder('busy');
	const first = await openSpeaker(browser, site.url, '?room=busy&lang=it-IT');
	await goOnAir(first);
	const second = await openSpeaker(browser, site.url,
	    '?room=busy&lang=de-DE', { locale: 'de-DE' });
	await second.locator('#start').click();
	await until(second, 'refusal', (t) => t.state === 'refused');
	assert.match(await second.locator('#notice-words').textContent(),
	    /spricht gerade jemand anderes/);
	assert.deepEqual(await overflow(second), []);
	await shoot(second, 'speaker-busy-phone');
	await endTalk(first);
	await eventually('the place', async () => {
		await second.locator('#retry').click({ timeout: 500 })
		    .catch(() => {});
		return (await stats(second)).state === 'on';
	});
	await endTalk(second);
	await done(first);
	await done(second);
});

test('what the room\'s pipeline says is text; one that cannot work is told',
    async () => {
	const markup = '<img src=x onerror="window.hit=1"><b>bold</b>';
	room('broken', `echo '${markup}' >&2; cat >/dev/null & sleep 0; exit 78`);
	const page = await openSpeaker(browser, site.url,
	    '?room=broken&lang=ar-AE', { locale: 'ar' });
	await page.locator('#start').click();
	const { said } = await until(page, 'failure', (t) => t.state === 'failed');
	assert.ok(said.some(({ detail }) => detail === markup),
	    JSON.stringify(said));
	await page.locator('#said summary').click();
	assert.ok((await page.locator('#said-list').textContent())
	    .includes(markup));
	assert.equal(await page.locator('#said-list img, #said-list b').count(), 0);
	assert.equal(await page.evaluate(() => window.hit), undefined);
	assert.equal(await page.evaluate(() => document.documentElement.dir),
	    'rtl');
	assert.deepEqual(await overflow(page), []);
	await shoot(page, 'speaker-failed-arabic-phone');
	await done(page);
});

test('why there is no microphone is said', async () => {
	const cases = [
		[() => Object.defineProperty(window, 'isSecureContext',
		    { value: false }), /by https, and this one came by http/],
		[() => { navigator.mediaDevices.getUserMedia = () =>
		    Promise.reject(new DOMException('no', 'NotAllowedError')); },
		/does not let this page hear you/],
		[() => { navigator.mediaDevices.getUserMedia = () =>
		    Promise.reject(new DOMException('no', 'NotFoundError')); },
		/No microphone was found/],
	];
	for (const [script, expected] of cases) {
		const page = await openPage(browser, `${site.url}speaker.html`);
		await page.addInitScript(script);
		await page.goto(`${site.url}speaker.html?room=busy`);
		if (await page.locator('#allow').isEnabled())
			await page.locator('#allow').click({ timeout: 2_000 })
			    .catch(() => {});
		await page.locator('#mic-note', { hasText: expected }).waitFor();
		assert.ok(await page.locator('#start').isDisabled());
		await shoot(page, 'speaker-nomic-phone');
		await done(page);
	}
});

test('without a room in the address the rooms are offered', async () => {
	const talk = new Broadcast(site, 'offered');
	talk.announce({ source: 'it-IT', targets: ['es-ES'] });
	const page = await openPage(browser, `${site.url}speaker.html`);
	await page.getByRole('link', { name: /offered/ }).click();
	await page.locator('#fact-room', { hasText: 'yes' }).waitFor();
	assert.equal((await stats(page)).lang, 'it-IT');
	assert.equal(await talk.end(), 0);
	await done(page);
});
