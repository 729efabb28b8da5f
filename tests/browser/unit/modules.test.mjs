/* The page's modules that need no page. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { parseLine, retryDelay } from '../../../web/js/connection.js';
import '../../../web/js/crew-words.js';
import { answersTo, direction, listNames, nameIn, orderForReader, ownName }
    from '../../../web/js/languages.js';
import { bytesOf, packetsOf, Trim } from '../../../web/js/opus.js';
import { decodePcm, Resampler } from '../../../web/js/pcm.js';
import { RoomStatus } from '../../../web/js/status.js';
import { ClockOffset, IdealPlayout } from '../../../web/js/timing.js';
import { WORDS } from '../../../web/js/words.js';

const web = new URL('../../../web/', import.meta.url);
const read = (name) => fs.readFileSync(new URL(name, web), 'utf8');

test('samples: little-endian, signed, an odd byte dropped', () => {
	/* 0, 1, -1, 32767, -32768, and half a sample */
	const bytes = Buffer.from('00000100ffffff7f008055', 'hex');
	assert.deepEqual([...decodePcm(bytes.toString('base64'))],
	    [0, 1 / 32768, -1 / 32768, 32767 / 32768, -1]);
	assert.equal(decodePcm('').length, 0);
	assert.throws(() => decodePcm('%%%'));
});

const sine = (hz, rate_hz, n) => Float32Array.from({ length: n },
    (_, i) => 0.5 * Math.sin(2 * Math.PI * hz * i / rate_hz));

test('resampling keeps a tone, its length and its time', () => {
	for (const to_hz of [48_000, 44_100, 22_050, 8_000]) {
		const from_hz = 16_000;
		const resampler = new Resampler(from_hz, to_hz);
		const input = sine(440, from_hz, from_hz);
		const out = [...resampler.feed(input), ...resampler.end()];
		assert.ok(Math.abs(out.length - to_hz) <= 1, `${out.length}`);
		const expected = sine(440, to_hz, out.length);
		let worst = 0;
		for (let i = 200; i < out.length - 200; i++)
			worst = Math.max(worst, Math.abs(out[i] - expected[i]));
		assert.ok(worst < 0.003, `${to_hz}: off by ${worst}`);
	}
});

test('what the lower rate cannot hold is gone, not folded back', () => {
	const resampler = new Resampler(24_000, 16_000);
	const out = resampler.feed(sine(10_000, 24_000, 24_000));
	const peak = Math.max(...out.subarray(200).map(Math.abs));
	assert.ok(peak < 0.005, `${peak}`);
});

test('resampling in any split gives the same', () => {
	const input = sine(1_000, 16_000, 4_000);
	const whole = new Resampler(16_000, 44_100).feed(input);
	for (const step of [1, 13, 160, 3_999]) {
		const resampler = new Resampler(16_000, 44_100);
		const out = [];
		for (let at = 0; at < input.length; at += step)
			out.push(...resampler.feed(input.subarray(at, at + step)));
		assert.equal(out.length, whole.length);
		out.forEach((x, i) => assert.ok(Math.abs(x - whole[i]) < 1e-3));
	}
});

test('equal rates pass through', () => {
	const samples = sine(440, 16_000, 100);
	const resampler = new Resampler(16_000, 16_000);
	assert.equal(resampler.feed(samples), samples);
	assert.equal(resampler.end().length, 0);
});

