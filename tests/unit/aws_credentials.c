/* credentials: those of the environment, of files and of processes. */
#include "aws/credentials.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "aws/credentials_answer.h"
#include "support/aws_credentials.h"

START_TEST(the_environment_gives_keys)
{
	env_set(&env, "AWS_ACCESS_KEY_ID", "AKID");
	env_set(&env, "AWS_SECRET_ACCESS_KEY", "secret");
	load(NULL);
	ck_assert_str_eq(credentials_describe(provider), "");
	ck_assert_int_eq(get(1000), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.access_key_id, "AKID");
	ck_assert_str_eq(creds->keys.secret_access_key, "secret");
	ck_assert_ptr_null(creds->keys.session_token);
	ck_assert_str_eq(
	    credentials_describe(provider), "environment (AWS_ACCESS_KEY_ID)");
	ck_assert_str_eq(credentials_warning(provider), "");
}
END_TEST

START_TEST(half_a_key_is_none_and_the_text_says_which_half)
{
	struct service_error e;

	env_set(&env, "AWS_ACCESS_KEY_ID", "AKID");
	env_set(&env, "AWS_SECRET_ACCESS_KEY", "");
	load(NULL);
	ck_assert_int_eq(get(1000), CREDENTIALS_ERR_NONE);
	ck_assert_ptr_null(creds);
	ck_assert_ptr_nonnull(strstr(credentials_error(provider),
	    "looked for AWS_SECRET_ACCESS_KEY in the environment"));
	ck_assert_ptr_nonnull(
	    strstr(credentials_error(provider), "profile 'default'"));
	ck_assert_ptr_nonnull(
	    strstr(credentials_error(provider), "AWS_PROFILE"));
	credentials_service_error(provider, CREDENTIALS_ERR_NONE, &e);
	ck_assert_int_eq(e.class, SERVICE_ERROR_CONFIG);
	ck_assert_int_eq(service_error_exit_status(e.class), 78);
}
END_TEST

START_TEST(a_profile_gives_keys_and_the_credentials_file_wins)
{
	env_file(&env, "AWS_CONFIG_FILE", "config",
	    "[profile dev]\naws_access_key_id = C\n"
	    "aws_secret_access_key = csecret\naws_session_token = ctoken\n");
	env_set(&env, "AWS_PROFILE", "dev");
	load(NULL);
	ck_assert_int_eq(get(1), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.access_key_id, "C");
	ck_assert_str_eq(creds->keys.session_token, "ctoken");
	credentials_provider_free(provider);
	config_release(&config);
	env_file(&env, "AWS_SHARED_CREDENTIALS_FILE", "credentials",
	    "[dev]\naws_access_key_id = S\naws_secret_access_key = ssecret\n"
	    "aws_session_token = stoken\n");
	load(NULL);
	ck_assert_int_eq(get(1), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.access_key_id, "S");
	ck_assert_str_eq(creds->keys.secret_access_key, "ssecret");
	ck_assert_str_eq(creds->keys.session_token, "stoken");
	ck_assert_ptr_nonnull(
	    strstr(credentials_describe(provider), "profile 'dev' of /"));
	ck_assert_ptr_null(strstr(credentials_describe(provider), "ssecret"));
}
END_TEST

START_TEST(an_options_profile_beats_the_environment_a_variables_does_not)
{
	env_set(&env, "AWS_ACCESS_KEY_ID", "E");
	env_set(&env, "AWS_SECRET_ACCESS_KEY", "esecret");
	env_set(&env, "AWS_PROFILE", "dev");
	env_file(&env, "AWS_SHARED_CREDENTIALS_FILE", "credentials",
	    "[dev]\naws_access_key_id = S\naws_secret_access_key = s\n");
	load(NULL);
	ck_assert_int_eq(get(1), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.access_key_id, "E");
	ck_assert_ptr_nonnull(strstr(credentials_warning(provider), "'dev'"));
	credentials_provider_free(provider);
	config_release(&config);
	load("dev");
	ck_assert_int_eq(get(1), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.access_key_id, "S");
	ck_assert_str_eq(credentials_warning(provider), "");
}
END_TEST

