/* Puts a number into a line without taking the line apart: the 35 kB of an
 * audio line are copied once and otherwise left as they came. */
#ifndef BROADCAST_SPLICE_H
#define BROADCAST_SPLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that splice_seq() may add to a line. */
#define SPLICE_BYTES 32

/*
 * Copy `line` (len bytes, a valid JSON object, no newline) to out (size bytes)
 * with "seq":<seq> as its first member and a newline at its end.  With
 * has_seq the line has a member of that name already: it is left out.
 *
 * Returns the bytes written, newline included; 0: size is too small, or the
 * member that has_seq tells of is not spelled "seq" (but with an escape).
 */
size_t splice_seq(char *out, size_t size, const char *line, size_t len,
    bool has_seq, uint64_t seq);

#endif
