/*
 * A response that leaves slowly: stands between an exchange and its transport,
 * and lets so many bytes a second pass, in pieces that respect no event's ends.
 */
#ifndef LOCALAWS_FAULTS_SLOW_H
#define LOCALAWS_FAULTS_SLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "exchange.h"

/* Put one in front of x->link; again: only the speed is new.  0, or -1: no
 * memory. */
int slow_new(struct exchange *x, uint64_t bytes_per_s);

/* Take it away; what waits in it is dropped.  Without one it does nothing. */
void slow_free(struct exchange *x);

/* Send what is due at x->now_ms. */
void slow_pump(struct exchange *x);

void slow_prepare(const struct exchange *x, struct loop *l);

#endif
