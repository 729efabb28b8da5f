#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/pcm.h"

/* Sound leaves this long before it is to be heard, so that a player's buffer
 * does not run dry between two writes. */
#define LEAD_MS 200
/* How often something is written: little at a time, and few wake-ups. */
#define TICK_MS 40
/* How often a FIFO is tried for a reader. */
#define LOOK_MS 250
/* What is so late is of no use to anybody. */
#define LATE_MS 2000
/* At the end, a reader that takes nothing for so long is not waited for. */
#define STUCK_MS 5000
/* In the FIFO itself, half a second: what is in there cannot be taken back. */
#define PIPE_BYTES 16384
/* What waits: more than a lane lets out ahead; all of a recording. */
#define QUEUE_BYTES_MAX (8u * PCM_BYTES_PER_S)
#define QUEUE_BYTES_MAX_FAST (600u * PCM_BYTES_PER_S)

void
taps_init(struct taps *t)
{
	memset(t, 0, sizeof(*t));
}

static void
tap_close(struct tap *tap)
{
	if (tap->fd != -1)
		close(tap->fd);
	tap->fd = -1;
	bytes_reset(&tap->q);
	tap->npieces = 0;
	tap->is_blocked = false;
}

void
taps_release(struct taps *t)
{
	for (size_t i = 0; i < t->n; i++) {
		tap_close(t->taps[i]);
		bytes_release(&t->taps[i]->q);
		free(t->taps[i]);
	}
	free(t->taps);
	taps_init(t);
}

int
taps_add(struct taps *t, const char *tag, const char *path)
{
	struct tap **taps = realloc(t->taps, (t->n + 1) * sizeof(struct tap *));
	struct tap *tap;

	if (taps == NULL)
		return -1;
	t->taps = taps;
	if ((tap = calloc(1, sizeof(*tap))) == NULL)
		return -1;
	snprintf(tap->tag, sizeof(tap->tag), "%s", tag);
	tap->path = path;
	tap->fd = tap->slot = -1;
	t->taps[t->n++] = tap;
	return 0;
}

/* 0: open, or nobody reads; -1 with errno: it cannot be written to. */
static int
tap_open(struct tap *tap, int64_t now_ms)
{
	struct stat st;
	int fd;

	tap->look_at_ms = now_ms + LOOK_MS;
	if (mkfifo(tap->path, 0666) != 0 && errno != EEXIST)
		return -1;
	fd = open(
	    tap->path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return errno == ENXIO && stat(tap->path, &st) == 0 &&
		               S_ISFIFO(st.st_mode)
		           ? 0
		           : -1;
	(void)fcntl(
	    fd, F_SETPIPE_SZ, PIPE_BYTES); /* a wish: not all are pipes */
	tap->fd = fd;
	tap->began_ms = tap->wrote_at_ms = tap->now_ms = now_ms;
	tap->position = 0;
	log_msg(LOG_DEBUG, tap->tag, "%s has a reader", tap->path);
	return 0;
}

int
taps_start(struct taps *t, bool fills_silence, bool is_fast, int64_t now_ms,
    char *err, size_t errsize)
{
	for (size_t i = 0; i < t->n; i++) {
		struct tap *tap = t->taps[i];

		tap->fills_silence = fills_silence;
		tap->is_fast = is_fast;
		bytes_init(
		    &tap->q, is_fast ? QUEUE_BYTES_MAX_FAST : QUEUE_BYTES_MAX);
		if (tap_open(tap, now_ms) == 0)
			continue;
		snprintf(err, errsize, "cannot write to '%s': %s", tap->path,
		    strerror(errno));
		return -1;
	}
	return 0;
}

bool
taps_has_reader(const struct taps *t, const char *tag)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->taps[i]->fd != -1 &&
		    strcasecmp(t->taps[i]->tag, tag) == 0)
			return true;
	return false;
}

/* FNV-1a, 64 bits: to tell utterances apart, not to be safe from somebody. */
static uint64_t
hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * 0x100000001b3;
	return h;
}

static void
piece_pop(struct tap *tap)
{
	tap->npieces--;
	memmove(tap->pieces, tap->pieces + 1,
	    tap->npieces * sizeof(tap->pieces[0]));
}

