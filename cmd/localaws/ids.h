/* Random identifiers. */
#ifndef LOCALAWS_IDS_H
#define LOCALAWS_IDS_H

#include <stddef.h>

#define UUID_BYTES 37 /* with NUL */

/* A UUID of version 4 (RFC 9562), lower case. */
void uuid_make(char out[UUID_BYTES]);

/* n characters out of A-Z, a-z and 0-9, and a NUL: fit for an access key. */
void secret_make(char *out, size_t n);

#endif
