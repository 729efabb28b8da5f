/* localaws(1): Transcribe, Translate and Polly on this machine. */
#define _GNU_SOURCE /* readlink of our own path, setrlimit names */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/stop.h"
#include "cert.h"
#include "delays.h"
#include "faults_watch.h"
#include "ids.h"
#include "localaws.h"
#include "probes.h"
#include "rundir.h"
#include "script.h"
#include "server.h"
#include "translators.h"

#define KEY_ID_CHARS 16
#define SECRET_CHARS 40
/* Engines that ignore SIGTERM are given up after this. */
#define STOP_MS 3000

static const char usage[] =
    "usage: localaws [--asr CMD] [--delay MS|SERVICE=MS,...] [--dir DIR]\n"
    "                [--faults FILE] [--mt CMD] [--port N] [--script FILE]\n"
    "                [--tts CMD]\n"
    "      --asr CMD      recogniser: PCM in, lines out (localaws-asr)\n"
    "      --delay ...    service time to add, e.g. 40 or translate=40,"
    "polly=120\n"
    "      --dir DIR      certificate and exports ($BOOTH_RUN/localaws)\n"
    "      --faults FILE  rules of what goes wrong; read anew at SIGHUP\n"
    "      --mt CMD       translator: NUL-ended texts in and out "
    "(localaws-mt)\n"
    "      --port N       on loopback; 0: a free one (0)\n"
    "      --script FILE  a timed script in place of recognition\n"
    "      --tts CMD      voice: text in, PCM out (localaws-tts)\n";

enum {
	OPT_ASR = 256,
	OPT_DELAY,
	OPT_DIR,
	OPT_FAULTS,
	OPT_MT,
	OPT_PORT,
	OPT_SCRIPT,
	OPT_TTS
};

static const struct option longs[] = {
	{ "asr", required_argument, NULL, OPT_ASR },
	{ "delay", required_argument, NULL, OPT_DELAY },
	{ "dir", required_argument, NULL, OPT_DIR },
	{ "faults", required_argument, NULL, OPT_FAULTS },
	{ "mt", required_argument, NULL, OPT_MT },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "script", required_argument, NULL, OPT_SCRIPT },
	{ "tts", required_argument, NULL, OPT_TTS },
	{ NULL, 0, NULL, 0 },
};

static const struct opt_spec spec = { "localaws", usage, "", longs, NULL };

struct options {
	const char *asr, *mt, *tts, *dir, *faults, *script;
	struct delays delays;
	uint16_t port;
};

static void
options_read(struct options *o, int argc, char **argv)
{
	int c;

	memset(o, 0, sizeof(*o));
	while ((c = opt_next(argc, argv, &spec)) != -1) {
		switch (c) {
		case OPT_ASR:
			o->asr = optarg;
			break;
		case OPT_DELAY:
			if (delays_parse(&o->delays, optarg) != 0)
				opt_fail("--delay takes milliseconds (0 to %d) "
					 "or SERVICE=MS,... for transcribe, "
					 "translate and polly, not '%s'",
				    DELAY_MAX_MS, optarg);
			break;
		case OPT_DIR:
			o->dir = optarg;
			break;
		case OPT_FAULTS:
			o->faults = optarg;
			break;
		case OPT_MT:
			o->mt = optarg;
			break;
		case OPT_PORT:
			o->port = (uint16_t)opt_num("--port", optarg, 0, 65535);
			break;
		case OPT_SCRIPT:
			o->script = optarg;
			break;
		case OPT_TTS:
			o->tts = optarg;
			break;
		}
	}
	if (optind < argc)
		opt_fail("unexpected argument '%s'", argv[optind]);
}

/* The engine of that name beside our own executable (a build), else in the
 * libexec folder of where we are installed, which may be moved or be below a
 * DESTDIR, else in that of the build's PREFIX; quoted for the shell. */
static char *
engine_command(const char *name)
{
	char self[PATH_MAX], path[PATH_MAX + 128], *quoted, *q;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n < 0 ? 0 : n] = '\0';
	if ((slash = strrchr(self, '/')) != NULL)
		*slash = '\0';
	snprintf(path, sizeof(path), "%s/%s", self, name);
	if (n <= 0 || access(path, X_OK) != 0)
		snprintf(path, sizeof(path), "%s/../libexec/pipebooth/%s", self,
		    name);
	if (n <= 0 || access(path, X_OK) != 0)
		snprintf(path, sizeof(path), "%s/%s", BOOTH_LIBEXEC, name);
	q = quoted = xcalloc(strlen(path) * 4 + 3, 1);
	*q++ = '\'';
	for (const char *p = path; *p != '\0'; p++) {
		if (*p == '\'')
			q += sprintf(q, "'\\''");
		else
			*q++ = *p;
	}
	*q = '\'';
	return quoted;
}

