/* with: tests/unit/support/vectors.c */
/*
 * Whole signed streams made by AWS's JavaScript client, from the opening
 * request to the final empty event: each inner message, string to sign,
 * signature and envelope, both as who sends and as who receives; and the event
 * signatures that other SDKs publish in their tests.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "aws/event_signer.h"
#include "aws/sigv4.h"
#include "aws/sigv4_verify.h"
#include "base/b64.h"
#include "support/vectors.h"

#define NCHAINS 18
#define NEVENTS 94

static char **files; /* of eventsigning/, known-answers.json first */
static size_t nfiles;

#define HEADERS 24

struct chain {
	json_t *root;
	struct sigv4_credentials cred;
	struct sigv4_signer signer;
	struct sigv4_request req;
	struct sigv4_header headers[HEADERS];
	char query[1024];
	const json_t *seed;
	int64_t time_s;
};

static bool
is_added(const char *name)
{
	return strcmp(name, "x-amz-date") == 0 ||
	       strcmp(name, "x-amz-security-token") == 0;
}

static void
chain_load(struct chain *c, int i)
{
	const json_t *h;
	const char *name;
	json_t *value;
	size_t j, len = 0;

	memset(c, 0, sizeof(*c));
	c->root = vectors_json("eventsigning/%s", files[i]);
	c->cred.access_key_id = vectors_str(c->root, "access_key_id");
	c->cred.secret_access_key = vectors_str(c->root, "secret_access_key");
	c->cred.session_token =
	    json_string_value(json_object_get(c->root, "session_token"));
	c->signer.credentials = &c->cred;
	c->signer.region = vectors_str(c->root, "region");
	c->signer.service = vectors_str(c->root, "service");
	c->seed = json_object_get(c->root, "seed");
	c->req.method = vectors_str(c->seed, "method");
	c->req.path = vectors_str(c->seed, "path");
	c->req.headers = c->headers;
	ck_assert_int_eq(
	    sigv4_date_parse(&c->time_s, vectors_str(c->seed, "amz_date")), 0);
	json_array_foreach(json_object_get(c->seed, "headers"), j, h)
	{
		if (is_added(vectors_str(h, "name")))
			continue;
		c->headers[c->req.nheaders].name = vectors_str(h, "name");
		c->headers[c->req.nheaders++].value = vectors_str(h, "value");
	}
	if (c->req.nheaders == 0) {
		c->headers[0].name = "host";
		c->headers[0].value = vectors_str(c->seed, "authority");
		c->req.nheaders = 1;
	}
	json_object_foreach(json_object_get(c->seed, "query"), name, value)
	{
		len += (size_t)snprintf(c->query + len, sizeof(c->query) - len,
		    "%s%s=%s", len > 0 ? "&" : "", name,
		    json_string_value(value));
	}
	if (len > 0)
		c->req.query = c->query;
}

static bool
is_url(const struct chain *c)
{
	return strcmp(vectors_str(c->seed, "kind"), "presigned-url") == 0;
}

/* The parameters of a query, sorted: SDKs write them in different orders. */
static char *
sorted(const char *query)
{
	char *copy = strdup(query), *part[64], *p, *out;
	size_t n = 0, len = 0;

	for (p = strtok(copy, "&"); p != NULL && n < 64; p = strtok(NULL, "&"))
		part[n++] = p;
	for (size_t i = 1; i < n; i++) {
		for (size_t j = i; j > 0 && strcmp(part[j - 1], part[j]) > 0;
		     j--) {
			p = part[j];
			part[j] = part[j - 1];
			part[j - 1] = p;
		}
	}
	out = malloc(strlen(query) + 2);
	out[0] = '\0';
	for (size_t i = 0; i < n; i++)
		len += (size_t)sprintf(out + len, "%s&", part[i]);
	free(copy);
	return out;
}

static void
assert_same_query(const char *query, const char *url)
{
	char *a = sorted(query), *b = sorted(strchr(url, '?') + 1);

	ck_assert_str_eq(a, b);
	free(a);
	free(b);
}

