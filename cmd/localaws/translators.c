#include "translators.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"

#define CODE_BYTES 32

struct pair {
	struct pair *next;
	char from[CODE_BYTES], to[CODE_BYTES];
	struct engine *engine;     /* NULL: not running */
	struct translation *first; /* oldest; owned while waiting or orphan */
	size_t n;
	int64_t used_ms;
	int64_t now_ms; /* of the last dispatch */
};

struct translators {
	struct engines *engines;
	const char *command;
	struct pair *first;
	size_t n;
};

struct translators *
translators_new(struct engines *engines, const char *command)
{
	struct translators *t = calloc(1, sizeof(*t));

	if (t != NULL) {
		t->engines = engines;
		t->command = command;
	}
	return t;
}

static void
job_destroy(struct translation *j)
{
	free(j->source);
	free(j->text);
	free(j);
}

/* Tell the owner of j, which is out of its pair's list. */
static void
job_settle(struct translation *j, enum translation_state state,
    const char *text, size_t len)
{
	if (j->is_orphan) {
		job_destroy(j);
		return;
	}
	j->state = state;
	j->text = malloc(len + 1);
	if (j->text == NULL) {
		j->state = TRANSLATION_FAILED;
		return;
	}
	memcpy(j->text, text, len);
	j->text[len] = '\0';
	j->len = len;
}

static struct translation *
pair_pop(struct pair *p)
{
	struct translation *j = p->first;

	if (j != NULL) {
		p->first = j->next;
		j->next = NULL;
		p->n--;
		/* The next one's time begins when its turn comes. */
		if (p->first != NULL)
			p->first->asked_ms = p->now_ms;
	}
	return j;
}

static void
pair_fail(struct pair *p, enum translation_state state, const char *why)
{
	struct translation *j;

	while ((j = pair_pop(p)) != NULL)
		job_settle(j, state, why, strlen(why));
}

static void
pair_free(struct pair *p)
{
	pair_fail(p, TRANSLATION_FAILED, "the stand-in is ending");
	engine_free(p->engine);
	free(p);
}

void
translators_free(struct translators *t)
{
	struct pair *p;

	if (t == NULL)
		return;
	while ((p = t->first) != NULL) {
		t->first = p->next;
		pair_free(p);
	}
	free(t);
}

/* Room for one more pair: the idle one that was not used for longest goes. */
static void
make_room(struct translators *t)
{
	struct pair **oldest = NULL, *p;

	if (t->n < TRANSLATORS_MAX)
		return;
	for (struct pair **at = &t->first; *at != NULL; at = &(*at)->next)
		if ((*at)->n == 0 &&
		    (oldest == NULL || (*at)->used_ms < (*oldest)->used_ms))
			oldest = at;
	if (oldest == NULL)
		return;
	p = *oldest;
	*oldest = p->next;
	t->n--;
	pair_free(p);
}

