#include "faults.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct planned {
	struct fault_rule rule;
	uint64_t nmatched; /* requests (or connections) seen */
	uint64_t nhits;
};

struct faults {
	char *path;
	struct planned *rules; /* owned */
	size_t n;
	uint64_t seed;
	uint64_t generation; /* counts readings; 0: none yet */
};

const char *
faults_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		FAULTS_ERROR_LIST(X)
#undef X
	}
	return "no error";
}

struct faults *
faults_new(const char *path)
{
	struct faults *f = calloc(1, sizeof(*f));

	if (f != NULL && (f->path = strdup(path)) == NULL) {
		free(f);
		return NULL;
	}
	return f;
}

void
faults_free(struct faults *f)
{
	if (f == NULL)
		return;
	free(f->rules);
	free(f->path);
	free(f);
}

/* --- reading -------------------------------------------------------------- */

static int
add_line(struct faults *f, size_t line, const char *p, size_t n,
    char text[FAULTS_TEXT_BYTES])
{
	char why[FAULT_TEXT_BYTES];
	struct fault_rule rule;

	switch (fault_rule_parse(&rule, p, n, why)) {
	case FAULT_LINE_EMPTY:
		return 0;
	case FAULT_LINE_SEED:
		f->seed = rule.n;
		return 0;
	case FAULT_LINE_RULE:
		if (f->n < HOOK_RULES_MAX) {
			rule.line = line;
			f->rules[f->n++].rule = rule;
			return 0;
		}
		snprintf(
		    why, sizeof(why), "more than %d rules", HOOK_RULES_MAX);
		break;
	case FAULT_LINE_BAD:
		break;
	}
	snprintf(text, FAULTS_TEXT_BYTES, "%.400s:%zu: %s", f->path, line, why);
	return FAULTS_ERR_RULE;
}

int
faults_parse(
    struct faults *f, const char *p, size_t n, char text[FAULTS_TEXT_BYTES])
{
	struct faults next = { .path = f->path, .seed = 1 };
	const char *eol, *end = p + n;
	size_t line = 0;
	int rc = 0;

	text[0] = '\0';
	next.rules = calloc(HOOK_RULES_MAX, sizeof(*next.rules));
	if (next.rules == NULL) {
		snprintf(text, FAULTS_TEXT_BYTES, "out of memory");
		return FAULTS_ERR_NOMEM;
	}
	for (; p < end && rc == 0; p = eol + 1) {
		if ((eol = memchr(p, '\n', (size_t)(end - p))) == NULL)
			eol = end;
		rc = add_line(&next, ++line, p, (size_t)(eol - p), text);
	}
	if (rc != 0) {
		free(next.rules);
		return rc;
	}
	free(f->rules);
	f->rules = next.rules;
	f->n = next.n;
	f->seed = next.seed;
	f->generation++;
	return 0;
}

int
faults_read(struct faults *f, char text[FAULTS_TEXT_BYTES])
{
	char *bytes = malloc(FAULTS_BYTES_MAX + 1);
	FILE *file = fopen(f->path, "re");
	const char *why = NULL;
	size_t n = 0;
	int rc;

	if (file == NULL) {
		why = strerror(errno);
	} else if (bytes != NULL) {
		n = fread(bytes, 1, FAULTS_BYTES_MAX + 1, file);
		if (ferror(file))
			why = strerror(errno);
		else if (n > FAULTS_BYTES_MAX)
			why = "it is larger than 1 MiB";
	}
	if (why != NULL) {
		snprintf(text, FAULTS_TEXT_BYTES,
		    "cannot read faults '%.400s': %s", f->path, why);
		rc = FAULTS_ERR_OPEN;
	} else if (bytes == NULL) {
		snprintf(text, FAULTS_TEXT_BYTES, "out of memory");
		rc = FAULTS_ERR_NOMEM;
	} else {
		rc = faults_parse(f, bytes, n, text);
	}
	if (file != NULL)
		fclose(file);
	free(bytes);
	return rc;
}

size_t
faults_nrules(const struct faults *f)
{
	return f->n;
}

uint64_t
faults_nhits(const struct faults *f, size_t i)
{
	return f->rules[i].nhits;
}

/* --- answering ------------------------------------------------------------ */

/* SplitMix64's mixer (Steele, Lea, Flood 2014). */
static uint64_t
mix(uint64_t z)
{
	z += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* The same file, the same faults: a draw hangs on the rule's place and on how
 * many requests it has seen, not on what else went on meanwhile. */
static uint64_t
draw(const struct faults *f, const struct planned *p)
{
	return mix(mix(mix(f->seed) ^ p->rule.line) ^ p->nmatched);
}

static bool
is_for(const struct fault_rule *r, const struct hook_at *at)
{
	if ((r->phase == HOOK_CONNECT) != (at->phase == HOOK_CONNECT))
		return false;
	if (r->service[0] != '\0' && strcmp(r->service, at->service) != 0)
		return false;
	return r->operation[0] == '\0' ||
	       strcmp(r->operation, at->operation) == 0;
}

/* Draw once for each rule and request whether they are to meet. */
static void
arm(struct faults *f, const struct hook_at *at)
{
	struct hook_memory *m = at->memory;

	memset(m, 0, sizeof(*m));
	m->generation = f->generation;
	for (size_t i = 0; i < f->n; i++) {
		struct planned *p = &f->rules[i];
		const struct fault_rule *r = &p->rule;

		if (!is_for(r, at))
			continue;
		p->nmatched++;
		if (r->nth != 0 && p->nmatched != r->nth)
			continue;
		if (p->nmatched % r->every != 0)
			continue;
		if (r->chance < 100 && draw(f, p) % 100 >= r->chance)
			continue;
		m->armed[i / 64] |= (uint64_t)1 << (i % 64);
	}
}

static void
give(const struct faults *f, struct planned *p, const struct hook_at *at,
    struct hook_order *order)
{
	const struct fault_rule *r = &p->rule;
	bool is_throttle = strcmp(r->word, "throttle") == 0;
	int status;

	p->nhits++;
	*order = r->order;
	order->name = fault_default_name(at->service, is_throttle, &status);
	if (r->name[0] != '\0')
		order->name = r->name;
	else if (order->status == 0)
		order->status = status;
	if (order->status == 0)
		order->status = 500;
	order->message = r->message;
	log_msg(LOG_INFO, "fault",
	    "%s:%zu: %s, phase=%s n=%" PRIu64 " operation=%s request=%" PRIu64,
	    f->path, r->line, r->word, fault_phase_name(at->phase), at->n,
	    at->operation[0] == '\0' ? "-" : at->operation, at->request);
}

void
faults_ask(void *arg, const struct hook_at *at, struct hook_order *order)
{
	struct faults *f = arg;
	struct hook_memory *m = at->memory;

	if (m->generation != f->generation)
		arm(f, at);
	for (size_t i = 0; i < f->n; i++) {
		struct planned *p = &f->rules[i];
		uint64_t bit = (uint64_t)1 << (i % 64);

		if ((m->armed[i / 64] & bit) == 0 ||
		    p->rule.phase != at->phase || at->n < p->rule.n ||
		    p->nhits >= p->rule.times)
			continue;
		m->armed[i / 64] &= ~bit;
		give(f, p, at, order);
		return;
	}
}
