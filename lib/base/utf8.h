/* UTF-8 (RFC 3629): what comes from outside is checked or made harmless here.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes of the valid sequence at p (1 to 4), 0 when there is none in the n
 * bytes: overlong forms, surrogates, values past U+10FFFF and cut sequences are
 * not valid.
 */
size_t utf8_sequence(const char *p, size_t n);

/* Whether all n bytes are valid. */
bool utf8_is_valid(const char *p, size_t n);

/*
 * The longest prefix of at most max bytes that cuts no sequence of the n bytes
 * in two.  p is valid UTF-8.
 */
size_t utf8_prefix(const char *p, size_t n, size_t max);

/* Copy the string s (valid UTF-8; NULL: "") and a NUL, cut between characters
 * to what size bytes, at least one, take. */
void utf8_copy(char *out, size_t size, const char *s);

/*
 * Copy for people: control characters and invalid bytes become \xNN, newlines
 * \n.  At most size - 1 bytes and a NUL are written, nothing in half.  Returns
 * the bytes written, without NUL.
 */
size_t utf8_escape(char *out, size_t size, const char *p, size_t n);

#endif
