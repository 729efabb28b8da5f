#include "mode.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
add_word(struct mode_stage *s, const char *word)
{
	size_t n = 0;

	while (s->argv[n] != NULL)
		n++;
	if (n == MODE_ARGS_MAX)
		return MODE_ERR_SYNTAX;
	s->argv[n] = strdup(word);
	return s->argv[n] != NULL ? 0 : MODE_ERR_NOMEM;
}

/*
 * One word at p: quotes taken off, placeholders filled.  Returns what follows
 * it, NULL when it is more than that.
 */
static const char *
read_word(const char *p, char *word, bool *is_empty)
{
	const char *end;
	size_t n = 0;

	*is_empty = false;
	if (strncmp(p, "$1", 2) == 0 || strncmp(p, "$2", 2) == 0) {
		*is_empty = p[1] == '2';
		strcpy(word, "-n");
		return strchr(" \t\n|", p[2]) != NULL ? p + 2 : NULL;
	}
	while (strchr(" \t\n|", *p) == NULL) {
		if (*p == '\'' || *p == '"') {
			if ((end = strchr(p + 1, *p)) == NULL)
				return NULL;
			/* In double quotes a shell would still expand. */
			if (*p == '"' && strcspn(p, "$`\\") < (size_t)(end - p))
				return NULL;
			memcpy(word + n, p + 1, (size_t)(end - p - 1));
			n += (size_t)(end - p - 1);
			p = end + 1;
		} else if (strchr("$`\\;&<>(){}*?~#!", *p) != NULL) {
			return NULL;
		} else {
			word[n++] = *p++;
		}
	}
	word[n] = '\0';
	return p;
}

int
mode_parse(struct mode *m, const char *line)
{
	char word[MODE_LINE_MAX];
	struct mode_stage *s = NULL;
	bool is_empty;
	int err;

	if (strlen(line) >= MODE_LINE_MAX)
		return MODE_ERR_SYNTAX;
	for (const char *p = line;;) {
		p += strspn(p, " \t\n");
		if (*p == '|' || *p == '\0') {
			if (s == NULL)
				return MODE_ERR_SYNTAX; /* an empty stage */
			if (*p++ == '\0')
				return 0;
			s = NULL;
			continue;
		}
		if ((p = read_word(p, word, &is_empty)) == NULL)
			return MODE_ERR_SYNTAX;
		if (is_empty)
			continue;
		if (s != NULL) {
			if ((err = add_word(s, word)) < 0)
				return err;
			continue;
		}
		if (m->nstages == MODE_STAGES_MAX)
			return MODE_ERR_SYNTAX;
		s = &m->stages[m->nstages++];
		if ((err = add_word(s, word)) < 0 ||
		    (err = add_word(s, "-z")) < 0)
			return err;
	}
}

int
mode_load(struct mode *m, const char *path)
{
	char line[MODE_LINE_MAX];
	FILE *f = fopen(path, "re");
	size_t n;
	int saved;

	if (f == NULL)
		return MODE_ERR_READ;
	n = fread(line, 1, sizeof(line) - 1, f);
	saved = errno;
	if (ferror(f)) {
		fclose(f);
		errno = saved;
		return MODE_ERR_READ;
	}
	fclose(f);
	line[n] = '\0';
	return n == sizeof(line) - 1 ? MODE_ERR_SYNTAX : mode_parse(m, line);
}

void
mode_release(struct mode *m)
{
	for (size_t i = 0; i < m->nstages; i++)
		for (char **a = m->stages[i].argv; *a != NULL; a++)
			free(*a);
	memset(m, 0, sizeof(*m));
}
