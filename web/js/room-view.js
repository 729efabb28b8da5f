/*
 * What operate(1) says of a room, as what is shown of it.  No page in here.
 */

/* How a stage's state looks: a tone, which has a colour and a shape
 * (css/desk.css).  Words: stage_<state>. */
const TONES = {
	ready: 'good', recovered: 'good', resumed: 'good', wanted: 'good',
	level: 'good', cost: 'good', reconnecting: 'busy', degraded: 'warn',
	'captions-only': 'warn', lost: 'warn', paused: 'warn', unwanted: 'off',
	ended: 'off', failed: 'bad', refused: 'bad', silent: 'bad', gone: 'bad',
};

export function toneOf(state) {
	return TONES[state] ?? 'off';
}

/* The key of a state's words; '': it has none, and is shown as it is. */
export function stageKey(state) {
	return Object.hasOwn(TONES, state)
	    ? `stage_${state.replace('-', '_')}` : '';
}

const isDead = (room) => !room.live &&
    (room.stages ?? []).some(({ state }) => state === 'gone');

/* on, paused, dead, off: one word for a room, the worst that holds. */
export function standingOf(room) {
	if (isDead(room))
		return 'dead';
	if (typeof room.paused === 'string')
		return 'paused';
	return room.live ? 'on' : 'off';
}

export const STANDING_TONES = { on: 'good', paused: 'warn', dead: 'bad',
    off: 'off' };

/* The worst that is to be said of a room or a stage of it: { tone, rank }, the
 * lesser rank the worse. */
export function worstOf(room) {
	const tones = ['bad', 'warn', 'busy'];
	const all = [STANDING_TONES[standingOf(room)],
	    ...(room.stages ?? []).map(({ state }) => toneOf(state))];
	const rank = tones.findIndex((tone) => all.includes(tone));
	return rank < 0 ? { tone: all[0], rank: tones.length }
	    : { tone: tones[rank], rank };
}

/* Stages in the order of the pipeline, those of languages below their own:
 * [{ stage, whole, langs }], whole null where only languages spoke. */
const ORDER = ['speak', 'capture', 'transcribe', 'segment', 'interject',
    'translate', 'synth', 'broadcast'];

export function stagesOf(room) {
	const rank = (stage) => (ORDER.indexOf(stage) + 1) || ORDER.length + 1;
	const by = new Map();
	for (const entry of room.stages ?? []) {
		if (!by.has(entry.stage))
			by.set(entry.stage, { stage: entry.stage, whole: null,
			    langs: [] });
		const one = by.get(entry.stage);
		if (entry.lang === undefined)
			one.whole = entry;
		else
			one.langs.push(entry);
	}
	return [...by.values()].sort((a, b) => rank(a.stage) - rank(b.stage));
}

/* Who listens: [{ lang, text, pcm, opus }], the source first, and all of them.
 * Who reads words that are not final yet reads, too. */
export function listenersOf(room) {
	const rows = Object.entries(room.listeners ?? {}).map(([lang, n]) =>
	    ({ lang, text: (n.text ?? 0) + (n.partials ?? 0), pcm: n.pcm ?? 0,
		opus: n.opus ?? 0 }));
	rows.sort((a, b) => (b.lang === 'source') - (a.lang === 'source') ||
	    (a.lang < b.lang ? -1 : 1));
	return { rows, total: rows.reduce((sum, { text, pcm, opus }) =>
	    sum + text + pcm + opus, 0) };
}

/*
 * What an operator must hear of even when looking elsewhere, between two states
 * of all rooms: [{ room, what }], what being "dead", "paused" or "gone" (the
 * room is no more).  The first state is no news.
 */
export function newsOf(before, now) {
	if (before === null)
		return [];
	const was = new Map(before.map((room) => [room.room, room]));
	const is = new Set(now.map(({ room }) => room));
	const news = now.filter((room) => was.has(room.room)).flatMap((room) => {
		const what = standingOf(room);
		return ['dead', 'paused'].includes(what) &&
		    standingOf(was.get(room.room)) !== what
		    ? [{ room, what }] : [];
	});
	for (const room of before)
		if (!is.has(room.room))
			news.push({ room, what: 'gone' });
	return news;
}
