#define _GNU_SOURCE
#include "aws/http_call.h"

#include <check.h>
#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "aws/polly_speech.h"
#include "aws/polly_voices.h"
#include "aws/translate.h"
#include "base/clock.h"
#include "support/aws_env.h"
#include "support/aws_peer.h"

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
#define NOW_MS 1767323045000.0 /* 20260102T030405Z, as in the vectors */

static struct peer peer;
static struct loop loop;
static struct http *http;
static struct endpoint endpoint;
static const struct sigv4_credentials keys = { "AKIDEXAMPLE",
	"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL };

/* What on_done saw. */
static struct {
	int n;
	struct service_error error;
	int status;
	char body[4096];
	size_t len;
	char type[64];
	int attempts;
} seen;
static struct http_call *call;

static void
on_done(void *arg, const struct http_answer *a)
{
	const char *type = http_answer_header(a, "X-TYPE");

	(void)arg;
	seen.n++;
	seen.error = a->error;
	seen.status = a->status;
	seen.len = a->len;
	snprintf(seen.body, sizeof(seen.body), "%s", (const char *)a->body);
	snprintf(seen.type, sizeof(seen.type), "%s", type != NULL ? type : "");
	if (call != NULL)
		seen.attempts = http_call_attempts(call);
}

static void
setup(void)
{
	memset(&peer, 0, sizeof(peer));
	memset(&seen, 0, sizeof(seen));
	call = NULL;
	loop_init(&loop);
	http = http_new(NULL);
	ck_assert_ptr_nonnull(http);
}

static void
teardown(void)
{
	http_free(http);
	loop_release(&loop);
}

/* An endpoint that is the peer, signed as Translate. */
static void
reach_peer(void)
{
	char url[64];

	peer_start(&peer);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", peer.port);
	ck_assert_int_eq(endpoint_parse(&endpoint, url), 0);
	strcpy(endpoint.region, "us-east-1");
	strcpy(endpoint.service, "translate");
}

static void
run_until(int n)
{
	while (seen.n < n) {
		loop_begin(&loop);
		http_prepare(http, &loop);
		ck_assert_int_ge(loop_wait(&loop), 0);
		http_dispatch(http, &loop, clock_mono_ms());
	}
}

static struct http_request
get_request(const char *path)
{
	struct http_request req = { .method = "GET",
		.endpoint = &endpoint,
		.path = path,
		.on_done = on_done };

	return req;
}

static struct http_transfer *
start(const struct http_request *req)
{
	struct service_error error;

	return http_start(http, req, NULL, NOW_MS, &error);
}

/* The vectors' requests, sent to their own host names through a proxy that is
 * the peer, so that nothing leaves the machine. */
static json_t *
load_vectors(void)
{
	const char *dir = getenv("BOOTH_VECTORS");
	char path[512];
	json_t *all;

	snprintf(path, sizeof(path), "%s/requests/service-requests.json",
	    dir != NULL ? dir : "../shared/vectors");
	all = json_load_file(path, 0, NULL);
	if (all == NULL)
		fprintf(stderr, "SKIP: no vectors at %s\n", path);
	return all;
}

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
	json_t *all = load_vectors();
	const json_t *v =
	    json_array_get(json_object_get(all, "requests"), (size_t)_i);
	char url[300], proxy[64], *made, *query = malloc(POLLY_QUERY_MAX);
	struct sigv4_credentials k = { str(v, "access_key_id"),
		str(v, "secret_access_key"), str(v, "session_token") };
	struct service_error error;
	struct http_request req;
	const json_t *h;
	size_t i;

	if (all == NULL) {
		free(query);
		return;
	}
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

START_TEST(an_answer_has_status_headers_and_body)
{
	struct http_request req;

	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 201 Made\r\nx-type: b\r\nTransfer-Encoding: chunked\r\n"
	    "\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
	reach_peer();
	strcpy(endpoint.path_prefix, "/prefix");
	req = get_request("/v1/x");
	req.query = "a=1&b=%2F";
	ck_assert_ptr_nonnull(start(&req));
	ck_assert_uint_eq(http_active(http), 1);
	run_until(1);
	ck_assert_uint_eq(http_active(http), 0);
	ck_assert_int_eq(seen.status, 201);
	ck_assert_str_eq(seen.body, "abcde");
	ck_assert_str_eq(seen.type, "b");
	ck_assert_int_eq(strncmp(peer.requests[0],
			     "GET /prefix/v1/x?a=1&b=%2F HTTP/1.1", 34),
	    0);
	ck_assert_ptr_null(peer_header(&peer, 0, "authorization"));
	ck_assert_ptr_null(peer_header(&peer, 0, "expect"));
	peer_stop(&peer);
}
END_TEST

START_TEST(the_prefix_is_signed_and_the_body_type_is_not_made_up)
{
	struct http_request req;
	struct service_error error;
	char authorization[4096];

	peer.answers[peer.nanswers++] = OK_ANSWER;
	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	req = get_request("/x");
	req.method = "POST";
	req.body = "ab";
	req.body_len = 2;
	ck_assert_ptr_nonnull(http_start(http, &req, &keys, NOW_MS, &error));
	run_until(1);
	snprintf(authorization, sizeof(authorization), "%s",
	    peer_header(&peer, 0, "authorization"));
	ck_assert_ptr_null(peer_header(&peer, 0, "content-type"));
	strcpy(endpoint.path_prefix, "/p");
	ck_assert_ptr_nonnull(http_start(http, &req, &keys, NOW_MS, &error));
	run_until(2);
	ck_assert_str_ne(authorization, peer_header(&peer, 1, "authorization"));
	ck_assert_uint_eq(peer.nconnections, 1);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_refusal_is_read_with_what_it_asks_for)
{
	struct http_request req;

	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 400 Bad\r\nx-amzn-ErrorType: "
	    "ThrottlingException:http://x\r\nx-amzn-requestid: r-1\r\n"
	    "Retry-After: 3\r\nContent-Length: 20\r\n\r\n"
	    "{\"message\":\"too fast\"";
	reach_peer();
	req = get_request("/");
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.status, 400);
	ck_assert_str_eq(seen.error.name, "ThrottlingException");
	ck_assert_str_eq(seen.error.request_id, "r-1");
	ck_assert_int_eq(seen.error.retry_after_ms, 3000);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_THROTTLING);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_body_over_the_cap_is_an_error)
{
	struct http_request req;

	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde";
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd";
	reach_peer();
	req = get_request("/");
	req.body_cap = 4;
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_PROTOCOL);
	ck_assert_ptr_nonnull(
	    strstr(seen.error.message, "longer than 4 bytes"));
	start(&req);
	run_until(2);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	ck_assert_str_eq(seen.body, "abcd");
	ck_assert_uint_eq(seen.len, 4);
	peer_stop(&peer);
}
END_TEST

