/* with: cmd/localaws-mt/pairs.c */
/* with: cmd/localaws-mt/mode.c */
/* Modes: their names, the paths over them, and their lines. */
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/localaws-mt/mode.h"
#include "../../cmd/localaws-mt/pairs.h"

static struct pairs pairs;

static void
install(const char *name, ...)
{
	va_list ap;

	memset(&pairs, 0, sizeof(pairs));
	va_start(ap, name);
	for (; name != NULL; name = va_arg(ap, const char *))
		pairs_add(&pairs, name);
	va_end(ap);
}

/* The names of a path's modes, "a b c", or "none". */
static const char *
path(const char *from, const char *to)
{
	static char text[256];
	const struct pairs_mode *hops[PAIRS_PATH_MAX];
	int n = pairs_path(&pairs, from, to, hops);

	strcpy(text, n < 0 ? "none" : "");
	for (int i = 0; i < n; i++) {
		strcat(text, i > 0 ? " " : "");
		strcat(text, hops[i]->name);
	}
	return text;
}

START_TEST(tags_are_one_language)
{
	static const char *const same[] = { "pt", "PT", "pt-BR", "pt_PT", "por",
		"por_BR" };
	char code[PAIRS_CODE_BYTES];

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		ck_assert(pairs_language(same[i], code));
		ck_assert_str_eq(code, "pt");
	}
	ck_assert(pairs_language("ast", code));
	ck_assert_str_eq(code, "ast");
	ck_assert(!pairs_language("", code));
	ck_assert(!pairs_language("e", code));
	ck_assert(!pairs_language("engl", code));
	ck_assert(!pairs_language("../x", code));
}
END_TEST

START_TEST(only_plain_names_are_modes)
{
	install("eng-spa.mode", "en-eo-bytecode.mode", "README", "x.mode",
	    "eng-cat_valencia_uni.mode", "eng-spa.mode.bak", "-.mode", NULL);
	ck_assert_uint_eq(pairs.nmodes, 2);
	ck_assert_str_eq(pairs.modes[0].from, "en");
	ck_assert_str_eq(pairs.modes[0].to, "es");
	ck_assert_str_eq(pairs.modes[1].variant, "valencia_uni");
}
END_TEST

START_TEST(direct_mode_is_preferred_to_a_pivot)
{
	install("eng-cat.mode", "spa-cat.mode", "eng-spa.mode", NULL);
	ck_assert_str_eq(path("en-US", "ca-ES"), "eng-cat");
}
END_TEST

START_TEST(pivot_goes_through_spanish)
{
	install("en-gl.mode", "gl-fr.mode", "eng-spa.mode", "es-fr.mode",
	    "spa-ita.mode", NULL);
	ck_assert_str_eq(path("en", "fr-FR"), "eng-spa es-fr");
	ck_assert_str_eq(path("en-GB", "it"), "eng-spa spa-ita");
	ck_assert_str_eq(path("fr", "en"), "none");
	ck_assert_str_eq(path("en", "en-GB"), "none");
	ck_assert_str_eq(path("en", "ja"), "none");
}
END_TEST

START_TEST(target_tag_chooses_the_variant)
{
	install("es-pt.mode", "es-pt_BR.mode", "eng-spa.mode",
	    "spa-eng_US.mode", "spa-eng.mode", "eng-cat.mode",
	    "eng-cat_valencia.mode", NULL);
	ck_assert_str_eq(path("es", "pt"), "es-pt_BR");
	ck_assert_str_eq(path("en", "pt-BR"), "eng-spa es-pt_BR");
	ck_assert_str_eq(path("en", "pt-PT"), "eng-spa es-pt");
	ck_assert_str_eq(path("es", "en"), "spa-eng");
	ck_assert_str_eq(path("es", "en-US"), "spa-eng_US");
	ck_assert_str_eq(path("en", "ca"), "eng-cat");
	ck_assert_str_eq(path("en", "ca-ES-valencia"), "eng-cat_valencia");
}
END_TEST

