/*
 * How phones join a room: a QR code of the listener's page, drawn by this
 * server (/api/qr), and the address in words beside it, which is all there is
 * where the server cannot draw.
 *
 * The token of the page that shows the code goes into the code, behind the
 * address, and to the server in the body of a request, never in an address; it
 * is in no words.
 */
import { say } from './words.js';

const RETRY_MS = 15_000;

/* The code as the address of an image; an error that is_final will not get
 * better by asking again. */
export async function drawCode(room, token) {
	const response = await fetch(`/api/qr?${new URLSearchParams({ room })}`, {
	    method: 'POST', cache: 'no-store',
	    body: JSON.stringify({ url: `${location.origin}/`, token }) });
	if (!response.ok)
		throw Object.assign(new Error(`/api/qr: ${response.status}`),
		    { is_final: response.status < 500 || response.status === 501 });
	const bytes = new TextEncoder().encode(await response.text());
	return `data:image/svg+xml;base64,${btoa(String.fromCharCode(...bytes))}`;
}

/* elements: { join, code, link }: the corner, the image in it, the words. */
export async function joinCode({ join, code, link }, room, token) {
	const words = `${location.host}/?room=${room}`;
	link.textContent = words;
	join.hidden = false;
	for (;;)
		try {
			code.src = await drawCode(room, token);
			code.alt = say('display_code');
			code.hidden = false;
			join.classList.add('has-code');
			return;
		} catch (error) {
			if (error.is_final)
				return;
			await new Promise((resolve) =>
			    setTimeout(resolve, RETRY_MS));
		}
}
