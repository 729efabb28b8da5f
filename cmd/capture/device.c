#include "audio/device.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/pcm.h"
#include "base/stop.h"
#include "base/utf8.h"
#include "capture.h"

/* So much digital silence is no pause of a speaker but a switch. */
#define SILENCE_FRAMES (10 * PCM_RATE_HZ)

/* For a reader that is behind when we are told to stop. */
#define STOP_MS 2000

/* At most one line about lost sound in this time. */
#define LOSS_EVERY_MS 5000

struct recorder {
	struct sink *sink;
	struct device *device;
	uint64_t silent_frames; /* in a row */
	bool is_silent;         /* that was told */
	uint64_t told_lost_ms;
	unsigned long told_overruns;
	int64_t loss_told_ms;
};

int
list_devices(void)
{
	struct audio_error err;
	struct device_info info;
	char name[256];
	int number = -1, n = 0;

	if (device_begin(log_get_level() >= LOG_TRACE, &err) != 0) {
		log_msg(LOG_ERROR, NULL, "%s", err.text);
		return audio_exit_status(err.code);
	}
	while (device_next(&number, &info)) {
		if (n++ == 0)
			printf("  NO CHANNELS    RATE  API       NAME\n");
		utf8_escape(name, sizeof(name), info.name, strlen(info.name));
		printf("%c %2d %8u %7.0f  %-8s  %s\n",
		    info.is_default ? '*' : ' ', info.number, info.channels,
		    info.default_rate_hz, info.host_api, name);
	}
	device_end();
	if (n == 0) {
		log_msg(LOG_ERROR, NULL,
		    "there is no input device here that PortAudio can see");
		return EX_NOINPUT;
	}
	if (fflush(stdout) != 0) {
		log_msg(LOG_ERROR, NULL, "cannot write the list");
		return EX_IOERR;
	}
	return EX_OK;
}

/* Sound that is lost is told, but not for every lost block. */
static void
tell_losses(struct recorder *r, int64_t now_ms)
{
	uint64_t lost_ms = device_lost_ms(r->device);
	unsigned long overruns = device_overruns(r->device);

	if (lost_ms == r->told_lost_ms && overruns == r->told_overruns)
		return;
	if (r->loss_told_ms != 0 && now_ms - r->loss_told_ms < LOSS_EVERY_MS)
		return;
	meter_hide(r->sink->meter);
	if (lost_ms != r->told_lost_ms)
		log_msg(LOG_WARN, NULL,
		    "the reader is too slow, sound is lost, lost_ms=%llu",
		    (unsigned long long)lost_ms);
	else
		log_msg(LOG_WARN, NULL,
		    "the device lost sound before we got it, overruns=%lu",
		    overruns);
	r->told_lost_ms = lost_ms;
	r->told_overruns = overruns;
	r->loss_told_ms = now_ms;
}

static void
watch_silence(struct recorder *r, const int16_t *pcm, size_t n)
{
	bool has_signal = false;

	/* The last bit flickers in converters that hear nothing. */
	for (size_t i = 0; i < n && !has_signal; i++)
		has_signal = pcm[i] > 1 || pcm[i] < -1;
	if (!has_signal) {
		r->silent_frames += n;
		if (r->silent_frames < SILENCE_FRAMES || r->is_silent)
			return;
		r->is_silent = true;
		meter_hide(r->sink->meter);
		log_msg(LOG_WARN, NULL,
		    "no signal for 10 s: check the device or the mute switch");
		return;
	}
	r->silent_frames = 0;
	if (r->is_silent) {
		meter_hide(r->sink->meter);
		log_msg(LOG_INFO, NULL, "the signal is back");
	}
	r->is_silent = false;
}

/* Pass on what the device has now, as far as the reader takes it.  False: that
 * was the end. */
static bool
pass_on(struct recorder *r, int *status)
{
	int16_t pcm[BLOCK_FRAMES];
	struct audio_error err;
	long n = 0;

	while (!sink_is_full(r->sink) && !sink_is_done(r->sink) &&
	       (n = device_read(r->device, pcm, BLOCK_FRAMES, &err)) > 0) {
		watch_silence(r, pcm, (size_t)n);
		if (sink_put(r->sink, pcm, (size_t)n) != 0)
			return false;
	}
	if (n < 0) {
		meter_hide(r->sink->meter);
		log_msg(LOG_ERROR, NULL, "%s", err.text);
		*status = audio_exit_status((int)n);
		return false;
	}
	return !sink_is_done(r->sink);
}

/* What the device gave until it was stopped goes out too, if the reader takes
 * it within the time. */
static void
pass_on_rest(struct recorder *r, struct loop *l, int *status)
{
	int64_t deadline_ms = clock_mono_ms() + STOP_MS;

	while (pass_on(r, status) && sink_is_full(r->sink) &&
	       stop_count() < 2 && clock_mono_ms() < deadline_ms) {
		loop_begin(l);
		stop_prepare(l);
		sink_prepare(r->sink, l);
		loop_deadline(l, deadline_ms);
		if (loop_wait(l) < 0 || sink_dispatch(r->sink, l) != 0)
			return;
	}
}

static int
record(struct recorder *r, struct loop *l)
{
	int status = EX_OK;
	bool is_going = true;

	while (is_going && stop_count() == 0 && r->sink->error == 0) {
		loop_begin(l);
		stop_prepare(l);
		sink_prepare(r->sink, l);
		device_prepare(r->device, l);
		if (loop_wait(l) < 0) {
			log_msg(LOG_ERROR, NULL, "cannot wait");
			return EX_OSERR;
		}
		sink_dispatch(r->sink, l);
		device_dispatch(r->device, l, clock_mono_ms());
		is_going = pass_on(r, &status);
		tell_losses(r, clock_mono_ms());
	}
	device_stop(r->device);
	if (is_going)
		pass_on_rest(r, l, &status);
	return status;
}

static void
summarise(const struct recorder *r)
{
	uint64_t lost_ms = device_lost_ms(r->device);
	unsigned long overruns = device_overruns(r->device);

	log_msg(lost_ms > 0 || overruns > 0 ? LOG_WARN : LOG_DEBUG, NULL,
	    "recorded_s=%.1f lost_ms=%llu overruns=%lu",
	    (double)r->sink->frames / PCM_RATE_HZ, (unsigned long long)lost_ms,
	    overruns);
}

int
record_device(
    const struct capture_options *o, struct sink *sink, struct loop *l)
{
	struct recorder r = { .sink = sink };
	struct device_info info;
	struct audio_error err;
	int rc, status;

	rc = device_begin(log_get_level() >= LOG_TRACE, &err);
	if (rc != 0) {
		log_msg(LOG_ERROR, NULL, "%s", err.text);
		return audio_exit_status(rc);
	}
	if ((rc = device_find(o->device, &info, &err)) == 0)
		rc = device_open(&r.device, info.number, o->channel, &err);
	if (rc != 0) {
		log_msg(LOG_ERROR, NULL, "%s%s", err.text,
		    rc == AUDIO_ERR_NO_DEVICE && o->device != NULL
			? "; 'capture -l' lists those that can be used"
			: "");
		status = audio_exit_status(rc);
		goto out;
	}
	log_msg(LOG_INFO, NULL,
	    "recording, device='%s' api='%s' rate_hz=%u channels=%u", info.name,
	    info.host_api, device_rate_hz(r.device), device_channels(r.device));
	status = record(&r, l);
	summarise(&r);
	device_free(r.device);
out:
	device_end();
	return status;
}
