#include "aws/config.h"

#include <check.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "support/aws_env.h"

static struct env env;
static struct config config;
static char err[512];

static void
setup(void)
{
	env_init(&env);
	memset(&config, 0, sizeof(config));
	err[0] = '\0';
}

static void
teardown(void)
{
	config_release(&config);
	env_release(&env);
}

static int
load(const struct config_options *o)
{
	config_release(&config);
	return config_load(&config, o, env_get, &env, err, sizeof(err));
}

static struct ini *
parse(enum ini_kind kind, const char *text)
{
	struct ini *ini;

	ck_assert_int_eq(ini_parse(&ini, kind, text, strlen(text)), 0);
	return ini;
}

/* The example of PROTOCOL 7.1, as it stands there. */
START_TEST(reads_profiles_and_nested_blocks)
{
	struct ini *ini =
	    parse(INI_CONFIG, "[profile dev]\n"
			      "region = eu-central-1\n"
			      "services = local\n"
			      "[services local]\n"
			      "polly =\n"
			      "  endpoint_url = http://127.0.0.1:8080\n"
			      "transcribe_streaming =\n"
			      "  endpoint_url = http://127.0.0.1:8081\n");

	ck_assert_str_eq(
	    ini_get(ini, INI_PROFILE, "dev", "region"), "eu-central-1");
	ck_assert_str_eq(
	    ini_get(ini, INI_PROFILE, "dev", "REGION"), "eu-central-1");
	ck_assert_ptr_null(ini_get(ini, INI_PROFILE, "Dev", "region"));
	ck_assert_str_eq(ini_get(ini, INI_SERVICES, "local", "polly"), "");
	ck_assert_str_eq(
	    ini_get_nested(ini, INI_SERVICES, "local", "polly", "endpoint_url"),
	    "http://127.0.0.1:8080");
	ck_assert_str_eq(ini_get_nested(ini, INI_SERVICES, "local",
			     "transcribe_streaming", "endpoint_url"),
	    "http://127.0.0.1:8081");
	ck_assert_ptr_null(ini_get(ini, INI_SERVICES, "local", "endpoint_url"));
	ini_free(ini);
}
END_TEST

START_TEST(takes_quotes_off_and_comments_away)
{
	const char *why;
	struct ini *ini =
	    parse(INI_CONFIG, "\xef\xbb\xbf# a comment\r\n"
			      "[ profile \"my dev\" ] ; with a comment\r\n"
			      "  ; and one of its own\r\n"
			      "region=eu-west-1 # trailing\r\n"
			      "output = a#b;c\r\n"
			      "cli = a = b\r\n"
			      "[profile 'x']\n"
			      "region = \t us-east-2 \t\n");

	ck_assert_str_eq(
	    ini_get(ini, INI_PROFILE, "my dev", "region"), "eu-west-1");
	ck_assert_str_eq(
	    ini_get(ini, INI_PROFILE, "my dev", "output"), "a#b;c");
	ck_assert_str_eq(ini_get(ini, INI_PROFILE, "my dev", "cli"), "a = b");
	ck_assert_str_eq(ini_get(ini, INI_PROFILE, "x", "region"), "us-east-2");
	ck_assert_uint_eq(ini_problem(ini, &why), 0);
	ini_free(ini);
}
END_TEST

/* Where AWS's SDKs agree: a comment may touch the bracket, and keys that stand
 * indented themselves open blocks, too. */
START_TEST(indented_keys_open_blocks_and_comments_may_touch_brackets)
{
	const char *why;
	struct ini *ini = parse(INI_CONFIG,
	    "[profile a]; touching\n  s3 =\n    region = inner\n"
	    "  region = outer\n"
	    "[services s]# touching\n"
	    "  polly =\n    endpoint_url = http://127.0.0.1:1\n"
	    "  translate =\n\tendpoint_url = http://127.0.0.1:2\n"
	    "[profile a#b]\nregion = x\n"
	    "[profile c] junk\nregion = y\n");

	ck_assert_str_eq(ini_get(ini, INI_PROFILE, "a", "region"), "outer");
	ck_assert_str_eq(
	    ini_get_nested(ini, INI_PROFILE, "a", "s3", "region"), "inner");
	ck_assert_str_eq(
	    ini_get_nested(ini, INI_SERVICES, "s", "polly", "endpoint_url"),
	    "http://127.0.0.1:1");
	ck_assert_str_eq(
	    ini_get_nested(ini, INI_SERVICES, "s", "translate", "endpoint_url"),
	    "http://127.0.0.1:2");
	ck_assert_str_eq(ini_get(ini, INI_PROFILE, "a#b", "region"), "x");
	ck_assert_int_eq(ini_has_section(ini, INI_PROFILE, "c"), 0);
	ck_assert_uint_eq(ini_problem(ini, &why), 12);
	ini_free(ini);
}
END_TEST

