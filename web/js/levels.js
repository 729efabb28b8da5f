/*
 * Loudness for people: decibels, where they stand on a meter, and whether a
 * voice is too quiet, good or too loud.
 */

/* The least that 16 bits can say; silence is that. */
const FLOOR_DB = -96.3;
/* What a meter shows: below is as good as nothing. */
export const METER_MIN_DB = -60;

/* dBFS of a level from 0 to 1. */
export function decibels(level) {
	return level > 0 ? Math.max(FLOOR_DB, 20 * Math.log10(level)) : FLOOR_DB;
}

/* Where `db` stands on a meter, from 0 to 1; null and the like: 0. */
export function meterShare(db) {
	if (!Number.isFinite(db))
		return 0;
	return Math.min(1, Math.max(0, 1 - db / METER_MIN_DB));
}

/* Recognisers hear well between these.  Loudness is the RMS of 100 ms, and the
 * loudest of the last few seconds: pauses between words are no fault. */
const SILENT_DB = -60;
const QUIET_DB = -40;
const LOUD_DB = -9;
/* From here on samples are cut off at the top. */
const CLIPPED_DB = -0.3;
const WINDOW = 30;	/* messages of 100 ms */
/* A verdict that would change with each word helps nobody. */
const STEADY = 8;

/* Feed it every 100 ms; verdict is '' (not known yet), "silent", "quiet",
 * "good" or "loud". */
export class LevelJudge {
	#rms = [];
	#peaks = [];
	#next = '';
	#since = 0;
	verdict = '';

	feed(rms_db, peak_db) {
		this.#rms.push(rms_db);
		this.#peaks.push(peak_db);
		if (this.#rms.length > WINDOW) {
			this.#rms.shift();
			this.#peaks.shift();
		}
		const now = this.#judge();
		this.#since = now === this.#next ? this.#since + 1 : 1;
		this.#next = now;
		/* What is cut off is told at once. */
		if (this.#since >= STEADY || now === 'loud')
			this.verdict = now;
		return this.verdict;
	}

	#judge() {
		const loudest_db = Math.max(...this.#rms);
		if (loudest_db > LOUD_DB || Math.max(...this.#peaks) > CLIPPED_DB)
			return 'loud';
		if (loudest_db < SILENT_DB)
			return 'silent';
		return loudest_db < QUIET_DB ? 'quiet' : 'good';
	}
}
