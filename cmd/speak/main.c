/* speak: let one remote speaker feed a room (speak(1)). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/lang.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/stop.h"
#include "front.h"

#define LINGER_S 30
#define LINGER_MAX_S 3600

static const char usage[] =
    "usage: speak [-r ROOM] [-l LANG] [--create] [--linger-s N]\n"
    "             -- COMMAND [ARG]...\n"
    "Let the speaker at the other end of a WebSocket feed COMMAND with sound.\n"
    "\n"
    "      --create         make the room if it is not there\n"
    "  -l, --lang LANG      what is spoken, where the speaker says nothing\n"
    "      --linger-s N     keep a speaker who was cut off for so long (30)\n"
    "  -r, --room ROOM      the room (default: the connection's query has it)\n"
    "  -h, --help           show this and exit\n"
    "  -q, --quiet          errors only\n"
    "  -V, --version        show the version and exit\n"
    "  -v, --verbose        say more; repeats\n";

enum {
	OPT_CREATE = 256,
	OPT_LINGER
};

static const struct option longs[] = { { "create", no_argument, NULL,
					   OPT_CREATE },
	{ "lang", required_argument, NULL, 'l' },
	{ "linger-s", required_argument, NULL, OPT_LINGER },
	{ "room", required_argument, NULL, 'r' }, { NULL, 0, NULL, 0 } };

static const struct opt_spec spec = { "speak", usage, "l:r:", longs, NULL };

/*
 * The room of a query string, undecoded: a room's name needs no escapes, and
 * one that has some is no room's name.  NULL: there is none.
 */
static const char *
room_of_query(char *buf, size_t size, const char *query)
{
	size_t len;

	for (; query != NULL && *query != '\0';
	     query += len + (query[len] == '&')) {
		len = strcspn(query, "&");
		if (strncmp(query, "room=", 5) != 0)
			continue;
		if (len - 5 >= size)
			return "";
		memcpy(buf, query + 5, len - 5);
		buf[len - 5] = '\0';
		return buf;
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	static struct front_config config;
	static struct front front;
	static char lang[LANG_TAG_MAX], query_room[ROOM_NAME_MAX + 2];
	const char *room = NULL;
	int c, ret;

	config.keeper.linger_ms = LINGER_S * 1000;
	while ((c = opt_next(argc, argv, &spec)) != -1) {
		switch (c) {
		case OPT_CREATE:
			config.may_create = true;
			break;
		case 'l':
			if (strlen(optarg) >= LANG_TAG_MAX ||
			    !lang_is_tag(optarg))
				opt_fail("'%s' is no language tag such as "
					 "it-IT",
				    optarg);
			config.lang = lang_canonical(optarg, lang);
			break;
		case OPT_LINGER:
			config.keeper.linger_ms =
			    1000 *
			    opt_num("--linger-s", optarg, 0, LINGER_MAX_S);
			break;
		case 'r':
			room = optarg;
			/* Whoever wrote it here wants that room. */
			config.may_create = true;
			break;
		}
	}
	if (optind == argc)
		opt_fail("say what the sound goes to: -- COMMAND");
	config.keeper.command = argv + optind;
	if (room != NULL && !room_is_name(room))
		opt_fail(
		    "'%s' is no room: %s", room, room_strerror(ROOM_ERR_NAME));
	if (stop_init() == -1)
		die(EX_OSERR, "signals: %s", strerror(errno));
	if (room == NULL)
		room = room_of_query(
		    query_room, sizeof(query_room), getenv("QUERY_STRING"));
	if (front_init(&front, &config) != 0)
		die(EX_IOERR, "cannot write: %s",
		    strerror(out_errno(&front.out)));
	ret = room_init(&config.room, NULL, room != NULL ? room : "");
	if (ret != 0)
		front_refuse(&front, "room",
		    room == NULL ? "room: which one?" : room_strerror(ret),
		    EX_USAGE);
	config.keeper.room = &config.room;
	ret = front_run(&front);
	front_release(&front);
	return ret;
}
