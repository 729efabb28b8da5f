/*
 * What an engine can do, found by asking it: it is run with the arguments in
 * question and an empty input, and leaves with 0 when it could have done the
 * job, with another status (69) and a line on stderr when not.
 *
 * A yes is kept; a no is asked again after a while, since packages get
 * installed.
 */
#ifndef LOCALAWS_PROBES_H
#define LOCALAWS_PROBES_H

#include <stdint.h>

#include "base/loop.h"
#include "engine.h"

/* Our choices. */
#define PROBES_MAX 256       /* different questions */
#define PROBES_AT_ONCE 4     /* programs run for it */
#define PROBE_NO_MS 60000    /* a no holds */
#define PROBE_LIMIT_MS 30000 /* a program that takes longer cannot */

enum probe_answer {
	PROBE_WAIT, /* ask again at the next turn */
	PROBE_YES,
	PROBE_NO,
};

struct probes;

/* NULL: no memory. */
struct probes *probes_new(struct engines *engines);

void probes_free(struct probes *p);

/*
 * Whether `command` with `args` (NULL-ended) works; `what` names it in the log
 * and is borrowed for good.  With PROBE_NO *complaint is its last line on
 * stderr (never NULL, borrowed until the next call).
 */
enum probe_answer
probes_ask(struct probes *p, const char *what, const char *command,
    const char *const *args, const char **complaint, int64_t now_ms);

void probes_prepare(struct probes *p, struct loop *l);

void probes_dispatch(struct probes *p, int64_t now_ms);

#endif
