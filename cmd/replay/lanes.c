#include "lanes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "recorded.h"

void
lanes_init(struct lanes *l, double speed)
{
	memset(l, 0, sizeof(*l));
	l->speed = speed;
}

static void
piece_free(struct piece *p)
{
	json_decref(p->line);
	free(p);
}

void
lanes_release(struct lanes *l)
{
	struct piece *p;

	for (size_t i = 0; i < l->n; i++) {
		while ((p = l->list[i].head) != NULL) {
			l->list[i].head = p->next;
			piece_free(p);
		}
		json_decref(l->list[i].open);
	}
	l->n = l->bytes = 0;
}

static struct lane *
find(struct lanes *l, const json_t *line)
{
	const char *lang = json_str(line, "lang");
	const char *encoding = json_str(line, "encoding");
	struct lane *lane;

	lang = lang == NULL ? "" : lang;
	encoding = encoding == NULL ? "" : encoding;
	for (size_t i = 0; i < l->n; i++)
		if (strncmp(l->list[i].lang, lang, LANG_TAG_MAX - 1) == 0 &&
		    strncmp(l->list[i].encoding, encoding,
			sizeof(lane->encoding) - 1) == 0)
			return &l->list[i];
	/* Too many: the last one takes them. */
	if (l->n == LANES_MAX)
		return &l->list[LANES_MAX - 1];
	lane = &l->list[l->n++];
	memset(lane, 0, sizeof(*lane));
	lane->is_skipping = true;
	snprintf(lane->lang, sizeof(lane->lang), "%s", lang);
	snprintf(lane->encoding, sizeof(lane->encoding), "%s", encoding);
	return lane;
}

static void
begin(struct lane *lane, const struct lanes_start *start)
{
	lane->due_ms = fmax(lane->due_ms, start->due_ms);
	lane->heard_ms = fmax(lane->heard_ms, start->due_ms);
	lane->recorded_ms = fmax(lane->recorded_ms, start->at_ms);
	lane->delta_ms = start->delta_ms;
}

double
lanes_add(struct lanes *l, json_t *line, size_t bytes,
    const struct lanes_start *start, bool is_before)
{
	struct lane *lane = find(l, line);
	double sound_ms = recorded_sound_ms(line);
	struct piece *p;

	/* The first piece, or the first after what was not to be played. */
	if (json_num(line, "n", 0) <= 0) {
		lane->is_skipping = is_before;
		begin(lane, start);
	}
	if (lane->is_skipping) {
		json_decref(line);
		return 0;
	}
	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		json_decref(line);
		return -1;
	}
	p->line = line;
	p->bytes = bytes;
	lane->due_ms =
	    fmax(lane->due_ms, lane->heard_ms - LANES_AHEAD_MS / l->speed);
	p->due_ms = lane->due_ms;
	p->delta_ms = lane->delta_ms;
	lane->heard_ms = fmax(lane->heard_ms, p->due_ms) + sound_ms / l->speed;
	lane->recorded_ms += sound_ms;
	if (lane->head == NULL)
		lane->head = p;
	else
		lane->tail->next = p;
	lane->tail = p;
	l->bytes += bytes;
	return lane->recorded_ms;
}

static const struct lane *
next(const struct lanes *l)
{
	const struct lane *first = NULL;

	for (size_t i = 0; i < l->n; i++)
		if (l->list[i].head != NULL &&
		    (first == NULL ||
			l->list[i].head->due_ms < first->head->due_ms))
			first = &l->list[i];
	return first;
}

double
lanes_due_ms(const struct lanes *l)
{
	const struct lane *lane = next(l);

	return lane == NULL ? INFINITY : lane->head->due_ms;
}

static struct piece *
unlink_head(struct lanes *l, struct lane *lane)
{
	struct piece *p = lane->head;

	lane->head = p->next;
	l->bytes -= p->bytes;
	return p;
}

json_t *
lanes_take(struct lanes *l, double *delta_ms)
{
	struct lane *lane = &l->list[next(l) - l->list];
	struct piece *p = unlink_head(l, lane);
	json_t *line = json_incref(p->line);

	*delta_ms = p->delta_ms;
	json_decref(lane->open);
	lane->open = json_is_set(line, "last") ? NULL : json_copy(line);
	if (lane->open != NULL)
		json_object_del(lane->open, "data");
	piece_free(p);
	return line;
}

void
lanes_drop(struct lanes *l, const char *id)
{
	struct piece **link, *p;
	struct lane *lane;
	const char *its;

	for (size_t i = 0; i < l->n; i++) {
		lane = &l->list[i];
		lane->tail = NULL;
		for (link = &lane->head; (p = *link) != NULL;) {
			its = json_str(p->line, "id");
			if (its == NULL || strcmp(its, id) != 0) {
				lane->tail = p;
				link = &p->next;
				continue;
			}
			*link = p->next;
			l->bytes -= p->bytes;
			lane->heard_ms -= recorded_sound_ms(p->line) / l->speed;
			piece_free(p);
		}
		its = json_str(lane->open, "id");
		if (its != NULL && strcmp(its, id) == 0) {
			json_decref(lane->open);
			lane->open = NULL;
		}
	}
}

json_t *
lanes_stop(struct lanes *l, double *delta_ms)
{
	static const char *const gone[] = { "voiced_at_ms", "packets",
		"samples", "pre_skip" };
	json_t *line;

	for (size_t i = 0; i < l->n; i++) {
		if ((line = l->list[i].open) == NULL)
			continue;
		l->list[i].open = NULL;
		*delta_ms = l->list[i].delta_ms;
		for (size_t k = 0; k < sizeof(gone) / sizeof(gone[0]); k++)
			json_object_del(line, gone[k]);
		json_object_set_new(line, "n",
		    json_integer((json_int_t)json_num(line, "n", 0) + 1));
		json_object_set_new(line, "last", json_true());
		json_object_set_new(line, "error", json_string("stopped"));
		json_object_set_new(line, "data", json_string(""));
		return line;
	}
	return NULL;
}

double
lanes_heard_ms(const struct lanes *l)
{
	double heard_ms = 0;

	for (size_t i = 0; i < l->n; i++)
		heard_ms = fmax(heard_ms, l->list[i].heard_ms);
	return heard_ms;
}
