#include "page.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"

void
page_init(struct page *p, int fd, int64_t now_ms)
{
	memset(p, 0, sizeof(*p));
	p->fd = fd;
	p->slot = -1;
	p->tokens = PAGE_BURST;
	p->paid_ms = p->heard_ms = p->second_ms = now_ms;
	line_reader_init(&p->in, PAGE_MESSAGE_MAX);
}

void
page_release(struct page *p)
{
	bytes_wipe(&p->in.q);
	line_reader_release(&p->in);
}

void
page_prepare(struct page *p, struct loop *l, int64_t now_ms)
{
	p->slot = -1;
	if (p->is_gone)
		return;
	if (p->has_lines)
		loop_deadline(
		    l, p->tokens > 0 ? now_ms : p->paid_ms + PAGE_EVERY_MS);
	else if (p->second_bytes >= PAGE_RATE_BYTES &&
		 now_ms < p->second_ms + 1000)
		loop_deadline(l, p->second_ms + 1000);
	else
		p->slot = loop_watch(l, p->fd, POLLIN);
}

static void
pay(struct page *p, int64_t now_ms)
{
	int64_t n = (now_ms - p->paid_ms) / PAGE_EVERY_MS;

	if (n <= 0)
		return;
	p->paid_ms += n * PAGE_EVERY_MS;
	p->tokens = n > PAGE_BURST - (int64_t)p->tokens
	                ? PAGE_BURST
	                : p->tokens + (unsigned int)n;
}

void
page_dispatch(struct page *p, struct loop *l, int64_t now_ms)
{
	long n;

	pay(p, now_ms);
	if (now_ms - p->second_ms >= 1000) {
		p->second_ms = now_ms;
		p->second_bytes = 0;
	}
	if (loop_revents(l, p->slot) == 0)
		return;
	n = line_reader_read(&p->in, p->fd);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		p->is_gone = true;
		return;
	}
	p->second_bytes += n;
	p->has_lines = true;
}

json_t *
page_next(struct page *p, int64_t now_ms)
{
	char *text, reason[64];
	size_t len;
	json_t *obj;
	int ret;

	while (p->has_lines && p->tokens > 0) {
		ret = line_reader_next(&p->in, &text, &len);
		p->has_lines = ret != 0;
		if (ret != 1)
			continue;
		obj = json_line_parse(text, len, reason, sizeof(reason));
		if (obj == NULL && strcmp(reason, JSON_NOMEM) == 0)
			log_msg(LOG_ERROR, NULL,
			    "a message of the page is lost: %s", reason);
		if (obj == NULL)
			continue;
		p->tokens--;
		p->heard_ms = now_ms;
		return obj;
	}
	return NULL;
}
