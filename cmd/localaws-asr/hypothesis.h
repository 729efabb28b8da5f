/*
 * What the recogniser heard of one utterance so far: words with times, and the
 * line of booth-lines(5) that says so.  Knows nothing of pocketsphinx.
 */
#ifndef LOCALAWS_ASR_HYPOTHESIS_H
#define LOCALAWS_ASR_HYPOTHESIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Our caps: a word of cmudict has at most 34 bytes; nobody says 512 words in
 * the 60 s that an utterance can last. */
#define HYP_WORD_BYTES 64
#define HYP_WORDS_MAX 512

/* A word is `stable` once it stood unchanged in this many looks (our choice:
 * 3 looks are 0.6 s). */
#define HYP_STABLE_LOOKS 3

struct hyp_word {
	char text[HYP_WORD_BYTES];
	int64_t start_ms; /* stream time */
	int64_t end_ms;
	double confidence;   /* 0 to 1; meant for finals only */
	unsigned int nlooks; /* looks in a row that found this word here */
};

struct hypothesis {
	uint64_t id; /* number of the utterance, from 1 */
	bool is_final;
	size_t nwords;
	struct hyp_word words[HYP_WORDS_MAX];
};

/* Forget all words; id stays. */
void hyp_reset(struct hypothesis *h);

/*
 * Add a segment as pocketsphinx names it.  The mark of an alternative
 * pronunciation ("read(2)") is taken off; fillers ("<sil>", "</s>", "[NOISE]",
 * "++UH++") are left out, as are words past HYP_WORDS_MAX.  True: it was a word
 * and was added.
 */
bool hyp_add(struct hypothesis *h, const char *segment, int64_t start_ms,
    int64_t end_ms, double confidence);

/* Whether a segment is silence, noise or a sentence mark, not a word. */
bool hyp_is_filler(const char *segment);

/*
 * Carry over from `before`, the previous look at the same utterance, for how
 * long each word of `h` has been the same: up to the first word that differs.
 */
void hyp_carry_looks(struct hypothesis *h, const struct hypothesis *before);

/* Whether both say the same words. */
bool hyp_same_text(const struct hypothesis *a, const struct hypothesis *b);

/*
 * The transcript line, without newline: text with a capital first letter and,
 * in a final, a full stop.  To be freed by free(), *len without NUL.  NULL: no
 * memory, or no words.
 */
char *hyp_line(const struct hypothesis *h, const char *lang, size_t *len);

#endif
