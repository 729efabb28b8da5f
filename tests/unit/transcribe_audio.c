/* with: cmd/transcribe/backlog.c cmd/transcribe/timeline.c */
/*
 * What transcribe keeps of the audio, and how a session's time is mapped to the
 * stream's.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/transcribe/backlog.h"
#include "../../cmd/transcribe/timeline.h"
#include "base/pcm.h"

#define SECOND PCM_BYTES_PER_S

static struct backlog b;
static struct timeline t;
static uint8_t block[SECOND];

static void
set_up(void)
{
	backlog_init(&b, 1);
	timeline_init(&t);
	memset(block, 0, sizeof(block));
}

static void
tear_down(void)
{
	backlog_release(&b);
	timeline_release(&t);
}

START_TEST(keeps_ten_minutes_and_no_more)
{
	for (int i = 0; i < 600; i++) {
		ck_assert_uint_ge(backlog_room(&b), SECOND);
		ck_assert_int_eq(backlog_add(&b, block, SECOND, i), 0);
	}
	ck_assert_uint_eq(backlog_room(&b), 0);
	backlog_discard(&b, 100 * SECOND);
	ck_assert_uint_eq(backlog_room(&b), 100 * SECOND);
	ck_assert_uint_eq(b.begin, 100 * SECOND);
	ck_assert_uint_eq(b.end, 600 * SECOND);
}
END_TEST

START_TEST(gives_bytes_by_stream_position)
{
	const uint8_t *p;
	size_t len;

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (uint8_t)(i / 100);
	backlog_add(&b, block, SECOND, 1);
	backlog_add(&b, block, SECOND, 2);
	backlog_discard(&b, 5000);
	p = backlog_peek(&b, 5000, 200, &len);
	ck_assert_uint_eq(len, 200);
	ck_assert_uint_eq(p[0], 50);
	ck_assert_uint_eq(p[199], 51);
	p = backlog_peek(&b, 2 * SECOND - 10, 3200, &len);
	ck_assert_uint_eq(len, 10);
	backlog_peek(&b, 2 * SECOND, 1, &len);
	ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(knows_when_each_sample_came)
{
	for (int i = 0; i < 100; i++)
		backlog_add(&b, block, 3200, 1000 + i * 100);
	ck_assert_double_eq(backlog_arrival_ms(&b, 1), 1000);
	ck_assert_double_eq(backlog_arrival_ms(&b, 3200), 1000);
	ck_assert_double_eq(backlog_arrival_ms(&b, 3201), 1100);
	ck_assert_double_eq(backlog_arrival_ms(&b, 50 * 3200), 1000 + 4900);
	backlog_discard(&b, 50 * 3200);
	ck_assert_double_eq(backlog_arrival_ms(&b, 50 * 3200 + 2), 1000 + 5000);
	ck_assert_double_eq(backlog_arrival_ms(&b, 100 * 3200), 1000 + 9900);
	ck_assert_double_eq(backlog_arrival_ms(&b, 900 * 3200), 1000 + 9900);
}
END_TEST

START_TEST(small_reads_share_a_mark)
{
	for (int i = 0; i < 100000; i++)
		ck_assert_int_eq(backlog_add(&b, block, 2, i), 0);
	ck_assert_uint_lt(bytes_len(&b.marks), 400 * 16);
	/* Within a mark's width of the truth: 320 samples. */
	ck_assert_double_eq_tol(backlog_arrival_ms(&b, 100000), 50000, 330);
}
END_TEST

START_TEST(cuts_where_it_is_quiet)
{
	int16_t loud[16000];
	uint64_t at;

	for (int i = 0; i < 16000; i++)
		loud[i] = (int16_t)(i % 2 == 0 ? 9000 : -9000);
	memset(loud + 6000, 0, 2000 * sizeof(loud[0]));
	backlog_add(&b, loud, sizeof(loud), 1);
	at = backlog_quietest(&b, 0, sizeof(loud));
	ck_assert_uint_ge(at, 6000 * 2);
	ck_assert_uint_le(at, 8000 * 2);
	ck_assert_uint_eq(at % 2, 0);
}
END_TEST

/* Two seconds of stream from 10 s on, one of silence, one more of stream. */
/* n_ms of a square wave. */
static void
play(int amplitude, int ms)
{
	uint8_t pcm[20 * PCM_BYTES_PER_MS];

	for (size_t i = 0; i < sizeof(pcm) / 2; i++) {
		int v = i % 32 < 16 ? amplitude : -amplitude;

		pcm[2 * i] = (uint8_t)v;
		pcm[2 * i + 1] = (uint8_t)(v >> 8);
	}
	for (; ms > 0; ms -= 20)
		backlog_add(&b, pcm, sizeof(pcm), 1);
}

