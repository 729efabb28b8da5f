#include "channels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/line.h"
#include "base/log.h"
#include "splice.h"

const char *
channels_strerror(int code)
{
	switch (code) {
	case 0:
		return "no error";
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		CHANNELS_ERRORS(X)
#undef X
	}
	return "unknown error";
}

struct channels_lang *
channels_find(struct channels *c, const char *tag)
{
	size_t i;

	for (i = 0; i < c->nlangs; i++)
		if (strcmp(c->langs[i].tag, tag) == 0)
			return &c->langs[i];
	return NULL;
}

static struct channels_lang *
add_lang(struct channels *c, const char *tag)
{
	struct channels_lang *l = channels_find(c, tag);

	if (l != NULL || c->nlangs == CHANNELS_LANGS_MAX)
		return l;
	l = &c->langs[c->nlangs++];
	memcpy(l->tag, tag, strlen(tag) + 1);
	l->last_seq = c->first_seq;
	return l;
}

/* Listeners of the language hear at once of a ring that is new: some of them
 * may be there for it, and have another in its stead. */
static void
nudge(struct channels_lang *l)
{
	int f;

	for (f = 0; f < ROOM_NFORMATS; f++)
		if (l->open & FORMAT_BIT(f))
			ring_nudge(&l->rings[f]);
}

static int
ring_path(const struct channels *c, const char *tag, enum room_format format,
    char path[ROOM_PATH_MAX])
{
	char channel[ROOM_CHANNEL_MAX];

	return room_channel(channel, tag, format) == 0
	           ? room_ring_path(c->room, channel, path)
	           : -1;
}

static int
open_ring(struct channels *c, struct channels_lang *l, enum room_format format)
{
	struct ring_writer *w = &l->rings[format];
	char path[ROOM_PATH_MAX];
	int ret;

	if (l->open & FORMAT_BIT(format))
		return 0;
	if (ring_path(c, l->tag, format, path) != 0)
		return CHANNELS_ERR_RING;
	ret = ring_writer_open(w, path, room_format_bytes(format));
	if (ret != 0) {
		c->saved_errno = errno;
		c->error = ret;
		return CHANNELS_ERR_RING;
	}
	if (w->was_replaced)
		c->nreplaced++;
	if (w->was_made)
		nudge(l);
	l->open |= FORMAT_BIT(format);
	if (w->last_seq > l->last_seq)
		l->last_seq = w->last_seq;
	return 0;
}

static int
open_existing(void *arg, const char *tag, enum room_format format)
{
	struct channels *c = arg;
	struct channels_lang *l = add_lang(c, tag);

	return l == NULL ? CHANNELS_ERR_LANGS : open_ring(c, l, format);
}

/* The newest line of a ring, into c->line.  False: there is none. */
static bool
read_newest(
    struct channels *c, const char *tag, int format, struct ring_line *line)
{
	char path[ROOM_PATH_MAX];
	struct ring_reader r, newest;
	bool is_read;

	if (ring_path(c, tag, (enum room_format)format, path) != 0 ||
	    ring_reader_open(&r, path) != 0)
		return false;
	ring_seek_oldest(&r);
	for (newest = r; ring_peek(&r, line) == 1; ring_skip(&r, line))
		newest = r;
	is_read = ring_read(&newest, c->line, LINE_MAX_BYTES, line) == 1;
	ring_reader_release(&r);
	return is_read;
}

/* A writer that was killed, between the rings of a language, has left what all
 * of them were to have in the first ones alone. */
static void
mend(struct channels *c, struct channels_lang *l)
{
	struct ring_line line;
	int f, newest = ROOM_TEXT;

	for (f = 0; f < ROOM_NFORMATS; f++)
		if (l->open & FORMAT_BIT(f) &&
		    l->rings[f].last_seq > l->rings[newest].last_seq)
			newest = f;
	if (!(l->open & FORMAT_BIT(newest)) ||
	    !read_newest(c, l->tag, newest, &line) ||
	    !(line.kind & (RING_CAPTION | RING_RETRACTION)))
		return;
	for (f = 0; f < ROOM_NFORMATS; f++)
		if (f != ROOM_STATUS && l->open & FORMAT_BIT(f) &&
		    l->rings[f].last_seq < line.seq)
			(void)ring_append(&l->rings[f], line.kind, line.seq,
			    line.at_ms, c->line, line.len);
}

