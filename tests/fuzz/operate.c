/* with: cmd/operate/stages.c cmd/operate/finals.c */
/* with: cmd/operate/page.c cmd/operate/command.c */
/*
 * What reaches operate: messages of a page, from a file as its standard input,
 * and the same bytes as lines of a room.  Commands run in a run directory that
 * does not exist.  Nothing grows past its bounds, and what comes out is JSON.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../cmd/operate/command.h"
#include "../../cmd/operate/finals.h"
#include "../../cmd/operate/page.h"
#include "../../cmd/operate/stages.h"
#include "base/json.h"
#include "base/log.h"

static bool
may(void *arg, const char *room)
{
	(void)arg;
	return strcmp(room, "secret") != 0;
}

static void
check_json(json_t *obj, size_t max)
{
	char *text;

	if (obj == NULL || json_array_size(obj) > max)
		abort();
	text = json_dumps(obj, JSON_ENCODE_ANY);
	if (text == NULL)
		abort();
	free(text);
	json_decref(obj);
}

static void
run_command(const json_t *message)
{
	static const struct command_desk desk = { "/nonexistent/run", "fuzz",
		may, NULL };
	json_t *answer = command_run(&desk, message);

	if (strcmp(json_line_type(answer), "failed") != 0 ||
	    json_str(answer, "detail") == NULL)
		abort();
	check_json(answer, 0);
}

static void
read_room(struct stages *stages, struct finals *finals, const json_t *obj,
    double at_ms)
{
	stages_take(stages, obj, at_ms, json_is_set(obj, "end"));
	finals_take(finals, obj, at_ms);
	if (json_is_set(obj, "retract"))
		finals_retract(finals, json_str(obj, "id"));
	if (stages->n > STAGES_MAX || finals->n > FINALS_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct stages stages = { 0 };
	struct finals finals = { 0 };
	struct page page;
	struct loop loop;
	json_t *obj;
	int64_t now_ms = 0;
	int fd = memfd_create("page", MFD_CLOEXEC);

	log_set_level(LOG_ERROR);
	if (fd == -1 || write(fd, p, n) != (ssize_t)n ||
	    lseek(fd, 0, SEEK_SET) != 0)
		abort();
	page_init(&page, fd, 0);
	loop_init(&loop);
	while (!page.is_gone) {
		now_ms += 10000;
		loop_begin(&loop);
		page_prepare(&page, &loop, now_ms);
		loop_deadline(&loop, 0);
		if (loop_wait(&loop) == -1)
			abort();
		page_dispatch(&page, &loop, now_ms);
		while ((obj = page_next(&page, now_ms)) != NULL) {
			run_command(obj);
			read_room(&stages, &finals, obj, (double)now_ms);
			json_decref(obj);
		}
	}
	check_json(stages_json(&stages, true, false, 1e12), STAGES_MAX);
	check_json(stages_json(&stages, false, true, 0), STAGES_MAX);
	check_json(stages_errors(&stages), STAGES_ERRORS_MAX);
	check_json(stages_level(&stages, "level_db", 0), 0);
	check_json(finals_json(&finals), FINALS_MAX);
	stages_release(&stages);
	page_release(&page);
	loop_release(&loop);
	close(fd);
	return 0;
}
