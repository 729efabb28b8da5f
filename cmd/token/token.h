/* What the subcommands of token(1) share. */
#ifndef TOKEN_TOKEN_H
#define TOKEN_TOKEN_H

#include <stddef.h>

extern const char token_usage[];

/* The subcommands: argv[0] is their name; the exit status. */
int token_mint(int argc, char **argv);

int token_check(int argc, char **argv);

int token_secret(int argc, char **argv);

int token_qr(int argc, char **argv);

/* Read all of standard input into buf, NUL-ended.  0, or -1: it has size bytes
 * or more, or a NUL byte. */
int token_read_all(char *buf, size_t size);

/* Read the token that standard input holds, blanks around it left out, into
 * buf; dies if there is none, or more than size - 1 bytes. */
void token_read(char *buf, size_t size);

#endif
