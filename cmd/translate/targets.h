/*
 * The languages of a run: those of -t, or those that somebody has wanted.
 */
#ifndef TRANSLATE_TARGETS_H
#define TRANSLATE_TARGETS_H

#include <stdbool.h>
#include <stddef.h>

#include "target.h"

/* Ours: more than Translate has languages. */
#define TARGETS_MAX 128

struct targets {
	struct target_setup *setup; /* borrowed */
	struct glossary *glossary;  /* a reference; NULL: none */
	struct target *list[TARGETS_MAX];
	size_t n;
};

void targets_init(struct targets *s, struct target_setup *setup);

void targets_release(struct targets *s);

/* The language of a tag, NULL: not there. */
struct target *targets_find(const struct targets *s, const char *tag);

/* Add a language, which is taken care of from the next utterance on.  NULL: no
 * memory, or no room. */
struct target *targets_add(struct targets *s, const char *tag);

/* What all languages, and later ones, take from now on.  0 or OUT_ERR_NOMEM. */
int targets_set_glossary(struct targets *s, struct glossary *g);

/* Whether each has room for another utterance. */
bool targets_can_take(const struct targets *s);

/* Give an utterance to each that is on.  0 or OUT_ERR_NOMEM. */
int targets_add_utterance(
    struct targets *s, const struct utterance *u, int64_t now_ms);

/* An utterance was taken back. */
void targets_retract(struct targets *s, const json_t *id);

void targets_prepare(const struct targets *s, struct loop *l);

void targets_send(struct targets *s, int64_t now_ms);

void targets_write(struct targets *s);

void targets_give_up(struct targets *s, const struct service_error *error);

/* Utterances that are not done with. */
size_t targets_npending(const struct targets *s);

/* The first out error or OUT_ERR_NOMEM of any; 0. */
int targets_failure(const struct targets *s);

/* The first exit status that is not 0. */
int targets_exit_status(const struct targets *s);

/* Sums over all. */
struct target_counters targets_counters(const struct targets *s);

#endif
