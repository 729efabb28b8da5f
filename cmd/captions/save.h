/* Where captions go: standard output, or files that are whole or not there.
 * All of these die() on failure. */
#ifndef CAPTIONS_SAVE_H
#define CAPTIONS_SAVE_H

#include <stddef.h>

void save_stdout(const char *text, size_t len);

/* What was printed has reached standard output. */
void save_flush(void);

/*
 * Write DIR/NAME[-TALK].LANG.SUFFIX, where NAME is that of the archive without
 * its folder and ".jsonl"; "talk" if it is NULL.  `talk` 0: the only one.  The
 * folder is made if it is missing.  An older file is replaced whole.
 */
void save_file(const char *dir, const char *archive, size_t talk,
    const char *lang, const char *suffix, const char *text, size_t len);

#endif
