/*
 * What an operator orders, and the answers: each command has a number, and its
 * answer carries it.
 */

const ANSWER_MS = 15_000;

/* Rejects with { reason, detail }: reason is "failed" (the program said no, in
 * detail), "unsent" (nobody to send it to) or "lost" (no answer came: whether it
 * was done is not known). */
export class Commands {
	#send;
	#n = 0;
	#open = new Map();

	/* send(message): false where it cannot be sent. */
	constructor(send) {
		this.#send = send;
	}

	/* Resolves to the answer. */
	give(order) {
		const n = ++this.#n;
		return new Promise((resolve, reject) => {
			if (!this.#send({ type: 'command', n, ...order })) {
				reject({ reason: 'unsent', detail: '' });
				return;
			}
			const timer = setTimeout(() => this.#fail(n), ANSWER_MS);
			this.#open.set(n, { resolve, reject, timer });
		});
	}

	/* A line from the program; false: no answer of a command of ours. */
	hear(line) {
		const one = this.#open.get(line.n);
		if (one === undefined || !['done', 'failed'].includes(line.type))
			return false;
		this.#close(line.n);
		if (line.type === 'done')
			one.resolve(line);
		else
			one.reject({ reason: 'failed',
			    detail: String(line.detail ?? '') });
		return true;
	}

	/* The connection is gone: nothing that is open is answered any more. */
	drop() {
		for (const n of [...this.#open.keys()])
			this.#fail(n);
	}

	#fail(n) {
		const one = this.#open.get(n);
		this.#close(n);
		one.reject({ reason: 'lost', detail: '' });
	}

	#close(n) {
		clearTimeout(this.#open.get(n).timer);
		this.#open.delete(n);
	}
}
