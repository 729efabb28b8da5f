/* What is no good JSON and is read all the same, and what stays refused. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_foreign.h"

struct foreign {
	const char *in;
	const char *out; /* as jansson writes it; NULL: refused */
};

static const struct foreign cases[] = {
	{ "{\"a\":1}", "{\"a\":1}" },
	{ " [1,\"\\ud83d\\ude00\",-2.5e3]\n",
	    "[1,\"\xf0\x9f\x98\x80\",-2500.0]" },
	/* Half a pair, in each place. */
	{ "[\"\\ud83d\"]", "[\"\xef\xbf\xbd\"]" },
	{ "[\"\\ude00x\"]", "[\"\xef\xbf\xbdx\"]" },
	{ "[\"\\ud83d\\n\"]", "[\"\xef\xbf\xbd\\n\"]" },
	{ "[\"\\ud83d\\ud83d\\ude00\"]", "[\"\xef\xbf\xbd\xf0\x9f\x98\x80\"]" },
	{ "[\"\\\\ud83d\",\"\\uD83D\"]", "[\"\\\\ud83d\",\"\xef\xbf\xbd\"]" },
	{ "{\"\\ud83d\":1}", "{\"\xef\xbf\xbd\":1.0}" },
	{ "[\"a\\u0000b\\u00e9\"]", "[\"a\xef\xbf\xbd"
				    "b\xc3\xa9\"]" },
	/* Bytes that are no UTF-8, and control characters. */
	{ "[\"\xff\xc3\xa9\xc3\"]", "[\"\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\"]" },
	{ "[\"a\nb\tc\"]", "[\"a b c\"]" },
	{ "\xef\xbb\xbf[true]", "[true]" },
	/* Numbers that nothing here can hold. */
	{ "[12345678901234567890]", "[1.2345678901234567e19]" },
	{ "[-1e999,1e309,2]", "[null,null,2.0]" },
	{ "{\"a\":1e999,\"b\":\"1e999\"}", "{\"a\":null,\"b\":\"1e999\"}" },
	/* No JSON at all. */
	{ "", NULL },
	{ "\"", NULL },
	{ "[\"\\", NULL },
	{ "[\"\\u12", NULL },
	{ "[\"\\ud83d\\ude", NULL },
	{ "[\"\\x\"]", NULL },
	{ "[1,]", NULL },
	{ "[1-]", NULL },
	{ "[\xff]", NULL },
	{ "\xef\xbb\xbf", NULL },
	{ "{} x", NULL },
};

START_TEST(is_read_or_refused)
{
	const struct foreign *f = &cases[_i];
	const size_t len = strlen(f->in);
	json_error_t why;
	json_t *json;
	char *copy, *text;

	/* A byte too far would be found by the sanitizer. */
	copy = malloc(len + 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy + 1, f->in, len);
	json = json_foreign_parse(copy + 1, len, &why);
	free(copy);
	if (f->out == NULL) {
		ck_assert_ptr_null(json);
		ck_assert_str_ne(why.text, "");
		return;
	}
	ck_assert_msg(json != NULL, "%s: %s", f->in, why.text);
	text = json_dumps(json, JSON_COMPACT);
	ck_assert_str_eq(text, f->out);
	free(text);
	json_decref(json);
}
END_TEST

START_TEST(a_very_long_number_is_none)
{
	char in[2000];
	json_error_t why;
	json_t *json;

	memset(in, '7', sizeof(in));
	in[0] = '[';
	in[sizeof(in) - 1] = ']';
	json = json_foreign_parse(in, sizeof(in), &why);
	ck_assert(json_is_null(json_array_get(json, 0)));
	json_decref(json);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("base/json_foreign");
	TCase *tc = tcase_create("foreign");
	SRunner *r;
	int failed;

	tcase_add_loop_test(
	    tc, is_read_or_refused, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tc, a_very_long_number_is_none);
	suite_add_tcase(suite, tc);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
