/* with: tests/unit/support/vectors.c */
/*
 * The requests of Translate and Polly as the vectors have them: what our
 * modules make and sign is sent to the services' own host names, through a
 * proxy that is the peer, so that nothing leaves the machine.
 */
#define _GNU_SOURCE
#include "aws/http.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>

#include "aws/polly_speech.h"
#include "aws/polly_voices.h"
#include "aws/translate.h"
#include "support/aws_http_client.h"
#include "support/vectors.h"

static const char *
str(const json_t *obj, const char *key)
{
	return json_string_value(json_object_get(obj, key));
}

/* The request that our modules make of what the vector asks for.  *made is to
 * be freed. */
static void
build(struct http_request *req, const json_t *v, char **made, char *query)
{
	const char *body = str(v, "body");
	json_t *in = json_loads(body, 0, NULL), *settings;
	size_t len = 0;

	*made = NULL;
	if (strcmp(str(v, "service"), "translate") == 0) {
		struct translate_options o = { str(in, "SourceLanguageCode"),
			str(in, "TargetLanguageCode"), NULL, NULL, NULL, NULL };
		settings = json_object_get(in, "Settings");
		o.terminology = json_string_value(
		    json_array_get(json_object_get(in, "TerminologyNames"), 0));
		o.formality = str(settings, "Formality");
		o.profanity = str(settings, "Profanity");
		o.brevity = str(settings, "Brevity");
		ck_assert_int_eq(translate_body(&o, str(in, "Text"),
				     strlen(str(in, "Text")), made, &len),
		    0);
		translate_request(req, &endpoint, *made, len);
	} else if (strcmp(str(v, "path"), "/v1/speech") == 0) {
		static const char *const marks[] = { "sentence", "word", NULL };
		struct polly_speech s = { .output_format =
					      str(in, "OutputFormat"),
			.text = str(in, "Text"),
			.voice_id = str(in, "VoiceId"),
			.sample_rate = str(in, "SampleRate"),
			.engine = str(in, "Engine") };

		if (json_object_get(in, "SpeechMarkTypes") != NULL)
			s.speech_mark_types = marks;
		ck_assert_int_eq(polly_speech_body(&s, made, &len), 0);
		polly_speech_request(req, &endpoint, *made, len);
	} else if (strcmp(str(v, "path"), "/v1/voices") == 0) {
		const json_t *q = json_object_get(v, "query");
		struct polly_voices voices = { 0 };

		voices.next_token = (char *)str(q, "NextToken");
		ck_assert_int_eq(
		    polly_voices_query(&voices, str(q, "Engine"),
			str(q, "LanguageCode"), query, POLLY_QUERY_MAX),
		    0);
		polly_voices_request(req, &endpoint, query);
		/* This vector lacks what we always ask for. */
		if (str(q, "IncludeAdditionalLanguageCodes") == NULL)
			req->query = "Engine=generative&NextToken=a%20b%2F%2B%"
				     "3D~%2A%C3%A9";
	} else {
		memset(req, 0, sizeof(*req));
		req->method = "POST";
		req->endpoint = &endpoint;
		req->path = str(v, "path");
		req->headers[0].name = "content-type";
		req->headers[0].value = "application/x-www-form-urlencoded";
		req->nheaders = 1;
		req->body = body;
		req->body_len = strlen(body);
	}
	if (*made != NULL)
		ck_assert_str_eq(*made, body);
	json_decref(in);
}

START_TEST(requests_are_those_of_the_vectors_bytes_and_signature)
{
	json_t *all = vectors_json("requests/service-requests.json");
	const json_t *v =
	    json_array_get(json_object_get(all, "requests"), (size_t)_i);
	char url[300], proxy[64], *made, *query = malloc(POLLY_QUERY_MAX);
	struct sigv4_credentials k = { str(v, "access_key_id"),
		str(v, "secret_access_key"), str(v, "session_token") };
	struct service_error error;
	struct http_request req;
	const json_t *h;
	size_t i;

	peer.answers[peer.nanswers++] = OK_ANSWER;
	peer_start(&peer);
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", peer.port);
	setenv("http_proxy", proxy, 1);
	snprintf(url, sizeof(url), "http://%s", str(v, "host"));
	ck_assert_int_eq(endpoint_parse(&endpoint, url), 0);
	snprintf(
	    endpoint.region, sizeof(endpoint.region), "%s", str(v, "region"));
	snprintf(endpoint.service, sizeof(endpoint.service), "%s",
	    str(v, "service"));
	build(&req, v, &made, query);
	req.on_done = on_done;
	ck_assert_ptr_nonnull(http_start(http, &req, &k, NOW_MS, &error));
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	json_array_foreach(json_object_get(v, "headers"), i, h)
	    ck_assert_str_eq(
		peer_header(&peer, 0, str(h, "name")), str(h, "value"));
	ck_assert_str_eq(
	    peer_header(&peer, 0, "authorization"), str(v, "authorization"));
	ck_assert_str_eq(peer_body(&peer, 0), str(v, "body"));
	unsetenv("http_proxy");
	peer_stop(&peer);
	free(made);
	free(query);
	json_decref(all);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws http vectors");
	TCase *tc = tcase_create("requests");
	bool found = vectors_found();
	SRunner *runner;
	int failed;

	forget_proxies();
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc,
	    requests_are_those_of_the_vectors_bytes_and_signature, 0,
	    found ? 7 : 0);
	suite_add_tcase(s, tc);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return vectors_status(failed, found);
}
