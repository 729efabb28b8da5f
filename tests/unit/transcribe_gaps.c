/* with: cmd/transcribe/gaps.c cmd/transcribe/backlog.c */
/* with: cmd/transcribe/captions.c cmd/transcribe/session.c */
/* with: cmd/transcribe/session_send.c cmd/transcribe/timeline.c */
/*
 * Which part of a missed stretch is heard in front of the live audio and which
 * beside it.  Positions are given in seconds of the stream.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/transcribe/gaps.h"
#include "../../cmd/transcribe/session_priv.h"
#include "base/pcm.h"

#define SECOND ((uint64_t)PCM_BYTES_PER_S)

static struct sessions s;
static struct sessions_range *live;
static struct backlog b;
static struct captions captions;
static uint8_t block[PCM_BYTES_PER_S];

static void
set_up(void)
{
	memset(&s, 0, sizeof(s));
	memset(&captions, 0, sizeof(captions));
	backlog_init(&b, 1);
	s.config.backlog = &b;
	s.config.captions = &captions;
	s.was_ready = true;
	live = &s.ranges[0];
	live->is_used = true;
	live->until = SESSION_LIVE;
	live->is_failing = true;
	live->due_at_ms = 1000;
}

static void
tear_down(void)
{
	backlog_release(&b);
}

/* n more seconds of audio have been read. */
static void
read_s(unsigned int n)
{
	for (; n > 0; n--)
		ck_assert_int_eq(backlog_add(&b, block, sizeof(block), 1), 0);
}

static size_t
count_late(void)
{
	size_t n = 0;

	for (size_t i = 1; i < SESSIONS_MAX; i++)
		n += s.ranges[i].is_used;
	return n;
}

static struct sessions_range *
any_late(void)
{
	for (size_t i = 1; i < SESSIONS_MAX; i++)
		if (s.ranges[i].is_used)
			return &s.ranges[i];
	ck_abort_msg("there is no late range");
	return NULL;
}

START_TEST(a_short_gap_stays_in_front)
{
	live->from = 8 * SECOND;
	live->due_pos = 10 * SECOND;
	read_s(13);
	gaps_split(&s, 1000 + 3000);
	ck_assert_uint_eq(count_late(), 0);
	ck_assert_uint_eq(live->from, 8 * SECOND);
}
END_TEST

START_TEST(a_long_gap_is_cut_near_the_live_audio)
{
	live->from = 8 * SECOND;
	live->due_pos = 10 * SECOND;
	read_s(20);
	gaps_split(&s, 1000 + 10000);
	ck_assert_uint_eq(count_late(), 1);
	ck_assert_uint_eq(any_late()->from, 8 * SECOND);
	ck_assert_uint_eq(any_late()->until, live->from);
	ck_assert_uint_ge(live->from, 18 * SECOND);
	ck_assert_uint_le(live->from, 20 * SECOND);
}
END_TEST

START_TEST(a_gap_that_grows_is_one_gap)
{
	live->due_pos = 2 * SECOND;
	read_s(10);
	gaps_split(&s, 1000 + 8000);
	for (int i = 1; i <= 20; i++) {
		read_s(6);
		gaps_split(&s, 1000 + 8000 + i * 6000);
	}
	ck_assert_uint_eq(count_late(), 1);
	ck_assert_uint_eq(any_late()->from, 0);
	ck_assert_uint_eq(any_late()->until, live->from);
	ck_assert_uint_ge(live->from, 128 * SECOND);
}
END_TEST

/* A recording on standard input: what waits for its time is not late. */
START_TEST(what_was_not_due_yet_is_not_missed)
{
	live->from = 8 * SECOND;
	live->due_pos = 10 * SECOND;
	read_s(300);
	gaps_split(&s, 1000 + 2000);
	ck_assert_uint_eq(count_late(), 0);
	gaps_split(&s, 1000 + 10000);
	ck_assert_uint_eq(count_late(), 1);
	ck_assert_uint_le(live->from, 20 * SECOND);
	ck_assert_uint_eq(gaps_due(&s, live, 1000 + 10000), 20 * SECOND);
	ck_assert_uint_eq(gaps_due(&s, live, 1000 + 900000), 300 * SECOND);
}
END_TEST

