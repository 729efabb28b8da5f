/* with: tests/unit/support/vectors.c */
/* with: tests/unit/support/split.c */
/*
 * eventstream: what must be refused, what is bounded, and what events are
 * called, from PROTOCOL 2.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "aws/eventstream.h"
#include "aws/eventstream_crc.h"
#include "aws/eventstream_event.h"
#include "aws/eventstream_wire.h"
#include "support/split.h"

/* --- events by their headers ---------------------------------------------- */

static int
read_event(struct es_event *e, const struct es_header *headers, size_t n,
    const char *payload)
{
	struct es_message m = { headers, n, (const uint8_t *)payload,
		strlen(payload) };

	return es_event_read(e, &m);
}

START_TEST(kinds_and_names_fall_back)
{
	struct es_header h[3];
	struct es_event e;

	/* An exception named by :event-type (a table of the guide). */
	h[0] = es_string(":message-type", "exception");
	h[1] = es_string(":event-type", "BadRequestException");
	ck_assert_int_eq(read_event(&e, h, 2, "{}"), 0);
	ck_assert(es_event_is(&e, ES_KIND_EXCEPTION, "BadRequestException"));
	h[2] = es_string(":exception-type", "ConflictException");
	ck_assert_int_eq(read_event(&e, h, 3, "{}"), 0);
	ck_assert(es_event_is(&e, ES_KIND_EXCEPTION, "ConflictException"));
	/* No :message-type. */
	ck_assert_int_eq(read_event(&e, h + 1, 1, ""), 0);
	ck_assert(es_event_is(&e, ES_KIND_EVENT, "BadRequestException"));
	ck_assert_int_eq(read_event(&e, h + 1, 2, ""), 0);
	ck_assert(es_event_is(&e, ES_KIND_EXCEPTION, "ConflictException"));
	h[0] = es_string(":error-code", "500");
	ck_assert_int_eq(read_event(&e, h, 1, ""), 0);
	ck_assert(es_event_is(&e, ES_KIND_ERROR, "500"));
	/* A type of message from the future, and an exception without name. */
	h[0] = es_string(":message-type", "metrics");
	ck_assert_int_eq(read_event(&e, h, 1, ""), 0);
	ck_assert(es_event_is(&e, ES_KIND_OTHER, ""));
	h[0] = es_string(":message-type", "exception");
	ck_assert_int_eq(read_event(&e, h, 1, ""), 0);
	ck_assert(es_event_is(&e, ES_KIND_EXCEPTION, ""));
	/* Nothing to go by; a :message-type that is no string is not one. */
	h[0] = es_string(":content-type", "text/plain");
	ck_assert_int_eq(read_event(&e, h, 1, ""), ES_ERR_HEADER);
	h[0] = es_bytes(":message-type", "event", 5);
	ck_assert_int_eq(read_event(&e, h, 1, ""), 0);
	ck_assert_int_eq(e.kind, ES_KIND_OTHER);
}
END_TEST

START_TEST(exceptions_say_something_whatever_they_hold)
{
	static const char *const t[][2] = { { "{\"Message\":\"a\"}", "a" },
		{ "{\"message\":\"b\"}", "b" },
		{ "{\"Message\":null,\"message\":\"c\"}", "c" },
		{ "{\"other\":1}", "{\"other\":1}" }, { "[1]", "[1]" },
		{ "<html>no</html>", "<html>no</html>" }, { "", "" },
		{ "{\"Message\":\"a\\u001b[31m\\nb\"}", "a\\x1b[31m\\nb" },
		{ "\xff\x01", "\\xff\\x01" } };
	struct es_header h = es_string(":exception-type", "X");
	struct es_event e;
	char text[32];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ck_assert_int_eq(read_event(&e, &h, 1, t[i][0]), 0);
		ck_assert_str_eq(
		    es_event_text(&e, text, sizeof(text)), t[i][1]);
	}
	ck_assert_int_eq(read_event(&e, &h, 1, "{\"Message\":\"abc\"}"), 0);
	ck_assert_str_eq(es_event_text(&e, text, 3), "ab");
	ck_assert_str_eq(es_event_text(&e, text, 1), "");
}
END_TEST

