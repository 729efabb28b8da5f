/* Text from outside: UTF-8, base64, hex, language tags, options. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/opt.h"
#include "base/pcm.h"
#include "base/utf8.h"

START_TEST(utf8_knows_good_from_bad)
{
	/* RFC 3629, section 3 and 10: overlong, surrogate, too large, cut. */
	static const char *const bad[] = { "\xc0\xaf", "\xe0\x80\xaf",
		"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
		"\x80", "\xe2\x82", "a\xff" };
	static const char *const good[] = { "", "abc", "\xc3\xa9",
		"\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf",
		"\xed\x9f\xbf", "\xee\x80\x80" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!utf8_is_valid(bad[i], strlen(bad[i])),
		    "bad[%zu] passed", i);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ck_assert_msg(utf8_is_valid(good[i], strlen(good[i])),
		    "good[%zu] refused", i);
}
END_TEST

START_TEST(utf8_prefix_cuts_no_character)
{
	const char *s = "a\xe2\x82\xac\xf0\x9f\x98\x80";

	ck_assert_uint_eq(utf8_prefix(s, 8, 8), 8);
	ck_assert_uint_eq(utf8_prefix(s, 8, 7), 4);
	ck_assert_uint_eq(utf8_prefix(s, 8, 4), 4);
	ck_assert_uint_eq(utf8_prefix(s, 8, 3), 1);
	ck_assert_uint_eq(utf8_prefix(s, 8, 0), 0);
}
END_TEST

