/*
 * A list whose entries are kept as long as their keys are: what changes once a
 * second must not take the focus away, nor what somebody types.
 */
export class Keyed {
	#parent;
	#make;
	#entries = new Map();

	/* make(key) gives { element, update(item) }. */
	constructor(parent, make) {
		this.#parent = parent;
		this.#make = make;
	}

	get entries() {
		return [...this.#entries.values()];
	}

	/* items in their order; keyOf gives each its key. */
	update(items, keyOf) {
		const keys = new Set(items.map(keyOf));
		for (const [key, { element }] of this.#entries)
			if (!keys.has(key)) {
				element.remove();
				this.#entries.delete(key);
			}
		let place = this.#parent.firstElementChild;
		for (const item of items) {
			const key = keyOf(item);
			let entry = this.#entries.get(key);
			if (entry === undefined) {
				entry = this.#make(key);
				this.#entries.set(key, entry);
			}
			if (entry.element === place)
				place = place.nextElementSibling;
			else
				this.#parent.insertBefore(entry.element, place);
			entry.update(item);
		}
	}
}
