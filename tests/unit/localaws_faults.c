/* with: cmd/localaws/faults.c */
/* with: cmd/localaws/faults_rule.c */
/* Rules of faults as they are written, what is wrong with bad ones, and which
 * requests meet which of them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/localaws/faults.h"
#include "aws/h2.h"

static struct faults *f;
static struct fault_rule rule;
static char text[FAULTS_TEXT_BYTES];

static void
setup(void)
{
	ck_assert_ptr_nonnull(f = faults_new("talk.faults"));
}

static void
teardown(void)
{
	faults_free(f);
}

/* --- one rule ------------------------------------------------------------- */

static void
read_rule(const char *s)
{
	ck_assert_msg(
	    fault_rule_parse(&rule, s, strlen(s), text) == FAULT_LINE_RULE,
	    "%s: %s", s, text);
}

START_TEST(a_rule_says_where_how_often_and_what)
{
	read_rule(" service=transcribe\tphase=audio  after-ms=1500 times=3 "
		  "nth=2 every=4 chance=50 do=reset code=REFUSED_STREAM # x");
	ck_assert_str_eq(rule.service, "transcribe");
	ck_assert_str_eq(rule.operation, "");
	ck_assert_int_eq(rule.phase, HOOK_AUDIO);
	ck_assert_uint_eq(rule.n, 1500);
	ck_assert_uint_eq(rule.times, 3);
	ck_assert_uint_eq(rule.nth, 2);
	ck_assert_uint_eq(rule.every, 4);
	ck_assert_uint_eq(rule.chance, 50);
	ck_assert_int_eq(rule.order.action, HOOK_RESET);
	ck_assert_uint_eq(rule.order.h2_code, H2_REFUSED_STREAM);
}
END_TEST

START_TEST(what_a_rule_leaves_out_has_a_default)
{
	read_rule("do=reset");
	ck_assert_int_eq(rule.phase, HOOK_REQUEST);
	ck_assert_uint_eq(rule.times, 1);
	ck_assert_uint_eq(rule.nth, 0);
	ck_assert_uint_eq(rule.every, 1);
	ck_assert_uint_eq(rule.chance, 100);
	ck_assert_uint_eq(rule.order.h2_code, H2_INTERNAL_ERROR);
	read_rule("phase=final do=goaway times=all");
	ck_assert_uint_eq(rule.n, 1);
	ck_assert_uint_eq(rule.times, UINT64_MAX);
	ck_assert_uint_eq(rule.order.h2_code, H2_NO_ERROR);
	read_rule("do=tiny-data");
	ck_assert_int_eq(rule.order.value, 1);
	read_rule("do=freeze");
	ck_assert_int_eq(rule.order.value, 60000);
}
END_TEST

START_TEST(an_error_has_the_status_of_its_name_unless_told)
{
	read_rule("do=refuse name=ConflictException");
	ck_assert_int_eq(rule.order.status, 409);
	read_rule("do=refuse name=ConflictException status=503 "
		  "message=\"not now # please\" retry-after=2");
	ck_assert_int_eq(rule.order.status, 503);
	ck_assert_str_eq(rule.message, "not now # please");
	ck_assert_int_eq(rule.order.retry_after_ms, 2000);
	read_rule("do=throttle retry-after-ms=250");
	ck_assert_int_eq(rule.order.retry_after_ms, 250);
	read_rule("do=expired-token");
	ck_assert_int_eq(rule.order.status, 403);
	ck_assert_str_eq(rule.name, "ExpiredTokenException");
	read_rule("do=html");
	ck_assert_int_eq(rule.order.status, 502);
}
END_TEST

START_TEST(numbers_belong_to_their_actions)
{
	read_rule("do=delay ms=250 phase=open");
	ck_assert_int_eq(rule.order.action, HOOK_PASS);
	ck_assert_int_eq(rule.order.delay_ms, 250);
	read_rule("do=wrong-clock seconds=-900");
	ck_assert_int_eq(rule.order.value, -900);
	read_rule("do=slow bytes=1000");
	ck_assert_int_eq(rule.order.value, 1000);
	read_rule("phase=connect do=tiny-window bytes=100");
	ck_assert_int_eq(rule.order.value, 100);
	read_rule("phase=last do=outage ms=3600000");
	ck_assert_int_eq(rule.order.value, FAULT_MS_MAX);
}
END_TEST

