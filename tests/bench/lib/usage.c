#include "usage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double
usage_processor_ms(pid_t pid)
{
	struct timespec t;
	clockid_t id;

	if (clock_getcpuclockid(pid, &id) != 0 || clock_gettime(id, &t) != 0)
		return -1;
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

long
usage_pss_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", (long)pid);
	if ((f = fopen(path, "re")) == NULL)
		return -1;
	while (kib < 0 && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "Pss:", 4) == 0)
			kib = strtol(line + 4, NULL, 10);
	fclose(f);
	return kib;
}

/* proc(5): the parent is the second field behind the name, which ends with the
 * last parenthesis. */
static pid_t
parent_of(pid_t pid)
{
	char path[64], line[512], *p = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	if ((f = fopen(path, "re")) == NULL)
		return -1;
	if (fgets(line, sizeof(line), f) != NULL)
		p = strrchr(line, ')');
	fclose(f);
	return p != NULL && strlen(p) > 4 ? (pid_t)strtol(p + 4, NULL, 10) : -1;
}

size_t
usage_children(pid_t pid, pid_t *children, size_t max)
{
	struct dirent *entry;
	size_t n = 0;
	pid_t one;
	DIR *dir;

	if ((dir = opendir("/proc")) == NULL)
		return 0;
	while (n < max && (entry = readdir(dir)) != NULL) {
		one = (pid_t)strtol(entry->d_name, NULL, 10);
		if (one > 0 && parent_of(one) == pid)
			children[n++] = one;
	}
	closedir(dir);
	return n;
}