START_TEST(an_answer_cut_short_is_no_answer)
{
	struct http_request req;

	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\n"
	    "abcd";
	reach_peer();
	req = get_request("/");
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_TRANSIENT);
	ck_assert_str_eq(seen.error.name, "reset");
	peer_stop(&peer);
}
END_TEST

START_TEST(no_server_is_named_with_the_reason)
{
	struct http_request req;

	reach_peer();
	peer_stop(&peer);
	req = get_request("/");
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_TRANSIENT);
	ck_assert_str_eq(seen.error.name, "connect");
	ck_assert_ptr_nonnull(strstr(seen.error.message, endpoint.authority));
	ck_assert_ptr_nonnull(strstr(seen.error.message, "Connection refused"));
}
END_TEST

START_TEST(a_server_that_says_nothing_runs_into_the_deadline)
{
	struct http_request req;

	/* A listener that never accepts: the connection is made, no more. */
	peer.nanswers = 0;
	reach_peer();
	req = get_request("/");
	req.timeout_ms = 50;
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(seen.error.message, "no answer from"));
	peer_stop(&peer);
}
END_TEST

START_TEST(what_is_not_http_is_a_protocol_error)
{
	struct http_request req;

	peer.answers[peer.nanswers++] = "SSH-2.0-OpenSSH_9.2\r\n\r\n";
	reach_peer();
	req = get_request("/");
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_PROTOCOL);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_certificate_that_cannot_be_checked_ends_it)
{
	struct http_request req;
	char url[64];

	/* The peer speaks no TLS at all: refused, not tried again. */
	peer.answers[peer.nanswers++] = OK_ANSWER;
	peer_start(&peer);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u", peer.port);
	ck_assert_int_eq(endpoint_parse(&endpoint, url), 0);
	http_free(http);
	http = http_new("/nonexistent/roots.pem");
	req = get_request("/");
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_CONFIG);
	ck_assert_ptr_nonnull(
	    strstr(seen.error.message, "/nonexistent/roots.pem"));
	peer_stop(&peer);
}
END_TEST