static struct pair *
find_pair(struct translators *t, const char *from, const char *to)
{
	struct pair *p = t->first;

	while (
	    p != NULL && (strcmp(p->from, from) != 0 || strcmp(p->to, to) != 0))
		p = p->next;
	if (p != NULL)
		return p;
	make_room(t);
	if (t->n == TRANSLATORS_MAX || (p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	snprintf(p->from, sizeof(p->from), "%s", from);
	snprintf(p->to, sizeof(p->to), "%s", to);
	p->next = t->first;
	t->first = p;
	t->n++;
	return p;
}

static void
pair_push(struct pair *p, struct translation *j)
{
	struct translation **at = &p->first;

	while (*at != NULL)
		at = &(*at)->next;
	*at = j;
	p->n++;
}

/* Start the engine if there is work, and give it what it takes. */
static void
pair_feed(struct translators *t, struct pair *p)
{
	const char *args[] = { p->from, p->to, NULL };
	int rc;

	if (p->first == NULL)
		return;
	if (p->engine == NULL &&
	    engine_start(&p->engine, t->engines, "mt", t->command, args) != 0) {
		p->engine = NULL;
		pair_fail(p, TRANSLATION_FAILED,
		    "the translation engine cannot be started");
		return;
	}
	for (struct translation *j = p->first; j != NULL; j = j->next) {
		if (j->is_sent)
			continue;
		rc = engine_write(p->engine, j->source, j->source_len + 1);
		if (rc != 0)
			break;
		j->is_sent = 1;
		j->ntries++;
	}
}

struct translation *
translators_ask(struct translators *t, const char *from, const char *to,
    const char *text, size_t n, int64_t now_ms)
{
	struct translation *j = calloc(1, sizeof(*j));
	struct pair *p;

	if (j == NULL || (j->source = malloc(n + 1)) == NULL) {
		free(j);
		return NULL;
	}
	memcpy(j->source, text, n);
	j->source[n] = '\0';
	j->source_len = n;
	j->asked_ms = now_ms;
	if ((p = find_pair(t, from, to)) == NULL ||
	    p->n == TRANSLATOR_QUEUE_MAX) {
		j->state = TRANSLATION_BUSY;
		return j;
	}
	p->used_ms = p->now_ms = now_ms;
	pair_push(p, j);
	pair_feed(t, p);
	return j;
}

void
translation_free(struct translation *j)
{
	if (j == NULL)
		return;
	/* While it waits its pair holds it: the answer must find its place. */
	if (j->state == TRANSLATION_WAITING)
		j->is_orphan = 1;
	else
		job_destroy(j);
}

/* Answers, each ended by NUL, in the order of the texts. */
static void
pair_take(struct pair *p)
{
	const uint8_t *bytes, *end;
	struct translation *j;
	size_t n;

	while ((bytes = engine_peek(p->engine, &n), n > 0) &&
	       (end = memchr(bytes, '\0', n)) != NULL) {
		j = p->first;
		if (j == NULL || !j->is_sent) {
			log_msg(LOG_WARN, "mt", "%s to %s: an answer too many",
			    p->from, p->to);
		} else {
			pair_pop(p);
			job_settle(j, TRANSLATION_DONE, (const char *)bytes,
			    (size_t)(end - bytes));
		}
		engine_skip(p->engine, (size_t)(end - bytes) + 1);
	}
}

/* The engine left: what it had is given to a new one, or told. */
static void
pair_mourn(struct pair *p)
{
	char why[640];
	int status = engine_status(p->engine);
	const char *complaint = engine_complaint(p->engine);
	struct translation *j;

	if (complaint[0] != '\0')
		snprintf(why, sizeof(why), "%s", complaint);
	else
		snprintf(why, sizeof(why),
		    "the translation engine left with status %d", status);
	engine_free(p->engine);
	p->engine = NULL;
	if (status == EX_UNAVAILABLE) {
		pair_fail(p, TRANSLATION_UNSUPPORTED, why);
		return;
	}
	if (p->first != NULL)
		log_msg(LOG_WARN, "mt", "%s to %s: %s", p->from, p->to, why);
	while ((j = p->first) != NULL && j->is_sent &&
	       j->ntries >= TRANSLATOR_TRIES) {
		pair_pop(p);
		job_settle(j, TRANSLATION_FAILED, why, strlen(why));
	}
	for (j = p->first; j != NULL; j = j->next) {
		j->is_sent = 0;
		j->ntries = j == p->first ? j->ntries : 0;
	}
}

static void
pair_dispatch(struct translators *t, struct pair *p, int64_t now_ms)
{
	size_t n;

	p->now_ms = now_ms;
	if (p->engine != NULL) {
		pair_take(p);
		engine_peek(p->engine, &n);
		if (engine_is_over(p->engine)) {
			pair_mourn(p);
		} else if (n == ENGINE_OUT_BYTES ||
			   (p->first != NULL && now_ms - p->first->asked_ms >=
						    TRANSLATOR_LIMIT_MS)) {
			engine_free(p->engine);
			p->engine = NULL;
			pair_fail(p, TRANSLATION_FAILED,
			    "the translation engine does not answer");
		}
	}
	pair_feed(t, p);
}

void
translators_prepare(struct translators *t, struct loop *l)
{
	for (struct pair *p = t->first; p != NULL; p = p->next)
		if (p->first != NULL)
			loop_deadline(
			    l, p->first->asked_ms + TRANSLATOR_LIMIT_MS);
}

void
translators_dispatch(struct translators *t, int64_t now_ms)
{
	for (struct pair *p = t->first; p != NULL; p = p->next)
		pair_dispatch(t, p, now_ms);
}
