#define FAILMALLOC_REAL
#include "failmalloc.h"

static unsigned long count, fail_at;

void
failmalloc_arm(unsigned long n)
{
	count = 0;
	fail_at = n;
}

unsigned long
failmalloc_disarm(void)
{
	fail_at = 0;
	return count;
}

static int
is_turn(void)
{
	return ++count == fail_at;
}

void *
failmalloc_malloc(size_t n)
{
	return is_turn() ? NULL : malloc(n);
}

void *
failmalloc_calloc(size_t n, size_t size)
{
	return is_turn() ? NULL : calloc(n, size);
}

void *
failmalloc_realloc(void *p, size_t n)
{
	return is_turn() ? NULL : realloc(p, n);
}

char *
failmalloc_strdup(const char *s)
{
	return is_turn() ? NULL : strdup(s);
}

char *
failmalloc_strndup(const char *s, size_t n)
{
	return is_turn() ? NULL : strndup(s, n);
}
