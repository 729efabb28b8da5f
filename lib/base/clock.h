/* The two clocks.  Protocol modules take times as arguments; tools ask here. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Monotonic milliseconds, for deadlines and pacing. */
int64_t clock_mono_ms(void);

/* The same, and it goes on while the machine sleeps: to tell sleep from a clock
 * that was set. */
int64_t clock_boot_ms(void);

/* Unix time in milliseconds with a fraction, for people, signing and `*_at_ms`
 * keys. */
double clock_wall_ms(void);

#endif
