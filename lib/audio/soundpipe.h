/*
 * A sound file that arrives through a pipe, as libsndfile wants to see it: it
 * reads the header more than once, so the first bytes are kept and "seeking" is
 * possible within them; past them there is only onward.
 */
#ifndef AUDIO_SOUNDPIPE_H
#define AUDIO_SOUNDPIPE_H

#include <sndfile.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes kept: a header with tags and a picture; our choice. */
#define SOUNDPIPE_HEAD_MAX_BYTES ((size_t)1024 * 1024)

/*
 * Called before each read(2), which may block: returns 0 to go on (the caller's
 * loop has seen the descriptor readable), or anything else to end the sound
 * here.
 */
typedef int soundpipe_wait_fn(void *arg, int fd);

struct soundpipe {
	int fd;                  /* borrowed */
	soundpipe_wait_fn *wait; /* or NULL: just read */
	void *wait_arg;
	uint8_t *head; /* owned; the first head_len bytes of the stream */
	size_t head_len;
	size_t head_alloc;
	int64_t taken;      /* bytes read from fd */
	int64_t pos;        /* where libsndfile believes to be */
	bool is_settled;    /* head is kept, but grows no more */
	bool is_ended;      /* end of input, an error, or wait said so */
	bool is_halted;     /* wait said so */
	bool has_no_memory; /* for the head: what was read may be wrong */
	int read_errno;     /* of the read that failed, or 0 */
};

/* Set up; fd and arg are borrowed until soundpipe_release(). */
void
soundpipe_init(struct soundpipe *s, int fd, soundpipe_wait_fn *wait, void *arg);

void soundpipe_release(struct soundpipe *s);

/* The first bytes of the stream, up to n, read now if they were not yet;
 * returns how many there are.  *p is valid until the next call on s. */
size_t soundpipe_peek(struct soundpipe *s, size_t n, const uint8_t **p);

/* The header was read: what comes from now on is not kept. */
void soundpipe_settle(struct soundpipe *s);

/* The functions for sf_open_virtual(), whose user data is the soundpipe. */
SF_VIRTUAL_IO *soundpipe_io(void);

#endif