START_TEST(opens_a_stream_as_the_sdk_does)
{
	struct sigv4_signed s;
	struct chain c;

	chain_load(&c, _i);
	if (is_url(&c)) {
		unsigned int expires_s = (unsigned int)json_integer_value(
		    json_object_get(c.seed, "expires"));

		ck_assert_int_eq(sigv4_presign(&s, &c.req, &c.signer, c.time_s,
				     expires_s, 0),
		    0);
		assert_same_query(s.query, vectors_str(c.seed, "url"));
	} else {
		ck_assert_int_eq(
		    sigv4_sign(&s, &c.req, &c.signer, c.time_s, 0), 0);
		ck_assert_str_eq(
		    s.authorization, vectors_str(c.seed, "authorization"));
		ck_assert_str_eq(s.payload_hash, SIGV4_EVENTS);
	}
	ck_assert_str_eq(
	    s.canonical_request, vectors_str(c.seed, "canonical_request"));
	ck_assert_str_eq(
	    s.string_to_sign, vectors_str(c.seed, "string_to_sign"));
	ck_assert_str_eq(s.signature, vectors_str(c.seed, "signature"));
	sigv4_signed_release(&s);
	json_decref(c.root);
}
END_TEST

/* The request as a server gets it. */
static void
receive(struct chain *c)
{
	const json_t *h;
	size_t i;

	if (is_url(c)) {
		c->req.query = strchr(vectors_str(c->seed, "url"), '?') + 1;
		return;
	}
	json_array_foreach(json_object_get(c->seed, "headers"), i, h)
	{
		if (!is_added(vectors_str(h, "name")))
			continue;
		c->headers[c->req.nheaders].name = vectors_str(h, "name");
		c->headers[c->req.nheaders++].value = vectors_str(h, "value");
	}
	c->headers[c->req.nheaders].name = "authorization";
	c->headers[c->req.nheaders++].value =
	    vectors_str(c->seed, "authorization");
}

START_TEST(accepts_an_opening_under_host_and_authority)
{
	static const char *const names[] = { "host", ":authority" };
	struct sigv4_auth auth;
	struct sigv4_why why;
	struct chain c;

	chain_load(&c, _i);
	receive(&c);
	for (size_t i = 0; i < 2; i++) {
		ck_assert(strcmp(c.headers[0].name, "host") == 0 ||
			  strcmp(c.headers[0].name, ":authority") == 0);
		c.headers[0].name = names[i];
		ck_assert_int_eq(sigv4_auth_parse(&auth, &c.req, &why), 0);
		ck_assert_int_eq(
		    sigv4_auth_check(&auth, &c.req, &c.cred, c.signer.region,
			c.signer.service, c.time_s, SIGV4_VERIFY_STREAM, &why),
		    0);
		ck_assert_str_eq(
		    auth.signature, vectors_str(c.seed, "signature"));
		sigv4_auth_release(&auth);
	}
	json_decref(c.root);
}
END_TEST

/* Headers of the inner message, in the order of the vector. */
static size_t
inner_headers(struct es_header *headers, const json_t *event)
{
	const json_t *h;
	size_t i, n = 0;

	json_array_foreach(json_object_get(event, "inner_headers"), i, h)
	{
		ck_assert_str_eq(vectors_str(h, "type"), "string");
		headers[n++] =
		    es_string(vectors_str(h, "name"), vectors_str(h, "value"));
	}
	return n;
}

static void
chain_start(struct sigv4_chain *sc, const struct chain *c)
{
	ck_assert_int_eq(
	    sigv4_chain_init(sc, &c->cred, c->signer.region, c->signer.service,
		vectors_str(c->seed, "signature")),
	    0);
}

static void
assert_hex(const uint8_t *p, size_t n, const json_t *obj, const char *key)
{
	size_t len;
	uint8_t *want = vectors_hex(obj, key, &len);

	ck_assert_bytes_eq(p, n, want, len);
	free(want);
}

/* One event by each of the three ways to sign it. */
static void
assert_event(struct sigv4_chain way[3], const json_t *e)
{
	bool is_end = strcmp(vectors_str(e, "kind"), "end") == 0;
	int64_t date_ms = json_integer_value(json_object_get(e, "date_ms"));
	uint8_t block[SIGV4_DATE_BLOCK_BYTES], signature[SIGV4_HASH_BYTES];
	struct es_header headers[8];
	size_t n = inner_headers(headers, e), len = 0, inner_len;
	uint8_t *payload =
	    is_end ? NULL : vectors_hex(e, "inner_payload_hex", &len);
	uint8_t *inner = vectors_hex(e, "inner_message_hex", &inner_len);
	struct bytes q;

	sigv4_chain_date_block(block, date_ms);
	assert_hex(block, sizeof(block), e, "date_header_hex");
	bytes_init(&q, 1 << 20);
	if (!is_end) {
		ck_assert_int_eq(es_encode(&q, headers, n, payload, len), 0);
		assert_hex(q.base, bytes_len(&q), e, "inner_message_hex");
	}
	ck_assert_int_eq(
	    sigv4_chain_sign(&way[0], date_ms, inner, inner_len, signature), 0);
	ck_assert_str_eq(sigv4_chain_string_to_sign(&way[0]),
	    vectors_str(e, "string_to_sign"));
	assert_hex(signature, sizeof(signature), e, "signature");
	bytes_reset(&q);
	ck_assert_int_eq(
	    event_signer_append_encoded(&way[1], date_ms, inner, inner_len, &q),
	    0);
	assert_hex(q.base, bytes_len(&q), e, "envelope_hex");
	bytes_reset(&q);
	ck_assert_int_eq(is_end ? event_signer_append_end(&way[2], date_ms, &q)
				: event_signer_append(&way[2], date_ms, headers,
				      n, payload, len, &q),
	    0);
	assert_hex(q.base, bytes_len(&q), e, "envelope_hex");
	bytes_release(&q);
	free(inner);
	free(payload);
}

