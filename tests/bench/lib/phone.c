#define _GNU_SOURCE /* memmem */
#include "phone.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACK_MS 1000

int
phone_dial(struct phone *ph, int port, const char *path)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char request[1024];
	int n;

	memset(ph, 0, sizeof(*ph));
	ph->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ph->fd == -1)
		return -1;
	/* The key of RFC 6455, section 1.3. */
	n = snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	    path, port);
	if (connect(ph->fd, (struct sockaddr *)&to, sizeof(to)) == -1 ||
	    send(ph->fd, request, (size_t)n, MSG_NOSIGNAL) != n ||
	    fcntl(ph->fd, F_SETFL, O_NONBLOCK) == -1)
		return -1;
	return 0;
}

void
phone_hang_up(struct phone *ph)
{
	if (ph->fd != -1)
		close(ph->fd);
	ph->fd = -1;
}

/* RFC 6455, section 5.2: bytes of a frame's head, as far as they tell. */
static unsigned int
head_needs(const struct phone *ph)
{
	unsigned int len;

	if (ph->head_bytes < 2)
		return 2;
	len = ph->head[1] & 127;
	return len == 126 ? 4 : len == 127 ? 10 : 2;
}

static void
begin_payload(struct phone *ph)
{
	unsigned int i, n = head_needs(ph);

	ph->left_bytes = ph->head[1] & 127;
	if (n > 2)
		ph->left_bytes = 0;
	for (i = 2; i < n; i++)
		ph->left_bytes = ph->left_bytes << 8 | ph->head[i];
	ph->head_bytes = 0;
	ph->is_in_payload = true;
}

static void
end_payload(struct phone *ph, phone_message *on_message, void *arg)
{
	unsigned int opcode = ph->head[0] & 15;

	ph->is_in_payload = false;
	if (opcode == 8)
		ph->is_gone = true;
	if (!(ph->head[0] & 0x80)) /* FIN: more frames follow */
		return;
	ph->begin[ph->begin_bytes] = '\0';
	if (opcode <= 1)
		on_message(arg, ph, ph->begin);
	ph->begin_bytes = 0;
}

static void
take_frames(struct phone *ph, const uint8_t *p, size_t n,
    phone_message *on_message, void *arg)
{
	size_t some, kept;

	while (n > 0 && !ph->is_gone) {
		if (!ph->is_in_payload) {
			ph->head[ph->head_bytes++] = *p++;
			n--;
			if (ph->head_bytes < head_needs(ph))
				continue;
			begin_payload(ph);
		}
		some = n < ph->left_bytes ? n : (size_t)ph->left_bytes;
		kept = PHONE_BEGIN_BYTES - ph->begin_bytes;
		kept = kept < some ? kept : some;
		memcpy(ph->begin + ph->begin_bytes, p, kept);
		ph->begin_bytes += kept;
		ph->left_bytes -= some;
		p += some;
		n -= some;
		if (ph->left_bytes == 0)
			end_payload(ph, on_message, arg);
	}
}

bool
phone_read(struct phone *ph, phone_message *on_message, void *arg)
{
	static uint8_t buf[256 * 1024];
	const uint8_t *p = buf, *end;
	ssize_t n = read(ph->fd, buf, sizeof(buf));

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		ph->is_gone = true;
		return false;
	}
	if (!ph->is_open) {
		/* The answer's head comes in one piece, from next door. */
		end = memmem(buf, (size_t)n, "\r\n\r\n", 4);
		if (end == NULL || memcmp(buf, "HTTP/1.1 101", 12) != 0) {
			ph->is_gone = true;
			return false;
		}
		ph->is_open = true;
		n -= end + 4 - buf;
		p = end + 4;
	}
	take_frames(ph, p, (size_t)n, on_message, arg);
	return !ph->is_gone;
}

void
phone_say(struct phone *ph, const char *text, size_t len)
{
	/* FIN, text; masked by zeros. */
	uint8_t frame[6 + 125] = { 0x81, (uint8_t)(0x80 | len) };

	memcpy(frame + 6, text, len);
	(void)send(ph->fd, frame, 6 + len, MSG_NOSIGNAL);
}

void
phone_ack(struct phone *ph, double now_ms)
{
	char text[64];
	int n;

	if (ph->seq == ph->acked_seq || now_ms - ph->acked_ms < ACK_MS)
		return;
	n = snprintf(
	    text, sizeof(text), "{\"ack\":%llu}", (unsigned long long)ph->seq);
	phone_say(ph, text, (size_t)n);
	ph->acked_seq = ph->seq;
	ph->acked_ms = now_ms;
}

void
phone_flood(struct phone *ph, size_t n)
{
	/* Frames of 1 KiB; what was cut short is finished the next time, or the
	 * framing would break. */
	static uint8_t frame[8 + 1016] = { 0x81, 0x80 | 126, 1016 >> 8,
		1016 & 255 };
	ssize_t done;

	memset(frame + 8, 'x', 1016);
	while (n >= sizeof(frame)) {
		done = send(ph->fd, frame + ph->flooded,
		    sizeof(frame) - ph->flooded, MSG_NOSIGNAL);
		if (done <= 0)
			return;
		ph->flooded = (ph->flooded + (size_t)done) % sizeof(frame);
		ph->flooded_bytes += (uint64_t)done;
		n -= (size_t)done;
	}
}
