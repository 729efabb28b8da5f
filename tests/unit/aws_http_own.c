#define _GNU_SOURCE /* memmem */
/* with: tests/unit/support/failmalloc.c */
/* with: tests/unit/support/nomem_bytes.c */
/* with: tests/unit/support/nomem_http_own.c */
/*
 * Requests over the connection of http_keep_conn(): they leave together on one
 * connection, come back as they do by libcurl, and go another way when that
 * connection is not there, ends, or is cut.
 */
#include "aws/http_call.h"
#include "aws/http_priv.h"
#include "aws/translate.h"
#include "base/clock.h"
#include "support/aws_net.h"
#define FAILMALLOC_REAL
#include "support/failmalloc.h"

enum mode {
	ANSWER,
	REFUSE,
	RESET,
	SAY_BIG,
	SAY_NOTHING,
	GO_AWAY, /* once, without a look at the request */
	CUT,     /* once */
	COMPRESS,
	COMPRESS_HALF,
	FREEZE, /* no connection that is there is heard of again */
};

static struct http *http;
static struct endpoint endpoint;
static enum mode mode;
static const struct sigv4_credentials keys = { "AKIDEXAMPLE", "secret", NULL };

/* What servers saw: all connections, requests, and the last one's parts. */
static unsigned int nrequests, nreset, nown;
static size_t nfrozen; /* servers that are not driven any more */
static char body[256], target[128], length[32], authorization[512];
static size_t body_len;
static char accept_value[64];

/* What on_done saw. */
static unsigned int ndone;
static struct service_error last_error;
static char last_body[64], last_id[64];

static void
server_data(void *arg, struct h2 *h2, int32_t id, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)h2;
	(void)id;
	ck_assert_uint_lt(body_len + n, sizeof(body));
	memcpy(body + body_len, p, n);
	body_len += n;
	body[body_len] = '\0';
}

static void
server_close(
    void *arg, struct h2 *h2, int32_t id, enum h2_why why, uint32_t code)
{
	(void)arg;
	(void)h2;
	(void)id;
	nreset += why == H2_WHY_RESET && code == H2_CANCEL;
}

static const struct h2_stream_events server_stream = { .on_data = server_data,
	.on_close = server_close };

static void
respond(struct h2 *h2, int32_t id, int status, const char *text)
{
	static const struct h2_header headers[] = { { "x-amzn-requestid",
	    "req-7" } };

	ck_assert_int_eq(h2_respond(h2, id, status, headers, 1, true), 0);
	ck_assert_int_eq(h2_write(h2, id, text, strlen(text)), 0);
	ck_assert_int_eq(h2_end(h2, id), 0);
}

/* {"TranslatedText":"x"} by gzip(1). */
static const uint8_t gzipped[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x02, 0x03, 0xab, 0x56, 0x0a, 0x29, 0x4a, 0xcc, 0x2b, 0xce, 0x49,
	0x2c, 0x49, 0x4d, 0x09, 0x49, 0xad, 0x28, 0x51, 0xb2, 0x52, 0xaa, 0x50,
	0xaa, 0x05, 0x00, 0xe5, 0x93, 0x7c, 0x6e, 0x16, 0x00, 0x00, 0x00 };

static void
respond_gzip(struct h2 *h2, int32_t id, size_t n)
{
	static const struct h2_header headers[] = { { "content-encoding",
	    "gzip" } };

	ck_assert_int_eq(h2_respond(h2, id, 200, headers, 1, true), 0);
	ck_assert_int_eq(h2_write(h2, id, gzipped, n), 0);
	ck_assert_int_eq(h2_end(h2, id), 0);
}

static void
keep(const struct h2_request *r, const char *name, char *to, size_t size)
{
	size_t i;

	for (i = 0; i < r->nheaders; i++)
		if (strcmp(r->headers[i].name, name) == 0)
			snprintf(to, size, "%s", r->headers[i].value);
}

