/* A QR code drawn: for a terminal, as SVG, as PNG.  Dark on light, with the
 * margin of four modules that ISO/IEC 18004 wants. */
#ifndef TOKEN_CODE_H
#define TOKEN_CODE_H

#include <qrencode.h>
#include <stdio.h>

/* Each returns 0, or -1: it could not be written (or no memory, for PNG). */

/* Two modules a character, as half blocks; colours are set by escape
 * sequences, so that it reads on dark and light terminals alike. */
int code_draw_utf8(const QRcode *code, FILE *f);

/* One unit a module; scales without loss. */
int code_draw_svg(const QRcode *code, FILE *f);

/* Eight pixels a module, one bit each. */
int code_draw_png(const QRcode *code, FILE *f);

#endif
