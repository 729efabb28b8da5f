/* with: tests/unit/support/failmalloc.c */
/* with: tests/unit/support/nomem_bytes.c */
/* with: tests/unit/support/nomem_sigv4.c */
/* with: tests/unit/support/nomem_sigv4_canonical.c */
/* with: tests/unit/support/nomem_sigv4_auth.c */
/* with: tests/unit/support/nomem_sigv4_verify.c */
/* with: tests/unit/support/nomem_eventstream.c */
/*
 * The n-th allocation of sigv4 and eventstream fails, for every n: each time
 * the call says so, leaks nothing (sanitizer build), and works when called
 * again.
 */
#include <check.h>
#include <jansson.h>
#include <stdint.h>

#include "aws/event_signer.h"
#include "aws/eventstream_event.h"
#include "aws/sigv4.h"
#include "aws/sigv4_verify.h"
#define FAILMALLOC_REAL
#include "support/failmalloc.h"

#define NOW 1440938160 /* 2015-08-30T12:36:00Z */

static const struct sigv4_credentials cred = { "AKIDEXAMPLE", "secret",
	"token" };
static const struct sigv4_signer signer = { &cred, "us-east-1", "polly", NULL };
static const struct sigv4_header headers[] = { { "host", "example.com" },
	{ "content-type", "application/json" } };
static const struct sigv4_request request = { .method = "POST",
	.path = "/v1/../v1/speech",
	.query = "b=2&a=%201",
	.headers = headers,
	.nheaders = 2,
	.body = "{}",
	.body_len = 2 };

/* Something to do that allocates: 0, or the code for "out of memory". */
typedef int job(void);

/* Let its first allocation fail, its second, ... until it needs no more. */
static void
assert_survives(job *work, int nomem, unsigned long least)
{
	unsigned long n, used;
	int rc;

	for (n = 1;; n++) {
		failmalloc_arm(n);
		rc = work();
		used = failmalloc_disarm();
		if (used < n)
			break;
		ck_assert_msg(rc == nomem, "allocation %lu: %d", n, rc);
		ck_assert_int_eq(work(), 0);
	}
	ck_assert_int_eq(rc, 0);
	/* The plan reached what it was meant to reach. */
	ck_assert_uint_ge(n - 1, least);
}

static int
sign_job(void)
{
	struct sigv4_signed s;
	int rc = sigv4_sign(&s, &request, &signer, NOW, SIGV4_ADD_PAYLOAD_HASH);

	if (rc == 0)
		sigv4_signed_release(&s);
	return rc;
}

START_TEST(signing_survives)
{
	assert_survives(sign_job, SIGV4_ERR_NOMEM, 7);
}
END_TEST

static int
presign_job(void)
{
	struct sigv4_signed s;
	int rc = sigv4_presign(&s, &request, &signer, NOW, 60, 0);

	if (rc == 0)
		sigv4_signed_release(&s);
	return rc;
}

START_TEST(presigning_survives)
{
	assert_survives(presign_job, SIGV4_ERR_NOMEM, 8);
}
END_TEST

static int
verify_request(const struct sigv4_request *req)
{
	struct sigv4_auth auth;
	struct sigv4_why why;
	int rc;

	if ((rc = sigv4_auth_parse(&auth, req, &why)) != 0)
		return rc;
	rc = sigv4_auth_check(
	    &auth, req, &cred, "us-east-1", "polly", NOW, 0, &why);
	sigv4_auth_release(&auth);
	return rc;
}

static struct sigv4_request received;

static int
verify_job(void)
{
	return verify_request(&received);
}

START_TEST(verifying_a_header_survives)
{
	struct sigv4_header all[2 + SIGV4_ADDED_MAX] = { headers[0],
		headers[1] };
	struct sigv4_signed s;

	ck_assert_int_eq(sigv4_sign(&s, &request, &signer, NOW, 0), 0);
	memcpy(all + 2, s.added, s.nadded * sizeof(all[0]));
	received = request;
	received.headers = all;
	received.nheaders = 2 + s.nadded;
	assert_survives(verify_job, SIGV4_VERIFY_NO_MEMORY, 5);
	sigv4_signed_release(&s);
}
END_TEST

