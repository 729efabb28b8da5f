/*
 * A timed script in place of recognition (localaws(1), Script): what is "heard"
 * once that much audio has been received, whatever it holds.
 */
#ifndef LOCALAWS_SCRIPT_H
#define LOCALAWS_SCRIPT_H

#include <jansson.h>
#include <stddef.h>

/* Our caps. */
#define SCRIPT_BYTES_MAX (8 * 1024 * 1024)
#define SCRIPT_TEXT_BYTES 256

struct script_entry {
	double at_ms; /* of audio */
	json_t *line; /* a transcript line, as an engine would write it */
};

struct script {
	struct script_entry *entries; /* sorted by at_ms */
	size_t n;
};

/*
 * Read a script from n bytes of text.  Each line is a JSON object of one of two
 * forms:
 *
 *	{"start_ms":..,"end_ms":..,"text":..[,"lang":..]}
 *		an utterance: its words become partials, each at the end of a
 *		word, and a final at end_ms
 *	{"at_ms":..,"final":..,"text":..[,"start_ms","end_ms","id","lang",
 *	    "items"]}
 *		one result, as it is
 *
 * Empty lines and lines that begin with '#' are skipped.  0 and *out, or -1 and
 * what is wrong, with the line's number, in text (SCRIPT_TEXT_BYTES).
 */
int script_parse(
    struct script **out, const char *p, size_t n, char text[SCRIPT_TEXT_BYTES]);

/* The same from a file. */
int script_load(
    struct script **out, const char *path, char text[SCRIPT_TEXT_BYTES]);

void script_free(struct script *s);

#endif
