/*
 * The running stages: programs joined by pipes, each told to flush at NUL.
 * One text at a time goes in at the front and comes out at the back.
 */
#ifndef LOCALAWS_MT_CHAIN_H
#define LOCALAWS_MT_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/loop.h"
#include "mode.h"

/* Our choice: a stage that moves no byte for so long hangs.  A sentence takes
 * milliseconds, a megabyte some seconds. */
#define CHAIN_STALL_MS 10000

/* An answer is at most this long: our cap on a text, many times over. */
#define CHAIN_BYTES_MAX ((size_t)16 * 1024 * 1024)

enum {
	CHAIN_ERR_NOMEM = -1,
	CHAIN_ERR_START = -2, /* a stage could not be started; errno says why,
	                         failed_stage which */
	CHAIN_ERR_DIED = -3,  /* a stage ended, or closed its pipe */
	CHAIN_ERR_STALL = -4, /* CHAIN_STALL_MS without a byte */
};

/* What chain_dispatch() waits for. */
enum chain_step {
	CHAIN_IDLE,    /* a text */
	CHAIN_BUSY,    /* the stages */
	CHAIN_ANSWERED /* chain_answer() has it */
};

struct chain {
	pid_t pids[MODE_STAGES_MAX];
	size_t npids;
	int in;              /* of the first stage, -1: not running */
	int out;             /* of the last */
	struct bytes todo;   /* of the text, still to be written */
	struct bytes answer; /* so far */
	bool is_busy;
	int64_t moved_ms; /* when the last byte moved */
	int in_slot, out_slot;
	const char *failed_stage; /* borrowed from the mode */
	int failed_status;        /* of waitpid(2), or 0: not known */
};

void chain_init(struct chain *c);

/*
 * Start the stages of m (borrowed until chain_stop()).  Their stderr is ours
 * if is_verbose, else /dev/null.  0, CHAIN_ERR_START or CHAIN_ERR_NOMEM; after
 * an error the chain is stopped.
 */
int chain_start(struct chain *c, const struct mode *m, bool is_verbose);

/*
 * End the stages, by force, and wait for them: they keep nothing.  Sets
 * failed_stage and failed_status if one had ended by itself and not well.
 */
void chain_stop(struct chain *c, const struct mode *m);

void chain_release(struct chain *c);

/* The queue to put the next text into, NUL included; then chain_send(). */
struct bytes *chain_text(struct chain *c);

void chain_send(struct chain *c, int64_t now_ms);

void chain_prepare(struct chain *c, struct loop *l);

/*
 * Returns a chain_step, or CHAIN_ERR_DIED, CHAIN_ERR_STALL, CHAIN_ERR_NOMEM:
 * the chain has to be stopped and started again.
 */
int chain_dispatch(struct chain *c, struct loop *l, int64_t now_ms);

/* The answer without its NUL, valid until the next chain_send(). */
const char *chain_answer(const struct chain *c, size_t *len);

#endif
