/* with: cmd/localaws-mt/stream.c */
/*
 * Apertium's stream format.  Expected bytes are written out from the format's
 * description; that the installed stages take them is shown by e2e/engine-mt.
 */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/localaws-mt/stream.h"

#define CAP 65536

static struct stream_notes notes;

static const char *
encoded(const char *text)
{
	static char out[CAP];
	struct bytes q;
	const uint8_t *p;
	size_t len;

	bytes_init(&q, CAP);
	ck_assert_int_eq(stream_encode(&q, text, strlen(text), 7, &notes), 0);
	p = bytes_peek(&q, &len);
	memcpy(out, p, len);
	bytes_release(&q);
	ck_assert_int_eq(out[len - 1], '\0');
	ck_assert_uint_eq(strlen(out), len - 1);
	return out;
}

/* What a text would be that every stage passed on as it is. */
static const char *
there_and_back(const char *text, size_t n)
{
	static char out[CAP];
	struct bytes in, back;
	const uint8_t *p;
	size_t len;

	bytes_init(&in, CAP);
	bytes_init(&back, CAP);
	ck_assert_int_eq(stream_encode(&in, text, n, 7, &notes), 0);
	p = bytes_peek(&in, &len);
	ck_assert_int_eq(
	    stream_decode(&back, (const char *)p, len - 1, &notes), 0);
	p = bytes_peek(&back, &len);
	if (len > 0)
		memcpy(out, p, len);
	out[len] = '\0';
	bytes_release(&in);
	bytes_release(&back);
	return out;
}

static const char *
decoded(const char *answer)
{
	static char out[CAP];
	struct bytes q;
	const uint8_t *p;
	size_t len;

	bytes_init(&q, CAP);
	ck_assert_int_eq(stream_decode(&q, answer, strlen(answer), &notes), 0);
	p = bytes_peek(&q, &len);
	if (len > 0)
		memcpy(out, p, len);
	out[len] = '\0';
	bytes_release(&q);
	return out;
}

START_TEST(words_go_plain_and_end_in_a_full_stop)
{
	ck_assert_str_eq(encoded("the house"), "the house.[pipebooth 7]");
	ck_assert(notes.added_full_stop);
	ck_assert_str_eq(encoded("The house?"), "The house?[pipebooth 7]");
	ck_assert(!notes.added_full_stop);
	ck_assert_str_eq(encoded("niño, l·l"), "niño, l·l.[pipebooth 7]");
}
END_TEST

START_TEST(symbols_travel_in_superblanks_as_private_use)
{
	/* '+' is 0x2b, so U+E02B: ee 80 ab. */
	ck_assert_str_eq(
	    encoded("C++ is"), "C[\xee\x80\xab\xee\x80\xab] is.[pipebooth 7]");
	/* Newline 0x0a: U+E00A, ee 80 8a. */
	ck_assert_str_eq(encoded("a\nb"), "a[\xee\x80\x8a]b.[pipebooth 7]");
	/* An emoji stays what it is. */
	ck_assert_str_eq(encoded("hi \xf0\x9f\x98\x80"),
	    "hi [\xf0\x9f\x98\x80].[pipebooth 7]");
}
END_TEST

START_TEST(no_special_character_reaches_a_stage_unprotected)
{
	const char *p = encoded("[]{}^$/\\@<> ^word/word<n>$ \\[x\\]");

	/* Ours are the brackets alone. */
	ck_assert_ptr_null(strpbrk(p, "{}^$/\\@<>"));
	for (int depth = 0; *p != '\0'; p++) {
		depth += *p == '[' ? 1 : *p == ']' ? -1 : 0;
		ck_assert(depth == 0 || depth == 1);
	}
}
END_TEST

START_TEST(addresses_are_not_translated)
{
	const char *p = encoded("see https://the.house/red, or me@the.red!");

	ck_assert_ptr_null(strstr(p, "house"));
	ck_assert_ptr_null(strstr(p, "red"));
	ck_assert_ptr_nonnull(strstr(p, ", or ["));
	ck_assert_ptr_nonnull(strstr(p, "]!"));
	ck_assert_ptr_nonnull(strstr(encoded("a @ b"), "a ["));
}
END_TEST

START_TEST(typographic_apostrophe_is_one)
{
	ck_assert_str_eq(encoded("isn’t"), "isn't.[pipebooth 7]");
	ck_assert_str_ne(encoded("’tis"), "'tis.[pipebooth 7]");
}
END_TEST

