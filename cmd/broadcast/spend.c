#include "spend.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"

static struct spend_stage *
find(struct spend *s, const char *name)
{
	struct spend_stage *stage;
	size_t i;

	if (strlen(name) >= sizeof(stage->name))
		name = "other";
	for (i = 0; i < s->nstages; i++)
		if (strcmp(s->stages[i].name, name) == 0)
			return &s->stages[i];
	if (s->nstages == SPEND_STAGES_MAX)
		return &s->stages[s->nstages - 1];
	if (s->nstages == SPEND_STAGES_MAX - 1)
		name = "other";
	stage = &s->stages[s->nstages++];
	memset(stage, 0, sizeof(*stage));
	snprintf(stage->name, sizeof(stage->name), "%s", name);
	return stage;
}

/* Make one of the two smallest: they are of processes that ended long ago, or
 * of one that has just begun. */
static void
merge(struct spend_stage *stage)
{
	size_t i, least = 0, next;
	double usd;

	for (i = 1; i < stage->nruns; i++)
		if (stage->usd[i] < stage->usd[least])
			least = i;
	usd = stage->usd[least];
	stage->usd[least] = stage->usd[--stage->nruns];
	next = 0;
	for (i = 1; i < stage->nruns; i++)
		if (stage->usd[i] < stage->usd[next])
			next = i;
	stage->usd[next] += usd;
}

/* A total of a stage; returns by how much the sum grew. */
static double
take(struct spend_stage *stage, double usd)
{
	size_t i, best = stage->nruns;
	double grown;

	for (i = 0; i < stage->nruns; i++)
		if (stage->usd[i] <= usd &&
		    (best == stage->nruns || stage->usd[i] > stage->usd[best]))
			best = i;
	if (best == stage->nruns) {
		if (stage->nruns == SPEND_RUNS_MAX)
			merge(stage);
		best = stage->nruns++;
		stage->usd[best] = 0;
	}
	grown = usd - stage->usd[best];
	stage->usd[best] = usd;
	return grown;
}

double
spend_status(struct spend *s, const json_t *status)
{
	const char *name = json_str(status, "stage");
	const char *state = json_str(status, "state");
	double usd = json_num(status, "est_usd", -1);

	if (name == NULL || state == NULL)
		return 0;
	if (usd < 0 && strcmp(state, "ready") == 0 &&
	    json_object_get(status, "est_usd") == NULL)
		usd = 0;
	if (!(usd >= 0 && usd <= SPEND_USD_MAX))
		return 0;
	return take(find(s, name), usd);
}

double
spend_stage_usd(const struct spend_stage *stage)
{
	double usd = 0;
	size_t i;

	for (i = 0; i < stage->nruns; i++)
		usd += stage->usd[i];
	return usd;
}

double
spend_usd(const struct spend *s)
{
	double usd = 0;
	size_t i;

	for (i = 0; i < s->nstages; i++)
		usd += spend_stage_usd(&s->stages[i]);
	return usd;
}

json_t *
spend_save(const struct spend *s)
{
	json_t *obj = json_object(), *list;
	size_t i, j;

	for (i = 0; i < s->nstages; i++) {
		list = json_array();
		for (j = 0; j < s->stages[i].nruns; j++)
			json_push(&list, json_real(s->stages[i].usd[j]));
		json_put(&obj, s->stages[i].name, list);
	}
	return obj;
}

void
spend_load(struct spend *s, const json_t *saved)
{
	const char *name;
	json_t *list, *each;
	struct spend_stage *stage;
	double usd;
	size_t i;

	json_object_foreach((json_t *)saved, name, list)
	{
		if (!json_is_array(list))
			continue;
		stage = find(s, name);
		json_array_foreach(list, i, each)
		{
			usd = json_number_value(each);
			if (json_is_number(each) && usd >= 0 &&
			    usd <= SPEND_USD_MAX &&
			    stage->nruns < SPEND_RUNS_MAX)
				stage->usd[stage->nruns++] = usd;
		}
	}
}
