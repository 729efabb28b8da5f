#include "tempo.h"

#include <sonic.h>
#include <stdlib.h>
#include <string.h>

#include "base/pcm.h"

#define PIECE_SAMPLES 2048

void
tempo_init(struct tempo *t)
{
	t->sonic = NULL;
	t->speed = 1.0;
}

void
tempo_release(struct tempo *t)
{
	if (t->sonic != NULL)
		sonicDestroyStream(t->sonic);
	tempo_init(t);
}

int
tempo_set(struct tempo *t, double speed)
{
	tempo_release(t);
	if (speed <= 1.0)
		return 0;
	if ((t->sonic = sonicCreateStream(PCM_RATE_HZ, 1)) == NULL)
		return -1;
	t->speed = speed > TEMPO_MAX ? TEMPO_MAX : speed;
	sonicSetSpeed(t->sonic, (float)t->speed);
	return 0;
}

/* Take what sonic has ready. */
static int
collect(struct tempo *t, struct bytes *out)
{
	short samples[PIECE_SAMPLES];
	int n;

	while ((n = sonicReadShortFromStream(
		    t->sonic, samples, PIECE_SAMPLES)) > 0)
		if (bytes_append(out, samples, (size_t)n * sizeof(short)) != 0)
			return -1;
	return 0;
}

int
tempo_feed(struct tempo *t, const uint8_t *pcm, size_t n, struct bytes *out)
{
	short samples[PIECE_SAMPLES];
	size_t piece;

	if (t->sonic == NULL)
		return bytes_append(out, pcm, n) == 0 ? 0 : -1;
	for (; n > 0; pcm += piece, n -= piece) {
		piece = n < sizeof(samples) ? n : sizeof(samples);
		memcpy(samples, pcm, piece);
		if (!sonicWriteShortToStream(
			t->sonic, samples, (int)(piece / sizeof(short))) ||
		    collect(t, out) != 0)
			return -1;
	}
	return 0;
}

int
tempo_finish(struct tempo *t, struct bytes *out)
{
	if (t->sonic == NULL)
		return 0;
	return sonicFlushStream(t->sonic) && collect(t, out) == 0 ? 0 : -1;
}
