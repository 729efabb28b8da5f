#include "base/opt.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"

/* Longest option list of any tool, with room. */
#define OPT_MAX 64

static const struct option common_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "quiet", no_argument, NULL, 'q' },
	{ NULL, 0, NULL, 0 },
};

void
opt_fail(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	die(EX_USAGE, "%s; see '%s -h'", text, log_tool());
}

static void
print_and_exit(const char *text)
{
	fputs(text, stdout);
	exit(fflush(stdout) == 0 ? EX_OK : EX_IOERR);
}

/* getopt's own complaint names argv[0]; ours names the option as it was typed.
 */
static void
complain(int argc, char **argv, int c, const struct option *longs)
{
	const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";
	bool is_long = strncmp(word, "--", 2) == 0;

	if (c == ':') {
		if (is_long)
			opt_fail("option '%s' needs a value", word);
		opt_fail("option '-%c' needs a value", optopt);
	}
	if (is_long) {
		for (; longs->name != NULL; longs++)
			if (strncmp(word + 2, longs->name,
				strlen(longs->name)) == 0 &&
			    word[2 + strlen(longs->name)] == '=')
				opt_fail("option '--%s' takes no value",
				    longs->name);
		opt_fail("unknown or ambiguous option '%s'", word);
	}
	opt_fail("unknown option '-%c'", optopt);
}

/* Append a table, which may be NULL, to the n options there are. */
static size_t
add_options(struct option *all, size_t n, const struct option *table)
{
	for (; table != NULL && table->name != NULL && n < OPT_MAX; table++)
		all[n++] = *table;
	return n;
}

int
opt_next(int argc, char **argv, const struct opt_spec *spec)
{
	static struct option longs[OPT_MAX + 8];
	static char shorts[128];
	static const struct opt_spec *ready;
	char version[64];
	size_t n = 0;
	int c;

	if (ready != spec) {
		log_open(spec->tool);
		n = add_options(longs, n, spec->longs);
		n = add_options(longs, n, spec->more);
		memcpy(longs + n, common_options, sizeof(common_options));
		/* '+': options end at the first operand; ':': told apart. */
		snprintf(shorts, sizeof(shorts), "+:%shVvq", spec->shorts);
		ready = spec;
		opterr = 0;
	}
	for (;;) {
		switch (c = getopt_long(argc, argv, shorts, longs, NULL)) {
		case 'h':
			print_and_exit(spec->usage);
			break;
		case 'V':
			snprintf(version, sizeof(version),
			    "%s (pipebooth) " BOOTH_VERSION "\n", spec->tool);
			print_and_exit(version);
			break;
		case 'v':
			log_set_level(log_get_level() < LOG_DEBUG ? LOG_DEBUG
								  : LOG_TRACE);
			break;
		case 'q':
			log_set_level(LOG_ERROR);
			break;
		case ':':
		case '?':
			complain(argc, argv, c, longs);
			break;
		default:
			return c;
		}
	}
}

long long
opt_num(const char *name, const char *value, long long min, long long max)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(value, &end, 10);
	if (end == value || *end != '\0' || errno != 0 || n < min || n > max ||
	    strchr(" \t\n\v\f\r", value[0]) != NULL)
		opt_fail("%s takes a whole number from %lld to %lld, not '%s'",
		    name, min, max, value);
	return n;
}

double
opt_real(const char *name, const char *value, double min, double max)
{
	char *end;
	double x;

	errno = 0;
	x = strtod(value, &end);
	if (end == value || *end != '\0' || errno != 0 || !isfinite(x) ||
	    x < min || x > max || strchr(" \t\n\v\f\r", value[0]) != NULL)
		opt_fail("%s takes a number from %g to %g, not '%s'", name, min,
		    max, value);
	return x;
}

int
opt_choice(const char *name, const char *value, const char *const *choices)
{
	char all[512] = "";

	for (int i = 0; choices[i] != NULL; i++)
		if (strcmp(value, choices[i]) == 0)
			return i;
	for (int i = 0; choices[i] != NULL; i++) {
		strncat(all, i == 0 ? "" : ", ", sizeof(all) - strlen(all) - 1);
		strncat(all, choices[i], sizeof(all) - strlen(all) - 1);
	}
	opt_fail("%s takes one of %s, not '%s'", name, all, value);
}

char **
opt_list(const char *name, const char *value, size_t *n)
{
	const char *p = value, *comma;
	char **list;
	size_t count = 1, i = 0;

	for (const char *s = value; *s != '\0'; s++)
		count += *s == ',';
	list = xcalloc(count + 1, sizeof(*list));
	for (;; p = comma + 1) {
		comma = strchr(p, ',');
		if (comma == p || *p == '\0')
			opt_fail("%s has an empty part in '%s'", name, value);
		list[i] = comma == NULL ? xstrdup(p)
		                        : strndup(p, (size_t)(comma - p));
		if (list[i] == NULL)
			die(EX_OSERR, "out of memory");
		for (size_t k = 0; k < i; k++)
			if (strcmp(list[k], list[i]) == 0)
				opt_fail("%s names '%s' twice", name, list[i]);
		i++;
		if (comma == NULL)
			break;
	}
	if (n != NULL)
		*n = i;
	return list;
}

void
opt_list_free(char **list)
{
	if (list == NULL)
		return;
	for (char **p = list; *p != NULL; p++)
		free(*p);
	free(list);
}
