/* with: cmd/localaws/speech_text.c */
/* with: cmd/localaws/speech_queue.c */
/* with: cmd/localaws/voices.c */
/* Texts to be spoken: sentences, billing, SSML, the queue of a stream; and the
 * table of voices. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/localaws/speech_queue.h"
#include "../../cmd/localaws/speech_text.h"
#include "../../cmd/localaws/voices.h"

static const struct {
	const char *text;
	const char *spoken; /* up to the end of the last whole sentence */
} sentences[] = {
	{ "", "" },
	{ "Hello", "" },
	{ "Hello.", "" }, /* may become "Hello.com" */
	{ "Hello. ", "Hello. " },
	{ "Pi is 3.14 and", "" },
	{ "One. Two", "One. " },
	{ "One! Two? Three", "One! Two? " },
	{ "He said \"no.\" Then", "He said \"no.\" " },
	{ "Fin\xe2\x80\xa6 encore", "Fin\xe2\x80\xa6 " },
	{ "\xe4\xbd\xa0\xe5\xa5\xbd\xe3\x80\x82\xe5\x86\x8d",
	    "\xe4\xbd\xa0\xe5\xa5\xbd\xe3\x80\x82" },
	{ "a.\nb", "a.\n" },
};

#define NSENTENCES (int)(sizeof(sentences) / sizeof(sentences[0]))

START_TEST(a_sentence_ends_where_nothing_can_follow)
{
	const char *t = sentences[_i].text;

	ck_assert_uint_eq(
	    speech_sentences(t, strlen(t)), strlen(sentences[_i].spoken));
}
END_TEST

START_TEST(characters_are_code_points_and_tags_are_not_billed)
{
	const char *ssml =
	    "<speak>\xc3\xa9t\xc3\xa9 <break time=\"1s\"/>x</speak>";

	ck_assert_uint_eq(speech_chars("\xc3\xa9t\xc3\xa9", 5), 3);
	ck_assert_uint_eq(speech_billed(ssml, strlen(ssml), true), 5);
	ck_assert_uint_eq(speech_billed("a<b", 3, false), 3);
}
END_TEST

static const char *const good_ssml[] = {
	"<speak>Hello</speak>",
	" <?xml version=\"1.0\"?><speak>a<break time='1s'/>b</speak>\n",
	"<speak><p><s>a</s><!-- no --></p></speak>",
	"<speak/>",
};

static const char *const bad_ssml[] = {
	"",
	"Hello",
	"<speak>Hello",
	"<speak>Hello</speak> more",
	"<speak>a</p></speak>",
	"<speak><p>a</speak></p>",
	"<p>a</p>",
	"<speak>a</speak><speak>b</speak>",
	"<speak>a<",
	"<speak><></speak>",
};

START_TEST(an_ssml_document_is_whole)
{
	const char *why;

	ck_assert_msg(
	    speech_ssml_is_ok(good_ssml[_i], strlen(good_ssml[_i]), &why), "%s",
	    good_ssml[_i]);
}
END_TEST

START_TEST(what_is_no_ssml_document_is_refused_with_a_reason)
{
	const char *why = NULL;

	ck_assert_msg(
	    !speech_ssml_is_ok(bad_ssml[_i], strlen(bad_ssml[_i]), &why), "%s",
	    bad_ssml[_i]);
	ck_assert_ptr_nonnull(why);
}
END_TEST

/* --- the queue ------------------------------------------------------------ */

static struct speech_queue q;

static void
setup(void)
{
	speech_queue_init(&q);
}

static void
teardown(void)
{
	speech_queue_release(&q);
}

static void
assert_next(const char *want, bool is_ssml)
{
	struct utterance *u = speech_queue_pop(&q);

	ck_assert_ptr_nonnull(u);
	ck_assert_uint_eq(u->len, strlen(want));
	ck_assert_mem_eq(u->text, want, u->len);
	ck_assert_int_eq(u->is_ssml, is_ssml);
	utterance_free(u);
}

static void
say(const char *text)
{
	ck_assert_int_eq(speech_queue_text(&q, text, strlen(text), 7), 0);
}

START_TEST(text_gathers_until_a_sentence_ends)
{
	say("Good mor");
	ck_assert_ptr_null(speech_queue_pop(&q));
	say("ning. How ");
	assert_next("Good morning. ", false);
	ck_assert_ptr_null(speech_queue_pop(&q));
	say("are you");
	ck_assert_int_eq(speech_queue_flush(&q, 8), 0);
	assert_next("How are you", false);
}
END_TEST

