#include "svc_transcribe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/log.h"
#include "events.h"
#include "exchange.h"
#include "ids.h"
#include "probes.h"
#include "recognition.h"
#include "transcribe_params.h"
#include "transcript.h"

/* The service's. */
#define SILENCE_MS 15000
#define SESSION_MS (4 * 3600 * 1000L)

/* One second of 48 kHz in two channels, with its envelope: more is refused. */
#define EVENT_BYTES_MAX (192000 + 1024)
/* Input looked at in one go, and in one turn. */
#define SLICE_BYTES 16384
#define SLICES_MAX 8
/* A result is at most a line of 64 KiB, as JSON of another shape. */
#define RESULT_BYTES (128 * 1024)
/* Lines that wait for --delay. */
#define LATE_MAX 64
/* After the end of the audio a recogniser has this long. */
#define FINISH_MS 120000

/* A line and when it may be told. */
struct late {
	json_t *line; /* owned */
	int64_t at_ms;
};

struct channel {
	struct recognition *recognition;
	struct transcript_style style;
	char id[64];                /* of the utterance, the recogniser's */
	char result_id[UUID_BYTES]; /* of the same, ours */
	struct late late[LATE_MAX]; /* a ring */
	size_t first, nlate;
};

enum stage {
	STAGE_PROBING, /* is there a recogniser for the language? */
	STAGE_OPEN,
};

struct session {
	struct exchange *x;
	struct transcribe_params params;
	enum stage stage;
	size_t option; /* of params, being tried */
	char name[UUID_BYTES];
	struct events_in events;
	struct channel channels[2];
	uint8_t split[4]; /* of a frame that two events share */
	size_t nsplit;
	int64_t opened_ms, heard_ms, ended_ms;
	double audio_ms;
	uint64_t npartials, nfinals; /* told */
	bool is_ended; /* the final event came; the recognisers know */
	/* What on_event() found wrong, to be thrown after it. */
	const char *bad_name, *bad_text;
};

static void
throw_bad(struct session *s, const char *text)
{
	if (s->bad_name == NULL) {
		s->bad_name = "BadRequestException";
		s->bad_text = text;
	}
}

/* --- audio ---------------------------------------------------------------- */

/* Two interleaved channels apart; n is whole frames. */
static int
write_two(struct session *s, const uint8_t *p, size_t n)
{
	uint8_t part[2][4096];
	size_t k = 0;
	int rc = 0;

	for (size_t i = 0; i + 4 <= n && rc == 0; i += 4) {
		memcpy(part[0] + k, p + i, 2);
		memcpy(part[1] + k, p + i + 2, 2);
		k += 2;
		if (k == sizeof(part[0]) || i + 8 > n) {
			rc = recognition_write(
			    s->channels[0].recognition, part[0], k);
			if (rc == 0)
				rc = recognition_write(
				    s->channels[1].recognition, part[1], k);
			k = 0;
		}
	}
	return rc;
}

static int
write_audio(struct session *s, const uint8_t *p, size_t n)
{
	size_t take;
	int rc;

	if (s->params.nchannels == 1)
		return recognition_write(s->channels[0].recognition, p, n);
	/* Events need not end where a frame does. */
	if (s->nsplit > 0) {
		take = 4 - s->nsplit < n ? 4 - s->nsplit : n;
		memcpy(s->split + s->nsplit, p, take);
		s->nsplit += take;
		p += take;
		n -= take;
		if (s->nsplit < 4)
			return 0;
		if ((rc = write_two(s, s->split, 4)) != 0)
			return rc;
	}
	s->nsplit = n % 4;
	memcpy(s->split, p + n - s->nsplit, s->nsplit);
	return write_two(s, p, n - s->nsplit);
}

static void
on_event(void *arg, const struct es_event *e)
{
	struct session *s = arg;
	size_t second = (size_t)s->params.rate_hz * 2 * s->params.nchannels;

	if (s->bad_name != NULL || !es_event_is(e, ES_KIND_EVENT, "AudioEvent"))
		return; /* ConfigurationEvent is Call Analytics' */
	if (e->payload_len > second) {
		throw_bad(s,
		    "Your stream is too big. Reduce the frame size and try "
		    "your request again.");
		return;
	}
	/* An empty event is no audio: it keeps nothing alive. */
	if (e->payload_len == 0)
		return;
	s->heard_ms = s->x->now_ms;
	s->audio_ms += (double)e->payload_len * 1000 / (double)second;
	if (write_audio(s, e->payload, e->payload_len) != 0) {
		s->bad_name = "InternalFailureException";
		s->bad_text = "The recogniser does not take the audio.";
	}
}

