/* with: cmd/broadcast/channels.c cmd/broadcast/splice.c */
/* What a writer that was killed between two rings has left is mended by the
 * next one. */
#include "../../cmd/broadcast/channels.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPTION "{\"type\":\"translation\",\"id\":\"u1\"}"
#define ALL                                                                    \
	(FORMAT_BIT(ROOM_TEXT) | FORMAT_BIT(ROOM_PCM) | FORMAT_BIT(ROOM_OPUS))

static char run[] = "/tmp/broadcast_channels.XXXXXX";
static struct room room;
static struct channels c;

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(run));
	ck_assert_int_eq(room_init(&room, run, "main"), 0);
	ck_assert_int_eq(room_create(&room), 0);
	ck_assert_int_eq(channels_init(&c, &room, 1000), 0);
}

static void
teardown(void)
{
	char command[128];

	channels_release(&c);
	snprintf(command, sizeof(command), "rm -rf '%s'", run);
	ck_assert_int_eq(system(command), 0);
}

static void
put(const char *tag, unsigned int formats, uint32_t kind)
{
	const struct channels_line line = { CAPTION, strlen(CAPTION), kind,
		false };

	ck_assert_int_eq(channels_put(&c, tag, formats, formats, &line), 0);
}

static void
restart(void)
{
	channels_release(&c);
	ck_assert_int_eq(channels_init(&c, &room, 1000), 0);
}

/* Lines in a ring, the newest one in *line and buf. */
static int
count(const char *tag, enum room_format format, struct ring_line *line,
    char buf[256])
{
	char channel[ROOM_CHANNEL_MAX], path[ROOM_PATH_MAX];
	struct ring_reader r;
	int n = 0;

	memset(line, 0, sizeof(*line));
	ck_assert_int_eq(room_channel(channel, tag, format), 0);
	ck_assert_int_eq(room_ring_path(&room, channel, path), 0);
	ck_assert_int_eq(ring_reader_open(&r, path), 0);
	ring_seek_oldest(&r);
	while (ring_read(&r, buf, 255, line) == 1) {
		buf[line->len] = '\0';
		n++;
	}
	ring_reader_release(&r);
	return n;
}

START_TEST(a_caption_that_came_to_one_channel_comes_to_all)
{
	char text[256], other[256];
	struct ring_line first, line;

	put("es-ES", ALL, RING_CAPTION);
	put("es-ES", FORMAT_BIT(ROOM_TEXT), RING_CAPTION);
	restart();
	ck_assert_int_eq(count("es-ES", ROOM_TEXT, &first, text), 2);
	for (int f = ROOM_PCM; f <= ROOM_OPUS; f++) {
		ck_assert_int_eq(
		    count("es-ES", (enum room_format)f, &line, other), 2);
		ck_assert_str_eq(other, text);
		ck_assert_uint_eq(line.seq, first.seq);
		ck_assert_int_eq(line.at_ms, first.at_ms);
		ck_assert_uint_eq(line.kind, RING_CAPTION);
	}
	/* Once. */
	restart();
	ck_assert_int_eq(count("es-ES", ROOM_PCM, &line, other), 2);
	put("es-ES", ALL, RING_CAPTION);
	ck_assert_int_eq(count("es-ES", ROOM_PCM, &line, other), 3);
}
END_TEST

START_TEST(what_is_for_one_channel_stays_there)
{
	char text[256];
	struct ring_line line;

	put("es-ES", ALL, RING_CAPTION);
	put("es-ES", FORMAT_BIT(ROOM_PCM), RING_AUDIO);
	restart();
	ck_assert_int_eq(count("es-ES", ROOM_TEXT, &line, text), 1);
	ck_assert_int_eq(count("es-ES", ROOM_OPUS, &line, text), 1);
	put(ROOM_SOURCE, FORMAT_BIT(ROOM_PARTIALS), RING_PARTIAL);
	restart();
	ck_assert_int_eq(count(ROOM_SOURCE, ROOM_TEXT, &line, text), 0);
}
END_TEST

START_TEST(a_final_comes_to_those_who_read_partials)
{
	char text[256];
	struct ring_line line;

	put(ROOM_SOURCE, FORMAT_BIT(ROOM_TEXT), RING_CAPTION);
	restart();
	ck_assert_int_eq(count(ROOM_SOURCE, ROOM_PARTIALS, &line, text), 1);
	ck_assert_int_eq(count(ROOM_SOURCE, ROOM_STATUS, &line, text), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("channels");
	TCase *tc = tcase_create("mended");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_caption_that_came_to_one_channel_comes_to_all);
	tcase_add_test(tc, what_is_for_one_channel_stays_there);
	tcase_add_test(tc, a_final_comes_to_those_who_read_partials);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
