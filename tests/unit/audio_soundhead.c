/* lib/audio/soundhead: headers written out by hand, after the formats' own
 * documents (named in soundhead.h). */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audio/soundhead.h"

struct head {
	const char *name;
	const char *bytes;
	size_t len;
	int found;
	uint64_t offset, promised;
};

#define BYTES(s) (s), sizeof(s) - 1

/* "fmt " of 16 bytes: PCM, 1 channel, 16000 Hz, 32000 B/s, 2 B, 16 bits */
#define FMT "fmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0"

static const struct head heads[] = {
	{ "WAV", BYTES("RIFF\x24\x10\0\0WAVE" FMT "data\0\x10\0\0"), 1, 44,
	    4096 },
	{ "WAV with an odd chunk before the data",
	    BYTES("RIFF\x34\x10\0\0WAVE" FMT "LIST\x03\0\0\0abc\0"
		  "data\x02\x10\0\0"),
	    1, 56, 4098 },
	{ "WAV, big endian",
	    BYTES("RIFX\0\0\x10\x24WAVEfmt \0\0\0\x10"
		  "0123456789abcdef"
		  "data\0\0\x10\0"),
	    1, 44, 4096 },
	{ "WAV by ffmpeg into a pipe",
	    BYTES("RIFF\xff\xff\xff\xffWAVE" FMT "data\xff\xff\xff\xff"), 0, 0,
	    0 },
	{ "WAV by sox into a pipe",
	    BYTES("RIFF\x24\xf0\xff\x7fWAVE" FMT "data\0\xf0\xff\x7f"), 0, 0,
	    0 },
	{ "WAV by arecord into a pipe",
	    BYTES("RIFF\x24\0\0\x80WAVE" FMT "data\0\0\0\x80"), 0, 0, 0 },
	{ "WAV of a recorder that was killed",
	    BYTES("RIFF\0\0\0\0WAVE" FMT "data\0\0\0\0"), 0, 0, 0 },
	{ "WAV without a data chunk", BYTES("RIFF\x24\0\0\0WAVE" FMT), 0, 0,
	    0 },
	{ "WAV with a chunk that goes past everything",
	    BYTES("RIFF\x24\0\0\0WAVEjunk\xff\xff\xff\xff"
		  "data\0\x10\0\0"),
	    0, 0, 0 },
	{ "RF64 of 5 GiB",
	    BYTES("RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0"
		  "\0\0\0\x40\x01\0\0\0" /* RIFF size */
		  "\0\0\0\x40\x01\0\0\0" /* data size */
		  "\0\0\0\0\0\0\0\0\0\0\0\0" FMT "data\xff\xff\xff\xff"),
	    1, 80, 5368709120ULL },
	{ "AIFF",
	    BYTES("FORM\0\0\x10\x2e"
		  "AIFFCOMM\0\0\0\x12"
		  "\0\x01\0\0\x08\0\0\x10\x40\x0c\xfa\0\0\0\0\0\0\0"
		  "SSND\0\0\x10\x08\0\0\0\0\0\0\0\0"),
	    1, 54, 4096 },
	{ "AIFF with a gap before the samples",
	    BYTES("FORM\0\0\x10\x2e"
		  "AIFFSSND\0\0\x10\x0a\0\0\0\x02\0\0\0\0gg"),
	    1, 30, 4096 },
	{ "AIFF with a gap longer than the chunk",
	    BYTES("FORM\0\0\x10\x2e"
		  "AIFFSSND\0\0\0\x09\xff\xff\xff\xff\0\0\0\0gg"),
	    0, 0, 0 },
	{ "AU",
	    BYTES(".snd\0\0\0\x18\0\0\x10\0\0\0\0\x03\0\0\x3e\x80\0\0\0\x01"),
	    1, 24, 4096 },
	{ "AU into a pipe",
	    BYTES(".snd\0\0\0\x18\xff\xff\xff\xff\0\0\0\x03\0\0\x3e\x80"
		  "\0\0\0\x01"),
	    0, 0, 0 },
	{ "CAF",
	    BYTES("caff\0\x01\0\0"
		  "free\0\0\0\0\0\0\0\x03xyz"
		  "data\0\0\0\0\0\0\x10\x04\0\0\0\0"),
	    1, 39, 4096 },
	{ "CAF into a pipe",
	    BYTES("caff\0\x01\0\0data\xff\xff\xff\xff\xff\xff\xff\xff"
		  "\0\0\0\0"),
	    0, 0, 0 },
	{ "FLAC", BYTES("fLaC\0\0\0\x22\x10\0\x10\0\0\0\0\0"), 0, 0, 0 },
	{ "text", BYTES("It was the best of times"), 0, 0, 0 },
	{ "nothing", BYTES(""), 0, 0, 0 },
};

#define NHEADS ((int)(sizeof(heads) / sizeof(heads[0])))

START_TEST(headers_say_where_the_sound_is_and_how_long)
{
	const struct head *h = &heads[_i];
	uint64_t offset = 0, promised = 0;
	int found;

	found = soundhead_promise(
	    (const uint8_t *)h->bytes, h->len, &offset, &promised);
	ck_assert_msg(found == h->found, "%s: found %d", h->name, found);
	if (!found)
		return;
	ck_assert_msg(offset == h->offset && promised == h->promised,
	    "%s: offset %llu, promised %llu", h->name,
	    (unsigned long long)offset, (unsigned long long)promised);
}
END_TEST

/* Under ASan: no cut makes it look past the bytes it has, and a header that is
 * not all there promises nothing. */
START_TEST(a_header_cut_anywhere_promises_nothing)
{
	const struct head *h = &heads[_i];
	uint64_t offset, promised;
	uint8_t *copy;

	for (size_t cut = 0; cut < h->len; cut++) {
		copy = malloc(cut + 1);
		memcpy(copy, h->bytes, cut);
		ck_assert_int_eq(
		    soundhead_promise(copy, cut, &offset, &promised), 0);
		free(copy);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("audio_soundhead");
	TCase *tc = tcase_create("soundhead");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(
	    tc, headers_say_where_the_sound_is_and_how_long, 0, NHEADS);
	tcase_add_loop_test(
	    tc, a_header_cut_anywhere_promises_nothing, 0, NHEADS);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
