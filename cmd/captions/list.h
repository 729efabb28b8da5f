/* The talks of an archive as a table for people. */
#ifndef CAPTIONS_LIST_H
#define CAPTIONS_LIST_H

#include <jansson.h>
#include <stdio.h>

#include "talks.h"

/*
 * The languages of talks first to last, as the keys of a new object: those that
 * were spoken (value true) and those that something was translated to (false).
 * NULL: no memory.
 */
json_t *list_languages(const struct talks *t, size_t first, size_t last);

/* Print a line for each talk: number, begin (local time), length, utterances,
 * languages spoken, and those translated to.  0, or -1: no memory. */
int list_talks(FILE *f, const struct talks *t);

#endif