START_TEST(profile_default_beats_default_wholly)
{
	struct ini *ini = parse(INI_CONFIG,
	    "[profile default]\nregion = eu-west-1\n"
	    "[default]\nregion = us-east-1\nca_bundle = /x\n");

	ck_assert_str_eq(
	    ini_get(ini, INI_PROFILE, "default", "region"), "eu-west-1");
	ck_assert_ptr_null(ini_get(ini, INI_PROFILE, "default", "ca_bundle"));
	ini_free(ini);
	ini = parse(INI_CONFIG, "[default]\nregion = us-east-1\n");
	ck_assert_str_eq(
	    ini_get(ini, INI_PROFILE, "default", "region"), "us-east-1");
	ini_free(ini);
}
END_TEST

START_TEST(the_two_files_name_their_sections_differently)
{
	struct ini *ini = parse(INI_CREDENTIALS,
	    "[dev]\naws_access_key_id = A\n[profile odd]\nx = 1\n");

	ck_assert_str_eq(
	    ini_get(ini, INI_PROFILE, "dev", "aws_access_key_id"), "A");
	ck_assert_str_eq(ini_get(ini, INI_PROFILE, "profile odd", "x"), "1");
	ini_free(ini);
	ini = parse(INI_CONFIG, "[dev]\nregion = x\n[plugins]\na = b\n"
				"[profile  p]\nregion = y\n"
				"[sso-session s]\nsso_region = z\n");
	ck_assert_ptr_null(ini_get(ini, INI_PROFILE, "dev", "region"));
	ck_assert_str_eq(ini_get(ini, INI_PROFILE, "p", "region"), "y");
	ck_assert_str_eq(ini_get(ini, INI_SSO_SESSION, "s", "sso_region"), "z");
	ini_free(ini);
}
END_TEST

START_TEST(the_last_of_repeated_keys_counts_and_sections_merge)
{
	struct ini *ini = parse(INI_CREDENTIALS,
	    "[a]\nk = 1\nk = 2\n[b]\nk = 3\n[a]\nm = 4\n[empty]\n");

	ck_assert_str_eq(ini_get(ini, INI_PROFILE, "a", "k"), "2");
	ck_assert_str_eq(ini_get(ini, INI_PROFILE, "a", "m"), "4");
	ck_assert_int_eq(ini_has_section(ini, INI_PROFILE, "empty"), 1);
	ck_assert_int_eq(ini_has_section(ini, INI_PROFILE, "none"), 0);
	ini_free(ini);
}
END_TEST

START_TEST(senseless_lines_are_left_out_and_remembered)
{
	const char *why;
	struct ini *ini = parse(INI_CREDENTIALS,
	    "ignored before any section\n[a]\nnonsense\n= 5\nk = 1\n[broken\n"
	    "k = 2\n[b]\nk = 3");

	ck_assert_str_eq(ini_get(ini, INI_PROFILE, "a", "k"), "1");
	ck_assert_str_eq(ini_get(ini, INI_PROFILE, "b", "k"), "3");
	ck_assert_uint_eq(ini_problem(ini, &why), 3);
	ck_assert_str_eq(why, "line has no '='");
	ini_free(ini);
}
END_TEST

