#include "faults_rule.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/h2.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- what there is -------------------------------------------------------- */

static const char *const phase_names[HOOK_NPHASES] = {
	[HOOK_CONNECT] = "connect",
	[HOOK_REQUEST] = "request",
	[HOOK_RESPONSE] = "response",
	[HOOK_OPEN] = "open",
	[HOOK_EVENT_IN] = "event-in",
	[HOOK_EVENT_OUT] = "event-out",
	[HOOK_AUDIO] = "audio",
	[HOOK_PARTIAL] = "partial",
	[HOOK_FINAL] = "final",
	[HOOK_INPUT_END] = "input-end",
	[HOOK_LAST] = "last",
	[HOOK_CLOSED] = "closed",
};

#define AT(phase) (1u << (phase))
#define CONNECT AT(HOOK_CONNECT)
#define BEFORE (AT(HOOK_REQUEST) | AT(HOOK_RESPONSE))
#define RESULTS (AT(HOOK_PARTIAL) | AT(HOOK_FINAL)) /* Transcribe's */
#define WITHIN                                                                 \
	(AT(HOOK_OPEN) | AT(HOOK_EVENT_IN) | AT(HOOK_EVENT_OUT) |              \
	    AT(HOOK_AUDIO) | RESULTS | AT(HOOK_INPUT_END) | AT(HOOK_LAST) |    \
	    AT(HOOK_CLOSED))
#define ANY (BEFORE | WITHIN)

enum key {
	KEY_SERVICE,
	KEY_OPERATION,
	KEY_PHASE,
	KEY_N,
	KEY_AFTER_MS,
	KEY_NTH,
	KEY_EVERY,
	KEY_TIMES,
	KEY_CHANCE,
	KEY_DO,
	/* The rest belongs to actions. */
	KEY_STATUS,
	KEY_NAME,
	KEY_MESSAGE,
	KEY_CODE,
	KEY_MS,
	KEY_SECONDS,
	KEY_BYTES,
	KEY_RETRY_AFTER,
	KEY_RETRY_AFTER_MS,
	NKEYS
};

static const char *const key_names[NKEYS] = { "service", "operation", "phase",
	"n", "after-ms", "nth", "every", "times", "chance", "do", "status",
	"name", "message", "code", "ms", "seconds", "bytes", "retry-after",
	"retry-after-ms" };

#define HAS(key) (1u << (key))
#define ERROR (HAS(KEY_NAME) | HAS(KEY_MESSAGE))
#define RETRY (HAS(KEY_RETRY_AFTER) | HAS(KEY_RETRY_AFTER_MS))

static const struct action {
	const char *word;
	enum hook_action action;
	unsigned phases;
	unsigned takes; /* keys */
	unsigned needs;
} actions[] = {
	{ "abort", HOOK_CUT, CONNECT | ANY, 0, 0 },
	{ "block", HOOK_BLOCK, ANY, 0, 0 },
	{ "chunk", HOOK_CHUNK, BEFORE, HAS(KEY_BYTES), HAS(KEY_BYTES) },
	{ "crc", HOOK_DAMAGE, WITHIN, 0, 0 },
	{ "cut", HOOK_FIN, CONNECT | ANY, 0, 0 },
	{ "delay", HOOK_PASS, CONNECT | ANY, HAS(KEY_MS), HAS(KEY_MS) },
	{ "end", HOOK_END, ANY, 0, 0 },
	{ "error", HOOK_ERROR, WITHIN, ERROR, 0 },
	{ "exception", HOOK_REFUSE, WITHIN, ERROR, HAS(KEY_NAME) },
	{ "expired-token", HOOK_REFUSE, ANY, 0, 0 },
	{ "freeze", HOOK_FREEZE, CONNECT | ANY, HAS(KEY_MS), 0 },
	{ "garbage", HOOK_GARBAGE, CONNECT | ANY, 0, 0 },
	{ "goaway", HOOK_GOAWAY, ANY, HAS(KEY_CODE), 0 },
	{ "goaway-unseen", HOOK_UNSEEN, BEFORE, HAS(KEY_CODE), 0 },
	{ "half-close", HOOK_HALF_CLOSE, ANY, 0, 0 },
	{ "hang", HOOK_HANG, CONNECT | ANY, 0, 0 },
	{ "html", HOOK_HTML, CONNECT | BEFORE, HAS(KEY_STATUS), 0 },
	{ "outage", HOOK_OUTAGE, CONNECT | ANY, HAS(KEY_MS), HAS(KEY_MS) },
	{ "refuse", HOOK_REFUSE, BEFORE, ERROR | RETRY | HAS(KEY_STATUS), 0 },
	{ "reset", HOOK_RESET, ANY, HAS(KEY_CODE), 0 },
	{ "slow", HOOK_SLOW, BEFORE, HAS(KEY_BYTES), HAS(KEY_BYTES) },
	{ "throttle", HOOK_REFUSE, ANY, ERROR | RETRY | HAS(KEY_STATUS), 0 },
	{ "tiny-data", HOOK_DATA, CONNECT | BEFORE, HAS(KEY_BYTES), 0 },
	{ "tiny-window", HOOK_WINDOW, CONNECT | BEFORE, HAS(KEY_BYTES),
	    HAS(KEY_BYTES) },
	{ "truncate", HOOK_TRUNCATE, ANY, 0, 0 },
	{ "wrong-clock", HOOK_CLOCK, AT(HOOK_REQUEST), HAS(KEY_SECONDS),
	    HAS(KEY_SECONDS) },
};

