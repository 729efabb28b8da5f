#include "transcribe_params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PREFIX "x-amzn-transcribe-"

/* The model's enumeration LanguageCode. */
static const char *const languages[] = {
	"af-ZA",
	"am-ET",
	"ar-AE",
	"ar-SA",
	"be-BY",
	"bg-BG",
	"bn-IN",
	"bs-BA",
	"ca-ES",
	"ckb-IQ",
	"ckb-IR",
	"cs-CZ",
	"cy-WL",
	"da-DK",
	"de-CH",
	"de-DE",
	"el-GR",
	"en-AB",
	"en-AU",
	"en-GB",
	"en-IE",
	"en-IN",
	"en-NZ",
	"en-US",
	"en-WL",
	"en-ZA",
	"es-ES",
	"es-MX",
	"es-US",
	"et-ET",
	"eu-ES",
	"fa-AF",
	"fa-IR",
	"fi-FI",
	"fr-CA",
	"fr-FR",
	"gl-ES",
	"gu-IN",
	"he-IL",
	"hi-IN",
	"hr-HR",
	"ht-HT",
	"hu-HU",
	"hy-AM",
	"id-ID",
	"is-IS",
	"it-IT",
	"ja-JP",
	"jv-ID",
	"ka-GE",
	"kab-DZ",
	"kk-KZ",
	"km-KH",
	"kn-IN",
	"ko-KR",
	"lg-IN",
	"lt-LT",
	"lv-LV",
	"mk-MK",
	"ml-IN",
	"mr-IN",
	"ms-MY",
	"my-MM",
	"ne-NP",
	"nl-NL",
	"no-NO",
	"or-IN",
	"pa-IN",
	"pl-PL",
	"ps-AF",
	"pt-BR",
	"pt-PT",
	"ro-RO",
	"ru-RU",
	"si-LK",
	"sk-SK",
	"sl-SI",
	"so-SO",
	"sq-AL",
	"sr-RS",
	"su-ID",
	"sv-SE",
	"sw-BI",
	"sw-KE",
	"sw-RW",
	"sw-TZ",
	"sw-UG",
	"ta-IN",
	"te-IN",
	"th-TH",
	"tl-PH",
	"tr-TR",
	"uk-UA",
	"uz-UZ",
	"vi-VN",
	"zh-CN",
	"zh-HK",
	"zh-TW",
	"zu-ZA",
};

static const char *const echoed[] = {
	"language-code",
	"sample-rate",
	"media-encoding",
	"vocabulary-name",
	"session-id",
	"vocabulary-filter-name",
	"vocabulary-filter-method",
	"show-speaker-label",
	"enable-channel-identification",
	"number-of-channels",
	"enable-partial-results-stabilization",
	"partial-results-stability",
	"content-identification-type",
	"content-redaction-type",
	"pii-entity-types",
	"language-model-name",
	"identify-language",
	"language-options",
	"preferred-language",
	"identify-multiple-languages",
	"vocabulary-names",
	"vocabulary-filter-names",
	"session-resume-window",
	"transcript-format",
};

#define NECHOED (sizeof(echoed) / sizeof(echoed[0]))

static const char *
param(const struct request *r, const char *name)
{
	char full[64];

	snprintf(full, sizeof(full), PREFIX "%s", name);
	return request_header(r, full);
}

static int
bad(char *text, const char *what, const char *value, const char *field,
    const char *rule)
{
	snprintf(text, TRANSCRIBE_TEXT_BYTES, "%s'%.80s' at '%s' %s", what,
	    value, field, rule);
	return -1;
}

static int
bad_value(char *text, const char *value, const char *field, const char *rule)
{
	return bad(
	    text, "1 validation error detected: Value ", value, field, rule);
}

bool
transcribe_has_language(const char *code)
{
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
		if (strcmp(languages[i], code) == 0)
			return true;
	return false;
}

/* The service takes "true" and "True" (one SDK sends it so).  0 or -1. */
static int
read_bool(bool *out, const struct request *r, const char *name, char *text)
{
	const char *value = param(r, name);

	*out = value != NULL && strcasecmp(value, "true") == 0;
	if (value == NULL || *out || strcasecmp(value, "false") == 0)
		return 0;
	return bad_value(text, value, name,
	    "failed to satisfy constraint: Member must be true or false");
}

