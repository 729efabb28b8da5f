/*
 * What people and later stages are told: about a language, the first failure of
 * a kind, and that it works again, exactly once each; what it costs; who is
 * there.  On stderr and as `status` lines.
 */
#ifndef TRANSLATE_REPORT_H
#define TRANSLATE_REPORT_H

#include "aws/service_error.h"
#include "base/out.h"
#include "glossary_watch.h"
#include "targets.h"

/* An utterance of t failed. */
void report_failure(struct target *t, const struct service_error *error);

/* The service does not have the pair (or the terminology): nothing of it will
 * be asked for again. */
void report_refusal(struct target *t, const struct service_error *error);

/* An utterance of t was translated. */
void report_success(struct target *t);

/* A failure of all languages together, found before any text. */
void
report_unreachable(struct target_setup *setup, const struct service_error *e);

/* The glossary's file has changed: another version is in use, or is wrong. */
void report_glossary(
    struct out *out, const struct glossary_watch *w, bool is_broken);

/* `ready`, with the tags that will be there (taken), or can be. */
void report_ready(struct out *out, json_t *languages, bool is_on_demand);

/* `wanted` or `unwanted`: t is on, or is not any more. */
void report_wanted(struct target *t);

/* `paused` or `resumed`; `chars` were sent so far. */
void report_budget(const struct target_setup *setup, uint64_t chars);

/* `level`: what it costs so far, for the operator. */
void report_level(const struct target_setup *setup, uint64_t chars);

/* `ended`, with counters, in all and by language. */
void
report_ended(const struct target_setup *setup, const struct targets *targets);

#endif
