/*
 * translate --check: what would be used, tried by one call; what is missing, in
 * words.
 */
#ifndef TRANSLATE_CHECK_H
#define TRANSLATE_CHECK_H

#include <stdbool.h>

#include "run.h"

/* Look, try, and print it on stdout, as lines or as one JSON object.  The exit
 * status. */
int check_run(const struct options *o, bool as_json);

#endif
