/*
 * The syntax of AWS's shared config and credentials files.  No I/O.
 *
 *	[profile dev]			in config; [dev] in credentials
 *	region = eu-central-1		cut at the first '=', trimmed
 *	# comment, ; comment		at the start, after white space, or
 *					after the ']' of a section
 *	services = local
 *	[services local]
 *	polly =				an empty value opens a block: lines that
 *	  endpoint_url = http://...	are indented deeper belong to it
 *
 * Sections of one name are merged, and of a repeated key the last counts.
 * Section names keep their case; keys do not (compared in any case).  Lines
 * that make no sense are left out and remembered (ini_problem()), as a typing
 * error in one profile must not take the others away.  Source: PROTOCOL 7.1.
 */
#ifndef AWS_INI_H
#define AWS_INI_H

#include <stddef.h>

/* Our choice: far above any real file. */
#define INI_MAX_BYTES (1024 * 1024)
#define INI_MAX_ENTRIES 20000

#define INI_ERRORS(X)                                                          \
	X(NOMEM, -1, "out of memory")                                          \
	X(SIZE, -2, "file is too large")                                       \
	X(NUL, -3, "file is not text")

enum ini_error {
#define X(name, code, text) INI_ERR_##name = code,
	INI_ERRORS(X)
#undef X
};

enum ini_kind {
	INI_CONFIG,      /* [default], [profile X], [services X], [sso-session
	                    X]; others are ignored */
	INI_CREDENTIALS, /* [X] is profile X */
};

enum ini_section {
	INI_PROFILE,
	INI_SERVICES,
	INI_SSO_SESSION
};

struct ini;

/* Parse n bytes.  0 and *out, to be freed by ini_free(), or INI_ERR_*. */
int ini_parse(struct ini **out, enum ini_kind kind, const char *p, size_t n);

/* Overwrites what it held: credentials files have secrets. */
void ini_free(struct ini *ini);

/* Value of a key, "" when it opens a block, NULL when there is none.  Borrowed
 * until ini_free(). */
const char *ini_get(const struct ini *ini, enum ini_section section,
    const char *name, const char *key);

/* Value of `subkey` in the block that `key` opens, or NULL. */
const char *ini_get_nested(const struct ini *ini, enum ini_section section,
    const char *name, const char *key, const char *subkey);

/* 1 when the file has such a section, even an empty one, else 0. */
int ini_has_section(
    const struct ini *ini, enum ini_section section, const char *name);

/* The first line that was left out: its number from 1 and why, or 0. */
size_t ini_problem(const struct ini *ini, const char **why);

const char *ini_strerror(int code);

#endif
