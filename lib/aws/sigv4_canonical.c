#include "aws/sigv4_canonical.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ASCII only and whatever the locale says. */
static int
lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static bool
is_unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
	       c == '~';
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void
sigv4_text_init(struct sigv4_text *t, size_t estimate)
{
	bytes_init(&t->q, SIGV4_CANONICAL_MAX);
	t->rc = 0;
	if (estimate >= SIGV4_CANONICAL_MAX)
		estimate = SIGV4_CANONICAL_MAX - 1;
	if (bytes_reserve(&t->q, estimate + 1) == NULL)
		t->rc = SIGV4_ERR_NOMEM;
}

void
sigv4_text_release(struct sigv4_text *t)
{
	bytes_wipe(&t->q);
}

void
sigv4_text_add(struct sigv4_text *t, const void *p, size_t n)
{
	if (t->rc != 0)
		return;
	switch (bytes_append(&t->q, p, n)) {
	case 0:
		break;
	case BYTES_ERR_FULL:
		t->rc = SIGV4_ERR_SIZE;
		break;
	default:
		t->rc = SIGV4_ERR_NOMEM;
	}
}

void
sigv4_text_str(struct sigv4_text *t, const char *s)
{
	sigv4_text_add(t, s, strlen(s));
}

void
sigv4_text_encode(
    struct sigv4_text *t, const char *p, size_t n, bool keep_slash)
{
	static const char digits[] = "0123456789ABCDEF";
	char hex[3] = "%";
	size_t run = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (is_unreserved(c) || (keep_slash && c == '/')) {
			run++;
			continue;
		}
		sigv4_text_add(t, p + i - run, run);
		run = 0;
		hex[1] = digits[c >> 4];
		hex[2] = digits[c & 15];
		sigv4_text_add(t, hex, sizeof(hex));
	}
	sigv4_text_add(t, p + n - run, run);
}

int
sigv4_text_take(struct sigv4_text *t, char **out)
{
	sigv4_text_add(t, "", 1);
	if (t->rc != 0) {
		sigv4_text_release(t);
		return t->rc;
	}
	/* Nothing was skipped, so the queue begins at its base. */
	*out = (char *)t->q.base;
	bytes_init(&t->q, SIGV4_CANONICAL_MAX);
	return 0;
}

/* Order of lower-case names, shorter first among equals. */
static int
compare_names(const char *a, size_t alen, const char *b, size_t blen)
{
	for (size_t i = 0; i < alen && i < blen; i++) {
		int d = lower((unsigned char)a[i]) - lower((unsigned char)b[i]);

		if (d != 0)
			return d;
	}
	return alen < blen ? -1 : alen > blen;
}

int
sigv4_fields_add(struct sigv4_fields *f, const char *name, size_t name_len,
    const char *value)
{
	size_t at = f->n;

	if (name_len == 0 || f->n == SIGV4_HEADERS_MAX)
		return SIGV4_ERR_INPUT;
	while (at > 0 && compare_names(f->v[at - 1].name, f->v[at - 1].name_len,
			     name, name_len) > 0)
		at--;
	memmove(&f->v[at + 1], &f->v[at], (f->n - at) * sizeof(f->v[0]));
	f->v[at].name = name;
	f->v[at].name_len = name_len;
	f->v[at].value = value;
	f->n++;
	return 0;
}

bool
sigv4_is_never_signed(const char *name)
{
	static const char *const never[] = { "authorization", "cache-control",
		"connection", "date", "expect", "from", "keep-alive",
		"max-forwards", "pragma", "referer", "te", "trailer",
		"transfer-encoding", "upgrade", "user-agent",
		"x-amzn-trace-id" };

	if (name[0] == ':')
		return strcasecmp(name, ":authority") != 0;
	if (strncasecmp(name, "proxy-", 6) == 0 ||
	    strncasecmp(name, "sec-", 4) == 0)
		return true;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		if (strcasecmp(name, never[i]) == 0)
			return true;
	}
	return false;
}

