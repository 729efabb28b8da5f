#include "glossary_watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Whether the file looks as it did: an editor writes it in place or puts a new
 * one there by rename. */
static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void
explain(struct glossary_watch *w, int code, unsigned int line)
{
	const char *text = glossary_strerror(code);

	if (code == GLOSSARY_ERR_SYS)
		snprintf(w->why, sizeof(w->why),
		    "cannot read glossary '%s': %s", w->path, strerror(errno));
	else if (line > 0)
		snprintf(w->why, sizeof(w->why), "glossary '%s', line %u: %s",
		    w->path, line, text);
	else
		snprintf(
		    w->why, sizeof(w->why), "glossary '%s': %s", w->path, text);
}

/* Read the file; the old glossary stays where that fails. */
static int
take(struct glossary_watch *w)
{
	struct glossary *g;
	unsigned int line;
	int code;

	g = glossary_load(w->path, &code, &line);
	if (g == NULL) {
		explain(w, code, line);
		return code;
	}
	glossary_unref(w->glossary);
	w->glossary = g;
	return 0;
}

int
glossary_watch_init(struct glossary_watch *w, const char *path)
{
	memset(w, 0, sizeof(*w));
	w->path = path;
	/* Looked at first: what changes while it is read is seen later. */
	if (path == NULL || stat(path, &w->seen) == 0)
		return path == NULL ? 0 : take(w);
	explain(w, GLOSSARY_ERR_SYS, 0);
	return GLOSSARY_ERR_SYS;
}

void
glossary_watch_release(struct glossary_watch *w)
{
	glossary_unref(w->glossary);
	w->glossary = NULL;
}

void
glossary_watch_prepare(const struct glossary_watch *w, struct loop *l)
{
	if (w->path != NULL)
		loop_deadline(l, w->look_at_ms);
}

static enum glossary_news
say_broken(struct glossary_watch *w)
{
	w->is_broken = true;
	return GLOSSARY_BROKEN;
}

enum glossary_news
glossary_watch_dispatch(struct glossary_watch *w, int64_t now_ms)
{
	struct stat now;

	if (w->path == NULL || now_ms < w->look_at_ms)
		return GLOSSARY_SAME;
	w->look_at_ms = now_ms + GLOSSARY_LOOK_MS;
	if (stat(w->path, &now) != 0) {
		/* Between two versions it may be away for a moment; said once.
		 */
		if (w->seen.st_ino == 0 && w->seen.st_dev == 0)
			return GLOSSARY_SAME;
		explain(w, GLOSSARY_ERR_SYS, 0);
		memset(&w->seen, 0, sizeof(w->seen));
		return say_broken(w);
	}
	if (is_same(&now, &w->seen))
		return GLOSSARY_SAME;
	w->seen = now;
	if (take(w) != 0)
		return say_broken(w);
	w->is_broken = false;
	return GLOSSARY_NEW;
}
