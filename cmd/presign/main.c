/*
 * presign: print a URL that lets another program use Transcribe or Polly for a
 * while without credentials.  See man/presign.1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/opt.h"
#include "presign.h"

const char presign_usage[] =
    "usage: presign transcribe -l LANG | --identify LANG,LANG,... [options]\n"
    "       presign polly --voice ID [options] TEXT | -\n"
    "Print a presigned URL: of a WebSocket that transcribes, or of speech.\n"
    "\n"
    "transcribe:\n"
    "  -l, --language LANG         what is spoken: en-US, it-IT, ...\n"
    "      --identify LANG,LANG,.. let the service choose among these\n"
    "      --rate HZ               samples a second (default 16000)\n"
    "      --encoding NAME         pcm (default), flac or ogg-opus\n"
    "      --channels N            2: a transcript for each channel\n"
    "      --session-id UUID       name the session\n"
    "      --stability LEVEL       low, medium or high: partials settle early\n"
    "      --speakers              tell speakers apart\n"
    "      --vocabulary NAME       custom vocabulary of the account\n"
    "      --vocabulary-filter NAME\n"
    "                              words to mask, remove or tag\n"
    "      --expires S             good for S seconds, 1 to 300 (default 300)\n"
    "polly:\n"
    "      --voice ID              Joanna, Lucia, ...\n"
    "      --engine ENGINE         standard (default), neural, long-form or\n"
    "                              generative\n"
    "      --format FORMAT         mp3 (default), ogg_vorbis, ogg_opus, pcm,\n"
    "                              mulaw, alaw\n"
    "      --rate HZ               samples a second (default: the format's)\n"
    "  -l, --language LANG         for voices with two languages\n"
    "      --ssml                  TEXT is SSML\n"
    "      --lexicon NAME,...      pronunciation lexicons of the account\n"
    "      --marks TYPE,...        speech marks in place of sound: sentence,\n"
    "                              ssml, viseme, word\n"
    "      --expires S             good for S seconds, 1 to 604800 (default "
    "900)\n"
    "both:\n"
    "      --region REGION         AWS region (default: AWS_REGION, profile)\n"
    "      --endpoint-url URL      service to use in place of AWS's\n"
    "      --profile NAME          profile of the AWS configuration files\n"
    "  -h, --help    -V, --version    -v, --verbose    -q, --quiet\n"
    "\n"
    "presign(1) has the details.\n";

/* Why there are no credentials, and the status that says so. */
static _Noreturn void
die_without_credentials(const struct credentials_provider *p, int state)
{
	struct service_error e;

	if (state == CREDENTIALS_ERR_NOMEM)
		die(EX_OSERR, "out of memory");
	credentials_service_error(p, state, &e);
	die(service_error_exit_status(e.class), "%s", credentials_error(p));
}

static struct credentials *
wait_for_credentials(struct credentials_provider *p)
{
	struct credentials *credentials = NULL;
	struct loop loop;
	int state;

	loop_init(&loop);
	while ((state = credentials_get(p, clock_wall_ms(), &credentials)) ==
	       CREDENTIALS_PENDING) {
		loop_begin(&loop);
		credentials_prepare(p, &loop);
		if (loop_wait(&loop) < 0)
			die(EX_OSERR, "cannot wait for events");
		credentials_dispatch(p, &loop, clock_mono_ms());
	}
	loop_release(&loop);
	if (state != CREDENTIALS_READY)
		die_without_credentials(p, state);
	return credentials;
}

void
presign_open(struct presign *p, enum endpoint_service service)
{
	char err[512];
	int rc;

	rc = client_open(
	    &p->client, service, &p->config, clock_wall_ms(), err, sizeof(err));
	if (rc != 0)
		die(client_exit_status(rc), "%s", err);
	p->credentials = wait_for_credentials(p->client.provider);
	if (credentials_warning(p->client.provider)[0] != '\0')
		log_msg(LOG_WARN, NULL, "%s",
		    credentials_warning(p->client.provider));
	log_msg(LOG_DEBUG, NULL, "credentials: %s",
	    credentials_describe(p->client.provider));
	p->signer.endpoint = &p->client.endpoint;
	p->signer.keys = &p->credentials->keys;
	p->signer.time_s = (int64_t)(clock_wall_ms() / 1000);
}

/* A URL lives no longer than what it was signed with. */
static void
warn_of_expiry(const struct presign *p)
{
	int64_t left_s;

	if (p->credentials->expires_at_ms == INT64_MAX)
		return;
	left_s = p->credentials->expires_at_ms / 1000 - p->signer.time_s;
	if (left_s < (int64_t)p->signer.expires_s)
		log_msg(LOG_WARN, NULL,
		    "the credentials expire in %lld s, and the URL with them",
		    (long long)left_s);
}

int
presign_finish(struct presign *p, int rc, char *url, const char *err)
{
	if (rc == URL_ERR_NOMEM)
		die(EX_OSERR, "%s", err);
	if (rc == URL_ERR_PARAMS)
		die(EX_USAGE, "%s", err);
	if (rc != 0)
		die(rc == URL_ERR_TEXT ? EX_DATAERR : EX_CONFIG, "%s", err);
	warn_of_expiry(p);
	if (printf("%s\n", url) < 0 || fflush(stdout) != 0)
		die(EX_IOERR, "cannot write the URL");
	free(url);
	credentials_unref(p->credentials);
	client_release(&p->client);
	return EX_OK;
}

int
main(int argc, char **argv)
{
	static const struct option none[] = { { NULL, 0, NULL, 0 } };
	static const struct opt_spec spec = { "presign", presign_usage, "",
		none, NULL };

	while (opt_next(argc, argv, &spec) != -1)
		continue;
	argc -= optind;
	argv += optind;
	if (argc == 0)
		opt_fail("say what to presign: transcribe or polly");
	/* getopt begins anew, with its words cut off in front. */
	optind = 0;
	if (strcmp(argv[0], "transcribe") == 0)
		return presign_transcribe(argc, argv);
	if (strcmp(argv[0], "polly") == 0)
		return presign_polly(argc, argv);
	opt_fail("presign knows transcribe and polly, not '%s'", argv[0]);
}
