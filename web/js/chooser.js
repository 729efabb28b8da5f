/*
 * Where one chooses: rooms that are on, and their languages in their own names.
 * For the listener; a page of its own can use it, too.  All entries are links, so that they can be copied, opened beside,
 * and gone back from.
 */
import { answersTo, listNames, nameIn, orderForReader } from './languages.js';
import { pageLanguage, say } from './words.js';

/* The address of a choice, room and language or room alone. */
export function addressOf({ room = '', lang = '' }) {
	const query = new URLSearchParams();
	if (room !== '')
		query.set('room', room);
	if (lang !== '')
		query.set('lang', lang);
	const search = query.toString();
	return location.pathname + (search === '' ? '' : `?${search}`);
}

function entry(choice, onChoose) {
	const item = document.createElement('li');
	const link = document.createElement('a');
	link.href = addressOf(choice);
	link.addEventListener('click', (event) => {
		if (event.ctrlKey || event.metaKey || event.shiftKey)
			return;
		event.preventDefault();
		onChoose(choice);
	});
	item.append(link);
	return { item, link };
}

function text(name, words, tag, dir) {
	const element = document.createElement(name);
	element.textContent = words;
	if (tag !== undefined) {
		element.lang = tag;
		element.dir = dir;
	}
	return element;
}

function languageEntry(room, name, onChoose) {
	const { item, link } = entry({ room: room.room, lang: name.tag }, onChoose);
	const voice = room.voiced.includes(name.tag) ? say('with_voice') : '';
	const more = [name.other === name.own ? '' : name.other, voice]
	    .filter((part) => part !== '').join(' · ');
	link.append(text('strong', name.own, name.tag, name.dir));
	if (more !== '')
		link.append(text('span', more));
	return item;
}

function originalEntry(room, onChoose) {
	const { item, link } = entry({ room: room.room, lang: 'source' }, onChoose);
	link.append(text('strong', say('original')));
	if (room.source !== '')
		link.append(text('span', nameIn(room.source, pageLanguage())));
	return item;
}

/* A card that says more while one chooses among rooms, a small one after. */
function roomEntry(room, is_chosen, is_card, onChoose) {
	const { item, link } = entry({ room: room.room }, onChoose);
	const name = text(is_card ? 'strong' : 'span', room.title);
	name.dir = 'auto';
	link.append(name);
	const more = [is_card && room.source !== ''
	    ? say('spoken', { lang: nameIn(room.source, pageLanguage()) }) : '',
	    room.is_paused ? say('room_paused') : '']
	    .filter((part) => part !== '').join(' · ');
	if (more !== '')
		link.append(text('small', more));
	if (is_chosen)
		link.setAttribute('aria-current', 'true');
	return item;
}

/* Keep the keyboard's place when a list is drawn anew. */
function replace(list, items) {
	const links = [...list.querySelectorAll('a')];
	const focused = links.indexOf(document.activeElement);
	const html = (nodes) => nodes.map((node) => node.outerHTML).join('');
	if (html([...list.children]) === html(items))
		return;
	list.replaceChildren(...items);
	if (focused >= 0)
		list.querySelectorAll('a')[focused]?.focus();
}

/* From so many languages on there is a field to find one. */
const MANY = 12;

export class Chooser {
	#elements;
	#onChoose;
	#shown = [null, '', false];

	/* elements: { title, note, rooms, rooms_part, languages, find }: title is a
	 * heading or null, find a text field; onChoose gets { room } or
	 * { room, lang }. */
	constructor(elements, onChoose) {
		this.#elements = elements;
		this.#onChoose = onChoose;
		elements.find.addEventListener('input',
		    () => this.show(...this.#shown));
	}

	/* rooms: null while not known; only those that are on are offered, or are
	 * the one chosen.  failed: the last question had no answer. */
	show(rooms, chosen, failed) {
		this.#shown = [rooms, chosen, failed];
		const { rooms_part } = this.#elements;
		const list = (rooms ?? []).filter(({ room, is_on }) =>
		    is_on || room === chosen);
		const room = list.find((one) => one.room === chosen) ?? null;
		const is_open = room === null && list.length > 0;
		this.#elements.rooms.classList.toggle('cards', is_open);
		this.#head(room !== null || (rooms === null && chosen !== ''),
		    rooms === null && chosen === '' && !failed);
		replace(this.#elements.rooms, list.map((one) =>
		    roomEntry(one, one === room, is_open, this.#onChoose)));
		/* One room needs no choice. */
		rooms_part.hidden = list.length === 0 ||
		    (list.length === 1 && room !== null);
		replace(this.#elements.languages, room === null ? []
		    : this.#languages(room));
		this.#note(rooms === null ? null : list, room, failed);
	}

	/* What there is to choose is not known before the first answer. */
	#head(has_room, is_unknown) {
		const { title } = this.#elements;
		if (title === null)
			return;
		title.textContent = say(has_room ? 'choose_language'
		    : 'choose_a_room');
		title.classList.toggle('is-unknown', is_unknown);
	}

	/* The reader's own languages, the original, and all others by name. */
	#languages(room) {
		const { find } = this.#elements;
		const { own, rest } = orderForReader(room.targets,
		    navigator.languages ?? []);
		const names = listNames([...own, ...rest], pageLanguage());
		find.parentElement.hidden = names.length < MANY;
		const items = names
		    .filter(({ tag, own: name, other }) => find.parentElement.hidden ||
			answersTo(find.value, tag, name, other))
		    .map((name) => languageEntry(room, name, this.#onChoose));
		const is_found = find.parentElement.hidden ||
		    answersTo(find.value, say('original'));
		if ((room.source !== '' || names.length > 0) && is_found)
			items.splice(Math.min(own.length, items.length), 0,
			    originalEntry(room, this.#onChoose));
		return items;
	}

	#note(rooms, room, failed) {
		const { note, languages, find } = this.#elements;
		let words = '';
		if (failed)
			words = say('rooms_failed');
		else if (rooms !== null && rooms.length === 0)
			words = say('no_rooms');
		else if (room !== null && languages.childElementCount === 0)
			words = say(find.value.trim() === '' ? 'no_languages'
			    : 'not_found');
		note.textContent = words;
		note.hidden = words === '';
	}
}
