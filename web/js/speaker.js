/*
 * The speaker's page: speaker.html?room=R[&lang=it-IT].  A microphone
 * (microphone.js), a talk (talk.js), and how both are.
 */
import './crew-words.js';
import { clockTime } from './duration.js';
import { LanguageDialog } from './language-dialog.js';
import { decibels, LevelJudge } from './levels.js';
import { drawMeter, meterElement } from './meter.js';
import { isPossible, listMicrophones, Microphone } from './microphone.js';
import { isRoomName, RoomWatch } from './rooms.js';
import * as store from './settings.js';
import { applySettings, settingsDialog } from './settings-dialog.js';
import { spokenFor, spokenNames, spokenTag } from './spoken.js';
import { drawStrip, setText } from './strip.js';
import { Talk } from './talk.js';
import { takeToken } from './token.js';
import { twoStep } from './two-step.js';
import { WakeLock } from './wakelock.js';
import { pageLanguage, say, sayNumber, sayRefusal } from './words.js';

/* Sent after "pause", so that the last sentence is heard to its end; then
 * nothing more. */
const TAIL_MESSAGES = 20;
const TICK_MS = 500;
/* Sound that has not arrived for this long is told. */
const KEPT_MS = 2_000;

const settings = store.load();
applySettings(settings);

const elements = Object.fromEntries(
    [...document.querySelectorAll('[id]')].map((e) => [e.id, e]));
const query = new URLSearchParams(location.search);
const room = isRoomName(query.get('room')) ? query.get('room') : '';
const watch = new RoomWatch();
const microphone = new Microphone();
const talk = new Talk(room, takeToken('speaker'));
const wake = new WakeLock();
const dialog = new LanguageDialog();
const meter = meterElement();

let judge = new LevelJudge();
let is_muted = false;
let tail = 0;	/* messages of silence still to send */
let since_ms = 0;	/* when this talk went on the air */
let recorded = 0;
let is_lang_chosen = false;
let lang = spokenTag(query.get('lang')) || settings.speech;
if (query.get('lang') !== null && lang !== '')
	is_lang_chosen = true;

/* --- language -------------------------------------------------------- */

/* Until somebody chose: what the room spoke last, or what the browser does. */
function guessLanguage() {
	if (is_lang_chosen || talk.is_open)
		return;
	const source = spokenTag(watch.find(room)?.source ?? '');
	lang = settings.speech || source || (navigator.languages ?? [])
	    .map(spokenTag).find((tag) => tag !== '') || 'en-US';
}

function chooseLanguage() {
	const source = spokenTag(watch.find(room)?.source ?? '');
	dialog.open(spokenFor(navigator.languages ?? [], source), lang, (tag) => {
		lang = tag;
		is_lang_chosen = true;
		settings.speech = tag;
		store.save(settings);
		if (talk.is_live)
			talk.speak(tag);
		draw();
	});
}

/* --- microphone ------------------------------------------------------ */

const openMicrophone = () =>
    microphone.open(settings.microphone, settings.mic_processing);

async function drawDevices() {
	if (!isPossible())
		return;
	const all = await listMicrophones().catch(() => []);
	const options = all.map(({ id, name }, i) =>
	    new Option(name || say('mic_number', { n: i + 1 }), id));
	elements.device.replaceChildren(...options);
	elements.device.value = microphone.device || settings.microphone;
	if (elements.device.selectedIndex < 0 && options.length > 0)
		elements.device.selectedIndex = 0;
}

function hear({ samples, rms, peak }) {
	const rms_db = decibels(rms);
	const peak_db = decibels(peak);
	judge.feed(rms_db, peak_db);
	drawMeter(meter, rms_db, peak_db);
	drawVerdict();
	if (!talk.is_live)
		return;
	if (is_muted) {
		if (tail === 0)
			return;
		tail--;
		samples.fill(0);
	}
	recorded++;
	talk.push(samples);
}

const TONES = { silent: 'bad', quiet: 'warn', good: 'good', loud: 'bad' };

function drawVerdict() {
	const is_on = microphone.state === 'on';
	elements.verdict.dataset.tone = is_on
	    ? TONES[judge.verdict] ?? 'off' : 'off';
	setText(elements['verdict-words'], is_on && judge.verdict !== ''
	    ? say(`verdict_${judge.verdict}`) : '');
}

function drawMicrophone() {
	const { state, reason, detail } = microphone;
	const is_there = state === 'on' || state === 'held';
	elements.mic.hidden = !is_there;
	elements.allow.hidden = is_there;
	elements.allow.disabled = state === 'asking' || !isPossible();
	elements.allow.dataset.words = state === 'failed' &&
	    reason !== 'insecure' ? 'mic_again' : 'mic_allow';
	setText(elements.allow, say(elements.allow.dataset.words));
	let note = '';
	if (!isPossible())
		note = say('mic_insecure', { url: `https://${location.host}/` });
	else if (state === 'asking')
		note = say('mic_asking');
	else if (state === 'held')
		note = say('mic_held');
	else if (state === 'failed')
		note = say(`mic_${reason}`, { reason: isolate(detail) });
	setText(elements['mic-note'], note);
	elements['mic-note'].classList.toggle('is-bad', state === 'failed' ||
	    state === 'held' || !isPossible());
}

