#include "vectors.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/b64.h"

static const char *
folder(void)
{
	const char *dir = getenv("BOOTH_VECTORS");

	return dir != NULL && dir[0] != '\0' ? dir : "../shared/vectors";
}

bool
vectors_found(void)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%s/sigv4", folder());
	if (stat(path, &st) == 0)
		return true;
	printf("SKIP tests of vectors: '%s' is not there (BOOTH_VECTORS names "
	       "the folder)\n",
	    folder());
	return false;
}

int
vectors_status(int failed, bool found)
{
	if (failed > 0)
		return 1;
	return found ? 0 : 77;
}

static char *
read_file(size_t *len, const char *name)
{
	char path[4096], *text;
	struct stat st;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder(), name);
	if ((f = fopen(path, "rb")) == NULL || fstat(fileno(f), &st) != 0)
		ck_abort_msg("cannot open '%s'", path);
	text = malloc((size_t)st.st_size + 1);
	ck_assert_ptr_nonnull(text);
	if (fread(text, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
		ck_abort_msg("cannot read '%s'", path);
	text[st.st_size] = '\0';
	fclose(f);
	if (len != NULL)
		*len = (size_t)st.st_size;
	return text;
}

char *
vectors_read(size_t *len, const char *fmt, ...)
{
	char name[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	return read_file(len, name);
}

json_t *
vectors_json(const char *fmt, ...)
{
	char name[1024], *text;
	json_error_t err;
	json_t *root;
	size_t len;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	text = read_file(&len, name);
	root = json_loadb(text, len, JSON_ALLOW_NUL, &err);
	if (root == NULL)
		ck_abort_msg("%s:%d: %s", name, err.line, err.text);
	free(text);
	return root;
}

const char *
vectors_str(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	if (s == NULL)
		ck_abort_msg("no string at '%s'", key);
	return s;
}

uint8_t *
vectors_unhex(const char *hex, size_t *len)
{
	size_t n = strlen(hex);
	uint8_t *p = malloc(n / 2 + 1);

	ck_assert_ptr_nonnull(p);
	if (n % 2 != 0 || hex_decode(p, hex, n / 2) != 0)
		ck_abort_msg("not hex: '%s'", hex);
	*len = n / 2;
	return p;
}

uint8_t *
vectors_hex(const json_t *obj, const char *key, size_t *len)
{
	return vectors_unhex(vectors_str(obj, key), len);
}

char *
vectors_tohex(const void *p, size_t n)
{
	char *s = malloc(2 * n + 1);

	ck_assert_ptr_nonnull(s);
	hex_encode(s, p, n);
	return s;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **
vectors_list(const char *name, size_t *n)
{
	char path[4096], **list = NULL;
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", folder(), name);
	*n = 0;
	if ((dir = opendir(path)) == NULL)
		return NULL;
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		list = realloc(list, (*n + 2) * sizeof(*list));
		if (list == NULL || (list[*n] = strdup(e->d_name)) == NULL)
			abort();
		list[++*n] = NULL;
	}
	closedir(dir);
	if (list != NULL)
		qsort(list, *n, sizeof(*list), compare);
	return list;
}
