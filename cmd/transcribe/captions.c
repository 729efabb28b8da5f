#include "captions.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/line.h"
#include "base/log.h"
#include "base/pcm.h"
#include "base/utf8.h"

/* The service's idea of where a word begins may be a little late: when it is
 * heard again, it is heard from before that. */
#define START_MARGIN_MS 500
/* In a channel: more that wait for their finals will not get them. */
#define OPEN_AT_ONCE_MAX 4

void
captions_init(struct captions *c, struct out *out,
    const struct backlog *backlog, const char *lang, bool with_partials,
    int64_t start_ms)
{
	memset(c, 0, sizeof(*c));
	c->out = out;
	c->backlog = backlog;
	c->lang = lang;
	c->with_partials = with_partials;
	snprintf(
	    c->prefix, sizeof(c->prefix), "%llx", (unsigned long long)start_ms);
}

static json_t *
item_json(const struct transcribe_item *it, const struct session *s)
{
	json_t *obj = json_object();

	json_put(&obj, "text", json_string(it->text));
	json_put(&obj, "start_ms",
	    json_ms(pcm_ms_of_bytes(session_stream_pos(s, it->start_ms))));
	json_put(&obj, "end_ms",
	    json_ms(pcm_ms_of_bytes(session_stream_pos(s, it->end_ms))));
	if (it->is_stable)
		json_put(&obj, "stable", json_true());
	if (it->confidence >= 0)
		json_put(&obj, "confidence", json_real(it->confidence));
	if (it->speaker != NULL)
		json_put(&obj, "speaker", json_string(it->speaker));
	if (it->is_punctuation)
		json_put(&obj, "punct", json_true());
	if (it->is_filtered)
		json_put(&obj, "filtered", json_true());
	return obj;
}

static json_t *
entity_json(const struct transcribe_entity *e, const struct session *s)
{
	json_t *obj = json_object();

	if (e->category != NULL)
		json_put(&obj, "category", json_string(e->category));
	if (e->type != NULL)
		json_put(&obj, "kind", json_string(e->type));
	if (e->content != NULL)
		json_put(&obj, "text", json_string(e->content));
	json_put(&obj, "start_ms",
	    json_ms(pcm_ms_of_bytes(session_stream_pos(s, e->start_ms))));
	json_put(&obj, "end_ms",
	    json_ms(pcm_ms_of_bytes(session_stream_pos(s, e->end_ms))));
	if (e->confidence >= 0)
		json_put(&obj, "confidence", json_real(e->confidence));
	return obj;
}

static json_t *
guesses_json(const struct transcribe_result *r)
{
	json_t *list = json_array(), *obj;
	char buf[LANG_TAG_MAX];

	for (size_t i = 0; i < r->nguesses; i++) {
		obj = json_object();
		json_put(&obj, "lang",
		    json_string(
			lang_from_transcribe(r->guesses[i].language, buf)));
		if (r->guesses[i].score >= 0)
			json_put(&obj, "score", json_real(r->guesses[i].score));
		json_push(&list, obj);
	}
	return list;
}

