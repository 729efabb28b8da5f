/*
 * The voice on the lock screen and on the buttons of headphones (Media
 * Session; where the browser has none, nothing happens).
 */

const session = navigator.mediaSession;

/* What is heard, in words: a title and whose it is. */
export function describe(title, artist) {
	if (session === undefined || typeof MediaMetadata === 'undefined')
		return;
	session.metadata = new MediaMetadata({ title, artist,
	    album: 'pipebooth', artwork: [{ src: new URL('../icon.svg',
		import.meta.url).href, sizes: 'any', type: 'image/svg+xml' }] });
}

/* state: none, playing or paused. */
export function tell(state) {
	if (session !== undefined)
		session.playbackState = state;
}

/* What to do on play, pause and stop.  A live talk cannot be sought in. */
export function onKeys({ play, pause, stop }) {
	const handlers = { play, pause, stop, seekbackward: null,
	    seekforward: null, seekto: null, previoustrack: null,
	    nexttrack: null };
	for (const [action, handler] of Object.entries(handlers))
		try {
			session?.setActionHandler(action, handler);
		} catch {
			/* an action that this browser does not know */
		}
}
