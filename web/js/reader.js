/*
 * One listener: the lines of a room become captions and sound, and the page
 * says how it stands.
 */
import { Captions } from './captions.js';
import { Link } from './link.js';
import { ownName } from './languages.js';
import { Player } from './player.js';
import { RoomStatus } from './status.js';
import { SoundControls } from './sound.js';
import { ClockOffset } from './timing.js';
import { say, sayNumber } from './words.js';

/* `live` is what listen(1) says when the context is through; a reader does not
 * depend on it for longer than this. */
const CONTEXT_MS = 3_000;
const REMARK_MS = 6_000;
/* A delay outside of this is two clocks that disagree, and is not shown. */
const DELAY_MAX_MS = 120_000;
const CAPTURED_MAX = 200;

export class Reader {
	#e;
	#link;
	#captions;
	#player = new Player();
	#sound;
	#status = new RoomStatus();
	#clock = new ClockOffset();
	#captured = new Map();	/* utterance to captured_at_ms */
	#place = { room: '', lang: '' };
	#wants_voice = false;
	#is_live = false;
	#context_timer = 0;
	#remark_timer = 0;
	#delay_ms = null;
	#refusal = '';
	#wake_lock = null;

	/* e: the page's elements by id, base: URL of the WebSocket. */
	constructor(e, base) {
		this.#e = e;
		this.#link = new Link(base);
		this.#captions = new Captions(e.scroller, e.log);
		this.#sound = new SoundControls(this.#player, { listen: e.listen,
		    words: e['listen-words'], mute: e.mute, level: e.level },
		    (is_on) => this.#setVoice(is_on));
		this.#link.addEventListener('line',
		    ({ detail }) => this.#hear(detail));
		this.#link.addEventListener('state',
		    ({ detail }) => this.#linkChanged(detail));
		this.#captions.addEventListener('follow', () => this.#drawJump());
		this.#player.addEventListener('voice',
		    ({ detail }) => this.#voice(detail));
		e.jump.addEventListener('click', () => {
			this.#captions.follow();
			e.scroller.focus({ preventScroll: true });
		});
		e.retry.addEventListener('click', () => this.#follow());
		document.addEventListener('visibilitychange', () => {
			if (document.visibilityState !== 'visible')
				return;
			this.#player.wake();
			this.#keepAwake();
		});
	}

	/* Read (and hear, where the voice is on) a language of a room. */
	open({ room, lang }) {
		const is_same = room === this.#place.room &&
		    lang === this.#place.lang;
		this.#place = { room, lang };
		if (!is_same) {
			this.#captions.clear();
			this.#captured.clear();
			this.#status.reset();
			this.#player.flush();
			this.#setDelay(null);
		}
		const has_voice = lang !== 'source';
		if (!has_voice && this.#wants_voice) {
			this.#wants_voice = false;
			this.#player.stop();
		}
		this.#sound.has_voice = has_voice;
		this.#follow();
		this.#keepAwake();
		this.draw();
	}

	/* All that is said in words; again after the page's language changed. */
	draw() {
		const { room, lang } = this.#place;
		const e = this.#e;
		const name = lang === 'source' ? say('original') : ownName(lang);
		e['where-language'].textContent = name;
		e['where-language'].lang = lang === 'source' ? '' : lang;
		e['where-room'].textContent = room;
		document.title = `${name} · ${room}`;
		this.#sound.draw();
		this.#drawState();
		this.#drawJump();
		this.#setDelay(this.#delay_ms);
	}

	stats() {
		return { state: this.#link.state, air: this.#status.air,
		    connections: this.#link.connections, seq: this.#link.seq,
		    garbled: this.#link.garbled,
		    audio: this.#audio(), live: this.#is_live,
		    captions: this.#captions.count,
		    following: this.#captions.is_following,
		    unseen: this.#captions.unseen, delayMs: this.#delay_ms,
		    sound: this.#player.stats() };
	}

	#audio() {
		return this.#wants_voice ? 'pcm' : 'none';
	}

	#follow() {
		const want = { ...this.#place, audio: this.#audio() };
		if (want.lang === 'source')
			want.partials = 'true';
		this.#link.follow(want);
	}

