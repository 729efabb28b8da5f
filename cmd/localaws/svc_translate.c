#include "svc_translate.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "exchange.h"
#include "translators.h"

/* The service's. */
#define TEXT_BYTES_MAX 10000
#define CODE_MIN 2
#define CODE_MAX 5

struct job {
	struct translation *translation;
	json_t *request;  /* owned: source, target, settings */
	const char *from; /* into request, or "en" for "auto" */
};

static void
refuse_invalid(struct exchange *x, const char *text)
{
	exchange_refuse(x, 400, "InvalidRequestException", NULL, "%s", text);
}

/* The value of a member that the service takes from a few. */
static bool
is_one_of(const json_t *settings, const char *key, const char *a, const char *b)
{
	const json_t *v = json_object_get(settings, key);
	const char *s = json_string_value(v);

	return v == NULL || json_is_null(v) ||
	       (s != NULL && (strcmp(s, a) == 0 || strcmp(s, b) == 0));
}

/* False: refused. */
static bool
check_settings(struct exchange *x, const json_t *rq)
{
	const json_t *settings = json_object_get(rq, "Settings"),
		     *names = json_object_get(rq, "TerminologyNames");
	const char *name;

	if (settings != NULL && !json_is_null(settings) &&
	    (!json_is_object(settings) ||
		!is_one_of(settings, "Formality", "FORMAL", "INFORMAL") ||
		!is_one_of(settings, "Profanity", "MASK", "MASK") ||
		!is_one_of(settings, "Brevity", "ON", "ON"))) {
		exchange_refuse(x, 400, "ValidationException", NULL,
		    "1 validation error detected: Value at 'settings' failed "
		    "to satisfy constraint: Formality is FORMAL or INFORMAL, "
		    "Profanity is MASK, Brevity is ON");
		return false;
	}
	if (json_array_size(names) == 0)
		return true;
	name = json_string_value(json_array_get(names, 0));
	exchange_refuse(x, 404, "ResourceNotFoundException", NULL,
	    "The terminology %s is not found: the stand-in keeps none",
	    name == NULL ? "?" : name);
	return false;
}

/* A language code that may go into an engine's argument list; NULL: refused. */
static const char *
check_code(struct exchange *x, const json_t *rq, const char *key)
{
	const char *code = json_str(rq, key);
	size_t n = code == NULL ? 0 : strlen(code);

	if (n >= CODE_MIN && n <= CODE_MAX && code[0] != '-' &&
	    strspn(code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789-") == n)
		return code;
	exchange_refuse(x, 400, "ValidationException", NULL,
	    "1 validation error detected: Value '%s' at '%s' failed to satisfy "
	    "constraint: Member must be a language code of 2 to 5 characters",
	    code == NULL ? "null"
	    : n > 40     ? "..."
			 : code,
	    key);
	return NULL;
}

static void
refuse_pair(
    struct exchange *x, const char *from, const char *to, const char *why)
{
	exchange_refuse(x, 400, "UnsupportedLanguagePairException",
	    json_pack("{s:s,s:s}", "SourceLanguageCode", from,
		"TargetLanguageCode", to),
	    "Unsupported language pair: %s to %s%s%s", from, to,
	    why[0] == '\0' ? "." : ": ", why);
}

static bool
check_text(struct exchange *x, const json_t *text)
{
	size_t n = json_string_length(text);

	if (!json_is_string(text) || n == 0) {
		refuse_invalid(x,
		    "1 validation error detected: Value at 'text' failed to "
		    "satisfy constraint: Member must have length greater than "
		    "or equal to 1");
		return false;
	}
	if (n > TEXT_BYTES_MAX) {
		exchange_refuse(x, 400, "TextSizeLimitExceededException", NULL,
		    "Input text size exceeds limit. Max length of request text "
		    "allowed is %d bytes while in this request the text size "
		    "is %zu bytes",
		    TEXT_BYTES_MAX, n);
		return false;
	}
	return true;
}

static void
start(struct exchange *x)
{
	struct job *job = calloc(1, sizeof(*job));
	const json_t *text;
	const char *to;
	json_error_t e;
	size_t n;
	const char *body = (const char *)exchange_input(x, &n);

	if (job == NULL) {
		exchange_refuse(
		    x, 500, "InternalServerException", NULL, "out of memory");
		return;
	}
	x->state = job;
	job->request =
	    json_loadb(n == 0 ? "" : body, n, JSON_REJECT_DUPLICATES, &e);
	if (!json_is_object(job->request)) {
		exchange_refuse(x, 400, "SerializationException", NULL,
		    "The request is not a JSON object");
		return;
	}
	text = json_object_get(job->request, "Text");
	if (!check_text(x, text) || !check_settings(x, job->request) ||
	    (job->from = check_code(x, job->request, "SourceLanguageCode")) ==
		NULL ||
	    (to = check_code(x, job->request, "TargetLanguageCode")) == NULL)
		return;
	/* No engine here tells languages apart. */
	if (strcmp(job->from, "auto") == 0)
		job->from = "en";
	if (strcmp(job->from, to) == 0) {
		refuse_pair(x, job->from, to, "");
		return;
	}
	job->translation = translators_ask(x->la->translators, job->from, to,
	    json_string_value(text), json_string_length(text), x->now_ms);
	if (job->translation == NULL)
		exchange_refuse(
		    x, 500, "InternalServerException", NULL, "out of memory");
}

static void
reply(struct exchange *x, const struct job *job)
{
	const struct translation *t = job->translation;
	json_t *text = json_stringn(t->text, t->len), *body;
	const json_t *settings = json_object_get(job->request, "Settings");

	if (text == NULL) {
		exchange_refuse(x, 500, "InternalServerException", NULL,
		    "The translation engine wrote what is not UTF-8");
		return;
	}
	body = json_pack("{s:o,s:s,s:s}", "TranslatedText", text,
	    "SourceLanguageCode", job->from, "TargetLanguageCode",
	    json_str(job->request, "TargetLanguageCode"));
	if (json_object_size(settings) > 0)
		json_object_set_new(
		    body, "AppliedSettings", json_deep_copy(settings));
	exchange_reply_json(x, 200, body);
}

static void
pump(struct exchange *x, int64_t now_ms)
{
	struct job *job = x->state;
	const struct translation *t = job->translation;

	(void)now_ms;
	switch (t->state) {
	case TRANSLATION_WAITING:
		break;
	case TRANSLATION_DONE:
		reply(x, job);
		break;
	case TRANSLATION_UNSUPPORTED:
		refuse_pair(x, job->from,
		    json_str(job->request, "TargetLanguageCode"), t->text);
		break;
	case TRANSLATION_BUSY:
		exchange_refuse(x, 400, "ThrottlingException", NULL,
		    "Rate exceeded: %d texts of this language pair wait "
		    "already",
		    TRANSLATOR_QUEUE_MAX);
		break;
	case TRANSLATION_FAILED:
		exchange_refuse(x, 500, "InternalServerException", NULL, "%s",
		    t->text == NULL ? "out of memory" : t->text);
		break;
	}
}

static void
stop(struct exchange *x)
{
	struct job *job = x->state;

	translation_free(job->translation);
	json_decref(job->request);
	free(job);
}

const struct operation translate_text = {
	.name = "TranslateText",
	.service = &translate_service,
	.start = start,
	.pump = pump,
	.stop = stop,
};
