#include "audio/error.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sysexits.h>

int
audio_fail(struct audio_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return code;
	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code;
}

const char *
audio_strerror(int code)
{
	switch (code) {
#define AUDIO_ERROR_TEXT(name, value, status, text)                            \
	case value:                                                            \
		return text;
		AUDIO_ERRORS(AUDIO_ERROR_TEXT)
#undef AUDIO_ERROR_TEXT
	default:
		return code == 0 ? "no error" : "unknown error";
	}
}

int
audio_exit_status(int code)
{
	switch (code) {
#define AUDIO_ERROR_STATUS(name, value, status, text)                          \
	case value:                                                            \
		return status;
		AUDIO_ERRORS(AUDIO_ERROR_STATUS)
#undef AUDIO_ERROR_STATUS
	default:
		return code == 0 ? EX_OK : EX_SOFTWARE;
	}
}
