#include "base/intake.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "base/json.h"
#include "base/log.h"

/* After so many complaints only every so many-th is said: a file of another
 * kind must not flood the log of a room. */
#define COMPLAINTS_MAX 10
#define COMPLAINTS_EACH 1000
/* How much of a bad line is shown. */
#define SHOW_BYTES 60

void
intake_init(struct intake *in, int fd)
{
	memset(in, 0, sizeof(*in));
	in->fd = fd;
	in->slot = -1;
	line_reader_init(&in->reader, LINE_MAX_BYTES);
}

void
intake_release(struct intake *in)
{
	line_reader_release(&in->reader);
}

void
intake_prepare(struct intake *in, struct loop *l)
{
	in->slot = in->has_ended ? -1 : loop_watch(l, in->fd, POLLIN);
}

int
intake_dispatch(struct intake *in, struct loop *l)
{
	long n;

	if (in->has_ended || loop_revents(l, in->slot) == 0)
		return 0;
	in->slot = -1;
	n = line_reader_read(&in->reader, in->fd);
	if (n > 0)
		return 0;
	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return 0;
		if (errno == ENOMEM)
			return -1;
		in->saved_errno = errno;
		log_msg(
		    LOG_ERROR, NULL, "cannot read lines: %s", strerror(errno));
	}
	in->has_ended = true;
	return 0;
}

static bool
is_worth_saying(struct intake *in)
{
	in->bad++;
	if (in->bad == COMPLAINTS_MAX + 1)
		log_msg(LOG_ERROR, NULL,
		    "more bad lines: from here on one in %d is told",
		    COMPLAINTS_EACH);
	return in->bad <= COMPLAINTS_MAX || in->bad % COMPLAINTS_EACH == 0;
}

static void
complain_long(struct intake *in)
{
	if (is_worth_saying(in))
		log_msg(LOG_ERROR, NULL,
		    "line %llu is longer than %d bytes and was left out",
		    (unsigned long long)in->reader.number, LINE_MAX_BYTES);
}

static void
complain_json(struct intake *in, const char *line, size_t len, const char *why)
{
	if (strcmp(why, JSON_NOMEM) == 0) {
		in->is_short = true;
		log_msg(LOG_ERROR, NULL, "line %llu was left out: %s",
		    (unsigned long long)in->reader.number, why);
		return;
	}
	if (is_worth_saying(in))
		log_msg(LOG_ERROR, NULL,
		    "line %llu is not a JSON object and was left out, %s: "
		    "'%.*s%s'",
		    (unsigned long long)in->reader.number, why,
		    (int)(len < SHOW_BYTES ? len : SHOW_BYTES), line,
		    len < SHOW_BYTES ? "" : "...");
}

int
intake_next(struct intake *in, char **line, size_t *len, json_t **obj)
{
	char why[160];
	int rc;

	for (;;) {
		rc = line_reader_next(&in->reader, line, len);
		if (rc == 0 && in->has_ended)
			rc = line_reader_last(&in->reader, line, len);
		if (rc == 0)
			return 0;
		if (rc == LINE_ERR_LONG) {
			complain_long(in);
			continue;
		}
		/* An empty line is nobody's mistake worth a word. */
		if (*len == 0)
			continue;
		*obj = json_line_parse(*line, *len, why, sizeof(why));
		if (*obj != NULL)
			return 1;
		complain_json(in, *line, *len, why);
	}
}

void
intake_stop(struct intake *in)
{
	in->has_ended = true;
}

int
intake_status(const struct intake *in)
{
	return in->saved_errno != 0 ? EX_IOERR
	       : in->is_short       ? EX_OSERR
	       : in->bad > 0        ? EX_DATAERR
	                            : 0;
}
