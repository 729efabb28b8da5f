#include "skew.h"

#include <string.h>

#include "aws/retry.h"

/* A clock is slewed by far less between two turns, and set by more. */
#define SET_MS 30000
/* A Date has whole seconds, and answers take their time. */
#define SAME_MS 15000

void
skew_init(struct skew *k)
{
	memset(k, 0, sizeof(*k));
}

int64_t
skew_look(struct skew *k, double wall_ms, int64_t boot_ms)
{
	double base_ms = wall_ms - (double)boot_ms;
	double set_ms = base_ms - k->base_ms;
	bool was_set = k->has_base && (set_ms > SET_MS || set_ms < -SET_MS);

	k->base_ms = base_ms;
	k->has_base = true;
	if (!was_set)
		return 0;
	/* What it showed before was right, or the service had refused. */
	if (k->is_verified)
		k->offset_ms -= (int64_t)set_ms;
	return (int64_t)set_ms;
}

double
skew_wall_ms(const struct skew *k, double wall_ms)
{
	return wall_ms + (double)k->offset_ms;
}

void
skew_accepted(struct skew *k)
{
	k->is_verified = true;
}

static bool
is_dated(const char *text)
{
	return strstr(text, "Signature expired") != NULL ||
	       strstr(text, "Signature not yet current") != NULL;
}

bool
skew_is_about(const struct service_error *e)
{
	return e->class == SERVICE_ERROR_SKEW || is_dated(e->message);
}

bool
skew_refused(struct skew *k, const char *date, const struct service_error *e,
    double wall_ms)
{
	int64_t offset_ms = 0, change_ms;

	if (!retry_clock_offset(date, NULL, wall_ms, wall_ms, &offset_ms))
		retry_clock_offset_text(e->message, wall_ms, &offset_ms);
	change_ms = offset_ms - k->offset_ms;
	if (change_ms > -SAME_MS && change_ms < SAME_MS)
		return false;
	k->offset_ms = offset_ms;
	k->is_verified = false;
	return true;
}
