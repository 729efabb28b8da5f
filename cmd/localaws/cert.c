#define _GNU_SOURCE /* flock, mkostemp */
#include "cert.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_S 86400L

static int
fail(char *text, const char *what, const char *path)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason =
	    code != 0 ? ERR_reason_error_string(code) : strerror(errno);

	snprintf(text, CERT_TEXT_BYTES, "%s%s%s%s: %s", what,
	    path == NULL ? "" : " '", path == NULL ? "" : path,
	    path == NULL ? "" : "'", reason == NULL ? "unknown" : reason);
	ERR_clear_error();
	return -1;
}

static int
join(char out[PATH_MAX], const char *dir, const char *name)
{
	int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);

	if (n < 0 || n >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

/* --- reading what is there ------------------------------------------------ */

static X509 *
read_x509(const char *path)
{
	FILE *f = fopen(path, "re");
	X509 *x = f == NULL ? NULL : PEM_read_X509(f, NULL, NULL, NULL);

	if (f != NULL)
		fclose(f);
	return x;
}

static EVP_PKEY *
read_key(const char *path)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *k =
	    f == NULL ? NULL : PEM_read_PrivateKey(f, NULL, NULL, NULL);

	if (f != NULL)
		fclose(f);
	return k;
}

static bool
is_valid_for(const X509 *x, int64_t now_s)
{
	time_t now = (time_t)now_s, then = now + CERT_RENEW_DAYS * DAY_S;

	return X509_cmp_time(X509_get0_notBefore(x), &now) < 0 &&
	       X509_cmp_time(X509_get0_notAfter(x), &then) > 0;
}

static bool
is_usable(const struct cert_paths *paths, int64_t now_s)
{
	X509 *ca = read_x509(paths->ca), *cert = read_x509(paths->cert);
	EVP_PKEY *key = read_key(paths->key);
	bool ok = ca != NULL && cert != NULL && key != NULL &&
	          X509_check_private_key(cert, key) == 1 &&
	          X509_verify(cert, X509_get0_pubkey(ca)) == 1 &&
	          is_valid_for(ca, now_s) && is_valid_for(cert, now_s) &&
	          X509_check_host(cert, "localhost", 0, 0, NULL) == 1 &&
	          X509_check_ip_asc(cert, "127.0.0.1", 0) == 1 &&
	          X509_check_ip_asc(cert, "::1", 0) == 1;

	X509_free(ca);
	X509_free(cert);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}

/* --- making --------------------------------------------------------------- */

static int
extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;
	int ok;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	if ((ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value)) == NULL)
		return 0;
	ok = X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	return ok;
}

/* Everything but the extensions and the signature. */
static X509 *
blank(EVP_PKEY *key, X509 *issuer, const char *cn, int64_t now_s)
{
	uint8_t number[16];
	X509 *x = X509_new();
	X509_NAME *name = x == NULL ? NULL : X509_get_subject_name(x);
	BIGNUM *bn = NULL;
	time_t from = (time_t)now_s - DAY_S,
	       to = (time_t)now_s + CERT_DAYS * DAY_S;
	bool ok;

	ok = x != NULL && RAND_bytes(number, sizeof(number)) == 1;
	if (ok) {
		number[0] &= 0x7f; /* positive, RFC 5280, 4.1.2.2 */
		number[0] |= 0x01;
		bn = BN_bin2bn(number, sizeof(number), NULL);
	}
	ok = ok && bn != NULL &&
	     BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x)) != NULL &&
	     X509_set_version(x, X509_VERSION_3) == 1 &&
	     ASN1_TIME_set(X509_getm_notBefore(x), from) != NULL &&
	     ASN1_TIME_set(X509_getm_notAfter(x), to) != NULL &&
	     X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
		 (const unsigned char *)"pipebooth localaws", -1, -1, 0) == 1 &&
	     X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		 (const unsigned char *)cn, -1, -1, 0) == 1 &&
	     X509_set_issuer_name(x,
		 issuer == NULL ? name : X509_get_subject_name(issuer)) == 1 &&
	     X509_set_pubkey(x, key) == 1;
	BN_free(bn);
	if (!ok) {
		X509_free(x);
		return NULL;
	}
	return x;
}