static bool
has_room(const struct session *s)
{
	for (size_t i = 0; i < s->params.nchannels; i++)
		if (recognition_room(s->channels[i].recognition) <
		    EVENT_BYTES_MAX + SLICE_BYTES)
			return false;
	return true;
}

/* "20261121T050000Z" */
static void
date_text(char out[17], int64_t ms)
{
	if (sigv4_date_format(out, ms / 1000) != 0)
		snprintf(out, 17, "-");
}

static void
throw_events(struct session *s, int error, int64_t wall_ms)
{
	struct exchange *x = s->x;
	char then[17], now[17];

	switch (error) {
	case EVENTS_ERR_TOO_BIG:
		events_throw(x, "BadRequestException", NULL,
		    "Your stream is too big. Reduce the frame size and try "
		    "your request again.");
		break;
	case EVENTS_ERR_EXPIRED:
		date_text(then, wall_ms - EVENTS_SKEW_MS);
		date_text(now, wall_ms);
		events_throw(x, "BadRequestException", NULL,
		    "Signature expired: an event's date is now earlier than %s "
		    "(%s - 5 min.)",
		    then, now);
		break;
	case EVENTS_ERR_FRAMING:
		events_throw(x, "BadRequestException", NULL,
		    "Could not decode the audio stream that you provided. "
		    "Check "
		    "that the audio stream is valid and try your request "
		    "again.");
		break;
	case EVENTS_ERR_NOMEM:
		events_throw(x, "InternalFailureException", NULL, "%s",
		    events_strerror(error));
		break;
	default:
		events_throw(x, "BadRequestException", NULL,
		    "The request signature we calculated does not match the "
		    "signature you provided: %s.",
		    events_strerror(error));
		break;
	}
}

static void
end_audio(struct session *s, int64_t now_ms)
{
	s->is_ended = true;
	s->ended_ms = now_ms;
	for (size_t i = 0; i < s->params.nchannels; i++)
		recognition_end(s->channels[i].recognition);
}

/* False: the session is over, or has to wait. */
static bool
take_input(struct session *s, int64_t now_ms)
{
	struct exchange *x = s->x;
	int64_t wall_ms = exchange_wall_ms(x);
	size_t left;
	long n;

	for (int i = 0; has_room(s); i++) {
		exchange_input(x, &left);
		if (left == 0)
			break;
		if (i == SLICES_MAX) {
			exchange_wake(x, now_ms);
			break;
		}
		if (!exchange_hook(x, HOOK_EVENT_IN, x->nevents_in + 1) ||
		    !exchange_hook(x, HOOK_AUDIO, (uint64_t)s->audio_ms))
			return false;
		n = events_in_take(
		    &s->events, exchange_slice(x, SLICE_BYTES), wall_ms);
		if (s->bad_name != NULL) {
			events_throw(x, s->bad_name, NULL, "%s", s->bad_text);
			return false;
		}
		if (n < 0) {
			throw_events(s, (int)n, wall_ms);
			return false;
		}
	}
	exchange_input(x, &left);
	if (s->events.is_over && !s->is_ended) {
		if (!exchange_hook(x, HOOK_INPUT_END, 0))
			return false;
		end_audio(s, now_ms);
	}
	if (x->is_input_over && left == 0 && !s->is_ended) {
		events_throw(x, "BadRequestException", NULL,
		    "The stream ended without its final, empty, signed event.");
		return false;
	}
	return true;
}

/* --- results -------------------------------------------------------------- */

/* Lines out of the recogniser into the ring, with the time they may go. */
static int
collect(struct session *s, struct channel *c, int64_t now_ms)
{
	json_t *line;
	int rc;

	while (c->nlate < LATE_MAX) {
		if ((rc = recognition_next(c->recognition, &line)) <= 0)
			return rc;
		c->late[(c->first + c->nlate++) % LATE_MAX] =
		    (struct late){ line,
			    now_ms + s->x->la->transcribe_delay_ms };
	}
	return 0;
}

