/* A turn of the loop: what is awaited, what came of it, and the end. */
#include "aws/conn_priv.h"

#include <string.h>
#include <sys/socket.h>

/* Tell everybody, from the streams up.  c may be gone afterwards only by the
 * caller's leave(). */
static void
finish(struct conn *c)
{
	if (!c->has_ended || c->state == CONN_CLOSED || c->is_dead)
		return;
	c->state = CONN_CLOSED;
	c->deadline_ms = LOOP_NEVER;
	conn_close_socket(c);
	if (c->h2 != NULL)
		h2_lost(c->h2);
	if (!c->is_dead && c->ev->on_closed != NULL)
		c->ev->on_closed(c->arg, c, c->error);
	conn_release_transport(c);
}

static void
enter(struct conn *c)
{
	c->depth++;
}

/* Ends a call that may have run callbacks; the state, for a freed one closed.
 */
static enum conn_state
leave(struct conn *c)
{
	enum conn_state s;

	c->depth--;
	if (c->depth == 0 && c->is_dead) {
		conn_free(c);
		return CONN_CLOSED;
	}
	s = c->state;
	return s;
}

/* --- endings --------------------------------------------------------- */

/* The end was ours to expect, or the peer gave its reason before. */
static bool
is_explained(struct conn *c)
{
	size_t n = c->h2 != NULL ? h2_nstreams(c->h2) : 0;

	if (c->is_closing || (c->is_draining && n == 0 && c->goaway_code == 0))
		conn_end(c, 0, " ");
	else if (c->is_draining && c->goaway_code != 0)
		conn_end(c, CONN_ERR_GOAWAY, "GOAWAY %s%s%s",
		    h2_code_name(c->goaway_code),
		    c->goaway_text[0] != '\0' ? ": " : "", c->goaway_text);
	else
		return false;
	return true;
}

void
conn_end_cut(struct conn *c, const char *reason)
{
	if (!is_explained(c))
		conn_end(c, CONN_ERR_RESET, "%s", reason);
}

static void
end_by_peer(struct conn *c)
{
	size_t n = c->h2 != NULL ? h2_nstreams(c->h2) : 0;

	if (is_explained(c))
		return;
	if (c->state == CONN_PROXY)
		conn_end(c, CONN_ERR_PROXY, "the proxy closed the connection");
	else if (n > 0)
		conn_end(c, CONN_ERR_CLOSED,
		    "the peer closed the connection with %zu stream%s open", n,
		    n == 1 ? "" : "s");
	else
		conn_end(c, CONN_ERR_CLOSED, "the peer closed the connection");
}

/* The peer will send nothing more. */
static void
look_at_eof(struct conn *c)
{
	if (!c->is_eof || conn_is_over(c))
		return;
	if (!c->is_http1 || c->is_shut) {
		end_by_peer(c);
		return;
	}
	if (!c->is_eof_told && c->ev->on_eof != NULL && !c->is_closing) {
		c->is_eof_told = true;
		c->ev->on_eof(c->arg, c);
	}
	if (c->ev->on_eof == NULL && !c->is_closing)
		conn_close(c, c->now_ms);
}

/* HTTP/2 has run its course: say goodbye. */
static void
look_at_h2(struct conn *c)
{
	if (c->h2 == NULL || c->state != CONN_READY || conn_is_over(c) ||
	    !h2_is_done(c->h2))
		return;
	if (*h2_error_text(c->h2) != '\0')
		conn_end(c, CONN_ERR_PROTOCOL, "%s", h2_error_text(c->h2));
	else if (c->goaway_code != 0)
		end_by_peer(c);
	else {
		c->is_closing = true;
		conn_set_state(c, CONN_CLOSING, c->config.close_timeout_ms);
	}
}

/*
 * Closing: first what is queued, then close_notify, then the socket.  A server
 * ends its side and reads on until the client has: a close with unread bytes
 * would be a reset, and that may take the answer from the client (RFC 9112,
 * section 9.6).
 */
static void
step_closing(struct conn *c)
{
	if (c->state != CONN_CLOSING || conn_is_over(c))
		return;
	if (!c->is_bye_sent) {
		if (c->h2 != NULL ? !h2_is_done(c->h2) && !c->is_broken
				  : !conn_io_is_flushed(c))
			return;
		c->is_bye_sent = true;
		if (c->tls != NULL)
			tls_close(c->tls);
		conn_io_write(c);
	}
	if (!conn_io_is_flushed(c))
		return;
	if (!c->is_server || c->is_eof || c->is_broken) {
		conn_end(c, 0, " ");
		return;
	}
	if (!c->is_shut) {
		c->is_shut = true;
		c->is_paused = false;
		(void)shutdown(c->fd, SHUT_WR);
	}
}

static void
end_by_time(struct conn *c)
{
	switch (c->state) {
	case CONN_CLOSING:
		conn_end(c, 0, " ");
		break;
	case CONN_PROXY:
		conn_end(
		    c, CONN_ERR_TIMEOUT, "the proxy did not answer in time");
		break;
	default:
		conn_end(c, CONN_ERR_TIMEOUT, "timed out: %s",
		    conn_state_name(c->state));
		break;
	}
}

/* --- clocks ---------------------------------------------------------- */