START_TEST(blank_lines_and_comments_are_no_rules)
{
	static const char *const lines[] = { "", "  \t ", "# do=reset",
		"   # x", "\r" };

	for (size_t i = 0; i < 5; i++)
		ck_assert_int_eq(
		    fault_rule_parse(&rule, lines[i], strlen(lines[i]), text),
		    FAULT_LINE_EMPTY);
	ck_assert_int_eq(
	    fault_rule_parse(&rule, "seed=77", 7, text), FAULT_LINE_SEED);
	ck_assert_uint_eq(rule.n, 77);
}
END_TEST

/* A line and what is said of it. */
static const char *const bad[][2] = {
	{ "reset", "'reset' is not of the form key=value" },
	{ "do=", "'do' has no value" },
	{ "times=2", "a rule needs do=ACTION" },
	{ "do=rest", "there is no action 'rest'" },
	{ "do=reset phase=middle", "there is no phase 'middle'" },
	{ "do=reset color=red", "there is no key 'color'" },
	{ "do=reset do=cut", "'do' is given twice" },
	{ "do=reset service=s3", "there is no service 's3'" },
	{ "do=reset times=0", "times=0: a number from 1 to" },
	{ "do=reset times=2x", "times=2x: a number" },
	{ "do=reset chance=101", "chance is per cent" },
	{ "do=reset code=OOPS", "there is no code 'OOPS'" },
	{ "do=reset ms=5", "do=reset takes no ms" },
	{ "do=delay", "do=delay needs ms" },
	{ "do=delay ms=99999999999999999999", "a number from 1" },
	{ "do=exception phase=final", "needs name" },
	{ "do=exception name=X", "cannot be done at phase=request" },
	{ "do=refuse phase=final", "cannot be done at phase=final" },
	{ "do=crc", "cannot be done at phase=request" },
	{ "do=html phase=open", "cannot be done at phase=open" },
	{ "do=reset phase=connect", "cannot be done at phase=connect" },
	{ "do=cut phase=connect service=polly", "neither service nor" },
	{ "do=cut phase=final service=polly", "polly has no phase 'final'" },
	{ "do=cut phase=audio service=translate", "translate has no phase" },
	{ "do=cut phase=closed service=transcribe", "no phase 'closed'" },
	{ "do=cut operation=Speak", "there is no operation 'Speak'" },
	{ "do=cut service=polly operation=TranslateText", "polly has no" },
	{ "do=cut phase=open operation=DescribeVoices", "no phase 'open'" },
	{ "do=cut phase=last operation=SynthesizeSpeech", "no phase 'last'" },
	{ "do=cut after-ms=5", "after-ms belongs to phase=audio" },
	{ "do=cut n=5", "n belongs to the phases" },
	{ "do=cut phase=audio after-ms=-1", "a number from 0" },
	{ "do=refuse message=\"open", "a quoted value does not end" },
	{ "do=refuse message=\"a\"b", "a quoted value does not end" },
	{ "do=throttle retry-after=1 retry-after-ms=1", "one of" },
	{ "seed=7 do=reset", "seed stands on a line of its own" },
	{ "seed=x", "seed=x: a number is needed" },
	{ "do=reset\x01", "control character" },
};

START_TEST(what_is_wrong_with_a_rule_is_said)
{
	const char *line = bad[_i][0];

	ck_assert_msg(
	    fault_rule_parse(&rule, line, strlen(line), text) == FAULT_LINE_BAD,
	    "%s", line);
	ck_assert_msg(strstr(text, bad[_i][1]) != NULL, "%s: %s", line, text);
}
END_TEST

START_TEST(long_lines_and_values_are_refused)
{
	char line[FAULT_LINE_BYTES + 64];

	memset(line, 'x', sizeof(line));
	ck_assert_int_eq(
	    fault_rule_parse(&rule, line, FAULT_LINE_BYTES + 1, text),
	    FAULT_LINE_BAD);
	ck_assert_ptr_nonnull(strstr(text, "longer than 1024"));
	memcpy(line, "do=refuse message=", 18);
	ck_assert_int_eq(
	    fault_rule_parse(&rule, line, 18 + FAULT_MESSAGE_BYTES, text),
	    FAULT_LINE_BAD);
	ck_assert_ptr_nonnull(strstr(text, "message is longer than 255"));
}
END_TEST

