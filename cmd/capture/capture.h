/* What main.c found on the command line, and the two things it may start. */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "sink.h"

struct capture_options {
	const char **files;   /* nfiles of them; "-" is standard input */
	size_t nfiles;        /* 0: a device */
	const char *device;   /* name or number, or NULL: the default one */
	unsigned int channel; /* from 1, MIXDOWN_MIX or DEVICE_FIRST_TWO */
	uint64_t from_frames; /* files: sound at the beginning to leave out */
	bool is_fast;         /* files: not in real time */
	bool is_looping;      /* files: again and again */
};

/*
 * Play the files into the sink until they end, the sink is full up, or a signal
 * comes.  Complains on stderr.  Returns an exit status; what the sink met is in
 * it, and for sink_finish() to tell.
 */
int
play_files(const struct capture_options *o, struct sink *sink, struct loop *l);

/* The same for a device. */
int record_device(
    const struct capture_options *o, struct sink *sink, struct loop *l);

/* Print the devices that can record; returns an exit status. */
int list_devices(void);

#endif
