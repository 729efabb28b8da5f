/*
 * A listener's side of one WebSocket, as small as it can be: thousands of them
 * share two processors with what is measured.  Of a message only the beginning
 * is kept; what it brings is handed on when its last byte is there.  Server and
 * network are our own: nothing is checked that a real page would have to.
 */
#ifndef BENCH_PHONE_H
#define BENCH_PHONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a message that are looked at. */
#define PHONE_BEGIN_BYTES 160

struct phone {
	int fd;       /* owned; -1: none */
	bool is_open; /* the upgrade was accepted */
	bool is_live; /* `live` has come */
	bool is_gone;
	/* of the frame in the making */
	uint8_t head[14];
	unsigned int head_bytes;
	uint64_t left_bytes; /* of its payload */
	bool is_in_payload;
	/* of the message in the making */
	char begin[PHONE_BEGIN_BYTES + 1];
	size_t begin_bytes;
	/* for acknowledgements, as web/js/link.js sends them */
	uint64_t seq, acked_seq;
	double acked_ms;
	size_t flooded; /* bytes of the flood's frame that are out */
	uint64_t flooded_bytes;
	/* for whoever uses it */
	unsigned long nlines;
	unsigned long nskipping; /* times it was told that audio is skipped */
};

/* A message is there; its beginning, NUL-ended. */
typedef void phone_message(void *arg, struct phone *ph, const char *begin);

/* Connect to 127.0.0.1 and ask for `path`.  0, or -1 with errno. */
int phone_dial(struct phone *ph, int port, const char *path);

void phone_hang_up(struct phone *ph);

/* One read(2): false when there was nothing more or the server left. */
bool phone_read(struct phone *ph, phone_message *on_message, void *arg);

/* Send a short text (125 bytes at most). */
void phone_say(struct phone *ph, const char *text, size_t len);

/* Acknowledge what came, at most once a second (ACK_MS of link.js). */
void phone_ack(struct phone *ph, double now_ms);

/* Write nonsense for as long as the socket takes it, n bytes at most. */
void phone_flood(struct phone *ph, size_t n);

#endif
