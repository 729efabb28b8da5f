/*
 * The captions on the page: appended, never moved or rewritten, and followed
 * to the end unless the reader scrolled up.
 *
 * What a room says is text, and becomes nothing else: every word goes in by
 * textContent.  Each caption carries its own lang and dir.
 */
import { direction } from './languages.js';

/* More than an eight-hour day; beyond it the oldest go. */
const CAPTIONS_MAX = 6_000;
/* This close to the end counts as the end, in CSS pixels. */
const END_PX = 32;

export class Captions extends EventTarget {
	#scroller;	/* the element that scrolls */
	#log;		/* the live region in it */
	#by_key = new Map();	/* "id final_at_ms" to element */
	#by_id = new Map();	/* id to its newest element */
	#draft = null;
	#is_following = true;
	#unseen = 0;
	#last_top = 0;
	#glide = matchMedia('(prefers-reduced-motion: no-preference)');
	#is_instant = false;

	/* Events: "follow" when isFollowing or unseen changes. */
	constructor(scroller, log) {
		super();
		this.#scroller = scroller;
		this.#log = log;
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

	/* Lines that come now are old ones, for context: not read out, no glide. */
	setContext(is_context) {
		this.#log.setAttribute('aria-live', is_context ? 'off' : 'polite');
		this.#is_instant = is_context;
	}

	clear() {
		this.#log.replaceChildren();
		this.#by_key.clear();
		this.#by_id.clear();
		this.#draft = null;
		this.#unseen = 0;
		this.follow();
	}

	/*
	 * A final utterance: { id, at_ms, lang, text, source, source_lang,
	 * is_untranslated, is_late }, with labels for what is marked.  False: it is
	 * here already (a resumed connection may repeat).
	 */
	add(caption, labels) {
		const key = `${caption.id} ${caption.at_ms}`;
		if (this.#by_key.has(key))
			return false;
		const element = this.#make(caption, labels);
		this.#by_key.set(key, element);
		this.#by_id.set(caption.id, element);
		if (this.#draft?.dataset.id === String(caption.id))
			this.#dropDraft();
		this.#append(element, key);
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

	/* A remark between captions: something is missing here. */
	remark(text) {
		const element = document.createElement('p');
		element.className = 'remark';
		element.textContent = text;
		this.#append(element);
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

	#make({ id, lang, text, source, source_lang, is_untranslated, is_late },
	    labels) {
		const element = document.createElement('div');
		element.className = 'caption';
		element.dataset.id = id;
		const mark = is_untranslated ? labels.untranslated
		    : is_late ? labels.late : '';
		if (mark !== '')
			element.append(span('mark', mark));
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

	#append(element, key) {
		if (key !== undefined)
			element.dataset.key = key;
		if (this.#draft === null)
			this.#log.append(element);
		else
			this.#draft.before(element);
		this.#trim();
		if (this.#is_following) {
			this.#toEnd();
			return;
		}
		if (key !== undefined) {
			this.#unseen++;
			this.dispatchEvent(new Event('follow'));
		}
	}

	#dropDraft() {
		this.#draft.remove();
		this.#draft = null;
	}

	#trim() {
		while (this.#log.childElementCount > CAPTIONS_MAX) {
			const oldest = this.#log.firstElementChild;
			const { id, key } = oldest.dataset;
			oldest.remove();
			if (key !== undefined)
				this.#by_key.delete(key);
			if (this.#by_id.get(id) === oldest)
				this.#by_id.delete(id);
		}
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

function span(name, text) {
	const element = document.createElement('span');
	element.className = name;
	element.textContent = text;
	return element;
}

function setLanguage(element, tag) {
	if (typeof tag !== 'string' || tag === '')
		return;
	element.lang = tag;
	element.dir = direction(tag);
}
