/*
 * Sound for the tests of capture, and an ear for what comes out.
 *
 *   audio_sine write KIND RATE CHANNELS FRAMES FILE
 *	a file by libsndfile; channel N holds a sine of N * 440 Hz at half of
 *	full scale
 *   audio_sine check LEVEL HZ ... < PCM
 *	0 if the pipe's PCM holds sines of these frequencies, each at LEVEL
 *	(1.0 is full scale, within 4 %), and next to nothing else
 */
#include <math.h>
#include <sndfile.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846
#define CHANNELS_MAX 32

static const struct {
	const char *name;
	int format;
} kinds[] = {
	{ "wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16 },
	{ "wav8", SF_FORMAT_WAV | SF_FORMAT_PCM_U8 },
	{ "wav24", SF_FORMAT_WAV | SF_FORMAT_PCM_24 },
	{ "wavfloat", SF_FORMAT_WAV | SF_FORMAT_FLOAT },
	{ "wavulaw", SF_FORMAT_WAV | SF_FORMAT_ULAW },
	{ "wavadpcm", SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM },
	{ "aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16 },
	{ "au", SF_FORMAT_AU | SF_FORMAT_PCM_16 },
	{ "caf", SF_FORMAT_CAF | SF_FORMAT_PCM_16 },
	{ "w64", SF_FORMAT_W64 | SF_FORMAT_PCM_16 },
	{ "flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16 },
	{ "ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS },
	{ "opus", SF_FORMAT_OGG | SF_FORMAT_OPUS },
	{ "mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III },
	{ "raw", SF_FORMAT_RAW | SF_FORMAT_PCM_16 | SF_ENDIAN_LITTLE },
};

static int
write_file(char **argv)
{
	SF_INFO info = { .samplerate = atoi(argv[1]),
		.channels = atoi(argv[2]) };
	long nframes = atol(argv[3]);
	float frame[CHANNELS_MAX];
	SNDFILE *f;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(argv[0], kinds[i].name) == 0)
			info.format = kinds[i].format;
	if (info.format == 0 || info.channels > CHANNELS_MAX ||
	    (f = sf_open(argv[4], SFM_WRITE, &info)) == NULL) {
		fprintf(stderr, "audio_sine: cannot write %s as %s: %s\n",
		    argv[4], argv[0], sf_strerror(NULL));
		return 2;
	}
	for (long i = 0; i < nframes; i++) {
		for (int c = 0; c < info.channels; c++)
			frame[c] =
			    (float)(0.5 * sin(2 * PI * 440 * (c + 1) *
					      (double)i / info.samplerate));
		if (sf_writef_float(f, frame, 1) != 1)
			return 2;
	}
	return sf_close(f) == 0 ? 0 : 2;
}

/* Amplitude of one frequency: a Fourier bin under a Hann window. */
static double
amplitude(const int16_t *p, size_t n, double hz)
{
	double re = 0, im = 0, window, phase;

	for (size_t i = 0; i < n; i++) {
		window = 1 - cos(2 * PI * (double)i / (double)n);
		phase = 2 * PI * hz * (double)i / 16000;
		re += window * p[i] * cos(phase);
		im += window * p[i] * sin(phase);
	}
	return 2 * sqrt(re * re + im * im) / (double)n / 32768;
}

static int
check(int argc, char **argv)
{
	static int16_t sound[16000 * 60];
	const int16_t *p = sound;
	size_t n;
	double level = atof(argv[0]), found, total = 0, explained = 0;
	int failed = 0;

	if ((n = fread(sound, sizeof(*p), 16000 * 60, stdin)) < 4000) {
		fprintf(stderr, "audio_sine: too little sound to judge\n");
		return 1;
	}
	/* The ends may fade, in codecs that pad. */
	p += n / 8;
	n -= n / 4;
	for (int i = 1; i < argc; i++) {
		found = amplitude(p, n, atof(argv[i]));
		explained += found * found / 2;
		if (fabs(found - level) <= level * 0.04)
			continue;
		fprintf(stderr, "audio_sine: %s Hz at %.4f, not %.4f\n",
		    argv[i], found, level);
		failed = 1;
	}
	for (size_t i = 0; i < n; i++)
		total += (double)p[i] * p[i] / (32768.0 * 32768.0);
	total /= (double)n;
	if (total > explained * 1.02 + 1e-6) {
		fprintf(stderr,
		    "audio_sine: %.6f of power, only %.6f of it is known\n",
		    total, explained);
		failed = 1;
	}
	return failed;
}

int
main(int argc, char **argv)
{
	if (argc == 7 && strcmp(argv[1], "write") == 0)
		return write_file(argv + 2);
	if (argc >= 4 && strcmp(argv[1], "check") == 0)
		return check(argc - 2, argv + 2);
	fprintf(stderr, "usage: audio_sine write KIND RATE CHANNELS FRAMES "
			"FILE\n       audio_sine check LEVEL HZ ... < PCM\n");
	return 2;
}