const char *
sigv4_request_header(const struct sigv4_request *req, const char *name)
{
	for (size_t i = 0; i < req->nheaders; i++) {
		if (strcasecmp(req->headers[i].name, name) == 0)
			return req->headers[i].value;
	}
	return NULL;
}

/* Whether field i has the name of the one before it. */
static bool
is_same_name(const struct sigv4_fields *f, size_t i)
{
	return i > 0 && compare_names(f->v[i - 1].name, f->v[i - 1].name_len,
			    f->v[i].name, f->v[i].name_len) == 0;
}

static void
add_lower(struct sigv4_text *t, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = (char)lower((unsigned char)p[i]);

		sigv4_text_add(t, &c, 1);
	}
}

void
sigv4_text_names(struct sigv4_text *t, const struct sigv4_fields *f)
{
	for (size_t i = 0; i < f->n; i++) {
		if (is_same_name(f, i))
			continue;
		if (i > 0)
			sigv4_text_str(t, ";");
		add_lower(t, f->v[i].name, f->v[i].name_len);
	}
}

/* Trimmed, with each run of blanks as one space. */
static void
add_value(struct sigv4_text *t, const char *s)
{
	size_t run;

	while (is_blank(*s))
		s++;
	while (*s != '\0') {
		run = 0;
		while (s[run] != '\0' && !is_blank(s[run]))
			run++;
		sigv4_text_add(t, s, run);
		s += run;
		while (is_blank(*s))
			s++;
		if (*s != '\0')
			sigv4_text_str(t, " ");
	}
}

static void
add_fields(struct sigv4_text *t, const struct sigv4_fields *f)
{
	for (size_t i = 0; i < f->n; i++) {
		if (is_same_name(f, i)) {
			sigv4_text_str(t, ",");
		} else {
			if (i > 0)
				sigv4_text_str(t, "\n");
			add_lower(t, f->v[i].name, f->v[i].name_len);
			sigv4_text_str(t, ":");
		}
		add_value(t, f->v[i].value);
	}
	sigv4_text_str(t, "\n");
}

/*
 * Resolve dot segments and drop empty ones, in place: what is kept is never
 * longer than what was read.  A slash at the end stays if anything is left.
 * Returns the new length; p[0] is '/'.
 */
static size_t
normalize_path(char *p, size_t n)
{
	bool is_dir = p[n - 1] == '/';
	size_t out = 0, i = 1, len;

	for (; i < n; i += len + 1) {
		len = 0;
		while (i + len < n && p[i + len] != '/')
			len++;
		if (len == 0 || (len == 1 && p[i] == '.'))
			continue;
		if (len == 2 && p[i] == '.' && p[i + 1] == '.') {
			while (out > 0 && p[--out] != '/')
				;
			continue;
		}
		p[out++] = '/';
		memmove(p + out, p + i, len);
		out += len;
	}
	if (out == 0 || is_dir)
		p[out++] = '/';
	return out;
}

static void
add_path(struct sigv4_text *t, const char *path, enum sigv4_path_rule rule)
{
	size_t n = path == NULL ? 0 : strlen(path);
	char *copy;

	if (n == 0) {
		sigv4_text_str(t, "/");
		return;
	}
	if (rule == SIGV4_PATH_AS_IS) {
		sigv4_text_add(t, path, n);
		return;
	}
	if (rule == SIGV4_PATH_KEEP) {
		sigv4_text_encode(t, path, n, true);
		return;
	}
	if ((copy = malloc(n)) == NULL) {
		if (t->rc == 0)
			t->rc = SIGV4_ERR_NOMEM;
		return;
	}
	memcpy(copy, path, n);
	sigv4_text_encode(t, copy, normalize_path(copy, n), true);
	free(copy);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)lower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t
sigv4_percent_decode(char *out, const char *p, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '%' && n - i > 2 && hex_digit(p[i + 1]) >= 0 &&
		    hex_digit(p[i + 2]) >= 0) {
			out[len++] = (char)(hex_digit(p[i + 1]) << 4 |
					    hex_digit(p[i + 2]));
			i += 2;
		} else {
			out[len++] = p[i];
		}
	}
	return len;
}

