/*
 * What the stages before us have spent: each says in its `status` lines how
 * much that is since it was started (est_usd), and here it is added up, whether
 * a stage was restarted meanwhile, or there are two of a kind in the pipeline.
 *
 * A line does not say which process wrote it, and need not: totals only grow.
 * A stage's totals are kept as a bag of numbers; a new one replaces the largest
 * that it is not below, and where it is below all it is of a process that has
 * just begun.  So a total that begins anew at 0 stands beside the old one, and
 * if it later grows past that, the two have only changed places.  A total that
 * meets an older one exactly stands still for that step: little is lost, and
 * nothing is counted twice.
 */
#ifndef BROADCAST_SPEND_H
#define BROADCAST_SPEND_H

#include <jansson.h>
#include <stddef.h>

/* Our choice.  Stages beyond are added up as "other"; of more runs of a stage
 * than these, the two smallest become one. */
#define SPEND_STAGES_MAX 16
#define SPEND_RUNS_MAX 8

/* Our choice: what is more than this is no total but nonsense. */
#define SPEND_USD_MAX 1e6

struct spend_stage {
	char name[24];
	double usd[SPEND_RUNS_MAX];
	size_t nruns;
};

struct spend {
	struct spend_stage stages[SPEND_STAGES_MAX];
	size_t nstages;
};

/* Take what a `status` line says.  A `ready` without est_usd is a 0.  Returns
 * the US dollars by which the sum grew. */
double spend_status(struct spend *s, const json_t *status);

/* US dollars of one stage, of all stages. */
double spend_stage_usd(const struct spend_stage *stage);

double spend_usd(const struct spend *s);

/* All totals as {"transcribe":[1.5,0.25],...}: a new reference, or NULL. */
json_t *spend_save(const struct spend *s);

/* The totals that spend_save() gave, for a broadcaster that goes on where a
 * killed one was; what is not of that form is passed by. */
void spend_load(struct spend *s, const json_t *saved);

#endif
