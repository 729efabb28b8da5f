/* with: cmd/listen/params.c cmd/listen/acks.c */
#include "../../cmd/listen/params.h"

#include <check.h>
#include <string.h>

#include "../../cmd/listen/acks.h"

static int
query(struct params *p, const char *q, char *err, size_t size)
{
	int ret;

	memset(p, 0, sizeof(*p));
	err[0] = '\0';
	ret = params_query(p, q, err, size);
	return ret != 0 ? ret : params_check(p, err, size);
}

START_TEST(a_query_is_decoded)
{
	struct params p;
	char err[256];

	ck_assert_int_eq(query(&p,
			     "room=main&lang=es%2DES&audio=pcm&partials=1&"
			     "since=1763700000123&x=%zz&unknown",
			     err, sizeof(err)),
	    0);
	ck_assert_str_eq(p.room, "main");
	ck_assert_str_eq(p.lang, "es-ES");
	ck_assert_int_eq(p.format, ROOM_PCM);
	ck_assert(p.has_partials);
	ck_assert(p.has_since);
	ck_assert_uint_eq(p.since, UINT64_C(1763700000123));

	ck_assert_int_eq(query(&p, "&&lang=source&partials=true&room=a&since=",
			     err, sizeof(err)),
	    0);
	ck_assert_int_eq(p.format, ROOM_PARTIALS);
	ck_assert(!p.has_since);
	ck_assert_int_eq(query(&p, "lang=es-es&room=a", err, sizeof(err)), 0);
	ck_assert_str_eq(p.lang, "es-ES");
}
END_TEST

static const struct {
	const char *query, *err; /* err: how the sentence begins */
} refused[] = {
	{ "", "room: which" },
	{ "room=main", "lang: which" },
	{ "lang=es-ES", "room: which" },
	{ "room=&lang=es-ES", "room: a room's name" },
	{ "room=../x&lang=es-ES", "room: a room's name" },
	{ "room=%2e%2e&lang=es-ES", "room: a room's name" },
	{ "room=a%2Fb&lang=es-ES", "room: a room's name" },
	{ "room=Main&lang=es-ES", "room: a room's name" },
	{ "room=a%00b&lang=es-ES", "room: badly encoded" },
	{ "room=a%0&lang=es-ES", "room: badly encoded" },
	{ "room=a%zz&lang=es-ES", "room: badly encoded" },
	{ "room="
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaa&lang=es-ES",
	    "room: badly encoded" },
	{ "room=a+b&lang=es-ES", "room: a room's name" },
	{ "room=a&lang=../es", "lang: neither" },
	{ "room=a&lang=%3Cscript%3E", "lang: neither" },
	{ "room=a&lang=es_ES", "lang: neither" },
	{ "room=a&lang=es-ES&audio=mp3", "audio: must be" },
	{ "room=a&lang=es-ES&audio", "audio: must be" },
	{ "room=a&lang=source&audio=opus", "audio: the source" },
	{ "room=a&lang=es-ES&partials=2", "partials: must be" },
	{ "room=a&lang=es-ES&since=-1", "since: not" },
	{ "room=a&lang=es-ES&since=+1", "since: not" },
	{ "room=a&lang=es-ES&since=1e3", "since: not" },
	{ "room=a&lang=es-ES&since=9007199254740992", "since: not" },
	{ "room=a&lang=es-ES&since=99999999999999999999999", "since: not" },
};

START_TEST(a_bad_value_is_refused_by_name)
{
	struct params p;
	char err[256];

	ck_assert_int_eq(query(&p, refused[_i].query, err, sizeof(err)), -1);
	ck_assert_msg(
	    strncmp(err, refused[_i].err, strlen(refused[_i].err)) == 0,
	    "%s: %s", refused[_i].query, err);
}
END_TEST

START_TEST(who_never_acknowledges_gets_everything)
{
	struct acks a;

	memset(&a, 0, sizeof(a));
	acks_sent(&a, 1, 0);
	ck_assert(!acks_is_behind(&a, 3600000));
}
END_TEST

START_TEST(late_acknowledgements_mean_behind_until_they_catch_up)
{
	struct acks a;

	memset(&a, 0, sizeof(a));
	acks_sent(&a, 10, 0);
	acks_got(&a, 10);
	ck_assert(!acks_is_behind(&a, 3600000)); /* silence is no lag */
	acks_sent(&a, 11, 1000);
	acks_sent(&a, 12, 2000);
	acks_sent(&a, 13, 4500);
	ck_assert(!acks_is_behind(&a, 1000 + ACKS_BEHIND_MS));
	ck_assert(acks_is_behind(&a, 1000 + ACKS_BEHIND_MS + 1));
	acks_got(&a, 11);
	/* Line 12 is 2.1 s old: not behind enough to begin, too much to end. */
	ck_assert(acks_is_behind(&a, 4100));
	acks_got(&a, 12);
	ck_assert(!acks_is_behind(&a, 5000));
	acks_got(&a, 5); /* an old one changes nothing */
	ck_assert(acks_is_behind(&a, 4500 + ACKS_BEHIND_MS + 1));
	acks_got(&a, 99);
	ck_assert(!acks_is_behind(&a, 3600000));
}
END_TEST

START_TEST(a_burst_beyond_the_memory_keeps_the_oldest)
{
	struct acks a;
	uint64_t seq;

	memset(&a, 0, sizeof(a));
	acks_got(&a, 0);
	for (seq = 1; seq <= 10 * ACKS_MAX; seq++)
		acks_sent(&a, seq, (int64_t)seq);
	ck_assert(acks_is_behind(&a, 1 + ACKS_BEHIND_MS + 1));
	acks_got(&a, 10 * ACKS_MAX);
	ck_assert(!acks_is_behind(&a, 1 + ACKS_BEHIND_MS + 1));
	/* Its places are free again, wherever the ring stands. */
	for (seq = 10 * ACKS_MAX + 1; seq <= 11 * ACKS_MAX - 3; seq++) {
		acks_sent(&a, seq, 5000);
		acks_got(&a, seq - 2);
	}
	ck_assert(!acks_is_behind(&a, 5000));
	ck_assert(acks_is_behind(&a, 9000));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("listen");
	TCase *tc = tcase_create("params"), *acks = tcase_create("acks");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, a_query_is_decoded);
	tcase_add_loop_test(tc, a_bad_value_is_refused_by_name, 0,
	    sizeof(refused) / sizeof(refused[0]));
	suite_add_tcase(s, tc);
	tcase_add_test(acks, who_never_acknowledges_gets_everything);
	tcase_add_test(
	    acks, late_acknowledgements_mean_behind_until_they_catch_up);
	tcase_add_test(acks, a_burst_beyond_the_memory_keeps_the_oldest);
	suite_add_tcase(s, acks);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
