/* with: tests/unit/support/failmalloc.c */
/* with: tests/unit/support/nomem_client_check.c */
#define _GNU_SOURCE
#include "aws/client_check.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define FAILMALLOC_REAL
#include "support/aws_env.h"
#include "support/aws_peer.h"
#include "support/failmalloc.h"

static struct client_check check;
static struct env files; /* only its folder and files are used */
static struct peer peer;
static char url[64], *text;

static void
setup(void)
{
	static const char *const names[] = { "AWS_PROFILE", "AWS_REGION",
		"AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE",
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
		"AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "http_proxy",
		"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
		"AWS_MAX_ATTEMPTS" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	env_init(&files);
	setenv("HOME", files.dir, 1);
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	setenv("AWS_CONFIG_FILE", "/dev/null", 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
	memset(&peer, 0, sizeof(peer));
	text = NULL;
}

static void
teardown(void)
{
	free(text);
	client_check_release(&check);
	env_release(&files);
}

static void
set_keys(void)
{
	setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI", 1);
}

static void
look(const struct config_options *o)
{
	client_check_init(&check, "translate", ENDPOINT_TRANSLATE, o);
	client_check_settings(&check);
	text = client_check_text(&check);
	ck_assert_ptr_nonnull(text);
}

/* Call a server that gives one answer. */
static void
call(const char *answer)
{
	static const struct http_request request = { .method = "POST",
		.path = "/",
		.body = "{}",
		.body_len = 2,
		.protocol = SERVICE_JSON_1_1 };

	peer.answers[0] = answer;
	peer.nanswers = 1;
	peer_start(&peer);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", peer.port);
	setenv("AWS_ENDPOINT_URL", url, 1);
	setenv("AWS_REGION", "eu-west-1", 1);
	setenv("AWS_MAX_ATTEMPTS", "1", 1);
	set_keys();
	look(NULL);
	ck_assert_int_eq(check.status, 0);
	client_check_call(&check, "TranslateText", &request);
	free(text);
	text = client_check_text(&check);
	peer_stop(&peer);
}

#define says(what)                                                             \
	ck_assert_msg(strstr(text, what) != NULL, "no '%s' in:\n%s", what, text)

#define ANSWER(text, length)                                                   \
	"HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n" text

/* Metadata that answer so to the token and to the region. */
static void
on_instance(const char *token, const char *region)
{
	peer.answers[0] = token;
	peer.answers[1] = region;
	peer.nanswers = region == NULL ? 1 : 2;
	peer_start(&peer);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", peer.port);
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url, 1);
	setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
	set_keys();
	look(NULL);
}

START_TEST(an_instance_says_its_region_where_nothing_else_does)
{
	on_instance(ANSWER("session", "7"), ANSWER("eu-west-3\n", "10"));
	says("region            eu-west-3 (instance metadata)\n");
	says("https://translate.eu-west-3.amazonaws.com");
	ck_assert_int_eq(check.status, 0);
	ck_assert_ptr_nonnull(strstr(
	    peer.requests[1], "GET /latest/meta-data/placement/region HTTP"));
	ck_assert_str_eq(
	    peer_header(&peer, 1, "x-aws-ec2-metadata-token"), "session");
	peer_stop(&peer);
}
END_TEST

START_TEST(an_instance_without_version_2_or_with_nonsense_says_none)
{
	if (_i == 0)
		on_instance(
		    "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", NULL);
	else
		on_instance(ANSWER("session", "7"), ANSWER("../x", "4"));
	ck_assert_int_eq(check.status, 78);
	says("problem           no region: set AWS_REGION");
	peer_stop(&peer);
}
END_TEST

START_TEST(everything_that_was_found_is_said_with_where)
{
	set_keys();
	setenv("AWS_REGION", "eu-west-1", 1);
	setenv("AWS_SESSION_TOKEN", "tttttttt", 1);
	look(NULL);
	ck_assert_int_eq(check.status, 0);
	says("config file       /dev/null\n");
	says("profile           default (none was named)\n");
	says("region            eu-west-1 (AWS_REGION)\n");
	says("endpoint          https://translate.eu-west-1.amazonaws.com (the "
	     "region's own)\n");
	says("trusted roots     the system's (AWS_CA_BUNDLE is not set)\n");
	says("proxy             none\n");
	says("credentials       environment (AWS_ACCESS_KEY_ID)\n");
	says("key id            AKID..., with a session token\n");
	says("expiry            none is known\n");
	says("result            ready\n");
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_not_called_missing)
{
	char home[] = "/tmp/client_check.XXXXXX", dir[64], path[64];

	ck_assert_ptr_nonnull(mkdtemp(home));
	snprintf(dir, sizeof(dir), "%s/.aws", home);
	snprintf(path, sizeof(path), "%s/.aws/config", home);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	set_keys();
	setenv("HOME", home, 1);
	setenv("AWS_REGION", "eu-west-1", 1);
	unsetenv("AWS_CONFIG_FILE");
	look(NULL);
	rmdir(path);
	rmdir(dir);
	rmdir(home);
	ck_assert_int_eq(check.status, 0);
	says("/.aws/config (cannot be read)\n");
	says("/.aws/config': Is a directory\n");
}
END_TEST

START_TEST(no_secret_is_said)
{
	set_keys();
	setenv("AWS_REGION", "eu-west-1", 1);
	setenv("AWS_SESSION_TOKEN", "tttttttt", 1);
	setenv("HTTPS_PROXY", "http://user:hush@proxy.example:3128", 1);
	look(NULL);
	says("proxy.example port 3128 (HTTPS_PROXY)\n");
	ck_assert_ptr_null(strstr(text, "hush"));
	ck_assert_ptr_null(strstr(text, "AKIDE"));
	ck_assert_ptr_null(strstr(text, "wJal"));
	ck_assert_ptr_null(strstr(text, "tttt"));
}
END_TEST

START_TEST(options_and_a_profile_are_named_as_where)
{
	const struct config_options o = { .profile = "dev",
		.region = "eu-central-1",
		.endpoint_url = "http://127.0.0.1:1/x" };

	env_file(&files, NULL, "config",
	    "[profile dev]\naws_access_key_id = ASIA123\n"
	    "aws_secret_access_key = s\n");
	setenv("AWS_CONFIG_FILE", files.paths[0], 1);
	look(&o);
	ck_assert_int_eq(check.status, 0);
	says("profile           dev (--profile)\n");
	says("region            eu-central-1 (--region)\n");
	says("endpoint          http://127.0.0.1:1/x (--endpoint-url)\n");
	says("trusted roots     none needed: no TLS\n");
	says("credentials       profile 'dev' of ");
	says("key id            ASIA...\n");
}
END_TEST

START_TEST(all_that_is_missing_is_said_not_only_the_first)
{
	look(NULL);
	ck_assert_int_eq(check.status, 78);
	says("problem           no region: set AWS_REGION");
	says("problem           no credentials: looked for AWS_ACCESS_KEY_ID");
	says("result            not ready (exit status 78)\n");
}
END_TEST

START_TEST(a_profile_that_is_not_there_ends_it)
{
	setenv("AWS_PROFILE", "nobody", 1);
	look(NULL);
	ck_assert_int_eq(check.status, 78);
	says("config file       /dev/null\n");
	says("problem           no profile 'nobody'");
}
END_TEST

START_TEST(expired_keys_are_told_from_missing_ones)
{
	set_keys();
	setenv("AWS_REGION", "eu-west-1", 1);
	setenv("AWS_CREDENTIAL_EXPIRATION", "2001-01-01T00:00:00Z", 1);
	look(NULL);
	ck_assert_int_eq(check.status, 77);
	says("have expired");
}
END_TEST

START_TEST(a_call_that_is_answered_is_said_with_its_request_id)
{
	char answer[512], date[64];
	time_t now = time(NULL);
	struct tm tm;

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT",
	    gmtime_r(&now, &tm));
	snprintf(answer, sizeof(answer),
	    "HTTP/1.1 200 OK\r\nDate: %s\r\nx-amzn-requestid: r-1\r\n"
	    "Content-Length: 2\r\n\r\n{}",
	    date);
	call(answer);
	ck_assert_int_eq(check.status, 0);
	says(" ms, request r-1\n");
	says("clock             right\n");
	says("result            ready\n");
}
END_TEST

