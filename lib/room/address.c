#include "room/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static const char blanks[] = " \t";

/* Put an address without decoration into a. */
static int
parse_plain(struct address *a, const char *text)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		memcpy(a->bytes, mapped, sizeof(mapped));
		memcpy(a->bytes + 12, &v4, 4);
		return 0;
	}
	if (inet_pton(AF_INET6, text, &v6) != 1)
		return -1;
	memcpy(a->bytes, &v6, 16);
	return 0;
}

int
address_parse(struct address *a, const char *s, size_t n)
{
	char text[INET6_ADDRSTRLEN + 32], *end, *colon;

	while (n > 0 && strchr(blanks, s[0]) != NULL && s[0] != '\0') {
		s++;
		n--;
	}
	while (n > 0 && strchr(blanks, s[n - 1]) != NULL && s[n - 1] != '\0')
		n--;
	if (n == 0 || n >= sizeof(text) || memchr(s, '\0', n) != NULL)
		return -1;
	memcpy(text, s, n);
	text[n] = '\0';
	if (text[0] == '[') {
		end = strchr(text, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return -1;
		*end = '\0';
		memmove(text, text + 1, strlen(text));
	} else {
		colon = strchr(text, ':');
		if (colon != NULL && strchr(colon + 1, ':') == NULL)
			*colon = '\0';
	}
	end = strchr(text, '%');
	if (end != NULL)
		*end = '\0';
	return parse_plain(a, text);
}

/* --- lists ----------------------------------------------------------- */

/* The next word of a list: its length, 0 at the end; *p is moved to it. */
static size_t
next_word(const char **p)
{
	*p += strspn(*p, ", \t");
	return strcspn(*p, ", \t");
}

/* Read "address" or "address/bits"; *bits of the 128 count. */
static int
parse_block(struct address *a, unsigned int *bits, const char *s, size_t n)
{
	const char *slash = memchr(s, '/', n);
	size_t i, digits, len = slash != NULL ? (size_t)(slash - s) : n;
	unsigned int most, given = 0;

	if (address_parse(a, s, len) != 0)
		return -1;
	most = memcmp(a->bytes, mapped, sizeof(mapped)) == 0 &&
	               memchr(s, ':', len) == NULL
	           ? 32
	           : 128;
	*bits = 128;
	if (slash == NULL)
		return 0;
	digits = n - len - 1;
	if (digits == 0 || digits > 3)
		return -1;
	for (i = 1; i <= digits; i++) {
		if (slash[i] < '0' || slash[i] > '9')
			return -1;
		given = given * 10 + (unsigned int)(slash[i] - '0');
	}
	if (given > most)
		return -1;
	*bits = 128 - most + given;
	return 0;
}

static bool
is_within(
    const struct address *a, const struct address *block, unsigned int bits)
{
	unsigned int whole = bits / 8, rest = bits % 8;
	uint8_t mask = (uint8_t)(0xff << (8 - rest));

	return memcmp(a->bytes, block->bytes, whole) == 0 &&
	       (rest == 0 ||
		   ((a->bytes[whole] ^ block->bytes[whole]) & mask) == 0);
}

bool
address_is_listed(const struct address *a, const char *list)
{
	struct address block;
	unsigned int bits;
	size_t n;

	for (; (n = next_word(&list)) > 0; list += n)
		if (parse_block(&block, &bits, list, n) == 0 &&
		    is_within(a, &block, bits))
			return true;
	return false;
}

bool
address_list_is_good(const char *list, const char **bad)
{
	struct address block;
	unsigned int bits;
	size_t n;

	for (; (n = next_word(&list)) > 0; list += n) {
		if (parse_block(&block, &bits, list, n) != 0) {
			*bad = list;
			return false;
		}
	}
	return true;
}

/* --- proxies --------------------------------------------------------- */

int
address_of_client(struct address *a, const char *remote, const char *forwarded,
    const char *trusted)
{
	struct address hop;
	size_t start, end;

	if (remote == NULL || address_parse(a, remote, strlen(remote)) != 0)
		return -1;
	if (forwarded == NULL || trusted == NULL ||
	    !address_is_listed(a, trusted))
		return 0;
	/* From the end: each proxy adds whom it saw behind what it got. */
	for (end = strlen(forwarded);; end = start - 1) {
		for (start = end; start > 0 && forwarded[start - 1] != ',';)
			start--;
		if (address_parse(&hop, forwarded + start, end - start) != 0)
			return 0;
		*a = hop;
		if (start == 0 || !address_is_listed(a, trusted))
			return 0;
	}
}

int
address_of_environment(struct address *a)
{
	static const char name[] = "HTTP_X_FORWARDED_FOR=";
	const char *forwarded = NULL;
	unsigned int n = 0;
	char **entry;

	for (entry = environ; *entry != NULL; entry++) {
		if (strncmp(*entry, name, sizeof(name) - 1) == 0) {
			forwarded = *entry + sizeof(name) - 1;
			n++;
		}
	}
	return address_of_client(a, getenv("REMOTE_ADDR"),
	    n == 1 ? forwarded : NULL, getenv("BOOTH_TRUSTED_PROXIES"));
}

uint64_t
address_subscriber(const struct address *a)
{
	bool is_v4 = memcmp(a->bytes, mapped, sizeof(mapped)) == 0;
	uint64_t number = 0;
	int i;

	/* ::ffff:0:0/96 as a number that no prefix in use has (0::/8). */
	for (i = 0; i < 8; i++)
		number = number << 8 | a->bytes[is_v4 ? i + 8 : i];
	return number != 0 ? number : 1;
}