START_TEST(requests_that_could_not_be_sent_are_refused)
{
	struct service_error error;
	struct http_request req;

	memset(&endpoint, 0, sizeof(endpoint));
	ck_assert_int_eq(endpoint_parse(&endpoint, "http://127.0.0.1:1"), 0);
	req = get_request("no/slash");
	ck_assert_ptr_null(http_start(http, &req, NULL, NOW_MS, &error));
	ck_assert_int_eq(error.class, SERVICE_ERROR_INVALID);
	req = get_request("/");
	req.headers[req.nheaders].name = "x";
	req.headers[req.nheaders++].value = "a\r\nb: c";
	ck_assert_ptr_null(http_start(http, &req, NULL, NOW_MS, &error));
	/* No region to sign for. */
	req = get_request("/");
	ck_assert_ptr_null(http_start(http, &req, &keys, NOW_MS, &error));
	ck_assert_int_eq(error.class, SERVICE_ERROR_CONFIG);
	ck_assert_uint_eq(http_active(http), 0);
}
END_TEST

/* A body taken in pieces, with one refusal. */
static struct {
	char text[64];
	bool has_refused;
	struct http_transfer *transfer;
} stream;

static int
on_body(void *arg, const uint8_t *p, size_t n)
{
	(void)arg;
	if (!stream.has_refused) {
		stream.has_refused = true;
		return 1;
	}
	strncat(stream.text, (const char *)p, n);
	return 0;
}

static int
on_body_abort(void *arg, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
	return -1;
}

START_TEST(a_body_can_be_taken_as_it_comes)
{
	struct http_request req;

	memset(&stream, 0, sizeof(stream));
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde";
	reach_peer();
	req = get_request("/");
	req.on_body = on_body;
	stream.transfer = start(&req);
	while (!stream.has_refused) {
		loop_begin(&loop);
		http_prepare(http, &loop);
		ck_assert_int_ge(loop_wait(&loop), 0);
		http_dispatch(http, &loop, clock_mono_ms());
	}
	ck_assert_int_eq(seen.n, 0);
	http_resume(stream.transfer);
	run_until(1);
	ck_assert_str_eq(stream.text, "abcde");
	ck_assert_uint_eq(seen.len, 0);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_refusal_is_not_taken_for_a_stream_and_a_stream_can_be_given_up)
{
	struct http_request req;

	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 400 Bad\r\nContent-Length: 15\r\n\r\n{\"code\":\"Abc\"} ";
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde";
	reach_peer();
	req = get_request("/");
	req.on_body = on_body_abort;
	start(&req);
	run_until(1);
	ck_assert_str_eq(seen.error.name, "Abc");
	start(&req);
	run_until(2);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_LOCAL);
	ck_assert_str_eq(seen.error.name, "aborted");
	peer_stop(&peer);
}
END_TEST

