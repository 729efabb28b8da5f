#include "probes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES 512
#define ARGS_MAX 6

struct probe {
	struct probe *next;
	const char *what;
	char key[KEY_BYTES]; /* command and arguments, each ended by \n */
	char command[KEY_BYTES];
	char args[KEY_BYTES]; /* each ended by NUL, an empty one ends them */
	struct engine *engine;
	bool is_queued;
	enum probe_answer answer;
	int64_t asked_ms; /* when started, then when answered */
	char complaint[512];
};

struct probes {
	struct engines *engines;
	struct probe *first;
	size_t n, nrunning;
};

struct probes *
probes_new(struct engines *engines)
{
	struct probes *p = calloc(1, sizeof(*p));

	if (p != NULL)
		p->engines = engines;
	return p;
}

void
probes_free(struct probes *p)
{
	struct probe *q;

	if (p == NULL)
		return;
	while ((q = p->first) != NULL) {
		p->first = q->next;
		engine_free(q->engine);
		free(q);
	}
	free(p);
}

/* 0, or -1: too long to be asked. */
static int
make_key(char key[KEY_BYTES], const char *command, const char *const *args)
{
	size_t n = (size_t)snprintf(key, KEY_BYTES, "%s\n", command);

	for (; *args != NULL && n < KEY_BYTES; args++)
		n += (size_t)snprintf(key + n, KEY_BYTES - n, "%s\n", *args);
	return n < KEY_BYTES ? 0 : -1;
}

static struct probe *
probe_add(struct probes *p, const char *key, const char *what,
    const char *command, const char *const *args)
{
	struct probe *q;
	size_t n = 0;

	if (p->n == PROBES_MAX || (q = calloc(1, sizeof(*q))) == NULL)
		return NULL;
	q->what = what;
	/* The key's length covers all of them. */
	snprintf(q->key, sizeof(q->key), "%s", key);
	snprintf(q->command, sizeof(q->command), "%s", command);
	for (; *args != NULL; args++)
		n += (size_t)snprintf(
			 q->args + n, sizeof(q->args) - n, "%s", *args) +
		     1;
	q->is_queued = true;
	q->next = p->first;
	p->first = q;
	p->n++;
	return q;
}

static void
probe_settle(struct probe *q, enum probe_answer answer, const char *complaint,
    int64_t now_ms)
{
	q->answer = answer;
	q->asked_ms = now_ms;
	snprintf(q->complaint, sizeof(q->complaint), "%s", complaint);
}

static void
probe_start(struct probes *p, struct probe *q, int64_t now_ms)
{
	const char *args[ARGS_MAX + 1];
	size_t n = 0;

	for (const char *a = q->args; *a != '\0' && n < ARGS_MAX;
	     a += strlen(a) + 1)
		args[n++] = a;
	args[n] = NULL;
	q->is_queued = false;
	q->asked_ms = now_ms;
	if (engine_start(&q->engine, p->engines, q->what, q->command, args) !=
	    0) {
		q->engine = NULL;
		probe_settle(q, PROBE_NO, "cannot start it", now_ms);
		return;
	}
	engine_end(q->engine);
	p->nrunning++;
}

static void
probe_check(struct probes *p, struct probe *q, int64_t now_ms)
{
	char text[512];
	size_t n;

	engine_peek(q->engine, &n);
	engine_skip(q->engine, n);
	if (engine_is_over(q->engine)) {
		if (engine_complaint(q->engine)[0] != '\0')
			snprintf(text, sizeof(text), "%s",
			    engine_complaint(q->engine));
		else
			snprintf(text, sizeof(text), "%s left with status %d",
			    q->what, engine_status(q->engine));
		probe_settle(q,
		    engine_status(q->engine) == 0 ? PROBE_YES : PROBE_NO, text,
		    now_ms);
	} else if (now_ms - q->asked_ms >= PROBE_LIMIT_MS) {
		probe_settle(q, PROBE_NO, "it did not answer", now_ms);
	} else {
		return;
	}
	engine_free(q->engine);
	q->engine = NULL;
	p->nrunning--;
}

enum probe_answer
probes_ask(struct probes *p, const char *what, const char *command,
    const char *const *args, const char **complaint, int64_t now_ms)
{
	char key[KEY_BYTES];
	struct probe *q = p->first;

	*complaint = "too many different questions";
	if (make_key(key, command, args) != 0)
		return PROBE_NO;
	while (q != NULL && strcmp(q->key, key) != 0)
		q = q->next;
	if (q == NULL && (q = probe_add(p, key, what, command, args)) == NULL)
		return PROBE_NO;
	if (q->answer == PROBE_NO && now_ms - q->asked_ms >= PROBE_NO_MS) {
		q->answer = PROBE_WAIT;
		q->is_queued = true;
	}
	if (q->is_queued && p->nrunning < PROBES_AT_ONCE)
		probe_start(p, q, now_ms);
	*complaint = q->complaint;
	return q->answer;
}

void
probes_prepare(struct probes *p, struct loop *l)
{
	for (struct probe *q = p->first; q != NULL; q = q->next)
		if (q->engine != NULL)
			loop_deadline(l, q->asked_ms + PROBE_LIMIT_MS);
}

void
probes_dispatch(struct probes *p, int64_t now_ms)
{
	for (struct probe *q = p->first; q != NULL; q = q->next)
		if (q->engine != NULL)
			probe_check(p, q, now_ms);
	for (struct probe *q = p->first; q != NULL; q = q->next)
		if (q->is_queued && p->nrunning < PROBES_AT_ONCE)
			probe_start(p, q, now_ms);
}
