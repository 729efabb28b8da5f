/* with: tests/unit/support/failmalloc.c */
/* with: cmd/interject/typed.c cmd/interject/door.c */
#include "../../cmd/interject/typed.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../cmd/interject/door.h"
#include "base/json.h"
#include "room/say.h"
#include "support/failmalloc.h"

static struct typed typed;
static json_t *line;
static char why[256];

static int
take(const char *text)
{
	line = NULL;
	why[0] = '\0';
	return typed_take(
	    &typed, text, strlen(text), 5000, &line, why, sizeof(why));
}

static void
learn(const char *text)
{
	json_t *obj = json_loads(text, 0, NULL);

	ck_assert_ptr_nonnull(obj);
	typed_learn(&typed, obj);
	json_decref(obj);
}

static void
setup(void)
{
	typed_init(&typed, "it-IT", 1000);
}

START_TEST(a_text_is_a_final_of_the_operators)
{
	static const char expected[] =
	    "{\"type\":\"transcript\",\"id\":\"say-f4240-1\",\"final\":true,"
	    "\"lang\":\"it-IT\",\"text\":\"Il pranzo\",\"said_by\":"
	    "\"operator\",\"start_ms\":2500,\"end_ms\":2500,\"items\":[],"
	    "\"captured_at_ms\":5000,\"final_at_ms\":5000}";
	char *text;

	learn("{\"type\":\"transcript\",\"lang\":\"de-DE\",\"end_ms\":2500}");
	ck_assert_int_eq(take(" \tIl  pranzo\r"), 1);
	text = json_dumps(line, JSON_COMPACT);
	ck_assert_str_eq(text, expected);
	free(text);
	json_decref(line);
	ck_assert_int_eq(take("due"), 1);
	ck_assert_str_eq(json_str(line, "id"), "say-f4240-2");
	json_decref(line);
}
END_TEST

START_TEST(what_moves_a_cursor_becomes_a_blank)
{
	/* C0, DEL, C1 (U+0085), U+2028, and a NUL in the middle. */
	static const char text[] = "a\x1b[31mb\x7f"
				   "c\xc2\x85"
				   "d\xe2\x80\xa8"
				   "e\0f";

	ck_assert_int_eq(typed_take(&typed, text, sizeof(text) - 1, 0, &line,
			     why, sizeof(why)),
	    1);
	ck_assert_str_eq(json_str(line, "text"), "a [31mb c d e f");
	json_decref(line);
	ck_assert_int_eq(take(" \x01\x02 \xc2\x80 "), 0);
	ck_assert_int_eq(take(""), 0);
}
END_TEST

static const struct {
	const char *text, *why;
} refused[] = {
	{ "\xff\xfe", "not UTF-8" },
	{ "cut \xc3", "not UTF-8" },
	{ "now\",\"lang\":\"en-US\"}", "the end of a JSON line" },
	{ "{", "column" },
	{ "{\"type\":\"transcript\",\"text\":\"a\",\"text\":\"b\"}", "column" },
	{ "{}", "neither transcript nor retraction" },
	{ "{\"type\":\"audio\",\"data\":\"AAAA\"}", "neither" },
	{ "{\"type\":7}", "neither" },
	{ "{\"type\":\"transcript\"}", "without 'text'" },
	{ "{\"type\":\"transcript\",\"text\":7}", "without 'text'" },
	{ "{\"type\":\"transcript\",\"text\":\"x\",\"lang\":\"../../etc\"}",
	    "'lang'" },
	{ "{\"type\":\"transcript\",\"text\":\"x\",\"lang\":null}", "'lang'" },
	{ "{\"type\":\"transcript\",\"text\":\"x\",\"lang\":"
	  "\"en-aaaaaaaa-bbbbbbbb-cccccccc\"}",
	    "'lang'" },
	{ "{\"type\":\"transcript\",\"text\":\"x\",\"id\":\"a-1\"}", "'id'" },
	{ "{\"type\":\"transcript\",\"text\":\"x\",\"id\":\"say-<b>\"}",
	    "'id'" },
	{ "{\"type\":\"transcript\",\"text\":\"x\",\"id\":7}", "'id'" },
	{ "{\"type\":\"retraction\"}", "without the 'id'" },
	{ "{\"type\":\"retraction\",\"id\":\"\"}", "without the 'id'" },
	{ "{\"type\":\"retraction\",\"id\":7}", "without the 'id'" },
	{ "{\"type\":\"retraction\",\"id\":\"a\\nb\"}", "without the 'id'" },
};

START_TEST(what_is_refused_is_named)
{
	ck_assert_int_eq(take(refused[_i].text), -1);
	ck_assert_msg(strstr(why, refused[_i].why) != NULL, "%s: %s",
	    refused[_i].text, why);
	ck_assert_ptr_null(line);
}
END_TEST

