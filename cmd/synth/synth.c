#include "synth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "asking.h"
#include "base/json.h"
#include "base/log.h"
#include "report.h"
#include "spoken.h"

/* Turns without a request, at most: input that never pauses silences nobody. */
#define PUT_OFF_MAX 4

void
synth_init(struct synth *s, const struct synth_config *config)
{
	memset(s, 0, sizeof(*s));
	s->config = *config;
	s->lane_config.out = config->out;
	s->lane_config.taps = config->taps;
	s->lane_config.max_lag_ms = config->max_lag_ms;
	s->lane_config.is_fast = config->is_fast;
	quota_init(&s->quota, config->streams_per_s);
}

void
synth_release(struct synth *s)
{
	for (size_t i = 0; i < s->nlanes; i++) {
		lane_release(s->lanes[i], s->now_ms);
		free(s->lanes[i]);
	}
	free(s->lanes);
	json_decref(s->offered);
}

/* Whether -t lets the language in. */
static bool
is_target(const struct synth *s, const char *tag)
{
	if (s->config.tags == NULL)
		return true;
	for (char **t = s->config.tags; *t != NULL; t++)
		if (strcasecmp(*t, tag) == 0)
			return true;
	return false;
}

static struct lane *
find_lane(const struct synth *s, const char *tag)
{
	for (size_t i = 0; i < s->nlanes; i++)
		if (strcasecmp(s->lanes[i]->tag, tag) == 0)
			return s->lanes[i];
	return NULL;
}

/* Encodings of a language that somebody hears; without a room, all.  Where no
 * Opus is made listen(1) gives PCM to who asked for it, so that is wanted. */
static unsigned int
formats_of(const struct synth *s, const char *tag)
{
	unsigned int wanted;

	if (s->config.audience == NULL)
		return s->config.encodings;
	wanted = audience_formats(s->config.audience, tag);
	if ((wanted & VOICE_OPUS) && !(s->config.encodings & VOICE_OPUS))
		wanted |= VOICE_PCM;
	return wanted & s->config.encodings;
}

/* The language's lane, made if need be.  NULL: no memory. */
static struct lane *
make_lane(struct synth *s, const char *tag)
{
	struct lane **lanes, *l = find_lane(s, tag);

	if (l != NULL)
		return l;
	if (s->nlanes == AUDIENCE_LANGS_MAX)
		return NULL;
	lanes = realloc(s->lanes, (s->nlanes + 1) * sizeof(struct lane *));
	if (lanes == NULL)
		return NULL;
	s->lanes = lanes;
	if ((l = malloc(sizeof(*l))) == NULL)
		return NULL;
	lane_init(l, tag, &s->lane_config, s);
	l->formats = formats_of(s, tag);
	l->is_wanted = s->config.audience == NULL;
	s->lanes[s->nlanes++] = l;
	return l;
}

/* --voice for the language, or NULL. */
static const char *
chosen_id(const struct synth *s, const char *tag)
{
	for (size_t i = 0; i < s->config.nchosen; i++)
		if (strcasecmp(s->config.chosen[i].tag, tag) == 0)
			return s->config.chosen[i].id;
	return NULL;
}

struct voice_choice
synth_choose(const struct synth *s, const char *tag, unsigned int engine)
{
	return voices_choose(s->config.voices, tag, engine, chosen_id(s, tag));
}

/* Nobody speaks the language: said once, then its captions go on alone. */
static void
choose_voice(struct synth *s, struct lane *l)
{
	const char *id = chosen_id(s, l->tag);
	char detail[160];

	l->voice = synth_choose(s, l->tag, s->config.engine);
	l->is_chosen = true;
	if (l->voice.voice != NULL) {
		l->uses_calls = l->voice.engine != POLLY_GENERATIVE;
		log_msg(LOG_DEBUG, l->tag, "voice=%s engine=%s",
		    l->voice.voice->id, polly_engine_name(l->voice.engine));
		return;
	}
	if (id != NULL)
		snprintf(detail, sizeof(detail),
		    "%s: no voice '%s' speaks it with this engine; captions "
		    "only",
		    l->tag, id);
	else
		snprintf(detail, sizeof(detail),
		    "%s: Polly has no voice for it; captions only", l->tag);
	log_msg(LOG_WARN, NULL, "%s", detail);
	report_status(s, "captions-only", detail, l->tag, NULL);
	lane_release(l, s->now_ms);
}

