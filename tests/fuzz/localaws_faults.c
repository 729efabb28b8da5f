/* with: cmd/localaws/faults.c */
/* with: cmd/localaws/faults_rule.c */
/* Files of faults: any bytes are rules, or are refused with the line named;
 * whatever is taken orders only what can be done where it is asked for. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "../../cmd/localaws/faults.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* What is carried out where nothing has been read (faults_connect.c). */
static void
check_connect(const struct hook_order *o)
{
	assert(o->action != HOOK_REFUSE && o->action != HOOK_RESET &&
	       o->action != HOOK_DAMAGE && o->action != HOOK_CLOCK);
}

static void
check(enum hook_phase phase, const struct hook_order *o)
{
	assert(o->delay_ms >= 0 && o->delay_ms <= FAULT_MS_MAX);
	assert(o->retry_after_ms >= 0);
	if (phase == HOOK_CONNECT)
		check_connect(o);
	if (o->action == HOOK_REFUSE || o->action == HOOK_ERROR)
		assert(o->name != NULL && o->name[0] != '\0' &&
		       o->status >= 200 && o->status <= 599);
	if (o->action == HOOK_HTML)
		assert(o->status >= 200 && o->status <= 599);
	if (o->action == HOOK_SLOW || o->action == HOOK_WINDOW ||
	    o->action == HOOK_DATA || o->action == HOOK_CHUNK)
		assert(o->value >= 1 && o->value <= FAULT_BYTES_MAX);
	assert(o->message == NULL || strlen(o->message) < FAULT_MESSAGE_BYTES);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const services[] = { "transcribe", "translate",
		"polly" };
	struct faults *f = faults_new("f");
	struct hook_memory memory = { 0 };
	char text[FAULTS_TEXT_BYTES];

	log_set_level(LOG_ERROR);
	assert(f != NULL);
	if (faults_parse(f, (const char *)p, n, text) != 0) {
		assert(strncmp(text, "f:", 2) == 0 && faults_nrules(f) == 0);
		faults_free(f);
		return 0;
	}
	for (unsigned i = 0; i < 3 * HOOK_NPHASES; i++) {
		enum hook_phase phase = i % HOOK_NPHASES;
		struct hook_at at = { phase, services[i / HOOK_NPHASES], "", 1,
			1000000, &memory };
		struct hook_order order;

		if (phase == HOOK_CONNECT) {
			memset(&memory, 0, sizeof(memory));
			at.service = "";
		} else if (phase == HOOK_REQUEST) {
			memset(&memory, 0, sizeof(memory));
		}
		/* Each rule acts once; then there is nothing more. */
		for (size_t k = 0;; k++) {
			assert(k <= faults_nrules(f));
			memset(&order, 0, sizeof(order));
			faults_ask(f, &at, &order);
			if (order.action == HOOK_PASS && order.delay_ms == 0)
				break;
			check(phase, &order);
		}
	}
	faults_free(f);
	return 0;
}
