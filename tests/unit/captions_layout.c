/* with: cmd/captions/anchors.c cmd/captions/clean.c */
/* with: cmd/captions/cues.c cmd/captions/layout.c */
/* with: cmd/captions/leaning.c cmd/captions/units.c */
/*
 * cmd/captions: where lines and captions end in many languages, when they come
 * and go, and what is left of text that means harm.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/captions/clean.h"
#include "../../cmd/captions/cues.h"
#include "../../cmd/captions/leaning.h"
#include "../../cmd/captions/units.h"

static const struct layout_rules usual = { .max_columns = 42,
	.max_lines = 2,
	.columns_per_s = 17,
	.min_ms = 1000,
	.max_ms = 7000,
	.gap_ms = 80 };

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/*
 * The ends were chosen by reading the texts: '|' between lines, ' || ' between
 * captions; a space before a mark is one that the text has there.
 */
static const struct {
	const char *lang;
	double ms;
	const char *text;
	const char *expected;
} breaks[] = {
	{ "en-US", 1500, "Good morning, everybody.",
	    "Good morning, everybody." },
	{ "en-US", 8000,
	    "one speaker in a room, and every listener reads and hears the "
	    "talk in a language of their own choice",
	    "one speaker in a room,||and every listener reads and hears|the "
	    "talk in a language of their own choice" },
	{ "en-US", 4000,
	    "Dr. Smith and Mr. Jones say that this will work well.",
	    "Dr. Smith and Mr. Jones|say that this will work well." },
	{ "de-DE", 4000,
	    "Weil jeder Teil eine Sache tut, und weil dann alle hinsehen.",
	    "Weil jeder Teil eine Sache tut,|und weil dann alle hinsehen." },
	{ "it-IT", 4000,
	    "Questa è la casa della signora che abita nella mia strada.",
	    "Questa è la casa della signora|che abita nella mia strada." },
	{ "ja-JP", 3000, "皆さん、おはようございます。",
	    "皆さん、おはようございます。" },
	{ "ja-JP", 5000,
	    "雨と今週末まで続くと聞いている路面電車のストライキにもかかわらず"
	    "、",
	    "雨と今週末まで続くと聞いている|路面電車のストライキにもかかわらず"
	    "、" },
	{ "cmn-CN", 5000,
	    "大家早上好，今天我要向大家介绍一个新的同声传译系统。",
	    "大家早上好，今天我要向大家|介绍一个新的同声传译系统。" },
	{ "th-TH", 5000, "ขอบคุณทุกท่านที่มาร่วมการประชุมครั้งนี้แต่เช้าตรู่ แม้ว่าฝนจะตก",
	    "ขอบคุณทุกท่านที่มาร่วมการประชุม|ครั้งนี้แต่เช้าตรู่ แม้ว่าฝนจะตก" },
	{ "arb", 5000,
	    "لماذا الأنابيب؟ لأنها بسيطة. لأن كل جزء يفعل شيئا واحدا،",
	    "لماذا الأنابيب؟ لأنها بسيطة.|لأن كل جزء يفعل شيئا واحدا،" },
	{ "ru-RU", 5000,
	    "Сегодня я хочу рассказать вам о кабине переводчиков из труб.",
	    "Сегодня я хочу рассказать вам|о кабине переводчиков из труб." },
	{ "ko-KR", 5000,
	    "안녕하세요, 오늘은 새로운 동시통역 시스템을 소개하겠습니다.",
	    "안녕하세요, 오늘은 새로운|동시통역 시스템을 소개하겠습니다." },
	{ "und", 4000, "no language at all is known of this text, and so what",
	    "no language at all is known|of this text, and so what" },
};

/* All captions of a text, as in the table. */
static char *
joined(const struct cues *c)
{
	char *all = calloc(1, 65536);

	for (size_t i = 0; i < c->n; i++) {
		strcat(all, i > 0 ? "||" : "");
		strcat(all, c->list[i].text);
	}
	for (char *p = all; *p != '\0'; p++)
		if (*p == '\n')
			*p = '|';
	return all;
}

START_TEST(a_text_ends_its_lines_where_a_reader_would)
{
	struct cues c;
	char *all;

	cues_init(&c, &usual);
	ck_assert_int_eq(cues_add(&c, breaks[_i].text, breaks[_i].lang, 0,
			     breaks[_i].ms, NULL),
	    0);
	all = joined(&c);
	ck_assert_str_eq(all, breaks[_i].expected);
	free(all);
	cues_release(&c);
}
END_TEST