/* Whether the utterance was taken back already. */
static bool
was_retracted(const struct synth *s, const char *id)
{
	size_t n = s->nretracted < SYNTH_RETRACTED_MAX ? s->nretracted
	                                               : SYNTH_RETRACTED_MAX;

	for (size_t i = 0; i < n; i++)
		if (strcmp(s->retracted[i], id) == 0)
			return true;
	return false;
}

/* 0, or why it cannot wait in line: LANE_ERR_FULL or LANE_ERR_NOMEM. */
static int
add_sentence(struct synth *s, struct lane *l, const char *id, const char *text,
    double translated_at_ms)
{
	char *spoken = spoken_text(text);
	int rc = LANE_ERR_NOMEM;

	if (spoken != NULL)
		rc = spoken[0] == '\0'
		         ? 0
		         : lane_add(l, id, spoken, translated_at_ms, s->now_ms);
	if (rc == 0 && spoken[0] != '\0' && s->is_paused)
		lane_skip_waiting(l, "paused");
	free(spoken);
	return rc;
}

void
synth_say(struct synth *s, const char *tag, const char *id, const char *text,
    double translated_at_ms, int64_t now_ms)
{
	struct lane *l = find_lane(s, tag);
	int rc;

	s->now_ms = now_ms;
	if (!is_target(s, tag) || was_retracted(s, id))
		return;
	if (s->config.audience != NULL && (l == NULL || !l->is_wanted))
		return;
	if (l != NULL && l->is_chosen && l->voice.voice == NULL)
		return;
	if (l == NULL)
		l = make_lane(s, tag);
	rc = l != NULL ? add_sentence(s, l, id, text, translated_at_ms)
	     : s->nlanes == AUDIENCE_LANGS_MAX ? LANE_ERR_FULL
	                                       : LANE_ERR_NOMEM;
	if (rc == 0)
		return;
	s->lost++;
	s->is_short = s->is_short || rc == LANE_ERR_NOMEM;
	log_msg(rc == LANE_ERR_NOMEM ? LOG_ERROR : LOG_WARN, tag,
	    "%s; an utterance has captions only, id=%s",
	    rc == LANE_ERR_NOMEM ? "out of memory" : "too much waits", id);
}

void
synth_retract(struct synth *s, const char *id, int64_t now_ms)
{
	s->now_ms = now_ms;
	for (size_t i = 0; i < s->nlanes; i++)
		(void)lane_cut(s->lanes[i], id, "retracted", now_ms);
	taps_retract(s->config.taps, id);
	snprintf(s->retracted[s->nretracted++ % SYNTH_RETRACTED_MAX],
	    sizeof(s->retracted[0]), "%s", id);
}

void
synth_pause(struct synth *s, bool is_paused)
{
	s->is_paused = is_paused;
	for (size_t i = 0; is_paused && i < s->nlanes; i++) {
		lane_skip_waiting(s->lanes[i], "paused");
		asking_cool(s->lanes[i], s->now_ms);
	}
}

/* Say which voices there will be, before anybody needs one. */
static void
announce(struct synth *s)
{
	json_t *voices = json_object();

	for (char **tag = s->config.tags; tag != NULL && *tag != NULL; tag++) {
		struct lane *l = make_lane(s, *tag);

		if (l == NULL)
			continue;
		if (!l->is_chosen)
			choose_voice(s, l);
		if (l->voice.voice != NULL)
			json_put(
			    &voices, l->tag, json_string(l->voice.voice->id));
	}
	if (voices == NULL)
		report_short(s);
	else
		report_status(s, "ready", NULL, NULL, voices);
}