START_TEST(knows_how_loud_it_is)
{
	ck_assert_double_eq_tol(backlog_loud_dbfs(&b), -96.3, 0.1);
	play(3277, 1000); /* a tenth of full scale */
	ck_assert_double_eq_tol(backlog_loud_dbfs(&b), -20, 0.1);
	ck_assert_double_eq_tol(backlog_dbfs(&b, 0, SECOND), -20, 0.1);
	play(0, 5000);
	ck_assert_double_eq_tol(backlog_loud_dbfs(&b), -25, 0.2);
	ck_assert_double_eq_tol(
	    backlog_dbfs(&b, SECOND, 2 * SECOND), -96.3, 0.1);
	ck_assert_double_eq_tol(backlog_dbfs(&b, SECOND, 0), -96.3, 0.1);
}
END_TEST

START_TEST(a_pause_is_found_behind_what_was_sent)
{
	uint64_t searched = 0, cut = 0;

	play(3277, 1000);
	ck_assert(!backlog_find_pause(&b, SECOND / 2, &searched, &cut));
	play(100, 400); /* a room, 30 dB below the voice */
	ck_assert(backlog_find_pause(&b, SECOND / 2, &searched, &cut));
	ck_assert_uint_ge(cut, SECOND + pcm_bytes_of_ms(100));
	ck_assert_uint_le(cut, SECOND + pcm_bytes_of_ms(300));
	/* All of it was sent: the cut is no earlier. */
	searched = 0;
	ck_assert(backlog_find_pause(&b, b.end, &searched, &cut));
	ck_assert_uint_eq(cut, b.end);
	/* Words again behind it, and those were sent. */
	play(3277, 200);
	searched = 0;
	ck_assert(!backlog_find_pause(&b, b.end, &searched, &cut));
}
END_TEST

START_TEST(no_pause_is_found_in_noise_or_in_words)
{
	uint64_t searched = 0, cut = 0;

	play(3277, 1000);
	play(1000, 2000); /* 10 dB less */
	ck_assert(!backlog_find_pause(&b, 0, &searched, &cut));
	play(0, 200); /* too short */
	ck_assert(!backlog_find_pause(&b, 0, &searched, &cut));
	/* What is gone cannot be looked at. */
	backlog_discard(&b, b.end);
	searched = 0;
	ck_assert(!backlog_find_pause(&b, SECOND, &searched, &cut));
}
END_TEST

START_TEST(a_session_that_stood_by_begins_where_it_is_told)
{
	timeline_add(&t, 0, 3200, true);
	timeline_add(&t, 0, 3200, true);
	timeline_move(&t, 64000);
	timeline_add(&t, 64000, 3200, false);
	ck_assert_uint_eq(timeline_stream_pos(&t, 0), 64000);
	ck_assert_uint_eq(timeline_stream_pos(&t, 200), 64000);
	ck_assert_uint_eq(timeline_stream_pos(&t, 250), 64000 + 1600);
}
END_TEST

START_TEST(silence_does_not_count_as_stream_time)
{
	uint64_t from = 10 * SECOND;

	ck_assert_int_eq(timeline_add(&t, from, 2 * SECOND, false), 0);
	ck_assert_int_eq(timeline_add(&t, from + 2 * SECOND, SECOND, true), 0);
	ck_assert_int_eq(timeline_add(&t, from + 2 * SECOND, SECOND, false), 0);
	ck_assert_uint_eq(timeline_stream_pos(&t, 0), from);
	ck_assert_uint_eq(timeline_stream_pos(&t, 500), from + SECOND / 2);
	ck_assert_uint_eq(timeline_stream_pos(&t, 2000), from + 2 * SECOND);
	ck_assert_uint_eq(timeline_stream_pos(&t, 2500), from + 2 * SECOND);
	ck_assert_uint_eq(timeline_stream_pos(&t, 3000), from + 2 * SECOND);
	ck_assert_uint_eq(
	    timeline_stream_pos(&t, 3500), from + 2 * SECOND + SECOND / 2);
	ck_assert_uint_eq(timeline_stream_pos(&t, 99999), from + 3 * SECOND);
}
END_TEST

START_TEST(an_unbroken_stream_is_one_span)
{
	for (int i = 0; i < 1000; i++)
		timeline_add(&t, (uint64_t)i * 3200, 3200, false);
	ck_assert_uint_eq(t.n, 1);
	for (int i = 0; i < 1000; i++)
		timeline_add(&t, 1000 * 3200, 3200, true);
	ck_assert_uint_eq(t.n, 2);
	ck_assert_uint_eq(timeline_stream_pos(&t, 50000), 50 * SECOND);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("transcribe/audio");
	TCase *tc = tcase_create("audio");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, keeps_ten_minutes_and_no_more);
	tcase_add_test(tc, gives_bytes_by_stream_position);
	tcase_add_test(tc, knows_when_each_sample_came);
	tcase_add_test(tc, small_reads_share_a_mark);
	tcase_add_test(tc, cuts_where_it_is_quiet);
	tcase_add_test(tc, knows_how_loud_it_is);
	tcase_add_test(tc, a_pause_is_found_behind_what_was_sent);
	tcase_add_test(tc, no_pause_is_found_in_noise_or_in_words);
	tcase_add_test(tc, a_session_that_stood_by_begins_where_it_is_told);
	tcase_add_test(tc, silence_does_not_count_as_stream_time);
	tcase_add_test(tc, an_unbroken_stream_is_one_span);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