START_TEST(every_text_survives_unchanged)
{
	static const char *const texts[] = { "", " ", "a", "two  spaces",
		" leading and trailing ", "a\nb\r\n\tc", "[pipebooth 7]",
		"[]{}^$/\\@<>", "a\\", "\\n", "x^y$z", "a*b~c#d+e=f|g_h`i",
		"\xee\x80\x81 \xee\x81\xbf \xee\x82\x80\xee\x82\x80 private",
		"https://a.b/c?d=e&f=[g]", "me@x.y", "end.", "a . b .", "...",
		"5 < 6 > 4", "日本語 мир عربى",
		"\xf0\x9f\x91\xa9\xe2\x80\x8d" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_str_eq(
		    there_and_back(texts[i], strlen(texts[i])), texts[i]);
}
END_TEST

START_TEST(every_byte_survives_or_becomes_the_replacement)
{
	char text[4] = "a b";

	text[1] = (char)_i;
	if (_i > 0 && _i < 0x80)
		ck_assert_str_eq(there_and_back(text, 3), text);
	else
		ck_assert_str_eq(there_and_back(text, 3), "a\xef\xbf\xbd"
							  "b");
}
END_TEST

START_TEST(our_full_stop_goes_and_others_stay)
{
	encoded("the house");
	ck_assert_str_eq(decoded("la casa.[pipebooth 7]"), "la casa");
	/* Rules have been seen to move it before a blank. */
	ck_assert_str_eq(decoded("del. [!] [pipebooth 7]"), "del !");
	/* Eaten: nothing else may go in its stead. */
	ck_assert_str_eq(decoded("sr. casa[pipebooth 7]"), "sr. casa");
	encoded("the house.");
	ck_assert_str_eq(decoded("la casa.[pipebooth 7]"), "la casa.");
}
END_TEST

START_TEST(capital_is_kept_and_gaps_are_closed)
{
	encoded("He was");
	ck_assert_str_eq(decoded("il  fut.[pipebooth 7]"), "Il fut");
	encoded("he  was");
	ck_assert_str_eq(decoded("il  fut.[pipebooth 7]"), "il  fut");
}
END_TEST

START_TEST(escapes_of_the_stages_are_undone)
{
	encoded("x");
	ck_assert_str_eq(decoded("a\\/b\\[c\\].[pipebooth 7]"), "a/b[c]");
}
END_TEST

START_TEST(answer_without_its_mark_is_refused)
{
	static const char *const wrong[] = { "", "la casa.", "[pipebooth 7",
		"la casa.[pipebooth 8]", "la casa.[pipebooth 7] " };
	static const char two[] = "a.[pipebooth 6]\0b.[pipebooth 7]";
	struct bytes q;

	encoded("the house");
	bytes_init(&q, CAP);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_int_eq(
		    stream_decode(&q, wrong[i], strlen(wrong[i]), &notes),
		    STREAM_ERR_MARK);
	ck_assert_int_eq(
	    stream_decode(&q, two, sizeof(two) - 1, &notes), STREAM_ERR_MARK);
	ck_assert_uint_eq(bytes_len(&q), 0);
	bytes_release(&q);
}
END_TEST

START_TEST(cap_is_an_error_not_a_short_text)
{
	struct bytes q;

	bytes_init(&q, 8);
	ck_assert_int_eq(
	    stream_encode(&q, "the house", 9, 7, &notes), STREAM_ERR_NOMEM);
	bytes_release(&q);
}
END_TEST

START_TEST(words_are_letters)
{
	ck_assert(stream_has_words("3 a", 3));
	ck_assert(stream_has_words("мир", 6));
	ck_assert(!stream_has_words("", 0));
	ck_assert(!stream_has_words("12.5 % ^$[] ...", 15));
	ck_assert(!stream_has_words("\xf0\x9f\x98\x80\xff", 5));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("localaws-mt stream");
	TCase *tc = tcase_create("stream");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, words_go_plain_and_end_in_a_full_stop);
	tcase_add_test(tc, symbols_travel_in_superblanks_as_private_use);
	tcase_add_test(tc, no_special_character_reaches_a_stage_unprotected);
	tcase_add_test(tc, addresses_are_not_translated);
	tcase_add_test(tc, typographic_apostrophe_is_one);
	tcase_add_test(tc, every_text_survives_unchanged);
	tcase_add_loop_test(
	    tc, every_byte_survives_or_becomes_the_replacement, 0, 256);
	tcase_add_test(tc, our_full_stop_goes_and_others_stay);
	tcase_add_test(tc, capital_is_kept_and_gaps_are_closed);
	tcase_add_test(tc, escapes_of_the_stages_are_undone);
	tcase_add_test(tc, answer_without_its_mark_is_refused);
	tcase_add_test(tc, cap_is_an_error_not_a_short_text);
	tcase_add_test(tc, words_are_letters);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed > 0;
}
