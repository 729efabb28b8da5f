/*
 * Files of captions(1) as Chromium's own <track> reads them.  Prints a JSON
 * object a cue, as tests/interop/webvtt.mjs does.  Run by
 * tests/e2e/browser-captions.sh.
 *   node captions.mjs FILE
 */
import fs from 'node:fs';
import http from 'node:http';
import { launch } from './lib/browser.mjs';

const PAGE = `<!doctype html><video>
<track default kind=captions src=/captions.vtt></video>`;

const server = http.createServer((request, response) => {
	const isTrack = request.url === '/captions.vtt';
	response.setHeader('Content-Type',
	    isTrack ? 'text/vtt' : 'text/html; charset=utf-8');
	response.end(isTrack ? fs.readFileSync(process.argv[2]) : PAGE);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const browser = await launch();
try {
	const page = await browser.newPage();
	await page.goto(`http://127.0.0.1:${server.address().port}/`);
	const cues = await page.evaluate(() => new Promise((done, fail) => {
		const track = document.querySelector('track');
		const read = () => done([...track.track.cues].map((cue) => ({
			start_ms: Math.round(cue.startTime * 1000),
			end_ms: Math.round(cue.endTime * 1000),
			text: cue.getCueAsHTML().textContent,
			elements: cue.getCueAsHTML().childElementCount,
		})));
		track.onload = read;
		track.onerror = () => fail(new Error('not a WebVTT file'));
		track.track.mode = 'showing';
		if (track.readyState === 2)
			read();
	}));
	for (const { elements, ...cue } of cues) {
		if (elements > 0)
			throw new Error(`markup in ${cue.text}`);
		console.log(JSON.stringify(cue));
	}
} finally {
	await browser.close();
	server.close();
}
