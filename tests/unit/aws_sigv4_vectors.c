/* with: tests/unit/support/vectors.c */
/*
 * The cases of AWS's signing test suite (aws-c-auth), in header and in query
 * form: signed, compared with what it says, and verified as a server would.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "aws/sigv4.h"
#include "aws/sigv4_verify.h"
#include "support/vectors.h"

static char **cases;
static size_t ncases;

#define HEADERS 16

/* A request as a file holds it, and what the case says about it. */
struct http {
	char *text; /* holds all */
	struct sigv4_request req;
	struct sigv4_header headers[HEADERS];
	char *target; /* path and query, as written */
};

static void
http_parse(struct http *h, char *text)
{
	char *p = text, *eol, *colon, *end;

	memset(h, 0, sizeof(*h));
	h->text = text;
	h->req.headers = h->headers;
	h->req.method = p;
	p = strchr(p, ' ');
	*p++ = '\0';
	end = strstr(p, " HTTP/1.1");
	*end = '\0';
	h->target = strdup(p);
	h->req.path = p;
	if ((p = strchr(p, '?')) != NULL) {
		*p = '\0';
		h->req.query = p + 1;
	}
	p = strchr(end + 1, '\n') + 1;
	while (*p != '\0' && *p != '\n') {
		eol = p + strcspn(p, "\n");
		while (eol[0] == '\n' && (eol[1] == ' ' || eol[1] == '\t'))
			eol += 1 + strcspn(eol + 1, "\n");
		if (*eol != '\0')
			*eol++ = '\0';
		colon = strchr(p, ':');
		*colon = '\0';
		h->headers[h->req.nheaders].name = p;
		h->headers[h->req.nheaders++].value = colon + 1;
		p = eol;
	}
	if (*p == '\n')
		p++;
	h->req.body = p;
	h->req.body_len = strlen(p);
}

static void
http_release(struct http *h)
{
	free(h->target);
	free(h->text);
}

struct vector {
	const char *name;
	json_t *context;
	struct http http;
	struct sigv4_credentials cred;
	struct sigv4_signer signer;
	int64_t time_s;
	unsigned int flags;
	unsigned int expires_s;
};