static X509 *
make_ca(EVP_PKEY *key, int64_t now_s)
{
	X509 *x = blank(key, NULL, "pipebooth localaws CA", now_s);

	if (x != NULL &&
	    extend(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	    extend(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	    extend(x, x, NID_subject_key_identifier, "hash") &&
	    X509_sign(x, key, EVP_sha256()) > 0)
		return x;
	X509_free(x);
	return NULL;
}

static X509 *
make_server(EVP_PKEY *key, X509 *ca, EVP_PKEY *ca_key, int64_t now_s)
{
	X509 *x = blank(key, ca, "localhost", now_s);

	if (x != NULL &&
	    extend(x, ca, NID_basic_constraints, "critical,CA:FALSE") &&
	    extend(x, ca, NID_key_usage, "critical,digitalSignature") &&
	    extend(x, ca, NID_ext_key_usage, "serverAuth") &&
	    extend(x, ca, NID_subject_key_identifier, "hash") &&
	    extend(x, ca, NID_authority_key_identifier, "keyid:always") &&
	    extend(x, ca, NID_subject_alt_name,
		"DNS:localhost,IP:127.0.0.1,IP:::1") &&
	    X509_sign(x, ca_key, EVP_sha256()) > 0)
		return x;
	X509_free(x);
	return NULL;
}

/* Whole or not at all: into a file beside, then renamed over. */
static int
write_pem(const char *path, X509 *a, X509 *b, EVP_PKEY *key)
{
	char tmp[PATH_MAX + 16];
	FILE *f = NULL;
	int fd, ok;

	snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path);
	if ((fd = mkostemp(tmp, O_CLOEXEC)) < 0)
		return -1;
	/* mkostemp gave 0600; a certificate is for everybody. */
	ok = (key != NULL || fchmod(fd, 0644) == 0) &&
	     (f = fdopen(fd, "w")) != NULL;
	ok = ok && (a == NULL || PEM_write_X509(f, a) == 1) &&
	     (b == NULL || PEM_write_X509(f, b) == 1) &&
	     (key == NULL ||
		 PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1);
	if (f != NULL)
		ok = fclose(f) == 0 && ok;
	else
		close(fd);
	if (ok && rename(tmp, path) == 0)
		return 0;
	unlink(tmp);
	return -1;
}

static int
make_all(const struct cert_paths *paths, int64_t now_s, char *text)
{
	EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
	X509 *ca = NULL, *cert = NULL;
	int rc = -1;

	if (ca_key == NULL || key == NULL ||
	    (ca = make_ca(ca_key, now_s)) == NULL ||
	    (cert = make_server(key, ca, ca_key, now_s)) == NULL) {
		fail(text, "cannot make a certificate", NULL);
		goto out;
	}
	if (write_pem(paths->key, NULL, NULL, key) != 0)
		fail(text, "cannot write", paths->key);
	else if (write_pem(paths->cert, cert, ca, NULL) != 0)
		fail(text, "cannot write", paths->cert);
	else if (write_pem(paths->ca, ca, NULL, NULL) != 0)
		fail(text, "cannot write", paths->ca);
	else
		rc = 1;
out:
	X509_free(cert);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
	return rc;
}

int
cert_ensure(
    struct cert_paths *paths, const char *dir, int64_t now_s, char *text)
{
	char lock[PATH_MAX];
	int fd, rc;

	text[0] = '\0';
	ERR_clear_error();
	if (join(paths->ca, dir, "ca.pem") != 0 ||
	    join(paths->cert, dir, "cert.pem") != 0 ||
	    join(paths->key, dir, "key.pem") != 0 ||
	    join(lock, dir, "cert.lock") != 0)
		return fail(text, "cannot use directory", dir);
	if ((fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
		return fail(text, "cannot open", lock);
	while ((rc = flock(fd, LOCK_EX)) != 0 && errno == EINTR)
		continue;
	if (rc != 0)
		rc = fail(text, "cannot lock", lock);
	else
		rc = is_usable(paths, now_s) ? 0 : make_all(paths, now_s, text);
	close(fd);
	return rc;
}