static const char *
env_or(const char *name, const char *fallback)
{
	const char *value = getenv(name);

	return value == NULL || value[0] == '\0' ? fallback : value;
}

/* The key pair of the environment, else one for this run. */
static void
credentials_read(struct sigv4_credentials *c)
{
	static char id[KEY_ID_CHARS + 5], secret[SECRET_CHARS + 1];

	c->access_key_id = env_or("AWS_ACCESS_KEY_ID", NULL);
	c->secret_access_key = env_or("AWS_SECRET_ACCESS_KEY", NULL);
	c->session_token = env_or("AWS_SESSION_TOKEN", NULL);
	if ((c->access_key_id == NULL) != (c->secret_access_key == NULL))
		die(EX_CONFIG,
		    "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
		    "is set: set both or neither");
	if (c->access_key_id != NULL)
		return;
	/* Marked, so that nobody takes it for a key of an account. */
	memcpy(id, "LOCA", 4);
	secret_make(id + 4, KEY_ID_CHARS);
	secret_make(secret, SECRET_CHARS);
	c->access_key_id = id;
	c->secret_access_key = secret;
	c->session_token = NULL;
}

struct app {
	struct options options;
	struct localaws la;
	char dir[PATH_MAX];
	char env[PATH_MAX + 8];
	struct cert_paths cert;
	struct tls_ctx *tls;
	struct server *server;
	struct faults *faults; /* NULL: none */
	struct loop loop;
};

static void
open_dir(struct app *a)
{
	char text[RUNDIR_TEXT_BYTES];

	if (a->options.dir == NULL && rundir_default(a->dir) != 0)
		die(EX_CONFIG, "the path of the run directory is too long");
	if (a->options.dir != NULL) {
		if (strlen(a->options.dir) >= sizeof(a->dir) - 32)
			die(EX_USAGE, "--dir: the path is too long");
		snprintf(a->dir, sizeof(a->dir), "%s", a->options.dir);
	}
	if (rundir_make(a->dir, text) != 0)
		die(EX_CANTCREAT, "%s", text);
	/* Others are told an absolute path. */
	if (a->dir[0] != '/') {
		char *whole = realpath(a->dir, NULL);

		if (whole == NULL || strlen(whole) >= sizeof(a->dir) - 32)
			die(EX_CANTCREAT, "cannot use directory '%s'", a->dir);
		snprintf(a->dir, sizeof(a->dir), "%s", whole);
		free(whole);
	}
	snprintf(a->env, sizeof(a->env), "%s/env", a->dir);
}

static void
open_server(struct app *a)
{
	char cert_text[CERT_TEXT_BYTES], tls_text[TLS_TEXT_BYTES];
	int rc;

	rc = cert_ensure(
	    &a->cert, a->dir, (int64_t)(clock_wall_ms() / 1000), cert_text);
	if (rc < 0)
		die(EX_CANTCREAT, "%s", cert_text);
	if (rc > 0)
		log_msg(
		    LOG_DEBUG, "cert", "made a certificate, ca=%s", a->cert.ca);
	if (tls_server_ctx_new(&a->tls, a->cert.cert, a->cert.key,
		"h2,http/1.1", tls_text) != 0)
		die(EX_OSERR, "TLS: %s", tls_text);
	if (server_new(&a->server, &a->la, a->tls, a->options.port) != 0)
		die(EX_UNAVAILABLE, "cannot listen on 127.0.0.1, port %u: %s%s",
		    a->options.port, strerror(errno),
		    errno == EADDRINUSE ? "; --port 0 takes a free one" : "");
}

static void
open_engines(struct app *a)
{
	struct localaws *la = &a->la;
	char text[SCRIPT_TEXT_BYTES];

	/* These live as long as the process. */
	la->asr = a->options.asr != NULL ? a->options.asr
	                                 : engine_command("localaws-asr");
	la->mt = a->options.mt != NULL ? a->options.mt
	                               : engine_command("localaws-mt");
	la->tts = a->options.tts != NULL ? a->options.tts
	                                 : engine_command("localaws-tts");
	la->transcribe_delay_ms = a->options.delays.transcribe_ms;
	la->translate_delay_ms = a->options.delays.translate_ms;
	la->polly_delay_ms = a->options.delays.polly_ms;
	if (a->options.script != NULL &&
	    script_load(&la->script, a->options.script, text) != 0)
		die(EX_NOINPUT, "cannot use script '%s': %s", a->options.script,
		    text);
	la->engines = engines_new();
	if (la->engines != NULL) {
		la->probes = probes_new(la->engines);
		la->translators = translators_new(la->engines, la->mt);
	}
	if (la->probes == NULL || la->translators == NULL)
		die(EX_OSERR, "out of memory");
}

