/*
 * One language of a room on a page: the lines of a Link become captions, and
 * what the room and the stages say becomes a state.  The listener, the display
 * and the video page each read one (or two); voice and delay are the
 * listener's own (reader.js).
 *
 * Events:
 *   "change"      state, air or troubles: draw them again
 *   "caption"     detail: the line of a new caption
 *   "audio"       detail: an audio line of the language
 *   "retraction"  detail: { id }
 *   "title"       the room's name for people is known, or another
 *   "skipping"    listen(1) leaves voice out: we are too slow
 *   "live"        what comes now is said now, not context
 */
import { Link } from './link.js';
import { RoomStatus } from './status.js';
import { ClockOffset } from './timing.js';
import { say } from './words.js';

/* `live` is what listen(1) says when the context is through; a reader does not
 * depend on it for longer than this. */
const CONTEXT_MS = 3_000;

export class Feed extends EventTarget {
	status = new RoomStatus();
	clock = new ClockOffset();
	refusal = null;	/* { reason, detail } of sayRefusal() */
	is_live = false;
	title = '';	/* the room's; '': it has none, or is not known yet */
	#link;
	#captions;
	#place = { room: '', lang: '' };
	#context_timer = 0;

	/* captions: a Captions; more: see Link. */
	constructor(captions, more) {
		super();
		this.#captions = captions;
		this.#link = new Link(more);
		this.#link.addEventListener('line',
		    ({ detail }) => this.#hear(detail));
		this.#link.addEventListener('state',
		    ({ detail }) => this.#linkChanged(detail));
	}

	get link() {
		return this.#link;
	}

	/* Read { room, lang, audio, ... } (link.js).  Another room or language
	 * begins with an empty page. */
	follow(want) {
		const { room, lang } = want;
		if (room !== this.#place.room || lang !== this.#place.lang) {
			if (room !== this.#place.room)
				this.title = '';
			this.#place = { room, lang };
			this.#captions.clear();
			this.status.reset();
		}
		this.#link.follow(want);
	}

	stats() {
		return { state: this.#link.state, air: this.status.air,
		    connections: this.#link.connections, seq: this.#link.seq,
		    garbled: this.#link.garbled, live: this.is_live,
		    captions: this.#captions.count,
		    following: this.#captions.is_following,
		    unseen: this.#captions.unseen };
	}

	#linkChanged({ state, reason, detail }) {
		if (state === 'open')
			this.#awaitLive();
		else
			this.#setLive(false);
		this.refusal = state === 'refused' ? { reason, detail } : null;
		this.#say('change');
	}

	#awaitLive() {
		this.#setLive(false);
		this.#context_timer = setTimeout(
		    () => this.#setLive(true), CONTEXT_MS);
	}

	#setLive(is_live) {
		clearTimeout(this.#context_timer);
		this.is_live = is_live;
		this.#captions.setContext(!is_live);
		if (is_live)
			this.#say('live');
	}

	#hear(line) {
		switch (line.type) {
		case 'translation':
			this.#hearTranslation(line);
			break;
		case 'transcript':
			this.#hearTranscript(line);
			break;
		case 'audio':
			if (line.lang === this.#place.lang)
				this.#say('audio', line);
			break;
		case 'retraction':
			this.#captions.retract(line.id, line.at_ms);
			this.#say('retraction', line);
			break;
		case 'status':
			this.#hearStatus(line);
			break;
		case 'ping':
			this.clock.note(line.at_ms, Date.now());
			break;
		}
	}

	#hearTranslation(line) {
		if (line.lang !== this.#place.lang)
			return;
		const is_untranslated = Boolean(line.error) || !line.text;
		this.clock.note(line.translated_at_ms, Date.now());
		this.#add(line, { lang: line.lang, text: line.text,
		    source: line.source_text, source_lang: line.from,
		    is_untranslated });
	}

	#hearTranscript(line) {
		if (this.#place.lang !== 'source' || !line.text)
			return;
		if (line.final)
			this.#add(line, { lang: line.lang, text: line.text,
			    is_untranslated: false });
		else
			this.#captions.draft(line);
	}

	#add(line, caption) {
		const is_new = this.#captions.add({ ...caption, id: line.id,
		    at_ms: line.final_at_ms, captured_at_ms: line.captured_at_ms,
		    start_ms: line.start_ms, end_ms: line.end_ms,
		    is_late: line.late === true,
		    is_announcement: line.said_by === 'operator' });
		if (is_new)
			this.#say('caption', line);
		this.status.noteCaption(caption);
		this.#say('change');
	}

	#hearStatus(line) {
		this.status.note(line, this.#place.lang);
		if (line.stage === 'listen') {
			this.clock.note(line.at_ms, Date.now());
			if (['listening', 'waiting'].includes(line.state))
				this.#entitle(line.title);
			if (line.state === 'listening')
				this.#awaitLive();
			else if (line.state === 'live')
				this.#setLive(true);
			else if (line.state === 'gap')
				this.#captions.remark(say('missing'));
			else if (line.state === 'skipping')
				this.#say('skipping');
		}
		/* Another talk, which may have another name. */
		if (line.stage === 'broadcast' && line.state === 'ready')
			this.#entitle(line.title);
		/* Speech that no caption will come of. */
		if (line.stage === 'transcribe' && line.state === 'lost')
			this.#captions.remark(say('missing'));
		this.#say('change');
	}

	#entitle(title) {
		const words = typeof title === 'string' ? title.trim() : '';
		if (words === this.title)
			return;
		this.title = words;
		this.#say('title');
	}

	#say(name, detail) {
		this.dispatchEvent(new CustomEvent(name, { detail }));
	}
}
