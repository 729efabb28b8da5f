/* Polly (PROTOCOL 5).  SynthesizeSpeech has two forms: JSON in a POST, and
 * everything in the query of a GET, which is what a presigned URL is. */
#ifndef LOCALAWS_SVC_POLLY_H
#define LOCALAWS_SVC_POLLY_H

#include "route.h"

extern const struct operation describe_voices;
extern const struct operation synthesize_speech;
extern const struct operation synthesize_speech_get;
extern const struct operation start_speech_synthesis_stream;

#endif