/* The text without what may stand between two units. */
static size_t
squeeze(char *out, const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		if (*text != ' ' && *text != '\n')
			out[n++] = *text;
	out[n] = '\0';
	return n;
}

/* Whether what ends at a line end also ends in the text: a space follows, or
 * the script has none. */
static bool
is_word_end(const char *text, size_t at, const char *lang)
{
	return text[at] == ' ' || text[at] == '\0' ||
	       strncmp(lang, "ja", 2) == 0 || strncmp(lang, "cmn", 3) == 0 ||
	       strncmp(lang, "th", 2) == 0;
}

static void
check_rules(const struct cues *c, const char *text, const char *lang)
{
	const struct layout_rules *r = &c->rules;
	const char *pos = text, *p;
	char seen[4096], whole[4096];
	size_t n, nlines;

	seen[0] = '\0';
	for (size_t i = 0; i < c->n; i++) {
		nlines = 0;
		for (p = c->list[i].text;; p += n + 1) {
			n = strcspn(p, "\n");
			nlines++;
			ck_assert_uint_le(clean_columns(p, n), r->max_columns);
			ck_assert_uint_gt(n, 0);
			ck_assert(p[0] != ' ' && p[n - 1] != ' ');
			while (*pos == ' ')
				pos++;
			ck_assert(strncmp(pos, p, n) == 0);
			pos += n;
			ck_assert_msg(
			    is_word_end(text, (size_t)(pos - text), lang),
			    "'%.*s' ends inside a word", (int)n, p);
			if (p[n] == '\0')
				break;
		}
		ck_assert_uint_le(nlines, r->max_lines);
		strcat(seen, c->list[i].text);
	}
	n = squeeze(whole, text);
	ck_assert_uint_eq(squeeze(seen, seen), n);
	ck_assert_str_eq(seen, whole);
}

START_TEST(no_rule_is_broken_at_any_width)
{
	const char *text = breaks[_i].text, *lang = breaks[_i].lang;
	struct layout_rules r = usual;
	struct cues c;

	for (r.max_columns = 26; r.max_columns <= 60; r.max_columns++)
		for (r.max_lines = 1; r.max_lines <= LAYOUT_LINES_MAX;
		     r.max_lines++) {
			cues_init(&c, &r);
			ck_assert_int_eq(
			    cues_add(&c, text, lang, 0, breaks[_i].ms, NULL),
			    0);
			check_rules(&c, text, lang);
			cues_release(&c);
		}
}
END_TEST

START_TEST(hyphens_and_addresses_are_not_torn_while_they_fit)
{
	static const char text[] =
	    "See https://example.org/a-long/path?with=query or the well-known "
	    "e-mail";
	struct unit *units;
	static const char *const words[] = { "See",
		"https://example.org/a-long/path?with=query", "or", "the",
		"well-known", "e-mail" };
	long n = units_new(&units, text, "en-US", 42);

	ck_assert_int_eq(n, LENGTH(words));
	for (long i = 0; i < n; i++) {
		ck_assert_uint_eq(units[i].end - units[i].at, strlen(words[i]));
		ck_assert(strncmp(text + units[i].at, words[i],
			      strlen(words[i])) == 0);
	}
	free(units);
}
END_TEST

START_TEST(a_word_that_is_too_long_is_cut_after_its_hyphens_first)
{
	static const char *const parts[] = { "Rhein-Main-", "Donau-",
		"Großschiff", "fahrtsweg" };
	static const char text[] = "Rhein-Main-Donau-Großschifffahrtsweg";
	struct unit *units;
	/* "Donau-Gro" is as wide, and not behind a hyphen. */
	long n = units_new(&units, text, "de-DE", 11);

	ck_assert_int_eq(n, LENGTH(parts));
	for (long i = 0; i < n; i++)
		ck_assert_uint_le(units[i].columns, 11);
	ck_assert(strncmp(text, parts[0], 11) == 0 && units[0].end == 11);
	ck_assert_uint_eq(units[1].end, 17);
	ck_assert_int_eq(units[0].ends, UNIT_INSIDE);
	ck_assert_int_eq(units[3].ends, UNIT_WORD);
	free(units);
}
END_TEST

START_TEST(characters_as_readers_see_them_stay_whole)
{
	/* e and a combining accent, 30 times: nowhere the mark alone. */
	char text[91];
	struct unit *units;
	long n;

	text[0] = '\0';
	for (int i = 0; i < 30; i++)
		strcat(text, "e\xcc\x81");
	n = units_new(&units, text, "fr-FR", 12);
	ck_assert_int_eq(n, 3);
	for (long i = 0; i < n; i++)
		ck_assert_uint_eq((units[i].end - units[i].at) % 3, 0);
	free(units);
	ck_assert_int_eq(units_new(&units, "", "fr-FR", 12), 0);
	ck_assert_ptr_null(units);
}
END_TEST

