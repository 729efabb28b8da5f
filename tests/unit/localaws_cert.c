/* with: cmd/localaws/cert.c cmd/localaws/rundir.c */
/* The stand-in's certificate, kept, renewed and repaired; its directory and the
 * exports.  OpenSSL's own checks are the second opinion. */
#include <check.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../cmd/localaws/cert.h"
#include "../../cmd/localaws/rundir.h"

#define DAY_S (24 * 3600L)

static char dir[] = "/tmp/localaws-cert-XXXXXX";
static char text[CERT_TEXT_BYTES];
static struct cert_paths paths;
static int64_t now_s;

static void
setup(void)
{
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	now_s = (int64_t)time(NULL);
	ck_assert_msg(cert_ensure(&paths, dir, now_s, text) == 1, "%s", text);
}

static void
teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static X509 *
load(const char *path)
{
	FILE *f = fopen(path, "r");
	X509 *x = PEM_read_X509(f, NULL, NULL, NULL);

	fclose(f);
	ck_assert_ptr_nonnull(x);
	return x;
}

START_TEST(the_chain_verifies_for_every_loopback_name)
{
	X509 *ca = load(paths.ca), *cert = load(paths.cert);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	X509_STORE_add_cert(store, ca);
	ck_assert_int_eq(X509_STORE_CTX_init(ctx, store, cert, NULL), 1);
	X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
	X509_VERIFY_PARAM_set_flags(
	    X509_STORE_CTX_get0_param(ctx), X509_V_FLAG_X509_STRICT);
	ck_assert_msg(X509_verify_cert(ctx) == 1, "%s",
	    X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	ck_assert_int_eq(X509_check_host(cert, "localhost", 0, 0, NULL), 1);
	ck_assert_int_eq(X509_check_ip_asc(cert, "127.0.0.1", 0), 1);
	ck_assert_int_eq(X509_check_ip_asc(cert, "::1", 0), 1);
	ck_assert_int_eq(X509_check_host(cert, "example.com", 0, 0, NULL), 0);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	X509_free(cert);
	X509_free(ca);
}
END_TEST

START_TEST(the_key_is_for_us_alone)
{
	struct stat st;

	ck_assert_int_eq(stat(paths.key, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(a_good_one_is_kept_and_an_old_one_renewed)
{
	ck_assert_int_eq(cert_ensure(&paths, dir, now_s, text), 0);
	ck_assert_int_eq(
	    cert_ensure(&paths, dir,
		now_s + (CERT_DAYS - CERT_RENEW_DAYS - 1) * DAY_S, text),
	    0);
	ck_assert_int_eq(
	    cert_ensure(&paths, dir,
		now_s + (CERT_DAYS - CERT_RENEW_DAYS + 1) * DAY_S, text),
	    1);
	/* Made for the future: not valid yet today. */
	ck_assert_int_eq(cert_ensure(&paths, dir, now_s, text), 1);
}
END_TEST

START_TEST(what_does_not_fit_together_is_made_anew)
{
	FILE *f;

	ck_assert_int_eq(unlink(paths.key), 0);
	ck_assert_int_eq(cert_ensure(&paths, dir, now_s, text), 1);
	f = fopen(paths.ca, "w");
	fputs("not a certificate\n", f);
	fclose(f);
	ck_assert_int_eq(cert_ensure(&paths, dir, now_s, text), 1);
	ck_assert_int_eq(cert_ensure(&paths, dir, now_s, text), 0);
}
END_TEST

START_TEST(a_directory_that_is_not_there_is_an_error_in_words)
{
	ck_assert_int_eq(
	    cert_ensure(&paths, "/nonexistent/dir", now_s, text), -1);
	ck_assert_ptr_nonnull(strstr(text, "/nonexistent/dir"));
}
END_TEST

START_TEST(a_run_directory_is_made_whole_and_private)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/a/b/c", dir);
	ck_assert_msg(rundir_make(path, text) == 0, "%s", text);
	ck_assert_int_eq(rundir_make(path, text), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	ck_assert_int_eq(chmod(path, 0777), 0);
	ck_assert_int_eq(rundir_make(path, text), -1);
	ck_assert_ptr_nonnull(strstr(text, "writable by others"));
	snprintf(path, sizeof(path), "%s/key.pem", dir);
	ck_assert_int_eq(rundir_make(path, text), -1);
}
END_TEST

START_TEST(a_shell_reads_back_the_exports_whatever_they_hold)
{
	static const char odd[] = "it's $HOME \"and\" `more`\nlines";
	const struct rundir_export exports[] = { { "PLAIN", "x" },
		{ "ODD", odd }, { NULL, NULL } };
	char path[128], command[256], got[64];
	struct stat st;
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/env", dir);
	ck_assert_int_eq(rundir_write_env(path, exports, text), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	snprintf(command, sizeof(command), ". %s; printf %%s \"$ODD\"", path);
	f = popen(command, "r");
	n = fread(got, 1, sizeof(got) - 1, f);
	got[n] = '\0';
	ck_assert_int_eq(pclose(f), 0);
	ck_assert_str_eq(got, odd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("localaws_cert");
	TCase *tc = tcase_create("files");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_chain_verifies_for_every_loopback_name);
	tcase_add_test(tc, the_key_is_for_us_alone);
	tcase_add_test(tc, a_good_one_is_kept_and_an_old_one_renewed);
	tcase_add_test(tc, what_does_not_fit_together_is_made_anew);
	tcase_add_test(tc, a_directory_that_is_not_there_is_an_error_in_words);
	tcase_add_test(tc, a_run_directory_is_made_whole_and_private);
	tcase_add_test(tc, a_shell_reads_back_the_exports_whatever_they_hold);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