START_TEST(headers_are_found_by_name)
{
	struct es_header h[] = { es_string("a", "x"), es_bytes("ab", "y", 1),
		es_timestamp("b", -1) };
	struct es_message m = { h, 3, NULL, 0 };
	size_t len;

	ck_assert_ptr_eq(es_find(&m, "ab"), &h[1]);
	ck_assert_ptr_null(es_find(&m, "abc"));
	ck_assert_ptr_null(es_find(&m, ""));
	ck_assert_str_eq(es_find_string(&m, "a", &len), "x");
	ck_assert_uint_eq(len, 1);
	ck_assert_ptr_null(es_find_string(&m, "ab", &len));
	ck_assert(es_header_is(&h[0], "x"));
	ck_assert(!es_header_is(&h[0], "xy"));
	ck_assert(!es_header_is(&h[1], "y"));
	ck_assert(!es_header_is(NULL, "x"));
}
END_TEST

/* --- limits --------------------------------------------------------------- */

/* Frame bytes as they are: lengths and CRCs right, headers whatever. */
static size_t
frame(uint8_t *out, const void *headers, size_t n, size_t payload_len)
{
	size_t total = ES_OVERHEAD_BYTES + n + payload_len;

	es_put_prelude(out, total, n);
	memcpy(out + ES_PRELUDE_BYTES, headers, n);
	memset(out + ES_PRELUDE_BYTES + n, 'p', payload_len);
	es_put_be(out + total - 4, crc32(0, out, (uInt)total - 4), 4);
	return total;
}

#define HEADERS(bytes)                                                         \
	{                                                                      \
		bytes, sizeof(bytes) - 1                                       \
	}

START_TEST(headers_that_make_no_sense_are_refused)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
		HEADERS("\0"),                    /* no name */
		HEADERS("\0\x07\0\0"),            /* the same, with a value */
		HEADERS("\1"),                    /* name missing */
		HEADERS("\1a"),                   /* type missing */
		HEADERS("\1a\x0a"),               /* no such type */
		HEADERS("\1a\xff"),               /* no such type */
		HEADERS("\1a\2"),                 /* int8 missing */
		HEADERS("\1a\3\1"),               /* int16 cut */
		HEADERS("\1a\4\1\2\3"),           /* int32 cut */
		HEADERS("\1a\5\1\2\3\4\5\6\7"),   /* int64 cut */
		HEADERS("\1a\6\0"),               /* length cut */
		HEADERS("\1a\6\0\1"),             /* value missing */
		HEADERS("\1a\7\0\2x"),            /* value cut */
		HEADERS("\1a\7\x80\0"),           /* 32768 */
		HEADERS("\1a\x08\1\2\3\4\5\6\7"), /* timestamp cut */
		HEADERS("\1a\x09\1\2\3\4\5\6\7\0\1\2\3\4\5\6"), /* uuid cut */
		HEADERS("\1a\0\1a\1"), /* a name twice */
		HEADERS("\1a\0\2b"),   /* second one cut */
	};
	uint8_t buf[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t n = frame(buf, bad[i].bytes, bad[i].n, 3);

		split_assert_any(buf, n, ES_ERR_HEADER, 0, false);
	}
}
END_TEST

START_TEST(values_are_bounded_even_when_they_fit)
{
	struct es_header headers[ES_HEADERS_MAX];
	uint8_t *block = calloc(1, 5 + ES_VALUE_MAX + 1);
	uint8_t *buf = malloc(ES_VALUE_MAX + 64);
	struct es_message m;
	size_t n;

	memcpy(block, "\1a\7\x7f\xff", 5);
	n = frame(buf, block, 5 + ES_VALUE_MAX, 0);
	ck_assert_int_eq(es_decode(&m, headers, buf, n), 0);
	ck_assert_uint_eq(m.headers[0].value.bytes.len, ES_VALUE_MAX);
	memcpy(block, "\1a\7\x80\0", 5);
	n = frame(buf, block, 5 + ES_VALUE_MAX + 1, 0);
	ck_assert_int_eq(es_decode(&m, headers, buf, n), ES_ERR_HEADER);
	free(buf);
	free(block);
}
END_TEST

