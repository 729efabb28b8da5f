/*
 * When each part of a text was said: a broken line through the points that are
 * known.  For what was spoken these are its words; for a translation only its
 * beginning and its end are, so it is spread evenly.
 */
#ifndef CAPTIONS_ANCHORS_H
#define CAPTIONS_ANCHORS_H

#include <jansson.h>
#include <stddef.h>

struct anchor {
	size_t at; /* byte of the text */
	double ms;
};

struct anchors {
	struct anchor *list; /* owned; neither at nor ms ever falls */
	size_t n;
};

/*
 * Points of a text (of clean_text()) that was said from start_ms to end_ms.
 * `items` is the array of a transcript, or NULL: words that are found in the
 * text, in order, give two points each.  0, or -1: no memory.
 */
int anchors_init(struct anchors *a, const char *text, double start_ms,
    double end_ms, const json_t *items);

void anchors_release(struct anchors *a);

/* When what begins at byte `at` began, and when what ends there ended. */
double anchors_start(const struct anchors *a, size_t at);

double anchors_end(const struct anchors *a, size_t at);

#endif
