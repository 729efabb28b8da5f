#include "voices.h"

#include <string.h>

#define S VOICE_STANDARD
#define N VOICE_NEURAL
#define L VOICE_LONG_FORM
#define G VOICE_GENERATIVE

/*
 * From the model's enumeration VoiceId and the Developer Guide's table
 * "Available voices" as known at the time of writing; engines are added to
 * voices over time, so this is a likeness, not a reference.
 */
static const struct voice voices[] = {
	{ "Zeina", "Zeina", false, "arb", NULL, S },
	{ "Hala", "Hala", false, "ar-AE", NULL, N },
	{ "Zayd", "Zayd", true, "ar-AE", NULL, N },
	{ "Arlet", "Arlet", false, "ca-ES", NULL, N },
	{ "Hiujin", "Hiujin", false, "yue-CN", NULL, N },
	{ "Zhiyu", "Zhiyu", false, "cmn-CN", NULL, S | N },
	{ "Jitka", "Jitka", false, "cs-CZ", NULL, N },
	{ "Gwyneth", "Gwyneth", false, "cy-GB", NULL, S },
	{ "Naja", "Naja", false, "da-DK", NULL, S },
	{ "Mads", "Mads", true, "da-DK", NULL, S },
	{ "Sofie", "Sofie", false, "da-DK", NULL, N },
	{ "Marlene", "Marlene", false, "de-DE", NULL, S },
	{ "Vicki", "Vicki", false, "de-DE", NULL, S | N | G },
	{ "Hans", "Hans", true, "de-DE", NULL, S },
	{ "Daniel", "Daniel", true, "de-DE", NULL, N | G },
	{ "Lennart", "Lennart", true, "de-DE", NULL, G },
	{ "Hannah", "Hannah", false, "de-AT", NULL, N | G },
	{ "Sabrina", "Sabrina", false, "de-CH", NULL, N },
	{ "Nicole", "Nicole", false, "en-AU", NULL, S },
	{ "Russell", "Russell", true, "en-AU", NULL, S },
	{ "Olivia", "Olivia", false, "en-AU", NULL, N | G },
	{ "Amy", "Amy", false, "en-GB", NULL, S | N | G },
	{ "Emma", "Emma", false, "en-GB", NULL, S | N },
	{ "Brian", "Brian", true, "en-GB", NULL, S | N },
	{ "Arthur", "Arthur", true, "en-GB", NULL, N },
	{ "Geraint", "Geraint", true, "en-GB-WLS", NULL, S },
	{ "Niamh", "Niamh", false, "en-IE", NULL, N },
	{ "Aditi", "Aditi", false, "en-IN", "hi-IN", S },
	{ "Raveena", "Raveena", false, "en-IN", NULL, S },
	{ "Kajal", "Kajal", false, "en-IN", "hi-IN", N | G },
	{ "Aria", "Aria", false, "en-NZ", NULL, N },
	{ "Jasmine", "Jasmine", false, "en-SG", NULL, N },
	{ "Danielle", "Danielle", false, "en-US", NULL, N | L | G },
	{ "Gregory", "Gregory", true, "en-US", NULL, N | L },
	{ "Ivy", "Ivy", false, "en-US", NULL, S | N },
	{ "Joanna", "Joanna", false, "en-US", NULL, S | N | G },
	{ "Kendra", "Kendra", false, "en-US", NULL, S | N },
	{ "Kimberly", "Kimberly", false, "en-US", NULL, S | N },
	{ "Salli", "Salli", false, "en-US", NULL, S | N | G },
	{ "Joey", "Joey", true, "en-US", NULL, S | N },
	{ "Justin", "Justin", true, "en-US", NULL, S | N },
	{ "Kevin", "Kevin", true, "en-US", NULL, N },
	{ "Matthew", "Matthew", true, "en-US", NULL, S | N | G },
	{ "Ruth", "Ruth", false, "en-US", NULL, N | L | G },
	{ "Stephen", "Stephen", true, "en-US", NULL, N | G },
	{ "Tiffany", "Tiffany", false, "en-US", NULL, G },
	{ "Ayanda", "Ayanda", false, "en-ZA", NULL, N | G },
	{ "Conchita", "Conchita", false, "es-ES", NULL, S },
	{ "Enrique", "Enrique", true, "es-ES", NULL, S },
	{ "Lucia", "Lucia", false, "es-ES", NULL, S | N | G },
	{ "Sergio", "Sergio", true, "es-ES", NULL, N | G },
	{ "Mia", "Mia", false, "es-MX", NULL, S | N | G },
	{ "Andres", "Andrés", true, "es-MX", NULL, N | G },
	{ "Lupe", "Lupe", false, "es-US", NULL, S | N | G },
	{ "Penelope", "Penélope", false, "es-US", NULL, S },
	{ "Miguel", "Miguel", true, "es-US", NULL, S },
	{ "Pedro", "Pedro", true, "es-US", NULL, N | G },
	{ "Suvi", "Suvi", false, "fi-FI", NULL, N },
	{ "Isabelle", "Isabelle", false, "fr-BE", NULL, N | G },
	{ "Chantal", "Chantal", false, "fr-CA", NULL, S },
	{ "Gabrielle", "Gabrielle", false, "fr-CA", NULL, N | G },
	{ "Liam", "Liam", true, "fr-CA", NULL, N | G },
	{ "Celine", "Céline", false, "fr-FR", NULL, S },
	{ "Mathieu", "Mathieu", true, "fr-FR", NULL, S },
	{ "Lea", "Léa", false, "fr-FR", NULL, S | N | G },
	{ "Remi", "Rémi", true, "fr-FR", NULL, N | G },
	{ "Ambre", "Ambre", false, "fr-FR", NULL, G },
	{ "Florian", "Florian", true, "fr-FR", NULL, G },
	{ "Dora", "Dóra", false, "is-IS", NULL, S },
	{ "Karl", "Karl", true, "is-IS", NULL, S },
	{ "Carla", "Carla", false, "it-IT", NULL, S },
	{ "Giorgio", "Giorgio", true, "it-IT", NULL, S },
	{ "Bianca", "Bianca", false, "it-IT", NULL, S | N | G },
	{ "Adriano", "Adriano", true, "it-IT", NULL, N },
	{ "Beatrice", "Beatrice", false, "it-IT", NULL, G },
	{ "Lorenzo", "Lorenzo", true, "it-IT", NULL, G },
	{ "Mizuki", "Mizuki", false, "ja-JP", NULL, S },
	{ "Takumi", "Takumi", true, "ja-JP", NULL, S | N },
	{ "Kazuha", "Kazuha", false, "ja-JP", NULL, N },
	{ "Tomoko", "Tomoko", false, "ja-JP", NULL, N },
	{ "Seoyeon", "Seoyeon", false, "ko-KR", NULL, S | N | G },
	{ "Jihye", "Jihye", false, "ko-KR", NULL, N },
	{ "Liv", "Liv", false, "nb-NO", NULL, S },
	{ "Ida", "Ida", false, "nb-NO", NULL, N },
	{ "Lisa", "Lisa", false, "nl-BE", NULL, N },
	{ "Lotte", "Lotte", false, "nl-NL", NULL, S },
	{ "Ruben", "Ruben", true, "nl-NL", NULL, S },
	{ "Laura", "Laura", false, "nl-NL", NULL, N | G },
	{ "Ewa", "Ewa", false, "pl-PL", NULL, S },
	{ "Maja", "Maja", false, "pl-PL", NULL, S },
	{ "Jacek", "Jacek", true, "pl-PL", NULL, S },
	{ "Jan", "Jan", true, "pl-PL", NULL, S },
	{ "Ola", "Ola", false, "pl-PL", NULL, N | G },
	{ "Camila", "Camila", false, "pt-BR", NULL, S | N | G },
	{ "Vitoria", "Vitória", false, "pt-BR", NULL, S | N },
	{ "Ricardo", "Ricardo", true, "pt-BR", NULL, S },
	{ "Thiago", "Thiago", true, "pt-BR", NULL, N },
	{ "Ines", "Inês", false, "pt-PT", NULL, S | N },
	{ "Cristiano", "Cristiano", true, "pt-PT", NULL, S },
	{ "Carmen", "Carmen", false, "ro-RO", NULL, S },
	{ "Tatyana", "Tatyana", false, "ru-RU", NULL, S },
	{ "Maxim", "Maxim", true, "ru-RU", NULL, S },
	{ "Astrid", "Astrid", false, "sv-SE", NULL, S },
	{ "Elin", "Elin", false, "sv-SE", NULL, N },
	{ "Filiz", "Filiz", false, "tr-TR", NULL, S },
	{ "Burcu", "Burcu", false, "tr-TR", NULL, N },
};