START_TEST(files_that_are_no_text_or_too_large_are_refused)
{
	struct ini *ini;
	char *big = malloc(INI_MAX_BYTES + 1);

	ck_assert_int_eq(ini_parse(&ini, INI_CONFIG, "[a]\0b", 5), INI_ERR_NUL);
	ck_assert_ptr_null(ini);
	memset(big, '\n', INI_MAX_BYTES + 1);
	ck_assert_int_eq(
	    ini_parse(&ini, INI_CONFIG, big, INI_MAX_BYTES + 1), INI_ERR_SIZE);
	memcpy(big, "[profile a]\n", 12);
	for (size_t i = 12; i + 4 <= INI_MAX_BYTES; i += 4)
		memcpy(big + i, "a=b\n", 4);
	ck_assert_int_eq(
	    ini_parse(&ini, INI_CONFIG, big, INI_MAX_BYTES), INI_ERR_SIZE);
	free(big);
}
END_TEST

static const struct {
	const char *url;
	int rc;
	bool is_https;
	const char *host;
	unsigned int port;
	const char *authority;
	const char *prefix;
} urls[] = {
	{ "https://a.example", 0, true, "a.example", 443, "a.example", "" },
	{ "https://A.example:443/", 0, true, "a.example", 443, "a.example",
	    "" },
	{ "http://127.0.0.1:8080/x/y//", 0, false, "127.0.0.1", 8080,
	    "127.0.0.1:8080", "/x/y" },
	{ "HTTP://[::1]:443", 0, false, "::1", 443, "[::1]:443", "" },
	{ "http://[fd00:ec2::23]/c", 0, false, "fd00:ec2::23", 80,
	    "[fd00:ec2::23]", "/c" },
	{ "a.example", ENDPOINT_ERR_SCHEME, 0, 0, 0, 0, 0 },
	{ "ftp://a", ENDPOINT_ERR_SCHEME, 0, 0, 0, 0, 0 },
	{ "https://", ENDPOINT_ERR_HOST, 0, 0, 0, 0, 0 },
	{ "https://[::1", ENDPOINT_ERR_HOST, 0, 0, 0, 0, 0 },
	{ "https://[::1]x", ENDPOINT_ERR_HOST, 0, 0, 0, 0, 0 },
	{ "https://a b", ENDPOINT_ERR_HOST, 0, 0, 0, 0, 0 },
	{ "https://a:", ENDPOINT_ERR_PORT, 0, 0, 0, 0, 0 },
	{ "https://a:0", ENDPOINT_ERR_PORT, 0, 0, 0, 0, 0 },
	{ "https://a:65536", ENDPOINT_ERR_PORT, 0, 0, 0, 0, 0 },
	{ "https://a:+80", ENDPOINT_ERR_PORT, 0, 0, 0, 0, 0 },
	{ "https://u:p@a", ENDPOINT_ERR_EXTRA, 0, 0, 0, 0, 0 },
	{ "https://a/?q=1", ENDPOINT_ERR_EXTRA, 0, 0, 0, 0, 0 },
	{ "https://a#f", ENDPOINT_ERR_EXTRA, 0, 0, 0, 0, 0 },
	{ "https://a/b c", ENDPOINT_ERR_PATH, 0, 0, 0, 0, 0 },
};

START_TEST(parses_urls)
{
	struct endpoint e;
	int rc = endpoint_parse(&e, urls[_i].url);

	ck_assert_int_eq(rc, urls[_i].rc);
	ck_assert_ptr_nonnull(endpoint_strerror(rc));
	if (rc != 0)
		return;
	ck_assert(e.is_https == urls[_i].is_https);
	ck_assert_str_eq(e.host, urls[_i].host);
	ck_assert_uint_eq(e.port, urls[_i].port);
	ck_assert_str_eq(e.authority, urls[_i].authority);
	ck_assert_str_eq(e.path_prefix, urls[_i].prefix);
}
END_TEST

