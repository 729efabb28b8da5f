#include "route.h"

#include <string.h>

#include "base/json.h"
#include "base/lang.h"
#include "channels.h"

/* The tag as the rings spell it. */
static int
route_lang(struct route *r, const json_t *obj, const char **why)
{
	const char *tag = json_str(obj, "lang");
	const struct lang *known;

	if (tag == NULL || strlen(tag) >= LANG_TAG_MAX || !lang_is_tag(tag)) {
		*why = "'lang' is missing or not a language tag";
		return -1;
	}
	known = lang_find(tag);
	r->lang = known != NULL ? known->tag : tag;
	return 0;
}

static void
to_source(struct route *r, bool is_partial)
{
	r->lang = ROOM_SOURCE;
	r->formats = FORMAT_BIT(ROOM_PARTIALS);
	if (!is_partial)
		r->formats |= FORMAT_BIT(ROOM_TEXT);
	r->create = r->present = r->formats;
}

static int
route_audio(struct route *r, const json_t *obj, const char **why)
{
	const char *encoding = json_str(obj, "encoding");
	unsigned int format;

	if (encoding != NULL && strcmp(encoding, "pcm_s16le") == 0) {
		format = FORMAT_BIT(ROOM_PCM);
	} else if (encoding != NULL && strcmp(encoding, "opus") == 0) {
		format = FORMAT_BIT(ROOM_OPUS);
	} else {
		*why = "'encoding' is neither pcm_s16le nor opus";
		return -1;
	}
	r->kind = RING_AUDIO;
	r->formats = format;
	r->create = format | FORMAT_BIT(ROOM_TEXT) | FORMAT_BIT(ROOM_PCM);
	r->present = format | FORMAT_BIT(ROOM_TEXT);
	return route_lang(r, obj, why);
}

/* Levels, one a second, tell a listener nothing. */
static void
route_status(struct route *r, const json_t *obj)
{
	const char *state = json_str(obj, "state");

	r->kind = RING_STATUS;
	if (state == NULL || strcmp(state, "level") != 0) {
		r->is_for_all = true;
		r->formats = ~0u;
		return;
	}
	r->is_fleeting = true;
	r->lang = ROOM_SOURCE;
	r->formats = r->create = FORMAT_BIT(ROOM_STATUS);
}

static int
route_retraction(struct route *r, const json_t *obj, const char **why)
{
	const char *id = json_str(obj, "id");

	if (id == NULL || id[0] == '\0') {
		*why = "a retraction without the 'id' of an utterance";
		return -1;
	}
	r->kind = RING_RETRACTION;
	r->is_for_all = true;
	r->formats = ~FORMAT_BIT(ROOM_STATUS);
	return 0;
}

int
route_line(
    struct route *r, const json_t *obj, const char *type, const char **why)
{
	memset(r, 0, sizeof(*r));
	r->has_seq = json_object_get(obj, "seq") != NULL;
	if (strcmp(type, "status") == 0) {
		route_status(r, obj);
	} else if (strcmp(type, "retraction") == 0) {
		return route_retraction(r, obj, why);
	} else if (strcmp(type, "transcript") == 0) {
		r->kind =
		    json_is_set(obj, "final") ? RING_CAPTION : RING_PARTIAL;
		to_source(r, r->kind == RING_PARTIAL);
	} else if (strcmp(type, "translation") == 0) {
		r->kind = RING_CAPTION;
		r->formats = FORMAT_BIT(ROOM_TEXT) | FORMAT_BIT(ROOM_PCM) |
		             FORMAT_BIT(ROOM_OPUS);
		r->create = FORMAT_BIT(ROOM_TEXT) | FORMAT_BIT(ROOM_PCM);
		r->present = FORMAT_BIT(ROOM_TEXT);
		return route_lang(r, obj, why);
	} else if (strcmp(type, "audio") == 0) {
		return route_audio(r, obj, why);
	} else {
		r->kind = RING_OTHER;
		to_source(r, false);
	}
	return 0;
}
