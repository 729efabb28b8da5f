/* with: cmd/presign/url.c tests/unit/support/vectors.c */
/*
 * Presigned URLs: the WebSocket one against the shared vector, Polly's against
 * what AWS's JavaScript signer made of the same request (written out below),
 * and all of them against the verifier.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/presign/url.h"
#include "aws/sigv4_verify.h"
#include "support/vectors.h"

#define SIGNED_AT_S 1767323045 /* 2026-01-02T03:04:05Z */

static const struct sigv4_credentials plain = {
	"AKIDEXAMPLE",
	"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
	NULL,
};
static const struct sigv4_credentials temporary = {
	"AKIDEXAMPLE",
	"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
	"IQoJb3JpZ2luX2VjEXAMPLE//+token==",
};

static struct endpoint endpoint;
static struct url_signer signer;
static char err[256];

static void
set_up(void)
{
	signer = (struct url_signer){ &endpoint, &plain, SIGNED_AT_S, 900 };
	err[0] = '\0';
	ck_assert_int_eq(endpoint_default(&endpoint, ENDPOINT_POLLY,
			     "eu-central-1", false, false),
	    0);
}

/* The parameter name=value of a URL, up to its end; NULL: not there. */
static const char *
find_param(const char *url, const char *name, size_t *len)
{
	const char *p = strchr(url, '?');
	size_t n = strlen(name);

	while (p != NULL) {
		p++;
		*len = strcspn(p, "&");
		if (strncmp(p, name, n) == 0 && p[n] == '=')
			return p;
		p = strchr(p, '&');
	}
	return NULL;
}

static size_t
count(const char *s, char c)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += *s == c;
	return n;
}

/* The same address and the same parameters, in whatever order. */
static void
expect_url(const char *url, const char *expected)
{
	size_t head = strcspn(expected, "?"), len, found_len;
	const char *p = expected + head, *found, *end = url + strlen(url);
	char name[64];

	ck_assert_uint_eq(strcspn(url, "?"), head);
	ck_assert_int_eq(strncmp(url, expected, head), 0);
	ck_assert_uint_eq(strlen(url), strlen(expected));
	ck_assert_uint_eq(count(url, '&'), count(expected, '&'));
	while (p != NULL) {
		p++;
		len = strcspn(p, "&");
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(p, "="), p);
		/* Of a list, its members in order: the first of them here. */
		if (strcmp(name, "LexiconNames") != 0 &&
		    strcmp(name, "SpeechMarkTypes") != 0) {
			found = find_param(url, name, &found_len);
			ck_assert_msg(found != NULL, "no %s in %s", name, url);
			ck_assert_uint_eq(found_len, len);
			ck_assert_msg(memcmp(found, p, len) == 0,
			    "%.*s, not %.*s", (int)(end - found), found,
			    (int)len, p);
		}
		p = strchr(p, '&');
	}
}

/* A server takes it as it came, and not with another byte in it. */
static void
expect_verified(const char *url, const char *path,
    const struct sigv4_credentials *keys, int64_t now_s, int expected)
{
	const struct sigv4_header host = { "host", endpoint.authority };
	struct sigv4_request req;
	struct sigv4_auth auth;
	struct sigv4_why why;
	int rc;

	memset(&req, 0, sizeof(req));
	req.method = "GET";
	req.path = path;
	req.query = strchr(url, '?') + 1;
	req.headers = &host;
	req.nheaders = 1;
	ck_assert_int_eq(sigv4_auth_parse(&auth, &req, &why), 0);
	ck_assert(auth.is_presigned);
	rc = sigv4_auth_check(&auth, &req, keys, endpoint.region,
	    endpoint.service, now_s, 0, &why);
	ck_assert_msg(rc == expected, "%d: %s", rc, why.text);
	sigv4_auth_release(&auth);
}

START_TEST(a_websocket_url_is_the_sdks)
{
	json_t *root =
	    vectors_json("eventsigning/transcribe-09-websocket.json");
	const json_t *seed = json_object_get(root, "seed");
	const json_t *query = json_object_get(seed, "query");
	const struct sigv4_credentials keys = {
		vectors_str(root, "access_key_id"),
		vectors_str(root, "secret_access_key"),
		vectors_str(root, "session_token"),
	};
	struct transcribe_params params;
	struct endpoint service;
	char *url;

	memset(&params, 0, sizeof(params));
	params.language_code = vectors_str(query, "language-code");
	params.sample_rate_hz = 16000;
	params.session_id = vectors_str(query, "session-id");
	ck_assert_int_eq(
	    endpoint_default(&service, ENDPOINT_TRANSCRIBE_STREAMING,
		vectors_str(root, "region"), false, false),
	    0);
	endpoint = service;
	url_websocket_port(&endpoint, &service);
	ck_assert_str_eq(endpoint.authority, vectors_str(seed, "authority"));
	ck_assert_int_eq(endpoint.port, 8443);
	signer.keys = &keys;
	signer.expires_s = 300;
	ck_assert_int_eq(
	    sigv4_date_parse(&signer.time_s, vectors_str(seed, "amz_date")), 0);
	ck_assert_int_eq(
	    url_transcribe(&url, &signer, &params, "pcm", err, sizeof(err)), 0);
	expect_url(url, vectors_str(seed, "url"));
	expect_verified(
	    url, vectors_str(seed, "path"), &keys, signer.time_s, 0);
	free(url);
	json_decref(root);
}
END_TEST