static void
on_request(void *arg, struct conn *c, struct h2 *h2, int32_t id,
    const struct h2_request *r)
{
	(void)arg;
	/* Of warm-ups, nothing is asked. */
	if (strcmp(r->method, "POST") != 0) {
		respond(h2, id, 404, "");
		return;
	}
	nrequests++;
	/* libcurl says what it accepts. */
	accept_value[0] = '\0';
	keep(r, "accept", accept_value, sizeof(accept_value));
	nown += accept_value[0] == '\0';
	body_len = 0;
	keep(r, "x-amz-target", target, sizeof(target));
	keep(r, "content-length", length, sizeof(length));
	keep(r, "authorization", authorization, sizeof(authorization));
	h2_attach(h2, id, &server_stream, NULL);
	switch (mode) {
	case ANSWER:
		respond(h2, id, 200, "{\"TranslatedText\":\"x\"}");
		break;
	case REFUSE:
		respond(h2, id, 400,
		    "{\"__type\":\"InvalidRequestException\",\"message\":\"no"
		    "\"}");
		break;
	case RESET:
		h2_reset(h2, id, H2_INTERNAL_ERROR);
		break;
	case SAY_BIG:
		respond(
		    h2, id, 200, "0123456789012345678901234567890123456789");
		break;
	case SAY_NOTHING:
		break;
	case GO_AWAY:
		mode = ANSWER;
		h2_goaway_from(h2, 0, H2_NO_ERROR, "elsewhere");
		break;
	case CUT:
		mode = ANSWER;
		conn_cut(c);
		break;
	case COMPRESS:
		respond_gzip(h2, id, sizeof(gzipped));
		break;
	case COMPRESS_HALF:
		respond_gzip(h2, id, sizeof(gzipped) / 2);
		break;
	case FREEZE:
		mode = ANSWER;
		nfrozen = net.nservers;
		break;
	}
}

/* A server without HTTP/2. */
static void
on_bytes(void *arg, struct conn *c, const uint8_t *p, size_t n)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
				   "\r\n{}";

	(void)arg;
	if (memmem(p, n, "POST ", 5) != NULL) {
		nrequests++;
		conn_write(c, text, sizeof(text) - 1);
	}
}

static bool is_narrow; /* servers let nothing in */

static void
on_ready(void *arg, struct conn *c)
{
	(void)arg;
	if (is_narrow && conn_h2(c) != NULL)
		ck_assert_int_eq(h2_set_stream_window(conn_h2(c), 0), 0);
}

static const struct conn_events serving = {
	.on_ready = on_ready, .on_request = on_request, .on_bytes = on_bytes
};

static void
on_done(void *arg, const struct http_answer *a)
{
	const char *id = http_answer_header(a, "x-amzn-requestid");

	(void)arg;
	ndone++;
	last_error = a->error;
	snprintf(last_body, sizeof(last_body), "%s", (const char *)a->body);
	snprintf(last_id, sizeof(last_id), "%s", id != NULL ? id : "");
}

static struct http_caller *caller;

/* One turn of everything there is. */
static void
turn(void)
{
	int64_t now_ms;
	size_t i;
	int fd;

	loop_begin(&net.loop);
	loop_watch(&net.loop, net.listen_fd, POLLIN);
	for (i = nfrozen; i < net.nservers; i++)
		conn_prepare(net.servers[i], &net.loop);
	if (caller != NULL)
		http_caller_prepare(caller, &net.loop);
	else
		http_prepare(http, &net.loop);
	loop_deadline(&net.loop, clock_mono_ms() + STUCK_MS);
	ck_assert_int_ge(loop_wait(&net.loop), 0);
	now_ms = clock_mono_ms();
	fd = accept(net.listen_fd, NULL, NULL);
	if (fd != -1) {
		ck_assert_uint_lt(net.nservers, NET_CONNS);
		ck_assert_int_eq(
		    conn_accept(&net.servers[net.nservers], fd,
			&net.server_config, &serving, NULL, now_ms),
		    0);
		net.nservers++;
	}
	for (i = nfrozen; i < net.nservers; i++)
		(void)conn_dispatch(net.servers[i], &net.loop, now_ms);
	if (caller != NULL)
		http_caller_dispatch(
		    caller, &net.loop, now_ms, clock_wall_ms());
	else
		http_dispatch(http, &net.loop, now_ms);
}

static void
until_done(unsigned int n)
{
	int64_t end_ms = clock_mono_ms() + STUCK_MS;

	while (ndone < n) {
		ck_assert_msg(clock_mono_ms() < end_ms, "%u of %u", ndone, n);
		turn();
	}
}

