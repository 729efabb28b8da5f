/* ring: lines, writers that follow one another, files that are no ring. */
#include "room/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "room/ring_layout.h"
#include "room/waiter.h"
#include "support/room_ring_lines.h"

START_TEST(gives_lines_in_order_as_they_were_written)
{
	struct ring_writer w;
	struct ring_reader r;
	struct ring_line line;
	char buf[LINE_BYTES];
	uint64_t seq;

	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY), 0);
	ck_assert_int_eq(ring_reader_open(&r, path), 0);
	ck_assert_int_eq(ring_peek(&r, &line), 0);
	for (seq = 1; seq <= 1000; seq++) {
		ck_assert_int_eq(append_line(&w, seq), 0);
		ck_assert_int_eq(ring_read(&r, buf, sizeof(buf), &line), 1);
		ck_assert_uint_eq(line.seq, seq);
		ck_assert(is_line(buf, &line));
		ck_assert_int_eq(ring_read(&r, buf, sizeof(buf), &line), 0);
	}
	ring_reader_release(&r);
	ring_reader_release(&r);
	ring_writer_release(&w);
}
END_TEST

START_TEST(a_new_reader_can_walk_from_the_oldest_line)
{
	struct ring_writer w;
	struct ring_reader r;
	struct ring_line line;
	uint64_t seq, first;

	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY), 0);
	for (seq = 1; seq <= 1000; seq++)
		ck_assert_int_eq(append_line(&w, seq), 0);
	ck_assert_int_eq(ring_reader_open(&r, path), 0);
	ck_assert_int_eq(ring_peek(&r, &line), 0);
	ring_seek_oldest(&r);
	ck_assert_int_eq(ring_peek(&r, &line), 1);
	first = line.seq;
	ck_assert_uint_gt(first, 1);
	for (seq = first; seq <= 1000; seq++) {
		ck_assert_int_eq(ring_peek(&r, &line), 1);
		ck_assert_uint_eq(line.seq, seq);
		ring_skip(&r, &line);
	}
	ck_assert_int_eq(ring_peek(&r, &line), 0);
	ring_reader_release(&r);
	ring_writer_release(&w);
}
END_TEST

START_TEST(a_lapped_reader_is_told_and_goes_on_at_the_newest)
{
	struct ring_writer w;
	struct ring_reader r;
	struct ring_line line;
	char buf[LINE_BYTES];
	uint64_t seq;

	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY), 0);
	ck_assert_int_eq(ring_reader_open(&r, path), 0);
	for (seq = 1; seq <= 1000; seq++)
		ck_assert_int_eq(append_line(&w, seq), 0);
	ck_assert_int_eq(ring_peek(&r, &line), RING_ERR_LAPPED);
	ck_assert_int_eq(
	    ring_read(&r, buf, sizeof(buf), &line), RING_ERR_LAPPED);
	ring_seek_newest(&r);
	ck_assert_int_eq(ring_peek(&r, &line), 0);
	ck_assert_int_eq(append_line(&w, 1001), 0);
	ck_assert_int_eq(ring_read(&r, buf, sizeof(buf), &line), 1);
	ck_assert_uint_eq(line.seq, 1001);
	ring_reader_release(&r);
	ring_writer_release(&w);
}
END_TEST

START_TEST(refuses_lines_that_do_not_fit_or_do_not_grow)
{
	static char big[CAPACITY];
	struct ring_writer w;
	struct ring_reader r;
	struct ring_line line;
	char buf[16];

	ck_assert_int_eq(ring_writer_open(&w, path, 1000), RING_ERR_SIZE);
	ck_assert_int_eq(
	    ring_writer_open(&w, path, CAPACITY + 8), RING_ERR_SIZE);
	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY), 0);
	ck_assert_int_eq(ring_reader_open(&r, path), 0);
	ck_assert_int_eq(ring_append(&w, 0, 1, 0, big, 0), RING_ERR_SIZE);
	ck_assert_int_eq(
	    ring_append(&w, 0, 1, 0, big, CAPACITY / 2 + 1), RING_ERR_SIZE);
	ck_assert_int_eq(ring_append(&w, 0, 5, 0, big, 17), 0);
	ck_assert_int_eq(ring_append(&w, 0, 5, 0, big, 1), RING_ERR_ORDER);
	ck_assert_int_eq(ring_append(&w, 0, 4, 0, big, 1), RING_ERR_ORDER);
	ck_assert_int_eq(ring_read(&r, buf, sizeof(buf), &line), RING_ERR_SIZE);
	ck_assert_int_eq(ring_peek(&r, &line), 1);
	ck_assert_uint_eq(line.len, 17);
	ring_reader_release(&r);
	ring_writer_release(&w);
}
END_TEST