START_TEST(an_endpoint_of_ones_own_keeps_its_port)
{
	struct endpoint service;

	ck_assert_int_eq(
	    endpoint_default(&service, ENDPOINT_TRANSCRIBE_STREAMING,
		"us-west-2", false, false),
	    0);
	ck_assert_int_eq(
	    endpoint_parse(&endpoint, "http://127.0.0.1:4566/x"), 0);
	url_websocket_port(&endpoint, &service);
	ck_assert_str_eq(endpoint.authority, "127.0.0.1:4566");
	ck_assert_int_eq(endpoint.port, 4566);
}
END_TEST

START_TEST(a_websocket_url_carries_every_parameter)
{
	const struct transcribe_params params = {
		.language_options = "en-US,it-IT",
		.identify_multiple = true,
		.sample_rate_hz = 48000,
		.vocabulary = "a,b",
		.show_speakers = true,
		.stability = "high",
	};
	char *url;
	size_t n;

	ck_assert_int_eq(
	    endpoint_parse(&endpoint, "http://127.0.0.1:4566/x"), 0);
	strcpy(endpoint.region, "us-west-2");
	strcpy(endpoint.service, "transcribe");
	signer.expires_s = 300;
	ck_assert_int_eq(
	    url_transcribe(&url, &signer, &params, "flac", err, sizeof(err)),
	    0);
	ck_assert_int_eq(
	    strncmp(url,
		"ws://127.0.0.1:4566/x/stream-transcription-websocket?", 53),
	    0);
	ck_assert_ptr_nonnull(strstr(url, "language-options=en-US%2Cit-IT&"));
	ck_assert_ptr_nonnull(strstr(url, "identify-multiple-languages=true&"));
	ck_assert_ptr_nonnull(strstr(url, "media-encoding=flac&"));
	ck_assert_ptr_nonnull(strstr(url, "sample-rate=48000&"));
	ck_assert_ptr_nonnull(strstr(url, "vocabulary-names=a%2Cb&"));
	ck_assert_ptr_nonnull(strstr(url, "show-speaker-label=true&"));
	ck_assert_ptr_nonnull(
	    strstr(url, "enable-partial-results-stabilization=true&"));
	ck_assert_ptr_nonnull(strstr(url, "partial-results-stability=high&"));
	ck_assert_ptr_null(find_param(url, "language-code", &n));
	expect_verified(url, "/x/stream-transcription-websocket", &plain,
	    SIGNED_AT_S + 299, 0);
	expect_verified(url, "/x/stream-transcription-websocket", &plain,
	    SIGNED_AT_S + 301, SIGV4_VERIFY_EXPIRED);
	free(url);
}
END_TEST

START_TEST(contradicting_parameters_are_refused)
{
	const struct transcribe_params both = {
		.language_code = "en-US",
		.language_options = "en-US,it-IT",
		.sample_rate_hz = 16000,
	};
	const struct transcribe_params good = {
		.language_code = "en-US",
		.sample_rate_hz = 16000,
	};
	char *url = NULL;

	signer.expires_s = 300;
	ck_assert_int_eq(
	    url_transcribe(&url, &signer, &both, "pcm", err, sizeof(err)),
	    URL_ERR_PARAMS);
	ck_assert_str_ne(err, "");
	signer.expires_s = 301;
	ck_assert_int_eq(
	    url_transcribe(&url, &signer, &good, "pcm", err, sizeof(err)),
	    URL_ERR_SIGN);
	ck_assert_ptr_null(url);
}
END_TEST

/*
 * Both from @smithy/signature-v4 5.7.5, presign() of {method GET, path
 * /v1/speech, query: the members, headers: host}, with the keys above,
 * 2026-01-02T03:04:05Z, expiresIn 900; lists as one parameter a member.
 */
static const char neural[] =
    "https://polly.eu-central-1.amazonaws.com/v1/speech?Engine=neural&"
    "OutputFormat=mp3&SampleRate=24000&Text=Gr%C3%B6%C3%9Fe%20%26%20100%20%25"
    "%20%2B%20it%27s%20%28ok%29%3F%20~%2A%21%2F&VoiceId=Vicki&"
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260102"
    "%2Feu-central-1%2Fpolly%2Faws4_request&X-Amz-Date=20260102T030405Z&"
    "X-Amz-Expires=900&X-Amz-Signature=52c6bc51574a926ccf909335e734128f6b7b2e5f"
    "cf9f2ff9e0b9dbb01547aa50&X-Amz-SignedHeaders=host";
