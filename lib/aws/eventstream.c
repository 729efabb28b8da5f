#include "aws/eventstream.h"

#include <stdlib.h>
#include <string.h>

#include "aws/eventstream_crc.h"
#include "aws/eventstream_wire.h"

/* Our choice: memory that a decoder keeps between messages. */
#define KEEP_BYTES (256 * 1024)

/* Value bytes by type; strings and byte arrays have a length of 2 before. */
static const uint8_t value_sizes[] = {
	[ES_TRUE] = 0,
	[ES_FALSE] = 0,
	[ES_INT8] = 1,
	[ES_INT16] = 2,
	[ES_INT32] = 4,
	[ES_INT64] = 8,
	[ES_BYTES] = 2,
	[ES_STRING] = 2,
	[ES_TIMESTAMP] = 8,
	[ES_UUID] = 16,
};

const char *
es_strerror(int code)
{
	switch (code) {
	case 0:
		return "no error";
#define ES_TEXT(value, name, text)                                             \
	case value:                                                            \
		return text;
		ES_ERROR_MAP(ES_TEXT)
#undef ES_TEXT
	}
	return "unknown error";
}

struct es_header
es_string(const char *name, const char *value)
{
	struct es_header h = es_bytes(name, value, strlen(value));

	h.type = ES_STRING;
	return h;
}

struct es_header
es_bytes(const char *name, const void *p, size_t len)
{
	struct es_header h = {
		.name = name, .name_len = strlen(name), .type = ES_BYTES
	};

	h.value.bytes.p = p;
	h.value.bytes.len = len;
	return h;
}

struct es_header
es_timestamp(const char *name, int64_t ms)
{
	struct es_header h = {
		.name = name, .name_len = strlen(name), .type = ES_TIMESTAMP
	};

	h.value.integer = ms;
	return h;
}

void
es_put_be(uint8_t *p, uint64_t v, size_t n)
{
	while (n > 0) {
		p[--n] = (uint8_t)v;
		v >>= 8;
	}
}

