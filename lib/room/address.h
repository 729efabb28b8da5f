/*
 * Whose connection it is: an IP address as a rate limit counts it, also behind
 * a reverse proxy.  No I/O.
 */
#ifndef ROOM_ADDRESS_H
#define ROOM_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address {
	uint8_t bytes[16]; /* IPv6; IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5) */
};

/*
 * Read "192.0.2.7", "2001:db8::7", "[2001:db8::7]", each also with a port
 * ("192.0.2.7:80", "[2001:db8::7]:80") or a zone ("fe80::1%eth0").  n bytes;
 * blanks around them do not count.  0, or -1: this is no address.
 */
int address_parse(struct address *a, const char *s, size_t n);

/*
 * Whether a list of addresses and blocks ("10.0.0.0/8, ::1"), between commas or
 * blanks, holds the address.  What is neither is passed by.
 */
bool address_is_listed(const struct address *a, const char *list);

/* Whether every word of such a list is an address or a block; if not, *bad
 * points at the first other one. */
bool address_list_is_good(const char *list, const char **bad);

/*
 * The address of the client.  `remote` is the peer of the TCP connection
 * (REMOTE_ADDR); only if `trusted` lists it, `forwarded` (X-Forwarded-For) is
 * looked at: the last address in it that is not listed, or where something
 * unreadable stands behind that, the listed one that passed it on.  forwarded
 * and trusted may be NULL.  0, or -1: remote is no address.
 */
int address_of_client(struct address *a, const char *remote,
    const char *forwarded, const char *trusted);

/*
 * The same from the environment of a program under websocketd: REMOTE_ADDR,
 * HTTP_X_FORWARDED_FOR, BOOTH_TRUSTED_PROXIES.
 *
 * websocketd spells "X-Forwarded-For" and "X_Forwarded_For" the same in the
 * environment and, when both come, passes on either one or the other: a client
 * of a proxy that lets the second through can hide behind an address of its
 * choice, and we cannot see it.  nginx drops names with underscores by itself;
 * other proxies must be told to (listen(1), CAVEATS).  Should the variable be
 * there twice, neither is believed.  -1: there is no REMOTE_ADDR, or it is no
 * address.
 */
int address_of_environment(struct address *a);

/*
 * The part of it that one subscriber has, as a number that is never 0: all of
 * an IPv4 address, the first 64 bits of an IPv6 one (RFC 4291, section 2.5.1:
 * the rest is the subscriber's to choose).
 */
uint64_t address_subscriber(const struct address *a);

#endif
