/*
 * What was recorded and is not yet known to have arrived: messages of 100 ms,
 * numbered from 0, bounded.  When it is full the oldest is given up: what is
 * said now matters more.  speak(1) tells which it wants and how many from there
 * on may be sent.
 */
import { MESSAGE_MS } from './framer.js';

/* Ten minutes, 19 MB. */
const MESSAGES_MAX = 6_000;

export class Outbox {
	#max;
	#kept = [];	/* messages first to first + kept.length - 1 */
	#first = 0;
	#at = 0;	/* of the next to be sent */
	#limit = 0;	/* the first that must not be sent yet */
	#is_fresh = true;	/* nothing was ever sent from here */
	#dropped = 0;

	constructor(max = MESSAGES_MAX) {
		this.#max = max;
	}

	/* The oldest that there is, the next to be recorded. */
	get first() {
		return this.#first;
	}

	get end() {
		return this.#first + this.#kept.length;
	}

	get kept_ms() {
		return this.#kept.length * MESSAGE_MS;
	}

	/* Given up because nobody took them. */
	get dropped_ms() {
		return this.#dropped * MESSAGE_MS;
	}

	get is_all_sent() {
		return this.#at === this.end;
	}

	push(message) {
		this.#kept.push(message);
		if (this.#kept.length <= this.#max)
			return;
		this.#kept.shift();
		this.#first++;
		this.#at = Math.max(this.#at, this.#first);
		this.#dropped++;
	}

	/* All before `next` has arrived; `window` more from there may be sent. */
	acknowledge(next, window) {
		const n = Math.min(next, this.#at) - this.#first;
		if (n > 0) {
			this.#kept.splice(0, n);
			this.#first += n;
		}
		this.#limit = next + window;
	}

	/*
	 * A connection is there, and wants `next`.  Where this page was loaded anew
	 * within a talk, the numbers of its earlier life are taken up: what is
	 * recorded here comes behind.
	 */
	resume(next, window) {
		if (this.#is_fresh && next > 0)
			this.#first = next;
		this.#is_fresh = false;
		this.#at = Math.min(this.end, Math.max(next, this.#first));
		this.acknowledge(next, window);
	}

	/* The next to be sent, { seq, message }, which counts as sent; null: none
	 * now. */
	take() {
		if (this.#at >= this.end || this.#at >= this.#limit)
			return null;
		const seq = this.#at++;
		return { seq, message: this.#kept[seq - this.#first] };
	}
}
