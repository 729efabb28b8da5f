#include "code.h"

#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN 4
#define PIXELS 8

/* Whether the module is dark; outside of the code nothing is. */
static bool
is_dark(const QRcode *code, int x, int y)
{
	return x >= 0 && y >= 0 && x < code->width && y < code->width &&
	       (code->data[y * code->width + x] & 1) != 0;
}

int
code_draw_utf8(const QRcode *code, FILE *f)
{
	/* Upper half, lower half: light is the foreground. */
	static const char *const halves[2][2] = { { "█", "▀" }, { "▄", " " } };
	int x, y, end = code->width + MARGIN;

	for (y = -MARGIN; y < end; y += 2) {
		/* white on black, whatever the terminal's own are */
		fputs("\033[38;5;231;48;5;16m", f);
		for (x = -MARGIN; x < end; x++)
			fputs(halves[is_dark(code, x, y)]
				    [is_dark(code, x, y + 1)],
			    f);
		fputs("\033[0m\n", f);
	}
	return ferror(f) ? -1 : 0;
}

int
code_draw_svg(const QRcode *code, FILE *f)
{
	int x, y, end, size = code->width + 2 * MARGIN;

	fprintf(f,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
	    "height=\"%d\" viewBox=\"0 0 %d %d\" "
	    "shape-rendering=\"crispEdges\">\n"
	    "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>\n"
	    "<path d=\"",
	    size * PIXELS, size * PIXELS, size, size, size, size);
	for (y = 0; y < code->width; y++) {
		for (x = 0; x < code->width; x = end + 1) {
			for (end = x; is_dark(code, end, y);)
				end++;
			if (end > x)
				fprintf(f, "M%d %dh%dv1h-%dz", x + MARGIN,
				    y + MARGIN, end - x, end - x);
		}
	}
	fputs("\"/>\n</svg>\n", f);
	return ferror(f) ? -1 : 0;
}

/* One line of pixels, a bit each, 1 is white. */
static void
fill_row(uint8_t *row, size_t row_bytes, const QRcode *code, int y)
{
	int x, pixel;

	memset(row, 0xff, row_bytes);
	for (x = 0; x < code->width; x++) {
		if (!is_dark(code, x, y))
			continue;
		for (pixel = 0; pixel < PIXELS; pixel++) {
			int at = (x + MARGIN) * PIXELS + pixel;

			row[at / 8] &= (uint8_t) ~(0x80 >> at % 8);
		}
	}
}

int
code_draw_png(const QRcode *code, FILE *f)
{
	int side = (code->width + 2 * MARGIN) * PIXELS;
	size_t row_bytes = (size_t)(side + 7) / 8;
	uint8_t *row = malloc(row_bytes);
	png_structp png =
	    png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
	volatile int ret = -1;
	int y, pixel;

	if (row == NULL || info == NULL)
		goto out;
	if (setjmp(png_jmpbuf(png)) != 0)
		goto out;
	png_init_io(png, f);
	png_set_IHDR(png, info, (png_uint_32)side, (png_uint_32)side, 1,
	    PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
	    PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (y = -MARGIN; y < code->width + MARGIN; y++) {
		fill_row(row, row_bytes, code, y);
		for (pixel = 0; pixel < PIXELS; pixel++)
			png_write_row(png, row);
	}
	png_write_end(png, info);
	ret = ferror(f) ? -1 : 0;
out:
	png_destroy_write_struct(&png, &info);
	free(row);
	return ret;
}
