/* with: cmd/listen/params.c */
/*
 * What strangers bring to the door of a room: a query string, a token, the
 * origin of a page, addresses that a proxy passed on.  A line each.  Nobody gets
 * in with what was not given out, and what is taken is whole.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../cmd/listen/params.h"
#include "room/address.h"
#include "room/origin.h"
#include "room/role.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Words that nobody draws at random. */
#define SECRET "a-secret-of-more-than-32-bytes-8f1c2d9b7a"
#define WORD "the-word-of-speakers-51d0a7"

static void
ask(const char *query)
{
	struct params params;
	char err[256] = "";
	int rc;

	memset(&params, 0, sizeof(params));
	strcpy(params.room, "main");
	strcpy(params.lang, ROOM_SOURCE);
	rc = params_query(&params, query, err, sizeof(err));
	if (rc == 0)
		rc = params_check(&params, err, sizeof(err));
	if (rc != 0) {
		if (err[0] == '\0' || strchr(err, '\n') != NULL)
			abort();
		return;
	}
	if (params.room[0] == '\0' || strpbrk(params.room, "/.") != NULL ||
	    params.format >= ROOM_NFORMATS ||
	    (strcmp(params.lang, ROOM_SOURCE) != 0 &&
		!lang_is_tag(params.lang)))
		abort();
}

static void
show(const char *token)
{
	const struct role_config closed = { .tokens = { WORD, WORD, WORD },
		.secret = SECRET };

	for (int role = 0; role < ROLE_COUNT; role++)
		if (role_check(&closed, (enum role)role, "main", token, 1e9) ==
			0 &&
		    strcmp(token, WORD) != 0)
			abort();
}

static void
come_from(const char *origin, const char *forwarded)
{
	static const char list[] = "10.0.0.0/8, ::1 ";
	struct address a, peer;
	size_t len = strlen(origin);

	if (len > 0 && origin_is_allowed(origin, "booth.test", "443", NULL)) {
		for (; len >= 10; origin++, len--)
			if (strncasecmp(origin, "booth.test", 10) == 0)
				break;
		if (len < 10)
			abort();
	}
	(void)address_list_is_good(origin, &origin);
	if (address_of_client(&a, "10.1.2.3", forwarded, list) != 0 ||
	    address_subscriber(&a) == 0)
		abort();
	/* Whom nobody trusts is who it is, whatever it says. */
	if (address_parse(&peer, "192.0.2.7", 9) != 0 ||
	    address_of_client(&a, "192.0.2.7", forwarded, list) != 0 ||
	    memcmp(&a, &peer, sizeof(a)) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text = calloc(1, n + 4), *at = text, *line[4];

	if (text == NULL)
		return 0;
	if (n > 0)
		memcpy(text, p, n);
	for (int i = 0; i < 4; i++) {
		line[i] = at;
		at += strcspn(at, "\n");
		if (*at != '\0')
			*at++ = '\0';
	}
	ask(line[0]);
	show(line[1]);
	come_from(line[2], line[3]);
	free(text);
	return 0;
}
