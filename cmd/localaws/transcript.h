/* A recogniser's line (booth-lines(5)) as Transcribe tells it (PROTOCOL 4.3).
 */
#ifndef LOCALAWS_TRANSCRIPT_H
#define LOCALAWS_TRANSCRIPT_H

#include <jansson.h>
#include <stdbool.h>

/* What the client asked to be told. */
struct transcript_style {
	const char *channel;  /* "ch_0" */
	bool has_stability;   /* Item.Stable */
	bool has_speakers;    /* Item.Speaker: all "0", engines tell none */
	const char *language; /* of the session, where it was identified; NULL:
	                         not asked for */
};

/* The payload of a TranscriptEvent, new; result_id names the utterance.  NULL:
 * no memory. */
json_t *transcript_event(const json_t *line, const char *result_id,
    const struct transcript_style *style);

#endif