START_TEST(words_that_lean_are_known_by_language)
{
	ck_assert(leaning_has("en-US", "The", 3));
	ck_assert(leaning_has("en", "of", 2));
	ck_assert(leaning_has("it-IT", "È", 2));
	ck_assert(leaning_has("ru-RU", "НА", 4));
	ck_assert(!leaning_has("en-US", "house", 5));
	ck_assert(!leaning_has("es-ES", "the", 3));
	ck_assert(!leaning_has("en-US", "the of", 6));
	ck_assert(!leaning_has("en-US", "", 0));
	ck_assert(!leaning_has("enm", "the", 3));
	ck_assert(!leaning_has("en-US", "t\xff", 2));
}
END_TEST

static const struct {
	const char *in, *out;
} cleanings[] = {
	{ "  a \t\r\n b\x01\x7f c  ", "a b c" },
	{ "a\xc2\x85"
	  "b\xc2\xa0"
	  "c\xe2\x80\xa8"
	  "d\xe3\x80\x80"
	  "e",
	    "a b c d e" },
	{ "\xef\xbb\xbfx\xe2\x80\xaey\xe2\x81\xa6z\xef\xbf\xbf", "xyz" },
	/* Persian's joiner and emoji's stay */
	{ "می\xe2\x80\x8cخواهم", "می\xe2\x80\x8cخواهم" },
	{ "\t\n ", "" },
	{ "", "" },
	{ "<b>&</b> --> {\\an8}", "<b>&</b> --> {\\an8}" },
};

START_TEST(only_text_is_left_of_a_text)
{
	char *out = clean_text(cleanings[_i].in);

	ck_assert_str_eq(out, cleanings[_i].out);
	free(out);
}
END_TEST

START_TEST(columns_are_what_is_seen)
{
	ck_assert_uint_eq(clean_columns("abc", 3), 3);
	ck_assert_uint_eq(clean_columns("日本", 6), 4);
	ck_assert_uint_eq(clean_columns("é", 2), 1);
	ck_assert_uint_eq(clean_columns("e\xcc\x81", 3), 1);
	ck_assert_uint_eq(clean_columns("สวัสดี", 18), 4);
	ck_assert(!clean_needs_rlm("שלום HTTP", 13));
	ck_assert(clean_needs_rlm("HTTP שלום", 13));
	ck_assert(clean_needs_rlm("3 < 5", 5));
}
END_TEST

/* Times of words: two sentences with 4 s of silence between them. */
START_TEST(words_spoken_have_their_own_times)
{
	static const char text[] =
	    "This is the first sentence of the two. And here, after a while, "
	    "comes the second one.";
	json_t *items = json_pack("[{s:s,s:i,s:i},{s:s,s:i,s:i},{s:s,s:i,s:i,"
				  "s:b},{s:s,s:i,s:i},{s:s,s:i,s:i}]",
	    "text", "This", "start_ms", 1000, "end_ms", 1200, "text", "two",
	    "start_ms", 2800, "end_ms", 3000, "text", ".", "start_ms", 3000,
	    "end_ms", 3000, "punct", 1, "text", "And", "start_ms", 7000,
	    "end_ms", 7200, "text", "one", "start_ms", 9800, "end_ms", 10000);
	struct cues c;

	cues_init(&c, &usual);
	ck_assert_int_eq(cues_add(&c, text, "en-US", 1000, 10000, items), 0);
	ck_assert_uint_eq(cues_settle(&c), 0);
	ck_assert_uint_eq(c.n, 2);
	ck_assert(strncmp(c.list[1].text, "And here", 8) == 0);
	ck_assert_double_eq(c.list[0].start_ms, 1000);
	/* 38 characters take 2235 ms to read. */
	ck_assert_double_ge(c.list[0].end_ms, 3235);
	ck_assert_double_le(c.list[0].end_ms, 3500);
	ck_assert_double_eq(c.list[1].start_ms, 7000);
	cues_release(&c);
	json_decref(items);
}
END_TEST

