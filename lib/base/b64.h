/* Base64 (RFC 4648, section 4, padded) and lower-case hex. */
#ifndef BASE_B64_H
#define BASE_B64_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of base64 for n bytes, without NUL. */
#define B64_LEN(n) (((n) + 2) / 3 * 4)

/* Encode n bytes into out, which has B64_LEN(n) + 1 bytes; NUL-ended.  Returns
 * its length. */
size_t b64_encode(char *out, const void *p, size_t n);

/* Decode; out has room for len / 4 * 3 bytes.  Returns the number of bytes, or
 * -1: not base64. */
long b64_decode(uint8_t *out, const char *s, size_t len);

/* Hex of n bytes into out, which has 2 * n + 1 bytes; NUL-ended. */
void hex_encode(char *out, const void *p, size_t n);

/* Bytes from 2 * n hex digits, any case.  0, or -1: not hex. */
int hex_decode(uint8_t *out, const char *s, size_t n);

#endif
