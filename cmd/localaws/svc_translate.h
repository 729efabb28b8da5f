/* Translate: TranslateText (PROTOCOL 6). */
#ifndef LOCALAWS_SVC_TRANSLATE_H
#define LOCALAWS_SVC_TRANSLATE_H

#include "route.h"

extern const struct operation translate_text;

#endif
