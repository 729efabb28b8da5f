/* presign polly: what is to be said, and its URL. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/lang.h"
#include "base/log.h"
#include "base/opt.h"
#include "presign.h"

/* As AWS's SDK for Ruby; the one for JavaScript has 3600. */
#define EXPIRES_S_DEFAULT 900
/* More than any text that Polly takes. */
#define TEXT_BYTES_MAX (4 * POLLY_SPEECH_MAX_CHARS + 1)

enum {
	OPT_VOICE = 256,
	OPT_ENGINE,
	OPT_FORMAT,
	OPT_RATE,
	OPT_SSML,
	OPT_LEXICON,
	OPT_MARKS,
	OPT_EXPIRES,
};

static const struct option longs[] = {
	{ "voice", required_argument, NULL, OPT_VOICE },
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "language", required_argument, NULL, 'l' },
	{ "ssml", no_argument, NULL, OPT_SSML },
	{ "lexicon", required_argument, NULL, OPT_LEXICON },
	{ "marks", required_argument, NULL, OPT_MARKS },
	{ "expires", required_argument, NULL, OPT_EXPIRES },
	{ NULL, 0, NULL, 0 },
};

struct options {
	struct polly_speech speech;
	char rate[16];
	char language[LANG_TAG_MAX];
	char **lexicons;
	char **marks;
};

static void
set_marks(struct options *o, const char *value)
{
	static const char *const types[] = { "sentence", "ssml", "viseme",
		"word", NULL };

	opt_list_free(o->marks);
	o->marks = opt_list("--marks", value, NULL);
	for (char **mark = o->marks; *mark != NULL; mark++)
		opt_choice("--marks", *mark, types);
}

static void
set_option(struct options *o, struct presign *p, int c, const char *value)
{
	static const char *const engines[] = { "standard", "neural",
		"long-form", "generative", NULL };
	static const char *const formats[] = { "mp3", "ogg_vorbis", "ogg_opus",
		"pcm", "mulaw", "alaw", NULL };

	switch (c) {
	case 'l':
		if (!lang_is_tag(value))
			opt_fail(
			    "-l: '%s' is no language tag such as hi-IN", value);
		o->speech.language_code = lang_for_polly(value, o->language);
		break;
	case OPT_VOICE:
		o->speech.voice_id = value;
		break;
	case OPT_ENGINE:
		o->speech.engine =
		    engines[opt_choice("--engine", value, engines)];
		break;
	case OPT_FORMAT:
		o->speech.output_format =
		    formats[opt_choice("--format", value, formats)];
		break;
	case OPT_RATE:
		snprintf(o->rate, sizeof(o->rate), "%lld",
		    opt_num("--rate", value, 8000, 48000));
		o->speech.sample_rate = o->rate;
		break;
	case OPT_SSML:
		o->speech.text_type = "ssml";
		break;
	case OPT_LEXICON:
		opt_list_free(o->lexicons);
		o->lexicons = opt_list("--lexicon", value, NULL);
		break;
	case OPT_MARKS:
		set_marks(o, value);
		break;
	case OPT_EXPIRES:
		p->signer.expires_s = (unsigned int)opt_num(
		    "--expires", value, 1, SIGV4_EXPIRES_MAX_S);
		break;
	default:
		client_option(&p->config, c, value);
		break;
	}
}

/* All of standard input, without the newline at its end. */
static char *
read_text(void)
{
	char *text = xcalloc(TEXT_BYTES_MAX + 1, 1);
	size_t n = fread(text, 1, TEXT_BYTES_MAX, stdin);

	if (ferror(stdin))
		die(EX_IOERR, "cannot read standard input");
	if (strlen(text) != n)
		die(EX_DATAERR, "the text on standard input has NUL bytes");
	if (n > 0 && text[n - 1] == '\n')
		text[n - 1] = '\0';
	return text;
}

int
presign_polly(int argc, char **argv)
{
	static const struct opt_spec spec = { "presign", presign_usage,
		"l:", longs, client_options };
	struct options o;
	struct presign p;
	char err[256], *url = NULL, *text = NULL;
	int c, rc;

	memset(&o, 0, sizeof(o));
	memset(&p, 0, sizeof(p));
	p.signer.expires_s = EXPIRES_S_DEFAULT;
	while ((c = opt_next(argc, argv, &spec)) != -1)
		set_option(&o, &p, c, optarg);
	if (o.speech.voice_id == NULL)
		opt_fail("say who speaks: --voice ID such as Joanna");
	if (o.marks != NULL && o.speech.output_format != NULL)
		opt_fail("--marks go without --format: they are text");
	if (optind == argc)
		opt_fail("say what is to be said: TEXT, or - to read it");
	if (optind + 1 < argc)
		opt_fail("unexpected argument '%s': put TEXT in quotes",
		    argv[optind + 1]);
	if (strcmp(argv[optind], "-") == 0)
		text = read_text();
	o.speech.text = text != NULL ? text : argv[optind];
	if (o.speech.output_format == NULL)
		o.speech.output_format = o.marks != NULL ? "json" : "mp3";
	o.speech.lexicon_names = (const char *const *)o.lexicons;
	o.speech.speech_mark_types = (const char *const *)o.marks;

	presign_open(&p, ENDPOINT_POLLY);
	rc = url_polly(&url, &p.signer, &o.speech, err, sizeof(err));
	rc = presign_finish(&p, rc, url, err);
	opt_list_free(o.lexicons);
	opt_list_free(o.marks);
	free(text);
	return rc;
}
