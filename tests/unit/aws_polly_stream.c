/* with: tests/unit/support/vectors.c */
/*
 * Polly's stream without a network: headers, the JSON of our events, and what
 * the service's say.
 */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "aws/eventstream.h"
#include "aws/polly_speech.h"
#include "aws/polly_stream.h"
#include "support/vectors.h"

START_TEST(headers_say_what_is_asked)
{
	struct polly_stream_params p = { .engine = "generative",
		.voice_id = "Lucia",
		.output_format = "pcm" };
	struct h2_header h[BIDI_HEADERS_MAX];
	static const char *const want[][2] = { { "x-amzn-engine",
						   "generative" },
		{ "x-amzn-voiceid", "Lucia" }, { "x-amzn-outputformat", "pcm" },
		{ "x-amzn-samplerate", "16000" },
		{ "x-amzn-languagecode", "es-US" },
		{ "x-amzn-lexiconnames", "a, b" } };

	ck_assert_uint_eq(polly_stream_headers(&p, h), 3);
	p.sample_rate = "16000";
	p.language_code = "es-US";
	p.lexicon_names = "a, b";
	ck_assert_uint_eq(polly_stream_headers(&p, h), 6);
	for (size_t i = 0; i < 6; i++) {
		ck_assert_str_eq(h[i].name, want[i][0]);
		ck_assert_str_eq(h[i].value, want[i][1]);
	}
}
END_TEST

static void
text_event(
    const char *text, size_t len, bool is_ssml, bool force, const char *want)
{
	char *json = NULL;

	ck_assert_int_eq(
	    polly_stream_text_event(text, len, is_ssml, force, &json), 0);
	ck_assert_str_eq(json, want);
	free(json);
}

START_TEST(a_text_is_json_whatever_it_holds)
{
	text_event("Hola", 4, false, false, "{\"Text\":\"Hola\"}");
	text_event("Hola, adiós", 4, false, false, "{\"Text\":\"Hola\"}");
	text_event("", 0, false, false, "{\"Text\":\"\"}");
	text_event("", 0, false, true,
	    "{\"Text\":\"\",\"FlushStreamConfiguration\":{\"Force\":true}}");
	text_event("<speak>a</speak>", 16, true, false,
	    "{\"Text\":\"<speak>a</speak>\",\"TextType\":\"ssml\"}");
	text_event("\"\\\n\t\001 \303\261 \360\237\230\200", 13, false, false,
	    "{\"Text\":\"\\\"\\\\\\n\\t\\u0001 \303\261 "
	    "\360\237\230\200\"}");
}
END_TEST

START_TEST(a_text_that_is_none_is_refused)
{
	char *text = malloc(2 * POLLY_STREAM_MAX_CHARS + 2), *json = NULL;

	ck_assert_int_eq(
	    polly_stream_text_event("\377", 1, false, false, &json),
	    POLLY_STREAM_ERR_TEXT);
	ck_assert_int_eq(
	    polly_stream_text_event("\303\261", 1, false, false, &json),
	    POLLY_STREAM_ERR_TEXT);
	/* Characters count, not bytes. */
	for (size_t i = 0; i <= POLLY_STREAM_MAX_CHARS; i++)
		memcpy(text + 2 * i, "\303\261", 2);
	ck_assert_int_eq(polly_stream_text_event(text,
			     2 * POLLY_STREAM_MAX_CHARS, false, false, &json),
	    0);
	free(json);
	ck_assert_int_eq(
	    polly_stream_text_event(
		text, 2 * POLLY_STREAM_MAX_CHARS + 2, false, false, &json),
	    POLLY_STREAM_ERR_TEXT);
	free(text);
}
END_TEST

static struct polly_stream_event
read_event(const char *type, const void *payload, size_t len)
{
	struct es_event e = { .kind = ES_KIND_EVENT,
		.type = type,
		.type_len = strlen(type),
		.payload = payload,
		.payload_len = len };
	struct polly_stream_event out;

	polly_stream_event_read(&out, &e);
	return out;
}

