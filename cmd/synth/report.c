#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"

static void
report_count(const struct synth *s, json_t **status)
{
	unsigned long said = 0, skipped = 0;
	double audio_ms = 0;
	long chars = 0;

	for (size_t i = 0; i < s->nlanes; i++) {
		said += s->lanes[i]->said;
		skipped += s->lanes[i]->skipped;
		audio_ms += s->lanes[i]->audio_ms;
		chars += s->lanes[i]->chars;
	}
	json_put(status, "said", json_integer((json_int_t)said));
	json_put(status, "skipped", json_integer((json_int_t)skipped));
	json_put(status, "chars", json_integer(chars));
	json_put(status, "audio_s", json_ms(audio_ms / 1000));
	json_put(status, "est_usd",
	    json_real(round(budget_usd(s->config.budget) * 1e6) / 1e6));
}

void
report_short(struct synth *s)
{
	log_msg(LOG_ERROR, NULL, "out of memory: a line is lost");
	s->is_short = true;
}

void
report_status(struct synth *s, const char *state, const char *detail,
    const char *lang, json_t *voices)
{
	json_t *obj = json_status("synth", state, detail, s->wall_ms);
	size_t len;
	char *line;

	if (lang != NULL)
		json_put(&obj, "lang", json_string(lang));
	if (voices != NULL)
		json_put(&obj, "voices", voices);
	report_count(s, &obj);
	if ((line = json_line_dump(obj, &len)) == NULL ||
	    out_line(s->config.out, line, len) == OUT_ERR_NOMEM)
		report_short(s);
	free(line);
	json_decref(obj);
}

void
report_recovered(struct synth *s, struct lane *l)
{
	char detail[64];

	if (!l->is_degraded)
		return;
	l->is_degraded = false;
	snprintf(detail, sizeof(detail), "%s: speaking again", l->tag);
	log_msg(LOG_INFO, NULL, "%s", detail);
	report_status(s, "recovered", detail, l->tag, NULL);
}

void
report_degraded(struct synth *s, struct lane *l, const char *what,
    const struct service_error *error)
{
	char text[768], detail[900];

	if (l->is_degraded)
		return;
	l->is_degraded = true;
	service_error_text(error, text, sizeof(text));
	snprintf(detail, sizeof(detail), "%s: %s: %s", l->tag, what, text);
	log_msg(LOG_ERROR, NULL, "%s", detail);
	report_status(s, "degraded", detail, l->tag, NULL);
}
