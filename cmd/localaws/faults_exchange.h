/*
 * What faults do to an exchange: carries out what the hooks order (hooks.h),
 * where that is, and keeps it from going on meanwhile.
 */
#ifndef LOCALAWS_FAULTS_EXCHANGE_H
#define LOCALAWS_FAULTS_EXCHANGE_H

#include <stdbool.h>

#include "base/loop.h"
#include "exchange.h"

/* At the top of each pump: do what was ordered and had to wait.  True: the
 * exchange may go on. */
bool faults_settle(struct exchange *x);

/* Add deadlines.  True: it waits for a fault, and for nothing else. */
bool faults_prepare(const struct exchange *x, struct loop *l);

/* Body bytes came.  True: they were dropped, or are left where they are. */
bool faults_swallow(struct exchange *x, size_t n);

/* x->auth is known: with faults a client may come with any session token of the
 * key, so that it can have a new one when it is told that one has expired. */
void faults_token(const struct exchange *x, struct sigv4_credentials *known);

/* Refuse it if it has the token that has expired.  True: it was refused. */
bool faults_refuse_token(struct exchange *x);

/* Free what faults keep of it. */
void faults_release(struct exchange *x);

#endif
