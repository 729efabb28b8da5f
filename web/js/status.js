/*
 * What the status lines of a room mean to one listener.  Stages speak for
 * themselves (booth-lines(5)); here each becomes at most one notice, the worst
 * of which is shown.
 */

const TROUBLE = {
	transcribe: 'notice_recognition',
	translate: 'notice_translation',
	synth: 'notice_voice',
};
const WORST_FIRST = ['transcribe', 'translate', 'synth'];
/* Pausing the paid work of one stage is trouble with what it makes; pausing
 * what hears the speaker pauses the talk. */
const IS_TROUBLE = new Set(['reconnecting', 'degraded', 'failed', 'paused',
    'captions-only']);
const HEARS = new Set(['broadcast', 'transcribe']);
/* A stage that reached its limit says so to its operator, not to the audience. */
const IS_OF_MONEY = /\bUSD\b/;
const IS_FINE = new Set(['ready', 'recovered', 'resumed']);

export class RoomStatus {
	#troubles = new Set();	/* stages */
	/* unknown, waiting (for the room), starting (the room is on, this language
	 * has yet to come), on, off, ended, paused */
	air = 'unknown';
	#why = '';	/* it is paused */

	reset() {
		this.#troubles.clear();
		this.air = 'unknown';
		this.#why = '';
	}

	/* Why it is paused, as the operator wrote it for everybody; ''. */
	get why() {
		return this.air === 'paused' && !IS_OF_MONEY.test(this.#why)
		    ? this.#why : '';
	}

	/* A status line; `lang` is what the reader follows. */
	note(line, lang) {
		const { stage, state } = line;
		if (stage === 'listen') {
			this.#noteListen(line);
			return;
		}
		const about = line.lang ?? line.language;
		if (typeof about === 'string' && about !== lang)
			return;
		/* What comes after the stages that ended earlier is still said. */
		if (state === 'ended' && stage === 'broadcast')
			this.air = 'ended';
		else if (state === 'paused' && HEARS.has(stage))
			this.#pause(line.detail);
		else if (IS_TROUBLE.has(state))
			this.#troubles.add(stage);
		else if (IS_FINE.has(state)) {
			this.#troubles.delete(stage);
			if (HEARS.has(stage))
				this.air = 'on';
		}
	}

	#pause(why) {
		this.air = 'paused';
		this.#why = typeof why === 'string' ? why.trim() : '';
	}

	/* Captions come: whatever was said before, the room is on air; but of a
	 * pause, in which come the last words before it, and the operator's. */
	noteCaption({ is_untranslated }) {
		if (this.air !== 'paused')
			this.air = 'on';
		this.#troubles.delete('transcribe');
		if (!is_untranslated)
			this.#troubles.delete('translate');
	}

	noteVoice() {
		this.#troubles.delete('synth');
	}

	/* `on`: whether somebody broadcasts now.  One who was killed said no
	 * goodbye, so each heartbeat tells.  `paused` is for who comes in a pause:
	 * without it there is none. */
	#noteListen({ state, on, paused }) {
		if (['waiting', 'listening'].includes(state) && on === true &&
		    paused !== undefined)
			this.#pause(paused);
		else if (state === 'waiting')
			this.air = on === true ? 'starting' : 'waiting';
		else if (this.air === 'waiting' && on === true)
			this.air = 'starting';
		else if (this.air === 'starting' && on === false)
			this.air = 'waiting';
		else if (state === 'listening')
			this.air = on === false ? 'off' : 'on';
		else if (on === false && this.air === 'on')
			this.air = 'off';
		else if (on === true && this.air === 'off')
			this.air = 'on';
	}

	/* Key of the words to show, or ''. */
	notice(is_listening) {
		const stage = WORST_FIRST.find((name) => this.#troubles.has(name) &&
		    (name !== 'synth' || is_listening));
		if (this.air === 'waiting' || this.air === 'off')
			return 'notice_waiting';
		if (['starting', 'ended', 'paused'].includes(this.air))
			return `notice_${this.air}`;
		return stage === undefined ? '' : TROUBLE[stage];
	}
}
