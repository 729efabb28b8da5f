/* with: cmd/replay/recorded.c cmd/replay/timeline.c */
/* with: tests/unit/support/failmalloc.c */
/* with: tests/unit/support/nomem_replay_lanes.c */
/*
 * cmd/replay: when a recorded line is due, what it says then, and how voices
 * leave as they are heard.  No clock is asked: all times are numbers.
 */
#define FAILMALLOC_REAL
#include "support/failmalloc.h"

#include <check.h>
#include <math.h>
#include <string.h>

#include "../../cmd/replay/lanes.h"
#include "../../cmd/replay/recorded.h"
#include "../../cmd/replay/timeline.h"
#include "base/json.h"

/* A line with ' for ". */
static json_t *
line(const char *text)
{
	char copy[1024], err[160];
	json_t *obj;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *p = copy; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	obj = json_line_parse(copy, strlen(copy), err, sizeof(err));
	ck_assert_msg(obj != NULL, "%s", err);
	return obj;
}

static const struct {
	const char *text;
	double at_ms; /* 0: it does not tell */
} tells[] = {
	{ "{'type':'transcript','final':false,'captured_at_ms':5.5}", 5.5 },
	{ "{'type':'transcript','final':true,'captured_at_ms':5,"
	  "'final_at_ms':7}",
	    7 },
	{ "{'type':'transcript','final':true,'captured_at_ms':5}", 0 },
	{ "{'type':'translation','final_at_ms':7,'translated_at_ms':9}", 9 },
	{ "{'type':'audio','translated_at_ms':9,'voiced_at_ms':11}", 11 },
	{ "{'type':'audio','translated_at_ms':9}", 0 },
	{ "{'type':'status','at_ms':3}", 3 },
	{ "{'type':'retraction','at_ms':4}", 4 },
	{ "{'type':'new','at_ms':6}", 6 },
	{ "{'at_ms':'x'}", 0 },
	{ "{'at_ms':-1}", 0 },
	{ "{'at_ms':1e300}", 0 },
	{ "{}", 0 },
};

START_TEST(a_line_tells_when_it_left)
{
	json_t *obj = line(tells[_i].text);
	double ms = recorded_at_ms(obj);

	if (tells[_i].at_ms > 0)
		ck_assert_double_eq(ms, tells[_i].at_ms);
	else
		ck_assert(isnan(ms));
	json_decref(obj);
}
END_TEST

START_TEST(a_renewed_line_has_new_times_and_a_new_name)
{
	struct names names;
	json_t *a = line("{'type':'translation','id':'u-1','text':'x',"
			 "'start_ms':5,'at_ms':100.5,'final_at_ms':200,"
			 "'translated_at_ms':300.25,'lag_ms':7,'_at_ms':1}");
	json_t *b = line("{'id':'u-2'}"), *c = line("{'id':'u-1'}");
	json_t *d = line("{'type':'status','id':5,'odd_at_ms':'x'}");
	char *text;
	size_t len;

	ck_assert_int_eq(names_init(&names, 0xabc), 0);
	ck_assert_int_eq(recorded_renew(a, 1000, &names), 0);
	text = json_line_dump(a, &len);
	ck_assert_str_eq(text,
	    "{\"type\":\"translation\",\"id\":\"abc-1\",\"text\":\"x\","
	    "\"start_ms\":5,\"at_ms\":1100.5,\"final_at_ms\":1200,"
	    "\"translated_at_ms\":1300.25,\"lag_ms\":7,\"_at_ms\":1}");
	free(text);
	ck_assert_int_eq(recorded_renew(b, 0, &names), 0);
	ck_assert_int_eq(recorded_renew(c, 0, &names), 0);
	ck_assert_int_eq(recorded_renew(d, 9, &names), 0);
	ck_assert_str_eq(json_str(b, "id"), "abc-2");
	ck_assert_str_eq(json_str(c, "id"), "abc-1");
	ck_assert_str_eq(json_str(d, "odd_at_ms"), "x");
	names_release(&names);
	json_decref(a);
	json_decref(b);
	json_decref(c);
	json_decref(d);
}
END_TEST

