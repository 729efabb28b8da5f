/*
 * How a page stands, in words: the pill with a dot, and the notice below the
 * strip when something is wrong.  For every page.
 */
import { say, sayRefusal } from './words.js';

/* A live region that is set to what it says already would be read again. */
export function setText(element, words) {
	if (element.textContent !== words)
		element.textContent = words;
}

/*
 * elements: { state, state_words, notice, notice_words, retry } (the last may be
 * missing).  shown names the words state_<shown> and the colour of the dot;
 * notice is words, or '' to hide it.
 */
export function drawStrip(elements, { shown, notice = '', can_retry = false }) {
	elements.state.dataset.state = shown;
	setText(elements.state_words, say(`state_${shown}`));
	setText(elements.notice_words, notice);
	elements.notice.hidden = notice === '';
	if (elements.retry)
		elements.retry.hidden = !can_retry;
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
		notice = key === '' ? '' : say(key);
	}
	return { shown, notice, can_retry: state === 'refused' };
}
