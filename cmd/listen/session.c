#include "session.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/lang.h"
#include "room/pause.h"
#include "room/want.h"

/* Captions that a new listener gets for context. */
#define CONTEXT_LINES 10

/* Audio that is older is of no use to one who returns (DESIGN, section 4). */
#define STALE_AUDIO_MS 2000

/* How often to look around: soon while something is missing; while all is as
 * it was asked for, only a directory wiped under us is left to be noticed, and
 * each wake-up of a process that had been idle costs 40 us and more. */
#define TICK_MS 1000
#define TICK_SETTLED_MS 5000

/* Where a listener comes from decides what it gets first. */
enum join {
	JOIN_NEW,   /* context, then what comes */
	JOIN_EARLY, /* it was here before the ring: context and fresh audio */
	JOIN_AGAIN  /* all captions behind last_seq, fresh audio */
};

int
session_init(struct session *s, const struct params *p, struct sender *sender)
{
	s->params = p;
	s->sender = sender;
	s->want_fd = -1;
	s->last_seq = p->has_since ? p->since : 0;
	return room_init(&s->room, NULL, p->room);
}

static void
close_ring(struct session *s)
{
	ring_reader_release(&s->ring);
	s->is_open = false;
}

void
session_release(struct session *s)
{
	close_ring(s);
	if (s->want_fd != -1)
		close(s->want_fd);
	s->want_fd = -1;
}

bool
session_has_joined(const struct session *s)
{
	return s->has_joined;
}

static int
open_format(const struct session *s, struct ring_reader *ring,
    enum room_format format, char *path)
{
	char channel[ROOM_CHANNEL_MAX];

	if (room_channel(channel, s->params->lang, format) != 0 ||
	    room_ring_path(&s->room, channel, path) != 0)
		return RING_ERR_ABSENT;
	return ring_reader_open(ring, path);
}

/* The formats that stand in for one that is not there (yet), best first. */
static const enum room_format *
stand_ins(enum room_format wanted)
{
	static const enum room_format opus[] = { ROOM_OPUS, ROOM_PCM, ROOM_TEXT,
		ROOM_NFORMATS };
	static const enum room_format partials[] = { ROOM_PARTIALS, ROOM_TEXT,
		ROOM_NFORMATS };

	switch (wanted) {
	case ROOM_OPUS:
		return opus;
	case ROOM_PCM:
		return opus + 1;
	case ROOM_PARTIALS:
		return partials;
	default:
		return opus + 2;
	}
}

/*
 * Say that somebody is here.  The lock is on the channel asked for, not on a
 * stand-in: that is how it comes to be made.  A language that no table knows
 * must have a ring first, or pages could fill the directory with files.
 */
static void
hold_want(struct session *s)
{
	char channel[ROOM_CHANNEL_MAX];
	struct stat st;

	if (s->want_fd != -1 && fstat(s->want_fd, &st) == 0 && st.st_nlink > 0)
		return;
	if (s->want_fd != -1)
		close(s->want_fd); /* the room was wiped under us */
	s->want_fd = -1;
	if (!s->is_open && strcmp(s->params->lang, ROOM_SOURCE) != 0 &&
	    lang_find(s->params->lang) == NULL)
		return;
	if (room_channel(channel, s->params->lang, s->params->format) != 0)
		return;
	s->want_fd = want_hold(&s->room, channel);
	if (s->want_fd < 0)
		s->want_fd = -1;
}

/*
 * Put the chosen ring at the first line that is new and fresh, or at its newest
 * end.  Returns the number of that line, or UINT64_MAX at the end; *newest is
 * the greatest number before it.
 */
static uint64_t
seek_live(struct session *s, enum join how, uint64_t *newest)
{
	int64_t fresh_ms = (int64_t)clock_wall_ms() - STALE_AUDIO_MS;
	struct ring_line line;
	int ret;

	*newest = 0;
	ring_seek_oldest(&s->ring);
	while ((ret = ring_peek(&s->ring, &line)) != 0) {
		if (ret == RING_ERR_LAPPED) {
			ring_seek_oldest(&s->ring);
			continue;
		}
		if (ret < 0) {
			ring_seek_newest(&s->ring);
			break;
		}
		if (how != JOIN_NEW && line.seq > s->last_seq &&
		    line.at_ms >= fresh_ms)
			return line.seq;
		*newest = line.seq;
		ring_skip(&s->ring, &line);
	}
	return UINT64_MAX;
}

