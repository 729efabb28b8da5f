/* What the parts of the scripted service (tests/fake/service.c) share. */
#ifndef FAKE_SERVICE_H
#define FAKE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/conn.h"
#include "aws/eventstream.h"
#include "base/bytes.h"
#include "base/loop.h"

#define WORDS_MAX 4096
#define WORD_SAMPLES 1600 /* 100 ms */
/* Word n is samples of this and n: about -30 dBFS. */
#define WORD_BASE 1000
#define PAUSE_SAMPLES 4800
#define SPEECH_BYTES 9600 /* 300 ms */
#define MESSAGE_MAX (1024 * 1024)

enum kind {
	TRANSCRIBE,
	SPEAK,
	CALL,
	VOICES,
	NKINDS
};

struct act {
	enum kind kind;
	char what[16], when[24], arg[64], arg2[64];
	bool is_used;
};

struct client {
	struct conn *conn;
	struct bytes in; /* HTTP/1.1 */
};

/* What one channel has heard. */
struct ear {
	uint64_t samples;
	int16_t value;     /* of the run */
	unsigned long run; /* its length */
	int16_t words[WORDS_MAX];
	size_t nwords;
	uint64_t from, to; /* of the utterance, in samples */
	unsigned int nresults;
};

/* What was asked for, and is answered: whatever the words are. */
struct asked {
	unsigned int channels; /* 1 or 2 */
	bool speakers;         /* the speaker changes with each utterance */
	bool filter;           /* each fifth word matches */
	bool entities;         /* the first word of a final is a NAME */
	char language[16];     /* identified: the first; "": it was not asked */
};

struct stream {
	struct stream *next;
	struct conn *conn;
	struct h2 *h2;
	int32_t id;
	enum kind kind;
	const struct act *act; /* NULL once done */
	struct es_decoder *decoder;
	bool is_dead;    /* says nothing more */
	bool is_pending; /* act is done once all said before has left */
	bool is_ended;   /* the client's side */
	/* transcribe */
	struct asked asked;
	struct ear ears[2];
	unsigned int nfinals;
	/* speak */
	char text[16384];
	size_t spoken;
	int64_t heard_at_ms; /* an event of the client, last */
	int64_t close_at_ms; /* 0: not yet */
};

extern const char *const kind_names[];

/* How long a Polly stream stays open after its audio. */
extern int64_t speak_ms;
/* How long it waits for our next event; 0: for ever. */
extern int64_t idle_ms;

/* A line for the log that was asked for. */
__attribute__((format(printf, 1, 2))) void note(const char *fmt, ...);

void note_open(const char *path);

__attribute__((noreturn)) void usage(const char *why);

void read_script(const char *path);

/* The next line for this kind; NULL: served in order. */
const struct act *next_act(enum kind kind);

/* Streams: HTTP/2. */
void on_request(void *arg, struct conn *c, struct h2 *h2, int32_t id,
    const struct h2_request *r);

void streams_prepare(struct loop *l);

void streams_dispatch(int64_t now_ms);

/* 300 ms of samples that all are the first number in text. */
void make_pcm(const char *text, uint8_t *pcm);

/* Calls: HTTP/1.1.  arg is the client. */
void on_bytes(void *arg, struct conn *c, const uint8_t *p, size_t n);

/* Cut all connections, and refuse those that come within ms. */
void outage(int64_t ms);

#endif
