#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "audio/soundread.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/stop.h"
#include "capture.h"
#include "pace.h"

struct player {
	const struct capture_options *options;
	struct sink *sink;
	struct loop *loop;
	struct pace pace;
	bool *is_told;        /* per file: its damage was reported */
	uint64_t skip_frames; /* still to be left out */
	int status;           /* the first thing that went wrong */
};

static bool
is_stdin(const char *name)
{
	return strcmp(name, "-") == 0;
}

/* Over before its end: told to stop, enough written, or nobody reads. */
static bool
is_over(const struct player *p)
{
	return stop_count() > 0 || sink_is_done(p->sink) || p->sink->error != 0;
}

/* For a sound that comes through a pipe: sleep in our loop, not in read(2). */
static int
wait_for_input(void *arg, int fd)
{
	struct player *p = arg;
	int slot;

	while (!is_over(p)) {
		loop_begin(p->loop);
		stop_prepare(p->loop);
		sink_prepare(p->sink, p->loop);
		slot = loop_watch(p->loop, fd, POLLIN);
		if (loop_wait(p->loop) < 0)
			return -1;
		if (sink_dispatch(p->sink, p->loop) != 0)
			return -1;
		if (loop_revents(p->loop, slot) != 0)
			return 0;
	}
	return -1;
}

static int
open_sound(struct player *p, const char *name, struct soundread **r,
    struct audio_error *err)
{
	unsigned int channel = p->options->channel;

	if (is_stdin(name))
		return soundread_open_fd(r, STDIN_FILENO, "standard input",
		    channel, wait_for_input, p, err);
	return soundread_open(r, name, channel, err);
}

/*
 * A talk of several files must not end at the second one because of a spelling
 * mistake: look at all of them first.  What is not a file can only be read
 * once.
 */
static int
check_files(struct player *p)
{
	struct soundread *r;
	struct audio_error err;
	struct stat st;
	const char *name;
	int rc;

	for (size_t i = 0; i < p->options->nfiles; i++) {
		name = p->options->files[i];
		if (is_stdin(name) ||
		    (stat(name, &st) == 0 && !S_ISREG(st.st_mode) &&
			!S_ISDIR(st.st_mode)))
			continue;
		if ((rc = open_sound(p, name, &r, &err)) != 0) {
			log_msg(LOG_ERROR, NULL, "%s", err.text);
			return audio_exit_status(rc);
		}
		soundread_free(r);
	}
	return EX_OK;
}

/* Wait until the next block may go.  False: it is over. */
static bool
wait_for_turn(struct player *p)
{
	int64_t due_ms;

	while (!is_over(p)) {
		due_ms = p->options->is_fast ? 0 : pace_due_ms(&p->pace);
		if (!sink_is_full(p->sink) && due_ms <= clock_mono_ms())
			return true;
		loop_begin(p->loop);
		stop_prepare(p->loop);
		sink_prepare(p->sink, p->loop);
		/* A full pipe says itself when there is room. */
		if (!sink_is_full(p->sink))
			loop_deadline(p->loop, due_ms);
		if (loop_wait(p->loop) < 0) {
			log_msg(LOG_ERROR, NULL, "cannot wait");
			p->status = EX_OSERR;
			return false;
		}
		sink_dispatch(p->sink, p->loop);
	}
	return false;
}

static void
note_damage(struct player *p, size_t file, const struct audio_error *err)
{
	if (p->status == EX_OK)
		p->status = audio_exit_status(err->code);
	if (p->is_told[file])
		return;
	p->is_told[file] = true;
	meter_hide(p->sink->meter);
	log_msg(LOG_ERROR, NULL, "%s", err->text);
}

/* The next block to be heard: as soundread_read(). */
static long
read_block(struct player *p, struct soundread *r, int16_t pcm[BLOCK_FRAMES],
    struct audio_error *err)
{
	size_t left_out;
	long n = 1;

	while (p->skip_frames > 0 && n > 0 && !is_over(p)) {
		left_out = p->skip_frames < BLOCK_FRAMES
		               ? (size_t)p->skip_frames
		               : BLOCK_FRAMES;
		n = soundread_read(r, pcm, left_out, err);
		if (n > 0)
			p->skip_frames -= (uint64_t)n;
	}
	return n > 0 ? soundread_read(r, pcm, BLOCK_FRAMES, err) : n;
}

static void
play_file(struct player *p, size_t file)
{
	int16_t pcm[BLOCK_FRAMES];
	struct soundread *r;
	struct audio_error err;
	long n;

	if (open_sound(p, p->options->files[file], &r, &err) != 0) {
		/* Checked before, unless it changed or is a pipe. */
		meter_hide(p->sink->meter);
		if (!is_over(p)) {
			log_msg(LOG_ERROR, NULL, "%s", err.text);
			p->status = audio_exit_status(err.code);
		}
		return;
	}
	log_msg(LOG_DEBUG, NULL, "playing '%s', %s, %u Hz, channels=%u",
	    p->options->files[file], soundread_info(r)->kind,
	    soundread_info(r)->rate_hz, soundread_info(r)->channels);
	while (wait_for_turn(p)) {
		n = read_block(p, r, pcm, &err);
		if (n < 0)
			note_damage(p, file, &err);
		if (n <= 0)
			break;
		sink_put(p->sink, pcm, (size_t)n);
		pace_release(&p->pace, (uint64_t)n, clock_mono_ms());
	}
	soundread_free(r);
}

int
play_files(const struct capture_options *o, struct sink *sink, struct loop *l)
{
	struct player p = { .options = o,
		.sink = sink,
		.loop = l,
		.skip_frames = o->from_frames };
	uint64_t before;

	p.is_told = xcalloc(o->nfiles, sizeof(*p.is_told));
	p.status = check_files(&p);
	pace_init(&p.pace, clock_mono_ms());
	if (p.status != EX_OK)
		goto out;
	do {
		before = sink->frames;
		for (size_t i = 0; i < o->nfiles && !is_over(&p); i++)
			play_file(&p, i);
		/* Files without a single frame would spin for ever. */
	} while (o->is_looping && !is_over(&p) && sink->frames > before);
	if (p.pace.lost_ms > 0 && !o->is_fast)
		log_msg(LOG_DEBUG, NULL,
		    "the reader held the sound up, ms=%llu",
		    (unsigned long long)p.pace.lost_ms);
	if (o->is_looping && !is_over(&p) && p.status == EX_OK) {
		log_msg(LOG_ERROR, NULL, "there is no sound in '%s' to repeat",
		    o->files[0]);
		p.status = EX_DATAERR;
	}
out:
	free(p.is_told);
	return p.status;
}