static int
read_number(unsigned int *out, const char *value, unsigned int max)
{
	char *end;
	unsigned long n;

	if (value[0] < '0' || value[0] > '9')
		return -1;
	n = strtoul(value, &end, 10);
	if (*end != '\0' || n > max)
		return -1;
	*out = (unsigned int)n;
	return 0;
}

static int
read_audio(struct transcribe_params *p, const struct request *r, char *text)
{
	const char *rate = param(r, "sample-rate"),
		   *encoding = param(r, "media-encoding"),
		   *channels = param(r, "number-of-channels");
	bool has_channels;

	if (rate == NULL)
		return bad(text, "1 validation error detected: Value ", "null",
		    "mediaSampleRateHertz",
		    "failed to satisfy constraint: Member must not be null");
	if (read_number(&p->rate_hz, rate, 48000) != 0 || p->rate_hz < 8000)
		return bad_value(text, rate, "mediaSampleRateHertz",
		    "failed to satisfy constraint: Member must have value "
		    "between 8000 and 48000");
	if (encoding == NULL)
		return bad_value(text, "null", "mediaEncoding",
		    "failed to satisfy constraint: Member must not be null");
	if (strcmp(encoding, "flac") == 0 ||
	    strcmp(encoding, "ogg-opus") == 0 ||
	    strncmp(encoding, "g7", 2) == 0)
		return bad(text, "The stand-in takes pcm only: value ",
		    encoding, "mediaEncoding", "is not decoded here");
	if (strcmp(encoding, "pcm") != 0)
		return bad_value(text, encoding, "mediaEncoding",
		    "failed to satisfy constraint: Member must satisfy enum "
		    "value set: [ogg-opus, flac, pcm]");
	if (read_bool(
		&has_channels, r, "enable-channel-identification", text) != 0 ||
	    read_bool(&p->has_speakers, r, "show-speaker-label", text) != 0)
		return -1;
	p->nchannels = 1;
	if (channels != NULL &&
	    (read_number(&p->nchannels, channels, 2) != 0 || p->nchannels == 0))
		return bad_value(text, channels, "numberOfChannels",
		    "failed to satisfy constraint: only 2 channels are "
		    "supported");
	if (has_channels != (p->nchannels == 2))
		return bad_value(text, channels == NULL ? "null" : channels,
		    "numberOfChannels",
		    "does not go with enableChannelIdentification: both or "
		    "neither must be set");
	if (has_channels && p->has_speakers)
		return bad_value(text, "true", "showSpeakerLabel",
		    "cannot be combined with enableChannelIdentification");
	return 0;
}

static int
add_option(struct transcribe_params *p, const char *code, size_t n, char *text)
{
	char one[64];

	snprintf(one, sizeof(one), "%.*s", (int)(n > 60 ? 60 : n), code);
	if (n >= TRANSCRIBE_CODE_BYTES || !transcribe_has_language(one))
		return bad_value(text, one, "languageCode",
		    "failed to satisfy constraint: Member must satisfy enum "
		    "value set of Amazon Transcribe's languages");
	for (size_t i = 0; i < p->noptions; i++)
		if (strncmp(p->options[i], one, 2) == 0 &&
		    p->options[i][2] == one[2])
			return bad_value(text, one, "languageOptions",
			    "failed to satisfy constraint: only one dialect "
			    "per language");
	if (p->noptions == TRANSCRIBE_OPTIONS_MAX)
		return bad_value(
		    text, one, "languageOptions", "is one language too many");
	memcpy(p->options[p->noptions++], one, n + 1);
	return 0;
}

static int
read_options(struct transcribe_params *p, const struct request *r, char *text)
{
	const char *list = param(r, "language-options"),
		   *preferred = param(r, "preferred-language");
	char first[TRANSCRIBE_CODE_BYTES];
	size_t n, at;

	if (list == NULL)
		return bad_value(text, "null", "languageOptions",
		    "failed to satisfy constraint: language identification "
		    "needs languageOptions");
	for (;; list += n + 1) {
		while (*list == ' ')
			list++;
		n = strcspn(list, ",");
		if (add_option(p, list, n, text) != 0)
			return -1;
		if (list[n] == '\0')
			break;
	}
	if (p->noptions < 2)
		return bad_value(text, p->options[0], "languageOptions",
		    "failed to satisfy constraint: at least two languages are "
		    "needed");
	if (preferred == NULL)
		return 0;
	for (at = 0; at < p->noptions; at++)
		if (strcmp(p->options[at], preferred) == 0)
			break;
	if (at == p->noptions)
		return bad_value(text, preferred, "preferredLanguage",
		    "is not one of languageOptions");
	memcpy(first, p->options[at], sizeof(first));
	memmove(p->options[1], p->options[0], at * sizeof(p->options[0]));
	memcpy(p->options[0], first, sizeof(first));
	return 0;
}

