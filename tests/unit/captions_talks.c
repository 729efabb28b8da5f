/* with: tests/unit/support/failmalloc.c */
/* with: tests/unit/support/nomem_captions_anchors.c */
/* with: tests/unit/support/nomem_captions_clean.c */
/* with: tests/unit/support/nomem_captions_cues.c */
/* with: tests/unit/support/nomem_captions_layout.c */
/* with: tests/unit/support/nomem_captions_render.c */
/* with: tests/unit/support/nomem_captions_talks.c */
/* with: tests/unit/support/nomem_captions_units.c */
/* with: cmd/captions/format.c cmd/captions/leaning.c */
/*
 * cmd/captions: archives as they come (late, taken back, failed, typed, of
 * several talks), the files they give, and every allocation that may fail.
 */
#define FAILMALLOC_REAL
#include "support/failmalloc.h"

#include <check.h>
#include <string.h>

#include "../../cmd/captions/render.h"
#include "../../cmd/captions/talks.h"
#include "base/json.h"

static struct talks t;

static const struct render usual = {
	.lang = "source",
	.format = FORMAT_TEXT,
	.rules = { .max_columns = 42,
	    .max_lines = 2,
	    .columns_per_s = 17,
	    .min_ms = 1000,
	    .max_ms = 7000,
	    .gap_ms = 80 },
};

/* A line, with ' for ". */
static json_t *
parse(const char *line)
{
	char copy[2048], err[160];
	json_t *obj;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *p = copy; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	obj = json_line_parse(copy, strlen(copy), err, sizeof(err));
	ck_assert_msg(obj != NULL, "%s", err);
	return obj;
}

/* The first error, or 0. */
static int
feed(const char *const *lines, size_t n)
{
	json_t *obj;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		obj = parse(lines[i]);
		rc = talks_line(&t, obj);
		json_decref(obj);
	}
	return rc;
}

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define READ(lines)                                                            \
	do {                                                                   \
		ck_assert_int_eq(talks_init(&t), 0);                           \
		ck_assert_int_eq(feed(lines, LENGTH(lines)), 0);               \
		talks_settle(&t, 17);                                          \
	} while (0)

static void
expect(const struct render *r, const char *expected)
{
	struct render_report report;
	size_t len;
	char *text = render(&t, r, &len, &report);

	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, expected);
	ck_assert_uint_eq(len, strlen(expected));
	free(text);
}

#define SAID(id, text, start, end, more)                                       \
	"{'type':'transcript','id':'" id "','final':true,'lang':'en-US',"      \
	"'text':'" text "','start_ms':" #start ",'end_ms':" #end more "}"
#define SPANISH(id, text, error)                                               \
	"{'type':'translation','id':'" id "','lang':'es-ES','from':'en-US',"   \
	"'text':'" text "','error':" error "}"

static const char *const late[] = {
	"{'type':'transcript','id':'1','final':false,'lang':'en-US',"
	"'text':'par','start_ms':0,'end_ms':500}",
	SAID("1", "first", 0, 1000, ""),
	SAID("3", "third", 4000, 5000, ""),
	SAID("2", "second", 2000, 3000, ",'late':true"),
	SAID("4", "taken back", 6000, 7000, ""),
	SAID("1", "again", 0, 1000, ""),
	"{'type':'retraction','id':'4','at_ms':1}",
	"{'type':'retraction','id':'nobody','at_ms':1}",
	"{'type':'retraction'}",
	"{'type':'audio','id':'1','lang':'es-ES','data':'AAAA'}",
	"{'type':'something','new':[1,2]}",
	"{}",
};

START_TEST(late_ones_stand_in_place_and_those_taken_back_nowhere)
{
	READ(late);
	ck_assert_uint_eq(t.ntalks, 1);
	ck_assert_uint_eq(t.talks[0].n, 3);
	expect(&usual, "first\nsecond\nthird\n");
	talks_release(&t);
}
END_TEST

static const char *const failed[] = {
	SAID("1", "one", 0, 1000, ""),
	SAID("2", "two", 1000, 2000, ""),
	SAID("3", "three", 2000, 3000, ""),
	SAID("4", "four", 3000, 4000, ""),
	SPANISH("1", "uno", "null"),
	SPANISH("2", "two", "'throttled'"),
	SPANISH("3", "three", "'deadline'"),
	SPANISH("3", "tres", "null"),
	SPANISH("3", "three", "'deadline'"),
	SPANISH("stray", "x", "null"),
};