test('retries back off from half a second to ten, with jitter', () => {
	assert.deepEqual([0, 1, 2, 3, 4, 5, 50].map((n) => retryDelay(n, 1)),
	    [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
	assert.equal(retryDelay(0, 0), 250);
	assert.equal(retryDelay(9, 0), 5_000);
});

test('only an object is a line', () => {
	assert.deepEqual(parseLine('{"type":"status"}'), { type: 'status' });
	for (const text of ['', '{', '[]', 'null', '7', '"x"'])
		assert.equal(parseLine(text), null);
});

test('the offset of two clocks is the least that was seen', () => {
	const clock = new ClockOffset();
	assert.equal(clock.theirs(1_000), 1_000);
	clock.note(undefined, 1_000);
	clock.note(600, 1_000);
	clock.note(1_650, 2_000);
	clock.note(2_000, 3_000);
	assert.equal(clock.theirs(5_000), 4_650);
});

test('the offset follows a clock that drifts, or is set right', () => {
	const clock = new ClockOffset();
	clock.note(0, 1_000);
	/* Ours runs 10 ms a minute fast: after half an hour, 300 ms. */
	for (let minute = 1; minute <= 30; minute++)
		clock.note(60_000 * minute, 60_010 * minute + 1_000);
	const now = 60_010 * 30 + 1_000;
	const error_ms = clock.theirs(now) - 60_000 * 30;
	assert.ok(error_ms >= 0 && error_ms <= 100, `${error_ms}`);
	/* Set back by an hour: what was known is of no use. */
	clock.note(60_000 * 31, 60_000 * 31 - 3_600_000);
	assert.equal(clock.theirs(60_000 * 31 - 3_600_000), 60_000 * 31);
});

test('Opus packets are cut by their lengths, and nothing else is', () => {
	/* lengths 3 and 256 (0x0100), the greater byte first (booth-lines(5)) */
	const bytes = Uint8Array.from([0, 3, 7, 8, 9, 1, 0,
	    ...new Array(256).fill(5)]);
	assert.deepEqual(packetsOf(bytes).map((p) => p.length), [3, 256]);
	assert.deepEqual([...packetsOf(bytes)[0]], [7, 8, 9]);
	assert.deepEqual(packetsOf(new Uint8Array(0)), []);
	for (const bad of [[0], [0, 3], [0, 3, 1, 2], [0, 0], [0, 1, 5, 0],
	    [255, 255, 1]])
		assert.throws(() => packetsOf(Uint8Array.from(bad)), RangeError,
		    `${bad}`);
	for (let end = 0; end < bytes.length; end++) {
		const cut = bytes.subarray(0, end);
		if (end === 0 || end === 5)
			assert.equal(packetsOf(cut).length, end === 0 ? 0 : 1);
		else
			assert.throws(() => packetsOf(cut), RangeError);
	}
	assert.deepEqual([...bytesOf('AAH/')], [0, 1, 255]);
	assert.throws(() => bytesOf('%'));
});

test('the codec\'s delay and padding are cut, at any rate, in any split', () => {
	/* A first line of 5 packets: 1600 samples, of which 104 are delay and 80
	 * padding; decoded at 16 and at 48 kHz. */
	for (const times of [1, 3])
		for (const step of [320, 7, 1_600]) {
			const trim = new Trim({ pre_skip: 104, samples: 1_416 });
			const all = Float32Array.from({ length: 1_600 * times },
			    (_, i) => i);
			const out = [];
			for (let at = 0; at < all.length; at += step * times)
				out.push(...trim.cut(all.subarray(at,
				    at + step * times), 16_000 * times));
			assert.equal(out[0], 104 * times);
			assert.equal(out.length, 1_416 * times);
			assert.equal(out.at(-1), 1_520 * times - 1);
		}
	/* A line that says nothing of it is all speech; one with none is silent. */
	const samples = new Float32Array(320);
	assert.equal(new Trim({}).cut(samples, 16_000).length, 320);
	assert.equal(new Trim({ samples: 0 }).cut(samples, 16_000).length, 0);
	assert.equal(new Trim({ pre_skip: 'x', samples: -1 })
	    .cut(samples, 16_000).length, 320);
});

test('a sentence sent faster than it is spoken is no lag', () => {
	const ideal = new IdealPlayout();
	/* Their clock is ten minutes ahead; 4 s of sound within 1 s. */
	const ahead = 600_000;
	ideal.note(1_000 + ahead, 2_000, 1_040);
	ideal.note(NaN, 2_000, 2_000);
	assert.equal(ideal.behind_ms(4_000 - 960, 2_000), 0);
	/* The next, asked for while this plays, is to end 3 s after it. */
	ideal.note(3_000 + ahead, 3_000, 3_040);
	assert.equal(ideal.behind_ms(2_000 + 3_000, 3_040), 0);
	/* All of it came 6 s late. */
	assert.equal(ideal.behind_ms(5_000, 9_040), 6_000);
});

test('languages have their own names and directions', () => {
	assert.equal(ownName('es-ES'), 'Español (España)');
	assert.equal(ownName('eo'), 'Esperanto');
	/* Estonian is not of Ethiopia. */
	assert.match(nameIn('et-ET', 'en'), /^Estonian( \(Estonia\))?$/);
	assert.equal(nameIn('es', 'de'), 'Spanisch');
	assert.equal(direction('arb'), 'rtl');
	assert.equal(direction('he-IL'), 'rtl');
	assert.equal(direction('en-GB-WLS'), 'ltr');
	assert.equal(ownName('en-GB-WLS'), 'English (United Kingdom)');
	assert.equal(ownName('?!'), '?!');
	assert.deepEqual(listNames(['pt-BR', 'pt-PT', 'it-IT'], 'en')
	    .map(({ own }) => own),
	    ['Português (Brasil)', 'Português (Portugal)', 'Italiano']);
});

test('a reader\'s own languages come first, the rest by name', () => {
	const tags = ['arb', 'de-AT', 'de-DE', 'es-ES', 'fr-FR', 'pt-BR'];
	assert.deepEqual(orderForReader(tags, ['fr-CA', 'fr', 'de-DE', 'en']),
	    { own: ['fr-FR', 'de-DE', 'de-AT'], rest: ['es-ES', 'pt-BR', 'arb'] });
	assert.deepEqual(orderForReader([], ['fr']), { own: [], rest: [] });
	assert.ok(answersTo('cestin', 'Čeština', 'Czech'));
	assert.ok(answersTo('', 'Czech'));
	assert.ok(!answersTo('x', 'Čeština', 'Czech'));
});

test('of the stages\' troubles the worst that concerns a reader is told', () => {
	const status = new RoomStatus();
	const note = (stage, state, more) =>
	    status.note({ stage, state, ...more }, 'es-ES');
	note('listen', 'waiting');
	assert.equal(status.notice(false), 'notice_waiting');
	note('listen', 'alive', { on: true });
	assert.equal(status.notice(false), 'notice_starting');
	note('listen', 'alive', { on: false });
	assert.equal(status.notice(false), 'notice_waiting');
	note('listen', 'waiting', { on: true });
	assert.equal(status.notice(false), 'notice_starting');
	note('listen', 'listening', { on: true });
	assert.equal(status.notice(false), '');
	note('synth', 'degraded');
	assert.equal(status.notice(false), '');
	assert.equal(status.notice(true), 'notice_voice');
	note('translate', 'degraded', { lang: 'fr-FR' });
	assert.equal(status.notice(false), '');
	note('transcribe', 'reconnecting');
	assert.equal(status.notice(true), 'notice_recognition');
	status.noteCaption({ is_untranslated: false });
	status.noteVoice();
	assert.equal(status.notice(true), '');
	note('synth', 'paused');
	assert.equal(status.notice(false), '');
	assert.equal(status.notice(true), 'notice_voice');
	note('synth', 'resumed');
	note('transcribe', 'paused');
	assert.equal(status.notice(true), 'notice_paused');
	note('transcribe', 'resumed');
	assert.equal(status.notice(true), '');
	note('transcribe', 'ended');
	assert.equal(status.notice(true), '');
	note('broadcast', 'ended');
	note('listen', 'alive', { on: false });
	assert.equal(status.notice(true), 'notice_ended');
	note('broadcast', 'ready');
	assert.equal(status.notice(true), '');
	note('listen', 'alive', { on: false });	/* killed */
	assert.equal(status.notice(true), 'notice_waiting');
	note('listen', 'alive', { on: true });
	assert.equal(status.air, 'on');
});

test('a pause lasts until somebody ends it, and says why', () => {
	const status = new RoomStatus();
	const note = (stage, state, more) =>
	    status.note({ stage, state, ...more }, 'es-ES');
	note('listen', 'listening', { on: true });
	note('broadcast', 'paused', { detail: 'Lunch, back at 14:00' });
	assert.equal(status.why, 'Lunch, back at 14:00');
	/* The last words before it. */
	status.noteCaption({ is_untranslated: false });
	assert.equal(status.air, 'paused');
	note('listen', 'alive', { on: true });
	assert.equal(status.notice(false), 'notice_paused');
	note('broadcast', 'resumed');
	assert.equal(status.air, 'on');
	assert.equal(status.why, '');
	/* Who comes in a pause, and who comes back after it. */
	note('listen', 'listening', { on: true, paused: 'Tea' });
	assert.equal(status.air, 'paused');
	assert.equal(status.why, 'Tea');
	note('listen', 'waiting', { on: true, paused: '' });
	assert.equal(status.air, 'paused');
	assert.equal(status.why, '');
	note('listen', 'listening', { on: true });
	assert.equal(status.air, 'on');
	/* A room that is off is off. */
	note('listen', 'listening', { on: false, paused: 'Tea' });
	assert.equal(status.air, 'off');
	/* What a stage says for its operator is not for the audience. */
	note('transcribe', 'paused', { detail: 'transcribe has spent 5.0000 of ' +
	    '5.0000 USD; go on with SIGUSR1' });
	assert.equal(status.notice(false), 'notice_paused');
	assert.equal(status.why, '');
});

/* All of the pages and scripts but the words themselves. */
const sources = () => [...fs.readdirSync(web)
    .filter((name) => name.endsWith('.html')).map(read),
    ...fs.readdirSync(new URL('js', web))
	.filter((name) => name.endsWith('.js')).map((name) => read(`js/${name}`))]
    .join('');

test('every language of the pages has every word, and each is used', () => {
	const places = (words) => (words.match(/\{\w+\}/g) ?? []).sort();
	const pages = sources();
	/* `state_${...}` and the like name families. */
	const isUsed = (key) => pages.includes(`'${key}'`) ||
	    pages.includes(`"${key}"`) ||
	    /^(state|notice|refused|save|mic|verdict|room|pipeline|standing|stage|news|op)_/
		.test(key);
	for (const [language, words] of Object.entries(WORDS)) {
		assert.deepEqual(Object.keys(words).sort(),
		    Object.keys(WORDS.en).sort(), language);
		for (const key of Object.keys(words)) {
			assert.ok(words[key].trim() !== '', `${language} ${key}`);
			assert.deepEqual(places(words[key]), places(WORDS.en[key]),
			    `${language} ${key}`);
		}
	}
	assert.deepEqual(Object.keys(WORDS.en).filter((key) => !isUsed(key)), []);
	for (const [, key] of pages.matchAll(
	    /(?:data-words="|data-label="|(?<![#.])\bsay\(')(\w+)/g))
		assert.ok(key in WORDS.en, key);
});

test('a word that is the same in two languages is meant to be', () => {
	/* Names of formats, and words that languages share. */
	const shared = new Set(['save_vtt', 'save_srt', 'save_txt', 'original',
	    'state_live', 'captions', 'video', 'transcript', 'microphone',
	    'pause']);
	for (const [language, words] of Object.entries(WORDS))
		for (const [key, text] of Object.entries(words))
			assert.ok(language === 'en' || shared.has(key) ||
			    text !== WORDS.en[key], `${language} ${key}: ${text}`);
});

/* Modules are found one behind the other, each a round trip to a phone; a page
 * that names them all has them at once. */
test('every page names all of its modules ahead, and no others', () => {
	const importsOf = (name) => [...read(name).matchAll(
	    /^(?:import|\}|    from)[^'\n]*'(\.\.?\/[^']+)';$/gm)]
	    .map(([, to]) => new URL(to, new URL(name, web)).href
		.slice(web.href.length));
	const pages = fs.readdirSync(web).filter((name) => name.endsWith('.html'));
	assert.ok(pages.length >= 3);
	for (const page of pages) {
		const html = read(page);
		const [, entry] = html.match(/<script type="module" src="([^"]+)"/);
		const all = new Set([entry]);
		for (const name of all)
			importsOf(name).forEach((to) => all.add(to));
		all.delete(entry);
		assert.deepEqual([...html.matchAll(
		    /rel="modulepreload" href="([^"]+)"/g)].map(([, m]) => m).sort(),
		    [...all].sort(), page);
	}
});

/* WCAG 2: relative luminance, and the ratio of two colours. */
function luminance(hex) {
	const [r, g, b] = hex.match(/\w\w/g).map((part) => {
		const c = parseInt(part, 16) / 255;
		return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
	const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
	return (light + 0.05) / (dark + 0.05);
}

test('text keeps a contrast of 4.5 to 1 in every theme', () => {
	const sheet = read('css/base.css');
	for (const theme of ['dark', 'light', 'contrast']) {
		const [, block] = sheet.match(
		    new RegExp(`\\[data-theme="${theme}"\\] \\{([^}]*)\\}`));
		const colour = Object.fromEntries([...block.matchAll(
		    /--([\w-]+): #(\w{6});/g)].map(([, name, hex]) => [name, hex]));
		const pairs = [['on-accent', 'accent'], ['on-bad', 'bad']];
		for (const ground of ['ground', 'raised', 'raised-more'])
			for (const text of ['text', 'text-past', 'text-dim', 'accent',
			    'live', 'warn', 'bad'])
				pairs.push([text, ground]);
		pairs.push(['warn', 'ground']);
		/* The display's own, on black. */
		if (theme === 'dark')
			for (const [, name, hex] of read('css/display.css').matchAll(
			    /--(text[\w-]*): #(\w{6});/g)) {
				colour[`display ${name}`] = hex;
				colour.black = '000000';
				pairs.push([`display ${name}`, 'black']);
			}
		for (const [text, ground] of pairs) {
			const ratio = contrast(colour[text], colour[ground]);
			assert.ok(ratio >= 4.5,
			    `${theme}: ${text} on ${ground}: ${ratio.toFixed(2)}`);
		}
	}
});
