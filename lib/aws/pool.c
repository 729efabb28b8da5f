#include "aws/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ours: what struct pool_config leaves at 0. */
#define MAX_CONNS 16
#define MAX_IDLE_MS 300000
#define MAX_AGE_MS 3600000
#define BACKOFF_BASE_MS 100
#define BACKOFF_MAX_MS 20000
#define BACKOFF_MAX_SHIFT 16
/* One that ends so soon, and served nobody, is like a dial that failed: a
 * server that closes what it accepts is not dialed in a circle. */
#define PROVEN_MS 1000

#define ERROR_TEXT_BYTES 384

struct member {
	struct member *next;
	struct conn *conn; /* owned */
	bool is_leased;
	bool was_ready;  /* its dial went well */
	bool is_proven;  /* and it was leased, or stayed for PROVEN_MS */
	bool is_leaving; /* asked to close: never to be leased again */
	bool is_mourned; /* it was found dead, and its like were looked at */
	int64_t dialed_at_ms;
	int64_t free_at_ms; /* ready, or given back */
};

struct pool {
	struct pool_config config; /* strings are ours */
	struct member *members;    /* oldest first */
	struct pool_waiter *waiters;
	struct pool_waiter **waiters_end;
	size_t wanted; /* leases asked for in vain since the last turn */
	unsigned int failures; /* dials in a row */
	int64_t dial_at_ms;    /* not before */
	int64_t now_ms;
	int error;
	char text[ERROR_TEXT_BYTES];
};

/* --- life ------------------------------------------------------------ */

static int
copy_string(const char **s)
{
	if (*s == NULL)
		return 0;
	*s = strdup(*s);
	return *s != NULL ? 0 : -1;
}

static void
set_default(int64_t *v, int64_t ms)
{
	if (*v == 0)
		*v = ms;
}

static int
copy_config(struct pool_config *to, const struct pool_config *from)
{
	struct conn_config *c = &to->conn;
	int rv;

	*to = *from;
	if (to->max == 0)
		to->max = MAX_CONNS;
	set_default(&to->max_idle_ms, MAX_IDLE_MS);
	set_default(&to->max_age_ms, MAX_AGE_MS);
	set_default(&to->backoff_base_ms, BACKOFF_BASE_MS);
	set_default(&to->backoff_max_ms, BACKOFF_MAX_MS);
	set_default(&c->ping_timeout_ms, CONN_PING_TIMEOUT_MS);
	if (c->tls != NULL)
		(void)tls_ctx_ref(c->tls);
	/* All of them, so that none is left pointing at the caller's. */
	rv = copy_string(&c->host);
	rv |= copy_string(&c->verify_host);
	rv |= copy_string(&c->proxy_host);
	rv |= copy_string(&c->proxy_auth);
	return rv;
}

int
pool_new(struct pool **out, const struct pool_config *config)
{
	struct pool *p;

	p = calloc(1, sizeof *p);
	if (p == NULL)
		return POOL_ERR_NOMEM;
	p->waiters_end = &p->waiters;
	if (copy_config(&p->config, config) != 0) {
		pool_free(p);
		return POOL_ERR_NOMEM;
	}
	*out = p;
	return 0;
}

static void
wipe_and_free(const char *secret)
{
	volatile char *s = (volatile char *)(uintptr_t)secret;

	while (s != NULL && *s != '\0')
		*s++ = '\0';
	free((char *)(uintptr_t)secret);
}

void
pool_free(struct pool *p)
{
	struct member *m;

	if (p == NULL)
		return;
	while ((m = p->members) != NULL) {
		p->members = m->next;
		conn_free(m->conn);
		free(m);
	}
	tls_ctx_free(p->config.conn.tls);
	free((char *)(uintptr_t)p->config.conn.host);
	free((char *)(uintptr_t)p->config.conn.verify_host);
	free((char *)(uintptr_t)p->config.conn.proxy_host);
	wipe_and_free(p->config.conn.proxy_auth);
	free(p);
}

/* --- counting -------------------------------------------------------- */

