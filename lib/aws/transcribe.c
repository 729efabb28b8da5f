#include "aws/transcribe.h"

#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_foreign.h"

const char *
transcribe_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case value:                                                            \
		return text;
		TRANSCRIBE_ERROR_LIST(X)
#undef X
	default:
		return "no error";
	}
}

static bool
is_set(const char *s)
{
	return s != NULL && s[0] != '\0';
}

/* The model's limits. */
#define NAME_CHARS_MAX 200
#define NAMES_CHARS_MAX 3000
#define LANGUAGES_CHARS_MAX 200
#define PII_TYPES_CHARS_MAX 300

/* A comma list (or one name) of at most max_chars, each [0-9a-zA-Z._-]+; the
 * model's pattern.  NULL is none. */
static bool
is_names(const char *list, bool may_be_many, size_t max_chars)
{
	bool is_empty = true;

	if (!is_set(list))
		return true;
	if (strlen(list) > max_chars)
		return false;
	for (const char *p = list; *p != '\0'; p++) {
		if (*p == ',' && (is_empty || !may_be_many))
			return false;
		if (*p != ',' && !isalnum((unsigned char)*p) &&
		    strchr("._-", *p) == NULL)
			return false;
		is_empty = *p == ',';
	}
	return !is_empty;
}

/* Whether two codes of the list are of one language ("en-US,en-GB"). */
static bool
has_two_dialects(const char *list)
{
	for (const char *a = list; *a != '\0'; a += strcspn(a, ",")) {
		a += *a == ',';
		for (const char *b = strchr(a, ','); b != NULL;
		     b = strchr(b, ',')) {
			size_t n = strcspn(a, "-,");

			b++;
			if (n == strcspn(b, "-,") && strncmp(a, b, n) == 0)
				return true;
		}
	}
	return false;
}

static bool
is_listed(const char *list, const char *code)
{
	size_t n = strlen(code);

	for (const char *p = list; p != NULL; p = strchr(p, ',')) {
		p += *p == ',';
		if (strncmp(p, code, n) == 0 && (p[n] == ',' || p[n] == '\0'))
			return true;
	}
	return false;
}

