/*
 * Amazon Polly's DescribeVoices: which voice can say what.  No I/O.  Source:
 * PROTOCOL 5.2.
 *
 *	polly_voices_init(&v);
 *	do {
 *		polly_voices_request(&req, ep, &v, "generative", query, ...);
 *		... call, then in on_done:
 *		polly_voices_add_page(&v, answer->body, answer->len, &error);
 *	} while (polly_voices_has_more(&v));
 */
#ifndef AWS_POLLY_VOICES_H
#define AWS_POLLY_VOICES_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/endpoint.h"
#include "aws/http.h"
#include "aws/service_error.h"

/* Ours: Polly has about 100 voices; a server that never ends its pages is cut
 * off. */
#define POLLY_VOICES_MAX 2000
#define POLLY_VOICES_MAX_PAGES 100
#define POLLY_NEXT_TOKEN_MAX 4096 /* the service's, in characters */
#define POLLY_QUERY_MAX (3 * 4 * POLLY_NEXT_TOKEN_MAX + 256)

#define POLLY_VOICES_ERRORS(X)                                                 \
	X(NOMEM, -1, "out of memory")                                          \
	X(ANSWER, -2, "answer is not what DescribeVoices promises")            \
	X(MANY, -3, "too many voices or pages")

enum polly_voices_error {
#define X(name, code, text) POLLY_VOICES_ERR_##name = code,
	POLLY_VOICES_ERRORS(X)
#undef X
};

enum polly_engine {
	POLLY_STANDARD = 1,
	POLLY_NEURAL = 2,
	POLLY_LONG_FORM = 4,
	POLLY_GENERATIVE = 8,
};

struct polly_voice {
	char id[40]; /* to be sent as VoiceId */
	char name[40];
	char gender[12];        /* "Female", "Male", or "" */
	char language_code[16]; /* Polly's */
	char *additional_codes; /* "en-IN,hi-IN", or "" ; owned by the list */
	unsigned int engines;   /* of enum polly_engine; unknown ones left out
	                         */
};

struct polly_voices {
	struct polly_voice *voices; /* owned, in the order they came */
	size_t n;
	char *next_token; /* NULL: that was the last page */
	unsigned int pages;
};

void polly_voices_init(struct polly_voices *v);

void polly_voices_release(struct polly_voices *v);

/*
 * The query of the next page: Engine, IncludeAdditionalLanguageCodes=true,
 * LanguageCode, NextToken, encoded and sorted.  `engine` and `language_code`
 * may be NULL.  0, or POLLY_VOICES_ERR_NOMEM when query (size bytes;
 * POLLY_QUERY_MAX always does) is too small.
 */
int polly_voices_query(const struct polly_voices *v, const char *engine,
    const char *language_code, char *query, size_t size);

/* Fill req for that query (borrowed); on_done, arg and timeouts are the
 * caller's. */
void polly_voices_request(struct http_request *req,
    const struct endpoint *endpoint, const char *query);

/* Add a page from a 2xx body.  0, or POLLY_VOICES_ERR_* with *error. */
int polly_voices_add_page(struct polly_voices *v, const void *body, size_t len,
    struct service_error *error);

/* Whether another page is to be asked for. */
bool polly_voices_has_more(const struct polly_voices *v);

/*
 * The voice for a language (Polly's code, any case) and an engine: one whose
 * own language it is before one that has it as an additional language; among
 * equals the first female one, else the first.  `id`, if not NULL, asks for
 * that voice: it is returned if it has the engine and the language.  NULL:
 * none. *is_additional (may be NULL) is set when LanguageCode has to be sent
 * with the request.
 */
const struct polly_voice *
polly_voices_choose(const struct polly_voices *v, const char *language_code,
    unsigned int engine, const char *id, bool *is_additional);

/* The voice of that id, any case, or NULL. */
const struct polly_voice *
polly_voices_find(const struct polly_voices *v, const char *id);

/* Whether a voice speaks a language (Polly's code, any case). */
bool
polly_voice_speaks(const struct polly_voice *voice, const char *language_code);

/* "generative" to POLLY_GENERATIVE; 0: unknown. */
unsigned int polly_engine_parse(const char *name);

/* "generative"; NULL: not one engine. */
const char *polly_engine_name(unsigned int engine);

const char *polly_voices_strerror(int code);

#endif
