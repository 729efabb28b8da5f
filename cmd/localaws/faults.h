/*
 * The plan of `--faults FILE`: the rules of a file, which of them a request or
 * connection is to meet, and how often each has come to pass.  It answers
 * struct hooks; it does nothing itself, and asks no clock.
 */
#ifndef LOCALAWS_FAULTS_H
#define LOCALAWS_FAULTS_H

#include <stddef.h>

#include "faults_rule.h"
#include "hooks.h"

#define FAULTS_ERROR_LIST(X)                                                   \
	X(FAULTS_ERR_NOMEM, -1, "out of memory")                               \
	X(FAULTS_ERR_OPEN, -2, "the file cannot be read")                      \
	X(FAULTS_ERR_RULE, -3, "a rule is not one")

enum faults_error {
#define X(name, code, text) name = (code),
	FAULTS_ERROR_LIST(X)
#undef X
};

/* Text of a code; never NULL. */
const char *faults_strerror(int code);

/* Our cap. */
#define FAULTS_BYTES_MAX (1024 * 1024)
#define FAULTS_TEXT_BYTES (FAULT_TEXT_BYTES + 512)

struct faults;

/* An empty plan for the file of that name; nothing is read.  NULL: no memory.
 */
struct faults *faults_new(const char *path);

/* faults_free(NULL) does nothing. */
void faults_free(struct faults *f);

/*
 * Take n bytes of rules in place of those it has: counts begin anew, and
 * requests that run count as new ones.  0, or FAULTS_ERR_RULE or _NOMEM with
 * what is wrong ("FILE:LINE: ...") in text; the plan is then as it was.
 */
int faults_parse(
    struct faults *f, const char *p, size_t n, char text[FAULTS_TEXT_BYTES]);

/* The same with the file's bytes; also FAULTS_ERR_OPEN. */
int faults_read(struct faults *f, char text[FAULTS_TEXT_BYTES]);

/* How many rules there are. */
size_t faults_nrules(const struct faults *f);

/* How often rule i, from 0, has come to pass. */
uint64_t faults_nhits(const struct faults *f, size_t i);

/* For struct hooks: arg is the plan. */
void faults_ask(void *arg, const struct hook_at *at, struct hook_order *order);

#endif
