/*
 * Sound devices, through PortAudio.  device_begin() once a process, before
 * anything else here, device_end() at the end.
 *
 * PortAudio's thread runs one callback of ours, which copies into a ring
 * (spsc.h) and wakes the loop through an eventfd: no memory, lock, log or file
 * is touched there.
 */
#ifndef AUDIO_DEVICE_H
#define AUDIO_DEVICE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/error.h"
#include "audio/mixdown.h"
#include "base/loop.h"

/*
 * As the channel: the mean of the first two channels, or the only one there is.
 * A sound server's device claims 32 channels or more and fills two of them.
 */
#define DEVICE_FIRST_TWO UINT_MAX

/* Sound that waits for a reader that stalls, beyond which it is lost; our
 * choice: a pipe holds 2 s more. */
#define DEVICE_RING_MS 8000

/* A device that gives nothing for so long is gone, whatever its driver says. */
#define DEVICE_DEAD_MS 10000

struct device_info {
	int number;           /* PortAudio's; stable while nothing is plugged */
	const char *name;     /* borrowed until device_end() */
	const char *host_api; /* "ALSA", "JACK Audio Connection Kit", ... */
	unsigned int channels; /* at most */
	double default_rate_hz;
	bool is_default;
};

struct device;

/* Look for devices.  Unless is_noisy, what the libraries print on stderr
 * meanwhile goes nowhere.  0 or AUDIO_ERR_NO_DEVICE with the reason. */
int device_begin(bool is_noisy, struct audio_error *err);

void device_end(void);

/* Step through the devices that can record: *number starts at -1 and is moved
 * on.  False: there are no more. */
bool device_next(int *number, struct device_info *info);

/*
 * The device that `want` means: NULL is the default one, digits are a number,
 * all else a name, whole or in part, in any case; a whole name wins over a
 * part of a longer one.  0 with *info, or
 *
 *   AUDIO_ERR_NO_DEVICE  none, or it cannot record
 *   AUDIO_ERR_AMBIGUOUS  the text lists the candidates
 */
int device_find(
    const char *want, struct device_info *info, struct audio_error *err);

/*
 * Open and start the device of this number; `channel` is a number from 1,
 * MIXDOWN_MIX (all) or DEVICE_FIRST_TWO.  16 000 Hz is asked for; a device that
 * has no such rate runs at its own and is resampled.  *d is to be freed by
 * device_free().  0, AUDIO_ERR_CHANNEL (the text says how many there are),
 * AUDIO_ERR_BUSY (PortAudio's reason), AUDIO_ERR_NO_DEVICE or AUDIO_ERR_NOMEM.
 */
int device_open(struct device **d, int number, unsigned int channel,
    struct audio_error *err);

/* Stop if it runs, and free; NULL is fine. */
void device_free(struct device *d);

/* Rate and channels that the device was opened with. */
unsigned int device_rate_hz(const struct device *d);

unsigned int device_channels(const struct device *d);

/* Wake the loop when there are frames, and once a second to see whether the
 * device still lives. */
void device_prepare(struct device *d, struct loop *l);

void device_dispatch(struct device *d, struct loop *l, int64_t now_ms);

/*
 * Up to nframes frames of the pipe's format, little-endian in memory.  Returns
 * how many; 0: none now (after device_stop(): none ever); AUDIO_ERR_DEVICE_GONE
 * when the device has ended by itself and all that it gave was handed out.
 */
long device_read(
    struct device *d, int16_t *pcm, size_t nframes, struct audio_error *err);

/* Record no more; what waits can still be read. */
void device_stop(struct device *d);

/* Lost because nobody read in time, in ms. */
uint64_t device_lost_ms(const struct device *d);

/* How often the driver said that it lost sound (it does not say how much). */
unsigned long device_overruns(const struct device *d);

#endif