int
channels_init(struct channels *c, const struct room *room, double now_ms)
{
	struct channels_lang *source;
	size_t i;
	int ret;

	memset(c, 0, sizeof(*c));
	c->room = room;
	c->first_seq = (uint64_t)now_ms;
	c->langs = xcalloc(CHANNELS_LANGS_MAX, sizeof(*c->langs));
	c->line = xcalloc(1, LINE_MAX_BYTES + SPLICE_BYTES);
	source = add_lang(c, ROOM_SOURCE);
	ret = open_ring(c, source, ROOM_TEXT);
	if (ret == 0)
		ret = open_ring(c, source, ROOM_PARTIALS);
	if (ret == 0)
		ret = open_ring(c, source, ROOM_STATUS);
	if (ret == 0)
		ret = room_each_channel(room, open_existing, c);
	if (ret == ROOM_ERR_ABSENT || (ret == ROOM_ERR_SYS && c->error == 0)) {
		c->saved_errno = errno;
		ret = CHANNELS_ERR_ROOM;
	}
	for (i = 0; ret == 0 && i < c->nlangs; i++)
		mend(c, &c->langs[i]);
	return ret;
}

void
channels_release(struct channels *c)
{
	size_t i;
	int f;

	for (i = 0; i < c->nlangs; i++)
		for (f = 0; f < ROOM_NFORMATS; f++)
			if (c->langs[i].open & FORMAT_BIT(f))
				ring_writer_release(&c->langs[i].rings[f]);
	free(c->langs);
	free(c->line);
	memset(c, 0, sizeof(*c));
}

static int
put(struct channels *c, struct channels_lang *l, unsigned int formats,
    const struct channels_line *line)
{
	uint64_t seq = l->last_seq + 1;
	int64_t at_ms = (int64_t)clock_wall_ms();
	size_t len;
	int f, error, ret = 0;

	len = splice_seq(c->line, LINE_MAX_BYTES + SPLICE_BYTES, line->text,
	    line->len, line->has_seq, seq);
	if (len == 0 || len > LINE_MAX_BYTES)
		return CHANNELS_ERR_LONG;
	l->last_seq = seq;
	for (f = 0; f < ROOM_NFORMATS; f++) {
		if (!(formats & l->open & FORMAT_BIT(f)))
			continue;
		error = ring_append(
		    &l->rings[f], line->kind, seq, at_ms, c->line, len);
		if (error != 0) {
			c->saved_errno = errno;
			c->error = error;
			c->lost++;
			ret = CHANNELS_ERR_RING;
		}
	}
	return ret;
}

int
channels_open(struct channels *c, const char *tag, unsigned int create,
    struct channels_lang **l)
{
	int f, error, ret = 0;

	if ((*l = add_lang(c, tag)) == NULL)
		return CHANNELS_ERR_LANGS;
	for (f = 0; f < ROOM_NFORMATS; f++) {
		if (!(create & FORMAT_BIT(f)))
			continue;
		error = open_ring(c, *l, (enum room_format)f);
		if (error != 0)
			ret = error;
	}
	return ret;
}

int
channels_put(struct channels *c, const char *tag, unsigned int formats,
    unsigned int create, const struct channels_line *line)
{
	struct channels_lang *l;
	int error, ret;

	ret = channels_open(c, tag, create, &l);
	if (l == NULL)
		return ret;
	error = put(c, l, formats, line);
	return error != 0 ? error : ret;
}

int
channels_put_all(
    struct channels *c, unsigned int formats, const struct channels_line *line)
{
	size_t i;
	int error, ret = 0;

	for (i = 0; i < c->nlangs; i++) {
		error = put(c, &c->langs[i], formats, line);
		if (error != 0)
			ret = error;
	}
	return ret;
}

void
channels_wake(struct channels *c)
{
	size_t i;
	int f;

	for (i = 0; i < c->nlangs; i++)
		for (f = 0; f < ROOM_NFORMATS; f++)
			if (c->langs[i].open & FORMAT_BIT(f))
				ring_wake(&c->langs[i].rings[f]);
}
