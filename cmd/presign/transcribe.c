/* presign transcribe: what is to be recognised, and its URL. */
#include <stdlib.h>
#include <string.h>

#include "base/lang.h"
#include "base/log.h"
#include "base/opt.h"
#include "presign.h"

#define RATE_HZ_DEFAULT 16000

enum {
	OPT_IDENTIFY = 256,
	OPT_RATE,
	OPT_ENCODING,
	OPT_CHANNELS,
	OPT_SESSION_ID,
	OPT_STABILITY,
	OPT_SPEAKERS,
	OPT_VOCABULARY,
	OPT_VOCABULARY_FILTER,
	OPT_EXPIRES,
};

static const struct option longs[] = {
	{ "language", required_argument, NULL, 'l' },
	{ "identify", required_argument, NULL, OPT_IDENTIFY },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "encoding", required_argument, NULL, OPT_ENCODING },
	{ "channels", required_argument, NULL, OPT_CHANNELS },
	{ "session-id", required_argument, NULL, OPT_SESSION_ID },
	{ "stability", required_argument, NULL, OPT_STABILITY },
	{ "speakers", no_argument, NULL, OPT_SPEAKERS },
	{ "vocabulary", required_argument, NULL, OPT_VOCABULARY },
	{ "vocabulary-filter", required_argument, NULL, OPT_VOCABULARY_FILTER },
	{ "expires", required_argument, NULL, OPT_EXPIRES },
	{ NULL, 0, NULL, 0 },
};

struct options {
	struct transcribe_params params;
	const char *encoding;
	char language[LANG_TAG_MAX];
	char *languages; /* comma list of Transcribe's codes, owned */
};

static const char *
code_of(const char *name, const char *tag, char *buf)
{
	if (!lang_is_tag(tag))
		opt_fail("%s takes language tags such as en-US, not '%s'", name,
		    tag);
	return lang_for_transcribe(tag, buf);
}

static void
set_languages(struct options *o, const char *value)
{
	char buf[LANG_TAG_MAX], **tags;
	size_t n;

	tags = opt_list("--identify", value, &n);
	free(o->languages);
	o->languages = xcalloc(n, LANG_TAG_MAX + 1);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			strcat(o->languages, ",");
		strcat(o->languages, code_of("--identify", tags[i], buf));
	}
	opt_list_free(tags);
	o->params.language_options = o->languages;
}

static void
set_option(struct options *o, struct presign *p, int c, const char *value)
{
	static const char *const encodings[] = { "pcm", "flac", "ogg-opus",
		NULL };
	static const char *const levels[] = { "low", "medium", "high", NULL };

	switch (c) {
	case 'l':
		o->params.language_code = code_of("-l", value, o->language);
		break;
	case OPT_IDENTIFY:
		set_languages(o, value);
		break;
	case OPT_RATE:
		o->params.sample_rate_hz =
		    (unsigned int)opt_num("--rate", value, 8000, 48000);
		break;
	case OPT_ENCODING:
		o->encoding =
		    encodings[opt_choice("--encoding", value, encodings)];
		break;
	case OPT_CHANNELS:
		o->params.channels =
		    (unsigned int)opt_num("--channels", value, 1, 2);
		break;
	case OPT_SESSION_ID:
		o->params.session_id = value;
		break;
	case OPT_STABILITY:
		o->params.stability =
		    levels[opt_choice("--stability", value, levels)];
		break;
	case OPT_SPEAKERS:
		o->params.show_speakers = true;
		break;
	case OPT_VOCABULARY:
		o->params.vocabulary = value;
		break;
	case OPT_VOCABULARY_FILTER:
		o->params.vocabulary_filter = value;
		break;
	case OPT_EXPIRES:
		p->signer.expires_s = (unsigned int)opt_num(
		    "--expires", value, 1, URL_TRANSCRIBE_EXPIRES_MAX_S);
		break;
	default:
		client_option(&p->config, c, value);
		break;
	}
}

int
presign_transcribe(int argc, char **argv)
{
	static const struct opt_spec spec = { "presign", presign_usage,
		"l:", longs, client_options };
	struct endpoint service;
	struct options o;
	struct presign p;
	char err[256], *url = NULL;
	int c, rc;

	memset(&o, 0, sizeof(o));
	memset(&p, 0, sizeof(p));
	o.params.sample_rate_hz = RATE_HZ_DEFAULT;
	o.encoding = "pcm";
	p.signer.expires_s = URL_TRANSCRIBE_EXPIRES_MAX_S;
	while ((c = opt_next(argc, argv, &spec)) != -1)
		set_option(&o, &p, c, optarg);
	if (optind < argc)
		opt_fail("unexpected argument '%s'", argv[optind]);
	if (o.params.language_code == NULL && o.params.language_options == NULL)
		opt_fail("say what is spoken: -l LANG or --identify LANG,LANG");

	presign_open(&p, ENDPOINT_TRANSCRIBE_STREAMING);
	if (endpoint_default(&service, ENDPOINT_TRANSCRIBE_STREAMING,
		p.client.endpoint.region, p.client.config.use_fips,
		p.client.config.use_dualstack) == 0)
		url_websocket_port(&p.client.endpoint, &service);
	rc = url_transcribe(
	    &url, &p.signer, &o.params, o.encoding, err, sizeof(err));
	rc = presign_finish(&p, rc, url, err);
	free(o.languages);
	return rc;
}
