/*
 * lib/audio/device, with a PortAudio of our own: its functions are defined
 * here, so that devices have the rates, channels and accidents that a test
 * wants.  The real one is in tests/e2e/capture-device.sh.
 */
#include <check.h>
#include <math.h>
#include <portaudio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "audio/device.h"
#include "base/clock.h"

static const PaDeviceInfo devices[] = {
	{ .structVersion = 2,
	    .name = "Monitor speakers",
	    .maxInputChannels = 0,
	    .maxOutputChannels = 2,
	    .defaultSampleRate = 48000 },
	{ .structVersion = 2,
	    .name = "USB Mixer: Front",
	    .maxInputChannels = 4,
	    .defaultSampleRate = 48000 },
	{ .structVersion = 2,
	    .name = "USB Mixer: Front Left",
	    .maxInputChannels = 1,
	    .defaultSampleRate = 44100 },
	{ .structVersion = 2,
	    .name = "default",
	    .maxInputChannels = 32,
	    .defaultSampleRate = 16000 },
};

#define NDEVICES ((int)(sizeof(devices) / sizeof(devices[0])))

/* What the fake was asked, and what it is to do. */
static int default_device;
static int device_count;
static PaError open_result;
static PaStreamParameters opened;
static double opened_rate;
static int is_active;
static PaStreamCallback *callback;
static PaStreamFinishedCallback *finished;
static void *callback_arg;
static int closed;

PaError
Pa_Initialize(void)
{
	return paNoError;
}

PaError
Pa_Terminate(void)
{
	return paNoError;
}

PaDeviceIndex
Pa_GetDeviceCount(void)
{
	return device_count;
}

PaDeviceIndex
Pa_GetDefaultInputDevice(void)
{
	return default_device;
}

const PaDeviceInfo *
Pa_GetDeviceInfo(PaDeviceIndex i)
{
	return i >= 0 && i < device_count ? &devices[i] : NULL;
}

const PaHostApiInfo *
Pa_GetHostApiInfo(PaHostApiIndex i)
{
	static const PaHostApiInfo api = { .structVersion = 1, .name = "Test" };

	(void)i;
	return &api;
}

PaError
Pa_IsFormatSupported(
    const PaStreamParameters *in, const PaStreamParameters *out, double rate_hz)
{
	(void)out;
	return devices[in->device].defaultSampleRate == rate_hz
	           ? paFormatIsSupported
	           : paInvalidSampleRate;
}

PaError
Pa_OpenStream(PaStream **stream, const PaStreamParameters *in,
    const PaStreamParameters *out, double rate_hz, unsigned long nframes,
    PaStreamFlags flags, PaStreamCallback *fn, void *arg)
{
	static int token;

	(void)out;
	(void)nframes;
	(void)flags;
	opened = *in;
	opened_rate = rate_hz;
	callback = fn;
	callback_arg = arg;
	if (open_result == paNoError)
		*stream = &token;
	return open_result;
}

PaError
Pa_SetStreamFinishedCallback(PaStream *s, PaStreamFinishedCallback *fn)
{
	(void)s;
	finished = fn;
	return paNoError;
}

PaError
Pa_StartStream(PaStream *s)
{
	(void)s;
	is_active = 1;
	return paNoError;
}

PaError
Pa_CloseStream(PaStream *s)
{
	(void)s;
	is_active = 0;
	closed++;
	return paNoError;
}

PaError
Pa_IsStreamActive(PaStream *s)
{
	(void)s;
	return is_active;
}

const char *
Pa_GetErrorText(PaError e)
{
	return e == paDeviceUnavailable ? "Device unavailable" : "Other error";
}

const PaHostErrorInfo *
Pa_GetLastHostErrorInfo(void)
{
	static const PaHostErrorInfo info = { paALSA, -16,
		"Device or resource busy" };

	return &info;
}

static void
set_up(void)
{
	struct audio_error err;

	default_device = 3;
	device_count = NDEVICES;
	open_result = paNoError;
	closed = 0;
	ck_assert_int_eq(device_begin(false, &err), 0);
}

static void
tear_down(void)
{
	device_end();
}

/* As PortAudio's thread would: n frames, sample s of frame i on channel c
 * being given by `value`. */
