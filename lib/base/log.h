/*
 * Messages for people, on stderr; one line an event, written by one write(2):
 *
 *	tool: area: what, key=value
 *
 * Foreign bytes (control characters, invalid UTF-8) are escaped.  errno is
 * kept.
 *
 *	error  (always)  the tool cannot do its job, or lost something
 *	warn   (always, not with -q)  it goes on, but somebody should know
 *	info   (default, not with -q) rare events of a normal run: ready, ended
 *	debug  (-v)      connections, requests, retries
 *	trace  (-vv)     every event; may hold transcript text, never a secret
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>

enum log_level {
	LOG_ERROR,
	LOG_WARN,
	LOG_INFO,
	LOG_DEBUG,
	LOG_TRACE
};

/* Name the tool; `tool` is borrowed for the life of the process. */
void log_open(const char *tool);

/* Name given to log_open(). */
const char *log_tool(void);

void log_set_level(enum log_level level);

enum log_level log_get_level(void);

/* `area` may be NULL.  No newline at the end of fmt. */
__attribute__((format(printf, 3, 4))) void
log_msg(enum log_level level, const char *area, const char *fmt, ...);

/* Say `tool: fmt` at error level and exit with a status of <sysexits.h>.  Tools
 * only. */
__attribute__((format(printf, 2, 3), noreturn)) void
die(int status, const char *fmt, ...);

/* malloc and friends that die(EX_OSERR).  Tools only; sizes multiply without
 * overflow. */
void *xcalloc(size_t n, size_t size);

char *xstrdup(const char *s);

#endif
