/*
 * One session's time against stream time.  A session counts from the first
 * sample it was sent, and it is also sent silence that nobody spoke; stream
 * time is 0 at the first sample ever read, and knows neither.  No I/O.
 */
#ifndef TRANSCRIBE_TIMELINE_H
#define TRANSCRIBE_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timeline_span {
	uint64_t session; /* byte position in the session where it begins */
	uint64_t stream;  /* byte position in the stream */
	bool is_silence;  /* the stream stands still meanwhile */
};

struct timeline {
	struct timeline_span *spans; /* owned, in order */
	size_t n;
	size_t alloc;
	uint64_t sent; /* bytes of the session so far, silence included */
};

void timeline_init(struct timeline *t);

void timeline_release(struct timeline *t);

/* n bytes from stream position pos were sent, or n bytes of silence while the
 * stream stood at pos.  0, or -1: no memory. */
int timeline_add(struct timeline *t, uint64_t pos, size_t n, bool is_silence);

/* What was sent so far was silence while the stream stood at pos. */
void timeline_move(struct timeline *t, uint64_t pos);

/* Stream position (bytes) of a session time; past what was sent: its end. */
uint64_t timeline_stream_pos(const struct timeline *t, double session_ms);

#endif
