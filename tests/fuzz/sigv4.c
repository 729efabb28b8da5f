/*
 * The verifier on whatever comes, and on what the signer made of it: a request
 * that can be signed is one that verifies, in both forms, and no other key
 * fits.
 *
 * Input, a line each: method, path, query, then headers (NAME:VALUE) up to an
 * empty line, then the body.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/sigv4.h"
#include "aws/sigv4_verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define CHECK(is_true)                                                         \
	do {                                                                   \
		if (!(is_true))                                                \
			abort();                                               \
	} while (0)

#define HEADERS 32
#define NOW 1440938160 /* 2015-08-30T12:36:00Z */

static const struct sigv4_credentials cred = { "AKIDEXAMPLE", "secret",
	"to/ken=" };

/* The next line, cut off at its newline. */
static char *
next_line(char **rest)
{
	char *line = *rest, *eol = strchr(line, '\n');

	*rest = eol == NULL ? line + strlen(line) : eol + 1;
	if (eol != NULL)
		*eol = '\0';
	return line;
}

static void
parse(struct sigv4_request *req, struct sigv4_header *headers, char *text)
{
	char *line, *colon;

	memset(req, 0, sizeof(*req));
	req->method = next_line(&text);
	req->path = next_line(&text);
	req->query = next_line(&text);
	req->headers = headers;
	while (*(line = next_line(&text)) != '\0') {
		if (req->nheaders == HEADERS || line[0] == '\0' ||
		    (colon = strchr(line + 1, ':')) == NULL)
			continue;
		*colon = '\0';
		headers[req->nheaders].name = line;
		headers[req->nheaders++].value = colon + 1;
	}
	req->body = text;
	req->body_len = strlen(text);
}

static int
verify(const struct sigv4_request *req, const struct sigv4_credentials *with)
{
	struct sigv4_auth auth;
	struct sigv4_why why;
	int rc;

	if ((rc = sigv4_auth_parse(&auth, req, &why)) == 0) {
		rc = sigv4_auth_check(
		    &auth, req, with, NULL, "polly", NOW, 0, &why);
		sigv4_auth_release(&auth);
	}
	CHECK((rc == 0) == (why.text[0] == '\0'));
	CHECK(rc == 0 || sigv4_verify_status(rc) >= 400);
	return rc;
}

/* Headers that say something about a signature are the signer's to add. */
static void
drop_amz(struct sigv4_request *req, struct sigv4_header *headers)
{
	size_t n = 0;

	for (size_t i = 0; i < req->nheaders; i++) {
		if (strncasecmp(headers[i].name, "x-amz-", 6) != 0 &&
		    strcasecmp(headers[i].name, "authorization") != 0)
			headers[n++] = headers[i];
	}
	req->nheaders = n;
}

static void
assert_verifies(const struct sigv4_request *req)
{
	struct sigv4_credentials other = cred;

	CHECK(verify(req, &cred) == 0);
	other.secret_access_key = "Secret";
	CHECK(verify(req, &other) == SIGV4_VERIFY_WRONG_SIGNATURE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct sigv4_signer signer = { &cred, "us-east-1", "polly", NULL };
	struct sigv4_header headers[HEADERS + SIGV4_ADDED_MAX];
	struct sigv4_request req;
	struct sigv4_signed s;
	char *text = malloc(n + 1);
	size_t own;

	if (text == NULL)
		return 0;
	memcpy(text, p, n);
	text[n] = '\0';
	parse(&req, headers, text);
	CHECK(verify(&req, &cred) != 0); /* or it forged a signature */
	drop_amz(&req, headers);
	own = req.nheaders;
	if (sigv4_sign(&s, &req, &signer, NOW, SIGV4_ADD_PAYLOAD_HASH) == 0) {
		memcpy(headers + own, s.added, s.nadded * sizeof(headers[0]));
		req.nheaders += s.nadded;
		assert_verifies(&req);
		sigv4_signed_release(&s);
		req.nheaders = own;
	}
	if (sigv4_presign(&s, &req, &signer, NOW, 60, 0) == 0) {
		req.query = s.query;
		assert_verifies(&req);
		sigv4_signed_release(&s);
	}
	free(text);
	return 0;
}