START_TEST(nothing_is_late_where_there_is_no_clock)
{
	live->due_pos = 10 * SECOND;
	read_s(60);
	s.config.session.is_fast = true;
	gaps_split(&s, 1000 + 50000);
	s.config.session.is_fast = false;
	s.is_input_ended = true;
	gaps_split(&s, 1000 + 50000);
	s.is_input_ended = false;
	s.was_ready = false;
	gaps_split(&s, 1000 + 50000);
	ck_assert_uint_eq(count_late(), 0);
	ck_assert_uint_eq(live->from, 0);
}
END_TEST

/* With every place taken the live audio has to wait, and nothing is lost. */
START_TEST(sixteen_gaps_wait)
{
	int64_t now_ms = 1000;

	for (int i = 0; i < 20; i++) {
		read_s(20);
		now_ms += 20000;
		gaps_split(&s, now_ms);
		/* It went well for ten seconds, then broke again. */
		if (count_late() < SESSIONS_MAX - 1)
			live->from += SECOND;
	}
	ck_assert_uint_eq(count_late(), SESSIONS_MAX - 1);
	for (size_t i = 1; i < SESSIONS_MAX; i++)
		ck_assert_uint_le(s.ranges[i].until, live->from);
}
END_TEST

START_TEST(late_ranges_wait_for_the_live_one)
{
	struct sessions_range *late;

	live->due_pos = 2 * SECOND;
	read_s(20);
	gaps_split(&s, 1000 + 18000);
	late = any_late();
	ck_assert(gaps_is_turn(&s, live));
	ck_assert(!gaps_is_turn(&s, late));
	live->is_failing = false;
	ck_assert(gaps_is_turn(&s, late));
	/* A live range that has nothing to hear holds nobody up. */
	live->is_failing = true;
	live->from = b.end;
	ck_assert(gaps_is_turn(&s, late));
	live->from = 0;
	live->is_used = false;
	ck_assert(gaps_is_turn(&s, late));
}
END_TEST

START_TEST(what_was_being_said_goes_on_late)
{
	captions.open[3].is_used = true;
	captions.open[4].is_used = true;
	captions.open[4].session = (const struct session *)&s;
	live->due_pos = 2 * SECOND;
	read_s(20);
	gaps_split(&s, 1000 + 18000);
	ck_assert(captions.open[3].is_late);
	ck_assert(!captions.open[4].is_late);
	/* And it is known that there are words. */
	live->is_worded = true;
	read_s(20);
	gaps_split(&s, 1000 + 38000);
	ck_assert(any_late()->is_worded);
	ck_assert(!live->is_worded);
}
END_TEST

/* A session that was sent all ten seconds of two channels: a voice from 2 s to
 * 4 s in the first, and from 7 s to 9 s in the second. */
static struct session *
two_voices(void)
{
	static struct session session;
	static struct session_config config;
	static uint8_t wide[2 * PCM_BYTES_PER_S];

	backlog_release(&b);
	backlog_init(&b, 2);
	for (unsigned int i = 0; i < 10; i++) {
		memset(wide, 0, sizeof(wide));
		for (size_t k = 0; k < sizeof(wide); k += 4) {
			wide[k + 1] = i >= 2 && i < 4 ? 0x10 : 0;
			wide[k + 3] = i >= 7 && i < 9 ? 0x10 : 0;
		}
		ck_assert_int_eq(backlog_add(&b, wide, sizeof(wide), 1), 0);
	}
	memset(&session, 0, sizeof(session));
	config.backlog = &b;
	session.config = &config;
	session.pos = 10 * SECOND;
	live->session = &session;
	return &session;
}

START_TEST(each_channel_is_heard_by_itself)
{
	struct session *session = two_voices();

	ck_assert(gaps_is_unheard(&s, live));
	session_cover(session, 0, 4 * SECOND);
	ck_assert(gaps_is_unheard(&s, live));
	/* The first one said nothing while the second spoke. */
	session_cover(session, 1, 9 * SECOND);
	ck_assert(!gaps_is_unheard(&s, live));
	ck_assert(!gaps_ended_too_soon(&s, live));
	session_set_speaking(session, 1, true);
	ck_assert(gaps_is_unheard(&s, live));
}
END_TEST

