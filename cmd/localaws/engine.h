/*
 * Engines: the programs that recognise, translate and speak, run as children
 * and joined by pipes.  Nothing here blocks; what waits on either side is
 * capped, so that a slow engine slows its client and a slow client its engine.
 *
 * A set holds all children of the process, those that were let go but have not
 * died yet included.  The owner of an engine looks at it after each
 * engines_dispatch(); there are no callbacks.
 */
#ifndef LOCALAWS_ENGINE_H
#define LOCALAWS_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

#define ENGINE_ERROR_LIST(X)                                                   \
	X(ENGINE_ERR_NOMEM, -1, "out of memory")                               \
	X(ENGINE_ERR_SPAWN, -2, "cannot start a program")                      \
	X(ENGINE_ERR_FULL, -3, "the engine's input queue is full")             \
	X(ENGINE_ERR_ENDED, -4, "the engine takes no more input")

enum engine_error {
#define X(name, code, text) name = (code),
	ENGINE_ERROR_LIST(X)
#undef X
};

/* Text of a code; never NULL. */
const char *engine_strerror(int code);

/* Our caps: bytes that wait for the engine's stdin, and that were read from its
 * stdout. */
#define ENGINE_IN_BYTES (256 * 1024)
#define ENGINE_OUT_BYTES (256 * 1024)

/* An engine that does not leave this long after SIGTERM gets SIGKILL. */
#define ENGINE_KILL_MS 2000

struct engines;
struct engine;

/* NULL: no memory. */
struct engines *engines_new(void);

/* Free the set; engines still alive get SIGKILL and are waited for. */
void engines_free(struct engines *set);

/* SIGTERM to all; go on with prepare and dispatch until engines_count() is 0.
 */
void engines_stop(struct engines *set, int64_t now_ms);

/* Children not reaped yet. */
size_t engines_count(const struct engines *set);

void engines_prepare(struct engines *set, struct loop *l);

void engines_dispatch(struct engines *set, struct loop *l, int64_t now_ms);

/*
 * Run `command` (shell words) with `args` (NULL-ended) appended: sh -c 'exec
 * COMMAND "$@"'.  It leads a process group of its own.  `what` names it in the
 * log and is borrowed.  0 and *out, ENGINE_ERR_NOMEM or ENGINE_ERR_SPAWN
 * (errno).  A program that is not there shows as an exit status of 127.
 */
int engine_start(struct engine **out, struct engines *set, const char *what,
    const char *command, const char *const *args);

/* Let go: the pipes are closed, a live child gets SIGTERM and is reaped by the
 * set.  engine_free(NULL) does nothing. */
void engine_free(struct engine *e);

/* Queue n bytes for its stdin, all or none.  0, ENGINE_ERR_FULL, _ENDED (it
 * closed its stdin, or engine_end() was called) or _NOMEM. */
int engine_write(struct engine *e, const void *p, size_t n);

/* How many bytes engine_write() would take; 0 once ended. */
size_t engine_room(const struct engine *e);

/* Close its stdin once what waits has gone. */
void engine_end(struct engine *e);

/* Output read and not yet taken; as bytes_peek() and bytes_skip(). */
const uint8_t *engine_peek(const struct engine *e, size_t *n);

void engine_skip(struct engine *e, size_t n);

/* Whether it has exited and all its output was read (there may still be some
 * to peek at). */
bool engine_is_over(const struct engine *e);

/* Once over: exit status, or 128 + the signal that ended it. */
int engine_status(const struct engine *e);

/* The last line it wrote to stderr, "" for none; valid until engine_free(). */
const char *engine_complaint(const struct engine *e);

#endif
