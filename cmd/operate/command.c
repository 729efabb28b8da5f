#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/log.h"
#include "room/pause.h"
#include "room/say.h"

#define DETAIL_MAX 400
#define ID_BYTES 8

/* One command on its way. */
struct command {
	struct room room;
	const json_t *message; /* borrowed */
	char id[4 + 2 * ID_BYTES + 1];
	char detail[DETAIL_MAX]; /* why it failed */
};

static const char *
text_of(const struct command *c)
{
	return json_str(c->message, "text");
}

static int
fail_room(struct command *c, int code)
{
	snprintf(c->detail, sizeof(c->detail), "room '%s': %s", c->room.name,
	    code == ROOM_ERR_SYS ? strerror(errno) : room_strerror(code));
	return -1;
}

static int
do_pause(struct command *c)
{
	char reason[ROOM_REASON_MAX];
	const char *text = text_of(c);
	size_t i;
	int ret;

	snprintf(reason, sizeof(reason), "%s",
	    text != NULL && text[0] != '\0' ? text : "paused by the operator");
	for (i = 0; reason[i] != '\0'; i++)
		if ((unsigned char)reason[i] < 0x20 || reason[i] == 0x7f)
			reason[i] = ' ';
	/* A sequence may have been cut; room_pause() minds only its own cut. */
	if (text != NULL && strlen(text) >= sizeof(reason)) {
		snprintf(c->detail, sizeof(c->detail),
		    "a reason has up to %d bytes", ROOM_REASON_MAX - 1);
		return -1;
	}
	ret = room_pause(&c->room, reason);
	return ret == 0 ? 0 : fail_room(c, ret);
}

static int
do_resume(struct command *c)
{
	int ret = room_resume(&c->room);

	return ret == 0 ? 0 : fail_room(c, ret);
}

/* Hand a line to interject; takes obj. */
static int
send(struct command *c, json_t *obj)
{
	size_t len = 0;
	char *line = obj != NULL ? json_line_dump(obj, &len) : NULL;
	int ret;

	json_decref(obj);
	if (line == NULL) {
		snprintf(c->detail, sizeof(c->detail), "out of memory");
		return -1;
	}
	ret = say_send(&c->room, line, len);
	if (ret != 0)
		snprintf(c->detail, sizeof(c->detail), "room '%s': %s",
		    c->room.name,
		    ret == SAY_ERR_SYS ? strerror(errno) : say_strerror(ret));
	free(line);
	return ret == 0 ? 0 : -1;
}

static int
do_say(struct command *c)
{
	const char *text = text_of(c), *lang = json_str(c->message, "lang");
	unsigned char random[ID_BYTES];
	json_t *obj;

	if (text == NULL || text[strspn(text, " \t\r\n")] == '\0') {
		snprintf(c->detail, sizeof(c->detail), "there is no 'text'");
		return -1;
	}
	if (getrandom(random, sizeof(random), 0) != sizeof(random)) {
		snprintf(c->detail, sizeof(c->detail), "no random numbers");
		return -1;
	}
	strcpy(c->id, "say-");
	hex_encode(c->id + 4, random, sizeof(random));
	obj = json_pack(
	    "{s:s,s:s,s:s}", "type", "transcript", "id", c->id, "text", text);
	if (obj != NULL && lang != NULL && lang[0] != '\0')
		json_put(&obj, "lang", json_string(lang));
	return send(c, obj);
}

static int
do_retract(struct command *c)
{
	const char *id = json_str(c->message, "id");

	if (id == NULL || id[0] == '\0') {
		snprintf(c->detail, sizeof(c->detail), "there is no 'id'");
		return -1;
	}
	return send(c, json_pack("{s:s,s:s}", "type", "retraction", "id", id));
}

static const struct {
	const char *name;
	int (*run)(struct command *c);
} commands[] = {
	{ "pause", do_pause },
	{ "resume", do_resume },
	{ "say", do_say },
	{ "retract", do_retract },
};

/* Rooms that may not be seen are not there. */
static int
find_room(const struct command_desk *desk, struct command *c)
{
	const char *name = json_str(c->message, "room");

	if (name != NULL && room_init(&c->room, desk->run, name) == 0 &&
	    desk->may(desk->arg, name) && room_exists(&c->room))
		return 0;
	snprintf(c->detail, sizeof(c->detail), "%s",
	    room_strerror(name != NULL && !room_is_name(name)
			      ? ROOM_ERR_NAME
			      : ROOM_ERR_ABSENT));
	return -1;
}

/* Returns 0 or -1 with c->detail; *name is what was ordered, for the log. */
static int
run(const struct command_desk *desk, struct command *c, const char **name)
{
	const char *wanted = json_str(c->message, "do");
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (wanted == NULL || strcmp(wanted, commands[i].name) != 0)
			continue;
		*name = commands[i].name;
		return find_room(desk, c) == 0 ? commands[i].run(c) : -1;
	}
	snprintf(c->detail, sizeof(c->detail),
	    "'do' is pause, resume, say or retract");
	return -1;
}

json_t *
command_run(const struct command_desk *desk, const json_t *message)
{
	struct command c = { .message = message };
	json_t *n = json_object_get(message, "n"), *answer;
	const char *name = "unknown";
	int ret = run(desk, &c, &name);

	log_msg(LOG_INFO, "command", "%s, room=%s, from=%s%s%s: %s", name,
	    c.room.name, desk->from, c.id[0] != '\0' ? ", id=" : "", c.id,
	    ret == 0 ? "done" : c.detail);
	answer = json_pack("{s:s}", "type", ret == 0 ? "done" : "failed");
	if (answer == NULL)
		return NULL;
	if (json_is_number(n))
		json_object_set(answer, "n", n);
	if (ret != 0)
		json_object_set_new(answer, "detail", json_string(c.detail));
	else if (c.id[0] != '\0')
		json_object_set_new(answer, "id", json_string(c.id));
	return answer;
}
