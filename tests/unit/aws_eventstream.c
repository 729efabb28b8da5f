/* with: tests/unit/support/vectors.c */
/* with: tests/unit/support/split.c */
/*
 * eventstream: the vectors of AWS's SDKs (Go, smithy-rs) and messages of our
 * services, to bytes and back, in every split.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "aws/eventstream.h"
#include "aws/eventstream_event.h"
#include "aws/eventstream_wire.h"
#include "base/b64.h"
#include "support/split.h"
#include "support/vectors.h"

static char **positives, **negatives;
static size_t npositives, nnegatives;

#define NSERVICE 16

/* --- vectors -------------------------------------------------------------- */

static uint8_t *
unbase64(const char *s, size_t *len)
{
	uint8_t *p = malloc(strlen(s) + 1);
	long n = b64_decode(p, s, strlen(s));

	ck_assert_int_ge(n, 0);
	*len = (size_t)n;
	return p;
}

static void
assert_header(const struct es_header *h, const json_t *want)
{
	const json_t *value = json_object_get(want, "value");
	const char *name = vectors_str(want, "name");
	uint8_t *bytes;
	size_t len;

	ck_assert_uint_eq(h->name_len, strlen(name));
	ck_assert_mem_eq(h->name, name, h->name_len);
	ck_assert_int_eq((json_int_t)h->type,
	    json_integer_value(json_object_get(want, "type")));
	switch (h->type) {
	case ES_TRUE:
	case ES_FALSE:
		ck_assert_int_eq(h->type == ES_TRUE, json_is_true(value));
		break;
	case ES_BYTES:
	case ES_STRING:
		bytes = unbase64(json_string_value(value), &len);
		ck_assert_bytes_eq(
		    h->value.bytes.p, h->value.bytes.len, bytes, len);
		free(bytes);
		break;
	case ES_UUID:
		bytes = unbase64(json_string_value(value), &len);
		ck_assert_bytes_eq(h->value.uuid, 16, bytes, len);
		free(bytes);
		break;
	case ES_INT32:
		/* The file has an unsigned one, 40972, which fits. */
	default:
		ck_assert_int_eq(h->value.integer, json_integer_value(value));
	}
}

START_TEST(decodes_a_positive_vector)
{
	struct es_header headers[ES_HEADERS_MAX];
	const char *name = positives[_i];
	struct es_message m;
	const json_t *list;
	json_t *want;
	uint8_t *bytes, *payload;
	size_t len, payload_len;

	bytes = (uint8_t *)vectors_read(
	    &len, "eventstream/encoded/positive/%s", name);
	want = vectors_json("eventstream/decoded/positive/%s", name);
	list = json_object_get(want, "headers");
	ck_assert_int_eq(es_decode(&m, headers, bytes, len), 0);
	ck_assert_int_eq(
	    json_integer_value(json_object_get(want, "total_length")),
	    (json_int_t)len);
	ck_assert_uint_eq(m.nheaders, json_array_size(list));
	for (size_t i = 0; i < m.nheaders; i++)
		assert_header(&m.headers[i], json_array_get(list, i));
	payload = unbase64(vectors_str(want, "payload"), &payload_len);
	ck_assert_bytes_eq(m.payload, m.payload_len, payload, payload_len);
	/* The CRC is printed as a signed number. */
	ck_assert_uint_eq(es_get_be(bytes + len - 4, 4),
	    (uint32_t)json_integer_value(json_object_get(want, "message_crc")));
	ck_assert_uint_eq(es_get_be(bytes + 8, 4),
	    (uint32_t)json_integer_value(json_object_get(want, "prelude_crc")));
	free(payload);
	free(bytes);
	json_decref(want);
}
END_TEST

/* Decoded and encoded again it is the same bytes, in any split. */
static void
assert_round_trip(const uint8_t *p, size_t n)
{
	struct split_seen seen;
	bool is_idle;

	split_assert_any(p, n, 0, 1, true);
	split_seen_init(&seen);
	ck_assert_int_eq(split_decode(&seen, p, n, n, n, &is_idle), 0);
	ck_assert_bytes_eq(seen.q.base, bytes_len(&seen.q), p, n);
	bytes_release(&seen.q);
	/* A stream that ends early is never idle, and shows nothing. */
	for (size_t i = 1; i < n; i++) {
		split_seen_init(&seen);
		ck_assert_int_eq(split_decode(&seen, p, i, i, i, &is_idle), 0);
		ck_assert_uint_eq(seen.n, 0);
		ck_assert(!is_idle);
		bytes_release(&seen.q);
	}
}

