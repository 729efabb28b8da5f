/*
 * The display: a monitor in the room that nobody touches, for days.
 *
 *	display.html?room=R&lang=L[&lang2=L][&partial=true][&qr=1][&size=N]
 *
 * One or two languages ("source" is the speaker's own, and the only one that
 * has partial words), large; with qr=1 the way in for phones.  Without a room
 * it shows the only one that is on.  Whatever is lost is tried again for ever,
 * refusals too; what is kept of a talk is bounded.
 */
import { Captions } from './captions.js';
import { Feed } from './feed.js';
import { joinCode } from './join.js';
import { fetchRooms, isRoomName } from './rooms.js';
import * as store from './settings.js';
import { setText, stateOfFeed } from './strip.js';
import { takeToken } from './token.js';
import { WakeLock } from './wakelock.js';
import { apply, say, speakIn } from './words.js';

/* More than any screen holds. */
const CAPTIONS_MAX = 40;
const RETRY_REFUSED_MS = 30_000;
const ROOMS_MS = 5_000;
const STILL_MS = 3_000;

const query = new URLSearchParams(location.search);
const panes = document.querySelector('#panes');
const standing = document.querySelector('#standing');
const token = takeToken('listener');
const feeds = [];

const isYes = (name) => ['1', 'true', 'yes'].includes(query.get(name));

function languages() {
	const asked = [query.get('lang'), query.get('lang2')]
	    .filter((lang) => /^[A-Za-z0-9-]{2,23}$/.test(lang ?? ''));
	return asked.length === 0 ? ['source'] : [...new Set(asked)];
}

/* The room asked for; else the only one that is on, as soon as there is one. */
async function findRoom() {
	const asked = query.get('room') ?? '';
	for (;;) {
		if (isRoomName(asked))
			return asked;
		const on = await fetchRooms().catch(() => []);
		const [only, ...others] = on.filter(({ is_on }) => is_on);
		if (only !== undefined && others.length === 0)
			return only.room;
		tell(say('display_no_room'));
		await new Promise((resolve) => setTimeout(resolve, ROOMS_MS));
	}
}

function tell(words) {
	setText(standing, words);
	standing.hidden = words === '';
}

/* What is wrong, of the worst of the panes; a talk that has not begun or has
 * ended is nothing wrong, but somebody may wonder. */
function draw() {
	const notices = feeds.map((feed) => stateOfFeed(feed).notice);
	tell(notices.find((notice) => notice !== '') ?? '');
}

function addPane(room, lang) {
	const pane = document.createElement('section');
	pane.className = 'pane';
	const scroller = document.createElement('div');
	scroller.className = 'scroller';
	const log = document.createElement('div');
	log.className = 'log';
	log.setAttribute('role', 'log');
	scroller.append(log);
	pane.append(scroller);
	panes.append(pane);
	const captions = new Captions(scroller, log, { max: CAPTIONS_MAX });
	const feed = new Feed(captions, { token,
	    retry_refused_ms: RETRY_REFUSED_MS });
	feed.addEventListener('change', draw);
	feed.addEventListener('title', () => {
		document.title = `${feed.title || room} · pipebooth`;
	});
	feeds.push(feed);
	const want = { room, lang, audio: 'none' };
	if (lang === 'source' && isYes('partial'))
		want.partials = 'true';
	feed.follow(want);
}

/* A pointer in the middle of the words is in the way. */
function hidePointer() {
	let timer = 0;
	const still = () => document.body.classList.add('is-still');
	addEventListener('pointermove', () => {
		document.body.classList.remove('is-still');
		clearTimeout(timer);
		timer = setTimeout(still, STILL_MS);
	});
	timer = setTimeout(still, STILL_MS);
}

async function start() {
	const [first, second] = languages();
	const size = Number(query.get('size'));
	document.documentElement.style.setProperty('--step', String(
	    Math.min(store.SIZE_MAX, Math.max(store.SIZE_MIN, size || 0))));
	/* What the display itself says, in the language that it shows. */
	speakIn(first === 'source' ? null : first);
	hidePointer();
	new WakeLock().keep();
	const room = await findRoom();
	document.title = `${room} · pipebooth`;
	addPane(room, first);
	if (second !== undefined)
		addPane(room, second);
	if (isYes('qr'))
		joinCode({ join: document.querySelector('#join'),
		    code: document.querySelector('#code'),
		    link: document.querySelector('#join-link') }, room, token);
	apply(document);
}

start();

/* For tests, and for the curious with a console. */
window.booth = { stats: () => ({ ...feeds[0]?.stats(),
    panes: feeds.map((feed) => feed.stats()) }) };