static const struct {
	const char *profile;
	const char *part;
} unusable[] = {
	{ "aws_access_key_id = A\n", "no aws_secret_access_key" },
	{ "aws_secret_access_key = s\n", "no aws_access_key_id" },
	{ "sso_session = s\n", "SSO, which is not supported" },
	{ "sso_start_url = https://x\n", "SSO, which is not supported" },
	{ "login_session = x\n", "'aws login', which is not supported" },
	{ "role_arn = r\nsource_profile = b\ncredential_source = "
	  "Environment\n",
	    "both source_profile and credential_source" },
	{ "role_arn = r\n", "nothing that says whose keys" },
	{ "role_arn = r\nsource_profile = nobody\n", "'nobody'" },
	{ "role_arn = r\ncredential_source = Moon\n", "'Moon'" },
	{ "role_arn = r\nsource_profile = dev\nmfa_serial = m\n",
	    "mfa_serial" },
};

START_TEST(what_cannot_be_used_is_said_clearly)
{
	char text[256];

	snprintf(text, sizeof(text), "[dev]\n%s", unusable[_i].profile);
	env_file(&env, "AWS_SHARED_CREDENTIALS_FILE", "credentials", text);
	load("dev");
	ck_assert_int_eq(get(1), CREDENTIALS_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(credentials_error(provider), "'dev'"));
	ck_assert_ptr_nonnull(
	    strstr(credentials_error(provider), unusable[_i].part));
}
END_TEST

START_TEST(keys_of_the_environment_expire_when_it_says)
{
	struct service_error e;

	env_set(&env, "AWS_ACCESS_KEY_ID", "E");
	env_set(&env, "AWS_SECRET_ACCESS_KEY", "s");
	env_set(&env, "AWS_SESSION_TOKEN", "t");
	env_set(&env, "AWS_CREDENTIAL_EXPIRATION", "1970-01-01T01:00:00Z");
	load(NULL);
	ck_assert_int_eq(get(3599999), CREDENTIALS_READY);
	ck_assert_int_eq(creds->expires_at_ms, 3600000);
	ck_assert_int_eq(get(3600000), CREDENTIALS_ERR_EXPIRED);
	ck_assert_ptr_nonnull(strstr(credentials_error(provider), "expired"));
	credentials_service_error(provider, CREDENTIALS_ERR_EXPIRED, &e);
	ck_assert_int_eq(e.class, SERVICE_ERROR_EXPIRED);
	credentials_provider_free(provider);
	config_release(&config);
	env_set(&env, "AWS_CREDENTIAL_EXPIRATION", "tomorrow");
	load(NULL);
	ck_assert_int_eq(get(1), CREDENTIALS_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(credentials_error(provider), "tomorrow"));
}
END_TEST

START_TEST(keys_of_the_environment_never_change)
{
	env_set(&env, "AWS_ACCESS_KEY_ID", "A");
	env_set(&env, "AWS_SECRET_ACCESS_KEY", "one");
	load(NULL);
	ck_assert_int_eq(get(1000), CREDENTIALS_READY);
	ck_assert(!credentials_may_change(provider));
	credentials_invalidate(provider, creds);
	ck_assert_int_eq(get(2000), CREDENTIALS_ERR_EXPIRED);
	ck_assert_ptr_nonnull(
	    strstr(credentials_error(provider), "set new ones and start"));
}
END_TEST