	async #setVoice(is_on) {
		if (!is_on) {
			this.#wants_voice = false;
			this.#player.stop();
			this.#captions.speak(null);
			this.#setDelay(null);
			this.#follow();
			return;
		}
		try {
			await this.#player.start();
		} catch (error) {
			this.#player.stop();
			this.#drawState(say('notice_sound',
			    { reason: error.message }));
			return;
		}
		/* Only now do audio bytes travel: a reader moves none. */
		this.#wants_voice = this.#player.state !== 'off';
		this.#follow();
	}

	#linkChanged({ state, reason }) {
		if (state === 'open')
			this.#awaitLive();
		else
			this.#setLive(false);
		this.#refusal = reason ?? '';
		this.#drawState();
	}

	#awaitLive() {
		this.#setLive(false);
		this.#context_timer = setTimeout(
		    () => this.#setLive(true), CONTEXT_MS);
	}

	#setLive(is_live) {
		clearTimeout(this.#context_timer);
		this.#is_live = is_live;
		this.#captions.setContext(!is_live);
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
			if (line.lang === this.#place.lang &&
			    this.#player.push(line)) {
				this.#status.noteVoice();
				this.#drawState();
			}
			break;
		case 'status':
			this.#hearStatus(line);
			break;
		}
	}

	#hearTranslation(line) {
		if (line.lang !== this.#place.lang)
			return;
		const is_untranslated = Boolean(line.error) || !line.text;
		this.#addCaption(line, { lang: line.lang, text: line.text,
		    source: line.source_text, source_lang: line.from,
		    is_untranslated });
		this.#clock.note(line.translated_at_ms, Date.now());
		this.#status.noteCaption({ is_untranslated });
		this.#drawState();
	}

	#hearTranscript(line) {
		if (this.#place.lang !== 'source' || !line.text)
			return;
		if (!line.final) {
			this.#captions.draft(line);
			return;
		}
		this.#addCaption(line, { lang: line.lang, text: line.text });
		this.#status.noteCaption({ is_untranslated: false });
		this.#drawState();
	}

	#addCaption(line, caption) {
		const is_new = this.#captions.add({ ...caption, id: line.id,
		    at_ms: line.final_at_ms, is_late: line.late === true },
		    { untranslated: say('untranslated'), late: say('late') });
		if (!is_new || !Number.isFinite(line.captured_at_ms))
			return;
		this.#captured.set(line.id, line.captured_at_ms);
		if (this.#captured.size > CAPTURED_MAX)
			this.#captured.delete(this.#captured.keys().next().value);
		if (this.#is_live && !line.late && !this.#wants_voice)
			this.#measure(line.id);
	}

	#hearStatus(line) {
		this.#status.note(line, this.#place.lang);
		if (line.stage === 'listen') {
			this.#clock.note(line.at_ms, Date.now());
			if (line.state === 'listening')
				this.#awaitLive();
			else if (line.state === 'live')
				this.#setLive(true);
			else if (line.state === 'gap')
				this.#captions.remark(say('missing'));
			else if (line.state === 'skipping')
				this.#flash(say('skipping'));
		}
		this.#drawState();
	}

	#voice({ what, id }) {
		if (what === 'begin') {
			this.#captions.speak(id);
			this.#measure(id);
		} else
			this.#captions.speak(null);
	}

	/* What is heard or read now was said that long ago. */
	#measure(id) {
		const captured_at_ms = this.#captured.get(id);
		if (captured_at_ms === undefined)
			return;
		const ms = this.#clock.theirs(Date.now()) - captured_at_ms;
		this.#setDelay(ms >= 0 && ms < DELAY_MAX_MS ? ms : null);
	}

	#setDelay(ms) {
		this.#delay_ms = ms;
		if (this.#remark_timer === 0)
			this.#e.delay.textContent = ms === null ? ''
			    : say('behind', { s: sayNumber(ms / 1000, 1) });
	}

	/* A passing remark, where the delay stands. */
	#flash(words) {
		clearTimeout(this.#remark_timer);
		this.#e.delay.textContent = words;
		this.#remark_timer = setTimeout(() => {
			this.#remark_timer = 0;
			this.#setDelay(this.#delay_ms);
		}, REMARK_MS);
	}

	#drawState(problem = '') {
		const state = this.#link.state;
		const air = { waiting: 'waiting', off: 'off', ended: 'ended',
		    paused: 'paused' }[this.#status.air] ?? 'live';
		const shown = state === 'open' ? air
		    : state === 'closed' ? 'connecting' : state;
		let notice = '';
		if (state === 'refused')
			notice = this.#refusal === '' ? say('notice_refused_plain')
			    : say('notice_refused', { reason: this.#refusal });
		else if (state === 'retrying')
			notice = say('notice_retrying');
		else {
			const key = this.#status.notice(this.#wants_voice);
			notice = key === '' ? '' : say(key);
		}
		const e = this.#e;
		e.state.dataset.state = shown;
		setText(e['state-words'], say(`state_${shown}`));
		setText(e['notice-words'], problem || notice);
		e.notice.hidden = (problem || notice) === '';
		e.retry.hidden = state !== 'refused';
	}

	#drawJump() {
		const { is_following, unseen } = this.#captions;
		this.#e.jump.hidden = is_following;
		setText(this.#e['jump-count'],
		    unseen > 0 ? say('jump_new', { n: sayNumber(unseen) }) : '');
	}

	/* The screen stays on while somebody reads; where the browser cannot, or
	 * the page came over plain http, it goes dark as ever. */
	async #keepAwake() {
		if (this.#wake_lock !== null && !this.#wake_lock.released)
			return;
		try {
			this.#wake_lock = await navigator.wakeLock.request('screen');
		} catch {
			this.#wake_lock = null;
		}
	}
}

/* A live region that is set to what it says already would be read again. */
function setText(element, words) {
	if (element.textContent !== words)
		element.textContent = words;
}
