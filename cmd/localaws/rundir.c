#define _GNU_SOURCE /* mkostemp */
#include "rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
rundir_default(char path[PATH_MAX])
{
	const char *run = getenv("BOOTH_RUN"), *xdg = getenv("XDG_RUNTIME_DIR");
	int n;

	if (run != NULL && run[0] != '\0')
		n = snprintf(path, PATH_MAX, "%s/localaws", run);
	else if (xdg != NULL && xdg[0] != '\0')
		n = snprintf(path, PATH_MAX, "%s/pipebooth/localaws", xdg);
	else
		n = snprintf(path, PATH_MAX, "/tmp/pipebooth-%lu/localaws",
		    (unsigned long)getuid());
	return n < 0 || n >= PATH_MAX ? -1 : 0;
}

static int
fail(char *text, const char *what, const char *path)
{
	snprintf(text, RUNDIR_TEXT_BYTES, "%s '%s': %s", what, path,
	    strerror(errno));
	return -1;
}

/* In /tmp anybody may have made it first. */
static int
check_owner(const char *path, char *text)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return fail(text, "cannot use directory", path);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return fail(text, "cannot use directory", path);
	}
	if (st.st_uid != getuid() || (st.st_mode & 022) != 0) {
		snprintf(text, RUNDIR_TEXT_BYTES,
		    "directory '%s' belongs to somebody else or is writable by "
		    "others",
		    path);
		return -1;
	}
	return 0;
}

int
rundir_make(const char *path, char *text)
{
	char part[PATH_MAX];
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(part)) {
		errno = n == 0 ? ENOENT : ENAMETOOLONG;
		return fail(text, "cannot make directory", path);
	}
	memcpy(part, path, n + 1);
	for (char *p = part + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return fail(text, "cannot make directory", part);
		*p = '/';
	}
	if (mkdir(part, 0700) != 0 && errno != EEXIST)
		return fail(text, "cannot make directory", part);
	return check_owner(part, text);
}

/* In single quotes a shell takes everything as it is but the quote itself. */
static void
put_quoted(FILE *f, const char *s)
{
	fputc('\'', f);
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			fputs("'\\''", f);
		else
			fputc(*s, f);
	}
	fputc('\'', f);
}

int
rundir_write_env(
    const char *path, const struct rundir_export *exports, char *text)
{
	char tmp[PATH_MAX + 16];
	FILE *f;
	bool ok;
	int fd;

	snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path);
	if ((fd = mkostemp(tmp, O_CLOEXEC)) < 0)
		return fail(text, "cannot write", path);
	if ((f = fdopen(fd, "w")) == NULL) {
		close(fd);
		unlink(tmp);
		return fail(text, "cannot write", path);
	}
	for (; exports->name != NULL; exports++) {
		fprintf(f, "export %s=", exports->name);
		put_quoted(f, exports->value);
		fputc('\n', f);
	}
	ok = ferror(f) == 0;
	if (fclose(f) != 0 || !ok || rename(tmp, path) != 0) {
		fail(text, "cannot write", path);
		unlink(tmp);
		return -1;
	}
	return 0;
}
