#define _GNU_SOURCE /* accept4 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/utf8.h"
#include "handed.h"
#include "notes.h"
#include "pipeline.h"
#include "talk.h"
#include "wire.h"

#define LINKS 8

/* Who connects says its hello at once: it is a process of ours. */
#define HELLO_MS 5000

#define ACK_MS 1000

/* A speaker that returns with a minute of sound is told sooner. */
#define ACK_MESSAGES 50

/* Packets taken from one connection in one turn. */
#define TURN_PACKETS 64

/* Lines of the command's standard error told to the speaker in one second. */
#define WORDS_MAX 10

/* One connection. */
struct link {
	int fd; /* -1: free */
	int slot;
	int64_t hello_ms; /* when it must have said hello */
	bool has_hello;
	unsigned int ended; /* id of the pipeline whose end it waits for; 0 */
};

struct keeper {
	const struct keeper_config *config;
	int lock_fd, listen_fd, listen_slot;
	struct link links[LINKS];
	struct link *front; /* the speaker's, NULL: away */
	struct talk talk;
	struct handed handed;
	/* The pipeline of a talk that ends, and that of the talk; the second
	 * is not started before the first is gone. */
	struct pipeline old, cur;
	bool has_old, has_cur;
	unsigned int last_id;
	int64_t linger_ms; /* when to give up waiting for the speaker */
	int64_t ack_ms;
	int64_t words_ms; /* when the second of nwords began */
	int nwords;
	bool is_over;
};

/* --- lines to a speaker ---------------------------------------------- */

/* Takes obj. */
static void
say(struct link *to, char type, json_t *obj)
{
	size_t len;
	char *text = json_line_dump(obj, &len);

	/* Cut off, a speaker comes back, and is told it all again. */
	if (text == NULL) {
		log_msg(LOG_ERROR, NULL, "out of memory: a line is lost");
		if (to != NULL && to->fd != -1)
			shutdown(to->fd, SHUT_RDWR);
	}
	/* A connection that takes nothing is about to be cut; the next line
	 * tells it all again. */
	if (text != NULL && to != NULL && to->fd != -1 && len < WIRE_MAX)
		(void)wire_send(to->fd, type, text, len);
	free(text);
	json_decref(obj);
}

static json_t *
status(const char *state, const char *detail)
{
	return json_status("speak", state, detail, clock_wall_ms());
}

static void
close_link(struct keeper *k, struct link *link)
{
	if (link->fd != -1)
		close(link->fd);
	link->fd = link->slot = -1;
	link->ended = 0;
	if (k->front == link)
		k->front = NULL;
}

/* Say a last line and part. */
static void
dismiss(struct keeper *k, struct link *link, json_t *line)
{
	say(link, 'X', line);
	close_link(k, link);
}

static void
refuse(
    struct keeper *k, struct link *link, const char *reason, const char *detail)
{
	json_t *line = status("refused", detail);

	json_put(&line, "reason", json_string(reason));
	dismiss(k, link, line);
}

static const char *
room_state(const struct keeper *k)
{
	char path[ROOM_PATH_MAX];
	struct stat st;

	if (!room_is_locked(k->config->room, ROOM_WRITER))
		return "off";
	if (room_path(k->config->room, "paused", path) == 0 &&
	    stat(path, &st) == 0)
		return "paused";
	return "on";
}

/* Audio messages beyond `next` that have room. */
static json_int_t
window(const struct keeper *k)
{
	return (json_int_t)(pipeline_room(&k->cur) / MESSAGE_PCM_MAX);
}

static void
acknowledge(struct keeper *k, int64_t now_ms)
{
	double rms, peak;
	int64_t lag_ms;

	k->ack_ms = now_ms + ACK_MS;
	if (k->front == NULL || !k->has_cur)
		return;
	talk_level(&k->talk, &rms, &peak);
	lag_ms = pipeline_lag_ms(&k->cur);
	if (k->has_old)
		lag_ms += pipeline_lag_ms(&k->old);
	say(k->front, 'L',
	    json_pack("{s:s, s:I, s:I, s:I, s:o, s:o, s:I, s:s, s:s, s:o}",
		"type", "ack", "next", (json_int_t)k->talk.next, "window",
		window(k), "lost", (json_int_t)k->talk.lost, "level_db",
		json_ms(rms), "peak_db", json_ms(peak), "lag_ms",
		(json_int_t)lag_ms, "pipeline", pipeline_state(&k->cur),
		"room_state", room_state(k), "at_ms",
		json_ms(clock_wall_ms())));
}

/* --- talks ----------------------------------------------------------- */

