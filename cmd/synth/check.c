#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "aws/blocking.h"
#include "aws/client_check.h"
#include "aws/polly_speech.h"
#include "aws/polly_voices.h"
#include "base/clock.h"
#include "base/cost.h"
#include "base/lang.h"
#include "room/pause.h"
#include "room/room.h"
#include "voices.h"

/* What the engines without a stream are given to say: the least one pays for.
 */
#define TRY_TEXT "a"
/* Facts that a language may add, and one behind all of them. */
#define ROOM_FOR_REST 8

struct check {
	struct client_check facts;
	const struct options *options;
	struct voices voices; /* the list alone is used */
	unsigned int tried;   /* engines */
};

/* --- the voices ---------------------------------------------------------- */

static void
on_page(void *arg, const struct http_answer *answer)
{
	struct check *c = arg;
	struct service_error error;

	if (answer->error.class != SERVICE_ERROR_NONE)
		return;
	if (polly_voices_add_page(
		&c->voices.list, answer->body, answer->len, &error) != 0)
		client_check_problem(&c->facts,
		    service_error_exit_status(error.class),
		    "something between here and Polly answers in its place",
		    "%s", error.message);
}

static void
ask_voices(struct check *c)
{
	static char query[POLLY_QUERY_MAX];
	struct http_request request;
	size_t nfacts;

	do {
		nfacts = c->facts.n;
		if (polly_voices_query(
			&c->voices.list, NULL, NULL, query, sizeof(query)) != 0)
			return;
		polly_voices_request(
		    &request, &c->facts.client.endpoint, query);
		request.on_done = on_page;
		request.arg = c;
		if (client_check_call(&c->facts, "DescribeVoices", &request) !=
		    0)
			return;
		/* What the first page told is true of all. */
		if (c->voices.list.pages > 1)
			c->facts.n = nfacts;
	} while (polly_voices_has_more(&c->voices.list));
}

static void
count_voices(struct check *c)
{
	static const unsigned int engines[] = { POLLY_GENERATIVE, POLLY_NEURAL,
		POLLY_STANDARD };
	size_t n[3] = { 0, 0, 0 };

	for (size_t i = 0; i < c->voices.list.n; i++)
		for (size_t e = 0; e < 3; e++)
			n[e] += (c->voices.list.voices[i].engines &
				    engines[e]) != 0;
	client_check_fact(&c->facts, "voices",
	    "%zu: %zu generative, %zu neural, %zu standard", c->voices.list.n,
	    n[0], n[1], n[2]);
	if (n[0] == 0 && c->options->engine == POLLY_GENERATIVE)
		client_check_warning(&c->facts,
		    "no generative voice in region %s: nothing can be "
		    "streamed, voices come a little later",
		    c->facts.client.config.region);
}

/* --- one engine ---------------------------------------------------------- */

static int
on_stream_audio(void *arg, const uint8_t *pcm, size_t len)
{
	(void)arg;
	(void)pcm;
	(void)len;
	return 0;
}

/* A stream opened and ended, with nothing said: it costs nothing. */
static void
try_stream(struct check *c, const struct voice_choice *v)
{
	const struct blocking_voice voice = {
		.voice_id = v->voice->id,
		.engine = polly_engine_name(v->engine),
		.language_code = v->needs_language ? v->language_code : NULL,
	};
	int64_t began_ms = clock_mono_ms();
	struct service_error error;
	char text[800];

	if (blocking_say(&c->facts.options, &voice, "", on_stream_audio, NULL,
		&error) == 0) {
		client_check_fact(&c->facts, "stream",
		    "opened and ended by %s after %lld ms", v->voice->id,
		    (long long)(clock_mono_ms() - began_ms));
		return;
	}
	service_error_text(&error, text, sizeof(text));
	if (error.class == SERVICE_ERROR_INVALID ||
	    error.class == SERVICE_ERROR_DENIED)
		client_check_warning(&c->facts,
		    "StartSpeechSynthesisStream: %s: voices go by "
		    "SynthesizeSpeech, a little later; allow the action "
		    "polly:StartSpeechSynthesisStream to this key in IAM, in a "
		    "region that has it",
		    text);
	else
		client_check_problem(&c->facts,
		    service_error_exit_status(error.class), NULL,
		    "StartSpeechSynthesisStream: %s", text);
}

static int
on_speech(void *arg, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
	return 0;
}

static void
try_speech(struct check *c, const struct voice_choice *v)
{
	const struct polly_speech say = {
		.output_format = "pcm",
		.text = TRY_TEXT,
		.voice_id = v->voice->id,
		.sample_rate = "16000",
		.engine = polly_engine_name(v->engine),
		.language_code = v->needs_language ? v->language_code : NULL,
		.text_type = "text",
	};
	struct http_request request;
	char *body;
	size_t len;

	if (polly_speech_body(&say, &body, &len) != 0) {
		client_check_problem(
		    &c->facts, EX_OSERR, NULL, "out of memory");
		return;
	}
	polly_speech_request(&request, &c->facts.client.endpoint, body, len);
	request.on_body = on_speech;
	client_check_call(&c->facts, "SynthesizeSpeech", &request);
	free(body);
}