START_TEST(missing_packages_are_named_in_order_of_the_path)
{
	char text[256];

	install(NULL);
	ck_assert(pairs_packages(&pairs, "en", "es", text, sizeof(text)));
	ck_assert_str_eq(text, "apertium-eng-spa");
	ck_assert(pairs_packages(&pairs, "en", "it-IT", text, sizeof(text)));
	ck_assert_str_eq(text, "apertium-eng-spa and apertium-spa-ita");
	ck_assert(pairs_packages(&pairs, "eo", "fr", text, sizeof(text)));
	ck_assert_str_eq(
	    text, "apertium-eo-en, apertium-eng-spa and apertium-fr-es");
	ck_assert(!pairs_packages(&pairs, "en", "ja", text, sizeof(text)));
	install("eng-spa.mode", NULL);
	ck_assert(pairs_packages(&pairs, "en", "it", text, sizeof(text)));
	ck_assert_str_eq(text, "apertium-spa-ita");
}
END_TEST

static void
append_pair(void *arg, const char *from, const char *to)
{
	strcat(arg, from);
	strcat(arg, ">");
	strcat(arg, to);
	strcat(arg, " ");
}

START_TEST(list_has_what_a_path_reaches)
{
	char text[256] = "";

	install("eng-spa.mode", "es-fr.mode", NULL);
	pairs_each(&pairs, append_pair, text);
	ck_assert_str_eq(text, "en>es en>fr es>fr ");
}
END_TEST

START_TEST(line_becomes_stages_that_flush)
{
	struct mode m = { 0 };

	ck_assert_int_eq(
	    mode_parse(&m, "lt-proc -w '/a b/c.bin' | "
			   "apertium-tagger -g $2 \"d\"|x $1 'e'\n"),
	    0);
	ck_assert_uint_eq(m.nstages, 3);
	ck_assert_str_eq(m.stages[0].argv[0], "lt-proc");
	ck_assert_str_eq(m.stages[0].argv[1], "-z");
	ck_assert_str_eq(m.stages[0].argv[2], "-w");
	ck_assert_str_eq(m.stages[0].argv[3], "/a b/c.bin");
	ck_assert_ptr_null(m.stages[0].argv[4]);
	ck_assert_str_eq(m.stages[1].argv[2], "-g");
	ck_assert_str_eq(m.stages[1].argv[3], "d");
	ck_assert_str_eq(m.stages[2].argv[2], "-n");
	ck_assert_str_eq(m.stages[2].argv[3], "e");
	mode_release(&m);
}
END_TEST

START_TEST(shell_is_not_run)
{
	static const char *const lines[] = { "", "|", "a |", "a || b", "a; b",
		"a > b", "a $3", "a $HOME", "a `b`", "a $(b)", "a & b", "a 'b",
		"a \"$b\"", "a \\b", "a $1x", "a *.bin" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct mode m = { 0 };

		ck_assert_msg(mode_parse(&m, lines[i]) == MODE_ERR_SYNTAX,
		    "'%s' was taken", lines[i]);
		mode_release(&m);
	}
}
END_TEST

START_TEST(caps_hold)
{
	char line[MODE_LINE_MAX + 8];
	struct mode m = { 0 };

	memset(line, 'a', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	ck_assert_int_eq(mode_parse(&m, line), MODE_ERR_SYNTAX);
	mode_release(&m);
	line[0] = '\0';
	for (int i = 0; i < MODE_STAGES_MAX; i++)
		strcat(line, "a|");
	strcat(line, "a");
	ck_assert_int_eq(mode_parse(&m, line), MODE_ERR_SYNTAX);
	mode_release(&m);
	line[0] = '\0';
	for (int i = 0; i < MODE_ARGS_MAX + 1; i++)
		strcat(line, "a ");
	ck_assert_int_eq(mode_parse(&m, line), MODE_ERR_SYNTAX);
	mode_release(&m);
	ck_assert_int_eq(mode_load(&m, "/nonexistent/x.mode"), MODE_ERR_READ);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("localaws-mt modes");
	TCase *tc = tcase_create("modes");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, tags_are_one_language);
	tcase_add_test(tc, only_plain_names_are_modes);
	tcase_add_test(tc, direct_mode_is_preferred_to_a_pivot);
	tcase_add_test(tc, pivot_goes_through_spanish);
	tcase_add_test(tc, target_tag_chooses_the_variant);
	tcase_add_test(tc, missing_packages_are_named_in_order_of_the_path);
	tcase_add_test(tc, list_has_what_a_path_reaches);
	tcase_add_test(tc, line_becomes_stages_that_flush);
	tcase_add_test(tc, shell_is_not_run);
	tcase_add_test(tc, caps_hold);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed > 0;
}
