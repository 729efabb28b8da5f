#include "handed.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A speaker was let no further ahead of the last acknowledgement (pipeline.h);
 * one who is further behind counts anew. */
#define AHEAD_MAX 600

/* As it stands in the file, of one write. */
struct record {
	char session[MESSAGE_SESSION_MAX + 1];
	uint64_t next;
};

void
handed_open(struct handed *h, const struct room *room)
{
	char path[ROOM_PATH_MAX];

	h->fd = -1;
	h->next = 0;
	if (room_path(room, "speak.next", path) == 0)
		h->fd =
		    open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

void
handed_release(struct handed *h)
{
	if (h->fd != -1)
		close(h->fd);
	h->fd = -1;
}

uint64_t
handed_begin(struct handed *h, const char *session, uint64_t next)
{
	struct record r;

	if (h->fd == -1 ||
	    pread(h->fd, &r, sizeof(r), 0) != (ssize_t)sizeof(r) ||
	    strncmp(r.session, session, sizeof(r.session)) != 0 ||
	    r.next <= next || r.next - next > AHEAD_MAX)
		return next;
	return r.next;
}

void
handed_note(struct handed *h, const char *session, uint64_t next)
{
	struct record r;

	if (h->fd == -1 || next == h->next)
		return;
	memset(&r, 0, sizeof(r));
	strcpy(r.session, session);
	r.next = next;
	/* A full disk: some may be heard twice, should this be killed. */
	if (pwrite(h->fd, &r, sizeof(r), 0) == (ssize_t)sizeof(r))
		h->next = next;
}

void
handed_forget(struct handed *h)
{
	h->next = 0;
	if (h->fd != -1 && ftruncate(h->fd, 0) == -1)
		handed_release(h);
}
