#include "speech.h"

#include <espeak-ng/speak_lib.h>
#include <soxr.h>
#include <stdlib.h>
#include <string.h>

/* Length of the blocks that espeak-ng makes: what the first sample waits for.
 */
#define BLOCK_MS 50

/* Samples resampled at a time; a block at 48 kHz is 2400. */
#define OUT_SAMPLES 8192

/* The callback has no argument of ours: espeak-ng's user_data comes with
 * events only, and not with every block. */
static struct {
	const struct speech *speech;
	soxr_t soxr; /* NULL: espeak-ng's own rate was asked for */
	int error;
	bool has_ended; /* by on_samples */
} run;

static int own_rate_hz;

const char *
speech_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case SPEECH_ERR_##name:                                                \
		return text;
		SPEECH_ERRORS(X)
#undef X
	case 0:
		return "no error";
	}
	return "unknown error";
}

int
speech_init(const char *voice)
{
	own_rate_hz = espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, BLOCK_MS,
	    NULL, espeakINITIALIZE_DONT_EXIT);
	if (own_rate_hz <= 0)
		return SPEECH_ERR_ENGINE;
	return espeak_SetVoiceByName(voice) == EE_OK ? 0 : SPEECH_ERR_VOICE;
}

void
speech_release(void)
{
	if (own_rate_hz > 0)
		espeak_Terminate();
	own_rate_hz = 0;
}

static void
hand_out(const int16_t *samples, size_t n)
{
	if (n > 0 && !run.has_ended && run.error == 0)
		run.has_ended =
		    !run.speech->on_samples(run.speech->arg, samples, n);
}

/* in == NULL: the end; what the filter holds comes out. */
static void
resample(const int16_t *in, size_t n)
{
	int16_t out[OUT_SAMPLES];
	size_t used = 0, done = 0;

	if (run.soxr == NULL) {
		if (in != NULL)
			hand_out(in, n);
		return;
	}
	do {
		if (soxr_process(run.soxr, in, n, in != NULL ? &used : NULL,
			out, OUT_SAMPLES, &done) != 0) {
			run.error = SPEECH_ERR_RESAMPLER;
			return;
		}
		if (in != NULL) {
			in += used;
			n -= used;
		}
		hand_out(out, done);
	} while (!run.has_ended && run.error == 0 &&
		 (in != NULL ? n > 0 || done == OUT_SAMPLES : done > 0));
}

static void
note_events(const espeak_EVENT *e)
{
	int err = 0;

	for (; e->type != espeakEVENT_LIST_TERMINATED && err == 0; e++)
		if (e->type == espeakEVENT_SENTENCE)
			err = marks_add(run.speech->marks, MARKS_SENTENCE,
			    (unsigned int)e->audio_position,
			    (unsigned int)e->text_position, 0);
		else if (e->type == espeakEVENT_WORD && e->length > 0)
			err = marks_add(run.speech->marks, MARKS_WORD,
			    (unsigned int)e->audio_position,
			    (unsigned int)e->text_position,
			    (unsigned int)e->length);
	if (err < 0)
		run.error = SPEECH_ERR_NOMEM;
}

/* espeak-ng's callback: 0 goes on, 1 ends the synthesis. */
static int
on_block(short *samples, int n, espeak_EVENT *events)
{
	if (run.speech->marks != NULL && events != NULL)
		note_events(events);
	if (samples != NULL && n > 0)
		resample(samples, (size_t)n);
	return run.has_ended || run.error != 0;
}

int
speech_run(const struct speech *s, const char *text, bool is_ssml)
{
	soxr_io_spec_t io = soxr_io_spec(SOXR_INT16_I, SOXR_INT16_I);
	unsigned int flags = espeakCHARS_UTF8 | espeakENDPAUSE;
	espeak_ERROR err;

	memset(&run, 0, sizeof(run));
	run.speech = s;
	if ((int)s->rate_hz != own_rate_hz) {
		/* No dither: the same input gives the same samples. */
		io.flags |= SOXR_NO_DITHER;
		run.soxr = soxr_create(
		    own_rate_hz, s->rate_hz, 1, NULL, &io, NULL, NULL);
		if (run.soxr == NULL)
			return SPEECH_ERR_RESAMPLER;
	}
	espeak_SetSynthCallback(on_block);
	err = espeak_Synth(text, strlen(text) + 1, 0, POS_CHARACTER, 0,
	    flags | (is_ssml ? espeakSSML : 0), NULL, NULL);
	if (err != EE_OK && run.error == 0 && !run.has_ended)
		run.error = SPEECH_ERR_SYNTH;
	if (run.error == 0 && !run.has_ended)
		resample(NULL, 0);
	soxr_delete(run.soxr);
	run.soxr = NULL;
	return run.error;
}