START_TEST(utf8_copy_cuts_no_character)
{
	char out[8] = "before";

	utf8_copy(out, 5, "a\xe2\x82\xac\xf0\x9f\x98\x80");
	ck_assert_str_eq(out, "a\xe2\x82\xac");
	utf8_copy(out, sizeof(out), "1234567");
	ck_assert_str_eq(out, "1234567");
	utf8_copy(out, 1, "x");
	ck_assert_str_eq(out, "");
	utf8_copy(out, sizeof(out), NULL);
	ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(escape_makes_foreign_bytes_harmless)
{
	char out[64], tight[6];

	utf8_escape(out, sizeof(out), "a\x1b[2J\n\xff\xc2\x9b\xc3\xa9", 11);
	ck_assert_str_eq(out, "a\\x1b[2J\\n\\xff\\x9b\xc3\xa9");
	ck_assert_uint_eq(utf8_escape(tight, sizeof(tight), "ab\x01", 3), 2);
	ck_assert_str_eq(tight, "ab");
}
END_TEST

START_TEST(base64_of_rfc_4648)
{
	static const char *const pairs[][2] = { { "", "" }, { "f", "Zg==" },
		{ "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };
	static const char *const bad[] = { "Zg=", "Zg",
		"Z===", "Zh==", "Zm9=", "Zm 9", "Zg==Zg==" };
	uint8_t bytes[16];
	char text[16];

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		size_t n = strlen(pairs[i][0]);

		ck_assert_uint_eq(b64_encode(text, pairs[i][0], n), B64_LEN(n));
		ck_assert_str_eq(text, pairs[i][1]);
		ck_assert_int_eq(
		    b64_decode(bytes, text, strlen(text)), (long)n);
		ck_assert_mem_eq(bytes, pairs[i][0], n);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(b64_decode(bytes, bad[i], strlen(bad[i])) == -1,
		    "'%s' was taken", bad[i]);
}
END_TEST

START_TEST(line_with_bytes_at_its_end)
{
	json_t *obj = json_pack("{s:s}", "id", "u1");
	char *line;
	size_t len;

	line = json_line_dump_data(obj, "foob", 4, &len);
	ck_assert_str_eq(line, "{\"id\":\"u1\",\"data\":\"Zm9vYg==\"}");
	ck_assert_uint_eq(len, strlen(line));
	free(line);
	json_object_clear(obj);
	line = json_line_dump_data(obj, "", 0, &len);
	ck_assert_str_eq(line, "{\"data\":\"\"}");
	ck_assert_uint_eq(len, strlen(line));
	free(line);
	json_decref(obj);
}
END_TEST

START_TEST(hex_both_ways)
{
	uint8_t bytes[3];
	char text[7];

	ck_assert_int_eq(hex_decode(bytes, "00fFa5", 3), 0);
	hex_encode(text, bytes, 3);
	ck_assert_str_eq(text, "00ffa5");
	ck_assert_int_eq(hex_decode(bytes, "0g", 1), -1);
}
END_TEST

START_TEST(languages_have_each_service_s_code)
{
	char buf[LANG_TAG_MAX];

	ck_assert_str_eq(lang_for_transcribe("cmn-CN", buf), "zh-CN");
	ck_assert_str_eq(lang_for_translate("cmn-CN", buf), "zh");
	ck_assert_str_eq(lang_for_translate("es-MX", buf), "es-MX");
	ck_assert_str_eq(lang_for_translate("pt-BR", buf), "pt");
	ck_assert_str_eq(lang_for_polly("nb-NO", buf), "nb-NO");
	ck_assert_str_eq(lang_for_transcribe("nb-NO", buf), "no-NO");
	ck_assert_str_eq(lang_from_transcribe("ar-SA", buf), "arb");
	ck_assert_str_eq(lang_canonical("es", buf), "es-ES");
	ck_assert_str_eq(lang_canonical("ES-es", buf), "es-ES");
	ck_assert_str_eq(lang_canonical("it", buf), "it-IT");
	ck_assert_str_eq(lang_find("es-ES")->native, "español (España)");
	ck_assert(lang_find("arb")->is_rtl);
	ck_assert(!lang_find("eo")->is_rtl);
}
END_TEST

START_TEST(unknown_languages_go_through)
{
	char buf[LANG_TAG_MAX];

	ck_assert_ptr_null(lang_find("xx-YY"));
	ck_assert_str_eq(lang_for_translate("xx-YY", buf), "xx");
	ck_assert_str_eq(lang_for_polly("xx-YY", buf), "xx-YY");
	ck_assert(lang_is_tag("xx-YY"));
	ck_assert(lang_is_tag("en-GB-WLS"));
	ck_assert(lang_is_tag("es-419"));
	ck_assert(!lang_is_tag("english"));
	ck_assert(!lang_is_tag("e"));
	ck_assert(!lang_is_tag("en_US"));
	ck_assert(!lang_is_tag("../en"));
	ck_assert(!lang_is_tag(""));
	ck_assert(!lang_is_tag("en-"));
	ck_assert(lang_same("en-US", "en-GB"));
	ck_assert(!lang_same("pt-BR", "pt-PT"));
}
END_TEST

START_TEST(every_entry_of_the_table_finds_itself)
{
	const struct lang *table;
	char buf[LANG_TAG_MAX];
	size_t n;

	table = lang_table(&n);
	ck_assert_uint_gt(n, 100);
	for (size_t i = 0; i < n; i++) {
		ck_assert(lang_is_tag(table[i].tag));
		ck_assert_ptr_eq(lang_find(table[i].tag), &table[i]);
		ck_assert_msg(
		    i == 0 || strcmp(table[i - 1].tag, table[i].tag) < 0,
		    "'%s' is out of order", table[i].tag);
		if (table[i].transcribe != NULL)
			ck_assert_str_eq(
			    lang_from_transcribe(table[i].transcribe, buf),
			    table[i].tag);
		ck_assert(
		    utf8_is_valid(table[i].native, strlen(table[i].native)));
	}
}
END_TEST

/* Exit status of opt_num() in a child: 0 when it was taken. */
static int
num_status(const char *value)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		close(STDERR_FILENO);
		opt_num("--n", value, -5, 100);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

START_TEST(numbers_are_parsed_whole_and_in_bounds)
{
	static const char *const bad[] = { "", " 1", "1 ", "1x", "0x10", "101",
		"-6", "1.5", "99999999999999999999" };

	ck_assert_int_eq(num_status("100"), 0);
	ck_assert_int_eq(num_status("-5"), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(
		    num_status(bad[i]) == EX_USAGE, "'%s' was taken", bad[i]);
}
END_TEST

START_TEST(lists_are_split_at_commas)
{
	size_t n;
	char **list = opt_list("-t", "es-ES,it-IT", &n);

	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(list[0], "es-ES");
	ck_assert_str_eq(list[1], "it-IT");
	ck_assert_ptr_null(list[2]);
	opt_list_free(list);
}
END_TEST

START_TEST(sound_files_are_told_from_samples)
{
	static const uint8_t wav[12] = "RIFF\0\0\0\0WAVE";
	static const uint8_t mp3[12] = { 0xff, 0xfb, 0x90, 0x64, 0, 0, 1, 2 };
	static const uint8_t quiet[12] = { 0xff, 0xff, 0xfb, 0xff, 0xfa, 0xff };
	static const uint8_t zero[12];
	const char *name;

	ck_assert_int_eq(pcm_sniff(wav, 12, &name), PCM_SNIFF_FILE);
	ck_assert_str_eq(name, "WAV");
	ck_assert_int_eq(pcm_sniff(mp3, 12, &name), PCM_SNIFF_FILE);
	ck_assert_int_eq(pcm_sniff(quiet, 12, &name), PCM_SNIFF_RAW);
	ck_assert_int_eq(pcm_sniff(quiet + 1, 11, &name), PCM_SNIFF_MORE);
	ck_assert_int_eq(pcm_sniff(zero, 12, &name), PCM_SNIFF_RAW);
}
END_TEST

START_TEST(level_of_a_full_square_wave_is_zero_dbfs)
{
	int16_t full[4] = { -32768, 32767, -32768, 32767 }, none[4] = { 0 };
	double peak, rms;

	pcm_level_dbfs(full, 4, &peak, &rms);
	ck_assert_double_eq_tol(peak, 0, 0.001);
	ck_assert_double_eq_tol(rms, 0, 0.001);
	pcm_level_dbfs(none, 4, &peak, &rms);
	ck_assert_double_lt(peak, -96);
	ck_assert_double_lt(rms, -96);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("base/text");
	TCase *tc = tcase_create("text");
	SRunner *r;
	int failed;

	tcase_add_test(tc, utf8_knows_good_from_bad);
	tcase_add_test(tc, utf8_prefix_cuts_no_character);
	tcase_add_test(tc, utf8_copy_cuts_no_character);
	tcase_add_test(tc, escape_makes_foreign_bytes_harmless);
	tcase_add_test(tc, base64_of_rfc_4648);
	tcase_add_test(tc, line_with_bytes_at_its_end);
	tcase_add_test(tc, hex_both_ways);
	tcase_add_test(tc, languages_have_each_service_s_code);
	tcase_add_test(tc, unknown_languages_go_through);
	tcase_add_test(tc, every_entry_of_the_table_finds_itself);
	tcase_add_test(tc, numbers_are_parsed_whole_and_in_bounds);
	tcase_add_test(tc, lists_are_split_at_commas);
	tcase_add_test(tc, sound_files_are_told_from_samples);
	tcase_add_test(tc, level_of_a_full_square_wave_is_zero_dbfs);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
