#include "voice.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/lang.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Where espeak-ng's name is not the first subtag.  Its "en" is British and
 * stands for all of Polly's English but the American; of other accents that
 * Polly has, it lacks most.
 */
static const struct {
	const char *tag, *name;
} languages[] = {
	{ "arb", "ar" },
	{ "en-AB", "en-gb-scotland" },
	{ "en-US", "en-us" },
	{ "es-MX", "es-419" },
	{ "es-US", "es-419" },
	{ "fr-BE", "fr-be" },
	{ "pt-BR", "pt-br" },
	{ "zh-TW", "cmn" },
};

/* Source: Polly's list of voices, "Available voices", gender Male. */
static const char *const men[] = { "Adriano", "Andres", "Andrés", "Arthur",
	"Brian", "Cristiano", "Daniel", "Enrique", "Geraint", "Giorgio",
	"Gregory", "Hans", "Jacek", "Jan", "Joey", "Justin", "Karl", "Kevin",
	"Liam", "Mads", "Mathieu", "Matthew", "Maxim", "Miguel", "Patrick",
	"Pedro", "Raul", "Raúl", "Remi", "Rémi", "Ricardo", "Ruben", "Russell",
	"Sergio", "Stephen", "Takumi", "Thiago", "Zayd" };

bool
voice_language(const char *tag, char name[VOICE_NAME_BYTES])
{
	const struct lang *l = lang_find(tag);
	size_t len;

	if (l != NULL)
		tag = l->tag;
	else if (!lang_is_tag(tag))
		return false;
	for (size_t i = 0; i < LENGTH(languages); i++)
		if (strcasecmp(tag, languages[i].tag) == 0) {
			strcpy(name, languages[i].name);
			return true;
		}
	len = strcspn(tag, "-");
	for (size_t i = 0; i < len; i++)
		name[i] = (char)tolower((unsigned char)tag[i]);
	name[len] = '\0';
	return true;
}

bool
voice_is_male(const char *id)
{
	for (size_t i = 0; i < LENGTH(men); i++)
		if (strcasecmp(id, men[i]) == 0)
			return true;
	return false;
}

void
voice_name(char out[VOICE_NAME_BYTES + 4], const char *language, bool is_male)
{
	snprintf(out, VOICE_NAME_BYTES + 4, "%s+%s", language,
	    is_male ? "m3" : "f2");
}