/* Hosts: PROTOCOL 4.1, 5 and 7.2. */
static const struct {
	enum endpoint_service service;
	const char *region;
	bool fips, dual;
	const char *host;
	const char *signing;
} defaults[] = {
	{ ENDPOINT_TRANSCRIBE_STREAMING, "us-east-1", 0, 0,
	    "transcribestreaming.us-east-1.amazonaws.com", "transcribe" },
	{ ENDPOINT_TRANSCRIBE_STREAMING, "us-east-1", 1, 0,
	    "transcribestreaming-fips.us-east-1.amazonaws.com", "transcribe" },
	{ ENDPOINT_POLLY, "eu-west-1", 0, 1, "polly.eu-west-1.api.aws",
	    "polly" },
	{ ENDPOINT_POLLY, "us-gov-west-1", 1, 1,
	    "polly-fips.us-gov-west-1.api.aws", "polly" },
	{ ENDPOINT_TRANSLATE, "cn-north-1", 0, 0,
	    "translate.cn-north-1.amazonaws.com.cn", "translate" },
	{ ENDPOINT_TRANSLATE, "cn-north-1", 0, 1,
	    "translate.cn-north-1.api.amazonwebservices.com.cn", "translate" },
	{ ENDPOINT_STS, "eusc-de-east-1", 0, 0,
	    "sts.eusc-de-east-1.amazonaws.eu", "sts" },
	/* As AWS's SDK for JavaScript answers (its endpoint rules). */
	{ ENDPOINT_STS, "us-gov-west-1", 1, 0,
	    "sts.us-gov-west-1.amazonaws.com", "sts" },
	{ ENDPOINT_STS, "us-gov-west-1", 1, 1, "sts-fips.us-gov-west-1.api.aws",
	    "sts" },
	{ ENDPOINT_POLLY, "us-iso-east-1", 1, 0,
	    "polly-fips.us-iso-east-1.c2s.ic.gov", "polly" },
	{ ENDPOINT_POLLY, "us-isob-east-1", 0, 1,
	    "polly.us-isob-east-1.api.aws.scloud", "polly" },
	{ ENDPOINT_TRANSLATE, "eu-isoe-west-1", 0, 0,
	    "translate.eu-isoe-west-1.cloud.adc-e.uk", "translate" },
	{ ENDPOINT_TRANSCRIBE_STREAMING, "us-isof-south-1", 0, 0,
	    "transcribestreaming.us-isof-south-1.csp.hci.ic.gov",
	    "transcribe" },
};

START_TEST(knows_the_services_hosts)
{
	struct endpoint e;

	ck_assert_int_eq(
	    endpoint_default(&e, defaults[_i].service, defaults[_i].region,
		defaults[_i].fips, defaults[_i].dual),
	    0);
	ck_assert_str_eq(e.host, defaults[_i].host);
	ck_assert_str_eq(e.authority, defaults[_i].host);
	ck_assert_str_eq(e.service, defaults[_i].signing);
	ck_assert_str_eq(e.region, defaults[_i].region);
	ck_assert(e.is_https && e.port == 443);
}
END_TEST

START_TEST(a_region_cannot_smuggle_a_host)
{
	static const char *const bad[] = { "", "us-east-1.evil.example/",
		"us_east_1", "US-EAST-1", "-a", "a-", "a b" };
	struct endpoint e;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(
		    endpoint_default(&e, ENDPOINT_POLLY, bad[i], 0, 0),
		    ENDPOINT_ERR_REGION);
	}
	env_set(&env, "AWS_REGION", "evil.example/");
	ck_assert_int_eq(load(NULL), CONFIG_ERR_VALUE);
	ck_assert_ptr_nonnull(strstr(err, "AWS_REGION"));
}
END_TEST

START_TEST(region_comes_from_option_variables_profile_in_that_order)
{
	struct config_options o = { .region = "eu-north-1" };

	env_file(&env, "AWS_CONFIG_FILE", "config",
	    "[default]\nregion = eu-south-1\n");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_str_eq(config.region, "eu-south-1");
	ck_assert_ptr_nonnull(strstr(config.region_from, "'default'"));
	env_set(&env, "AWS_DEFAULT_REGION", "eu-west-2");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_str_eq(config.region, "eu-west-2");
	env_set(&env, "AWS_REGION", "eu-west-1");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_str_eq(config.region, "eu-west-1");
	ck_assert_int_eq(load(&o), 0);
	ck_assert_str_eq(config.region, "eu-north-1");
}
END_TEST

START_TEST(no_region_names_the_way_out)
{
	struct endpoint e;

	ck_assert_int_eq(load(NULL), 0);
	ck_assert_ptr_null(config.region);
	ck_assert_int_eq(
	    config_endpoint(&config, ENDPOINT_POLLY, &e, err, sizeof(err)),
	    CONFIG_ERR_REGION);
	ck_assert_ptr_nonnull(strstr(err, "AWS_REGION"));
	ck_assert_ptr_nonnull(strstr(err, "/.aws/config"));
}
END_TEST

