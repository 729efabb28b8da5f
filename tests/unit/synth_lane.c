/* with: cmd/synth/lane.c cmd/synth/tempo.c cmd/synth/voiceline.c */
/* with: cmd/synth/tap.c tests/unit/support/no_speech.c */
#define _GNU_SOURCE
/*
 * One voiced language: order, the shape of its lines, the play-out clock, and
 * what happens when it falls behind.  Audio is fed by hand; no service.
 */
#include <check.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../cmd/synth/lane.h"
#include "base/b64.h"
#include "base/json.h"
#include "base/line.h"
#include "base/pcm.h"

static struct lane lane;
static struct lane_config config;
static struct out out;
static struct line_reader reader;
static struct polly_voice voice = { .id = "Lucia" };
static int fds[2];

static void
set_up(void)
{
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	fcntl(fds[1], F_SETPIPE_SZ, 1024 * 1024);
	ck_assert_int_eq(out_init(&out, fds[1], 1024 * 1024), 0);
	memset(&config, 0, sizeof(config));
	config.out = &out;
	config.max_lag_ms = 4000;
	lane_init(&lane, "es-ES", &config, NULL);
	lane.voice.voice = &voice;
	line_reader_init(&reader, LINE_MAX_BYTES);
}

static void
tear_down(void)
{
	lane_release(&lane, 0);
	out_release(&out);
	line_reader_release(&reader);
	close(fds[0]);
	close(fds[1]);
}

/* Ask for the next sentence and give it all of its audio. */
static struct sentence *
say(int64_t now_ms, int64_t audio_ms)
{
	struct sentence *s = lane_next(&lane, 2, now_ms);
	uint8_t *pcm = calloc(1, pcm_bytes_of_ms(audio_ms) + 1);

	ck_assert_ptr_nonnull(s);
	s->state = SENTENCE_ASKED;
	if (audio_ms > 0)
		sentence_audio(s, pcm, pcm_bytes_of_ms(audio_ms));
	s->state = SENTENCE_SAID;
	free(pcm);
	return s;
}

/* The next line that was written; NULL: there is none. */
static json_t *
next_line(void)
{
	char *line, why[100];
	size_t len;
	json_t *obj;

	while (line_reader_next(&reader, &line, &len) != 1)
		if (line_reader_read(&reader, fds[0]) <= 0)
			return NULL;
	obj = json_line_parse(line, len, why, sizeof(why));
	ck_assert_msg(obj != NULL, "%s", why);
	return obj;
}

static double
data_ms(const json_t *obj)
{
	const char *data = json_str(obj, "data");
	uint8_t *pcm = malloc(strlen(data) + 1);
	long n = b64_decode(pcm, data, strlen(data));

	free(pcm);
	ck_assert_int_ge(n, 0);
	return pcm_ms_of_bytes((uint64_t)n);
}

START_TEST(first_line_is_short_and_later_ones_grow)
{
	double all = 0, previous = 0;
	json_t *obj;
	int n = 0;

	ck_assert_int_eq(lane_add(&lane, "a", "hola", 5.5, 1000), 0);
	say(1000, 5000);
	/* Played as time goes by: a turn each 10 ms. */
	for (int64_t now = 1000; now < 7000; now += 10) {
		lane_emit(&lane, now, (double)now);
		while ((obj = next_line()) != NULL) {
			double ms = data_ms(obj);

			ck_assert_int_eq((int)json_num(obj, "n", -1), n);
			if (n == 0) {
				ck_assert_double_eq(ms, 100);
				ck_assert_double_eq(
				    json_num(obj, "voiced_at_ms", 0), 1000);
				ck_assert_double_eq(
				    json_num(obj, "translated_at_ms", 0), 5.5);
			}
			ck_assert_double_le(ms, 820);
			if (!json_is_set(obj, "last"))
				ck_assert_double_ge(ms, previous);
			else
				ck_assert_double_eq(all + ms, 5000);
			previous = ms;
			all += ms;
			n++;
			json_decref(obj);
		}
		/* Never more than two seconds, and one line, ahead. */
		ck_assert_double_le(all - (double)(now - 1000), 2820);
	}
	ck_assert_double_eq(all, 5000);
	ck_assert_int_lt(n, 14);
	ck_assert(lane_is_idle(&lane));
}
END_TEST

START_TEST(order_is_that_of_the_talk)
{
	static const char *const ids[] = { "a", "b", "c" };
	struct sentence *first, *second;
	json_t *obj;

	config.is_fast = true;
	for (int i = 0; i < 3; i++)
		lane_add(&lane, ids[i], "hola", 0, 1000);
	first = lane_next(&lane, 2, 1000);
	first->state = SENTENCE_ASKED;
	second = say(1000, 300);
	ck_assert_str_eq(second->id, "b");
	/* Two ahead are asked for, not three. */
	ck_assert_ptr_null(lane_next(&lane, 2, 1000));
	lane_emit(&lane, 1000, 0);
	ck_assert_ptr_null(next_line());
	first->state = SENTENCE_SAID;
	lane_emit(&lane, 1000, 0);
	obj = next_line();
	ck_assert_str_eq(json_str(obj, "id"), "a");
	ck_assert(json_is_set(obj, "last"));
	ck_assert_str_eq(json_str(obj, "data"), "");
	json_decref(obj);
	obj = next_line();
	ck_assert_str_eq(json_str(obj, "id"), "b");
	json_decref(obj);
	ck_assert_str_eq(lane_next(&lane, 2, 1000)->id, "c");
}
END_TEST