static void
tell(struct session *s, struct channel *c, const json_t *line)
{
	const char *id = json_str(line, "id");

	if (id == NULL)
		id = "";
	if (c->result_id[0] == '\0' || strcmp(c->id, id) != 0) {
		snprintf(c->id, sizeof(c->id), "%s", id);
		uuid_make(c->result_id);
	}
	if (events_send_json(s->x, "TranscriptEvent",
		transcript_event(line, c->result_id, &c->style)) != 0)
		log_msg(LOG_WARN, "transcribe", "a result was too large");
	/* Without ids a final ends the utterance. */
	if (json_is_set(line, "final") && id[0] == '\0')
		c->result_id[0] = '\0';
}

/* Just after a result. */
static bool
hook_told(struct session *s, const json_t *line)
{
	if (json_is_set(line, "final"))
		return exchange_hook(s->x, HOOK_FINAL, ++s->nfinals);
	return exchange_hook(s->x, HOOK_PARTIAL, ++s->npartials);
}

/* False: the session is over, or has to wait. */
static bool
give_results(struct session *s, struct channel *c, int64_t now_ms)
{
	struct late *l;
	const char *why;
	bool may_go_on;
	int rc;

	if ((rc = collect(s, c, now_ms)) < 0) {
		why = recognition_complaint(c->recognition);
		events_throw(s->x, "InternalFailureException", NULL, "%s%s%s",
		    recognition_strerror(rc), why[0] == '\0' ? "" : ": ", why);
		return false;
	}
	while (c->nlate > 0) {
		l = &c->late[c->first];
		if (now_ms < l->at_ms) {
			exchange_wake(s->x, l->at_ms);
			break;
		}
		if (!events_may_send(s->x, RESULT_BYTES))
			break;
		tell(s, c, l->line);
		may_go_on = hook_told(s, l->line);
		json_decref(l->line);
		c->first = (c->first + 1) % LATE_MAX;
		c->nlate--;
		if (!may_go_on)
			return false;
	}
	return s->x->phase != EXCHANGE_FINISHED;
}

static bool
is_said(const struct session *s)
{
	for (size_t i = 0; i < s->params.nchannels; i++)
		if (!recognition_is_over(s->channels[i].recognition) ||
		    s->channels[i].nlate > 0)
			return false;
	return true;
}

/* --- opening -------------------------------------------------------------- */

static void
refuse_language(struct session *s, const char *code, const char *complaint)
{
	/* What the service says of a language that it does not stream, and
	 * what that means here. */
	exchange_refuse(s->x, 400, "BadRequestException", NULL,
	    "The language code %s is not supported for streaming transcription "
	    "by this stand-in: %s",
	    code, complaint);
}

static int
start_channels(struct session *s, const char *code)
{
	static const char *const names[] = { "ch_0", "ch_1" };
	struct channel *c;

	for (size_t i = 0; i < s->params.nchannels; i++) {
		c = &s->channels[i];
		c->style.channel = names[i];
		c->style.has_stability = s->params.has_stability;
		c->style.has_speakers = s->params.has_speakers;
		if (s->params.is_identifying)
			c->style.language = code;
		if (recognition_new(&c->recognition, s->x->la, code,
			s->params.rate_hz) != 0)
			return -1;
	}
	return events_in_init(&s->events, s->x, EVENT_BYTES_MAX, on_event, s);
}

static void
open_session(struct session *s, const char *code, int64_t now_ms)
{
	struct h2_header headers[TRANSCRIBE_ECHO_MAX + 4];
	size_t n;

	if (start_channels(s, code) != 0) {
		exchange_refuse(s->x, 500, "InternalFailureException", NULL,
		    "The recogniser cannot be started");
		return;
	}
	n = transcribe_params_echo(headers, &s->x->req);
	if (s->params.session_id == NULL) {
		uuid_make(s->name);
		headers[n++] =
		    (struct h2_header){ "x-amzn-transcribe-session-id",
			    s->name };
	}
	headers[n++] = (struct h2_header){ "x-amzn-request-id", s->x->id };
	headers[n++] = (struct h2_header){ "content-type",
		"application/vnd.amazon.eventstream" };
	headers[n] = (struct h2_header){ NULL, NULL };
	exchange_open(s->x, headers);
	s->stage = STAGE_OPEN;
	s->opened_ms = s->heard_ms = now_ms;
	exchange_hook(s->x, HOOK_OPEN, 0);
}

