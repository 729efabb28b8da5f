/* with: cmd/localaws-asr/hypothesis.c */
/* with: cmd/localaws-asr/pcm_in.c */
/* What localaws-asr makes of words and of bytes; no pocketsphinx. */
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/localaws-asr/hypothesis.h"
#include "../../cmd/localaws-asr/pcm_in.h"

static struct hypothesis h, before;

static void
setup(void)
{
	memset(&h, 0, sizeof(h));
	memset(&before, 0, sizeof(before));
	h.id = 3;
}

START_TEST(fillers_are_no_words)
{
	static const char *const fillers[] = { "<s>", "</s>", "<sil>",
		"[NOISE]", "[SPEECH]", "++UH++" };

	for (size_t i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++) {
		ck_assert(hyp_is_filler(fillers[i]));
		ck_assert(!hyp_add(&h, fillers[i], 0, 1, 1));
	}
	ck_assert_uint_eq(h.nwords, 0);
	ck_assert(hyp_add(&h, "read(2)", 10, 20, 0.5));
	ck_assert_str_eq(h.words[0].text, "read");
}
END_TEST

START_TEST(words_past_the_caps_are_left_out)
{
	char big[HYP_WORD_BYTES + 1];

	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ck_assert(!hyp_add(&h, big, 0, 1, 1));
	for (int i = 0; i < HYP_WORDS_MAX; i++)
		ck_assert(hyp_add(&h, "a", i, i + 1, 1));
	ck_assert(!hyp_add(&h, "a", 0, 1, 1));
	ck_assert_uint_eq(h.nwords, HYP_WORDS_MAX);
}
END_TEST

START_TEST(partial_line)
{
	size_t len;
	char *line;

	hyp_add(&h, "so", 100, 300, 1);
	hyp_add(&h, "i", 300, 350, 1);
	hyp_add(&h, "i'm", 350, 500, 1);
	hyp_add(&h, "in", 500, 600, 1);
	line = hyp_line(&h, "en-US", &len);
	ck_assert_uint_eq(strlen(line), len);
	ck_assert_str_eq(line,
	    "{\"type\":\"transcript\",\"id\":\"3\",\"final\":false,"
	    "\"lang\":\"en-US\",\"text\":\"So I I'm in\",\"start_ms\":100,"
	    "\"end_ms\":600,\"items\":["
	    "{\"text\":\"So\",\"start_ms\":100,\"end_ms\":300,"
	    "\"stable\":false},"
	    "{\"text\":\"I\",\"start_ms\":300,\"end_ms\":350,"
	    "\"stable\":false},"
	    "{\"text\":\"I'm\",\"start_ms\":350,\"end_ms\":500,"
	    "\"stable\":false},"
	    "{\"text\":\"in\",\"start_ms\":500,\"end_ms\":600,"
	    "\"stable\":false}]}");
	free(line);
}
END_TEST

START_TEST(final_line)
{
	size_t len;
	char *line;

	hyp_add(&h, "hello", 100, 300, 0.25);
	h.is_final = true;
	line = hyp_line(&h, "en-US", &len);
	ck_assert_str_eq(line,
	    "{\"type\":\"transcript\",\"id\":\"3\",\"final\":true,"
	    "\"lang\":\"en-US\",\"text\":\"Hello.\",\"start_ms\":100,"
	    "\"end_ms\":300,\"items\":["
	    "{\"text\":\"Hello\",\"start_ms\":100,\"end_ms\":300,"
	    "\"stable\":true,\"confidence\":0.25},"
	    "{\"text\":\".\",\"start_ms\":300,\"end_ms\":300,"
	    "\"stable\":true,\"punct\":true}]}");
	free(line);
}
END_TEST

START_TEST(confidence_is_between_0_and_1)
{
	hyp_add(&h, "a", 0, 1, -0.1);
	hyp_add(&h, "b", 0, 1, 1.0001);
	ck_assert_double_eq(h.words[0].confidence, 0);
	ck_assert_double_eq(h.words[1].confidence, 1);
}
END_TEST

START_TEST(no_words_no_line)
{
	size_t len;

	h.is_final = true;
	ck_assert_ptr_null(hyp_line(&h, "en-US", &len));
}
END_TEST