/* --- the plan ------------------------------------------------------------- */

static void
plan(const char *rules)
{
	ck_assert_msg(
	    faults_parse(f, rules, strlen(rules), text) == 0, "%s", text);
}

static struct hook_order order;

/* Ask about a request at a phase; whether something is ordered. */
static bool
meets(struct hook_memory *m, const char *operation, enum hook_phase phase,
    uint64_t n)
{
	const char *service = phase == HOOK_CONNECT ? ""
	                      : operation[0] == 'T' ? "translate"
	                                            : "transcribe";
	struct hook_at at = { phase, service, operation, 1, n, m };

	memset(&order, 0, sizeof(order));
	faults_ask(f, &at, &order);
	return order.action != HOOK_PASS || order.delay_ms != 0;
}

/* A new request to Transcribe at its start. */
static bool
next_meets(void)
{
	struct hook_memory m = { 0 };

	return meets(&m, "StartStreamTranscription", HOOK_REQUEST, 0);
}

START_TEST(a_rule_meets_its_service_operation_and_phase)
{
	struct hook_memory a = { 0 }, b = { 0 }, c = { 0 };

	plan("service=transcribe phase=final n=2 do=cut\n"
	     "operation=TranslateText do=throttle\n"
	     "phase=connect do=abort");
	ck_assert(!meets(&a, "StartStreamTranscription", HOOK_REQUEST, 0));
	ck_assert(!meets(&a, "StartStreamTranscription", HOOK_FINAL, 1));
	ck_assert(!meets(&a, "StartStreamTranscription", HOOK_PARTIAL, 2));
	ck_assert(meets(&a, "StartStreamTranscription", HOOK_FINAL, 2));
	ck_assert_int_eq(order.action, HOOK_FIN);
	ck_assert(!meets(&b, "TranslateText", HOOK_RESPONSE, 0));
	ck_assert(meets(&b, "TranslateText", HOOK_REQUEST, 0));
	ck_assert_str_eq(order.name, "ThrottlingException");
	ck_assert_int_eq(order.status, 400);
	ck_assert_str_eq(order.message, "Rate exceeded");
	ck_assert(meets(&c, "", HOOK_CONNECT, 0));
	ck_assert_uint_eq(faults_nhits(f, 0), 1);
	ck_assert_uint_eq(faults_nhits(f, 2), 1);
}
END_TEST

START_TEST(a_number_that_was_passed_counts_as_reached)
{
	struct hook_memory m = { 0 };

	plan("phase=audio after-ms=1500 do=reset");
	ck_assert(!meets(&m, "StartStreamTranscription", HOOK_AUDIO, 1499));
	ck_assert(meets(&m, "StartStreamTranscription", HOOK_AUDIO, 1600));
}
END_TEST

START_TEST(rules_come_in_order_and_each_once_a_request)
{
	struct hook_memory m = { 0 };

	plan("do=delay ms=5 times=all\ndo=goaway times=all");
	ck_assert(meets(&m, "StartStreamTranscription", HOOK_REQUEST, 0));
	ck_assert_int_eq(order.delay_ms, 5);
	ck_assert(meets(&m, "StartStreamTranscription", HOOK_REQUEST, 0));
	ck_assert_int_eq(order.action, HOOK_GOAWAY);
	ck_assert(!meets(&m, "StartStreamTranscription", HOOK_REQUEST, 0));
	ck_assert(next_meets());
}
END_TEST

/* Which of 8 requests meet the rule. */
static const char *const choices[][2] = {
	{ "do=reset", "10000000" },
	{ "do=reset times=3", "11100000" },
	{ "do=reset times=all", "11111111" },
	{ "do=reset nth=3", "00100000" },
	{ "do=reset every=3 times=all", "00100100" },
	{ "do=reset every=2 times=2", "01010000" },
};

START_TEST(nth_every_and_times_choose_requests)
{
	plan(choices[_i][0]);
	for (int i = 0; i < 8; i++)
		ck_assert_msg(next_meets() == (choices[_i][1][i] == '1'),
		    "%s: request %d", choices[_i][0], i);
}
END_TEST