START_TEST(one_channel_that_is_heard_is_progress)
{
	struct session *session = two_voices();

	live->from = SECOND;
	ck_assert(!gaps_has_advanced(live));
	session_cover(session, 0, SECOND);
	ck_assert(!gaps_has_advanced(live));
	session_cover(session, 0, 4 * SECOND);
	ck_assert(gaps_has_advanced(live));
	live->heard[0] = 4 * SECOND;
	ck_assert(!gaps_has_advanced(live));
}
END_TEST

START_TEST(what_came_at_once_after_a_stall_is_a_gap)
{
	struct session *session = two_voices();

	/* It waited for the talk to begin: that is no lag. */
	session->pos = 0;
	ck_assert(!gaps_is_behind(&s, 1000 + 60000));
	/* A recording comes before its time, and waits for it. */
	session->due_at_ms = 1000;
	session->started_at_ms = 1000 + 60000;
	session->pos = 2 * SECOND;
	ck_assert(!gaps_is_behind(&s, 1000 + 2000));
	ck_assert(!gaps_is_behind(&s, 1000 + 7000));
	/* Ten seconds were said, of which it had eight. */
	session->pos = 8 * SECOND;
	ck_assert(!gaps_is_behind(&s, 1000 + 60000));
	session->pos = 4 * SECOND;
	ck_assert(gaps_is_behind(&s, 1000 + 60000));
	/* Also where a chunk is due this moment; but not where it was the
	 * process that stood still, and may now send what it missed. */
	session->started_at_ms -= 100;
	ck_assert(gaps_is_behind(&s, 1000 + 60000));
	session->started_at_ms -= 2000;
	ck_assert(!gaps_is_behind(&s, 1000 + 60000));
	session->started_at_ms += 2100;
	ck_assert_uint_eq(session_due(session, 1000 + 60000), 10 * SECOND);
	ck_assert_uint_ge(gaps_cut(&s, 10 * SECOND), 8 * SECOND);
	ck_assert_uint_le(gaps_cut(&s, 10 * SECOND), 10 * SECOND);
	s.is_input_ended = true;
	ck_assert(!gaps_is_behind(&s, 1000 + 60000));
	s.is_input_ended = false;
	s.config.session.is_fast = true;
	ck_assert(!gaps_is_behind(&s, 1000 + 60000));
	s.config.session.is_fast = false;
}
END_TEST

START_TEST(what_is_left_out_is_heard_late)
{
	ck_assert(gaps_leave_out(&s, 4 * SECOND, 9 * SECOND));
	ck_assert_uint_eq(count_late(), 1);
	ck_assert_uint_eq(any_late()->from, 4 * SECOND);
	ck_assert_uint_eq(any_late()->until, 9 * SECOND);
	while (gaps_leave_out(&s, 0, SECOND))
		continue;
	ck_assert_uint_eq(count_late(), SESSIONS_MAX - 2);
}
END_TEST

START_TEST(an_end_that_comes_too_soon_is_believed_the_third_time)
{
	struct session *session = two_voices();

	session_cover(session, 0, 4 * SECOND);
	session_cover(session, 1, 7 * SECOND);
	ck_assert(gaps_ended_too_soon(&s, live));
	ck_assert(gaps_ended_too_soon(&s, live));
	ck_assert(!gaps_ended_too_soon(&s, live));
	/* Where it did not end at all nothing is believed. */
	ck_assert(gaps_is_unheard(&s, live));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("transcribe/gaps");
	TCase *tc = tcase_create("gaps");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_short_gap_stays_in_front);
	tcase_add_test(tc, a_long_gap_is_cut_near_the_live_audio);
	tcase_add_test(tc, a_gap_that_grows_is_one_gap);
	tcase_add_test(tc, what_was_not_due_yet_is_not_missed);
	tcase_add_test(tc, nothing_is_late_where_there_is_no_clock);
	tcase_add_test(tc, sixteen_gaps_wait);
	tcase_add_test(tc, late_ranges_wait_for_the_live_one);
	tcase_add_test(tc, what_was_being_said_goes_on_late);
	tcase_add_test(tc, each_channel_is_heard_by_itself);
	tcase_add_test(tc, one_channel_that_is_heard_is_progress);
	tcase_add_test(tc, what_came_at_once_after_a_stall_is_a_gap);
	tcase_add_test(tc, what_is_left_out_is_heard_late);
	tcase_add_test(
	    tc, an_end_that_comes_too_soon_is_believed_the_third_time);
	suite_add_tcase(suite, tc);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