/* --- the talk -------------------------------------------------------- */

function start() {
	if (microphone.state !== 'on' || talk.is_open)
		return;
	is_muted = false;
	since_ms = Date.now();
	recorded = 0;
	talk.start(lang);
	wake.keep();
	draw();
}

function setMuted(muted) {
	is_muted = muted;
	tail = muted ? TAIL_MESSAGES : 0;
	draw();
}

/* Foreign words within ours keep to their own direction. */
const isolate = (words) => `\u2068${words}\u2069`;

/* What the pill says, and the notice below it, which is read out: what changes
 * all the time is among the facts. */
function standing() {
	const { state, room: told } = talk;
	switch (state) {
	case 'idle':
		return { shown: 'idle' };
	case 'connecting':
		return { shown: 'connecting' };
	case 'cut':
		return { shown: 'retrying', notice: talk.refusal !== null
		    ? sayRefusal(talk.refusal)
		    : say('talk_cut') };
	case 'ending':
		return { shown: 'ending', notice: say('talk_ending') };
	case 'ended':
		return { shown: 'ended', notice: talk.outbox.kept_ms > 0
		    ? say('talk_left', { s: sayNumber(talk.outbox.kept_ms / 1000) })
		    : say('talk_ended') };
	case 'refused':
		return { shown: 'refused', notice: talk.refusal.reason === 'busy'
		    ? say('talk_busy') : talk.refusal.reason === 'lang'
		    ? say('talk_lang') : sayRefusal(talk.refusal) };
	case 'failed':
		return { shown: 'failed', notice: say('talk_failed',
		    { reason: isolate(talk.detail) }) };
	case 'replaced':
		return { shown: 'replaced', notice: say('talk_replaced') };
	default:
	}
	if (microphone.state !== 'on')
		return { shown: 'failed', notice: say('talk_no_mic') };
	if (told.pipeline === 'restarting')
		return { shown: 'waiting', notice: say('talk_restarting') };
	if (told.room_state === 'paused')
		return { shown: 'paused', notice: say('talk_paused') };
	if (told.room_state === 'off')
		return { shown: 'waiting', notice: say('talk_off') };
	return is_muted ? { shown: 'muted', notice: say('talk_muted') }
	    : { shown: 'on_air' };
}

const PIPELINES = ['starting', 'running', 'restarting', 'ending'];

function drawFacts() {
	const { room: told, outbox } = talk;
	const set = (name, words) => setText(elements[`fact-${name}`], words);
	const none = '–';
	const listed = watch.find(room);
	const before = listed === null ? 'off' : listed.is_paused ? 'paused'
	    : listed.is_on ? 'on' : 'off';
	const state = talk.is_open ? told.room_state : before;
	set('room', ['on', 'off', 'paused'].includes(state)
	    ? say(`room_${state}`) : none);
	set('link', !talk.is_open ? none : talk.cut_at_ms > 0
	    ? say('link_lost', { time: clockTime(Date.now() - talk.cut_at_ms) })
	    : talk.state === 'connecting' ? none : say('link_good'));
	elements['fact-link'].classList.toggle('is-bad', talk.cut_at_ms > 0);
	set('pipeline', talk.is_open && PIPELINES.includes(told.pipeline)
	    ? say(`pipeline_${told.pipeline}`) : none);
	set('time', since_ms === 0 ? none
	    : clockTime((talk.is_open ? Date.now() : ended_ms) - since_ms));
	const s = (ms) => say('seconds', { s: sayNumber(ms / 1000, 1) });
	set('lag', talk.is_open && Number.isFinite(told.lag_ms)
	    ? s(told.lag_ms) : none);
	/* What is on its way for a moment is no news. */
	set('kept', since_ms === 0 ? none : s(talk.is_open &&
	    outbox.kept_ms >= KEPT_MS ? outbox.kept_ms : 0));
	const lost_ms = outbox.dropped_ms + 100 * (told.lost ?? 0);
	set('lost', since_ms === 0 ? none : s(lost_ms));
	elements['fact-lost'].classList.toggle('is-bad', lost_ms > 0);
}

let ended_ms = 0;
let said_drawn = '';

function drawSaid() {
	const key = JSON.stringify(talk.said);
	elements.said.hidden = talk.said.length === 0;
	if (key === said_drawn)
		return;
	said_drawn = key;
	elements['said-list'].replaceChildren(...[...talk.said].reverse().map(
	    ({ at_ms, detail }) => {
		const item = document.createElement('li');
		const time = document.createElement('time');
		time.textContent =
		    new Date(at_ms).toLocaleTimeString(pageLanguage());
		const words = document.createElement('span');
		words.textContent = detail;
		words.dir = 'auto';
		item.append(time, words);
		return item;
	}));
}