START_TEST(a_page_in_place_of_audio_is_not_taken_for_it)
{
	struct http_request req;

	memset(&stream, 0, sizeof(stream));
	stream.has_refused = true;
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
	    "Content-Length: 5\r\n\r\n<b>no";
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Type: Audio/pcm\r\n"
	    "Content-Length: 5\r\n\r\nabcde";
	reach_peer();
	req = get_request("/");
	req.on_body = on_body;
	req.body_type = "audio/";
	start(&req);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_TRANSIENT);
	ck_assert_str_eq(seen.error.name, "answer");
	ck_assert_str_eq(stream.text, "");
	start(&req);
	run_until(2);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	ck_assert_str_eq(stream.text, "abcde");
	peer_stop(&peer);
}
END_TEST

START_TEST(a_cancelled_transfer_is_never_heard_of_again)
{
	struct http_request req;
	struct http_transfer *t;

	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	req = get_request("/");
	t = start(&req);
	start(&req);
	http_cancel(t);
	ck_assert_uint_eq(http_active(http), 1);
	run_until(1);
	ck_assert_uint_eq(http_active(http), 0);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_warm_connection_is_used_by_the_request_that_follows)
{
	struct http_request req;

	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	ck_assert_int_eq(http_warm(http, &endpoint, 1, on_done, NULL), 0);
	run_until(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	req = get_request("/x");
	start(&req);
	run_until(2);
	ck_assert_uint_eq(peer.nconnections, 1);
	ck_assert_int_eq(strncmp(peer.requests[0], "GET /ping ", 10), 0);
	peer_stop(&peer);
}
END_TEST

/* Calls: tries, credentials, clock. */

static struct env env;
static struct config config;
static struct credentials_provider *provider;
static struct http_caller *caller;
static double wall_ms = NOW_MS;

static void
setup_caller(void)
{
	char err[256];

	setup();
	env_init(&env);
	env_set(&env, "AWS_REGION", "us-east-1");
	env_file(&env, "AWS_SHARED_CREDENTIALS_FILE", "credentials",
	    "[default]\naws_access_key_id = A\naws_secret_access_key = s\n"
	    "aws_session_token = one\n");
	ck_assert_int_eq(
	    config_load(&config, NULL, env_get, &env, err, sizeof(err)), 0);
	provider = credentials_provider_new(&config);
	caller = http_caller_new(http, provider, 3, 1);
	ck_assert_ptr_nonnull(caller);
}

static void
teardown_caller(void)
{
	http_caller_free(caller);
	http = NULL;
	credentials_provider_free(provider);
	config_release(&config);
	env_release(&env);
	loop_release(&loop);
}

static void
run_calls(int n)
{
	while (seen.n < n) {
		loop_begin(&loop);
		credentials_prepare(provider, &loop);
		http_caller_prepare(caller, &loop);
		ck_assert_int_ge(loop_wait(&loop), 0);
		credentials_dispatch(provider, &loop, clock_mono_ms());
		http_caller_dispatch(caller, &loop, clock_mono_ms(), wall_ms);
	}
}

static void
start_call(int64_t give_up_in_ms)
{
	char path[] = "/";
	struct http_request req = get_request(path);

	req.protocol = SERVICE_JSON_1_1;
	call = http_call_start(caller, &req,
	    give_up_in_ms > 0 ? clock_mono_ms() + give_up_in_ms : LOOP_NEVER);
	ck_assert_ptr_nonnull(call);
	path[0] = 'x'; /* the request was copied */
}

#define FAILURE                                                                \
	"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

START_TEST(what_fails_in_passing_is_tried_again)
{
	peer.answers[peer.nanswers++] = FAILURE;
	peer.answers[peer.nanswers++] = "";
	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	start_call(0);
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	ck_assert_int_eq(seen.attempts, 3);
	ck_assert_str_eq(peer_header(&peer, 2, "x-amz-security-token"), "one");
	peer_stop(&peer);
}
END_TEST

START_TEST(tries_have_an_end)
{
	int i;

	for (i = 0; i < 3; i++)
		peer.answers[peer.nanswers++] = FAILURE;
	reach_peer();
	start_call(0);
	run_calls(1);
	ck_assert_str_eq(seen.error.name, "HTTP 500");
	ck_assert_int_eq(seen.attempts, 3);
	peer_stop(&peer);
}
END_TEST

START_TEST(no_try_begins_past_the_callers_deadline)
{
	/* Retry-After is longer than the call may last. */
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 503 No\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n";
	reach_peer();
	start_call(2000);
	run_calls(1);
	ck_assert_str_eq(seen.error.name, "HTTP 503");
	ck_assert_int_eq(seen.attempts, 1);
	peer_stop(&peer);
}
END_TEST

START_TEST(expired_credentials_are_replaced_once)
{
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 400 No\r\nContent-Length: 34\r\n\r\n"
	    "{\"__type\":\"ExpiredTokenException\"} ";
	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	start_call(0);
	/* The first try is on its way with the old ones. */
	loop_begin(&loop);
	http_caller_prepare(caller, &loop);
	loop_wait(&loop);
	http_caller_dispatch(caller, &loop, clock_mono_ms(), wall_ms);
	env_file(&env, NULL, "credentials",
	    "[default]\naws_access_key_id = B\naws_secret_access_key = s\n"
	    "aws_session_token = two\n");
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	ck_assert_str_eq(peer_header(&peer, 0, "x-amz-security-token"), "one");
	ck_assert_str_eq(peer_header(&peer, 1, "x-amz-security-token"), "two");
	peer_stop(&peer);
}
END_TEST

START_TEST(expired_credentials_that_nobody_renewed_end_the_call)
{
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 400 No\r\nContent-Length: 34\r\n\r\n"
	    "{\"__type\":\"ExpiredTokenException\"} ";
	reach_peer();
	start_call(0);
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_EXPIRED);
	ck_assert_ptr_nonnull(strstr(seen.error.message, "renew"));
	peer_stop(&peer);
}
END_TEST

