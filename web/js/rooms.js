/*
 * Which rooms there are: /api/rooms, asked again and again for as long as
 * somebody watches.
 */

const POLL_MS = 5_000;
const TIMEOUT_MS = 8_000;
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

export function isRoomName(name) {
	return typeof name === 'string' && NAME.test(name);
}

const strings = (list) => Array.isArray(list)
    ? list.filter((item) => typeof item === 'string' && item !== '') : [];

/* One entry of the answer: { room, title, source, targets, voiced, is_on,
 * is_paused }; null for what is none.  voiced holds the languages that a voice
 * was heard in: it fills as the talk goes, and what is not in it may come yet. */
function roomOf(entry) {
	if (entry === null || typeof entry !== 'object' ||
	    !isRoomName(entry.room))
		return null;
	return { room: entry.room,
	    title: typeof entry.title === 'string' && entry.title.trim() !== ''
		? entry.title.trim() : entry.room,
	    source: typeof entry.source === 'string' ? entry.source : '',
	    targets: strings(entry.targets),
	    voiced: Object.entries(entry.voiced ?? {})
		.filter(([, encodings]) => strings(encodings).length > 0)
		.map(([lang]) => lang),
	    is_on: entry.on === true,
	    is_paused: typeof entry.paused === 'string' || entry.paused === true };
}

export async function fetchRooms() {
	const response = await fetch('/api/rooms', { cache: 'no-store',
	    signal: AbortSignal.timeout?.(TIMEOUT_MS) });
	if (!response.ok)
		throw new Error(`/api/rooms: ${response.status}`);
	const list = await response.json();
	return list.map(roomOf).filter((room) => room !== null);
}

/* Events: "rooms" (detail: the list) after each answer, "failed" without. */
export class RoomWatch extends EventTarget {
	#timer = 0;
	#is_on = false;
	rooms = null;	/* the last answer */

	start() {
		if (this.#is_on)
			return;
		this.#is_on = true;
		this.#ask();
	}

	stop() {
		this.#is_on = false;
		clearTimeout(this.#timer);
	}

	async #ask() {
		if (document.visibilityState === 'visible')
			await this.refresh();
		if (!this.#is_on)
			return;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#ask(), POLL_MS);
	}

	async refresh() {
		try {
			this.rooms = await fetchRooms();
			this.dispatchEvent(
			    new CustomEvent('rooms', { detail: this.rooms }));
		} catch {
			this.dispatchEvent(new Event('failed'));
		}
	}

	find(name) {
		return this.rooms?.find(({ room }) => room === name) ?? null;
	}
}
