#include "voices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lang.h"
#include "base/log.h"

/* A room goes on with captions meanwhile; asking costs nothing.  Doubling. */
#define ASK_MIN_MS 1000
#define ASK_MAX_MS 10000
/* For one page, which takes far less. */
#define PAGE_TIMEOUT_MS 10000

/* From the best: what is missing in one may be there in the next. */
static const unsigned int engines[] = { POLLY_GENERATIVE, POLLY_NEURAL,
	POLLY_STANDARD };

static void ask(struct voices *v);

static void
failed(struct voices *v, const struct service_error *e)
{
	v->state = VOICES_FAILED;
	v->error = *e;
	v->wait_ms = v->wait_ms == 0 ? ASK_MIN_MS : v->wait_ms * 2;
	if (v->wait_ms > ASK_MAX_MS)
		v->wait_ms = ASK_MAX_MS;
	v->retry_at_ms = v->now_ms + v->wait_ms;
}

static void
on_page(void *arg, const struct http_answer *answer)
{
	struct voices *v = arg;
	struct service_error error;

	v->call = NULL;
	if (answer->error.class != SERVICE_ERROR_NONE) {
		failed(v, &answer->error);
		return;
	}
	if (polly_voices_add_page(
		&v->list, answer->body, answer->len, &error) != 0) {
		failed(v, &error);
		return;
	}
	if (polly_voices_has_more(&v->list)) {
		ask(v);
		return;
	}
	v->state = VOICES_KNOWN;
	log_msg(LOG_DEBUG, "voices", "%zu voices on %u pages", v->list.n,
	    v->list.pages);
}

static void
ask(struct voices *v)
{
	struct http_request request;
	struct service_error error;

	if (polly_voices_query(
		&v->list, NULL, NULL, v->query, POLLY_QUERY_MAX) == 0) {
		memset(&request, 0, sizeof(request));
		polly_voices_request(&request, v->endpoint, v->query);
		request.timeout_ms = PAGE_TIMEOUT_MS;
		request.on_done = on_page;
		request.arg = v;
		v->call = http_call_start(v->caller, &request, LOOP_NEVER);
	}
	if (v->call == NULL) {
		service_error_set(
		    &error, SERVICE_ERROR_LOCAL, "memory", "out of memory");
		failed(v, &error);
	}
}

int
voices_init(struct voices *v, const struct endpoint *endpoint,
    struct http_caller *caller)
{
	memset(v, 0, sizeof(*v));
	v->endpoint = endpoint;
	v->caller = caller;
	service_error_init(&v->error);
	polly_voices_init(&v->list);
	v->query = malloc(POLLY_QUERY_MAX);
	return v->query == NULL ? -1 : 0;
}

void
voices_release(struct voices *v)
{
	if (v->call != NULL)
		http_call_cancel(v->call);
	polly_voices_release(&v->list);
	free(v->query);
	v->query = NULL;
}

void
voices_prepare(struct voices *v, struct loop *l)
{
	if (v->state == VOICES_FAILED)
		loop_deadline(l, v->retry_at_ms);
	else if (v->state == VOICES_ASKING && v->call == NULL)
		loop_deadline(l, 0);
}

void
voices_dispatch(struct voices *v, int64_t now_ms)
{
	v->now_ms = now_ms;
	if (v->state == VOICES_KNOWN || v->call != NULL)
		return;
	if (v->state == VOICES_FAILED) {
		if (now_ms < v->retry_at_ms)
			return;
		polly_voices_release(&v->list);
		polly_voices_init(&v->list);
		v->state = VOICES_ASKING;
	}
	ask(v);
}

unsigned int
voices_next_engine(unsigned int engine)
{
	for (size_t i = 0; i + 1 < sizeof(engines) / sizeof(engines[0]); i++)
		if (engines[i] == engine)
			return engines[i + 1];
	return 0;
}

bool
voices_may_come(const struct voices *v)
{
	if (v->state != VOICES_FAILED)
		return true;
	switch (v->error.class) {
	case SERVICE_ERROR_TRANSIENT:
	case SERVICE_ERROR_TIMEOUT:
	case SERVICE_ERROR_THROTTLING:
	case SERVICE_ERROR_PROTOCOL:
		return true;
	default:
		return false;
	}
}

struct voice_choice
voices_choose(const struct voices *v, const char *tag, unsigned int engine,
    const char *id)
{
	struct voice_choice choice;
	char buf[LANG_TAG_MAX];
	bool is_reached = false;

	memset(&choice, 0, sizeof(choice));
	snprintf(choice.language_code, sizeof(choice.language_code), "%s",
	    lang_for_polly(tag, buf));
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		is_reached = is_reached || engines[i] == engine;
		if (!is_reached)
			continue;
		choice.voice =
		    polly_voices_choose(&v->list, choice.language_code,
			engines[i], id, &choice.needs_language);
		if (choice.voice != NULL) {
			choice.engine = engines[i];
			break;
		}
	}
	return choice;
}