/* PROTOCOL 4.4, 5.1, 5.3, 6 and 7.4: what `refuse` does not need to be told. */
static const struct {
	const char *name;
	int status;
} statuses[] = {
	{ "AccessDeniedException", 403 },
	{ "BadRequestException", 400 },
	{ "ConflictException", 409 },
	{ "DetectedLanguageLowConfidenceException", 400 },
	{ "EngineNotSupportedException", 400 },
	{ "ExpiredTokenException", 403 },
	{ "InternalFailureException", 500 },
	{ "InternalServerException", 500 },
	{ "InvalidRequestException", 400 },
	{ "InvalidSampleRateException", 400 },
	{ "InvalidSignatureException", 403 },
	{ "InvalidSsmlException", 400 },
	{ "LanguageNotSupportedException", 400 },
	{ "LexiconNotFoundException", 404 },
	{ "LimitExceededException", 429 },
	{ "MarksNotSupportedForFormatException", 400 },
	{ "ResourceNotFoundException", 404 },
	{ "SerializationException", 400 },
	{ "ServiceFailureException", 500 },
	{ "ServiceQuotaExceededException", 402 },
	{ "ServiceUnavailableException", 503 },
	{ "SsmlMarksNotSupportedForTextTypeException", 400 },
	{ "TextLengthExceededException", 400 },
	{ "TextSizeLimitExceededException", 400 },
	{ "ThrottlingException", 400 },
	{ "TooManyRequestsException", 429 },
	{ "UnrecognizedClientException", 403 },
	{ "UnsupportedLanguagePairException", 400 },
	{ "ValidationException", 400 },
};

const char *
fault_phase_name(enum hook_phase phase)
{
	return (unsigned)phase < HOOK_NPHASES ? phase_names[phase] : "?";
}

const char *
fault_default_name(const char *service, int is_throttle, int *status)
{
	bool is_translate = strcmp(service, "translate") == 0;

	if (strcmp(service, "transcribe") == 0) {
		*status = is_throttle ? 429 : 500;
		return is_throttle ? "LimitExceededException"
		                   : "InternalFailureException";
	}
	*status = is_throttle ? 400 : 500;
	if (is_throttle)
		return "ThrottlingException";
	return is_translate ? "InternalServerException"
	                    : "ServiceFailureException";
}

/* --- words ---------------------------------------------------------------- */

struct words {
	char line[FAULT_LINE_BYTES + 1]; /* values point into it */
	const char *value[NKEYS];        /* NULL: not there */
	const char *seed;
	char *text; /* of the error */
};

__attribute__((format(printf, 2, 3))) static int
fail(struct words *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->text, FAULT_TEXT_BYTES, fmt, ap);
	va_end(ap);
	return -1;
}

/* The value that begins at *p, which moves behind it; ended in place. */
static char *
take_value(struct words *w, char **p)
{
	char *value = *p, *end;

	if (*value == '"') {
		value++;
		end = strchr(value, '"');
		if (end == NULL ||
		    (end[1] != '\0' && strchr(" \t", end[1]) == NULL)) {
			fail(w, "a quoted value does not end");
			return NULL;
		}
		*p = end + 1;
	} else {
		end = value + strcspn(value, " \t");
		*p = end;
	}
	if (*end != '\0' && *end != '"')
		*p = end + 1;
	*end = '\0';
	return value;
}