/* Bits of which requests met it. */
static uint64_t
draw(const char *rules)
{
	uint64_t bits = 0;

	plan(rules);
	for (int i = 0; i < 64; i++)
		bits |= (uint64_t)next_meets() << i;
	return bits;
}

START_TEST(chance_is_the_same_with_the_same_seed)
{
	uint64_t a = draw("seed=5\ndo=reset chance=50 times=all");
	int n = 0;

	ck_assert_uint_eq(a, draw("seed=5\ndo=reset chance=50 times=all"));
	ck_assert_uint_ne(a, draw("seed=6\ndo=reset chance=50 times=all"));
	for (uint64_t bits = a; bits != 0; bits &= bits - 1)
		n++;
	ck_assert_int_gt(n, 16);
	ck_assert_int_lt(n, 48);
}
END_TEST

START_TEST(new_rules_count_anew_and_meet_who_runs)
{
	struct hook_memory m = { 0 };

	plan("do=reset");
	ck_assert(meets(&m, "StartStreamTranscription", HOOK_REQUEST, 0));
	plan("phase=audio after-ms=100 do=reset");
	ck_assert(meets(&m, "StartStreamTranscription", HOOK_AUDIO, 5000));
	ck_assert_uint_eq(faults_nhits(f, 0), 1);
}
END_TEST

START_TEST(a_bad_file_is_told_with_its_line_and_changes_nothing)
{
	static const char rules[] = "# good\n\ndo=reset\nphase=oops do=cut\n";

	plan("do=goaway times=all");
	ck_assert_int_eq(
	    faults_parse(f, rules, strlen(rules), text), FAULTS_ERR_RULE);
	ck_assert_msg(
	    strncmp(text, "talk.faults:4: there is no phase 'oops'", 39) == 0,
	    "%s", text);
	ck_assert_uint_eq(faults_nrules(f), 1);
	ck_assert(next_meets());
	ck_assert_int_eq(order.action, HOOK_GOAWAY);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_told)
{
	ck_assert_int_eq(faults_read(f, text), FAULTS_ERR_OPEN);
	ck_assert_str_eq(text, "cannot read faults 'talk.faults': No such "
			       "file or directory");
}
END_TEST

START_TEST(more_rules_than_fit_are_refused)
{
	char rules[(HOOK_RULES_MAX + 1) * 9 + 1];
	size_t n = 0;

	for (int i = 0; i <= HOOK_RULES_MAX; i++)
		n += (size_t)sprintf(rules + n, "do=abort\n");
	ck_assert_int_eq(faults_parse(f, rules, n - 9, text), 0);
	ck_assert_uint_eq(faults_nrules(f), HOOK_RULES_MAX);
	ck_assert_int_eq(faults_parse(f, rules, n, text), FAULTS_ERR_RULE);
	ck_assert_ptr_nonnull(strstr(text, ":257: more than 256 rules"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("localaws_faults");
	TCase *r = tcase_create("rule"), *p = tcase_create("plan");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(r, a_rule_says_where_how_often_and_what);
	tcase_add_test(r, what_a_rule_leaves_out_has_a_default);
	tcase_add_test(r, an_error_has_the_status_of_its_name_unless_told);
	tcase_add_test(r, numbers_belong_to_their_actions);
	tcase_add_test(r, blank_lines_and_comments_are_no_rules);
	tcase_add_loop_test(r, what_is_wrong_with_a_rule_is_said, 0,
	    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(r, long_lines_and_values_are_refused);
	suite_add_tcase(s, r);
	tcase_add_checked_fixture(p, setup, teardown);
	tcase_add_test(p, a_rule_meets_its_service_operation_and_phase);
	tcase_add_test(p, a_number_that_was_passed_counts_as_reached);
	tcase_add_test(p, rules_come_in_order_and_each_once_a_request);
	tcase_add_loop_test(p, nth_every_and_times_choose_requests, 0,
	    sizeof(choices) / sizeof(choices[0]));
	tcase_add_test(p, chance_is_the_same_with_the_same_seed);
	tcase_add_test(p, new_rules_count_anew_and_meet_who_runs);
	tcase_add_test(p, a_bad_file_is_told_with_its_line_and_changes_nothing);
	tcase_add_test(p, a_file_that_is_not_there_is_told);
	tcase_add_test(p, more_rules_than_fit_are_refused);
	suite_add_tcase(s, p);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