/* An hour after NOW_MS. */
#define SKEWED(type)                                                           \
	"HTTP/1.1 403 No\r\nDate: Fri, 02 Jan 2026 04:04:05 GMT\r\n"           \
	"x-amzn-errortype: " type "\r\nContent-Length: 0\r\n\r\n"

START_TEST(a_wrong_clock_is_corrected_once_and_stays_so)
{
	peer.answers[peer.nanswers++] = SKEWED("InvalidSignatureException");
	peer.answers[peer.nanswers++] = OK_ANSWER;
	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	start_call(0);
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	ck_assert_str_eq(
	    peer_header(&peer, 0, "x-amz-date"), "20260102T030405Z");
	ck_assert_str_eq(
	    peer_header(&peer, 1, "x-amz-date"), "20260102T040405Z");
	ck_assert_int_eq(http_caller_clock_offset_ms(caller), 3600000);
	start_call(0);
	run_calls(2);
	ck_assert_str_eq(
	    peer_header(&peer, 2, "x-amz-date"), "20260102T040405Z");
	peer_stop(&peer);
}
END_TEST

START_TEST(denied_by_a_server_with_another_time_is_tried_with_its_time)
{
	peer.answers[peer.nanswers++] = SKEWED("AccessDeniedException");
	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	start_call(0);
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_NONE);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_wrong_secret_is_refused_without_more_ado)
{
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 403 No\r\nDate: Fri, 02 Jan 2026 03:04:06 GMT\r\n"
	    "x-amzn-errortype: InvalidSignatureException\r\n"
	    "Content-Length: 0\r\n\r\n";
	reach_peer();
	start_call(0);
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_SKEW);
	ck_assert_int_eq(seen.attempts, 1);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_stream_that_has_begun_is_not_begun_again)
{
	struct http_request req;

	memset(&stream, 0, sizeof(stream));
	stream.has_refused = true;
	peer.answers[peer.nanswers++] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n"
	    "abc";
	reach_peer();
	req = get_request("/");
	req.on_body = on_body;
	call = http_call_start(caller, &req, LOOP_NEVER);
	run_calls(1);
	ck_assert_str_eq(stream.text, "abc");
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_TRANSIENT);
	ck_assert_int_eq(seen.attempts, 1);
	peer_stop(&peer);
}
END_TEST

