/*
 * The pages' own words, in every language they speak: words/<tag>.js, one file
 * a language, all with the same keys.  For every page.
 *
 * Text with a place in it writes {name}.  Elements carry data-words (their
 * text) or data-label (aria-label and title) and are filled by apply().  A page
 * calls speakIn() once at its start, and again when the reader chooses.  What
 * only a few pages say comes by addWords(), before that: a phone that listens
 * does not load it (crew-words.js).
 */
import { direction } from './languages.js';
import ar from './words/ar.js';
import de from './words/de.js';
import en from './words/en.js';
import es from './words/es.js';
import fr from './words/fr.js';
import it from './words/it.js';

/* The first says what keys there are, and is what others fall back to. */
export const WORDS = { en, it, es, fr, de, ar };

export const PAGE_LANGUAGES = Object.keys(WORDS);

/* More words: an object a language, as in WORDS. */
export function addWords(more) {
	for (const [tag, some] of Object.entries(more))
		Object.assign(WORDS[tag], some);
}

/* Polly's tag for Arabic, where a browser says "ar". */
const SAME = { arb: 'ar' };

let words = WORDS.en;
let language = 'en';

/* Speak `wanted`, or for null the reader's first language that we have. */
export function speakIn(wanted) {
	const found = [wanted, ...(navigator.languages ?? [])]
	    .filter((tag) => typeof tag === 'string')
	    .map((tag) => tag.split('-')[0].toLowerCase())
	    .map((tag) => SAME[tag] ?? tag)
	    .find((tag) => Object.hasOwn(WORDS, tag));
	language = found ?? 'en';
	words = WORDS[language];
	document.documentElement.lang = language;
	document.documentElement.dir = direction(language);
	apply(document);
}

export function pageLanguage() {
	return language;
}

/* The words for a key, with {places} filled in. */
export function say(key, places = {}) {
	return words[key].replace(/\{(\w+)\}/g, (whole, name) =>
	    String(places[name] ?? whole));
}

/*
 * Why a program of ours said no, for its reader: reason is the word that stands
 * in its `refused` line (token, role, expired, rate, busy, room, lang, proto,
 * origin) or that Connection found (full),
 * detail its own English for what has none.
 */
export function sayRefusal({ reason = '', detail = '' } = {}) {
	const key = `refused_${reason}`;
	if (Object.hasOwn(WORDS.en, key))
		return say(key);
	return detail === '' ? say('notice_refused_plain')
	    : say('notice_refused', { reason: detail });
}

/* A number as this language writes it. */
export function sayNumber(value, digits = 0) {
	return value.toLocaleString(language, { minimumFractionDigits: digits,
	    maximumFractionDigits: digits });
}

/* Fill everything below `root` that names its words. */
export function apply(root) {
	for (const element of root.querySelectorAll('[data-words]'))
		element.textContent = say(element.dataset.words);
	for (const element of root.querySelectorAll('[data-label]')) {
		const label = say(element.dataset.label);
		element.setAttribute('aria-label', label);
		element.title = label;
	}
}
