#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "aws/client_check.h"
#include "aws/translate.h"
#include "base/log.h"

/* What is translated to try it: its characters are paid for. */
static const char text[] = "Hello.";

static void
check_glossary(struct client_check *k, const char *path)
{
	struct glossary_watch w;
	int rc;

	if (path == NULL)
		return;
	rc = glossary_watch_init(&w, path);
	if (rc == 0)
		client_check_fact(k, "glossary", "'%s', %zu terms", path,
		    glossary_nterms(w.glossary));
	else
		client_check_problem(k,
		    rc == GLOSSARY_ERR_SYS ? EX_NOINPUT : EX_CONFIG,
		    "booth-glossary(5) has the format", "%s", w.why);
	glossary_watch_release(&w);
}

static void
check_prices(struct client_check *k, double max_usd)
{
	const char *path = getenv("BOOTH_PRICES");
	struct cost cost;
	unsigned int line;
	int rc;

	if (path != NULL && path[0] == '\0')
		path = NULL;
	rc = cost_init(&cost, path, &line);
	if (rc == COST_ERR_SYS)
		client_check_problem(k, EX_NOINPUT, NULL,
		    "cannot read price file '%s': %s", path, strerror(errno));
	else if (rc != 0)
		client_check_problem(k, EX_CONFIG, NULL,
		    "price file '%s', line %u: %s", path, line,
		    cost_strerror(rc));
	else
		client_check_fact(k, "price",
		    "%.2f USD for a million characters"
		    ", by %s",
		    cost.usd_each[COST_TRANSLATE_CHAR] * 1e6,
		    path != NULL ? path : "the built-in table");
	if (max_usd > 0)
		client_check_fact(k, "limit", "%.2f USD", max_usd);
}

static void
check_room(struct client_check *k, const struct options *o)
{
	char reason[ROOM_REASON_MAX];

	if (!o->has_room)
		return;
	client_check_fact(k, "room", "%s, %s", o->room.name,
	    room_exists(&o->room) ? "there" : "not there yet");
	if (room_is_paused(&o->room, reason) == 1)
		client_check_warning(k, "the room is paused: %s", reason);
}

static void
on_answer(void *arg, const struct http_answer *answer)
{
	struct client_check *k = arg;
	struct translate_answer result;
	struct service_error error;

	if (answer->error.class != SERVICE_ERROR_NONE)
		return;
	if (translate_answer_parse(
		&result, answer->body, answer->len, &error) != 0) {
		client_check_problem(k, service_error_exit_status(error.class),
		    "something between here and Amazon Translate answers in "
		    "its place",
		    "%s", error.message);
		return;
	}
	client_check_fact(k, "translation", "%s (%s) to %s (%s)", text,
	    result.source, result.text, result.target);
	translate_answer_release(&result);
}

/* The first target that there is something to ask for; else Spanish. */
static const char *
choose_target(const struct options *o, const char *source)
{
	char **list = o->is_on_demand ? o->languages : o->targets;
	size_t n = o->is_on_demand ? o->nlanguages : o->ntargets, i;

	for (i = 0; i < n; i++)
		if (!lang_same(list[i], source))
			return list[i];
	return lang_same(source, "es") ? "en" : "es";
}

static void
try_call(struct client_check *k, const struct options *o)
{
	struct translate_options options = o->translate;
	char source_buf[LANG_TAG_MAX], target_buf[LANG_TAG_MAX], *body;
	const char *source = o->source != NULL ? o->source : "en";
	struct http_request request;
	size_t len;

	options.target =
	    lang_for_translate(choose_target(o, source), target_buf);
	options.source = lang_for_translate(source, source_buf);
	if (translate_body(&options, text, strlen(text), &body, &len) != 0) {
		client_check_problem(k, EX_OSERR, NULL, "out of memory");
		return;
	}
	translate_request(&request, &k->client.endpoint, body, len);
	request.on_done = on_answer;
	request.arg = k;
	client_check_call(k, "TranslateText", &request);
	free(body);
}

int
check_run(const struct options *o, bool as_json)
{
	static struct client_check k;
	char *said;
	int status;

	client_check_init(&k, "translate", ENDPOINT_TRANSLATE, &o->config);
	if (client_check_settings(&k) == 0)
		try_call(&k, o);
	check_glossary(&k, o->glossary);
	check_prices(&k, o->max_usd);
	check_room(&k, o);
	said = as_json ? client_check_json(&k) : client_check_text(&k);
	if (said == NULL)
		die(EX_OSERR, "out of memory");
	if (fputs(said, stdout) == EOF || fflush(stdout) == EOF)
		die(EX_IOERR, "cannot write: %s", strerror(errno));
	free(said);
	status = k.status;
	client_check_release(&k);
	return status;
}
