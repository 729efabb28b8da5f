/* with: cmd/operate/stages.c cmd/operate/finals.c cmd/operate/rate.c */
/* with: cmd/operate/page.c tests/unit/support/failmalloc.c */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../cmd/operate/finals.h"
#include "../../cmd/operate/page.h"
#include "../../cmd/operate/rate.h"
#include "../../cmd/operate/stages.h"
#include "base/json.h"
#include "support/failmalloc.h"

static struct stages stages;
static struct finals finals;
static struct rate rate;

static void
setup(void)
{
	memset(&stages, 0, sizeof(stages));
	memset(&finals, 0, sizeof(finals));
	memset(&rate, 0, sizeof(rate));
}

static void
teardown(void)
{
	stages_release(&stages);
}

static void
status(const char *text, double at_ms)
{
	json_t *obj = json_loads(text, 0, NULL);

	ck_assert_msg(obj != NULL, "%s", text);
	stages_take(&stages, obj, at_ms,
	    strcmp(text, "{\"stage\":\"broadcast\",\"state\":\"ended\"}") == 0);
	json_decref(obj);
}

/* Takes obj. */
static void
ck_json(json_t *obj, const char *expected)
{
	char *text =
	    json_dumps(obj, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, expected);
	free(text);
	json_decref(obj);
}

START_TEST(a_stage_is_what_it_said_last_with_all_its_counters)
{
	status("{\"stage\":\"synth\",\"state\":\"ready\",\"at_ms\":5}", 6);
	status("{\"stage\":\"synth\",\"state\":\"degraded\",\"detail\":\"d\","
	       "\"at_ms\":7,\"chars\":9,\"seq\":1,\"a\":\"b\"}",
	    8);
	status("{\"stage\":\"synth\",\"state\":\"recovered\",\"at_ms\":9,"
	       "\"said\":2}",
	    9);
	ck_json(stages_json(&stages, true, false, 10),
	    "[{\"at_ms\":9,\"chars\":9,\"said\":2,\"stage\":\"synth\","
	    "\"state\":\"recovered\"}]");
	ck_json(stages_errors(&stages),
	    "[{\"at_ms\":7,\"detail\":\"d\",\"stage\":\"synth\",\"state\":"
	    "\"degraded\"}]");
	/* A line that it refused is an error, not its state. */
	status("{\"stage\":\"synth\",\"state\":\"refused\",\"at_ms\":11}", 11);
	ck_json(stages_json(&stages, true, false, 12),
	    "[{\"at_ms\":9,\"chars\":9,\"said\":2,\"stage\":\"synth\","
	    "\"state\":\"recovered\"}]");
	ck_assert_uint_eq(stages.nerrors, 2);
}
END_TEST

START_TEST(what_is_about_a_language_stands_by_itself)
{
	status("{\"stage\":\"translate\",\"state\":\"ready\"}", 1);
	status("{\"stage\":\"translate\",\"state\":\"wanted\",\"lang\":\"es-ES"
	       "\"}",
	    2);
	status("{\"stage\":\"translate\",\"state\":\"degraded\",\"lang\":"
	       "\"es-ES\"}",
	    3);
	status("{\"stage\":\"translate\",\"state\":\"unwanted\",\"lang\":"
	       "\"es-ES\"}",
	    4);
	ck_json(stages_json(&stages, true, false, 5),
	    "[{\"at_ms\":1,\"stage\":\"translate\",\"state\":\"ready\"},"
	    "{\"at_ms\":3,\"lang\":\"es-ES\",\"stage\":\"translate\",\"state\":"
	    "\"degraded\",\"wanted\":false}]");
	/* Started anew: what was said of languages is forgotten. */
	status("{\"stage\":\"translate\",\"state\":\"ready\"}", 6);
	ck_json(stages_json(&stages, true, false, 7),
	    "[{\"at_ms\":6,\"stage\":\"translate\",\"state\":\"ready\"}]");
}
END_TEST

