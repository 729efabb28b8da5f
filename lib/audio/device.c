#define _GNU_SOURCE
#include "audio/device.h"

#include <portaudio.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "audio/convert.h"
#include "audio/quiet.h"
#include "audio/spsc.h"
#include "base/clock.h"
#include "base/pcm.h"

/* Samples converted at a time; at least one frame of any device. */
#define CHUNK_SAMPLES 8192

/* Of the ring, however many channels there are. */
#define RING_MAX_BYTES ((size_t)32 * 1024 * 1024)

#define HEALTH_CHECK_MS 1000

struct device {
	PaStream *stream; /* owned; NULL: stopped */
	char *name;       /* owned; for messages */
	struct convert *convert;
	unsigned int rate_hz;
	unsigned int channels;
	int wake_fd; /* eventfd, owned */
	int slot;
	struct spsc ring;
	_Atomic bool is_ended; /* PortAudio's thread is gone */
	_Atomic unsigned long overruns;
	bool is_stopping;  /* by device_stop() */
	bool is_gone;      /* by itself */
	uint64_t heard;    /* frames ever written, at last look */
	int64_t heard_ms;  /* when that changed */
	int64_t check_ms;  /* when to look again */
	size_t start, end; /* frames in chunk not converted yet */
	int16_t raw[CHUNK_SAMPLES];
	float chunk[CHUNK_SAMPLES];
};

/* Whether the libraries may talk; as given to device_begin(). */
static bool is_noisy_run;

static int
hush(void)
{
	return is_noisy_run ? -1 : quiet_begin();
}

int
device_begin(bool is_noisy, struct audio_error *err)
{
	PaError rc;
	int saved;

	is_noisy_run = is_noisy;
	saved = hush();
	rc = Pa_Initialize();
	quiet_end(saved);
	if (rc != paNoError)
		return audio_fail(err, AUDIO_ERR_NO_DEVICE,
		    "cannot look for sound devices: %s", Pa_GetErrorText(rc));
	return 0;
}

void
device_end(void)
{
	int saved = hush();

	Pa_Terminate();
	quiet_end(saved);
}

static bool
describe(int number, struct device_info *info)
{
	const PaDeviceInfo *pa = Pa_GetDeviceInfo(number);
	const PaHostApiInfo *api;

	if (pa == NULL || pa->maxInputChannels < 1)
		return false;
	api = Pa_GetHostApiInfo(pa->hostApi);
	info->number = number;
	info->name = pa->name;
	info->host_api = api == NULL ? "?" : api->name;
	info->channels = (unsigned int)pa->maxInputChannels;
	info->default_rate_hz = pa->defaultSampleRate;
	info->is_default = number == Pa_GetDefaultInputDevice();
	return true;
}

bool
device_next(int *number, struct device_info *info)
{
	int count = Pa_GetDeviceCount();

	while (++*number < count)
		if (describe(*number, info))
			return true;
	return false;
}

static int
find_by_number(
    const char *want, struct device_info *info, struct audio_error *err)
{
	long number = strtol(want, NULL, 10);

	if (number >= Pa_GetDeviceCount())
		return audio_fail(
		    err, AUDIO_ERR_NO_DEVICE, "there is no device %s", want);
	if (!describe((int)number, info))
		return audio_fail(
		    err, AUDIO_ERR_NO_DEVICE, "device %s cannot record", want);
	return 0;
}

static int
find_by_name(
    const char *want, struct device_info *info, struct audio_error *err)
{
	struct device_info here;
	char list[512] = "";
	size_t len = 0;
	int number = -1, hits = 0;

	while (device_next(&number, &here)) {
		if (strcasecmp(here.name, want) == 0) {
			*info = here;
			return 0;
		}
		if (strcasestr(here.name, want) == NULL)
			continue;
		if (hits++ == 0)
			*info = here;
		if (len < sizeof(list))
			len += (size_t)snprintf(list + len, sizeof(list) - len,
			    "%s%d '%s'", hits == 1 ? "" : ", ", here.number,
			    here.name);
	}
	if (hits == 0)
		return audio_fail(err, AUDIO_ERR_NO_DEVICE,
		    "no input device is called '%s'", want);
	if (hits > 1)
		return audio_fail(err, AUDIO_ERR_AMBIGUOUS,
		    "'%s' may be any of these devices: %s", want, list);
	return 0;
}

int
device_find(const char *want, struct device_info *info, struct audio_error *err)
{
	if (want == NULL) {
		if (describe(Pa_GetDefaultInputDevice(), info))
			return 0;
		return audio_fail(
		    err, AUDIO_ERR_NO_DEVICE, "there is no input device here");
	}
	if (want[0] != '\0' && strspn(want, "0123456789") == strlen(want))
		return find_by_number(want, info, err);
	return find_by_name(want, info, err);
}

