#include "stream.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define PLAIN_PUNCTUATION " .,;:!?'\"()-%"
#define RIGHT_QUOTE 0x2019
#define REPLACEMENT 0xfffd

/* In superblanks: ASCII is moved up by this, and a character of the text that
 * could be mistaken for one so moved has LITERAL in front. */
#define MOVED 0xe000
#define MOVED_END 0xe080
#define LITERAL 0xe080

/* A run without a space that is longer is no word: lt-proc takes a time that
 * grows with its square. */
#define WORD_BYTES_MAX 250

/* Longest "[pipebooth N]" with NUL. */
#define MARK_BYTES 40

/*
 * Characters that dictionaries and rules may know, outside ASCII.  The rest
 * (symbols, controls, private use, emoji) has been seen to upset no stage, but
 * gains nothing by going through one.
 */
static const struct {
	uint32_t from, to;
	bool is_letter;
} plain_ranges[] = {
	{ 0xa1, 0xa1, false },    /* inverted exclamation mark */
	{ 0xaa, 0xaa, true },     /* feminine ordinal */
	{ 0xb7, 0xb7, true },     /* middle dot: Catalan l·l */
	{ 0xba, 0xba, true },     /* masculine ordinal */
	{ 0xbf, 0xbf, false },    /* inverted question mark */
	{ 0xc0, 0xd6, true },     /* Latin, without the times sign */
	{ 0xd8, 0xf6, true },     /* without the division sign */
	{ 0xf8, 0x1fff, true },   /* all alphabets up to Greek Extended */
	{ 0x2c00, 0x2dff, true }, /* Glagolitic to Cyrillic Extended */
	{ 0x3040, 0xd7ff, true }, /* Kana to Hangul */
	{ 0xf900, 0xfdcf, true }, /* compatibility ideographs, Arabic forms */
	{ 0xfe70, 0xfefe, true }, /* Arabic forms, without U+FEFF */
};

struct character {
	uint32_t code; /* U+FFFD for a byte that is not UTF-8 */
	size_t len;    /* bytes of the text */
};

static struct character
character_at(const char *p, size_t n)
{
	static const uint8_t lead_mask[5] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	struct character c = { REPLACEMENT, 1 };
	size_t len = utf8_sequence(p, n);

	if (len == 0)
		return c;
	c.len = len;
	c.code = (uint8_t)p[0] & lead_mask[len];
	for (size_t i = 1; i < len; i++)
		c.code = c.code << 6 | ((uint8_t)p[i] & 0x3f);
	return c;
}