START_TEST(what_is_late_is_spoken_faster)
{
	double all = 0;
	json_t *obj;

	/* It waited 7 s: 3 s over the limit of 4. */
	lane_add(&lane, "a", "hola", 0, 1000);
	say(8000, 2000);
	for (int64_t now = 8000; !lane_is_idle(&lane); now += 10)
		lane_emit(&lane, now, 0);
	while ((obj = next_line()) != NULL) {
		ck_assert_double_eq(json_num(obj, "speed", 0), 1.25);
		all += data_ms(obj);
		json_decref(obj);
	}
	ck_assert_double_eq_tol(all, 1600, 60);
}
END_TEST

START_TEST(what_is_too_late_is_left_to_the_captions)
{
	json_t *obj;

	lane_add(&lane, "a", "hola", 0, 1000);
	lane_add(&lane, "b", "hola", 0, 9500);
	ck_assert_str_eq(lane_next(&lane, 2, 9500)->id, "b");
	lane_emit(&lane, 9500, 0);
	obj = next_line();
	ck_assert_str_eq(json_str(obj, "id"), "a");
	ck_assert_str_eq(json_str(obj, "error"), "lag");
	ck_assert(json_is_set(obj, "last"));
	json_decref(obj);
	ck_assert_ptr_null(next_line());
	ck_assert_uint_eq(lane.skipped, 1);
}
END_TEST

START_TEST(without_a_bound_nothing_is_left_out)
{
	config.max_lag_ms = 0;
	lane_add(&lane, "a", "hola", 0, 1000);
	ck_assert_str_eq(lane_next(&lane, 2, 999999)->id, "a");
}
END_TEST

START_TEST(a_voice_that_breaks_off_is_marked)
{
	static const uint8_t second[PCM_BYTES_PER_S];
	struct sentence *s;
	json_t *obj;

	config.is_fast = true;
	lane_add(&lane, "a", "hola", 0, 1000);
	s = lane_next(&lane, 2, 1000);
	s->state = SENTENCE_ASKED;
	sentence_audio(s, second, sizeof(second));
	lane_emit(&lane, 1000, 0);
	sentence_skip(s, "failed");
	lane_emit(&lane, 1000, 0);
	obj = next_line();
	ck_assert(!json_is_set(obj, "last"));
	json_decref(obj);
	obj = next_line();
	ck_assert_str_eq(json_str(obj, "error"), "failed");
	ck_assert(json_is_set(obj, "last"));
	ck_assert_int_eq((int)json_num(obj, "n", -1), 1);
	json_decref(obj);
	ck_assert(lane_is_idle(&lane));
}
END_TEST

START_TEST(what_is_taken_back_ends_at_once)
{
	static const uint8_t second[PCM_BYTES_PER_S];
	struct sentence *s;
	json_t *obj;

	config.is_fast = true;
	lane_add(&lane, "a", "hola", 0, 1000);
	lane_add(&lane, "b", "ñu", 0, 1000);
	lane_add(&lane, "c", "hola", 0, 1000);
	s = lane_next(&lane, 2, 1000);
	s->state = SENTENCE_ASKED;
	sentence_audio(s, second, sizeof(second));
	lane_emit(&lane, 1000, 0);
	obj = next_line();
	ck_assert(!json_is_set(obj, "last"));
	json_decref(obj);
	/* One that nobody heard of leaves no trace, but is to be paid. */
	s = lane_next(&lane, 2, 1000);
	s->state = SENTENCE_ASKED;
	ck_assert_uint_eq(lane_cut(&lane, "b", "retracted", 1000), 1);
	ck_assert_int_eq(lane.chars, 2);
	ck_assert_ptr_null(next_line());
	ck_assert_uint_eq(lane_cut(&lane, "b", "retracted", 1000), 0);
	/* One that is being heard says that it ends, though more had come. */
	sentence_audio(lane.head, second, sizeof(second));
	ck_assert_uint_eq(lane_cut(&lane, "a", "retracted", 1000), 1);
	ck_assert_int_eq(lane.chars, 6);
	obj = next_line();
	ck_assert_str_eq(json_str(obj, "id"), "a");
	ck_assert_str_eq(json_str(obj, "error"), "retracted");
	ck_assert_str_eq(json_str(obj, "data"), "");
	ck_assert(json_is_set(obj, "last"));
	ck_assert_int_eq((int)json_num(obj, "n", -1), 1);
	json_decref(obj);
	lane_emit(&lane, 1000, 0);
	ck_assert_ptr_null(next_line());
	/* The others go on, and new ones find the end of the line. */
	lane_add(&lane, "d", "hola", 0, 1000);
	say(1000, 100);
	say(1000, 100);
	lane_emit(&lane, 1000, 0);
	obj = next_line();
	ck_assert_str_eq(json_str(obj, "id"), "c");
	json_decref(obj);
	obj = next_line();
	ck_assert_str_eq(json_str(obj, "id"), "d");
	json_decref(obj);
	ck_assert_uint_eq(lane_cut(&lane, NULL, "unwanted", 1000), 0);
	ck_assert(lane_is_idle(&lane));
}
END_TEST

