#include "base/lang.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * Tags and service codes: the LanguageCode enumerations of Transcribe Streaming
 * and Polly (API models of 2026-08) and Translate's list of languages.  A NULL
 * says that the service's list lacked the language then; services are asked all
 * the same.  Names: Unicode CLDR.  Sorted by tag in ASCII order.
 */
/* clang-format off */
static const struct lang langs[] = {
	{ "af-ZA", "af-ZA", "af", NULL, "Afrikaans", "Afrikaans", false },
	{ "am-ET", "am-ET", "am", NULL, "Amharic", "አማርኛ", false },
	{ "ar-AE", "ar-AE", "ar", "ar-AE", "Arabic (Gulf)", "العربية (الخليج)", true },
	{ "arb", "ar-SA", "ar", "arb", "Arabic", "العربية", true },
	{ "az-AZ", NULL, "az", NULL, "Azerbaijani", "azərbaycan", false },
	{ "be-BY", "be-BY", "be", NULL, "Belarusian", "беларуская", false },
	{ "bg-BG", "bg-BG", "bg", NULL, "Bulgarian", "български", false },
	{ "bn-IN", "bn-IN", "bn", NULL, "Bangla", "বাংলা", false },
	{ "bs-BA", "bs-BA", "bs", NULL, "Bosnian", "bosanski", false },
	{ "ca-ES", "ca-ES", "ca", "ca-ES", "Catalan", "català", false },
	{ "ckb-IQ", "ckb-IQ", "ckb", NULL, "Central Kurdish (Iraq)", "کوردیی ناوەندی (عێراق)", true },
	{ "ckb-IR", "ckb-IR", "ckb", NULL, "Central Kurdish (Iran)", "کوردیی ناوەندی (ئێران)", true },
	{ "cmn-CN", "zh-CN", "zh", "cmn-CN", "Chinese (Mandarin)", "中文（普通话）", false },
	{ "cs-CZ", "cs-CZ", "cs", "cs-CZ", "Czech", "čeština", false },
	{ "cy-GB", "cy-WL", "cy", "cy-GB", "Welsh", "Cymraeg", false },
	{ "da-DK", "da-DK", "da", "da-DK", "Danish", "dansk", false },
	{ "de-AT", NULL, "de", "de-AT", "German (Austria)", "Deutsch (Österreich)", false },
	{ "de-CH", "de-CH", "de", "de-CH", "German (Switzerland)", "Deutsch (Schweiz)", false },
	{ "de-DE", "de-DE", "de", "de-DE", "German (Germany)", "Deutsch (Deutschland)", false },
	{ "el-GR", "el-GR", "el", NULL, "Greek", "Ελληνικά", false },
	{ "en-AB", "en-AB", "en", NULL, "English (Scotland)", "English (Scotland)", false },
	{ "en-AU", "en-AU", "en", "en-AU", "English (Australia)", "English (Australia)", false },
	{ "en-GB", "en-GB", "en", "en-GB", "English (United Kingdom)", "English (United Kingdom)", false },
	{ "en-GB-WLS", "en-WL", "en", "en-GB-WLS", "English (Wales)", "English (Wales)", false },
	{ "en-IE", "en-IE", "en", "en-IE", "English (Ireland)", "English (Ireland)", false },
	{ "en-IN", "en-IN", "en", "en-IN", "English (India)", "English (India)", false },
	{ "en-NZ", "en-NZ", "en", "en-NZ", "English (New Zealand)", "English (New Zealand)", false },
	{ "en-SG", NULL, "en", "en-SG", "English (Singapore)", "English (Singapore)", false },
	{ "en-US", "en-US", "en", "en-US", "English (United States)", "English (United States)", false },
	{ "en-ZA", "en-ZA", "en", "en-ZA", "English (South Africa)", "English (South Africa)", false },
	{ "eo", NULL, "eo", NULL, "Esperanto", "Esperanto", false },
	{ "es-ES", "es-ES", "es", "es-ES", "Spanish (Spain)", "español (España)", false },
	{ "es-MX", "es-MX", "es-MX", "es-MX", "Spanish (Mexico)", "español (México)", false },
	{ "es-US", "es-US", "es", "es-US", "Spanish (United States)", "español (Estados Unidos)", false },
	{ "et-ET", "et-ET", "et", NULL, "Estonian", "eesti", false },
	{ "eu-ES", "eu-ES", "eu", NULL, "Basque", "euskara", false },
	{ "fa-AF", "fa-AF", "fa-AF", NULL, "Persian (Afghanistan)", "فارسی (افغانستان)", true },
	{ "fa-IR", "fa-IR", "fa", NULL, "Persian (Iran)", "فارسی (ایران)", true },
	{ "fi-FI", "fi-FI", "fi", "fi-FI", "Finnish", "suomi", false },
	{ "fr-BE", NULL, "fr", "fr-BE", "French (Belgium)", "français (Belgique)", false },
	{ "fr-CA", "fr-CA", "fr-CA", "fr-CA", "French (Canada)", "français (Canada)", false },
	{ "fr-FR", "fr-FR", "fr", "fr-FR", "French (France)", "français (France)", false },
	{ "ga-IE", NULL, "ga", NULL, "Irish", "Gaeilge", false },
	{ "gl-ES", "gl-ES", "gl", NULL, "Galician", "galego", false },
	{ "gu-IN", "gu-IN", "gu", NULL, "Gujarati", "ગુજરાતી", false },
	{ "ha-NG", NULL, "ha", NULL, "Hausa", "Hausa", false },
	{ "he-IL", "he-IL", "he", NULL, "Hebrew", "עברית", true },
	{ "hi-IN", "hi-IN", "hi", "hi-IN", "Hindi", "हिन्दी", false },
	{ "hr-HR", "hr-HR", "hr", NULL, "Croatian", "hrvatski", false },
	{ "ht-HT", "ht-HT", "ht", NULL, "Haitian Creole", "kreyòl ayisyen", false },
	{ "hu-HU", "hu-HU", "hu", NULL, "Hungarian", "magyar", false },
	{ "hy-AM", "hy-AM", "hy", NULL, "Armenian", "հայերեն", false },
	{ "id-ID", "id-ID", "id", NULL, "Indonesian", "bahasa Indonesia", false },
	{ "is-IS", "is-IS", "is", "is-IS", "Icelandic", "íslenska", false },
	{ "it-IT", "it-IT", "it", "it-IT", "Italian", "italiano", false },
	{ "ja-JP", "ja-JP", "ja", "ja-JP", "Japanese", "日本語", false },
	{ "jv-ID", "jv-ID", "jv", NULL, "Javanese", "basa Jawa", false },
	{ "ka-GE", "ka-GE", "ka", NULL, "Georgian", "ქართული", false },
	{ "kab-DZ", "kab-DZ", "kab", NULL, "Kabyle", "Taqbaylit", false },
	{ "kk-KZ", "kk-KZ", "kk", NULL, "Kazakh", "қазақ тілі", false },
	{ "km-KH", "km-KH", "km", NULL, "Khmer", "ខ្មែរ", false },
	{ "kn-IN", "kn-IN", "kn", NULL, "Kannada", "ಕನ್ನಡ", false },
	{ "ko-KR", "ko-KR", "ko", "ko-KR", "Korean", "한국어", false },
	{ "lg-IN", "lg-IN", "lg", NULL, "Ganda", "Luganda", false },
	{ "lt-LT", "lt-LT", "lt", NULL, "Lithuanian", "lietuvių", false },
	{ "lv-LV", "lv-LV", "lv", NULL, "Latvian", "latviešu", false },
	{ "mk-MK", "mk-MK", "mk", NULL, "Macedonian", "македонски", false },
	{ "ml-IN", "ml-IN", "ml", NULL, "Malayalam", "മലയാളം", false },
	{ "mn-MN", NULL, "mn", NULL, "Mongolian", "монгол", false },
	{ "mr-IN", "mr-IN", "mr", NULL, "Marathi", "मराठी", false },
	{ "ms-MY", "ms-MY", "ms", NULL, "Malay", "bahasa Melayu", false },
	{ "mt-MT", NULL, "mt", NULL, "Maltese", "Malti", false },
	{ "my-MM", "my-MM", "my", NULL, "Burmese", "မြန်မာ", false },
	{ "nb-NO", "no-NO", "no", "nb-NO", "Norwegian Bokmål", "norsk bokmål", false },
	{ "ne-NP", "ne-NP", "ne", NULL, "Nepali", "नेपाली", false },
	{ "nl-BE", NULL, "nl", "nl-BE", "Dutch (Belgium)", "Nederlands (België)", false },
	{ "nl-NL", "nl-NL", "nl", "nl-NL", "Dutch (Netherlands)", "Nederlands (Nederland)", false },
	{ "or-IN", "or-IN", "or", NULL, "Odia", "ଓଡ଼ିଆ", false },
	{ "pa-IN", "pa-IN", "pa", NULL, "Punjabi", "ਪੰਜਾਬੀ", false },
	{ "pl-PL", "pl-PL", "pl", "pl-PL", "Polish", "polski", false },
	{ "ps-AF", "ps-AF", "ps", NULL, "Pashto", "پښتو", true },
	{ "pt-BR", "pt-BR", "pt", "pt-BR", "Portuguese (Brazil)", "português (Brasil)", false },
	{ "pt-PT", "pt-PT", "pt-PT", "pt-PT", "Portuguese (Portugal)", "português (Portugal)", false },
	{ "ro-RO", "ro-RO", "ro", "ro-RO", "Romanian", "română", false },
	{ "ru-RU", "ru-RU", "ru", "ru-RU", "Russian", "русский", false },
	{ "si-LK", "si-LK", "si", NULL, "Sinhala", "සිංහල", false },
	{ "sk-SK", "sk-SK", "sk", NULL, "Slovak", "slovenčina", false },
	{ "sl-SI", "sl-SI", "sl", NULL, "Slovenian", "slovenščina", false },
	{ "so-SO", "so-SO", "so", NULL, "Somali", "Soomaali", false },
	{ "sq-AL", "sq-AL", "sq", NULL, "Albanian", "shqip", false },
	{ "sr-RS", "sr-RS", "sr", NULL, "Serbian", "српски", false },
	{ "su-ID", "su-ID", "su", NULL, "Sundanese", "Basa Sunda", false },
	{ "sv-SE", "sv-SE", "sv", "sv-SE", "Swedish", "svenska", false },
	{ "sw-BI", "sw-BI", "sw", NULL, "Swahili (Burundi)", "Kiswahili (Burundi)", false },
	{ "sw-KE", "sw-KE", "sw", NULL, "Swahili (Kenya)", "Kiswahili (Kenya)", false },
	{ "sw-RW", "sw-RW", "sw", NULL, "Swahili (Rwanda)", "Kiswahili (Rwanda)", false },
	{ "sw-TZ", "sw-TZ", "sw", NULL, "Swahili (Tanzania)", "Kiswahili (Tanzania)", false },
	{ "sw-UG", "sw-UG", "sw", NULL, "Swahili (Uganda)", "Kiswahili (Uganda)", false },
	{ "ta-IN", "ta-IN", "ta", NULL, "Tamil", "தமிழ்", false },
	{ "te-IN", "te-IN", "te", NULL, "Telugu", "తెలుగు", false },
	{ "th-TH", "th-TH", "th", NULL, "Thai", "ไทย", false },
	{ "tl-PH", "tl-PH", "tl", NULL, "Tagalog", "Tagalog", false },
	{ "tr-TR", "tr-TR", "tr", "tr-TR", "Turkish", "Türkçe", false },
	{ "uk-UA", "uk-UA", "uk", NULL, "Ukrainian", "українська", false },
	{ "ur-PK", NULL, "ur", NULL, "Urdu", "اردو", true },
	{ "uz-UZ", "uz-UZ", "uz", NULL, "Uzbek", "o‘zbek", false },
	{ "vi-VN", "vi-VN", "vi", NULL, "Vietnamese", "Tiếng Việt", false },
	{ "yue-CN", "zh-HK", "zh-TW", "yue-CN", "Chinese (Cantonese)", "中文（粵語）", false },
	{ "zh-TW", "zh-TW", "zh-TW", NULL, "Chinese (Taiwan)", "中文（台灣）", false },
	{ "zu-ZA", "zu-ZA", "zu", NULL, "Zulu", "isiZulu", false },
};
/* clang-format on */

