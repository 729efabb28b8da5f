/*
 * How many bytes of sound a file's header promises, read from its first bytes:
 * libsndfile takes a file that was cut short for a short one.
 *
 * Sources: RIFF/WAVE (Microsoft and IBM, 1991), RF64 (EBU Tech 3306), AIFF and
 * AIFF-C (Apple, 1989 and 1991), AU (Sun/NeXT), CAF (Apple).  Other kinds say
 * it elsewhere (FLAC: libsndfile knows) or not at all (Ogg).
 */
#ifndef AUDIO_SOUNDHEAD_H
#define AUDIO_SOUNDHEAD_H

#include <stddef.h>
#include <stdint.h>

/* Bytes from the start of a file that are worth looking at; a header that is
 * longer (it holds a picture) promises nothing that we know of. */
#define SOUNDHEAD_MAX_BYTES 65536

/*
 * Look at the first n bytes of a file.  Returns 1 with the offset of the first
 * byte of sound and how many are promised, or 0: the kind is not known, the
 * bytes do not reach the sound, or the length was left open (a program that
 * wrote into a pipe).
 */
int soundhead_promise(
    const uint8_t *p, size_t n, uint64_t *offset, uint64_t *len_bytes);

#endif
