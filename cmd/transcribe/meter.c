#include "meter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/json.h"
#include "base/log.h"
#include "base/pcm.h"
#include "pause.h"

#define LEVEL_MS 1000

int
meter_open(struct meter *m, const struct options *o)
{
	const char *prices = getenv("BOOTH_PRICES");
	unsigned int line = 0;
	int rc;

	memset(m, 0, sizeof(*m));
	m->has_room = o->has_room;
	if (prices != NULL && prices[0] == '\0')
		prices = NULL;
	rc = budget_init(&m->budget, "transcribe",
	    o->has_room ? &o->room : NULL, o->max_usd, prices, &line);
	if (rc == COST_ERR_SYS)
		log_msg(LOG_ERROR, NULL, "cannot read price file '%s': %s",
		    prices, strerror(errno));
	else if (rc != 0)
		log_msg(LOG_ERROR, NULL, "price file '%s', line %u: %s", prices,
		    line, cost_strerror(rc));
	return rc == 0 ? 0 : rc == COST_ERR_SYS ? EX_NOINPUT : EX_CONFIG;
}

void
meter_attach(
    struct meter *m, struct backlog *backlog, struct sessions *sessions)
{
	m->backlog = backlog;
	m->sessions = sessions;
	sessions->cost = &m->budget.cost;
}

void
meter_prepare(struct meter *m, struct loop *l)
{
	budget_prepare(&m->budget, l);
	if (m->has_room)
		loop_deadline(l, m->level_at_ms);
}

/* What was sent since the last time is paid for. */
static void
pay(struct meter *m)
{
	double paid_s = sessions_paid_s(m->sessions);

	if (paid_s <= m->paid_s)
		return;
	budget_spend(&m->budget, COST_TRANSCRIBE_S, paid_s - m->paid_s);
	m->paid_s = paid_s;
	m->sessions->est_usd = budget_usd(&m->budget);
}

static void
say_level(struct meter *m, double wall_ms)
{
	json_t *obj = json_status("transcribe", "level", NULL, wall_ms);
	double rms_dbfs, peak_dbfs;

	backlog_take_level(m->backlog, &rms_dbfs, &peak_dbfs);
	if (obj == NULL)
		return;
	json_put(&obj, "level_db", json_ms(rms_dbfs));
	json_put(&obj, "peak_db", json_ms(peak_dbfs));
	json_put(&obj, "lag_ms", json_ms(sessions_lag_ms(m->sessions)));
	sessions_write_status(m->sessions, obj);
}

void
meter_dispatch(struct meter *m, int64_t now_ms, double wall_ms)
{
	struct sessions *s = m->sessions;

	pay(m);
	if (budget_dispatch(&m->budget, now_ms)) {
		if (m->budget.is_paused) {
			log_msg(LOG_WARN, NULL, "paused: %s", m->budget.reason);
			pause_begin(s, now_ms);
		} else {
			log_msg(LOG_INFO, NULL, "resumed");
			pause_end(s, now_ms);
		}
		sessions_say(s, m->budget.is_paused ? "paused" : "resumed",
		    m->budget.is_paused ? m->budget.reason : NULL, wall_ms);
	}
	if (m->has_room && now_ms >= m->level_at_ms) {
		/* The first second has nothing to be told of yet. */
		if (m->level_at_ms != 0)
			say_level(m, wall_ms);
		m->level_at_ms = now_ms + LEVEL_MS;
	}
}
