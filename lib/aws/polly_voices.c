#include "aws/polly_voices.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	unsigned int engine;
} engines[] = { { "standard", POLLY_STANDARD }, { "neural", POLLY_NEURAL },
	{ "long-form", POLLY_LONG_FORM }, { "generative", POLLY_GENERATIVE } };

#define NENGINES (sizeof(engines) / sizeof(engines[0]))

const char *
polly_voices_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case POLLY_VOICES_ERR_##name:                                          \
		return text;
		POLLY_VOICES_ERRORS(X)
#undef X
	}
	return "unknown error";
}

unsigned int
polly_engine_parse(const char *name)
{
	size_t i;

	for (i = 0; i < NENGINES; i++)
		if (strcmp(name, engines[i].name) == 0)
			return engines[i].engine;
	return 0;
}

const char *
polly_engine_name(unsigned int engine)
{
	size_t i;

	for (i = 0; i < NENGINES; i++)
		if (engine == engines[i].engine)
			return engines[i].name;
	return NULL;
}

void
polly_voices_init(struct polly_voices *v)
{
	memset(v, 0, sizeof(*v));
}

void
polly_voices_release(struct polly_voices *v)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		free(v->voices[i].additional_codes);
	free(v->voices);
	free(v->next_token);
	memset(v, 0, sizeof(*v));
}

/* Append "name=value" to a query, value percent-encoded.  0 or -1: no room. */
static int
add_param(char *query, size_t size, const char *name, const char *value)
{
	static const char unreserved[] = "abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789-_.~";
	size_t at = strlen(query);
	int n =
	    snprintf(query + at, size - at, "%s%s=", at > 0 ? "&" : "", name);

	if (n < 0 || (size_t)n >= size - at)
		return -1;
	for (at += (size_t)n; *value != '\0'; value++) {
		if (size - at < 4)
			return -1;
		if (strchr(unreserved, *value) != NULL)
			query[at++] = *value;
		else
			at += (size_t)snprintf(query + at, size - at, "%%%02X",
			    (unsigned int)(unsigned char)*value);
	}
	query[at] = '\0';
	return 0;
}

int
polly_voices_query(const struct polly_voices *v, const char *engine,
    const char *language_code, char *query, size_t size)
{
	if (size == 0)
		return POLLY_VOICES_ERR_NOMEM;
	query[0] = '\0';
	if ((engine != NULL && add_param(query, size, "Engine", engine) != 0) ||
	    add_param(query, size, "IncludeAdditionalLanguageCodes", "true") !=
		0 ||
	    (language_code != NULL &&
		add_param(query, size, "LanguageCode", language_code) != 0) ||
	    (v->next_token != NULL &&
		add_param(query, size, "NextToken", v->next_token) != 0))
		return POLLY_VOICES_ERR_NOMEM;
	return 0;
}

void
polly_voices_request(struct http_request *req, const struct endpoint *endpoint,
    const char *query)
{
	memset(req, 0, sizeof(*req));
	req->method = "GET";
	req->endpoint = endpoint;
	req->path = "/v1/voices";
	req->query = query;
	req->protocol = SERVICE_REST_JSON;
}

/* Copy a string member; too long ones are no id or code of Polly's: -1. */
static int
copy_member(char *out, size_t size, const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	out[0] = '\0';
	if (s == NULL)
		return 0;
	if (strlen(s) >= size)
		return -1;
	memcpy(out, s, strlen(s) + 1);
	return 0;
}

/* "a,b,c" of an array of strings; NULL: no memory. */
static char *
join_codes(const json_t *codes)
{
	size_t size = 1, i;
	const json_t *code;
	char *s;

	json_array_foreach(codes, i, code) size += json_string_length(code) + 1;
	s = calloc(1, size);
	if (s == NULL)
		return NULL;
	json_array_foreach(codes, i, code)
	{
		if (!json_is_string(code))
			continue;
		if (s[0] != '\0')
			strcat(s, ",");
		strcat(s, json_string_value(code));
	}
	return s;
}

/* 1: read; 0: not a voice one could ask for; or POLLY_VOICES_ERR_NOMEM. */
static int
read_voice(struct polly_voice *voice, const json_t *obj)
{
	const json_t *name;
	size_t i;

	memset(voice, 0, sizeof(*voice));
	if (!json_is_object(obj) ||
	    copy_member(voice->id, sizeof(voice->id), obj, "Id") != 0 ||
	    voice->id[0] == '\0' ||
	    copy_member(voice->name, sizeof(voice->name), obj, "Name") != 0 ||
	    copy_member(voice->gender, sizeof(voice->gender), obj, "Gender") !=
		0 ||
	    copy_member(voice->language_code, sizeof(voice->language_code), obj,
		"LanguageCode") != 0)
		return 0;
	json_array_foreach(json_object_get(obj, "SupportedEngines"), i,
	    name) if (json_is_string(name)) voice->engines |=
	    polly_engine_parse(json_string_value(name));
	voice->additional_codes =
	    join_codes(json_object_get(obj, "AdditionalLanguageCodes"));
	return voice->additional_codes != NULL ? 1 : POLLY_VOICES_ERR_NOMEM;
}

