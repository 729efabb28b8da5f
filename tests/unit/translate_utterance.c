/* with: cmd/translate/utterance.c */
#include "../../cmd/translate/utterance.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/line.h"

static struct utterance u;
static json_t *line;

static int
read_line(const char *text, const char *source)
{
	char err[128];

	line = json_line_parse(text, strlen(text), err, sizeof(err));
	ck_assert_msg(line != NULL, "%s", err);
	return utterance_init(&u, line, source);
}

static void
done(void)
{
	utterance_release(&u);
	json_decref(line);
}

/* What the voice is to say, for the next line. */
static const char *say;

static char *
translation(const char *lang, const char *from, const char *text,
    const char *error, double translated_at_ms, size_t *len)
{
	struct translation t = { lang, from, text, say, error,
		translated_at_ms };

	return utterance_translation(&u, &t, len);
}

#define FINAL                                                                  \
	"{\"type\":\"transcript\",\"id\":\"u1\",\"final\":true,"               \
	"\"lang\":\"en-US\",\"text\":\"Hi \\\"you\\\"\","                      \
	"\"items\":[],\"captured_at_ms\":1700000000000.125,"                   \
	"\"final_at_ms\":1700000000345.5}"

START_TEST(a_translation_line_has_its_keys_in_their_order)
{
	size_t len;
	char *s;

	ck_assert_int_eq(read_line(FINAL, NULL), 1);
	ck_assert_str_eq(u.source, "en");
	s = translation(
	    "es-ES", u.from, "Hola \xc2\xbf\n", NULL, 1700000000400.25, &len);
	ck_assert_str_eq(s,
	    "{\"type\":\"translation\",\"id\":\"u1\",\"lang\":\"es-ES\","
	    "\"from\":\"en-US\",\"text\":\"Hola \xc2\xbf\\n\","
	    "\"source_text\":\"Hi \\\"you\\\"\",\"error\":null,"
	    "\"captured_at_ms\":1700000000000.125,"
	    "\"final_at_ms\":1700000000345.5,"
	    "\"translated_at_ms\":1700000000400.25}");
	ck_assert_uint_eq(strlen(s), len);
	free(s);
	done();
}
END_TEST

START_TEST(an_error_carries_the_source_text)
{
	size_t len;
	char *s;

	ck_assert_int_eq(
	    read_line("{\"type\":\"transcript\",\"id\":7,\"final\":true,"
		      "\"text\":\"Hi\",\"late\":true}",
		NULL),
	    1);
	ck_assert_str_eq(u.source, "auto");
	s = translation("es-ES", "", u.text, "no server", 5, &len);
	ck_assert_str_eq(s,
	    "{\"type\":\"translation\",\"id\":7,\"lang\":\"es-ES\","
	    "\"from\":null,\"text\":\"Hi\",\"source_text\":\"Hi\","
	    "\"error\":\"no server\",\"translated_at_ms\":5,\"late\":true}");
	free(s);
	done();
}
END_TEST

START_TEST(what_the_voice_is_to_say_stands_behind_the_text)
{
	size_t len, n = 60000;
	char *s, *text;
	json_t *obj;

	ck_assert_int_eq(read_line("{\"type\":\"transcript\",\"id\":7,"
				   "\"final\":true,\"text\":\"Hi\"}",
			     NULL),
	    1);
	say = "ol\xc3\xa1";
	s = translation("pt-BR", "", "Hi", NULL, 5, &len);
	ck_assert_str_eq(s,
	    "{\"type\":\"translation\",\"id\":7,\"lang\":\"pt-BR\","
	    "\"from\":null,\"text\":\"Hi\",\"say\":\"ol\xc3\xa1\","
	    "\"source_text\":\"Hi\",\"error\":null,"
	    "\"translated_at_ms\":5}");
	free(s);
	/* A line too long goes without it rather than without text. */
	say = text = calloc(1, n + 1);
	memset(text, 'x', n);
	s = translation("pt-BR", "", text, NULL, 5, &len);
	ck_assert_uint_lt(len, LINE_MAX_BYTES);
	obj = json_loads(s, 0, NULL);
	ck_assert_str_eq(json_str(obj, "text"), text);
	ck_assert_ptr_null(json_str(obj, "say"));
	ck_assert_ptr_null(json_str(obj, "error"));
	json_decref(obj);
	free(s);
	free(text);
	say = NULL;
	done();
}
END_TEST

