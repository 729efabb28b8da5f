/* event_signer and the chain: rules that the vectors (aws_eventsigning.c) do
 * not cover. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "aws/event_signer.h"

static const struct sigv4_credentials plain = { "AKIDEXAMPLE", "secret", NULL };
#define SEED "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

START_TEST(errors_move_neither_chain_nor_queue)
{
	struct es_header h = es_string(":event-type", "AudioEvent");
	struct es_header bad = es_string("", "");
	struct sigv4_chain chain, before;
	struct bytes q;

	ck_assert_int_eq(
	    sigv4_chain_init(&chain, &plain, "us-east-1", "polly", SEED), 0);
	before = chain;
	bytes_init(&q, 100);
	bytes_append(&q, "x", 1);
	ck_assert_int_eq(
	    event_signer_append(&chain, 0, &h, 1, NULL, 0, &q), EVENT_ERR_FULL);
	ck_assert_int_eq(
	    event_signer_append_encoded(&chain, 0, "0123456789abcdefg", 17, &q),
	    EVENT_ERR_FULL);
	ck_assert_int_eq(event_signer_append(&chain, 0, &bad, 1, NULL, 0, &q),
	    EVENT_ERR_HEADER);
	ck_assert_int_eq(event_signer_append(&chain, 0, &h, 1, NULL,
			     ES_PAYLOAD_BYTES_MAX + 1, &q),
	    EVENT_ERR_SIZE);
	ck_assert_int_eq(
	    event_signer_append_end(&chain, -1, &q), EVENT_ERR_DATE);
	ck_assert_int_eq(
	    event_signer_append_end(&chain, INT64_C(253402300800000), &q),
	    EVENT_ERR_DATE);
	ck_assert_uint_eq(bytes_len(&q), 1);
	ck_assert_mem_eq(&chain, &before, sizeof(chain));
	ck_assert_int_eq(
	    event_signer_append_encoded(&chain, 0, "0123456789abcdef", 16, &q),
	    0);
	ck_assert_uint_eq(bytes_len(&q), 100);
	bytes_release(&q);
}
END_TEST

START_TEST(chains_are_not_started_with_nonsense)
{
	struct sigv4_credentials cred = { "AKIDEXAMPLE", "", NULL };
	struct sigv4_chain c;

	ck_assert_int_eq(
	    sigv4_chain_init(&c, &cred, "r", "s", SEED), SIGV4_ERR_KEY);
	cred.secret_access_key = NULL;
	ck_assert_int_eq(
	    sigv4_chain_init(&c, &cred, "r", "s", SEED), SIGV4_ERR_KEY);
	ck_assert_int_eq(
	    sigv4_chain_init(&c, &plain, "r/", "s", SEED), SIGV4_ERR_SCOPE);
	ck_assert_int_eq(
	    sigv4_chain_init(&c, &plain, "r", "", SEED), SIGV4_ERR_SCOPE);
	ck_assert_int_eq(
	    sigv4_chain_init(&c, &plain, "r", "s", SEED "0"), SIGV4_ERR_INPUT);
	ck_assert_int_eq(
	    sigv4_chain_init(&c, &plain, "r", "s", "xyz"), SIGV4_ERR_INPUT);
	ck_assert_int_eq(sigv4_chain_init(&c, &plain, "r", "s", ""), 0);
	sigv4_chain_release(&c);
	for (size_t i = 0; i < sizeof(c); i++)
		ck_assert_uint_eq(((unsigned char *)&c)[i], 0);
}
END_TEST

START_TEST(longest_names_fit_the_string_to_sign)
{
	char name[SIGV4_NAME_MAX];
	uint8_t mac[SIGV4_HASH_BYTES];
	struct sigv4_chain c;

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(sigv4_chain_init(&c, &plain, name, name, SEED), 0);
	ck_assert_int_eq(sigv4_chain_sign(&c, 0, NULL, 0, mac), 0);
	/* 25 + 17 + (8 + 64 + 64 + 13 + 1) + 65 + 65 + 64 */
	ck_assert_uint_eq(strlen(sigv4_chain_string_to_sign(&c)), 386);
	sigv4_chain_release(&c);
}
END_TEST

START_TEST(envelopes_without_their_headers_are_unsigned)
{
	uint8_t mac[SIGV4_HASH_BYTES] = { 0 };
	struct es_header h[2] = { es_timestamp(":date", 0),
		es_bytes(":chunk-signature", mac, sizeof(mac)) };
	struct es_message m = { h, 2, NULL, 0 };
	struct event_inner inner;
	struct sigv4_chain c;

	ck_assert_int_eq(
	    sigv4_chain_init(&c, &plain, "us-east-1", "polly", SEED), 0);
	ck_assert_int_eq(
	    event_signer_open(&c, &m, 0, 0, &inner), EVENT_ERR_MISMATCH);
	m.nheaders = 1;
	ck_assert_int_eq(
	    event_signer_open(&c, &m, 0, 0, &inner), EVENT_ERR_UNSIGNED);
	m.nheaders = 2;
	h[1].value.bytes.len = 31;
	ck_assert_int_eq(
	    event_signer_open(&c, &m, 0, 0, &inner), EVENT_ERR_UNSIGNED);
	h[1] = es_string(":chunk-signature", SEED);
	ck_assert_int_eq(
	    event_signer_open(&c, &m, 0, 0, &inner), EVENT_ERR_UNSIGNED);
	h[1] = es_bytes(":chunk-signature", mac, sizeof(mac));
	h[0].value.integer = -1;
	ck_assert_int_eq(
	    event_signer_open(&c, &m, 0, 0, &inner), EVENT_ERR_DATE);
	h[0].value.integer = INT64_MAX;
	ck_assert_int_eq(
	    event_signer_open(&c, &m, 0, -1, &inner), EVENT_ERR_DATE);
	h[0].type = ES_INT64;
	ck_assert_int_eq(
	    event_signer_open(&c, &m, 0, 0, &inner), EVENT_ERR_UNSIGNED);
}
END_TEST

START_TEST(dates_are_cut_to_the_second)
{
	ck_assert_int_eq(event_date_ms(1767323045779), 1767323045000);
	ck_assert_int_eq(event_date_ms(1767323045000), 1767323045000);
	ck_assert_int_eq(event_date_ms(999), 0);
}
END_TEST

START_TEST(every_code_has_its_text)
{
	ck_assert_str_eq(event_strerror(0), "no error");
	ck_assert_str_eq(event_strerror(EVENT_ERR_MISMATCH),
	    "signature of the event does not match");
	ck_assert_str_eq(event_strerror(5), "unknown error");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws/event_signer");
	TCase *tc = tcase_create("rules");
	SRunner *r;
	int failed;

	tcase_add_test(tc, errors_move_neither_chain_nor_queue);
	tcase_add_test(tc, chains_are_not_started_with_nonsense);
	tcase_add_test(tc, longest_names_fit_the_string_to_sign);
	tcase_add_test(tc, envelopes_without_their_headers_are_unsigned);
	tcase_add_test(tc, dates_are_cut_to_the_second);
	tcase_add_test(tc, every_code_has_its_text);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
