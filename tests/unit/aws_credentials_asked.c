/*
 * credentials that are asked for over HTTP: roles and web identities of STS,
 * containers, instances; and their replacement ahead of their end.
 */
#define _GNU_SOURCE
#include "aws/credentials.h"

#include <check.h>
#include <time.h>

#include "support/aws_credentials.h"
#include "support/aws_peer.h"

static struct peer peer;
static char url[64];

#define XML(id)                                                                \
	"<R xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleR"  \
	"esult><Credentials><AccessKeyId>" id                                  \
	"</AccessKeyId><SecretAccessKey>x&amp;y</SecretAccessKey>"             \
	"<SessionToken>tok</SessionToken><Expiration>2100-01-01T00:00:00Z"     \
	"</Expiration></Credentials></AssumeRoleResult></R>"

/* A 2xx answer; the body's length is not said, the end of the connection is. */
#define ANSWER(body) "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" body
#define REFUSAL(status) "HTTP/1.1 " status " No\r\nContent-Length: 0\r\n\r\n"

static void
start_peer(const char *variable)
{
	peer_start(&peer);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", peer.port);
	env_set(&env, variable, url);
	env_set(&env, "AWS_REGION", "eu-west-1");
}

/* The connection is closed by the peer when all is answered. */
static void
answer_with(const char *text)
{
	peer.answers[peer.nanswers++] = text;
}

START_TEST(a_role_is_assumed_with_the_keys_of_its_source)
{
	answer_with(ANSWER(XML("ROLE")));
	start_peer("AWS_ENDPOINT_URL_STS");
	env_file(&env, "AWS_CONFIG_FILE", "config",
	    "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/demo\n"
	    "source_profile = base\nrole_session_name = demo-session\n"
	    "external_id = a b\n");
	env_file(&env, "AWS_SHARED_CREDENTIALS_FILE", "credentials",
	    "[base]\naws_access_key_id = BASE\naws_secret_access_key = s\n");
	load("r");
	ck_assert_int_eq(fetch(clock_wall_ms()), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.access_key_id, "ROLE");
	ck_assert_str_eq(creds->keys.secret_access_key, "x&y");
	ck_assert_str_eq(creds->keys.session_token, "tok");
	ck_assert_int_eq(creds->expires_at_ms, 4102444800000);
	ck_assert_str_eq(peer_body(&peer, 0),
	    "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A"
	    "%3A123456789012%3Arole%2Fdemo&RoleSessionName=demo-session&"
	    "DurationSeconds=3600&ExternalId=a%20b");
	ck_assert_ptr_nonnull(
	    strstr(peer_header(&peer, 0, "authorization"), "Credential=BASE/"));
	ck_assert_ptr_nonnull(strstr(peer_header(&peer, 0, "authorization"),
	    "/eu-west-1/sts/aws4_request"));
	peer_stop(&peer);
}
END_TEST

START_TEST(roles_follow_one_another)
{
	answer_with(ANSWER(XML("FIRST")));
	answer_with(ANSWER(XML("SECOND")));
	start_peer("AWS_ENDPOINT_URL_STS");
	env_file(&env, "AWS_SHARED_CREDENTIALS_FILE", "credentials",
	    "[a]\nrole_arn = ra\nsource_profile = b\n"
	    "[b]\nrole_arn = rb\nsource_profile = c\n"
	    "[c]\naws_access_key_id = OWN\naws_secret_access_key = s\n");
	load("a");
	ck_assert_int_eq(fetch(clock_wall_ms()), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.access_key_id, "SECOND");
	ck_assert_ptr_nonnull(strstr(peer_body(&peer, 0), "RoleArn=rb&"));
	ck_assert_ptr_nonnull(
	    strstr(peer_header(&peer, 0, "authorization"), "Credential=OWN/"));
	ck_assert_ptr_nonnull(strstr(peer_body(&peer, 1), "RoleArn=ra&"));
	ck_assert_ptr_nonnull(strstr(
	    peer_header(&peer, 1, "authorization"), "Credential=FIRST/"));
	ck_assert_str_eq(peer_header(&peer, 1, "x-amz-security-token"), "tok");
	peer_stop(&peer);
}
END_TEST

/* As AWS's SDKs and command line: whoever is somebody's source and has keys is
 * asked for these, whatever role it could assume. */
