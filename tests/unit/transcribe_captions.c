/* with: cmd/transcribe/captions.c cmd/transcribe/session.c */
/* with: cmd/transcribe/session_send.c cmd/transcribe/timeline.c */
/* with: cmd/transcribe/backlog.c */
/*
 * From results to lines, in whatever order a service gives them: one id from
 * the first partial to the final, every final once, and what is not final yet
 * stays to be heard again.  Times are given in milliseconds.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../cmd/transcribe/captions.h"
#include "../../cmd/transcribe/session_priv.h"
#include "base/json.h"
#include "base/pcm.h"

#define LINES_MAX 64

static struct backlog b;
static struct captions c;
static struct out out;
static struct session_config config;
static struct session s;
static uint8_t block[PCM_BYTES_PER_S * 2];
static FILE *file;
static json_t *lines[LINES_MAX];

static void
set_up_channels(unsigned int channels)
{
	backlog_init(&b, channels);
	ck_assert_int_eq(
	    backlog_add(&b, block, channels * (size_t)PCM_BYTES_PER_S, 1), 0);
	file = tmpfile();
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(out_init(&out, fileno(file), 65536), 0);
	captions_init(&c, &out, &b, "en-US", true, 0);
	memset(&s, 0, sizeof(s));
	config.backlog = &b;
	s.config = &config;
	s.is_live = true;
	timeline_init(&s.timeline);
	timeline_add(&s.timeline, 0, 100 * PCM_BYTES_PER_S, false);
	captions_session_begun(&c, &s);
}

static void
set_up(void)
{
	set_up_channels(1);
}

static void
tear_down(void)
{
	for (size_t i = 0; i < LINES_MAX && lines[i] != NULL; i++)
		json_decref(lines[i]);
	memset(lines, 0, sizeof(lines));
	timeline_release(&s.timeline);
	out_release(&out);
	backlog_release(&b);
	fclose(file);
}

static void
say_in(const char *channel, const char *id, const char *text, bool is_final,
    double start_ms, double end_ms)
{
	struct transcribe_result r = {
		.id = id,
		.text = text,
		.channel = channel,
		.is_partial = !is_final,
		.start_ms = start_ms,
		.end_ms = end_ms,
	};

	captions_result(&c, &s, &r, 1);
}

static void
say(const char *id, const char *text, bool is_final, double start_ms,
    double end_ms)
{
	say_in(NULL, id, text, is_final, start_ms, end_ms);
}

/* All that was written; how many lines. */
static size_t
read_lines(void)
{
	char text[4096];
	size_t n = 0;

	rewind(file);
	while (n < LINES_MAX && fgets(text, sizeof(text), file) != NULL)
		lines[n++] = json_line_parse(text, strlen(text) - 1, text, 1);
	return n;
}

static bool
is_same(size_t i, size_t j, const char *key)
{
	return strcmp(json_str(lines[i], key), json_str(lines[j], key)) == 0;
}

START_TEST(a_final_may_come_after_the_next_has_begun)
{
	say("a", "one", false, 1000, 1400);
	say("a", "one two", false, 1000, 1800);
	say("b", "three", false, 3000, 3400);
	/* Neither is final: both would be heard again. */
	ck_assert_uint_eq(session_covered(&s), pcm_bytes_of_ms(500));
	say("a", "One two.", true, 1000, 1800);
	ck_assert(session_is_speaking(&s));
	ck_assert_uint_eq(session_covered(&s), pcm_bytes_of_ms(1800));
	say("b", "three four", false, 3000, 3800);
	say("b", "Three four.", true, 3000, 3800);
	ck_assert(!session_is_speaking(&s));
	ck_assert_uint_eq(session_covered(&s), pcm_bytes_of_ms(3800));
	ck_assert_uint_eq(read_lines(), 6);
	ck_assert(is_same(0, 1, "id") && is_same(0, 3, "id"));
	ck_assert(is_same(2, 4, "id") && is_same(2, 5, "id"));
	ck_assert(!is_same(0, 2, "id"));
}
END_TEST

START_TEST(what_is_never_final_ends_with_the_next_final)
{
	say("a", "one", false, 1000, 1400);
	say("b", "one two", false, 1000, 1800);
	say("b", "One two.", true, 1000, 1800);
	ck_assert(!session_is_speaking(&s));
	ck_assert_uint_eq(session_covered(&s), pcm_bytes_of_ms(1800));
}
END_TEST

