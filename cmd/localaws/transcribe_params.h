/* The request headers of StartStreamTranscription (PROTOCOL 4.1), checked. */
#ifndef LOCALAWS_TRANSCRIBE_PARAMS_H
#define LOCALAWS_TRANSCRIBE_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/h2.h"
#include "request.h"

#define TRANSCRIBE_TEXT_BYTES 512
#define TRANSCRIBE_CODE_BYTES 16 /* of a language code, with NUL */
#define TRANSCRIBE_OPTIONS_MAX 12
/* The headers that may be echoed, and the entry that ends them. */
#define TRANSCRIBE_ECHO_MAX 32

struct transcribe_params {
	unsigned int rate_hz;
	unsigned int nchannels; /* 1 or 2, interleaved */
	bool is_identifying;    /* one language out of options */
	bool has_stability;
	bool has_speakers;
	/* Languages to try, the preferred one first; without identification
	 * the one that was named. */
	char options[TRANSCRIBE_OPTIONS_MAX][TRANSCRIBE_CODE_BYTES];
	size_t noptions;
	const char *session_id; /* borrowed from the request; NULL: none */
};

/* Read and check.  0, or -1 with text (TRANSCRIBE_TEXT_BYTES) as the service
 * would word it. */
int transcribe_params_read(
    struct transcribe_params *p, const struct request *r, char *text);

/* The parameters as the response repeats them, ended by an entry without name;
 * values are borrowed from the request.  Returns how many. */
size_t transcribe_params_echo(
    struct h2_header out[TRANSCRIBE_ECHO_MAX], const struct request *r);

/* Whether Transcribe Streaming has a language of that code. */
bool transcribe_has_language(const char *code);

#endif
