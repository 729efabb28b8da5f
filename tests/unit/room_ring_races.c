/* ring: readers against a writer at full speed, and a writer that is killed. */
#include "room/ring.h"

#include <signal.h>
#include <sys/wait.h>

#include "room/ring_layout.h"
#include "room/waiter.h"
#include "support/room_ring_lines.h"

/*
 * A reader at full speed: every line whole, in order, none missing unless the
 * ring said so.  With `lag`, it lets itself be lapped again and again.  Leaves
 * at `last`; exit status 0, or what was wrong.
 */
static void
read_all(struct ring_reader *r, uint64_t last, bool lag)
{
	struct ring_line line;
	char buf[LINE_BYTES];
	uint64_t seen = 0, nlaps = 0;
	uint32_t word;
	bool was_lapped = false;
	int ret;

	while (seen < last) {
		word = atomic_load(ring_word(r));
		ret = ring_read(r, buf, sizeof(buf), &line);
		if (ret == RING_ERR_LAPPED) {
			ring_seek_oldest(r);
			was_lapped = true;
			nlaps++;
			continue;
		}
		if (ret < 0)
			_exit(2);
		if (ret == 0) {
			if (waiter_wait(ring_word(r), word, 600000) != 0)
				_exit(3);
			continue;
		}
		if (!is_line(buf, &line))
			_exit(4); /* torn */
		if (line.seq <= seen)
			_exit(5); /* order */
		if (line.seq != seen + 1 && !was_lapped)
			_exit(6); /* a gap nobody announced */
		was_lapped = false;
		seen = line.seq;
		if (!lag || seen % 64 != 0)
			continue;
		/* Stay until the writer is about to overwrite what comes
		 * next, so that the next reads race it for the same bytes.
		 * The word counts one for each line, and one more. */
		while (atomic_load(&r->file->head) - r->pos <
			   CAPACITY - LINE_BYTES &&
		       atomic_load(ring_word(r)) < last)
			;
	}
	_exit(lag && nlaps == 0 ? 7 : 0);
}

START_TEST(readers_race_a_writer_at_full_speed_and_see_no_torn_line)
{
	enum {
		NREADERS = 4,
		NLINES = 150000
	};
	struct ring_writer w;
	struct ring_reader r;
	pid_t pids[NREADERS];
	uint64_t seq;
	int i, status;

	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY), 0);
	for (i = 0; i < NREADERS; i++) {
		ck_assert_int_eq(ring_reader_open(&r, path), 0);
		pids[i] = fork();
		if (pids[i] == 0)
			read_all(&r, NLINES, i % 2 == 1);
		ck_assert_int_gt(pids[i], 0);
		ring_reader_release(&r);
	}
	for (seq = 1; seq <= NLINES; seq++) {
		ck_assert_int_eq(append_line(&w, seq), 0);
		if (seq % 3 == 0)
			ring_wake(&w);
	}
	ring_wake(&w);
	for (i = 0; i < NREADERS; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_msg(status == 0, "reader %d: status 0x%x", i, status);
	}
	ring_writer_release(&w);
}
END_TEST

/* Append until killed, or until the ring is half full since we began. */
static void
write_until_killed(void)
{
	struct ring_writer w;
	uint64_t seq, start;

	if (ring_writer_open(&w, path, CAPACITY * 32) != 0)
		_exit(2);
	if (w.was_replaced)
		_exit(3);
	start = w.head;
	for (seq = w.last_seq + 1; w.head - start < CAPACITY * 16; seq++) {
		if (append_line(&w, seq) != 0)
			_exit(4);
		ring_wake(&w);
	}
	pause();
	_exit(5);
}

START_TEST(a_writer_killed_anywhere_leaves_a_ring_to_continue_in)
{
	enum {
		NKILLS = 150
	};
	struct ring_writer w;
	struct ring_reader r;
	struct ring_line line;
	char buf[LINE_BYTES];
	uint64_t seen = 0, target;
	uint32_t word;
	pid_t pid;
	int i, ret, status;

	srand((unsigned int)getpid());
	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY * 32), 0);
	ring_writer_release(&w);
	ck_assert_int_eq(ring_reader_open(&r, path), 0);
	for (i = 0; i < NKILLS; i++) {
		target = seen + 1 + (uint64_t)rand() % 200;
		pid = fork();
		if (pid == 0)
			write_until_killed();
		ck_assert_int_gt(pid, 0);
		status = -1;
		for (;;) {
			word = atomic_load(ring_word(&r));
			ret = ring_read(&r, buf, sizeof(buf), &line);
			ck_assert_int_ge(ret, 0);
			if (ret == 0 && status != -1)
				break;
			if (ret == 0) {
				waiter_wait(ring_word(&r), word, 1000);
				continue;
			}
			ck_assert_uint_eq(line.seq, seen + 1);
			ck_assert(is_line(buf, &line));
			seen = line.seq;
			if (seen == target) {
				kill(pid, SIGKILL);
				ck_assert_int_eq(waitpid(pid, &status, 0), pid);
				ck_assert(WIFSIGNALED(status));
			}
		}
	}
	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY), 0);
	ck_assert(!w.was_replaced);
	ck_assert_uint_eq(w.last_seq, seen);
	ck_assert_uint_ge(seen, NKILLS);
	ring_writer_release(&w);
	ring_reader_release(&r);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ring races");
	TCase *race = tcase_create("races");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(race, setup, teardown);
	tcase_set_timeout(race, 300);
	tcase_add_test(
	    race, readers_race_a_writer_at_full_speed_and_see_no_torn_line);
	tcase_add_test(
	    race, a_writer_killed_anywhere_leaves_a_ring_to_continue_in);
	suite_add_tcase(s, race);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
