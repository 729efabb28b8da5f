/*
 * One listener: a language of a room as captions (feed.js) and as sound, and
 * what the page says about both.
 */
import { Captions } from './captions.js';
import { Feed } from './feed.js';
import { direction, ownName } from './languages.js';
import * as mediaSession from './media-session.js';
import { canDecodeOpus } from './opus.js';
import { Player } from './player.js';
import { saveButtons } from './save.js';
import { SoundControls } from './sound.js';
import { drawStrip, setText, stateOfFeed, takeWayOut } from './strip.js';
import { WakeLock } from './wakelock.js';
import { say, sayNumber } from './words.js';

const REMARK_MS = 6_000;
/* A delay outside of this is two clocks that disagree, and is not shown. */
const DELAY_MAX_MS = 120_000;
const CAPTURED_MAX = 200;
/* In these states nothing is behind anybody. */
const IS_STILL = new Set(['waiting', 'starting', 'off', 'ended', 'paused',
    'retrying', 'refused']);

export class Reader {
	#e;
	#feed;
	#captions;
	#player = new Player();
	#sound;
	#captured = new Map();	/* utterance to captured_at_ms */
	#place = { room: '', lang: '' };
	#title = '';	/* of the room, as who opened us knew it */
	#wants_voice = false;
	#encoding = 'pcm';	/* what this browser plays best */
	#wake_lock = new WakeLock();
	#remark_timer = 0;
	#delay_ms = null;
	#problem = '';