static json_t *
transcript_json(const struct captions *c, const struct session *s,
    const struct transcribe_result *r, const struct caption_open *o,
    double wall_ms)
{
	uint64_t start = session_stream_pos(s, r->start_ms);
	uint64_t end = session_stream_pos(s, r->end_ms);
	char buf[LANG_TAG_MAX];
	json_t *obj = json_object(), *list = json_array();

	json_put(&obj, "type", json_string("transcript"));
	json_put(&obj, "id", json_string(o->id));
	json_put(&obj, "final", json_boolean(!r->is_partial));
	json_put(&obj, "lang",
	    json_string(r->language == NULL
			    ? c->lang
			    : lang_from_transcribe(r->language, buf)));
	json_put(&obj, "text", json_string(r->text));
	json_put(&obj, "start_ms", json_ms(pcm_ms_of_bytes(start)));
	json_put(&obj, "end_ms", json_ms(pcm_ms_of_bytes(end)));
	/* The service names the one channel, too. */
	if (r->channel != NULL && c->backlog->channels > 1)
		json_put(&obj, "channel", json_string(r->channel));
	for (size_t i = 0; i < r->nitems; i++)
		json_push(&list, item_json(&r->items[i], s));
	json_put(&obj, "items", list);
	if (r->nentities > 0) {
		list = json_array();
		for (size_t i = 0; i < r->nentities; i++)
			json_push(&list, entity_json(&r->entities[i], s));
		json_put(&obj, "entities", list);
	}
	if (r->nguesses > 0)
		json_put(&obj, "guesses", guesses_json(r));
	json_put(&obj, "captured_at_ms",
	    json_ms(backlog_arrival_ms(c->backlog, end)));
	if (!r->is_partial)
		json_put(&obj, "final_at_ms", json_ms(wall_ms));
	if (o->is_late)
		json_put(&obj, "late", json_true());
	return obj;
}

/* FNV-1a: ids may be of any length, and are only compared. */
static uint64_t
hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return h;
}

/* Of one channel the service may or may not say which it is. */
static unsigned int
channel_of(const struct captions *c, const struct transcribe_result *r)
{
	return c->backlog->channels > 1 && r->channel != NULL &&
	       strcmp(r->channel, "ch_1") == 0;
}

static void
never_final(struct caption_open *o)
{
	log_msg(LOG_DEBUG, "lines", "%s was never final", o->id);
	o->is_used = false;
}

/* One to begin a new utterance of this session in; the oldest of too many goes
 * for it. */
static struct caption_open *
spare_open(struct captions *c, const struct session *s, unsigned int channel)
{
	struct caption_open *o, *spare = NULL, *oldest = NULL;
	struct caption_open *left = &c->open[0];
	size_t n = 0;

	for (size_t i = 0; i < CAPTIONS_OPEN_MAX; i++) {
		o = &c->open[i];
		if (!o->is_used) {
			spare = o;
		} else if (o->session == s && o->channel == channel) {
			n++;
			if (oldest == NULL || o->start < oldest->start)
				oldest = o;
		} else if (o->session == NULL) {
			left = o;
		}
	}
	if (n >= OPEN_AT_ONCE_MAX || (spare == NULL && oldest != NULL)) {
		never_final(oldest);
		return oldest;
	}
	return spare != NULL ? spare : left;
}

/*
 * The open utterance that this result goes on with, one that a lost session
 * left, or a new one.  The one before may still be waiting for its final: not
 * every service is done with it before it begins the next.
 */
static struct caption_open *
find_open(struct captions *c, const struct session *s,
    const struct transcribe_result *r)
{
	const unsigned int channel = channel_of(c, r);
	const uint64_t result = hash(r->id);
	struct caption_open *o, *heirless = NULL;

	for (size_t i = 0; i < CAPTIONS_OPEN_MAX; i++) {
		o = &c->open[i];
		if (!o->is_used || o->channel != channel)
			continue;
		if (o->session == s && o->result == result)
			return o;
		if (o->session == NULL && o->is_late == !session_is_live(s) &&
		    session_stream_pos(s, r->start_ms) <= o->end &&
		    (heirless == NULL || o->start < heirless->start))
			heirless = o;
	}
	if ((o = heirless) == NULL) {
		o = spare_open(c, s, channel);
		memset(o, 0, sizeof(*o));
		o->is_used = true;
		o->is_late = !session_is_live(s);
		o->channel = channel;
		snprintf(
		    o->id, sizeof(o->id), "%s-%llu", c->prefix, ++c->count);
	}
	o->session = s;
	o->result = result;
	return o;
}

/* This one is final: what began before it and is not was dropped, and what a
 * lost live session left before it was not heard again.  (Late ones are heard
 * in any order.) */