START_TEST(items_that_make_no_sense_bend_no_time)
{
	static const char text[] = "one two three four";
	json_t *items = json_pack("[{s:s,s:i,s:i},{s:s,s:f,s:s},{s:i},s,{s:s,"
				  "s:i,s:i}]",
	    "text", "two", "start_ms", 99999, "end_ms", -5, "text", "three",
	    "start_ms", -1e300, "end_ms", "x", "text", 5, "junk", "text",
	    "nowhere", "start_ms", 1, "end_ms", 2);
	struct cues c;

	cues_init(&c, &usual);
	ck_assert_int_eq(cues_add(&c, text, "en-US", 500, 3000, items), 0);
	cues_settle(&c);
	ck_assert_uint_eq(c.n, 1);
	ck_assert_double_eq(c.list[0].start_ms, 500);
	ck_assert_double_eq(c.list[0].end_ms, 3000);
	cues_release(&c);
	json_decref(items);
}
END_TEST

START_TEST(captions_never_overlap_and_stay_long_enough)
{
	struct cues c;
	char text[32];

	cues_init(&c, &usual);
	/* Shots of words, some at the same time, out of order. */
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "word number %d", i);
		ck_assert_int_eq(
		    cues_add(&c, text, "en-US", i % 7 * 300 + i * 150,
			i % 7 * 300 + i * 150 + 100, NULL),
		    0);
	}
	cues_settle(&c);
	ck_assert_uint_eq(c.n, 200);
	for (size_t i = 0; i < c.n; i++) {
		ck_assert_double_ge(
		    c.list[i].end_ms - c.list[i].start_ms, usual.min_ms);
		ck_assert_double_ge(c.list[i].start_ms, c.list[i].spoken_ms);
		if (i > 0)
			ck_assert_double_ge(c.list[i].start_ms,
			    c.list[i - 1].end_ms + usual.gap_ms);
	}
	cues_release(&c);
}
END_TEST

START_TEST(a_caption_waits_for_its_reader_if_it_can)
{
	struct cues c;

	/* 34 characters are 2 s; spoken in 0.8 s; the next follows at 1 s. */
	cues_init(&c, &usual);
	cues_add(
	    &c, "abcdefghij abcdefghij abcdefghij a", "en-US", 0, 800, NULL);
	cues_add(&c, "next", "en-US", 1000, 1200, NULL);
	cues_add(&c, "slow words", "en-US", 20000, 40000, NULL);
	ck_assert_uint_eq(cues_settle(&c), 0);
	ck_assert_double_eq(c.list[0].end_ms, 2000);
	ck_assert_double_eq(c.list[1].start_ms, 2080);
	ck_assert_double_eq(c.list[1].end_ms, 3080);
	/* One word a caption: neither stays for ever. */
	ck_assert_uint_eq(c.n, 4);
	ck_assert_double_eq(c.list[2].end_ms - c.list[2].start_ms, 7000);
	cues_release(&c);
	/* Too fast for any reader: held back by 1.5 s, and told. */
	cues_init(&c, &usual);
	for (int i = 0; i < 3; i++)
		cues_add(&c, "abcdefghij abcdefghij abcdefghij abcdefgh",
		    "en-US", i * 1000, i * 1000 + 900, NULL);
	/* 41 characters take 2412 ms: the first is read, the next may hold back
	 * the last by 1.5 s only, the last has time. */
	ck_assert_uint_eq(cues_settle(&c), 1);
	ck_assert_double_le(c.list[1].start_ms, 2500);
	ck_assert_double_ge(c.list[1].start_ms, 2480);
	ck_assert_double_le(c.list[2].start_ms, 3600);
	cues_release(&c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("captions_layout");
	TCase *tc = tcase_create("layout");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, a_text_ends_its_lines_where_a_reader_would, 0,
	    (int)LENGTH(breaks));
	tcase_add_loop_test(
	    tc, no_rule_is_broken_at_any_width, 0, (int)LENGTH(breaks));
	tcase_add_test(tc, hyphens_and_addresses_are_not_torn_while_they_fit);
	tcase_add_test(
	    tc, a_word_that_is_too_long_is_cut_after_its_hyphens_first);
	tcase_add_test(tc, characters_as_readers_see_them_stay_whole);
	tcase_add_test(tc, words_that_lean_are_known_by_language);
	tcase_add_loop_test(
	    tc, only_text_is_left_of_a_text, 0, (int)LENGTH(cleanings));
	tcase_add_test(tc, columns_are_what_is_seen);
	tcase_add_test(tc, words_spoken_have_their_own_times);
	tcase_add_test(tc, items_that_make_no_sense_bend_no_time);
	tcase_add_test(tc, captions_never_overlap_and_stay_long_enough);
	tcase_add_test(tc, a_caption_waits_for_its_reader_if_it_can);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
