#define _GNU_SOURCE
#include "audio/ffmpeg.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/utf8.h"

/* What it says is short; of the rest a pipe's worth is kept for nobody. */
#define SAID_MAX_BYTES 4096
/* Between closing its output and being gone. */
#define END_MS 2000

extern char **environ;

/*
 * Demuxers that open nothing but the file that they are given.  Left out are
 * those that follow names in it (hls, dash, concat, image2, sdp, imf, ...), and
 * devices.
 */
static const char formats[] =
    "mov,matroska,ogg,mp3,aac,ac3,eac3,dts,truehd,mlp,flac,wav,w64,aiff,au,caf,"
    "asf,avi,flv,live_flv,mpeg,mpegts,mxf,gxf,nut,dv,rm,wtv,amr,amrnb,amrwb,"
    "ape,wv,tta,tak,mpc,mpc8,shn,oma,dsf,iff,voc,loas,gsm,sbc,ivf,swf,rso,sox,"
    "smjpeg,aa,aax,ircam,paf,pvf,nistsphere,avr,act,g722,g729,qcp,xa,3dostr";

struct ffmpeg {
	pid_t pid;        /* of ffmpeg; 0: gone */
	pid_t feeder;     /* of what feeds it from a pipe; 0: none, or gone */
	int out_fd;       /* owned: its WAV */
	int err_fd;       /* owned: what it says */
	const char *name; /* owned */
};

struct pipes {
	int in[2], out[2], err[2];
};

static void
close_fd(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static void
close_both(int fds[2])
{
	close_fd(&fds[0]);
	close_fd(&fds[1]);
}

/* Does not return: the head, then the rest of fd, into `out`. */
static void
feed(int fd, int out, const uint8_t *head, size_t head_len)
{
	uint8_t buf[16384];
	const uint8_t *p = head;
	ssize_t got = (ssize_t)head_len, n;

	for (;;) {
		while (got > 0) {
			n = write(out, p, (size_t)got);
			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				_exit(1);
			p += n;
			got -= n;
		}
		p = buf;
		got = read(fd, buf, sizeof(buf));
		if (got < 0 && errno == EAGAIN)
			poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, -1);
		if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
			_exit(got == 0 ? 0 : 1);
	}
}

/*
 * A process of its own, since we read what comes out at the same time.  It must
 * hold nothing of ours open, and not outlive us.
 */
static pid_t
start_feeder(int fd, int out, const uint8_t *head, size_t head_len)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || (fd = dup(fd)) == -1 ||
	    (out = dup(out)) == -1 || dup2(fd, 0) == -1 || dup2(out, 1) == -1)
		_exit(1);
	close_range(2, ~0u, 0);
	feed(0, 1, head, head_len);
	return 0;
}