START_TEST(the_next_writer_continues_where_the_last_one_ended)
{
	struct ring_writer w;
	struct ring_reader r;
	struct ring_line line;
	char buf[LINE_BYTES];
	uint64_t seq;

	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY), 0);
	ck_assert_int_eq(ring_reader_open(&r, path), 0);
	for (seq = 1; seq <= 20; seq++) {
		ck_assert_int_eq(append_line(&w, seq), 0);
		ring_writer_release(&w);
		ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY * 2), 0);
		ck_assert_uint_eq(w.last_seq, seq);
		ck_assert(!w.was_replaced);
		ck_assert(ring_reader_is_current(&r, path));
		ck_assert_int_eq(ring_read(&r, buf, sizeof(buf), &line), 1);
		ck_assert(is_line(buf, &line));
	}
	ring_reader_release(&r);
	ring_writer_release(&w);
}
END_TEST

/* What a writer leaves that dies between two of its stores: poked by hand. */
START_TEST(what_a_killed_writer_left_half_done_is_never_seen)
{
	struct ring_writer w;
	struct ring_reader r;
	struct ring_line line;
	struct ring_file *f;
	char buf[LINE_BYTES];
	uint64_t head, tail, oldest, seq, offset;
	uint32_t word;

	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY), 0);
	for (seq = 1; seq <= 500; seq++)
		ck_assert_int_eq(append_line(&w, seq), 0);
	ck_assert_int_eq(ring_reader_open(&r, path), 0);
	f = w.file;
	head = atomic_load(&f->head);
	tail = atomic_load(&f->tail);

	/* Killed after moving tail past one record and half of the data. */
	tail += ring_record_bytes((uint32_t)ring_load(f, tail));
	atomic_store(&f->tail, tail);
	for (offset = head; offset < head + 1024; offset += 8)
		atomic_store(&f->data[offset / 8 & (CAPACITY / 8 - 1)],
		    UINT64_C(0xfefefefefefefefe));
	word = atomic_load(&f->word);
	ring_writer_release(&w);

	ck_assert_int_eq(ring_peek(&r, &line), 0);
	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY), 0);
	ck_assert(!w.was_replaced);
	ck_assert_uint_eq(w.last_seq, 500);
	ck_assert_int_eq(append_line(&w, 501), 0);
	ck_assert_int_eq(ring_read(&r, buf, sizeof(buf), &line), 1);
	ck_assert_uint_eq(line.seq, 501);
	ck_assert(is_line(buf, &line));
	ck_assert_uint_ne(atomic_load(&w.file->word), word);

	ring_seek_oldest(&r);
	ck_assert_int_eq(ring_peek(&r, &line), 1);
	oldest = line.seq;
	for (seq = oldest; seq <= 501; seq++) {
		ck_assert_int_eq(ring_read(&r, buf, sizeof(buf), &line), 1);
		ck_assert_uint_eq(line.seq, seq);
		ck_assert(is_line(buf, &line));
	}
	ring_reader_release(&r);
	ring_writer_release(&w);
}
END_TEST

/* Killed between head and word: a sleeping reader was not woken. */
START_TEST(the_next_writer_makes_up_for_a_wake_that_was_missed)
{
	struct ring_writer w;
	struct ring_reader r;
	struct ring_line line;
	uint32_t seen;
	pid_t pid;
	int status;

	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY), 0);
	ck_assert_int_eq(ring_reader_open(&r, path), 0);
	seen = atomic_load(ring_word(&r));
	ck_assert_int_eq(append_line(&w, 1), 0);
	atomic_store(&w.file->word, seen);
	ring_writer_release(&w);

	pid = fork();
	if (pid == 0) {
		while (atomic_load(ring_word(&r)) == seen)
			if (waiter_wait(ring_word(&r), seen, 600000) != 0)
				_exit(1);
		_exit(ring_peek(&r, &line) == 1 ? 0 : 2);
	}
	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ring_reader_release(&r);
	ring_writer_release(&w);
}
END_TEST

START_TEST(a_nudge_wakes_a_reader_and_brings_no_line)
{
	struct ring_writer w;
	struct ring_reader r;
	struct ring_line line;
	uint32_t seen;
	pid_t pid;
	int status;

	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY), 0);
	ck_assert(w.was_made);
	ck_assert_int_eq(append_line(&w, 1), 0);
	ring_wake(&w);
	ck_assert_int_eq(ring_reader_open(&r, path), 0);
	seen = atomic_load(ring_word(&r));
	pid = fork();
	if (pid == 0) {
		if (waiter_wait(ring_word(&r), seen, 600000) != 0)
			_exit(1);
		_exit(ring_peek(&r, &line) == 0 &&
			      atomic_load(ring_word(&r)) == seen + 1
			  ? 0
			  : 2);
	}
	ring_nudge(&w);
	ring_wake(&w);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ring_reader_release(&r);
	ring_writer_release(&w);
	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY), 0);
	ck_assert(!w.was_made);
	ring_writer_release(&w);
}
END_TEST