static const char *
authority(enum endpoint_service service)
{
	static struct endpoint e;

	ck_assert_int_eq(
	    config_endpoint(&config, service, &e, err, sizeof(err)), 0);
	ck_assert_str_eq(e.region, "eu-west-1");
	return e.authority;
}

START_TEST(endpoint_comes_from_the_nearest_place)
{
	struct config_options o = { .endpoint_url = "http://127.0.0.1:6" };

	env_set(&env, "AWS_REGION", "eu-west-1");
	env_file(&env, "AWS_CONFIG_FILE", "config",
	    "[default]\nendpoint_url = http://127.0.0.1:1\n");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_str_eq(authority(ENDPOINT_POLLY), "127.0.0.1:1");
	env_file(&env, NULL, "config",
	    "[default]\nendpoint_url = http://127.0.0.1:1\nservices = s\n"
	    "[services s]\npolly =\n  endpoint_url = http://127.0.0.1:2\n");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_str_eq(authority(ENDPOINT_POLLY), "127.0.0.1:2");
	ck_assert_str_eq(authority(ENDPOINT_TRANSLATE), "127.0.0.1:1");
	env_set(&env, "AWS_ENDPOINT_URL", "http://127.0.0.1:3");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_str_eq(authority(ENDPOINT_POLLY), "127.0.0.1:3");
	env_set(&env, "AWS_ENDPOINT_URL_TRANSCRIBE_STREAMING",
	    "http://127.0.0.1:4");
	ck_assert_str_eq(
	    authority(ENDPOINT_TRANSCRIBE_STREAMING), "127.0.0.1:4");
	ck_assert_str_eq(authority(ENDPOINT_STS), "127.0.0.1:3");
	env_set(&env, "AWS_ENDPOINT_URL_STS", "http://127.0.0.1:5");
	ck_assert_str_eq(authority(ENDPOINT_STS), "127.0.0.1:5");
	env_set(&env, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_str_eq(
	    authority(ENDPOINT_POLLY), "polly.eu-west-1.amazonaws.com");
	ck_assert_int_eq(load(&o), 0);
	ck_assert_str_eq(authority(ENDPOINT_POLLY), "127.0.0.1:6");
}
END_TEST

START_TEST(fips_and_dual_stack_change_the_host_but_not_a_custom_one)
{
	struct endpoint e;

	env_set(&env, "AWS_REGION", "eu-west-1");
	env_set(&env, "AWS_USE_FIPS_ENDPOINT", "true");
	env_set(&env, "AWS_USE_DUALSTACK_ENDPOINT", "TRUE");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_str_eq(
	    authority(ENDPOINT_TRANSLATE), "translate-fips.eu-west-1.api.aws");
	env_set(&env, "AWS_ENDPOINT_URL", "http://127.0.0.1:3");
	ck_assert_int_eq(
	    config_endpoint(&config, ENDPOINT_POLLY, &e, err, sizeof(err)),
	    CONFIG_ERR_VALUE);
	ck_assert_ptr_nonnull(strstr(err, "AWS_ENDPOINT_URL"));
}
END_TEST

START_TEST(a_url_that_is_none_names_the_setting)
{
	struct endpoint e;

	env_set(&env, "AWS_REGION", "eu-west-1");
	env_set(&env, "AWS_ENDPOINT_URL_POLLY", "localhost:8080");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_int_eq(
	    config_endpoint(&config, ENDPOINT_POLLY, &e, err, sizeof(err)),
	    CONFIG_ERR_VALUE);
	ck_assert_ptr_nonnull(strstr(err, "AWS_ENDPOINT_URL_POLLY"));
	ck_assert_ptr_nonnull(strstr(err, "https://"));
}
END_TEST

START_TEST(a_profile_asked_for_must_exist)
{
	struct config_options o = { .profile = "dev" };

	env_file(&env, "AWS_SHARED_CREDENTIALS_FILE", "credentials",
	    "[ops]\naws_access_key_id = A\n");
	ck_assert_int_eq(load(&o), CONFIG_ERR_PROFILE);
	ck_assert_ptr_nonnull(strstr(err, "'dev'"));
	env_set(&env, "AWS_PROFILE", "ops");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_str_eq(config.profile, "ops");
	ck_assert(config.profile_is_named && !config.profile_is_option);
	env_set(&env, "AWS_PROFILE", "default");
	ck_assert_int_eq(load(NULL), 0);
}
END_TEST

START_TEST(numbers_and_switches_that_make_no_sense_are_named)
{
	env_set(&env, "AWS_MAX_ATTEMPTS", "5");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_int_eq(config.max_attempts, 5);
	env_set(&env, "AWS_MAX_ATTEMPTS", "many");
	ck_assert_int_eq(load(NULL), CONFIG_ERR_VALUE);
	ck_assert_ptr_nonnull(strstr(err, "AWS_MAX_ATTEMPTS"));
	env_set(&env, "AWS_MAX_ATTEMPTS", "");
	env_set(&env, "AWS_USE_FIPS_ENDPOINT", "yes");
	ck_assert_int_eq(load(NULL), CONFIG_ERR_VALUE);
	env_set(&env, "AWS_USE_FIPS_ENDPOINT", "false");
	env_set(&env, "AWS_RETRY_MODE", "frantic");
	ck_assert_int_eq(load(NULL), CONFIG_ERR_VALUE);
	env_set(&env, "AWS_RETRY_MODE", "adaptive");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert(config.is_adaptive);
	ck_assert_int_eq(config.max_attempts, 3);
}
END_TEST

START_TEST(roots_that_cannot_be_read_are_named)
{
	env_file(&env, "AWS_CA_BUNDLE", "roots.pem", "x");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_ptr_nonnull(strstr(config.ca_bundle, "roots.pem"));
	env_set(&env, "AWS_CA_BUNDLE", "/nonexistent/roots.pem");
	ck_assert_int_eq(load(NULL), CONFIG_ERR_FILE);
	ck_assert_ptr_nonnull(strstr(err, "AWS_CA_BUNDLE"));
}
END_TEST

START_TEST(home_is_a_tilde_and_missing_files_are_empty)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/.aws", env.dir);
	ck_assert_int_eq(load(NULL), 0);
	snprintf(path, sizeof(path), "%s/.aws/config", env.dir);
	ck_assert_str_eq(config.config_path, path);
	env_file(&env, NULL, "mine", "[default]\nregion = eu-west-3\n");
	env_set(&env, "AWS_CONFIG_FILE", "~/mine");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_str_eq(config.region, "eu-west-3");
	/* A folder is no file. */
	env_set(&env, "AWS_CONFIG_FILE", env.dir);
	ck_assert_int_eq(load(NULL), CONFIG_ERR_FILE);
}
END_TEST

