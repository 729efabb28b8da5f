/* with: tests/unit/support/failmalloc.c tests/unit/support/nomem_region.c */
/*
 * region: that of the instance is asked for where nothing else says one; and
 * the n-th allocation of it fails.
 */
#define _GNU_SOURCE
#include "aws/region.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "support/aws_env.h"
#include "support/aws_peer.h"
#include "support/failmalloc.h"

#define ANSWER(text) "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" text

static struct env env;
static struct config config;
static struct peer peer;
static char url[64];

static void
setup(void)
{
	char err[256];

	env_init(&env);
	memset(&peer, 0, sizeof(peer));
	peer.answers[peer.nanswers++] = ANSWER("session");
	peer.answers[peer.nanswers++] = ANSWER("eu-west-3\n");
	peer_start(&peer);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", peer.port);
	env_set(&env, "AWS_EC2_METADATA_SERVICE_ENDPOINT", url);
	env_set(&env, "AWS_EC2_METADATA_DISABLED", "false");
	ck_assert_int_eq(
	    config_load(&config, NULL, env_get, &env, err, sizeof(err)), 0);
}

static void
teardown(void)
{
	peer_stop(&peer);
	config_release(&config);
	env_release(&env);
}

START_TEST(an_instance_is_asked_once)
{
	ck_assert_int_eq(region_of_instance(&config), 0);
	ck_assert_str_eq(config.region, "eu-west-3");
	ck_assert_str_eq(config.region_from, "instance metadata");
	ck_assert_uint_eq(peer.nrequests, 2);
	ck_assert_int_eq(region_of_instance(&config), 0);
	ck_assert_uint_eq(peer.nrequests, 2);
}
END_TEST

START_TEST(nobody_is_asked_where_that_is_disabled)
{
	env_set(&env, "AWS_EC2_METADATA_DISABLED", "TRUE");
	ck_assert_int_eq(region_of_instance(&config), 0);
	ck_assert_ptr_null(config.region);
	ck_assert_uint_eq(peer.nrequests, 0);
}
END_TEST

/* Three: the token, the region, where it is from. */
START_TEST(a_failed_allocation_is_told)
{
	failmalloc_arm((unsigned long)_i + 1);
	ck_assert_int_eq(region_of_instance(&config), CONFIG_ERR_NOMEM);
	ck_assert_uint_eq(failmalloc_disarm(), (unsigned long)_i + 1);
}
END_TEST

START_TEST(no_allocation_is_forgotten_by_that)
{
	failmalloc_arm(0);
	ck_assert_int_eq(region_of_instance(&config), 0);
	ck_assert_uint_eq(failmalloc_disarm(), 3);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws region");
	TCase *tc = tcase_create("instance");
	SRunner *runner;
	int failed;

	unsetenv("http_proxy");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, an_instance_is_asked_once);
	tcase_add_test(tc, nobody_is_asked_where_that_is_disabled);
	tcase_add_loop_test(tc, a_failed_allocation_is_told, 0, 3);
	tcase_add_test(tc, no_allocation_is_forgotten_by_that);
	suite_add_tcase(s, tc);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
