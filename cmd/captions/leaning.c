#include "leaning.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

/* Longer words are in no list. */
#define WORD_MAX_BYTES 32

/* Lower case, one space before, between and after. */
static const struct {
	const char *lang;
	const char *words;
} lists[] = {
	{ "ca", " a al als amb d' de del dels el els en entre i l' la les no o "
		"per perquè però que se si sense un una uns dr. sr. sra. " },
	{ "da", " af at den der det en er et fra for i ikke med men og om på "
		"som til ved " },
	{ "de", " als am an auf aus bei bis das dass dem den der des die durch "
		"ein eine einem einen einer eines für gegen im in ins ist mit "
		"nach nicht oder ohne sehr sich sind so um und unter vom von "
		"vor weil wenn wie zu zum zur über dr. hr. fr. nr. prof. "
		"z.b. d.h. " },
	{ "en",
	    " a an and are as at be because but by can could did do does "
	    "for from had has have he her his i if in into is it its may "
	    "my no not of on or our she should so than that the their they "
	    "this those to very was we were when where which who will with "
	    "would you your dr. e.g. i.e. mr. mrs. ms. no. prof. st. vs. " },
	{ "es", " a al como con de del desde el en entre es ha han hasta la "
		"las lo los más mi muy no o para pero por porque que se si sin "
		"sobre son su sus tan un una unas unos y ya dr. dra. sr. "
		"sra. " },
	{ "fr",
	    " a au aux avec car ce ces cette comme dans de des donc du elle "
	    "en est et il ils je la le les leur leurs mais mes mon ne nos "
	    "notre nous on ou où par pas plus pour quand que qui sa sans "
	    "se ses si son sont sous sur très un une vos votre vous à m. "
	    "mme dr. " },
	{ "gl", " a ao aos as ata co coa con da das de do dos e en entre non o "
		"os ou para pero por que se sen sobre un unha " },
	{ "it", " a ad ai al alla alle allo agli che chi ci come con da dai "
		"dal dalla dalle dallo degli dei del della delle dello di e ed "
		"è fra gli ha hanno i il in la le lo ma mi nei nel nella "
		"nelle nello negli non o per perché più quando quel quella "
		"questa questo se si sono su sua sui sul sulla sulle suo sugli "
		"tra un una uno dott. dr. ing. prof. sig. " },
	{ "nb", " at av de den der det du en er et for fra i ikke med men og "
		"om på som til ved " },
	{ "nl", " aan als bij dat de den die dit door een en er het hun ik in "
		"is maar met naar niet of om omdat op over te tot uit van voor "
		"want was we wordt ze zijn zo dhr. dr. mevr. " },
	{ "pl", " a ale bez by czy dla do i jak jest już lub na nie o od oraz "
		"po pod przed przez przy się są to u w we z za ze że " },
	{ "pt", " a ao aos as até com como da das de do dos e em entre foi já "
		"mais mas na nas no nos não o os ou para pela pelas pelo pelos "
		"por porque que se sem sobre são um uma umas uns à às é dr. "
		"dra. sr. sra. " },
	{ "ro", " a al ale că ce cu de din dar după este în la mai nu o pe "
		"pentru prin sau se să sunt un și " },
	{ "ru", " а без в во для до если же за и из или к как ко на не но о об "
		"от перед по под при с со то у что чтобы это " },
	{ "sv", " att av de den det en ett för från i inte med men och om på "
		"som till vid är " },
	{ "th", " การ ของ ความ จาก ซึ่ง ที่ ผู้ เพราะ และ ว่า หรือ แต่ ใน ให้ " },
	{ "uk", " а без в для до за з і й із на не або о об по під при та те у "
		"це що як " },
};

/* Fold to lower case; 0: too long for any list. */
static size_t
fold(char *out, const char *word, size_t n)
{
	int32_t i = 0, len = (int32_t)n, o = 0;
	UBool is_error = 0;
	UChar32 c;

	while (i < len) {
		U8_NEXT(word, i, len, c);
		if (c < 0)
			return 0;
		U8_APPEND(
		    (uint8_t *)out, o, WORD_MAX_BYTES, u_tolower(c), is_error);
		if (is_error)
			return 0;
	}
	return (size_t)o;
}

bool
leaning_has(const char *lang, const char *word, size_t n)
{
	char key[WORD_MAX_BYTES + 3] = " ";
	size_t len;

	if (n == 0 || n >= WORD_MAX_BYTES || memchr(word, ' ', n) != NULL)
		return false;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (strncmp(lists[i].lang, lang, 2) != 0 ||
		    (lang[2] != '\0' && lang[2] != '-'))
			continue;
		len = fold(key + 1, word, n);
		if (len == 0)
			return false;
		memcpy(key + 1 + len, " ", 2);
		return strstr(lists[i].words, key) != NULL;
	}
	return false;
}