START_TEST(a_level_that_stops_is_silence)
{
	static const char level[] =
	    "{\"stage\":\"transcribe\",\"state\":\"level\",\"level_db\":-20.5,"
	    "\"peak_db\":-6,\"lag_ms\":100,\"audio_s\":4}";

	ck_json(stages_level(&stages, "level_db", 0), "null");
	status("{\"stage\":\"transcribe\",\"state\":\"ready\",\"lang\":\"it-IT"
	       "\"}",
	    1000);
	status(level, 2000);
	ck_json(stages_level(&stages, "level_db", 2000), "-20.5");
	ck_json(stages_level(&stages, "no_such", 2000), "null");
	ck_json(stages_level(&stages, "state", 2000), "null");
	ck_json(stages_json(&stages, true, false, 2000 + STAGES_SILENT_MS),
	    "[{\"at_ms\":1000,\"audio_s\":4,\"lag_ms\":100,\"stage\":"
	    "\"transcribe\",\"state\":\"ready\"}]");
	ck_json(
	    stages_level(&stages, "level_db", 2001 + STAGES_SILENT_MS), "null");
	ck_json(stages_json(&stages, true, false, 9000),
	    "[{\"at_ms\":1000,\"audio_s\":4,\"detail\":\"no level for 7 s\","
	    "\"lag_ms\":100,\"stage\":\"transcribe\",\"state\":\"silent\"}]");
	/* A stage that spends says so only while it does. */
	status(
	    "{\"stage\":\"translate\",\"state\":\"level\",\"chars\":7}", 9000);
	ck_assert_uint_eq(stages.n, 2);
	ck_json(stages_level(&stages, "level_db", 2000 + STAGES_SILENT_MS),
	    "-20.5");
	status("{\"stage\":\"translate\",\"state\":\"ready\"}", 9000);
	ck_json(stages_json(&stages, true, false, 99000),
	    "[{\"at_ms\":1000,\"audio_s\":4,\"detail\":\"no level for 97 s\","
	    "\"lag_ms\":100,\"stage\":\"transcribe\",\"state\":\"silent\"},"
	    "{\"at_ms\":9000,\"stage\":\"translate\",\"state\":\"ready\"}]");
	json_decref(stages.entries[--stages.n].counters);
	/* Not when it ended, nor when the room is off the air. */
	ck_json(stages_json(&stages, false, false, 9000),
	    "[{\"at_ms\":1000,\"audio_s\":4,\"lag_ms\":100,\"stage\":"
	    "\"transcribe\",\"state\":\"ready\"}]");
	status("{\"stage\":\"transcribe\",\"state\":\"ended\"}", 9000);
	ck_json(stages_json(&stages, true, false, 99000),
	    "[{\"at_ms\":9000,\"audio_s\":4,\"lag_ms\":100,\"stage\":"
	    "\"transcribe\",\"state\":\"ended\"}]");
	status("{\"stage\":\"transcribe\",\"state\":\"ready\"}", 99000);
	ck_json(stages_json(&stages, true, false, 199000),
	    "[{\"at_ms\":99000,\"stage\":\"transcribe\",\"state\":\"ready\"}]");
}
END_TEST

START_TEST(who_was_killed_is_gone_who_ended_ended)
{
	status("{\"stage\":\"transcribe\",\"state\":\"ended\"}", 1);
	status("{\"stage\":\"synth\",\"state\":\"ready\",\"detail\":\"x\"}", 1);
	ck_json(stages_json(&stages, false, true, 2),
	    "[{\"at_ms\":1,\"stage\":\"transcribe\",\"state\":\"ended\"},"
	    "{\"at_ms\":1,\"stage\":\"synth\",\"state\":\"gone\"}]");
	/* broadcast came to the end of its input, because synth was killed. */
	status(
	    "{\"stage\":\"synth\",\"state\":\"degraded\",\"lang\":\"es-ES\"}",
	    2);
	status("{\"stage\":\"broadcast\",\"state\":\"ended\"}", 3);
	ck_json(stages_json(&stages, false, false, 4),
	    "[{\"at_ms\":1,\"stage\":\"transcribe\",\"state\":\"ended\"},"
	    "{\"at_ms\":1,\"stage\":\"synth\",\"state\":\"gone\"},"
	    "{\"at_ms\":2,\"lang\":\"es-ES\",\"stage\":\"synth\",\"state\":"
	    "\"degraded\"},"
	    "{\"at_ms\":3,\"stage\":\"broadcast\",\"state\":\"ended\"}]");
}
END_TEST

