/*
 * A video file from the reader's own disk beside the live transcript of a room
 * (which hears it by `capture -f talk.mp4`, say), and on it, where there is one,
 * a captions file.  No byte of either leaves this device.
 *
 *	video.html?room=R&lang=L
 */
import { Captions } from './captions.js';
import { addressOf, Chooser } from './chooser.js';
import { Feed } from './feed.js';
import { direction, ownName } from './languages.js';
import { isRoomName, RoomWatch } from './rooms.js';
import { saveButtons } from './save.js';
import * as store from './settings.js';
import { applySettings, settingsDialog } from './settings-dialog.js';
import { drawStrip, setText, stateOfFeed, takeWayOut } from './strip.js';
import { asVtt } from './subtitles.js';
import { takeToken } from './token.js';
import { WakeLock } from './wakelock.js';
import { say, sayNumber } from './words.js';

const settings = store.load();
applySettings(settings);

const e = Object.fromEntries(
    [...document.querySelectorAll('[id]')].map((one) => [one.id, one]));
const watch = new RoomWatch();
const captions = new Captions(e.scroller, e.log);
const feed = new Feed(captions, { token: takeToken('listener') });
const wake_lock = new WakeLock();
const chooser = new Chooser({ title: null, note: e['chooser-note'], rooms: e.rooms,
    rooms_part: e['rooms-part'], languages: e.languages, find: e.find },
    (choice) => {
	history.pushState(null, '', addressOf(choice));
	show();
});
let has_failed = false;

function asked() {
	const query = new URLSearchParams(location.search);
	const room = query.get('room') ?? '';
	const lang = query.get('lang') ?? '';
	return { room: isRoomName(room) ? room : '',
	    lang: /^[A-Za-z0-9-]{2,23}$/.test(lang) ? lang : '' };
}

function show() {
	const choice = asked();
	const on = (watch.rooms ?? []).filter(({ is_on }) => is_on);
	if (choice.room === '' && on.length === 1)
		choice.room = on[0].room;
	const is_reading = choice.room !== '' && choice.lang !== '';
	e.viewer.hidden = !is_reading;
	e.chooser.hidden = is_reading;
	if (!is_reading) {
		feed.link.close();
		chooser.show(watch.rooms, choice.room, has_failed);
		watch.start();
		document.title = say('video_page');
		return;
	}
	watch.stop();
	if (addressOf(choice) !== addressOf(asked()))
		history.replaceState(null, '', addressOf(choice));
	feed.follow({ ...choice, audio: 'none',
	    ...(choice.lang === 'source' ? { partials: 'true' } : {}) });
	draw();
}

/* All that is said in words; again after the page's language changed. */
function draw() {
	const { room, lang } = asked();
	const name = lang === 'source' ? say('original') : ownName(lang);
	e['where-language'].textContent = name;
	e['where-language'].lang = lang === 'source' ? '' : lang;
	e['where-language'].dir = lang === 'source' ? '' : direction(lang);
	e['where-room'].textContent = feed.title ||
	    (watch.find(room)?.title ?? room);
	document.title = `${say('video_page')} · ${name}`;
	drawState();
	drawJump();
}

function drawState() {
	drawStrip({ state: e.state, state_words: e['state-words'],
	    notice: e.notice, notice_words: e['notice-words'], retry: e.retry },
	    stateOfFeed(feed));
}

function drawJump() {
	const { is_following, unseen } = captions;
	e.jump.hidden = is_following;
	setText(e['jump-count'],
	    unseen > 0 ? say('jump_new', { n: sayNumber(unseen) }) : '');
}

/* Files */

let video_name = '';

function release(element) {
	if (element?.src.startsWith('blob:'))
		URL.revokeObjectURL(element.src);
}

function openVideo(file) {
	release(e.video);
	video_name = file.name;
	setText(e['file-note'], '');
	e.video.src = URL.createObjectURL(file);
	e.video.hidden = e.other.hidden = false;
	e.invite.hidden = true;
	wake_lock.keep();
}

async function openCaptions(file) {
	const vtt = asVtt(await file.text());
	const old = e.video.querySelector('track');
	release(old);
	old?.remove();
	if (vtt === null) {
		setText(e['file-note'], say('captions_bad', { name: file.name }));
		return;
	}
	const track = document.createElement('track');
	track.kind = 'captions';
	track.label = file.name;
	track.default = true;
	track.src = URL.createObjectURL(new Blob([vtt], { type: 'text/vtt' }));
	const judge = () => setText(e['file-note'],
	    track.track.cues?.length > 0 ? file.name
	    : say('captions_bad', { name: file.name }));
	track.addEventListener('load', judge);
	track.addEventListener('error', judge);
	e.video.append(track);
	track.track.mode = 'showing';
}

const isCaptions = (file) => /\.(vtt|srt)$/i.test(file.name);

function openAny(files) {
	for (const file of files)
		if (isCaptions(file))
			openCaptions(file);
		else
			openVideo(file);
}

function takeFiles(input) {
	input.addEventListener('change', () => {
		openAny(input.files);
		input.value = '';	/* the same file again is a choice, too */
	});
}

takeFiles(e['video-file']);
takeFiles(e['captions-file']);
e.other.addEventListener('click', () => e['video-file'].click());
e.video.addEventListener('error', () => {
	e.video.hidden = e.other.hidden = true;
	e.invite.hidden = false;
	setText(e['file-note'], say('video_bad', { name: video_name }));
});
addEventListener('dragover', (event) => {
	event.preventDefault();
	e.frame.classList.add('is-target');
});
for (const name of ['dragleave', 'drop'])
	addEventListener(name, () => e.frame.classList.remove('is-target'));
addEventListener('drop', (event) => {
	event.preventDefault();
	openAny(event.dataTransfer.files);
});

/* The room */

saveButtons(settingsDialog(settings, () => (e.viewer.hidden ? show() : draw())),
    () => captions.shown, asked);
feed.addEventListener('change', drawState);
feed.addEventListener('title', draw);
captions.addEventListener('follow', drawJump);
e.jump.addEventListener('click', () => {
	captions.follow();
	e.scroller.focus({ preventScroll: true });
});
e.retry.addEventListener('click',
    () => takeWayOut(feed, () => e.change.click(), show));
e.change.addEventListener('click', () => {
	history.pushState(null, '', addressOf({ room: asked().room }));
	show();
});
addEventListener('popstate', show);
for (const [name, failed] of [['rooms', false], ['failed', true]])
	watch.addEventListener(name, () => {
		has_failed = failed;
		if (e.viewer.hidden)
			show();
	});
show();

/* For tests, and for the curious with a console. */
window.booth = { stats: () => ({ ...feed.stats(),
    video: { paused: e.video.paused, time_s: e.video.currentTime,
	duration_s: e.video.duration,
	cues: e.video.textTracks[0]?.cues?.length ?? 0 } }) };
