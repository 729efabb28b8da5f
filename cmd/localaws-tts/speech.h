/*
 * Text to speech by espeak-ng, handed out while it is being made.  espeak-ng is
 * a set of globals, and so is what this file keeps for its callback: one
 * speech_run() at a time in a process.
 */
#ifndef LOCALAWS_TTS_SPEECH_H
#define LOCALAWS_TTS_SPEECH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "marks.h"

#define SPEECH_ERRORS(X)                                                       \
	X(ENGINE, -1,                                                          \
	    "espeak-ng cannot start: are its data installed "                  \
	    "(espeak-ng-data)?")                                               \
	X(VOICE, -2, "espeak-ng has no such voice")                            \
	X(RESAMPLER, -3, "the resampler failed")                               \
	X(SYNTH, -4, "espeak-ng failed on the text")                           \
	X(NOMEM, -5, "out of memory")

enum {
#define X(name, code, text) SPEECH_ERR_##name = code,
	SPEECH_ERRORS(X)
#undef X
};

/* Text for a code; never NULL. */
const char *speech_strerror(int code);

struct speech {
	unsigned int rate_hz; /* of what on_samples gets; 8000 to 48000 */
	/* The next samples; false ends the synthesis.  May block. */
	bool (*on_samples)(void *arg, const int16_t *samples, size_t n);
	void *arg;
	struct marks *marks; /* NULL, or filled from the events */
};

/* Start espeak-ng and choose a voice by its name.  0, SPEECH_ERR_ENGINE or
 * SPEECH_ERR_VOICE. */
int speech_init(const char *voice);

void speech_release(void);

/*
 * Speak `text` (UTF-8, NUL-ended), or SSML; calls on_samples from within, first
 * after some 50 ms of speech are made.  0 (also when on_samples ended it), or a
 * negative code.
 */
int speech_run(const struct speech *s, const char *text, bool is_ssml);

#endif