/* As ring_peek() and ring_skip(); *is_shown: it is a caption, and was not taken
 * back. */
static int
next_line(struct session *s, struct ring_reader *text, struct ring_line *line,
    bool *is_shown)
{
	int ret = ring_peek(text, line);

	if (ret != 1)
		return ret;
	*is_shown = line->kind & RING_CAPTION;
	if (!*is_shown || s->retracted.n == 0) {
		ring_skip(text, line);
		return 1;
	}
	ret = ring_read(text, s->line, sizeof(s->line), line);
	*is_shown = ret == 1 && !retracted_hides(&s->retracted, line, s->line);
	return ret;
}

/* The number of the caption with which the context begins. */
static uint64_t
find_context(struct session *s, struct ring_reader *text)
{
	uint64_t seqs[CONTEXT_LINES] = { 0 };
	bool is_on = room_is_locked(&s->room, ROOM_WRITER);
	struct ring_line line;
	unsigned int n = 0;
	bool is_shown, has_ended = false;

	while (next_line(s, text, &line, &is_shown) == 1) {
		/* The end of an earlier talk is no context to this one; that of
		 * one whose writer is just leaving is. */
		if (has_ended)
			n = 0;
		if (is_shown)
			seqs[n++ % CONTEXT_LINES] = line.seq;
		has_ended = is_on && (line.kind & RING_END);
	}
	ring_seek_oldest(text);
	if (n == 0)
		return UINT64_MAX;
	return n <= CONTEXT_LINES ? seqs[0] : seqs[n % CONTEXT_LINES];
}

static void
say_gap(struct session *s, const char *detail, int64_t now_ms)
{
	sender_status(s->sender, "gap", detail,
	    json_pack("{s:I}", "after_seq", (json_int_t)s->last_seq), now_ms);
}

/*
 * Send the captions of the text ring with from <= seq < to that the listener
 * does not have, but for those that were taken back meanwhile, and the
 * retractions, for the captions that it has.  With is_resuming, say so if some
 * of them are gone.
 */
static void
send_captions(struct session *s, struct ring_reader *text, uint64_t from,
    uint64_t to, bool is_resuming, int64_t now_ms)
{
	struct ring_line line;
	bool is_first = text->pos > 0; /* some were overwritten */
	int ret;

	while ((ret = ring_read(text, s->line, sizeof(s->line), &line)) != 0) {
		if (ret == RING_ERR_LAPPED) {
			ring_seek_oldest(text);
			is_first = true;
			continue;
		}
		if (ret < 0)
			break;
		if (is_first && is_resuming && s->last_seq > 0 &&
		    line.seq > s->last_seq + 1)
			say_gap(s, "older captions are no longer kept", now_ms);
		is_first = false;
		if (line.seq >= to)
			break;
		if (line.seq < from || line.seq <= s->last_seq)
			continue;
		if (!(line.kind & (RING_CAPTION | RING_RETRACTION)) &&
		    line.kind != RING_OTHER)
			continue;
		if (retracted_hides(&s->retracted, &line, s->line))
			continue;
		sender_line(s->sender, &line, s->line, now_ms);
		s->last_seq = line.seq;
	}
}

/* Give the listener what it comes for and put it where it goes on. */
static void
join(struct session *s, enum join how, int64_t now_ms)
{
	struct ring_reader text;
	char path[ROOM_PATH_MAX];
	uint64_t from = 0, to, newest;

	to = seek_live(s, how, &newest);
	if (open_format(s, &text, ROOM_TEXT, path) == 0) {
		retracted_find(&s->retracted, &text, s->line, sizeof(s->line));
		if (how != JOIN_AGAIN)
			from = find_context(s, &text);
		send_captions(s, &text, from, to, how == JOIN_AGAIN, now_ms);
		ring_reader_release(&text);
	}
	/* What was passed by must not come back when it joins again. */
	if (to != UINT64_MAX)
		newest = to - 1;
	if (newest > s->last_seq)
		s->last_seq = newest;
}