static const char bilingual[] =
    "https://polly.eu-central-1.amazonaws.com/v1/speech?LanguageCode=hi-IN&"
    "LexiconNames=a&LexiconNames=b&OutputFormat=json&SpeechMarkTypes=word&"
    "SpeechMarkTypes=sentence&Text=%3Cspeak%3E%E0%A4%A8%E0%A4%AE%E0%A4%B8%E0%A5"
    "%8D%E0%A4%A4%E0%A5%87%3C%2Fspeak%3E&TextType=ssml&VoiceId=Aditi&"
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260102"
    "%2Feu-central-1%2Fpolly%2Faws4_request&X-Amz-Date=20260102T030405Z&"
    "X-Amz-Expires=900&X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE%2F%2F%2B"
    "token%3D%3D&X-Amz-Signature=c27ab454500bd03739f5b3cffec92bfbe9a1461b351816"
    "f11597f59c0547aafd&X-Amz-SignedHeaders=host";

START_TEST(a_polly_url_is_the_sdks)
{
	const struct polly_speech speech = {
		.engine = "neural",
		.output_format = "mp3",
		.sample_rate = "24000",
		.text = "Größe & 100 % + it's (ok)? ~*!/",
		.voice_id = "Vicki",
	};
	char *url;

	ck_assert_int_eq(
	    url_polly(&url, &signer, &speech, err, sizeof(err)), 0);
	expect_url(url, neural);
	expect_verified(url, "/v1/speech", &plain, SIGNED_AT_S + 899, 0);
	/* Somebody else's text under this signature. */
	strstr(url, "100")[0] = '9';
	expect_verified(url, "/v1/speech", &plain, SIGNED_AT_S,
	    SIGV4_VERIFY_WRONG_SIGNATURE);
	free(url);
}
END_TEST

START_TEST(lists_and_a_token_are_the_sdks)
{
	static const char *const lexicons[] = { "a", "b", NULL };
	static const char *const marks[] = { "word", "sentence", NULL };
	const struct polly_speech speech = {
		.language_code = "hi-IN",
		.lexicon_names = lexicons,
		.output_format = "json",
		.speech_mark_types = marks,
		.text = "<speak>नमस्ते</speak>",
		.text_type = "ssml",
		.voice_id = "Aditi",
	};
	char *url;

	signer.keys = &temporary;
	ck_assert_int_eq(
	    url_polly(&url, &signer, &speech, err, sizeof(err)), 0);
	expect_url(url, bilingual);
	ck_assert_ptr_nonnull(strstr(url, "LexiconNames=a&LexiconNames=b&"));
	ck_assert_ptr_nonnull(
	    strstr(url, "SpeechMarkTypes=word&SpeechMarkTypes=sentence&"));
	expect_verified(url, "/v1/speech", &temporary, SIGNED_AT_S, 0);
	free(url);
}
END_TEST

START_TEST(a_text_that_polly_would_refuse_is_refused)
{
	static char longest[6100];
	struct polly_speech speech = {
		.output_format = "mp3",
		.voice_id = "Vicki",
	};
	char *url;

	speech.text = "";
	ck_assert_int_eq(
	    url_polly(&url, &signer, &speech, err, sizeof(err)), URL_ERR_TEXT);
	ck_assert_str_eq(err, "there is no text");
	speech.text = "caf\xe9";
	ck_assert_int_eq(
	    url_polly(&url, &signer, &speech, err, sizeof(err)), URL_ERR_TEXT);
	ck_assert_str_eq(err, "the text is not UTF-8");

	speech.text = longest;
	memset(longest, 'x', 3000);
	ck_assert_int_eq(
	    url_polly(&url, &signer, &speech, err, sizeof(err)), 0);
	free(url);
	longest[3000] = 'x';
	ck_assert_int_eq(
	    url_polly(&url, &signer, &speech, err, sizeof(err)), URL_ERR_TEXT);
	speech.text_type = "ssml";
	memset(longest, 'x', 6000);
	ck_assert_int_eq(
	    url_polly(&url, &signer, &speech, err, sizeof(err)), 0);
	free(url);
	longest[6000] = 'x';
	ck_assert_int_eq(
	    url_polly(&url, &signer, &speech, err, sizeof(err)), URL_ERR_TEXT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("presign/url");
	TCase *t = tcase_create("urls");
	bool found = vectors_found();
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, NULL);
	if (found)
		tcase_add_test(t, a_websocket_url_is_the_sdks);
	tcase_add_test(t, an_endpoint_of_ones_own_keeps_its_port);
	tcase_add_test(t, a_websocket_url_carries_every_parameter);
	tcase_add_test(t, contradicting_parameters_are_refused);
	tcase_add_test(t, a_polly_url_is_the_sdks);
	tcase_add_test(t, lists_and_a_token_are_the_sdks);
	tcase_add_test(t, a_text_that_polly_would_refuse_is_refused);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return vectors_status(failed, found);
}
