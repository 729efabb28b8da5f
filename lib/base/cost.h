/*
 * What a talk costs: units used times the price of one.  The one price table
 * stands in cost.c: list prices of us-east-1 in US dollars, from AWS's price
 * pages as we remember them in 2026; they vary by region and by contract.  A
 * file with lines "item price" replaces them item by item:
 *
 *	# what the contract says
 *	transcribe.second   0.00025
 *	translate.character 0.000012
 *
 * A stream of Transcribe is paid by begun seconds, and for no fewer than
 * "transcribe.minimum_seconds": 15 in AWS's price list, "a minimum per request
 * charge of 15 seconds"; 0: there is no minimum.
 */
#ifndef BASE_COST_H
#define BASE_COST_H

#include <stddef.h>

/* The name in a price file, and US dollars for one. */
#define COST_ITEMS(X)                                                          \
	X(COST_TRANSCRIBE_S, "transcribe.second", 0.024 / 60)                  \
	X(COST_TRANSLATE_CHAR, "translate.character", 15e-6)                   \
	X(COST_POLLY_GENERATIVE_CHAR, "polly.generative.character", 30e-6)     \
	X(COST_POLLY_NEURAL_CHAR, "polly.neural.character", 16e-6)             \
	X(COST_POLLY_STANDARD_CHAR, "polly.standard.character", 4e-6)

enum cost_item {
#define X(item, name, usd) item,
	COST_ITEMS(X)
#undef X
	COST_NITEMS
};

#define COST_MINIMUM_S 15

#define COST_ERRORS(X)                                                         \
	X(COST_ERR_SYS, -1, "cannot read the price file")                      \
	X(COST_ERR_SYNTAX, -2, "not \"item price\"")                           \
	X(COST_ERR_ITEM, -3, "no such item")                                   \
	X(COST_ERR_PRICE, -4, "a price is 0 to 1000 US dollars")               \
	X(COST_ERR_SECONDS, -5, "a minimum is 0 to 3600 seconds")

enum cost_error {
#define X(name, value, text) name = value,
	COST_ERRORS(X)
#undef X
};

/* Text of a code; never NULL.  For COST_ERR_SYS, errno says more. */
const char *cost_strerror(int code);

struct cost {
	double usd_each[COST_NITEMS];
	double units[COST_NITEMS]; /* used so far */
	double stream_min_s;       /* transcribe.minimum_seconds */
};

/*
 * Prices as built in, or as the file at `path` says; NULL: built in.  0 or a
 * COST_ERR; `line` (may be NULL) is then the number of the line that is wrong.
 */
int cost_init(struct cost *c, const char *path, unsigned int *line);

/* The name of an item, as a price file spells it. */
const char *cost_item_name(enum cost_item item);

void cost_add(struct cost *c, enum cost_item item, double units);

/* The COST_TRANSCRIBE_S of one stream that was sent sent_s seconds of sound. */
double cost_stream_s(const struct cost *c, double sent_s);

/* US dollars so far. */
double cost_usd(const struct cost *c);

#endif
