/*
 * One room on the operator's page.  Made once, then filled anew each second:
 * nothing moves but what has changed, and what an operator types or has pressed
 * stays.  All that comes from the room is text.
 */
import { clockTime } from './duration.js';
import { Keyed } from './keyed.js';
import { direction, listNames, nameIn } from './languages.js';
import { drawMeter, meterElement, sayLevel } from './meter.js';
import { listenersOf, STANDING_TONES, stageKey, stagesOf, standingOf, toneOf }
    from './room-view.js';
import { setText } from './strip.js';
import { twoStep } from './two-step.js';
import { apply, pageLanguage, say, sayNumber } from './words.js';

const NONE = '–';
/* An answer stays for so long: later it would be about something else. */
const ANSWER_SHOWN_MS = 12_000;

const tagName = (tag) => tag === 'source' ? say('original')
    : nameIn(tag, pageLanguage());

function sayMoney(usd) {
	if (!Number.isFinite(usd))
		return NONE;
	return usd.toLocaleString(pageLanguage(), { style: 'currency',
	    currency: 'USD', currencyDisplay: 'narrowSymbol' });
}

const sayTime = (at_ms) => new Date(at_ms).toLocaleTimeString(pageLanguage(),
    { hour: '2-digit', minute: '2-digit', second: '2-digit',
	hourCycle: 'h23' });

function make(name, className, ...children) {
	const element = document.createElement(name);
	if (className)
		element.className = className;
	element.append(...children);
	return element;
}

/* A word with its shape. */
function badge(className) {
	const words = make('span', 'badge-words');
	const shape = make('span', 'shape');
	shape.setAttribute('aria-hidden', 'true');
	const element = make('span', `badge ${className}`, shape, words);
	return { element, set(tone, text) {
		element.dataset.tone = tone;
		setText(words, text);
	} };
}

function stageRow() {
	const name = make('span', 'stage-name');
	const state = badge('stage-state');
	const detail = make('span', 'stage-detail');
	detail.dir = 'auto';
	const langs = make('ul', 'stage-langs');
	const list = new Keyed(langs, () => {
		const one = badge('stage-lang');
		const item = make('li', '', one.element);
		return { element: item, update({ lang, state: now, detail: why }) {
			const key = stageKey(now);
			const words = key === '' ? now : say(key);
			one.set(toneOf(now), `${lang}: ${words}`);
			one.element.title = why ?? '';
		} };
	});
	/* One line, whatever it says: stages come and go, lines stay.  In full it
	 * is in the title, and among the errors. */
	const element = make('li', 'stage', make('div', 'stage-line', name, detail,
	    state.element), langs);
	return { element, update({ stage, whole, langs: entries }) {
		setText(name, stage);
		state.element.hidden = whole === null;
		const key = stageKey(whole?.state ?? '');
		state.set(toneOf(whole?.state), key === '' ? whole?.state ?? ''
		    : say(key));
		list.update(entries, ({ lang }) => lang);
		/* Of languages, those in trouble. */
		const told = entries.filter((e) => e.detail &&
		    ['warn', 'bad', 'busy'].includes(toneOf(e.state)))
		    .map((e) => `${e.lang}: ${e.detail}`);
		setText(detail, [whole?.detail ?? '', ...told]
		    .filter((part) => part !== '').join(' · '));
		detail.title = detail.textContent;
	} };
}

function listenerRow() {
	const [lang, text, pcm, opus] = ['th', 'td', 'td', 'td']
	    .map((name) => make(name));
	lang.scope = 'row';
	return { element: make('tr', '', lang, text, pcm, opus), update(row) {
		setText(lang, tagName(row.lang));
		setText(text, sayNumber(row.text));
		setText(pcm, sayNumber(row.pcm));
		setText(opus, sayNumber(row.opus));
	} };
}

