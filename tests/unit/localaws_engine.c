/* with: cmd/localaws/engine.c */
/* with: cmd/localaws/probes.c */
/* with: cmd/localaws/translators.c */
/* Engines as children on pipes: real programs of the shell, run through the
 * loop, with what they are given, what they say and how they end. */
#include <check.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../cmd/localaws/engine.h"
#include "../../cmd/localaws/probes.h"
#include "../../cmd/localaws/translators.h"
#include "base/clock.h"

/* A hung test fails by Check's own timeout, not by this. */
#define TURNS_MAX 100000

static struct engines *set;
static struct loop loop;
static const char *const no_args[] = { NULL };

static void
setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	loop_init(&loop);
	set = engines_new();
	ck_assert_ptr_nonnull(set);
}

static void
teardown(void)
{
	engines_free(set);
	loop_release(&loop);
}

static void
turn(struct probes *probes, struct translators *t)
{
	int64_t now_ms;

	loop_begin(&loop);
	engines_prepare(set, &loop);
	if (probes != NULL)
		probes_prepare(probes, &loop);
	if (t != NULL)
		translators_prepare(t, &loop);
	ck_assert_int_ge(loop_wait(&loop), 0);
	now_ms = clock_mono_ms();
	engines_dispatch(set, &loop, now_ms);
	if (probes != NULL)
		probes_dispatch(probes, now_ms);
	if (t != NULL)
		translators_dispatch(t, now_ms);
}

static void
run(struct engine *e)
{
	for (int i = 0; i < TURNS_MAX && !engine_is_over(e); i++)
		turn(NULL, NULL);
	ck_assert(engine_is_over(e));
}

static struct engine *
start(const char *command, const char *const *args)
{
	struct engine *e = NULL;

	ck_assert_int_eq(engine_start(&e, set, "test", command, args), 0);
	return e;
}

static void
assert_output(struct engine *e, const char *want)
{
	size_t n;
	const uint8_t *p = engine_peek(e, &n);

	ck_assert_uint_eq(n, strlen(want));
	ck_assert_mem_eq(p, want, n);
}

START_TEST(arguments_are_appended_as_they_are)
{
	const char *const args[] = { "a b", "$HOME", "'", NULL };
	struct engine *e = start("printf '%s;'", args);

	run(e);
	assert_output(e, "a b;$HOME;';");
	ck_assert_int_eq(engine_status(e), 0);
	engine_free(e);
}
END_TEST

START_TEST(what_is_written_arrives_and_the_end_is_seen)
{
	struct engine *e = start("tr a-z A-Z", no_args);

	ck_assert_int_eq(engine_write(e, "hello ", 6), 0);
	ck_assert_int_eq(engine_write(e, "world", 5), 0);
	engine_end(e);
	ck_assert_int_eq(engine_write(e, "x", 1), ENGINE_ERR_ENDED);
	run(e);
	assert_output(e, "HELLO WORLD");
	engine_free(e);
}
END_TEST

START_TEST(more_than_a_pipe_holds_passes_both_ways)
{
	static char block[32768];
	struct engine *e = start("cat", no_args);
	size_t fed = 0, got = 0, n, total = (size_t)4 * 1024 * 1024;

	memset(block, 'x', sizeof(block));
	while (got < total) {
		while (fed < total && engine_room(e) >= sizeof(block)) {
			ck_assert_int_eq(
			    engine_write(e, block, sizeof(block)), 0);
			fed += sizeof(block);
		}
		if (fed == total)
			engine_end(e);
		engine_peek(e, &n);
		engine_skip(e, n);
		got += n;
		if (got < total)
			turn(NULL, NULL);
	}
	run(e);
	ck_assert_uint_eq(got, total);
	engine_free(e);
}
END_TEST

START_TEST(both_queues_have_caps)
{
	static char block[ENGINE_IN_BYTES];
	struct engine *e = start("cat", no_args);
	size_t n;
	int rc = 0;

	/* Nobody takes what cat writes: everything fills up behind it. */
	for (int i = 0; i < 100 && rc == 0; i++) {
		rc = engine_write(e, block, sizeof(block) / 4);
		loop_deadline(&loop, 0);
		if (rc == 0) {
			loop_begin(&loop);
			engines_prepare(set, &loop);
			loop_deadline(&loop, clock_mono_ms() + 10);
			loop_wait(&loop);
			engines_dispatch(set, &loop, clock_mono_ms());
		}
	}
	ck_assert_int_eq(rc, ENGINE_ERR_FULL);
	ck_assert_uint_lt(engine_room(e), sizeof(block) / 4);
	engine_peek(e, &n);
	ck_assert_uint_le(n, ENGINE_OUT_BYTES);
	engine_free(e);
}
END_TEST

