/* token: mint and check tokens of roles, and draw join codes (token(1)). */
#include "token.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/opt.h"

const char token_usage[] =
    "usage: token mint -R ROLE[,ROLE] -r ROOM|'*' --for TIME [--from TIME]\n"
    "       token check [-R ROLE] [-r ROOM] [--json]\n"
    "       token qr [-f utf8|svg|png] [-R ROLE] [-r ROOM] [-l LANG]\n"
    "                [-o FILE] [--stdin] [--no-token] URL\n"
    "       token secret\n"
    "Print a token for a role, look at one, or draw the code to join a room.\n"
    "\n"
    "mint (signs with BOOTH_JWT_SECRET):\n"
    "  -R, --role ROLE[,ROLE]  speaker, listener or operator\n"
    "  -r, --room ROOM         the room; '*': all of them\n"
    "      --for TIME          good for so long: 90m, 8h, 3d\n"
    "      --from TIME         not before so long from now\n"
    "check (the token is on standard input):\n"
    "      --json              say it for programs\n"
    "  -R, --role ROLE         and is it good for this role?\n"
    "  -r, --room ROOM         and for this room?\n"
    "qr (the token is in BOOTH_<ROLE>_TOKEN):\n"
    "  -f, --format FORMAT     utf8 (default), svg or png\n"
    "  -l, --lang LANG         the language to begin with\n"
    "      --no-token          a link without token, for an open role\n"
    "  -o, --output FILE       write it there\n"
    "  -R, --role ROLE         whose token (default: listener)\n"
    "  -r, --room ROOM         the room\n"
    "      --stdin             the token is on standard input\n"
    "all:\n"
    "  -h, --help    -V, --version    -v, --verbose    -q, --quiet\n"
    "\n"
    "token(1) has the details.\n";

int
token_read_all(char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(STDIN_FILENO, buf + len, size - len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			die(EX_IOERR, "cannot read standard input: %s",
			    strerror(errno));
		len += (size_t)n;
	} while (n != 0 && len < size);
	if (len == size || memchr(buf, '\0', len) != NULL)
		return -1;
	buf[len] = '\0';
	return 0;
}

void
token_read(char *buf, size_t size)
{
	size_t len, start = 0;

	if (token_read_all(buf, size) != 0)
		die(EX_DATAERR, "standard input holds no token: it is longer "
				"than any, or has a NUL byte");
	len = strlen(buf);
	while (len > 0 && isspace((unsigned char)buf[len - 1]))
		len--;
	buf[len] = '\0';
	while (isspace((unsigned char)buf[start]))
		start++;
	memmove(buf, buf + start, len - start + 1);
	if (buf[0] == '\0')
		die(EX_DATAERR, "standard input holds no token");
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = { { "mint", token_mint }, { "check", token_check },
		{ "qr", token_qr }, { "secret", token_secret } };
	static const struct option none[] = { { NULL, 0, NULL, 0 } };
	static const struct opt_spec spec = { "token", token_usage, "", none,
		NULL };
	size_t i;

	while (opt_next(argc, argv, &spec) != -1)
		continue;
	argc -= optind;
	argv += optind;
	if (argc == 0)
		opt_fail("say what to do: mint, check, qr or secret");
	/* getopt begins anew, with its words cut off in front. */
	optind = 0;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(argc, argv);
	opt_fail("token knows mint, check, qr and secret, not '%s'", argv[0]);
}