/* The number of the newest line of a ring; 0: it is empty. */
static uint64_t
newest_in(const struct ring_reader *ring)
{
	struct ring_reader r = *ring;
	struct ring_line line = { 0 };

	ring_seek_oldest(&r);
	while (ring_peek(&r, &line) == 1)
		ring_skip(&r, &line);
	return line.seq;
}

/* Of all channels of the language, which number their lines together. */
static uint64_t
newest_of_lang(const struct session *s)
{
	struct ring_reader ring;
	char path[ROOM_PATH_MAX];
	uint64_t seq, newest = 0;
	int f;

	for (f = 0; f < ROOM_NFORMATS; f++) {
		if (open_format(s, &ring, (enum room_format)f, path) != 0)
			continue;
		seq = newest_in(&ring);
		if (seq > newest)
			newest = seq;
		ring_reader_release(&ring);
	}
	return newest;
}

/*
 * A listener that has lines with greater numbers than any that there are: the
 * numbers began anew (room.h: the run directory was wiped and the clock set
 * back).  What it has is of no meaning here.
 */
static enum join
check_numbers(struct session *s, enum join how)
{
	uint64_t newest = newest_in(&s->ring);

	if (s->last_seq > newest && s->last_seq > newest_of_lang(s)) {
		s->last_seq = 0;
		if (!s->has_joined)
			return JOIN_NEW;
	}
	return how;
}

/*
 * What a listener is told of the room when it comes: its name for people, where
 * room.json has one, and why it is paused, where it is (who was here before
 * heard that from broadcast).  NULL: no memory.
 */
static json_t *
describe_room(const struct session *s)
{
	char path[ROOM_PATH_MAX], reason[ROOM_REASON_MAX];
	json_t *about = NULL, *obj;
	const char *title;

	obj = json_pack("{s:s, s:s, s:b}", "room", s->room.name, "lang",
	    s->params->lang, "on", room_is_locked(&s->room, ROOM_WRITER));
	if (room_path(&s->room, "room.json", path) == 0 &&
	    json_read_file(path, &about) != 0) {
		json_decref(obj);
		return NULL;
	}
	title = json_str(about, "title");
	if (title != NULL)
		json_put(&obj, "title", json_string(title));
	if (room_is_paused(&s->room, reason) == 1)
		json_put(&obj, "paused", json_string(reason));
	json_decref(about);
	return obj;
}

static void
say_listening(struct session *s, int64_t now_ms)
{
	char channel[ROOM_CHANNEL_MAX];
	json_t *obj = describe_room(s);

	room_channel(channel, s->params->lang, s->format);
	json_put(&obj, "channel", json_string(channel));
	json_put(
	    &obj, "newest_seq", json_integer((json_int_t)newest_in(&s->ring)));
	sender_about(s->sender, "listening", NULL, obj, now_ms);
}

/* Open the best ring there is, if it is better than what is open. */
static void
find_ring(struct session *s, int64_t now_ms)
{
	const enum room_format *format = stand_ins(s->params->format);
	struct ring_reader ring;
	char path[ROOM_PATH_MAX];
	enum join how;

	for (; *format != ROOM_NFORMATS; format++) {
		if (s->is_open && *format == s->format)
			return;
		if (open_format(s, &ring, *format, path) == 0)
			break;
	}
	if (*format == ROOM_NFORMATS)
		return;
	if (s->has_joined || s->params->has_since)
		how = JOIN_AGAIN;
	else
		how = s->is_waiting ? JOIN_EARLY : JOIN_NEW;
	close_ring(s);
	s->ring = ring;
	s->format = *format;
	how = check_numbers(s, how);
	s->is_open = s->has_joined = true;
	s->nopens++;
	s->word = atomic_load_explicit(ring_word(&ring), memory_order_acquire);
	s->is_waiting = false;
	memcpy(s->path, path, sizeof(path));
	say_listening(s, now_ms);
	join(s, how, now_ms);
	sender_status(s->sender, "live", NULL, NULL, now_ms);
}

