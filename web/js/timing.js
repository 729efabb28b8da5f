/*
 * How far behind we are, without trusting that two clocks agree.
 *
 * Lines carry the wall clock of the machine that made them.  The smallest
 * difference seen lately between our clock at arrival and theirs is the two
 * clocks' offset plus the shortest way; what is above it is delay.  Lately,
 * because clocks drift apart, and a phone's is set right at times.
 */

const LATELY_MS = 300_000;

export class ClockOffset {
	#least_ms = Infinity;	/* since #since_ms */
	#least_before_ms = Infinity;	/* in the LATELY_MS before that */
	#since_ms = 0;

	/* A line made at their at_ms arrived at our now_ms. */
	note(at_ms, now_ms) {
		if (!Number.isFinite(at_ms))
			return;
		const age_ms = now_ms - this.#since_ms;
		if (age_ms < 0 || age_ms > LATELY_MS) {
			this.#least_before_ms = age_ms < 0 ||
			    age_ms > 2 * LATELY_MS ? Infinity : this.#least_ms;
			this.#least_ms = Infinity;
			this.#since_ms = now_ms;
		}
		this.#least_ms = Math.min(this.#least_ms, now_ms - at_ms);
	}

	/* Our now_ms on their clock, as well as is known. */
	theirs(now_ms) {
		const least_ms = Math.min(this.#least_ms, this.#least_before_ms);
		return now_ms - (least_ms === Infinity ? 0 : least_ms);
	}
}

/*
 * Where synth(1) thinks the play-out is.  It sends a sentence faster than it is
 * spoken, so a full buffer is no lag; lag is ending later than an ideal
 * listener, who starts each sentence when it was first sent or when the one
 * before has ended.
 */
export class IdealPlayout {
	#clock = new ClockOffset();
	#end_ms = 0;	/* on the sender's clock */

	/* One chunk: voiced_at_ms stands in the first of its utterance. */
	note(voiced_at_ms, duration_ms, now_ms) {
		if (Number.isFinite(voiced_at_ms)) {
			this.#clock.note(voiced_at_ms, now_ms);
			this.#end_ms = Math.max(this.#end_ms, voiced_at_ms);
		}
		if (this.#end_ms > 0)
			this.#end_ms += duration_ms;
	}

	/* How much later than the ideal a play-out ends that has buffered_ms to
	 * go now; negative: it is ahead (more of the sentence is to come). */
	behind_ms(buffered_ms, now_ms) {
		if (this.#end_ms === 0)
			return 0;
		return this.#clock.theirs(now_ms) + buffered_ms - this.#end_ms;
	}
}
