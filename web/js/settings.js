/*
 * What this browser remembers of its reader.  A browser that forbids storage
 * remembers nothing, and all else works.  For every page.
 */

const KEY = 'pipebooth';

const DEFAULTS = {
	room: '',
	lang: '',
	theme: '',	/* dark, light, contrast; '': as themeOf() says */
	size: 0,	/* steps from the size that the screen suggests */
	original: false,
	page_language: '',	/* '': the browser's */
	speech: '',	/* language of a speaker's talk; '': as the room says */
	microphone: '',	/* its id in this browser; '': the system's choice */
	mic_processing: false,	/* the browser may clean the sound */
};

export const SIZE_MIN = -2;
export const SIZE_MAX = 5;
const THEMES = ['dark', 'light', 'contrast'];

/* The theme to show: the reader's choice, or dark, for a dark room; who asked
 * the system for more contrast gets it. */
export function themeOf(settings) {
	if (settings.theme !== '')
		return settings.theme;
	return matchMedia('(prefers-contrast: more)').matches ? 'contrast'
	    : 'dark';
}

/* What is stored may be of another version, or anything. */
function sane(stored) {
	const settings = { ...DEFAULTS };
	for (const [key, value] of Object.entries(stored ?? {}))
		if (typeof value === typeof DEFAULTS[key])
			settings[key] = value;
	if (!THEMES.includes(settings.theme))
		settings.theme = DEFAULTS.theme;
	settings.size = Math.min(SIZE_MAX,
	    Math.max(SIZE_MIN, Math.round(settings.size) || 0));
	return settings;
}

export function load() {
	try {
		return sane(JSON.parse(localStorage.getItem(KEY)));
	} catch {
		return sane({});
	}
}

export function save(settings) {
	try {
		localStorage.setItem(KEY, JSON.stringify(settings));
	} catch {
		/* storage is full or forbidden: not remembered, that is all */
	}
}
