#include "room/origin.h"

#include <check.h>
#include <stdlib.h>

/* Cases after RFC 6454, sections 5 and 6.2: the same scheme, host and port. */
static const struct {
	const char *origin, *name, *port, *list;
	bool is_allowed;
} cases[] = {
	/* No browser. */
	{ NULL, "booth.example", "8080", NULL, true },
	{ "", "booth.example", "8080", NULL, true },
	/* Our own pages. */
	{ "http://booth.example:8080", "booth.example", "8080", NULL, true },
	{ "HTTP://Booth.Example:8080", "booth.example", "8080", NULL, true },
	{ "http://127.0.0.1:8080", "127.0.0.1", "8080", NULL, true },
	{ "http://[::1]:8080", "::1", "8080", NULL, true },
	{ "http://[::1]:8080", "[::1]", "8080", NULL, true },
	{ "http://booth.example", "booth.example", "80", NULL, true },
	{ "https://booth.example", "booth.example", "443", NULL, true },
	/* A proxy that speaks https for us and passes Host on. */
	{ "https://booth.example", "booth.example", "80", NULL, true },
	{ "https://booth.example:8443", "booth.example", "8443", NULL, true },
	/* Others'. */
	{ "http://evil.example:8080", "booth.example", "8080", NULL, false },
	{ "http://booth.example.evil:8080", "booth.example", "8080", NULL,
	    false },
	{ "http://evilbooth.example:8080", "booth.example", "8080", NULL,
	    false },
	{ "http://booth.example:8081", "booth.example", "8080", NULL, false },
	{ "http://booth.example", "booth.example", "8080", NULL, false },
	{ "http://booth.example:80800", "booth.example", "8080", NULL, false },
	{ "http://booth.example@evil.example", "booth.example", "80", NULL,
	    false },
	{ "http://:8080", "", "8080", NULL, false },
	{ "http://", "booth.example", "80", NULL, false },
	{ "http://[::1", "::1", "8080", NULL, false },
	{ "null", "booth.example", "8080", NULL, false },
	{ "null", "null", "80", NULL, false },
	{ "file://", "booth.example", "8080", NULL, false },
	{ "ftp://booth.example:8080", "booth.example", "8080", NULL, false },
	{ "http://booth.example:8080", NULL, NULL, NULL, false },
	/* Listed, as where a proxy changes Host. */
	{ "https://booth.example", "127.0.0.1", "8080", "https://booth.example",
	    true },
	{ "https://booth.example", "127.0.0.1", "8080",
	    " http://a.example,\thttps://BOOTH.example ,", true },
	{ "https://booth.example", "127.0.0.1", "8080", "https://booth.exampl",
	    false },
	{ "https://booth.example", "127.0.0.1", "8080",
	    "https://booth.example2", false },
	{ "http://booth.example", "127.0.0.1", "8080", "https://booth.example",
	    false },
	{ "http://any.example", "127.0.0.1", "8080", "*", true },
	{ "null", "127.0.0.1", "8080", "null", true },
	{ "null", "127.0.0.1", "8080", "", false },
};

START_TEST(origin_decides)
{
	ck_assert_msg(
	    origin_is_allowed(cases[_i].origin, cases[_i].name, cases[_i].port,
		cases[_i].list) == cases[_i].is_allowed,
	    "origin '%s' at %s:%s",
	    cases[_i].origin != NULL ? cases[_i].origin : "(none)",
	    cases[_i].name != NULL ? cases[_i].name : "(none)",
	    cases[_i].port != NULL ? cases[_i].port : "(none)");
}
END_TEST

START_TEST(environment_has_all_of_it)
{
	setenv("HTTP_ORIGIN", "http://evil.example", 1);
	setenv("SERVER_NAME", "booth.example", 1);
	setenv("SERVER_PORT", "80", 1);
	unsetenv("BOOTH_ORIGINS");
	ck_assert(!origin_of_environment());
	setenv("BOOTH_ORIGINS", "http://evil.example", 1);
	ck_assert(origin_of_environment());
	unsetenv("BOOTH_ORIGINS");
	setenv("HTTP_ORIGIN", "http://booth.example", 1);
	ck_assert(origin_of_environment());
	unsetenv("HTTP_ORIGIN");
	ck_assert(origin_of_environment());
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("room_origin");
	TCase *tc = tcase_create("origin");
	SRunner *sr;
	int nfailed;

	tcase_add_loop_test(
	    tc, origin_decides, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, environment_has_all_of_it);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	nfailed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return nfailed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