START_TEST(a_new_talk_begins_with_no_stages_but_keeps_errors)
{
	status("{\"stage\":\"synth\",\"state\":\"failed\"}", 1);
	status("{\"stage\":\"broadcast\",\"state\":\"ended\"}", 2);
	status("{\"stage\":\"broadcast\",\"state\":\"ready\"}", 3);
	status("{\"stage\":\"capture\",\"state\":\"ready\"}", 4);
	ck_json(stages_json(&stages, true, false, 5),
	    "[{\"at_ms\":3,\"stage\":\"broadcast\",\"state\":\"ready\"},"
	    "{\"at_ms\":4,\"stage\":\"capture\",\"state\":\"ready\"}]");
	ck_json(stages_errors(&stages),
	    "[{\"at_ms\":1,\"stage\":\"synth\",\"state\":\"failed\"}]");
}
END_TEST

START_TEST(nothing_grows_without_bound)
{
	char text[8192], key[40];
	json_t *obj, *list;
	int i, j;

	for (i = 0; i < 300; i++) {
		obj = json_pack("{s:s,s:s,s:o}", "state", "degraded", "detail",
		    "x", "stage", json_sprintf("stage%d", i));
		for (j = 0; j < 100; j++) {
			snprintf(key, sizeof(key), "counter%d", j);
			json_object_set_new(obj, key, json_integer(i));
		}
		stages_take(&stages, obj, i, false);
		json_decref(obj);
	}
	ck_assert_uint_eq(stages.n, STAGES_MAX);
	ck_assert_uint_eq(
	    json_object_size(stages.entries[0].counters), STAGES_COUNTERS_MAX);
	list = stages_errors(&stages);
	ck_assert_uint_eq(json_array_size(list), STAGES_ERRORS_MAX);
	json_decref(list);
	/* Too long, or not strings at all. */
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	obj = json_pack(
	    "{s:s,s:s,s:s}", "stage", "stage1", "state", text, "detail", text);
	stages_take(&stages, obj, 1, false);
	json_object_set_new(obj, "stage", json_string(text));
	stages_take(&stages, obj, 1, false);
	json_object_set_new(obj, "stage", json_integer(1));
	stages_take(&stages, obj, 1, false);
	json_decref(obj);
	stages_take(&stages, NULL, 1, false);
	ck_assert_uint_eq(strlen(stages.entries[1].detail),
	    sizeof(stages.entries[1].detail) - 1);
}
END_TEST

static void
final(const char *text, double at_ms)
{
	json_t *obj = json_loads(text, 0, NULL);

	ck_assert_msg(obj != NULL, "%s", text);
	finals_take(&finals, obj, at_ms);
	json_decref(obj);
}

START_TEST(the_newest_finals_are_kept_and_taken_back)
{
	char text[100];
	json_t *list;
	int i;

	for (i = 0; i < 50; i++) {
		snprintf(text, sizeof(text),
		    "{\"final\":true,\"id\":\"u%d\",\"lang\":\"it-IT\","
		    "\"text\":\"t\"}",
		    i);
		final(text, i);
	}
	final("{\"id\":\"partial\",\"text\":\"t\"}", 51);
	final("{\"final\":true,\"text\":\"no id\"}", 51);
	final("{\"final\":true,\"id\":7,\"text\":\"no id\"}", 51);
	list = finals_json(&finals);
	ck_assert_uint_eq(json_array_size(list), FINALS_MAX);
	ck_assert_str_eq(json_str(json_array_get(list, 0), "id"), "u30");
	json_decref(list);
	for (i = 0; i < 48; i++) {
		snprintf(text, sizeof(text), "u%d", i);
		finals_retract(&finals, text);
	}
	finals_retract(&finals, NULL);
	finals_retract(&finals, "nobody");
	final("{\"final\":true,\"id\":\"say-1\",\"said_by\":\"operator\"}", 60);
	ck_json(finals_json(&finals),
	    "[{\"at_ms\":48,\"id\":\"u48\",\"lang\":\"it-IT\",\"text\":\"t\"},"
	    "{\"at_ms\":49,\"id\":\"u49\",\"lang\":\"it-IT\",\"text\":\"t\"},"
	    "{\"at_ms\":60,\"id\":\"say-1\",\"lang\":\"\",\"said_by\":"
	    "\"operator\",\"text\":\"\"}]");
}
END_TEST