static const struct {
	const char *code, *name;
} languages[] = {
	{ "ar-AE", "Gulf Arabic" },
	{ "arb", "Arabic" },
	{ "ca-ES", "Catalan" },
	{ "cmn-CN", "Chinese Mandarin" },
	{ "cs-CZ", "Czech" },
	{ "cy-GB", "Welsh" },
	{ "da-DK", "Danish" },
	{ "de-AT", "Austrian German" },
	{ "de-CH", "Swiss German" },
	{ "de-DE", "German" },
	{ "en-AU", "Australian English" },
	{ "en-GB", "British English" },
	{ "en-GB-WLS", "Welsh English" },
	{ "en-IE", "Irish English" },
	{ "en-IN", "Indian English" },
	{ "en-NZ", "New Zealand English" },
	{ "en-SG", "Singaporean English" },
	{ "en-US", "US English" },
	{ "en-ZA", "South African English" },
	{ "es-ES", "Castilian Spanish" },
	{ "es-MX", "Mexican Spanish" },
	{ "es-US", "US Spanish" },
	{ "fi-FI", "Finnish" },
	{ "fr-BE", "Belgian French" },
	{ "fr-CA", "Canadian French" },
	{ "fr-FR", "French" },
	{ "hi-IN", "Hindi" },
	{ "is-IS", "Icelandic" },
	{ "it-IT", "Italian" },
	{ "ja-JP", "Japanese" },
	{ "ko-KR", "Korean" },
	{ "nb-NO", "Norwegian" },
	{ "nl-BE", "Belgian Dutch" },
	{ "nl-NL", "Dutch" },
	{ "pl-PL", "Polish" },
	{ "pt-BR", "Brazilian Portuguese" },
	{ "pt-PT", "Portuguese" },
	{ "ro-RO", "Romanian" },
	{ "ru-RU", "Russian" },
	{ "sv-SE", "Swedish" },
	{ "tr-TR", "Turkish" },
	{ "yue-CN", "Cantonese" },
};

