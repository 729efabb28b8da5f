/*
 * What the operator's page sends, through websocketd, on standard input: one
 * JSON object a line.  What is none (binary frames come without a newline,
 * nonsense) is read and thrown away; floods are read slowly, and what is not
 * read yet waits in the pipe.
 */
#ifndef OPERATE_PAGE_H
#define OPERATE_PAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/line.h"
#include "base/loop.h"

/* Longest message looked at: a token (role.h) and then some. */
#define PAGE_MESSAGE_MAX 8192

/* Our choice: messages at once, then one every so often; bytes a second. */
#define PAGE_BURST 20
#define PAGE_EVERY_MS 200
#define PAGE_RATE_BYTES (256 * 1024)

struct page {
	int fd; /* borrowed */
	struct line_reader in;
	bool is_gone;        /* end of input */
	bool has_lines;      /* the reader may hold a whole one */
	unsigned int tokens; /* messages that may come now */
	int64_t paid_ms;     /* when the last token came */
	int64_t heard_ms;    /* when the last message came */
	int64_t second_ms;   /* when the current second began */
	long second_bytes;   /* read in it */
	int slot;
};

void page_init(struct page *p, int fd, int64_t now_ms);

/* Wipes what is kept: it may be a token. */
void page_release(struct page *p);

void page_prepare(struct page *p, struct loop *l, int64_t now_ms);

/* Read what is there, without waiting. */
void page_dispatch(struct page *p, struct loop *l, int64_t now_ms);

/* The next message that is an object: a new reference, or NULL: none now. */
json_t *page_next(struct page *p, int64_t now_ms);

#endif
