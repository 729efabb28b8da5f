/*
 * A WebSocket on which websocketd runs one of our programs (listen, speak,
 * operate): one text message is one JSON object.  For every page; what is said
 * over it is the business of who uses it (link.js: the listener).
 *
 * The page speaks first: {"type":"hello",...}, with the token where it has one.
 * The upgrade is answered before the program runs, so we count as open at its
 * first line, not at the socket's `open`.  websocketd cannot send a close code
 * of ours: a refusal is a status line of that program, then the end.  A
 * {"type":"ping","at_ms":T} is answered by a pong.
 *
 * What is lost comes back by itself, with a growing wait; at once when the
 * network or the reader is back.
 *
 * Events:
 *   "line"   detail: the parsed object, in order (pings too)
 *   "state"  detail: { state, reason, detail, retry_ms }, where state is
 *              connecting   first attempt, nothing heard yet
 *              open         lines are coming
 *              retrying     lost; another attempt follows in retry_ms
 *              refused      the program said no: reason is a word for
 *                           sayRefusal() (words.js), detail its own; where
 *                           retry_ms is there, another attempt follows
 *              closed       by close()
 */

/* The programs speak at least every 15 s; two and a half of those is a dead
 * link.  A page that comes back to the front does not wait that long. */
const SILENCE_MS = 38_000;
const SILENCE_ON_RETURN_MS = 18_000;
const FIRST_LINE_MS = 10_000;
const TICK_MS = 500;
/* A connection that lived this long was a good one: start over at the bottom
 * of the back-off when it ends. */
const GOOD_MS = 5_000;

const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 10_000;
/* A server with no place left is asked again about so often. */
const FULL_MS = 15_000;
/* The longest that a program may make us wait, by the retry_ms of a refusal. */
const REFUSED_MAX_MS = 300_000;

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

/* The address of the program `name` on the server that this page came from. */
export function programUrl(name) {
	const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
	return `${scheme}//${location.host}/${name}`;
}

export class Connection extends EventTarget {
	#stage;
	#url;
	#hello;
	#retry_refused_ms;
	#socket = null;
	#state = 'closed';
	#attempt = 0;
	#opened_at = 0;
	#heard_at = 0;
	#retry_timer = 0;
	#tick_timer = 0;
	#connections = 0;
	#garbled = 0;

	/*
	 * stage: the program's name, as it stands in its status lines.  url() and
	 * hello() are asked before each attempt: the address with its query, and
	 * what goes into the first message beside its type.  retry_refused_ms: try
	 * again that long after any refusal (a page that nobody looks after);
	 * without it one that does not say when is final until open().
	 */
	constructor({ stage, url, hello = () => ({}), retry_refused_ms = 0 }) {
		super();
		this.#stage = stage;
		this.#url = url;
		this.#hello = hello;
		this.#retry_refused_ms = retry_refused_ms;
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

	/* Connections that have brought at least one line. */
	get connections() {
		return this.#connections;
	}

	/* Messages that were no line. */
	get garbled() {
		return this.#garbled;
	}

	/* Connect; what was connected is dropped. */
	open() {
		this.#attempt = 0;
		this.#connect();
	}

	close() {
		this.#drop();
		this.#become('closed');
	}

	/* False: there is nobody to send it to now. */
	send(message) {
		if (this.#socket?.readyState !== WebSocket.OPEN)
			return false;
		this.#socket.send(JSON.stringify(message));
		return true;
	}

	/* Bytes given to send() that have not left yet. */
	get unsent_bytes() {
		return this.#socket?.bufferedAmount ?? 0;
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
		socket.onopen = () => {
			was_let_in = true;
			socket.send(JSON.stringify(
			    { type: 'hello', ...this.#hello() }));
		};
		socket.onmessage = (event) => {
			if (socket === this.#socket)
				this.#hear(event.data);
		};
		let was_let_in = false;
		socket.onclose = () => {
			if (socket !== this.#socket)
				return;
			this.#lost();
			if (!was_let_in)
				this.#askWhy();
		};
		this.#tick_timer = setInterval(() => this.#tick(), TICK_MS);
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
		if (line.type === 'status' && line.stage === this.#stage &&
		    line.state === 'refused') {
			this.#refused(line);
			return;
		}
		if (this.#state !== 'open') {
			this.#connections++;
			this.#become('open');
		}
		if (line.type === 'ping')
			this.send({ type: 'pong', at_ms: line.at_ms });
		this.dispatchEvent(new CustomEvent('line', { detail: line }));
	}

	#refused({ reason, detail, retry_ms }) {
		this.#drop();
		/* With jitter, as many may have been told the same. */
		const wait_ms = retry_ms > 0 ? Math.min(REFUSED_MAX_MS, retry_ms) *
		    (1 + Math.random() / 4) : this.#retry_refused_ms;
		if (wait_ms > 0)
			this.#retry_timer = setTimeout(() => this.#connect(),
			    wait_ms);
		this.#become('refused', { reason: String(reason ?? ''),
		    detail: String(detail ?? ''), retry_ms: wait_ms });
	}

	/* A browser does not tell with which status a WebSocket was turned down;
	 * websocketd answers 429 to its CGI programs, too, when no place is left
	 * (scripts/serve, --max-listeners). */
	async #askWhy() {
		const timer = this.#retry_timer;
		const answer = await fetch('/api/rooms',
		    { method: 'HEAD', cache: 'no-store' }).catch(() => null);
		if (answer?.status === 429 && timer === this.#retry_timer)
			this.#refused({ reason: 'full', detail: 'no place left',
			    retry_ms: FULL_MS });
	}

	#tick() {
		const limit = this.#state === 'open' ? SILENCE_MS : FIRST_LINE_MS;
		if (Date.now() - this.#heard_at > limit)
			this.#lost();
	}

	#lost() {
		if (this.#state === 'open' &&
		    Date.now() - this.#opened_at > GOOD_MS)
			this.#attempt = 0;
		this.#drop();
		const retry_ms = retryDelay(this.#attempt++);
		this.#retry_timer = setTimeout(() => this.#connect(), retry_ms);
		this.#become('retrying', { retry_ms });
	}

	/* The network, or the reader, is back: do not wait for the timer. */
	#hurry() {
		if (this.#state === 'refused')
			return;	/* it was told when, or that it is of no use */
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