static struct http_transfer *
ask_service(long timeout_ms, size_t cap)
{
	struct http_request req;
	struct service_error error;
	struct http_transfer *t;

	translate_request(&req, &endpoint, "{\"Text\":\"a\"}", 12);
	req.on_done = on_done;
	req.timeout_ms = timeout_ms;
	req.body_cap = cap;
	t = http_start(http, &req, &keys, clock_wall_ms(), &error);
	ck_assert_msg(t != NULL, "%s", error.message);
	return t;
}

/* Until requests go over the connection of our own; those before go by
 * libcurl. */
static void
until_ready(void)
{
	while (nown == 0) {
		ask_service(0, 0);
		until_done(ndone + 1);
		ck_assert_int_eq(last_error.class, SERVICE_ERROR_NONE);
	}
	ndone = nrequests = nown = 0;
}

static void
setup(void)
{
	static struct conn_config config;

	net_init_tls();
	mode = ANSWER;
	nrequests = nreset = nown = ndone = 0;
	nfrozen = 0;
	is_narrow = false;
	caller = NULL;
	http = http_new(pki_path(&net.pki, "ca.pem"));
	ck_assert_ptr_nonnull(http);
	memset(&endpoint, 0, sizeof(endpoint));
	endpoint.is_https = true;
	endpoint.port = net.port;
	strcpy(endpoint.host, "127.0.0.1");
	sprintf(endpoint.authority, "127.0.0.1:%u", net.port);
	strcpy(endpoint.region, "eu-west-1");
	strcpy(endpoint.service, "translate");
	config = net_config();
	ck_assert_int_eq(http_keep_conn(http, &endpoint, &config), 0);
}

static void
teardown(void)
{
	if (caller != NULL)
		http_caller_free(caller);
	else
		http_free(http);
	net_release();
}