static void
close_open(struct captions *c, struct caption_open *o)
{
	struct caption_open *p;

	o->is_used = false;
	for (size_t i = 0; i < CAPTIONS_OPEN_MAX; i++) {
		p = &c->open[i];
		if (!p->is_used || p->channel != o->channel ||
		    p->start > o->start)
			continue;
		if (p->session == o->session ||
		    (p->session == NULL && !p->is_late && !o->is_late))
			never_final(p);
	}
}

static void
remember(struct captions *c, const struct session *s,
    const struct transcribe_result *r)
{
	c->done[c->ndone++ % CAPTIONS_DONE_MAX] = (struct caption_done){
		.session = s,
		.result = hash(r->id),
		.text = hash(r->text),
		.start = session_stream_pos(s, r->start_ms),
		.channel = channel_of(c, r),
	};
}

/* Whether a final is told again, or a partial comes after it.  Of services that
 * give no ids, or the same one to all, the place and the words decide. */
static bool
is_done(const struct captions *c, const struct session *s,
    const struct transcribe_result *r)
{
	for (size_t i = 0; i < CAPTIONS_DONE_MAX; i++) {
		const struct caption_done *d = &c->done[i];

		if (d->session == s && d->channel == channel_of(c, r) &&
		    d->result == hash(r->id) &&
		    d->start == session_stream_pos(s, r->start_ms) &&
		    (r->is_partial || d->text == hash(r->text)))
			return true;
	}
	return false;
}

/* Whether a partial says what the last one said. */
static bool
is_repeated(struct caption_open *o, const struct transcribe_result *r)
{
	size_t len = strlen(r->text);
	/* The end changes first; of a long text the tail is compared. */
	size_t keep = len < sizeof(o->text) ? len : sizeof(o->text);
	const char *tail = r->text + len - keep;

	if (len == o->text_len && memcmp(o->text, tail, keep) == 0)
		return true;
	memcpy(o->text, tail, keep);
	o->text_len = len;
	return false;
}

void
captions_lose(struct captions *c)
{
	log_msg(LOG_ERROR, "lines", "out of memory: a line is lost");
	c->is_short = true;
}

/* No service says so much in one breath; a line that is too long would be
 * refused by whoever reads it.  Takes line; the shorter one, or NULL: no
 * memory, or it cannot be made shorter. */
static char *
shorten_text(json_t **obj, char *line, size_t *len)
{
	size_t whole = strlen(json_str(*obj, "text")), keep = whole;
	const char *text;

	/* Escapes are longer than what they stand for: in proportion, then. */
	while (line != NULL && *len >= LINE_MAX_BYTES) {
		free(line);
		if (keep == 0)
			return NULL;
		text = json_str(*obj, "text");
		keep = utf8_prefix(text, keep,
		    (size_t)((double)keep * (LINE_MAX_BYTES - 1024) /
			     (double)*len));
		json_put(obj, "text", json_stringn(text, keep));
		line = json_line_dump(*obj, len);
	}
	log_msg(LOG_ERROR, "lines", "an utterance of %zu bytes is cut to %zu",
	    whole, keep);
	return line;
}

/* Takes obj; NULL: no memory. */
static void
write_line(struct captions *c, json_t *obj)
{
	size_t len;
	char *line = json_line_dump(obj, &len);
	int rc = OUT_ERR_NOMEM;

	if (line != NULL && len >= LINE_MAX_BYTES) {
		/* The words matter more than their times. */
		log_msg(LOG_WARN, "lines",
		    "an utterance of %zu bytes goes out without items", len);
		free(line);
		json_object_del(obj, "items");
		json_object_del(obj, "entities");
		json_object_del(obj, "guesses");
		line = json_line_dump(obj, &len);
	}
	if (line != NULL && len >= LINE_MAX_BYTES)
		line = shorten_text(&obj, line, &len);
	if (line != NULL)
		rc = out_line(c->out, line, len);
	if (rc == OUT_ERR_NOMEM)
		captions_lose(c);
	else if (rc == OUT_ERR_FULL && !c->is_full)
		log_msg(LOG_ERROR, "lines",
		    "the reader takes none: a line is lost");
	c->is_full |= rc == OUT_ERR_FULL;
	free(line);
	json_decref(obj);
}