static const struct {
	off_t offset;
	uint8_t byte;
} damages[] = {
	{ 0, 'X' },    /* magic */
	{ 8, 2 },      /* version */
	{ 13, 0 },     /* header_bytes */
	{ 16, 8 },     /* capacity_bytes: no power of two */
	{ 18, 4 },     /* capacity_bytes: not the file's */
	{ 128, 3 },    /* head: not a multiple of 8 */
	{ 135, 1 },    /* head: far beyond */
	{ 4099, 1 },   /* len_bytes of the first record */
	{ 4111, 0x7f } /* its seq: not less than the next */
};

START_TEST(a_damaged_or_foreign_file_is_replaced_and_readers_can_tell)
{
	struct ring_writer w;
	struct ring_reader r, again;
	struct stat before, after;
	int fd;

	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY), 0);
	ck_assert_int_eq(append_line(&w, 1), 0);
	ck_assert_int_eq(append_line(&w, 2), 0);
	ring_writer_release(&w);
	ck_assert_int_eq(ring_reader_open(&r, path), 0);
	ck_assert_int_eq(stat(path, &before), 0);

	fd = open(path, O_WRONLY);
	ck_assert_int_eq(
	    pwrite(fd, &damages[_i].byte, 1, damages[_i].offset), 1);
	close(fd);

	ck_assert(ring_reader_is_current(&r, path));
	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY), 0);
	ck_assert(w.was_replaced);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_uint_ne(before.st_ino, after.st_ino);
	ck_assert(!ring_reader_is_current(&r, path));
	ck_assert_int_eq(ring_reader_open(&again, path), 0);
	ck_assert(ring_reader_is_current(&again, path));
	ring_reader_release(&again);
	ring_reader_release(&r);
	ring_writer_release(&w);
}
END_TEST

START_TEST(a_reader_refuses_what_is_no_ring)
{
	struct ring_reader r;
	int fd;

	ck_assert_int_eq(ring_reader_open(&r, path), RING_ERR_ABSENT);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_eq(ring_reader_open(&r, path), RING_ERR_FORMAT);
	ck_assert_int_eq(ftruncate(fd, RING_HEADER_BYTES + CAPACITY), 0);
	ck_assert_int_eq(ring_reader_open(&r, path), RING_ERR_FORMAT);
	close(fd);
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(ring_reader_open(&r, path), RING_ERR_FORMAT);
}
END_TEST

/* A file system that is full must be an error, not a SIGBUS: a file that may
 * not grow stands in for it. */
START_TEST(a_full_file_system_is_an_error_and_loses_nothing)
{
	struct ring_writer w;
	struct ring_reader r;
	struct ring_line line;
	char buf[LINE_BYTES], big[LINE_BYTES];
	int fd, ret = 0;
	uint64_t seq;

	ck_assert_int_eq(ring_writer_open(&w, path, CAPACITY), 0);
	ck_assert_int_eq(ring_reader_open(&r, path), 0);
	ck_assert_int_eq(append_line(&w, 1), 0);
	/* A descriptor that cannot be written makes fallocate fail. */
	fd = open(path, O_RDONLY);
	ck_assert_int_ne(dup2(fd, w.fd), -1);
	close(fd);
	memset(big, 'x', sizeof(big));
	for (seq = 2; seq < 200 && ret == 0; seq++)
		ret = ring_append(&w, 0, seq, 0, big, sizeof(big));
	ck_assert_int_lt(ret, 0);
	ck_assert_uint_eq(w.last_seq, seq - 2);
	ck_assert_int_eq(ring_read(&r, buf, sizeof(buf), &line), 1);
	ck_assert(is_line(buf, &line));
	ring_reader_release(&r);
	ring_writer_release(&w);
}
END_TEST

START_TEST(every_error_has_a_text)
{
	int code;

	for (code = 0; code >= RING_ERR_NOSPACE; code--)
		ck_assert_str_ne(ring_strerror(code), "unknown error");
	ck_assert_str_eq(ring_strerror(-99), "unknown error");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ring");
	TCase *one = tcase_create("lines");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(one, setup, teardown);
	tcase_set_timeout(one, 60);
	tcase_add_test(one, gives_lines_in_order_as_they_were_written);
	tcase_add_test(one, a_new_reader_can_walk_from_the_oldest_line);
	tcase_add_test(one, a_lapped_reader_is_told_and_goes_on_at_the_newest);
	tcase_add_test(one, refuses_lines_that_do_not_fit_or_do_not_grow);
	tcase_add_test(one, the_next_writer_continues_where_the_last_one_ended);
	tcase_add_test(one, what_a_killed_writer_left_half_done_is_never_seen);
	tcase_add_test(
	    one, the_next_writer_makes_up_for_a_wake_that_was_missed);
	tcase_add_loop_test(one,
	    a_damaged_or_foreign_file_is_replaced_and_readers_can_tell, 0,
	    sizeof(damages) / sizeof(damages[0]));
	tcase_add_test(one, a_nudge_wakes_a_reader_and_brings_no_line);
	tcase_add_test(one, a_reader_refuses_what_is_no_ring);
	tcase_add_test(one, a_full_file_system_is_an_error_and_loses_nothing);
	tcase_add_test(one, every_error_has_a_text);
	suite_add_tcase(s, one);

	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
