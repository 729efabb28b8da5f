#include "delays.h"

#include <stdlib.h>
#include <string.h>

static int
read_ms(int64_t *out, const char **p)
{
	char *end;
	long n;

	if (**p < '0' || **p > '9')
		return -1;
	n = strtol(*p, &end, 10);
	if (n > DELAY_MAX_MS)
		return -1;
	*out = n;
	*p = end;
	return 0;
}

static int64_t *
find(struct delays *d, const char **p)
{
	const struct {
		const char *name;
		int64_t *ms;
	} names[] = {
		{ "transcribe=", &d->transcribe_ms },
		{ "translate=", &d->translate_ms },
		{ "polly=", &d->polly_ms },
	};
	size_t n;

	for (size_t i = 0; i < 3; i++) {
		n = strlen(names[i].name);
		if (strncmp(*p, names[i].name, n) == 0) {
			*p += n;
			return names[i].ms;
		}
	}
	return NULL;
}

int
delays_parse(struct delays *d, const char *value)
{
	const char *p = value;
	int64_t all, *ms;

	if (read_ms(&all, &p) == 0 && *p == '\0') {
		*d = (struct delays){ all, all, all };
		return 0;
	}
	for (p = value;; p++) {
		if ((ms = find(d, &p)) == NULL || read_ms(ms, &p) != 0)
			return -1;
		if (*p == '\0')
			return 0;
		if (*p != ',')
			return -1;
	}
}
