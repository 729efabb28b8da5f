/*
 * What `--check` of the tools does: finds out which settings would be used and
 * where they come from, tries them by one call, and says what is missing, with
 * the way out.  One fact a line; no secret among them.
 *
 *	client_check_init(&k, "translate", ENDPOINT_TRANSLATE, &options);
 *	if (client_check_settings(&k) == 0)
 *		client_check_call(&k, "TranslateText", &request);
 *	text = as_json ? client_check_json(&k) : client_check_text(&k);
 *	fputs(text, stdout);
 *	status = k.status;
 *
 * It blocks, for up to a minute: for a process that does nothing else.
 */
#ifndef AWS_CLIENT_CHECK_H
#define AWS_CLIENT_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "aws/client.h"
#include "aws/http.h"
#include "aws/transcribe.h"
#include "base/loop.h"

/* Our choice: a dozen are ours, the rest is the tool's. */
#define CLIENT_CHECK_FACTS_MAX 40

enum client_check_kind {
	CLIENT_CHECK_FACT,
	CLIENT_CHECK_WARNING, /* it works, but should be looked at */
	CLIENT_CHECK_PROBLEM, /* something is missing or refused */
	CLIENT_CHECK_HELP,    /* what to do about the problem before it */
};

struct client_check_fact {
	enum client_check_kind kind;
	char name[24]; /* "region", ...; "" for all but facts */
	char text[1100];
};

struct client_check {
	const char *tool; /* borrowed */
	enum endpoint_service service;
	struct config_options options;   /* strings are borrowed */
	struct client client;            /* as far as it could be set up */
	struct credentials *credentials; /* NULL: none */
	struct loop loop;
	struct client_check_fact facts[CLIENT_CHECK_FACTS_MAX];
	size_t n;
	int status; /* exit status of <sysexits.h>: of the first problem */
};

/* Nothing is looked at yet.  `options` may be NULL. */
void client_check_init(struct client_check *k, const char *tool,
    enum endpoint_service service, const struct config_options *options);

void client_check_release(struct client_check *k);

/*
 * Look for everything, one after the other, and do not stop at the first that
 * is missing: files, profile, region, endpoint, trusted roots, proxy and
 * credentials, which are fetched where they have to be.  Returns k->status: 0,
 * or what to exit with.
 */
int client_check_settings(struct client_check *k);

/*
 * One signed call with what was found, by AWS's rules of trying again.
 * `action` is the operation and the IAM action in one, as "translate:" and it
 * stand in policies: "TranslateText".  on_done of the request may be NULL; it
 * is called with the answer, good or bad, and may add facts.  Returns
 * k->status.
 */
int client_check_call(struct client_check *k, const char *action,
    const struct http_request *request);

/* The same by a recognition stream: opened with these parameters, given a tenth
 * of a second of silence, and ended. */
int client_check_transcribe(
    struct client_check *k, const struct transcribe_params *params);

/* Add a line. */
__attribute__((format(printf, 3, 4))) void client_check_fact(
    struct client_check *k, const char *name, const char *fmt, ...);

__attribute__((format(printf, 2, 3))) void
client_check_warning(struct client_check *k, const char *fmt, ...);

/* Something is wrong: `status` is an exit status of <sysexits.h>.  help may be
 * NULL, where the text says what to do. */
__attribute__((format(printf, 4, 5))) void client_check_problem(
    struct client_check *k, int status, const char *help, const char *fmt, ...);

/*
 * All lines with their last one, "result": "ready", or what to exit with.  To
 * be freed by free(); NULL: no memory.
 */
char *client_check_text(const struct client_check *k);

/* The same as one JSON object and a newline: "tool", "ok", "status", a member
 * for each fact, "warnings", and "problems" with "text" and "help". */
char *client_check_json(const struct client_check *k);

#endif
