/*
 * The glossary file of a talk that goes on: read again when it changes, so that
 * a name can be added while the speaker says it.  A version that is wrong is
 * told, and the one before stays in use.
 */
#ifndef TRANSLATE_GLOSSARY_WATCH_H
#define TRANSLATE_GLOSSARY_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/loop.h"
#include "glossary.h"

/* How often the file is looked at; our choice. */
#define GLOSSARY_LOOK_MS 1000

enum glossary_news {
	GLOSSARY_SAME,
	GLOSSARY_NEW,   /* `glossary` is another one */
	GLOSSARY_BROKEN /* the file has changed for the worse; `why` */
};

struct glossary_watch {
	const char *path; /* borrowed; NULL: there is no glossary */
	struct glossary *glossary;
	struct stat seen; /* what the file was when it was read last */
	int64_t look_at_ms;
	bool is_broken; /* the file as it is now was not taken */
	char why[512];  /* of GLOSSARY_BROKEN, and of glossary_watch_init() */
};

/* Read the file.  0, or GLOSSARY_ERR_* with `why`. */
int glossary_watch_init(struct glossary_watch *w, const char *path);

void glossary_watch_release(struct glossary_watch *w);

void glossary_watch_prepare(const struct glossary_watch *w, struct loop *l);

/* Look at the file if it is time. */
enum glossary_news
glossary_watch_dispatch(struct glossary_watch *w, int64_t now_ms);

#endif
