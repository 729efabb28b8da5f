#include "save.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"

void
save_flush(void)
{
	/* The reader left: nobody is there to be told. */
	if (fflush(stdout) != 0 && errno != EPIPE)
		die(EX_IOERR, "cannot write to standard output: %s",
		    strerror(errno));
}

void
save_stdout(const char *text, size_t len)
{
	fwrite(text, 1, len, stdout);
	save_flush();
}

/* "day" of "talks/day.jsonl". */
static void
name_of(char *out, size_t size, const char *archive)
{
	static const char *const endings[] = { ".jsonl", ".ndjson", ".json" };
	const char *base = archive == NULL ? NULL : strrchr(archive, '/');
	size_t len;

	base = base != NULL ? base + 1 : archive != NULL ? archive : "talk";
	len = strlen(base);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (len > strlen(endings[i]) &&
		    strcmp(base + len - strlen(endings[i]), endings[i]) == 0) {
			len -= strlen(endings[i]);
			break;
		}
	snprintf(out, size, "%.*s", (int)len, base);
}

static void
fail(const char *path, const char *tmp)
{
	int saved = errno;

	if (tmp != NULL)
		unlink(tmp);
	die(EX_CANTCREAT, "cannot write '%s': %s", path, strerror(saved));
}

void
save_file(const char *dir, const char *archive, size_t talk, const char *lang,
    const char *suffix, const char *text, size_t len)
{
	char path[PATH_MAX], tmp[PATH_MAX + 8], name[NAME_MAX + 1],
	    number[24] = "";
	int n, fd;
	FILE *f;

	name_of(name, sizeof(name), archive);
	if (talk > 0)
		snprintf(number, sizeof(number), "-%zu", talk);
	n = snprintf(path, sizeof(path), "%s/%s%s.%s.%s", dir, name, number,
	    lang, suffix);
	if (n < 0 || (size_t)n >= sizeof(path))
		die(EX_CANTCREAT, "the name of the file is too long: '%s'",
		    dir);
	if (mkdir(dir, 0777) != 0 && errno != EEXIST)
		die(EX_CANTCREAT, "cannot make the folder '%s': %s", dir,
		    strerror(errno));
	snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path);
	if ((fd = mkstemp(tmp)) == -1)
		fail(path, NULL);
	/* What it would have had without the detour. */
	n = (int)umask(0);
	umask((mode_t)n);
	if (fchmod(fd, 0666 & ~(mode_t)n) != 0 || (f = fdopen(fd, "w")) == NULL)
		fail(path, tmp);
	if (fwrite(text, 1, len, f) != len || fclose(f) != 0 ||
	    rename(tmp, path) != 0)
		fail(path, tmp);
	log_msg(LOG_DEBUG, NULL, "wrote '%s'", path);
}
