/*
 * The room's channels as their one writer sees them: the rings of each
 * language, and its line numbers (room.h).
 */
#ifndef BROADCAST_CHANNELS_H
#define BROADCAST_CHANNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lang.h"
#include "room/ring.h"
#include "room/room.h"

/* Our choice: there are fewer languages that Translate knows. */
#define CHANNELS_LANGS_MAX 128

#define CHANNELS_ERRORS(X)                                                     \
	X(CHANNELS_ERR_RING, -1, "a ring cannot be written")                   \
	X(CHANNELS_ERR_LANGS, -2, "too many languages in one room")            \
	X(CHANNELS_ERR_LONG, -3, "line too long once it is numbered")          \
	X(CHANNELS_ERR_ROOM, -4, "the room's directory cannot be read")

enum channels_error {
#define X(name, value, text) name = value,
	CHANNELS_ERRORS(X)
#undef X
};

const char *channels_strerror(int code);

#define FORMAT_BIT(format) (1u << (format))

struct channels_lang {
	char tag[LANG_TAG_MAX]; /* or ROOM_SOURCE */
	uint64_t last_seq;
	unsigned int open;    /* FORMAT_BITs of the rings that are open */
	unsigned int present; /* ... that had a line in this talk: what the
	                         picker shows */
	struct ring_writer rings[ROOM_NFORMATS];
};

struct channels {
	const struct room *room; /* borrowed */
	struct channels_lang *langs;
	size_t nlangs;
	uint64_t first_seq; /* no number of this run is below */
	uint64_t lost;      /* lines that a ring did not take */
	int error;          /* of ring_writer_open() or ring_append(), last */
	int saved_errno;    /* with it */
	char *line;         /* the numbered line in the making */
	unsigned int nreplaced; /* rings that were unusable and made anew */
};

/* A line to be written.  `text` is borrowed: valid JSON, len bytes, no newline;
 * has_seq as for splice_seq(). */
struct channels_line {
	const char *text;
	size_t len;
	uint32_t kind; /* enum ring_kind */
	bool has_seq;
};

/*
 * Open all rings that the room already has, and the source's.  Numbers begin at
 * now_ms (wall clock) or behind what the rings hold.  The last caption or
 * retraction of a language that came to some of its rings only is added to the
 * others.  0, CHANNELS_ERR_ROOM or CHANNELS_ERR_RING; release in any case.
 */
int channels_init(struct channels *c, const struct room *room, double now_ms);

void channels_release(struct channels *c);

/* The entry of a language, or NULL: it has none. */
struct channels_lang *channels_find(struct channels *c, const char *tag);

/*
 * Make sure that the rings of `tag` named by `create` are there; *l is its
 * entry.  0, or CHANNELS_ERR_LANGS (*l is NULL), or CHANNELS_ERR_RING.
 */
int channels_open(struct channels *c, const char *tag, unsigned int create,
    struct channels_lang **l);

/*
 * Write the line to the rings of `tag` that are named by `formats`, under one
 * number, in the order of enum room_format; rings named by `create` are made if
 * they are missing, others passed by.  0, or the code of what went wrong last:
 * what could be written was.
 */
int channels_put(struct channels *c, const char *tag, unsigned int formats,
    unsigned int create, const struct channels_line *line);

/* Write the line to every ring that is open and of one of the formats. */
int channels_put_all(
    struct channels *c, unsigned int formats, const struct channels_line *line);

/* Wake the readers of all rings that were written to. */
void channels_wake(struct channels *c);

#endif
