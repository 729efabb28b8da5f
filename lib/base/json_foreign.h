/*
 * JSON as services write it.  What other parsers read is read here, too: the
 * words in it must not be lost for a key that is nobody's business, or for one
 * character that is none.
 */
#ifndef BASE_JSON_FOREIGN_H
#define BASE_JSON_FOREIGN_H

#include <jansson.h>
#include <stddef.h>

/*
 * Parse len bytes at p (borrowed for the call).  Beyond what jansson takes,
 *
 *   a byte order mark in front is passed over (RFC 8259, section 8.1, lets
 *   parsers do so),
 *   half a surrogate pair, U+0000 and bytes that are no UTF-8 become U+FFFD,
 *   control characters in strings become spaces,
 *   integers beyond 64 bits become reals, and numbers beyond those null.
 *
 * A new reference, or NULL with *why as jansson fills it, of the first try.
 */
json_t *json_foreign_parse(const void *p, size_t len, json_error_t *why);

#endif
