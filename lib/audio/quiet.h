/*
 * Libraries that talk on stderr (ALSA, JACK and PortAudio when they look for
 * devices, mpg123 about each odd frame) are sent to /dev/null for the length of
 * a call, so that the tool's one line is the one that is read.  Works on the
 * process's descriptor 2: one thread only.
 */
#ifndef AUDIO_QUIET_H
#define AUDIO_QUIET_H

/* Returns what quiet_end() needs.  When it cannot be done (no descriptor left),
 * nothing is silenced; never an error. */
int quiet_begin(void);

/* Put stderr back.  errno is kept. */
void quiet_end(int saved_fd);

#endif