/* Other spellings of a tag: bare languages, and the services' own codes. */
static const struct {
	const char *alias;
	const char *tag;
} aliases[] = {
	{ "ar", "arb" },
	{ "ar-SA", "arb" },
	{ "cy", "cy-GB" },
	{ "cy-WL", "cy-GB" },
	{ "de", "de-DE" },
	{ "en", "en-US" },
	{ "en-WL", "en-GB-WLS" },
	{ "es", "es-ES" },
	{ "fa", "fa-IR" },
	{ "fr", "fr-FR" },
	{ "nl", "nl-NL" },
	{ "no", "nb-NO" },
	{ "no-NO", "nb-NO" },
	{ "pt", "pt-BR" },
	{ "sw", "sw-KE" },
	{ "yue", "yue-CN" },
	{ "zh", "cmn-CN" },
	{ "zh-CN", "cmn-CN" },
	{ "zh-HK", "yue-CN" },
};

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

const struct lang *
lang_table(size_t *n)
{
	*n = LENGTH(langs);
	return langs;
}

/* A bare language ("eo", "it") stands for the first entry that it begins. */
static const struct lang *
find_bare(const char *tag)
{
	size_t len = strlen(tag);

	for (size_t i = 0; i < LENGTH(langs); i++)
		if (strncasecmp(langs[i].tag, tag, len) == 0 &&
		    langs[i].tag[len] == '-')
			return &langs[i];
	return NULL;
}

