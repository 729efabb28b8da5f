/* How long, for people: 0:07, 12:45, 1:02:09. */
export function clockTime(ms) {
	const s = Math.max(0, Math.floor(ms / 1000));
	const two = (n) => String(n).padStart(2, '0');
	const [h, min] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
	return h > 0 ? `${h}:${two(min)}:${two(s % 60)}` : `${min}:${two(s % 60)}`;
}
