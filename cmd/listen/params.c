#include "params.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Our choice; greater numbers are no longer exact in a page's JavaScript. */
#define SINCE_MAX ((UINT64_C(1) << 53) - 1)

/* Longest name or value looked at; all of ours are shorter. */
#define WORD_MAX 64

static int
set_lang(struct params *p, const char *value, char *err, size_t errsize)
{
	const struct lang *known;

	if (strcmp(value, ROOM_SOURCE) == 0) {
		strcpy(p->lang, ROOM_SOURCE);
		return 0;
	}
	if (strlen(value) >= LANG_TAG_MAX || !lang_is_tag(value)) {
		snprintf(err, errsize,
		    "lang: neither 'source' nor a language tag such as es-ES");
		return -1;
	}
	known = lang_find(value);
	strcpy(p->lang, known != NULL ? known->tag : value);
	return 0;
}

static int
set_since(struct params *p, const char *value, char *err, size_t errsize)
{
	char *end;

	if (value[0] == '\0')
		return 0;
	errno = 0;
	p->since = strtoull(value, &end, 10);
	if (!isdigit((unsigned char)value[0]) || *end != '\0' || errno != 0 ||
	    p->since > SINCE_MAX) {
		snprintf(err, errsize, "since: not the number of a line");
		return -1;
	}
	p->has_since = true;
	return 0;
}

static int
set_audio(struct params *p, const char *value, char *err, size_t errsize)
{
	if (strcmp(value, "none") == 0) {
		p->format = ROOM_TEXT;
	} else if (strcmp(value, "pcm") == 0) {
		p->format = ROOM_PCM;
	} else if (strcmp(value, "opus") == 0) {
		p->format = ROOM_OPUS;
	} else {
		snprintf(err, errsize, "audio: must be none, pcm or opus");
		return -1;
	}
	return 0;
}

int
params_set(struct params *p, const char *key, const char *value, char *err,
    size_t errsize)
{
	if (strcmp(key, "room") == 0) {
		if (!room_is_name(value)) {
			snprintf(err, errsize, "room: %s",
			    room_strerror(ROOM_ERR_NAME));
			return -1;
		}
		strcpy(p->room, value);
		return 0;
	}
	if (strcmp(key, "lang") == 0)
		return set_lang(p, value, err, errsize);
	if (strcmp(key, "audio") == 0)
		return set_audio(p, value, err, errsize);
	if (strcmp(key, "since") == 0)
		return set_since(p, value, err, errsize);
	if (strcmp(key, "partials") == 0) {
		p->has_partials =
		    strcmp(value, "1") == 0 || strcmp(value, "true") == 0;
		if (p->has_partials || strcmp(value, "0") == 0 ||
		    strcmp(value, "false") == 0)
			return 0;
		snprintf(err, errsize, "partials: must be true or false");
		return -1;
	}
	return -2;
}

/* Decode n bytes of a query string into out (WORD_MAX bytes). */
static int
decode(char *out, const char *s, size_t n)
{
	char hex[3] = "";
	size_t i, len = 0;
	int c;

	for (i = 0; i < n; i++) {
		c = (unsigned char)s[i];
		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			if (n - i < 3 || !isxdigit((unsigned char)s[i + 1]) ||
			    !isxdigit((unsigned char)s[i + 2]))
				return -1;
			memcpy(hex, s + i + 1, 2);
			c = (int)strtol(hex, NULL, 16);
			i += 2;
		}
		if (c == '\0' || len == WORD_MAX - 1)
			return -1;
		out[len++] = (char)c;
	}
	out[len] = '\0';
	return 0;
}

int
params_query(struct params *p, const char *query, char *err, size_t errsize)
{
	char key[WORD_MAX], value[WORD_MAX];
	const char *equals;
	size_t len, key_len;

	for (; *query != '\0'; query += len + (query[len] == '&')) {
		len = strcspn(query, "&");
		equals = memchr(query, '=', len);
		key_len = equals != NULL ? (size_t)(equals - query) : len;
		if (decode(key, query, key_len) != 0)
			continue; /* no name of ours */
		if (strcmp(key, "room") != 0 && strcmp(key, "lang") != 0 &&
		    strcmp(key, "audio") != 0 && strcmp(key, "since") != 0 &&
		    strcmp(key, "partials") != 0)
			continue;
		if (decode(value, query + key_len + (equals != NULL),
			len - key_len - (equals != NULL)) != 0) {
			snprintf(
			    err, errsize, "%s: badly encoded or too long", key);
			return -1;
		}
		if (params_set(p, key, value, err, errsize) != 0)
			return -1;
	}
	return 0;
}

int
params_check(struct params *p, char *err, size_t errsize)
{
	if (p->room[0] == '\0') {
		snprintf(err, errsize, "room: which one?");
		return -1;
	}
	if (p->lang[0] == '\0') {
		snprintf(err, errsize, "lang: which one? (or 'source')");
		return -1;
	}
	if (strcmp(p->lang, ROOM_SOURCE) != 0)
		return 0;
	if (p->format != ROOM_TEXT) {
		snprintf(err, errsize, "audio: the source has none");
		return -1;
	}
	if (p->has_partials)
		p->format = ROOM_PARTIALS;
	return 0;
}
