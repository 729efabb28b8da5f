/*
 * Engines for localaws that really hear, translate and speak, in no time, so
 * that the faults-*.sh tests can check every word, whatever was sent again:
 *
 *	faults_engine audio FROM TO [PER_SENTENCE] [wav]
 *	faults_engine asr -l LANG --rate HZ
 *	faults_engine mt FROM TO
 *	faults_engine tts VOICE LANG HZ text|ssml
 *
 * audio writes PCM of 16000 Hz: word n is 100 ms of samples that all are
 * 4096 + n, as loud as a voice; before the first, after each PER_SENTENCE words
 * (default 12) and after the last there are 300 ms of zeros.  asr hears a word
 * as soon as 50 ms of it came, wherever it began to listen, and says "w0007";
 * 100 ms of zeros end an utterance.  mt puts "[TO] " before a text.  tts speaks
 * a text as 300 ms of samples that all are the first number in it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE_HZ 16000
#define WORD_MS 100
#define WORD_LEVEL 4096
#define WORD_MAX (INT16_MAX - WORD_LEVEL)
#define PAUSE_MS 300
#define SPEECH_MS 300
#define WORDS_MAX 200 /* of an utterance */
#define TEXT_BYTES 65536

__attribute__((noreturn)) static void
usage(const char *why)
{
	fprintf(stderr, "faults_engine: %s\n", why);
	exit(64);
}

static void
put_samples(int value, size_t n)
{
	while (n-- > 0) {
		putchar(value & 0xff);
		putchar(value >> 8);
	}
}

static void
put_le(uint32_t v, int nbytes)
{
	for (; nbytes-- > 0; v >>= 8)
		putchar((int)(v & 0xff));
}

static void
put_wav_head(size_t nbytes)
{
	fputs("RIFF", stdout);
	put_le((uint32_t)nbytes + 36, 4);
	fputs("WAVEfmt ", stdout);
	put_le(16, 4);
	put_le(1, 2); /* PCM */
	put_le(1, 2); /* mono */
	put_le(RATE_HZ, 4);
	put_le(RATE_HZ * 2, 4);
	put_le(2, 2);
	put_le(16, 2);
	fputs("data", stdout);
	put_le((uint32_t)nbytes, 4);
}

static int
audio(int argc, char **argv)
{
	int from = argc > 2 ? atoi(argv[2]) : 0;
	int to = argc > 3 ? atoi(argv[3]) : 0;
	int each = argc > 4 ? atoi(argv[4]) : 12;
	size_t word = RATE_HZ / 1000 * WORD_MS;
	size_t pause = RATE_HZ / 1000 * PAUSE_MS;
	size_t n = (size_t)(to - from + 1), npauses;

	if (from < 1 || to < from || to > WORD_MAX || each < 1)
		usage("audio takes two numbers, 1 to 28671, and one more");
	npauses = 1 + (n + (size_t)each - 1) / (size_t)each;
	if (argc > 5 && strcmp(argv[5], "wav") == 0)
		put_wav_head((n * word + npauses * pause) * 2);
	put_samples(0, pause);
	for (int i = 0; i < (int)n; i++) {
		put_samples(WORD_LEVEL + from + i, word);
		if ((i + 1) % each == 0 || i + 1 == (int)n)
			put_samples(0, pause);
	}
	return fflush(stdout) == 0 ? 0 : 74;
}

/* --- asr ------------------------------------------------------------------ */

struct hearing {
	unsigned rate_hz;
	uint64_t at;  /* samples heard */
	int value;    /* of the run of equal ones that goes on */
	uint64_t run; /* its length */
	unsigned nutterances;
	size_t nwords; /* of the open utterance */
	int words[WORDS_MAX];
	uint64_t from[WORDS_MAX], to[WORDS_MAX];
};

static double
ms(const struct hearing *h, uint64_t samples)
{
	return (double)samples * 1000 / h->rate_hz;
}

static void
tell(struct hearing *h, bool is_final)
{
	if (h->nwords == 0)
		return;
	printf("{\"type\":\"transcript\",\"id\":\"u%u\",\"final\":%s,"
	       "\"start_ms\":%.3f,\"end_ms\":%.3f,\"text\":\"",
	    h->nutterances, is_final ? "true" : "false", ms(h, h->from[0]),
	    ms(h, h->to[h->nwords - 1]));
	for (size_t i = 0; i < h->nwords; i++)
		printf("%sw%04d", i == 0 ? "" : " ", h->words[i]);
	printf("\",\"items\":[");
	for (size_t i = 0; i < h->nwords; i++)
		printf("%s{\"text\":\"w%04d\",\"start_ms\":%.3f,"
		       "\"end_ms\":%.3f,\"confidence\":1.0}",
		    i == 0 ? "" : ",", h->words[i], ms(h, h->from[i]),
		    ms(h, h->to[i]));
	printf("]}\n");
	fflush(stdout);
	if (is_final) {
		h->nutterances++;
		h->nwords = 0;
	}
}

static void
hear(struct hearing *h, int value)
{
	uint64_t half = h->rate_hz * WORD_MS / 2000;

	if (value != h->value) {
		h->value = value;
		h->run = 0;
	}
	h->run++;
	h->at++;
	if (value == 0) {
		if (h->run == half * 2)
			tell(h, true);
	} else if (h->run == half && h->nwords < WORDS_MAX) {
		h->words[h->nwords] = value - WORD_LEVEL;
		h->from[h->nwords] = h->at - h->run;
		h->to[h->nwords] = h->at;
		h->nwords++;
		tell(h, false);
	} else if (h->run > half && h->nwords > 0) {
		h->to[h->nwords - 1] = h->at;
	}
}

static int
asr(int argc, char **argv)
{
	static struct hearing h;
	int low, high;

	if (argc != 6 || strcmp(argv[2], "-l") != 0 ||
	    strcmp(argv[4], "--rate") != 0 || atoi(argv[5]) < 8000)
		usage("asr takes -l LANG --rate HZ");
	h.rate_hz = (unsigned)atoi(argv[5]);
	while ((low = getchar()) != EOF && (high = getchar()) != EOF)
		hear(&h, (int16_t)(low | high << 8));
	tell(&h, true);
	return 0;
}

/* --- mt, tts -------------------------------------------------------------- */

static int
mt(int argc, char **argv)
{
	int c;
	bool is_new = true;

	if (argc != 4)
		usage("mt takes FROM TO");
	while ((c = getchar()) != EOF) {
		if (is_new)
			printf("[%s] ", argv[3]);
		is_new = c == '\0';
		putchar(c);
		if (is_new)
			fflush(stdout);
	}
	return 0;
}

static int
tts(int argc, char **argv)
{
	static char text[TEXT_BYTES + 1];
	unsigned rate_hz;

	if (argc != 6)
		usage("tts takes VOICE LANG HZ text|ssml");
	rate_hz = (unsigned)atoi(argv[4]);
	if (fread(text, 1, TEXT_BYTES, stdin) == 0)
		return 0;
	put_samples(atoi(text + strcspn(text, "123456789")),
	    (size_t)rate_hz / 1000 * SPEECH_MS);
	return fflush(stdout) == 0 ? 0 : 74;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} modes[] = { { "audio", audio }, { "asr", asr }, { "mt", mt },
		{ "tts", tts } };

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (argc > 1 && strcmp(argv[1], modes[i].name) == 0)
			return modes[i].run(argc, argv);
	usage("audio, asr, mt or tts?");
}