/* Of those that were told to come, which can be voiced. */
static void
announce_offered(struct synth *s)
{
	json_t *voices = json_object(), *tag;
	size_t i;

	json_array_foreach(s->offered, i, tag)
	{
		const char *lang = json_string_value(tag);
		struct voice_choice choice =
		    synth_choose(s, lang, s->config.engine);

		if (choice.voice != NULL)
			json_put(&voices, lang, json_string(choice.voice->id));
	}
	json_decref(s->offered);
	s->offered = NULL;
	if (voices == NULL)
		report_short(s);
	else if (json_object_size(voices) > 0)
		report_status(s, "ready", NULL, NULL, voices);
	else
		json_decref(voices);
}

void
synth_offer(struct synth *s, const json_t *languages)
{
	char buf[LANG_TAG_MAX];
	const json_t *tag;
	size_t i;

	/* With -t all is told already. */
	if (s->config.tags != NULL)
		return;
	json_decref(s->offered);
	s->offered = json_array();
	json_array_foreach(languages, i, tag)
	{
		const char *lang = json_string_value(tag);

		if (lang != NULL && lang_is_tag(lang) && i < AUDIENCE_LANGS_MAX)
			json_array_append_new(
			    s->offered, json_string(lang_canonical(lang, buf)));
	}
}

/* Voices became known, or cannot be had for now. */
static void
watch_voices(struct synth *s)
{
	char text[768], detail[900];

	if (s->config.voices->state == VOICES_KNOWN && !s->is_ready) {
		s->is_ready = true;
		announce(s);
	}
	if (s->is_ready && s->offered != NULL)
		announce_offered(s);
	if (s->config.voices->state != VOICES_FAILED || s->is_voices_told)
		return;
	s->is_voices_told = true;
	s->failure = service_error_exit_status(s->config.voices->error.class);
	service_error_text(&s->config.voices->error, text, sizeof(text));
	snprintf(detail, sizeof(detail),
	    "no voices, captions go on without: %s", text);
	log_msg(LOG_ERROR, NULL, "%s", detail);
	report_status(s, "degraded", detail, NULL, NULL);
}

/* Somebody came, or the last one left. */
static void
tell_wanted(struct synth *s, struct lane *l, bool is_wanted)
{
	l->is_wanted = is_wanted;
	report_status(s, is_wanted ? "wanted" : "unwanted", NULL, l->tag, NULL);
	log_msg(LOG_DEBUG, l->tag, "%s",
	    is_wanted ? "somebody listens" : "nobody listens");
	if (is_wanted)
		return;
	(void)lane_cut(l, NULL, "unwanted", s->now_ms);
	asking_cool(l, s->now_ms);
}

/* Languages that nobody spoke yet are known from who asks for them. */
static void
make_wanted_lanes(struct synth *s)
{
	const struct audience *a = s->config.audience;

	for (size_t i = 0; i < a->n; i++)
		if (is_target(s, a->langs[i].tag) &&
		    formats_of(s, a->langs[i].tag) != 0)
			(void)make_lane(s, a->langs[i].tag);
	for (size_t i = 0; s->config.taps != NULL && i < s->config.taps->n; i++)
		(void)make_lane(s, s->config.taps->taps[i]->tag);
}

static void
follow_audience(struct synth *s)
{
	size_t nwanted = 0;

	make_wanted_lanes(s);
	for (size_t i = 0; i < s->nlanes; i++) {
		struct lane *l = s->lanes[i];
		bool is_wanted;

		l->formats = formats_of(s, l->tag);
		is_wanted =
		    l->formats != 0 || taps_has_reader(s->config.taps, l->tag);
		if (is_wanted != l->is_wanted)
			tell_wanted(s, l, is_wanted);
		nwanted += is_wanted;
	}
	if (s->config.warms_wanted)
		pool_set_warm(s->config.service->pool,
		    nwanted < s->config.max_streams ? nwanted
						    : s->config.max_streams);
}

