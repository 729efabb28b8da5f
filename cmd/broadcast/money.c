#include "money.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

#define TELL_MS 1000
#define SAVE_MS 2000

static const char file[] = "spend.json";

void
money_init(
    struct money *m, const struct room *room, double max_usd, bool is_resuming)
{
	char path[ROOM_PATH_MAX];
	json_t *saved;

	memset(m, 0, sizeof(*m));
	/* Built-in prices cannot fail, and none is used here. */
	(void)budget_init(&m->budget, "the room", room, max_usd, NULL, NULL);
	if (is_resuming && room_path(room, file, path) == 0 &&
	    (saved = json_load_file(path, 0, NULL)) != NULL) {
		spend_load(&m->spend, saved);
		budget_spend_usd(&m->budget, spend_usd(&m->spend));
		/* What an operator allowed beyond the limit stays so. */
		if (json_num(saved, "max_usd", 0) == max_usd)
			m->budget.allowed_usd =
			    json_num(saved, "allowed_usd", max_usd);
		json_decref(saved);
	}
}

void
money_status(struct money *m, const json_t *status)
{
	double grown = spend_status(&m->spend, status);

	if (grown <= 0)
		return;
	budget_spend_usd(&m->budget, grown);
	m->is_told = m->is_saved = false;
}

void
money_prepare(struct money *m, struct loop *l)
{
	budget_prepare(&m->budget, l);
	if (!m->is_told)
		loop_deadline(l, m->tell_at_ms);
	if (!m->is_saved)
		loop_deadline(l, m->save_at_ms);
}

static void
save(struct money *m)
{
	char path[ROOM_PATH_MAX], *text;
	json_t *obj;
	size_t len;

	if (room_path(&m->budget.room, file, path) != 0)
		return;
	obj = spend_save(&m->spend);
	if (m->budget.max_usd > 0) {
		json_put(&obj, "max_usd", json_real(m->budget.max_usd));
		json_put(&obj, "allowed_usd", json_real(m->budget.allowed_usd));
	}
	text = json_line_dump(obj, &len);
	m->is_saved = text != NULL;
	if (text != NULL)
		(void)room_write_whole(path, text, len);
	free(text);
	json_decref(obj);
}

bool
money_dispatch(struct money *m, int64_t now_ms)
{
	if (!m->is_saved && now_ms >= m->save_at_ms) {
		m->save_at_ms = now_ms + SAVE_MS;
		save(m);
	}
	if (!budget_dispatch(&m->budget, now_ms))
		return false;
	m->is_saved = false;
	return true;
}

json_t *
money_line(struct money *m, int64_t now_ms)
{
	json_t *obj;

	if (m->is_told || now_ms < m->tell_at_ms)
		return NULL;
	m->is_told = true;
	m->tell_at_ms = now_ms + TELL_MS;
	obj = json_status("broadcast", "cost", NULL, clock_wall_ms());
	json_put(&obj, "est_usd", json_real(spend_usd(&m->spend)));
	if (m->budget.max_usd > 0)
		json_put(&obj, "max_usd", json_real(m->budget.max_usd));
	return obj;
}
