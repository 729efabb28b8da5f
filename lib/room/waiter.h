/*
 * Sleeping on a ring's word while a descriptor (standard input) can interrupt
 * the sleep at once.  For a process that does nothing else: one waiter a
 * process, one thread.
 *
 * A futex cannot be polled, and poll(2) cannot watch a futex.  So the
 * descriptor is made to send SIGIO (O_ASYNC) when it becomes readable or its
 * writer leaves, and the signal ends the futex call.  A signal that arrives
 * after the last look at the descriptor but before the system call would be
 * lost by EINTR alone; here its handler leaves that stretch of code by
 * siglongjmp(3), so none is.  What else was weighed: a thread that reads (a
 * second stack and two more context switches for each acknowledgement, 1000
 * times), futex_waitv(2) with a second word that the handler sets (Linux 5.16,
 * refused by many containers' filters, and a second queue for each of 1000
 * wake-ups), a descriptor per reader written by the broadcaster (it would have
 * to know its readers, and one of them could fill).
 *
 * Errors are negated errno values.
 */
#ifndef ROOM_WAITER_H
#define ROOM_WAITER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Let `fd` interrupt.  A pipe, FIFO or terminal is opened once more in the
 * place of fd, so that O_ASYNC is set for this process alone; a socket is
 * armed as it is; a file, which is always readable, needs nothing.  Installs a
 * handler for SIGIO.  0 or -errno.
 */
int waiter_watch(int fd);

/* Whether the descriptor asked for attention since the last call; forgets it.
 */
bool waiter_take_input(void);

/*
 * Sleep while *word is `seen`, the descriptor is quiet since
 * waiter_take_input() and no signal comes, for at most timeout_ms.  Returns 0,
 * whatever ended it, or -errno.
 */
int
waiter_wait(const _Atomic uint32_t *word, uint32_t seen, int64_t timeout_ms);

#endif
