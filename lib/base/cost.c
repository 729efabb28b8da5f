#include "base/cost.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRICE_MAX 1000.0
#define SECONDS_MAX 3600.0

static const char minimum[] = "transcribe.minimum_seconds";

static const struct {
	const char *name;
	double usd;
} items[COST_NITEMS] = {
#define X(item, name, usd) [item] = { name, usd },
	COST_ITEMS(X)
#undef X
};

const char *
cost_strerror(int code)
{
	switch (code) {
	case 0:
		return "no error";
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		COST_ERRORS(X)
#undef X
	}
	return "unknown error";
}

const char *
cost_item_name(enum cost_item item)
{
	return items[item].name;
}

/* One line of the file: nothing, a comment, or an item and its price. */
static int
read_line(struct cost *c, char *line)
{
	const char blank[] = " \t\r\n";
	char *name, *price, *end, *save;
	double value;
	int i;

	line[strcspn(line, "#")] = '\0';
	name = strtok_r(line, blank, &save);
	if (name == NULL)
		return 0;
	price = strtok_r(NULL, blank, &save);
	if (price == NULL || strtok_r(NULL, blank, &save) != NULL)
		return COST_ERR_SYNTAX;
	for (i = 0; i < COST_NITEMS; i++) {
		if (strcmp(name, items[i].name) == 0)
			break;
	}
	if (i == COST_NITEMS && strcmp(name, minimum) != 0)
		return COST_ERR_ITEM;
	value = strtod(price, &end);
	if (*end != '\0')
		return COST_ERR_SYNTAX;
	/* Nor is it a number that is not. */
	if (!(value >= 0 &&
		value <= (i == COST_NITEMS ? SECONDS_MAX : PRICE_MAX)))
		return i == COST_NITEMS ? COST_ERR_SECONDS : COST_ERR_PRICE;
	if (i == COST_NITEMS)
		c->stream_min_s = value;
	else
		c->usd_each[i] = value;
	return 0;
}

static int
read_file(struct cost *c, const char *path, unsigned int *line)
{
	char buf[256];
	FILE *f;
	int ret = 0, saved_errno;

	f = fopen(path, "re");
	if (f == NULL)
		return COST_ERR_SYS;
	for (*line = 1; fgets(buf, sizeof(buf), f) != NULL; (*line)++) {
		if (strlen(buf) == sizeof(buf) - 1 &&
		    buf[sizeof(buf) - 2] != '\n')
			ret = COST_ERR_SYNTAX;
		else
			ret = read_line(c, buf);
		if (ret != 0)
			break;
	}
	if (ret == 0 && ferror(f))
		ret = COST_ERR_SYS;
	saved_errno = errno;
	fclose(f);
	errno = saved_errno;
	return ret;
}

int
cost_init(struct cost *c, const char *path, unsigned int *line)
{
	unsigned int unused;

	memset(c, 0, sizeof(*c));
	for (int i = 0; i < COST_NITEMS; i++)
		c->usd_each[i] = items[i].usd;
	c->stream_min_s = COST_MINIMUM_S;
	if (line == NULL)
		line = &unused;
	*line = 0;
	return path == NULL ? 0 : read_file(c, path, line);
}

void
cost_add(struct cost *c, enum cost_item item, double units)
{
	c->units[item] += units;
}

double
cost_stream_s(const struct cost *c, double sent_s)
{
	double s = ceil(sent_s - 1e-6); /* the sum of many milliseconds */

	return s > c->stream_min_s ? s : c->stream_min_s;
}

double
cost_usd(const struct cost *c)
{
	double usd = 0;

	for (int i = 0; i < COST_NITEMS; i++)
		usd += c->units[i] * c->usd_each[i];
	return usd;
}