uint64_t
es_get_be(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static bool
is_blob(enum es_type type)
{
	return type == ES_BYTES || type == ES_STRING;
}

static bool
is_same_name(const struct es_header *a, const struct es_header *b)
{
	return a->name_len == b->name_len &&
	       memcmp(a->name, b->name, a->name_len) == 0;
}

/* Whether a header can be encoded. */
static bool
is_encodable(const struct es_header *h)
{
	int bits;

	if (h->name_len < 1 || h->name_len > ES_NAME_MAX ||
	    (unsigned int)h->type > ES_UUID)
		return false;
	if (is_blob(h->type))
		return h->value.bytes.len <= ES_VALUE_MAX;
	if (h->type < ES_INT8 || h->type > ES_INT32)
		return true;
	bits = 8 * value_sizes[h->type] - 1;
	return h->value.integer >= -((int64_t)1 << bits) &&
	       h->value.integer < (int64_t)1 << bits;
}

long
es_encoded_len(const struct es_header *headers, size_t n, size_t payload_len)
{
	size_t len = 0;

	if (n > ES_HEADERS_MAX)
		return ES_ERR_HEADER;
	for (size_t i = 0; i < n; i++) {
		const struct es_header *h = &headers[i];

		if (!is_encodable(h))
			return ES_ERR_HEADER;
		for (size_t j = 0; j < i; j++) {
			if (is_same_name(&headers[j], h))
				return ES_ERR_HEADER;
		}
		len += 2 + h->name_len + value_sizes[h->type];
		if (is_blob(h->type))
			len += h->value.bytes.len;
	}
	if (len > ES_HEADERS_BYTES_MAX || payload_len > ES_PAYLOAD_BYTES_MAX)
		return ES_ERR_SIZE;
	return (long)(ES_OVERHEAD_BYTES + len + payload_len);
}

void
es_put_prelude(uint8_t *p, size_t total_len, size_t headers_len)
{
	es_put_be(p, total_len, 4);
	es_put_be(p + 4, headers_len, 4);
	es_put_be(p + 8, es_crc32(0, p, 8), 4);
}

static uint8_t *
put_header(uint8_t *p, const struct es_header *h)
{
	size_t size = value_sizes[h->type];

	*p++ = (uint8_t)h->name_len;
	memcpy(p, h->name, h->name_len);
	p += h->name_len;
	*p++ = (uint8_t)h->type;
	if (is_blob(h->type)) {
		es_put_be(p, h->value.bytes.len, size);
		if (h->value.bytes.len > 0)
			memcpy(p + size, h->value.bytes.p, h->value.bytes.len);
		size += h->value.bytes.len;
	} else if (h->type == ES_UUID) {
		memcpy(p, h->value.uuid, size);
	} else {
		es_put_be(p, (uint64_t)h->value.integer, size);
	}
	return p + size;
}

size_t
es_put_head(
    uint8_t *p, size_t total_len, const struct es_header *headers, size_t n)
{
	uint8_t *end = p + ES_PRELUDE_BYTES;

	for (size_t i = 0; i < n; i++)
		end = put_header(end, &headers[i]);
	es_put_prelude(p, total_len, (size_t)(end - p) - ES_PRELUDE_BYTES);
	return (size_t)(end - p);
}

int
es_encode(struct bytes *out, const struct es_header *headers, size_t n,
    const void *payload, size_t payload_len)
{
	long total = es_encoded_len(headers, n, payload_len);
	uint8_t *p;
	size_t len;

	if (total < 0)
		return (int)total;
	if (out->cap - bytes_len(out) < (size_t)total)
		return ES_ERR_FULL;
	if ((p = bytes_reserve(out, (size_t)total)) == NULL)
		return ES_ERR_NOMEM;
	len = es_put_head(p, (size_t)total, headers, n);
	if (payload_len > 0)
		memcpy(p + len, payload, payload_len);
	len += payload_len;
	es_put_be(p + len, es_crc32(0, p, len), 4);
	bytes_commit(out, (size_t)total);
	return 0;
}

/* Read one header at *p.  false: it does not fit or makes no sense. */
static bool
get_header(struct es_header *h, const uint8_t **p, const uint8_t *end)
{
	const uint8_t *q = *p;
	size_t size;

	h->name_len = *q++;
	if (h->name_len == 0 || (size_t)(end - q) < h->name_len + 1)
		return false;
	h->name = (const char *)q;
	q += h->name_len;
	if (*q > ES_UUID)
		return false;
	h->type = (enum es_type) * q++;
	size = value_sizes[h->type];
	if ((size_t)(end - q) < size)
		return false;
	if (is_blob(h->type)) {
		h->value.bytes.len = (size_t)es_get_be(q, size);
		h->value.bytes.p = q + size;
		size += h->value.bytes.len;
		if (h->value.bytes.len > ES_VALUE_MAX ||
		    (size_t)(end - q) < size)
			return false;
	} else if (h->type == ES_UUID) {
		memcpy(h->value.uuid, q, size);
	} else if (size > 0) {
		uint64_t sign = (uint64_t)1 << (8 * size - 1);

		/* Two's complement of `size` bytes to one of 8. */
		h->value.integer =
		    (int64_t)((es_get_be(q, size) ^ sign) - sign);
	} else {
		h->value.integer = h->type == ES_TRUE;
	}
	*p = q + size;
	return true;
}

static int
get_headers(struct es_message *m, struct es_header *headers, const uint8_t *p,
    size_t len)
{
	const uint8_t *end = p + len;
	size_t n = 0;

	while (p < end) {
		if (n == ES_HEADERS_MAX || !get_header(&headers[n], &p, end))
			return ES_ERR_HEADER;
		for (size_t i = 0; i < n; i++) {
			if (is_same_name(&headers[i], &headers[n]))
				return ES_ERR_HEADER;
		}
		n++;
	}
	m->headers = headers;
	m->nheaders = n;
	return 0;
}

/* Check a prelude.  0, ES_ERR_CRC or ES_ERR_SIZE. */
static int
check_prelude(const uint8_t *p, size_t max_bytes, size_t *total)
{
	size_t headers_len;

	if (es_get_be(p + 8, 4) != es_crc32(0, p, 8))
		return ES_ERR_CRC;
	*total = (size_t)es_get_be(p, 4);
	headers_len = (size_t)es_get_be(p + 4, 4);
	if (*total < ES_OVERHEAD_BYTES || *total > max_bytes ||
	    headers_len > *total - ES_OVERHEAD_BYTES ||
	    headers_len > ES_HEADERS_BYTES_MAX ||
	    *total - ES_OVERHEAD_BYTES - headers_len > ES_PAYLOAD_BYTES_MAX)
		return ES_ERR_SIZE;
	return 0;
}

/* Decode a whole message whose prelude was checked. */
static int
decode_body(struct es_message *m, struct es_header *headers, const uint8_t *p,
    size_t total)
{
	size_t headers_len = (size_t)es_get_be(p + 4, 4);

	if (es_get_be(p + total - 4, 4) != es_crc32(0, p, total - 4))
		return ES_ERR_CRC;
	m->payload = p + ES_PRELUDE_BYTES + headers_len;
	m->payload_len = total - ES_OVERHEAD_BYTES - headers_len;
	return get_headers(m, headers, p + ES_PRELUDE_BYTES, headers_len);
}

int
es_decode(
    struct es_message *m, struct es_header *headers, const uint8_t *p, size_t n)
{
	size_t total;
	int rc;

	if (n < ES_OVERHEAD_BYTES)
		return ES_ERR_SIZE;
	if ((rc = check_prelude(p, ES_MESSAGE_BYTES_MAX, &total)) != 0)
		return rc;
	return total != n ? ES_ERR_SIZE : decode_body(m, headers, p, n);
}

struct es_decoder {
	struct bytes q; /* a message that is not whole yet */
	size_t total;   /* its length once the prelude is known, else 0 */
	size_t max_bytes;
	int rc; /* the error that ended it */
	es_on_message *on_message;
	void *arg;
	struct es_header headers[ES_HEADERS_MAX];
};

struct es_decoder *
es_decoder_new(size_t max_message_bytes, es_on_message *on_message, void *arg)
{
	struct es_decoder *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->max_bytes = max_message_bytes;
	if (d->max_bytes == 0 || d->max_bytes > ES_MESSAGE_BYTES_MAX)
		d->max_bytes = ES_MESSAGE_BYTES_MAX;
	/* A prelude is looked at before a cap that is smaller can say no. */
	bytes_init(&d->q, d->max_bytes < ES_OVERHEAD_BYTES ? ES_OVERHEAD_BYTES
							   : d->max_bytes);
	d->on_message = on_message;
	d->arg = arg;
	return d;
}

void
es_decoder_free(struct es_decoder *d)
{
	if (d == NULL)
		return;
	bytes_release(&d->q);
	free(d);
}

static int
deliver(struct es_decoder *d, const uint8_t *p, size_t total)
{
	struct es_message m;
	int rc = decode_body(&m, d->headers, p, total);

	if (rc == 0 && d->on_message(&m, d->arg) != 0)
		rc = ES_ERR_STOPPED;
	return rc;
}

/* Messages that lie whole in the bytes fed need not be copied.  *used is what
 * they take. */
static int
feed_whole(struct es_decoder *d, const uint8_t *p, size_t n, size_t *used)
{
	size_t total;
	int rc;

	*used = 0;
	while (n - *used >= ES_PRELUDE_BYTES) {
		if ((rc = check_prelude(p + *used, d->max_bytes, &total)) != 0)
			return rc;
		if (n - *used < total)
			break;
		if ((rc = deliver(d, p + *used, total)) != 0)
			return rc;
		*used += total;
	}
	return 0;
}

/* Add to the message that is not whole.  *used is what was taken, up to the
 * end of prelude or message. */
static int
feed_part(struct es_decoder *d, const uint8_t *p, size_t n, size_t *used)
{
	size_t have = bytes_len(&d->q), want, len;
	const uint8_t *whole;
	int rc;

	want = (d->total == 0 ? ES_PRELUDE_BYTES : d->total) - have;
	*used = n < want ? n : want;
	if (bytes_append(&d->q, p, *used) != 0)
		return ES_ERR_NOMEM;
	if (n < want)
		return 0;
	whole = bytes_peek(&d->q, &len);
	if (d->total == 0)
		return check_prelude(whole, d->max_bytes, &d->total);
	rc = deliver(d, whole, d->total);
	d->total = 0;
	if (d->q.alloc > KEEP_BYTES)
		bytes_release(&d->q);
	else
		bytes_reset(&d->q);
	return rc;
}

int
es_decoder_feed(struct es_decoder *d, const void *data, size_t n)
{
	const uint8_t *p = data;
	size_t used;

	while (d->rc == 0 && n > 0) {
		used = 0;
		if (bytes_len(&d->q) == 0)
			d->rc = feed_whole(d, p, n, &used);
		if (d->rc == 0 && used == 0)
			d->rc = feed_part(d, p, n, &used);
		p += used;
		n -= used;
	}
	return d->rc;
}

bool
es_decoder_is_idle(const struct es_decoder *d)
{
	return d->rc == 0 && bytes_len(&d->q) == 0;
}

const struct es_header *
es_find(const struct es_message *m, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < m->nheaders; i++) {
		if (m->headers[i].name_len == len &&
		    memcmp(m->headers[i].name, name, len) == 0)
			return &m->headers[i];
	}
	return NULL;
}

bool
es_header_is(const struct es_header *h, const char *s)
{
	size_t len = strlen(s);

	return h != NULL && h->type == ES_STRING && h->value.bytes.len == len &&
	       memcmp(h->value.bytes.p, s, len) == 0;
}

const char *
es_find_string(const struct es_message *m, const char *name, size_t *len)
{
	const struct es_header *h = es_find(m, name);

	if (h == NULL || h->type != ES_STRING)
		return NULL;
	*len = h->value.bytes.len;
	return (const char *)h->value.bytes.p;
}
