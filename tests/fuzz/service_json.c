/*
 * The answers of the services that are not event streams: errors in the three
 * protocols, TranslateText, DescribeVoices, credentials.  The first byte
 * chooses; text that comes out must be valid UTF-8 in one line.
 */
#include <assert.h>
#include <string.h>

#include "aws/credentials_answer.h"
#include "aws/polly_voices.h"
#include "aws/service_error.h"
#include "aws/translate.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check_line(const char *s, size_t size)
{
	size_t n = strlen(s);

	assert(n < size);
	assert(utf8_is_valid(s, n));
	assert(strpbrk(s, "\r\n\t") == NULL);
}

static void
try_error(enum service_protocol protocol, const uint8_t *p, size_t n)
{
	struct service_error e;
	char text[1200];

	service_error_from_answer(&e, protocol, 400, NULL, NULL, p, n);
	check_line(e.name, sizeof(e.name));
	check_line(e.message, sizeof(e.message));
	check_line(e.detail, sizeof(e.detail));
	check_line(e.request_id, sizeof(e.request_id));
	check_line(service_error_text(&e, text, sizeof(text)), sizeof(text));
	assert(e.class != SERVICE_ERROR_NONE);
	service_error_from_exception(&e, "X", NULL, p, n);
	check_line(e.message, sizeof(e.message));
}

static void
try_voices(const uint8_t *p, size_t n)
{
	static char query[POLLY_QUERY_MAX];
	struct service_error e;
	struct polly_voices v;
	const struct polly_voice *voice;
	bool is_additional;

	polly_voices_init(&v);
	/* The same page twice: paging goes on or ends, but never loops. */
	if (polly_voices_add_page(&v, p, n, &e) == 0 &&
	    polly_voices_has_more(&v)) {
		assert(polly_voices_query(
			   &v, "neural", "en-US", query, sizeof(query)) == 0);
		assert(polly_voices_add_page(&v, p, n, &e) != 0);
	}
	voice = polly_voices_choose(
	    &v, "en-US", POLLY_NEURAL, NULL, &is_additional);
	assert(voice == NULL || polly_voice_speaks(voice, "en-US"));
	polly_voices_release(&v);
}

static void
try_translation(const uint8_t *p, size_t n)
{
	struct translate_answer a;
	struct service_error e;

	if (translate_answer_parse(&a, p, n, &e) != 0) {
		check_line(e.message, sizeof(e.message));
		return;
	}
	assert(utf8_is_valid(a.text, strlen(a.text)));
	translate_answer_release(&a);
}

static void
try_credentials(int form, const uint8_t *p, size_t n)
{
	char err[256] = "";
	struct credentials *c =
	    form == 3 ? credentials_from_sts(p, n, err, sizeof(err))
		      : credentials_from_json((enum credentials_form)form, p, n,
			    err, sizeof(err));

	/* A whole set, or a reason. */
	assert((c == NULL) == (err[0] != '\0'));
	if (c != NULL) {
		assert(c->keys.access_key_id[0] != '\0');
		assert(c->keys.secret_access_key[0] != '\0');
		assert(c->expires_at_ms >= 0);
	}
	credentials_unref(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n == 0)
		return 0;
	switch (p[0] % 9) {
	case 0:
		try_error(SERVICE_REST_JSON, p + 1, n - 1);
		break;
	case 1:
		try_error(SERVICE_JSON_1_1, p + 1, n - 1);
		break;
	case 2:
		try_error(SERVICE_QUERY_XML, p + 1, n - 1);
		break;
	case 3:
		try_voices(p + 1, n - 1);
		break;
	case 4:
		try_translation(p + 1, n - 1);
		break;
	default:
		try_credentials(p[0] % 9 - 5, p + 1, n - 1);
		break;
	}
	return 0;
}