static const char **
find_key(struct words *w, const char *name)
{
	for (size_t i = 0; i < NKEYS; i++)
		if (strcmp(name, key_names[i]) == 0)
			return &w->value[i];
	return strcmp(name, "seed") == 0 ? &w->seed : NULL;
}

/* One `key=value` at *p. */
static int
take_word(struct words *w, char **p)
{
	char *name = *p, *equals = name + strcspn(name, "= \t");
	const char **slot;

	if (*equals != '=') {
		*equals = '\0';
		return fail(w, "'%.40s' is not of the form key=value", name);
	}
	*equals = '\0';
	*p = equals + 1;
	if ((slot = find_key(w, name)) == NULL)
		return fail(w, "there is no key '%.40s'", name);
	if (*slot != NULL)
		return fail(w, "'%s' is given twice", name);
	if ((*slot = take_value(w, p)) == NULL)
		return -1;
	if (**slot == '\0')
		return fail(w, "'%s' has no value", name);
	return 0;
}

/* Number of words, or -1. */
static int
take_words(struct words *w, const char *p, size_t n)
{
	char *at = w->line;
	int nwords = 0;

	if (n > 0 && p[n - 1] == '\r')
		n--;
	if (n > FAULT_LINE_BYTES)
		return fail(
		    w, "the line is longer than %d bytes", FAULT_LINE_BYTES);
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)p[i] < ' ' && p[i] != '\t') || p[i] == 0x7f)
			return fail(w, "there is a control character");
	memcpy(w->line, p, n);
	w->line[n] = '\0';
	for (;; nwords++) {
		at += strspn(at, " \t");
		if (*at == '\0' || *at == '#')
			return nwords;
		if (take_word(w, &at) != 0)
			return -1;
	}
}

/* --- values --------------------------------------------------------------- */

/* A number between min and max, or what *out already is. */
static int
number(
    struct words *w, enum key key, long long min, long long max, int64_t *out)
{
	const char *s = w->value[key];
	char *end;
	long long v;

	if (s == NULL)
		return 0;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (strchr("+-0123456789", *s) == NULL || *end != '\0' || errno != 0 ||
	    v < min || v > max)
		return fail(w, "%s=%.40s: a number from %lld to %lld is needed",
		    key_names[key], s, min, max);
	*out = v;
	return 0;
}

static int
count(struct words *w, enum key key, uint64_t *out)
{
	int64_t v = (int64_t)*out;

	if (number(w, key, 1, FAULT_COUNT_MAX, &v) != 0)
		return -1;
	*out = (uint64_t)v;
	return 0;
}

static int
text(struct words *w, enum key key, char *out, size_t size)
{
	const char *s = w->value[key];

	if (s == NULL)
		return 0;
	if (strlen(s) >= size)
		return fail(
		    w, "%s is longer than %zu bytes", key_names[key], size - 1);
	memcpy(out, s, strlen(s) + 1);
	return 0;
}

/* --- where ---------------------------------------------------------------- */

static int
read_phase(struct words *w, struct fault_rule *r)
{
	const char *s = w->value[KEY_PHASE];
	unsigned i;

	r->phase = HOOK_REQUEST;
	if (s == NULL)
		return 0;
	for (i = 0; i < HOOK_NPHASES; i++)
		if (strcmp(s, phase_names[i]) == 0)
			break;
	if (i == HOOK_NPHASES)
		return fail(w,
		    "there is no phase '%.40s': connect, request, response, "
		    "open, event-in, event-out, audio, partial, final, "
		    "input-end, last, closed",
		    s);
	r->phase = (enum hook_phase)i;
	return 0;
}

/* Which number the phase has. */
static int
read_n(struct words *w, struct fault_rule *r)
{
	bool is_audio = r->phase == HOOK_AUDIO;
	bool is_counted = r->phase == HOOK_EVENT_IN ||
	                  r->phase == HOOK_EVENT_OUT ||
	                  (AT(r->phase) & RESULTS) != 0;
	int64_t ms = 0;

	if (w->value[KEY_AFTER_MS] != NULL && !is_audio)
		return fail(w, "after-ms belongs to phase=audio");
	if (w->value[KEY_N] != NULL && !is_counted)
		return fail(w,
		    "n belongs to the phases event-in, event-out, partial and "
		    "final");
	if (is_audio) {
		if (number(w, KEY_AFTER_MS, 0, FAULT_MS_MAX * 10LL, &ms) != 0)
			return -1;
		r->n = (uint64_t)ms;
		return 0;
	}
	r->n = is_counted ? 1 : 0;
	return count(w, KEY_N, &r->n);
}

