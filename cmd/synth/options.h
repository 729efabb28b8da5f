/* The command line of synth(1). */
#ifndef SYNTH_OPTIONS_H
#define SYNTH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/config.h"
#include "synth.h"
#include "tap.h"

#define OPTIONS_VOICES_MAX 64

struct options {
	char **tags; /* canonical; NULL: all */
	size_t ntags;
	struct synth_voice voices[OPTIONS_VOICES_MAX];
	size_t nvoices;
	unsigned int engine;
	unsigned int encodings; /* VOICE_* */
	struct taps taps;
	bool fills_silence; /* of the taps */
	int64_t max_lag_ms;
	bool is_fast;
	unsigned int streams;
	double streams_per_s;
	long connections; /* -1: one a language */
	size_t warm;      /* streams */
	const char *room; /* NULL: none */
	double max_usd;   /* 0: no limit */
	bool is_check;    /* find out, do not speak */
	bool is_json;
	struct config_options config;
};

/* Parse, or say what is wrong and exit. */
void options_parse(struct options *o, int argc, char **argv);

void options_release(struct options *o);

#endif