/* What need not be heard again, now that the service is at `pos`: all before
 * it, but for what is still being said. */
static void
tell_session(struct captions *c, struct session *s,
    const struct transcribe_result *r, uint64_t pos)
{
	const unsigned int channel = channel_of(c, r);
	bool is_speaking = false;

	for (size_t i = 0; i < CAPTIONS_OPEN_MAX; i++) {
		const struct caption_open *o = &c->open[i];

		if (!o->is_used || o->session != s || o->channel != channel)
			continue;
		is_speaking = true;
		if (o->start < pos)
			pos = o->start;
	}
	session_set_speaking(s, channel, is_speaking);
	session_cover(s, channel, pos);
}

/* A final without words takes back what was being said. */
static void
take_back(
    struct captions *c, struct session *s, const struct transcribe_result *r)
{
	for (size_t i = 0; i < CAPTIONS_OPEN_MAX; i++)
		if (c->open[i].is_used && c->open[i].session == s &&
		    c->open[i].channel == channel_of(c, r) &&
		    c->open[i].result == hash(r->id))
			c->open[i].is_used = false;
	tell_session(c, s, r, session_stream_pos(s, r->end_ms));
}

void
captions_result(struct captions *c, struct session *s,
    const struct transcribe_result *r, double wall_ms)
{
	const uint64_t margin = pcm_bytes_of_ms(START_MARGIN_MS);
	struct caption_open *o;

	if (r->text[0] == '\0') {
		if (!r->is_partial)
			take_back(c, s, r);
		return;
	}
	if (is_done(c, s, r))
		return;
	o = find_open(c, s, r);
	o->start = session_stream_pos(s, r->start_ms);
	o->start = o->start > margin ? o->start - margin : 0;
	o->end = session_stream_pos(s, r->end_ms);
	/* A reader that is behind gets the words once they are final. */
	if (!r->is_partial ||
	    (c->with_partials && !out_is_full(c->out) && !is_repeated(o, r)))
		write_line(c, transcript_json(c, s, r, o, wall_ms));
	if (!r->is_partial) {
		c->finals++;
		c->chars += strlen(r->text);
		close_open(c, o);
		remember(c, s, r);
	}
	tell_session(c, s, r,
	    r->is_partial ? o->start : session_stream_pos(s, r->end_ms));
}

void
captions_session_begun(struct captions *c, const struct session *s)
{
	for (size_t i = 0; i < CAPTIONS_OPEN_MAX; i++)
		if (c->open[i].is_used && c->open[i].session == s)
			c->open[i].is_used = false;
	for (size_t i = 0; i < CAPTIONS_DONE_MAX; i++)
		if (c->done[i].session == s)
			c->done[i].session = NULL;
}

void
captions_session_late(struct captions *c, const struct session *s)
{
	for (size_t i = 0; i < CAPTIONS_OPEN_MAX; i++)
		if (c->open[i].is_used && c->open[i].session == s)
			c->open[i].is_late = true;
}

void
captions_session_lost(struct captions *c, const struct session *s, bool is_late)
{
	if (is_late)
		captions_session_late(c, s);
	for (size_t i = 0; i < CAPTIONS_OPEN_MAX; i++)
		if (c->open[i].is_used && c->open[i].session == s)
			c->open[i].session = NULL;
}

void
captions_orphans_late(struct captions *c)
{
	for (size_t i = 0; i < CAPTIONS_OPEN_MAX; i++)
		if (c->open[i].is_used && c->open[i].session == NULL)
			c->open[i].is_late = true;
}