START_TEST(a_stream_that_closes_says_what_it_costs)
{
	static const struct {
		const char *json;
		long chars;
	} cases[] = { { "{\"RequestCharacters\":13}", 13 },
		{ "{\"RequestCharacters\":0,\"New\":[]}", 0 },
		{ "{\"RequestCharacters\":null}", -1 },
		{ "{\"RequestCharacters\":\"13\"}", -1 },
		{ "{\"RequestCharacters\":1.5}", -1 }, { "{}", -1 },
		{ "[]", -1 }, { "no JSON", -1 }, { "", -1 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct polly_stream_event e = read_event(
		    "StreamClosedEvent", cases[i].json, strlen(cases[i].json));

		ck_assert_int_eq(e.kind, POLLY_STREAM_CLOSED);
		ck_assert_int_eq(e.request_characters, cases[i].chars);
	}
	ck_assert_int_eq(read_event("StreamClosedEventually", "{}", 2).kind,
	    POLLY_STREAM_UNKNOWN);
	ck_assert_int_eq(read_event("", "{}", 2).kind, POLLY_STREAM_UNKNOWN);
}
END_TEST

/* What the service's messages are, read from their bytes. */
static struct polly_stream_event got;
static const char *wanted;
static uint8_t audio[64];

static int
on_message(const struct es_message *m, void *arg)
{
	struct es_event e;

	(void)arg;
	ck_assert_int_eq(es_event_read(&e, m), 0);
	polly_stream_event_read(&got, &e);
	if (got.kind == POLLY_STREAM_AUDIO) {
		ck_assert_uint_le(got.len, sizeof(audio));
		memcpy(audio, got.audio, got.len);
	}
	return 0;
}

static void
read_vector(const char *name)
{
	json_t *all = vectors_json("eventstream/service-messages.json");
	json_t *list = json_object_get(all, "messages");
	struct es_decoder *d = es_decoder_new(0, on_message, NULL);
	uint8_t *p;
	size_t n;

	wanted = NULL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *m = json_array_get(list, i);

		if (strcmp(vectors_str(m, "name"), name) != 0)
			continue;
		wanted = name;
		p = vectors_hex(m, "message_hex", &n);
		ck_assert_int_eq(es_decoder_feed(d, p, n), 0);
		free(p);
	}
	ck_assert_msg(wanted != NULL, "no message '%s'", name);
	es_decoder_free(d);
	json_decref(all);
}

START_TEST(events_of_the_service)
{
	static const uint8_t want[] = { 0, 1, 2, 3, 4, 0xff, 0xfe, 0x7f, 0x80 };

	read_vector("polly-audio");
	ck_assert_int_eq(got.kind, POLLY_STREAM_AUDIO);
	ck_assert_uint_eq(got.len, sizeof(want));
	ck_assert_mem_eq(audio, want, sizeof(want));
	read_vector("polly-audio-empty");
	ck_assert_int_eq(got.kind, POLLY_STREAM_AUDIO);
	ck_assert_uint_eq(got.len, 0);
	read_vector("polly-stream-closed");
	ck_assert_int_eq(got.kind, POLLY_STREAM_CLOSED);
	ck_assert_int_eq(got.request_characters, 13);
	read_vector("transcribe-unknown-event");
	ck_assert_int_eq(got.kind, POLLY_STREAM_UNKNOWN);
	read_vector("polly-failure");
	ck_assert_int_eq(got.kind, POLLY_STREAM_UNKNOWN);
}
END_TEST

/* 97 bytes in pieces of every size from 1 on: the same samples. */
START_TEST(samples_are_whole_in_any_split)
{
	uint8_t in[97], out[98], all[98];
	struct polly_pcm pcm = { 0 };
	size_t used = 0, n, got_bytes = 0;

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;
	for (; used < sizeof(in); used += n) {
		n = (size_t)_i < sizeof(in) - used ? (size_t)_i
		                                   : sizeof(in) - used;
		size_t len = polly_pcm_join(&pcm, out, in + used, n);

		ck_assert_uint_eq(len % 2, 0);
		ck_assert_uint_le(len, n + 1);
		memcpy(all + got_bytes, out, len);
		got_bytes += len;
	}
	ck_assert_uint_eq(got_bytes, 96);
	ck_assert_mem_eq(all, in, 96);
	ck_assert_uint_eq(pcm.has_odd, 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws/polly_stream");
	TCase *tc = tcase_create("polly_stream");
	bool found = vectors_found();
	SRunner *r;
	int failed;

	tcase_add_test(tc, headers_say_what_is_asked);
	tcase_add_test(tc, a_text_is_json_whatever_it_holds);
	tcase_add_test(tc, a_text_that_is_none_is_refused);
	tcase_add_test(tc, a_stream_that_closes_says_what_it_costs);
	tcase_add_loop_test(tc, samples_are_whole_in_any_split, 1, 98);
	if (found)
		tcase_add_test(tc, events_of_the_service);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return vectors_status(failed, found);
}
