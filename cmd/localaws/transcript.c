#include "transcript.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "words.h"

/* Milliseconds as seconds with three digits. */
static json_t *
seconds(double ms)
{
	return json_real(round(ms) / 1000);
}

static json_t *
item_of(const json_t *in, bool is_final, const struct transcript_style *style)
{
	json_t *item = json_object(), *confidence;
	bool is_punct = json_is_set(in, "punct");
	const char *text = json_str(in, "text");
	double start = json_num(in, "start_ms", 0);

	json_object_set_new(
	    item, "Content", json_string(text == NULL ? "" : text));
	json_object_set_new(item, "StartTime", seconds(start));
	json_object_set_new(
	    item, "EndTime", seconds(json_num(in, "end_ms", start)));
	json_object_set_new(item, "Type",
	    json_string(is_punct ? "punctuation" : "pronunciation"));
	json_object_set_new(item, "VocabularyFilterMatch", json_false());
	/* The service gives none in partials as a rule. */
	confidence = json_object_get(in, "confidence");
	if (is_final && json_is_number(confidence) && !is_punct)
		json_object_set(item, "Confidence", confidence);
	if (style->has_stability)
		json_object_set_new(item, "Stable",
		    json_boolean(is_final || json_is_set(in, "stable")));
	if (style->has_speakers)
		json_object_set_new(item, "Speaker", json_string("0"));
	return item;
}

static json_t *
items_of(const json_t *line, const char *text, double start_ms, double end_ms,
    const struct transcript_style *style)
{
	json_t *given = json_object_get(line, "items"), *out = json_array();
	json_t *made = NULL;
	bool is_final = json_is_set(line, "final");

	if (!json_is_array(given))
		given = made = words_items(text, start_ms, end_ms);
	for (size_t i = 0; i < json_array_size(given); i++)
		json_array_append_new(
		    out, item_of(json_array_get(given, i), is_final, style));
	json_decref(made);
	return out;
}

/* The line's own language where it has one (code-switching), else the one that
 * was picked. */
static void
add_language(json_t *result, const json_t *line, const char *picked)
{
	const char *lang = json_str(line, "lang");
	json_t *scores = json_array(), *score = json_object();

	if (lang == NULL)
		lang = picked;
	json_object_set_new(result, "LanguageCode", json_string(lang));
	json_object_set_new(score, "LanguageCode", json_string(lang));
	json_object_set_new(score, "Score", json_real(1));
	json_array_append_new(scores, score);
	json_object_set_new(result, "LanguageIdentification", scores);
}

json_t *
transcript_event(const json_t *line, const char *result_id,
    const struct transcript_style *style)
{
	const char *text = json_str(line, "text");
	double start = json_num(line, "start_ms", 0),
	       end = json_num(line, "end_ms", start);
	json_t *result = json_object(), *alternative = json_object();
	json_t *items = items_of(line, text, start, end, style);

	json_object_set_new(alternative, "Items", items);
	json_object_set_new(alternative, "Transcript", json_string(text));
	json_object_set_new(
	    result, "Alternatives", json_pack("[o]", alternative));
	json_object_set_new(result, "ChannelId", json_string(style->channel));
	json_object_set_new(result, "EndTime", seconds(end));
	json_object_set_new(
	    result, "IsPartial", json_boolean(!json_is_set(line, "final")));
	if (style->language != NULL)
		add_language(result, line, style->language);
	json_object_set_new(result, "ResultId", json_string(result_id));
	json_object_set_new(result, "StartTime", seconds(start));
	return json_pack("{s:{s:[o]}}", "Transcript", "Results", result);
}