START_TEST(refused_keys_are_looked_for_anew_in_the_file)
{
	static const char first[] =
	    "[default]\naws_access_key_id = A\naws_secret_access_key = one\n";
	static const char second[] =
	    "[default]\naws_access_key_id = A\naws_secret_access_key = two\n";
	struct credentials *pinned;

	env_file(&env, "AWS_SHARED_CREDENTIALS_FILE", "credentials", first);
	load(NULL);
	ck_assert_int_eq(get(1000), CREDENTIALS_READY);
	pinned = credentials_ref(creds);
	credentials_invalidate(provider, creds);
	ck_assert_int_eq(get(2000), CREDENTIALS_ERR_EXPIRED);
	ck_assert(credentials_may_change(provider));
	ck_assert_ptr_nonnull(
	    strstr(credentials_error(provider), "renew them there"));
	/* Not asked for again within a second. */
	env_file(&env, NULL, "credentials", second);
	ck_assert_int_eq(get(2500), CREDENTIALS_ERR_EXPIRED);
	ck_assert_int_eq(get(3000), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.secret_access_key, "two");
	/* A stream that was opened with the old ones still has them. */
	ck_assert_str_eq(pinned->keys.secret_access_key, "one");
	/* News about a set that is not given out any more changes nothing. */
	credentials_invalidate(provider, pinned);
	ck_assert_int_eq(get(3001), CREDENTIALS_READY);
	credentials_unref(pinned);
}
END_TEST

/* A file that is being written anew, as others see it. */
START_TEST(a_source_that_gave_keys_once_is_asked_again)
{
	static const char keys[] =
	    "[default]\naws_access_key_id = A\naws_secret_access_key = one\n";
	static const char *const half[] = { "", "[default]\n",
		"[default]\naws_access_key_id = B\n" };
	size_t i;

	env_file(&env, "AWS_SHARED_CREDENTIALS_FILE", "credentials", keys);
	load(NULL);
	ck_assert_int_eq(get(1000), CREDENTIALS_READY);
	credentials_invalidate(provider, creds);
	for (i = 0; i < sizeof(half) / sizeof(half[0]); i++) {
		env_file(&env, NULL, "credentials", half[i]);
		ck_assert_int_eq(
		    get(2000 + (double)i * 1000), CREDENTIALS_ERR_FETCH);
		ck_assert_str_ne(credentials_error(provider), "");
	}
	env_file(&env, NULL, "credentials",
	    "[default]\naws_access_key_id = B\naws_secret_access_key = two\n");
	ck_assert_int_eq(get(9000), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.access_key_id, "B");
}
END_TEST

static const struct {
	const char *text;
	int64_t ms;
} times[] = {
	{ "1994-11-06T08:49:37Z", 784111777000 },
	{ "1994-11-06T08:49:37.25Z", 784111777250 },
	{ "1994-11-06T09:49:37+01:00", 784111777000 },
	{ "1994-11-06T03:19:37.123456-05:30", 784111777123 },
	{ "1994-11-06T10:49:37+0200", 784111777000 },
	{ "1994-11-06T08:49:37", -1 },
	{ "1994-11-06T08:49:37+020", -1 },
	{ "1994-11-06 08:49", -1 },
	{ "1994-13-06T08:49:37Z", -1 },
	{ "1994-11-06T08:49:37+1:00", -1 },
	{ "1994-11-06T08:49:37Zx", -1 },
	{ "never", -1 },
	{ "", -1 },
};

START_TEST(expiry_dates_are_read)
{
	ck_assert_int_eq(credentials_parse_time(times[_i].text), times[_i].ms);
}
END_TEST

static void
process_profile(const char *command)
{
	char text[1024];

	snprintf(text, sizeof(text), "[profile p]\ncredential_process = %s\n",
	    command);
	env_file(&env, "AWS_CONFIG_FILE", "config", text);
	load("p");
}

START_TEST(a_process_prints_keys)
{
	process_profile("read x; echo "
			"'{\"Version\":1,\"AccessKeyId\":\"P\",'"
			"'\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\",'"
			"'\"Expiration\":\"2100-01-01T00:00:00Z\"}'");
	ck_assert_int_eq(get(1000), CREDENTIALS_PENDING);
	ck_assert_int_eq(fetch(1000), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.access_key_id, "P");
	ck_assert_str_eq(creds->keys.session_token, "t");
	ck_assert_int_eq(creds->expires_at_ms, 4102444800000);
	ck_assert_str_eq(credentials_describe(provider),
	    "credential_process of profile 'p'");
}
END_TEST