/* --- languages ----------------------------------------------------------- */

static void
check_language(struct check *c, const char *tag)
{
	const struct options *o = c->options;
	struct voice_choice choice;
	const char *id = NULL;

	for (size_t i = 0; i < o->nvoices; i++)
		if (strcmp(o->voices[i].tag, tag) == 0)
			id = o->voices[i].id;
	choice = voices_choose(&c->voices, tag, o->engine, id);
	if (choice.voice == NULL) {
		client_check_warning(&c->facts,
		    "%s: %s%s%s; it has captions only", tag,
		    id == NULL ? "Polly has no voice for it" : "no voice '",
		    id == NULL ? "" : id,
		    id == NULL ? "" : "' speaks it with this engine");
		return;
	}
	client_check_fact(&c->facts, tag, "%s, %s", choice.voice->id,
	    polly_engine_name(choice.engine));
	if (c->tried & choice.engine || c->facts.status != 0)
		return;
	c->tried |= choice.engine;
	if (choice.engine == POLLY_GENERATIVE)
		try_stream(c, &choice);
	else
		try_speech(c, &choice);
}

/* Those of -t; else the first that the engine speaks. */
static void
check_languages(struct check *c)
{
	const struct lang *table;
	size_t n;

	for (size_t i = 0; i < c->options->ntags; i++) {
		if (c->facts.n + ROOM_FOR_REST > CLIENT_CHECK_FACTS_MAX) {
			client_check_warning(&c->facts,
			    "%zu languages are left out here, from %s on",
			    c->options->ntags - i, c->options->tags[i]);
			break;
		}
		check_language(c, c->options->tags[i]);
	}
	if (c->options->ntags > 0)
		return;
	table = lang_table(&n);
	for (size_t i = 0; i < n && c->tried == 0; i++)
		if (voices_choose(
			&c->voices, table[i].tag, c->options->engine, NULL)
			.voice != NULL)
			check_language(c, table[i].tag);
}

/* --- the rest ------------------------------------------------------------ */

static void
check_money(struct check *c)
{
	const char *path = getenv("BOOTH_PRICES");
	struct cost cost;
	unsigned int line;
	int rc;

	if (path != NULL && path[0] == '\0')
		path = NULL;
	rc = cost_init(&cost, path, &line);
	if (rc == COST_ERR_SYS)
		client_check_problem(&c->facts, EX_NOINPUT, NULL,
		    "cannot read price file '%s': %s", path, strerror(errno));
	else if (rc != 0)
		client_check_problem(&c->facts, EX_CONFIG, NULL,
		    "price file '%s', line %u: %s", path, line,
		    cost_strerror(rc));
	else
		client_check_fact(&c->facts, "price",
		    "%.2f generative, %.2f neural, %.2f standard, in USD for a "
		    "million characters, by %s",
		    cost.usd_each[COST_POLLY_GENERATIVE_CHAR] * 1e6,
		    cost.usd_each[COST_POLLY_NEURAL_CHAR] * 1e6,
		    cost.usd_each[COST_POLLY_STANDARD_CHAR] * 1e6,
		    path != NULL ? path : "the built-in table");
	if (c->options->max_usd > 0)
		client_check_fact(
		    &c->facts, "limit", "%.2f USD", c->options->max_usd);
}

static void
check_room(struct check *c)
{
	char reason[ROOM_REASON_MAX];
	struct room room;

	if (c->options->room == NULL)
		return;
	if (room_init(&room, NULL, c->options->room) != 0) {
		client_check_problem(&c->facts, EX_USAGE, NULL,
		    "'%s' is not a room's name", c->options->room);
		return;
	}
	client_check_fact(&c->facts, "room", "%s, %s", room.name,
	    room_exists(&room) ? "there" : "not there yet");
	if (room_is_paused(&room, reason) == 1)
		client_check_warning(
		    &c->facts, "the room is paused: %s", reason);
}

int
check_run(const struct options *o)
{
	static struct check c;
	char *text;
	int status;

	c.options = o;
	polly_voices_init(&c.voices.list);
	client_check_init(&c.facts, "synth", ENDPOINT_POLLY, &o->config);
	check_room(&c);
	check_money(&c);
	if (client_check_settings(&c.facts) == 0)
		ask_voices(&c);
	if (c.facts.status == 0) {
		count_voices(&c);
		check_languages(&c);
	}
	status = c.facts.status;
	text = o->is_json ? client_check_json(&c.facts)
	                  : client_check_text(&c.facts);
	if (text == NULL)
		status = EX_OSERR;
	else if (fputs(text, stdout) == EOF || fflush(stdout) != 0)
		status = EX_IOERR;
	free(text);
	polly_voices_release(&c.voices.list);
	client_check_release(&c.facts);
	return status;
}
