/* The file of booth-glossary(5). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "glossary.h"
#include "glossary_priv.h"

struct parser {
	struct glossary *glossary;
	struct term *term; /* of the last [term], NULL: none yet */
	unsigned int line;
};

/* Add a word at the end of a list; lang may be "". */
static int
add_word(struct word **list, const char *lang, const char *text)
{
	size_t size = strlen(text) + 1;
	struct word *w = malloc(sizeof(*w) + size);

	if (w == NULL)
		return GLOSSARY_ERR_NOMEM;
	w->next = NULL;
	memcpy(w->lang, lang, strlen(lang) + 1);
	memcpy(w->text, text, size);
	while (*list != NULL)
		list = &(*list)->next;
	*list = w;
	return 0;
}

/* The text without spaces at its ends; cuts s. */
static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " \t\r");
	for (n = strlen(s); n > 0 && strchr(" \t\r", s[n - 1]) != NULL; n--)
		s[n - 1] = '\0';
	return s;
}

static int
begin_term(struct parser *p, char *name)
{
	struct glossary *g = p->glossary;
	struct term **grown, *t;
	size_t alloc = g->alloc == 0 ? 64 : g->alloc * 2;

	name = trim(name);
	if (name[0] == '\0')
		return GLOSSARY_ERR_BLANK;
	if (strlen(name) > GLOSSARY_MAX_VALUE)
		return GLOSSARY_ERR_LONG;
	if (g->nterms == GLOSSARY_MAX_TERMS)
		return GLOSSARY_ERR_SIZE;
	if (g->nterms == g->alloc) {
		grown = realloc(g->terms, alloc * sizeof(struct term *));
		if (grown == NULL)
			return GLOSSARY_ERR_NOMEM;
		g->terms = grown;
		g->alloc = alloc;
	}
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return GLOSSARY_ERR_NOMEM;
	t->number = g->nterms;
	t->line = p->line;
	g->terms[g->nterms++] = p->term = t;
	return add_word(&t->forms, "", name);
}

/* A language's word: once each. */
static int
add_for_lang(struct word **list, const char *lang, const char *text)
{
	char buf[LANG_TAG_MAX];
	const struct word *w;

	if (strcmp(lang, "*") != 0) {
		if (!lang_is_tag(lang))
			return GLOSSARY_ERR_KEY;
		lang = lang_canonical(lang, buf);
	}
	for (w = *list; w != NULL; w = w->next)
		if (strcmp(w->lang, lang) == 0)
			return GLOSSARY_ERR_TWICE;
	return add_word(list, lang, text);
}