static bool
is_pinging(const struct conn *c)
{
	return c->h2 != NULL && c->config.ping_interval_ms > 0 &&
	       (c->state == CONN_READY || c->state == CONN_CLOSING) &&
	       !c->is_bye_sent;
}

static int64_t
ping_at(const struct conn *c)
{
	int64_t from_ms = c->heard_at_ms, idle_ms;

	if (c->pinged_at_ms != 0)
		return c->pinged_at_ms + c->config.ping_timeout_ms;
	idle_ms = from_ms + c->config.ping_interval_ms;
	if (c->config.ping_busy_ms == 0 || c->busy_at_ms == 0)
		return idle_ms;
	if (from_ms < c->busy_at_ms)
		from_ms = c->busy_at_ms;
	from_ms += c->config.ping_busy_ms;
	return from_ms < idle_ms ? from_ms : idle_ms;
}

/* Somebody waits, from now on, or does not any more. */
static void
note_busy(struct conn *c)
{
	if (c->h2 == NULL || h2_nstreams(c->h2) == 0)
		c->busy_at_ms = 0;
	else if (c->busy_at_ms == 0)
		c->busy_at_ms = c->now_ms;
}

static void
step_ping(struct conn *c)
{
	if (!is_pinging(c) || conn_is_over(c) || c->now_ms < ping_at(c))
		return;
	if (c->pinged_at_ms != 0) {
		conn_end(c, CONN_ERR_DEAD,
		    "nothing heard for %lld ms, PING was not answered",
		    (long long)(c->now_ms - c->heard_at_ms));
		return;
	}
	if (h2_ping(c->h2, (uint64_t)c->now_ms) == 0)
		c->pinged_at_ms = c->now_ms;
}

static bool
has_idle_clock(const struct conn *c)
{
	return c->is_server && c->config.idle_timeout_ms > 0 &&
	       c->state == CONN_READY &&
	       (c->h2 == NULL || h2_nstreams(c->h2) == 0);
}

static void
step_idle(struct conn *c)
{
	if (conn_is_over(c))
		return;
	if (c->h2 != NULL && h2_nstreams(c->h2) > 0)
		c->active_at_ms = c->now_ms;
	if (has_idle_clock(c) &&
	    c->now_ms >= c->active_at_ms + c->config.idle_timeout_ms)
		conn_close(c, c->now_ms);
}

static void
step_clocks(struct conn *c)
{
	note_busy(c);
	step_ping(c);
	step_idle(c);
	if (!conn_is_over(c) && c->now_ms >= c->deadline_ms)
		end_by_time(c);
}

/* --- turns ----------------------------------------------------------- */

void
conn_prepare(struct conn *c, struct loop *l)
{
	short events = 0;

	c->slot = -1;
	note_busy(c);
	if (c->needs_turn || (c->has_ended && c->state != CONN_CLOSED))
		loop_deadline(l, 0);
	if (conn_is_over(c))
		return;
	if (c->state == CONN_RESOLVING)
		resolve_prepare(c->resolve, l);
	else if (c->state == CONN_CONNECTING)
		dial_prepare(&c->dial, l);
	if (c->fd != -1) {
		if (!c->is_eof && !c->is_paused)
			events |= POLLIN;
		if (conn_io_wants_write(c))
			events |= POLLOUT;
		/* With an end of the peer's side nothing but POLLHUP could
		 * come, and that at every turn. */
		if (events != 0)
			c->slot = loop_watch(l, c->fd, events);
	}
	loop_deadline(l, c->deadline_ms);
	if (is_pinging(c))
		loop_deadline(l, ping_at(c));
	if (has_idle_clock(c))
		loop_deadline(l, c->active_at_ms + c->config.idle_timeout_ms);
}

/* What follows from what was read and from the time. */
static void
settle(struct conn *c)
{
	if (!conn_is_over(c))
		conn_io_plaintext(c);
	look_at_eof(c);
	step_clocks(c);
	if (!conn_is_over(c))
		conn_io_write(c);
	look_at_h2(c);
	step_closing(c);
	finish(c);
}

enum conn_state
conn_dispatch(struct conn *c, struct loop *l, int64_t now_ms)
{
	short revents = loop_revents(l, c->slot);

	enter(c);
	c->slot = -1;
	c->needs_turn = false;
	c->now_ms = now_ms;
	if (!conn_is_over(c) &&
	    (c->state == CONN_RESOLVING || c->state == CONN_CONNECTING))
		conn_up_step(c, l);
	if (((revents & (POLLIN | POLLHUP | POLLERR)) != 0 || c->is_broken) &&
	    !conn_is_over(c))
		conn_io_read(c);
	settle(c);
	return leave(c);
}

enum conn_state
conn_probe(struct conn *c, int64_t now_ms)
{
	if (c->depth > 0)
		return c->state;
	enter(c);
	c->now_ms = now_ms;
	if (!conn_is_over(c) && c->fd != -1)
		conn_io_read(c);
	settle(c);
	return leave(c);
}

void
conn_flush(struct conn *c)
{
	if (c->depth > 0 || conn_is_over(c) || c->fd == -1 || c->is_blocked)
		return;
	enter(c);
	conn_io_write(c);
	(void)leave(c);
}
