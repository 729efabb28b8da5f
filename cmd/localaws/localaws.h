/* What all parts of the stand-in share: its settings and its engines. */
#ifndef LOCALAWS_LOCALAWS_H
#define LOCALAWS_LOCALAWS_H

#include <stddef.h>
#include <stdint.h>

#include "aws/sigv4.h"
#include "engine.h"
#include "hooks.h"

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
	uint64_t nrequests; /* so far */
};

#endif
