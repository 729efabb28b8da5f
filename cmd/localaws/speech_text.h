/* Texts to be spoken: where a sentence ends, what is billed, whether SSML is
 * well formed. */
#ifndef LOCALAWS_SPEECH_TEXT_H
#define LOCALAWS_SPEECH_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The service's limits of one text, in characters. */
#define SPEECH_CHARS_MAX 6000
#define SPEECH_BILLED_MAX 3000

/* Characters (code points) of n bytes of UTF-8. */
size_t speech_chars(const char *p, size_t n);

/* Those that are billed: without the tags of SSML. */
size_t speech_billed(const char *p, size_t n, bool is_ssml);

/*
 * Bytes up to the end of the last whole sentence, with the blanks after it; 0
 * when there is none.  A full stop, question or exclamation mark ends one when
 * a blank follows (what comes after may still be part of a number or name); the
 * marks of Chinese, Japanese and Hindi end one by themselves.
 */
size_t speech_sentences(const char *p, size_t n);

/* Whether there is nothing but white space. */
bool speech_is_blank(const char *p, size_t n);

/*
 * Whether the text is one SSML document: <speak>, tags closed in order, nothing
 * around it.  Names and attributes are the engine's business.  On false *why is
 * a text.
 */
bool speech_ssml_is_ok(const char *p, size_t n, const char **why);

#endif
