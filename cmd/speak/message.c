#define _GNU_SOURCE /* explicit_bzero */
#include "message.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/utf8.h"

const char *
message_strerror(int code)
{
	switch (code) {
	case 0:
		return "no error";
#define X(name, value, text)                                                   \
	case name:                                                             \
		return text;
		MESSAGE_ERRORS(X)
#undef X
	}
	return "unknown error";
}

/* A number that counts messages; absent: 0. */
static int
take_number(uint64_t *to, const json_t *obj, const char *key, bool is_needed)
{
	const json_t *value = json_object_get(obj, key);
	double number;

	if (value == NULL && !is_needed)
		return 0;
	if (!json_is_number(value))
		return MESSAGE_ERR_SEQ;
	number = json_number_value(value);
	if (!(number >= 0 && number <= (double)MESSAGE_SEQ_MAX) ||
	    number != (double)(uint64_t)number)
		return MESSAGE_ERR_SEQ;
	*to = (uint64_t)number;
	return 0;
}

static int
take_session(struct message *m, const json_t *obj)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *session = json_str(obj, "session");
	size_t len = session != NULL ? strlen(session) : 0;

	if (len < MESSAGE_SESSION_MIN || len > MESSAGE_SESSION_MAX ||
	    strspn(session, letters) != len)
		return MESSAGE_ERR_SESSION;
	memcpy(m->session, session, len + 1);
	return 0;
}

static int
take_lang(struct message *m, const json_t *obj)
{
	const json_t *value = json_object_get(obj, "lang");
	const char *lang = json_string_value(value);
	char buf[LANG_TAG_MAX];

	if (value == NULL || json_is_null(value) ||
	    (lang != NULL && lang[0] == '\0'))
		return 0;
	if (lang == NULL || strlen(lang) >= LANG_TAG_MAX || !lang_is_tag(lang))
		return MESSAGE_ERR_LANG;
	strcpy(m->lang, lang_canonical(lang, buf));
	return 0;
}

static int
take_hello(struct message *m, const json_t *obj)
{
	const char *token = json_str(obj, "token");
	const char *client = json_str(obj, "client");
	int ret;

	m->type = MESSAGE_HELLO;
	ret = take_session(m, obj);
	if (ret == 0)
		ret = take_lang(m, obj);
	if (ret == 0)
		ret = take_number(&m->next, obj, "next", false);
	if (ret != 0)
		return ret;
	if (client != NULL)
		utf8_escape(
		    m->client, sizeof(m->client), client, strlen(client));
	if (token != NULL && token[0] != '\0') {
		m->token = strdup(token);
		if (m->token == NULL)
			return MESSAGE_ERR_NOMEM;
	}
	return 0;
}

static int
take_audio(struct message *m, const json_t *obj)
{
	const json_t *data = json_object_get(obj, "data");
	size_t len = json_string_length(data);
	long n;
	int ret;

	m->type = MESSAGE_AUDIO;
	ret = take_number(&m->seq, obj, "seq", true);
	if (ret != 0)
		return ret;
	if (len == 0 || len > B64_LEN(MESSAGE_PCM_MAX))
		return MESSAGE_ERR_DATA;
	n = b64_decode(m->pcm, json_string_value(data), len);
	if (n < 2 || n > MESSAGE_PCM_MAX || n % 2 != 0)
		return MESSAGE_ERR_DATA;
	m->pcm_len = (size_t)n;
	return 0;
}

int
message_parse(struct message *m, const char *text, size_t len)
{
	const char *type;
	char reason[64];
	json_t *obj;
	int ret = 0;

	memset(m, 0, sizeof(*m));
	obj = json_line_parse(text, len, reason, sizeof(reason));
	if (obj == NULL)
		return strcmp(reason, JSON_NOMEM) == 0 ? MESSAGE_ERR_NOMEM
		                                       : MESSAGE_ERR_JSON;
	type = json_line_type(obj);
	if (strcmp(type, "audio") == 0)
		ret = take_audio(m, obj);
	else if (strcmp(type, "hello") == 0)
		ret = take_hello(m, obj);
	else if (strcmp(type, "end") == 0)
		m->type = MESSAGE_END;
	else if (strcmp(type, "pong") == 0)
		m->type = MESSAGE_PONG;
	json_decref(obj);
	return ret;
}

void
message_release(struct message *m)
{
	if (m->token != NULL)
		explicit_bzero(m->token, strlen(m->token));
	free(m->token);
	m->token = NULL;
}
