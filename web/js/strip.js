/*
 * How a page stands, in words: the pill with a dot, and the notice below the
 * strip when something is wrong.  For every page.
 */
import { say, sayRefusal } from './words.js';

/* What helps who was refused, where trying again does not: the button's words. */
const WAYS_OUT = { room: 'change', lang: 'change', proto: 'reload' };

/* A live region that is set to what it says already would be read again. */
export function setText(element, words) {
	if (element.textContent !== words)
		element.textContent = words;
}

/*
 * elements: { state, state_words, notice, notice_words, retry } (the last may be
 * missing).  shown names the words state_<shown> and the colour of the dot;
 * notice is words, or '' to hide it; way_out names the words of the button.
 */
export function drawStrip(elements, { shown, notice = '', can_retry = false,
    way_out = 'retry' }) {
	elements.state.dataset.state = shown;
	setText(elements.state_words, say(`state_${shown}`));
	setText(elements.notice_words, notice);
	elements.notice.hidden = notice === '';
	if (elements.retry) {
		elements.retry.hidden = !can_retry;
		elements.retry.dataset.words = way_out;
		setText(elements.retry, say(way_out));
	}
}

/* What drawStrip() wants to know of a Feed. */
export function stateOfFeed(feed, is_listening = false) {
	const { state } = feed.link;
	const air = ['waiting', 'starting', 'off', 'ended', 'paused']
	    .includes(feed.status.air) ? feed.status.air : 'live';
	const shown = state === 'open' ? air
	    : state === 'closed' ? 'connecting' : state;
	let notice = '';
	if (state === 'refused')
		notice = sayRefusal(feed.refusal ?? {});
	else if (state === 'retrying')
		notice = say('notice_retrying');
	else {
		const key = feed.status.notice(is_listening);
		const { why } = feed.status;
		if (why !== '')
			notice = say('notice_paused_why',
			    { reason: `\u2068${why}\u2069` });
		else
			notice = key === '' ? '' : say(key);
	}
	return { shown, notice, can_retry: state === 'refused',
	    way_out: WAYS_OUT[feed.refusal?.reason] ?? 'retry' };
}

/*
 * The button of the notice was pressed: change() lets the reader choose, retry()
 * connects again.
 */
export function takeWayOut(feed, change, retry) {
	const way_out = WAYS_OUT[feed.refusal?.reason];
	if (way_out === 'reload')
		location.reload();
	else if (way_out === 'change')
		change();
	else
		retry();
}