static bool
is_dialing(const struct member *m)
{
	return !m->was_ready && conn_state(m->conn) < CONN_READY &&
	       conn_error(m->conn) == 0;
}

/* Could be leased, as far as is known without looking at the socket. */
static bool
is_ready(const struct member *m)
{
	return !m->is_leased && !m->is_leaving && conn_can_open(m->conn) &&
	       h2_nstreams(conn_h2(m->conn)) == 0;
}

static size_t
count(const struct pool *p, bool (*is)(const struct member *))
{
	const struct member *m;
	size_t n = 0;

	for (m = p->members; m != NULL; m = m->next)
		n += is == NULL || is(m);
	return n;
}

static bool
is_leased(const struct member *m)
{
	return m->is_leased;
}

size_t
pool_nready(const struct pool *p)
{
	return count(p, is_ready);
}

size_t
pool_ndialing(const struct pool *p)
{
	return count(p, is_dialing);
}

size_t
pool_nleased(const struct pool *p)
{
	return count(p, is_leased);
}

static size_t
nwaiters(const struct pool *p)
{
	const struct pool_waiter *w;
	size_t n = 0;

	for (w = p->waiters; w != NULL; w = w->next)
		n++;
	return n;
}

/* --- dialing --------------------------------------------------------- */

static void
note_error(struct pool *p, int error, const char *text)
{
	p->error = error;
	(void)snprintf(p->text, sizeof p->text, "%s", text);
}

static int64_t
backoff_ms(const struct pool *p)
{
	unsigned int i =
	    p->failures > BACKOFF_MAX_SHIFT ? BACKOFF_MAX_SHIFT : p->failures;
	int64_t ms = p->config.backoff_base_ms << i;
	double x = 0.5;

	if (ms > p->config.backoff_max_ms)
		ms = p->config.backoff_max_ms;
	if (p->config.random != NULL)
		x = p->config.random(p->config.random_arg);
	return (int64_t)(x * (double)ms);
}

static void
note_failure(struct pool *p, int error, const char *text)
{
	note_error(p, error, text);
	p->dial_at_ms = p->now_ms + backoff_ms(p);
	p->failures++;
}

/* m is one to count on, and so is the endpoint. */
static void
note_success(struct pool *p, struct member *m)
{
	m->is_proven = true;
	p->failures = 0;
	p->dial_at_ms = p->now_ms;
}

static void
add_member(struct pool *p, struct member *m)
{
	struct member **at;

	for (at = &p->members; *at != NULL; at = &(*at)->next)
		;
	m->next = NULL;
	*at = m;
}

/* One more.  0, or it could not even begin. */
static int
dial(struct pool *p)
{
	struct member *m;
	int rv = CONN_ERR_NOMEM;

	m = calloc(1, sizeof *m);
	if (m != NULL)
		rv =
		    conn_dial(&m->conn, &p->config.conn, NULL, NULL, p->now_ms);
	if (rv != 0) {
		free(m);
		note_failure(p, rv, conn_strerror(rv));
		return rv;
	}
	m->dialed_at_ms = m->free_at_ms = p->now_ms;
	add_member(p, m);
	return 0;
}

/* How many more there should be for those who wait and to keep warm. */
static size_t
shortage(const struct pool *p)
{
	size_t have = count(p, is_ready) + count(p, is_dialing);
	size_t all = count(p, NULL);
	size_t waiting = nwaiters(p);
	size_t need;

	if (p->wanted > waiting)
		waiting = p->wanted;
	need = waiting + p->config.warm;
	if (have >= need || all >= p->config.max)
		return 0;
	need -= have;
	return need < p->config.max - all ? need : p->config.max - all;
}

/* Nothing that another try could mend. */
static bool
is_hopeless(const struct pool *p)
{
	return p->error != 0 && !conn_error_is_retryable(p->error);
}

static void
refill(struct pool *p)
{
	size_t n = shortage(p);

	if (n == 0 || p->now_ms < p->dial_at_ms)
		return;
	/* While the endpoint fails, one try at a time is enough. */
	if (p->failures > 0)
		n = count(p, is_dialing) == 0;
	while (n-- > 0 && dial(p) == 0)
		;
}

