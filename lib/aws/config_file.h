/* A whole small file in memory: shared configuration, tokens. */
#ifndef AWS_CONFIG_FILE_H
#define AWS_CONFIG_FILE_H

#include <stddef.h>

/*
 * Read `path`, at most `cap` bytes.  0 with *buf (NUL-ended, to be freed by
 * free(); wipe it first if it holds secrets) and *len; or -errno: -ENOENT,
 * -EACCES, -EISDIR, -EFBIG (more than cap), -ENOMEM, ...; -ETIMEDOUT: it is
 * a pipe, and who writes into it lets us wait for more than two seconds.
 */
int config_file_read(const char *path, size_t cap, char **buf, size_t *len);

#endif
