/* token qr: the code that brings somebody into a room. */
#define _GNU_SOURCE /* explicit_bzero */
#include "token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/lang.h"
#include "base/log.h"
#include "base/opt.h"
#include "code.h"
#include "room/role.h"
#include "room/room.h"

#define URL_MAX 2000
/* What a token of letters makes of the link, escapes included. */
#define LINK_MAX (URL_MAX + 256 + 3 * ROLE_TOKEN_MAX)

enum {
	OPT_NO_TOKEN = 256,
	OPT_STDIN
};

enum {
	FORMAT_UTF8,
	FORMAT_SVG,
	FORMAT_PNG
};

struct qr {
	int format, role;
	const char *room, *lang, *path, *url;
	bool has_stdin, has_no_token;
};

/* A word of ours for a query or fragment: letters of RFC 3986, section 2.3, as
 * they are, the rest escaped. */
static void
add_escaped(char *link, const char *s)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._"
	    "~";
	char *end = link + strlen(link);

	for (; *s != '\0'; s++) {
		if (strchr(letters, *s) != NULL)
			*end++ = *s;
		else
			end += sprintf(end, "%%%02X", (unsigned char)*s);
	}
	*end = '\0';
}

static void
add_param(char *link, const char *key, const char *value)
{
	if (value == NULL)
		return;
	strcat(link, strchr(link, '?') == NULL ? "?" : "&");
	strcat(link, key);
	strcat(link, "=");
	add_escaped(link, value);
}

static void
check_url(const char *url)
{
	if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
		opt_fail(
		    "'%s' is no link: it begins with https:// or http://", url);
	if (strlen(url) > URL_MAX || strpbrk(url, " \t\r\n\"<>#") != NULL)
		opt_fail("the link must be short, without blanks, quotes and "
			 "'#'");
	if (strstr(url, "token=") != NULL)
		opt_fail("a token in the link's query would stand in logs: "
			 "leave it out, it goes behind '#'");
}

static void
make_link(char *link, const struct qr *q)
{
	char token[ROLE_TOKEN_MAX + 2] = "";
	struct role_config config;

	strcpy(link, q->url);
	add_param(link, "room", q->room);
	add_param(link, "lang", q->lang);
	if (q->has_no_token)
		return;
	if (q->has_stdin) {
		token_read(token, sizeof(token));
	} else {
		role_config_env(&config);
		if (config.tokens[q->role] == NULL)
			die(EX_CONFIG,
			    "no token: set %s, give one on standard input "
			    "(--stdin), or say --no-token",
			    role_variable((enum role)q->role));
		if (strlen(config.tokens[q->role]) > ROLE_TOKEN_MAX)
			die(EX_CONFIG, "%s is too long",
			    role_variable((enum role)q->role));
		strcpy(token, config.tokens[q->role]);
	}
	strcat(link, "#token=");
	add_escaped(link, token);
	explicit_bzero(token, sizeof(token));
}

static void
draw(const struct qr *q, const char *link)
{
	static int (*const draws[])(const QRcode *, FILE *) = {
		[FORMAT_UTF8] = code_draw_utf8,
		[FORMAT_SVG] = code_draw_svg,
		[FORMAT_PNG] = code_draw_png,
	};
	QRcode *code;
	FILE *f = stdout;
	int fd, ret;

	code = QRcode_encodeString8bit(link, 0, QR_ECLEVEL_M);
	if (code == NULL && errno == ERANGE)
		code = QRcode_encodeString8bit(link, 0, QR_ECLEVEL_L);
	if (code == NULL)
		die(errno == ENOMEM ? EX_OSERR : EX_DATAERR,
		    "link and token are too long for a code (%zu bytes)",
		    strlen(link));
	if (q->path != NULL) {
		/* It holds a secret. */
		fd = open(
		    q->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		f = fd == -1 ? NULL : fdopen(fd, "w");
		if (f == NULL) {
			ret = errno;
			QRcode_free(code);
			die(EX_CANTCREAT, "cannot write '%s': %s", q->path,
			    strerror(ret));
		}
	}
	ret = draws[q->format](code, f);
	QRcode_free(code);
	if (ret != 0 || (f == stdout ? fflush(f) : fclose(f)) != 0)
		die(EX_IOERR, "cannot write the code: %s", strerror(errno));
}

static void
parse_options(struct qr *q, int argc, char **argv)
{
	static const char *const formats[] = { "utf8", "svg", "png", NULL };
	static const struct option longs[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "lang", required_argument, NULL, 'l' },
		{ "no-token", no_argument, NULL, OPT_NO_TOKEN },
		{ "output", required_argument, NULL, 'o' },
		{ "role", required_argument, NULL, 'R' },
		{ "room", required_argument, NULL, 'r' },
		{ "stdin", no_argument, NULL, OPT_STDIN }, { NULL, 0, NULL, 0 }
	};
	static const struct opt_spec spec = { "token", token_usage,
		"f:l:o:R:r:", longs, NULL };
	int c;

	while ((c = opt_next(argc, argv, &spec)) != -1) {
		switch (c) {
		case 'f':
			q->format = opt_choice("--format", optarg, formats);
			break;
		case 'l':
			if (strcmp(optarg, ROOM_SOURCE) != 0 &&
			    !lang_is_tag(optarg))
				opt_fail("'%s' is no language", optarg);
			q->lang = optarg;
			break;
		case 'o':
			q->path = optarg;
			break;
		case 'R':
			q->role = role_find(optarg);
			if (q->role == -1)
				opt_fail("there is no role '%s'", optarg);
			break;
		case 'r':
			if (!room_is_name(optarg))
				opt_fail("'%s' is no room: %s", optarg,
				    room_strerror(ROOM_ERR_NAME));
			q->room = optarg;
			break;
		case OPT_NO_TOKEN:
			q->has_no_token = true;
			break;
		case OPT_STDIN:
			q->has_stdin = true;
			break;
		}
	}
	if (optind + 1 != argc)
		opt_fail("say the link of the page, and nothing else");
	q->url = argv[optind];
	check_url(q->url);
	if (q->has_stdin && q->has_no_token)
		opt_fail("--stdin and --no-token: which?");
	if (q->path == NULL && q->format == FORMAT_PNG && isatty(STDOUT_FILENO))
		opt_fail("a PNG is nothing for a terminal: add -o FILE");
}

int
token_qr(int argc, char **argv)
{
	struct qr q = { .role = ROLE_LISTENER };
	static char link[LINK_MAX];

	parse_options(&q, argc, argv);
	make_link(link, &q);
	draw(&q, link);
	explicit_bzero(link, sizeof(link));
	return EX_OK;
}
