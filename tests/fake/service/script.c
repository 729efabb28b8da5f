/* The script of the scripted service, and its log. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service.h"

#define ACTS_MAX 256

const char *const kind_names[] = { "transcribe", "speak", "call", "voices" };

static struct act acts[ACTS_MAX];
static size_t nacts;
static FILE *log_file;

__attribute__((format(printf, 1, 2))) void
note(const char *fmt, ...)
{
	va_list ap;

	if (log_file == NULL)
		return;
	va_start(ap, fmt);
	vfprintf(log_file, fmt, ap);
	va_end(ap);
	fputc('\n', log_file);
	fflush(log_file);
}

void
note_open(const char *path)
{
	if ((log_file = fopen(path, "w")) == NULL)
		usage("cannot write the log");
}

__attribute__((noreturn)) void
usage(const char *why)
{
	fprintf(stderr, "service: %s\n", why);
	exit(64);
}

void
read_script(const char *path)
{
	char line[256], kind[16], what[16], when[24];
	FILE *f = fopen(path, "r");
	struct act *a;

	if (f == NULL)
		usage("cannot open the script");
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (nacts == ACTS_MAX)
			usage("script too long");
		a = &acts[nacts];
		if (sscanf(line, "%15s %15[^@ \n]", kind, what) != 2)
			usage("bad line in the script");
		if (sscanf(line, "%*s %*[^@ \n]@%23s", when) != 1)
			strcpy(when, "headers");
		sscanf(line, "%*s %*s %63s %63[^\n]", a->arg, a->arg2);
		strcpy(a->what, what);
		strcpy(a->when, when);
		for (a->kind = 0; a->kind < NKINDS; a->kind++)
			if (strcmp(kind_names[a->kind], kind) == 0)
				break;
		if (a->kind == NKINDS)
			usage("unknown kind in the script");
		nacts++;
	}
	fclose(f);
}

const struct act *
next_act(enum kind kind)
{
	for (size_t i = 0; i < nacts; i++)
		if (!acts[i].is_used && acts[i].kind == kind) {
			acts[i].is_used = true;
			note("%s %s@%s", kind_names[kind], acts[i].what,
			    acts[i].when);
			return strcmp(acts[i].what, "ok") == 0 ? NULL
			                                       : &acts[i];
		}
	note("%s ok", kind_names[kind]);
	return NULL;
}