START_TEST(round_trips_a_positive_vector_in_any_split)
{
	size_t len;
	char *bytes = vectors_read(
	    &len, "eventstream/encoded/positive/%s", positives[_i]);

	assert_round_trip((uint8_t *)bytes, len);
	free(bytes);
}
END_TEST

START_TEST(refuses_a_negative_vector_in_any_split)
{
	struct es_header headers[ES_HEADERS_MAX];
	struct es_message m;
	size_t len;
	char *bytes = vectors_read(
	    &len, "eventstream/encoded/negative/%s", negatives[_i]);
	char *why = vectors_read(
	    NULL, "eventstream/decoded/negative/%s", negatives[_i]);

	ck_assert_ptr_nonnull(strstr(why, "checksum mismatch"));
	split_assert_any((uint8_t *)bytes, len, ES_ERR_CRC, 0, false);
	ck_assert_int_eq(
	    es_decode(&m, headers, (uint8_t *)bytes, len), ES_ERR_CRC);
	free(why);
	free(bytes);
}
END_TEST

static const struct {
	const char *name;
	int rc;       /* as it is */
	int behind;   /* with the message CRC made right */
	size_t total; /* of the first message, 0: the file */
} smithy[] = {
	{ "valid_empty_payload", 0, 0, 0 },
	{ "valid_no_headers", 0, 0, 0 },
	{ "valid_with_all_headers_and_payload", 0, 0, 0 },
	{ "invalid_header_name_length", ES_ERR_CRC, ES_ERR_HEADER, 0 },
	{ "invalid_header_name_length_too_long", ES_ERR_CRC, ES_ERR_HEADER,
	    93 },
	{ "invalid_header_string_length_cut_off", ES_ERR_CRC, ES_ERR_HEADER,
	    0 },
	{ "invalid_header_string_value_length", ES_ERR_CRC, ES_ERR_HEADER, 0 },
	{ "invalid_header_value_type", ES_ERR_CRC, ES_ERR_HEADER, 0 },
	/* 77 bytes of headers in 89: seen before the message CRC. */
	{ "invalid_headers_length", ES_ERR_SIZE, ES_ERR_SIZE, 0 },
	{ "invalid_message_checksum", ES_ERR_CRC, 0, 0 },
	{ "invalid_prelude_checksum", ES_ERR_CRC, ES_ERR_CRC, 0 },
};
#define NSMITHY (int)(sizeof(smithy) / sizeof(smithy[0]))

START_TEST(judges_a_vector_of_smithy_rs_in_any_split)
{
	size_t len;
	uint8_t *p = (uint8_t *)vectors_read(
	    &len, "eventstream/smithy-rs/%s", smithy[_i].name);

	if (smithy[_i].rc == 0)
		assert_round_trip(p, len);
	else
		split_assert_any(p, len, smithy[_i].rc, 0, false);
	/* Behind the checksum, which hides the fault in the name. */
	if (smithy[_i].total != 0)
		len = smithy[_i].total;
	es_put_be(p + len - 4, crc32(0, p, (uInt)len - 4), 4);
	split_assert_any(p, len, smithy[_i].behind, smithy[_i].behind == 0,
	    smithy[_i].behind == 0);
	free(p);
}
END_TEST

/* --- messages of the services --------------------------------------------- */

static json_t *service_messages;

static const json_t *
service_message(size_t i)
{
	if (service_messages == NULL)
		service_messages =
		    vectors_json("eventstream/service-messages.json");
	return json_array_get(json_object_get(service_messages, "messages"), i);
}

START_TEST(encodes_a_service_message_as_the_sdk_does)
{
	const json_t *v = service_message((size_t)_i), *list, *h;
	struct es_header headers[8];
	size_t len, payload_len, i;
	uint8_t *want = vectors_hex(v, "message_hex", &len);
	uint8_t *payload = vectors_hex(v, "payload_hex", &payload_len);
	struct bytes q;

	list = json_object_get(v, "headers");
	ck_assert_uint_le(json_array_size(list), 8);
	json_array_foreach(list, i, h)
	{
		ck_assert_str_eq(vectors_str(h, "type"), "string");
		headers[i] =
		    es_string(vectors_str(h, "name"), vectors_str(h, "value"));
	}
	bytes_init(&q, 65536);
	ck_assert_int_eq(
	    es_encode(&q, headers, json_array_size(list), payload, payload_len),
	    0);
	ck_assert_bytes_eq(q.base, bytes_len(&q), want, len);
	assert_round_trip(want, len);
	bytes_release(&q);
	free(payload);
	free(want);
}
END_TEST