/* As for a service that runs with another user's HOME. */
START_TEST(a_file_of_the_home_that_cannot_be_read_is_left_out_and_told)
{
	char dir[128], path[160];

	snprintf(dir, sizeof(dir), "%s/.aws", env.dir);
	snprintf(path, sizeof(path), "%s/config", dir);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	env_set(&env, "AWS_REGION", "eu-west-1");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_str_eq(config.region, "eu-west-1");
	ck_assert_int_eq(config_problem(&config, 0, err, sizeof(err)), 1);
	ck_assert_ptr_nonnull(strstr(err, "/.aws/config': Is a directory"));
	ck_assert_int_eq(config_problem(&config, 1, err, sizeof(err)), 0);
	rmdir(path);
	rmdir(dir);
}
END_TEST

START_TEST(a_pipe_is_a_file_too_and_a_silent_one_holds_nobody)
{
	static const char text[] = "[default]\nregion = eu-west-3\n";
	char path[64];
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
	env_set(&env, "AWS_CONFIG_FILE", path);
	ck_assert_int_eq(
	    write(fds[1], text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(load(NULL), CONFIG_ERR_FILE);
	ck_assert_ptr_nonnull(strstr(err, "timed out"));
	ck_assert_int_eq(
	    write(fds[1], text, strlen(text)), (ssize_t)strlen(text));
	close(fds[1]);
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_str_eq(config.region, "eu-west-3");
	close(fds[0]);
}
END_TEST

START_TEST(services_that_are_named_must_be_there)
{
	struct endpoint e;

	env_file(&env, "AWS_CONFIG_FILE", "config",
	    "[default]\nregion = eu-west-1\nservices = locla\n"
	    "[services local]\npolly =\n  endpoint_url = http://[::1]:1\n");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_int_eq(
	    config_endpoint(&config, ENDPOINT_POLLY, &e, err, sizeof(err)),
	    CONFIG_ERR_VALUE);
	ck_assert_ptr_nonnull(strstr(err, "no [services locla]"));
	env_set(&env, "AWS_ENDPOINT_URL", "http://127.0.0.1:3");
	ck_assert_str_eq(authority(ENDPOINT_POLLY), "127.0.0.1:3");
}
END_TEST

START_TEST(without_home_the_user_database_knows)
{
	const struct passwd *entry = getpwuid(getuid());
	char path[512];

	if (entry == NULL)
		return; /* a user that is in no database has no home */
	snprintf(path, sizeof(path), "%s/.aws/config", entry->pw_dir);
	env_set(&env, "HOME", "");
	/* Whatever is in that file may be wrong: it is the place that counts.
	 */
	(void)load(NULL);
	ck_assert_ptr_nonnull(config.config_path);
	ck_assert_str_eq(config.config_path, path);
}
END_TEST

START_TEST(a_line_left_out_is_told_with_its_file)
{
	env_file(&env, "AWS_CONFIG_FILE", "config", "[default]\noops\n");
	ck_assert_int_eq(load(NULL), 0);
	ck_assert_int_eq(config_problem(&config, 0, err, sizeof(err)), 1);
	ck_assert_ptr_nonnull(strstr(err, "config, line 2: line has no '='"));
	ck_assert_int_eq(config_problem(&config, 1, err, sizeof(err)), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws config");
	TCase *files = tcase_create("ini");
	TCase *endpoints = tcase_create("endpoint");
	TCase *settings = tcase_create("config");
	SRunner *runner;
	int failed;

	tcase_add_test(files, reads_profiles_and_nested_blocks);
	tcase_add_test(files, takes_quotes_off_and_comments_away);
	tcase_add_test(
	    files, indented_keys_open_blocks_and_comments_may_touch_brackets);
	tcase_add_test(files, profile_default_beats_default_wholly);
	tcase_add_test(files, the_two_files_name_their_sections_differently);
	tcase_add_test(
	    files, the_last_of_repeated_keys_counts_and_sections_merge);
	tcase_add_test(files, senseless_lines_are_left_out_and_remembered);
	tcase_add_test(files, files_that_are_no_text_or_too_large_are_refused);
	suite_add_tcase(s, files);

	tcase_add_loop_test(
	    endpoints, parses_urls, 0, sizeof(urls) / sizeof(urls[0]));
	tcase_add_loop_test(endpoints, knows_the_services_hosts, 0,
	    sizeof(defaults) / sizeof(defaults[0]));
	suite_add_tcase(s, endpoints);

	tcase_add_checked_fixture(settings, setup, teardown);
	tcase_add_test(settings, a_region_cannot_smuggle_a_host);
	tcase_add_test(
	    settings, region_comes_from_option_variables_profile_in_that_order);
	tcase_add_test(settings, no_region_names_the_way_out);
	tcase_add_test(settings, endpoint_comes_from_the_nearest_place);
	tcase_add_test(
	    settings, fips_and_dual_stack_change_the_host_but_not_a_custom_one);
	tcase_add_test(settings, a_url_that_is_none_names_the_setting);
	tcase_add_test(settings, a_profile_asked_for_must_exist);
	tcase_add_test(
	    settings, numbers_and_switches_that_make_no_sense_are_named);
	tcase_add_test(settings, roots_that_cannot_be_read_are_named);
	tcase_add_test(settings, home_is_a_tilde_and_missing_files_are_empty);
	tcase_add_test(settings,
	    a_file_of_the_home_that_cannot_be_read_is_left_out_and_told);
	tcase_add_test(
	    settings, a_pipe_is_a_file_too_and_a_silent_one_holds_nobody);
	tcase_add_test(settings, services_that_are_named_must_be_there);
	tcase_add_test(settings, without_home_the_user_database_knows);
	tcase_add_test(settings, a_line_left_out_is_told_with_its_file);
	suite_add_tcase(s, settings);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
