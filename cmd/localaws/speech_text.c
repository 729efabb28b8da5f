#include "speech_text.h"

#include <string.h>

/* Tags open at once. */
#define DEPTH_MAX 32

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

size_t
speech_chars(const char *p, size_t n)
{
	size_t chars = 0;

	for (size_t i = 0; i < n; i++)
		chars += ((unsigned char)p[i] & 0xc0) != 0x80;
	return chars;
}

size_t
speech_billed(const char *p, size_t n, bool is_ssml)
{
	size_t chars = 0;
	bool in_tag = false;

	if (!is_ssml)
		return speech_chars(p, n);
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '<')
			in_tag = true;
		else if (p[i] == '>' && in_tag)
			in_tag = false;
		else if (!in_tag)
			chars += ((unsigned char)p[i] & 0xc0) != 0x80;
	}
	return chars;
}

/* Bytes of a mark that ends a sentence whatever follows; 0: none. */
static size_t
wide_mark(const char *p, size_t n)
{
	static const char *const marks[] = { "\xe3\x80\x82", "\xef\xbc\x81",
		"\xef\xbc\x9f", "\xe0\xa5\xa4" };

	for (size_t i = 0; n >= 3 && i < 4; i++)
		if (memcmp(p, marks[i], 3) == 0)
			return 3;
	return 0;
}

/* Bytes of closing quotes and brackets at p. */
static size_t
closers(const char *p, size_t n)
{
	static const char *const wide[] = { "\xe2\x80\x9d", "\xe2\x80\x99",
		"\xc2\xbb" };
	size_t at = 0, k;

	while (at < n) {
		if (strchr("\"')]", p[at]) != NULL) {
			at++;
			continue;
		}
		for (k = 0; k < 3; k++)
			if (n - at >= strlen(wide[k]) &&
			    memcmp(p + at, wide[k], strlen(wide[k])) == 0)
				break;
		if (k == 3)
			break;
		at += strlen(wide[k]);
	}
	return at;
}

size_t
speech_sentences(const char *p, size_t n)
{
	size_t end = 0, i = 0, k;

	while (i < n) {
		if ((k = wide_mark(p + i, n - i)) > 0) {
			i += k;
			i += closers(p + i, n - i);
			end = i;
		} else if (p[i] == '.' || p[i] == '!' || p[i] == '?' ||
			   (n - i >= 3 &&
			       memcmp(p + i, "\xe2\x80\xa6", 3) == 0)) {
			i += p[i] == '\xe2' ? 3 : 1;
			i += closers(p + i, n - i);
			if (i < n && is_space(p[i]))
				end = i;
		} else {
			i++;
		}
	}
	while (end > 0 && end < n && is_space(p[end]))
		end++;
	return end;
}

bool
speech_is_blank(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_space(p[i]))
			return false;
	return true;
}

/* --- SSML ----------------------------------------------------------------- */

struct tag {
	const char *name;
	size_t len;
};

struct ssml {
	struct tag open[DEPTH_MAX];
	size_t depth;
	bool is_over; /* </speak> came */
	const char *why;
};

static bool
fail(struct ssml *s, const char *why)
{
	s->why = why;
	return false;
}

static size_t
name_len(const char *p, size_t n)
{
	size_t k = 0;

	while (k < n && !is_space(p[k]) && p[k] != '/' && p[k] != '>')
		k++;
	return k;
}

/* What stands between < and >, n bytes. */
static bool
read_tag(struct ssml *s, const char *p, size_t n)
{
	struct tag t;

	if (n == 0)
		return fail(s, "an empty tag");
	if (p[0] == '?' || p[0] == '!')
		return true; /* declaration or comment */
	if (p[0] == '/') {
		t = (struct tag){ p + 1, name_len(p + 1, n - 1) };
		if (s->depth == 0 || s->open[s->depth - 1].len != t.len ||
		    memcmp(s->open[s->depth - 1].name, t.name, t.len) != 0)
			return fail(s, "a tag is closed that is not open");
		s->is_over = --s->depth == 0;
		return true;
	}
	t = (struct tag){ p, name_len(p, n) };
	if (s->is_over ||
	    (s->depth == 0 && (t.len != 5 || memcmp(p, "speak", 5) != 0)))
		return fail(s, "it must be one <speak> document");
	if (p[n - 1] == '/') {
		s->is_over = s->depth == 0;
		return true;
	}
	if (s->depth == DEPTH_MAX)
		return fail(s, "too many tags inside each other");
	s->open[s->depth++] = t;
	return true;
}

bool
speech_ssml_is_ok(const char *p, size_t n, const char **why)
{
	struct ssml s = { 0 };
	const char *end = p + n, *close;
	bool ok = true;

	while (ok && p < end) {
		if (*p != '<') {
			if (s.depth == 0 && !is_space(*p))
				ok = fail(&s, "text outside of <speak>");
			p++;
			continue;
		}
		close = memchr(p, '>', (size_t)(end - p));
		if (close == NULL) {
			ok = fail(&s, "a tag has no end");
			break;
		}
		ok = read_tag(&s, p + 1, (size_t)(close - p - 1));
		p = close + 1;
	}
	if (ok && !s.is_over)
		ok = fail(&s, "<speak> is not closed");
	*why = s.why;
	return ok;
}
