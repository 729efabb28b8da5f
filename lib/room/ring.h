/*
 * One channel of a room: a ring of lines in a file that readers map read-only.
 * One writer, any number of readers; no reader can slow the writer or another
 * reader, and the writer does not know how many there are.
 *
 * LAYOUT (version 1; host byte order, the file never leaves the machine)
 *
 *	   0  u64  magic          "PBOOTHRG"
 *	   8  u32  version        1
 *	  12  u32  header_bytes   4096: where the data begins
 *	  16  u64  capacity_bytes of the data; a power of two
 *	  24  u64  created_ms     wall clock, for people
 *	  64  u64  tail           atomic
 *	 128  u64  head           atomic
 *	 136  u32  word           atomic; the futex
 *	4096  data, capacity_bytes
 *
 * tail and head are offsets into the endless stream of all bytes ever written;
 * an offset o is found at data[o mod capacity].  tail <= head, and head - tail
 * <= capacity.  The records between them are whole, and are all that exists: a
 * record begins at tail, the next where it ends, ... the last ends at head.
 * A record is a multiple of 8 bytes and begins at a multiple of 8:
 *
 *	   0  u32  len_bytes      of the line, newline included
 *	   4  u32  kind           enum ring_kind
 *	   8  u64  seq            greater than that of the record before it
 *	  16  i64  at_ms          wall clock at which it was written
 *	  24  the line, padded with zeros to a multiple of 8
 *
 * MEMORY ORDER (C11).  All of the data is read and written as relaxed atomic
 * 64-bit words, so a reader that races the writer reads old or new words, never
 * something undefined.
 *
 *	writer	tail = first record that the new one leaves whole  (relaxed)
 *		fence(release)
 *		words of the record                                (relaxed)
 *		head = end of the record                           (release)
 *		word = word + 1                                    (release)
 *		FUTEX_WAKE, all; may cover several records
 *	reader	h = head                                           (acquire)
 *		words of the record at pos, if pos < h             (relaxed)
 *		fence(acquire)
 *		t = tail                                           (relaxed)
 *		pos >= t: the copy is whole.  pos < t: lapped, throw it away.
 *
 * A reader that saw one word of a record that overwrites its own therefore
 * sees the tail that was stored before it (fence to fence), and a reader that
 * sees head sees all words below it.
 *
 * SLEEPING.  A reader loads word, then looks for records, then waits while word
 * is still what it loaded.  FUTEX_WAIT works on a read-only mapping, so readers
 * cannot count themselves and the writer wakes after each batch, waiters or
 * not.
 *
 * RECOVERY.  Each store above is one aligned 8-byte store into the page cache,
 * which outlives a writer that is killed.  Wherever it was killed, head still
 * ends the last whole record: what lies beyond was never published and is
 * overwritten by the next writer; a tail that moved for it only made the ring
 * a little shorter; a word that was not stored yet is made up for by the next
 * writer, who counts it up and wakes everybody when it opens the ring.  Readers
 * need not notice any of it.
 *
 * REPLACEMENT.  A file that fails the checks of ring_writer_open() (magic,
 * version, sizes, records that do not line up) is replaced by a new one, by
 * rename; it is never cut or written to.  Readers keep the old one mapped and
 * find out with ring_reader_is_current().
 *
 * Only one writer may have a ring open: that is the caller's to ensure (see
 * room_lock()).
 */
#ifndef ROOM_RING_H
#define ROOM_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RING_ERRORS(X)                                                         \
	X(RING_ERR_SYS, -1, "system call failed")                              \
	X(RING_ERR_ABSENT, -2, "no such ring")                                 \
	X(RING_ERR_FORMAT, -3, "not a ring of this version")                   \
	X(RING_ERR_LAPPED, -4, "the writer has overwritten this place")        \
	X(RING_ERR_SIZE, -5, "line does not fit")                              \
	X(RING_ERR_ORDER, -6, "sequence number does not grow")                 \
	X(RING_ERR_NOSPACE, -7, "no space for the ring")

enum ring_error {
#define X(name, value, text) name = value,
	RING_ERRORS(X)
#undef X
};

/* Text of a code; never NULL.  For RING_ERR_SYS, errno says more. */
const char *ring_strerror(int code);

/* What a line is, so that a reader can choose without parsing it. */
enum ring_kind {
	RING_OTHER = 0,
	RING_CAPTION = 1, /* a translation, or a final transcript */
	RING_PARTIAL = 2, /* a transcript that is not final */
	RING_AUDIO = 4,
	RING_STATUS = 8,
	RING_END = 16,        /* with RING_STATUS: the talk ended here */
	RING_RETRACTION = 32, /* an utterance is taken back */
};

