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

static int
announce_target(
    struct channels *c, struct about *a, const char *tag, unsigned int present)
{
	const struct lang *known;
	struct channels_lang *l;
	int ret;

	if (tag == NULL || !lang_is_tag(tag))
		return 0;
	known = lang_find(tag);
	ret = channels_open(c, known != NULL ? known->tag : tag,
	    FORMAT_BIT(ROOM_TEXT) | FORMAT_BIT(ROOM_PCM), &l);
	if (l != NULL && (l->present & present) != present) {
		l->present |= present;
		a->is_dirty = true;
	}
	return ret;
}

int
announce(struct channels *c, struct about *a, const json_t *status)
{
	json_t *languages = json_object_get(status, "languages");
	json_t *voices = json_object_get(status, "voices");
	const char *state = json_str(status, "state"), *tag;
	json_t *each;
	size_t i;
	int error, ret = 0;

	if (state == NULL || strcmp(state, "ready") != 0)
		return 0;
	announce_source(a, json_str(status, "lang"));
	json_array_foreach(languages, i, each)
	{
		error = announce_target(
		    c, a, json_string_value(each), FORMAT_BIT(ROOM_TEXT));
		ret = error != 0 ? error : ret;
	}
	json_object_foreach(voices, tag, each)
	{
		error = announce_target(
		    c, a, tag, FORMAT_BIT(ROOM_TEXT) | FORMAT_BIT(ROOM_PCM));
		ret = error != 0 ? error : ret;
	}
	return ret;
}
