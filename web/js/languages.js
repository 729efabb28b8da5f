/*
 * Languages for people: names, and which way they are written.  The names come
 * from the browser (Intl); tags are BCP-47, as the lines carry them.
 */

/* Languages whose own name Chromium and others lack: they would show the
 * English one, or that of the page. */
const OWN_NAMES = {
	ay: 'Aymar aru', az: 'azərbaycan dili', ba: 'башҡорт теле', be: 'беларуская',
	bo: 'བོད་སྐད་', br: 'brezhoneg', bs: 'bosanski',
	ckb: 'کوردیی ناوەندی', cy: 'Cymraeg',
	eo: 'Esperanto', eu: 'euskara', ga: 'Gaeilge', gl: 'galego', ha: 'Hausa',
	ht: 'kreyòl ayisyen', hy: 'հայերեն', is: 'íslenska', jv: 'basa Jawa',
	ka: 'ქართული', kab: 'Taqbaylit', kk: 'қазақ тілі', km: 'ខ្មែរ',
	lg: 'Luganda', mk: 'македонски', mn: 'монгол', mt: 'Malti', my: 'မြန်မာ',
	ne: 'नेपाली', oc: 'occitan', or: 'ଓଡ଼ିଆ', ps: 'پښتو', si: 'සිංහල',
	so: 'Soomaali', sq: 'shqip', su: 'Basa Sunda', tt: 'татар теле',
	uz: 'o‘zbek', wo: 'Wolof', yue: '粵語', zu: 'isiZulu',
};

/* AWS spells these with another country's code. */
const MEANT = { 'et-ET': 'et-EE', 'lg-IN': 'lg-UG' };

/* The last resort where Intl.Locale is absent or does not know the tag. */
const RTL = /^(ar|arb|fa|he|iw|ps|ur|yi|dv|ug|sd|ckb)(-|$)/i;
const RTL_SCRIPTS = new Set(['Arab', 'Hebr', 'Thaa', 'Syrc', 'Nkoo', 'Adlm',
    'Rohg', 'Mand', 'Samr']);

/* The tag as a locale; of one that breaks BCP-47 (en-GB-WLS), as much from the
 * front as is none; null: nothing. */
function locale(tag) {
	for (let end = tag.length; end > 0; end = tag.lastIndexOf('-', end - 1))
		try {
			return new Intl.Locale(
			    MEANT[tag] ?? tag.slice(0, end));
		} catch {
			/* shorter, then */
		}
	return null;
}

/* "rtl" or "ltr", for the dir attribute. */
export function direction(tag) {
	const script = locale(tag)?.maximize().script;
	const is_rtl = script === undefined ? RTL.test(tag)
	    : RTL_SCRIPTS.has(script);
	return is_rtl ? 'rtl' : 'ltr';
}

function capitalise(name, inLocale) {
	return name.charAt(0).toLocaleUpperCase(inLocale) + name.slice(1);
}

/* The language of `tag` in the language `inTag`: "Spanish (Spain)". */
export function nameIn(tag, inTag) {
	const of = locale(tag);
	const inLocale = locale(inTag);
	if (of === null || inLocale === null)
		return tag;
	const names = new Intl.DisplayNames([inLocale],
	    { type: 'language', languageDisplay: 'standard' });
	return capitalise(names.of(of.toString()), inLocale);
}

/* In the language itself: "Español (España)". */
export function ownName(tag) {
	const own = locale(tag);
	if (own === null)
		return tag;
	const is_known = Intl.DisplayNames.supportedLocalesOf([own]).length > 0;
	if (!is_known && OWN_NAMES[own.language] !== undefined)
		return capitalise(OWN_NAMES[own.language], own);
	return nameIn(tag, tag);
}

/*
 * What a list of languages shows, in its order: { tag, own, other, dir }, the
 * second name being that in the page's language.  A region is named only where
 * two entries would read the same without it.
 */
export function listNames(tags, pageLanguage) {
	const bare = tags.map((tag) => locale(tag)?.language ?? tag);
	return tags.map((tag, i) => {
		const is_alone = bare.filter((b) => b === bare[i]).length === 1;
		const shown = is_alone && locale(tag)?.script === undefined
		    ? bare[i] : tag;
		return { tag, own: ownName(shown),
		    other: nameIn(shown, pageLanguage), dir: direction(tag) };
	});
}

/*
 * Which of `tags` a reader sees first: those of the reader's own languages
 * (navigator.languages), in that order; the rest by their own names.
 */
export function orderForReader(tags, readers) {
	const wanted = readers.map((tag) => locale(tag)?.language ?? tag);
	const rank = (tag) => {
		const at = wanted.indexOf(locale(tag)?.language ?? tag);
		return at < 0 ? wanted.length : at;
	};
	const collator = new Intl.Collator('en');
	const known = tags.map((tag) => ({ tag, rank: rank(tag),
	    is_same: readers.includes(tag), name: ownName(tag) }));
	known.sort((a, b) => a.rank - b.rank || b.is_same - a.is_same ||
	    collator.compare(a.name, b.name));
	return { own: known.filter((one) => one.rank < wanted.length)
		.map(({ tag }) => tag),
	    rest: known.filter((one) => one.rank === wanted.length)
		.map(({ tag }) => tag) };
}

/* Whether a name answers to what somebody typed: any part of it, in any case,
 * with or without accents. */
export function answersTo(typed, ...names) {
	const bare = (text) => text.normalize('NFD').replace(/\p{M}/gu, '')
	    .toLowerCase().trim();
	return names.some((name) => bare(name).includes(bare(typed)));
}
