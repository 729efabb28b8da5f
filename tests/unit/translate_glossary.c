/* with: cmd/translate/phrases.c */
/* with: cmd/translate/glossary.c */
/* with: cmd/translate/glossary_file.c */
/* with: cmd/translate/glossary_watch.c */
/* with: cmd/translate/protect.c */
/*
 * The glossary's file, what it says for a language, and its terms on their way
 * through engines that keep, bend or lose what is put in their place.
 */
#include "../../cmd/translate/glossary.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../cmd/translate/glossary_watch.h"
#include "../../cmd/translate/protect.h"

static const char good[] = "\xef\xbb\xbf# names\r\n"
			   "[Council of Europe]\n"
			   "es = Consejo de Europa\r\n"
			   "fr-FR=Conseil de l'Europe\n"
			   "\n"
			   "  [Kubernetes]  \n"
			   "also = cooper netties\n"
			   "* = Kubernetes\n"
			   "say es = cubernetes\n"
			   "; a remark\n"
			   "[WHO]\n"
			   "es = OMS\n"
			   "say es = o eme ese\n"
			   "say = double u aitch o\n"
			   "[pain]\n"
			   "from = fr, fr-CA\n"
			   "en = bread\n"
			   "[booth]\n"
			   "es = cabina\n"
			   "pt-PT = cabina de int\xc3\xa9rprete\n"
			   "[Apple]\n"
			   "match = exact\n"
			   "* = Apple\n";

static struct glossary *g;
static struct lexicon *x;

static void
read_good(const char *lang)
{
	unsigned int line;
	int code;

	g = glossary_parse(good, sizeof(good) - 1, &code, &line);
	ck_assert_msg(g != NULL, "line %u: %s", line, glossary_strerror(code));
	x = lexicon_new(g, lang);
	ck_assert_ptr_nonnull(x);
}

static void
done(void)
{
	/* The lexicon keeps the glossary. */
	glossary_unref(g);
	lexicon_unref(x);
}

/* What is sent for a text, one way. */
static struct protect p;

static const char *
sent(enum protect_way way, const char *from, const char *text)
{
	int rc = protect_init(&p, x, way, from, text);

	ck_assert_int_eq(rc, 0);
	return p.text;
}

/* What goes out for an answer; NULL: damaged. */
static const char *
gone_out(const char *answer)
{
	static char out[1024];
	char *text;
	size_t nmissed;
	int rc = protect_finish(&p, answer, &text, &nmissed);

	ck_assert_int_ge(rc, 0);
	if (rc == PROTECT_DAMAGED) {
		ck_assert_ptr_null(text);
		return NULL;
	}
	ck_assert_uint_eq(nmissed, 0);
	snprintf(out, sizeof(out), "%s", text);
	free(text);
	return out;
}

START_TEST(masks_become_renderings_in_any_order_and_case)
{
	read_good("es-ES");
	ck_assert_str_eq(sent(PROTECT_MASK, "en-US",
			     "Kubernetes, who? The WHO and the council of "
			     "Europe."),
	    "Qzvaa, who? The Qzvab and the Qzvac.");
	ck_assert_uint_eq(p.nhits, 3);
	ck_assert_str_eq(gone_out("El QZVAC y la qzvab, \xc2\xbfqui\xc3\xa9n? "
				  "Qzvaa."),
	    "El Consejo de Europa y la OMS, \xc2\xbfqui\xc3\xa9n? Kubernetes.");
	/* A language may put an ending to it. */
	ck_assert_str_eq(gone_out("Qzvaassa qzvab d'Qzvac"),
	    "Kubernetesssa OMS d'Consejo de Europa");
	protect_release(&p);
	done();
}
END_TEST