static void
on_words(void *arg, const char *line, size_t len)
{
	struct keeper *k = arg;
	char text[1024];
	int64_t now_ms = clock_mono_ms();

	log_msg(
	    LOG_WARN, "command", "%.*s", (int)(len < 1500 ? len : 1500), line);
	if (now_ms - k->words_ms >= 1000) {
		k->words_ms = now_ms;
		k->nwords = 0;
	}
	if (k->nwords++ >= WORDS_MAX)
		return;
	utf8_escape(text, sizeof(text), line, len);
	say(k->front, 'L', status("said", text));
}

static void
begin_talk(struct keeper *k, const struct wire_hello *hello)
{
	talk_begin(&k->talk, hello->session, hello->lang,
	    handed_begin(&k->handed, hello->session, hello->next));
	strcpy(k->talk.who, hello->who);
	pipeline_init(&k->cur, ++k->last_id, k->config->room,
	    k->config->command, hello->lang);
	k->cur.on_line = on_words;
	k->cur.arg = k;
	k->has_cur = true;
	log_msg(LOG_INFO, NULL, "talk begins: room=%s, lang=%s, client=%s",
	    k->config->room->name, hello->lang, hello->client);
}

/* No more sound comes for the pipeline of the talk. */
static unsigned int
end_talk(struct keeper *k, const char *why, int64_t now_ms)
{
	unsigned int id = k->cur.id;

	if (!k->has_cur || k->cur.is_ending)
		return 0;
	log_msg(LOG_INFO, NULL, "talk ends: %s", why);
	handed_forget(&k->handed);
	pipeline_end(&k->cur, now_ms);
	if (!k->has_old) {
		k->old = k->cur;
		k->has_old = true;
		k->has_cur = false;
	}
	return id;
}

/* Whether the speaker of this hello may have the room now. */
static bool
is_free_for(const struct keeper *k, const struct wire_hello *hello)
{
	if (!k->has_cur)
		return true; /* the last talk only finishes */
	if (k->cur.is_ending)
		return false;
	if (k->front != NULL) /* to that one's other connection only */
		return strcmp(hello->session, k->talk.session) == 0;
	return talk_is_of(&k->talk, hello->session, hello->who);
}

/* Another program, or page, of the speaker who was cut off: it goes on with the
 * talk, by numbers of its own. */
static void
take_over(struct keeper *k, const struct wire_hello *hello)
{
	log_msg(LOG_INFO, NULL,
	    "the speaker is back with another session: client=%s",
	    hello->client);
	strcpy(k->talk.session, hello->session);
	k->talk.next = hello->next;
}

static void
take_hello(struct keeper *k, struct link *link, const char *p, size_t n,
    int64_t now_ms)
{
	struct wire_hello hello;
	json_t *ready;

	if (n != sizeof(hello) || link->has_hello) {
		close_link(k, link);
		return;
	}
	memcpy(&hello, p, n);
	link->has_hello = true;
	if (!is_free_for(k, &hello)) {
		refuse(k, link, "busy", "somebody else speaks in this room");
		return;
	}
	if (k->front != NULL) /* it has not seen yet that it was cut */
		dismiss(k, k->front,
		    status("replaced", "the speaker came back by another way"));
	if (k->has_cur && strcmp(hello.session, k->talk.session) != 0)
		take_over(k, &hello);
	if (k->has_cur && strcmp(hello.lang, k->talk.lang) != 0) {
		hello.next = k->talk.next;
		(void)end_talk(k, "another language", now_ms);
		if (k->has_cur) { /* two talks end already */
			refuse(k, link, "busy", "the last talk is finishing");
			return;
		}
	}
	if (!k->has_cur)
		begin_talk(k, &hello);
	k->front = link;
	k->linger_ms = LOOP_NEVER;
	ready = status("ready", NULL);
	if (ready != NULL)
		json_object_update_new(
		    ready, json_pack("{s:s, s:s, s:I, s:I, s:s}", "room",
			       k->config->room->name, "lang", k->talk.lang,
			       "next", (json_int_t)k->talk.next, "window",
			       window(k), "room_state", room_state(k)));
	say(link, 'L', ready);
	k->ack_ms = now_ms + ACK_MS;
}

static void
take_audio(struct keeper *k, const char *p, size_t n)
{
	const uint8_t *pcm = (const uint8_t *)p + sizeof(uint64_t);
	uint64_t seq;

	if (n < sizeof(seq) || n > sizeof(seq) + MESSAGE_PCM_MAX)
		return;
	memcpy(&seq, p, sizeof(seq));
	n -= sizeof(seq);
	if (talk_judge(&k->talk, seq) == TALK_NEXT)
		talk_count(
		    &k->talk, pcm, n, pipeline_feed(&k->cur, pcm, n) != 0);
}