/* A look that hears the words of `text`. */
static void
hear(const char *text)
{
	char copy[64], *word;

	before = h;
	hyp_reset(&h);
	strcpy(copy, text);
	for (word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
		hyp_add(&h, word, 0, 1, 1);
	hyp_carry_looks(&h, &before);
}

START_TEST(word_is_stable_after_three_looks)
{
	hear("one to");
	hear("one two");
	ck_assert_uint_eq(h.words[0].nlooks, 2);
	ck_assert_uint_eq(h.words[1].nlooks, 1);
	hear("one two three");
	ck_assert_uint_eq(h.words[0].nlooks, HYP_STABLE_LOOKS);
	ck_assert_uint_eq(h.words[1].nlooks, 2);
	ck_assert_uint_eq(h.words[2].nlooks, 1);
	/* What follows a changed word has changed. */
	hear("on two three");
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(h.words[i].nlooks, 1);
}
END_TEST

START_TEST(same_text_is_noticed)
{
	hear("one two");
	hear("one two");
	ck_assert(hyp_same_text(&h, &before));
	hear("one two three");
	ck_assert(!hyp_same_text(&h, &before));
	hear("one two tree");
	ck_assert(!hyp_same_text(&h, &before));
}
END_TEST

static const unsigned char pcm[] = { 0x01, 0x00, 0xff, 0xff, 0x00, 0x80, 0xff,
	0x7f, 0x34, 0x12 };
static const int16_t pcm_samples[] = { 1, -1, -32768, 32767, 0x1234 };

/* 16 kHz passes bit for bit, wherever the bytes are cut. */
START_TEST(bytes_in_any_split)
{
	int16_t got[8];
	const int16_t *p;
	struct pcm_in in;
	size_t n = 0, part;
	long more;

	ck_assert_int_eq(pcm_in_init(&in, 16000, sizeof(pcm)), 0);
	for (size_t i = 0; i < sizeof(pcm); i += part) {
		part =
		    sizeof(pcm) - i < (size_t)_i ? sizeof(pcm) - i : (size_t)_i;
		more = pcm_in_feed(&in, pcm + i, part, &p);
		ck_assert_int_ge(more, 0);
		if (more > 0)
			memcpy(got + n, p, (size_t)more * sizeof(*p));
		n += (size_t)more;
	}
	ck_assert_int_eq(pcm_in_finish(&in, &p), 0);
	ck_assert_uint_eq(n, 5);
	ck_assert_mem_eq(got, pcm_samples, sizeof(pcm_samples));
	pcm_in_release(&in);
}
END_TEST

/* One second of 440 Hz comes out as one second of 440 Hz. */
static void
resample_tone(unsigned int rate_hz)
{
	unsigned char block[320];
	size_t nout = 0, ncrossings = 0;
	const int16_t *p;
	struct pcm_in in;
	int16_t last = 0;
	long n;

	ck_assert_int_eq(pcm_in_init(&in, rate_hz, sizeof(block)), 0);
	for (unsigned int i = 0, k = 0; i <= rate_hz; i++) {
		double x = sin(2 * acos(-1) * 440 * i / rate_hz);
		int16_t v = (int16_t)(x * 10000);

		if (i == rate_hz || k == sizeof(block)) {
			n = pcm_in_feed(&in, block, k, &p);
			ck_assert_int_ge(n, 0);
			for (long j = 0; j < n; last = p[j++])
				ncrossings += last < 0 && p[j] >= 0;
			nout += (size_t)n;
			k = 0;
		}
		block[k++] = (unsigned char)((uint16_t)v & 0xff);
		block[k++] = (unsigned char)((uint16_t)v >> 8);
	}
	n = pcm_in_finish(&in, &p);
	for (long j = 0; j < n; last = p[j++])
		ncrossings += last < 0 && p[j] >= 0;
	nout += (size_t)n;
	ck_assert_uint_ge(nout, 15998);
	ck_assert_uint_le(nout, 16002);
	ck_assert_uint_ge(ncrossings, 438);
	ck_assert_uint_le(ncrossings, 442);
	pcm_in_release(&in);
}

START_TEST(other_rates_are_resampled)
{
	static const unsigned int rates[] = { 8000, 11025, 22050, 44100,
		48000 };

	resample_tone(rates[_i]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("localaws-asr");
	TCase *tc = tcase_create("asr");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, fillers_are_no_words);
	tcase_add_test(tc, words_past_the_caps_are_left_out);
	tcase_add_test(tc, partial_line);
	tcase_add_test(tc, final_line);
	tcase_add_test(tc, confidence_is_between_0_and_1);
	tcase_add_test(tc, no_words_no_line);
	tcase_add_test(tc, word_is_stable_after_three_looks);
	tcase_add_test(tc, same_text_is_noticed);
	tcase_add_loop_test(tc, bytes_in_any_split, 1, (int)sizeof(pcm) + 1);
	tcase_add_loop_test(tc, other_rates_are_resampled, 0, 5);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed > 0;
}
