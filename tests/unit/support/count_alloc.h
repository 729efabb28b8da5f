/*
 * For suites that compile sources in, with allocators that count and of which
 * the one that is asked for fails.
 */
#ifndef COUNT_ALLOC_H
#define COUNT_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static size_t nlive;    /* blocks allocated and not freed */
static size_t ncalls;   /* allocations asked for */
static size_t fails_at; /* this one fails, from 1; 0: none */

static inline bool
is_refused(void)
{
	return ++ncalls == fails_at;
}

static inline void *
count_malloc(size_t n)
{
	void *p = is_refused() ? NULL : malloc(n);

	nlive += p != NULL;
	return p;
}

static inline void *
count_calloc(size_t n, size_t size)
{
	void *p = is_refused() ? NULL : calloc(n, size);

	nlive += p != NULL;
	return p;
}

static inline char *
count_strndup(const char *s, size_t n)
{
	char *p = is_refused() ? NULL : strndup(s, n);

	nlive += p != NULL;
	return p;
}

static inline void
count_free(void *p)
{
	nlive -= p != NULL;
	free(p);
}

#endif
