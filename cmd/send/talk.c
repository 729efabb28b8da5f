#include "talk.h"

#include <stdio.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/utf8.h"

const char talk_pong[] = "{\"type\":\"pong\"}";

void
talk_init(struct talk *t, struct keep *keep, const char *session,
    const char *lang, const char *token)
{
	memset(t, 0, sizeof(*t));
	t->keep = keep;
	t->session = session;
	t->lang = lang;
	t->token = token;
}

void
talk_cut(struct talk *t)
{
	t->is_ready = t->is_end_sent = false;
}

char *
talk_hello(struct talk *t, size_t *len)
{
	json_t *obj = json_pack("{s:s, s:s, s:s, s:I}", "type", "hello",
	    "session", t->session, "client", "send/" BOOTH_VERSION, "next",
	    (json_int_t)t->keep->first + t->base);
	char *text = NULL;

	t->hello_first = t->keep->first;
	if (obj != NULL &&
	    (t->lang == NULL ||
		json_object_set_new(obj, "lang", json_string(t->lang)) == 0) &&
	    (t->token == NULL ||
		json_object_set_new(obj, "token", json_string(t->token)) == 0))
		text = json_line_dump(obj, len);
	json_decref(obj);
	return text;
}

/* What was given up before it could go (again) is lost. */
static void
skip_dropped(struct talk *t)
{
	if (t->next < t->keep->first) {
		t->lost += t->keep->first - t->next;
		t->next = t->keep->first;
	}
}

int
talk_message(struct talk *t, char *buf, size_t *len)
{
	const uint8_t *pcm;
	size_t n;
	int at;

	if (!t->is_ready || t->is_end_sent)
		return 0;
	skip_dropped(t);
	if (t->next == t->keep->end) {
		if (!t->keep->is_closed)
			return 0;
		t->is_end_sent = true;
		strcpy(buf, "{\"type\":\"end\"}");
		*len = strlen(buf);
		return 1;
	}
	if (t->next >= t->window_end)
		return 0;
	pcm = keep_get(t->keep, t->next, &n);
	at = snprintf(buf, TALK_TEXT_MAX,
	    "{\"type\":\"audio\",\"seq\":%llu,\"data\":\"",
	    (unsigned long long)t->next + (unsigned long long)t->base);
	*len = (size_t)at + b64_encode(buf + at, pcm, n);
	memcpy(buf + *len, "\"}", 3);
	*len += 2;
	t->next++;
	return 1;
}

/* --- lines ----------------------------------------------------------- */

static void
copy(char *to, size_t size, const json_t *obj, const char *key)
{
	const char *value = json_str(obj, key);

	to[0] = '\0';
	if (value != NULL)
		utf8_escape(to, size, value, strlen(value));
}

/* A whole number from 0 to 2^53. */
static uint64_t
number(const json_t *obj, const char *key, uint64_t fallback)
{
	double value = json_num(obj, key, -1);

	return value >= 0 && value < 9007199254740992.0 ? (uint64_t)value
	                                                : fallback;
}

/* A number of the server's as one of ours; what it does not name, or is older
 * than all of ours, is the oldest. */
static uint64_t
ours(const struct talk *t, const json_t *obj)
{
	uint64_t first = t->keep->first;
	int64_t next =
	    (int64_t)number(obj, "next", (uint64_t)((int64_t)first + t->base)) -
	    t->base;

	return next > 0 ? (uint64_t)next : 0;
}

/* How much arrived, and how much more may go. */
static void
take_next(struct talk *t, const json_t *obj)
{
	uint64_t next = ours(t, obj);

	keep_arrived(t->keep, next);
	/* A server without a window takes a second at a time. */
	t->window_end = next + number(obj, "window", 10);
}

static enum talk_event
take_ready(struct talk *t, const json_t *obj)
{
	/* What it wants first is the first that we told it of. */
	if (!t->was_ready)
		t->base = (int64_t)number(obj, "next", t->hello_first) -
		          (int64_t)t->hello_first;
	t->next = ours(t, obj);
	if (t->next > t->keep->end)
		t->next = t->keep->end;
	t->is_ready = t->was_ready = true;
	copy(t->room_state, sizeof(t->room_state), obj, "room_state");
	skip_dropped(t);
	take_next(t, obj);
	return TALK_READY;
}

static enum talk_event
take_status(struct talk *t, const json_t *obj)
{
	copy(t->state, sizeof(t->state), obj, "state");
	copy(t->reason, sizeof(t->reason), obj, "reason");
	copy(t->detail, sizeof(t->detail), obj, "detail");
	t->retry_ms = (int64_t)number(obj, "retry_ms", 0);
	if (strcmp(t->state, "ready") == 0)
		return take_ready(t, obj);
	if (strcmp(t->state, "refused") == 0)
		return TALK_REFUSED;
	if (strcmp(t->state, "failed") == 0)
		return TALK_FAILED;
	if (strcmp(t->state, "ended") == 0)
		return TALK_ENDED;
	return TALK_SAID;
}

static enum talk_event
take_ack(struct talk *t, const json_t *obj)
{
	t->level_db = json_num(obj, "level_db", -96.3);
	t->peak_db = json_num(obj, "peak_db", -96.3);
	t->lag_ms = (int64_t)number(obj, "lag_ms", 0);
	t->server_lost = number(obj, "lost", t->server_lost);
	copy(t->room_state, sizeof(t->room_state), obj, "room_state");
	copy(t->pipeline, sizeof(t->pipeline), obj, "pipeline");
	if (t->is_ready)
		take_next(t, obj);
	return TALK_ACK;
}

enum talk_event
talk_line(struct talk *t, const char *text, size_t len)
{
	enum talk_event event = TALK_NOTHING;
	const char *type;
	char reason[64];
	json_t *obj;

	obj = json_line_parse(text, len, reason, sizeof(reason));
	if (obj == NULL)
		return strcmp(reason, JSON_NOMEM) == 0 ? TALK_SHORT
		                                       : TALK_NOTHING;
	type = json_line_type(obj);
	if (strcmp(type, "ack") == 0)
		event = take_ack(t, obj);
	else if (strcmp(type, "ping") == 0)
		event = TALK_PING;
	else if (strcmp(type, "status") == 0)
		event = take_status(t, obj);
	json_decref(obj);
	return event;
}

bool
talk_is_done(const struct talk *t)
{
	return t->keep->is_closed && t->keep->first == t->keep->end;
}
