/*
 * Text from the room made fit to be spoken.  It is never markup: it goes to
 * Polly as TextType `text`, in which `<` and `&` are characters like others.
 */
#ifndef SYNTH_SPOKEN_H
#define SYNTH_SPOKEN_H

#include <stddef.h>

/*
 * A copy without what is no text: control characters, noncharacters, direction
 * marks and invalid UTF-8 become spaces, runs of space one, none at the ends.
 * "" when nothing is left.  To be freed by free(); NULL: no memory.
 */
char *spoken_text(const char *text);

/*
 * Bytes of the longest piece at the front of `text` (UTF-8, not empty) of at
 * most max_chars characters: all of it, else up to the end of a sentence in its
 * second half, else up to a space, else up to a character.  The space goes with
 * the piece.
 */
size_t spoken_piece(const char *text, size_t max_chars);

#endif