START_TEST(an_id_is_bounded)
{
	char text[400], id[TYPED_ID_MAX + 2];

	memset(id, 'x', sizeof(id));
	id[TYPED_ID_MAX] = '\0';
	snprintf(
	    text, sizeof(text), "{\"type\":\"retraction\",\"id\":\"%s\"}", id);
	ck_assert_int_eq(take(text), 1);
	ck_assert_str_eq(json_str(line, "id"), id);
	ck_assert_double_eq(json_num(line, "at_ms", 0), 5000);
	json_decref(line);
	id[TYPED_ID_MAX] = 'x';
	id[TYPED_ID_MAX + 1] = '\0';
	snprintf(
	    text, sizeof(text), "{\"type\":\"retraction\",\"id\":\"%s\"}", id);
	ck_assert_int_eq(take(text), -1);
}
END_TEST

START_TEST(the_language_is_the_speakers_unless_it_is_given)
{
	typed_init(&typed, NULL, 0);
	ck_assert_int_eq(take("x"), -1);
	ck_assert_ptr_nonnull(strstr(why, "not known yet"));
	learn("{\"type\":\"status\",\"stage\":\"translate\",\"state\":"
	      "\"ready\",\"lang\":\"fr-FR\"}");
	ck_assert_int_eq(take("x"), -1);
	learn("{\"type\":\"status\",\"stage\":\"transcribe\",\"state\":"
	      "\"ready\",\"lang\":\"fr-FR\"}");
	ck_assert_int_eq(take("x"), 1);
	ck_assert_str_eq(json_str(line, "lang"), "fr-FR");
	json_decref(line);
	learn("{\"type\":\"transcript\",\"lang\":\"es-ES\"}");
	learn("{\"type\":\"transcript\",\"lang\":\"de-DE\",\"said_by\":"
	      "\"operator\"}");
	learn("{\"type\":\"transcript\",\"lang\":\"no tag\"}");
	ck_assert_int_eq(take("x"), 1);
	ck_assert_str_eq(json_str(line, "lang"), "es-ES");
	json_decref(line);
	ck_assert_int_eq(
	    take("{\"type\":\"transcript\",\"text\":\"x\",\"lang\":\"EN-us\"}"),
	    1);
	ck_assert_str_eq(json_str(line, "lang"), "en-US");
	json_decref(line);
	typed_init(&typed, "ES-es", 0);
	learn("{\"type\":\"transcript\",\"lang\":\"de-DE\"}");
	ck_assert_int_eq(take("x"), 1);
	ck_assert_str_eq(json_str(line, "lang"), "es-ES");
	json_decref(line);
}
END_TEST

START_TEST(no_allocation_that_fails_does_harm)
{
	static const char *const texts[] = { "some text",
		"{\"type\":\"transcript\",\"text\":\"x\",\"id\":\"say-1\"}",
		"{\"type\":\"retraction\",\"id\":\"a\"}" };
	unsigned long n;
	size_t i;
	int ret;

	json_set_alloc_funcs(failmalloc_malloc, free);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (n = 1;; n++) {
			failmalloc_arm(n);
			ret = take(texts[i]);
			if (failmalloc_disarm() < n)
				break;
			/* A number that is cut short by it may not matter. */
			ck_assert_int_eq(ret, line != NULL ? 1 : -1);
			ck_assert(ret == 1 || why[0] != '\0');
			json_decref(line);
		}
		ck_assert_int_eq(ret, 1);
		json_decref(line);
		ck_assert_uint_gt(n, 5);
	}
}
END_TEST

/* The door, over a pipe. */
static struct door door;
static int pipe_fds[2];

static void
open_door(void)
{
	ck_assert_int_eq(pipe(pipe_fds), 0);
	ck_assert_int_eq(fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK), 0);
	door_init(&door, pipe_fds[0], 0);
}

static void
turn(int64_t now_ms)
{
	struct loop loop;

	loop_init(&loop);
	loop_begin(&loop);
	door_prepare(&door, &loop);
	loop_deadline(&loop, 0);
	ck_assert_int_ge(loop_wait(&loop), 0);
	ck_assert_int_eq(door_dispatch(&door, &loop, now_ms), 0);
	loop_release(&loop);
}

static void
write_all(const char *p, size_t n)
{
	ck_assert_int_eq(write(pipe_fds[1], p, n), (ssize_t)n);
}

static void
close_both(void)
{
	door_release(&door);
	close(pipe_fds[1]);
}

START_TEST(lines_come_whole_in_any_split)
{
	static const char bytes[] = "one\ntwo and more\n\nlast\n";
	static const char *const lines[] = { "one", "two and more", "",
		"last" };
	size_t len, n = 0;
	char *text;

	open_door();
	write_all(bytes, (size_t)_i);
	turn(0);
	while (door_next(&door, 0, &text, &len) == 1)
		ck_assert_str_eq(text, lines[n++]);
	write_all(bytes + _i, sizeof(bytes) - 1 - (size_t)_i);
	turn(1);
	while (door_next(&door, 1, &text, &len) == 1)
		ck_assert_str_eq(text, lines[n++]);
	ck_assert_uint_eq(n, 4);
	close_both();
}
END_TEST