static void
take_end(struct keeper *k, struct link *link, int64_t now_ms)
{
	acknowledge(k, now_ms);
	link->ended = end_talk(k, "the speaker said so", now_ms);
	k->front = NULL; /* and is no longer the room's speaker */
	talk_end(&k->talk);
	if (link->ended == 0)
		dismiss(k, link, status("ended", NULL));
}

/* --- connections ----------------------------------------------------- */

static void
leave(struct keeper *k, struct link *link, int64_t now_ms)
{
	if (k->front == link) {
		log_msg(LOG_INFO, NULL, "the speaker is away");
		k->linger_ms = now_ms + k->config->linger_ms;
	}
	close_link(k, link);
}

static void
hear(struct keeper *k, struct link *link, int64_t now_ms)
{
	char buf[WIRE_MAX];
	size_t n;
	int i, type;

	for (i = 0; i < TURN_PACKETS && link->fd != -1; i++) {
		type = wire_recv(link->fd, buf, &n);
		if (type == -1 && errno == EAGAIN)
			return;
		if (type <= 0)
			leave(k, link, now_ms);
		else if (type == 'H')
			take_hello(k, link, buf, n, now_ms);
		else if (k->front != link)
			continue; /* it was replaced, or has ended */
		else if (type == 'A')
			take_audio(k, buf, n);
		else if (type == 'E')
			take_end(k, link, now_ms);
	}
}

static void
welcome(struct keeper *k, int64_t now_ms)
{
	struct link *link;
	int fd;

	for (link = k->links; link < k->links + LINKS; link++) {
		if (link->fd != -1)
			continue;
		fd = accept4(
		    k->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd == -1)
			return;
		memset(link, 0, sizeof(*link));
		link->fd = fd;
		link->slot = -1;
		link->hello_ms = now_ms + HELLO_MS;
	}
}

/* Tell those who wait that their talk's sound was all handed over. */
static void
tell_ends(struct keeper *k)
{
	struct link *link;
	bool is_done;

	for (link = k->links; link < k->links + LINKS; link++) {
		if (link->fd == -1 || link->ended == 0)
			continue;
		is_done = true;
		if (k->has_old && k->old.id == link->ended)
			is_done = pipeline_is_handed_over(&k->old);
		if (k->has_cur && k->cur.id == link->ended)
			is_done = pipeline_is_handed_over(&k->cur);
		if (is_done)
			dismiss(k, link, status("ended", NULL));
	}
}

/* --- the loop -------------------------------------------------------- */

static void
prepare(struct keeper *k, struct loop *loop, int64_t now_ms)
{
	bool has_place = false;
	struct link *link;

	loop_begin(loop);
	stop_prepare(loop);
	for (link = k->links; link < k->links + LINKS; link++) {
		link->slot = -1;
		has_place = has_place || link->fd == -1;
		if (link->fd == -1)
			continue;
		link->slot = loop_watch(loop, link->fd, POLLIN);
		if (!link->has_hello)
			loop_deadline(loop, link->hello_ms);
	}
	k->listen_slot =
	    has_place ? loop_watch(loop, k->listen_fd, POLLIN) : -1;
	if (k->has_old)
		pipeline_prepare(&k->old, loop, now_ms);
	else if (k->has_cur)
		pipeline_prepare(&k->cur, loop, now_ms);
	if (k->front != NULL)
		loop_deadline(loop, k->ack_ms);
	else
		loop_deadline(loop, k->linger_ms);
}

static void
run_pipelines(struct keeper *k, struct loop *loop, int64_t now_ms)
{
	char detail[96];

	if (k->has_old) {
		pipeline_dispatch(&k->old, loop, now_ms);
		if (k->old.is_over) {
			log_msg(LOG_INFO, NULL,
			    "the command has ended: status=%d", k->old.status);
			pipeline_release(&k->old);
			k->has_old = false;
		}
		return; /* the next one begins in the next turn */
	}
	if (!k->has_cur)
		return;
	pipeline_dispatch(&k->cur, loop, now_ms);
	if (k->cur.is_ending) { /* it waited for its turn to */
		k->old = k->cur;
		k->has_old = true;
		k->has_cur = false;
	} else if (k->cur.is_hopeless) {
		snprintf(detail, sizeof(detail),
		    "the room's command failed with status %d; its log says "
		    "more",
		    k->cur.status);
		log_msg(LOG_ERROR, NULL, "%s", detail);
		if (k->front != NULL)
			dismiss(k, k->front, status("failed", detail));
		pipeline_release(&k->cur);
		k->has_cur = false;
		talk_end(&k->talk);
		handed_forget(&k->handed);
	}
}

