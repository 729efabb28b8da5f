#include "base/pcm.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* 20 log10 of half a quantum of 16 bits: what digital silence is called. */
#define SILENCE_DBFS (-96.3)

size_t
pcm_bytes_of_ms(int64_t ms)
{
	return ms <= 0 ? 0 : (size_t)ms * PCM_BYTES_PER_MS;
}

double
pcm_ms_of_bytes(uint64_t nbytes)
{
	return (double)nbytes / (double)PCM_BYTES_PER_MS;
}

struct magic {
	size_t offset;
	const char *bytes;
	size_t len;
	const char *name;
};

enum pcm_sniff
pcm_sniff(const uint8_t *p, size_t n, const char **name)
{
	static const struct magic kinds[] = {
		{ 8, "WAVE", 4, "WAV" },
		{ 0, "RF64", 4, "WAV (RF64)" },
		{ 8, "AIFF", 4, "AIFF" },
		{ 8, "AIFC", 4, "AIFF-C" },
		{ 8, "AVI ", 4, "AVI" },
		{ 0, "fLaC", 4, "FLAC" },
		{ 0, "OggS", 4, "Ogg" },
		{ 0, "ID3", 3, "MP3" },
		{ 4, "ftyp", 4, "MP4" },
		{ 0, "\x1a\x45\xdf\xa3", 4, "Matroska or WebM" },
		{ 0, "caff", 4, "CAF" },
		{ 0, ".snd", 4, "AU" },
		{ 0, "#!AMR", 5, "AMR" },
		{ 0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", 8, "WMA or WMV" },
	};
	const struct magic *m;

	*name = NULL;
	if (n < 12)
		return PCM_SNIFF_MORE;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		m = &kinds[i];
		if (memcmp(p + m->offset, m->bytes, m->len) == 0) {
			*name = m->name;
			return PCM_SNIFF_FILE;
		}
	}
	/*
	 * An MPEG layer III frame without an ID3 tag: 0xFFFB and relatives are
	 * also the loudness of quiet PCM (-5, -1), so the whole frame header
	 * must make sense: bit rate and sampling rate that exist, and not the
	 * same two bytes again, as near silence would have.
	 */
	if (p[0] == 0xff && (p[1] & 0xfe) == 0xfa && (p[2] & 0xf0) != 0xf0 &&
	    (p[2] & 0xf0) != 0 && (p[2] & 0x0c) != 0x0c && p[3] != 0xff &&
	    p[5] != 0xff && p[7] != 0xff) {
		*name = "MP3";
		return PCM_SNIFF_FILE;
	}
	return PCM_SNIFF_RAW;
}

void
pcm_level_dbfs(
    const int16_t *samples, size_t n, double *peak_dbfs, double *rms_dbfs)
{
	double sum = 0;
	int peak = 0;

	for (size_t i = 0; i < n; i++) {
		int s = abs((int)samples[i]);

		if (s > peak)
			peak = s;
		sum += (double)s * s;
	}
	*peak_dbfs = peak == 0 ? SILENCE_DBFS : 20 * log10(peak / 32768.0);
	*rms_dbfs = sum == 0
	                ? SILENCE_DBFS
	                : 10 * log10(sum / (double)n / (32768.0 * 32768.0));
	if (*rms_dbfs < SILENCE_DBFS)
		*rms_dbfs = SILENCE_DBFS;
}
