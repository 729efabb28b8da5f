/* Certificates for tests, made when they run: a CA and what it issues, as PEM
 * files in a folder that is removed at the end. */
#ifndef AWS_PKI_H
#define AWS_PKI_H

#include <check.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PKI_FILES 24
#define PKI_DAY 86400L

struct pki {
	char dir[64];
	char *files[PKI_FILES];
	size_t nfiles;
	EVP_PKEY *key; /* the CA's */
	X509 *ca;
	long serial;
};

/* Where a file of the folder is; to be removed with it. */
static inline const char *
pki_path(struct pki *k, const char *name)
{
	char path[128];
	size_t i;

	for (i = 0; i < k->nfiles; i++)
		if (strcmp(strrchr(k->files[i], '/') + 1, name) == 0)
			return k->files[i];
	ck_assert_uint_lt(k->nfiles, PKI_FILES);
	(void)snprintf(path, sizeof path, "%s/%s", k->dir, name);
	k->files[k->nfiles] = strdup(path);
	ck_assert_ptr_nonnull(k->files[k->nfiles]);
	return k->files[k->nfiles++];
}

static inline void
pki_write(struct pki *k, const char *name, X509 *cert, EVP_PKEY *key)
{
	FILE *f = fopen(pki_path(k, name), "w");

	ck_assert_ptr_nonnull(f);
	if (cert != NULL)
		ck_assert_int_eq(PEM_write_X509(f, cert), 1);
	if (key != NULL)
		ck_assert_int_eq(
		    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	ck_assert_int_eq(fclose(f), 0);
}

static inline void
pki_extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ck_assert_ptr_nonnull(ext);
	ck_assert_int_eq(X509_add_ext(cert, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

static inline X509 *
pki_cert(struct pki *k, EVP_PKEY *key, const char *cn, long from_s, long to_s)
{
	X509 *cert = X509_new();
	X509_NAME *name;

	ck_assert_ptr_nonnull(cert);
	ck_assert_int_eq(X509_set_version(cert, 2), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), ++k->serial);
	X509_gmtime_adj(X509_getm_notBefore(cert), from_s);
	X509_gmtime_adj(X509_getm_notAfter(cert), to_s);
	name = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
	ck_assert_int_eq(X509_set_pubkey(cert, key), 1);
	return cert;
}

/* A folder and a CA in it: ca.pem. */
static inline void
pki_init(struct pki *k)
{
	memset(k, 0, sizeof *k);
	(void)snprintf(k->dir, sizeof k->dir, "/tmp/aws-pki-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(k->dir));
	k->key = EVP_EC_gen("P-256");
	ck_assert_ptr_nonnull(k->key);
	k->ca = pki_cert(k, k->key, "test CA", -PKI_DAY, 30 * PKI_DAY);
	X509_set_issuer_name(k->ca, X509_get_subject_name(k->ca));
	pki_extend(k->ca, k->ca, NID_basic_constraints, "critical,CA:TRUE");
	pki_extend(k->ca, k->ca, NID_key_usage, "critical,keyCertSign");
	ck_assert_int_gt(X509_sign(k->ca, k->key, EVP_sha256()), 0);
	pki_write(k, "ca.pem", k->ca, NULL);
}

/* NAME.pem and NAME.key for alt ("DNS:localhost,IP:127.0.0.1"), valid from
 * from_s to to_s seconds from now. */
static inline void
pki_issue(
    struct pki *k, const char *name, const char *alt, long from_s, long to_s)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert;
	char file[64];

	ck_assert_ptr_nonnull(key);
	cert = pki_cert(k, key, name, from_s, to_s);
	X509_set_issuer_name(cert, X509_get_subject_name(k->ca));
	pki_extend(cert, k->ca, NID_subject_alt_name, alt);
	ck_assert_int_gt(X509_sign(cert, k->key, EVP_sha256()), 0);
	(void)snprintf(file, sizeof file, "%s.pem", name);
	pki_write(k, file, cert, NULL);
	(void)snprintf(file, sizeof file, "%s.key", name);
	pki_write(k, file, NULL, key);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static inline void
pki_release(struct pki *k)
{
	size_t i;

	for (i = 0; i < k->nfiles; i++) {
		(void)unlink(k->files[i]);
		free(k->files[i]);
	}
	(void)rmdir(k->dir);
	X509_free(k->ca);
	EVP_PKEY_free(k->key);
}

#endif
