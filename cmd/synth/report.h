/* What synth says of itself: status lines with its counters. */
#ifndef SYNTH_REPORT_H
#define SYNTH_REPORT_H

#include <jansson.h>

#include "aws/service_error.h"
#include "synth.h"

/* A line about one language, or about all (NULL); takes `voices`, if any. */
void report_status(struct synth *s, const char *state, const char *detail,
    const char *lang, json_t *voices);

/* A line was lost for want of memory. */
void report_short(struct synth *s);

/* The language speaks again, if that it did not was told. */
void report_recovered(struct synth *s, struct lane *l);

/* It does not as it should, until report_recovered(): told once, on standard
 * error, too. */
void report_degraded(struct synth *s, struct lane *l, const char *what,
    const struct service_error *error);

#endif
