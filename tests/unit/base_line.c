/* Lines out of bytes in any split, capped; and as JSON, with what is not. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/intake.h"
#include "base/json.h"
#include "base/line.h"
#include "base/log.h"

#define CAP 8

/* "abc", an empty line, one of just the cap, one over it, "x", a rest. */
static const char input[] = "abc\n\n1234567\n12345678\nx\nrest";

struct seen {
	char text[256]; /* each line with '|' behind, over-long ones as "LONG|"
	                 */
	uint64_t numbers[16];
	size_t n;
};

static void
take(struct line_reader *r, struct seen *seen, bool is_last)
{
	char *line;
	size_t len;
	int rc;

	while ((rc = is_last ? line_reader_last(r, &line, &len)
	                     : line_reader_next(r, &line, &len)) != 0) {
		ck_assert_int_ne(rc, LINE_ERR_NOMEM);
		if (rc == 1) {
			ck_assert_uint_eq(strlen(line), len);
			strcat(seen->text, line);
		} else {
			strcat(seen->text, "LONG");
		}
		strcat(seen->text, "|");
		seen->numbers[seen->n++] = r->number;
	}
}

static void
read_split(size_t first, size_t step, struct seen *seen)
{
	size_t len = strlen(input), n;
	struct line_reader r;

	memset(seen, 0, sizeof(*seen));
	line_reader_init(&r, CAP);
	for (size_t at = 0; at < len; at += n) {
		n = at == 0 && first > 0 ? first : step;
		n = n < len - at ? n : len - at;
		ck_assert_int_eq(line_reader_feed(&r, input + at, n), 0);
		take(&r, seen, false);
	}
	take(&r, seen, true);
	line_reader_release(&r);
}

static const char expected[] = "abc||1234567|LONG|x|rest|";

START_TEST(cut_at_each_position)
{
	struct seen seen;

	read_split((size_t)_i, sizeof(input), &seen);
	ck_assert_str_eq(seen.text, expected);
	for (size_t i = 0; i < seen.n; i++)
		ck_assert_uint_eq(seen.numbers[i], i + 1);
}
END_TEST

START_TEST(in_pieces_of_each_size)
{
	struct seen seen;

	read_split(0, (size_t)_i + 1, &seen);
	ck_assert_str_eq(seen.text, expected);
}
END_TEST

START_TEST(an_endless_line_takes_no_memory)
{
	struct line_reader r;
	char block[4096], *line;
	size_t len;

	memset(block, 'x', sizeof(block));
	line_reader_init(&r, 65536);
	for (int i = 0; i < 1000; i++) {
		ck_assert_int_eq(line_reader_feed(&r, block, sizeof(block)), 0);
		while (line_reader_next(&r, &line, &len) != 0)
			continue;
		ck_assert_uint_le(r.q.alloc, 65536 * 2 + 1);
	}
	ck_assert_int_eq(line_reader_feed(&r, "\nok\n", 4), 0);
	ck_assert_int_eq(line_reader_next(&r, &line, &len), 1);
	ck_assert_str_eq(line, "ok");
	line_reader_release(&r);
}
END_TEST

START_TEST(intake_leaves_out_what_is_no_object)
{
	static const char text[] = "{\"a\":1}\nno json\n[1]\n\n{\"a\":2,"
				   "\"a\":3}\n{\"a\":4} x\n{\"a\":5}";
	struct intake in;
	struct loop loop;
	json_t *obj;
	char *line;
	size_t len;
	int fds[2], sum = 0;

	log_set_level(LOG_ERROR);
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], text, strlen(text)), strlen(text));
	close(fds[1]);
	intake_init(&in, fds[0]);
	loop_init(&loop);
	while (!in.has_ended) {
		loop_begin(&loop);
		intake_prepare(&in, &loop);
		ck_assert_int_ge(loop_wait(&loop), 0);
		ck_assert_int_eq(intake_dispatch(&in, &loop), 0);
		while (intake_next(&in, &line, &len, &obj) == 1) {
			sum = sum * 10 + (int)json_num(obj, "a", 0);
			json_decref(obj);
		}
	}
	ck_assert_int_eq(sum, 15);
	ck_assert_uint_eq(in.bad, 4);
	ck_assert_int_eq(intake_status(&in), EX_DATAERR);
	intake_release(&in);
	loop_release(&loop);
	close(fds[0]);
}
END_TEST

START_TEST(a_number_of_any_size_is_a_number)
{
	static const char line[] = "{\"x\":123456789012345678901234567890}";
	char why[100];
	json_t *obj = json_line_parse(line, strlen(line), why, sizeof(why));

	ck_assert_msg(obj != NULL, "%s", why);
	ck_assert_double_eq_tol(json_num(obj, "x", 0), 1.2345678901e29, 1e20);
	json_decref(obj);
}
END_TEST

START_TEST(milliseconds_keep_three_digits)
{
	json_t *obj = json_object();
	size_t len;
	char *text;

	json_object_set_new(obj, "a", json_ms(1795239294006.2501));
	json_object_set_new(obj, "b", json_ms(1200.0));
	json_object_set_new(obj, "c", json_ms(0.0004));
	text = json_line_dump(obj, &len);
	ck_assert_str_eq(text, "{\"a\":1795239294006.25,\"b\":1200,\"c\":0}");
	ck_assert_uint_eq(len, strlen(text));
	free(text);
	json_decref(obj);
}
END_TEST

START_TEST(status_lines_have_stage_and_state)
{
	json_t *obj = json_status("synth", "ready", NULL, 5);
	size_t len;
	char *text = json_line_dump(obj, &len);

	ck_assert_str_eq(text,
	    "{\"type\":\"status\",\"stage\":\"synth\",\"state\":\"ready\","
	    "\"at_ms\":5}");
	ck_assert_str_eq(json_line_type(obj), "status");
	free(text);
	json_decref(obj);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("base/line");
	TCase *tc = tcase_create("lines");
	SRunner *r;
	int failed;

	tcase_add_loop_test(tc, cut_at_each_position, 1, sizeof(input) - 1);
	tcase_add_loop_test(tc, in_pieces_of_each_size, 0, sizeof(input) - 1);
	tcase_add_test(tc, an_endless_line_takes_no_memory);
	tcase_add_test(tc, intake_leaves_out_what_is_no_object);
	tcase_add_test(tc, a_number_of_any_size_is_a_number);
	tcase_add_test(tc, milliseconds_keep_three_digits);
	tcase_add_test(tc, status_lines_have_stage_and_state);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
