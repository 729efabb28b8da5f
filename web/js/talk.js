/*
 * A talk: what a speaker says goes to speak(1) at the other end of a Connection
 * (connection.js), numbered, and is kept until it is acknowledged.  Nothing is
 * lost by a connection that drops: the next one goes on with the same session
 * where the last one ended.
 */
import { Connection, programUrl } from './connection.js';
import { Outbox } from './outbox.js';

const SAID_MAX = 20;

const KEY = 'pipebooth.session.';

function makeSession() {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
}

/* The session of a room, the same when this page is loaded anew: speak(1) keeps
 * the talk for a while. */
function takeSession(room) {
	try {
		const kept = sessionStorage.getItem(KEY + room) ?? makeSession();
		sessionStorage.setItem(KEY + room, kept);
		return kept;
	} catch {
		return makeSession();
	}
}

function dropSession(room) {
	try {
		sessionStorage.removeItem(KEY + room);
	} catch {
		/* forbidden: it was never kept */
	}
}

/* The samples of a message in base64: little-endian, as every machine is that a
 * browser runs on. */
export function encodeSamples(samples) {
	return btoa(String.fromCharCode(...new Uint8Array(samples.buffer,
	    samples.byteOffset, samples.byteLength)));
}

/*
 * Events: "change", when any of this may have changed:
 *   state    idle        before start(), or after leave()
 *            connecting  nothing heard of the room yet
 *            on          the room hears us
 *            cut         the connection is lost, and tried again
 *            ending      end() was called, and sound is still on its way
 *            ended       all of it has arrived
 *            refused, failed, replaced    it is over: refusal, or detail
 *   refusal  { reason, detail, retry_ms } where the room said no
 *   room     what speak(1) last told: room_state, pipeline, lag_ms, lost,
 *            level_db, peak_db, lang
 *   said     the last lines of the room's pipeline: { at_ms, detail }
 *   cut_at_ms   since when the connection is lost; 0: it is not
 */
export class Talk extends EventTarget {
	state = 'idle';
	refusal = null;
	detail = '';
	room = {};
	said = [];
	cut_at_ms = 0;
	#name;
	#wire;
	#outbox = new Outbox();
	#session = '';
	#lang = '';
	#is_end_sent = false;

	/* name: the room; token: of the role speaker, or ''. */
	constructor(name, token = '') {
		super();
		this.#name = name;
		this.#wire = new Connection({ stage: 'speak',
		    url: () => `${programUrl('speak')}?${
			new URLSearchParams({ room: name })}`,
		    hello: () => ({ session: this.#session, lang: this.#lang,
			client: 'page', next: this.#outbox.first,
			...(token === '' ? {} : { token }) }) });
		this.#wire.addEventListener('line',
		    ({ detail }) => this.#hear(detail));
		this.#wire.addEventListener('state',
		    ({ detail }) => this.#follow(detail));
	}

	get lang() {
		return this.#lang;
	}

	get outbox() {
		return this.#outbox;
	}

	get garbled() {
		return this.#wire.garbled;
	}

	get connections() {
		return this.#wire.connections;
	}

	/* Whether what is recorded is to be pushed. */
	get is_live() {
		return ['connecting', 'on', 'cut'].includes(this.state);
	}

	/* Whether something is lost when the page goes now. */
	get is_open() {
		return this.is_live || this.state === 'ending';
	}

	start(lang) {
		this.#lang = lang;
		this.#session = takeSession(this.#name);
		this.#outbox = new Outbox();
		this.refusal = null;
		this.detail = '';
		this.said = [];
		this.room = {};
		this.cut_at_ms = 0;
		this.state = 'connecting';
		this.#wire.open();
	}

	/* Another language from here on; the same talk. */
	speak(lang) {
		if (lang === this.#lang)
			return;
		this.#lang = lang;
		if (this.is_live)
			this.#wire.open();
	}

	push(samples) {
		this.#outbox.push(samples);
		this.#pump();
	}

	/* It is over when all has arrived. */
	end() {
		if (!this.is_live)
			return;
		this.#become('ending');
		this.#pump();
	}

	/* It is over now; what has not arrived is given up. */
	leave() {
		this.#finish('ended');
	}

	#pump() {
		if (this.#wire.state !== 'open')
			return;
		let next;
		while ((next = this.#outbox.take()) !== null)
			this.#wire.send({ type: 'audio', seq: next.seq,
			    data: encodeSamples(next.message) });
		if (this.state === 'ending' && this.#outbox.is_all_sent &&
		    !this.#is_end_sent)
			this.#is_end_sent = this.#wire.send({ type: 'end' });
	}

	#follow({ state, reason, detail, retry_ms }) {
		if (!this.is_open)
			return;
		if (state === 'refused') {
			this.refusal = { reason, detail, retry_ms };
			if (!(retry_ms > 0))
				this.#finish('refused');
			else
				this.#cut();
		} else if (state === 'retrying')
			this.#cut();
		this.#changed();
	}

	#cut() {
		this.#is_end_sent = false;
		this.cut_at_ms ||= Date.now();
		if (this.state !== 'ending')
			this.state = 'cut';
	}

	#hear(line) {
		if (line.type === 'ack') {
			this.#outbox.acknowledge(line.next, line.window);
			this.room = { ...this.room, ...line };
		} else if (line.type === 'status' && line.stage === 'speak')
			this.#hearStatus(line);
		else
			return;
		this.#pump();
		this.#changed();
	}

	#hearStatus(line) {
		switch (line.state) {
		case 'ready':
			this.#outbox.resume(line.next, line.window);
			this.#is_end_sent = false;
			this.refusal = null;
			this.cut_at_ms = 0;
			this.room = { ...this.room, ...line };
			if (this.state !== 'ending')
				this.state = 'on';
			break;
		case 'said':
		case 'restarting':
			this.said.push({ at_ms: Date.now(),
			    detail: String(line.detail ?? '') });
			this.said.splice(0, this.said.length - SAID_MAX);
			break;
		case 'ended':
			/* Which says that all has arrived. */
			if (this.#is_end_sent)
				this.#outbox.acknowledge(this.#outbox.end, 0);
			/* falls through */
		case 'failed':
		case 'replaced':
			this.detail = String(line.detail ?? '');
			this.#finish(line.state);
			break;
		default:	/* lost: the next connection begins anew */
		}
	}

	#finish(state) {
		/* One who was replaced leaves the session to who replaced it. */
		if (state !== 'replaced')
			dropSession(this.#name);
		this.state = state;
		this.cut_at_ms = 0;
		this.#wire.close();
		this.#changed();
	}

	#become(state) {
		this.state = state;
		this.#changed();
	}

	#changed() {
		this.dispatchEvent(new Event('change'));
	}
}