/* In PortAudio's thread, which may not wait for anything. */
static int
on_frames(const void *in, void *out, unsigned long nframes,
    const PaStreamCallbackTimeInfo *when, PaStreamCallbackFlags flags,
    void *arg)
{
	struct device *d = arg;
	uint64_t one = 1;
	ssize_t n;

	(void)out;
	(void)when;
	if (flags & paInputOverflow)
		atomic_fetch_add_explicit(
		    &d->overruns, 1, memory_order_relaxed);
	if (in != NULL)
		spsc_write(&d->ring, in, nframes);
	/* Non-blocking; a counter that is full wakes just as well. */
	n = write(d->wake_fd, &one, sizeof(one));
	(void)n;
	return paContinue;
}

/* In PortAudio's thread: there will be no more callbacks. */
static void
on_finished(void *arg)
{
	struct device *d = arg;
	uint64_t one = 1;
	ssize_t n;

	atomic_store_explicit(&d->is_ended, true, memory_order_release);
	n = write(d->wake_fd, &one, sizeof(one));
	(void)n;
}

static const char *
reason(PaError rc)
{
	const PaHostErrorInfo *host;

	if (rc != paUnanticipatedHostError)
		return Pa_GetErrorText(rc);
	host = Pa_GetLastHostErrorInfo();
	return host != NULL && host->errorText != NULL &&
	               host->errorText[0] != '\0'
	           ? host->errorText
	           : Pa_GetErrorText(rc);
}

/* 16 000 Hz if the device has it, else its own rate. */
static double
choose_rate(const PaStreamParameters *params, const PaDeviceInfo *pa)
{
	if (Pa_IsFormatSupported(params, NULL, PCM_RATE_HZ) ==
	    paFormatIsSupported)
		return PCM_RATE_HZ;
	return pa->defaultSampleRate;
}

static int
open_stream(struct device *d, int number, const PaDeviceInfo *pa,
    struct audio_error *err)
{
	PaStreamParameters params = {
		.device = number,
		.channelCount = (int)d->channels,
		.sampleFormat = paInt16,
		.suggestedLatency = pa->defaultHighInputLatency,
	};
	double rate_hz;
	size_t room, frame_bytes = d->channels * sizeof(int16_t);
	PaError rc;
	int saved = hush();

	rate_hz = choose_rate(&params, pa);
	d->rate_hz = (unsigned int)rate_hz;
	room = (size_t)d->rate_hz * DEVICE_RING_MS / 1000;
	if (room > RING_MAX_BYTES / frame_bytes)
		room = RING_MAX_BYTES / frame_bytes;
	if (spsc_init(&d->ring, room, frame_bytes) != 0) {
		quiet_end(saved);
		return audio_fail(err, AUDIO_ERR_NOMEM, "out of memory");
	}
	rc = Pa_OpenStream(&d->stream, &params, NULL, rate_hz,
	    paFramesPerBufferUnspecified, paNoFlag, on_frames, d);
	if (rc != paNoError)
		d->stream = NULL;
	if (rc == paNoError)
		rc = Pa_SetStreamFinishedCallback(d->stream, on_finished);
	if (rc == paNoError)
		rc = Pa_StartStream(d->stream);
	quiet_end(saved);
	if (rc != paNoError)
		return audio_fail(err, AUDIO_ERR_BUSY,
		    "cannot record from '%s': %s", d->name, reason(rc));
	return 0;
}

/* How many channels to open for the one that is wanted. */
static int
choose_channels(struct device *d, const PaDeviceInfo *pa, unsigned int *channel,
    struct audio_error *err)
{
	unsigned int max = (unsigned int)pa->maxInputChannels;

	if (*channel == DEVICE_FIRST_TWO) {
		*channel = MIXDOWN_MIX;
		d->channels = max < 2 ? max : 2;
	} else if (*channel == MIXDOWN_MIX) {
		d->channels = max;
	} else if (*channel <= max) {
		d->channels = *channel;
	} else {
		return audio_fail(err, AUDIO_ERR_CHANNEL,
		    "there is no channel %u on '%s': it has %u", *channel,
		    d->name, max);
	}
	/* What fits the buffers; no such device is known. */
	if (d->channels > CHUNK_SAMPLES)
		d->channels = CHUNK_SAMPLES;
	return 0;
}

int
device_open(struct device **out, int number, unsigned int channel,
    struct audio_error *err)
{
	const PaDeviceInfo *pa = Pa_GetDeviceInfo(number);
	struct device *d;
	int rc;