static int
add_voices(struct polly_voices *v, const json_t *list)
{
	struct polly_voice *bigger;
	const json_t *obj;
	size_t i;
	int rc;

	if (json_array_size(list) > POLLY_VOICES_MAX - v->n)
		return POLLY_VOICES_ERR_MANY;
	bigger = realloc(
	    v->voices, (v->n + json_array_size(list) + 1) * sizeof(*bigger));
	if (bigger == NULL)
		return POLLY_VOICES_ERR_NOMEM;
	v->voices = bigger;
	json_array_foreach(list, i, obj)
	{
		rc = read_voice(&v->voices[v->n], obj);
		if (rc < 0)
			return rc;
		v->n += (size_t)rc;
	}
	return 0;
}

/* Take the token of the next page, if there is one. */
static int
take_token(struct polly_voices *v, const json_t *obj)
{
	const char *token =
	    json_string_value(json_object_get(obj, "NextToken"));
	int is_same;

	if (token != NULL && token[0] == '\0')
		token = NULL;
	/* The same page for ever is no paging. */
	is_same = token != NULL && v->next_token != NULL &&
	          strcmp(token, v->next_token) == 0;
	free(v->next_token);
	v->next_token = NULL;
	v->pages++;
	if (token == NULL)
		return 0;
	if (is_same || v->pages >= POLLY_VOICES_MAX_PAGES ||
	    strlen(token) > 4 * POLLY_NEXT_TOKEN_MAX)
		return POLLY_VOICES_ERR_MANY;
	v->next_token = strdup(token);
	return v->next_token != NULL ? 0 : POLLY_VOICES_ERR_NOMEM;
}

int
polly_voices_add_page(struct polly_voices *v, const void *body, size_t len,
    struct service_error *error)
{
	json_t *obj = json_loadb(body, len, 0, NULL);
	const json_t *list = json_object_get(obj, "Voices");
	int rc = POLLY_VOICES_ERR_ANSWER;

	if (json_is_object(obj) && (list == NULL || json_is_array(list)))
		rc = add_voices(v, list);
	if (rc == 0)
		rc = take_token(v, obj);
	json_decref(obj);
	if (rc != 0)
		service_error_set(error,
		    rc == POLLY_VOICES_ERR_NOMEM ? SERVICE_ERROR_LOCAL
						 : SERVICE_ERROR_PROTOCOL,
		    "answer", "DescribeVoices: %s", polly_voices_strerror(rc));
	return rc;
}

bool
polly_voices_has_more(const struct polly_voices *v)
{
	return v->next_token != NULL;
}

/* Whether code is in "a,b,c". */
static bool
has_code(const char *list, const char *code)
{
	size_t n = strlen(code), len;

	for (; *list != '\0'; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		if (len == n && strncasecmp(list, code, n) == 0)
			return true;
	}
	return false;
}

bool
polly_voice_speaks(const struct polly_voice *voice, const char *language_code)
{
	return strcasecmp(voice->language_code, language_code) == 0 ||
	       has_code(voice->additional_codes, language_code);
}

const struct polly_voice *
polly_voices_find(const struct polly_voices *v, const char *id)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		if (strcasecmp(v->voices[i].id, id) == 0)
			return &v->voices[i];
	return NULL;
}

/* How well a voice fits; 0: not at all. */
static int
rank(const struct polly_voice *voice, const char *language_code,
    unsigned int engine)
{
	int is_female = strcasecmp(voice->gender, "Female") == 0;

	if ((voice->engines & engine) == 0 ||
	    !polly_voice_speaks(voice, language_code))
		return 0;
	if (strcasecmp(voice->language_code, language_code) == 0)
		return 3 + is_female;
	return 1 + is_female;
}

const struct polly_voice *
polly_voices_choose(const struct polly_voices *v, const char *language_code,
    unsigned int engine, const char *id, bool *is_additional)
{
	const struct polly_voice *best = NULL;
	int best_rank = 0, r;
	size_t i;

	for (i = 0; i < v->n; i++) {
		if (id != NULL && strcasecmp(v->voices[i].id, id) != 0)
			continue;
		r = rank(&v->voices[i], language_code, engine);
		if (r <= best_rank)
			continue;
		best = &v->voices[i];
		best_rank = r;
	}
	if (best != NULL && is_additional != NULL)
		*is_additional =
		    strcasecmp(best->language_code, language_code) != 0;
	return best;
}