/* What was used since the last turn. */
static void
spend(struct synth *s, struct lane *l)
{
	static const struct {
		unsigned int engine;
		enum cost_item item;
	} items[] = { { POLLY_GENERATIVE, COST_POLLY_GENERATIVE_CHAR },
		{ POLLY_NEURAL, COST_POLLY_NEURAL_CHAR },
		{ POLLY_STANDARD, COST_POLLY_STANDARD_CHAR } };

	if (l->chars == l->chars_spent)
		return;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		if (items[i].engine == l->voice.engine)
			budget_spend(s->config.budget, items[i].item,
			    (double)(l->chars - l->chars_spent));
	l->chars_spent = l->chars;
}

void
synth_prepare(struct synth *s, struct loop *l, int64_t now_ms)
{
	voices_prepare(s->config.voices, l);
	if (s->config.audience != NULL)
		audience_prepare(s->config.audience, l);
	for (size_t i = 0; i < s->nlanes; i++)
		lane_prepare(s->lanes[i], l, now_ms);
	asking_prepare(s, l, now_ms);
}

/* The translations of a sentence come one close behind the other: captions that
 * are already in the pipe pass before a stream is opened for the first. Whether
 * to wait for them. */
static bool
puts_off(struct synth *s, bool has_read)
{
	if (has_read && s->nput_off < PUT_OFF_MAX) {
		s->nput_off++;
		return s->has_more = true;
	}
	s->nput_off = 0;
	return false;
}

void
synth_dispatch(struct synth *s, bool has_read, int64_t now_ms, double wall_ms)
{
	s->now_ms = now_ms;
	s->wall_ms = wall_ms;
	voices_dispatch(s->config.voices, now_ms);
	watch_voices(s);
	if (s->config.audience != NULL &&
	    audience_dispatch(s->config.audience, now_ms))
		follow_audience(s);
	for (size_t i = 0; i < s->nlanes; i++)
		if (s->is_ready && !s->lanes[i]->is_chosen &&
		    (s->lanes[i]->is_wanted || s->config.tags != NULL))
			choose_voice(s, s->lanes[i]);
	asking_watch(s);
	/* Somebody waits for the first line of a sentence, nobody for what runs
	 * ahead; and captions wait for both. */
	for (size_t i = 0; i < s->nlanes; i++)
		lane_emit_first(s->lanes[i], now_ms, wall_ms);
	if (!puts_off(s, has_read))
		asking_next(s);
	for (size_t i = 0; i < s->nlanes; i++)
		(void)lane_emit_one(s->lanes[i], now_ms, wall_ms);
	if (s->config.nwarm > 0 && !s->is_paused && s->is_ready)
		asking_warm(s);
	for (size_t i = 0; i < s->nlanes; i++)
		spend(s, s->lanes[i]);
}

void
synth_hurry(struct synth *s)
{
	s->lane_config.is_fast = true;
	for (size_t i = 0; i < s->nlanes; i++)
		s->lost += lane_skip_waiting(s->lanes[i], "stopped");
}

void
synth_abandon(struct synth *s, int64_t now_ms, double wall_ms)
{
	s->lane_config.is_fast = true;
	for (size_t i = 0; i < s->nlanes; i++) {
		struct lane *l = s->lanes[i];

		if (l->voice.voice == NULL) {
			l->skipped += l->nsentences;
			continue;
		}
		for (struct sentence *e = l->head; e != NULL; e = e->next)
			if (e->state == SENTENCE_WAITING ||
			    e->state == SENTENCE_ASKED) {
				s->lost++;
				sentence_skip(e, "stopped");
			}
		lane_emit(l, now_ms, wall_ms);
	}
}

bool
synth_is_idle(const struct synth *s)
{
	for (size_t i = 0; i < s->nlanes; i++)
		if (!lane_is_idle(s->lanes[i]))
			return false;
	return true;
}

int
synth_out_error(const struct synth *s)
{
	for (size_t i = 0; i < s->nlanes; i++)
		if (s->lanes[i]->error != 0)
			return s->lanes[i]->error;
	return 0;
}
