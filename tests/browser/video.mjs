/*
 * The video page in Chromium: a file of the reader's own beside a room's
 * transcript, and captions on it.  Run by tests/e2e/browser-video.sh.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { MONITOR, PHONE, shoot, until } from './lib/browser.mjs';
import { overflow, suite, talk, texts } from './lib/suite.mjs';

const s = suite();
const { open, room, done } = s;

/* A second of moving picture or more, as this browser records it. */
async function clip(page) {
	const base64 = await page.evaluate(async () => {
		const canvas = document.createElement('canvas');
		canvas.width = 320;
		canvas.height = 180;
		const g = canvas.getContext('2d');
		const recorder = new MediaRecorder(canvas.captureStream(25));
		const parts = [];
		recorder.ondataavailable = ({ data }) => parts.push(data);
		recorder.start();
		const end = performance.now() + 1_000;
		for (let n = 0; n < 50 || performance.now() < end; n++) {
			g.fillStyle = `hsl(${performance.now() / 5} 60% 40%)`;
			g.fillRect(0, 0, 320, 180);
			await new Promise(requestAnimationFrame);
		}
		const stopped = new Promise((r) => { recorder.onstop = r; });
		recorder.stop();
		await stopped;
		const bytes = new Uint8Array(
		    await new Blob(parts).arrayBuffer());
		return btoa(bytes.reduce((t, b) => t + String.fromCharCode(b), ''));
	});
	return { name: 'talk.webm', mimeType: 'video/webm',
	    buffer: Buffer.from(base64, 'base64') };
}

const captionsFile = (name, text) => ({ name, mimeType: 'text/plain',
    buffer: Buffer.from(text) });

test('a video from disk plays beside the transcript', async () => {
	const main = room('film');
	main.say(...talk(0, 3));
	const page = await open('video.html?room=film&lang=es-ES',
	    { viewport: MONITOR });
	await until(page, 'captions', (t) => t.captions === 3);
	await shoot(page, 'video-empty-monitor');
	const file = await clip(page);
	await page.locator('#video-file').setInputFiles(file);
	await page.locator('#video').evaluate((v) => { v.muted = true;
		return v.play(); });
	await until(page, 'picture', (t) => t.video.time_s > 0.3);
	main.say(...talk(3, 5));
	await until(page, 'captions', (t) => t.captions === 5);
	assert.equal((await texts(page)).length, 5);
	assert.equal(await page.locator('#invite').isVisible(), false);

	await page.locator('#captions-file').setInputFiles(captionsFile(
	    'talk.srt', '1\r\n00:00:00,000 --> 0:00:09,000\r\nHola.\r\n'));
	await until(page, 'cue', (t) => t.video.cues === 1);
	assert.equal(await page.locator('#file-note').textContent(), 'talk.srt');
	await page.locator('#captions-file').setInputFiles(captionsFile(
	    'talk.vtt', 'WEBVTT\n\n00:00.000 --> 00:09.000\nUno\n\n' +
	    '00:09.000 --> 00:10.000\nDos\n'));
	await until(page, 'cues', (t) => t.video.cues === 2);
	assert.equal(await page.locator('track').count(), 1);
	assert.deepEqual(await overflow(page), []);
	await shoot(page, 'video-monitor');
	await page.setViewportSize(PHONE);
	assert.deepEqual(await overflow(page), []);
	await shoot(page, 'video-phone');
	await done(page);
});

test('files that are none are told by name, as text', async () => {
	room('bad').say(...talk(0, 1));
	const page = await open('video.html?room=bad&lang=es-ES');
	await until(page, 'captions', (t) => t.captions === 1);
	await page.locator('#video-file').setInputFiles({ name: '<b>no.mp4',
	    mimeType: 'video/mp4', buffer: Buffer.from('no video') });
	const note = page.locator('#file-note');
	await note.filter({ hasText: 'cannot play “<b>no.mp4”' }).waitFor();
	assert.equal(await page.locator('#invite').isVisible(), true);
	await page.locator('#captions-file').setInputFiles(
	    captionsFile('notes.srt', 'just words'));
	await note.filter({ hasText: '“notes.srt” holds no captions' }).waitFor();
	await page.locator('#captions-file').setInputFiles(
	    captionsFile('empty.vtt', 'WEBVTT\n\n'));
	await note.filter({ hasText: '“empty.vtt” holds no captions' }).waitFor();
	assert.equal(await note.locator('b').count(), 0);
	await shoot(page, 'video-bad-phone');
	await done(page);
});

test('without a room or language it asks which', async () => {
	const page = await open('video.html');
	await page.locator('#chooser-note', { hasText: 'No room is on air' })
	    .waitFor();
	assert.equal(await page.locator('#viewer').isVisible(), false);
	await shoot(page, 'video-choose-phone');
	await done(page);
});