function errorRow() {
	const time = make('time');
	const what = make('strong');
	const detail = make('span', 'error-detail');
	detail.dir = 'auto';
	return { element: make('li', '', time, what, detail), update(error) {
		setText(time, sayTime(error.at_ms));
		const key = stageKey(error.state);
		setText(what, [error.stage, error.lang, key === '' ? error.state
		    : say(key)].filter(Boolean).join(' '));
		setText(detail, error.detail ?? '');
	} };
}

/* Ours: no word of a room is in it. */
const CARD = `
<header class="card-head">
	<h2 class="card-title" tabindex="-1"><span data-part="title" dir="auto"></span> <small data-part="name" dir="ltr"></small></h2>
	<span data-part="standing"></span>
</header>
<p class="card-why" data-part="why" dir="auto"></p>
<div class="card-level"><div data-part="meter"></div><output data-part="db"></output></div>
<dl class="facts figures">
	<div><dt data-words="op_spoken"></dt><dd data-part="source"></dd></div>
	<div><dt data-words="op_listeners"></dt><dd data-part="total"></dd></div>
	<div><dt data-words="op_lag"></dt><dd data-part="lag"></dd></div>
	<div><dt data-words="op_since"></dt><dd data-part="since"></dd></div>
	<div><dt data-words="op_cost"></dt><dd data-part="cost"></dd></div>
	<div><dt data-words="op_rate"></dt><dd data-part="rate"></dd></div>
</dl>
<div class="steer">
	<button type="button" class="plain" data-part="pause" data-words="op_pause"></button>
	<button type="button" class="plain go-on" data-part="resume" data-words="op_resume" hidden></button>
	<button type="button" class="plain" data-part="join" data-words="op_join"></button>
</div>
<form class="asking" data-part="asking" hidden>
	<label><span data-words="op_reason"></span><input type="text" maxlength="200" autocomplete="off" data-part="reason" dir="auto"></label>
	<div class="steer"><button class="plain is-asking" data-words="op_pause_now"></button><button type="button" class="plain" data-part="keep" data-words="op_cancel"></button></div>
</form>
<p class="answer" role="status" data-part="steered"></p>
<section><h3 data-words="op_stages"></h3><ul class="stages" data-part="stages"></ul><p class="empty-note" data-part="no-stages" data-words="op_no_stages"></p></section>
<section><h3 data-words="op_listeners"></h3>
<table class="listeners"><thead><tr><th scope="col" data-words="op_language"></th><th scope="col" data-words="op_text"></th><th scope="col">PCM</th><th scope="col">Opus</th></tr></thead><tbody data-part="listeners"></tbody></table>
<p class="empty-note" data-part="no-listeners" data-words="op_nobody"></p></section>
<section class="speech"><h3 data-words="op_say"></h3>
<form class="say" data-part="say"><input type="text" maxlength="1000" autocomplete="off" data-part="text" data-label="op_say_label" dir="auto"><select data-part="lang" data-label="op_language"></select><button class="plain" data-part="send" data-words="op_send"></button></form>
<p class="answer" role="status" data-part="answer"></p></section>
<section><h3 data-words="op_last"></h3><ol class="finals" data-part="finals" tabindex="0" role="list" data-label="op_last"></ol></section>
<section><h3 data-words="op_errors"></h3><ul class="errors" data-part="errors" tabindex="0" role="list" data-label="op_errors"></ul></section>`;

export class RoomCard {
	element = make('article', 'panel card');
	#part;
	#room = null;
	#give;
	#standing = badge('standing-badge');
	#meter = meterElement();
	#stages;
	#listeners;
	#finals;
	#errors;
	#langs = '';
	#timers = new WeakMap();	/* of the answers that are shown */

