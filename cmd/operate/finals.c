#include "finals.h"

#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

static void
forget(struct finals *f, size_t i)
{
	memmove(&f->lines[i], &f->lines[i + 1],
	    (f->n - i - 1) * sizeof(f->lines[0]));
	f->n--;
}

static void
take_lag(struct finals *f, const json_t *transcript, double at_ms)
{
	double captured_ms = json_num(transcript, "captured_at_ms", 0);

	if (captured_ms <= 0 || captured_ms > at_ms ||
	    json_is_set(transcript, "late") ||
	    json_object_get(transcript, "said_by") != NULL)
		return;
	f->lag_ms = at_ms - captured_ms;
	f->lag_at_ms = at_ms;
}

void
finals_take(struct finals *f, const json_t *transcript, double at_ms)
{
	const char *id = json_str(transcript, "id");
	struct finals_line *line;

	if (!json_is_set(transcript, "final") || id == NULL ||
	    strlen(id) > FINALS_ID_MAX)
		return;
	take_lag(f, transcript, at_ms);
	if (f->n == FINALS_MAX)
		forget(f, 0);
	line = &f->lines[f->n++];
	utf8_copy(line->id, sizeof(line->id), id);
	utf8_copy(line->lang, sizeof(line->lang), json_str(transcript, "lang"));
	utf8_copy(line->text, sizeof(line->text), json_str(transcript, "text"));
	utf8_copy(line->said_by, sizeof(line->said_by),
	    json_str(transcript, "said_by"));
	line->at_ms = at_ms;
}

void
finals_retract(struct finals *f, const char *id)
{
	size_t i;

	for (i = 0; id != NULL && i < f->n;)
		if (strcmp(f->lines[i].id, id) == 0)
			forget(f, i);
		else
			i++;
}

json_t *
finals_json(const struct finals *f)
{
	json_t *list = json_array(), *obj;
	size_t i;

	for (i = 0; i < f->n; i++) {
		obj = json_pack("{s:s,s:s,s:s,s:o}", "id", f->lines[i].id,
		    "lang", f->lines[i].lang, "text", f->lines[i].text, "at_ms",
		    json_ms(f->lines[i].at_ms));
		if (f->lines[i].said_by[0] != '\0')
			json_put(
			    &obj, "said_by", json_string(f->lines[i].said_by));
		json_push(&list, obj);
	}
	return list;
}

double
finals_lag_ms(const struct finals *f, double now_ms)
{
	return f->lag_at_ms > 0 && now_ms - f->lag_at_ms <= FINALS_LAG_MS
	           ? f->lag_ms
	           : -1;
}