static bool
is_plain(uint32_t code, bool *is_letter)
{
	*is_letter =
	    (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
	if (*is_letter || (code >= '0' && code <= '9'))
		return true;
	if (code < 0x80)
		return code != 0 &&
		       strchr(PLAIN_PUNCTUATION, (int)code) != NULL;
	for (size_t i = 0; i < sizeof(plain_ranges) / sizeof(plain_ranges[0]);
	     i++)
		if (code >= plain_ranges[i].from &&
		    code <= plain_ranges[i].to) {
			*is_letter = plain_ranges[i].is_letter;
			return true;
		}
	return false;
}

bool
stream_has_words(const char *text, size_t len)
{
	struct character c;
	bool is_letter;

	for (size_t i = 0; i < len; i += c.len) {
		c = character_at(text + i, len - i);
		if (is_plain(c.code, &is_letter) && is_letter)
			return true;
	}
	return false;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* memmem(3) is not POSIX. */
static bool
contains(const char *p, size_t n, const char *what)
{
	size_t len = strlen(what);

	for (size_t i = 0; i + len <= n; i++)
		if (memcmp(p + i, what, len) == 0)
			return true;
	return false;
}

/* Bytes of what stands at the start of p and is not to be translated: a URL, an
 * address, a run too long for a word.  Else 0. */
static size_t
address_length(const char *p, size_t n)
{
	size_t len = 0;
	const char *at;

	while (len < n && !is_space(p[len]))
		len++;
	while (len > 0 && strchr(".,;:!?'\")", p[len - 1]) != NULL)
		len--;
	if (len > 4 && memcmp(p, "www.", 4) == 0)
		return len;
	if (contains(p, len, "://"))
		return len;
	if (len > WORD_BYTES_MAX)
		return len;
	at = len > 0 ? memchr(p + 1, '@', len - 1) : NULL;
	return at != NULL && at + 1 < p + len ? len : 0;
}

struct encoder {
	struct bytes *q;
	bool is_in_blank;
	bool failed;
};

static void
put(struct encoder *e, const char *p, size_t n)
{
	if (!e->failed && bytes_append(e->q, p, n) < 0)
		e->failed = true;
}

static void
put_plain(struct encoder *e, const char *p, size_t n)
{
	if (e->is_in_blank)
		put(e, "]", 1);
	e->is_in_blank = false;
	put(e, p, n);
}

static void
put_code(struct encoder *e, uint32_t code)
{
	char p[4];
	size_t n;

	if (code < 0x80) {
		p[0] = (char)code;
		n = 1;
	} else if (code < 0x800) {
		p[0] = (char)(0xc0 | code >> 6);
		n = 2;
	} else if (code < 0x10000) {
		p[0] = (char)(0xe0 | code >> 12);
		n = 3;
	} else {
		p[0] = (char)(0xf0 | code >> 18);
		n = 4;
	}
	for (size_t i = 1; i < n; i++)
		p[i] = (char)(0x80 | (code >> 6 * (n - 1 - i) & 0x3f));
	put(e, p, n);
}

static void
put_blank(struct encoder *e, uint32_t code)
{
	if (!e->is_in_blank)
		put(e, "[", 1);
	e->is_in_blank = true;
	if (code == 0)
		code = REPLACEMENT;
	if (code >= MOVED && code <= LITERAL)
		put_code(e, LITERAL);
	put_code(e, code < 0x80 ? MOVED + code : code);
}

int
stream_encode(struct bytes *q, const char *text, size_t len, uint64_t mark,
    struct stream_notes *notes)
{
	struct encoder e = { .q = q };
	struct character c, next;
	char tail[MARK_BYTES + 2], last = '.';
	size_t address_end = 0;
	bool is_letter, after_letter = false, is_next_letter = false;
	int n;

	notes->mark = mark;
	notes->starts_upper = len > 0 && text[0] >= 'A' && text[0] <= 'Z';
	notes->has_double_spaces = contains(text, len, "  ");
	notes->has_spaced_points =
	    contains(text, len, " .") || contains(text, len, " ,") ||
	    contains(text, len, " ;") || contains(text, len, " :") ||
	    contains(text, len, " !") || contains(text, len, " ?");
	notes->starts_space = len > 0 && text[0] == ' ';
	notes->ends_space = len > 0 && text[len - 1] == ' ';
	for (size_t i = 0; i < len; i += c.len) {
		if (i == 0 || is_space(text[i - 1]))
			address_end = i + address_length(text + i, len - i);
		c = character_at(text + i, len - i);
		if (c.code == RIGHT_QUOTE && after_letter && i + c.len < len) {
			/* "isn't" as the dictionaries spell it. */
			next = character_at(text + i + c.len, len - i - c.len);
			is_plain(next.code, &is_next_letter);
		}
		if (i < address_end) {
			put_blank(&e, c.code);
			is_letter = false;
		} else if (is_next_letter) {
			put_plain(&e, "'", 1);
			is_letter = false;
		} else if (is_plain(c.code, &is_letter)) {
			put_plain(&e, text + i, c.len);
			if (text[i] != ' ')
				last = text[i];
		} else {
			put_blank(&e, c.code);
			is_letter = false;
		}
		after_letter = is_letter;
		is_next_letter = false;
	}
	notes->added_full_stop = strchr(".,;:!?", last) == NULL;
	if (notes->added_full_stop)
		put_plain(&e, ".", 1);
	n = snprintf(
	    tail, sizeof(tail), "[pipebooth %llu]", (unsigned long long)mark);
	put_plain(&e, tail, (size_t)n + 1); /* with the NUL */
	return e.failed ? STREAM_ERR_NOMEM : 0;
}

/*
 * The full stop that we added: the last one outside superblanks.  Rules may
 * have moved a word or a blank behind it, or have eaten it.
 */
static size_t
find_full_stop(const char *p, size_t n)
{
	bool is_in_blank = false;
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\\')
			i++;
		else if (p[i] == '[' || p[i] == ']')
			is_in_blank = p[i] == '[';
		else if (!is_in_blank && p[i] == '.')
			found = i;
		else if (!is_in_blank && p[i] != ' ')
			found = SIZE_MAX;
	}
	return found;
}

struct decoder {
	struct bytes *q;
	const struct stream_notes *notes;
	bool is_in_blank;
	bool is_literal;
	bool is_first;
	size_t nspaces; /* that wait: what follows says whether they stay */
};

/* The spaces before a character of the answer, or before its end ('\0'). */
static int
take_spaces(struct decoder *d, char next)
{
	const struct stream_notes *notes = d->notes;
	size_t n = d->nspaces;

	d->nspaces = 0;
	if ((d->is_first && !notes->starts_space) ||
	    (next == '\0' && !notes->ends_space) ||
	    (next != '\0' && strchr(".,;:!?", next) != NULL &&
		!notes->has_spaced_points))
		return 0;
	if (n > 1 && !notes->has_double_spaces)
		n = 1;
	for (; n > 0; n--)
		if (bytes_append(d->q, " ", 1) != 0)
			return -1;
	return 0;
}

/* One character of an answer, at p; `is_escaped` by a backslash. */
static int
take(struct decoder *d, const char *p, const struct character *c,
    bool is_escaped)
{
	bool is_moved;
	char ascii = *p;

	if (!is_escaped && (c->code == '[' || c->code == ']')) {
		d->is_in_blank = c->code == '[';
		return 0;
	}
	if (d->is_in_blank && c->code == LITERAL && !d->is_literal) {
		d->is_literal = true;
		return 0;
	}
	is_moved = d->is_in_blank && !d->is_literal && c->code >= MOVED &&
	           c->code < MOVED_END;
	d->is_literal = false;
	if (c->code == ' ' && !d->is_in_blank) {
		d->nspaces++;
		return 0;
	}
	if (take_spaces(d, d->is_in_blank ? 'x' : ascii) != 0)
		return -1;
	if (is_moved)
		ascii = (char)(c->code - MOVED);
	else if (d->is_first && d->notes->starts_upper && ascii >= 'a' &&
		 ascii <= 'z')
		ascii = (char)(ascii - 'a' + 'A');
	d->is_first = false;
	if (is_moved || c->len == 1)
		return bytes_append(d->q, &ascii, 1);
	return bytes_append(d->q, p, c->len);
}

int
stream_decode(struct bytes *q, const char *answer, size_t len,
    const struct stream_notes *notes)
{
	struct decoder d = { .q = q, .notes = notes, .is_first = true };
	char mark[MARK_BYTES];
	size_t mark_len, skip = SIZE_MAX;
	struct character c;
	bool is_escaped;

	mark_len = (size_t)snprintf(mark, sizeof(mark), "[pipebooth %llu]",
	    (unsigned long long)notes->mark);
	/* A NUL within: the stages answered more than they were asked. */
	if (len < mark_len || memchr(answer, '\0', len) != NULL ||
	    memcmp(answer + len - mark_len, mark, mark_len) != 0)
		return STREAM_ERR_MARK;
	len -= mark_len;
	if (notes->added_full_stop)
		skip = find_full_stop(answer, len);
	for (size_t i = 0; i < len; i += c.len) {
		is_escaped = !d.is_in_blank && answer[i] == '\\' && i + 1 < len;
		i += is_escaped;
		c = character_at(answer + i, len - i);
		if (i != skip && take(&d, answer + i, &c, is_escaped) < 0)
			return STREAM_ERR_NOMEM;
	}
	return take_spaces(&d, '\0') == 0 ? 0 : STREAM_ERR_NOMEM;
}