/* n bytes of the front are done with. */
static void
advance(struct tap *tap, size_t n)
{
	struct tap_piece *front = &tap->pieces[0];

	bytes_skip(&tap->q, n);
	front->len -= n;
	front->plays_at_ms += (int64_t)pcm_ms_of_bytes(n);
	if (front->len == 0)
		piece_pop(tap);
}

static void
tap_feed(struct tap *tap, uint64_t id, const uint8_t *pcm, size_t n,
    int64_t plays_at_ms)
{
	struct tap_piece *last =
	    tap->npieces > 0 ? &tap->pieces[tap->npieces - 1] : NULL;
	bool follows = last != NULL && last->id == id &&
	               plays_at_ms - last->plays_at_ms -
	                       (int64_t)pcm_ms_of_bytes(last->len) <=
	                   1;

	if ((!follows && tap->npieces == TAP_PIECES_MAX) ||
	    bytes_append(&tap->q, pcm, n) != 0) {
		tap->dropped += n;
		return;
	}
	if (tap->npieces == 0)
		tap->wrote_at_ms = tap->now_ms;
	if (follows)
		last->len += n;
	else
		tap->pieces[tap->npieces++] =
		    (struct tap_piece){ id, plays_at_ms, n };
}

void
taps_feed(struct taps *t, const char *tag, const char *id, const uint8_t *pcm,
    size_t n, int64_t plays_at_ms)
{
	if (t == NULL || n == 0)
		return;
	for (size_t i = 0; i < t->n; i++)
		if (t->taps[i]->fd != -1 &&
		    strcasecmp(t->taps[i]->tag, tag) == 0)
			tap_feed(t->taps[i], hash(id), pcm, n, plays_at_ms);
}

static void
tap_retract(struct tap *tap, uint64_t id)
{
	struct bytes kept;
	const uint8_t *p;
	size_t len, npieces = 0;

	bytes_init(&kept, tap->q.cap);
	p = bytes_peek(&tap->q, &len);
	for (size_t i = 0; i < tap->npieces; i++) {
		struct tap_piece piece = tap->pieces[i];

		/* Without memory a piece is lost that need not be. */
		if (piece.id != id && bytes_append(&kept, p, piece.len) == 0)
			tap->pieces[npieces++] = piece;
		p += piece.len;
	}
	bytes_release(&tap->q);
	tap->q = kept;
	tap->npieces = npieces;
}

void
taps_retract(struct taps *t, const char *id)
{
	for (size_t i = 0; t != NULL && i < t->n; i++)
		tap_retract(t->taps[i], hash(id));
}

/* When sound leaves that is to be heard at plays_at_ms. */
static int64_t
leaves_at_ms(const struct tap *tap, int64_t plays_at_ms)
{
	return tap->is_fast ? 0 : plays_at_ms - LEAD_MS;
}

/* How far the reader's sound has come: the time of its next sample. */
static int64_t
position_ms(const struct tap *tap)
{
	return tap->began_ms + (int64_t)pcm_ms_of_bytes(tap->position);
}

void
taps_prepare(struct taps *t, struct loop *l, int64_t now_ms)
{
	for (size_t i = 0; i < t->n; i++) {
		struct tap *tap = t->taps[i];
		int64_t at_ms;

		if (tap->fd == -1) {
			loop_deadline(l, tap->look_at_ms);
			continue;
		}
		/* No events are asked for: POLLERR tells that the reader left.
		 */
		tap->slot = loop_watch(
		    l, tap->fd, tap->is_blocked && tap->is_fast ? POLLOUT : 0);
		if (tap->fills_silence || tap->is_blocked)
			loop_deadline(l, now_ms + TICK_MS);
		if (tap->npieces == 0 || tap->is_blocked)
			continue;
		at_ms = leaves_at_ms(tap, tap->pieces[0].plays_at_ms);
		loop_deadline(l, at_ms > now_ms + TICK_MS || tap->is_fast
				     ? at_ms
				     : now_ms + TICK_MS);
	}
}

/*
 * Write up to n bytes.  At most PIPE_BUF at a time: a pipe takes those whole or
 * not at all, so that no sample is torn.  How many went; fewer: blocked.
 * -1: the reader is gone.
 */
static long
tap_write(struct tap *tap, const uint8_t *p, size_t n)
{
	size_t done = 0, take;
	ssize_t got;

	while (done < n) {
		take = n - done < PIPE_BUF ? n - done : PIPE_BUF;
		got = write(tap->fd, p + done, take);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			break;
		if (got < 0)
			return -1;
		done += (size_t)got;
	}
	tap->position += done;
	tap->is_blocked = done < n;
	return (long)done;
}