static void
open_faults(struct app *a)
{
	char text[FAULTS_TEXT_BYTES];
	int rc;

	if (a->options.faults == NULL)
		return;
	rc = faults_watch_new(&a->faults, a->options.faults, text);
	if (rc != 0)
		die(rc == FAULTS_ERR_RULE   ? EX_DATAERR
		    : rc == FAULTS_ERR_OPEN ? EX_NOINPUT
					    : EX_OSERR,
		    "%s", text);
	a->la.hooks = (struct hooks){ faults_ask, a->faults };
}

static void
write_env(struct app *a, const char *url)
{
	const struct sigv4_credentials *c = &a->la.credentials;
	char text[RUNDIR_TEXT_BYTES];
	struct rundir_export exports[] = {
		{ "AWS_ENDPOINT_URL", url },
		{ "AWS_CA_BUNDLE", a->cert.ca },
		{ "NODE_EXTRA_CA_CERTS", a->cert.ca },
		{ "AWS_REGION", a->la.region },
		{ "AWS_DEFAULT_REGION", a->la.region },
		{ "AWS_ACCESS_KEY_ID", c->access_key_id },
		{ "AWS_SECRET_ACCESS_KEY", c->secret_access_key },
		{ "AWS_EC2_METADATA_DISABLED", "true" },
		{ c->session_token == NULL ? NULL : "AWS_SESSION_TOKEN",
		    c->session_token },
		{ NULL, NULL },
	};

	if (rundir_write_env(a->env, exports, text) != 0)
		die(EX_CANTCREAT, "%s", text);
}

/* The one line that we say on stdout. */
static void
say_ready(struct app *a, const char *url)
{
	json_t *line = json_status("localaws", "ready", NULL, clock_wall_ms());
	size_t len;
	char *text;

	json_object_set_new(line, "url", json_string(url));
	json_object_set_new(line, "ca", json_string(a->cert.ca));
	json_object_set_new(line, "env", json_string(a->env));
	if ((text = json_line_dump(line, &len)) == NULL)
		die(EX_OSERR, "out of memory");
	printf("%s\n", text);
	if (fflush(stdout) != 0)
		die(EX_IOERR, "cannot write to standard output: %s",
		    strerror(errno));
	free(text);
	json_decref(line);
}

static void
turn(struct app *a)
{
	struct localaws *la = &a->la;
	int64_t now_ms;

	loop_begin(&a->loop);
	stop_prepare(&a->loop);
	if (a->faults != NULL)
		faults_watch_prepare(&a->loop);
	engines_prepare(la->engines, &a->loop);
	probes_prepare(la->probes, &a->loop);
	translators_prepare(la->translators, &a->loop);
	server_prepare(a->server, &a->loop);
	if (loop_wait(&a->loop) < 0)
		die(EX_OSERR, "poll: %s", strerror(errno));
	now_ms = clock_mono_ms();
	if (a->faults != NULL)
		faults_watch_dispatch(a->faults);
	engines_dispatch(la->engines, &a->loop, now_ms);
	probes_dispatch(la->probes, now_ms);
	translators_dispatch(la->translators, now_ms);
	server_dispatch(a->server, &a->loop, now_ms);
}

/* Everybody is sent away; engines get a moment to go. */
static void
wind_up(struct app *a)
{
	struct localaws *la = &a->la;
	int64_t until_ms = clock_mono_ms() + STOP_MS;

	server_free(a->server);
	translators_free(la->translators);
	probes_free(la->probes);
	engines_stop(la->engines, clock_mono_ms());
	while (engines_count(la->engines) > 0 && clock_mono_ms() < until_ms) {
		loop_begin(&a->loop);
		engines_prepare(la->engines, &a->loop);
		loop_deadline(&a->loop, until_ms);
		if (loop_wait(&a->loop) < 0)
			break;
		engines_dispatch(la->engines, &a->loop, clock_mono_ms());
	}
	engines_free(la->engines);
	script_free(la->script);
	faults_free(a->faults);
	tls_ctx_free(a->tls);
	loop_release(&a->loop);
}

static void
raise_limit(void)
{
	struct rlimit limit;

	/* A connection takes one descriptor, each engine four. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur =
		    limit.rlim_max < 65536 ? limit.rlim_max : 65536;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int
main(int argc, char **argv)
{
	static struct app app;
	char url[64];

	options_read(&app.options, argc, argv);
	if (stop_init() != 0)
		die(EX_OSERR, "cannot set up signals: %s", strerror(errno));
	raise_limit();
	loop_init(&app.loop);
	app.la.region =
	    env_or("AWS_REGION", env_or("AWS_DEFAULT_REGION", "us-east-1"));
	credentials_read(&app.la.credentials);
	open_faults(&app);
	open_dir(&app);
	open_engines(&app);
	open_server(&app);
	snprintf(
	    url, sizeof(url), "https://127.0.0.1:%u", server_port(app.server));
	write_env(&app, url);
	say_ready(&app, url);
	while (stop_count() == 0)
		turn(&app);
	wind_up(&app);
	return EX_OK;
}
