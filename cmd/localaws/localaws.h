/* What all parts of the stand-in share: its settings and its engines. */
#ifndef LOCALAWS_LOCALAWS_H
#define LOCALAWS_LOCALAWS_H

#include <stddef.h>
#include <stdint.h>

#include "aws/sigv4.h"
#include "engine.h"
#include "hooks.h"

/* Our cap; of a longer token the rest is not compared. */
#define LOCALAWS_TOKEN_BYTES 4096

struct probes;
struct script;
struct translators;

struct localaws {
	const char *region;
	struct sigv4_credentials credentials; /* the only ones accepted */
	const char *asr;                      /* shell words of the engines */
	const char *mt;
	const char *tts;
	struct script *script; /* in place of asr; NULL: none */
	/* Service time added: to the results of Transcribe, before
	 * translating, before speaking. */
	int64_t transcribe_delay_ms;
	int64_t translate_delay_ms;
	int64_t polly_delay_ms;
	struct engines *engines;
	struct probes *probes;           /* what engines can do */
	struct translators *translators; /* that are running */
	struct hooks hooks;
	int64_t outage_until_ms; /* a fault: nobody is served before */
	/* A fault: the session token that was said to have expired last. */
	char expired_token[LOCALAWS_TOKEN_BYTES];
	uint64_t nrequests; /* so far */
};

#endif