/* Voice that is due.  0, or -1: the reader is gone. */
static int
write_voice(struct tap *tap, int64_t now_ms)
{
	const uint8_t *p;
	size_t len, due;
	int64_t late_ms;
	bool is_whole;
	long done;

	while (tap->npieces > 0) {
		late_ms =
		    now_ms - leaves_at_ms(tap, tap->pieces[0].plays_at_ms);
		if (late_ms <= 0)
			break;
		due = tap->pieces[0].len;
		if (!tap->is_fast && pcm_bytes_of_ms(late_ms) < due)
			due = pcm_bytes_of_ms(late_ms);
		is_whole = due == tap->pieces[0].len;
		p = bytes_peek(&tap->q, &len);
		if ((done = tap_write(tap, p, due)) < 0)
			return -1;
		if (done > 0) {
			tap->wrote_at_ms = now_ms;
			advance(tap, (size_t)done);
		}
		if (tap->is_blocked || !is_whole)
			break;
	}
	return 0;
}

/* What nobody took in time. */
static void
drop_late(struct tap *tap, int64_t now_ms)
{
	size_t late;

	while (!tap->is_fast && tap->npieces > 0 &&
	       now_ms - tap->pieces[0].plays_at_ms > LATE_MS) {
		late = pcm_bytes_of_ms(
		    now_ms - tap->pieces[0].plays_at_ms - LATE_MS);
		late = late < tap->pieces[0].len ? late : tap->pieces[0].len;
		if (tap->dropped == 0)
			log_msg(LOG_WARN, tap->tag,
			    "the reader of %s is too slow: it loses sound",
			    tap->path);
		tap->dropped += late;
		advance(tap, late);
	}
}

/* Where no voice was due, silence.  What a slow reader does not take of it is
 * left out: that is how it catches up.  0, or -1: the reader is gone. */
static int
write_silence(struct tap *tap, int64_t now_ms)
{
	static const uint8_t silence[TICK_MS * PCM_BYTES_PER_MS];
	int64_t until_ms = now_ms + LEAD_MS, missing;
	size_t n;

	if (tap->npieces > 0 && tap->pieces[0].plays_at_ms < until_ms)
		until_ms = tap->pieces[0].plays_at_ms;
	while ((missing = until_ms - position_ms(tap)) > 0) {
		n = pcm_bytes_of_ms(missing);
		n = n < sizeof(silence) ? n : sizeof(silence);
		if (tap_write(tap, silence, n) < 0)
			return -1;
		if (tap->is_blocked) {
			tap->position += n;
			tap->is_blocked = false;
		}
	}
	return 0;
}

static void
tap_dispatch(struct tap *tap, struct loop *l, int64_t now_ms)
{
	bool is_gone = (loop_revents(l, tap->slot) & POLLERR) != 0;
	int saved_errno = EPIPE;

	tap->slot = -1;
	tap->now_ms = now_ms;
	if (tap->fd == -1) {
		if (now_ms < tap->look_at_ms || tap_open(tap, now_ms) == 0)
			return;
		saved_errno = errno;
		is_gone = true;
	}
	if (!is_gone) {
		drop_late(tap, now_ms);
		is_gone = write_voice(tap, now_ms) != 0 ||
		          (tap->fills_silence && !tap->is_blocked &&
			      write_silence(tap, now_ms) != 0);
		saved_errno = errno;
	}
	if (!is_gone) {
		tap->is_told = false;
		return;
	}
	if (saved_errno != EPIPE && !tap->is_told) {
		tap->is_told = true;
		log_msg(LOG_ERROR, tap->tag, "cannot write to '%s': %s",
		    tap->path, strerror(saved_errno));
	}
	tap_close(tap);
	tap->look_at_ms = now_ms + LOOK_MS;
}

void
taps_dispatch(struct taps *t, struct loop *l, int64_t now_ms)
{
	for (size_t i = 0; i < t->n; i++)
		tap_dispatch(t->taps[i], l, now_ms);
}

bool
taps_is_idle(const struct taps *t, int64_t now_ms)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->taps[i]->npieces > 0 &&
		    now_ms - t->taps[i]->wrote_at_ms < STUCK_MS)
			return false;
	return true;
}
