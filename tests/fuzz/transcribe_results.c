/*
 * Payloads of TranscriptEvent and of Polly's events from any bytes: read or
 * refused, with times in order and every string there.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aws/polly_stream.h"
#include "aws/transcribe.h"

static void
check_times(double start_ms, double end_ms)
{
	if (!(start_ms >= 0) || !(end_ms >= start_ms))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char closed[] = "StreamClosedEvent";
	struct es_event event = { .kind = ES_KIND_EVENT,
		.type = closed,
		.type_len = sizeof(closed) - 1,
		.payload = p,
		.payload_len = n };
	struct polly_stream_event e;
	struct transcribe_results r;
	size_t total = 0;

	polly_stream_event_read(&e, &event);
	if (e.kind != POLLY_STREAM_CLOSED)
		abort();
	if (transcribe_results_parse(&r, p, n) != 0)
		return 0;
	for (size_t i = 0; i < r.n; i++) {
		total += strlen(r.results[i].id) + strlen(r.results[i].text);
		check_times(r.results[i].start_ms, r.results[i].end_ms);
		for (size_t k = 0; k < r.results[i].nitems; k++) {
			total += strlen(r.results[i].items[k].text);
			check_times(r.results[i].items[k].start_ms,
			    r.results[i].items[k].end_ms);
		}
	}
	if (total > n * 4)
		abort();
	transcribe_results_release(&r);
	return 0;
}