START_TEST(a_piece_sounds_as_long_as_its_samples)
{
	json_t *pcm = line("{'encoding':'pcm_s16le','rate_hz':16000,"
			   "'data':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
			   "AAA='}");
	json_t *opus = line("{'encoding':'opus','rate_hz':16000,"
			    "'samples':1600,'data':'AAAA'}");
	json_t *odd = line("{'encoding':'opus','rate_hz':-5,'samples':1e99}");

	/* 44 letters of base64 are 33 bytes at most, 16 samples, 1 ms */
	ck_assert_double_eq(recorded_sound_ms(pcm), 1);
	ck_assert_double_eq(recorded_sound_ms(opus), 100);
	ck_assert_double_eq(recorded_sound_ms(odd), 0);
	json_decref(pcm);
	json_decref(opus);
	json_decref(odd);
}
END_TEST

/* A line of time `at` (0: it has none); when it is due, or -1: not at all. */
static double
due(struct timeline *t, double at)
{
	double due_ms;

	at = at > 0 ? at : NAN;
	return timeline_line(t, &at, &due_ms) ? due_ms : -1;
}

START_TEST(lines_are_due_as_they_were_recorded)
{
	struct timeline t;

	timeline_init(&t, 1, 0, INFINITY);
	ck_assert_double_eq(due(&t, 0), 0); /* before any time is known */
	ck_assert_double_eq(due(&t, 1000), 0);
	ck_assert_double_eq(due(&t, 1500), 500);
	ck_assert_double_eq(due(&t, 0), 500);
	ck_assert_double_eq(due(&t, 1400), 500); /* the clock was put back */
	ck_assert_double_eq(due(&t, 901000), 900000);
	timeline_init(&t, 4, 0, INFINITY);
	ck_assert_double_eq(due(&t, 1000), 0);
	ck_assert_double_eq(due(&t, 1500), 125);
}
END_TEST

START_TEST(long_silences_are_cut_but_not_while_a_voice_speaks)
{
	struct timeline t;

	timeline_init(&t, 1, 0, 2000);
	ck_assert_double_eq(due(&t, 1000), 0);
	ck_assert_double_eq(due(&t, 3000), 2000);
	ck_assert_double_eq(due(&t, 13000), 4000);
	timeline_busy(&t, 18000);
	ck_assert_double_eq(due(&t, 21000), 4000 + 5000 + 2000);
	ck_assert_double_eq(due(&t, 21500), 11500);
}
END_TEST

START_TEST(a_replay_from_the_middle_begins_there)
{
	struct timeline t;

	timeline_init(&t, 2, 5000, 1000);
	ck_assert_double_eq(due(&t, 0), -1);
	ck_assert_double_eq(due(&t, 1000), -1);
	ck_assert_double_eq(due(&t, 5999), -1);
	ck_assert_double_eq(due(&t, 6000), 0);
	ck_assert_double_eq(due(&t, 6500), 250);
	/* A silence that began before it is cut as far as it is played. */
	timeline_init(&t, 1, 5000, 1000);
	ck_assert_double_eq(due(&t, 1000), -1);
	ck_assert_double_eq(due(&t, 16000), 1000);
}
END_TEST

/* When a line belongs by the clock of the talk; -1: where the one before did.
 */
static double
belongs(struct talk_clock *c, const char *text)
{
	json_t *obj = line(text);
	double ms = talk_clock_ms(c, obj);

	json_decref(obj);
	return isnan(ms) ? -1 : ms;
}

#define READY "{'type':'status','state':'ready','stage':'transcribe','at_ms':5}"