static void
push(size_t n, int16_t (*value)(size_t i, unsigned int c),
    PaStreamCallbackFlags flags)
{
	size_t channels = (size_t)opened.channelCount;
	int16_t *frames = malloc(n * channels * sizeof(*frames));

	for (size_t i = 0; i < n; i++)
		for (unsigned int c = 0; c < channels; c++)
			frames[i * channels + c] = value(i, c);
	ck_assert_int_eq(
	    callback(frames, NULL, n, NULL, flags, callback_arg), paContinue);
	free(frames);
}

static int16_t
ramp(size_t i, unsigned int c)
{
	return (int16_t)((int)(i % 1000) + 1000 * (int)c);
}

static int16_t
sine_440(size_t i, unsigned int c)
{
	(void)c;
	return (int16_t)lrint(
	    16000 * sin(2 * 3.14159265358979 * 440 * (double)i / 48000));
}

static struct device *
open_device(int number, unsigned int channel)
{
	struct audio_error err = { 0 };
	struct device *d;

	ck_assert_msg(
	    device_open(&d, number, channel, &err) == 0, "%s", err.text);
	return d;
}

START_TEST(only_devices_that_record_are_listed)
{
	struct device_info info;
	int number = -1;

	ck_assert(device_next(&number, &info));
	ck_assert_int_eq(info.number, 1);
	ck_assert_str_eq(info.name, "USB Mixer: Front");
	ck_assert_str_eq(info.host_api, "Test");
	ck_assert_uint_eq(info.channels, 4);
	ck_assert(!info.is_default);
	ck_assert(device_next(&number, &info));
	ck_assert(device_next(&number, &info));
	ck_assert_int_eq(info.number, 3);
	ck_assert(info.is_default);
	ck_assert(!device_next(&number, &info));
}
END_TEST

START_TEST(a_device_is_found_by_number_and_by_name)
{
	struct device_info info;
	struct audio_error err;

	ck_assert_int_eq(device_find(NULL, &info, &err), 0);
	ck_assert_int_eq(info.number, 3);
	ck_assert_int_eq(device_find("2", &info, &err), 0);
	ck_assert_int_eq(info.number, 2);
	ck_assert_int_eq(device_find("LEFT", &info, &err), 0);
	ck_assert_int_eq(info.number, 2);
	/* a whole name, though it is also a part of another */
	ck_assert_int_eq(device_find("usb mixer: front", &info, &err), 0);
	ck_assert_int_eq(info.number, 1);
}
END_TEST

START_TEST(an_ambiguous_name_lists_the_candidates)
{
	struct device_info info;
	struct audio_error err;

	ck_assert_int_eq(
	    device_find("mixer", &info, &err), AUDIO_ERR_AMBIGUOUS);
	ck_assert_ptr_nonnull(strstr(err.text, "1 'USB Mixer: Front'"));
	ck_assert_ptr_nonnull(strstr(err.text, "2 'USB Mixer: Front Left'"));
	ck_assert_int_eq(audio_exit_status(err.code), EX_USAGE);
}
END_TEST

START_TEST(what_is_not_there_is_said)
{
	struct device_info info;
	struct audio_error err;

	ck_assert_int_eq(
	    device_find("piano", &info, &err), AUDIO_ERR_NO_DEVICE);
	ck_assert_ptr_nonnull(strstr(err.text, "piano"));
	ck_assert_int_eq(device_find("4", &info, &err), AUDIO_ERR_NO_DEVICE);
	ck_assert_int_eq(device_find("0", &info, &err), AUDIO_ERR_NO_DEVICE);
	ck_assert_ptr_nonnull(strstr(err.text, "cannot record"));
	ck_assert_int_eq(device_find("99999999999999999999", &info, &err),
	    AUDIO_ERR_NO_DEVICE);
	ck_assert_int_eq(device_find("", &info, &err), AUDIO_ERR_AMBIGUOUS);
	device_count = 0;
	default_device = paNoDevice;
	ck_assert_int_eq(device_find(NULL, &info, &err), AUDIO_ERR_NO_DEVICE);
	ck_assert_int_eq(audio_exit_status(err.code), EX_NOINPUT);
}
END_TEST