bool
sigv4_query_next(const char **rest, const char **name, size_t *name_len,
    const char **value, size_t *value_len)
{
	const char *p = *rest, *eq;
	size_t len;

	while (*p == '&')
		p++;
	if (*p == '\0')
		return false;
	len = strcspn(p, "&");
	*rest = p + len;
	*name = p;
	eq = memchr(p, '=', len);
	*name_len = eq == NULL ? len : (size_t)(eq - p);
	*value = eq == NULL ? NULL : eq + 1;
	*value_len = eq == NULL ? 0 : len - *name_len - 1;
	return true;
}

/* A parameter, encoded: offsets into the text that holds them all, and once
 * that stands still, its bytes. */
struct pair {
	const char *text;
	size_t at;
	size_t name_len;
	size_t value_len;
};

static int
compare_bytes(const char *a, size_t alen, const char *b, size_t blen)
{
	int d = memcmp(a, b, alen < blen ? alen : blen);

	if (d != 0)
		return d;
	return alen < blen ? -1 : alen > blen;
}

static int
compare_pairs(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;
	int d = compare_bytes(a->text, a->name_len, b->text, b->name_len);

	return d != 0 ? d
	              : compare_bytes(a->text + a->name_len, a->value_len,
			    b->text + b->name_len, b->value_len);
}

/* Encode one parameter at the end of t. */
static void
encode_pair(struct sigv4_text *t, struct pair *pair, const char *name,
    size_t name_len, const char *value, size_t value_len)
{
	pair->at = bytes_len(&t->q);
	sigv4_text_encode(t, name, name_len, false);
	pair->name_len = bytes_len(&t->q) - pair->at;
	sigv4_text_encode(t, value, value_len, false);
	pair->value_len = bytes_len(&t->q) - pair->at - pair->name_len;
}

/* Decode what is on the wire, and encode it the one way. */
static int
encode_query(
    struct sigv4_text *t, const char *query, struct pair *pairs, size_t *npairs)
{
	static const char signature[] = "X-Amz-Signature";
	const char *name, *value;
	size_t name_len, value_len;
	char *copy;

	if ((copy = malloc(strlen(query) + 1)) == NULL)
		return SIGV4_ERR_NOMEM;
	while (sigv4_query_next(&query, &name, &name_len, &value, &value_len)) {
		name_len = sigv4_percent_decode(copy, name, name_len);
		if (name_len == sizeof(signature) - 1 &&
		    memcmp(copy, signature, name_len) == 0)
			continue;
		if (*npairs == SIGV4_PARAMS_MAX) {
			free(copy);
			return SIGV4_ERR_INPUT;
		}
		if (value_len > 0)
			value_len = sigv4_percent_decode(
			    copy + name_len, value, value_len);
		encode_pair(t, &pairs[(*npairs)++], copy, name_len,
		    copy + name_len, value_len);
	}
	free(copy);
	return 0;
}

static void
add_pairs(struct sigv4_text *t, const struct sigv4_text *encoded,
    struct pair *pairs, size_t npairs)
{
	size_t len;
	const char *base = (const char *)bytes_peek(&encoded->q, &len);

	for (size_t i = 0; i < npairs; i++)
		pairs[i].text = base + pairs[i].at;
	qsort(pairs, npairs, sizeof(pairs[0]), compare_pairs);
	for (size_t i = 0; i < npairs; i++) {
		if (i > 0)
			sigv4_text_str(t, "&");
		sigv4_text_add(t, pairs[i].text, pairs[i].name_len);
		sigv4_text_str(t, "=");
		sigv4_text_add(
		    t, pairs[i].text + pairs[i].name_len, pairs[i].value_len);
	}
}

