/*
 * The screen stays on while somebody looks at this page.  For every page.
 *
 * Where the browser cannot (plain http to another machine, an old one, a low
 * battery), it goes dark as ever.
 */
export class WakeLock {
	#lock = null;
	#is_wanted = false;

	constructor() {
		/* A page that was hidden has lost its lock. */
		document.addEventListener('visibilitychange', () => {
			if (this.#is_wanted &&
			    document.visibilityState === 'visible')
				this.keep();
		});
	}

	async keep() {
		this.#is_wanted = true;
		if (this.#lock !== null && !this.#lock.released)
			return;
		try {
			this.#lock = await navigator.wakeLock.request('screen');
		} catch {
			this.#lock = null;
		}
		if (!this.#is_wanted)
			this.release();
	}

	release() {
		this.#is_wanted = false;
		this.#lock?.release();
		this.#lock = null;
	}
}
