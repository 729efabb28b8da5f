#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/utf8.h"
#include "base/whole.h"

/* One message; longer ones are cut, with a mark. */
#define LOG_LINE_MAX 2048

static const char *tool_name = "pipebooth";
static enum log_level max_level = LOG_INFO;

void
log_open(const char *tool)
{
	tool_name = tool;
}

const char *
log_tool(void)
{
	return tool_name;
}

void
log_set_level(enum log_level level)
{
	max_level = level;
}

enum log_level
log_get_level(void)
{
	return max_level;
}

__attribute__((format(printf, 2, 0))) static void
log_write(const char *area, const char *fmt, va_list ap)
{
	char raw[LOG_LINE_MAX], line[LOG_LINE_MAX * 2 + 128];
	size_t n;
	int len;

	len = vsnprintf(raw, sizeof(raw), fmt, ap);
	if (len < 0)
		return;
	if ((size_t)len >= sizeof(raw))
		memcpy(raw + sizeof(raw) - 4, "...", 4);
	n = (size_t)snprintf(line, sizeof(line), "%s: %s%s", tool_name,
	    area == NULL ? "" : area, area == NULL ? "" : ": ");
	n += utf8_escape(line + n, sizeof(line) - n - 1, raw, strlen(raw));
	line[n++] = '\n';
	/* There is nowhere to complain about stderr. */
	(void)write_whole(STDERR_FILENO, line, n);
}

void
log_msg(enum log_level level, const char *area, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (level > max_level)
		return;
	va_start(ap, fmt);
	log_write(area, fmt, ap);
	va_end(ap);
	errno = saved;
}

void
die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_write(NULL, fmt, ap);
	va_end(ap);
	exit(status);
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n == 0 ? 1 : n, size == 0 ? 1 : size);

	if (p == NULL)
		die(EX_OSERR, "out of memory");
	return p;
}

char *
xstrdup(const char *s)
{
	char *p = strdup(s);

	if (p == NULL)
		die(EX_OSERR, "out of memory");
	return p;
}
