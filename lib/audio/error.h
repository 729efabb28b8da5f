/*
 * What can go wrong with sound, for all of lib/audio: one list of codes, a text
 * for people beside each failure, and the exit status that each code means.
 */
#ifndef AUDIO_ERROR_H
#define AUDIO_ERROR_H

/* name, value, status of <sysexits.h>, text */
#define AUDIO_ERRORS(X)                                                        \
	X(NOMEM, -1, EX_OSERR, "out of memory")                                \
	X(OPEN, -2, EX_NOINPUT, "cannot open")                                 \
	X(FORMAT, -3, EX_DATAERR, "not a sound that can be read")              \
	X(DAMAGED, -4, EX_DATAERR, "damaged sound")                            \
	X(TRUNCATED, -5, EX_DATAERR, "truncated sound")                        \
	X(READ, -6, EX_IOERR, "read failed")                                   \
	X(CHANNEL, -7, EX_USAGE, "no such channel")                            \
	X(RATE, -8, EX_DATAERR, "sampling rate out of range")                  \
	X(NO_DEVICE, -9, EX_NOINPUT, "no such device")                         \
	X(AMBIGUOUS, -10, EX_USAGE, "more than one device of that name")       \
	X(BUSY, -11, EX_NOINPUT, "cannot open the device")                     \
	X(DEVICE_GONE, -12, EX_IOERR, "the device stopped")                    \
	X(NO_SOUND, -13, EX_DATAERR, "no sound in it")                         \
	X(NO_FFMPEG, -14, EX_DATAERR, "ffmpeg is not installed")

enum {
#define AUDIO_ERROR_ENUM(name, value, status, text) AUDIO_ERR_##name = (value),
	AUDIO_ERRORS(AUDIO_ERROR_ENUM)
#undef AUDIO_ERROR_ENUM
};

#define AUDIO_ERROR_TEXT_MAX 768

/* Filled by the function that fails; `text` says what and why, and where there
 * is one the way out, as one line without a full stop. */
struct audio_error {
	int code; /* 0, or one of AUDIO_ERR_* */
	char text[AUDIO_ERROR_TEXT_MAX];
};

/* Set err (NULL: nobody wants the text) and return code, for `return
 * audio_fail(...)`.  A longer text is cut. */
__attribute__((format(printf, 3, 4))) int
audio_fail(struct audio_error *err, int code, const char *fmt, ...);

/* The text of a code; never NULL. */
const char *audio_strerror(int code);

/* What a tool exits with when a call ended with this code; 0 for 0. */
int audio_exit_status(int code);

#endif