/* Which phases there are in the course of what; "" any. */
static const struct {
	const char *service, *operation;
	unsigned phases;
} courses[] = {
	{ "", "", CONNECT | ANY },
	{ "transcribe", "", ANY & ~AT(HOOK_CLOSED) },
	{ "transcribe", "StartStreamTranscription", ANY & ~AT(HOOK_CLOSED) },
	{ "translate", "", BEFORE },
	{ "translate", "TranslateText", BEFORE },
	{ "polly", "", ANY & ~RESULTS },
	{ "polly", "DescribeVoices", BEFORE },
	{ "polly", "SynthesizeSpeech", BEFORE | AT(HOOK_AUDIO) },
	{ "polly", "StartSpeechSynthesisStream", ANY & ~RESULTS },
};

/* What never comes to pass is a mistake. */
static int
check_course(struct words *w, const struct fault_rule *r)
{
	bool has_service = false, has_operation = false;
	const char *what = r->operation[0] != '\0' ? r->operation : r->service;

	for (size_t i = 0; i < COUNT(courses); i++) {
		bool is_service = strcmp(r->service, courses[i].service) == 0;
		bool is_operation =
		    strcmp(r->operation, courses[i].operation) == 0;

		has_service |= is_service;
		has_operation |= is_operation;
		if (!is_operation || (!is_service && r->service[0] != '\0'))
			continue;
		if ((courses[i].phases & AT(r->phase)) != 0)
			return 0;
		if (r->phase == HOOK_CONNECT)
			return fail(w,
			    "at phase=connect neither service nor operation is "
			    "known");
		return fail(
		    w, "%s has no phase '%s'", what, phase_names[r->phase]);
	}
	if (!has_service)
		return fail(w,
		    "there is no service '%s': transcribe, translate, polly",
		    r->service);
	if (!has_operation)
		return fail(w, "there is no operation '%s'", r->operation);
	return fail(w, "%s has no operation %s", r->service, r->operation);
}

static int
read_where(struct words *w, struct fault_rule *r)
{
	uint64_t chance = 100;

	if (text(w, KEY_SERVICE, r->service, sizeof(r->service)) != 0 ||
	    text(w, KEY_OPERATION, r->operation, sizeof(r->operation)) != 0 ||
	    read_phase(w, r) != 0 || read_n(w, r) != 0 ||
	    check_course(w, r) != 0)
		return -1;
	r->times = r->every = 1;
	if (w->value[KEY_TIMES] != NULL &&
	    strcmp(w->value[KEY_TIMES], "all") == 0)
		r->times = UINT64_MAX;
	else if (count(w, KEY_TIMES, &r->times) != 0)
		return -1;
	if (count(w, KEY_NTH, &r->nth) != 0 ||
	    count(w, KEY_EVERY, &r->every) != 0 ||
	    count(w, KEY_CHANCE, &chance) != 0)
		return -1;
	if (chance > 100)
		return fail(w, "chance is per cent, from 1 to 100");
	r->chance = (unsigned)chance;
	return 0;
}

/* --- what ----------------------------------------------------------------- */

static int
read_code(struct words *w, struct fault_rule *r)
{
	const char *s = w->value[KEY_CODE];
	bool is_reset = r->order.action == HOOK_RESET;

	r->order.h2_code = is_reset ? H2_INTERNAL_ERROR : H2_NO_ERROR;
	if (s == NULL)
		return 0;
	for (uint32_t i = 0; i <= H2_HTTP_1_1_REQUIRED; i++)
		if (strcmp(s, h2_code_name(i)) == 0) {
			r->order.h2_code = i;
			return 0;
		}
	return fail(w,
	    "there is no code '%.40s': those of RFC 9113, such as "
	    "REFUSED_STREAM",
	    s);
}