START_TEST(decodes_all_service_messages_in_one_stream_cut_anywhere)
{
	struct bytes q;
	size_t len;

	bytes_init(&q, 65536);
	for (size_t i = 0; i < NSERVICE; i++) {
		uint8_t *p =
		    vectors_hex(service_message(i), "message_hex", &len);

		bytes_append(&q, p, len);
		free(p);
	}
	split_assert_any(q.base, bytes_len(&q), 0, NSERVICE, true);
	bytes_release(&q);
}
END_TEST

/* What each message is, written down here from the file's own notes. */
static const struct {
	const char *name;
	enum es_kind kind;
	const char *type, *text;
} meanings[NSERVICE] = {
	{ "transcribe-partial", ES_KIND_EVENT, "TranscriptEvent", NULL },
	{ "transcribe-final", ES_KIND_EVENT, "TranscriptEvent", NULL },
	{ "transcribe-no-results", ES_KIND_EVENT, "TranscriptEvent",
	    "{\"Transcript\":{\"Results\":[]}}" },
	{ "transcribe-bad-request", ES_KIND_EXCEPTION, "BadRequestException",
	    "Your request timed out because no new audio was received for 15 "
	    "seconds." },
	{ "transcribe-limit-exceeded", ES_KIND_EXCEPTION,
	    "LimitExceededException", "example limit message" },
	{ "transcribe-unknown-event", ES_KIND_EVENT, "FutureEvent",
	    "{\"Something\":{\"New\":1}}" },
	{ "polly-audio", ES_KIND_EVENT, "AudioEvent", NULL },
	{ "polly-audio-empty", ES_KIND_EVENT, "AudioEvent", "" },
	{ "polly-stream-closed", ES_KIND_EVENT, "StreamClosedEvent",
	    "{\"RequestCharacters\":13}" },
	{ "polly-validation", ES_KIND_EXCEPTION, "ValidationException",
	    "example validation message" },
	{ "polly-quota-idle", ES_KIND_EXCEPTION,
	    "ServiceQuotaExceededException", "example quota message" },
	{ "polly-quota-duration", ES_KIND_EXCEPTION,
	    "ServiceQuotaExceededException", "example quota message" },
	{ "polly-throttling", ES_KIND_EXCEPTION, "ThrottlingException",
	    "Rate exceeded" },
	{ "polly-failure", ES_KIND_EXCEPTION, "ServiceFailureException",
	    "Service is unavailable" },
	{ "error-message", ES_KIND_ERROR, "InternalError",
	    "example internal error" },
	{ "exception-unknown", ES_KIND_EXCEPTION, "FutureException",
	    "example" },
};

START_TEST(knows_what_a_service_message_is)
{
	const json_t *v = service_message((size_t)_i);
	struct es_header headers[ES_HEADERS_MAX];
	struct es_message m;
	struct es_event e;
	char text[256];
	size_t len;
	uint8_t *p = vectors_hex(v, "message_hex", &len);

	ck_assert_str_eq(vectors_str(v, "name"), meanings[_i].name);
	ck_assert_int_eq(es_decode(&m, headers, p, len), 0);
	ck_assert_int_eq(es_event_read(&e, &m), 0);
	ck_assert(es_event_is(&e, meanings[_i].kind, meanings[_i].type));
	ck_assert_ptr_eq(e.payload, m.payload);
	ck_assert_uint_eq(e.payload_len, m.payload_len);
	if (meanings[_i].text != NULL)
		ck_assert_str_eq(
		    es_event_text(&e, text, sizeof(text)), meanings[_i].text);
	free(p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws/eventstream");
	TCase *tc = tcase_create("vectors");
	bool found = vectors_found();
	SRunner *r;
	int failed;

	if (found) {
		positives =
		    vectors_list("eventstream/encoded/positive", &npositives);
		negatives =
		    vectors_list("eventstream/encoded/negative", &nnegatives);
		tcase_add_loop_test(
		    tc, decodes_a_positive_vector, 0, (int)npositives);
		tcase_add_loop_test(tc,
		    round_trips_a_positive_vector_in_any_split, 0,
		    (int)npositives);
		tcase_add_loop_test(tc, refuses_a_negative_vector_in_any_split,
		    0, (int)nnegatives);
		tcase_add_loop_test(
		    tc, judges_a_vector_of_smithy_rs_in_any_split, 0, NSMITHY);
		tcase_add_loop_test(
		    tc, encodes_a_service_message_as_the_sdk_does, 0, NSERVICE);
		tcase_add_test(tc,
		    decodes_all_service_messages_in_one_stream_cut_anywhere);
		tcase_add_loop_test(
		    tc, knows_what_a_service_message_is, 0, NSERVICE);
	}
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	if (found && (npositives != 5 || nnegatives != 4)) {
		printf("%zu and %zu vectors, not 5 and 4\n", npositives,
		    nnegatives);
		failed = 1;
	}
	return vectors_status(failed, found);
}
