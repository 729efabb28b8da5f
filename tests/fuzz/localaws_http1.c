/* with: cmd/localaws/http1.c -lhttp_parser */
/* with: cmd/localaws/request.c */
/* HTTP/1.1 of localaws and what it reads of a request: any bytes, fed whole and
 * in two parts, give the same requests; each is copied, looked up in, and its
 * signature parsed. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/localaws/http1.h"
#include "../../cmd/localaws/request.h"
#include "aws/sigv4_verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct tally {
	struct http1 *h;
	uint64_t nrequests, nbody, nends, hash;
};

static void
mix(struct tally *t, const char *s)
{
	for (; *s != '\0'; s++)
		t->hash = (t->hash ^ (uint8_t)*s) * 1099511628211u;
}

static void
on_request(void *arg, const struct h2_request *rq)
{
	struct tally *t = arg;
	struct sigv4_request signed_part = { 0 };
	struct sigv4_auth auth;
	struct request r;
	char *value;

	t->nrequests++;
	mix(t, rq->method);
	mix(t, rq->path);
	for (size_t i = 0; i < rq->nheaders; i++) {
		mix(t, rq->headers[i].name);
		mix(t, rq->headers[i].value);
	}
	if (request_init(&r, rq, false) != 0)
		return;
	value = request_param(&r, "NextToken");
	free(value);
	signed_part.method = r.method;
	signed_part.path = r.path;
	signed_part.query = r.query;
	signed_part.headers = r.headers;
	signed_part.nheaders = r.nheaders;
	if (sigv4_auth_parse(&auth, &signed_part, NULL) == 0)
		sigv4_auth_release(&auth);
	request_release(&r);
}

static void
on_body(void *arg, const uint8_t *p, size_t n)
{
	struct tally *t = arg;

	(void)p;
	t->nbody += n;
}

static void
on_end(void *arg)
{
	struct tally *t = arg;

	t->nends++;
}

/* Answer what is to be answered, and go on. */
static void
answer(struct tally *t)
{
	size_t n;

	while (http1_is_answering(t->h) && !http1_is_reading(t->h)) {
		if (http1_respond(t->h, 200, NULL, 0, true) != 0 ||
		    http1_write(t->h, "x", 1) != 0 || http1_end(t->h) != 0)
			abort();
		http1_peek(t->h, &n);
		http1_skip(t->h, n);
		http1_next(t->h);
	}
}

static void
run(struct tally *t, const uint8_t *p, size_t n, size_t cut)
{
	static const struct http1_events events = { on_request, on_body,
		on_end };

	memset(t, 0, sizeof(*t));
	if ((t->h = http1_new(&events, t)) == NULL)
		abort();
	http1_recv(t->h, p, cut);
	answer(t);
	http1_recv(t->h, p + cut, n - cut);
	answer(t);
	http1_free(t->h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct tally whole, parts;

	run(&whole, p, n, 0);
	run(&parts, p, n, n / 2);
	if (whole.nrequests != parts.nrequests || whole.nends != parts.nends ||
	    whole.nbody != parts.nbody || whole.hash != parts.hash)
		abort();
	return 0;
}