START_TEST(a_channel_is_picked)
{
	struct device *d = open_device(3, 3);
	int16_t out[1000];
	struct audio_error err;

	ck_assert_int_eq(opened.channelCount, 3);
	ck_assert_double_eq(opened_rate, 16000);
	push(1000, ramp, 0);
	ck_assert_int_eq(device_read(d, out, 1000, &err), 1000);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(out[i], 2000 + i);
	ck_assert_int_eq(device_read(d, out, 1000, &err), 0);
	device_free(d);
	ck_assert_int_eq(closed, 1);
}
END_TEST

START_TEST(channels_are_mixed)
{
	struct device *d = open_device(3, DEVICE_FIRST_TWO);
	int16_t out[1000];
	struct audio_error err;

	/* It claims 32; two are opened. */
	ck_assert_int_eq(opened.channelCount, 2);
	push(1000, ramp, 0);
	ck_assert_int_eq(device_read(d, out, 1000, &err), 1000);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(out[i], 500 + i);
	device_free(d);
	d = open_device(2, DEVICE_FIRST_TWO);
	ck_assert_int_eq(opened.channelCount, 1);
	device_free(d);
	d = open_device(3, MIXDOWN_MIX);
	ck_assert_int_eq(opened.channelCount, 32);
	push(10, ramp, 0);
	ck_assert_int_eq(device_read(d, out, 10, &err), 10);
	ck_assert_int_eq(out[7], 15500 + 7);
	device_free(d);
}
END_TEST

START_TEST(a_channel_too_many_says_how_many_there_are)
{
	struct audio_error err;
	struct device *d;

	ck_assert_int_eq(device_open(&d, 1, 5, &err), AUDIO_ERR_CHANNEL);
	ck_assert_ptr_null(d);
	ck_assert_ptr_nonnull(strstr(err.text, "it has 4"));
}
END_TEST

START_TEST(a_device_without_16_khz_is_resampled)
{
	struct device *d = open_device(1, 1);
	int16_t *out = malloc(20000 * sizeof(*out));
	struct audio_error err;
	size_t total = 0;
	double level = 0;
	long n;

	ck_assert_double_eq(opened_rate, 48000);
	ck_assert_uint_eq(device_rate_hz(d), 48000);
	push(48000, sine_440, 0);
	while ((n = device_read(d, out + total, 333, &err)) > 0)
		total += (size_t)n;
	/* The resampler still holds a little, which comes at the stop. */
	ck_assert_uint_lt(total, 16000);
	ck_assert_uint_gt(total, 15000);
	device_stop(d);
	while ((n = device_read(d, out + total, 333, &err)) > 0)
		total += (size_t)n;
	ck_assert_int_eq(n, 0);
	ck_assert_uint_ge(total, 15999);
	ck_assert_uint_le(total, 16001);
	for (int i = 4000; i < 12000; i++)
		level += (double)out[i] * out[i];
	ck_assert_double_eq_tol(sqrt(level / 8000), 16000 / sqrt(2), 20);
	device_free(d);
	free(out);
}
END_TEST

START_TEST(frames_wake_the_loop)
{
	struct device *d = open_device(3, 1);
	struct loop l;

	loop_init(&l);
	push(160, ramp, 0);
	loop_begin(&l);
	device_prepare(d, &l);
	/* without the wake-up this would end at its deadline with 0 */
	ck_assert_int_eq(loop_wait(&l), 1);
	device_dispatch(d, &l, clock_mono_ms());
	loop_begin(&l);
	device_prepare(d, &l);
	ck_assert_int_eq(poll(l.fds, l.n, 0), 0);
	loop_release(&l);
	device_free(d);
}
END_TEST

START_TEST(what_the_ring_could_not_hold_is_counted)
{
	struct device *d = open_device(3, 1);
	struct audio_error err;
	int16_t *out = malloc(300000 * sizeof(*out));
	long n;

	/* 16 s into a ring of 8 s, which is rounded up to 131072 frames */
	for (int i = 0; i < 16; i++)
		push(16000, ramp, i == 3 ? paInputOverflow : 0);
	ck_assert_uint_eq(device_lost_ms(d), (256000 - 131072) / 16);
	ck_assert_uint_eq(device_overruns(d), 1);
	/* What was first is kept whole. */
	n = device_read(d, out, 300000, &err);
	ck_assert_int_eq(n, 131072);
	for (long i = 0; i < n; i++)
		ck_assert_int_eq(out[i], i % 16000 % 1000);
	device_free(d);
	free(out);
}
END_TEST