START_TEST(the_status_and_the_last_complaint_are_kept)
{
	struct engine *e =
	    start("sh -c 'echo first >&2; printf \"last one\" >&2; exit 69'",
		no_args);

	run(e);
	ck_assert_int_eq(engine_status(e), 69);
	ck_assert_str_eq(engine_complaint(e), "last one");
	engine_free(e);
}
END_TEST

START_TEST(a_program_that_is_not_there_shows_as_127)
{
	struct engine *e = start("/nonexistent/engine", no_args);

	run(e);
	ck_assert_int_eq(engine_status(e), 127);
	ck_assert_ptr_nonnull(strstr(engine_complaint(e), "nonexistent"));
	engine_free(e);
}
END_TEST

START_TEST(an_engine_that_is_let_go_is_ended_and_reaped)
{
	/* exec'd by a wrapper that has a child of its own. */
	struct engine *e = start("sh -c 'sleep 1000 & echo up; wait'", no_args);
	size_t n;

	do {
		turn(NULL, NULL);
		engine_peek(e, &n);
	} while (n == 0);
	ck_assert_uint_eq(engines_count(set), 1);
	engine_free(e);
	for (int i = 0; i < TURNS_MAX && engines_count(set) > 0; i++)
		turn(NULL, NULL);
	ck_assert_uint_eq(engines_count(set), 0);
}
END_TEST

START_TEST(an_engine_that_ignores_sigterm_is_killed)
{
	struct engine *e = start(
	    "sh -c 'trap \"\" TERM; echo up; while :; do read x || :; done'",
	    no_args);
	size_t n;

	do {
		turn(NULL, NULL);
		engine_peek(e, &n);
	} while (n == 0);
	engine_free(e);
	for (int i = 0; i < TURNS_MAX && engines_count(set) > 0; i++)
		turn(NULL, NULL);
	ck_assert_uint_eq(engines_count(set), 0);
}
END_TEST

/* --- probes --------------------------------------------------------------- */

static enum probe_answer
ask(struct probes *p, const char *command, const char *arg, const char **why)
{
	const char *const args[] = { arg, NULL };
	enum probe_answer a;

	while ((a = probes_ask(p, "test", command, args, why,
		    clock_mono_ms())) == PROBE_WAIT)
		turn(p, NULL);
	return a;
}

START_TEST(a_probe_tells_by_the_status)
{
	struct probes *p = probes_new(set);
	const char *why;

	ck_assert_int_eq(ask(p, "test yes =", "yes", &why), PROBE_YES);
	ck_assert_int_eq(ask(p, "test yes =", "no", &why), PROBE_NO);
	ck_assert_int_eq(
	    ask(p, "sh -c 'echo no model >&2; exit 69'", "x", &why), PROBE_NO);
	ck_assert_str_eq(why, "no model");
	probes_free(p);
}
END_TEST

START_TEST(a_yes_is_kept_and_a_no_is_asked_again)
{
	char path[] = "/tmp/localaws-probe-XXXXXX", command[64];
	struct probes *p = probes_new(set);
	const char *const args[] = { NULL };
	const char *why;
	int64_t later_ms;

	ck_assert_int_ge(mkstemp(path), 0);
	snprintf(command, sizeof(command), "test ! -e %s", path);
	ck_assert_int_eq(ask(p, command, NULL, &why), PROBE_NO);
	unlink(path);
	later_ms = clock_mono_ms() + PROBE_NO_MS;
	/* Packages get installed: after a while it is asked anew. */
	ck_assert_int_eq(
	    probes_ask(p, "test", command, args, &why, 0), PROBE_NO);
	ck_assert_int_eq(
	    probes_ask(p, "test", command, args, &why, later_ms), PROBE_WAIT);
	ck_assert_int_eq(ask(p, command, NULL, &why), PROBE_YES);
	ck_assert_int_eq(
	    probes_ask(p, "test", command, args, &why, later_ms * 2),
	    PROBE_YES);
	probes_free(p);
}
END_TEST

/* --- translators ---------------------------------------------------------- */

static struct translation *
want(struct translators *t, const char *to, const char *text)
{
	struct translation *j =
	    translators_ask(t, "en", to, text, strlen(text), clock_mono_ms());

	ck_assert_ptr_nonnull(j);
	return j;
}

static void
settle(struct translators *t, struct translation *j)
{
	for (int i = 0; i < TURNS_MAX && j->state == TRANSLATION_WAITING; i++)
		turn(NULL, t);
}

