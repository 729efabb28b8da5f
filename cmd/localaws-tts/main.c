/* localaws-tts(1): text in, PCM out as it is made, by espeak-ng. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/utf8.h"
#include "marks.h"
#include "speech.h"
#include "voice.h"

#define RATE_MIN_HZ 8000
#define RATE_MAX_HZ 48000

/* Our cap, far above the 6000 characters of one Polly request. */
#define TEXT_MAX_BYTES ((size_t)65536)

static const char usage[] =
    "usage: localaws-tts [--gender female|male] [--marks TYPE,...] VOICE LANG "
    "RATE_HZ\n"
    "                    [text|ssml]\n"
    "      --gender GENDER   female or male, instead of what VOICE is known "
    "for\n"
    "      --marks TYPE,...  word, sentence: speech marks instead of sound\n";

enum {
	OPT_GENDER = 256,
	OPT_MARKS
};

static const struct option longs[] = {
	{ "gender", required_argument, NULL, OPT_GENDER },
	{ "marks", required_argument, NULL, OPT_MARKS },
	{ NULL, 0, NULL, 0 },
};

static const struct opt_spec spec = { "localaws-tts", usage, "", longs, NULL };

struct tts {
	struct out out;
	int out_error;
	bool wants[2]; /* by marks_type */
	bool is_marks;
};

/* Write all of it before more is made: the pipe is our only buffer. */
static bool
write_samples(void *arg, const int16_t *samples, size_t n)
{
	struct tts *t = arg;

	if (t->is_marks)
		return true;
	t->out_error = out_bytes(&t->out, samples, n * sizeof(*samples));
	if (t->out_error == 0)
		t->out_error = out_drain(&t->out, LOOP_NEVER);
	return t->out_error == 0;
}

static void
write_marks(struct tts *t, struct marks *m)
{
	char *line;
	size_t len;

	marks_finish(m);
	for (size_t i = 0; i < m->n && t->out_error == 0; i++) {
		if (!t->wants[m->list[i].type])
			continue;
		if ((line = marks_line(m, i, &len)) == NULL)
			die(EX_OSERR, "out of memory");
		t->out_error = out_line(&t->out, line, len);
		free(line);
	}
	if (t->out_error == 0)
		t->out_error = out_drain(&t->out, LOOP_NEVER);
}

/* All of standard input, NUL-ended, with spaces for what cannot be spoken: NUL
 * and bytes that are not UTF-8. */
static void
read_text(struct bytes *text)
{
	uint8_t *room;
	size_t len, step;
	ssize_t n;
	char *p;

	bytes_init(text, TEXT_MAX_BYTES + 2);
	do {
		len = bytes_len(text);
		if (len > TEXT_MAX_BYTES)
			die(EX_DATAERR,
			    "more than %zu bytes of text on standard input",
			    TEXT_MAX_BYTES);
		room = bytes_reserve(text, TEXT_MAX_BYTES + 1 - len);
		if (room == NULL)
			die(EX_OSERR, "out of memory");
		n = read(STDIN_FILENO, room, TEXT_MAX_BYTES + 1 - len);
		if (n < 0 && errno != EINTR)
			die(EX_IOERR, "cannot read standard input: %s",
			    strerror(errno));
		if (n > 0)
			bytes_commit(text, (size_t)n);
	} while (n != 0);
	if (bytes_append(text, "", 1) < 0)
		die(EX_OSERR, "out of memory");
	p = (char *)text->base + text->pos;
	len = bytes_len(text) - 1;
	for (size_t i = 0; i<len; i += step> 0 ? step : 1) {
		step = utf8_sequence(p + i, len - i);
		if (step == 0 || p[i] == '\0')
			p[i] = ' ';
	}
}

static bool
is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

static void
parse_marks(struct tts *t, const char *value)
{
	static const char *const types[] = { "sentence", "word", NULL };
	char **list = opt_list("--marks", value, NULL);

	t->is_marks = true;
	for (char **p = list; *p != NULL; p++)
		t->wants[opt_choice("--marks", *p, types)] = true;
	opt_list_free(list);
}

static int
speak(struct tts *t, unsigned int rate_hz, bool is_ssml)
{
	struct speech speech = {
		.rate_hz = rate_hz, .on_samples = write_samples, .arg = t
	};
	struct bytes text;
	struct marks marks;
	const char *p;
	size_t len;
	int err = 0;

	read_text(&text);
	p = (const char *)bytes_peek(&text, &len);
	marks_init(&marks, p, len - 1);
	speech.marks = t->is_marks ? &marks : NULL;
	if (!is_blank(p))
		err = speech_run(&speech, p, is_ssml);
	if (err == 0 && t->is_marks)
		write_marks(t, &marks);
	marks_release(&marks);
	bytes_release(&text);
	return err;
}

int
main(int argc, char **argv)
{
	static const char *const genders[] = { "female", "male", NULL };
	static const char *const kinds[] = { "text", "ssml", NULL };
	char language[VOICE_NAME_BYTES], name[VOICE_NAME_BYTES + 4];
	unsigned int rate_hz;
	struct tts t = { 0 };
	bool is_ssml = false;
	int c, gender = -1, err;

	while ((c = opt_next(argc, argv, &spec)) != -1)
		switch (c) {
		case OPT_GENDER:
			gender = opt_choice("--gender", optarg, genders);
			break;
		case OPT_MARKS:
			parse_marks(&t, optarg);
			break;
		}
	argc -= optind;
	argv += optind;
	if (argc < 3 || argc > 4)
		opt_fail("name a voice, its language and a rate in Hz");
	rate_hz =
	    (unsigned int)opt_num("RATE_HZ", argv[2], RATE_MIN_HZ, RATE_MAX_HZ);
	if (argc == 4)
		is_ssml = opt_choice("the kind of text", argv[3], kinds) == 1;
	if (!voice_language(argv[1], language))
		opt_fail("'%s' is not a language tag", argv[1]);
	voice_name(
	    name, language, gender >= 0 ? gender == 1 : voice_is_male(argv[0]));
	err = speech_init(name);
	if (err == SPEECH_ERR_VOICE)
		die(EX_UNAVAILABLE, "espeak-ng has no voice for language '%s'",
		    argv[1]);
	if (err < 0)
		die(EX_UNAVAILABLE, "%s", speech_strerror(err));
	signal(SIGPIPE, SIG_IGN);
	if (out_init(&t.out, STDOUT_FILENO, TEXT_MAX_BYTES) < 0)
		die(EX_IOERR, "cannot use standard output: %s",
		    strerror(out_errno(&t.out)));
	log_msg(LOG_DEBUG, "voice", "%s, rate_hz=%u", name, rate_hz);
	if ((err = speak(&t, rate_hz, is_ssml)) < 0)
		die(EX_SOFTWARE, "%s", speech_strerror(err));
	if (t.out_error < 0 && t.out_error != OUT_ERR_GONE)
		die(EX_IOERR, "cannot write standard output: %s",
		    strerror(out_errno(&t.out)));
	speech_release();
	out_release(&t.out);
	return EX_OK;
}
