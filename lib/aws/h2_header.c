#include "aws/h2_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* RFC 9113, section 6.5.2: what a field counts beside its letters. */
#define FIELD_OVERHEAD 32

int
h2_header_add(struct h2_stream *s, const uint8_t *name, size_t name_len,
    const uint8_t *value, size_t value_len, size_t cap)
{
	size_t need = name_len + value_len + FIELD_OVERHEAD;
	uint8_t *p;

	if (need > cap || s->header_bytes > cap - need)
		return H2_ERR_HEADER;
	p = bytes_reserve(&s->header, name_len + value_len + 2);
	if (p == NULL)
		return H2_ERR_NOMEM;
	memcpy(p, name, name_len);
	p[name_len] = '\0';
	memcpy(p + name_len + 1, value, value_len);
	p[name_len + 1 + value_len] = '\0';
	bytes_commit(&s->header, name_len + value_len + 2);
	s->header_bytes += need;
	return 0;
}

/* Three digits; nghttp2 has checked that. */
static int
parse_status(const char *v)
{
	return (v[0] - '0') * 100 + (v[1] - '0') * 10 + (v[2] - '0');
}

static void
take_pseudo(struct h2_message *m, const char *name, const char *value)
{
	if (strcmp(name, ":status") == 0 && strlen(value) == 3)
		m->status = parse_status(value);
	else if (strcmp(name, ":method") == 0)
		m->request.method = value;
	else if (strcmp(name, ":scheme") == 0)
		m->request.scheme = value;
	else if (strcmp(name, ":authority") == 0)
		m->request.authority = value;
	else if (strcmp(name, ":path") == 0)
		m->request.path = value;
}

int
h2_message_init(struct h2_message *m, const struct h2_stream *s)
{
	const char *p, *end, *value;
	size_t len, nfields = 0, i;

	memset(m, 0, sizeof *m);
	m->request.method = m->request.scheme = m->request.path = "";
	p = (const char *)bytes_peek(&s->header, &len);
	for (i = 0; i < len; i++)
		nfields += p[i] == '\0';
	nfields /= 2;
	if (nfields == 0)
		return 0;
	m->list = calloc(nfields, sizeof *m->list);
	if (m->list == NULL)
		return H2_ERR_NOMEM;
	for (end = p + len; p < end; p = value + strlen(value) + 1) {
		value = p + strlen(p) + 1;
		if (p[0] == ':') {
			take_pseudo(m, p, value);
			continue;
		}
		m->list[m->request.nheaders].name = p;
		m->list[m->request.nheaders++].value = value;
	}
	m->request.headers = m->list;
	return 0;
}

void
h2_message_release(struct h2_message *m)
{
	free(m->list);
	m->list = NULL;
}

/* Fields whose value must not enter a compression table (RFC 7541, 7.1). */
static bool
is_secret(const char *name)
{
	return strcmp(name, "authorization") == 0 ||
	       strcmp(name, "x-amz-security-token") == 0;
}

static bool
is_valid(const nghttp2_nv *nv, bool is_pseudo)
{
	size_t i;

	if (!nghttp2_check_header_value_rfc9113(nv->value, nv->valuelen))
		return false;
	if (is_pseudo)
		return true;
	if (nv->namelen == 0 || nv->name[0] == ':' ||
	    !nghttp2_check_header_name(nv->name, nv->namelen))
		return false;
	for (i = 0; i < nv->namelen; i++)
		if (nv->name[i] >= 'A' && nv->name[i] <= 'Z')
			return false;
	return true;
}

int
h2_nv_new(nghttp2_nv **out, const struct h2_header *pseudo, size_t npseudo,
    const struct h2_header *headers, size_t n, size_t cap)
{
	const struct h2_header *h;
	nghttp2_nv *nv;
	size_t i, total = 0;

	nv = calloc(npseudo + n + 1, sizeof *nv);
	if (nv == NULL)
		return H2_ERR_NOMEM;
	for (i = 0; i < npseudo + n; i++) {
		h = i < npseudo ? &pseudo[i] : &headers[i - npseudo];
		/* nghttp2 copies both; its type merely lacks the const. */
		nv[i].name = (uint8_t *)(uintptr_t)h->name;
		nv[i].namelen = strlen(h->name);
		nv[i].value = (uint8_t *)(uintptr_t)h->value;
		nv[i].valuelen = strlen(h->value);
		if (is_secret(h->name))
			nv[i].flags = NGHTTP2_NV_FLAG_NO_INDEX;
		total += nv[i].namelen + nv[i].valuelen + FIELD_OVERHEAD;
		if (total > cap || !is_valid(&nv[i], i < npseudo)) {
			free(nv);
			return H2_ERR_HEADER;
		}
	}
	*out = nv;
	return 0;
}
