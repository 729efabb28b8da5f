/* with: cmd/speak/message.c */
/* What a remote speaker sends: lines in any split of it, then each message. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/speak/message.h"
#include "base/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look_at(const char *text, size_t len)
{
	static struct message m;

	if (message_parse(&m, text, len) != 0) {
		if (m.token != NULL)
			abort();
		return;
	}
	if (m.type == MESSAGE_AUDIO &&
	    (m.pcm_len < 2 || m.pcm_len > MESSAGE_PCM_MAX ||
		m.pcm_len % 2 != 0 || m.seq > MESSAGE_SEQ_MAX))
		abort();
	if (m.type == MESSAGE_HELLO &&
	    (strlen(m.session) < MESSAGE_SESSION_MIN ||
		strlen(m.lang) >= LANG_TAG_MAX ||
		(m.lang[0] != '\0' && !lang_is_tag(m.lang))))
		abort();
	message_release(&m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line_reader in;
	size_t step, n, len;
	char *text;
	int ret;

	if (size == 0)
		return 0;
	step = (size_t)data[0] * 16 + 1; /* the first byte is the split */
	data++;
	size--;
	line_reader_init(&in, MESSAGE_MAX);
	for (; size > 0; data += n, size -= n) {
		n = size < step ? size : step;
		if (line_reader_feed(&in, data, n) != 0)
			break;
		while ((ret = line_reader_next(&in, &text, &len)) != 0)
			if (ret == 1)
				look_at(text, len);
	}
	line_reader_release(&in);
	return 0;
}
