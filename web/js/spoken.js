/*
 * Languages that a talk can be held in: those of Transcribe Streaming, by their
 * tags in the lines.  The table of the tools is lib/base/lang.c; a test compares
 * the two.
 */
import { listNames, orderForReader } from './languages.js';

export const SPOKEN = [
	'af-ZA', 'am-ET', 'ar-AE', 'arb', 'be-BY', 'bg-BG', 'bn-IN', 'bs-BA',
	'ca-ES', 'ckb-IQ', 'ckb-IR', 'cmn-CN', 'cs-CZ', 'cy-GB', 'da-DK',
	'de-CH', 'de-DE', 'el-GR', 'en-AB', 'en-AU', 'en-GB', 'en-GB-WLS',
	'en-IE', 'en-IN', 'en-NZ', 'en-US', 'en-ZA', 'es-ES', 'es-MX', 'es-US',
	'et-ET', 'eu-ES', 'fa-AF', 'fa-IR', 'fi-FI', 'fr-CA', 'fr-FR', 'gl-ES',
	'gu-IN', 'he-IL', 'hi-IN', 'hr-HR', 'ht-HT', 'hu-HU', 'hy-AM', 'id-ID',
	'is-IS', 'it-IT', 'ja-JP', 'jv-ID', 'ka-GE', 'kab-DZ', 'kk-KZ',
	'km-KH', 'kn-IN', 'ko-KR', 'lg-IN', 'lt-LT', 'lv-LV', 'mk-MK', 'ml-IN',
	'mr-IN', 'ms-MY', 'my-MM', 'nb-NO', 'ne-NP', 'nl-NL', 'or-IN', 'pa-IN',
	'pl-PL', 'ps-AF', 'pt-BR', 'pt-PT', 'ro-RO', 'ru-RU', 'si-LK', 'sk-SK',
	'sl-SI', 'so-SO', 'sq-AL', 'sr-RS', 'su-ID', 'sv-SE', 'sw-BI', 'sw-KE',
	'sw-RW', 'sw-TZ', 'sw-UG', 'ta-IN', 'te-IN', 'th-TH', 'tl-PH', 'tr-TR',
	'uk-UA', 'uz-UZ', 'vi-VN', 'yue-CN', 'zh-TW', 'zu-ZA',
];

/* Those that no browser has a name for. */
const ENGLISH_OF = { 'en-AB': 'English (Scotland)',
    'en-GB-WLS': 'English (Wales)' };

/* { tag, own, other, dir } of each, as listNames() gives them. */
export function spokenNames(tags, pageLanguage) {
	return listNames(tags, pageLanguage).map((name) => {
		const own = ENGLISH_OF[name.tag] ?? name.own;
		return { ...name, own, other: ENGLISH_OF[name.tag] ?? name.other };
	});
}

/* In the order for one who is at home in `readers`; `first` before all. */
export function spokenFor(readers, first = '') {
	const { own, rest } = orderForReader(SPOKEN, readers);
	const all = [...own, ...rest];
	return all.includes(first)
	    ? [first, ...all.filter((tag) => tag !== first)] : all;
}

/* The tag of the table for one that a browser or a room gives; '': none. */
export function spokenTag(tag) {
	if (SPOKEN.includes(tag))
		return tag;
	const bare = (tag ?? '').split('-')[0].toLowerCase();
	const usual = { ar: 'arb', en: 'en-US', es: 'es-ES', fr: 'fr-FR',
	    de: 'de-DE', pt: 'pt-BR', zh: 'cmn-CN', no: 'nb-NO' }[bare];
	return usual ?? SPOKEN.find((one) => one.split('-')[0] === bare) ?? '';
}
