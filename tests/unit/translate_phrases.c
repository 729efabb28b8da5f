/* with: cmd/translate/phrases.c */
#include "../../cmd/translate/phrases.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct phrases phrases;

static void
setup(void)
{
	ck_assert_int_eq(phrases_init(&phrases), 0);
}

static void
teardown(void)
{
	phrases_release(&phrases);
}

static void
add(const char *text, bool is_exact)
{
	static char value;

	ck_assert_int_eq(phrases_add(&phrases, text, is_exact, &value), 0);
}

/* All hits in the text, in brackets: "a [b] c". */
static const char *
mark(const char *text)
{
	static char out[1024];
	struct phrases_hit hit;
	struct letters l;
	size_t at = 0, len = 0;

	ck_assert_int_eq(letters_init(&l, &phrases, text, strlen(text)), 0);
	out[0] = '\0';
	while (phrases_next(&phrases, &l, at, NULL, NULL, &hit)) {
		len += (size_t)sprintf(out + len, "%.*s[%.*s]",
		    (int)(hit.at - at), text + at, (int)hit.len, text + hit.at);
		at = hit.at + hit.len;
	}
	strcpy(out + len, text + at);
	letters_release(&l);
	return out;
}

START_TEST(whole_words_are_found_and_parts_are_not)
{
	add("art", false);
	ck_assert_str_eq(mark("Art is art, not party, start or artist: art."),
	    "[Art] is [art], not party, start or artist: [art].");
	ck_assert_str_eq(mark("art-house, art's, (art) 4art art_2"),
	    "[art]-house, [art]'s, ([art]) 4art art_2");
	ck_assert_str_eq(mark(""), "");
}
END_TEST

START_TEST(accents_and_other_alphabets_have_case_and_borders)
{
	add("\xc3\x89t\xc3\xa9", false);        /* Été */
	add("\xd0\xbc\xd0\xb8\xd1\x80", false); /* мир */
	ck_assert_str_eq(mark("\xc3\xa9T\xc3\x89, \xc3\xa9t\xc3\xa9s"),
	    "[\xc3\xa9T\xc3\x89], \xc3\xa9t\xc3\xa9s");
	ck_assert_str_eq(mark("\xd0\x9c\xd0\x98\xd0\xa0 \xd0\xbc\xd0\xb8\xd1"
			      "\x80\xd1\x83"),
	    "[\xd0\x9c\xd0\x98\xd0\xa0] \xd0\xbc\xd0\xb8\xd1\x80\xd1\x83");
	/* A mark of its own belongs to its letter: "ete" + U+0301. */
	add("ete", false);
	ck_assert_str_eq(mark("ete ete\xcc\x81"), "[ete] ete\xcc\x81");
}
END_TEST

START_TEST(scripts_without_spaces_have_borders_everywhere)
{
	add("\xe6\x9d\xb1\xe4\xba\xac", false); /* 東京 */
	add("AWS", true);
	ck_assert_str_eq(mark("\xe6\x98\xaf\xe6\x9d\xb1\xe4\xba\xac\xe3\x81\xa7"
			      "AWS\xe3\x82\x92"),
	    "\xe6\x98\xaf[\xe6\x9d\xb1\xe4\xba\xac]\xe3\x81\xa7[AWS]\xe3\x82"
	    "\x92");
	/* A Korean ending hangs on the name. */
	ck_assert_str_eq(
	    mark("AWS\xeb\x8a\x94 AWSx"), "[AWS]\xeb\x8a\x94 AWSx");
}
END_TEST

START_TEST(the_leftmost_wins_then_the_longest)
{
	add("New York", false);
	add("New York City", false);
	add("York City Hall", false);
	add("hall", false);
	ck_assert_str_eq(mark("new york, New York City Hall, York City Hall"),
	    "[new york], [New York City] [Hall], [York City Hall]");
}
END_TEST

START_TEST(spaces_and_apostrophes_are_alike)
{
	add("  Conseil  de l'Europe ", false);
	ck_assert_str_eq(mark("Le conseil \t de\xc2\xa0l\xe2\x80\x99"
			      "Europe \nsi\xc3\xa8ge"),
	    "Le [conseil \t de\xc2\xa0l\xe2\x80\x99"
	    "Europe] \nsi\xc3\xa8ge");
}
END_TEST

START_TEST(case_counts_where_it_is_to)
{
	add("IT", true);
	ck_assert_str_eq(mark("It is IT, isn't it?"), "It is [IT], isn't it?");
	ck_assert(phrases_is_capitals(&phrases, "WHO"));
	ck_assert(phrases_is_capitals(&phrases, "R&D-2"));
	ck_assert(phrases_is_capitals(&phrases, "\xd0\x9e\xd0\x9e\xd0\x9d"));
	ck_assert(!phrases_is_capitals(&phrases, "Who"));
	ck_assert(!phrases_is_capitals(&phrases, "A 1"));
	ck_assert(phrases_is_lower(&phrases, "iron \xc3\xa9t\xc3\xa9"));
	ck_assert(!phrases_is_lower(&phrases, "iPhone"));
}
END_TEST

START_TEST(what_holds_no_word_is_refused)
{
	static char value;

	ck_assert_int_eq(
	    phrases_add(&phrases, " - ", false, &value), PHRASES_ERR_BLANK);
	ck_assert_int_eq(
	    phrases_add(&phrases, "", false, &value), PHRASES_ERR_BLANK);
	add("C++", false);
	add(".NET", false);
	ck_assert_str_eq(mark("c++ and .net in C"), "[c++] and [.net] in C");
}
END_TEST

static bool
is_not(const void *arg, const void *value)
{
	return arg != value;
}

START_TEST(who_looks_may_pass_one_by)
{
	static char a, b;
	struct phrases_hit hit;
	struct letters l;

	ck_assert_int_eq(phrases_add(&phrases, "pain", false, &a), 0);
	ck_assert_int_eq(phrases_add(&phrases, "pain", false, &b), 0);
	ck_assert_int_eq(letters_init(&l, &phrases, "no pain", 7), 0);
	ck_assert(phrases_next(&phrases, &l, 0, NULL, NULL, &hit));
	ck_assert_ptr_eq(hit.value, &a);
	ck_assert(phrases_next(&phrases, &l, 0, is_not, &a, &hit));
	ck_assert_ptr_eq(hit.value, &b);
	ck_assert_uint_eq(hit.at, 3);
	ck_assert(!phrases_next(&phrases, &l, 4, NULL, NULL, &hit));
	letters_release(&l);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("translate phrases");
	TCase *tc = tcase_create("phrases");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, whole_words_are_found_and_parts_are_not);
	tcase_add_test(tc, accents_and_other_alphabets_have_case_and_borders);
	tcase_add_test(tc, scripts_without_spaces_have_borders_everywhere);
	tcase_add_test(tc, the_leftmost_wins_then_the_longest);
	tcase_add_test(tc, spaces_and_apostrophes_are_alike);
	tcase_add_test(tc, case_counts_where_it_is_to);
	tcase_add_test(tc, what_holds_no_word_is_refused);
	tcase_add_test(tc, who_looks_may_pass_one_by);
	suite_add_tcase(s, tc);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
