/* with: tests/unit/support/failmalloc.c tests/unit/support/nomem_spoken.c */
/* Text as it is spoken: what is left out of it, and where a long one is cut. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#define FAILMALLOC_REAL
#include "../../cmd/synth/spoken.h"
#include "base/utf8.h"
#include "support/failmalloc.h"

static void
spoken(const char *text, const char *want)
{
	char *got = spoken_text(text);

	ck_assert_ptr_nonnull(got);
	ck_assert_str_eq(got, want);
	free(got);
}

START_TEST(what_is_no_text_becomes_space)
{
	spoken("", "");
	spoken(" \t\r\n", "");
	spoken("Hola", "Hola");
	spoken("  a \n\n b  ", "a b");
	spoken("a\001b\033[31mc\177d", "a b [31mc d");
	/* C1, zero-width no-break space, U+FFFE, U+1FFFF, U+FDD0 */
	spoken("a\302\205b", "a b");
	spoken("\357\273\277a\357\277\276b", "a b");
	spoken("a\360\237\277\277b\357\267\220", "a b");
	/* Line separator, right-to-left override, isolate */
	spoken("a\342\200\250b\342\200\256c\342\201\246d", "a b c d");
	/* Not UTF-8: a cut sequence, a surrogate, a stray byte. */
	spoken("a\303", "a");
	spoken("a\355\240\275b", "a b");
	spoken("\200x", "x");
}
END_TEST

START_TEST(what_looks_like_markup_stays_text)
{
	spoken("<speak>a & b</speak>", "<speak>a & b</speak>");
	spoken("2 < 3 && \"x\" > 'y' &amp;", "2 < 3 && \"x\" > 'y' &amp;");
	spoken(
	    "ñ 日本 \360\237\230\200 مرحبا", "ñ 日本 \360\237\230\200 مرحبا");
}
END_TEST

/* The pieces of a text: their sum is the text, none is too long. */
static size_t
pieces(const char *text, size_t max_chars, size_t *first)
{
	size_t n = 0, len;

	*first = strlen(text) == 0 ? 0 : spoken_piece(text, max_chars);
	for (; *text != '\0'; text += len, n++) {
		size_t chars = 0;

		len = spoken_piece(text, max_chars);
		ck_assert_uint_gt(len, 0);
		ck_assert_uint_le(len, strlen(text));
		ck_assert(utf8_is_valid(text, len));
		for (size_t i = 0; i < len; i++)
			chars += ((unsigned char)text[i] & 0xc0) != 0x80;
		ck_assert_uint_le(chars, max_chars);
	}
	return n;
}

START_TEST(a_short_text_is_one_piece)
{
	size_t first;

	ck_assert_uint_eq(pieces("Hola. Qué tal.", 14, &first), 1);
	ck_assert_uint_eq(first, 15);
}
END_TEST

START_TEST(a_long_text_is_cut_where_it_pauses)
{
	size_t first;

	/* At the end of a sentence, */
	pieces("One two. Three four. Five six", 24, &first);
	ck_assert_uint_eq(first, strlen("One two. Three four. "));
	/* but not one that is only just begun with; */
	pieces("A. Two three four five six", 20, &first);
	ck_assert_uint_eq(first, strlen("A. Two three four "));
	/* a full stop inside a number is none; */
	pieces("The ratio is about 3.14159 here", 24, &first);
	ck_assert_uint_eq(first, strlen("The ratio is about "));
	/* some end without a space; */
	pieces("今日は良い。明日も", 8, &first);
	ck_assert_uint_eq(first, strlen("今日は良い。"));
	/* and without any, between two characters. */
	ck_assert_uint_eq(pieces("ññññññññññ", 3, &first), 4);
	ck_assert_uint_eq(first, 6);
}
END_TEST

START_TEST(any_limit_loses_nothing)
{
	size_t first;

	pieces("One two. Three! Four? 今日は。明日も ñandú 3.14 "
	       "\360\237\230\200 x",
	    (size_t)_i, &first);
}
END_TEST

START_TEST(without_memory_there_is_none)
{
	failmalloc_arm(1);
	ck_assert_ptr_null(spoken_text("Hola"));
	ck_assert_uint_eq(failmalloc_disarm(), 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("synth/spoken");
	TCase *tc = tcase_create("spoken");
	SRunner *r;
	int failed;

	tcase_add_test(tc, what_is_no_text_becomes_space);
	tcase_add_test(tc, what_looks_like_markup_stays_text);
	tcase_add_test(tc, a_short_text_is_one_piece);
	tcase_add_test(tc, a_long_text_is_cut_where_it_pauses);
	tcase_add_loop_test(tc, any_limit_loses_nothing, 1, 60);
	tcase_add_test(tc, without_memory_there_is_none);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