static const char *const others[] = {
	"{\"type\":\"transcript\",\"final\":false,\"text\":\"x\"}",
	"{\"type\":\"transcript\",\"text\":\"x\"}",
	"{\"type\":\"transcript\",\"final\":\"true\",\"text\":\"x\"}",
	"{\"type\":\"transcript\",\"final\":true}",
	"{\"type\":\"transcript\",\"final\":true,\"text\":5}",
	"{\"type\":\"translation\",\"final\":true,\"text\":\"x\"}",
	"{\"type\":5,\"final\":true,\"text\":\"x\"}",
	"{\"final\":true,\"text\":\"x\"}",
	"{}",
};

START_TEST(what_is_no_final_transcript_is_left_alone)
{
	ck_assert_int_eq(read_line(others[_i], NULL), 0);
	ck_assert_ptr_null(u.line);
	json_decref(line);
}
END_TEST

START_TEST(the_option_beats_the_line_and_codes_are_translates)
{
	ck_assert_int_eq(read_line(FINAL, "zh-TW"), 1);
	ck_assert_str_eq(u.source, "zh-TW");
	done();
	ck_assert_int_eq(read_line(FINAL, "pt-BR"), 1);
	ck_assert_str_eq(u.source, "pt");
	ck_assert_str_eq(u.from, "pt-BR");
	done();
	ck_assert_int_eq(read_line(FINAL, "auto"), 1);
	ck_assert_str_eq(u.source, "auto");
	ck_assert_str_eq(u.from, "");
	done();
	ck_assert_int_eq(read_line("{\"type\":\"transcript\",\"final\":true,"
				   "\"lang\":\"../etc\",\"text\":\"x\"}",
			     NULL),
	    1);
	ck_assert_str_eq(u.source, "auto");
	done();
}
END_TEST

/* The worst text: each byte of it is six in JSON. */
START_TEST(no_line_is_longer_than_the_format_allows)
{
	size_t n = 60000, len;
	char *text = calloc(1, n + 1), *s;
	json_t *obj;

	memset(text, '\x01', n);
	ck_assert_int_eq(read_line("{\"type\":\"transcript\",\"id\":\"u\","
				   "\"final\":true,\"text\":\"short\"}",
			     NULL),
	    1);
	s = translation("es-ES", "en-US", text, NULL, 5, &len);
	ck_assert_uint_lt(len, LINE_MAX_BYTES);
	obj = json_loads(s, 0, NULL);
	ck_assert_str_eq(json_str(obj, "source_text"), "");
	ck_assert_ptr_nonnull(strstr(json_str(obj, "error"), "cut"));
	ck_assert_uint_gt(strlen(json_str(obj, "text")), 10000);
	json_decref(obj);
	free(s);
	/* Three bytes each: never cut in half. */
	memset(text, 'x', n);
	memcpy(text, "x\xe4\xb8\x80", 4);
	for (len = 4; len + 3 <= n; len += 3)
		memcpy(text + len, "\xe4\xb8\x80", 3);
	text[len] = '\0';
	s = translation("es-ES", "en-US", text, NULL, 5, &len);
	ck_assert_uint_lt(len, LINE_MAX_BYTES);
	obj = json_loads(s, 0, NULL);
	ck_assert_str_eq(json_str(obj, "text"), text);
	json_decref(obj);
	free(s);
	free(text);
	done();
}
END_TEST

START_TEST(a_copy_outlives_what_it_was_made_of)
{
	struct utterance copy;

	ck_assert_int_eq(read_line(FINAL, NULL), 1);
	utterance_copy(&copy, &u);
	done();
	ck_assert_str_eq(copy.text, "Hi \"you\"");
	utterance_release(&copy);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("translate utterance");
	TCase *tc = tcase_create("utterance");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, a_translation_line_has_its_keys_in_their_order);
	tcase_add_test(tc, an_error_carries_the_source_text);
	tcase_add_test(tc, what_the_voice_is_to_say_stands_behind_the_text);
	tcase_add_loop_test(tc, what_is_no_final_transcript_is_left_alone, 0,
	    sizeof(others) / sizeof(others[0]));
	tcase_add_test(tc, the_option_beats_the_line_and_codes_are_translates);
	tcase_add_test(tc, no_line_is_longer_than_the_format_allows);
	tcase_add_test(tc, a_copy_outlives_what_it_was_made_of);
	suite_add_tcase(s, tc);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
