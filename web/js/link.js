/*
 * A listener's wire to one room: listen(1) at the other end of a Connection
 * (connection.js), and the place in the talk.
 *
 * One message is one line of booth-lines(5).  About once a second the page says
 * {"ack":SEQ}: the last sequence number that it has dealt with, so that
 * `listen` sees a reader that falls behind, which websocketd's own buffers
 * would hide.  A connection that was lost goes on behind the last line.
 *
 * Events: "line" and "state", as those of Connection.
 */
import { Connection, programUrl } from './connection.js';

const ACK_MS = 1_000;

export class Link extends EventTarget {
	#wire;
	#want = { room: '', lang: '', audio: 'none' };
	#seq = 0;	/* last dealt with, of the language wanted */
	#acked = 0;
	#acked_at = 0;

	/* token: of the role listener, or ''; more: see Connection. */
	constructor({ token = '', ...more } = {}) {
		super();
		this.#wire = new Connection({ stage: 'listen',
		    url: () => this.#url(),
		    hello: () => token === '' ? {} : { token }, ...more });
		this.#wire.addEventListener('line',
		    ({ detail }) => this.#hear(detail));
		this.#wire.addEventListener('state', ({ detail }) => {
			if (detail.state !== 'open')
				this.#acked = 0;
			this.dispatchEvent(new CustomEvent('state', { detail }));
		});
		setInterval(() => this.#ack(), ACK_MS / 2);
	}

	get state() {
		return this.#wire.state;
	}

	get seq() {
		return this.#seq;
	}

	get connections() {
		return this.#wire.connections;
	}

	get garbled() {
		return this.#wire.garbled;
	}

	/*
	 * Follow a channel: room, lang ("es-ES" or "source"), audio ("none", "pcm"
	 * or "opus"), and whatever else listen(1) takes.  All channels of a
	 * language number their lines together, across restarts too, so a reader
	 * who turns the voice on or off keeps the place; another language begins
	 * anew.
	 */
	follow(want) {
		const has = (key) => want[key] === this.#want[key];
		const is_place_kept = has('room') && has('lang');
		if (is_place_kept && has('audio') &&
		    ['open', 'connecting'].includes(this.state))
			return;
		if (!is_place_kept)
			this.#seq = 0;
		this.#want = { ...want };
		this.#wire.open();
	}

	close() {
		this.#wire.close();
	}

	#url() {
		const query = new URLSearchParams(this.#want);
		if (this.#seq > 0)
			query.set('since', String(this.#seq));
		return `${programUrl('listen')}?${query}`;
	}

	#hear(line) {
		this.dispatchEvent(new CustomEvent('line', { detail: line }));
		/* A line's own number counts once the page has dealt with it; what
		 * listen(1) itself says is not of the room.  They grow, but for
		 * a room whose numbers began anew (its clock was set back). */
		const is_own = line.type === 'status' && line.stage === 'listen';
		if (!is_own && Number.isInteger(line.seq))
			this.#seq = line.seq;
		this.#ack();
	}

	#ack() {
		const now = Date.now();
		if (this.#seq === this.#acked || now - this.#acked_at < ACK_MS ||
		    !this.#wire.send({ ack: this.#seq }))
			return;
		this.#acked = this.#seq;
		this.#acked_at = now;
	}
}
