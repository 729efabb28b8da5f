/*
 * The wire to one room: a WebSocket on which websocketd runs listen(1).
 *
 * One text message is one line of booth-lines(5).  The page says {"type":
 * "hello"} first, then {"ack":SEQ} about once a second: the highest sequence
 * number that it has dealt with, so that `listen` sees a reader that falls
 * behind, which websocketd's own buffers would hide.
 *
 * The upgrade is answered before `listen` runs, so the link counts as open at
 * its first line, not at the socket's `open`.  websocketd cannot send a close
 * code of ours: a refusal is a status line, then the end.
 *
 * Events:
 *   "line"   detail: the parsed object, in order, each once per connection
 *   "state"  detail: { state, reason, retry_ms }, where state is
 *              connecting   first attempt, nothing heard yet
 *              open         lines are coming
 *              retrying     lost; another attempt follows in retry_ms
 *              refused      the room said no (reason); nothing is retried
 *              closed       by close()
 */

/* listen(1) speaks at least every 10 s; two and a half of those is a dead
 * link.  A page that comes back to the front does not wait that long. */
const SILENCE_MS = 25_000;
const SILENCE_ON_RETURN_MS = 12_000;
const FIRST_LINE_MS = 10_000;
const ACK_MS = 1_000;
/* A connection that lived this long was a good one: start over at the bottom
 * of the back-off when it ends. */
const GOOD_MS = 5_000;

const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 10_000;

/* The token of the page's address, which no server sees: "#token=...".  Taken
 * when the page begins, whatever becomes of the address. */
const token = new URLSearchParams(
    globalThis.location?.hash.slice(1) ?? '').get('token') ?? undefined;

/* How long to wait before attempt n (from 0) with `random` in [0, 1): half of
 * the step is certain, half is jitter, so that a thousand phones that lost one
 * server do not come back in one instant. */
export function retryDelay(n, random = Math.random()) {
	const step = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(n, 10));
	return Math.round(step / 2 + random * step / 2);
}

/* One message as an object; null for anything that is not one. */
export function parseLine(text) {
	try {
		const line = JSON.parse(text);
		return line !== null && typeof line === 'object' &&
		    !Array.isArray(line) ? line : null;
	} catch {
		return null;
	}
}

export class Link extends EventTarget {
	#base;
	#want = { room: '', lang: '', audio: 'none' };
	#socket = null;
	#state = 'closed';
	#seq = 0;	/* highest dealt with, of the language wanted */
	#acked = 0;
	#attempt = 0;
	#opened_at = 0;
	#heard_at = 0;
	#acked_at = 0;
	#retry_timer = 0;
	#tick_timer = 0;
	#connections = 0;
	#garbled = 0;

	/* base: URL of the WebSocket, without query. */
	constructor(base) {
		super();
		this.#base = base;
		addEventListener('online', () => this.#hurry());
		addEventListener('offline', () => {
			if (this.#state === 'open')
				this.#lost();
		});
		document.addEventListener('visibilitychange', () => {
			if (document.visibilityState === 'visible')
				this.#hurry();
		});
	}

	get state() {
		return this.#state;
	}

	get seq() {
		return this.#seq;
	}

	/* Connections that have brought at least one line. */
	get connections() {
		return this.#connections;
	}

	/* Messages that were no line. */
	get garbled() {
		return this.#garbled;
	}

	/*
	 * Follow a channel: room, lang ("es-ES" or "source"), audio ("none" or
	 * "pcm"), and whatever else listen(1) takes.  All channels of a language
	 * number their lines together, across restarts too, so a reader who turns
	 * the voice on or off keeps the place; another language begins anew.
	 */
	follow(want) {
		const has = (key) => want[key] === this.#want[key];
		const is_place_kept = has('room') && has('lang');
		if (is_place_kept && has('audio') &&
		    ['open', 'connecting'].includes(this.#state))
			return;
		if (!is_place_kept)
			this.#seq = 0;
		this.#acked = 0;
		this.#want = { ...want };
		this.#attempt = 0;
		this.#connect();
	}

	close() {
		this.#drop();
		this.#become('closed');
	}

	#url() {
		const query = new URLSearchParams(this.#want);
		if (this.#seq > 0)
			query.set('since', String(this.#seq));
		return `${this.#base}?${query}`;
	}

	#connect() {
		this.#drop();
		let socket;
		try {
			socket = new WebSocket(this.#url());
		} catch {
			this.#lost();
			return;
		}
		this.#socket = socket;
		this.#opened_at = this.#heard_at = Date.now();
		this.#become(this.#attempt === 0 ? 'connecting' : 'retrying');
		socket.onopen = () => socket.send(
		    JSON.stringify({ type: 'hello', token }));
		socket.onmessage = (event) => {
			if (socket === this.#socket)
				this.#hear(event.data);
		};
		socket.onclose = () => {
			if (socket === this.#socket)
				this.#lost();
		};
		this.#tick_timer = setInterval(() => this.#tick(), ACK_MS / 2);
	}

	/* Forget the socket and every timer; no event follows from them. */
	#drop() {
		clearInterval(this.#tick_timer);
		clearTimeout(this.#retry_timer);
		this.#retry_timer = 0;
		const socket = this.#socket;
		this.#socket = null;
		if (socket !== null)
			socket.close();
	}

	#hear(text) {
		this.#heard_at = Date.now();
		const line = typeof text === 'string' ? parseLine(text) : null;
		if (line === null) {
			this.#garbled++;
			return;
		}
		if (line.type === 'ping') {
			this.#socket.send(
			    JSON.stringify({ type: 'pong', at_ms: line.at_ms }));
			return;
		}
		const is_own = line.type === 'status' && line.stage === 'listen';
		if (is_own && line.state === 'refused') {
			this.#drop();
			this.#become('refused', { reason: line.detail ?? '' });
			return;
		}
		if (this.#state !== 'open') {
			this.#connections++;
			this.#become('open');
		}
		this.dispatchEvent(new CustomEvent('line', { detail: line }));
		/* A line's own number counts once the page has dealt with it; what
		 * listen(1) itself says is not of the room. */
		if (!is_own && Number.isInteger(line.seq) && line.seq > this.#seq)
			this.#seq = line.seq;
		this.#ack();
	}

	#ack() {
		const now = Date.now();
		if (this.#seq === this.#acked || now - this.#acked_at < ACK_MS ||
		    this.#socket?.readyState !== WebSocket.OPEN)
			return;
		this.#socket.send(`{"ack":${this.#seq}}`);
		this.#acked = this.#seq;
		this.#acked_at = now;
	}

	#tick() {
		this.#ack();
		const limit = this.#state === 'open' ? SILENCE_MS : FIRST_LINE_MS;
		if (Date.now() - this.#heard_at > limit)
			this.#lost();
	}

	#lost() {
		if (this.#state === 'open' &&
		    Date.now() - this.#opened_at > GOOD_MS)
			this.#attempt = 0;
		this.#drop();
		this.#acked = 0;
		const retry_ms = retryDelay(this.#attempt++);
		this.#retry_timer = setTimeout(() => this.#connect(), retry_ms);
		this.#become('retrying', { retry_ms });
	}

	/* The network, or the reader, is back: do not wait for the timer. */
	#hurry() {
		const silent_ms = Date.now() - this.#heard_at;
		if (this.#retry_timer !== 0 ||
		    (this.#state === 'open' && silent_ms > SILENCE_ON_RETURN_MS))
			this.#connect();
	}

	#become(state, more = {}) {
		this.#state = state;
		this.dispatchEvent(
		    new CustomEvent('state', { detail: { state, ...more } }));
	}
}
