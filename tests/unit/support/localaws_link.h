/*
 * What the suites about localaws's exchanges share: an exchange on a link that
 * only writes down what it is told, and the settings of a stand-in whose
 * engines fail.
 */
#ifndef TESTS_LOCALAWS_LINK_H
#define TESTS_LOCALAWS_LINK_H

#include <check.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../cmd/localaws/exchange.h"
#include "../../../cmd/localaws/probes.h"
#include "../../../cmd/localaws/script.h"
#include "../../../cmd/localaws/translators.h"

static struct localaws la;
static struct exchange *x;

/* What the link was told. */
static struct {
	int status;
	char headers[2048];
	char body[256 * 1024]; /* as much as a stream may queue */
	size_t len;
	int nends, nresets, ncuts, ngoaways;
	uint32_t code;
	size_t consumed;
	bool is_behind; /* an older stream has the connection */
	bool is_stuck;  /* what was written does not leave */
	int nfaults[LINK_FIN + 1];
	int64_t fault_value; /* of the last */
} wire;

static int
link_respond(struct exchange *e, int status, const struct h2_header *headers,
    size_t n, bool has_body)
{
	(void)e;
	(void)has_body;
	ck_assert_int_eq(wire.status, 0);
	wire.status = status;
	for (size_t i = 0; i < n; i++)
		snprintf(wire.headers + strlen(wire.headers),
		    sizeof(wire.headers) - strlen(wire.headers), "%s=%s\n",
		    headers[i].name, headers[i].value);
	return 0;
}

static int
link_write(struct exchange *e, const void *p, size_t n)
{
	(void)e;
	ck_assert_uint_lt(wire.len + n, sizeof(wire.body));
	memcpy(wire.body + wire.len, p, n);
	wire.len += n;
	return 0;
}

static size_t
link_room(struct exchange *e)
{
	(void)e;
	return sizeof(wire.body) - wire.len;
}

static int
link_end(struct exchange *e)
{
	(void)e;
	wire.nends++;
	return 0;
}

static void
link_consume(struct exchange *e, size_t n)
{
	(void)e;
	wire.consumed += n;
}

static void
link_reset(struct exchange *e, uint32_t code)
{
	(void)e;
	wire.nresets++;
	wire.code = code;
}

static void
link_goaway(struct exchange *e, uint32_t code)
{
	(void)e;
	wire.ngoaways++;
	wire.code = code;
}

static void
link_cut(struct exchange *e)
{
	(void)e;
	wire.ncuts++;
}

static bool
link_is_behind(struct exchange *e, const struct operation *op)
{
	(void)e;
	(void)op;
	return wire.is_behind;
}

static bool
link_faulted(struct exchange *e, enum link_fault what, int64_t value)
{
	(void)e;
	wire.nfaults[what]++;
	if (what == LINK_IS_FLUSHED)
		return !wire.is_stuck;
	wire.fault_value = value;
	return true;
}

static const struct exchange_link fake = { link_respond, link_write, link_room,
	link_end, link_consume, link_reset, link_goaway, link_cut,
	link_is_behind, link_faulted };

static struct sigv4_credentials own = { "AKIDEXAMPLE", "secret", NULL };

static void
setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	memset(&la, 0, sizeof(la));
	memset(&wire, 0, sizeof(wire));
	own = (struct sigv4_credentials){ "AKIDEXAMPLE", "secret", NULL };
	la.region = "us-east-1";
	la.credentials = own;
	la.asr = la.mt = la.tts = "false";
	la.engines = engines_new();
	la.probes = probes_new(la.engines);
	la.translators = translators_new(la.engines, la.mt);
	x = NULL;
}

static void
teardown(void)
{
	exchange_free(x);
	translators_free(la.translators);
	probes_free(la.probes);
	engines_free(la.engines);
}

#endif
