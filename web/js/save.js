/*
 * The part of the settings that saves what was read, as a file made here.
 */
import { FORMATS } from './transcript.js';
import { apply } from './words.js';

/* Characters that some system forbids in the name of a file. */
function fileName(parts, format) {
	const name = parts.join('-').replace(/[^\p{L}\p{N}.-]+/gu, '_');
	return `${name}.${format}`;
}

function download(name, type, text) {
	const link = document.createElement('a');
	link.href = URL.createObjectURL(
	    new Blob([text], { type: `${type};charset=utf-8` }));
	link.download = name;
	link.click();
	/* The browser has taken it when the click was dealt with; not so Safari,
	 * which asks its user first. */
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/*
 * Append the buttons to a form.  shown() gives the captions (transcript.js),
 * place() gives { room, lang } for the name.
 */
export function saveButtons(form, shown, place) {
	const part = document.createElement('fieldset');
	part.className = 'save';
	const legend = document.createElement('legend');
	legend.dataset.words = 'transcript';
	const hint = document.createElement('p');
	hint.dataset.words = 'transcript_hint';
	const row = document.createElement('div');
	row.className = 'choices';
	for (const [format, { type, make }] of Object.entries(FORMATS)) {
		const button = document.createElement('button');
		button.type = 'button';
		button.className = 'choice';
		button.dataset.words = `save_${format}`;
		button.addEventListener('click', () => {
			const { room, lang } = place();
			const day = new Date().toISOString().slice(0, 10);
			download(fileName([room, lang, day], format), type,
			    make(shown()));
		});
		row.append(button);
	}
	part.append(legend, row, hint);
	form.append(part);
	apply(part);
}
