/*
 * Which sentence is asked for next: fairly between languages and within the
 * account's quotas, by stream or by SynthesizeSpeech, and what to do when the
 * service says no.  With --warm streams are opened ahead of the sentences.
 */
#ifndef SYNTH_ASKING_H
#define SYNTH_ASKING_H

#include <stdint.h>

#include "base/loop.h"
#include "synth.h"

/*
 * Ask for one sentence at most: opening a stream takes its time, in which no
 * caption passes.  s->has_more: there may be another to ask for.
 */
void asking_next(struct synth *s);

/* Deadlines of what was asked for; give connections back. */
void asking_watch(struct synth *s);

/* Open a stream ahead, where there is none and nothing else wants it; keep
 * those that are open alive. */
void asking_warm(struct synth *s);

/* Let go of the streams that a language has ahead. */
void asking_cool(struct lane *l, int64_t now_ms);

/* Wake when there is something to do. */
void asking_prepare(const struct synth *s, struct loop *l, int64_t now_ms);

#endif