static int
add_query(struct sigv4_text *t, const char *query,
    const struct sigv4_param *params, size_t nparams, size_t estimate)
{
	struct sigv4_text encoded;
	struct pair *pairs;
	size_t npairs = 0;
	int rc = 0;

	if ((query == NULL || query[0] == '\0') && nparams == 0)
		return 0;
	pairs = calloc(SIGV4_PARAMS_MAX + nparams, sizeof(*pairs));
	if (pairs == NULL)
		return SIGV4_ERR_NOMEM;
	sigv4_text_init(&encoded, estimate);
	if (query != NULL)
		rc = encode_query(&encoded, query, pairs, &npairs);
	for (size_t i = 0; i < nparams; i++)
		encode_pair(&encoded, &pairs[npairs++], params[i].name,
		    strlen(params[i].name), params[i].value,
		    strlen(params[i].value));
	if (rc == 0)
		rc = encoded.rc;
	if (rc == 0)
		add_pairs(t, &encoded, pairs, npairs);
	sigv4_text_release(&encoded);
	free(pairs);
	return rc;
}

/* No control character: it could forge a line of the canonical request. */
static bool
is_one_line(const char *s)
{
	for (; s != NULL && *s != '\0'; s++) {
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	}
	return true;
}

/* Bytes that the canonical request cannot exceed. */
static size_t
estimate_size(const struct sigv4_request *req, const struct sigv4_fields *f,
    const struct sigv4_param *params, size_t nparams)
{
	size_t n = 256 + strlen(req->method);

	if (req->path != NULL)
		n += 3 * strlen(req->path);
	if (req->query != NULL)
		n += 4 * strlen(req->query);
	for (size_t i = 0; i < nparams; i++)
		n += 2 + 3 * (strlen(params[i].name) + strlen(params[i].value));
	for (size_t i = 0; i < f->n; i++)
		n += 4 + 2 * f->v[i].name_len + strlen(f->v[i].value);
	return n;
}

int
sigv4_canonical_request(char **out, const struct sigv4_request *req,
    const struct sigv4_fields *f, const struct sigv4_param *params,
    size_t nparams, const char *payload_hash)
{
	struct sigv4_text t;
	size_t estimate;
	int rc;

	if (req->method == NULL || req->method[0] == '\0' ||
	    !is_one_line(req->method) || !is_one_line(req->path) ||
	    !is_one_line(req->query))
		return SIGV4_ERR_INPUT;
	if (req->path != NULL && req->path[0] != '\0' && req->path[0] != '/')
		return SIGV4_ERR_INPUT;
	estimate = estimate_size(req, f, params, nparams);
	sigv4_text_init(&t, estimate);
	sigv4_text_str(&t, req->method);
	sigv4_text_str(&t, "\n");
	add_path(&t, req->path, req->path_rule);
	sigv4_text_str(&t, "\n");
	rc = add_query(&t, req->query, params, nparams, estimate);
	sigv4_text_str(&t, "\n");
	add_fields(&t, f);
	sigv4_text_str(&t, "\n");
	sigv4_text_names(&t, f);
	sigv4_text_str(&t, "\n");
	sigv4_text_str(&t, payload_hash);
	if (rc != 0) {
		sigv4_text_release(&t);
		return rc;
	}
	return sigv4_text_take(&t, out);
}

int
sigv4_string_to_sign(char **out, const char *amz_date, const char *scope,
    const char *canonical_request)
{
	uint8_t digest[SIGV4_HASH_BYTES];
	char hex[SIGV4_HEX_LEN];
	struct sigv4_text t;

	sigv4_sha256(digest, canonical_request, strlen(canonical_request));
	sigv4_hex(hex, digest);
	sigv4_text_init(&t, 512);
	sigv4_text_str(&t, SIGV4_ALGORITHM "\n");
	sigv4_text_str(&t, amz_date);
	sigv4_text_str(&t, "\n");
	sigv4_text_str(&t, scope);
	sigv4_text_str(&t, "\n");
	sigv4_text_add(&t, hex, sizeof(hex));
	return sigv4_text_take(&t, out);
}
