/*
 * From what sessions hear to `transcript` lines (booth-lines(5)): stream time,
 * one id from the first partial to the final, also where a session broke in
 * between, and no utterance twice.
 */
#ifndef TRANSCRIBE_CAPTIONS_H
#define TRANSCRIBE_CAPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backlog.h"
#include "base/lang.h"
#include "base/out.h"
#include "session.h"

/* Utterances that are open at once: one a channel and session is normal, and
 * two where a final comes after the next one has begun. */
#define CAPTIONS_OPEN_MAX 32
/* Finals that are remembered, to know one that is told again. */
#define CAPTIONS_DONE_MAX 32

struct caption_open {
	const struct session *session; /* NULL: free, or left by a dead session
	                                  and looking for an heir */
	uint64_t result;      /* hash of the service's id, of any length */
	unsigned int channel; /* from 0 */
	char id[48];
	char text[256]; /* end of the last partial: nothing new, no line */
	size_t text_len;
	uint64_t start; /* stream position: here it begins, with a margin */
	uint64_t end;   /* and here it was, so far */
	bool is_used;
	bool is_late;
};

/* A final that has been written. */
struct caption_done {
	const struct session *session; /* NULL: none */
	uint64_t result;
	uint64_t text; /* hash */
	uint64_t start;
	unsigned int channel;
};

struct captions {
	struct out *out;               /* borrowed */
	const struct backlog *backlog; /* borrowed */
	const char *lang; /* tag for results that name none; borrowed */
	bool with_partials;
	char prefix[24]; /* of ids: this run's */
	unsigned long long count;
	unsigned long finals;
	unsigned long long chars; /* of finals */
	struct caption_open open[CAPTIONS_OPEN_MAX];
	struct caption_done done[CAPTIONS_DONE_MAX];
	size_t ndone;  /* so far; the newest is at (ndone - 1) % DONE_MAX */
	bool is_full;  /* of lines that nobody reads: one was lost, and said so
	                */
	bool is_short; /* of memory: a line was lost, and said so */
};

/* start_ms: Unix time, which makes this run's ids different from all others. */
void captions_init(struct captions *c, struct out *out,
    const struct backlog *backlog, const char *lang, bool with_partials,
    int64_t start_ms);

/*
 * One result of a session at wall_ms: writes at most one line, and tells the
 * session what it covered: what is before the end of a final, and what is
 * before the beginning of a result, has been heard, but for what is still
 * being said.  A final that was told already is passed over, with what comes
 * of it later.
 */
void captions_result(struct captions *c, struct session *s,
    const struct transcribe_result *r, double wall_ms);

/* The service took this session: whatever was at its address before is another
 * one. */
void captions_session_begun(struct captions *c, const struct session *s);

/* What a session heard is lost: there is no memory for a line. */
void captions_lose(struct captions *c);

/* The session is gone: what it was saying is taken up by its heir, a late one
 * if is_late, else one like it. */
void captions_session_lost(
    struct captions *c, const struct session *s, bool is_late);

/* What this session says is late from now on. */
void captions_session_late(struct captions *c, const struct session *s);

/* What lost sessions were saying is heard by a late session, not by the next
 * live one; nobody who begins behind it takes it up anyway. */
void captions_orphans_late(struct captions *c);

#endif
