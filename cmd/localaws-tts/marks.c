#include "marks.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

void
marks_init(struct marks *m, const char *text, size_t len)
{
	memset(m, 0, sizeof(*m));
	m->text = text;
	m->len = len;
}

void
marks_release(struct marks *m)
{
	free(m->list);
	memset(m, 0, sizeof(*m));
}

/* The byte n characters on from byte `from`. */
static size_t
advance(const struct marks *m, size_t from, unsigned int n)
{
	size_t step;

	for (; n > 0 && from < m->len; n--) {
		step = utf8_sequence(m->text + from, m->len - from);
		from += step > 0 ? step : 1;
	}
	return from;
}

int
marks_add(struct marks *m, enum marks_type type, unsigned int time_ms,
    unsigned int position, unsigned int nchars)
{
	struct mark *list, *k;
	size_t max;

	if (m->n == m->max) {
		/* At most a mark or two for each byte of a 64 KiB text. */
		max = m->max == 0 ? 64 : m->max * 2;
		list = realloc(m->list, max * sizeof(*list));
		if (list == NULL)
			return MARKS_ERR_NOMEM;
		m->list = list;
		m->max = max;
	}
	k = &m->list[m->n++];
	k->type = type;
	k->time_ms = time_ms;
	k->start = advance(m, 0, position > 0 ? position - 1 : 0);
	k->end = advance(m, k->start, nchars);
	return 0;
}

void
marks_finish(struct marks *m)
{
	size_t next = m->len;

	for (size_t i = m->n; i-- > 0;) {
		struct mark *k = &m->list[i];

		if (k->type != MARKS_SENTENCE)
			continue;
		k->end = next > k->start ? next : k->start;
		while (k->end > k->start &&
		       strchr(" \t\r\n", m->text[k->end - 1]) != NULL)
			k->end--;
		next = k->start;
	}
}

char *
marks_line(const struct marks *m, size_t i, size_t *len)
{
	const struct mark *k = &m->list[i];
	char *line = NULL;
	json_t *o;

	o = json_pack("{s:i, s:s, s:I, s:I, s:s%}", "time", (int)k->time_ms,
	    "type", k->type == MARKS_WORD ? "word" : "sentence", "start",
	    (json_int_t)k->start, "end", (json_int_t)k->end, "value",
	    m->text + k->start, k->end - k->start);
	if (o != NULL)
		line = json_line_dump(o, len);
	json_decref(o);
	return line;
}
