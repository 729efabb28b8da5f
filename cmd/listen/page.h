/*
 * What the page sends us, through websocketd, on standard input: one JSON
 * object a line.  Everything else (binary frames come without a newline,
 * floods, nonsense) is read and thrown away, for as long as it comes: what is
 * not read keeps the session alive after the phone has gone.
 */
#ifndef LISTEN_PAGE_H
#define LISTEN_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/line.h"

/* Longest message looked at: a token and then some. */
#define PAGE_MESSAGE_MAX 8192

/* Bytes taken in one second; who sends more waits, not we. */
#define PAGE_RATE_BYTES (1024 * 1024)

struct page {
	int fd; /* borrowed */
	struct line_reader in;
	int64_t second_ms; /* when the current second began */
	long second_bytes; /* taken in it */
	bool is_gone;      /* end of input: leave */
	bool has_ack;      /* a new acknowledgement is in `ack` */
	uint64_t ack;
	bool has_hello;     /* the first {"type":"hello"} has come */
	char *token;        /* that it brought, owned; NULL: none */
	bool has_pong;      /* the page answers pings at all */
	int64_t message_ms; /* when the last message of ours came */
};

void page_init(struct page *p, int fd);

void page_release(struct page *p);

/* Forget the token: it was looked at. */
void page_wipe_token(struct page *p);

/* Take what is there, without waiting. */
void page_read(struct page *p, int64_t now_ms);

/* Whether more would be taken in this second. */
bool page_is_open(const struct page *p, int64_t now_ms);

#endif
