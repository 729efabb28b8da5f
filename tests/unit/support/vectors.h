/*
 * The test vectors, a folder of data beside the sources: $BOOTH_VECTORS, else
 * ../shared/vectors from the root of the repository.  All functions end the
 * test with ck_abort_msg() when something is missing or malformed, and so are
 * for use inside tests only, but for the first two.
 */
#ifndef TEST_VECTORS_H
#define TEST_VECTORS_H

#include <check.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the folder is there; if not, says so (SKIP ...) on stdout. */
bool vectors_found(void);

/* Status of a suite whose tests ran: 1 when some failed, else 77 when the
 * vectors were missing, else 0. */
int vectors_status(int failed, bool found);

/* A whole file, with a NUL after it; to be freed.  *len may be NULL. */
__attribute__((format(printf, 2, 3))) char *
vectors_read(size_t *len, const char *fmt, ...);

/* A JSON file; to be released by json_decref(). */
__attribute__((format(printf, 1, 2))) json_t *
vectors_json(const char *fmt, ...);

/* The string at key, which must be there. */
const char *vectors_str(const json_t *obj, const char *key);

/* The bytes of hex text at key; to be freed (never NULL). */
uint8_t *vectors_hex(const json_t *obj, const char *key, size_t *len);

/* Bytes of hex text. */
uint8_t *vectors_unhex(const char *hex, size_t *len);

/* n bytes as hex text, to be freed: for messages that say what differs. */
char *vectors_tohex(const void *p, size_t n);

/* Bytes that are not the same end the test, both in hex. */
#define ck_assert_bytes_eq(p, n, q, m)                                         \
	do {                                                                   \
		size_t n_ = (n), m_ = (m);                                     \
		const void *p_ = (p), *q_ = (q);                               \
		if (n_ != m_ || (n_ > 0 && memcmp(p_, q_, n_) != 0))           \
			ck_abort_msg("%s is %s, not %s", #p,                   \
			    vectors_tohex(p_, n_), vectors_tohex(q_, m_));     \
	} while (0)

/* Names in a folder of the vectors, sorted; a NULL-ended array that lives as
 * long as the process. */
char **vectors_list(const char *folder, size_t *n);

#endif