START_TEST(lengths_that_contradict_are_refused)
{
	static const uint32_t lengths[][2] = { { 0, 0 }, { 15, 0 }, { 16, 1 },
		{ 16, 0xffffffff }, { 20, 5 }, { 0xffffffff, 0 },
		{ ES_MESSAGE_BYTES_MAX + 1, ES_HEADERS_BYTES_MAX },
		{ ES_HEADERS_BYTES_MAX + 17, ES_HEADERS_BYTES_MAX + 1 },
		{ ES_PAYLOAD_BYTES_MAX + 17, 0 } };
	uint8_t buf[ES_OVERHEAD_BYTES] = { 0 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		es_put_prelude(buf, lengths[i][0], lengths[i][1]);
		split_assert_any(buf, sizeof(buf), ES_ERR_SIZE, 0, false);
	}
}
END_TEST

START_TEST(cap_bounds_the_message)
{
	struct split_seen seen;
	struct es_decoder *d;
	uint8_t buf[64];
	size_t n = frame(buf, "\1a\0", 3, 21);

	ck_assert_uint_eq(n, 40);
	split_seen_init(&seen);
	d = es_decoder_new(40, split_on_message, &seen);
	ck_assert_int_eq(es_decoder_feed(d, buf, 40), 0);
	ck_assert_int_eq(es_decoder_feed(d, buf, 20), 0);
	ck_assert_int_eq(es_decoder_feed(d, buf + 20, 20), 0);
	ck_assert_uint_eq(seen.n, 2);
	n = frame(buf, "\1a\0", 3, 22);
	/* Told at the twelfth byte, not at the end. */
	ck_assert_int_eq(es_decoder_feed(d, buf, 11), 0);
	ck_assert_int_eq(es_decoder_feed(d, buf + 11, 1), ES_ERR_SIZE);
	/* And for ever. */
	ck_assert_int_eq(es_decoder_feed(d, buf, n), ES_ERR_SIZE);
	ck_assert(!es_decoder_is_idle(d));
	es_decoder_free(d);
	d = es_decoder_new(1, split_on_message, &seen);
	ck_assert_int_eq(es_decoder_feed(d, buf, n), ES_ERR_SIZE);
	es_decoder_free(d);
	es_decoder_free(NULL);
	bytes_release(&seen.q);
}
END_TEST

START_TEST(receiver_can_stop_the_decoder)
{
	struct split_seen seen;
	struct es_decoder *d;
	uint8_t buf[128];
	size_t n = frame(buf, "", 0, 4);

	memcpy(buf + n, buf, n);
	memcpy(buf + 2 * n, buf, n);
	split_seen_init(&seen);
	seen.stop_at = 2;
	d = es_decoder_new(0, split_on_message, &seen);
	ck_assert_int_eq(es_decoder_feed(d, buf, 3 * n), ES_ERR_STOPPED);
	ck_assert_uint_eq(seen.n, 2);
	ck_assert_int_eq(es_decoder_feed(d, buf, n), ES_ERR_STOPPED);
	ck_assert_uint_eq(seen.n, 2);
	es_decoder_free(d);
	bytes_release(&seen.q);
}
END_TEST