static int
read_language(struct transcribe_params *p, const struct request *r, char *text)
{
	const char *code = param(r, "language-code");
	bool is_one, is_many;

	if (read_bool(&is_one, r, "identify-language", text) != 0 ||
	    read_bool(&is_many, r, "identify-multiple-languages", text) != 0)
		return -1;
	if ((code != NULL) + is_one + is_many != 1) {
		snprintf(text, TRANSCRIBE_TEXT_BYTES,
		    "Exactly one of languageCode, identifyLanguage and "
		    "identifyMultipleLanguages must be set");
		return -1;
	}
	if (code != NULL)
		return add_option(p, code, strlen(code), text);
	p->is_identifying = true;
	if (param(r, "vocabulary-name") != NULL ||
	    param(r, "vocabulary-filter-name") != NULL ||
	    param(r, "language-model-name") != NULL) {
		snprintf(text, TRANSCRIBE_TEXT_BYTES,
		    "vocabularyName, vocabularyFilterName and "
		    "languageModelName cannot be combined with language "
		    "identification");
		return -1;
	}
	return read_options(p, r, text);
}

/* What is passed on without effect is still checked as the service does. */
static int
read_rest(struct transcribe_params *p, const struct request *r, char *text)
{
	const char *level = param(r, "partial-results-stability"),
		   *method = param(r, "vocabulary-filter-method"),
		   *types = param(r, "pii-entity-types"),
		   *identify = param(r, "content-identification-type"),
		   *redact = param(r, "content-redaction-type");

	p->session_id = param(r, "session-id");
	if (p->session_id != NULL && strlen(p->session_id) != 36)
		return bad_value(text, p->session_id, "sessionId",
		    "failed to satisfy constraint: Member must be a UUID of 36 "
		    "characters");
	if (read_bool(&p->has_stability, r,
		"enable-partial-results-stabilization", text) != 0)
		return -1;
	if (level != NULL && strcmp(level, "low") != 0 &&
	    strcmp(level, "medium") != 0 && strcmp(level, "high") != 0)
		return bad_value(text, level, "partialResultsStability",
		    "failed to satisfy constraint: Member must satisfy enum "
		    "value set: [high, low, medium]");
	if (level != NULL && !p->has_stability)
		return bad_value(text, level, "partialResultsStability",
		    "needs enablePartialResultsStabilization");
	if (method != NULL && strcmp(method, "remove") != 0 &&
	    strcmp(method, "mask") != 0 && strcmp(method, "tag") != 0)
		return bad_value(text, method, "vocabularyFilterMethod",
		    "failed to satisfy constraint: Member must satisfy enum "
		    "value set: [tag, mask, remove]");
	if (identify != NULL && redact != NULL)
		return bad_value(text, redact, "contentRedactionType",
		    "cannot be combined with contentIdentificationType");
	if (types != NULL && identify == NULL && redact == NULL)
		return bad_value(text, types, "piiEntityTypes",
		    "needs contentIdentificationType or contentRedactionType");
	return 0;
}

int
transcribe_params_read(
    struct transcribe_params *p, const struct request *r, char *text)
{
	memset(p, 0, sizeof(*p));
	text[0] = '\0';
	if (read_language(p, r, text) != 0 || read_audio(p, r, text) != 0)
		return -1;
	return read_rest(p, r, text);
}

size_t
transcribe_params_echo(
    struct h2_header out[TRANSCRIBE_ECHO_MAX], const struct request *r)
{
	/* The names live as long as the process; made once. */
	static char names[NECHOED][64];
	const char *value;
	size_t n = 0;

	for (size_t i = 0; i < NECHOED; i++) {
		if ((value = param(r, echoed[i])) == NULL)
			continue;
		snprintf(names[i], sizeof(names[i]), PREFIX "%s", echoed[i]);
		out[n++] = (struct h2_header){ names[i], value };
	}
	out[n] = (struct h2_header){ NULL, NULL };
	return n;
}