START_TEST(keys_of_a_source_come_before_its_role)
{
	answer_with(ANSWER(XML("ONLY")));
	answer_with(ANSWER(XML("SELF")));
	start_peer("AWS_ENDPOINT_URL_STS");
	env_file(&env, "AWS_SHARED_CREDENTIALS_FILE", "credentials",
	    "[a]\nrole_arn = ra\nsource_profile = b\n"
	    "[b]\nrole_arn = rb\nsource_profile = c\n"
	    "aws_access_key_id = OWN\naws_secret_access_key = s\n"
	    "[c]\naws_access_key_id = C\naws_secret_access_key = s\n"
	    "role_arn = rc\nsource_profile = c\n");
	load("a");
	ck_assert_int_eq(fetch(clock_wall_ms()), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.access_key_id, "ONLY");
	ck_assert_ptr_nonnull(strstr(peer_body(&peer, 0), "RoleArn=ra&"));
	ck_assert_ptr_nonnull(
	    strstr(peer_header(&peer, 0, "authorization"), "Credential=OWN/"));
	/* It may be its own source. */
	credentials_provider_free(provider);
	config_release(&config);
	load("c");
	ck_assert_int_eq(fetch(clock_wall_ms()), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.access_key_id, "SELF");
	ck_assert_ptr_nonnull(strstr(peer_body(&peer, 1), "RoleArn=rc&"));
	ck_assert_ptr_nonnull(
	    strstr(peer_header(&peer, 1, "authorization"), "Credential=C/"));
	peer_stop(&peer);
}
END_TEST

START_TEST(a_role_may_come_from_the_environment)
{
	answer_with(ANSWER(XML("ROLE")));
	start_peer("AWS_ENDPOINT_URL_STS");
	env_set(&env, "AWS_ACCESS_KEY_ID", "ENV");
	env_set(&env, "AWS_SECRET_ACCESS_KEY", "s");
	env_file(&env, "AWS_CONFIG_FILE", "config",
	    "[profile r]\nrole_arn = ra\ncredential_source = Environment\n");
	load("r");
	ck_assert_int_eq(fetch(clock_wall_ms()), CREDENTIALS_READY);
	ck_assert_ptr_nonnull(
	    strstr(peer_header(&peer, 0, "authorization"), "Credential=ENV/"));
	peer_stop(&peer);
}
END_TEST

START_TEST(roles_in_a_circle_are_found_out)
{
	env_set(&env, "AWS_REGION", "eu-west-1");
	env_file(&env, "AWS_SHARED_CREDENTIALS_FILE", "credentials",
	    "[a]\nrole_arn = ra\nsource_profile = b\n"
	    "[b]\nrole_arn = rb\nsource_profile = a\n"
	    "[c]\nrole_arn = rc\nsource_profile = d\n[d]\n"
	    "[e]\nrole_arn = re\nsource_profile = e\n");
	load("a");
	ck_assert_int_eq(fetch(1000), CREDENTIALS_ERR_INVALID);
	ck_assert_ptr_nonnull(
	    strstr(credentials_error(provider), "leads back to profile 'a'"));
	credentials_provider_free(provider);
	config_release(&config);
	load("c");
	ck_assert_int_eq(fetch(1000), CREDENTIALS_ERR_INVALID);
	ck_assert_ptr_nonnull(
	    strstr(credentials_error(provider), "'d', source_profile of 'c'"));
	credentials_provider_free(provider);
	config_release(&config);
	load("e");
	ck_assert_int_eq(fetch(1000), CREDENTIALS_ERR_INVALID);
	ck_assert_ptr_nonnull(
	    strstr(credentials_error(provider), "leads back to profile 'e'"));
}
END_TEST

START_TEST(a_role_that_is_refused_says_why)
{
	answer_with("HTTP/1.1 403 No\r\nConnection: close\r\n\r\n"
		    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>"
		    "not yours</Message></Error></ErrorResponse>");
	start_peer("AWS_ENDPOINT_URL_STS");
	env_file(&env, "AWS_SHARED_CREDENTIALS_FILE", "credentials",
	    "[r]\nrole_arn = ra\nsource_profile = b\n"
	    "[b]\naws_access_key_id = B\naws_secret_access_key = s\n");
	load("r");
	ck_assert_int_eq(fetch(clock_wall_ms()), CREDENTIALS_ERR_INVALID);
	ck_assert_str_eq(credentials_error(provider),
	    "role of profile 'r': AccessDenied: not yours (HTTP 403)");
	peer_stop(&peer);
}
END_TEST