START_TEST(largest_message_goes_both_ways)
{
	uint8_t *payload = malloc(ES_PAYLOAD_BYTES_MAX + 1);
	char names[ES_HEADERS_MAX + 1][4], *value = malloc(ES_VALUE_MAX + 2);
	struct es_header h[ES_HEADERS_MAX + 1];
	struct split_seen seen;
	struct bytes q;
	bool is_idle;

	for (size_t i = 0; i < ES_PAYLOAD_BYTES_MAX; i++)
		payload[i] = (uint8_t)(i * 131);
	memset(value, 'v', ES_VALUE_MAX + 1);
	value[ES_VALUE_MAX + 1] = '\0';
	for (size_t i = 0; i <= ES_HEADERS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "%zu", i);
		h[i] = es_bytes(names[i], value, 600);
	}
	h[0].value.bytes.len = ES_VALUE_MAX;
	bytes_init(&q, ES_MESSAGE_BYTES_MAX);
	ck_assert_int_eq(
	    es_encode(&q, h, ES_HEADERS_MAX, payload, ES_PAYLOAD_BYTES_MAX), 0);
	split_seen_init(&seen);
	ck_assert_int_eq(
	    split_decode(&seen, q.base, bytes_len(&q), 70000, 65536, &is_idle),
	    0);
	ck_assert_uint_eq(seen.n, 1);
	ck_assert(bytes_len(&seen.q) == bytes_len(&q) &&
		  memcmp(seen.q.base, q.base, bytes_len(&q)) == 0);
	bytes_release(&seen.q);
	bytes_reset(&q);
	/* One more of anything is too much, and adds nothing. */
	ck_assert_int_eq(
	    es_encode(&q, h, ES_HEADERS_MAX + 1, NULL, 0), ES_ERR_HEADER);
	ck_assert_int_eq(es_encode(&q, h, 1, payload, ES_PAYLOAD_BYTES_MAX + 1),
	    ES_ERR_SIZE);
	h[0].value.bytes.len++;
	ck_assert_int_eq(es_encode(&q, h, 1, NULL, 0), ES_ERR_HEADER);
	for (size_t i = 0; i < 5; i++)
		h[i].value.bytes.len = 30000;
	ck_assert_int_eq(es_encode(&q, h, 5, NULL, 0), ES_ERR_SIZE);
	ck_assert_uint_eq(bytes_len(&q), 0);
	bytes_release(&q);
	free(value);
	free(payload);
}
END_TEST

START_TEST(encoder_refuses_what_no_decoder_would_take)
{
	struct es_header h = { .name = "n", .name_len = 1, .type = ES_INT8 };
	struct es_header twice[] = { es_string("a", "x"), es_string("a", "y") };
	char name[300];
	struct bytes q;
	static const struct {
		enum es_type type;
		int64_t min, max;
	} ranges[] = { { ES_INT8, INT8_MIN, INT8_MAX },
		{ ES_INT16, INT16_MIN, INT16_MAX },
		{ ES_INT32, INT32_MIN, INT32_MAX } };

	bytes_init(&q, 1024);
	for (size_t i = 0; i < 3; i++) {
		h.type = ranges[i].type;
		h.value.integer = ranges[i].max;
		ck_assert_int_eq(es_encode(&q, &h, 1, NULL, 0), 0);
		h.value.integer++;
		ck_assert_int_eq(es_encode(&q, &h, 1, NULL, 0), ES_ERR_HEADER);
		h.value.integer = ranges[i].min;
		ck_assert_int_eq(es_encode(&q, &h, 1, NULL, 0), 0);
		h.value.integer--;
		ck_assert_int_eq(es_encode(&q, &h, 1, NULL, 0), ES_ERR_HEADER);
	}
	bytes_reset(&q);
	h.type = (enum es_type)10;
	ck_assert_int_eq(es_encode(&q, &h, 1, NULL, 0), ES_ERR_HEADER);
	ck_assert_int_eq(es_encode(&q, twice, 2, NULL, 0), ES_ERR_HEADER);
	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	h = es_string(name, "");
	ck_assert_int_eq(es_encode(&q, &h, 1, NULL, 0), ES_ERR_HEADER);
	h = es_string("", "");
	ck_assert_int_eq(es_encode(&q, &h, 1, NULL, 0), ES_ERR_HEADER);
	ck_assert_uint_eq(bytes_len(&q), 0);
	name[255] = '\0';
	h = es_string(name, "");
	ck_assert_int_eq(es_encode(&q, &h, 1, NULL, 0), 0);
	ck_assert_int_eq(es_encode(&q, &h, 1, name, 600), ES_ERR_FULL);
	bytes_release(&q);
}
END_TEST

