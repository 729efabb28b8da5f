/*
 * Which languages can be reached from which: the modes that are installed, the
 * shortest path over them, and the Debian packages that would bring a path that
 * is not there.
 */
#ifndef LOCALAWS_MT_PAIRS_H
#define LOCALAWS_MT_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

#define PAIRS_CODE_BYTES 9  /* ISO 639 code with NUL */
#define PAIRS_NAME_BYTES 64 /* file name of a mode without ".mode" */
#define PAIRS_MODES_MAX 512 /* ten times what all of Debian 12 installs */
#define PAIRS_PATH_MAX 4    /* hops; worse than nothing beyond */

enum {
	PAIRS_ERR_READ = -1, /* of the directory: errno */
	PAIRS_ERR_NOPATH = -2,
};

struct pairs_mode {
	char name[PAIRS_NAME_BYTES];    /* "es-pt_BR" */
	char from[PAIRS_CODE_BYTES];    /* "es" */
	char to[PAIRS_CODE_BYTES];      /* "pt" */
	char variant[PAIRS_NAME_BYTES]; /* of the target: "BR", or "" */
};

struct pairs {
	struct pairs_mode modes[PAIRS_MODES_MAX]; /* sorted by name */
	size_t nmodes;
};

/*
 * The language of a tag as Translate writes it: "pt-BR", "pt_PT", "por" and
 * "PT" are all "pt".  A language without a two-letter code keeps its three.
 * False: not shaped like a tag.
 */
bool pairs_language(const char *tag, char code[PAIRS_CODE_BYTES]);

/*
 * Read the names of a directory of modes.  Only names FROM-TO[_VARIANT].mode
 * count; what has more parts is somebody's experiment.  A directory that is not
 * there holds none.  0 or PAIRS_ERR_READ.
 */
int pairs_scan(struct pairs *p, const char *dir);

/* Take one name into account, as pairs_scan() does for each. */
void pairs_add(struct pairs *p, const char *file_name);

/*
 * The shortest way from one tag to another.  The last hop is the variant that
 * the target's tag asks for ("pt-BR"; a bare "pt" is Brazilian, as in
 * Translate), if there is one.  Returns the number of hops, in path (borrowed
 * from p), or PAIRS_ERR_NOPATH.
 */
int pairs_path(const struct pairs *p, const char *from, const char *to,
    const struct pairs_mode *path[PAIRS_PATH_MAX]);

/*
 * Debian packages that would complete a path: "apertium-eng-spa and
 * apertium-spa-ita".  False: none that we know of.
 */
bool pairs_packages(const struct pairs *p, const char *from, const char *to,
    char *text, size_t size);

/*
 * Call fn for each pair of different languages with a path, in order of their
 * codes.
 */
void pairs_each(const struct pairs *p,
    void (*fn)(void *arg, const char *from, const char *to), void *arg);

#endif
