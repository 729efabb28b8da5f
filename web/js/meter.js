/*
 * A level meter: a bar, where the peak was, and decibels.  The elements are
 * those of meterElement(); one needs css/desk.css.
 */
import { meterShare, METER_MIN_DB } from './levels.js';
import { say, sayNumber } from './words.js';

export function meterElement() {
	const element = document.createElement('div');
	element.className = 'meter';
	element.setAttribute('role', 'meter');
	element.setAttribute('aria-valuemin', String(METER_MIN_DB));
	element.setAttribute('aria-valuemax', '0');
	const [bar, peak] = ['meter-bar', 'meter-peak'].map((name) => {
		const part = document.createElement('i');
		part.className = name;
		return part;
	});
	element.append(bar, peak);
	return element;
}

/* null: no level. */
export function drawMeter(element, level_db, peak_db) {
	element.style.setProperty('--level', meterShare(level_db).toFixed(3));
	element.style.setProperty('--peak', meterShare(peak_db).toFixed(3));
	element.classList.toggle('is-high', peak_db > -1);
	const now = Number.isFinite(level_db)
	    ? Math.max(METER_MIN_DB, Math.round(level_db)) : METER_MIN_DB;
	element.setAttribute('aria-label', say('level'));
	element.setAttribute('aria-valuenow', String(now));
	element.setAttribute('aria-valuetext', sayLevel(level_db));
}

export function sayLevel(level_db) {
	return Number.isFinite(level_db)
	    ? `${sayNumber(Math.max(-96, level_db))} dB` : say('level_none');
}
