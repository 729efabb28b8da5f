/*
 * One fetch of credentials from the source that credentials_find() named.  For
 * credentials.c; others use credentials.h.
 */
#ifndef AWS_CREDENTIALS_FETCH_H
#define AWS_CREDENTIALS_FETCH_H

#include "aws/credentials.h"
#include "aws/credentials_find.h"

struct credentials_fetch;

/*
 * Begin.  `config` is borrowed until the fetch is freed, `found` for the call;
 * its kind is neither NONE nor INVALID.  NULL: no memory.
 */
struct credentials_fetch *credentials_fetch_new(const struct config *config,
    const struct credentials_found *found, int64_t now_ms, double now_wall_ms);

/* Gives up what is under way. */
void credentials_fetch_free(struct credentials_fetch *f);

/*
 * How it stands: CREDENTIALS_PENDING; CREDENTIALS_READY, *set is then the
 * caller's reference (once); or CREDENTIALS_ERR_*.
 */
int
credentials_fetch_result(struct credentials_fetch *f, struct credentials **set);

/* Why it failed, one line; "" when it did not. */
const char *credentials_fetch_text(const struct credentials_fetch *f);

/* Whether it failed because somebody looked at it and said no. */
bool credentials_fetch_is_denied(const struct credentials_fetch *f);

void credentials_fetch_prepare(struct credentials_fetch *f, struct loop *l);

void credentials_fetch_dispatch(struct credentials_fetch *f, struct loop *l,
    int64_t now_ms, double now_wall_ms);

#endif