START_TEST(a_translation_that_failed_is_left_out_or_replaced)
{
	struct render r = usual;
	struct render_report report;
	size_t len;

	READ(failed);
	ck_assert_uint_eq(t.nstrays, 1);
	r.lang = "es-ES";
	expect(&r, "uno\ntres\n");
	r.with_source = true;
	expect(&r, "uno\ntwo\ntres\nfour\n");
	free(render(&t, &r, &len, &report));
	ck_assert_uint_eq(report.written, 2);
	ck_assert_uint_eq(report.fallback, 2);
	ck_assert_uint_eq(report.missing, 0);
	/* English of Britain is the English that was spoken. */
	r.lang = "en-GB";
	r.with_source = false;
	expect(&r, "one\ntwo\nthree\nfour\n");
	talks_release(&t);
}
END_TEST

#define READY(at)                                                              \
	"{'type':'status','stage':'transcribe','state':'ready','at_ms':" #at "}"

static const char *const two[] = {
	READY(100000),
	READY(100500), /* started again before a word was said */
	SAID("a-1", "morning", 1000, 2000, ",'captured_at_ms':102500"),
	SAID("a-2", "more", 30000, 31000, ",'captured_at_ms':131500"),
	"{'type':'status','stage':'translate','state':'ready','at_ms':1}",
	READY(200500),
	SAID("b-1", "again", 500, 1500, ",'captured_at_ms':202000"),
	/* no status line: the times tell */
	SAID("c-1", "far", 60000, 61000, ",'captured_at_ms':261500"),
	SAID("d-1", "third", 100, 900, ""),
};

START_TEST(every_run_of_transcribe_is_a_talk)
{
	struct render r = usual;

	READ(two);
	ck_assert_uint_eq(t.ntalks, 3);
	expect(&usual, "morning\nmore\n");
	r.first = r.last = 1;
	expect(&r, "again\nfar\n");
	r.first = r.last = 2;
	r.format = FORMAT_SRT;
	expect(&r, "1\n00:00:00,100 --> 00:00:01,100\nthird\n");
	/* Joined by the wall clock; where that is missing, in a row. */
	r.first = 0;
	expect(&r, "1\n00:00:01,000 --> 00:00:02,000\nmorning\n\n"
		   "2\n00:00:30,000 --> 00:00:31,000\nmore\n\n"
		   "3\n00:01:40,500 --> 00:01:41,500\nagain\n\n"
		   "4\n00:02:40,000 --> 00:02:41,000\nfar\n\n"
		   "5\n00:02:41,100 --> 00:02:42,100\nthird\n");
	talks_release(&t);
}
END_TEST

static const char *const typed[] = {
	"{'type':'transcript','id':'say-0','final':true,'lang':'en-US',"
	"'text':'Welcome','said_by':'operator','final_at_ms':99000}",
	SAID("1", "one", 1000, 2000, ",'captured_at_ms':102000"),
	"{'type':'transcript','id':'say-1','final':true,'lang':'en-US',"
	"'text':'The lift is out of order','said_by':'operator',"
	"'final_at_ms':105000,'start_ms':0,'end_ms':0}",
	SAID("2", "nonsense", 9000, 2000, ",'captured_at_ms':107000"),
	SAID("3", "early", -5, 10, ""),
	SAID("4", "endless", 10, 1e300, ""),
};

START_TEST(what_has_no_time_gets_one_by_the_wall_clock)
{
	struct render r = usual;

	READ(typed);
	r.format = FORMAT_SRT;
	expect(&r, "1\n00:00:00,000 --> 00:00:01,000\nWelcome\n\n"
		   "2\n00:00:01,080 --> 00:00:02,080\none\n\n"
		   "3\n00:00:05,000 --> 00:00:06,412\nThe lift is out of "
		   "order\n\n"
		   "4\n00:00:07,000 --> 00:00:08,000\nnonsense\n\n"
		   "5\n00:00:08,080 --> 00:00:09,080\nearly\n\n"
		   "6\n00:00:09,160 --> 00:00:10,160\nendless\n");
	talks_release(&t);
}
END_TEST

static const char *const harmful[] = {
	SAID("1", "<i>a</i> && --> {\\\\an8} 00:00:01,000 --> 00:00:02,000", 0,
	    4000, ""),
	SAID("2", "\\u0001\\u0007x\\u2028\\u2028y\\n\\n9", 5000, 6000, ""),
	SAID("3", "\\u202e \\n", 7000, 8000, ""),
	"{'type':'transcript','id':'4','final':true,'lang':'../x','text':'bad "
	"tag','start_ms':8000,'end_ms':9000}",
	"{'type':'transcript','id':'5','final':true,'lang':'he-IL','text':"
	"'HTTP \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d.','start_ms':10000,"
	"'end_ms':11000}",
	"{'type':'transcript','id':7,'final':true,'text':'no id'}",
	"{'type':'transcript','id':'8','final':true,'text':[1]}",
	"{'type':'translation','id':'5','lang':'../../etc','text':'x',"
	"'error':null}",
};

