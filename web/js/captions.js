/*
 * The captions on a page: appended, never rewritten, and followed to the end
 * unless the reader scrolled up.  One that was heard late goes to its place;
 * one that was taken back disappears.
 *
 * What a room says is text, and becomes nothing else: every word goes in by
 * textContent.  Each caption carries its own lang and dir.
 */
import { direction } from './languages.js';
import { say } from './words.js';

/* More than an eight-hour day; beyond it the oldest go. */
const CAPTIONS_MAX = 6_000;
const RETRACTED_MAX = 1_000;
/* This close to the end counts as the end, in CSS pixels. */
const END_PX = 32;

export class Captions extends EventTarget {
	#scroller;	/* the element that scrolls */
	#log;		/* the live region in it */
	#max;
	#by_key = new Map();	/* "id final_at_ms" to element */
	#by_id = new Map();	/* id to its newest element */
	#caption_of = new Map();	/* element to what it shows */
	#retracted = new Map();	/* id to when it was taken back */
	#draft = null;
	#is_following = true;
	#unseen = 0;
	#last_top = 0;
	#glide = matchMedia('(prefers-reduced-motion: no-preference)');
	#is_instant = false;

	/* Keeps at most `max` captions.  Events: "follow" when is_following or
	 * unseen changes. */
	constructor(scroller, log, { max = CAPTIONS_MAX } = {}) {
		super();
		this.#scroller = scroller;
		this.#log = log;
		this.#max = max;
		scroller.addEventListener('scroll', () => this.#scrolled(),
		    { passive: true });
		/* Turned phone, larger type, a bar that came: stay at the end. */
		const observer = new ResizeObserver(() => {
			if (this.#is_following)
				this.#toEnd('instant');
		});
		observer.observe(scroller);
		observer.observe(log);
	}

	get count() {
		return this.#by_key.size;
	}

	get is_following() {
		return this.#is_following;
	}

	get unseen() {
		return this.#unseen;
	}

	/* What is shown, first to last, as it was given to add(). */
	get shown() {
		return [...this.#log.children]
		    .map((element) => this.#caption_of.get(element))
		    .filter((caption) => caption !== undefined);
	}

	/* Lines that come now are old ones, for context: not read out, no glide. */
	setContext(is_context) {
		this.#log.setAttribute('aria-live', is_context ? 'off' : 'polite');
		this.#is_instant = is_context;
	}

	clear() {
		this.#log.replaceChildren();
		this.#by_key.clear();
		this.#by_id.clear();
		this.#caption_of.clear();
		this.#draft = null;
		this.#unseen = 0;
		this.follow();
	}

	/*
	 * A final utterance: { id, at_ms, captured_at_ms, lang, text, source,
	 * source_lang, is_untranslated, is_late, is_announcement }.  False: it is
	 * here already (a resumed connection may repeat), or was taken back.
	 */
	add(caption) {
		const key = `${caption.id} ${caption.at_ms}`;
		if (this.#by_key.has(key) || this.#isRetracted(caption))
			return false;
		const element = makeCaption(caption);
		element.dataset.key = key;
		this.#by_key.set(key, element);
		this.#by_id.set(caption.id, element);
		this.#caption_of.set(element, caption);
		if (this.#draft?.dataset.id === String(caption.id))
			this.#dropDraft();
		this.#insert(element, caption.is_late ? this.#placeOf(caption)
		    : null);
		return true;
	}

	/* What is not final yet: one line at the end, said over and over. */
	draft({ id, lang, text }) {
		if (this.#by_id.has(id) && this.#draft === null)
			return;
		if (this.#draft === null) {
			this.#draft = document.createElement('p');
			this.#draft.className = 'caption draft';
			this.#draft.setAttribute('aria-hidden', 'true');
		}
		this.#draft.dataset.id = id;
		this.#draft.textContent = text;
		setLanguage(this.#draft, lang);
		if (this.#draft.parentNode === null)
			this.#log.append(this.#draft);
		if (this.#is_following)
			this.#toEnd('instant');
	}

	/* The utterance was taken back at at_ms: it goes, and does not return. */
	retract(id, at_ms = Infinity) {
		this.#retracted.set(id, at_ms);
		if (this.#retracted.size > RETRACTED_MAX)
			this.#retracted.delete(this.#retracted.keys().next().value);
		if (this.#draft?.dataset.id === String(id))
			this.#dropDraft();
		for (const [element, caption] of this.#caption_of)
			if (caption.id === id && this.#isRetracted(caption))
				this.#remove(element);
	}

	/* A remark between captions: something is missing here. */
	remark(text) {
		const element = document.createElement('p');
		element.className = 'remark';
		element.textContent = text;
		this.#insert(element, null);
	}

	/* The caption whose voice sounds now (or null). */
	speak(id) {
		this.#log.querySelector('.spoken')?.classList.remove('spoken');
		if (id !== null)
			this.#by_id.get(id)?.classList.add('spoken');
	}

	/* To the end, and stay there. */
	follow() {
		this.#unseen = 0;
		this.#setFollowing(true);
		this.#toEnd();
	}

	/* Numbers of utterances may begin anew with the next talk: only what was
	 * final before is taken back. */
	#isRetracted({ id, at_ms }) {
		const until_ms = this.#retracted.get(id);
		return until_ms !== undefined && !(at_ms > until_ms);
	}

	/* The caption before which one that was heard late belongs; null: last. */
	#placeOf({ captured_at_ms }) {
		let place = null;
		for (let element = this.#log.lastElementChild; element !== null;
		    element = element.previousElementSibling) {
			const other = this.#caption_of.get(element);
			if (other === undefined)
				continue;
			if (!(other.captured_at_ms > captured_at_ms))
				break;
			place = element;
		}
		return place;
	}

	#insert(element, place) {
		this.#log.insertBefore(element, place ?? this.#draft);
		this.#trim();
		if (this.#is_following) {
			this.#toEnd();
			return;
		}
		if (this.#caption_of.has(element)) {
			this.#unseen++;
			this.dispatchEvent(new Event('follow'));
		}
	}

	#dropDraft() {
		this.#draft.remove();
		this.#draft = null;
	}

	#trim() {
		while (this.#log.childElementCount > this.#max)
			this.#remove(this.#log.firstElementChild);
	}

	#remove(element) {
		const caption = this.#caption_of.get(element);
		element.remove();
		if (caption === undefined)
			return;
		this.#caption_of.delete(element);
		this.#by_key.delete(element.dataset.key);
		if (this.#by_id.get(caption.id) === element)
			this.#by_id.delete(caption.id);
	}

	#isAtEnd() {
		const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
		return scrollHeight - scrollTop - clientHeight <= END_PX;
	}

	/* Only a reader moves up: what we append moves nothing, and what we
	 * scroll goes down. */
	#scrolled() {
		const top = this.#scroller.scrollTop;
		const went_up = top < this.#last_top - 1;
		this.#last_top = top;
		if (this.#isAtEnd()) {
			this.#unseen = 0;
			this.#setFollowing(true);
		} else if (went_up)
			this.#setFollowing(false);
	}

	#setFollowing(is_following) {
		this.#is_following = is_following;
		this.dispatchEvent(new Event('follow'));
	}

	#toEnd(behavior) {
		const is_smooth = this.#glide.matches && !this.#is_instant &&
		    document.visibilityState === 'visible';
		this.#scroller.scrollTo({ top: this.#scroller.scrollHeight,
		    behavior: behavior ?? (is_smooth ? 'smooth' : 'instant') });
	}
}

function makeCaption({ id, lang, text, source, source_lang, is_untranslated,
    is_late, is_announcement }) {
	const element = document.createElement('div');
	element.className = 'caption';
	element.dataset.id = id;
	const mark = is_untranslated ? 'untranslated' : is_late ? 'late'
	    : is_announcement ? 'announcement' : '';
	if (mark !== '')
		element.append(span('mark', say(mark)));
	const words = span('text', is_untranslated ? source : text);
	setLanguage(words, is_untranslated ? source_lang : lang);
	element.append(words);
	if (is_untranslated)
		element.classList.add('untranslated');
	else if (source) {
		const original = span('source', source);
		setLanguage(original, source_lang);
		element.append(original);
	}
	return element;
}

function span(name, text) {
	const element = document.createElement('span');
	element.className = name;
	element.textContent = text;
	return element;
}

function setLanguage(element, tag) {
	const is_known = typeof tag === 'string' && tag !== '';
	element.lang = is_known ? tag : '';
	element.dir = is_known ? direction(tag) : 'auto';
}