static const struct {
	const char *name;
	unsigned int bit;
} engines[] = {
	{ "standard", S },
	{ "neural", N },
	{ "long-form", L },
	{ "generative", G },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const struct voice *
voices_table(size_t *n)
{
	*n = COUNT(voices);
	return voices;
}

const struct voice *
voices_find(const char *id)
{
	for (size_t i = 0; i < COUNT(voices); i++)
		if (strcmp(voices[i].id, id) == 0)
			return &voices[i];
	return NULL;
}

unsigned int
voices_engine(const char *name)
{
	for (size_t i = 0; i < COUNT(engines); i++)
		if (strcmp(engines[i].name, name) == 0)
			return engines[i].bit;
	return 0;
}

const char *
voices_language(const char *code)
{
	for (size_t i = 0; i < COUNT(languages); i++)
		if (strcmp(languages[i].code, code) == 0)
			return languages[i].name;
	return NULL;
}

const char *
voices_speaks(const struct voice *v, const char *asked)
{
	if (asked != NULL && v->also != NULL && strcmp(v->also, asked) == 0)
		return v->also;
	return v->lang;
}

json_t *
voices_json(const struct voice *v)
{
	json_t *list = json_array(), *also = json_array();

	for (size_t i = 0; i < COUNT(engines); i++)
		if ((v->engines & engines[i].bit) != 0)
			json_array_append_new(
			    list, json_string(engines[i].name));
	if (v->also != NULL)
		json_array_append_new(also, json_string(v->also));
	return json_pack("{s:o,s:s,s:s,s:s,s:s,s:s,s:o}",
	    "AdditionalLanguageCodes", also, "Gender",
	    v->is_male ? "Male" : "Female", "Id", v->id, "LanguageCode",
	    v->lang, "LanguageName", voices_language(v->lang), "Name", v->name,
	    "SupportedEngines", list);
}
