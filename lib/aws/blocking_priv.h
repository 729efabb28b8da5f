/* What blocking_say() and blocking_transcribe() share: one stream, and the loop
 * around it. */
#ifndef AWS_BLOCKING_PRIV_H
#define AWS_BLOCKING_PRIV_H

#include "aws/bidi.h"
#include "aws/blocking.h"
#include "aws/client.h"
#include "aws/conn.h"

/* What sending came to. */
enum blocking_step {
	BLOCKING_SENT,  /* everything, its end included */
	BLOCKING_WAITS, /* for its time: *wake_ms */
	BLOCKING_FULL,  /* for the service */
	BLOCKING_OVER,  /* blocking_stop() or blocking_fail() was called */
};

struct blocking {
	const struct blocking_op *op;
	struct client client;
	struct loop loop;
	struct credentials *credentials;
	struct conn *conn;
	struct bidi *bidi;
	struct service_error error;
	char date[64];       /* of the last answer */
	char request_id[80]; /* of it */
	double date_at_ms;   /* Unix time of this machine when it came */
	int64_t offset_ms;   /* of the clock */
	int64_t heard_at_ms; /* since when the service owes something */
	int64_t wake_ms;     /* when to send again */
	bool is_begun;       /* what was passed on cannot be taken back */
	bool is_sent;
	bool is_over;
	bool is_stopped;
};

/* One operation; everything is borrowed for blocking_run(). */
struct blocking_op {
	enum endpoint_service service;
	const char *path;
	const struct h2_header *headers;
	size_t nheaders;
	/* A new stream begins; NULL: nothing to be done. */
	void (*restart)(void *arg);
	enum blocking_step (*send)(
	    void *arg, struct blocking *b, int64_t now_ms, int64_t *wake_ms);
	void (*on_event)(
	    void *arg, struct blocking *b, const struct es_event *event);
	/* The service said that it is through; NULL: its end says so. */
	bool (*is_complete)(void *arg);
	void *arg;
	/* At the end of all tries, for who wants to know how it went; may be
	 * NULL. */
	void (*on_over)(void *arg, const struct blocking *b);
};

/* As blocking_say(). */
int blocking_run(const struct blocking_op *op,
    const struct config_options *options, struct service_error *error);

/* End it: because the caller wants so, or because of a failure. */
void blocking_stop(struct blocking *b);

void blocking_fail(struct blocking *b, enum service_error_class class,
    const char *name, const char *text);

/* Unix time to sign with. */
double blocking_wall_ms(const struct blocking *b);

#endif