START_TEST(blanks_keep_a_stream_alive_and_say_nothing)
{
	say("   ");
	say("");
	ck_assert_int_eq(speech_queue_flush(&q, 8), 0);
	ck_assert_ptr_null(speech_queue_pop(&q));
}
END_TEST

START_TEST(a_document_comes_after_the_text_before_it)
{
	say("No end");
	ck_assert_int_eq(speech_queue_ssml(&q, "<speak/>", 8, 9), 0);
	say("After. ");
	assert_next("No end", false);
	assert_next("<speak/>", true);
	assert_next("After. ", false);
}
END_TEST

START_TEST(text_without_any_end_is_cut_at_a_blank)
{
	struct utterance *u;
	size_t total = 0, said = 0;

	for (int i = 0; i < 5000; i++, total += 4)
		say("abc ");
	ck_assert_int_eq(speech_queue_flush(&q, 8), 0);
	while ((u = speech_queue_pop(&q)) != NULL) {
		ck_assert_uint_le(u->len, 10000);
		ck_assert_int_eq(u->text[0], 'a');
		said += u->len;
		utterance_free(u);
	}
	ck_assert_uint_eq(said, total);
}
END_TEST

START_TEST(text_without_blanks_is_cut_between_characters)
{
	struct utterance *u;

	for (int i = 0; i < 5000; i++)
		say("\xe4\xbd\xa0");
	ck_assert_int_eq(speech_queue_flush(&q, 8), 0);
	while ((u = speech_queue_pop(&q)) != NULL) {
		ck_assert_uint_eq(u->len % 3, 0);
		utterance_free(u);
	}
}
END_TEST

START_TEST(the_queue_says_when_it_is_full)
{
	for (int i = 0; speech_queue_has_room(&q); i++) {
		ck_assert_int_lt(i, SPEECH_QUEUE_BYTES);
		say("Some sentence of some length. ");
	}
	/* One text of the largest size still fits then. */
	ck_assert_uint_le(q.nbytes + bytes_len(&q.gathering) + 24000,
	    SPEECH_QUEUE_BYTES + 32);
}
END_TEST

/* --- voices --------------------------------------------------------------- */

START_TEST(every_voice_has_a_language_an_engine_and_an_id_of_its_own)
{
	size_t n;
	const struct voice *v = voices_table(&n);
	json_t *o;

	ck_assert_uint_gt(n, 80);
	for (size_t i = 0; i < n; i++) {
		ck_assert_ptr_eq(voices_find(v[i].id), &v[i]);
		ck_assert_ptr_nonnull(voices_language(v[i].lang));
		ck_assert_uint_ne(v[i].engines, 0);
		o = voices_json(&v[i]);
		ck_assert_ptr_nonnull(o);
		ck_assert_uint_gt(
		    json_array_size(json_object_get(o, "SupportedEngines")), 0);
		json_decref(o);
	}
	ck_assert_ptr_null(voices_find("Nobody"));
}
END_TEST

START_TEST(only_a_bilingual_voice_heeds_the_language)
{
	ck_assert_str_eq(voices_speaks(voices_find("Kajal"), NULL), "en-IN");
	ck_assert_str_eq(voices_speaks(voices_find("Kajal"), "hi-IN"), "hi-IN");
	ck_assert_str_eq(voices_speaks(voices_find("Lucia"), "hi-IN"), "es-ES");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("localaws_speech");
	TCase *t = tcase_create("text"), *k = tcase_create("queue"),
	      *v = tcase_create("voices");
	SRunner *r;
	int failed;

	tcase_add_loop_test(
	    t, a_sentence_ends_where_nothing_can_follow, 0, NSENTENCES);
	tcase_add_test(t, characters_are_code_points_and_tags_are_not_billed);
	tcase_add_loop_test(t, an_ssml_document_is_whole, 0, 4);
	tcase_add_loop_test(
	    t, what_is_no_ssml_document_is_refused_with_a_reason, 0, 10);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(k, setup, teardown);
	tcase_add_test(k, text_gathers_until_a_sentence_ends);
	tcase_add_test(k, blanks_keep_a_stream_alive_and_say_nothing);
	tcase_add_test(k, a_document_comes_after_the_text_before_it);
	tcase_add_test(k, text_without_any_end_is_cut_at_a_blank);
	tcase_add_test(k, text_without_blanks_is_cut_between_characters);
	tcase_add_test(k, the_queue_says_when_it_is_full);
	suite_add_tcase(s, k);
	tcase_add_test(
	    v, every_voice_has_a_language_an_engine_and_an_id_of_its_own);
	tcase_add_test(v, only_a_bilingual_voice_heeds_the_language);
	suite_add_tcase(s, v);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