/* --- leases ---------------------------------------------------------- */

/* Look at the sockets of those that seem ready; the most recently used first:
 * it is the likeliest to live, and the others can age out. */
static struct member *
pick(struct pool *p)
{
	struct member *m, *best;

	for (;;) {
		best = NULL;
		for (m = p->members; m != NULL; m = m->next)
			if (is_ready(m) &&
			    (best == NULL || m->free_at_ms >= best->free_at_ms))
				best = m;
		if (best == NULL)
			return NULL;
		(void)conn_probe(best->conn, p->now_ms);
		if (is_ready(best))
			return best;
		best->is_leaving = true; /* swept at the next turn */
	}
}

static struct conn *
lease(struct pool *p)
{
	struct member *m = pick(p);

	if (m == NULL)
		return NULL;
	m->is_leased = true;
	note_success(p, m);
	return m->conn;
}

struct conn *
pool_lease(struct pool *p, int64_t now_ms)
{
	struct conn *c = NULL;

	p->now_ms = now_ms;
	if (p->waiters == NULL)
		c = lease(p);
	if (c == NULL)
		p->wanted++;
	refill(p);
	return c;
}

void
pool_wait(struct pool *p, struct pool_waiter *w)
{
	if (w->is_waiting)
		return;
	w->next = NULL;
	w->is_waiting = true;
	*p->waiters_end = w;
	p->waiters_end = &w->next;
}

void
pool_cancel(struct pool *p, struct pool_waiter *w)
{
	struct pool_waiter **at;

	if (!w->is_waiting)
		return;
	for (at = &p->waiters; *at != w; at = &(*at)->next)
		;
	*at = w->next;
	if (p->waiters_end == &w->next)
		p->waiters_end = at;
	w->is_waiting = false;
}

void
pool_return(struct pool *p, struct conn *c, int64_t now_ms)
{
	struct member *m;

	for (m = p->members; m != NULL && m->conn != c; m = m->next)
		;
	if (m == NULL || !m->is_leased)
		return;
	m->is_leased = false;
	m->free_at_ms = now_ms;
	if (is_ready(m))
		return;
	/* What it still has belongs to nobody. */
	m->is_leaving = true;
	if (conn_h2(c) != NULL) {
		h2_mute(conn_h2(c));
		h2_reset_all(conn_h2(c), H2_CANCEL);
	}
	conn_close(c, now_ms);
}

/* Hand out what is ready, in the order of waiting. */
static void
serve(struct pool *p)
{
	struct pool_waiter *w;
	struct conn *c;

	while ((w = p->waiters) != NULL && (c = lease(p)) != NULL) {
		pool_cancel(p, w);
		w->on_lease(w->arg, c, 0);
	}
}

/* Those who wait need not wait for what will never come. */
static void
give_up(struct pool *p)
{
	struct pool_waiter *w, *last;

	if (!is_hopeless(p) || p->waiters == NULL || count(p, is_dialing) > 0)
		return;
	/* One who waits again from the callback stands behind the last and is
	 * not told twice. */
	for (last = p->waiters; last->next != NULL; last = last->next)
		;
	do {
		w = p->waiters;
		pool_cancel(p, w);
		w->on_lease(w->arg, NULL, p->error);
	} while (w != last && p->waiters != NULL);
}

/* --- turns ----------------------------------------------------------- */

/* When m has to make room for a younger one. */
static int64_t
expires_at(const struct pool *p, const struct member *m)
{
	int64_t idle = m->free_at_ms + p->config.max_idle_ms;
	int64_t age = m->dialed_at_ms + p->config.max_age_ms;

	return idle < age ? idle : age;
}

