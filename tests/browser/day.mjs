/*
 * What hangs on the hall's wall and stands on the desk on a conference's day: run
 * by tests/e2e/conference-day.sh beside its rooms, with the server's URL, a folder
 * for its signs, and the tokens.
 *
 *	node day.mjs URL FOLDER LISTENER_TOKEN OPERATOR_TOKEN
 *
 * In FOLDER appears display-on once the display and the desk are on the air; it
 * then waits for FOLDER/evening, with the words that must stand on the display at
 * the end, takes pictures, and ends: 0 if all was as it must be.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { launch, MONITOR, openPage, shoot, until } from './lib/browser.mjs';

const [url, folder, listener, operator] = process.argv.slice(2);
const browser = await launch();
let failed = false;
try {
	const display = await openPage(browser,
	    `${url}display.html?room=main&lang=es-ES&qr=1#token=${listener}`,
	    { viewport: MONITOR });
	const desk = await openPage(browser,
	    `${url}operator.html#token=${operator}`, { viewport: MONITOR });
	await until(display, 'the display on the air',
	    (t) => t.state === 'open' && t.air === 'on');
	await desk.locator('.card').getByText('Great Hall').first().waitFor();
	fs.writeFileSync(path.join(folder, 'display-on'), '');
	const evening = path.join(folder, 'evening');
	while (!fs.existsSync(evening))
		await pause(100);
	const last = fs.readFileSync(evening, 'utf8').trim();
	await display.getByText(last).first().waitFor();
	assert.equal(await display.getByText('w7777').count(), 0,
	    'what was taken back is on the display');
	for (const title of ['Great Hall', 'Blue Room', 'Red Room'])
		await desk.locator('.card').getByText(title).first().waitFor();
	await shoot(display, 'day-display-monitor');
	await shoot(desk, 'day-desk-monitor');
	assert.deepEqual(display.complaints, []);
	assert.deepEqual(desk.complaints, []);
} catch (error) {
	failed = true;
	console.error(error);
} finally {
	await browser.close();
}
process.exit(failed ? 1 : 0);
