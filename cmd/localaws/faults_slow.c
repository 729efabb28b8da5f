#include "faults_slow.h"

#include <stdlib.h>

#include "base/bytes.h"

/* A piece a turn, or as many bytes as this time makes. */
#define STEP_MS 10

struct slow {
	const struct exchange_link *link; /* the transport's */
	struct bytes queue;
	uint64_t bytes_per_s;
	int64_t since_ms; /* up to when bytes have been earned */
	bool is_ended;    /* end() was called */
	bool is_end_sent;
};

static int
slow_respond(struct exchange *x, int status, const struct h2_header *headers,
    size_t n, bool has_body)
{
	return x->slow->link->respond(x, status, headers, n, has_body);
}

static int
slow_write(struct exchange *x, const void *p, size_t n)
{
	if (bytes_len(&x->slow->queue) == 0)
		x->slow->since_ms = x->now_ms;
	return bytes_append(&x->slow->queue, p, n);
}

static size_t
slow_room(struct exchange *x)
{
	return x->slow->queue.cap - bytes_len(&x->slow->queue);
}

static int
slow_end(struct exchange *x)
{
	struct slow *s = x->slow;

	s->is_ended = true;
	if (bytes_len(&s->queue) > 0 || s->is_end_sent)
		return 0;
	s->is_end_sent = true;
	return s->link->end(x);
}

static void
slow_consume(struct exchange *x, size_t n)
{
	x->slow->link->consume(x, n);
}

static void
slow_reset(struct exchange *x, uint32_t h2_code)
{
	bytes_reset(&x->slow->queue);
	x->slow->link->reset(x, h2_code);
}

static void
slow_goaway(struct exchange *x, uint32_t h2_code)
{
	x->slow->link->goaway(x, h2_code);
}

static void
slow_cut(struct exchange *x)
{
	x->slow->link->cut(x);
}

static bool
slow_is_behind(struct exchange *x, const struct operation *op)
{
	return x->slow->link->is_behind(x, op);
}

static bool
slow_fault(struct exchange *x, enum link_fault what, int64_t value)
{
	if (what == LINK_IS_FLUSHED && bytes_len(&x->slow->queue) > 0)
		return false;
	return link_fault(x->slow->link, x, what, value);
}

static const struct exchange_link slow_link = {
	.respond = slow_respond,
	.write = slow_write,
	.room = slow_room,
	.end = slow_end,
	.consume = slow_consume,
	.reset = slow_reset,
	.goaway = slow_goaway,
	.cut = slow_cut,
	.is_behind = slow_is_behind,
	.fault = slow_fault,
};

int
slow_new(struct exchange *x, uint64_t bytes_per_s)
{
	struct slow *s = x->slow;

	if (s == NULL) {
		if ((s = calloc(1, sizeof(*s))) == NULL)
			return -1;
		bytes_init(&s->queue, EXCHANGE_BODY_BYTES);
		s->link = x->link;
		x->slow = s;
		x->link = &slow_link;
	}
	s->bytes_per_s = bytes_per_s;
	s->since_ms = x->now_ms;
	return 0;
}

void
slow_free(struct exchange *x)
{
	if (x->slow == NULL)
		return;
	x->link = x->slow->link;
	bytes_release(&x->slow->queue);
	free(x->slow);
	x->slow = NULL;
}

/* How long the next byte takes, at least a step. */
static int64_t
step_ms(const struct slow *s)
{
	int64_t ms = (int64_t)((1000 + s->bytes_per_s - 1) / s->bytes_per_s);

	return ms > STEP_MS ? ms : STEP_MS;
}

void
slow_pump(struct exchange *x)
{
	struct slow *s = x->slow;
	const uint8_t *p;
	uint64_t due;
	size_t n;

	if (s == NULL || (p = bytes_peek(&s->queue, &n), n == 0))
		return;
	due = (uint64_t)(x->now_ms - s->since_ms) * s->bytes_per_s / 1000;
	if (due == 0)
		return;
	if (n > due)
		n = (size_t)due;
	if (n > s->link->room(x))
		n = s->link->room(x);
	s->since_ms = x->now_ms;
	if (n == 0)
		return;
	if (s->link->write(x, p, n) != 0) {
		bytes_reset(&s->queue);
		return;
	}
	bytes_skip(&s->queue, n);
	if (s->is_ended)
		slow_end(x);
}

void
slow_prepare(const struct exchange *x, struct loop *l)
{
	if (x->slow != NULL && bytes_len(&x->slow->queue) > 0)
		loop_deadline(l, x->slow->since_ms + step_ms(x->slow));
}
