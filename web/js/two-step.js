/*
 * A button that asks back: the first press changes its words, a second one
 * within a few seconds does it.  Escape, leaving the button or waiting is "no".
 */
import { say } from './words.js';

const WAIT_MS = 5_000;
/* A double click is one press. */
const GUARD_MS = 400;

/* words, sure: keys of the words before and after the first press; what has
 * data-step-words inside the button carries them, or the button itself. */
export function twoStep(button, { words, sure }, onConfirm) {
	const label = button.querySelector('[data-step-words]') ?? button;
	let timer = 0;
	let asked_at = 0;
	const draw = (key) => {
		label.dataset.words = key;
		label.textContent = say(key);
		button.classList.toggle('is-asking', key === sure);
	};
	const back = () => {
		if (timer === 0)
			return;
		clearTimeout(timer);
		timer = 0;
		draw(words);
	};
	button.addEventListener('click', () => {
		if (timer === 0) {
			draw(sure);
			asked_at = performance.now();
			timer = setTimeout(back, WAIT_MS);
			return;
		}
		if (performance.now() - asked_at < GUARD_MS)
			return;
		back();
		onConfirm();
	});
	button.addEventListener('blur', back);
	button.addEventListener('keydown', (event) => {
		if (event.key === 'Escape' && timer !== 0) {
			event.stopPropagation();
			back();
		}
	});
	draw(words);
}