START_TEST(signs_every_event_of_a_chain)
{
	struct sigv4_chain way[3];
	struct chain c;
	const json_t *e;
	size_t i;

	chain_load(&c, _i);
	for (i = 0; i < 3; i++)
		chain_start(&way[i], &c);
	json_array_foreach(json_object_get(c.root, "events"), i, e)
	{
		assert_event(way, e);
	}
	for (i = 0; i < 3; i++)
		sigv4_chain_release(&way[i]);
	json_decref(c.root);
}
END_TEST

/* Open an envelope whose byte `at` is changed by a bit, its CRC made right. */
static int
open_changed(
    struct sigv4_chain *chain, const json_t *e, size_t at, int64_t now_ms)
{
	struct es_header headers[ES_HEADERS_MAX];
	struct event_inner inner;
	struct es_message m;
	struct bytes q;
	size_t len;
	uint8_t *p = vectors_hex(e, "envelope_hex", &len);
	int rc;

	ck_assert_int_eq(es_decode(&m, headers, p, len), 0);
	p[at] ^= 1;
	/* Headers and payload are pointed to, the date is a copy. */
	if (at < 27 && headers[0].type == ES_TIMESTAMP)
		headers[0].value.integer ^= INT64_C(1) << (8 * (26 - at));
	bytes_init(&q, 1 << 20);
	ck_assert_int_eq(
	    es_encode(&q, m.headers, m.nheaders, m.payload, m.payload_len), 0);
	ck_assert_int_eq(es_decode(&m, headers, q.base, bytes_len(&q)), 0);
	rc = event_signer_open(chain, &m, now_ms, -1, &inner);
	bytes_release(&q);
	free(p);
	return rc;
}

START_TEST(opens_every_envelope_of_a_chain_and_no_other)
{
	struct es_header headers[ES_HEADERS_MAX];
	struct sigv4_chain chain;
	struct event_inner inner;
	struct es_message m;
	struct chain c;
	const json_t *e;
	size_t i, len;

	chain_load(&c, _i);
	chain_start(&chain, &c);
	json_array_foreach(json_object_get(c.root, "events"), i, e)
	{
		uint8_t *p = vectors_hex(e, "envelope_hex", &len);
		int64_t date_ms =
		    json_integer_value(json_object_get(e, "date_ms"));

		/* Date, signature and, but for the end, what is signed. */
		ck_assert_int_eq(
		    open_changed(&chain, e, 25, date_ms), EVENT_ERR_MISMATCH);
		ck_assert_int_eq(
		    open_changed(&chain, e, 78, date_ms), EVENT_ERR_MISMATCH);
		if (len > EVENT_ENVELOPE_BYTES)
			ck_assert_int_eq(
			    open_changed(&chain, e, len - 5, date_ms),
			    EVENT_ERR_MISMATCH);
		ck_assert_int_eq(es_decode(&m, headers, p, len), 0);
		ck_assert_int_eq(event_signer_open(&chain, &m, date_ms + 300001,
				     300000, &inner),
		    EVENT_ERR_EXPIRED);
		ck_assert_int_eq(event_signer_open(&chain, &m, date_ms - 300001,
				     300000, &inner),
		    EVENT_ERR_NOT_YET);
		ck_assert_int_eq(event_signer_open(&chain, &m, date_ms + 300000,
				     300000, &inner),
		    0);
		ck_assert_int_eq(inner.date_ms, date_ms);
		assert_hex(inner.bytes, inner.len, e, "inner_message_hex");
		/* Its turn is over. */
		ck_assert_int_eq(
		    event_signer_open(&chain, &m, date_ms, -1, &inner),
		    EVENT_ERR_MISMATCH);
		free(p);
	}
	sigv4_chain_release(&chain);
	json_decref(c.root);
}
END_TEST