START_TEST(damaged_masks_are_never_let_out)
{
	static const char *const damaged[] = { "", "El Consejo", "Qzvaa",
		"Qzvaa Qzvaa", "Qzvaa Qzvac", "Qzvaa Qzv", "Qzvaa Qzva",
		"Qzvaa Qzvab Qzvab", "Qzvaa Qzvab qzv",
		"Qzvaa \xd0\xba\xd0\xb2", "Q zvaa Qzvab" };
	size_t i;

	read_good("es-ES");
	sent(PROTECT_MASK, "en-US", "WHO uses Kubernetes");
	for (i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
		ck_assert_msg(
		    gone_out(damaged[i]) == NULL, "let out: %s", damaged[i]);
	protect_release(&p);
	ck_assert_int_eq(
	    protect_init(&p, x, PROTECT_MASK, "en-US", "The WHO knows QZVABC"),
	    PROTECT_UNFIT);
	/* Without terms there is nothing in its way. */
	ck_assert_str_eq(sent(PROTECT_MASK, "en-US", "QZVABC"), "QZVABC");
	ck_assert_str_eq(gone_out("qzvabc"), "qzvabc");
	protect_release(&p);
	done();
}
END_TEST

START_TEST(tags_are_taken_off_or_the_text_is_not_let_out)
{
	static const char *const damaged[] = { "OMS", "<span translate=\"no\">",
		"<span translate=\"no\">OMS", "<span>OMS</span>",
		"<span translate=\"no\">Oms</span>",
		"<span translate=\"no\">OMS</span> "
		"<span translate=\"no\">OMS</span>",
		"<span translate=\"no\">OMS</span></span>",
		"<span translate=\"no\">OMS</span> &amp;",
		"l&#39;<span translate=\"no\">OMS</span>" };
	size_t i;

	read_good("es-ES");
	ck_assert_str_eq(sent(PROTECT_TAG, "en-US", "The WHO."),
	    "The <span translate=\"no\">OMS</span>.");
	ck_assert_str_eq(
	    gone_out("La <span translate=\"no\">OMS</span>."), "La OMS.");
	for (i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
		ck_assert_msg(
		    gone_out(damaged[i]) == NULL, "let out: %s", damaged[i]);
	protect_release(&p);
	ck_assert_int_eq(protect_init(&p, x, PROTECT_TAG, "en-US", "WHO & you"),
	    PROTECT_UNFIT);
	done();
}
END_TEST

START_TEST(without_a_way_what_was_left_as_spoken_is_replaced)
{
	size_t nmissed;
	char *text;

	read_good("es-ES");
	ck_assert_str_eq(
	    sent(PROTECT_NONE, "en-US", "The WHO and cooper netties."),
	    "The WHO and cooper netties.");
	ck_assert_str_eq(gone_out("La WHO y los cooper netties."),
	    "La OMS y los Kubernetes.");
	ck_assert_int_eq(
	    protect_finish(&p, "Los toneleros.", &text, &nmissed), 0);
	ck_assert_str_eq(text, "Los toneleros.");
	ck_assert_uint_eq(nmissed, 2);
	free(text);
	protect_release(&p);
	done();
}
END_TEST

START_TEST(a_sentence_begins_with_a_capital)
{
	read_good("es-ES");
	sent(PROTECT_MASK, "en-US", "Booth. Booth and booth.");
	ck_assert_str_eq(gone_out("Qzvaa. \xc2\xbfQzvab y qzvac?"),
	    "Cabina. \xc2\xbf"
	    "Cabina y cabina?");
	protect_release(&p);
	done();
}
END_TEST

START_TEST(case_counts_for_capitals_and_where_it_is_said)
{
	read_good("fr-FR");
	ck_assert_str_eq(
	    sent(PROTECT_MASK, "en-US", "An apple from Apple; KUBERNETES"),
	    "An apple from Qzvaa; Qzvab");
	protect_release(&p);
	done();
}
END_TEST

START_TEST(a_language_takes_its_own_then_its_relatives_then_all)
{
	read_good("pt-BR");
	sent(PROTECT_MASK, "en-US", "a booth, Apple");
	ck_assert_uint_eq(p.nhits, 2);
	ck_assert_str_eq(p.renderings[0], "cabina de int\xc3\xa9rprete");
	ck_assert_str_eq(p.renderings[1], "Apple");
	protect_release(&p);
	done();
	/* No rendering: left to the engine. */
	read_good("de-DE");
	ck_assert_str_eq(sent(PROTECT_MASK, "en-US", "a booth, the WHO"),
	    "a booth, the WHO");
	protect_release(&p);
	done();
}
END_TEST

START_TEST(a_term_may_be_for_talks_in_one_language)
{
	read_good("en-US");
	ck_assert_str_eq(sent(PROTECT_MASK, "fr-FR", "du pain"), "du Qzvaa");
	protect_release(&p);
	ck_assert_str_eq(sent(PROTECT_MASK, "en-US", "a pain"), "a pain");
	protect_release(&p);
	ck_assert_str_eq(sent(PROTECT_MASK, "", "pain"), "pain");
	protect_release(&p);
	done();
}
END_TEST

START_TEST(the_voice_is_told_where_it_differs)
{
	char *say;

	read_good("es-ES");
	ck_assert_int_eq(lexicon_say(x, "La OMS usa Kubernetes. OMS", &say), 1);
	ck_assert_str_eq(say, "La o eme ese usa cubernetes. o eme ese");
	free(say);
	ck_assert_int_eq(lexicon_say(x, "Nada, oms", &say), 0);
	ck_assert_ptr_null(say);
	done();
	/* Where the term has no rendering, it is said for the term itself. */
	read_good("en-US");
	ck_assert_int_eq(lexicon_say(x, "The WHO.", &say), 1);
	ck_assert_str_eq(say, "The double u aitch o.");
	free(say);
	done();
}
END_TEST

START_TEST(the_same_language_is_written_as_the_file_writes_it)
{
	char *text;

	read_good("en-US");
	ck_assert_int_eq(
	    protect_same(x, "en-US", "Run cooper netties, WHO!", &text), 0);
	ck_assert_str_eq(text, "Run Kubernetes, WHO!");
	free(text);
	done();
}
END_TEST

static const struct {
	const char *text;
	int code;
	unsigned int line;
} bad[] = {
	{ "es = x\n", GLOSSARY_ERR_EARLY, 1 },
	{ "# x\n[a]\nes\n", GLOSSARY_ERR_SYNTAX, 3 },
	{ "[a\n", GLOSSARY_ERR_SYNTAX, 1 },
	{ "[a] b\n", GLOSSARY_ERR_SYNTAX, 1 },
	{ "[]\n", GLOSSARY_ERR_BLANK, 1 },
	{ "[a]\n\n[?!]\nes=x", GLOSSARY_ERR_BLANK, 3 },
	{ "[a]\nalso = ...\n", GLOSSARY_ERR_BLANK, 1 },
	{ "[a]\nSpanish = x\n", GLOSSARY_ERR_KEY, 2 },
	{ "[a]\n= x\n", GLOSSARY_ERR_KEY, 2 },
	{ "[a]\nsay spanish = x\n", GLOSSARY_ERR_KEY, 2 },
	{ "[a]\nes =  \n", GLOSSARY_ERR_EMPTY, 2 },
	{ "[a]\nes = x\nes-ES = y\n", GLOSSARY_ERR_TWICE, 3 },
	{ "[a]\nsay = x\nsay * = y\n", GLOSSARY_ERR_TWICE, 3 },
	{ "[a]\nmatch = any\nmatch = any\n", GLOSSARY_ERR_TWICE, 3 },
	{ "[a]\nmatch = some\n", GLOSSARY_ERR_MATCH, 2 },
	{ "[a]\nfrom = en, x\n", GLOSSARY_ERR_LANG, 2 },
	{ "[a]\n[b]\n[A]\n", GLOSSARY_ERR_TWICE, 3 },
	{ "[a]\nfrom = en\n[b]\n[A]\nfrom = fr,en\n", GLOSSARY_ERR_TWICE, 4 },
	{ "[a]\n[b]\nalso = a\n", GLOSSARY_ERR_TWICE, 2 },
	{ "[a]\nes = \xff\n", GLOSSARY_ERR_UTF8, 2 },
	{ "[a]\nes = a\x01\n", GLOSSARY_ERR_UTF8, 2 },
};

START_TEST(a_wrong_file_is_told_by_line)
{
	unsigned int line;
	int code;

	ck_assert_ptr_null(
	    glossary_parse(bad[_i].text, strlen(bad[_i].text), &code, &line));
	ck_assert_msg(code == bad[_i].code && line == bad[_i].line,
	    "%s: line %u: %s", bad[_i].text, line, glossary_strerror(code));
}
END_TEST

START_TEST(sizes_have_caps)
{
	char *text = calloc(1, GLOSSARY_MAX_BYTES + 1);
	unsigned int line;
	size_t n;
	int code, i;

	memset(text, '\n', GLOSSARY_MAX_BYTES + 1);
	ck_assert_ptr_null(
	    glossary_parse(text, GLOSSARY_MAX_BYTES + 1, &code, &line));
	ck_assert_int_eq(code, GLOSSARY_ERR_SIZE);
	n = (size_t)sprintf(text, "[a]\nes = ");
	memset(text + n, 'x', 501);
	ck_assert_ptr_null(glossary_parse(text, n + 501, &code, &line));
	ck_assert_int_eq(code, GLOSSARY_ERR_LONG);
	ck_assert_uint_eq(line, 2);
	for (i = 0, n = 0; i <= GLOSSARY_MAX_TERMS; i++)
		n += (size_t)sprintf(text + n, "[t%d]\n", i);
	ck_assert_ptr_null(glossary_parse(text, n, &code, &line));
	ck_assert_int_eq(code, GLOSSARY_ERR_SIZE);
	ck_assert_uint_eq(line, GLOSSARY_MAX_TERMS + 1);
	free(text);
}
END_TEST

START_TEST(terms_for_other_talks_and_other_case_may_share_a_name)
{
	static const char text[] = "[a b]\nfrom = en\n[A B]\nfrom = fr\n"
				   "[who]\n[WHO]\n";
	unsigned int line;
	int code;

	g = glossary_parse(text, strlen(text), &code, &line);
	ck_assert_msg(g != NULL, "%u: %s", line, glossary_strerror(code));
	ck_assert_uint_eq(glossary_nterms(g), 4);
	glossary_unref(g);
}
END_TEST

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(a_file_is_read_again_when_it_changes_and_kept_when_it_breaks)
{
	char path[] = "/tmp/translate_glossary.XXXXXX";
	struct glossary_watch w;

	close(mkstemp(path));
	ck_assert_int_eq(glossary_watch_init(&w, NULL), 0);
	ck_assert_int_eq(glossary_watch_dispatch(&w, 5000), GLOSSARY_SAME);
	write_file(path, "[a]\n");
	ck_assert_int_eq(glossary_watch_init(&w, path), 0);
	ck_assert_int_eq(glossary_watch_dispatch(&w, 0), GLOSSARY_SAME);
	write_file(path, "[a]\n[b]\n");
	ck_assert_int_eq(glossary_watch_dispatch(&w, 999), GLOSSARY_SAME);
	ck_assert_int_eq(glossary_watch_dispatch(&w, 1000), GLOSSARY_NEW);
	ck_assert_uint_eq(glossary_nterms(w.glossary), 2);
	write_file(path, "[a]\n[b\n");
	ck_assert_int_eq(glossary_watch_dispatch(&w, 2000), GLOSSARY_BROKEN);
	ck_assert_ptr_nonnull(strstr(w.why, "line 2: neither [term]"));
	ck_assert_uint_eq(glossary_nterms(w.glossary), 2);
	ck_assert_int_eq(glossary_watch_dispatch(&w, 3000), GLOSSARY_SAME);
	unlink(path);
	ck_assert_int_eq(glossary_watch_dispatch(&w, 4000), GLOSSARY_BROKEN);
	ck_assert_int_eq(glossary_watch_dispatch(&w, 5000), GLOSSARY_SAME);
	write_file(path, "[a]\n[b]\n[c]\n");
	ck_assert_int_eq(glossary_watch_dispatch(&w, 6000), GLOSSARY_NEW);
	ck_assert_uint_eq(glossary_nterms(w.glossary), 3);
	unlink(path);
	glossary_watch_release(&w);
	ck_assert_int_eq(glossary_watch_init(&w, path), GLOSSARY_ERR_SYS);
	ck_assert_ptr_nonnull(strstr(w.why, "No such file"));
	ck_assert_int_eq(glossary_watch_init(&w, "/"), GLOSSARY_ERR_SYS);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("translate glossary");
	TCase *tc = tcase_create("glossary");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, masks_become_renderings_in_any_order_and_case);
	tcase_add_test(tc, damaged_masks_are_never_let_out);
	tcase_add_test(tc, tags_are_taken_off_or_the_text_is_not_let_out);
	tcase_add_test(tc, without_a_way_what_was_left_as_spoken_is_replaced);
	tcase_add_test(tc, a_sentence_begins_with_a_capital);
	tcase_add_test(tc, case_counts_for_capitals_and_where_it_is_said);
	tcase_add_test(
	    tc, a_language_takes_its_own_then_its_relatives_then_all);
	tcase_add_test(tc, a_term_may_be_for_talks_in_one_language);
	tcase_add_test(tc, the_voice_is_told_where_it_differs);
	tcase_add_test(tc, the_same_language_is_written_as_the_file_writes_it);
	tcase_add_loop_test(
	    tc, a_wrong_file_is_told_by_line, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, sizes_have_caps);
	tcase_add_test(
	    tc, terms_for_other_talks_and_other_case_may_share_a_name);
	tcase_add_test(
	    tc, a_file_is_read_again_when_it_changes_and_kept_when_it_breaks);
	suite_add_tcase(s, tc);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