	/* give(order): a promise of the answer (commands.js); onJoin(room). */
	constructor(name, { give, onJoin }) {
		this.#give = (order) => give({ room: name, ...order });
		this.element.innerHTML = CARD;
		apply(this.element);
		this.element.dataset.room = name;
		this.element.tabIndex = -1;	/* the index leads here */
		this.#part = Object.fromEntries([...this.element
		    .querySelectorAll('[data-part]')].map((e) =>
			[e.dataset.part, e]));
		const part = this.#part;
		part.standing.replaceWith(this.#standing.element);
		part.meter.replaceWith(this.#meter);
		this.#stages = new Keyed(part.stages, stageRow);
		this.#listeners = new Keyed(part.listeners, listenerRow);
		this.#finals = new Keyed(part.finals, () => this.#finalRow());
		this.#errors = new Keyed(part.errors, errorRow);
		setText(part.name, name);
		part.join.addEventListener('click', () => onJoin(this.#room));
		this.#steer();
		this.#speech();
	}

	/* Pause asks for a reason, and so asks back. */
	#steer() {
		const part = this.#part;
		const ask = (is_asking) => {
			part.asking.hidden = !is_asking;
			(is_asking ? part.reason : part.pause).focus();
		};
		part.pause.addEventListener('click', () => ask(part.asking.hidden));
		part.keep.addEventListener('click', () => ask(false));
		part.asking.addEventListener('keydown', (event) => {
			if (event.key === 'Escape')
				ask(false);
		});
		part.asking.addEventListener('submit', async (event) => {
			event.preventDefault();
			const text = part.reason.value.trim();
			const is_done = await this.#tell(part.steered, 'op_paused',
			    { do: 'pause', ...(text === '' ? {} : { text }) });
			if (is_done) {
				part.reason.value = '';
				part.asking.hidden = true;
			}
		});
		part.resume.addEventListener('click', () => this.#tell(part.steered,
		    'op_resumed', { do: 'resume' }));
	}

	#speech() {
		const part = this.#part;
		part.say.addEventListener('submit', async (event) => {
			event.preventDefault();
			const text = part.text.value.trim();
			if (text === '')
				return;
			const lang = part.lang.value;
			const is_done = await this.#tell(part.answer, 'op_said',
			    { do: 'say', text, ...(lang === '' ? {} : { lang }) });
			/* What was typed meanwhile stays. */
			if (is_done && part.text.value.trim() === text)
				part.text.value = '';
		});
	}

	/* Give an order, and say in `place` how it went; whether it was done. */
	async #tell(place, done_key, order) {
		clearTimeout(this.#timers.get(place));
		const is_done = await this.#order(place, done_key, order);
		this.#timers.set(place, setTimeout(() => setText(place, ''),
		    ANSWER_SHOWN_MS));
		return is_done;
	}

	async #order(place, done_key, order) {
		place.dataset.tone = 'busy';
		setText(place, say('op_asked'));
		try {
			await this.#give(order);
			place.dataset.tone = 'good';
			setText(place, say(done_key));
			return true;
		} catch ({ reason, detail }) {
			place.dataset.tone = 'bad';
			setText(place, reason === 'failed'
			    ? say('op_failed', { reason: `\u2068${detail}\u2069` })
			    : say(`op_${reason}`));
			return false;
		}
	}

	#finalRow() {
		const time = make('time');
		const text = make('span', 'final-text');
		const by = make('small', 'final-by');
		const button = make('button', 'plain take-back');
		button.type = 'button';
		const note = make('p', 'answer');
		note.setAttribute('role', 'status');
		let id = '';
		twoStep(button, { words: 'op_take_back', sure: 'op_take_sure' },
		    async () => {
			button.disabled = true;
			const is_done = await this.#tell(note, 'op_taken',
			    { do: 'retract', id });
			button.disabled = is_done;
		});
		return { element: make('li', '', make('div', 'final-line', time,
		    text, button), by, note), update: (final) => {
			id = final.id;
			setText(time, sayTime(final.at_ms));
			setText(text, final.text);
			text.lang = final.lang ?? '';
			text.dir = direction(final.lang ?? '');
			setText(by, final.said_by === 'operator'
			    ? say('op_by_operator') : '');
		} };
	}

	/* Languages in which a line can be said. */
	#drawLangs({ source, targets }) {
		const tags = [...new Set([source, ...(targets ?? [])]
		    .filter((tag) => typeof tag === 'string' && tag !== ''))];
		const key = JSON.stringify([tags, pageLanguage()]);
		if (key === this.#langs)
			return;
		this.#langs = key;
		const chosen = this.#part.lang.value;
		this.#part.lang.replaceChildren(new Option(say('op_as_spoken'), ''),
		    ...tags.map((tag) => new Option(tagName(tag), tag)));
		this.#part.lang.value = tags.includes(chosen) ? chosen : '';
	}

	/* at_ms: when the server said so; can_steer: somebody hears orders. */
	update(room, at_ms, can_steer) {
		this.#room = room;
		const part = this.#part;
		const standing = standingOf(room);
		this.element.dataset.standing = standing;
		setText(part.title, room.title || room.room);
		part.name.hidden = !room.title || room.title === room.room;
		this.#standing.set(STANDING_TONES[standing],
		    say(`standing_${standing}`));
		setText(part.why, standing === 'paused'
		    ? room.paused || say('op_no_reason')
		    : standing === 'dead' ? say('op_dead') : '');
		drawMeter(this.#meter, room.level_db, room.peak_db);
		setText(part.db, Number.isFinite(room.level_db)
		    ? sayLevel(room.level_db) : NONE);
		setText(part.source, room.source
		    ? listNames([room.source], pageLanguage())[0].other : NONE);
		const { rows, total } = listenersOf(room);
		setText(part.total, sayNumber(total));
		setText(part.lag, Number.isFinite(room.lag_ms) ? say('seconds',
		    { s: sayNumber(room.lag_ms / 1000, 1) }) : NONE);
		part.lag.classList.toggle('is-bad', room.lag_ms > 10_000);
		setText(part.since, Number.isFinite(room.since_ms) && room.live
		    ? clockTime(at_ms - room.since_ms) : NONE);
		setText(part.cost, Number.isFinite(room.max_usd)
		    ? say('op_of', { cost: sayMoney(room.est_usd),
			max: sayMoney(room.max_usd) }) : sayMoney(room.est_usd));
		setText(part.rate, sayMoney(room.est_usd_per_hour ?? NaN));
		this.#stages.update(stagesOf(room), ({ stage }) => stage);
		part['no-stages'].hidden = (room.stages ?? []).length > 0;
		this.#listeners.update(rows, ({ lang }) => lang);
		part['no-listeners'].hidden = rows.length > 0;
		this.#finals.update([...(room.last ?? [])].reverse(),
		    ({ id }) => id);
		this.#errors.update([...(room.errors ?? [])].reverse(),
		    (error) => JSON.stringify(error));
		this.#drawLangs(room);
		this.#allow(room, can_steer);
	}

	#allow(room, can_steer) {
		const part = this.#part;
		const is_paused = typeof room.paused === 'string';
		const has_focus = document.activeElement;
		part.pause.hidden = is_paused;
		part.resume.hidden = !is_paused;
		if (is_paused)
			part.asking.hidden = true;
		/* The focus goes with the button that took the other's place. */
		if (has_focus === part.pause && is_paused)
			part.resume.focus();
		else if (has_focus === part.resume && !is_paused)
			part.pause.focus();
		part.pause.disabled = part.resume.disabled = !can_steer;
		part.send.disabled = !can_steer || !room.can_say;
		part.text.placeholder = room.can_say ? '' : say('op_cannot_say');
		for (const button of part.finals.querySelectorAll('.take-back'))
			if (!button.disabled || button.dataset.held === '1') {
				button.disabled = !can_steer || !room.can_say;
				button.dataset.held = button.disabled ? '1' : '';
			}
	}
}