START_TEST(integers_keep_their_sign)
{
	static const int64_t values[] = { INT64_MIN, -1, 0, 1, INT64_MAX };
	struct es_header headers[ES_HEADERS_MAX], h = es_timestamp("t", 0);
	struct es_message m;
	struct bytes q;

	bytes_init(&q, 1024);
	for (size_t i = 0; i < 5; i++) {
		h.value.integer = values[i];
		h.type = i % 2 == 0 ? ES_INT64 : ES_TIMESTAMP;
		bytes_reset(&q);
		ck_assert_int_eq(es_encode(&q, &h, 1, NULL, 0), 0);
		ck_assert_int_eq(
		    es_decode(&m, headers, q.base, bytes_len(&q)), 0);
		ck_assert_int_eq(m.headers[0].value.integer, values[i]);
		ck_assert_int_eq(m.headers[0].type, h.type);
	}
	bytes_release(&q);
}
END_TEST

START_TEST(whole_decoding_wants_exactly_one_message)
{
	struct es_header headers[ES_HEADERS_MAX];
	struct es_message m;
	uint8_t buf[64];
	size_t n = frame(buf, "", 0, 4);

	ck_assert_int_eq(es_decode(&m, headers, buf, n), 0);
	ck_assert_int_eq(es_decode(&m, headers, buf, n + 1), ES_ERR_SIZE);
	ck_assert_int_eq(es_decode(&m, headers, buf, n - 1), ES_ERR_SIZE);
	for (size_t i = 0; i < ES_OVERHEAD_BYTES; i++)
		ck_assert_int_eq(es_decode(&m, headers, buf, i), ES_ERR_SIZE);
}
END_TEST

START_TEST(crc_is_zlibs_by_every_method_at_every_length)
{
	static uint8_t buf[2200];
	enum es_crc_method best = es_crc32_best();

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)(i * i * 31 + (i >> 3));
	for (int method = ES_CRC_ZLIB; method <= (int)best; method++) {
		for (size_t n = 0; n <= 2100; n++) {
			const uint8_t *p = buf + n % 67;
			uint32_t seed = (uint32_t)(n * 2654435761u);

			if (es_crc32_by((enum es_crc_method)method, seed, p,
				n) != crc32_z(seed, p, n))
				ck_abort_msg("method %d, %zu bytes", method, n);
		}
	}
	ck_assert_uint_eq(es_crc32(0, "123456789", 9), 0xcbf43926);
}
END_TEST

START_TEST(crcs_are_joined_as_zlib_does)
{
	for (size_t n = 0; n <= 5000; n += n < 70 ? 1 : 61) {
		uint32_t first = (uint32_t)(n * 2654435761u + 1),
			 second = (uint32_t)(n * 40503u);
		uint32_t got =
		    es_crc32_join(first, second, es_crc32_join_op(n));

		if (got != crc32_combine(first, second, (z_off_t)n))
			ck_abort_msg("%zu bytes", n);
	}
}
END_TEST

START_TEST(every_code_has_its_text)
{
	ck_assert_str_eq(es_strerror(0), "no error");
	ck_assert_str_eq(
	    es_strerror(ES_ERR_CRC), "event stream checksum does not match");
	ck_assert_str_eq(es_strerror(ES_ERR_FULL), "output queue is full");
	ck_assert_str_eq(es_strerror(99), "unknown error");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws/eventstream_rules");
	TCase *tc = tcase_create("rules");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, kinds_and_names_fall_back);
	tcase_add_test(tc, exceptions_say_something_whatever_they_hold);
	tcase_add_test(tc, headers_are_found_by_name);
	tcase_add_test(tc, headers_that_make_no_sense_are_refused);
	tcase_add_test(tc, values_are_bounded_even_when_they_fit);
	tcase_add_test(tc, lengths_that_contradict_are_refused);
	tcase_add_test(tc, cap_bounds_the_message);
	tcase_add_test(tc, receiver_can_stop_the_decoder);
	tcase_add_test(tc, largest_message_goes_both_ways);
	tcase_add_test(tc, encoder_refuses_what_no_decoder_would_take);
	tcase_add_test(tc, integers_keep_their_sign);
	tcase_add_test(tc, whole_decoding_wants_exactly_one_message);
	tcase_add_test(tc, crc_is_zlibs_by_every_method_at_every_length);
	tcase_add_test(tc, crcs_are_joined_as_zlib_does);
	tcase_add_test(tc, every_code_has_its_text);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
