/*
 * Failure by plan: the n-th allocation of the code under test returns NULL.
 *
 * A file nomem_NAME.c includes this header and then the .c file that it wants
 * to see fail, so that its calls of malloc() are these; a suite names such
 * files in its `with:` line, and the linker takes them in place of those of the
 * libraries.  The memory is the real one, so sanitizers see it all.
 */
#ifndef TEST_FAILMALLOC_H
#define TEST_FAILMALLOC_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Let the n-th allocation from now on fail, once; 0: none. */
void failmalloc_arm(unsigned long n);

/* Let none fail; returns the number of allocations since failmalloc_arm(). */
unsigned long failmalloc_disarm(void);

void *failmalloc_malloc(size_t n);

void *failmalloc_calloc(size_t n, size_t size);

void *failmalloc_realloc(void *p, size_t n);

char *failmalloc_strdup(const char *s);

char *failmalloc_strndup(const char *s, size_t n);

#ifndef FAILMALLOC_REAL
#undef strdup
#define malloc(n) failmalloc_malloc(n)
#define calloc(n, size) failmalloc_calloc(n, size)
#define realloc(p, n) failmalloc_realloc(p, n)
#define strdup(s) failmalloc_strdup(s)
#undef strndup
#define strndup(s, n) failmalloc_strndup(s, n)
#endif

#endif