static void
vector_load(struct vector *v, int i)
{
	struct tm tm = { .tm_isdst = 0 };
	const json_t *cred;
	char amz_date[32];
	const char *t;

	memset(v, 0, sizeof(*v));
	v->name = cases[i];
	v->context = vectors_json("sigv4/%s/context.json", v->name);
	http_parse(
	    &v->http, vectors_read(NULL, "sigv4/%s/request.txt", v->name));
	cred = json_object_get(v->context, "credentials");
	v->cred.access_key_id = vectors_str(cred, "access_key_id");
	v->cred.secret_access_key = vectors_str(cred, "secret_access_key");
	v->cred.session_token =
	    json_string_value(json_object_get(cred, "token"));
	v->signer.credentials = &v->cred;
	v->signer.region = vectors_str(v->context, "region");
	v->signer.service = vectors_str(v->context, "service");
	t = vectors_str(v->context, "timestamp");
	ck_assert_int_eq(
	    sscanf(t, "%d-%d-%dT%d:%d:%dZ", &tm.tm_year, &tm.tm_mon,
		&tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec),
	    6);
	snprintf(amz_date, sizeof(amz_date), "%04d%02d%02dT%02d%02d%02dZ",
	    tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
	ck_assert_int_eq(sigv4_date_parse(&v->time_s, amz_date), 0);
	if (!json_is_true(json_object_get(v->context, "normalize")))
		v->http.req.path_rule = SIGV4_PATH_KEEP;
	if (json_is_true(json_object_get(v->context, "sign_body")))
		v->flags |= SIGV4_ADD_PAYLOAD_HASH;
	if (json_is_true(json_object_get(v->context, "omit_session_token")))
		v->flags |= SIGV4_TOKEN_UNSIGNED;
	v->expires_s = (unsigned int)json_integer_value(
	    json_object_get(v->context, "expiration_in_seconds"));
}

static void
vector_release(struct vector *v)
{
	http_release(&v->http);
	json_decref(v->context);
}

static void
assert_file(const struct vector *v, const char *file, const char *text)
{
	char *want = vectors_read(NULL, "sigv4/%s/%s", v->name, file);

	if (strcmp(want, text) != 0)
		ck_abort_msg(
		    "%s/%s is\n%s\nnot\n%s", v->name, file, text, want);
	free(want);
}

static bool
has_header(const struct http *h, const char *name, const char *value)
{
	for (size_t i = 0; i < h->req.nheaders; i++) {
		if (strcasecmp(h->headers[i].name, name) == 0 &&
		    strcmp(h->headers[i].value, value) == 0)
			return true;
	}
	return false;
}

/* Sending the request with what signing gave is what the file holds. */
static void
assert_sent(const struct vector *v, const char *file,
    const struct sigv4_signed *s, const char *target)
{
	const struct http *h = &v->http;
	struct http want;

	http_parse(&want, vectors_read(NULL, "sigv4/%s/%s", v->name, file));
	ck_assert_str_eq(target, want.target);
	ck_assert_uint_eq(want.req.nheaders, h->req.nheaders + s->nadded);
	for (size_t i = 0; i < h->req.nheaders; i++)
		ck_assert(
		    has_header(&want, h->headers[i].name, h->headers[i].value));
	for (size_t i = 0; i < s->nadded; i++)
		ck_assert(
		    has_header(&want, s->added[i].name, s->added[i].value));
	ck_assert_bytes_eq(
	    want.req.body, want.req.body_len, h->req.body, h->req.body_len);
	http_release(&want);
}

START_TEST(signs_the_header_form_of_a_vector)
{
	struct sigv4_signed s;
	struct vector v;

	vector_load(&v, _i);
	ck_assert_int_eq(
	    sigv4_sign(&s, &v.http.req, &v.signer, v.time_s, v.flags), 0);
	assert_file(&v, "header-canonical-request.txt", s.canonical_request);
	assert_file(&v, "header-string-to-sign.txt", s.string_to_sign);
	assert_file(&v, "header-signature.txt", s.signature);
	assert_sent(&v, "header-signed-request.txt", &s, v.http.target);
	sigv4_signed_release(&s);
	vector_release(&v);
}
END_TEST

START_TEST(signs_the_query_form_of_a_vector)
{
	struct sigv4_signed s;
	struct vector v;
	char target[4096];

	vector_load(&v, _i);
	ck_assert_int_eq(sigv4_presign(&s, &v.http.req, &v.signer, v.time_s,
			     v.expires_s, v.flags),
	    0);
	assert_file(&v, "query-canonical-request.txt", s.canonical_request);
	assert_file(&v, "query-string-to-sign.txt", s.string_to_sign);
	assert_file(&v, "query-signature.txt", s.signature);
	snprintf(target, sizeof(target), "%s?%s", v.http.req.path, s.query);
	assert_sent(&v, "query-signed-request.txt", &s, target);
	sigv4_signed_release(&s);
	vector_release(&v);
}
END_TEST

/* Verify a request as a server would that knows the case's key. */
static int
verify(const struct vector *v, const struct http *h, int64_t now_s,
    struct sigv4_why *why)
{
	struct sigv4_auth auth;
	int rc;

	if ((rc = sigv4_auth_parse(&auth, &h->req, why)) != 0)
		return rc;
	ck_assert_str_eq(auth.access_key_id, v->cred.access_key_id);
	ck_assert_int_eq(auth.time_s, v->time_s);
	rc = sigv4_auth_check(
	    &auth, &h->req, &v->cred, NULL, v->signer.service, now_s, 0, why);
	ck_assert_int_eq(rc == 0, why->text[0] == '\0');
	sigv4_auth_release(&auth);
	return rc;
}

static void
verify_file(int i, const char *file, int unsigned_token, int64_t too_late_s)
{
	struct sigv4_why why;
	struct vector v;
	struct http h;
	int want = 0;

	vector_load(&v, i);
	http_parse(&h, vectors_read(NULL, "sigv4/%s/%s", v.name, file));
	h.req.path_rule = v.http.req.path_rule;
	if ((v.flags & SIGV4_TOKEN_UNSIGNED) != 0)
		want = unsigned_token;
	ck_assert_int_eq(verify(&v, &h, v.time_s, &why), want);
	if (want == 0) {
		ck_assert_int_eq(verify(&v, &h, v.time_s + too_late_s, &why),
		    SIGV4_VERIFY_EXPIRED);
		ck_assert_int_eq(
		    verify(&v, &h, v.time_s + too_late_s - 1, &why), 0);
		v.cred.secret_access_key = "another";
		ck_assert_int_eq(verify(&v, &h, v.time_s, &why),
		    SIGV4_VERIFY_WRONG_SIGNATURE);
	}
	http_release(&h);
	vector_release(&v);
}

START_TEST(verifies_the_header_form_of_a_vector)
{
	verify_file(
	    _i, "header-signed-request.txt", SIGV4_VERIFY_UNSIGNED, 301);
}
END_TEST

START_TEST(verifies_the_query_form_of_a_vector)
{
	/* The parameter is there, so the canonical query holds it. */
	verify_file(
	    _i, "query-signed-request.txt", SIGV4_VERIFY_WRONG_SIGNATURE, 3601);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws/sigv4_vectors");
	TCase *tc = tcase_create("vectors");
	bool found = vectors_found();
	SRunner *r;
	int failed, n;

	if (found)
		cases = vectors_list("sigv4", &ncases);
	n = (int)ncases;
	tcase_add_loop_test(tc, signs_the_header_form_of_a_vector, 0, n);
	tcase_add_loop_test(tc, signs_the_query_form_of_a_vector, 0, n);
	tcase_add_loop_test(tc, verifies_the_header_form_of_a_vector, 0, n);
	tcase_add_loop_test(tc, verifies_the_query_form_of_a_vector, 0, n);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	/* A folder with fewer cases than there are would pass unnoticed. */
	if (found && ncases != 38) {
		printf("%zu cases in sigv4/, not 38\n", ncases);
		failed = 1;
	}
	return vectors_status(failed, found);
}
