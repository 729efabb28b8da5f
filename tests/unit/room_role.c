/*
 * Tokens: what lets whom in.  The signed ones below were made by OpenSSL's
 * command line, not by the code under test:
 *
 *	h=$(printf '{"alg":"HS256","typ":"JWT"}' | base64 -w0 | tr '+/' '-_' |
 *	    tr -d =)
 *	p=$(printf '%s' "$claims" | base64 -w0 | tr '+/' '-_' | tr -d =)
 *	s=$(printf '%s' "$h.$p" | openssl dgst -sha256 -hmac "$secret" -binary |
 *	    base64 -w0 | tr '+/' '-_' | tr -d =)
 */
#include "room/role.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "0123456789abcdef0123456789abcdef"
#define NOW 1700000000.0

/* {"role":"speaker","room":"main","exp":1700003600} */
static const char speaker_main[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoic3BlYWtlciIsInJvb20"
    "iOiJtYWluIiwiZXhwIjoxNzAwMDAzNjAwfQ.eN_0bMy-BTaOOqGpDjRwGgVtIoHupkyW"
    "s8iuJABOO6M";

/* {"role":"listener","room":star,"exp":1700003600.5} */
static const char listener_all[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoibGlzdGVuZXIiLCJyb29"
    "tIjoiKiIsImV4cCI6MTcwMDAwMzYwMC41fQ.rZXhbeWofsipNxrjpbn56Kb7pjgItHgD"
    "xw00ifEnW5Y";

/* an operator of all rooms */
static const char operator_all[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoib3BlcmF0b3IiLCJyb29"
    "tIjoiKiIsImV4cCI6MTcwMDAwMzYwMCwiaWF0IjoxfQ.ClX5z9thU2MEnJHZG0bkwi1R"
    "Z1XzeFeoEymsf2nr2Hc";

/* {"role":["operator","speaker"],"room":"main","exp":1700003600} */
static const char both[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjpbIm9wZXJhdG9yIiwic3B"
    "lYWtlciJdLCJyb29tIjoibWFpbiIsImV4cCI6MTcwMDAwMzYwMH0.8xBtFbzaeTYMqQ7"
    "AKnXb8ND9Imni8EkvoFsbs_44mBs";

/* {"role":"listener","room":"main","nbf":1700000100,"exp":1700003600} */
static const char not_before[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoibGlzdGVuZXIiLCJyb29"
    "tIjoibWFpbiIsIm5iZiI6MTcwMDAwMDEwMCwiZXhwIjoxNzAwMDAzNjAwfQ.2vJdQdmL"
    "RR9gTzl_k4AhMAjTupna33ifKAGuUbZmd60";

/* speaker_main, signed with another secret */
static const char wrong_secret[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoic3BlYWtlciIsInJvb20"
    "iOiJtYWluIiwiZXhwIjoxNzAwMDAzNjAwfQ.WUPlw2TIMTxiv922d0TE29q5yp2PQWXq"
    "zgtmQ084JHU";

/* alg none, no signature */
static const char alg_none[] =
    "eyJhbGciOiJub25lIn0.eyJyb2xlIjoic3BlYWtlciIsInJvb20iOiJtYWluIiwiZXhw"
    "IjoxNzAwMDAzNjAwfQ.";

/* alg NONE */
static const char alg_none_upper[] =
    "eyJhbGciOiJOT05FIn0.eyJyb2xlIjoic3BlYWtlciIsInJvb20iOiJtYWluIiwiZXhw"
    "IjoxNzAwMDAzNjAwfQ.";

/* alg none, and yet signed */
static const char alg_none_signed[] =
    "eyJhbGciOiJub25lIn0.eyJyb2xlIjoic3BlYWtlciIsInJvb20iOiJtYWluIiwiZXhw"
    "IjoxNzAwMDAzNjAwfQ.n9m5KIQhcqkTP6mH4ApPMOh0pIG3CsEDWNSTKPe8890";

/* alg RS256, the secret as a key */
static const char alg_rs256[] =
    "eyJhbGciOiJSUzI1NiJ9.eyJyb2xlIjoic3BlYWtlciIsInJvb20iOiJtYWluIiwiZXh"
    "wIjoxNzAwMDAzNjAwfQ.tgpDTHtrEzwHeeCUygWiBelSIayl5Cn560Po5i2Y5Dk";

/* alg HS512, well signed */
static const char alg_hs512[] =
    "eyJhbGciOiJIUzUxMiJ9.eyJyb2xlIjoic3BlYWtlciIsInJvb20iOiJtYWluIiwiZXh"
    "wIjoxNzAwMDAzNjAwfQ.VLEYn865ybk1oFGJDpomnz-YGpwkTlhRKQiX872y36H7KnuH"
    "uOgQQVmFfTFLbSrAH0PtYSWkwQq9c7i_IiKZwA";

/* no alg */
static const char alg_absent[] =
    "eyJ0eXAiOiJKV1QifQ.eyJyb2xlIjoic3BlYWtlciIsInJvb20iOiJtYWluIiwiZXhwI"
    "joxNzAwMDAzNjAwfQ.coKRds5ewYR8pXucGwa5I_e9Qp4FMzATGIAJchixUaA";

/* Well signed, and something is missing or of another type. */
static const char *const bad_claims[] = {
	/* {} */
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.svo3sQiBr6VRrugrrB1OoHS"
	"7Y-c0pzdPFYhCfjX7elM",
	/* [] */
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.W10.V7d1t6J076duTnJ7SaC48HX"
	"FMQ8BXkKlyNt8MBZtd7A",
	/* {"room":"main","exp":1700003600} */
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb29tIjoibWFpbiIsImV4cCI"
	"6MTcwMDAwMzYwMH0.bBoCPfcESWuOlojAqjEAHGtyefH8_QsuMvudJSmNmHw",
	/* {"role":"speaker","exp":1700003600} */
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoic3BlYWtlciIsImV"
	"4cCI6MTcwMDAwMzYwMH0.cn2AP2lc5v0as4YcQ2Sna6AMqxhrFbKTU61YAhGYgRc",
	/* {"role":"speaker","room":"main"} */
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoic3BlYWtlciIsInJ"
	"vb20iOiJtYWluIn0.wIUqjlVFk4fNuo_qib_2_Ha8hLYlTM3KH6W4IS3uym0",
	/* {"role":"boss","room":"main","exp":1700003600} */
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoiYm9zcyIsInJvb20"
	"iOiJtYWluIiwiZXhwIjoxNzAwMDAzNjAwfQ.iuI1Jc62Imha6OFSgSm3OhLvjIme"
	"Yaxu8i6e5bFi9ek",
	/* {"role":[],"room":"main","exp":1700003600} */
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjpbXSwicm9vbSI6Im1"
	"haW4iLCJleHAiOjE3MDAwMDM2MDB9.8FQ5h_kBe3JshdZtMd0Q_ZtowL1B3xbAAY"
	"E2jSrhRts",
	/* {"role":["speaker",1],"room":"main","exp":1700003600} */
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjpbInNwZWFrZXIiLDF"
	"dLCJyb29tIjoibWFpbiIsImV4cCI6MTcwMDAwMzYwMH0.zZ1mR0d-dbmde9a0fsm"
	"MpK7z6jDANgaNF1DuZO1k888",
	/* {"role":"speaker","room":"../x","exp":1700003600} */
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoic3BlYWtlciIsInJ"
	"vb20iOiIuLi94IiwiZXhwIjoxNzAwMDAzNjAwfQ.0OZgN9tmGFnIBcIS3I7qKtB1"
	"BDl76fp_fpmNaQnOwbI",
	/* {"role":"speaker","room":7,"exp":1700003600} */
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoic3BlYWtlciIsInJ"
	"vb20iOjcsImV4cCI6MTcwMDAwMzYwMH0.UnNbTGPiDYB84R9KXt2Erg2lLTIsAdO"
	"ZMo1SztwAb2k",
	/* {"role":"speaker","room":"main","exp":"1700003600"} */
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoic3BlYWtlciIsInJ"
	"vb20iOiJtYWluIiwiZXhwIjoiMTcwMDAwMzYwMCJ9.ejuOh_eBS80qavnEsZuslO"
	"_xocwSWbFGQLv2r-BfxBU",
	/* {"role":"speaker","room":"main","exp":1700003600,"nbf":"x"} */
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoic3BlYWtlciIsInJ"
	"vb20iOiJtYWluIiwiZXhwIjoxNzAwMDAzNjAwLCJuYmYiOiJ4In0.wt8TC3BFBK2"
	"waKkI1rjBJEZgooQEUXYkIhWNBdrByxs",
};

static const struct role_config open_to_all;
static const struct role_config by_secret = { .secret = SECRET };
static const struct role_config by_word = { .tokens = {
						"say", "hear", "run" } };

static int
check(enum role role, const char *room, const char *token)
{
	return role_check(&by_secret, role, room, token, NOW);
}

START_TEST(a_role_without_word_and_secret_is_open)
{
	ck_assert(role_is_open(&open_to_all, ROLE_SPEAKER));
	ck_assert_int_eq(
	    role_check(&open_to_all, ROLE_SPEAKER, "main", NULL, NOW), 0);
	ck_assert_int_eq(
	    role_check(&open_to_all, ROLE_OPERATOR, NULL, "rubbish", NOW), 0);
}
END_TEST

START_TEST(a_secret_closes_every_role_and_a_word_its_own)
{
	struct role_config c = { .tokens = { [ROLE_SPEAKER] = "say" } };
	int role;

	for (role = 0; role < ROLE_COUNT; role++) {
		ck_assert(!role_is_open(&by_secret, (enum role)role));
		ck_assert_int_eq(
		    check((enum role)role, "main", NULL), ROLE_ERR_MISSING);
		ck_assert_int_eq(
		    check((enum role)role, "main", ""), ROLE_ERR_MISSING);
	}
	ck_assert(!role_is_open(&c, ROLE_SPEAKER));
	ck_assert(role_is_open(&c, ROLE_LISTENER));
	ck_assert(role_is_open(&c, ROLE_OPERATOR));
}
END_TEST

/* Rows: whose word; columns: what for. */
START_TEST(a_word_serves_its_role_and_an_operators_listening)
{
	static const int expected[ROLE_COUNT][ROLE_COUNT] = {
		[ROLE_SPEAKER] = { 0, ROLE_ERR_ROLE, ROLE_ERR_ROLE },
		[ROLE_LISTENER] = { ROLE_ERR_ROLE, 0, ROLE_ERR_ROLE },
		[ROLE_OPERATOR] = { ROLE_ERR_ROLE, 0, 0 },
	};
	int whose, what;

	for (whose = 0; whose < ROLE_COUNT; whose++)
		for (what = 0; what < ROLE_COUNT; what++)
			ck_assert_int_eq(
			    role_check(&by_word, (enum role)what, "main",
				by_word.tokens[whose], NOW),
			    expected[whose][what]);
	ck_assert_int_eq(role_check(&by_word, ROLE_SPEAKER, "main", "sa", NOW),
	    ROLE_ERR_FORGED);
	ck_assert_int_eq(
	    role_check(&by_word, ROLE_SPEAKER, "main", "say ", NOW),
	    ROLE_ERR_FORGED);
	/* A JWT is nothing but a wrong word where there is no secret. */
	ck_assert_int_eq(
	    role_check(&by_word, ROLE_SPEAKER, "main", speaker_main, NOW),
	    ROLE_ERR_FORGED);
}
END_TEST

START_TEST(a_word_that_two_roles_share_serves_both)
{
	static const struct role_config same = { .tokens = { "x", "x", NULL } };

	ck_assert_int_eq(role_check(&same, ROLE_SPEAKER, "a", "x", NOW), 0);
	ck_assert_int_eq(role_check(&same, ROLE_LISTENER, "a", "x", NOW), 0);
}
END_TEST

START_TEST(a_jwt_serves_its_role_in_its_room_until_it_expires)
{
	ck_assert_int_eq(check(ROLE_SPEAKER, "main", speaker_main), 0);
	ck_assert_int_eq(check(ROLE_SPEAKER, NULL, speaker_main), 0);
	ck_assert_int_eq(
	    check(ROLE_SPEAKER, "hall-2", speaker_main), ROLE_ERR_ROOM);
	ck_assert_int_eq(
	    check(ROLE_LISTENER, "main", speaker_main), ROLE_ERR_ROLE);
	ck_assert_int_eq(
	    check(ROLE_OPERATOR, "main", speaker_main), ROLE_ERR_ROLE);
	/* exp is 1700003600 */
	ck_assert_int_eq(role_check(&by_secret, ROLE_SPEAKER, "main",
			     speaker_main, 1700003599.9),
	    0);
	ck_assert_int_eq(role_check(&by_secret, ROLE_SPEAKER, "main",
			     speaker_main, 1700003600.0),
	    ROLE_ERR_EXPIRED);
}
END_TEST

START_TEST(a_listener_never_speaks_and_an_operator_listens)
{
	ck_assert_int_eq(check(ROLE_LISTENER, "any-room", listener_all), 0);
	ck_assert_int_eq(
	    check(ROLE_SPEAKER, "any-room", listener_all), ROLE_ERR_ROLE);
	ck_assert_int_eq(
	    check(ROLE_OPERATOR, "any-room", listener_all), ROLE_ERR_ROLE);
	ck_assert_int_eq(check(ROLE_OPERATOR, NULL, operator_all), 0);
	ck_assert_int_eq(check(ROLE_LISTENER, "main", operator_all), 0);
	ck_assert_int_eq(
	    check(ROLE_SPEAKER, "main", operator_all), ROLE_ERR_ROLE);
	ck_assert_int_eq(check(ROLE_SPEAKER, "main", both), 0);
	ck_assert_int_eq(check(ROLE_OPERATOR, "main", both), 0);
}
END_TEST

START_TEST(a_word_and_a_secret_serve_side_by_side)
{
	struct role_config c = { .tokens = { "say", NULL, NULL },
		.secret = SECRET };

	ck_assert_int_eq(role_check(&c, ROLE_SPEAKER, "a", "say", NOW), 0);
	ck_assert_int_eq(
	    role_check(&c, ROLE_SPEAKER, "main", speaker_main, NOW), 0);
	ck_assert_int_eq(
	    role_check(&c, ROLE_LISTENER, "a", "say", NOW), ROLE_ERR_ROLE);
}
END_TEST

START_TEST(a_token_is_not_valid_before_its_time)
{
	/* nbf is 1700000100: a minute of leeway is for clocks */
	ck_assert_int_eq(
	    check(ROLE_LISTENER, "main", not_before), ROLE_ERR_EARLY);
	ck_assert_int_eq(role_check(&by_secret, ROLE_LISTENER, "main",
			     not_before, 1700000040.0),
	    0);
}
END_TEST

START_TEST(forgeries_are_refused)
{
	char token[ROLE_TOKEN_MAX];
	size_t i, len = strlen(speaker_main);
	const char *dot = strrchr(speaker_main, '.');
	int ret;

	ck_assert_int_eq(
	    check(ROLE_SPEAKER, "main", wrong_secret), ROLE_ERR_FORGED);
	ck_assert_int_eq(check(ROLE_SPEAKER, "main", alg_none), ROLE_ERR_ALG);
	ck_assert_int_eq(
	    check(ROLE_SPEAKER, "main", alg_none_upper), ROLE_ERR_ALG);
	ck_assert_int_eq(
	    check(ROLE_SPEAKER, "main", alg_none_signed), ROLE_ERR_ALG);
	ck_assert_int_eq(check(ROLE_SPEAKER, "main", alg_rs256), ROLE_ERR_ALG);
	ck_assert_int_eq(check(ROLE_SPEAKER, "main", alg_hs512), ROLE_ERR_ALG);
	ck_assert_int_eq(check(ROLE_SPEAKER, "main", alg_absent), ROLE_ERR_ALG);
	/* No signature at all. */
	memcpy(token, speaker_main, len + 1);
	token[dot - speaker_main + 1] = '\0';
	ck_assert_int_eq(check(ROLE_SPEAKER, "main", token), ROLE_ERR_FORGED);
	/* Claims of one token under the signature of another. */
	snprintf(token, sizeof(token), "%.*s%s",
	    (int)(strrchr(operator_all, '.') - operator_all), operator_all,
	    dot);
	ck_assert_int_eq(check(ROLE_OPERATOR, "main", token), ROLE_ERR_FORGED);
	/* One letter changed, anywhere.  The last one holds 4 bits only. */
	for (i = 0; i + 1 < len; i++) {
		memcpy(token, speaker_main, len + 1);
		token[i] = token[i] == 'A' ? 'B' : 'A';
		ret = check(ROLE_SPEAKER, "main", token);
		ck_assert_msg(ret < 0, "letter %zu", i);
	}
}
END_TEST

START_TEST(what_is_no_token_is_refused)
{
	static const char *const bad[] = { ".", "..", "...", "a.b", "a.b.c",
		"e30.e30.e30", "!!!.e30.e30", "eyJhbGciOiJIUzI1NiJ9.e30", "x\n",
		"\xff\xfe", "eyJhbGciOiJIUzI1NiJ9.e30.e30.e30" };
	char *huge;
	size_t i;
	int ret;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ret = check(ROLE_SPEAKER, "main", bad[i]);
		ck_assert_msg(ret < 0 && role_is_guess(ret), "%s", bad[i]);
	}
	huge = malloc(1000001);
	ck_assert_ptr_nonnull(huge);
	memset(huge, 'A', 1000000);
	huge[1000000] = '\0';
	ck_assert_int_eq(check(ROLE_SPEAKER, "main", huge), ROLE_ERR_FORM);
	free(huge);
}
END_TEST

START_TEST(claims_must_all_be_there)
{
	size_t i;

	for (i = 0; i < sizeof(bad_claims) / sizeof(bad_claims[0]); i++)
		ck_assert_msg(check(ROLE_SPEAKER, "main", bad_claims[i]) ==
				  ROLE_ERR_CLAIMS,
		    "%zu", i);
}
END_TEST

START_TEST(a_short_secret_lets_nobody_in)
{
	static const struct role_config weak = {
		.tokens = { "say", NULL, NULL }, .secret = "short"
	};

	ck_assert_int_eq(role_check(&weak, ROLE_SPEAKER, "main", "say", NOW),
	    ROLE_ERR_SECRET);
	ck_assert_int_eq(role_check(&weak, ROLE_LISTENER, "main", NULL, NOW),
	    ROLE_ERR_SECRET);
}
END_TEST

START_TEST(what_is_minted_says_what_was_asked)
{
	struct role_claims in = { .roles = 1U << ROLE_LISTENER,
		.room = "main",
		.expires_s = NOW + 60 };
	struct role_claims out;
	char *token;

	ck_assert_int_eq(role_mint(&token, &in, SECRET, NOW), 0);
	ck_assert_int_eq(role_read(&out, SECRET, token), 0);
	ck_assert_uint_eq(out.roles, in.roles);
	ck_assert_str_eq(out.room, "main");
	ck_assert_double_eq(out.expires_s, NOW + 60);
	ck_assert_int_eq(check(ROLE_LISTENER, "main", token), 0);
	ck_assert_int_eq(
	    role_read(&out, "another-secret-of-32-bytes-or-more", token),
	    ROLE_ERR_FORGED);
	free(token);

	in.roles |= 1U << ROLE_OPERATOR;
	strcpy(in.room, "*");
	in.from_s = NOW;
	ck_assert_int_eq(role_mint(&token, &in, SECRET, NOW), 0);
	ck_assert_int_eq(role_read(&out, SECRET, token), 0);
	ck_assert_uint_eq(out.roles, in.roles);
	ck_assert_double_eq(out.from_s, NOW);
	free(token);
}
END_TEST

START_TEST(nonsense_is_not_minted)
{
	struct role_claims in = {
		.roles = 1, .room = "main", .expires_s = NOW + 60
	};
	char *token = NULL;

	ck_assert_int_eq(role_mint(&token, &in, "short", NOW), ROLE_ERR_SECRET);
	ck_assert_int_eq(role_mint(&token, &in, NULL, NOW), ROLE_ERR_SECRET);
	in.expires_s = NOW;
	ck_assert_int_eq(role_mint(&token, &in, SECRET, NOW), ROLE_ERR_CLAIMS);
	in.expires_s = NOW + 60;
	strcpy(in.room, "a/b");
	ck_assert_int_eq(role_mint(&token, &in, SECRET, NOW), ROLE_ERR_CLAIMS);
	strcpy(in.room, "main");
	in.roles = 0;
	ck_assert_int_eq(role_mint(&token, &in, SECRET, NOW), ROLE_ERR_CLAIMS);
	ck_assert_ptr_null(token);
}
END_TEST

START_TEST(refusals_have_reasons)
{
	int code;

	for (code = ROLE_ERR_NOMEM; code < 0; code++) {
		ck_assert_str_ne(role_strerror(code), "unknown error");
		ck_assert_uint_gt(strlen(role_reason(code)), 0);
	}
	ck_assert_str_eq(role_reason(ROLE_ERR_EXPIRED), "expired");
	ck_assert_str_eq(role_reason(ROLE_ERR_FORGED), "token");
	ck_assert(role_is_guess(ROLE_ERR_FORGED));
	ck_assert(!role_is_guess(ROLE_ERR_EXPIRED));
	ck_assert(!role_is_guess(ROLE_ERR_MISSING));
}
END_TEST

/* --- the n-th allocation fails ---------------------------------------- */

static unsigned long allocations, fail_at;

static void *
failing_malloc(size_t n)
{
	return ++allocations == fail_at ? NULL : malloc(n);
}

/* Of checking all are jansson's.  Minting is not tried: libjwt 1.10 itself does
 * not survive it, and only token(1), which then ends anyhow, mints. */
START_TEST(no_failed_allocation_lets_anybody_in)
{
	int ret;

	json_set_alloc_funcs(failing_malloc, free);
	for (fail_at = 1;; fail_at++) {
		allocations = 0;
		ret = check(ROLE_SPEAKER, "hall-2", speaker_main);
		if (allocations < fail_at)
			break;
		ck_assert_int_lt(ret, 0);
	}
	ck_assert_int_eq(ret, ROLE_ERR_ROOM);
	ck_assert_uint_gt(fail_at, 20);
	json_set_alloc_funcs(malloc, free);
}
END_TEST

START_TEST(settings_come_from_the_environment)
{
	struct role_config c;

	setenv("BOOTH_SPEAKER_TOKEN", "say", 1);
	setenv("BOOTH_LISTENER_TOKEN", "", 1);
	setenv("BOOTH_JWT_SECRET", SECRET, 1);
	unsetenv("BOOTH_OPERATOR_TOKEN");
	role_config_env(&c);
	ck_assert_str_eq(c.tokens[ROLE_SPEAKER], "say");
	ck_assert_ptr_null(c.tokens[ROLE_LISTENER]);
	ck_assert_ptr_null(c.tokens[ROLE_OPERATOR]);
	ck_assert_str_eq(c.secret, SECRET);
	role_forget_env();
	role_config_env(&c);
	ck_assert_ptr_null(c.tokens[ROLE_SPEAKER]);
	ck_assert_ptr_null(c.secret);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("room_role");
	TCase *tc = tcase_create("roles");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, a_role_without_word_and_secret_is_open);
	tcase_add_test(tc, a_secret_closes_every_role_and_a_word_its_own);
	tcase_add_test(tc, a_word_serves_its_role_and_an_operators_listening);
	tcase_add_test(tc, a_word_that_two_roles_share_serves_both);
	tcase_add_test(tc, a_jwt_serves_its_role_in_its_room_until_it_expires);
	tcase_add_test(tc, a_listener_never_speaks_and_an_operator_listens);
	tcase_add_test(tc, a_word_and_a_secret_serve_side_by_side);
	tcase_add_test(tc, a_token_is_not_valid_before_its_time);
	tcase_add_test(tc, forgeries_are_refused);
	tcase_add_test(tc, what_is_no_token_is_refused);
	tcase_add_test(tc, claims_must_all_be_there);
	tcase_add_test(tc, a_short_secret_lets_nobody_in);
	tcase_add_test(tc, what_is_minted_says_what_was_asked);
	tcase_add_test(tc, nonsense_is_not_minted);
	tcase_add_test(tc, refusals_have_reasons);
	tcase_add_test(tc, no_failed_allocation_lets_anybody_in);
	tcase_add_test(tc, settings_come_from_the_environment);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
