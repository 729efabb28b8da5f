/*
 * A child that prints credentials: credential_process.  Started by /bin/sh, as
 * AWS's SDKs do; its stdin is /dev/null, its stderr is ours.  Source: PROTOCOL
 * 7.1.
 */
#ifndef AWS_CREDENTIALS_PROCESS_H
#define AWS_CREDENTIALS_PROCESS_H

#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

/* Ours: no set of keys is larger, and no program that asks somebody something
 * has a place in a pipeline. */
#define CREDENTIALS_PROCESS_MAX_BYTES 65536
#define CREDENTIALS_PROCESS_TIMEOUT_MS 60000

#define CREDENTIALS_PROCESS_STATES(X)                                          \
	X(DONE, 0, "it ended well")                                            \
	X(RUNNING, 1, "it is running")                                         \
	X(ERR_START, -1, "it cannot be started")                               \
	X(ERR_STATUS, -2, "it failed")                                         \
	X(ERR_TIMEOUT, -3, "it did not end in time")                           \
	X(ERR_SIZE, -4, "it printed too much")

enum credentials_process_state {
#define X(name, code, text) CREDENTIALS_PROCESS_##name = code,
	CREDENTIALS_PROCESS_STATES(X)
#undef X
};

struct credentials_process;

/* Start a command line.  NULL: no memory, descriptors or processes. */
struct credentials_process *
credentials_process_new(const char *command, int64_t now_ms);

/* Kills what still runs; overwrites what it printed. */
void credentials_process_free(struct credentials_process *p);

void credentials_process_prepare(struct credentials_process *p, struct loop *l);

/* CREDENTIALS_PROCESS_*. */
int credentials_process_dispatch(
    struct credentials_process *p, struct loop *l, int64_t now_ms);

/* What it printed; valid until free. */
const char *
credentials_process_output(const struct credentials_process *p, size_t *len);

/* "status 3", "signal 9"; "" while it runs. */
const char *credentials_process_end(const struct credentials_process *p);

const char *credentials_process_strerror(int code);

#endif