/* The token in the file is too old: whoever renews it may be late. */
START_TEST(a_web_identity_that_expired_is_not_for_ever)
{
	answer_with("HTTP/1.1 400 No\r\nConnection: close\r\n\r\n"
		    "<ErrorResponse><Error><Code>ExpiredTokenException</Code>"
		    "<Message>too old</Message></Error></ErrorResponse>");
	answer_with(ANSWER(XML("WEB")));
	start_peer("AWS_ENDPOINT_URL_STS");
	env_file(&env, "AWS_WEB_IDENTITY_TOKEN_FILE", "token", "jwt");
	env_set(&env, "AWS_ROLE_ARN", "ra");
	load(NULL);
	ck_assert_int_eq(fetch(1000), CREDENTIALS_ERR_EXPIRED);
	ck_assert_ptr_nonnull(strstr(credentials_error(provider), "too old"));
	ck_assert_int_eq(fetch(3000), CREDENTIALS_READY);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_web_identity_is_sent_unsigned_and_read_anew)
{
	answer_with(ANSWER(XML("WEB")));
	answer_with(ANSWER(XML("WEB2")));
	start_peer("AWS_ENDPOINT_URL_STS");
	env_file(&env, "AWS_WEB_IDENTITY_TOKEN_FILE", "token", "jwt/1\n");
	env_set(&env, "AWS_ROLE_ARN", "ra");
	env_set(&env, "AWS_ROLE_SESSION_NAME", "me");
	load(NULL);
	ck_assert_int_eq(fetch(clock_wall_ms()), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.access_key_id, "WEB");
	ck_assert_str_eq(peer_body(&peer, 0),
	    "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=ra&"
	    "RoleSessionName=me&WebIdentityToken=jwt%2F1");
	ck_assert_ptr_null(peer_header(&peer, 0, "authorization"));
	env_file(&env, NULL, "token", "jwt2");
	credentials_invalidate(provider, creds);
	ck_assert_int_eq(fetch(clock_wall_ms()), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.access_key_id, "WEB2");
	ck_assert_ptr_nonnull(
	    strstr(peer_body(&peer, 1), "WebIdentityToken=jwt2"));
	peer_stop(&peer);
	credentials_provider_free(provider);
	config_release(&config);
	env_set(&env, "AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token");
	load(NULL);
	ck_assert_int_eq(fetch(1000), CREDENTIALS_ERR_INVALID);
	ck_assert_ptr_nonnull(
	    strstr(credentials_error(provider), "cannot read token in "
						"'/nonexistent/token'"));
}
END_TEST

#define KEYS(id)                                                               \
	"{\"Code\":\"Success\",\"AccessKeyId\":\"" id                          \
	"\",\"SecretAccessKey\":\"s\",\"Token\":\"tok\",\"Expiration\":"       \
	"\"2100-01-01T00:00:00Z\"}"

START_TEST(a_container_is_asked_with_its_token)
{
	char full[128];

	answer_with(REFUSAL("503"));
	answer_with(ANSWER(KEYS("BOX")));
	start_peer("UNUSED");
	snprintf(full, sizeof(full), "%s/creds/x?y=z", url);
	env_set(&env, "AWS_CONTAINER_CREDENTIALS_FULL_URI", full);
	env_set(&env, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "not this one");
	env_file(&env, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "token",
	    "Bearer b");
	load(NULL);
	ck_assert_int_eq(fetch(clock_wall_ms()), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.access_key_id, "BOX");
	ck_assert_str_eq(creds->keys.session_token, "tok");
	ck_assert_int_eq(
	    strncmp(peer.requests[1], "GET /creds/x?y=z HTTP/1.1", 25), 0);
	ck_assert_str_eq(peer_header(&peer, 1, "authorization"), "Bearer b");
	peer_stop(&peer);
}
END_TEST

