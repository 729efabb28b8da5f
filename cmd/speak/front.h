/*
 * One connection: the client's messages come on standard input, lines for it
 * leave on standard output, and once it was let in both are joined to the
 * room's keeper.
 */
#ifndef SPEAK_FRONT_H
#define SPEAK_FRONT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/line.h"
#include "base/loop.h"
#include "base/out.h"
#include "keeper.h"
#include "message.h"
#include "room/gate.h"
#include "room/room.h"
#include "talk.h"

struct front_config {
	struct room room;
	const char *lang; /* for a hello without; NULL: none */
	bool may_create;  /* the room, if it is not there */
	struct keeper_config keeper;
};

struct front {
	const struct front_config *config;
	struct gate gate;
	struct line_reader in;
	struct out out;
	struct message message; /* the one at hand */
	int keeper_fd;          /* -1: not joined yet */
	int in_slot, keeper_slot;
	char who[TALK_WHO_MAX]; /* talk.h */
	bool has_ended;         /* our input */
	bool is_joining;        /* what comes waits for the keeper */
	bool has_pending;       /* a packet that the keeper did not take yet */
	char pending_type;
	size_t pending_len;
	uint8_t pending[MESSAGE_PCM_MAX + 16];
	int64_t pending_ms; /* since when */
	int64_t second_ms;  /* when the current second began */
	long second_bytes;  /* read in it */
	int64_t heard_ms;   /* when the client's last message came */
	int64_t pinged_ms;
	unsigned int bad; /* messages that made no sense */
	bool is_over;
	int status; /* exit status, then */
};

/* 0 or a code of out.h.  config is borrowed. */
int front_init(struct front *f, const struct front_config *config);

void front_release(struct front *f);

/* Serve the connection to its end; returns the exit status. */
int front_run(struct front *f);

/* Tell the client why not, with a `reason`, and be over. */
void front_refuse(
    struct front *f, const char *reason, const char *detail, int status);

#endif