START_TEST(a_cancelled_call_is_never_heard_of_again)
{
	struct http_call *first;

	peer.answers[peer.nanswers++] = OK_ANSWER;
	reach_peer();
	start_call(0);
	first = call;
	start_call(0);
	http_call_cancel(first);
	run_calls(1);
	ck_assert_int_eq(seen.attempts, 1);
	peer_stop(&peer);
	/* One that is left is given up with the caller. */
	start_call(0);
}
END_TEST

START_TEST(without_credentials_nothing_is_sent)
{
	env_file(&env, NULL, "credentials", "[default]\n");
	config_release(&config);
	credentials_provider_free(provider);
	http_caller_free(caller);
	http = http_new(NULL);
	{
		char err[256];

		ck_assert_int_eq(
		    config_load(&config, NULL, env_get, &env, err, sizeof(err)),
		    0);
	}
	provider = credentials_provider_new(&config);
	caller = http_caller_new(http, provider, 3, 1);
	ck_assert_int_eq(endpoint_parse(&endpoint, "http://127.0.0.1:1"), 0);
	start_call(0);
	run_calls(1);
	ck_assert_int_eq(seen.error.class, SERVICE_ERROR_CONFIG);
	ck_assert_int_eq(seen.attempts, 0);
	ck_assert_int_eq(seen.status, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws http");
	TCase *one = tcase_create("http");
	TCase *calls = tcase_create("http_call");
	SRunner *runner;
	int failed;

	unsetenv("http_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("https_proxy");
	unsetenv("ALL_PROXY");
	unsetenv("all_proxy");
	tcase_add_checked_fixture(one, setup, teardown);
	tcase_set_timeout(one, 60);
	tcase_add_loop_test(
	    one, requests_are_those_of_the_vectors_bytes_and_signature, 0, 7);
	tcase_add_test(one, an_answer_has_status_headers_and_body);
	tcase_add_test(
	    one, the_prefix_is_signed_and_the_body_type_is_not_made_up);
	tcase_add_test(one, a_refusal_is_read_with_what_it_asks_for);
	tcase_add_test(one, a_body_over_the_cap_is_an_error);
	tcase_add_test(one, an_answer_cut_short_is_no_answer);
	tcase_add_test(one, no_server_is_named_with_the_reason);
	tcase_add_test(one, a_server_that_says_nothing_runs_into_the_deadline);
	tcase_add_test(one, what_is_not_http_is_a_protocol_error);
	tcase_add_test(one, a_certificate_that_cannot_be_checked_ends_it);
	tcase_add_test(one, requests_that_could_not_be_sent_are_refused);
	tcase_add_test(one, a_body_can_be_taken_as_it_comes);
	tcase_add_test(one,
	    a_refusal_is_not_taken_for_a_stream_and_a_stream_can_be_given_up);
	tcase_add_test(one, a_page_in_place_of_audio_is_not_taken_for_it);
	tcase_add_test(one, a_cancelled_transfer_is_never_heard_of_again);
	tcase_add_test(
	    one, a_warm_connection_is_used_by_the_request_that_follows);
	suite_add_tcase(s, one);

	tcase_add_checked_fixture(calls, setup_caller, teardown_caller);
	tcase_set_timeout(calls, 60);
	tcase_add_test(calls, what_fails_in_passing_is_tried_again);
	tcase_add_test(calls, tries_have_an_end);
	tcase_add_test(calls, no_try_begins_past_the_callers_deadline);
	tcase_add_test(calls, expired_credentials_are_replaced_once);
	tcase_add_test(
	    calls, expired_credentials_that_nobody_renewed_end_the_call);
	tcase_add_test(calls, a_wrong_clock_is_corrected_once_and_stays_so);
	tcase_add_test(
	    calls, denied_by_a_server_with_another_time_is_tried_with_its_time);
	tcase_add_test(calls, a_wrong_secret_is_refused_without_more_ado);
	tcase_add_test(calls, a_stream_that_has_begun_is_not_begun_again);
	tcase_add_test(calls, a_cancelled_call_is_never_heard_of_again);
	tcase_add_test(calls, without_credentials_nothing_is_sent);
	suite_add_tcase(s, calls);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