START_TEST(a_long_text_is_cut_between_characters)
{
	char text[FINALS_TEXT_MAX * 2 + 100] = "{\"final\":true,\"id\":\"u\","
					       "\"text\":\"x";
	int i;

	for (i = 0; i < FINALS_TEXT_MAX; i++)
		strcat(text, "\xc3\xa9");
	strcat(text, "\"}");
	final(text, 1);
	ck_assert_uint_eq(strlen(finals.lines[0].text), FINALS_TEXT_MAX - 1);
}
END_TEST

START_TEST(the_lag_is_that_of_the_newest_that_was_spoken)
{
	ck_assert_double_eq(finals_lag_ms(&finals, 0), -1);
	final("{\"final\":true,\"id\":\"a\",\"captured_at_ms\":900}", 1500);
	ck_assert_double_eq(finals_lag_ms(&finals, 1500), 600);
	final("{\"final\":true,\"id\":\"b\",\"captured_at_ms\":1500,"
	      "\"said_by\":\"operator\"}",
	    1501);
	final(
	    "{\"final\":true,\"id\":\"c\",\"captured_at_ms\":1,\"late\":true}",
	    1501);
	final("{\"final\":true,\"id\":\"d\",\"captured_at_ms\":9999}", 1501);
	ck_assert_double_eq(finals_lag_ms(&finals, 1500 + FINALS_LAG_MS), 600);
	ck_assert_double_eq(finals_lag_ms(&finals, 1501 + FINALS_LAG_MS), -1);
}
END_TEST

START_TEST(the_rate_is_that_of_the_last_two_minutes)
{
	int i;

	ck_assert_double_eq(rate_per_hour(&rate, 0), -1);
	ck_assert_double_eq(rate_usd(&rate), 0);
	rate_take(&rate, 1, 0);
	ck_assert_double_eq(rate_per_hour(&rate, RATE_LEAST_MS - 1), -1);
	ck_assert_double_eq(rate_per_hour(&rate, RATE_LEAST_MS), 0);
	/* A cent a second, for ten minutes. */
	for (i = 1; i <= 600; i++) {
		rate_take(&rate, 1 + i * 0.01, i * 1000.0);
		if (i >= 10)
			ck_assert_double_eq_tol(
			    rate_per_hour(&rate, i * 1000.0), 36, 0.001);
	}
	ck_assert_double_eq_tol(rate_usd(&rate), 7, 1e-9);
	/* Paused: it falls, to nothing. */
	ck_assert_double_eq_tol(rate_per_hour(&rate, 660000), 18, 0.001);
	ck_assert_double_eq_tol(rate_per_hour(&rate, 720000), 0, 0.001);
	/* A new talk. */
	rate_take(&rate, 0, 800000);
	ck_assert_double_eq(rate_per_hour(&rate, 800001), -1);
	ck_assert_double_eq(rate_usd(&rate), 0);
}
END_TEST

START_TEST(no_allocation_that_fails_does_harm)
{
	static const char text[] =
	    "{\"stage\":\"synth\",\"state\":\"degraded\",\"detail\":\"d\","
	    "\"lang\":\"es-ES\",\"at_ms\":7,\"chars\":9}";
	static const char level[] =
	    "{\"stage\":\"transcribe\",\"state\":\"level\",\"level_db\":-2}";
	json_t *a = json_loads(text, 0, NULL), *b = json_loads(level, 0, NULL);
	unsigned long n, count;

	for (n = 1;; n++) {
		setup();
		json_set_alloc_funcs(failmalloc_malloc, free);
		failmalloc_arm(n);
		stages_take(&stages, a, 1, false);
		stages_take(&stages, b, 2, false);
		json_decref(stages_json(&stages, true, false, 9000));
		json_decref(stages_errors(&stages));
		json_decref(stages_level(&stages, "level_db", 3));
		json_decref(finals_json(&finals));
		count = failmalloc_disarm();
		stages_release(&stages);
		if (count < n)
			break;
	}
	ck_assert_uint_gt(n, 20);
	json_decref(a);
	json_decref(b);
}
END_TEST