function draw() {
	drawMicrophone();
	drawVerdict();
	/* Two of it, so that its region is named. */
	const [{ own, other, dir }] = spokenNames([lang, lang], pageLanguage());
	setText(elements['tongue-name'], own);
	Object.assign(elements['tongue-name'], { lang, dir });
	setText(elements['tongue-other'], other === own ? '' : other);
	const shown = standing();
	drawStrip({ state: elements.state, state_words: elements['state-words'],
	    notice: elements.notice, notice_words: elements['notice-words'],
	    retry: elements.retry }, { ...shown,
		can_retry: ['refused', 'failed', 'replaced'].includes(talk.state) &&
		    microphone.state === 'on' });
	elements.start.hidden = talk.is_open;
	elements.start.disabled = microphone.state !== 'on';
	elements.mute.hidden = !talk.is_live;
	elements.mute.setAttribute('aria-pressed', String(is_muted));
	setText(elements['mute-words'], say(is_muted ? 'go_on' : 'pause'));
	elements.end.hidden = !talk.is_open;
	elements.tongue.disabled = talk.state === 'ending';
	drawFacts();
	drawSaid();
	document.title = `${say(`state_${shown.shown}`)} · ${room}`;
}

/* --- the page -------------------------------------------------------- */

function drawRooms() {
	const list = watch.rooms ?? [];
	elements.rooms.replaceChildren(...list.map((one) => {
		const item = document.createElement('li');
		const link = document.createElement('a');
		link.href = `?${new URLSearchParams({ room: one.room })}`;
		const name = document.createElement('strong');
		name.textContent = one.title;
		name.dir = 'auto';
		const more = document.createElement('small');
		more.textContent = say(one.is_paused ? 'room_paused'
		    : one.is_on ? 'standing_on' : 'standing_off');
		link.append(name, more);
		item.append(link);
		return item;
	}));
	setText(elements['chooser-note'], watch.rooms === null ? ''
	    : say('speaker_no_rooms'));
	elements['chooser-note'].hidden = watch.rooms === null || list.length > 0;
	document.title = say('speaker_page');
}

function update() {
	if (room === '') {
		drawRooms();
		return;
	}
	setText(elements['where-room'], watch.find(room)?.title ?? room);
	guessLanguage();
	draw();
}

elements['meter-place'].append(meter);
elements.chooser.hidden = room !== '';
elements.speaker.hidden = room === '';
elements.processing.checked = settings.mic_processing;
drawMeter(meter, null, null);

elements.allow.addEventListener('click', openMicrophone);
elements.device.addEventListener('change', () => {
	settings.microphone = elements.device.value;
	store.save(settings);
	openMicrophone();
});
elements.processing.addEventListener('change', () => {
	settings.mic_processing = elements.processing.checked;
	store.save(settings);
	openMicrophone();
});
elements.tongue.addEventListener('click', chooseLanguage);
elements.start.addEventListener('click', start);
elements.retry.addEventListener('click', start);
elements.mute.addEventListener('click', () => setMuted(!is_muted));
twoStep(elements.end, { words: 'end_talk', sure: 'end_sure' }, () => {
	/* A second end gives up what has not arrived. */
	if (talk.state === 'ending')
		talk.leave();
	else
		talk.end();
});

microphone.addEventListener('message', ({ detail }) => hear(detail));
microphone.addEventListener('state', () => {
	judge = new LevelJudge();
	if (microphone.state !== 'on')
		drawMeter(meter, null, null);
	else
		drawDevices();
	draw();
});
/* Any tap wakes what the system held. */
addEventListener('pointerdown', () => {
	if (microphone.state === 'held')
		microphone.wake();
});
navigator.mediaDevices?.addEventListener?.('devicechange', () => {
	if (microphone.state === 'on')
		drawDevices();
	/* Plugged in again: on with it. */
	else if (microphone.state === 'failed' && microphone.reason === 'gone')
		openMicrophone();
});
talk.addEventListener('change', () => {
	if (talk.is_open) {
		ended_ms = Date.now();
		watch.stop();	/* speak(1) tells how the room is */
	} else {
		wake.release();
		watch.start();
	}
	draw();
});
addEventListener('beforeunload', (event) => {
	if (talk.is_open) {
		event.preventDefault();
		event.returnValue = true;
	}
});
watch.addEventListener('rooms', update);
settingsDialog(settings, () => {
	update();
	drawDevices();
});
setInterval(() => {
	if (talk.is_open)
		draw();
}, TICK_MS);
watch.start();
update();
/* One who agreed before is not asked again. */
navigator.permissions?.query({ name: 'microphone' }).then(({ state }) => {
	if (state === 'granted' && room !== '')
		openMicrophone();
}).catch(() => {});

/* For tests, and for the curious with a console. */
window.booth = { stats: () => ({ state: talk.state, lang, muted: is_muted,
    microphone: microphone.state, reason: microphone.reason,
    rateHz: microphone.rate_hz, verdict: judge.verdict, recorded,
    keptMs: talk.outbox.kept_ms, droppedMs: talk.outbox.dropped_ms,
    room: talk.room, said: talk.said, connections: talk.connections,
    garbled: talk.garbled }) };