START_TEST(nothing_in_a_text_is_taken_for_markup)
{
	struct render r = usual;

	READ(harmful);
	r.format = FORMAT_VTT;
	expect(&r, "WEBVTT\n\n"
		   "00:00:00.000 --> 00:00:04.000\n"
		   "&lt;i&gt;a&lt;/i&gt; &amp;&amp; --&gt; {\\an8}\n"
		   "00:00:01,000 --&gt; 00:00:02,000\n\n"
		   "00:00:05.000 --> 00:00:06.000\nx y 9\n\n"
		   "00:00:08.000 --> 00:00:09.000\nbad tag\n\n"
		   "00:00:10.000 --> 00:00:11.000\n"
		   "\xe2\x80\x8fHTTP \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d.\n");
	r.format = FORMAT_SRT;
	r.offset_ms = -4500;
	expect(&r, "1\n00:00:00,500 --> 00:00:01,500\nx y 9\n\n"
		   "2\n00:00:03,500 --> 00:00:04,500\nbad tag\n\n"
		   "3\n00:00:05,500 --> 00:00:06,500\n"
		   "\xe2\x80\x8fHTTP \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d.\n");
	r.offset_ms = -2000;
	r.lang = "en-US";
	expect(&r, "1\n00:00:00,000 --> 00:00:02,000\n"
		   "<\xe2\x81\xa0i>a<\xe2\x81\xa0/i> && "
		   "-\xe2\x81\xa0-> {\xe2\x81\xa0\\an8}\n"
		   "00:00:01,000 -\xe2\x81\xa0-> 00:00:02,000\n\n"
		   "2\n00:00:03,000 --> 00:00:04,000\nx y 9\n");
	talks_release(&t);
}
END_TEST

static const char *const whole[] = {
	READY(100000),
	SAID("1", "one two", 0, 4000,
	    ",'captured_at_ms':104000,'items':[{'text':'one','start_ms':0,"
	    "'end_ms':900},{'text':'two','start_ms':3000,'end_ms':4000}]"),
	SPANISH("1", "uno dos", "null"),
	SPANISH("1", "uno dos", "'late'"),
	READY(200000),
	SAID("2", "three", 0, 1000,
	    ",'captured_at_ms':201000,'items':[{'text':'three','start_ms':0,"
	    "'end_ms':1000}]"),
	"{'type':'retraction','id':'nobody'}",
};

static char *
read_and_render(json_t *const *lines, size_t n, const struct render *r)
{
	struct render_report report;
	char *text = NULL;
	size_t len;
	int rc = 0;

	if (talks_init(&t) != 0)
		return NULL;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = talks_line(&t, lines[i]);
	if (rc == 0) {
		talks_settle(&t, 17);
		text = render(&t, r, &len, &report);
	}
	talks_release(&t);
	return text;
}

START_TEST(every_allocation_may_fail)
{
	struct render r = usual;
	json_t *lines[LENGTH(whole)];
	unsigned long n;
	char *text = NULL;

	r.format = FORMAT_VTT;
	r.last = 1;
	json_set_alloc_funcs(failmalloc_malloc, free);
	for (size_t i = 0; i < LENGTH(whole); i++)
		lines[i] = parse(whole[i]);
	for (n = 1;; n++) {
		ck_assert_uint_lt(n, 10000);
		failmalloc_arm(n);
		text = read_and_render(lines, LENGTH(lines), &r);
		if (failmalloc_disarm() < n)
			break;
		ck_assert_ptr_null(text);
	}
	ck_assert_uint_gt(n, 50);
	ck_assert_str_eq(text, "WEBVTT\n\n"
			       "00:00:00.000 --> 00:00:04.000\none two\n\n"
			       "00:01:40.000 --> 00:01:41.000\nthree\n");
	free(text);
	for (size_t i = 0; i < LENGTH(whole); i++)
		json_decref(lines[i]);
}
END_TEST

START_TEST(a_code_has_a_text)
{
	ck_assert_str_eq(talks_strerror(TALKS_ERR_NOMEM), "out of memory");
	ck_assert_str_eq(talks_strerror(0), "no error");
	ck_assert_str_eq(talks_strerror(-99), "unknown error");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("captions_talks");
	TCase *tc = tcase_create("talks");
	SRunner *runner;
	int failed_tests;

	tcase_add_test(
	    tc, late_ones_stand_in_place_and_those_taken_back_nowhere);
	tcase_add_test(tc, a_translation_that_failed_is_left_out_or_replaced);
	tcase_add_test(tc, every_run_of_transcribe_is_a_talk);
	tcase_add_test(tc, what_has_no_time_gets_one_by_the_wall_clock);
	tcase_add_test(tc, nothing_in_a_text_is_taken_for_markup);
	tcase_add_test(tc, every_allocation_may_fail);
	tcase_add_test(tc, a_code_has_a_text);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed_tests = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed_tests > 0;
}
