/*
 * One rule of a fault file (localaws-faults(5)): where something goes wrong,
 * how often, and what.  A rule is words, `key=value`, on one line.
 */
#ifndef LOCALAWS_FAULTS_RULE_H
#define LOCALAWS_FAULTS_RULE_H

#include <stddef.h>
#include <stdint.h>

#include "hooks.h"

/* Our caps. */
#define FAULT_LINE_BYTES 1024
#define FAULT_NAME_BYTES 80
#define FAULT_MESSAGE_BYTES 256
#define FAULT_TEXT_BYTES 256
/* Numbers: an hour, a day, 16 MiB, a billion of anything else. */
#define FAULT_MS_MAX 3600000
#define FAULT_SECONDS_MAX 86400
#define FAULT_BYTES_MAX (16 * 1024 * 1024)
#define FAULT_COUNT_MAX 1000000000

struct fault_rule {
	size_t line;        /* of the file, from 1 */
	char service[16];   /* "" any */
	char operation[48]; /* "" any */
	enum hook_phase phase;
	uint64_t n;      /* the phase's number: from that on */
	uint64_t nth;    /* only this request of those that match; 0: all */
	uint64_t every;  /* only each so-manieth; 1: all */
	uint64_t times;  /* at most; UINT64_MAX: no limit */
	unsigned chance; /* per cent */
	struct hook_order order; /* name and message: see below */
	char name[FAULT_NAME_BYTES];
	char message[FAULT_MESSAGE_BYTES];
	const char *word; /* of the action, as written; constant */
};

/* What a line was. */
enum fault_line {
	FAULT_LINE_BAD = -1,
	FAULT_LINE_EMPTY, /* blank, or a comment */
	FAULT_LINE_RULE,
	FAULT_LINE_SEED, /* "seed=N": the number is in rule->n */
};

/*
 * Read one line of n bytes, without its newline, which may hold anything.
 * FAULT_LINE_BAD: what is wrong is in text, for people.  In a rule, order.name
 * and .message are NULL: name and message are to be used, the first "" for the
 * service's own word (see fault_default_name()).
 */
enum fault_line fault_rule_parse(struct fault_rule *rule, const char *p,
    size_t n, char text[FAULT_TEXT_BYTES]);

/* "audio", ...; never NULL. */
const char *fault_phase_name(enum hook_phase phase);

/*
 * The error that a service gives when it is refusing (is_throttle false) or
 * throttling, under its own name, and its HTTP status.
 */
const char *
fault_default_name(const char *service, int is_throttle, int *status);

#endif