	*out = NULL;
	if (pa == NULL || pa->maxInputChannels < 1)
		return audio_fail(err, AUDIO_ERR_NO_DEVICE,
		    "device %d cannot record", number);
	if ((d = calloc(1, sizeof(*d))) == NULL)
		return audio_fail(err, AUDIO_ERR_NOMEM, "out of memory");
	d->slot = -1;
	d->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	d->name = strdup(pa->name);
	rc = d->name == NULL || d->wake_fd < 0
	         ? audio_fail(
		       err, AUDIO_ERR_NOMEM, "out of memory or descriptors")
	         : choose_channels(d, pa, &channel, err);
	if (rc == 0)
		rc = open_stream(d, number, pa, err);
	if (rc == 0) {
		rc = convert_new(&d->convert, d->rate_hz, d->channels, channel);
		if (rc != 0)
			audio_fail(err, rc, "cannot convert from '%s': %s",
			    d->name, audio_strerror(rc));
	}
	if (rc != 0) {
		device_free(d);
		return rc;
	}
	d->heard_ms = d->check_ms = clock_mono_ms();
	*out = d;
	return 0;
}

void
device_free(struct device *d)
{
	if (d == NULL)
		return;
	device_stop(d);
	convert_free(d->convert);
	spsc_release(&d->ring);
	if (d->wake_fd >= 0)
		close(d->wake_fd);
	free(d->name);
	free(d);
}

unsigned int
device_rate_hz(const struct device *d)
{
	return d->rate_hz;
}

unsigned int
device_channels(const struct device *d)
{
	return d->channels;
}

void
device_prepare(struct device *d, struct loop *l)
{
	d->slot = loop_watch(l, d->wake_fd, POLLIN);
	loop_deadline(l, d->check_ms);
}

void
device_dispatch(struct device *d, struct loop *l, int64_t now_ms)
{
	uint64_t count, head;
	ssize_t n;

	if (loop_revents(l, d->slot) & POLLIN) {
		n = read(d->wake_fd, &count, sizeof(count));
		(void)n;
	}
	d->slot = -1;
	if (now_ms < d->check_ms &&
	    !atomic_load_explicit(&d->is_ended, memory_order_acquire))
		return;
	d->check_ms = now_ms + HEALTH_CHECK_MS;
	head = atomic_load_explicit(&d->ring.head, memory_order_relaxed) +
	       spsc_dropped(&d->ring);
	if (head != d->heard) {
		d->heard = head;
		d->heard_ms = now_ms;
	}
	if (d->stream == NULL || d->is_stopping)
		return;
	if (atomic_load_explicit(&d->is_ended, memory_order_acquire) ||
	    Pa_IsStreamActive(d->stream) != 1 ||
	    now_ms - d->heard_ms >= DEVICE_DEAD_MS)
		d->is_gone = true;
}

/* Move frames from the ring to the chunk. */
static void
refill(struct device *d)
{
	size_t n, samples;

	n = spsc_read(&d->ring, d->raw, CHUNK_SAMPLES / d->channels);
	samples = n * d->channels;
	for (size_t i = 0; i < samples; i++)
		d->chunk[i] = (float)d->raw[i] / 32768.0F;
	d->start = 0;
	d->end = n;
}

long
device_read(
    struct device *d, int16_t *pcm, size_t nframes, struct audio_error *err)
{
	size_t total = 0, used, got;
	bool is_last;

	while (total < nframes) {
		if (d->start == d->end)
			refill(d);
		/* Nothing will follow: what the resampler holds comes out. */
		is_last = d->start == d->end && (d->is_stopping || d->is_gone);
		if (d->start == d->end && !is_last)
			break;
		got = convert_run(d->convert,
		    is_last ? NULL : d->chunk + d->start * d->channels,
		    d->end - d->start, &used, pcm + total, nframes - total);
		d->start += used;
		total += got;
		if (is_last && got == 0)
			break;
	}
	if (total == 0 && nframes > 0 && d->is_gone)
		return audio_fail(err, AUDIO_ERR_DEVICE_GONE,
		    "'%s' gives no more sound: was it unplugged?", d->name);
	return (long)total;
}

void
device_stop(struct device *d)
{
	int saved;

	d->is_stopping = true;
	if (d->stream == NULL)
		return;
	saved = hush();
	/* Closing an open stream aborts it: no callback runs after that. */
	Pa_CloseStream(d->stream);
	quiet_end(saved);
	d->stream = NULL;
}

uint64_t
device_lost_ms(const struct device *d)
{
	return d->rate_hz == 0 ? 0 : spsc_dropped(&d->ring) * 1000 / d->rate_hz;
}

unsigned long
device_overruns(const struct device *d)
{
	return atomic_load_explicit(&d->overruns, memory_order_relaxed);
}