START_TEST(what_starts_in_one_turn_leaves_on_one_connection)
{
	size_t nservers, i;

	until_ready();
	nservers = net.nservers;
	for (i = 0; i < 8; i++)
		ask_service(0, 0);
	ck_assert_uint_eq(http_active(http), 8);
	until_done(8);
	ck_assert_uint_eq(http_active(http), 0);
	ck_assert_uint_eq(net.nservers, nservers);
	ck_assert_uint_eq(nrequests, 8);
	ck_assert_uint_eq(nown, 8);
	ck_assert_int_eq(last_error.class, SERVICE_ERROR_NONE);
	ck_assert_str_eq(last_body, "{\"TranslatedText\":\"x\"}");
	ck_assert_str_eq(last_id, "req-7");
	/* All headers came before the first body. */
	ck_assert_uint_eq(body_len, 8 * 12);
	ck_assert_int_eq(strncmp(body, "{\"Text\":\"a\"}{", 13), 0);
	ck_assert_str_eq(length, "12");
	ck_assert_str_eq(
	    target, "AWSShineFrontendService_20170701.TranslateText");
	ck_assert_ptr_nonnull(
	    strstr(authorization, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
}
END_TEST

START_TEST(a_refusal_has_the_services_name_and_request_id)
{
	until_ready();
	mode = REFUSE;
	ask_service(0, 0);
	until_done(1);
	ck_assert_int_eq(last_error.class, SERVICE_ERROR_INVALID);
	ck_assert_str_eq(last_error.name, "InvalidRequestException");
	ck_assert_str_eq(last_error.request_id, "req-7");
}
END_TEST

static const struct {
	enum mode mode;
	long timeout_ms;
	size_t cap;
	enum service_error_class class;
	const char *name, *text;
} ends[] = {
	{ RESET, 0, 0, SERVICE_ERROR_TRANSIENT, "reset", "INTERNAL_ERROR" },
	{ SAY_BIG, 0, 39, SERVICE_ERROR_PROTOCOL, "size", "longer than 39" },
	{ SAY_NOTHING, 30, 0, SERVICE_ERROR_TIMEOUT, "timeout",
	    "within 30 ms" },
	{ COMPRESS_HALF, 0, 0, SERVICE_ERROR_PROTOCOL, "coding", "compressed" },
	{ GO_AWAY, 0, 0, SERVICE_ERROR_TRANSIENT, HTTP_MOVED, "broke" },
	{ CUT, 0, 0, SERVICE_ERROR_TRANSIENT, HTTP_MOVED, "broke" },
};

START_TEST(other_ends_are_told_and_the_next_request_is_served)
{
	until_ready();
	mode = ends[_i].mode;
	ask_service(ends[_i].timeout_ms, ends[_i].cap);
	until_done(1);
	ck_assert_int_eq(last_error.class, ends[_i].class);
	ck_assert_str_eq(last_error.name, ends[_i].name);
	ck_assert_ptr_nonnull(strstr(last_error.message, ends[_i].text));
	mode = ANSWER;
	ask_service(0, 0);
	until_done(2);
	ck_assert_int_eq(last_error.class, SERVICE_ERROR_NONE);
}
END_TEST

/* With http_call.h a request whose connection went away is made again at once:
 * max_attempts says how often a service may fail, and it did not. */
START_TEST(a_call_survives_the_end_of_its_connection)
{
	struct credentials credentials;
	struct http_request req;

	until_ready();
	memset(&credentials, 0, sizeof(credentials));
	credentials.refs = 1;
	credentials.keys = keys;
	caller = http_caller_new(http, NULL, 1, 7);
	mode = _i == 0 ? GO_AWAY : CUT;
	translate_request(&req, &endpoint, "{\"Text\":\"a\"}", 12);
	req.on_done = on_done;
	ck_assert_ptr_nonnull(
	    http_call_start_as(caller, &req, &credentials, LOOP_NEVER));
	until_done(1);
	ck_assert_int_eq(last_error.class, SERVICE_ERROR_NONE);
	ck_assert_uint_eq(nrequests, 2);
}
END_TEST

/* A network that drops everything of what was there, ours and libcurl's: it is
 * found out while the request can still be made on new connections. */
START_TEST(a_call_survives_a_network_that_went_silent)
{
	struct credentials credentials;
	struct http_request req;

	http->own->config.ping_busy_ms = 20;
	http->own->config.ping_timeout_ms = 1000;
	until_ready();
	memset(&credentials, 0, sizeof(credentials));
	credentials.refs = 1;
	credentials.keys = keys;
	caller = http_caller_new(http, NULL, 1, 7);
	mode = FREEZE;
	translate_request(&req, &endpoint, "{\"Text\":\"a\"}", 12);
	req.on_done = on_done;
	ck_assert_ptr_nonnull(
	    http_call_start_as(caller, &req, &credentials, LOOP_NEVER));
	until_done(1);
	ck_assert_int_eq(last_error.class, SERVICE_ERROR_NONE);
	ck_assert_uint_eq(nrequests, 2);
}
END_TEST

/* One that libcurl sends. */
static void
ask_by_libcurl(void)
{
	struct http_request req;
	struct service_error error;

	translate_request(&req, &endpoint, "{\"Text\":\"a\"}", 12);
	req.on_done = on_done;
	req.skip_proxy = true;
	ck_assert_ptr_nonnull(
	    http_start(http, &req, &keys, clock_wall_ms(), &error));
}

START_TEST(what_is_compressed_unasked_is_read)
{
	until_ready();
	mode = COMPRESS;
	if (_i == 0)
		ask_service(0, 0);
	else
		ask_by_libcurl();
	until_done(1);
	ck_assert_int_eq(last_error.class, SERVICE_ERROR_NONE);
	ck_assert_str_eq(last_body, "{\"TranslatedText\":\"x\"}");
}
END_TEST

/* A refusal need not wait for the body, which may never be let in. */
START_TEST(an_answer_before_the_request_was_read_is_enough)
{
	is_narrow = true;
	until_ready();
	mode = REFUSE;
	ask_service(0, 0);
	until_done(1);
	ck_assert_int_eq(last_error.class, SERVICE_ERROR_INVALID);
	ck_assert_str_eq(last_error.name, "InvalidRequestException");
	ck_assert_uint_eq(nown, 1);
	ck_assert_uint_eq(body_len, 0);
}
END_TEST

/* libcurl would spin. */
START_TEST(a_window_that_stays_closed_is_waited_for)
{
	size_t i = 0;

	is_narrow = true;
	ask_by_libcurl();
	until_done(1);
	mode = SAY_NOTHING;
	ask_by_libcurl();
	while (i == http->nwatches || http->watches[i].nwritable == 0 ||
	       (http->watches[i].slot != -1 &&
		   (net.loop.fds[http->watches[i].slot].events & POLLOUT))) {
		turn();
		loop_begin(&net.loop);
		http_prepare(http, &net.loop);
		for (i = 0; i < http->nwatches; i++)
			if (http->watches[i].events & POLLOUT)
				break;
	}
	ck_assert_uint_eq(nrequests, 2);
	ck_assert_uint_eq(body_len, 0);
	for (i = 0; i < net.nservers; i++)
		ck_assert_int_eq(
		    h2_set_stream_window(conn_h2(net.servers[i]), 65535), 0);
	while (body_len < 12)
		turn();
}
END_TEST

START_TEST(a_cancelled_request_is_reset_and_tells_nothing)
{
	struct http_transfer *t;
	unsigned int before;

	until_ready();
	before = nreset;
	mode = SAY_NOTHING;
	t = ask_service(0, 0);
	while (nrequests == 0)
		turn();
	http_cancel(t);
	while (nreset == before)
		turn();
	ck_assert_uint_eq(ndone, 0);
	/* And at the end, with one under way. */
	ask_service(0, 0);
	turn();
}
END_TEST

/* A request that finds no memory is not begun; the connection stays good. */
START_TEST(whichever_allocation_fails_the_next_request_is_served)
{
	struct http_request req;
	struct service_error error;
	struct http_transfer *t;
	unsigned long n, used;
	unsigned int failed = 0;

	until_ready();
	translate_request(&req, &endpoint, "{\"Text\":\"a\"}", 12);
	req.on_done = on_done;
	for (n = 1;; n++) {
		failmalloc_arm(n);
		t = http_start(http, &req, &keys, clock_wall_ms(), &error);
		used = failmalloc_disarm();
		if (t == NULL) {
			ck_assert_int_eq(error.class, SERVICE_ERROR_LOCAL);
			failed++;
		} else {
			until_done(ndone + 1);
			ck_assert_int_eq(last_error.class, SERVICE_ERROR_NONE);
		}
		if (used < n)
			break;
	}
	ck_assert_uint_ge(failed, 1);
	ck_assert_ptr_nonnull(t);
}
END_TEST

START_TEST(a_server_without_http_2_is_asked_by_libcurl)
{
	tls_ctx_free(net.server_tls);
	ck_assert_int_eq(
	    tls_server_ctx_new(&net.server_tls,
		pki_path(&net.pki, "server.pem"),
		pki_path(&net.pki, "server.key"), "http/1.1", NULL),
	    0);
	net.server_config.tls = net.server_tls;
	ask_service(0, 0);
	until_done(1);
	ask_service(0, 0);
	until_done(2);
	ck_assert_int_eq(last_error.class, SERVICE_ERROR_NONE);
	ck_assert_uint_eq(nown, 0);
	ck_assert_str_eq(last_body, "{}");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws http over a connection of our own");
	TCase *tc = tcase_create("own");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, what_starts_in_one_turn_leaves_on_one_connection);
	tcase_add_test(tc, a_refusal_has_the_services_name_and_request_id);
	tcase_add_loop_test(tc,
	    other_ends_are_told_and_the_next_request_is_served, 0,
	    sizeof(ends) / sizeof(ends[0]));
	tcase_add_loop_test(
	    tc, a_call_survives_the_end_of_its_connection, 0, 2);
	tcase_add_test(tc, a_call_survives_a_network_that_went_silent);
	tcase_add_loop_test(tc, what_is_compressed_unasked_is_read, 0, 2);
	tcase_add_test(tc, an_answer_before_the_request_was_read_is_enough);
	tcase_add_test(tc, a_window_that_stays_closed_is_waited_for);
	tcase_add_test(tc, a_cancelled_request_is_reset_and_tells_nothing);
	tcase_add_test(
	    tc, whichever_allocation_fails_the_next_request_is_served);
	tcase_add_test(tc, a_server_without_http_2_is_asked_by_libcurl);
	suite_add_tcase(s, tc);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