START_TEST(gives_the_answers_that_other_sdks_publish)
{
	json_t *root = vectors_json("eventsigning/known-answers.json");
	json_t *list = json_object_get(root, "answers");
	const json_t *a;
	size_t i, nsigned = 0;

	json_array_foreach(list, i, a)
	{
		uint8_t h[SIGV4_HASH_BYTES], p[SIGV4_HASH_BYTES];
		uint8_t mac[SIGV4_HASH_BYTES];
		const char *secret =
		    json_string_value(json_object_get(a, "secret_access_key"));
		struct sigv4_credentials cred = { "any",
			secret == NULL ? "unknown" : secret, NULL };
		struct sigv4_chain chain;
		size_t hlen, plen;
		uint8_t *head = vectors_hex(a, "headers_hex", &hlen);
		uint8_t *body = vectors_hex(a, "payload_hex", &plen);
		int64_t time_s;

		ck_assert_int_eq(
		    sigv4_date_parse(&time_s, vectors_str(a, "amz_date")), 0);
		ck_assert_int_eq(
		    sigv4_chain_init(&chain, &cred, vectors_str(a, "region"),
			vectors_str(a, "service"),
			vectors_str(a, "prior_signature")),
		    0);
		sigv4_sha256(h, head, hlen);
		sigv4_sha256(p, body, plen);
		ck_assert_int_eq(
		    sigv4_chain_sign_digests(&chain, time_s, h, p, mac), 0);
		ck_assert_str_eq(sigv4_chain_string_to_sign(&chain),
		    vectors_str(a, "string_to_sign"));
		if (json_object_get(a, "signature") != NULL) {
			assert_hex(mac, sizeof(mac), a, "signature");
			nsigned++;
		}
		free(head);
		free(body);
	}
	ck_assert_uint_eq(json_array_size(list), 9);
	ck_assert_uint_eq(nsigned, 8);
	json_decref(root);
}
END_TEST

START_TEST(frame_of_the_developer_guide_has_our_layout)
{
	json_t *root = vectors_json("eventsigning/known-answers.json");
	const json_t *f = json_array_get(json_object_get(root, "frames"), 0);
	struct es_header headers[2];
	struct bytes q;
	size_t len;
	uint8_t *mac = vectors_hex(f, "chunk_signature", &len);

	headers[0] = es_timestamp(
	    ":date", json_integer_value(json_object_get(f, "date_ms")));
	headers[1] = es_bytes(":chunk-signature", mac, len);
	bytes_init(&q, 1024);
	ck_assert_int_eq(es_encode(&q, headers, 2, NULL, 0), 0);
	assert_hex(q.base, bytes_len(&q), f, "envelope_hex");
	bytes_release(&q);
	free(mac);
	json_decref(root);
}
END_TEST

/* As many files and events as there are: fewer would pass unnoticed. */
START_TEST(all_chains_are_there)
{
	size_t n = 0;

	ck_assert_uint_eq(nfiles, NCHAINS + 1);
	ck_assert_str_eq(files[0], "known-answers.json");
	for (size_t i = 1; i < nfiles; i++) {
		json_t *root = vectors_json("eventsigning/%s", files[i]);

		n += json_array_size(json_object_get(root, "events"));
		json_decref(root);
	}
	ck_assert_uint_eq(n, NEVENTS);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws/eventsigning");
	TCase *vectors = tcase_create("vectors");
	bool found = vectors_found();
	SRunner *r;
	int failed, n;

	if (found) {
		files = vectors_list("eventsigning", &nfiles);
		n = (int)nfiles;
		tcase_add_test(vectors, all_chains_are_there);
		tcase_add_loop_test(
		    vectors, opens_a_stream_as_the_sdk_does, 1, n);
		tcase_add_loop_test(
		    vectors, accepts_an_opening_under_host_and_authority, 1, n);
		tcase_add_loop_test(
		    vectors, signs_every_event_of_a_chain, 1, n);
		tcase_add_loop_test(vectors,
		    opens_every_envelope_of_a_chain_and_no_other, 1, n);
		tcase_add_test(
		    vectors, gives_the_answers_that_other_sdks_publish);
		tcase_add_test(
		    vectors, frame_of_the_developer_guide_has_our_layout);
	}
	suite_add_tcase(s, vectors);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return vectors_status(failed, found);
}