START_TEST(a_wrong_clock_is_a_warning)
{
	call("HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	     "Content-Length: 2\r\n\r\n{}");
	ck_assert_int_eq(check.status, 0);
	says("warning           this machine's clock is ");
	says(" s fast: ");
}
END_TEST

START_TEST(a_refusal_names_the_action_to_allow)
{
	call("HTTP/1.1 400 Bad Request\r\nContent-Length: 60\r\n\r\n"
	     "{\"__type\":\"AccessDeniedException\",\"Message\":\"not allowed "
	     "!\"}");
	ck_assert_int_eq(check.status, 77);
	says("problem           TranslateText: AccessDeniedException: not "
	     "allowed");
	says("what to do        allow the action translate:TranslateText");
	says("result            not ready (exit status 77)\n");
}
END_TEST

START_TEST(nobody_there_is_the_network)
{
	const struct config_options o = { .endpoint_url =
					      "http://127.0.0.1:1" };
	static const struct http_request request = {
		.method = "POST", .path = "/", .protocol = SERVICE_JSON_1_1
	};

	setenv("AWS_REGION", "eu-west-1", 1);
	setenv("AWS_MAX_ATTEMPTS", "1", 1);
	set_keys();
	look(&o);
	ck_assert_int_eq(
	    client_check_call(&check, "TranslateText", &request), 75);
	free(text);
	text = client_check_text(&check);
	says("what to do        see that something serves there, by http: the "
	     "address is from --endpoint-url");
}
END_TEST

START_TEST(json_says_the_same)
{
	json_t *obj;

	look(NULL);
	free(text);
	text = client_check_json(&check);
	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(text[strlen(text) - 1], '\n');
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	obj = json_loads(text, 0, NULL);
	ck_assert_str_eq(
	    json_string_value(json_object_get(obj, "tool")), "translate");
	ck_assert(json_is_false(json_object_get(obj, "ok")));
	ck_assert_int_eq(
	    json_integer_value(json_object_get(obj, "status")), 78);
	ck_assert_uint_eq(json_array_size(json_object_get(obj, "problems")), 2);
	json_decref(obj);
}
END_TEST

START_TEST(lines_stay_lines_and_too_many_facts_are_left_out)
{
	size_t lines = 0;

	client_check_init(&check, "x", ENDPOINT_POLLY, NULL);
	client_check_problem(&check, 69, "two\nlines", "a\tb");
	for (int i = 0; i < 2 * CLIENT_CHECK_FACTS_MAX; i++)
		client_check_fact(&check, "f", "%0*d", 2000, i);
	text = client_check_text(&check);
	for (const char *p = text; *p != '\0'; p++)
		lines += *p == '\n';
	ck_assert_uint_eq(lines, CLIENT_CHECK_FACTS_MAX + 1);
	says("problem           a?b\n");
	says("what to do        two?lines\n");
	says("exit status 69");
}
END_TEST

START_TEST(without_memory_there_is_no_text)
{
	client_check_init(&check, "x", ENDPOINT_POLLY, NULL);
	client_check_fact(&check, "region", "here");
	failmalloc_arm(1);
	ck_assert_ptr_null(client_check_text(&check));
	failmalloc_arm(1);
	ck_assert_ptr_null(client_check_json(&check));
	failmalloc_disarm();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("client_check");
	TCase *tc = tcase_create("settings");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, everything_that_was_found_is_said_with_where);
	tcase_add_test(tc, a_file_that_cannot_be_read_is_not_called_missing);
	tcase_add_test(tc, no_secret_is_said);
	tcase_add_test(tc, options_and_a_profile_are_named_as_where);
	tcase_add_test(tc, all_that_is_missing_is_said_not_only_the_first);
	tcase_add_test(tc, a_profile_that_is_not_there_ends_it);
	tcase_add_test(tc, expired_keys_are_told_from_missing_ones);
	tcase_add_test(tc, json_says_the_same);
	tcase_add_test(tc, lines_stay_lines_and_too_many_facts_are_left_out);
	tcase_add_test(tc, without_memory_there_is_no_text);
	tcase_add_test(tc, an_instance_says_its_region_where_nothing_else_does);
	tcase_add_loop_test(
	    tc, an_instance_without_version_2_or_with_nonsense_says_none, 0, 2);
	suite_add_tcase(s, tc);
	tc = tcase_create("call");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_call_that_is_answered_is_said_with_its_request_id);
	tcase_add_test(tc, a_wrong_clock_is_a_warning);
	tcase_add_test(tc, a_refusal_names_the_action_to_allow);
	tcase_add_test(tc, nobody_there_is_the_network);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
