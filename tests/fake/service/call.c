/* Calls of the scripted service: DescribeVoices and SynthesizeSpeech. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service.h"

static const char voices_json[] =
    "{\"Voices\":["
    "{\"Gender\":\"Female\",\"Id\":\"Lucia\",\"LanguageCode\":\"es-ES\","
    "\"LanguageName\":\"Castilian Spanish\",\"Name\":\"Lucia\","
    "\"SupportedEngines\":[\"generative\",\"neural\"]},"
    "{\"Gender\":\"Male\",\"Id\":\"Sergio\",\"LanguageCode\":\"es-ES\","
    "\"LanguageName\":\"Castilian Spanish\",\"Name\":\"Sergio\","
    "\"SupportedEngines\":[\"generative\"]},"
    "{\"Gender\":\"Female\",\"Id\":\"Bianca\",\"LanguageCode\":\"it-IT\","
    "\"LanguageName\":\"Italian\",\"Name\":\"Bianca\","
    "\"SupportedEngines\":[\"generative\"]},"
    "{\"Gender\":\"Female\",\"Id\":\"Vicki\",\"LanguageCode\":\"de-DE\","
    "\"LanguageName\":\"German\",\"Name\":\"Vicki\","
    "\"SupportedEngines\":[\"generative\"]},"
    "{\"Gender\":\"Female\",\"Id\":\"Lea\",\"LanguageCode\":\"fr-FR\","
    "\"LanguageName\":\"French\",\"Name\":\"Lea\","
    "\"SupportedEngines\":[\"neural\"]},"
    "{\"Gender\":\"Female\",\"Id\":\"Tatyana\",\"LanguageCode\":\"ru-RU\","
    "\"LanguageName\":\"Russian\",\"Name\":\"Tatyana\","
    "\"SupportedEngines\":[\"standard\"]}]}";

static void
answer(struct conn *c, int status, const char *type, const char *name,
    const void *body, size_t len)
{
	char head[512];

	snprintf(head, sizeof(head),
	    "HTTP/1.1 %d X\r\ncontent-type: %s\r\n%s%s%scontent-length: "
	    "%zu\r\n\r\n",
	    status, type,
	    name == NULL ? "" : "x-amzn-errortype: ", name == NULL ? "" : name,
	    name == NULL ? "" : "\r\n", len);
	(void)conn_write(c, head, strlen(head));
	(void)conn_write(c, body, len);
}

static void
serve_call(struct conn *c, const char *head, const char *body, size_t len)
{
	enum kind kind =
	    strncmp(head, "GET /v1/voices", 14) == 0 ? VOICES : CALL;
	const struct act *a = next_act(kind);
	uint8_t pcm[SPEECH_BYTES];
	json_t *obj;
	const char *text, *type;

	if (a != NULL) {
		answer(c, atoi(a->arg), "application/json", a->arg2,
		    "{\"message\":\"as the script says\"}", 32);
		return;
	}
	if (kind == VOICES) {
		answer(c, 200, "application/json", NULL, voices_json,
		    strlen(voices_json));
		return;
	}
	obj = json_loadb(body, len, 0, NULL);
	text = json_string_value(json_object_get(obj, "Text"));
	note("call text=%s", text == NULL ? "" : text);
	type = json_string_value(json_object_get(obj, "TextType"));
	note("call type=%s", type == NULL ? "" : type);
	type = json_string_value(json_object_get(obj, "Engine"));
	note("call engine=%s", type == NULL ? "" : type);
	make_pcm(text == NULL ? "" : text, pcm);
	answer(c, 200, "audio/pcm", NULL, pcm, sizeof(pcm));
	json_decref(obj);
}

void
on_bytes(void *arg, struct conn *c, const uint8_t *p, size_t n)
{
	struct client *client = arg;
	char *head, *end, *length;
	size_t have, want;

	if (bytes_append(&client->in, p, n) != 0)
		abort();
	for (;;) {
		if (bytes_append(&client->in, "", 1) != 0)
			abort();
		head = (char *)bytes_peek(&client->in, &have);
		client->in.end--;
		have--;
		if ((end = strstr(head, "\r\n\r\n")) == NULL)
			return;
		*end = '\0';
		length = strstr(head, "ontent-length:");
		if (length == NULL)
			length = strstr(head, "ontent-Length:");
		want = length == NULL ? 0 : strtoul(length + 14, NULL, 10);
		*end = '\r';
		if (have < (size_t)(end + 4 - head) + want)
			return;
		serve_call(c, head, end + 4, want);
		bytes_skip(&client->in, (size_t)(end + 4 - head) + want);
	}
}
