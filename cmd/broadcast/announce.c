#include "announce.h"

#include <string.h>

#include "base/json.h"
#include "base/lang.h"

void
announce_source(struct about *a, const char *tag)
{
	if (tag == NULL || !lang_is_tag(tag) || strcmp(tag, a->source) == 0)
		return;
	memcpy(a->source, tag, strlen(tag) + 1);
	a->is_dirty = true;
}

/* A language that will come, with the rings of `create`. */
static int
announce_target(struct channels *c, struct about *a, const char *tag,
    unsigned int create, unsigned int present)
{
	const struct lang *known;
	struct channels_lang *l;
	int ret;

	if (tag == NULL || !lang_is_tag(tag))
		return 0;
	known = lang_find(tag);
	ret = channels_open(c, known != NULL ? known->tag : tag, create, &l);
	if (l != NULL && (l->present & present) != present) {
		l->present |= present;
		a->is_dirty = true;
	}
	return ret;
}

static int
announce_ready(struct channels *c, struct about *a, const json_t *status)
{
	static const unsigned int text = FORMAT_BIT(ROOM_TEXT),
				  pcm = FORMAT_BIT(ROOM_PCM);
	json_t *languages = json_object_get(status, "languages");
	json_t *voices = json_object_get(status, "voices"), *each;
	/* Dozens can be had, of which few will be: their rings come with who
	 * wants them. */
	unsigned int create = json_is_set(status, "on_demand") ? 0 : text | pcm;
	const char *tag;
	size_t i;
	int error, ret = 0;

	announce_source(a, json_str(status, "lang"));
	json_array_foreach(languages, i, each)
	{
		error = announce_target(
		    c, a, json_string_value(each), create, text);
		ret = error != 0 ? error : ret;
	}
	json_object_foreach(voices, tag, each)
	{
		error = announce_target(c, a, tag, create, text | pcm);
		ret = error != 0 ? error : ret;
	}
	return ret;
}

int
announce(struct channels *c, struct about *a, const json_t *status)
{
	const char *state = json_str(status, "state");

	if (state != NULL && strcmp(state, "ready") == 0)
		return announce_ready(c, a, status);
	if (state != NULL && strcmp(state, "wanted") == 0)
		return announce_target(c, a, json_str(status, "lang"),
		    FORMAT_BIT(ROOM_TEXT) | FORMAT_BIT(ROOM_PCM),
		    FORMAT_BIT(ROOM_TEXT));
	return 0;
}
