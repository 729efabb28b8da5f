#include "report.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

/* Send a status line; takes obj (NULL: it could not be made).  A line that
 * cannot be written shows at the next one that matters. */
static void
send_status(struct out *out, json_t *obj)
{
	size_t len;
	char *line = json_line_dump(obj, &len);

	if (line != NULL)
		out_line(out, line, len);
	else
		log_msg(LOG_ERROR, NULL, "out of memory: a status is lost");
	free(line);
	json_decref(obj);
}

static void
send_state(struct target *t, const char *state, const char *detail)
{
	json_t *obj = json_status("translate", state, detail, clock_wall_ms());

	json_put(&obj, "lang", json_string(t->tag));
	send_status(t->setup->out, obj);
}

/* Whether a failure has the same cause for every language. */
static bool
is_common(const struct service_error *e)
{
	return e->class != SERVICE_ERROR_INVALID &&
	       e->class != SERVICE_ERROR_PROTOCOL &&
	       e->class != SERVICE_ERROR_THROTTLING &&
	       e->class != SERVICE_ERROR_TIMEOUT;
}

/* What to do about it, for people. */
static const char *
advice(const struct service_error *e)
{
	if (e->class == SERVICE_ERROR_DENIED)
		return "; the key needs the IAM action translate:TranslateText";
	if (strcmp(e->name, "UnsupportedLanguagePairException") == 0)
		return "; this language carries the source text";
	if (strcmp(e->name, "ResourceNotFoundException") == 0)
		return "; --terminology names what is not in this region";
	return "";
}

void
report_failure(struct target *t, const struct service_error *error)
{
	struct target_setup *setup = t->setup;
	char text[1024];
	bool is_news =
	    !t->is_degraded || strcmp(t->error.name, error->name) != 0;

	t->error = *error;
	t->is_degraded = true;
	service_error_text(error, text, sizeof(text));
	if (!is_news) {
		log_msg(LOG_DEBUG, t->tag, "%s", text);
		return;
	}
	send_state(t, "degraded", text);
	if (is_common(error) && strcmp(setup->told, error->name) == 0) {
		log_msg(LOG_DEBUG, t->tag, "%s", text);
		return;
	}
	if (is_common(error))
		snprintf(setup->told, sizeof(setup->told), "%s", error->name);
	log_msg(LOG_ERROR, t->tag, "%s%s", text, advice(error));
}

void
report_refusal(struct target *t, const struct service_error *error)
{
	char text[1024];

	t->refusal = *error;
	service_error_text(error, text, sizeof(text));
	send_state(t, "degraded", text);
	log_msg(LOG_ERROR, t->tag, "%s%s", text, advice(error));
}

void
report_success(struct target *t)
{
	t->has_worked = true;
	t->setup->told[0] = '\0';
	if (!t->is_degraded)
		return;
	t->is_degraded = false;
	send_state(t, "recovered", NULL);
	log_msg(LOG_INFO, t->tag, "translating again");
}

void
report_unreachable(struct target_setup *setup, const struct service_error *e)
{
	char text[1024];

	service_error_text(e, text, sizeof(text));
	send_status(setup->out,
	    json_status("translate", "degraded", text, clock_wall_ms()));
	if (is_common(e))
		snprintf(setup->told, sizeof(setup->told), "%s", e->name);
	log_msg(LOG_ERROR, NULL, "%s", text);
}

void
report_glossary(struct out *out, const struct glossary_watch *w, bool is_broken)
{
	char text[640];

	if (is_broken) {
		snprintf(text, sizeof(text), "%s; the one before stays in use",
		    w->why);
		log_msg(LOG_ERROR, NULL, "%s", text);
	} else {
		snprintf(text, sizeof(text),
		    "glossary '%s' read again, %zu terms", w->path,
		    glossary_nterms(w->glossary));
		log_msg(LOG_INFO, NULL, "%s", text);
	}
	send_status(
	    out, json_status("translate", is_broken ? "degraded" : "recovered",
		     text, clock_wall_ms()));
}

/* A number of US dollars to the millionth. */
static json_t *
usd(double value)
{
	return json_real(round(value * 1e6) / 1e6);
}

/* What was spent so far stands in a status line. */
static void
set_cost(json_t **obj, const struct target_setup *setup, uint64_t chars)
{
	json_put(obj, "chars", json_integer((json_int_t)chars));
	json_put(obj, "est_usd", usd(budget_usd(setup->budget)));
}

void
report_ready(struct out *out, json_t *languages, bool is_on_demand)
{
	json_t *obj = json_status("translate", "ready", NULL, clock_wall_ms());

	json_put(&obj, "languages", languages);
	if (is_on_demand)
		json_put(&obj, "on_demand", json_true());
	send_status(out, obj);
}

void
report_wanted(struct target *t)
{
	send_state(t, t->is_on ? "wanted" : "unwanted", NULL);
	log_msg(LOG_INFO, t->tag,
	    t->is_on ? "somebody is there" : "nobody is there any more");
}

void
report_budget(const struct target_setup *setup, uint64_t chars)
{
	bool is_paused = setup->budget->is_paused;
	const char *reason = is_paused ? setup->budget->reason : NULL;
	json_t *obj = json_status("translate", is_paused ? "paused" : "resumed",
	    reason, clock_wall_ms());

	set_cost(&obj, setup, chars);
	send_status(setup->out, obj);
	if (is_paused)
		log_msg(LOG_WARN, NULL, "paused: %s", reason);
	else
		log_msg(LOG_INFO, NULL, "translating again, as told");
}

void
report_level(const struct target_setup *setup, uint64_t chars)
{
	json_t *obj = json_status("translate", "level", NULL, clock_wall_ms());

	set_cost(&obj, setup, chars);
	send_status(setup->out, obj);
}

static json_t *
counters_object(const struct target_counters *c)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "utterances",
	    (json_int_t)c->utterances, "chars", (json_int_t)c->chars, "calls",
	    (json_int_t)c->calls, "retries", (json_int_t)c->retries, "errors",
	    (json_int_t)c->errors, "paused", (json_int_t)c->paused,
	    "glossary_missed", (json_int_t)c->glossary_missed);
}

void
report_ended(const struct target_setup *setup, const struct targets *targets)
{
	struct target_counters sum = targets_counters(targets);
	json_t *obj, *all = counters_object(&sum), *by_lang = json_object();
	size_t i;

	for (i = 0; i < targets->n; i++)
		json_put(&by_lang, targets->list[i]->tag,
		    counters_object(&targets->list[i]->counters));
	obj = json_status("translate", "ended", NULL, clock_wall_ms());
	json_put_missing(&obj, all);
	set_cost(&obj, setup, sum.chars);
	json_put(&obj, "languages", by_lang);
	json_decref(all);
	send_status(setup->out, obj);
}