START_TEST(the_talk_has_a_clock_of_its_own)
{
	static const struct {
		const char *text;
		double ms;
	} lines[] = {
		{ READY, -1 },
		{ "{'type':'transcript','id':'a','end_ms':20000}", 20001 },
		{ "{'type':'audio','id':'a'}", 20001 },
		{ "{'type':'audio','id':'b'}", -1 },
		{ "{'type':'transcript','id':'b','end_ms':5000,'late':true}",
		    5001 },
		{ "{'type':'transcript','id':'c','end_ms':-1}", -1 },
		/* falls back: another talk, behind this one */
		{ "{'type':'transcript','id':'d','end_ms':1000}", 21001 },
		{ READY, -1 },
		{ "{'type':'transcript','id':'e','end_ms':9000}", 30001 },
	};
	struct talk_clock c;

	ck_assert_int_eq(talk_clock_init(&c), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_double_eq(belongs(&c, lines[i].text), lines[i].ms);
	talk_clock_release(&c);
}
END_TEST

static json_t *
piece(const char *id, int n, int last, int ms)
{
	return json_pack("{s:s,s:s,s:s,s:i,s:b,s:s,s:i,s:i,s:s}", "type",
	    "audio", "id", id, "lang", "es-ES", "n", n, "last", last,
	    "encoding", "opus", "rate_hz", 16000, "samples", ms * 16, "data",
	    "AAAA");
}

/* What leaves next, as "id n", when, and what its times move by. */
static double
take(struct lanes *l, const char *expected)
{
	double due_ms = lanes_due_ms(l), delta_ms;
	json_t *obj = lanes_take(l, &delta_ms);
	char got[64];

	snprintf(got, sizeof(got), "%s %d %g", json_str(obj, "id"),
	    (int)json_num(obj, "n", -1), delta_ms);
	ck_assert_str_eq(got, expected);
	json_decref(obj);
	return due_ms;
}

START_TEST(a_voice_leaves_as_it_is_heard)
{
	struct lanes l;
	struct lanes_start a = { 1000, 100, 7 }, b = { 2000, 1100, 8 };
	double until = 0;

	lanes_init(&l, 1);
	ck_assert(isinf(lanes_due_ms(&l)));
	for (int n = 0; n < 8; n++)
		until = lanes_add(&l, piece("a", n, n == 7, 800), 4, &a, false);
	ck_assert_double_eq(until, 1000 + 8 * 800);
	lanes_add(&l, piece("b", 0, 1, 100), 4, &b, false);
	ck_assert_uint_eq(l.bytes, 36);
	ck_assert_double_eq(take(&l, "a 0 7"), 100);
	ck_assert_double_eq(take(&l, "a 1 7"), 100);
	ck_assert_double_eq(take(&l, "a 2 7"), 100);
	/* 2400 ms are ahead: the next leaves 2 s before it is heard. */
	ck_assert_double_eq(take(&l, "a 3 7"), 100 + 3 * 800 - 2000);
	ck_assert_double_eq(take(&l, "a 4 7"), 100 + 4 * 800 - 2000);
	take(&l, "a 5 7");
	take(&l, "a 6 7");
	take(&l, "a 7 7");
	/* The next utterance waits for this one to be heard. */
	ck_assert_double_eq(take(&l, "b 0 8"), 100 + 8 * 800 - 2000);
	ck_assert_double_eq(lanes_heard_ms(&l), 100 + 8 * 800 + 100);
	ck_assert_uint_eq(l.bytes, 0);
	lanes_release(&l);
}
END_TEST

START_TEST(what_was_taken_back_is_heard_no_more)
{
	struct lanes l;
	struct lanes_start a = { 1000, 0, 0 };
	double delta_ms;

	lanes_init(&l, 1);
	for (int n = 0; n < 3; n++)
		lanes_add(&l, piece("a", n, n == 2, 100), 4, &a, false);
	lanes_add(&l, piece("b", 0, 0, 100), 4, &a, false);
	take(&l, "a 0 0");
	lanes_drop(&l, "a");
	ck_assert_uint_eq(l.bytes, 4);
	lanes_add(&l, piece("b", 1, 0, 100), 4, &a, false);
	take(&l, "b 0 0");
	take(&l, "b 1 0");
	ck_assert(isinf(lanes_due_ms(&l)));
	lanes_drop(&l, "b");
	ck_assert_ptr_null(lanes_stop(&l, &delta_ms));
	lanes_release(&l);
}
END_TEST

START_TEST(an_early_end_closes_what_is_open)
{
	struct lanes l;
	struct lanes_start a = { 1000, 0, 5 };
	double delta_ms;
	json_t *obj;
	char *text;
	size_t len;

	lanes_init(&l, 1);
	lanes_add(&l, piece("a", 0, 0, 100), 4, &a, false);
	lanes_add(&l, piece("a", 1, 1, 100), 4, &a, false);
	take(&l, "a 0 5");
	obj = lanes_stop(&l, &delta_ms);
	ck_assert_ptr_nonnull(obj);
	ck_assert_double_eq(delta_ms, 5);
	text = json_line_dump(obj, &len);
	ck_assert_str_eq(text,
	    "{\"type\":\"audio\",\"id\":\"a\",\"lang\":\"es-ES\",\"n\":1,"
	    "\"last\":true,\"encoding\":\"opus\",\"rate_hz\":16000,"
	    "\"error\":\"stopped\",\"data\":\"\"}");
	free(text);
	json_decref(obj);
	ck_assert_ptr_null(lanes_stop(&l, &delta_ms));
	lanes_release(&l);
}
END_TEST

START_TEST(a_voice_that_began_before_is_not_played)
{
	struct lanes l;
	struct lanes_start a = { 1000, 0, 0 };

	lanes_init(&l, 1);
	/* never seen its beginning; then one from before; then one to play */
	lanes_add(&l, piece("x", 3, 1, 100), 4, &a, false);
	lanes_add(&l, piece("a", 0, 0, 100), 4, &a, true);
	lanes_add(&l, piece("a", 1, 1, 100), 4, &a, false);
	ck_assert(isinf(lanes_due_ms(&l)));
	lanes_add(&l, piece("b", 0, 1, 100), 4, &a, false);
	take(&l, "b 0 0");
	lanes_release(&l);
}
END_TEST

START_TEST(more_lanes_than_there_are_share_the_last)
{
	struct lanes l;
	struct lanes_start a = { 1000, 0, 0 };
	char lang[8];
	json_t *obj;

	lanes_init(&l, 1);
	for (int i = 0; i < 2 * LANES_MAX; i++) {
		obj = piece("a", 0, 1, 10);
		snprintf(lang, sizeof(lang), "x%d", i);
		json_object_set_new(obj, "lang", json_string(lang));
		lanes_add(&l, obj, 1, &a, false);
	}
	ck_assert_uint_eq(l.n, LANES_MAX);
	ck_assert_uint_eq(l.bytes, 2 * LANES_MAX);
	lanes_release(&l);
	ck_assert_uint_eq(l.bytes, 0);
}
END_TEST

/* As far as it came, everything is released. */
static bool
renew_and_queue(void)
{
	struct lanes_start start = { 1000, 0, 0 };
	struct names names;
	struct lanes l;
	json_t *obj = piece("a", 0, 0, 100);
	double delta_ms;
	bool is_done = false;

	if (obj == NULL)
		return false;
	lanes_init(&l, 1);
	if (names_init(&names, 1) != 0) {
		json_decref(obj);
		return false;
	}
	if (lanes_add(&l, obj, 4, &start, false) >= 0) {
		obj = lanes_take(&l, &delta_ms);
		is_done = recorded_renew(obj, 5, &names) == 0;
		json_decref(obj);
	}
	names_release(&names);
	lanes_release(&l);
	return is_done;
}

START_TEST(every_allocation_may_fail)
{
	unsigned long n;
	bool is_done;

	json_set_alloc_funcs(failmalloc_malloc, free);
	for (n = 1;; n++) {
		ck_assert_uint_lt(n, 1000);
		failmalloc_arm(n);
		is_done = renew_and_queue();
		if (failmalloc_disarm() < n)
			break;
	}
	ck_assert(is_done);
	ck_assert_uint_gt(n, 20);
}
END_TEST

#define LENGTH(a) (int)(sizeof(a) / sizeof((a)[0]))

int
main(void)
{
	Suite *s = suite_create("replay_pace");
	TCase *tc = tcase_create("pace");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, a_line_tells_when_it_left, 0, LENGTH(tells));
	tcase_add_test(tc, a_renewed_line_has_new_times_and_a_new_name);
	tcase_add_test(tc, a_piece_sounds_as_long_as_its_samples);
	tcase_add_test(tc, lines_are_due_as_they_were_recorded);
	tcase_add_test(tc, long_silences_are_cut_but_not_while_a_voice_speaks);
	tcase_add_test(tc, a_replay_from_the_middle_begins_there);
	tcase_add_test(tc, the_talk_has_a_clock_of_its_own);
	tcase_add_test(tc, a_voice_leaves_as_it_is_heard);
	tcase_add_test(tc, what_was_taken_back_is_heard_no_more);
	tcase_add_test(tc, an_early_end_closes_what_is_open);
	tcase_add_test(tc, a_voice_that_began_before_is_not_played);
	tcase_add_test(tc, more_lanes_than_there_are_share_the_last);
	tcase_add_test(tc, every_allocation_may_fail);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
