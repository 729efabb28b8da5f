/*
 * The h2 glue against any peer.  The first byte of the input chooses the role
 * and the settings, the second how the rest is split; the rest is what the peer
 * sends.  The application on top answers and echoes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aws/h2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	int opened; /* streams that may still be closed */
	int closed;
	size_t nrequests;
};

static void
on_headers(void *arg, struct h2 *h2, int32_t id, int status,
    const struct h2_header *headers, size_t n, bool is_end)
{
	size_t i;

	(void)arg;
	(void)h2;
	(void)id;
	(void)is_end;
	if (status < 200)
		abort();
	for (i = 0; i < n; i++)
		if (headers[i].name[0] == ':' || headers[i].name[0] == '\0' ||
		    strpbrk(headers[i].value, "\r\n") != NULL)
			abort();
}

static void
on_data(void *arg, struct h2 *h2, int32_t id, const uint8_t *p, size_t n)
{
	(void)arg;
	if (n == 0)
		abort();
	(void)h2_write(h2, id, p, n);
	h2_consume(h2, id, n / 2 + 1);
}

static void
on_end(void *arg, struct h2 *h2, int32_t id)
{
	(void)arg;
	(void)h2_end(h2, id);
}

static void
on_close(void *arg, struct h2 *h2, int32_t id, enum h2_why why, uint32_t code)
{
	struct seen *s = arg;

	(void)id;
	(void)why;
	(void)code;
	(void)h2_can_open(h2);
	s->closed++;
	if (s->closed > s->opened)
		abort();
}

static const struct h2_stream_events stream_events = { on_headers, on_data,
	on_end, NULL, on_close };

static void
on_request(void *arg, struct h2 *h2, int32_t id, const struct h2_request *r)
{
	static const struct h2_header h = { "x-a", "b" };
	struct seen *s = arg;

	if (r->method == NULL || r->path == NULL || r->scheme == NULL)
		abort();
	s->opened++;
	if (h2_attach(h2, id, &stream_events, arg) != 0)
		abort();
	switch (s->nrequests++ % 4) {
	case 0:
		(void)h2_respond(h2, id, 200, &h, 1, true);
		break;
	case 1:
		(void)h2_respond(h2, id, 403, &h, 1, true);
		(void)h2_write(h2, id, "no", 2);
		(void)h2_end_early(h2, id);
		break;
	case 2:
		h2_reset(h2, id, H2_CANCEL);
		break;
	default:
		(void)h2_respond(h2, id, 204, NULL, 0, false);
		break;
	}
}

static const struct h2_events events = { on_request, NULL, NULL, NULL };

static int
drain(struct h2 *h2)
{
	const uint8_t *p;
	size_t n;
	int rv;

	while ((rv = h2_peek(h2, &p, &n)) == 0 && n > 0)
		h2_skip(h2, n > 100 ? n / 2 : n);
	return rv;
}

static void
ask(struct h2 *h2, struct seen *s)
{
	struct h2_request r = { "POST", "https", "h", "/", NULL, 0, true };
	int32_t id;

	id = h2_request(h2, &r, &stream_events, s);
	if (id < 0)
		return;
	s->opened++;
	(void)h2_write(h2, id, "hello", 5);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct h2_config config;
	struct seen seen = { 0, 0, 0 };
	struct h2 *h2;
	size_t step, n;

	if (size < 2)
		return 0;
	memset(&config, 0, sizeof config);
	config.is_server = data[0] & 1;
	config.is_manual = (data[0] & 2) != 0;
	if (data[0] & 4)
		config.stream_window_bytes = 100;
	if (data[0] & 8)
		config.max_data_bytes = 1;
	config.send_cap_bytes = 4096;
	config.header_cap_bytes = 4096;
	step = data[1] == 0 ? size : data[1];
	if (h2_new(&h2, &config, &events, &seen) != 0)
		return 0;
	if (!config.is_server) {
		ask(h2, &seen);
		ask(h2, &seen);
	}
	for (data += 2, size -= 2; size > 0; data += n, size -= n) {
		n = size < step ? size : step;
		if (h2_recv(h2, data, n) != 0 || drain(h2) != 0)
			break;
		if (!config.is_server && h2_nstreams(h2) == 0)
			ask(h2, &seen);
	}
	(void)drain(h2);
	h2_lost(h2);
	/* Each stream that was opened has been closed, once. */
	if (seen.closed != seen.opened || h2_nstreams(h2) != 0)
		abort();
	h2_free(h2);
	return 0;
}
