#include "page.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"

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
	line_reader_release(&p->in);
}

bool
page_is_open(const struct page *p, int64_t now_ms)
{
	return !p->is_gone && (p->second_bytes < PAGE_RATE_BYTES ||
				  now_ms - p->second_ms >= 1000);
}

/* {"ack":SEQ}; {"type":"hello",...} has nothing for us yet. */
static void
take_message(struct page *p, const char *text, size_t len)
{
	char reason[128];
	double seq;
	json_t *obj;

	obj = json_line_parse(text, len, reason, sizeof(reason));
	if (obj == NULL)
		return;
	seq = json_num(obj, "ack", -1);
	if (seq >= 0 && seq < 9007199254740992.0) {
		p->ack = (uint64_t)seq;
		p->has_ack = true;
	}
	json_decref(obj);
}

static bool
is_readable(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1;
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
		if (n == -1 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0) {
			p->is_gone = true;
			return;
		}
		p->second_bytes += n;
		if (line_reader_feed(&p->in, buf, (size_t)n) != 0)
			continue;
		while ((ret = line_reader_next(&p->in, &text, &len)) != 0)
			if (ret == 1)
				take_message(p, text, len);
	}
}
