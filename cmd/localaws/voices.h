/* Polly's voices, as facts: who speaks what, by which engines. */
#ifndef LOCALAWS_VOICES_H
#define LOCALAWS_VOICES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Bits of voice.engines. */
enum {
	VOICE_STANDARD = 1,
	VOICE_NEURAL = 2,
	VOICE_LONG_FORM = 4,
	VOICE_GENERATIVE = 8,
};

struct voice {
	const char *id;
	const char *name;
	bool is_male;
	const char *lang; /* Polly's LanguageCode */
	const char *also; /* an additional one (bilingual), or NULL */
	unsigned int engines;
};

/* All of them; *n. */
const struct voice *voices_table(size_t *n);

/* NULL: no such voice. */
const struct voice *voices_find(const char *id);

/* The bit of "standard", ...; 0: no such engine. */
unsigned int voices_engine(const char *name);

/* "Castilian Spanish" of "es-ES"; NULL: not a language of Polly's. */
const char *voices_language(const char *code);

/* The language to speak: `asked` (may be NULL) where a bilingual voice has it,
 * else the voice's first. */
const char *voices_speaks(const struct voice *v, const char *asked);

/* The voice as DescribeVoices lists it; a new object. */
json_t *voices_json(const struct voice *v);

#endif
