/* For tests of lanes that feed audio by hand: there is no service to cancel. */
#include "../../../cmd/synth/speech.h"

void
speech_prepare(const struct speech *s, struct loop *l)
{
	(void)s;
	(void)l;
}

void
speech_free(struct speech *s, int64_t now_ms)
{
	(void)s;
	(void)now_ms;
}
