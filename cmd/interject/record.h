/*
 * What was said, on record before it goes on: a file of the finals and the
 * retractions that passed, for whoever starts the rest of a pipeline again
 * after it was killed.  A file that grew long is renamed to FILE.1 and begun
 * anew: a day's talks do not fill the memory in which a run directory lies.
 */
#ifndef INTERJECT_RECORD_H
#define INTERJECT_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Our choice: some hundred finals in each of the two. */
#define RECORD_MAX_BYTES (512 * 1024)

struct record {
	const char *path; /* borrowed until record_release() */
	size_t nbytes;    /* in the file */
	int fd;           /* owned; -1: nothing is recorded */
	bool is_broken;   /* a line did not go whole; told once */
};

/* Append to the file, which is made if it is not there; NULL: no record.  0, or
 * -1 and errno. */
int record_open(struct record *r, const char *path);

void record_release(struct record *r);

/*
 * Append the line if it is a final transcript or a retraction.  0; or -1 and
 * errno, once: the file cannot be written, and lines may be missing in it until
 * it can.
 */
int
record_line(struct record *r, const json_t *obj, const char *line, size_t len);

#endif
