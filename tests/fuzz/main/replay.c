/*
 * A main for fuzz targets where libFuzzer is not linked:
 *
 *	TARGET [-random MS] PATH...
 *
 * runs every file given (or every file of a folder given) through the target
 * once, and then, for MS milliseconds, what becomes of them when bytes are
 * changed, added, taken away and exchanged at random.  FUZZ_SEED chooses the
 * dice; without it they differ each time.  An input that ends the process is
 * left in the file that FUZZ_CRASH names (default: crash).
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INPUTS_MAX 4096
#define MUTANT_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Of the sanitizers, where there are any. */
void __sanitizer_set_death_callback(void (*f)(void)) __attribute__((weak));

struct input {
	uint8_t *p; /* owned */
	size_t n;
};

static struct input inputs[INPUTS_MAX];
static size_t ninputs;
static struct input running;
static const char *crash_path = "crash";
static uint64_t dice_state;

static void
leave_input(void)
{
	static const char said[] = "replay: the input that did it is kept\n";
	int fd = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd != -1 && write(fd, running.p, running.n) == (ssize_t)running.n &&
	    write(STDERR_FILENO, said, sizeof(said) - 1) > 0)
		close(fd);
}

static void
on_signal(int number)
{
	signal(number, SIG_DFL);
	leave_input();
	raise(number);
}

static void
run(uint8_t *p, size_t n)
{
	running.p = p;
	running.n = n;
	LLVMFuzzerTestOneInput(p, n);
}

static int
replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *buf = NULL;
	struct stat st;
	int rc = -1;

	if (f == NULL || fstat(fileno(f), &st) != 0)
		goto out;
	buf = malloc(st.st_size > 0 ? (size_t)st.st_size : 1);
	if (buf == NULL ||
	    fread(buf, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
		goto out;
	run(buf, (size_t)st.st_size);
	if (ninputs < INPUTS_MAX && st.st_size <= MUTANT_MAX) {
		inputs[ninputs++] = (struct input){ buf, (size_t)st.st_size };
		buf = NULL;
	}
	rc = 0;
out:
	if (rc != 0)
		fprintf(stderr, "replay: cannot read '%s'\n", path);
	free(buf);
	if (f != NULL)
		fclose(f);
	return rc;
}

static int
replay(const char *path, unsigned long *count)
{
	char name[4096];
	struct dirent *e;
	struct stat st;
	DIR *d;
	int rc = 0;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		++*count;
		return replay_file(path);
	}
	if ((d = opendir(path)) == NULL)
		return -1;
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (replay(name, count) != 0)
			rc = -1;
	}
	closedir(d);
	return rc;
}

/* A number below n: xorshift64*, enough for dice. */
static size_t
dice(size_t n)
{
	dice_state ^= dice_state >> 12;
	dice_state ^= dice_state << 25;
	dice_state ^= dice_state >> 27;
	return (size_t)((dice_state * 0x2545F4914F6CDD1Du) >> 32) % n;
}

/* One change of the n bytes at p; the new length. */
static size_t
change(uint8_t *p, size_t n)
{
	static const uint8_t liked[] = { 0, 1, 0x7f, 0x80, 0xff, '"', '\\', '{',
		'}', '\n', '\r', ' ', ':', ',', '0', '9' };
	const struct input *other = &inputs[dice(ninputs)];
	size_t at = n == 0 ? 0 : dice(n), len;

	switch (n == 0 ? 2 : dice(6)) {
	case 0:
		p[at] ^= (uint8_t)(1u << dice(8));
		return n;
	case 1:
		p[at] = liked[dice(sizeof(liked))];
		return n;
	case 2: /* a few bytes more */
		len = 1 + dice(8);
		if (n + len > MUTANT_MAX)
			return n;
		memmove(p + at + len, p + at, n - at);
		memset(p + at, liked[dice(sizeof(liked))], len);
		return n + len;
	case 3: /* a part less */
		len = 1 + dice(n - at < 64 ? n - at : 64);
		memmove(p + at, p + at + len, n - at - len);
		return n - len;
	case 4: /* a part of another input over it */
		if (other->n == 0)
			return n;
		len = 1 + dice(other->n);
		if (len > MUTANT_MAX - at)
			len = MUTANT_MAX - at;
		memcpy(p + at, other->p + (other->n - len), len);
		return at + len > n ? at + len : n;
	default: /* the end cut off */
		return at;
	}
}

static long long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
run_at_random(long ms)
{
	const char *chosen = getenv("FUZZ_SEED");
	unsigned long long seed =
	    chosen != NULL
		? strtoull(chosen, NULL, 10)
		: (unsigned long long)time(NULL) ^ (unsigned)getpid();
	long long end_ms = now_ms() + ms;
	static uint8_t buf[MUTANT_MAX];
	unsigned long count = 0;
	uint8_t *exact;
	size_t n;

	fprintf(stderr, "FUZZ_SEED=%llu\n", seed);
	dice_state = seed * 0x9E3779B97F4A7C15u + 1;
	for (; now_ms() < end_ms; count++) {
		const struct input *from = &inputs[dice(ninputs)];

		n = from->n;
		if (n > 0)
			memcpy(buf, from->p, n);
		for (size_t i = 1 + dice(6); i > 0; i--)
			n = change(buf, n);
		/* Of its own length, so that sanitizers see its end. */
		if ((exact = malloc(n > 0 ? n : 1)) == NULL)
			break;
		if (n > 0)
			memcpy(exact, buf, n);
		run(exact, n);
		free(exact);
	}
	printf("ran %lu inputs at random\n", count);
}

int
main(int argc, char **argv)
{
	unsigned long count = 0;
	int rc = 0, i = 1;
	long ms = 0;

	if (getenv("FUZZ_CRASH") != NULL)
		crash_path = getenv("FUZZ_CRASH");
	signal(SIGABRT, on_signal);
	signal(SIGFPE, on_signal);
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(leave_input);
	else
		signal(SIGSEGV, on_signal);
	if (argc > 2 && strcmp(argv[1], "-random") == 0) {
		ms = strtol(argv[2], NULL, 10);
		i = 3;
	}
	for (; i < argc; i++)
		if (replay(argv[i], &count) != 0)
			rc = 1;
	if (count == 0) {
		fprintf(stderr, "replay: no input\n");
		return 1;
	}
	printf("replayed %lu inputs\n", count);
	if (ms > 0 && ninputs > 0)
		run_at_random(ms);
	while (ninputs > 0)
		free(inputs[--ninputs].p);
	return rc;
}
