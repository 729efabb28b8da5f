/* The value of --delay: service time to add. */
#ifndef LOCALAWS_DELAYS_H
#define LOCALAWS_DELAYS_H

#include <stdint.h>

/* Our bound, one minute. */
#define DELAY_MAX_MS 60000

struct delays {
	int64_t transcribe_ms;
	int64_t translate_ms;
	int64_t polly_ms;
};

/* "120" for all, or "translate=40,polly=120,transcribe=200".  What is not
 * named stays.  0, or -1. */
int delays_parse(struct delays *d, const char *value);

#endif
