#include "aws/ini.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One "key = value"; a section's mere existence is an entry with key NULL.  All
 * strings point into ini->text. */
struct entry {
	enum ini_section section;
	const char *name;  /* of the section */
	const char *key;   /* NULL: the section's own line */
	const char *block; /* key that opened the block, or NULL */
	const char *value;
	bool is_weak; /* of [default] where [profile default] counts more */
};

struct ini {
	char *text; /* owned copy, cut into strings */
	size_t text_len;
	struct entry *entries; /* owned */
	size_t n;
	size_t alloc;
	size_t problem_line;
	const char *problem;
};

/* Where the parser stands. */
struct state {
	enum ini_kind kind;
	bool in_section; /* one that counts */
	enum ini_section section;
	const char *name;
	bool is_weak;
	const char *block;   /* open, or NULL */
	size_t block_indent; /* columns in front of its key */
	size_t line;
};

const char *
ini_strerror(int code)
{
	switch (code) {
#define X(name, value, text)                                                   \
	case INI_ERR_##name:                                                   \
		return text;
		INI_ERRORS(X)
#undef X
	}
	return "unknown error";
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* Cut white space off both ends, in place; returns the new start. */
static char *
trim(char *s)
{
	size_t n;

	while (is_blank(*s))
		s++;
	n = strlen(s);
	while (n > 0 && is_blank(s[n - 1]))
		s[--n] = '\0';
	return s;
}

/* End the line where a comment begins: '#' or ';' at its start or after white
 * space. */
static void
cut_comment(char *s)
{
	char *p;

	for (p = s; *p != '\0'; p++)
		if ((*p == '#' || *p == ';') && (p == s || is_blank(p[-1]))) {
			*p = '\0';
			return;
		}
}

static void
note_problem(struct ini *ini, const struct state *st, const char *why)
{
	if (ini->problem != NULL)
		return;
	ini->problem = why;
	ini->problem_line = st->line;
}

static int
add_entry(struct ini *ini, const struct state *st, const char *key,
    const char *block, const char *value)
{
	struct entry *e;
	size_t alloc;

	if (ini->n >= INI_MAX_ENTRIES)
		return INI_ERR_SIZE;
	if (ini->n == ini->alloc) {
		alloc = ini->alloc == 0 ? 64 : 2 * ini->alloc;
		e = realloc(ini->entries, alloc * sizeof(*e));
		if (e == NULL)
			return INI_ERR_NOMEM;
		ini->entries = e;
		ini->alloc = alloc;
	}
	e = &ini->entries[ini->n++];
	e->section = st->section;
	e->name = st->name;
	e->key = key;
	e->block = block;
	e->value = value;
	e->is_weak = st->is_weak;
	return 0;
}

/* What stands after the word `prefix` and white space, quotes taken off; NULL:
 * another word. */
static char *
after_word(char *s, const char *prefix)
{
	size_t n = strlen(prefix), len;

	if (strncmp(s, prefix, n) != 0 || !is_blank(s[n]))
		return NULL;
	s = trim(s + n);
	len = strlen(s);
	if (len >= 2 && (s[0] == '"' || s[0] == '\'') && s[len - 1] == s[0]) {
		s[len - 1] = '\0';
		s++;
	}
	return s[0] != '\0' ? s : NULL;
}

/* "[...]": sets where we are.  Sections that are not ours are left out without
 * a word. */
static int
open_section(struct ini *ini, struct state *st, char *s)
{
	static const struct {
		const char *word;
		enum ini_section section;
	} words[] = { { "profile", INI_PROFILE }, { "services", INI_SERVICES },
		{ "sso-session", INI_SSO_SESSION } };
	char *name = NULL, *end;
	size_t i;

	st->in_section = false;
	st->block = NULL;
	st->is_weak = false;
	/* Behind the bracket a comment needs no space. */
	end = strchr(s, ']');
	if (end == NULL || end == s + 1 ||
	    (end[1] != '\0' && end[1] != '#' && end[1] != ';')) {
		note_problem(ini, st, "section has no ']' or no name");
		return 0;
	}
	*end = '\0';
	s = trim(s + 1);
	st->section = INI_PROFILE;
	if (st->kind == INI_CREDENTIALS) {
		name = s[0] != '\0' ? s : NULL;
	} else if (strcmp(s, "default") == 0) {
		name = s;
		st->is_weak = true;
	}
	for (i = 0; name == NULL && st->kind == INI_CONFIG && i < 3; i++) {
		name = after_word(s, words[i].word);
		st->section = words[i].section;
	}
	if (name == NULL)
		return 0;
	st->in_section = true;
	st->name = name;
	return add_entry(ini, st, NULL, NULL, "");
}

/* Columns in front of the text, a tab being up to eight of them. */
static size_t
indent_of(const char *line)
{
	size_t n = 0;

	for (; is_blank(*line); line++)
		n += *line == '\t' ? 8 - n % 8 : 1;
	return n;
}

static int
parse_line(struct ini *ini, struct state *st, char *line)
{
	char *s, *value;
	size_t indent;

	cut_comment(line);
	s = trim(line);
	indent = indent_of(line);
	if (s[0] == '\0')
		return 0;
	if (s[0] == '[')
		return open_section(ini, st, s);
	if (!st->in_section)
		return 0;
	value = strchr(s, '=');
	if (value == NULL || value == s) {
		note_problem(ini, st,
		    value == NULL ? "line has no '='" : "line has no key");
		return 0;
	}
	*value++ = '\0';
	s = trim(s);
	value = trim(value);
	/* What stands deeper than the block's key belongs to it, however deep
	 * the key itself stands. */
	if (indent <= st->block_indent)
		st->block = NULL;
	if (st->block == NULL && value[0] == '\0') {
		st->block = s;
		st->block_indent = indent;
		return add_entry(ini, st, s, NULL, value);
	}
	return add_entry(ini, st, s, st->block, value);
}

int
ini_parse(struct ini **out, enum ini_kind kind, const char *p, size_t n)
{
	struct state st = { .kind = kind };
	struct ini *ini = NULL;
	char *line, *end;
	int rc = INI_ERR_NOMEM;

	*out = NULL;
	if (n > INI_MAX_BYTES)
		return INI_ERR_SIZE;
	if (n > 0 && memchr(p, '\0', n) != NULL)
		return INI_ERR_NUL;
	ini = calloc(1, sizeof(*ini));
	if (ini == NULL)
		return INI_ERR_NOMEM;
	ini->text_len = n;
	ini->text = malloc(n + 1);
	if (ini->text == NULL)
		goto out;
	if (n > 0)
		memcpy(ini->text, p, n);
	ini->text[n] = '\0';
	line = ini->text;
	if (n >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)
		line += 3; /* a byte order mark, as Windows editors leave it */
	for (rc = 0; rc == 0 && line != NULL; line = end) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		st.line++;
		rc = parse_line(ini, &st, line);
	}
out:
	if (rc != 0) {
		ini_free(ini);
		ini = NULL;
	}
	*out = ini;
	return rc;
}