START_TEST(verifying_a_query_survives)
{
	struct sigv4_signed s;

	ck_assert_int_eq(sigv4_presign(&s, &request, &signer, NOW, 60, 0), 0);
	received = request;
	received.query = s.query;
	assert_survives(verify_job, SIGV4_VERIFY_NO_MEMORY, 5);
	sigv4_signed_release(&s);
}
END_TEST

static int
append_job(void)
{
	struct es_header h = es_string(":event-type", "AudioEvent");
	static uint8_t audio[3200];
	struct sigv4_chain c;
	struct bytes q;
	char prior[SIGV4_HEX_LEN];
	int rc;

	ck_assert_int_eq(
	    sigv4_chain_init(&c, &cred, "us-east-1", "polly", ""), 0);
	bytes_init(&q, 1 << 20);
	rc = event_signer_append(&c, 0, &h, 1, audio, sizeof(audio), &q);
	memset(prior, 0, sizeof(prior));
	if (rc != 0) {
		ck_assert_mem_eq(c.prior, prior, sizeof(prior));
		ck_assert_uint_eq(bytes_len(&q), 0);
	}
	bytes_release(&q);
	sigv4_chain_release(&c);
	return rc;
}

START_TEST(signing_an_event_survives)
{
	assert_survives(append_job, EVENT_ERR_NOMEM, 1);
}
END_TEST

static int
count_message(const struct es_message *m, void *arg)
{
	ck_assert_uint_eq(m->payload_len, 3200);
	++*(int *)arg;
	return 0;
}

static int
codec_job(void)
{
	struct es_header h = es_string(":event-type", "AudioEvent");
	static uint8_t audio[3200];
	struct es_decoder *d = NULL;
	struct bytes q;
	size_t len;
	int n = 0, rc;

	bytes_init(&q, 1 << 20);
	if ((rc = es_encode(&q, &h, 1, audio, sizeof(audio))) != 0)
		goto out;
	rc = ES_ERR_NOMEM;
	if ((d = es_decoder_new(0, count_message, &n)) == NULL)
		goto out;
	len = bytes_len(&q);
	for (size_t i = 0; i < len; i++) {
		if ((rc = es_decoder_feed(d, q.base + i, 1)) != 0)
			goto out;
	}
	ck_assert_int_eq(n, 1);
out:
	es_decoder_free(d);
	bytes_release(&q);
	return rc;
}

START_TEST(encoding_and_decoding_survive)
{
	/* Queue out, decoder, and its queue as it grows from 256 bytes. */
	assert_survives(codec_job, ES_ERR_NOMEM, 6);
}
END_TEST

/* Text of an exception where jansson has no memory: the payload as it is. */
START_TEST(text_of_an_exception_survives)
{
	static const char payload[] = "{\"Message\":\"slow down\"}";
	struct es_header h = es_string(":exception-type", "X");
	struct es_message m = { &h, 1, (const uint8_t *)payload,
		sizeof(payload) - 1 };
	struct es_event e;
	char text[64];
	unsigned long n;

	json_set_alloc_funcs(failmalloc_malloc, free);
	ck_assert_int_eq(es_event_read(&e, &m), 0);
	for (n = 1;; n++) {
		failmalloc_arm(n);
		es_event_text(&e, text, sizeof(text));
		if (failmalloc_disarm() < n)
			break;
		ck_assert_str_eq(text, payload);
	}
	ck_assert_str_eq(text, "slow down");
	ck_assert_uint_gt(n, 3);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws/signing_nomem");
	TCase *tc = tcase_create("allocation");
	SRunner *r;
	int failed;

	tcase_add_test(tc, signing_survives);
	tcase_add_test(tc, presigning_survives);
	tcase_add_test(tc, verifying_a_header_survives);
	tcase_add_test(tc, verifying_a_query_survives);
	tcase_add_test(tc, signing_an_event_survives);
	tcase_add_test(tc, encoding_and_decoding_survive);
	tcase_add_test(tc, text_of_an_exception_survives);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