/* "en, de-DE" */
static int
add_from(struct term *t, char *value)
{
	char *tag, *end, buf[LANG_TAG_MAX];
	int rc;

	for (tag = value; tag != NULL; tag = end) {
		end = strchr(tag, ',');
		if (end != NULL)
			*end++ = '\0';
		tag = trim(tag);
		if (!lang_is_tag(tag))
			return GLOSSARY_ERR_LANG;
		rc = add_word(&t->from, lang_canonical(tag, buf), "");
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
set_match(struct term *t, const char *value)
{
	if (t->has_match)
		return GLOSSARY_ERR_TWICE;
	t->has_match = true;
	t->is_exact = strcmp(value, "exact") == 0;
	return t->is_exact || strcmp(value, "any") == 0 ? 0
	                                                : GLOSSARY_ERR_MATCH;
}

static int
set_key(struct parser *p, char *key, char *value)
{
	struct term *t = p->term;

	if (t == NULL)
		return GLOSSARY_ERR_EARLY;
	if (value[0] == '\0')
		return GLOSSARY_ERR_EMPTY;
	if (strlen(value) > GLOSSARY_MAX_VALUE)
		return GLOSSARY_ERR_LONG;
	if (strcmp(key, "also") == 0)
		return add_word(&t->forms, "", value);
	if (strcmp(key, "from") == 0)
		return t->from == NULL ? add_from(t, value)
		                       : GLOSSARY_ERR_TWICE;
	if (strcmp(key, "match") == 0)
		return set_match(t, value);
	if (strcmp(key, "say") == 0)
		return add_for_lang(&t->says, "*", value);
	if (strncmp(key, "say", 3) == 0 && (key[3] == ' ' || key[3] == '\t'))
		return add_for_lang(&t->says, trim(key + 3), value);
	return add_for_lang(&t->renderings, key, value);
}

static int
take_line(struct parser *p, char *line)
{
	char *end, *equals;

	line = trim(line);
	if (line[0] == '\0' || line[0] == '#' || line[0] == ';')
		return 0;
	if (line[0] == '[') {
		end = strrchr(line, ']');
		if (end == NULL || end[1] != '\0')
			return GLOSSARY_ERR_SYNTAX;
		*end = '\0';
		return begin_term(p, line + 1);
	}
	equals = strchr(line, '=');
	if (equals == NULL)
		return GLOSSARY_ERR_SYNTAX;
	*equals = '\0';
	return set_key(p, trim(line), trim(equals + 1));
}

/* A line is text, of one line. */
static bool
is_text(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < ' ' && s[i] != '\t' && s[i] != '\r')
			return false;
	return utf8_is_valid(s, n) && memchr(s, 0x7f, n) == NULL;
}

/* Whether another term has this form for the same talks: 0,
 * GLOSSARY_ERR_TWICE or GLOSSARY_ERR_NOMEM. */
static int
check_form(const struct glossary *g, const struct term *t, const char *form,
    bool is_exact)
{
	const struct term *other;
	const struct word *w;
	struct phrases_hit hit;
	struct letters l;
	bool taken = false;

	if (letters_init(&l, &g->phrases, form, strlen(form)) != 0)
		return GLOSSARY_ERR_NOMEM;
	if (phrases_next(&g->phrases, &l, 0, NULL, NULL, &hit) && hit.at == 0 &&
	    hit.len == strlen(form) && hit.is_exact == is_exact) {
		other = hit.value;
		taken = other->from == NULL || t->from == NULL;
		for (w = t->from; w != NULL && !taken; w = w->next)
			taken = term_is_from(other, w->lang);
	}
	letters_release(&l);
	return taken ? GLOSSARY_ERR_TWICE : 0;
}

/* All is read: make it findable. */
static int
index_term(struct glossary *g, struct term *t)
{
	const struct word *w;
	bool is_exact;
	int rc;

	for (w = t->forms; w != NULL; w = w->next) {
		is_exact = t->is_exact ||
		           (!t->has_match &&
			       phrases_is_capitals(&g->phrases, w->text));
		rc = check_form(g, t, w->text, is_exact);
		if (rc != 0)
			return rc;
		rc = phrases_add(&g->phrases, w->text, is_exact, t);
		if (rc != 0)
			return rc == PHRASES_ERR_BLANK ? GLOSSARY_ERR_BLANK
			                               : GLOSSARY_ERR_NOMEM;
	}
	return 0;
}

static int
parse(struct parser *p, const char *text, size_t n)
{
	size_t at = 0, len, i;
	const char *end;
	char *line;
	int rc = 0;

	/* A byte order mark, as some editors write it. */
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	for (; at < n && rc == 0; at += len + 1) {
		p->line++;
		end = memchr(text + at, '\n', n - at);
		len = end != NULL ? (size_t)(end - text) - at : n - at;
		if (!is_text(text + at, len))
			return GLOSSARY_ERR_UTF8;
		line = malloc(len + 1);
		if (line == NULL)
			return GLOSSARY_ERR_NOMEM;
		memcpy(line, text + at, len);
		line[len] = '\0';
		rc = take_line(p, line);
		free(line);
	}
	for (i = 0; i < p->glossary->nterms && rc == 0; i++) {
		p->line = p->glossary->terms[i]->line;
		rc = index_term(p->glossary, p->glossary->terms[i]);
	}
	return rc;
}

struct glossary *
glossary_parse(const char *text, size_t n, int *code, unsigned int *line)
{
	struct parser p;

	memset(&p, 0, sizeof(p));
	*line = 0;
	*code = GLOSSARY_ERR_SIZE;
	if (n > GLOSSARY_MAX_BYTES)
		return NULL;
	*code = GLOSSARY_ERR_NOMEM;
	p.glossary = calloc(1, sizeof(*p.glossary));
	if (p.glossary == NULL)
		return NULL;
	p.glossary->refs = 1;
	*code = GLOSSARY_ERR_LOCALE;
	if (phrases_init(&p.glossary->phrases) == 0)
		*code = parse(&p, text, n);
	if (*code == 0)
		return p.glossary;
	if (*code != GLOSSARY_ERR_NOMEM && *code != GLOSSARY_ERR_LOCALE)
		*line = p.line;
	glossary_unref(p.glossary);
	return NULL;
}

/* All of fd into q.  0 or a code. */
static int
read_all(int fd, struct bytes *q)
{
	uint8_t *room;
	ssize_t n;

	for (;;) {
		room = bytes_reserve(q, 4096);
		if (room == NULL)
			return bytes_len(q) + 4096 > q->cap
			           ? GLOSSARY_ERR_SIZE
			           : GLOSSARY_ERR_NOMEM;
		n = read(fd, room, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? 0 : GLOSSARY_ERR_SYS;
		bytes_commit(q, (size_t)n);
	}
}

struct glossary *
glossary_load(const char *path, int *code, unsigned int *line)
{
	struct glossary *g = NULL;
	int fd, saved_errno;
	struct bytes q;
	size_t n;

	*line = 0;
	*code = GLOSSARY_ERR_SYS;
	/* A FIFO must not stop the talk. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return NULL;
	bytes_init(&q, GLOSSARY_MAX_BYTES + 2 * 4096);
	*code = read_all(fd, &q);
	saved_errno = errno;
	close(fd);
	if (*code == 0)
		g = glossary_parse((const char *)bytes_peek(&q, &n),
		    bytes_len(&q), code, line);
	bytes_release(&q);
	errno = saved_errno;
	return g;
}