static const struct {
	const char *command;
	const char *part;
} processes[] = {
	{ "exit 3", "it failed, status 3" },
	{ "kill -9 $$", "it failed, signal 9" },
	{ "/nonexistent/program", "it failed, status 127" },
	{ "echo secret stuff", "answer is not a JSON object" },
	{ "echo '{\"Version\":2}'", "no \"Version\": 1" },
	{ "echo '{\"Version\":1,\"AccessKeyId\":\"A\"}'",
	    "no SecretAccessKey" },
	{ "echo '{\"Version\":1,\"AccessKeyId\":\"A\","
	  "\"SecretAccessKey\":\"s\",\"Expiration\":\"soon\"}'",
	    "Expiration that is no date" },
	{ "head -c 100000 /dev/zero; exec sleep 1000", "printed too much" },
	{ "exec >&-; exit 4", "status 4" },
};

START_TEST(a_process_that_fails_is_told_without_what_it_printed)
{
	process_profile(processes[_i].command);
	ck_assert_int_eq(fetch(1000), CREDENTIALS_ERR_FETCH);
	ck_assert_ptr_nonnull(
	    strstr(credentials_error(provider), "profile 'p'"));
	ck_assert_msg(
	    strstr(credentials_error(provider), processes[_i].part) != NULL,
	    "%s", credentials_error(provider));
	ck_assert_ptr_null(strstr(credentials_error(provider), "stuff"));
}
END_TEST

START_TEST(a_process_does_not_wait_for_what_it_left_behind)
{
	char command[700], line[32] = "";
	const char *path = env_file(&env, NULL, "pid", "");
	FILE *f;

	snprintf(command, sizeof(command),
	    "sleep 1000 2>/dev/null & echo $! >%s; echo "
	    "'{\"Version\":1,\"AccessKeyId\":\"P\",'"
	    "'\"SecretAccessKey\":\"s\"}'",
	    path);
	process_profile(command);
	ck_assert_int_eq(fetch(1000), CREDENTIALS_READY);
	ck_assert_int_eq(creds->expires_at_ms, INT64_MAX);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	fclose(f);
	ck_assert_int_gt(atoi(line), 1);
	ck_assert_int_eq(kill(atoi(line), SIGKILL), 0);
}
END_TEST

START_TEST(a_provider_that_is_freed_ends_its_process)
{
	process_profile("exec sleep 1000");
	ck_assert_int_eq(get(1000), CREDENTIALS_PENDING);
	/* teardown() would hang, or leave it, if it did not. */
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws credentials");
	TCase *tc = tcase_create("credentials");
	TCase *process = tcase_create("credential_process");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_environment_gives_keys);
	tcase_add_test(tc, half_a_key_is_none_and_the_text_says_which_half);
	tcase_add_test(tc, a_profile_gives_keys_and_the_credentials_file_wins);
	tcase_add_test(
	    tc, an_options_profile_beats_the_environment_a_variables_does_not);
	tcase_add_loop_test(tc, what_cannot_be_used_is_said_clearly, 0,
	    sizeof(unusable) / sizeof(unusable[0]));
	tcase_add_test(tc, keys_of_the_environment_expire_when_it_says);
	tcase_add_test(tc, keys_of_the_environment_never_change);
	tcase_add_test(tc, refused_keys_are_looked_for_anew_in_the_file);
	tcase_add_test(tc, a_source_that_gave_keys_once_is_asked_again);
	tcase_add_loop_test(
	    tc, expiry_dates_are_read, 0, sizeof(times) / sizeof(times[0]));
	suite_add_tcase(s, tc);

	tcase_add_checked_fixture(process, setup, teardown);
	tcase_set_timeout(process, 60);
	tcase_add_test(process, a_process_prints_keys);
	tcase_add_loop_test(process,
	    a_process_that_fails_is_told_without_what_it_printed, 0,
	    sizeof(processes) / sizeof(processes[0]));
	tcase_add_test(
	    process, a_process_does_not_wait_for_what_it_left_behind);
	tcase_add_test(process, a_provider_that_is_freed_ends_its_process);
	suite_add_tcase(s, process);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
