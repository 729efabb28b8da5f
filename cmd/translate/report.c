#include "report.h"

#include <jansson.h>
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
	char *line = obj != NULL ? json_line_dump(obj, &len) : NULL;

	if (line != NULL)
		out_line(out, line, len);
	free(line);
	json_decref(obj);
}

static void
send_state(struct target *t, const char *state, const char *detail)
{
	json_t *obj = json_status("translate", state, detail, clock_wall_ms());

	if (obj != NULL)
		json_object_set_new(obj, "lang", json_string(t->tag));
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

void
report_ready(struct out *out, const struct target *targets, size_t ntargets)
{
	json_t *obj = json_status("translate", "ready", NULL, clock_wall_ms());
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < ntargets; i++)
		json_array_append_new(list, json_string(targets[i].tag));
	if (obj == NULL)
		json_decref(list);
	else
		json_object_set_new(obj, "languages", list);
	send_status(out, obj);
}

static json_t *
counters_object(const struct target_counters *c)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "utterances",
	    (json_int_t)c->utterances, "chars", (json_int_t)c->chars, "calls",
	    (json_int_t)c->calls, "retries", (json_int_t)c->retries, "errors",
	    (json_int_t)c->errors, "glossary_missed",
	    (json_int_t)c->glossary_missed);
}

void
report_ended(struct out *out, const struct target *targets, size_t ntargets)
{
	struct target_counters sum;
	json_t *obj, *all, *by_lang = json_object();
	size_t i;

	memset(&sum, 0, sizeof(sum));
	for (i = 0; i < ntargets; i++) {
		const struct target_counters *c = &targets[i].counters;

		sum.utterances += c->utterances;
		sum.chars += c->chars;
		sum.calls += c->calls;
		sum.retries += c->retries;
		sum.errors += c->errors;
		sum.glossary_missed += c->glossary_missed;
		json_object_set_new(
		    by_lang, targets[i].tag, counters_object(c));
	}
	obj = json_status("translate", "ended", NULL, clock_wall_ms());
	all = counters_object(&sum);
	if (obj != NULL && all != NULL)
		json_object_update(obj, all);
	if (obj == NULL)
		json_decref(by_lang);
	else
		json_object_set_new(obj, "languages", by_lang);
	json_decref(all);
	send_status(out, obj);
}
