/*
 * h2 when memory is short: the n-th allocation fails, for every n that a whole
 * conversation makes, ours and nghttp2's.  Nothing may crash, leak or hang, and
 * every stream that was opened is closed once.
 *
 * The sources are compiled in here, with allocators that count.
 */
#include <check.h>
#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "support/count_alloc.h"

static void *
ng_malloc(size_t n, void *arg)
{
	(void)arg;
	return count_malloc(n);
}

static void *
ng_calloc(size_t n, size_t size, void *arg)
{
	(void)arg;
	return count_calloc(n, size);
}

static void *
ng_realloc(void *old, size_t n, void *arg)
{
	void *p = is_refused() ? NULL : realloc(old, n);

	(void)arg;
	nlive += p != NULL && old == NULL;
	return p;
}

static void
ng_free(void *p, void *arg)
{
	(void)arg;
	count_free(p);
}

static nghttp2_mem memory = { NULL, ng_malloc, ng_free, ng_calloc, ng_realloc };

#define malloc count_malloc
#define calloc count_calloc
#define free count_free
#define nghttp2_session_client_new2(s, cb, arg, opt)                           \
	nghttp2_session_client_new3(s, cb, arg, opt, &memory)
#define nghttp2_session_server_new2(s, cb, arg, opt)                           \
	nghttp2_session_server_new3(s, cb, arg, opt, &memory)
#include "../../lib/aws/h2.c"
#include "../../lib/aws/h2_event.c"
#include "../../lib/aws/h2_header.c"
#include "../../lib/aws/h2_stream.c"
#include "../../lib/base/bytes.c"
#undef malloc
#undef calloc
#undef free

static int nopened, nclosed, ndone;

static void
s_close(void *arg, struct h2 *h2, int32_t id, enum h2_why why, uint32_t code)
{
	(void)arg;
	(void)h2;
	(void)id;
	(void)code;
	nclosed++;
	ndone += why == H2_WHY_DONE;
}

static void
s_data(void *arg, struct h2 *h2, int32_t id, const uint8_t *p, size_t n)
{
	(void)arg;
	if (h2_write(h2, id, p, n) != 0)
		h2_reset(h2, id, H2_INTERNAL_ERROR);
}

static void
s_end(void *arg, struct h2 *h2, int32_t id)
{
	(void)arg;
	(void)h2_end(h2, id);
}

static const struct h2_stream_events echo = { NULL, s_data, s_end, NULL,
	s_close };
static const struct h2_stream_events plain = { NULL, NULL, NULL, NULL,
	s_close };

static void
s_request(void *arg, struct h2 *h2, int32_t id, const struct h2_request *r)
{
	static const struct h2_header h = { "x-amzn-requestid", "7" };

	(void)arg;
	(void)r;
	nopened++;
	ck_assert_int_eq(h2_attach(h2, id, &echo, NULL), 0);
	if (h2_respond(h2, id, 200, &h, 1, true) != 0)
		h2_reset(h2, id, H2_INTERNAL_ERROR);
}

static const struct h2_events app = { s_request, NULL, NULL, NULL };

/* True if something moved; an error ends the connection. */
static bool
carry(struct h2 *from, struct h2 *to, bool *is_over)
{
	const uint8_t *p;
	size_t n;
	bool any = false;
	int rv;

	while ((rv = h2_peek(from, &p, &n)) == 0 && n > 0) {
		if (h2_recv(to, p, n) != 0)
			*is_over = true;
		h2_skip(from, n);
		any = true;
	}
	if (rv != 0) {
		ck_assert_msg(
		    rv == H2_ERR_NOMEM, "%d %s", rv, h2_error_text(from));
		*is_over = true;
	}
	return any && !*is_over;
}

static void
run_streams(struct h2 *c, struct h2 *s, bool *is_over)
{
	static const struct h2_header h[] = { { "authorization", "secret" },
		{ "content-type", "application/json" } };
	struct h2_request r = { "POST", "https", "h", "/v1", h, 2, true };
	static uint8_t body[3000];
	int32_t id;
	bool any;
	int i;

	for (i = 0; i < 3 && !*is_over; i++) {
		id = h2_request(c, &r, &plain, NULL);
		if (id > 0) {
			nopened++;
			if (h2_write(c, id, body, sizeof body) != 0 ||
			    h2_end(c, id) != 0)
				h2_reset(c, id, H2_CANCEL);
		}
		if (i == 1)
			(void)h2_ping(c, 7);
		do {
			any = carry(c, s, is_over);
			any = carry(s, c, is_over) || any;
		} while (any && !*is_over);
	}
	(void)h2_goaway(s, H2_NO_ERROR, "bye");
	if (!*is_over)
		(void)carry(s, c, is_over);
}

/* One conversation; whether all went well. */
static bool
converse(void)
{
	struct h2_config client = { .is_server = false };
	struct h2_config server = { .is_server = true };
	struct h2 *c = NULL, *s = NULL;
	bool is_over = false;

	nopened = nclosed = ndone = 0;
	if (h2_new(&c, &client, &app, NULL) == 0 &&
	    h2_new(&s, &server, &app, NULL) == 0) {
		run_streams(c, s, &is_over);
		h2_lost(c);
		h2_lost(s);
	} else {
		is_over = true;
	}
	h2_free(c);
	h2_free(s);
	ck_assert_int_eq(nclosed, nopened);
	return !is_over && ndone == 6;
}

START_TEST(any_allocation_may_fail)
{
	size_t total, i, nlost = 0;

	fails_at = 0;
	ncalls = 0;
	ck_assert(converse());
	ck_assert_uint_eq(nlive, 0);
	total = ncalls;
	ck_assert_uint_gt(total, 100);
	for (i = 1; i <= total; i++) {
		fails_at = i;
		ncalls = 0;
		nlost += !converse();
		ck_assert_msg(
		    nlive == 0, "allocation %zu of %zu leaks", i, total);
	}
	/* Most of them are needed: failing is what was tested. */
	ck_assert_uint_gt(nlost, total / 2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws_h2_nomem");
	TCase *tc = tcase_create("memory");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, any_allocation_may_fail);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