static int
read_error(struct words *w, struct fault_rule *r)
{
	bool is_throttle = strcmp(r->word, "throttle") == 0;
	int64_t status = 0, seconds = 0;

	if (text(w, KEY_NAME, r->name, sizeof(r->name)) != 0 ||
	    text(w, KEY_MESSAGE, r->message, sizeof(r->message)) != 0 ||
	    number(w, KEY_STATUS, 200, 599, &status) != 0 ||
	    number(w, KEY_RETRY_AFTER, 1, FAULT_SECONDS_MAX, &seconds) != 0)
		return -1;
	r->order.retry_after_ms = seconds * 1000;
	if (number(w, KEY_RETRY_AFTER_MS, 1, FAULT_MS_MAX,
		&r->order.retry_after_ms) != 0)
		return -1;
	if (strcmp(r->word, "expired-token") == 0) {
		strcpy(r->name, "ExpiredTokenException");
		strcpy(r->message, "The security token included in the request "
				   "is expired");
	} else if (strcmp(r->word, "html") == 0) {
		r->order.status = 502;
	} else if (r->message[0] == '\0') {
		strcpy(r->message,
		    is_throttle ? "Rate exceeded" : "A fault was asked for");
	}
	for (size_t i = 0; i < COUNT(statuses); i++)
		if (strcmp(r->name, statuses[i].name) == 0)
			r->order.status = statuses[i].status;
	if (status != 0)
		r->order.status = (int)status;
	return 0;
}

static int
read_value(struct words *w, struct fault_rule *r)
{
	struct hook_order *o = &r->order;

	switch (o->action) {
	case HOOK_PASS:
		return number(w, KEY_MS, 1, FAULT_MS_MAX, &o->delay_ms);
	case HOOK_FREEZE:
		o->value = 60000;
		return number(w, KEY_MS, 1, FAULT_MS_MAX, &o->value);
	case HOOK_OUTAGE:
		return number(w, KEY_MS, 1, FAULT_MS_MAX, &o->value);
	case HOOK_CLOCK:
		return number(w, KEY_SECONDS, -FAULT_SECONDS_MAX,
		    FAULT_SECONDS_MAX, &o->value);
	default:
		/* One byte a frame is what nobody expects. */
		o->value = o->action == HOOK_DATA ? 1 : 0;
		return number(w, KEY_BYTES, 1, FAULT_BYTES_MAX, &o->value);
	}
}

static int
read_what(struct words *w, struct fault_rule *r)
{
	const char *s = w->value[KEY_DO];
	const struct action *a = NULL;

	if (s == NULL)
		return fail(w, "a rule needs do=ACTION");
	for (size_t i = 0; i < COUNT(actions); i++)
		if (strcmp(s, actions[i].word) == 0)
			a = &actions[i];
	if (a == NULL)
		return fail(w, "there is no action '%.40s'", s);
	r->word = a->word;
	r->order.action = a->action;
	if ((a->phases & AT(r->phase)) == 0)
		return fail(w, "do=%s cannot be done at phase=%s", a->word,
		    fault_phase_name(r->phase));
	for (int key = KEY_DO + 1; key < NKEYS; key++) {
		if (w->value[key] != NULL && (a->takes & HAS(key)) == 0)
			return fail(
			    w, "do=%s takes no %s", a->word, key_names[key]);
		if (w->value[key] == NULL && (a->needs & HAS(key)) != 0)
			return fail(
			    w, "do=%s needs %s", a->word, key_names[key]);
	}
	if (w->value[KEY_RETRY_AFTER] != NULL &&
	    w->value[KEY_RETRY_AFTER_MS] != NULL)
		return fail(w, "one of retry-after and retry-after-ms, please");
	if (read_code(w, r) != 0 || read_error(w, r) != 0)
		return -1;
	return read_value(w, r);
}

enum fault_line
fault_rule_parse(struct fault_rule *rule, const char *p, size_t n,
    char why[FAULT_TEXT_BYTES])
{
	struct words w = { .text = why };
	char *end;
	int nwords;

	memset(rule, 0, sizeof(*rule));
	why[0] = '\0';
	if ((nwords = take_words(&w, p, n)) < 0)
		return FAULT_LINE_BAD;
	if (nwords == 0)
		return FAULT_LINE_EMPTY;
	if (w.seed != NULL) {
		if (nwords > 1)
			fail(&w, "seed stands on a line of its own");
		else if (w.seed[strspn(w.seed, "0123456789")] != '\0' ||
			 strlen(w.seed) > 18)
			fail(&w, "seed=%.40s: a number is needed", w.seed);
		else
			rule->n = strtoull(w.seed, &end, 10);
		return why[0] == '\0' ? FAULT_LINE_SEED : FAULT_LINE_BAD;
	}
	if (read_where(&w, rule) != 0 || read_what(&w, rule) != 0)
		return FAULT_LINE_BAD;
	return FAULT_LINE_RULE;
}