const struct lang *
lang_find(const char *tag)
{
	for (size_t i = 0; i < LENGTH(aliases); i++)
		if (strcasecmp(aliases[i].alias, tag) == 0) {
			tag = aliases[i].tag;
			break;
		}
	for (size_t i = 0; i < LENGTH(langs); i++)
		if (strcasecmp(langs[i].tag, tag) == 0)
			return &langs[i];
	return lang_is_tag(tag) && strchr(tag, '-') == NULL ? find_bare(tag)
	                                                    : NULL;
}

bool
lang_is_tag(const char *tag)
{
	size_t len = 0, parts = 0;

	if (strlen(tag) >= LANG_TAG_MAX)
		return false;
	for (const char *p = tag;; p++) {
		if (*p == '-' || *p == '\0') {
			if (len < 2 || len > (parts == 0 ? 3 : 8))
				return false;
			parts++;
			len = 0;
			if (*p == '\0')
				return true;
		} else if (isalpha((unsigned char)*p) ||
			   (parts > 0 && isdigit((unsigned char)*p))) {
			len++;
		} else {
			return false;
		}
	}
}

/* The made-up code for a language that the table lacks. */
static const char *
made_up(const char *tag, size_t len, char *buf)
{
	snprintf(buf, LANG_TAG_MAX, "%.*s", (int)len, tag);
	return buf;
}