START_TEST(texts_of_a_pair_come_back_in_order)
{
	struct translators *t =
	    translators_new(set, "sh -c 'exec stdbuf -o0 tr a-z A-Z' mt");
	struct translation *j[20];
	char text[20][32];

	for (int i = 0; i < 20; i++) {
		snprintf(text[i], sizeof(text[i]), "text %d", i);
		j[i] = want(t, "es", text[i]);
	}
	translation_free(j[3]); /* its client left; the rest stays in step */
	for (int i = 0; i < 20; i++) {
		if (i == 3)
			continue;
		settle(t, j[i]);
		ck_assert_int_eq(j[i]->state, TRANSLATION_DONE);
		ck_assert_str_eq(j[i]->text + 5, text[i] + 5);
		ck_assert_int_eq(strncmp(j[i]->text, "TEXT ", 5), 0);
		translation_free(j[i]);
	}
	ck_assert_uint_eq(engines_count(set), 1);
	translators_free(t);
}
END_TEST

START_TEST(a_pair_that_is_not_installed_says_why)
{
	struct translators *t =
	    translators_new(set, "sh -c 'echo install it >&2; exit 69' mt");
	struct translation *j = want(t, "es", "a");

	settle(t, j);
	ck_assert_int_eq(j->state, TRANSLATION_UNSUPPORTED);
	ck_assert_str_eq(j->text, "install it");
	translation_free(j);
	translators_free(t);
}
END_TEST

START_TEST(an_engine_that_dies_gets_the_text_once_more)
{
	struct translators *t = translators_new(set, "sh -c 'exit 3' mt");
	struct translation *j = want(t, "es", "a"), *k = want(t, "es", "b");

	settle(t, j);
	ck_assert_int_eq(j->state, TRANSLATION_FAILED);
	ck_assert_ptr_nonnull(strstr(j->text, "status 3"));
	settle(t, k);
	ck_assert_int_eq(k->state, TRANSLATION_FAILED);
	translation_free(j);
	translation_free(k);
	translators_free(t);
}
END_TEST

START_TEST(an_engine_that_dies_once_loses_nothing)
{
	char path[] = "/tmp/localaws-mt-XXXXXX", command[160];
	struct translators *t;
	struct translation *j, *k;

	/* The first run ends at once, the second works. */
	ck_assert_int_ge(mkstemp(path), 0);
	snprintf(command, sizeof(command),
	    "sh -c 'rm %s 2>/dev/null && exit 1; exec stdbuf -o0 tr a-z A-Z'",
	    path);
	t = translators_new(set, command);
	j = want(t, "es", "a");
	k = want(t, "es", "b");
	settle(t, j);
	settle(t, k);
	ck_assert_int_eq(j->state, TRANSLATION_DONE);
	ck_assert_str_eq(j->text, "A");
	ck_assert_int_eq(k->state, TRANSLATION_DONE);
	ck_assert_str_eq(k->text, "B");
	translation_free(j);
	translation_free(k);
	translators_free(t);
	unlink(path);
}
END_TEST

START_TEST(a_queue_has_a_cap)
{
	struct translators *t = translators_new(set, "sh -c 'sleep 1000' mt");
	struct translation *j[TRANSLATOR_QUEUE_MAX + 1];

	for (int i = 0; i <= TRANSLATOR_QUEUE_MAX; i++)
		j[i] = want(t, "es", "a");
	ck_assert_int_eq(
	    j[TRANSLATOR_QUEUE_MAX - 1]->state, TRANSLATION_WAITING);
	ck_assert_int_eq(j[TRANSLATOR_QUEUE_MAX]->state, TRANSLATION_BUSY);
	for (int i = 0; i <= TRANSLATOR_QUEUE_MAX; i++)
		translation_free(j[i]);
	translators_free(t);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("localaws_engine");
	TCase *tc = tcase_create("engine"), *pr = tcase_create("probes"),
	      *tr = tcase_create("translators");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_set_timeout(pr, 60);
	tcase_set_timeout(tr, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, arguments_are_appended_as_they_are);
	tcase_add_test(tc, what_is_written_arrives_and_the_end_is_seen);
	tcase_add_test(tc, more_than_a_pipe_holds_passes_both_ways);
	tcase_add_test(tc, both_queues_have_caps);
	tcase_add_test(tc, the_status_and_the_last_complaint_are_kept);
	tcase_add_test(tc, a_program_that_is_not_there_shows_as_127);
	tcase_add_test(tc, an_engine_that_is_let_go_is_ended_and_reaped);
	tcase_add_test(tc, an_engine_that_ignores_sigterm_is_killed);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(pr, setup, teardown);
	tcase_add_test(pr, a_probe_tells_by_the_status);
	tcase_add_test(pr, a_yes_is_kept_and_a_no_is_asked_again);
	suite_add_tcase(s, pr);
	tcase_add_checked_fixture(tr, setup, teardown);
	tcase_add_test(tr, texts_of_a_pair_come_back_in_order);
	tcase_add_test(tr, a_pair_that_is_not_installed_says_why);
	tcase_add_test(tr, an_engine_that_dies_gets_the_text_once_more);
	tcase_add_test(tr, an_engine_that_dies_once_loses_nothing);
	tcase_add_test(tr, a_queue_has_a_cap);
	suite_add_tcase(s, tr);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
