/*
 * The operator's page: every room of this server, once a second, and what can be
 * ordered there (operate(1)).  operator.html[?room=R] shows one room alone.
 */
import './crew-words.js';
import { Commands } from './commands.js';
import { Connection, programUrl } from './connection.js';
import { drawCode } from './join.js';
import { Keyed } from './keyed.js';
import { RoomCard } from './room-card.js';
import { newsOf, standingOf, worstOf } from './room-view.js';
import { isRoomName } from './rooms.js';
import * as store from './settings.js';
import { applySettings, settingsDialog } from './settings-dialog.js';
import { drawStrip, setText } from './strip.js';
import { takeToken } from './token.js';
import { pageLanguage, say, sayNumber, sayRefusal } from './words.js';

/* The state comes once a second; without one for this long it is old. */
const STALE_MS = 5_000;
const TICK_MS = 1_000;

const settings = store.load();
applySettings(settings);

const elements = Object.fromEntries(
    [...document.querySelectorAll('[id]')].map((e) => [e.id, e]));
const asked = new URLSearchParams(location.search).get('room') ?? '';
const only = isRoomName(asked) ? asked : '';
const token = takeToken('operator');
const wire = new Connection({ stage: 'operate',
    url: () => programUrl('operate'),
    hello: () => token === '' ? {} : { token } });
const commands = new Commands((message) => !isStale() && wire.send(message));
const cards = new Keyed(elements.rooms, (name) => {
	const card = new RoomCard(name, { give: (order) => commands.give(order),
	    onJoin: openJoin });
	return { element: card.element, update: (room) =>
	    card.update(room, at_ms, !isStale()) };
});

/* The way to each card, and what its room's worst is; the worst rooms first. */
const index = new Keyed(elements.index, (name) => {
	const button = document.createElement('button');
	button.type = 'button';
	button.className = 'chip';
	const shape = document.createElement('span');
	shape.className = 'shape';
	shape.setAttribute('aria-hidden', 'true');
	const words = document.createElement('span');
	words.dir = 'auto';
	const standing = document.createElement('span');
	standing.className = 'unseen';
	button.append(shape, words, standing);
	button.addEventListener('click', () => {
		const card = elements.rooms.querySelector(
		    `[data-room="${CSS.escape(name)}"]`);
		card.scrollIntoView({ block: 'start' });
		card.focus({ preventScroll: true });
	});
	return { element: button, update: (room) => {
		button.dataset.tone = worstOf(room).tone;
		setText(words, room.title || room.room);
		setText(standing, say(`standing_${standingOf(room)}`));
	} };
});

/* As many rooms as stand beside each other are all in sight. */
const is_wide = matchMedia('(min-width: 84rem)');

function drawIndex() {
	const is_needed = rooms.length > (is_wide.matches ? 3 : 1);
	elements.index.hidden = !is_needed;
	index.update(is_needed ? [...rooms].sort((a, b) => worstOf(a).rank -
	    worstOf(b).rank) : [], ({ room }) => room);
}

let rooms = null;	/* of the last state */
let at_ms = 0;		/* when the server said it */
let heard_at_ms = 0;	/* when it came */
let refusal = null;
let nupdates = 0;

function isStale() {
	return wire.state !== 'open' || Date.now() - heard_at_ms > STALE_MS;
}

/* --- what is shown --------------------------------------------------- */

function drawStanding() {
	const is_stale = isStale();
	document.body.classList.toggle('is-stale', is_stale && rooms !== null);
	const since = rooms === null ? '' : new Date(heard_at_ms)
	    .toLocaleTimeString(pageLanguage());
	let shown = { connecting: 'connecting', closed: 'connecting',
	    retrying: 'retrying', refused: 'refused' }[wire.state] ?? 'live';
	let notice = '';
	if (wire.state === 'refused')
		notice = sayRefusal(refusal ?? {});
	else if (wire.state === 'retrying')
		notice = rooms === null ? say('notice_retrying')
		    : say('op_stale', { time: since });
	else if (wire.state === 'open' && is_stale && rooms !== null) {
		shown = 'stale';
		notice = say('op_stale', { time: since });
	}
	drawStrip({ state: elements.state, state_words: elements['state-words'],
	    notice: elements.notice, notice_words: elements['notice-words'],
	    retry: elements.retry },
	    { shown, notice, can_retry: wire.state === 'refused' });
}

function draw() {
	drawStanding();
	if (rooms === null)
		return;
	cards.update(rooms, ({ room }) => room);
	drawIndex();
	elements.empty.hidden = rooms.length > 0;
	const on = rooms.filter((room) => standingOf(room) === 'on').length;
	setText(elements.count, say('op_count', { n: sayNumber(rooms.length),
	    on: sayNumber(on) }));
	const bad = rooms.some((room) => standingOf(room) === 'dead');
	document.title = `${bad ? '⚠ ' : ''}${say('operator_page')}`;
}

/* Read out at once, and nothing else is. */
function tellNews(before) {
	const news = newsOf(before, rooms).map(({ room, what }) =>
	    say(`news_${what}`, { room: room.title || room.room,
		reason: room.paused || say('op_no_reason') }));
	if (news.length > 0)
		elements.news.textContent = news.join(' ');
}

/* --- how to join a room ---------------------------------------------- */

let joined = '';
let ndrawn = 0;

async function drawJoin() {
	const n = ++ndrawn;
	elements.code.hidden = true;
	try {
		const source = await drawCode(joined,
		    elements['join-token'].value.trim());
		if (n !== ndrawn)
			return;
		elements.code.src = source;
		elements.code.alt = say('display_code');
		elements.code.hidden = false;
	} catch {
		/* This server draws none: the address is there. */
	}
}

function openJoin({ room }) {
	joined = room;
	elements['join-token'].value = takeToken('listener');
	for (const [name, path] of [['listener', ''], ['display', 'display.html'],
	    ['speaker', 'speaker.html']]) {
		const link = elements[`link-${name}`];
		link.href = `/${path}?${new URLSearchParams({ room })}`;
		setText(link, `${location.host}/${path}?room=${room}`);
	}
	drawJoin();
	elements.join.showModal();
}

elements['join-close'].addEventListener('click', () => elements.join.close());
elements['join-token'].addEventListener('change', drawJoin);
elements['join-form'].addEventListener('submit', (event) => {
	event.preventDefault();
	drawJoin();
});
elements.join.addEventListener('click', (event) => {
	if (event.target === elements.join)
		elements.join.close();
});

/* --- the wire -------------------------------------------------------- */

wire.addEventListener('line', ({ detail: line }) => {
	if (commands.hear(line) || line.type !== 'rooms' ||
	    !Array.isArray(line.rooms))
		return;
	const before = rooms;
	rooms = line.rooms.filter((room) => isRoomName(room?.room) &&
	    (only === '' || room.room === only));
	at_ms = line.at_ms;
	heard_at_ms = Date.now();
	nupdates++;
	tellNews(before);
	draw();
});
wire.addEventListener('state', ({ detail }) => {
	if (detail.state === 'refused')
		refusal = detail;
	if (detail.state !== 'open')
		commands.drop();
	draw();
});
elements.retry.addEventListener('click', () => wire.open());
settingsDialog(settings, draw);
setInterval(() => {
	if (isStale())
		draw();
}, TICK_MS);
drawStanding();
wire.open();

/* For tests, and for the curious with a console. */
window.booth = { stats: () => ({ state: wire.state, stale: isStale(), rooms,
    updates: nupdates, garbled: wire.garbled, news: elements.news.textContent,
    connections: wire.connections }) };