const char *
lang_for_transcribe(const char *tag, char *buf)
{
	const struct lang *l = lang_find(tag);

	return l != NULL && l->transcribe != NULL
	           ? l->transcribe
	           : made_up(tag, strlen(tag), buf);
}

const char *
lang_for_translate(const char *tag, char *buf)
{
	const struct lang *l = lang_find(tag);

	return l != NULL && l->translate != NULL
	           ? l->translate
	           : made_up(tag, strcspn(tag, "-"), buf);
}

const char *
lang_for_polly(const char *tag, char *buf)
{
	const struct lang *l = lang_find(tag);

	return l != NULL && l->polly != NULL ? l->polly
	                                     : made_up(tag, strlen(tag), buf);
}

const char *
lang_from_transcribe(const char *code, char *buf)
{
	for (size_t i = 0; i < LENGTH(langs); i++)
		if (langs[i].transcribe != NULL &&
		    strcasecmp(langs[i].transcribe, code) == 0)
			return langs[i].tag;
	return made_up(code, strlen(code), buf);
}

const char *
lang_canonical(const char *tag, char *buf)
{
	const struct lang *l = lang_find(tag);

	return l != NULL ? l->tag : made_up(tag, strlen(tag), buf);
}

bool
lang_same(const char *a, const char *b)
{
	char abuf[LANG_TAG_MAX], bbuf[LANG_TAG_MAX];

	return strcasecmp(lang_for_translate(a, abuf),
		   lang_for_translate(b, bbuf)) == 0;
}
