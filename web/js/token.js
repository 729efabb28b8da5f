/*
 * The token of a join link: #token=... behind the address.  For every page.
 *
 * A fragment goes to no server and into no log; we take it out of the address
 * bar at once, so that nobody reads it over a shoulder or copies it along with
 * the link, and keep it for as long as this tab lives.  It travels in the first
 * message of each connection.  A browser without storage asks for the link
 * again after a reload.
 */

const KEY = 'pipebooth.token.';
const LENGTH_MAX = 4_096;

const kept = new Map();	/* where storage is forbidden */

/*
 * The token of `role` (listener, speaker, operator), from the address or from
 * earlier in this tab; '': none.
 */
export function takeToken(role) {
	const fragment = new URLSearchParams(location.hash.slice(1));
	const given = fragment.get('token') ?? '';
	if (fragment.has('token')) {
		fragment.delete('token');
		const rest = fragment.toString();
		history.replaceState(history.state, '', location.pathname +
		    location.search + (rest === '' ? '' : `#${rest}`));
	}
	if (given !== '' && given.length <= LENGTH_MAX)
		keep(role, given);
	return kept.get(role) ?? stored(role);
}

/* A new link pasted over the old one changes the fragment alone, and loads
 * nothing: begin anew with it. */
globalThis.addEventListener?.('hashchange', () => {
	if (new URLSearchParams(location.hash.slice(1)).has('token'))
		location.reload();
});

function keep(role, token) {
	kept.set(role, token);
	try {
		sessionStorage.setItem(KEY + role, token);
	} catch {
		/* full or forbidden: kept for this page alone */
	}
}

function stored(role) {
	try {
		return sessionStorage.getItem(KEY + role) ?? '';
	} catch {
		return '';
	}
}