static bool
is_pii_types(const char *list)
{
	return !is_set(list) ||
	       (strlen(list) <= PII_TYPES_CHARS_MAX &&
		   strspn(list, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_,") ==
		       strlen(list) &&
		   list[0] != ',' && list[strlen(list) - 1] != ',' &&
		   strstr(list, ",,") == NULL);
}

/* Names that the model does not allow. */
static const char *
bad_value(const struct transcribe_params *p)
{
	bool many = is_set(p->language_options);
	size_t max_chars = many ? NAMES_CHARS_MAX : NAME_CHARS_MAX;

	if (!is_names(p->vocabulary, many, max_chars))
		return many ? "vocabularies are names of letters, digits and "
		              "'._-', with commas between them"
		            : "a vocabulary is one name of up to 200 letters, "
		              "digits and '._-'";
	if (!is_names(p->vocabulary_filter, many, max_chars))
		return many ? "vocabulary filters are names of letters, digits "
		              "and '._-', with commas between them"
		            : "a vocabulary filter is one name of up to 200 "
		              "letters, digits and '._-'";
	if (!is_names(p->language_model, false, NAME_CHARS_MAX))
		return "a language model is one name of up to 200 letters, "
		       "digits and '._-'";
	if (!is_pii_types(p->pii_entity_types))
		return "types of personal data are in capitals, as NAME,EMAIL, "
		       "in 300 characters at most";
	return NULL;
}

/* What the API model and guide call exclusive; NULL: nothing is wrong. */
static const char *
contradiction(const struct transcribe_params *p)
{
	bool identifies = is_set(p->language_options);

	if (is_set(p->language_code) == identifies)
		return "give a language, or options to identify it from";
	if (identifies && strchr(p->language_options, ',') == NULL)
		return "language identification needs two languages or more";
	if (!identifies && p->identify_multiple)
		return "identifying several languages needs options";
	if (is_set(p->preferred_language) &&
	    (!identifies || p->identify_multiple))
		return "a preferred language goes with identifying one";
	if (identifies && strlen(p->language_options) > LANGUAGES_CHARS_MAX)
		return "these are too many languages to choose from";
	if (identifies && has_two_dialects(p->language_options))
		return "languages to choose from can have one dialect each, "
		       "not two as en-US,en-GB";
	if (is_set(p->preferred_language) &&
	    !is_listed(p->language_options, p->preferred_language))
		return "the preferred language is not one of those to choose "
		       "from";
	if (p->sample_rate_hz < 8000 || p->sample_rate_hz > 48000)
		return "the sample rate must be from 8000 to 48000 Hz";
	if (p->channels > 2)
		return "at most two channels can be told apart";
	if (p->channels == 2 && p->show_speakers)
		return "speaker labels do not go with two channels";
	if (is_set(p->pii_identify) && is_set(p->pii_redact))
		return "personal data is either identified or redacted";
	if (is_set(p->pii_entity_types) && !is_set(p->pii_identify) &&
	    !is_set(p->pii_redact))
		return "types of personal data need identify or redact";
	if (identifies && is_set(p->language_model))
		return "a language model does not go with identification";
	if (identifies && is_set(p->pii_redact))
		return "redaction of personal data does not go with "
		       "identification of languages";
	if (is_set(p->vocabulary_filter_method) &&
	    !is_set(p->vocabulary_filter))
		return "how to filter words needs a vocabulary filter";
	return bad_value(p);
}

struct headers {
	struct h2_header *h;
	size_t n;
};

static void
add(struct headers *hs, const char *name, const char *value)
{
	if (is_set(value))
		hs->h[hs->n++] = (struct h2_header){ name, value };
}

#define PREFIX "x-amzn-transcribe-"

int
transcribe_headers(const struct transcribe_params *p,
    struct transcribe_scratch *scratch, struct h2_header *h, char *err,
    size_t errsize)
{
	struct headers hs = { h, 0 };
	const char *why = contradiction(p);
	bool identifies = is_set(p->language_options);

	if (why != NULL) {
		snprintf(err, errsize, "%s", why);
		return TRANSCRIBE_ERR_PARAMS;
	}
	snprintf(scratch->rate, sizeof(scratch->rate), "%u", p->sample_rate_hz);
	snprintf(
	    scratch->channels, sizeof(scratch->channels), "%u", p->channels);
	add(&hs, PREFIX "language-code", p->language_code);
	if (identifies)
		add(&hs,
		    p->identify_multiple ? PREFIX "identify-multiple-languages"
					 : PREFIX "identify-language",
		    "true");
	add(&hs, PREFIX "language-options", p->language_options);
	add(&hs, PREFIX "preferred-language", p->preferred_language);
	add(&hs, PREFIX "sample-rate", scratch->rate);
	add(&hs, PREFIX "media-encoding", "pcm");
	add(&hs, PREFIX "session-id", p->session_id);
	add(&hs,
	    identifies ? PREFIX "vocabulary-names" : PREFIX "vocabulary-name",
	    p->vocabulary);
	add(&hs,
	    identifies ? PREFIX "vocabulary-filter-names"
		       : PREFIX "vocabulary-filter-name",
	    p->vocabulary_filter);
	add(&hs, PREFIX "vocabulary-filter-method",
	    p->vocabulary_filter_method);
	add(&hs, PREFIX "language-model-name", p->language_model);
	if (p->show_speakers)
		add(&hs, PREFIX "show-speaker-label", "true");
	if (p->channels == 2) {
		add(&hs, PREFIX "enable-channel-identification", "true");
		add(&hs, PREFIX "number-of-channels", scratch->channels);
	}
	if (is_set(p->stability)) {
		add(&hs, PREFIX "enable-partial-results-stabilization", "true");
		add(&hs, PREFIX "partial-results-stability", p->stability);
	}
	add(&hs, PREFIX "content-identification-type", p->pii_identify);
	add(&hs, PREFIX "content-redaction-type", p->pii_redact);
	add(&hs, PREFIX "pii-entity-types", p->pii_entity_types);
	return (int)hs.n;
}

static const char *
text_of(const json_t *obj, const char *key)
{
	return json_string_value(json_object_get(obj, key));
}

static double
number_of(const json_t *obj, const char *key, double fallback)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_number(v) ? json_number_value(v) : fallback;
}

/* Seconds with a fraction to milliseconds; never before the session. */
static void
times_of(const json_t *obj, double *start_ms, double *end_ms)
{
	*start_ms = number_of(obj, "StartTime", 0) * 1000;
	*end_ms = number_of(obj, "EndTime", 0) * 1000;
	/* A number that is none in milliseconds any more was none before. */
	if (!isfinite(*end_ms))
		*end_ms = 0;
	if (!isfinite(*start_ms) || *start_ms < 0)
		*start_ms = 0;
	if (*end_ms < *start_ms)
		*end_ms = *start_ms;
}

static void
read_item(struct transcribe_item *it, const json_t *obj)
{
	const char *type = text_of(obj, "Type");

	it->text = text_of(obj, "Content");
	if (it->text == NULL)
		it->text = "";
	times_of(obj, &it->start_ms, &it->end_ms);
	it->confidence = number_of(obj, "Confidence", -1);
	it->speaker = text_of(obj, "Speaker");
	it->is_punctuation = type != NULL && strcmp(type, "punctuation") == 0;
	it->is_stable = json_is_true(json_object_get(obj, "Stable"));
	it->is_filtered =
	    json_is_true(json_object_get(obj, "VocabularyFilterMatch"));
}