void
ini_free(struct ini *ini)
{
	if (ini == NULL)
		return;
	if (ini->text != NULL)
		OPENSSL_cleanse(ini->text, ini->text_len);
	free(ini->text);
	free(ini->entries);
	free(ini);
}

/* Whether an entry stands in that section, and outside of "[default]" if
 * is_strong. */
static bool
is_in(const struct entry *e, enum ini_section section, const char *name,
    bool is_strong)
{
	return e->section == section && strcmp(e->name, name) == 0 &&
	       !(is_strong && e->is_weak);
}

static bool
is_equal(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcasecmp(a, b) == 0;
}

/* The last entry that matches.  Where there is a "[profile default]",
 * "[default]" does not count. */
static const struct entry *
find(const struct ini *ini, enum ini_section section, const char *name,
    const char *block, const char *key)
{
	bool is_strong = false;
	size_t i;

	if (ini == NULL)
		return NULL;
	for (i = 0; i < ini->n && !is_strong; i++)
		is_strong = is_in(&ini->entries[i], section, name, true);
	for (i = ini->n; i > 0; i--) {
		const struct entry *e = &ini->entries[i - 1];

		if (is_in(e, section, name, is_strong) &&
		    is_equal(e->key, key) && is_equal(e->block, block))
			return e;
	}
	return NULL;
}

const char *
ini_get(const struct ini *ini, enum ini_section section, const char *name,
    const char *key)
{
	const struct entry *e = find(ini, section, name, NULL, key);

	return e != NULL ? e->value : NULL;
}

const char *
ini_get_nested(const struct ini *ini, enum ini_section section,
    const char *name, const char *key, const char *subkey)
{
	const struct entry *e = find(ini, section, name, key, subkey);

	return e != NULL ? e->value : NULL;
}

int
ini_has_section(
    const struct ini *ini, enum ini_section section, const char *name)
{
	return find(ini, section, name, NULL, NULL) != NULL;
}

size_t
ini_problem(const struct ini *ini, const char **why)
{
	*why = ini != NULL ? ini->problem : NULL;
	return *why != NULL ? ini->problem_line : 0;
}
