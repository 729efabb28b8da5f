#include "speech_queue.h"

#include <stdlib.h>
#include <string.h>

#include "speech_text.h"

/* Text that gathers without any sentence's end is spoken at this length. */
#define GATHER_BYTES 8192
/* 6000 characters of 4 bytes. */
#define TEXT_BYTES_MAX 24000

void
speech_queue_init(struct speech_queue *q)
{
	memset(q, 0, sizeof(*q));
	bytes_init(&q->gathering, SPEECH_QUEUE_BYTES);
}

void
utterance_free(struct utterance *u)
{
	if (u == NULL)
		return;
	free(u->text);
	free(u);
}

void
speech_queue_release(struct speech_queue *q)
{
	struct utterance *u;

	while ((u = speech_queue_pop(q)) != NULL)
		utterance_free(u);
	bytes_release(&q->gathering);
}

bool
speech_queue_has_room(const struct speech_queue *q)
{
	return q->nbytes + bytes_len(&q->gathering) + TEXT_BYTES_MAX <=
	       SPEECH_QUEUE_BYTES;
}

static int
push(struct speech_queue *q, const void *p, size_t n, bool is_ssml,
    int64_t now_ms)
{
	struct utterance *u = calloc(1, sizeof(*u));

	if (u == NULL || (u->text = malloc(n)) == NULL) {
		free(u);
		return -1;
	}
	memcpy(u->text, p, n);
	u->len = n;
	u->is_ssml = is_ssml;
	u->queued_ms = now_ms;
	if (q->last == NULL)
		q->first = u;
	else
		q->last->next = u;
	q->last = u;
	q->nbytes += n;
	return 0;
}

/* Speak the first n bytes that gathered. */
static int
cut(struct speech_queue *q, size_t n, int64_t now_ms)
{
	size_t len;
	const uint8_t *p = bytes_peek(&q->gathering, &len);
	int rc = 0;

	if (n > 0 && !speech_is_blank((const char *)p, n))
		rc = push(q, p, n, false, now_ms);
	bytes_skip(&q->gathering, n);
	return rc;
}

/* At the last blank, so that no word is cut. */
static size_t
cut_at(const char *p, size_t n)
{
	size_t at = n;

	while (at > n / 2 && p[at - 1] != ' ')
		at--;
	if (at > n / 2)
		return at;
	/* No blanks (Chinese, Japanese): between two characters. */
	for (at = n; at > 1 && ((unsigned char)p[at - 1] & 0xc0) == 0x80; at--)
		continue;
	return at - 1 > 0 ? at - 1 : n;
}

int
speech_queue_text(
    struct speech_queue *q, const char *p, size_t n, int64_t now_ms)
{
	const char *all;
	size_t len, end;

	if (bytes_append(&q->gathering, p, n) != 0)
		return -1;
	all = (const char *)bytes_peek(&q->gathering, &len);
	end = speech_sentences(all, len);
	if (end == 0 && len > GATHER_BYTES)
		end = cut_at(all, len);
	return end == 0 ? 0 : cut(q, end, now_ms);
}

int
speech_queue_flush(struct speech_queue *q, int64_t now_ms)
{
	return cut(q, bytes_len(&q->gathering), now_ms);
}

int
speech_queue_ssml(
    struct speech_queue *q, const char *p, size_t n, int64_t now_ms)
{
	if (speech_queue_flush(q, now_ms) != 0)
		return -1;
	return push(q, p, n, true, now_ms);
}

struct utterance *
speech_queue_pop(struct speech_queue *q)
{
	struct utterance *u = q->first;

	if (u == NULL)
		return NULL;
	if ((q->first = u->next) == NULL)
		q->last = NULL;
	q->nbytes -= u->len;
	return u;
}
