/*
 * All of it or an error: write(2) may take a part, or be interrupted.
 */
#ifndef BASE_WHOLE_H
#define BASE_WHOLE_H

#include <stddef.h>

/* Write n bytes to a blocking descriptor.  0, or -1 with errno: some bytes may
 * be written. */
int write_whole(int fd, const void *p, size_t n);

#endif