START_TEST(more_lines_than_a_talk_bears_wait)
{
	int64_t now_ms = 0;
	size_t len, n = 0;
	char *text;
	int i;

	open_door();
	for (i = 0; i < 30; i++)
		write_all("x\n", 2);
	turn(now_ms);
	while (door_next(&door, now_ms, &text, &len) == 1)
		n++;
	ck_assert_uint_eq(n, DOOR_BURST);
	turn(now_ms + DOOR_EVERY_MS - 1);
	ck_assert_int_eq(door_next(&door, now_ms, &text, &len), 0);
	for (i = 0; i < 10; i++) {
		now_ms += DOOR_EVERY_MS;
		turn(now_ms);
		ck_assert_int_eq(door_next(&door, now_ms, &text, &len), 1);
		ck_assert_int_eq(door_next(&door, now_ms, &text, &len), 0);
	}
	/* After a rest, as many at once as in the beginning, no more. */
	now_ms += 1000000;
	turn(now_ms);
	ck_assert_int_eq(door_next(&door, now_ms, &text, &len), 0);
	for (i = 0; i < 30; i++)
		write_all("x\n", 2);
	turn(now_ms);
	for (n = 0; door_next(&door, now_ms, &text, &len) == 1;)
		n++;
	ck_assert_uint_eq(n, DOOR_BURST);
	close_both();
}
END_TEST

START_TEST(a_torn_line_is_given_up_and_the_next_is_whole)
{
	size_t len;
	char *text;

	open_door();
	write_all("half", 4);
	turn(100);
	ck_assert_int_eq(door_next(&door, 100, &text, &len), 0);
	turn(100 + DOOR_PATIENCE_MS - 1);
	ck_assert_int_eq(
	    door_next(&door, 100 + DOOR_PATIENCE_MS - 1, &text, &len), 0);
	turn(100 + DOOR_PATIENCE_MS);
	ck_assert_int_eq(door_next(&door, 100 + DOOR_PATIENCE_MS, &text, &len),
	    DOOR_ERR_TORN);
	ck_assert_int_eq(
	    door_next(&door, 100 + DOOR_PATIENCE_MS, &text, &len), 0);
	write_all("whole\n", 6);
	turn(9000);
	ck_assert_int_eq(door_next(&door, 9000, &text, &len), 1);
	ck_assert_str_eq(text, "whole");
	close_both();
}
END_TEST

START_TEST(a_line_that_is_too_long_is_told_once)
{
	char longest[SAY_LINE_MAX * 3];
	size_t len;
	char *text;

	memset(longest, 'x', sizeof(longest));
	open_door();
	/* One byte short of too long, newline included. */
	write_all(longest, SAY_LINE_MAX - 1);
	write_all("\n", 1);
	turn(0);
	ck_assert_int_eq(door_next(&door, 0, &text, &len), 1);
	ck_assert_uint_eq(len, SAY_LINE_MAX - 1);
	ck_assert_int_eq(door_next(&door, 0, &text, &len), 0);
	write_all(longest, sizeof(longest));
	turn(1);
	ck_assert_int_eq(door_next(&door, 1, &text, &len), DOOR_ERR_LONG);
	ck_assert_int_eq(door_next(&door, 1, &text, &len), 0);
	/* Its end never comes: nothing more is said. */
	turn(1 + DOOR_PATIENCE_MS);
	ck_assert_int_eq(
	    door_next(&door, 1 + DOOR_PATIENCE_MS, &text, &len), 0);
	write_all("after\n", 6);
	turn(9000);
	ck_assert_int_eq(door_next(&door, 9000, &text, &len), 1);
	ck_assert_str_eq(text, "after");
	close_both();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("interject");
	TCase *tc = tcase_create("typed");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, a_text_is_a_final_of_the_operators);
	tcase_add_test(tc, what_moves_a_cursor_becomes_a_blank);
	tcase_add_loop_test(tc, what_is_refused_is_named, 0,
	    sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(tc, an_id_is_bounded);
	tcase_add_test(tc, the_language_is_the_speakers_unless_it_is_given);
	tcase_add_test(tc, no_allocation_that_fails_does_harm);
	suite_add_tcase(s, tc);
	tc = tcase_create("door");
	tcase_add_loop_test(tc, lines_come_whole_in_any_split, 0, 24);
	tcase_add_test(tc, more_lines_than_a_talk_bears_wait);
	tcase_add_test(tc, a_torn_line_is_given_up_and_the_next_is_whole);
	tcase_add_test(tc, a_line_that_is_too_long_is_told_once);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
