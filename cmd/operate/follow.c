#include "follow.h"

void
follow_release(struct follow *f)
{
	ring_reader_release(&f->ring);
	f->is_open = false;
}

void
follow_look(struct follow *f, const struct room *r)
{
	char path[ROOM_PATH_MAX];

	if (room_ring_path(r, f->channel, path) != 0)
		return;
	if (f->is_open && ring_reader_is_current(&f->ring, path))
		return;
	follow_release(f);
	if (ring_reader_open(&f->ring, path) != 0)
		return;
	f->is_open = true;
	ring_seek_oldest(&f->ring);
}

int
follow_next(struct follow *f, char *buf, size_t size, struct ring_line *line)
{
	int ret;

	while (f->is_open) {
		ret = ring_read(&f->ring, buf, size, line);
		if (ret == 0)
			return 0;
		if (ret == RING_ERR_LAPPED) {
			ring_seek_oldest(&f->ring);
		} else if (ret == RING_ERR_SIZE) {
			if (ring_peek(&f->ring, line) == 1)
				ring_skip(&f->ring, line);
		} else if (ret < 0) {
			follow_release(f);
		} else if (line->seq > f->last_seq) {
			f->last_seq = line->seq;
			return 1;
		}
	}
	return 0;
}
