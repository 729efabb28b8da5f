/* DescribeVoices: the table, as far as the engine can speak it, in pages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "exchange.h"
#include "probes.h"
#include "svc_polly.h"
#include "voices.h"

/* Our choice: small, so that whoever does not page notices. */
#define PAGE_VOICES 10

/* A token is base64 of these bytes and "INDEX".  The first two make it hold a
 * '+' and a '/', which a client must percent-encode. */
static const char token_mark[] = "\xfb\xff";

struct listing {
	unsigned int engine; /* bit; 0: any */
	char lang[16];       /* "": any */
	bool with_also;
	size_t at; /* index into the table where the page begins */
};

static int
token_read(size_t *at, const char *token)
{
	uint8_t bytes[64];
	size_t n = strlen(token), ntable;
	char *end;
	long len;

	if (n > sizeof(bytes))
		return -1;
	len = b64_decode(bytes, token, n);
	if (len < 3 || len >= (long)sizeof(bytes) ||
	    memcmp(bytes, token_mark, 2) != 0)
		return -1;
	bytes[len] = '\0';
	*at = strtoul((char *)bytes + 2, &end, 10);
	voices_table(&ntable);
	return *end == '\0' && *at > 0 && *at < ntable ? 0 : -1;
}

static json_t *
token_make(size_t at)
{
	char plain[32], text[B64_LEN(sizeof(plain)) + 1];
	int n = snprintf(plain, sizeof(plain), "%s%zu", token_mark, at);

	b64_encode(text, plain, (size_t)n);
	return json_string(text);
}

static void
refuse_value(struct exchange *x, const char *field, const char *value)
{
	exchange_refuse(x, 400, "ValidationException", NULL,
	    "1 validation error detected: Value '%.40s' at '%s' failed to "
	    "satisfy constraint: Member must satisfy enum value set",
	    value, field);
}

/* False: refused. */
static bool
read_filter(struct exchange *x, struct listing *l)
{
	char *engine = request_param(&x->req, "Engine"),
	     *lang = request_param(&x->req, "LanguageCode"),
	     *also = request_param(&x->req, "IncludeAdditionalLanguageCodes"),
	     *token = request_param(&x->req, "NextToken");
	bool ok = false;

	if (engine != NULL && (l->engine = voices_engine(engine)) == 0) {
		refuse_value(x, "engine", engine);
	} else if (lang != NULL && voices_language(lang) == NULL) {
		refuse_value(x, "languageCode", lang);
	} else if (token != NULL && token_read(&l->at, token) != 0) {
		exchange_refuse(x, 400, "InvalidNextTokenException", NULL,
		    "The NextToken is invalid. Verify that it's spelled "
		    "correctly, and then try again.");
	} else {
		snprintf(
		    l->lang, sizeof(l->lang), "%s", lang == NULL ? "" : lang);
		l->with_also = also != NULL && strcmp(also, "true") == 0;
		ok = true;
	}
	free(engine);
	free(lang);
	free(also);
	free(token);
	return ok;
}

static bool
is_wanted(const struct listing *l, const struct voice *v)
{
	if (l->engine != 0 && (v->engines & l->engine) == 0)
		return false;
	return l->lang[0] == '\0' || strcmp(v->lang, l->lang) == 0 ||
	       (l->with_also && v->also != NULL &&
		   strcmp(v->also, l->lang) == 0);
}

/* The first voice of a language stands for it: one question a language. */
static const char *
speaker_of(const char *lang)
{
	size_t n;
	const struct voice *v = voices_table(&n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].lang, lang) == 0)
			return v[i].id;
	return "";
}

static enum probe_answer
can_speak(struct exchange *x, const struct voice *v)
{
	const char *args[] = { speaker_of(v->lang), v->lang, "16000", "text",
		NULL };
	const char *complaint;

	return probes_ask(
	    x->la->probes, "tts", x->la->tts, args, &complaint, x->now_ms);
}

static void
start(struct exchange *x)
{
	struct listing *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		exchange_refuse(
		    x, 500, "ServiceFailureException", NULL, "out of memory");
		return;
	}
	x->state = l;
	read_filter(x, l);
}

/* One page, once it is known of every wanted language whether it is there. */
static void
pump(struct exchange *x, int64_t now_ms)
{
	const struct listing *l = x->state;
	json_t *list, *body;
	const struct voice *v;
	size_t n, at, count = 0;
	bool is_waiting = false;

	(void)now_ms;
	v = voices_table(&n);
	for (size_t i = 0; i < n; i++)
		if (is_wanted(l, &v[i]) && can_speak(x, &v[i]) == PROBE_WAIT)
			is_waiting = true;
	if (is_waiting)
		return;
	list = json_array();
	for (at = l->at; at < n; at++) {
		if (!is_wanted(l, &v[at]) || can_speak(x, &v[at]) != PROBE_YES)
			continue;
		if (count == PAGE_VOICES)
			break;
		json_array_append_new(list, voices_json(&v[at]));
		count++;
	}
	body = json_pack("{s:o}", "Voices", list);
	if (at < n)
		json_object_set_new(body, "NextToken", token_make(at));
	exchange_reply_json(x, 200, body);
}

static void
stop(struct exchange *x)
{
	free(x->state);
}

const struct operation describe_voices = {
	.name = "DescribeVoices",
	.service = &polly_service,
	.start = start,
	.pump = pump,
	.stop = stop,
};
