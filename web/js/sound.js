/*
 * The buttons of the voice: listen and stop, mute, and the little meter.
 */
import { say } from './words.js';

const METER_MS = 90;

export class SoundControls {
	#player;
	#listen;
	#words;
	#mute;
	#level;
	#meter_timer = 0;
	#has_voice = true;

	/* onListen(is_on) starts or stops; elements: { listen, words, mute, level }. */
	constructor(player, { listen, words, mute, level }, onListen) {
		this.#player = player;
		this.#listen = listen;
		this.#words = words;
		this.#mute = mute;
		this.#level = level;
		listen.addEventListener('click', () => {
			if (player.state === 'blocked')
				player.wake();
			else
				onListen(player.state === 'off' ||
				    player.state === 'held');
		});
		mute.addEventListener('click', () => {
			player.mute(!player.is_muted);
			this.draw();
		});
		player.addEventListener('state', () => this.draw());
	}

	/* Whether there can be a voice in what is read. */
	set has_voice(has_voice) {
		this.#has_voice = has_voice;
		this.draw();
	}

	draw() {
		const { state, is_muted } = this.#player;
		const is_on = state === 'running';
		this.#listen.disabled = state === 'starting' ||
		    (state === 'off' && !this.#has_voice);
		this.#listen.dataset.sound = is_on ? 'on' : 'off';
		const key = is_on ? 'stop' : state === 'blocked' ? 'resume_sound'
		    : this.#has_voice ? 'listen' : 'no_voice';
		this.#words.textContent = say(key);
		this.#mute.hidden = !is_on;
		this.#mute.setAttribute('aria-pressed', String(is_muted));
		/* The name stays, the state is told by aria-pressed. */
		this.#mute.setAttribute('aria-label', say('mute'));
		this.#mute.title = say(is_muted ? 'unmute' : 'mute');
		clearInterval(this.#meter_timer);
		if (is_on)
			this.#meter_timer = setInterval(() => this.#drawLevel(),
			    METER_MS);
	}

	#drawLevel() {
		if (document.visibilityState !== 'visible')
			return;
		/* -50 to 0 dBFS as 0 to 1. */
		const db = 20 * Math.log10(this.#player.level + 1e-6);
		const share = Math.min(1, Math.max(0, 1 + db / 50));
		this.#level.style.setProperty('--level', share.toFixed(2));
	}
}
