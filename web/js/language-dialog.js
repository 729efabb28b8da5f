/*
 * Choosing one language of many: a dialog with a field to find it by any of its
 * names.  One needs css/dialog.css and css/speaker.css.
 */
import { answersTo } from './languages.js';
import { spokenNames } from './spoken.js';
import { apply, pageLanguage } from './words.js';

/* Ours, not a room's. */
const DIALOG = `
<header class="dialog-head">
	<h2 id="tongues-title" data-words="speech_language"></h2>
	<button type="button" class="icon" data-close data-label="close">
		<svg viewBox="0 0 24 24" aria-hidden="true"><path d="m6 6 12 12M18 6 6 18"/></svg>
	</button>
</header>
<label class="field"><span data-words="find"></span>
	<input type="search" autocomplete="off" autocapitalize="off" spellcheck="false">
</label>
<p class="none" role="status" hidden data-words="not_found"></p>
<ul class="tongues"></ul>`;

export class LanguageDialog {
	#dialog = document.createElement('dialog');
	#find;
	#list;
	#none;
	#onChoose = null;
	#tags = [];
	#chosen = '';

	constructor() {
		this.#dialog.className = 'tongues-dialog';
		this.#dialog.setAttribute('aria-labelledby', 'tongues-title');
		this.#dialog.innerHTML = DIALOG;
		document.body.append(this.#dialog);
		this.#find = this.#dialog.querySelector('input');
		this.#list = this.#dialog.querySelector('ul');
		this.#none = this.#dialog.querySelector('.none');
		this.#find.addEventListener('input', () => this.#draw());
		/* The first that is left is what was meant. */
		this.#find.addEventListener('keydown', (event) => {
			if (event.key !== 'Enter')
				return;
			/* Or the button that the focus goes back to is pressed. */
			event.preventDefault();
			this.#list.querySelector('button')?.click();
		});
		this.#dialog.querySelector('[data-close]').addEventListener('click',
		    () => this.#dialog.close());
		this.#dialog.addEventListener('click', (event) => {
			if (event.target === this.#dialog)
				this.#dialog.close();
		});
	}

	/* tags in their order; onChoose gets one of them. */
	open(tags, chosen, onChoose) {
		this.#tags = tags;
		this.#chosen = chosen;
		this.#onChoose = onChoose;
		this.#find.value = '';
		apply(this.#dialog);
		this.#draw();
		this.#dialog.showModal();
		this.#find.focus();
	}

	#draw() {
		const names = spokenNames(this.#tags, pageLanguage())
		    .filter(({ tag, own, other }) =>
			answersTo(this.#find.value, tag, own, other));
		this.#list.replaceChildren(...names.map((name) =>
		    this.#entry(name)));
		this.#none.hidden = names.length > 0;
	}

	#entry({ tag, own, other, dir }) {
		const item = document.createElement('li');
		const button = document.createElement('button');
		button.type = 'button';
		const name = document.createElement('strong');
		name.textContent = own;
		name.lang = tag;
		name.dir = dir;
		button.append(name);
		if (other !== own) {
			const more = document.createElement('span');
			more.textContent = other;
			button.append(more);
		}
		if (tag === this.#chosen)
			button.setAttribute('aria-current', 'true');
		button.addEventListener('click', () => {
			this.#dialog.close();
			this.#onChoose(tag);
		});
		item.append(button);
		return item;
	}
}