/* Turn the loop once at now_ms, without waiting. */
static void
turn(struct device *d, int64_t now_ms)
{
	struct loop l;

	loop_init(&l);
	device_prepare(d, &l);
	loop_deadline(&l, 0);
	ck_assert_int_ge(loop_wait(&l), 0);
	device_dispatch(d, &l, now_ms);
	loop_release(&l);
}

START_TEST(a_device_that_ends_gives_its_last_frames_then_an_error)
{
	struct device *d = open_device(3, 1);
	struct audio_error err;
	int16_t out[1600];

	push(500, ramp, 0);
	finished(callback_arg);
	is_active = 0;
	turn(d, clock_mono_ms());
	ck_assert_int_eq(device_read(d, out, 1600, &err), 500);
	ck_assert_int_eq(
	    device_read(d, out, 1600, &err), AUDIO_ERR_DEVICE_GONE);
	ck_assert_ptr_nonnull(strstr(err.text, "'default'"));
	ck_assert_int_eq(audio_exit_status(err.code), EX_IOERR);
	device_free(d);
}
END_TEST

START_TEST(a_device_that_falls_silent_for_good_is_gone)
{
	struct device *d = open_device(3, 1);
	struct audio_error err;
	int64_t start_ms = clock_mono_ms();
	int16_t out[1600];

	push(100, ramp, 0);
	turn(d, start_ms + 2000);
	push(100, ramp, 0);
	turn(d, start_ms + 9000);
	ck_assert_int_eq(device_read(d, out, 1600, &err), 200);
	turn(d, start_ms + 9000 + DEVICE_DEAD_MS - 1000);
	ck_assert_int_eq(device_read(d, out, 1600, &err), 0);
	turn(d, start_ms + 9000 + DEVICE_DEAD_MS + 1000);
	ck_assert_int_eq(
	    device_read(d, out, 1600, &err), AUDIO_ERR_DEVICE_GONE);
	device_free(d);
}
END_TEST

START_TEST(a_device_that_does_not_open_says_why)
{
	struct audio_error err;
	struct device *d;

	open_result = paDeviceUnavailable;
	ck_assert_int_eq(device_open(&d, 1, 1, &err), AUDIO_ERR_BUSY);
	ck_assert_ptr_null(d);
	ck_assert_ptr_nonnull(
	    strstr(err.text, "'USB Mixer: Front': Device unavailable"));
	open_result = paUnanticipatedHostError;
	ck_assert_int_eq(device_open(&d, 1, 1, &err), AUDIO_ERR_BUSY);
	ck_assert_ptr_nonnull(strstr(err.text, "Device or resource busy"));
	ck_assert_int_eq(device_open(&d, 0, 1, &err), AUDIO_ERR_NO_DEVICE);
	ck_assert_int_eq(device_open(&d, 77, 1, &err), AUDIO_ERR_NO_DEVICE);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("audio_device");
	TCase *tc = tcase_create("device");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, only_devices_that_record_are_listed);
	tcase_add_test(tc, a_device_is_found_by_number_and_by_name);
	tcase_add_test(tc, an_ambiguous_name_lists_the_candidates);
	tcase_add_test(tc, what_is_not_there_is_said);
	tcase_add_test(tc, a_channel_is_picked);
	tcase_add_test(tc, channels_are_mixed);
	tcase_add_test(tc, a_channel_too_many_says_how_many_there_are);
	tcase_add_test(tc, a_device_without_16_khz_is_resampled);
	tcase_add_test(tc, frames_wake_the_loop);
	tcase_add_test(tc, what_the_ring_could_not_hold_is_counted);
	tcase_add_test(
	    tc, a_device_that_ends_gives_its_last_frames_then_an_error);
	tcase_add_test(tc, a_device_that_falls_silent_for_good_is_gone);
	tcase_add_test(tc, a_device_that_does_not_open_says_why);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
