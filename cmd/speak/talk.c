#include "talk.h"

#include <math.h>
#include <string.h>

#include "base/pcm.h"

#define SILENCE_DBFS -96.3

void
talk_begin(struct talk *t, const char *session, const char *lang, uint64_t next)
{
	memset(t, 0, sizeof(*t));
	strcpy(t->session, session);
	strcpy(t->lang, lang);
	t->next = next;
	t->peak_dbfs = SILENCE_DBFS;
}

bool
talk_is_of(const struct talk *t, const char *session, const char *who)
{
	return strcmp(session, t->session) == 0 ||
	       (who[0] != '\0' && strcmp(who, t->who) == 0);
}

void
talk_end(struct talk *t)
{
	t->session[0] = t->who[0] = '\0';
}

enum talk_verdict
talk_judge(struct talk *t, uint64_t seq)
{
	if (seq < t->next)
		return TALK_OLD;
	t->lost += seq - t->next;
	t->next = seq + 1;
	t->seen++;
	return TALK_NEXT;
}

void
talk_count(struct talk *t, const uint8_t *pcm, size_t n, int is_lost)
{
	int16_t samples[MESSAGE_PCM_MAX / PCM_FRAME_BYTES];
	size_t i, nsamples = n / PCM_FRAME_BYTES;
	double peak, rms;

	t->lost += is_lost != 0;
	for (i = 0; i < nsamples; i++)
		samples[i] = (int16_t)(pcm[2 * i] | pcm[2 * i + 1] << 8);
	pcm_level_dbfs(samples, nsamples, &peak, &rms);
	if (peak > t->peak_dbfs)
		t->peak_dbfs = peak;
	t->energy += pow(10, rms / 10) * (double)nsamples;
	t->nsamples += (double)nsamples;
}

void
talk_level(struct talk *t, double *rms_dbfs, double *peak_dbfs)
{
	*rms_dbfs = t->nsamples > 0 ? 10 * log10(t->energy / t->nsamples)
	                            : SILENCE_DBFS;
	*peak_dbfs = t->peak_dbfs;
	t->energy = t->nsamples = 0;
	t->peak_dbfs = SILENCE_DBFS;
	t->ack_seen = t->seen;
}