static void
read_entity(struct transcribe_entity *e, const json_t *obj)
{
	e->category = text_of(obj, "Category");
	e->type = text_of(obj, "Type");
	e->content = text_of(obj, "Content");
	times_of(obj, &e->start_ms, &e->end_ms);
	e->confidence = number_of(obj, "Confidence", -1);
}

/* What it took the language for, and how surely. */
static int
read_guesses(struct transcribe_result *r, const json_t *list)
{
	size_t n = json_array_size(list);

	if (n > 0 && (r->guesses = calloc(n, sizeof(*r->guesses))) == NULL)
		return TRANSCRIBE_ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		const json_t *obj = json_array_get(list, i);
		struct transcribe_guess *g = &r->guesses[r->nguesses];

		g->language = text_of(obj, "LanguageCode");
		g->score = number_of(obj, "Score", -1);
		r->nguesses += g->language != NULL;
	}
	return 0;
}

static int
read_alternative(struct transcribe_result *r, const json_t *alternative)
{
	const json_t *items = json_object_get(alternative, "Items");
	const json_t *entities = json_object_get(alternative, "Entities");
	size_t n = json_array_size(items);

	r->text = text_of(alternative, "Transcript");
	if (n > 0 && (r->items = calloc(n, sizeof(*r->items))) == NULL)
		return TRANSCRIBE_ERR_NOMEM;
	for (; r->nitems < n; r->nitems++)
		read_item(
		    &r->items[r->nitems], json_array_get(items, r->nitems));
	n = json_array_size(entities);
	if (n > 0 && (r->entities = calloc(n, sizeof(*r->entities))) == NULL)
		return TRANSCRIBE_ERR_NOMEM;
	for (; r->nentities < n; r->nentities++)
		read_entity(&r->entities[r->nentities],
		    json_array_get(entities, r->nentities));
	return 0;
}

/* A result that does not say when it was takes it from its items. */
static void
times_of_items(struct transcribe_result *r, const json_t *obj)
{
	if (r->nitems == 0)
		return;
	if (!json_is_number(json_object_get(obj, "StartTime")))
		r->start_ms = r->items[0].start_ms;
	for (size_t i = 0; i < r->nitems; i++)
		if (!json_is_number(json_object_get(obj, "EndTime")) &&
		    r->items[i].end_ms > r->end_ms)
			r->end_ms = r->items[i].end_ms;
}

static int
read_result(struct transcribe_result *r, const json_t *obj)
{
	const json_t *alternatives = json_object_get(obj, "Alternatives");
	int rc;

	r->id = text_of(obj, "ResultId");
	r->language = text_of(obj, "LanguageCode");
	r->channel = text_of(obj, "ChannelId");
	r->is_partial = json_is_true(json_object_get(obj, "IsPartial"));
	times_of(obj, &r->start_ms, &r->end_ms);
	rc = read_alternative(r, json_array_get(alternatives, 0));
	times_of_items(r, obj);
	if (rc == 0)
		rc = read_guesses(
		    r, json_object_get(obj, "LanguageIdentification"));
	if (r->id == NULL)
		r->id = "";
	if (r->text == NULL)
		r->text = "";
	return rc;
}

int
transcribe_results_parse(
    struct transcribe_results *r, const void *payload, size_t len)
{
	json_t *results;
	json_error_t why;
	size_t n;
	int rc = 0;

	memset(r, 0, sizeof(*r));
	r->json = json_foreign_parse(payload, len, &why);
	if (!json_is_object((json_t *)r->json)) {
		rc = r->json == NULL && json_is_nomem(&why)
		         ? TRANSCRIBE_ERR_NOMEM
		         : TRANSCRIBE_ERR_EVENT;
		goto out;
	}
	results =
	    json_object_get(json_object_get(r->json, "Transcript"), "Results");
	n = json_array_size(results);
	if (n > 0 && (r->results = calloc(n, sizeof(*r->results))) == NULL)
		rc = TRANSCRIBE_ERR_NOMEM;
	while (rc == 0 && r->n < n) {
		rc = read_result(
		    &r->results[r->n], json_array_get(results, r->n));
		r->n++;
	}
out:
	if (rc != 0)
		transcribe_results_release(r);
	return rc;
}

void
transcribe_results_release(struct transcribe_results *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->results[i].items);
		free(r->results[i].entities);
		free(r->results[i].guesses);
	}
	free(r->results);
	json_decref(r->json);
	memset(r, 0, sizeof(*r));
}
