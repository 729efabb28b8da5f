#include "ids.h"

#include <openssl/rand.h>
#include <stdint.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/log.h"

static void
random_bytes(uint8_t *p, size_t n)
{
	if (RAND_bytes(p, (int)n) != 1)
		die(EX_OSERR, "the system has no random numbers");
}

void
uuid_make(char out[UUID_BYTES])
{
	uint8_t b[16];

	random_bytes(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	snprintf(out, UUID_BYTES,
	    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x",
	    b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10],
	    b[11], b[12], b[13], b[14], b[15]);
}

void
secret_make(char *out, size_t n)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t ndigits = sizeof(digits) - 1, i = 0;
	uint8_t b[64];

	while (i < n) {
		random_bytes(b, sizeof(b));
		/* Without the last few values all digits are as likely. */
		for (size_t k = 0; k < sizeof(b) && i < n; k++)
			if (b[k] < 256 / ndigits * ndigits)
				out[i++] = digits[b[k] % ndigits];
	}
	out[n] = '\0';
}
