/*
 * The listener's page: which of its two views is shown, for which room and
 * language.  The address says both (/?room=main&lang=es-ES), so it can be
 * shared, and going back works.
 */
import { addressOf, Chooser } from './chooser.js';
import { Reader } from './reader.js';
import { isRoomName, RoomWatch } from './rooms.js';
import * as store from './settings.js';
import { applySettings, settingsDialog } from './settings-dialog.js';
import { takeToken } from './token.js';

/* Who chooses for longer than this has stopped reading: the language is no
 * longer wanted on our account. */
const LEFT_MS = 60_000;

const settings = store.load();
applySettings(settings);

const elements = Object.fromEntries(
    [...document.querySelectorAll('[id]')].map((e) => [e.id, e]));
const watch = new RoomWatch();
const reader = new Reader(elements, takeToken('listener'));
const chooser = new Chooser({ title: elements['chooser-title'],
    note: elements['chooser-note'],
    rooms: elements.rooms, rooms_part: elements['rooms-part'],
    languages: elements.languages, find: elements.find }, (choice) => go(choice));

let has_failed = false;
/* Only the first view takes a remembered choice by itself; who comes back to
 * the chooser came to choose. */
let may_remember = true;
let left_timer = 0;

/* What the address asks for; what is no room or language is not asked for. */
function asked() {
	const query = new URLSearchParams(location.search);
	const room = query.get('room') ?? '';
	const lang = query.get('lang') ?? '';
	return { room: isRoomName(room) ? room : '',
	    lang: /^[A-Za-z0-9-]{2,23}$/.test(lang) ? lang : '' };
}

/* The choice that needs no asking, from the address, the only room there is,
 * and what this reader chose last time. */
function settled(rooms) {
	const choice = asked();
	const list = (rooms ?? []).filter(({ is_on }) => is_on);
	const [only, ...others] = list;
	if (choice.room === '' && others.length === 0)
		choice.room = only?.room ?? '';
	const is_bare = location.search === '' && may_remember;
	if (is_bare && choice.room === '' &&
	    list.some(({ room }) => room === settings.room))
		choice.room = settings.room;
	const room = list.find((one) => one.room === choice.room);
	if (is_bare && room !== undefined && (settings.lang === 'source' ||
	    room.targets.includes(settings.lang)))
		choice.lang = settings.lang;
	return choice;
}

function go(choice, how = 'pushState') {
	if (how !== null && addressOf(choice) !== addressOf(asked()))
		history[how](null, '', addressOf(choice));
	show();
}

function show() {
	const choice = settled(watch.rooms);
	const is_reading = choice.room !== '' && choice.lang !== '';
	elements.reader.hidden = !is_reading;
	elements.chooser.hidden = is_reading;
	if (!is_reading) {
		left_timer ||= setTimeout(() => reader.close(), LEFT_MS);
		chooser.show(watch.rooms, choice.room, has_failed);
		watch.start();
		document.title = elements['chooser-title'].textContent;
		return;
	}
	clearTimeout(left_timer);
	left_timer = 0;
	/* A thousand readers do not ask for the list every few seconds. */
	watch.stop();
	may_remember = false;
	if (addressOf(choice) !== addressOf(asked()))
		history.replaceState(null, '', addressOf(choice));
	Object.assign(settings, choice);
	store.save(settings);
	reader.open(choice, watch.find(choice.room)?.title);
}

function setOriginal(is_shown) {
	elements.log.classList.toggle('show-original', is_shown);
	elements.original.setAttribute('aria-pressed', String(is_shown));
}

const form = settingsDialog(settings, () => {
	if (elements.reader.hidden)
		show();
	else
		reader.draw();
});
reader.addSaving(form);
setOriginal(settings.original);
elements.original.addEventListener('click', () => {
	settings.original = !settings.original;
	store.save(settings);
	setOriginal(settings.original);
});
elements.change.addEventListener('click', () => {
	may_remember = false;
	go({ room: asked().room });
});
addEventListener('popstate', () => {
	may_remember = false;
	show();
});
watch.addEventListener('rooms', () => {
	has_failed = false;
	if (elements.reader.hidden)
		show();
});
watch.addEventListener('failed', () => {
	has_failed = true;
	if (elements.reader.hidden)
		show();
});
show();

/* For tests, and for the curious with a console. */
window.booth = { stats: () => reader.stats() };
