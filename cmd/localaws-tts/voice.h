/* From Polly's voices and languages to espeak-ng's. */
#ifndef LOCALAWS_TTS_VOICE_H
#define LOCALAWS_TTS_VOICE_H

#include <stdbool.h>
#include <stddef.h>

#define VOICE_NAME_BYTES 40

/*
 * espeak-ng's name of a language ("es-MX" is "es-419"): a guess for languages
 * that the table lacks, which espeak-ng may refuse.  False: not a tag.
 */
bool voice_language(const char *tag, char name[VOICE_NAME_BYTES]);

/* Whether Polly's voice of this id (any case, with or without accents) speaks
 * as a man.  Unknown ids are taken for women, as most of Polly's voices are. */
bool voice_is_male(const char *id);

/* The name to give to espeak_SetVoiceByName(): the language with a variant. */
void
voice_name(char out[VOICE_NAME_BYTES + 4], const char *language, bool is_male);

#endif