/* Our choice: bounds of capacity_bytes.  The lower one holds the longest line
 * (64 KiB, booth-lines(5)) with room to spare. */
#define RING_CAPACITY_MIN (128 * 1024)
#define RING_CAPACITY_MAX (64 * 1024 * 1024)

struct ring_line {
	uint64_t seq;
	int64_t at_ms; /* wall clock at which it was written */
	uint32_t kind; /* enum ring_kind */
	uint32_t len;  /* bytes, newline included */
};

struct ring_file;

/* The writer's side. */
struct ring_writer {
	struct ring_file *file; /* mapping, owned */
	size_t map_bytes;
	int fd;            /* owned */
	uint64_t head;     /* as in the file */
	uint64_t tail;     /* as in the file */
	uint64_t last_seq; /* of the newest record; 0: none yet */
	size_t allocated;  /* bytes of the data known to have memory behind */
	bool is_dirty;     /* records since the last ring_wake() */
	bool was_replaced; /* an unusable file stood there; it is gone */
	bool was_made;     /* it is new */
};

/*
 * Open the ring at `path` and continue in it, or make it (0600, sparse, of
 * capacity_bytes: a power of two within the bounds above).  A ring of another
 * size is continued as it is.  0, RING_ERR_SIZE (capacity), RING_ERR_NOSPACE or
 * RING_ERR_SYS; after an error there is nothing to release.
 */
int ring_writer_open(
    struct ring_writer *w, const char *path, size_t capacity_bytes);

/* Unmap and close; the ring stays for readers and for the next writer. */
void ring_writer_release(struct ring_writer *w);

/*
 * Add one line of `len` bytes, its newline included.  Readers that look see it
 * at once, those that sleep after ring_wake().  0, or with nothing added:
 *   RING_ERR_SIZE     empty, or longer than half of the ring
 *   RING_ERR_ORDER    seq is not greater than last_seq
 *   RING_ERR_NOSPACE  the file system is full
 *   RING_ERR_SYS      errno
 * `p` is borrowed for the call.
 */
int ring_append(struct ring_writer *w, uint32_t kind, uint64_t seq,
    int64_t at_ms, const void *p, size_t len);

/* Count the word up without a line: the next ring_wake() wakes the readers, who
 * find nothing to read and so know that they are meant to look around, at the
 * room's other rings. */
void ring_nudge(struct ring_writer *w);

/* Wake all readers that sleep, if something was added, or they were nudged,
 * since the last call. */
void ring_wake(struct ring_writer *w);

/* The reader's side. */
struct ring_reader {
	const struct ring_file *file; /* mapping, owned; read-only */
	size_t map_bytes;
	uint64_t pos; /* offset of the record that comes next */
	dev_t dev;
	ino_t ino;
};

/*
 * Map the ring at `path`; it will be read from its newest end.  No descriptor
 * stays open.  0, RING_ERR_ABSENT, RING_ERR_FORMAT (to be tried again later: a
 * writer will replace it) or RING_ERR_SYS; after an error there is nothing to
 * release.
 */
int ring_reader_open(struct ring_reader *r, const char *path);

/* Unmap.  Does nothing to a reader that is all zero or already released. */
void ring_reader_release(struct ring_reader *r);

/* Whether `path` still names the file that is mapped. */
bool ring_reader_is_current(const struct ring_reader *r, const char *path);

/* Go on with what is written from now on / with the oldest line there is. */
void ring_seek_newest(struct ring_reader *r);

void ring_seek_oldest(struct ring_reader *r);

/*
 * Describe the next record and stay before it.  1; 0: there is none yet;
 * RING_ERR_LAPPED: it is gone, seek; RING_ERR_FORMAT: nonsense, open again.
 */
int ring_peek(const struct ring_reader *r, struct ring_line *line);

/* Go past the record that ring_peek() has just described. */
void ring_skip(struct ring_reader *r, const struct ring_line *line);

/*
 * Copy the next line (line->len bytes, ending in its newline) and go past it.
 * As ring_peek(), and RING_ERR_SIZE: `size` bytes are too few for it, it is
 * still the next one.
 */
int ring_read(
    struct ring_reader *r, void *buf, size_t size, struct ring_line *line);

/*
 * The word that counts up with every line and every ring_nudge().  To sleep:
 * load it, find that ring_peek() gives 0, then waiter_wait() while it is still
 * the same.
 */
const _Atomic uint32_t *ring_word(const struct ring_reader *r);

#endif