/* m is ready, or was: is it one to count on? */
static void
prove(struct pool *p, struct member *m, enum conn_state s)
{
	if (p->now_ms - m->free_at_ms >= PROVEN_MS) {
		note_success(p, m);
	} else if (s == CONN_CLOSED || conn_is_draining(m->conn)) {
		m->is_proven = true; /* it is over with */
		note_failure(p,
		    conn_error(m->conn) != 0 ? conn_error(m->conn)
					     : CONN_ERR_CLOSED,
		    conn_error(m->conn) != 0
			? conn_error_text(m->conn)
			: "the server closes connections as they are made");
	}
}

/* A peer no longer answers.  Connections that wait, and were not heard of while
 * it was asked, may be as dead, and would be found out one lease after another.
 */
static void
doubt_others(struct pool *p)
{
	int64_t asked_ms = p->now_ms - p->config.conn.ping_timeout_ms;
	struct member *m;

	for (m = p->members; m != NULL; m = m->next) {
		if (!is_ready(m) || conn_heard_at_ms(m->conn) > asked_ms)
			continue;
		m->is_leaving = true;
		conn_close(m->conn, p->now_ms);
	}
}

/* What became of m since the last turn. */
static void
look_at(struct pool *p, struct member *m)
{
	enum conn_state s = conn_state(m->conn);

	if (!m->was_ready && s == CONN_READY) {
		m->was_ready = true;
		m->free_at_ms = p->now_ms;
		note_error(p, 0, "");
	}
	if (m->was_ready && !m->is_proven)
		prove(p, m, s);
	if (!m->was_ready && s == CONN_CLOSED && !m->is_leaving) {
		m->is_leaving = true;
		note_failure(p, conn_error(m->conn), conn_error_text(m->conn));
	}
	if (s == CONN_CLOSED && conn_error(m->conn) == CONN_ERR_DEAD &&
	    !m->is_mourned) {
		m->is_mourned = true;
		doubt_others(p);
	}
	if (is_ready(m) && p->now_ms >= expires_at(p, m)) {
		m->is_leaving = true;
		conn_close(m->conn, p->now_ms);
	}
}

/* Free those that are closed and not leased. */
static void
sweep(struct pool *p)
{
	struct member **at = &p->members, *m;

	while ((m = *at) != NULL) {
		if (m->is_leased || conn_state(m->conn) != CONN_CLOSED) {
			at = &m->next;
			continue;
		}
		*at = m->next;
		conn_free(m->conn);
		free(m);
	}
}

void
pool_prepare(struct pool *p, struct loop *l, int64_t now_ms)
{
	struct member *m;

	p->now_ms = now_ms;
	refill(p);
	for (m = p->members; m != NULL; m = m->next) {
		conn_prepare(m->conn, l);
		if (is_ready(m))
			loop_deadline(l, expires_at(p, m));
		if (is_ready(m) && !m->is_proven && p->failures > 0)
			loop_deadline(l, m->free_at_ms + PROVEN_MS);
	}
	if (shortage(p) > 0 && count(p, is_dialing) == 0)
		loop_deadline(l, p->dial_at_ms);
	if (p->waiters != NULL && (count(p, is_ready) > 0 || is_hopeless(p)))
		loop_deadline(l, 0);
}

void
pool_dispatch(struct pool *p, struct loop *l, int64_t now_ms)
{
	struct member *m;

	p->now_ms = now_ms;
	p->wanted = 0;
	/* Callbacks of streams may lease, which appends, and give back, which
	 * keeps: the list loses nobody before sweep(). */
	for (m = p->members; m != NULL; m = m->next) {
		(void)conn_dispatch(m->conn, l, now_ms);
		look_at(p, m);
	}
	sweep(p);
	serve(p);
	give_up(p);
	refill(p);
}

void
pool_set_warm(struct pool *p, size_t warm)
{
	p->config.warm = warm < p->config.max ? warm : p->config.max;
}

void
pool_flush(struct pool *p)
{
	struct member *m;

	for (m = p->members; m != NULL; m = m->next)
		if (m->is_leased)
			conn_flush(m->conn);
}

int
pool_error(const struct pool *p)
{
	return p->error;
}

const char *
pool_error_text(const struct pool *p)
{
	return p->text;
}

void
pool_retry_now(struct pool *p)
{
	p->dial_at_ms = p->now_ms;
}
