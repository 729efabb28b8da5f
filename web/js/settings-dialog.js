/*
 * The settings: theme, size of the text, language of the page.  Each takes
 * effect at once and is remembered.  For every page: one needs css/dialog.css
 * and buttons that carry data-open-settings.
 */
import * as store from './settings.js';
import { ownName } from './languages.js';
import { apply, PAGE_LANGUAGES, say, speakIn } from './words.js';

const THEME_COLOURS = { dark: '#0a0c0f', light: '#fbfaf7',
    contrast: '#000000' };

/* Ours, not a room's: the one place where a page is made of markup. */
const DIALOG = `
<form method="dialog">
	<header class="dialog-head">
		<h2 id="settings-title" data-words="settings"></h2>
		<button class="icon" data-label="close">
			<svg viewBox="0 0 24 24" aria-hidden="true"><path d="m6 6 12 12M18 6 6 18"/></svg>
		</button>
	</header>
	<fieldset>
		<legend data-words="appearance"></legend>
		<div class="choices">
			<label><input type="radio" name="theme" value="dark"><span data-words="theme_dark"></span></label>
			<label><input type="radio" name="theme" value="light"><span data-words="theme_light"></span></label>
			<label><input type="radio" name="theme" value="contrast"><span data-words="theme_contrast"></span></label>
		</div>
	</fieldset>
	<fieldset>
		<legend data-words="text_size"></legend>
		<div class="sizes">
			<button id="smaller" type="button" class="round" data-label="smaller"><span aria-hidden="true" class="letter-small">A</span></button>
			<p id="sample" class="sample" aria-hidden="true" data-words="captions"></p>
			<button id="larger" type="button" class="round" data-label="larger"><span aria-hidden="true" class="letter-large">A</span></button>
		</div>
	</fieldset>
	<label class="field"><span data-words="page_language"></span>
		<select id="page-language"></select>
	</label>
</form>`;

/* Make the page look and speak as settings say. */
export function applySettings(settings) {
	const root = document.documentElement;
	const theme = store.themeOf(settings);
	root.dataset.theme = theme;
	root.style.setProperty('--step', String(settings.size));
	const colour = document.querySelector('meta[name="theme-color"]');
	if (colour !== null)
		colour.content = THEME_COLOURS[theme];
	speakIn(settings.page_language || null);
}

/*
 * Make the dialog, put it on the page, and let every data-open-settings button
 * open it.  onChange() is called after the words of the page changed.  Returns
 * the dialog's form, to which a page may append a fieldset of its own.
 */
export function settingsDialog(settings, onChange = () => {}) {
	const dialog = document.createElement('dialog');
	dialog.id = 'settings';
	dialog.setAttribute('aria-labelledby', 'settings-title');
	dialog.innerHTML = DIALOG;
	document.body.append(dialog);
	apply(dialog);
	const part = (selector) => dialog.querySelector(selector);
	const select = part('#page-language');

	const draw = () => {
		for (const radio of dialog.querySelectorAll('[name="theme"]'))
			radio.checked = radio.value === store.themeOf(settings);
		part('#smaller').disabled = settings.size <= store.SIZE_MIN;
		part('#larger').disabled = settings.size >= store.SIZE_MAX;
		const options = ['', ...PAGE_LANGUAGES].map((tag) => new Option(
		    tag === '' ? say('automatic') : ownName(tag), tag));
		select.replaceChildren(...options);
		select.value = settings.page_language;
	};
	const change = (changes) => {
		Object.assign(settings, changes);
		store.save(settings);
		applySettings(settings);
		draw();
		onChange();
	};

	for (const radio of dialog.querySelectorAll('[name="theme"]'))
		radio.addEventListener('change',
		    () => change({ theme: radio.value }));
	part('#smaller').addEventListener('click',
	    () => change({ size: settings.size - 1 }));
	part('#larger').addEventListener('click',
	    () => change({ size: settings.size + 1 }));
	select.addEventListener('change',
	    () => change({ page_language: select.value }));
	/* A tap beside the dialog closes it. */
	dialog.addEventListener('click', (event) => {
		if (event.target === dialog)
			dialog.close();
	});
	for (const button of document.querySelectorAll('[data-open-settings]'))
		button.addEventListener('click', () => {
			draw();
			dialog.showModal();
		});
	return dialog.querySelector('form');
}
