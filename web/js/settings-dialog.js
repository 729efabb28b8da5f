/*
 * The settings: theme, size of the text, language of the page.  Each takes
 * effect at once and is remembered.
 */
import * as store from './settings.js';
import { ownName } from './languages.js';
import { PAGE_LANGUAGES, say, speakIn } from './words.js';

const THEME_COLOURS = { dark: '#0a0c0f', light: '#fbfaf7',
    contrast: '#000000' };

/* Make the page look and speak as settings say. */
export function applySettings(settings) {
	const root = document.documentElement;
	root.dataset.theme = settings.theme;
	root.style.setProperty('--step', String(settings.size));
	document.querySelector('meta[name="theme-color"]').content =
	    THEME_COLOURS[settings.theme];
	speakIn(settings.page_language || null);
}

/* onChange() after the words of the page changed. */
export function settingsDialog(settings, dialog, onChange) {
	const part = (selector) => dialog.querySelector(selector);
	const select = part('#page-language');

	const draw = () => {
		for (const radio of dialog.querySelectorAll('[name="theme"]'))
			radio.checked = radio.value === settings.theme;
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
}
