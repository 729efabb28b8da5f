/* Prints the formats of a language that somebody wants, as translate and synth
 * would ask: room_want ROOM LANG. */
#include <stdio.h>

#include "room/want.h"

int
main(int argc, char **argv)
{
	struct room room;
	unsigned int formats;
	int f, ret;

	if (argc != 3)
		return 64;
	ret = room_init(&room, NULL, argv[1]);
	if (ret != 0) {
		fprintf(stderr, "room_want: %s\n", room_strerror(ret));
		return 64;
	}
	formats = want_formats(&room, argv[2]);
	for (f = 0; f < ROOM_NFORMATS; f++)
		if (formats & 1u << f)
			printf("%s\n", room_format_name((enum room_format)f));
	return 0;
}
