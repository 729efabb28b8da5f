#define _GNU_SOURCE /* explicit_bzero */
#include "page.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"

#define READ_BYTES 4096

void
page_init(struct page *p, int fd)
{
	memset(p, 0, sizeof(*p));
	p->fd = fd;
	line_reader_init(&p->in, PAGE_MESSAGE_MAX);
}

void
page_release(struct page *p)
{
	page_wipe_token(p);
	line_reader_release(&p->in);
}

void
page_wipe_token(struct page *p)
{
	if (p->token != NULL)
		explicit_bzero(p->token, strlen(p->token));
	free(p->token);
	p->token = NULL;
}

bool
page_is_open(const struct page *p, int64_t now_ms)
{
	return !p->is_gone && (p->second_bytes < PAGE_RATE_BYTES ||
				  now_ms - p->second_ms >= 1000);
}

/* The first one counts. */
static void
take_hello(struct page *p, const json_t *obj)
{
	const char *token = json_str(obj, "token");

	if (p->has_hello)
		return;
	p->has_hello = true;
	if (token != NULL && token[0] != '\0')
		p->token = strdup(token);
}

/* {"type":"hello","token":...}, {"ack":SEQ}, {"type":"pong"}. */
static void
take_message(struct page *p, const char *text, size_t len, int64_t now_ms)
{
	const char *type;
	char reason[128];
	double seq;
	json_t *obj;

	obj = json_line_parse(text, len, reason, sizeof(reason));
	if (obj == NULL && strcmp(reason, JSON_NOMEM) == 0)
		log_msg(LOG_ERROR, NULL, "a message of the page is lost: %s",
		    reason);
	if (obj == NULL)
		return;
	seq = json_num(obj, "ack", -1);
	if (seq >= 0 && seq < 9007199254740992.0) {
		p->ack = (uint64_t)seq;
		p->has_ack = true;
		p->message_ms = now_ms;
	}
	type = json_line_type(obj);
	if (strcmp(type, "hello") == 0) {
		take_hello(p, obj);
	} else if (strcmp(type, "pong") == 0) {
		p->has_pong = true;
		p->message_ms = now_ms;
	}
	json_decref(obj);
}

/* Whether a read will not block.  One that cannot is tried: a FIFO that was
 * opened when its last writer had left already never tells so to poll. */
static bool
is_readable(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int flags = fcntl(fd, F_GETFL);

	return (flags != -1 && (flags & O_NONBLOCK)) || poll(&pfd, 1, 0) == 1;
}

void
page_read(struct page *p, int64_t now_ms)
{
	char buf[READ_BYTES], *text;
	size_t len;
	ssize_t n;
	int ret;

	if (now_ms - p->second_ms >= 1000) {
		p->second_ms = now_ms;
		p->second_bytes = 0;
	}
	while (page_is_open(p, now_ms) && is_readable(p->fd)) {
		n = read(p->fd, buf, sizeof(buf));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			return;
		if (n <= 0) {
			p->is_gone = true;
			return;
		}
		p->second_bytes += n;
		if (line_reader_feed(&p->in, buf, (size_t)n) != 0) {
			log_msg(LOG_ERROR, NULL,
			    "out of memory: a message is lost");
			continue;
		}
		while ((ret = line_reader_next(&p->in, &text, &len)) != 0)
			if (ret == 1)
				take_message(p, text, len, now_ms);
	}
}