START_TEST(an_encoding_may_join_in_the_middle)
{
	static const uint8_t second[2 * PCM_BYTES_PER_S];
	int n[2] = { 0, 0 }, last[2] = { 0, 0 };
	double samples = 0;
	struct sentence *s;
	json_t *obj;

	lane_add(&lane, "a", "hola", 0, 1000);
	s = lane_next(&lane, 2, 1000);
	s->state = SENTENCE_ASKED;
	sentence_audio(s, second, PCM_BYTES_PER_S);
	lane_emit_first(&lane, 1000, 0);
	lane.formats = VOICE_OPUS;
	for (int64_t now = 1000; now < 4000; now += 10) {
		lane_emit(&lane, now, 0);
		if (now == 1500)
			s->state = SENTENCE_SAID;
	}
	while ((obj = next_line()) != NULL) {
		int i = strcmp(json_str(obj, "encoding"), "opus") == 0;

		ck_assert_int_eq((int)json_num(obj, "n", -1), n[i]++);
		last[i] += json_is_set(obj, "last");
		samples += json_num(obj, "samples", 0);
		json_decref(obj);
	}
	/* What was begun goes on to its end; the other has 100 ms less. */
	ck_assert_int_gt(n[0], 1);
	ck_assert_int_eq(n[1], n[0] - 1);
	ck_assert_int_eq(last[0], 1);
	ck_assert_int_eq(last[1], 1);
	ck_assert_double_eq(samples, 0.9 * PCM_RATE_HZ);
}
END_TEST

START_TEST(nobody_hears_nothing_leaves)
{
	lane.formats = 0;
	lane_add(&lane, "a", "hola", 0, 1000);
	say(1000, 300);
	lane_emit(&lane, 1000, 0);
	lane_emit(&lane, 2000, 0);
	ck_assert(lane_is_idle(&lane));
	ck_assert_ptr_null(next_line());
}
END_TEST

START_TEST(first_lines_go_first)
{
	struct lane other;
	json_t *obj;

	lane_init(&other, "it-IT", &config, NULL);
	other.voice.voice = &voice;
	lane_add(&lane, "a", "hola", 0, 1000);
	say(1000, 2000);
	lane_emit_first(&lane, 1000, 0);
	lane_emit_first(&lane, 1000, 0);
	lane_add(&other, "b", "ciao", 0, 1000);
	lane_next(&other, 2, 1000)->state = SENTENCE_ASKED;
	sentence_audio(other.head, (const uint8_t[3200]){ 0 }, 3200);
	lane_emit_first(&other, 1000, 0);
	ck_assert(lane_emit_one(&lane, 1000, 0));
	for (int i = 0; i < 3; i++) {
		static const char *const langs[] = { "es-ES", "it-IT",
			"es-ES" };

		obj = next_line();
		ck_assert_str_eq(json_str(obj, "lang"), langs[i]);
		json_decref(obj);
	}
	ck_assert_ptr_null(next_line());
	lane_release(&other, 0);
}
END_TEST

START_TEST(too_many_are_refused)
{
	for (int i = 0; i < 512; i++)
		ck_assert_int_eq(lane_add(&lane, "a", "hola", 0, 1), 0);
	ck_assert_int_eq(lane_add(&lane, "a", "hola", 0, 1), -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("synth/lane");
	TCase *tc = tcase_create("lane");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, first_line_is_short_and_later_ones_grow);
	tcase_add_test(tc, order_is_that_of_the_talk);
	tcase_add_test(tc, what_is_late_is_spoken_faster);
	tcase_add_test(tc, what_is_too_late_is_left_to_the_captions);
	tcase_add_test(tc, without_a_bound_nothing_is_left_out);
	tcase_add_test(tc, a_voice_that_breaks_off_is_marked);
	tcase_add_test(tc, what_is_taken_back_ends_at_once);
	tcase_add_test(tc, an_encoding_may_join_in_the_middle);
	tcase_add_test(tc, nobody_hears_nothing_leaves);
	tcase_add_test(tc, first_lines_go_first);
	tcase_add_test(tc, too_many_are_refused);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