START_TEST(a_token_goes_to_no_stranger)
{
	env_set(&env, "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	    "http://example.com/creds");
	load(NULL);
	ck_assert_int_eq(fetch(1000), CREDENTIALS_ERR_INVALID);
	ck_assert_ptr_nonnull(
	    strstr(credentials_error(provider), "'example.com'"));
	credentials_provider_free(provider);
	config_release(&config);
	env_set(&env, "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	    "http://127.0.0.1:1/creds");
	env_set(&env, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\r\nb: c");
	load(NULL);
	ck_assert_int_eq(fetch(1000), CREDENTIALS_ERR_INVALID);
	ck_assert_ptr_nonnull(
	    strstr(credentials_error(provider), "line break"));
}
END_TEST

static void
enable_imds(void)
{
	env_set(&env, "AWS_EC2_METADATA_DISABLED", "false");
	start_peer("AWS_EC2_METADATA_SERVICE_ENDPOINT");
}

START_TEST(an_instance_gives_the_keys_of_its_role)
{
	answer_with(ANSWER("session"));
	answer_with(ANSWER("my-role\n"));
	answer_with(ANSWER(KEYS("EC2")));
	enable_imds();
	load(NULL);
	ck_assert_int_eq(fetch(clock_wall_ms()), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.access_key_id, "EC2");
	ck_assert_int_eq(
	    strncmp(peer.requests[0], "PUT /latest/api/token HTTP/1.1", 30), 0);
	ck_assert_str_eq(
	    peer_header(&peer, 0, "x-aws-ec2-metadata-token-ttl-seconds"),
	    "21600");
	ck_assert_str_eq(
	    peer_header(&peer, 1, "x-aws-ec2-metadata-token"), "session");
	ck_assert_ptr_nonnull(strstr(peer.requests[2],
	    "GET /latest/meta-data/iam/security-credentials/my-role HTTP"));
	ck_assert_str_eq(credentials_describe(provider), "instance metadata");
	peer_stop(&peer);
}
END_TEST

START_TEST(a_session_that_ended_is_begun_again_once)
{
	answer_with(ANSWER("old"));
	answer_with(REFUSAL("401"));
	answer_with(ANSWER("new"));
	answer_with(ANSWER("r"));
	answer_with(ANSWER(KEYS("EC2")));
	enable_imds();
	load(NULL);
	ck_assert_int_eq(fetch(clock_wall_ms()), CREDENTIALS_READY);
	ck_assert_str_eq(
	    peer_header(&peer, 4, "x-aws-ec2-metadata-token"), "new");
	peer_stop(&peer);
}
END_TEST

START_TEST(no_instance_is_no_credentials_and_v1_is_not_tried)
{
	answer_with(REFUSAL("403"));
	enable_imds();
	load(NULL);
	ck_assert_int_eq(fetch(clock_wall_ms()), CREDENTIALS_ERR_NONE);
	ck_assert_ptr_nonnull(
	    strstr(credentials_error(provider), "and instance metadata;"));
	ck_assert_ptr_nonnull(strstr(
	    credentials_error(provider), "(instance metadata: HTTP 403"));
	peer_stop(&peer);
	ck_assert_uint_eq(peer.nrequests, 1);
	credentials_provider_free(provider);
	config_release(&config);
	/* Nobody listens there now. */
	load(NULL);
	ck_assert_int_eq(fetch(clock_wall_ms()), CREDENTIALS_ERR_NONE);
}
END_TEST

START_TEST(an_instance_without_a_usable_role_says_so)
{
	answer_with(ANSWER("session"));
	answer_with(REFUSAL("404"));
	answer_with(ANSWER("session"));
	answer_with(ANSWER("r"));
	answer_with(ANSWER("{\"Code\":\"AssumeRoleUnauthorizedAccess\","
			   "\"Message\":\"no trust\"}"));
	enable_imds();
	load(NULL);
	ck_assert_int_eq(fetch(1000), CREDENTIALS_ERR_NONE);
	ck_assert_ptr_nonnull(
	    strstr(credentials_error(provider), "this instance has no role"));
	ck_assert_int_eq(fetch(3000), CREDENTIALS_ERR_FETCH);
	ck_assert_str_eq(credentials_error(provider),
	    "instance metadata: AssumeRoleUnauthorizedAccess: no trust");
	peer_stop(&peer);
}
END_TEST

START_TEST(an_instance_cannot_name_a_role_that_is_a_path)
{
	answer_with(ANSWER("session"));
	answer_with(ANSWER("../../user-data"));
	enable_imds();
	load(NULL);
	ck_assert_int_eq(fetch(clock_wall_ms()), CREDENTIALS_ERR_INVALID);
	ck_assert_uint_eq(peer.nrequests, 2);
	peer_stop(&peer);
}
END_TEST

/* Let what is under way end, well or not: n requests have been answered. */
static void
finish_fetch(size_t n, const char *id, bool is_good, double now_ms)
{
	struct loop loop;

	loop_init(&loop);
	do {
		loop_begin(&loop);
		credentials_prepare(provider, &loop);
		/* Nothing under way any more: do not wait for ever. */
		loop_deadline(&loop, clock_mono_ms() + 10);
		ck_assert_int_ge(loop_wait(&loop), 0);
		credentials_dispatch(provider, &loop, clock_mono_ms());
		ck_assert_int_eq(get(now_ms), CREDENTIALS_READY);
	} while (peer.nrequests < n ||
		 strcmp(creds->keys.access_key_id, id) != 0 ||
		 (credentials_error(provider)[0] == '\0') != is_good);
	loop_release(&loop);
}

START_TEST(keys_are_replaced_ahead_and_the_old_ones_serve_meanwhile)
{
	char one[1024], date[32];
	double now_ms = clock_wall_ms();
	time_t in_10_min = (time_t)(now_ms / 1000) + 600;
	struct tm tm;

	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ",
	    gmtime_r(&in_10_min, &tm));
	snprintf(one, sizeof(one),
	    ANSWER("<a><AccessKeyId>ONE</AccessKeyId><SecretAccessKey>s</Secret"
		   "AccessKey><SessionToken>t</SessionToken><Expiration>%s"
		   "</Expiration></a>"),
	    date);
	answer_with(one);
	answer_with(REFUSAL("400"));
	answer_with(ANSWER(XML("TWO")));
	start_peer("AWS_ENDPOINT_URL_STS");
	env_file(&env, "AWS_WEB_IDENTITY_TOKEN_FILE", "token", "t");
	env_set(&env, "AWS_ROLE_ARN", "ra");
	load(NULL);
	ck_assert_int_eq(fetch(now_ms), CREDENTIALS_READY);
	ck_assert_int_eq(creds->expires_at_ms, (int64_t)in_10_min * 1000);
	/* Not before the last third of their life. */
	ck_assert_int_eq(get(now_ms + 390e3), CREDENTIALS_READY);
	ck_assert_uint_eq(peer.nrequests, 1);
	/* Then new ones are fetched, which fails; the old ones serve, and it is
	 * not tried again at once. */
	ck_assert_int_eq(get(now_ms + 410e3), CREDENTIALS_READY);
	finish_fetch(2, "ONE", false, now_ms + 410e3);
	ck_assert_int_eq(get(now_ms + 415e3), CREDENTIALS_READY);
	ck_assert_uint_eq(peer.nrequests, 2);
	/* Later it works. */
	ck_assert_int_eq(get(now_ms + 425e3), CREDENTIALS_READY);
	ck_assert_str_eq(creds->keys.access_key_id, "ONE");
	finish_fetch(3, "TWO", true, now_ms + 425e3);
	peer_stop(&peer);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws credentials asked for");
	TCase *tc = tcase_create("over HTTP");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_role_is_assumed_with_the_keys_of_its_source);
	tcase_add_test(tc, roles_follow_one_another);
	tcase_add_test(tc, keys_of_a_source_come_before_its_role);
	tcase_add_test(tc, a_role_may_come_from_the_environment);
	tcase_add_test(tc, roles_in_a_circle_are_found_out);
	tcase_add_test(tc, a_role_that_is_refused_says_why);
	tcase_add_test(tc, a_web_identity_that_expired_is_not_for_ever);
	tcase_add_test(tc, a_web_identity_is_sent_unsigned_and_read_anew);
	tcase_add_test(tc, a_container_is_asked_with_its_token);
	tcase_add_test(tc, a_token_goes_to_no_stranger);
	tcase_add_test(tc, an_instance_gives_the_keys_of_its_role);
	tcase_add_test(tc, a_session_that_ended_is_begun_again_once);
	tcase_add_test(tc, no_instance_is_no_credentials_and_v1_is_not_tried);
	tcase_add_test(tc, an_instance_without_a_usable_role_says_so);
	tcase_add_test(tc, an_instance_cannot_name_a_role_that_is_a_path);
	tcase_add_test(
	    tc, keys_are_replaced_ahead_and_the_old_ones_serve_meanwhile);
	suite_add_tcase(s, tc);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