START_TEST(a_service_that_forgets_its_ids_is_not_waited_for)
{
	char id[16];

	for (int i = 0; i < 200; i++) {
		snprintf(id, sizeof(id), "%d", i);
		say(id, i % 2 == 0 ? "one" : "two", false, 1000 + i, 1400);
	}
	/* The last few only. */
	ck_assert_uint_ge(session_covered(&s), pcm_bytes_of_ms(1196 - 500));
	say("199", "One.", true, 1199, 1400);
	ck_assert(!session_is_speaking(&s));
}
END_TEST

START_TEST(a_final_that_is_told_again_is_one_line)
{
	say("a", "one", false, 1000, 1400);
	say("a", "One.", true, 1000, 1400);
	say("a", "One.", true, 1000, 1400);
	/* A partial behind its final begins nothing, either. */
	say("a", "one", false, 1000, 1400);
	ck_assert(!session_is_speaking(&s));
	say("b", "Two.", true, 2000, 2400);
	say("a", "One.", true, 1000, 1400);
	ck_assert_uint_eq(read_lines(), 3);
	ck_assert_uint_eq(c.finals, 2);
}
END_TEST

START_TEST(one_id_for_all_is_no_id)
{
	say("", "One.", true, 1000, 1400);
	say("", "One.", true, 2000, 2400);
	say("", "Two.", true, 2000, 2400);
	ck_assert_uint_eq(read_lines(), 3);
	ck_assert(!is_same(0, 1, "id") && !is_same(1, 2, "id"));
}
END_TEST

START_TEST(another_session_says_it_again)
{
	say("a", "One.", true, 1000, 1400);
	captions_session_lost(&c, &s, false);
	captions_session_begun(&c, &s);
	say("a", "One.", true, 1000, 1400);
	ck_assert_uint_eq(read_lines(), 2);
}
END_TEST

START_TEST(ids_may_be_long)
{
	char id[300];

	memset(id, 'x', sizeof(id));
	snprintf(id + 250, sizeof(id) - 250, "-%d", 1);
	say(id, "one", false, 1000, 1400);
	say(id, "One.", true, 1000, 1400);
	snprintf(id + 250, sizeof(id) - 250, "-%d", 2);
	say(id, "Two.", true, 2000, 2400);
	ck_assert_uint_eq(read_lines(), 3);
	ck_assert(is_same(0, 1, "id"));
	ck_assert(!is_same(1, 2, "id"));
}
END_TEST

START_TEST(of_one_channel_it_need_not_be_said_which)
{
	say_in(NULL, "a", "one", false, 1000, 1400);
	say_in("ch_0", "a", "One.", true, 1000, 1400);
	ck_assert_uint_eq(read_lines(), 2);
	ck_assert(is_same(0, 1, "id"));
	ck_assert(!session_is_speaking(&s));
}
END_TEST

START_TEST(two_channels_speak_at_once)
{
	tear_down();
	set_up_channels(2);
	say_in("ch_0", "a", "one", false, 1000, 1400);
	say_in("ch_1", "a", "two", false, 1000, 1400);
	say_in("ch_0", "a", "One.", true, 1000, 1400);
	ck_assert(session_is_speaking(&s));
	say_in("ch_1", "a", "Two.", true, 1000, 1400);
	ck_assert(!session_is_speaking(&s));
	ck_assert_uint_eq(read_lines(), 4);
	ck_assert(is_same(0, 2, "id") && is_same(1, 3, "id"));
	ck_assert(!is_same(0, 1, "id"));
}
END_TEST

START_TEST(who_was_cut_short_first_is_taken_up_first)
{
	say("a", "one", false, 1000, 1400);
	say("b", "two", false, 2000, 2400);
	captions_session_lost(&c, &s, false);
	captions_session_begun(&c, &s);
	say("x", "One.", true, 1000, 1400);
	say("y", "Two.", true, 2000, 2400);
	ck_assert_uint_eq(read_lines(), 4);
	ck_assert(is_same(0, 2, "id") && is_same(1, 3, "id"));
}
END_TEST