/* Look around: is the ring still the one, is there a better one, is there one
 * at all. */
static void
look_around(struct session *s, int64_t now_ms)
{
	if (s->is_open && !s->is_busy &&
	    !ring_reader_is_current(&s->ring, s->path))
		close_ring(s);
	s->is_busy = false;
	if (!s->is_open || s->format != s->params->format)
		find_ring(s, now_ms);
	hold_want(s);
	if (!s->is_open && !s->is_waiting) {
		s->is_waiting = true;
		sender_about(s->sender, "waiting",
		    room_exists(&s->room) ? "nothing in this language yet"
					  : "the room is not open yet",
		    describe_room(s), now_ms);
	}
}

/*
 * Whether a better ring than the stand-in has lines up to this one, which came
 * by the stand-in: they are all there, and some (audio) may be nowhere else.  A
 * ring is made before the first line that is meant for it is numbered, so none
 * of those has passed us yet.
 */
static bool
is_overtaken(const struct session *s, uint64_t seq)
{
	const enum room_format *format = stand_ins(s->params->format);
	struct ring_line first = { 0 };
	struct ring_reader ring;
	char path[ROOM_PATH_MAX];
	bool has_first;

	for (; *format != s->format; format++) {
		if (open_format(s, &ring, *format, path) != 0)
			continue;
		ring_seek_oldest(&ring);
		has_first = ring_peek(&ring, &first) == 1;
		ring_reader_release(&ring);
		return has_first && first.seq <= seq;
	}
	return false;
}

static void
send_new(struct session *s, int64_t now_ms)
{
	struct ring_line line;
	uint64_t pos;
	int ret;

	while (!sender_is_full(s->sender) && s->sender->error == 0) {
		pos = s->ring.pos;
		ret = ring_read(&s->ring, s->line, sizeof(s->line), &line);
		if (ret == 0)
			break;
		if (ret == 1 && is_overtaken(s, line.seq)) {
			s->ring.pos = pos;
			s->tick_ms = now_ms; /* go over to it */
			break;
		}
		s->is_busy = true;
		s->word++;
		if (ret == RING_ERR_LAPPED) {
			say_gap(
			    s, "too slow: skipped to what is fresh", now_ms);
			join(s, JOIN_AGAIN, now_ms);
			continue;
		}
		if (ret < 0) {
			close_ring(s);
			s->tick_ms = now_ms;
			break;
		}
		if (line.seq <= s->last_seq ||
		    retracted_hides(&s->retracted, &line, s->line))
			continue;
		sender_line(s->sender, &line, s->line, now_ms);
		s->last_seq = line.seq;
	}
}

/*
 * Whether the ring's word moved further than its lines: the writer has news
 * that are no line (ring_nudge()).  A line may be read before it is counted,
 * one at most; a lap, or a seek, makes the count wrong, and costs a look at
 * most.
 */
static bool
is_nudged(struct session *s)
{
	uint32_t word =
	    atomic_load_explicit(ring_word(&s->ring), memory_order_acquire);
	int32_t ahead = (int32_t)(word - s->word);

	if (ahead == -1)
		return false;
	s->word = word;
	return ahead > 0;
}

static bool
is_settled(const struct session *s)
{
	return s->is_open && s->want_fd != -1;
}

void
session_step(struct session *s, int64_t now_ms)
{
	unsigned int nopens = s->nopens;

	if (s->is_open)
		send_new(s, now_ms);
	if (s->is_open && !sender_is_full(s->sender) && is_nudged(s))
		s->tick_ms = now_ms;
	if (now_ms < s->tick_ms)
		return;
	look_around(s, now_ms);
	s->tick_ms = now_ms + (is_settled(s) ? TICK_SETTLED_MS : TICK_MS);
	if (s->is_open && s->nopens != nopens)
		send_new(s, now_ms);
}
