/* An environment and files of a test's own, so that nothing is faked: the
 * variables are a list, the files are in a folder that is removed. */
#ifndef AWS_ENV_H
#define AWS_ENV_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENV_MAX 24

struct env {
	const char *names[ENV_MAX];
	const char *values[ENV_MAX];
	size_t n;
	char dir[64];
	char paths[4][128];
	size_t npaths;
};

static inline const char *
env_get(void *arg, const char *name)
{
	struct env *e = arg;
	size_t i;

	for (i = e->n; i > 0; i--)
		if (strcmp(e->names[i - 1], name) == 0)
			return e->values[i - 1];
	return NULL;
}

static inline void
env_set(struct env *e, const char *name, const char *value)
{
	ck_assert_uint_lt(e->n, ENV_MAX);
	e->names[e->n] = name;
	e->values[e->n++] = value;
}

static inline void
env_init(struct env *e)
{
	memset(e, 0, sizeof(*e));
	snprintf(e->dir, sizeof(e->dir), "/tmp/aws_env.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(e->dir));
	env_set(e, "HOME", e->dir);
	env_set(e, "AWS_EC2_METADATA_DISABLED", "true");
}

/* Write a file, and let `variable` (may be NULL) name it.  Returns its path. */
static inline const char *
env_file(
    struct env *e, const char *variable, const char *name, const char *text)
{
	char *path = e->paths[e->npaths];
	FILE *f;
	size_t i;

	for (i = 0; i < e->npaths; i++)
		if (strcmp(strrchr(e->paths[i], '/') + 1, name) == 0)
			path = e->paths[i];
	if (path == e->paths[e->npaths]) {
		ck_assert_uint_lt(++e->npaths, 4);
		snprintf(path, sizeof(e->paths[0]), "%s/%s", e->dir, name);
	}
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	if (variable != NULL)
		env_set(e, variable, path);
	return path;
}

static inline void
env_release(struct env *e)
{
	size_t i;

	for (i = 0; i < e->npaths; i++)
		unlink(e->paths[i]);
	rmdir(e->dir);
}

#endif