START_TEST(who_begins_behind_it_does_not_take_it_up)
{
	say("a", "one two", false, 1000, 1800);
	captions_session_lost(&c, &s, false);
	captions_session_begun(&c, &s);
	say("x", "three", false, 2500, 3000);
	say("x", "Three.", true, 2500, 3000);
	/* Nobody heard it again, then: nobody waits for it. */
	say("y", "One two.", true, 1000, 1800);
	ck_assert_uint_eq(read_lines(), 4);
	ck_assert(!is_same(0, 1, "id") && is_same(1, 2, "id"));
	ck_assert(!is_same(0, 3, "id"));
}
END_TEST

/* How many finals a reader finds that comes after all was said. */
static unsigned int
count_finals(int fd)
{
	static char text[4 * 1024 * 1024];
	unsigned int n = 0;
	size_t len = 0;
	ssize_t got;

	while (out_drain(&out, 0) == OUT_ERR_FULL || out_pending(&out) > 0 ||
	       len == 0) {
		got = read(fd, text + len, sizeof(text) - 1 - len);
		ck_assert_int_gt(got, 0);
		len += (size_t)got;
	}
	close(out.fd);
	out.owns_fd = false;
	while ((got = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	for (char *p = text; (p = strstr(p, "\"final\":true")) != NULL; p++)
		n++;
	return n;
}

START_TEST(a_reader_that_is_behind_gets_every_final)
{
	int fds[2];
	char id[16];

	ck_assert_int_eq(pipe(fds), 0);
	out_release(&out);
	ck_assert_int_eq(out_init(&out, fds[1], 256 * 1024), 0);
	close(fds[1]);
	for (int i = 0; i < 2000; i++) {
		snprintf(id, sizeof(id), "%d", i);
		for (int k = 0; k < 20; k++)
			say(id, k % 2 == 0 ? "one" : "two", false, i * 10,
			    i * 10 + 5);
		say(id, "One.", true, i * 10, i * 10 + 5);
	}
	ck_assert(!c.is_full);
	ck_assert_uint_eq(count_finals(fds[0]), 2000);
	close(fds[0]);
}
END_TEST

START_TEST(a_line_that_is_lost_is_known)
{
	int fds[2];
	char id[16];

	ck_assert_int_eq(pipe(fds), 0);
	out_release(&out);
	ck_assert_int_eq(out_init(&out, fds[1], 1024), 0);
	for (int i = 0; i < 9000; i++) {
		snprintf(id, sizeof(id), "%d", i);
		say(id, "One.", true, i * 10, i * 10 + 5);
	}
	ck_assert(c.is_full);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(a_very_long_text_is_kept_as_far_as_a_line_goes)
{
	char *text = malloc(100000);

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', 99999);
	text[99999] = '\0';
	say("a", text, true, 0, 1000);
	ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
	ck_assert_int_gt(ftell(file), 60000);
	ck_assert_int_le(ftell(file), 65536);
	/* Each of these is two bytes in a line. */
	memset(text, '"', 99999);
	say("b", text, true, 2000, 3000);
	ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
	ck_assert_int_gt(ftell(file), 2 * 60000);
	ck_assert_int_le(ftell(file), 2 * 65536);
	free(text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("transcribe/captions");
	TCase *tc = tcase_create("captions");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_final_may_come_after_the_next_has_begun);
	tcase_add_test(tc, what_is_never_final_ends_with_the_next_final);
	tcase_add_test(tc, a_service_that_forgets_its_ids_is_not_waited_for);
	tcase_add_test(tc, a_final_that_is_told_again_is_one_line);
	tcase_add_test(tc, one_id_for_all_is_no_id);
	tcase_add_test(tc, another_session_says_it_again);
	tcase_add_test(tc, ids_may_be_long);
	tcase_add_test(tc, of_one_channel_it_need_not_be_said_which);
	tcase_add_test(tc, two_channels_speak_at_once);
	tcase_add_test(tc, who_was_cut_short_first_is_taken_up_first);
	tcase_add_test(tc, who_begins_behind_it_does_not_take_it_up);
	tcase_add_test(tc, a_reader_that_is_behind_gets_every_final);
	tcase_add_test(tc, a_line_that_is_lost_is_known);
	tcase_add_test(tc, a_very_long_text_is_kept_as_far_as_a_line_goes);
	suite_add_tcase(suite, tc);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
