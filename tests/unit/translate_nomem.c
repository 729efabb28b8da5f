/* with: tests/unit/support/failmalloc.c */
/* with: tests/unit/support/nomem_bytes.c */
/* with: tests/unit/support/nomem_translate_phrases.c */
/* with: tests/unit/support/nomem_translate_glossary.c */
/* with: tests/unit/support/nomem_translate_glossary_file.c */
/* with: tests/unit/support/nomem_translate_protect.c */
/*
 * The n-th allocation of the glossary fails, for every n: each time the call
 * says so, leaks nothing (sanitizer build), and works when called again.
 */
#include <check.h>
#include <string.h>

#include "../../cmd/translate/protect.h"
#define FAILMALLOC_REAL
#include "support/failmalloc.h"

static const char file[] = "[Council of Europe]\n* = CoE\nsay es = ce o e\n"
			   "[b]\nalso = c\nfrom = en\nes = d\n";
static const char text[] = "The Council of Europe, b and c.";

static int
use(const struct lexicon *x, enum protect_way way, const char *answer)
{
	char *out = NULL, *say = NULL;
	struct protect p;
	size_t nmissed;
	int rc = protect_init(&p, x, way, "en-US", text);

	if (rc != 0)
		return rc;
	rc = protect_finish(&p, answer, &out, &nmissed);
	if (rc == 0 && lexicon_say(x, out, &say) < 0)
		rc = PROTECT_ERR_NOMEM;
	free(out);
	free(say);
	protect_release(&p);
	return rc;
}

static int
work(void)
{
	struct lexicon *x = NULL;
	struct glossary *g;
	unsigned int line;
	int code, rc = PROTECT_ERR_NOMEM;
	char *same = NULL;

	g = glossary_parse(file, strlen(file), &code, &line);
	if (g == NULL) {
		ck_assert_int_eq(code, GLOSSARY_ERR_NOMEM);
		return rc;
	}
	x = lexicon_new(g, "es-ES");
	if (x == NULL)
		goto out;
	rc = use(x, PROTECT_MASK, "Qzvaa, Qzvab y Qzvac.");
	if (rc == 0)
		rc = use(x, PROTECT_NONE, "El Council of Europe, b y c.");
	if (rc == 0)
		rc = protect_same(x, "en-US", text, &same);
	free(same);
out:
	lexicon_unref(x);
	glossary_unref(g);
	return rc;
}

START_TEST(whichever_allocation_fails_nothing_is_lost)
{
	unsigned long n, used;
	int rc;

	for (n = 1;; n++) {
		failmalloc_arm(n);
		rc = work();
		used = failmalloc_disarm();
		if (used < n)
			break;
		ck_assert_msg(
		    rc == PROTECT_ERR_NOMEM, "allocation %lu: %d", n, rc);
		ck_assert_int_eq(work(), 0);
	}
	ck_assert_int_eq(rc, 0);
	/* The plan reached what it was meant to reach. */
	ck_assert_uint_ge(n, 50);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("translate without memory");
	TCase *tc = tcase_create("nomem");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, whichever_allocation_fails_nothing_is_lost);
	suite_add_tcase(s, tc);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