/* Standard input is `in`; a group of its own, so that Ctrl-C is ours alone. */
static int
spawn(pid_t *pid, int in, const struct pipes *pipes, const char *url)
{
	const char *argv[] = { "ffmpeg", "-nostdin", "-hide_banner", "-v",
		"error", "-protocol_whitelist", "file,pipe",
		"-format_whitelist", formats, "-i", url, "-map", "0:a:0", "-vn",
		"-sn", "-dn", "-map_metadata", "-1", "-fflags", "+bitexact",
		"-c:a", "pcm_f32le", "-f", "wav", "pipe:1", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t signals;
	int rc;

	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return ENOMEM;
	}
	rc = posix_spawnattr_setflags(
	    &attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(&attr, &signals);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&actions, in, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(
		    &actions, pipes->out[1], 1);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(
		    &actions, pipes->err[1], 2);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	if (rc == 0)
		rc = posix_spawnp(pid, "ffmpeg", &actions, &attr,
		    (char *const *)argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* All three away from 0 to 2, where a closed one of ours may have been. */
static int
make_pipes(struct pipes *p)
{
	int *const fds[] = { p->in, p->out, p->err };
	int moved;

	for (size_t i = 0; i < 3; i++) {
		if (pipe2(fds[i], O_CLOEXEC) != 0)
			return -1;
		for (size_t k = 0; k < 2; k++) {
			if (fds[i][k] > 2)
				continue;
			moved = fcntl(fds[i][k], F_DUPFD_CLOEXEC, 3);
			if (moved == -1)
				return -1;
			close(fds[i][k]);
			fds[i][k] = moved;
		}
	}
	/* A file that is all errors must not block on a pipe that nobody
	 * reads: what does not fit is lost. */
	return fcntl(p->err[1], F_SETFL, O_NONBLOCK);
}

static int
start(struct ffmpeg *f, int fd, const uint8_t *head, size_t head_len,
    struct audio_error *err)
{
	struct pipes p = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	bool is_file = lseek(fd, 0, SEEK_CUR) == 0;
	int rc;

	if (make_pipes(&p) != 0)
		rc = errno;
	else
		rc = spawn(&f->pid, is_file ? fd : p.in[0], &p,
		    is_file ? "file:/proc/self/fd/0" : "pipe:0");
	if (rc == 0 && !is_file) {
		f->feeder = start_feeder(fd, p.in[1], head, head_len);
		rc = f->feeder == -1 ? errno : 0;
		f->feeder = f->feeder == -1 ? 0 : f->feeder;
	}
	f->out_fd = p.out[0];
	f->err_fd = p.err[0];
	close_both(p.in);
	close_fd(&p.out[1]);
	close_fd(&p.err[1]);
	if (rc == ENOENT)
		return audio_fail(
		    err, AUDIO_ERR_NO_FFMPEG, "ffmpeg is not installed");
	if (rc != 0)
		return audio_fail(err, AUDIO_ERR_READ,
		    "cannot start ffmpeg: %s", strerror(rc));
	return 0;
}

int
ffmpeg_new(struct ffmpeg **out, int fd, const uint8_t *head, size_t head_len,
    const char *name, struct audio_error *err)
{
	struct ffmpeg *f = calloc(1, sizeof(*f));
	int rc;

	*out = NULL;
	if (f == NULL)
		return audio_fail(err, AUDIO_ERR_NOMEM, "out of memory");
	f->out_fd = f->err_fd = -1;
	if ((f->name = strdup(name)) == NULL)
		rc = audio_fail(err, AUDIO_ERR_NOMEM, "out of memory");
	else
		rc = start(f, fd, head, head_len, err);
	if (rc != 0) {
		ffmpeg_free(f);
		return rc;
	}
	*out = f;
	return 0;
}

/* How it ended, as waitpid(2) says; 0 if it was gone. */
static int
reap(pid_t *pid)
{
	int status = 0;

	if (*pid == 0)
		return 0;
	while (waitpid(*pid, &status, 0) == -1 && errno == EINTR)
		continue;
	*pid = 0;
	return status;
}

void
ffmpeg_free(struct ffmpeg *f)
{
	if (f == NULL)
		return;
	if (f->pid != 0)
		kill(f->pid, SIGKILL);
	if (f->feeder != 0)
		kill(f->feeder, SIGKILL);
	reap(&f->pid);
	reap(&f->feeder);
	close_fd(&f->out_fd);
	close_fd(&f->err_fd);
	free((char *)f->name);
	free(f);
}

int
ffmpeg_fd(const struct ffmpeg *f)
{
	return f->out_fd;
}

/* What it said, to its end, which is when it is gone.  False: it does not end.
 */
static bool
read_said(struct ffmpeg *f, char said[SAID_MAX_BYTES])
{
	struct pollfd pfd = { f->err_fd, POLLIN, 0 };
	char rest[512];
	size_t n = 0;
	bool has_ended = false;
	ssize_t got;
	int rc;

	while (!has_ended && (rc = poll(&pfd, 1, END_MS)) != 0) {
		if (rc < 0 && errno == EINTR)
			continue;
		if (n == SAID_MAX_BYTES - 1) {
			got = read(f->err_fd, rest, sizeof(rest));
		} else {
			got = read(f->err_fd, said + n, SAID_MAX_BYTES - 1 - n);
			n += got > 0 ? (size_t)got : 0;
		}
		has_ended = got == 0 || (got < 0 && errno != EINTR);
	}
	said[n] = '\0';
	return has_ended;
}

/* The first line that it said, without what is of no use to a person. */
static const char *
first_line(char *said)
{
	static const char *const before[] = { "file:/proc/self/fd/0: ",
		"pipe:0: " };
	char *p = said, *bracket;

	p[strcspn(p, "\n")] = '\0';
	/* [mov,mp4 @ 0x55d0c8a3e2c0] */
	bracket = strchr(p, ']');
	if (p[0] == '[' && bracket != NULL && bracket[1] == ' ')
		p = bracket + 2;
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (strncmp(p, before[i], strlen(before[i])) == 0)
			p += strlen(before[i]);
	return p;
}

int
ffmpeg_end(struct ffmpeg *f, int has_begun, struct audio_error *err)
{
	char said[SAID_MAX_BYTES], why[256];
	const char *line;
	bool is_mute, has_ended;
	int status;

	has_ended = read_said(f, said);
	kill(f->pid, SIGKILL); /* no more than a formality, as a rule */
	status = reap(&f->pid);
	is_mute = strstr(said, "matches no streams") != NULL;
	line = first_line(said);
	utf8_escape(why, sizeof(why), line, strlen(line));
	if (!has_begun && is_mute)
		return audio_fail(err, AUDIO_ERR_NO_SOUND,
		    "there is no sound in '%s'", f->name);
	if (!has_ended)
		return audio_fail(err, AUDIO_ERR_DAMAGED,
		    "ffmpeg did not end after '%s'", f->name);
	if (WIFSIGNALED(status))
		return audio_fail(err, AUDIO_ERR_DAMAGED,
		    "ffmpeg was killed while it read '%s', signal %d", f->name,
		    WTERMSIG(status));
	if (!has_begun)
		return audio_fail(err, AUDIO_ERR_FORMAT, "%s",
		    why[0] != '\0' ? why : "nothing came of it");
	if (why[0] != '\0' || status != 0)
		return audio_fail(err, AUDIO_ERR_DAMAGED,
		    "'%s' is damaged: ffmpeg says: %s", f->name,
		    why[0] != '\0' ? why : "nothing, but it failed");
	return 0;
}
