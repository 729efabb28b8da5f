/*
 * What a remote speaker says: one JSON object a message (speak(1), PROTOCOL).
 * No I/O; everything comes from outside and is checked here.
 */
#ifndef SPEAK_MESSAGE_H
#define SPEAK_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/lang.h"

/* Longest message looked at: 3200 bytes of PCM are 4268 of base64; a token
 * may have 4096. */
#define MESSAGE_MAX 8192

/* 100 ms; our choice. */
#define MESSAGE_PCM_MAX 3200

#define MESSAGE_SESSION_MIN 8
#define MESSAGE_SESSION_MAX 64
#define MESSAGE_CLIENT_MAX 64

/* 2^53 - 1: greater numbers are not exact in a page's JavaScript. */
#define MESSAGE_SEQ_MAX ((UINT64_C(1) << 53) - 1)

#define MESSAGE_ERRORS(X)                                                      \
	X(MESSAGE_ERR_JSON, -1, "a message is one JSON object")                \
	X(MESSAGE_ERR_SESSION, -2,                                             \
	    "session: 8 to 64 letters, digits, '-' or '_'")                    \
	X(MESSAGE_ERR_LANG, -3, "lang: a language tag such as it-IT")          \
	X(MESSAGE_ERR_SEQ, -4, "seq, next: a whole number")                    \
	X(MESSAGE_ERR_DATA, -5,                                                \
	    "data: base64 of 2 to 3200 bytes of PCM, an even number")          \
	X(MESSAGE_ERR_NOMEM, -6, "out of memory")

enum message_error {
#define X(name, value, text) name = value,
	MESSAGE_ERRORS(X)
#undef X
};

/* Text of a code; never NULL. */
const char *message_strerror(int code);

enum message_type {
	MESSAGE_OTHER, /* of a type that is not ours: to be passed by */
	MESSAGE_HELLO,
	MESSAGE_AUDIO,
	MESSAGE_END,
	MESSAGE_PONG
};

struct message {
	enum message_type type;
	/* hello */
	char *token; /* owned; NULL: none */
	char session[MESSAGE_SESSION_MAX + 1];
	char lang[LANG_TAG_MAX];         /* canonical; "": none */
	char client[MESSAGE_CLIENT_MAX]; /* for people, escaped */
	uint64_t next;                   /* the oldest that it still has */
	/* audio */
	uint64_t seq;
	uint8_t pcm[MESSAGE_PCM_MAX + 8]; /* base64 ends in threes */
	size_t pcm_len;
};

/* Take a message apart; m need not be initialised.  0, or a negative code: m
 * holds nothing. */
int message_parse(struct message *m, const char *text, size_t len);

/* Wipe and free the token. */
void message_release(struct message *m);

#endif