/* Try the languages in turn; the first that a recogniser knows is picked. */
static void
probe(struct session *s, int64_t now_ms)
{
	struct localaws *la = s->x->la;
	const char *args[] = { "-l", NULL, "--rate", "16000", NULL };
	const char *code, *complaint;

	while (s->option < s->params.noptions) {
		code = s->params.options[s->option];
		args[1] = code;
		switch (la->script != NULL
			    ? PROBE_YES
			    : probes_ask(la->probes, "asr", la->asr, args,
				  &complaint, now_ms)) {
		case PROBE_WAIT:
			return;
		case PROBE_YES:
			open_session(s, code, now_ms);
			return;
		case PROBE_NO:
			if (s->option + 1 == s->params.noptions) {
				refuse_language(s,
				    s->params.is_identifying ? "of no option"
							     : code,
				    complaint);
				return;
			}
			s->option++;
			break;
		}
	}
}

static void
start(struct exchange *x)
{
	struct session *s = calloc(1, sizeof(*s));
	char text[TRANSCRIBE_TEXT_BYTES];

	if (s == NULL) {
		exchange_refuse(
		    x, 500, "InternalFailureException", NULL, "out of memory");
		return;
	}
	s->x = x;
	x->state = s;
	if (transcribe_params_read(&s->params, &x->req, text) != 0) {
		exchange_refuse(
		    x, 400, "BadRequestException", NULL, "%s", text);
		return;
	}
	/* One stream per HTTP/2 session (PROTOCOL 3.5). */
	if (x->link->is_behind(x, x->op)) {
		exchange_refuse(x, 400, "BadRequestException", NULL,
		    "Only one stream is supported per HTTP/2 session");
		return;
	}
	s->stage = STAGE_PROBING;
}

/* --- its course ----------------------------------------------------------- */

/* False: the session is over. */
static bool
check_clocks(struct session *s, int64_t now_ms)
{
	size_t left;

	if (now_ms - s->opened_ms >= SESSION_MS || s->audio_ms >= SESSION_MS) {
		events_throw(s->x, "LimitExceededException", NULL,
		    "Your stream exceeded the maximum session length of 4 "
		    "hours. Start a new session.");
		return false;
	}
	exchange_wake(s->x, s->opened_ms + SESSION_MS);
	if (s->is_ended) {
		if (now_ms - s->ended_ms >= FINISH_MS) {
			events_throw(s->x, "InternalFailureException", NULL,
			    "The recogniser did not finish in time");
			return false;
		}
		exchange_wake(s->x, s->ended_ms + FINISH_MS);
		return true;
	}
	/* Audio that waits for the recogniser has been received. */
	exchange_input(s->x, &left);
	if (left > 0)
		s->heard_ms = now_ms;
	if (now_ms - s->heard_ms >= SILENCE_MS) {
		events_throw(s->x, "BadRequestException", NULL,
		    "Your request timed out because no new audio was received "
		    "for 15 seconds.");
		return false;
	}
	exchange_wake(s->x, s->heard_ms + SILENCE_MS);
	return true;
}

static void
pump(struct exchange *x, int64_t now_ms)
{
	struct session *s = x->state;

	if (s->stage == STAGE_PROBING)
		probe(s, now_ms);
	if (s->stage != STAGE_OPEN || x->phase == EXCHANGE_FINISHED)
		return;
	if (!take_input(s, now_ms))
		return;
	for (size_t i = 0; i < s->params.nchannels; i++)
		if (!give_results(s, &s->channels[i], now_ms))
			return;
	/* Our side ends once the client's has: both ends are needed. */
	if (s->is_ended && is_said(s) && x->is_input_over) {
		if (exchange_hook(x, HOOK_LAST, 0))
			exchange_finish(x);
		return;
	}
	check_clocks(s, now_ms);
}

static void
stop(struct exchange *x)
{
	struct session *s = x->state;
	struct channel *c;

	for (size_t i = 0; i < 2; i++) {
		c = &s->channels[i];
		recognition_free(c->recognition);
		for (; c->nlate > 0; c->nlate--) {
			json_decref(c->late[c->first].line);
			c->first = (c->first + 1) % LATE_MAX;
		}
	}
	events_in_release(&s->events);
	free(s);
}

const struct operation start_stream_transcription = {
	.name = "StartStreamTranscription",
	.service = &transcribe_service,
	.is_stream = true,
	.start = start,
	.pump = pump,
	.stop = stop,
};
