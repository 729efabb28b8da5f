/* with: cmd/localaws-tts/voice.c */
/* with: cmd/localaws-tts/marks.c */
/* Voices by name, and speech marks; no espeak-ng. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/localaws-tts/marks.h"
#include "../../cmd/localaws-tts/voice.h"

START_TEST(languages_have_espeaks_names)
{
	static const char *const names[][2] = { { "es-ES", "es" },
		{ "es-MX", "es-419" }, { "es-US", "es-419" },
		{ "pt-BR", "pt-br" }, { "pt-PT", "pt" }, { "en-US", "en-us" },
		{ "en-GB", "en" }, { "en-IN", "en" }, { "fr-FR", "fr" },
		{ "fr-CA", "fr" }, { "it-IT", "it" }, { "de-AT", "de" },
		{ "ca-ES", "ca" }, { "eo", "eo" }, { "cmn-CN", "cmn" },
		{ "zh-CN", "cmn" }, { "arb", "ar" }, { "ar-AE", "ar" },
		{ "nb-NO", "nb" }, { "yue-CN", "yue" }, { "PT-br", "pt-br" },
		{ "xx-YY", "xx" } };
	char name[VOICE_NAME_BYTES];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_assert(voice_language(names[i][0], name));
		ck_assert_str_eq(name, names[i][1]);
	}
	ck_assert(!voice_language("", name));
	ck_assert(!voice_language("../../etc", name));
	ck_assert(!voice_language("es_ES+f1", name));
}
END_TEST

START_TEST(voices_have_a_gender)
{
	char name[VOICE_NAME_BYTES + 4];

	ck_assert(!voice_is_male("Lucia"));
	ck_assert(voice_is_male("Sergio"));
	ck_assert(voice_is_male("matthew"));
	ck_assert(!voice_is_male("Somebody New"));
	voice_name(name, "es", false);
	ck_assert_str_eq(name, "es+f2");
	voice_name(name, "es", true);
	ck_assert_str_eq(name, "es+m3");
}
END_TEST

static void
check_line(const struct marks *m, size_t i, const char *want)
{
	size_t len;
	char *line = marks_line(m, i, &len);

	ck_assert_str_eq(line, want);
	ck_assert_uint_eq(len, strlen(want));
	free(line);
}

/* Offsets are bytes, espeak-ng's positions are characters. */
START_TEST(marks_count_bytes)
{
	static const char text[] = "¿Niño? Sí.";
	struct marks m;

	marks_init(&m, text, strlen(text));
	ck_assert_int_eq(marks_add(&m, MARKS_SENTENCE, 0, 1, 0), 0);
	ck_assert_int_eq(marks_add(&m, MARKS_WORD, 0, 2, 4), 0);
	ck_assert_int_eq(marks_add(&m, MARKS_SENTENCE, 700, 8, 0), 0);
	ck_assert_int_eq(marks_add(&m, MARKS_WORD, 710, 8, 2), 0);
	marks_finish(&m);
	check_line(&m, 0,
	    "{\"time\":0,\"type\":\"sentence\",\"start\":0,\"end\":8,"
	    "\"value\":\"¿Niño?\"}");
	check_line(&m, 1,
	    "{\"time\":0,\"type\":\"word\",\"start\":2,\"end\":7,"
	    "\"value\":\"Niño\"}");
	check_line(&m, 2,
	    "{\"time\":700,\"type\":\"sentence\",\"start\":9,\"end\":13,"
	    "\"value\":\"Sí.\"}");
	check_line(&m, 3,
	    "{\"time\":710,\"type\":\"word\",\"start\":9,\"end\":12,"
	    "\"value\":\"Sí\"}");
	marks_release(&m);
}
END_TEST

START_TEST(positions_past_the_text_are_its_end)
{
	struct marks m;

	marks_init(&m, "ab", 2);
	ck_assert_int_eq(marks_add(&m, MARKS_WORD, 5, 9, 4), 0);
	ck_assert_int_eq(marks_add(&m, MARKS_WORD, 5, 2, 4), 0);
	marks_finish(&m);
	check_line(&m, 0,
	    "{\"time\":5,\"type\":\"word\",\"start\":2,\"end\":2,"
	    "\"value\":\"\"}");
	check_line(&m, 1,
	    "{\"time\":5,\"type\":\"word\",\"start\":1,\"end\":2,"
	    "\"value\":\"b\"}");
	marks_release(&m);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("localaws-tts");
	TCase *tc = tcase_create("tts");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, languages_have_espeaks_names);
	tcase_add_test(tc, voices_have_a_gender);
	tcase_add_test(tc, marks_count_bytes);
	tcase_add_test(tc, positions_past_the_text_are_its_end);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed > 0;
}
