/*
 * Where a room is and what is in it (DESIGN, section 4):
 *
 *	$BOOTH_RUN/rooms/<room>/
 *		<channel>.ring   one per channel; see ring.h
 *		want/<channel>   lock files; see want.h
 *		writer.lock      held by broadcast
 *		speaker.lock     held by speak
 *		say.lock         held by interject; see say.h
 *		room.json        written whole, by rename
 *
 * Channels.  A channel is a language and a format, "es-ES.pcm"; the language
 * "source" is what the speaker says.  The text channel of a language carries
 * its captions alone and therefore reaches far back; the others carry the same
 * captions and more beside them:
 *
 *	<lang>.text      captions (translations)
 *	<lang>.pcm       captions and PCM audio
 *	<lang>.opus      captions and Opus audio
 *	source.text      final transcripts, and lines of unknown types
 *	source.partials  the same and partial transcripts: five a second, with
 *	                 all their words, would push the finals out of
 *	                 source.text within minutes and wake everybody for them
 *	source.status    all status lines and nothing else: for operators
 *
 * Status lines go to all channels, but for those that are of no use to a
 * listener (levels, costs): these go to source.status alone.  Retractions go to
 * all channels but source.status.
 *
 * Numbers.  All channels of a language number their lines together: a line has
 * the same `seq` in each of its channels, and each channel's numbers grow but
 * have gaps.  So a reader of es-ES.pcm that was away finds in es-ES.text what
 * it missed and goes on in es-ES.pcm.  The next number is the last one + 1 or
 * the wall clock in milliseconds when the broadcaster starts, whichever is
 * greater; so numbers grow across restarts and across a run directory that was
 * wiped, as long as the clock is not set back in the same moment and no
 * language had more than 1000 lines a second since it began.  They fit a
 * double exactly.  A line is written to the text channel first.
 */
#ifndef ROOM_ROOM_H
#define ROOM_ROOM_H

#include <stdbool.h>
#include <stddef.h>

#define ROOM_ERRORS(X)                                                         \
	X(ROOM_ERR_SYS, -1, "system call failed")                              \
	X(ROOM_ERR_NAME, -2,                                                   \
	    "a room's name is 1 to 32 of a-z, 0-9 and '-', and does not "      \
	    "begin with '-'")                                                  \
	X(ROOM_ERR_PATH, -3, "the run directory's path is too long")           \
	X(ROOM_ERR_OWNER, -4,                                                  \
	    "the run directory in /tmp belongs to another user or is open to " \
	    "others; set BOOTH_RUN")                                           \
	X(ROOM_ERR_ABSENT, -5, "no such room")                                 \
	X(ROOM_ERR_BUSY, -6, "the room is busy")                               \
	X(ROOM_ERR_CHANNEL, -7, "not a channel's name")

enum room_error {
#define X(name, value, text) name = value,
	ROOM_ERRORS(X)
#undef X
};

/* Text of a code; never NULL.  For ROOM_ERR_SYS, errno says more. */
const char *room_strerror(int code);

#define ROOM_NAME_MAX 32     /* our choice; without NUL */
#define ROOM_PATH_MAX 1024   /* of any path here, with NUL */
#define ROOM_CHANNEL_MAX 40  /* with NUL: a tag, '.', a format */
#define ROOM_SOURCE "source" /* the speaker's own language */

/* Our choice.  Text: some 800 captions, about an hour and a half of talk.  PCM:
 * 24 s at 43 kB/s, more than a sentence that was voiced faster than it plays;
 * Opus: more than a minute.  Status: a level a second for some 20 minutes. */
#define ROOM_RING_BYTES_TEXT (512 * 1024)
#define ROOM_RING_BYTES_PCM (1024 * 1024)
#define ROOM_RING_BYTES_OPUS (512 * 1024)
#define ROOM_RING_BYTES_STATUS (256 * 1024)

enum room_format {
	ROOM_TEXT,
	ROOM_PARTIALS, /* of ROOM_SOURCE only */
	ROOM_PCM,
	ROOM_OPUS,
	ROOM_STATUS, /* of ROOM_SOURCE only */
	ROOM_NFORMATS
};

/* "text", "partials", "pcm", "opus", "status". */
const char *room_format_name(enum room_format format);

/* Our choice of a ring's size for the format, in bytes. */
size_t room_format_bytes(enum room_format format);

struct room {
	char name[ROOM_NAME_MAX + 1];
	char run[ROOM_PATH_MAX]; /* the run directory */
	char dir[ROOM_PATH_MAX]; /* run/rooms/name */
};

/* Whether `name` may be a room: [a-z0-9][a-z0-9-]{0,31}. */
bool room_is_name(const char *name);

/*
 * Name a room; touches no file.  `run` is the run directory, or NULL for
 * BOOTH_RUN's, else $XDG_RUNTIME_DIR/pipebooth, else /tmp/pipebooth-<uid>.
 * 0, ROOM_ERR_NAME or ROOM_ERR_PATH.
 */
int room_init(struct room *r, const char *run, const char *name);

/*
 * Make the room's directories (0700) as far as they are missing.  0,
 * ROOM_ERR_OWNER (only where /tmp is the default: somebody may have been there
 * first) or ROOM_ERR_SYS.
 */
int room_create(const struct room *r);

/*
 * The run directory itself, as room_init() finds it without `run`, into buf
 * (ROOM_PATH_MAX bytes); made like a room's.  0, or what room_create() and
 * room_init() return of it.
 */
int room_run_dir(char *buf);

/* Whether the room's directory is there. */
bool room_exists(const struct room *r);

enum room_role {
	ROOM_WRITER,
	ROOM_SPEAKER,
	ROOM_SAYER
};

/*
 * Take the role's lock: an open-file-description lock that goes with the
 * returned descriptor, which the caller owns and keeps open.  ROOM_ERR_BUSY:
 * somebody has it.  Else ROOM_ERR_SYS.
 */
int room_lock(const struct room *r, enum room_role role);

/* Whether somebody has the lock.  Takes nothing.  An absent room: false. */
bool room_is_locked(const struct room *r, enum room_role role);

/*
 * Spell a channel into buf (ROOM_CHANNEL_MAX bytes).  `lang` is ROOM_SOURCE or
 * a tag that lang_is_tag() takes, spelled as the lines spell it.  0, or
 * ROOM_ERR_CHANNEL, also for a format that the language cannot have.
 */
int room_channel(char *buf, const char *lang, enum room_format format);

/* Take a channel apart; lang has LANG_TAG_MAX bytes.  0 or ROOM_ERR_CHANNEL. */
int
room_channel_parse(const char *channel, char *lang, enum room_format *format);

/* Path of a channel's ring into buf (ROOM_PATH_MAX bytes).  0, ROOM_ERR_CHANNEL
 * or ROOM_ERR_PATH. */
int room_ring_path(const struct room *r, const char *channel, char *buf);

/* Path of a file of the room's directory, the same way. */
int room_path(const struct room *r, const char *file, char *buf);

/*
 * Call fn for each channel that has a ring, in no order; it may stop the walk
 * by returning non-zero, which is then returned.  0, ROOM_ERR_ABSENT or
 * ROOM_ERR_SYS.
 */
int room_each_channel(const struct room *r,
    int (*fn)(void *arg, const char *lang, enum room_format format), void *arg);

/* Replace the file at `path` by `len` bytes, whole: written beside it, then
 * renamed.  0, ROOM_ERR_PATH or ROOM_ERR_SYS. */
int room_write_whole(const char *path, const void *p, size_t len);

#endif