static void
dispatch(struct keeper *k, struct loop *loop, int64_t now_ms)
{
	unsigned int nfailed = k->has_cur ? k->cur.nfailed : 0;
	unsigned int id = k->has_cur ? k->cur.id : 0;
	struct link *link;

	for (link = k->links; link < k->links + LINKS; link++) {
		if (loop_revents(loop, link->slot) != 0)
			hear(k, link, now_ms);
		if (link->fd != -1 && !link->has_hello &&
		    now_ms >= link->hello_ms)
			close_link(k, link);
	}
	if (loop_revents(loop, k->listen_slot) != 0)
		welcome(k, now_ms);
	run_pipelines(k, loop, now_ms);
	if (k->has_cur && pipeline_is_caught_up(&k->cur))
		handed_note(&k->handed, k->talk.session, k->talk.next);
	if (k->has_cur && k->cur.id == id && k->cur.nfailed > nfailed) {
		log_msg(LOG_WARN, NULL,
		    "the command ended by itself: status=%d", k->cur.status);
		say(k->front, 'L',
		    status("restarting", "the room's command ended by itself"));
	}
	tell_ends(k);
	if (now_ms >= k->ack_ms ||
	    k->talk.seen - k->talk.ack_seen >= ACK_MESSAGES)
		acknowledge(k, now_ms);
	if (k->front == NULL && k->has_cur && now_ms >= k->linger_ms) {
		k->linger_ms = LOOP_NEVER;
		(void)end_talk(k, "the speaker did not come back", now_ms);
	}
	notes_turn(k->config->room);
}

static bool
is_idle(const struct keeper *k)
{
	const struct link *link;

	for (link = k->links; link < k->links + LINKS; link++)
		if (link->fd != -1)
			return false;
	return !k->has_old && !k->has_cur;
}

static void
run(struct keeper *k)
{
	int64_t now_ms = clock_mono_ms();
	int64_t first_ms = now_ms + HELLO_MS; /* for the first to come */
	int nstops = 0;
	struct loop loop;

	loop_init(&loop);
	while (now_ms < first_ms || !is_idle(k)) {
		prepare(k, &loop, now_ms);
		if (is_idle(k))
			loop_deadline(&loop, first_ms);
		if (loop_wait(&loop) == -1)
			break;
		now_ms = clock_mono_ms();
		dispatch(k, &loop, now_ms);
		if (k->last_id > 0)
			first_ms = now_ms;
		if (stop_count() > nstops) {
			nstops = stop_count();
			if (nstops > 1)
				break;
			(void)end_talk(k, "asked to stop", now_ms);
		}
	}
	loop_release(&loop);
}

/* Let go of what belongs to the connection that started us. */
static void
detach(const struct room *room)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	(void)stop_init(); /* the pipe of the first is our parent's, too */
	if (fd != -1) {
		dup2(fd, STDIN_FILENO);
		dup2(fd, STDOUT_FILENO);
		close(fd);
	}
	(void)notes_open(room);
}

static _Noreturn void
live(const struct keeper_config *config, int lock_fd, int listen_fd)
{
	static struct keeper k;
	int i;

	k.config = config;
	k.lock_fd = lock_fd;
	k.listen_fd = listen_fd;
	for (i = 0; i < LINKS; i++)
		k.links[i].fd = k.links[i].slot = -1;
	k.linger_ms = LOOP_NEVER;
	detach(config->room);
	handed_open(&k.handed, config->room);
	run(&k);
	/* First the name, then the lock, which goes with the process: who
	 * gets the lock makes a name of its own. */
	wire_unlink(config->room);
	close(k.listen_fd);
	for (i = 0; i < LINKS; i++)
		close_link(&k, &k.links[i]);
	if (k.has_old)
		pipeline_release(&k.old);
	if (k.has_cur)
		pipeline_release(&k.cur);
	handed_forget(&k.handed);
	_exit(0);
}

int
keeper_start(const struct keeper_config *config, int lock_fd)
{
	int fd = wire_listen(config->room), ret = -1;
	pid_t pid, ended;

	if (fd != -1) {
		pid = fork();
		if (pid == 0) {
			/* Twice: nobody has to wait for it. */
			if (fork() == 0)
				live(config, lock_fd, fd);
			_exit(0);
		}
		do
			ended = pid == -1 ? -1 : waitpid(pid, NULL, 0);
		while (ended == -1 && pid != -1 && errno == EINTR);
		if (pid != -1 && ended == pid)
			ret = 0;
		close(fd);
	}
	close(lock_fd);
	return ret;
}
