/*
 * The one PCM format that travels between processes: signed 16-bit
 * little-endian, 16 000 frames per second, one channel, no header.
 */
#ifndef BASE_PCM_H
#define BASE_PCM_H

#include <stddef.h>
#include <stdint.h>

#define PCM_RATE_HZ 16000
#define PCM_FRAME_BYTES 2
#define PCM_BYTES_PER_MS 32
#define PCM_BYTES_PER_S 32000

struct pcm_format {
	unsigned int rate_hz;  /* frames per second */
	unsigned int channels; /* samples per frame, interleaved */
	unsigned int bits;     /* per sample; signed, little-endian */
};

/* Whole frames in ms milliseconds of the pipe's format, as bytes. */
size_t pcm_bytes_of_ms(int64_t ms);

/* Stream time of a byte offset in the pipe's format, in milliseconds, with
 * fraction. */
double pcm_ms_of_bytes(uint64_t nbytes);

/* What the first bytes of a stream say that it is. */
enum pcm_sniff {
	PCM_SNIFF_MORE, /* too few bytes to tell (fewer than 12) */
	PCM_SNIFF_RAW,  /* nothing known: raw PCM */
	PCM_SNIFF_FILE, /* a sound or video file: WAV, AIFF, FLAC, Ogg, MP3 (ID3
	                   or frame), MP4, Matroska, CAF, AU */
};

/* Look at the first n bytes of a stream; *name is set to the kind of file
 * ("WAV", ...) for PCM_SNIFF_FILE. */
enum pcm_sniff pcm_sniff(const uint8_t *p, size_t n, const char **name);

/* Loudness of n samples: peak and RMS in dBFS (0 is full scale; silence is
 * -96.3). */
void pcm_level_dbfs(
    const int16_t *samples, size_t n, double *peak_dbfs, double *rms_dbfs);

#endif