	/* e: the page's elements by id; token: of the role listener, or ''. */
	constructor(e, token) {
		this.#e = e;
		this.#captions = new Captions(e.scroller, e.log);
		this.#feed = new Feed(this.#captions, { token });
		this.#sound = new SoundControls(this.#player, { listen: e.listen,
		    words: e['listen-words'], mute: e.mute, level: e.level },
		    (is_on) => this.#setVoice(is_on));
		canDecodeOpus().then((can) => {
			this.#encoding = can ? 'opus' : 'pcm';
		});
		this.#hearFeed();
		this.#hearPlayer();
		this.#captions.addEventListener('follow', () => this.#drawJump());
		e.jump.addEventListener('click', () => {
			this.#captions.follow();
			e.scroller.focus({ preventScroll: true });
		});
		e.retry.addEventListener('click', () => takeWayOut(this.#feed,
		    () => e.change.click(), () => this.#follow()));
		document.addEventListener('visibilitychange', () => {
			if (document.visibilityState === 'visible' &&
			    this.#wants_voice)
				this.#player.wake();
		});
	}

	/* Read (and hear, where the voice is on) a language of a room; title: the
	 * room's, for people. */
	open({ room, lang }, title = room) {
		const is_same = room === this.#place.room &&
		    lang === this.#place.lang;
		this.#place = { room, lang };
		this.#title = title;
		if (!is_same) {
			this.#captured.clear();
			this.#player.flush();
			this.#setDelay(null);
		}
		const has_voice = lang !== 'source';
		if (!has_voice) {
			this.#wants_voice = false;
			this.#player.stop();
		}
		this.#sound.has_voice = has_voice;
		this.#follow();
		this.#wake_lock.keep();
		this.draw();
	}

	/* Nobody reads: no connection, no sound, no screen kept on. */
	close() {
		this.#wants_voice = false;
		this.#player.stop();
		this.#feed.link.close();
		this.#wake_lock.release();
	}

	/* The buttons that save what was read, into the form of the settings. */
	addSaving(form) {
		saveButtons(form, () => this.#captions.shown, () => this.#place);
	}

	/* All that is said in words; again after the page's language changed. */
	draw() {
		const { lang } = this.#place;
		const e = this.#e;
		const name = lang === 'source' ? say('original') : ownName(lang);
		const title = this.#feed.title || this.#title;
		/* The original has no original beside it. */
		e.original.hidden = lang === 'source';
		e['where-language'].textContent = name;
		e['where-language'].lang = lang === 'source' ? '' : lang;
		e['where-language'].dir = lang === 'source' ? '' : direction(lang);
		e['where-room'].textContent = title;
		document.title = `${name} · ${title}`;
		mediaSession.describe(title, name);
		this.#sound.draw();
		this.#drawState();
		this.#drawJump();
		this.#setDelay(this.#delay_ms);
	}

	stats() {
		return { ...this.#feed.stats(), audio: this.#audio(),
		    delayMs: this.#delay_ms, sound: this.#player.stats() };
	}

	#audio() {
		return this.#wants_voice ? this.#encoding : 'none';
	}

	#follow() {
		const want = { ...this.#place, audio: this.#audio() };
		if (want.lang === 'source')
			want.partials = 'true';
		this.#feed.follow(want);
	}

	#hearFeed() {
		const on = (name, fn) => this.#feed.addEventListener(name,
		    ({ detail }) => fn(detail));
		on('change', () => this.#drawState());
		on('title', () => this.draw());
		on('caption', (line) => this.#heardCaption(line));
		on('audio', (line) => {
			if (this.#player.push(line))
				this.#feed.status.noteVoice();
		});
		on('retraction', ({ id }) => this.#player.retract(id));
		on('skipping', () => this.#flash(say('skipping')));
	}

	#hearPlayer() {
		const player = this.#player;
		player.addEventListener('voice', ({ detail }) => this.#voice(detail));
		player.addEventListener('state', () => mediaSession.tell(
		    { running: 'playing', off: 'none' }[player.state] ?? 'paused'));
		player.addEventListener('paused', () => this.#hold());
		player.addEventListener('no-opus', () => {
			this.#encoding = 'pcm';
			this.#follow();
		});
		mediaSession.onKeys({ play: () => this.#setVoice(true),
		    pause: () => this.#hold(), stop: () => this.#setVoice(false) });
	}

	async #setVoice(is_on) {
		this.#problem = '';
		if (!is_on) {
			this.#wants_voice = false;
			this.#player.stop();
			this.#silent();
			return;
		}
		try {
			await this.#player.start();
		} catch (error) {
			this.#player.stop();
			this.#problem = say('notice_sound',
			    { reason: error.message });
			this.#drawState();
			return;
		}
		/* Only now do audio bytes travel: a reader moves none. */
		this.#wants_voice = this.#player.state !== 'off';
		this.#follow();
	}

	/* Paused, on the lock screen or by a call: nothing is sent meanwhile, and
	 * the lock screen's play goes on with what is said then. */
	#hold() {
		if (this.#player.state === 'off')
			return;
		this.#wants_voice = false;
		this.#player.hold();
		this.#silent();
	}

	#silent() {
		this.#captions.speak(null);
		this.#setDelay(null);
		this.#follow();
	}

	#heardCaption(line) {
		if (!Number.isFinite(line.captured_at_ms))
			return;
		this.#captured.set(line.id, line.captured_at_ms);
		if (this.#captured.size > CAPTURED_MAX)
			this.#captured.delete(this.#captured.keys().next().value);
		if (this.#feed.is_live && !line.late && !this.#wants_voice)
			this.#measure(line.id);
	}

	#voice({ what, id }) {
		if (what === 'begin') {
			this.#captions.speak(id);
			this.#measure(id, this.#player.latency_ms);
		} else
			this.#captions.speak(null);
	}

	/* What is read now, or heard in a moment, was said that long ago. */
	#measure(id, later_ms = 0) {
		const captured_at_ms = this.#captured.get(id);
		if (captured_at_ms === undefined)
			return;
		const ms = this.#feed.clock.theirs(Date.now()) + later_ms -
		    captured_at_ms;
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

	#drawState() {
		const e = this.#e;
		const found = stateOfFeed(this.#feed, this.#wants_voice);
		drawStrip({ state: e.state, state_words: e['state-words'],
		    notice: e.notice, notice_words: e['notice-words'],
		    retry: e.retry },
		    { ...found, notice: this.#problem || found.notice });
		if (this.#delay_ms !== null && IS_STILL.has(found.shown))
			this.#setDelay(null);
	}

	#drawJump() {
		const { is_following, unseen } = this.#captions;
		this.#e.jump.hidden = is_following;
		setText(this.#e['jump-count'],
		    unseen > 0 ? say('jump_new', { n: sayNumber(unseen) }) : '');
	}
}
