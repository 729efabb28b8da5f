/*
 * The command line, alike in all tools.  -h/--help, -V/--version, -v/--verbose
 * (repeats) and -q/--quiet are handled here and never reach the tool.  All
 * functions that find a wrong call say what and which option, print the usage
 * line, and exit EX_USAGE (64).
 *
 *	static const struct option longs[] = {
 *		{ "language", required_argument, NULL, 'l' },
 *		{ NULL, 0, NULL, 0 }
 *	};
 *	static const struct opt_spec spec = { "transcribe", usage, "l:", longs };
 *
 *	while ((c = opt_next(argc, argv, &spec)) != -1)
 *		switch (c) { ... }
 */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include <getopt.h>
#include <stddef.h>

struct opt_spec {
	const char *tool;  /* also passed to log_open() */
	const char *usage; /* "usage: tool [-x] ...\n" and one line an option */
	const char *shorts; /* getopt's letters, without h V v q */
	const struct option
	    *longs; /* ended by a zero entry; values are the letter, or > 255 */
	const struct option *more; /* a second such table, or NULL */
};

/* The next option as getopt_long(3) gives it, or -1 at the end (see optind). */
int opt_next(int argc, char **argv, const struct opt_spec *spec);

/* Say what is wrong with the call, point at -h, exit 64. */
__attribute__((format(printf, 1, 2), noreturn)) void
opt_fail(const char *fmt, ...);

/* A whole decimal number between min and max; `name` is as typed, "--pause-ms".
 */
long long
opt_num(const char *name, const char *value, long long min, long long max);

/* The same with a fraction. */
double opt_real(const char *name, const char *value, double min, double max);

/* The index of `value` in the NULL-ended list `choices`. */
int opt_choice(const char *name, const char *value, const char *const *choices);

/*
 * Split "a,b,c" at commas: no empty and no repeated part.  Returns a NULL-ended
 * array, to be freed by opt_list_free(); *n its length, if n is not NULL.
 */
char **opt_list(const char *name, const char *value, size_t *n);

void opt_list_free(char **list);

#endif
