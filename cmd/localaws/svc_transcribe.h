/* Transcribe Streaming: StartStreamTranscription (PROTOCOL 4). */
#ifndef LOCALAWS_SVC_TRANSCRIBE_H
#define LOCALAWS_SVC_TRANSCRIBE_H

#include "route.h"

extern const struct operation start_stream_transcription;

#endif