/* The page, over a pipe. */
static struct page page;
static int pipe_fds[2];

static void
turn(int64_t now_ms)
{
	struct loop loop;

	loop_init(&loop);
	loop_begin(&loop);
	page_prepare(&page, &loop, now_ms);
	loop_deadline(&loop, 0);
	ck_assert_int_ge(loop_wait(&loop), 0);
	page_dispatch(&page, &loop, now_ms);
	loop_release(&loop);
}

static size_t
messages(int64_t now_ms)
{
	json_t *obj;
	size_t n = 0;

	while ((obj = page_next(&page, now_ms)) != NULL) {
		json_decref(obj);
		n++;
	}
	return n;
}

static void
write_page(const char *text)
{
	ck_assert_int_eq(
	    write(pipe_fds[1], text, strlen(text)), (ssize_t)strlen(text));
}

static const char split[] =
    "{\"a\":1}\nno JSON\n[1]\n{\"type\":\"command\",\"n\":2}\n{}\n";

START_TEST(messages_come_whole_in_any_split)
{
	char first[sizeof(split)];
	size_t n;

	ck_assert_int_eq(pipe(pipe_fds), 0);
	page_init(&page, pipe_fds[0], 0);
	memcpy(first, split, (size_t)_i);
	first[_i] = '\0';
	write_page(first);
	turn(0);
	n = messages(0);
	write_page(split + _i);
	turn(1);
	n += messages(1);
	ck_assert_uint_eq(n, 3);
	close(pipe_fds[1]);
	turn(2);
	ck_assert(page.is_gone);
	page_release(&page);
	close(pipe_fds[0]);
}
END_TEST

START_TEST(a_flood_is_read_slowly)
{
	char longest[PAGE_MESSAGE_MAX * 2];
	int64_t now_ms = 0;
	size_t n = 0;
	int i;

	ck_assert_int_eq(pipe(pipe_fds), 0);
	page_init(&page, pipe_fds[0], 0);
	for (i = 0; i < 100; i++)
		write_page("{}\n");
	turn(0);
	ck_assert_uint_eq(messages(0), PAGE_BURST);
	for (i = 0; i < 10; i++) {
		now_ms += PAGE_EVERY_MS;
		turn(now_ms);
		n += messages(now_ms);
	}
	ck_assert_uint_eq(n, 10);
	now_ms += 1000000;
	turn(now_ms);
	n = messages(now_ms);
	ck_assert_uint_eq(n, PAGE_BURST);
	do {
		now_ms += 1000000;
		turn(now_ms);
	} while (messages(now_ms) > 0);
	/* Bytes that are no message: no more than so many in a second. */
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	now_ms += 1000000;
	for (i = 0; i < 100; i++) {
		turn(now_ms);
		(void)messages(now_ms);
		if (page.second_bytes >= PAGE_RATE_BYTES)
			break;
		write_page(longest);
	}
	ck_assert_int_lt(i, 100);
	write_page("{}\n");
	turn(now_ms);
	ck_assert_int_eq(page.slot, -1);
	now_ms += 1000;
	page.second_ms = now_ms;
	page_release(&page);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("operate");
	TCase *tc = tcase_create("view");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_stage_is_what_it_said_last_with_all_its_counters);
	tcase_add_test(tc, what_is_about_a_language_stands_by_itself);
	tcase_add_test(tc, a_level_that_stops_is_silence);
	tcase_add_test(tc, who_was_killed_is_gone_who_ended_ended);
	tcase_add_test(tc, a_new_talk_begins_with_no_stages_but_keeps_errors);
	tcase_add_test(tc, nothing_grows_without_bound);
	tcase_add_test(tc, the_newest_finals_are_kept_and_taken_back);
	tcase_add_test(tc, a_long_text_is_cut_between_characters);
	tcase_add_test(tc, the_lag_is_that_of_the_newest_that_was_spoken);
	tcase_add_test(tc, the_rate_is_that_of_the_last_two_minutes);
	tcase_add_test(tc, no_allocation_that_fails_does_harm);
	suite_add_tcase(s, tc);
	tc = tcase_create("page");
	tcase_add_loop_test(
	    tc, messages_come_whole_in_any_split, 0, sizeof(split));
	tcase_add_test(tc, a_flood_is_read_slowly);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
