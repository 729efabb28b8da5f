/*
 * This machine's clock against the service's, which refuses what is signed more
 * than five minutes off.  Two things are noticed: what a refusal says of the
 * service's time, and a local clock that is set while a session runs (by hand,
 * or by NTP): the time that signatures carry then goes on as it was.  No I/O;
 * times are arguments.  Source: PROTOCOL 1.5.
 */
#ifndef TRANSCRIBE_SKEW_H
#define TRANSCRIBE_SKEW_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/service_error.h"

struct skew {
	int64_t offset_ms; /* to add to local Unix time */
	double base_ms;    /* Unix time at clock_boot_ms() 0, this machine's */
	bool has_base;
	bool is_verified; /* the service took what was signed with it */
};

void skew_init(struct skew *k);

/*
 * Once a turn of the loop: wall_ms is Unix time of this machine, boot_ms
 * clock_boot_ms().  Returns by how much the clock was set since the last turn,
 * in ms; 0: it was not.
 */
int64_t skew_look(struct skew *k, double wall_ms, int64_t boot_ms);

/* Unix time to sign with. */
double skew_wall_ms(const struct skew *k, double wall_ms);

/* The service took a request. */
void skew_accepted(struct skew *k);

/* Whether an error may be about the time of a signature. */
bool skew_is_about(const struct service_error *e);

/*
 * It was refused: learn the service's time from the answer's Date header ("" or
 * NULL: there was none), else from the text.  Returns whether that changes what
 * is signed with: then, and only then, another try may help.
 */
bool skew_refused(struct skew *k, const char *date,
    const struct service_error *e, double wall_ms);

#endif
