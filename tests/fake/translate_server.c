/* with: tests/fake/translate/http.c */
/*
 * A scripted Amazon Translate on loopback, for the tests of `translate`:
 * HTTP/1.1, plain or over TLS, a thread a connection.  TranslateText is
 * answered with "[fr] text" (the target's code in brackets).
 *
 *	translate_server --ready FILE [--cert FILE --key FILE] [--log FILE]
 *		[--clock SECONDS] [--close]
 *
 * When it listens it writes its port to FILE.  The log has a line a request:
 * "CONNECTION METHOD PATH TARGET SOURCE STATUS".  --clock shifts its clock
 * (Date header and check of the signature's time), --close ends each connection
 * after one answer.  Signatures must be right for the key AKIDTEST with the
 * secret "secret", and "@deny" in a text refuses it all the same.
 *
 * What happens to a text is said in the text itself, by words that may be
 * limited to one target ("@throttle/fr=2") and carry a number:
 *
 *	@hold=N      not answered before N other texts have been
 *	@never       not answered at all
 *	@throttle=N  ThrottlingException, N times
 *	@fail=N      HTTP 500, N times
 *	@reset=N     connection closed without an answer, N times
 *	@expired=N   ExpiredTokenException, N times
 *	@deny        AccessDeniedException
 *	@pair        UnsupportedLanguagePairException
 *	@limit=N     TextSizeLimitExceededException for more than N bytes
 *	@unsure      DetectedLanguageLowConfidenceException while source is auto
 *	@html        HTTP 502 with a proxy's page
 *	@garbage     HTTP 200 with a body that is not JSON
 *	@empty       HTTP 200 with a JSON object without TranslatedText
 *	@huge        HTTP 200 with a body of 3 MiB
 *	@trim        the translation has no white space at its ends
 *	@unmask      words that begin with "Qz" are lost in translation
 *	@untag       so are the tags of HTML
 *	@leave       the target's code is not put in front
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "translate/http.h"

#define MAX_COUNTED 256

static const struct sigv4_credentials test_key = { "AKIDTEST", "secret", NULL };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER;
static unsigned int nanswered; /* texts, with 200 */
static struct {
	char *what; /* directive, target, text */
	int n;      /* how often it was obeyed */
} counted[MAX_COUNTED];
static size_t ncounted;
static FILE *log_file;
static SSL_CTX *tls;

/* Whether the text has the directive for this target; its number or 1. */
static int
directive(const char *text, const char *name, const char *target)
{
	const char *at = text;
	size_t n = strlen(name), t = strlen(target);

	while ((at = strstr(at, name)) != NULL) {
		at += n;
		if (*at == '/') {
			if (strncmp(at + 1, target, t) != 0 ||
			    (at[1 + t] != '=' && at[1 + t] != ' ' &&
				at[1 + t] != '\0'))
				continue;
			at += 1 + t;
		}
		return *at == '=' ? atoi(at + 1) : 1;
	}
	return 0;
}

/* Whether a directive that holds N times holds once more. */
static int
is_due(const char *text, const char *name, const char *target)
{
	int times = directive(text, name, target), due = 0;
	char what[512];
	size_t i;

	if (times == 0)
		return 0;
	snprintf(what, sizeof(what), "%s %s %s", name, target, text);
	pthread_mutex_lock(&lock);
	for (i = 0; i < ncounted; i++)
		if (strcmp(counted[i].what, what) == 0)
			break;
	if (i == ncounted && i < MAX_COUNTED) {
		counted[i].what = strdup(what);
		ncounted++;
	}
	if (i < ncounted)
		due = counted[i].n++ < times;
	pthread_mutex_unlock(&lock);
	return due;
}

static void
write_log(const struct peer *p, const struct request *r, const char *target,
    const char *source, int status)
{
	if (log_file == NULL)
		return;
	pthread_mutex_lock(&lock);
	fprintf(log_file, "%u %s %s %s %s %d\n", p->number, r->method, r->path,
	    target, source, status);
	fflush(log_file);
	pthread_mutex_unlock(&lock);
}

/* 0: signed as it should be; else refused, and what peer_answer() gave. */
static int
check_signature(struct peer *p, const struct request *r, int *rc)
{
	struct sigv4_request req = { .method = r->method,
		.path = r->path,
		.query = r->query,
		.headers = r->headers,
		.nheaders = r->nheaders,
		.body = r->body,
		.body_len = r->body_len };
	struct sigv4_auth auth;
	struct sigv4_why why = { "" };
	int code = sigv4_auth_parse(&auth, &req, &why);

	if (code == 0) {
		code = sigv4_auth_check(&auth, &req,
		    strcmp(auth.access_key_id, "AKIDTEST") == 0 ? &test_key
								: NULL,
		    NULL, "translate", time(NULL) + p->clock_shift_s, 0, &why);
		sigv4_auth_release(&auth);
	}
	if (code == 0)
		return 0;
	*rc = peer_refuse(p, sigv4_verify_status(code), sigv4_verify_name(code),
	    sigv4_verify_strerror(code));
	return -1;
}

/* An engine that loses what it does not know: each run that begins with
 * `begin` goes, up to and with the first of `ends`. */
static void
lose(char *s, const char *begin, const char *ends, int with_end)
{
	char *to = s;
	size_t n;

	while (*s != '\0') {
		if (strncmp(s, begin, strlen(begin)) != 0) {
			*to++ = *s++;
			continue;
		}
		n = strcspn(s, ends);
		s += n + (s[n] != '\0' && with_end);
	}
	*to = '\0';
}

static int
translate(
    struct peer *p, const char *text, const char *target, const char *source)
{
	json_t *obj;
	char *body, *out;
	size_t size = strlen(text) + strlen(target) + 8, n;
	int rc;

	out = malloc(size);
	if (directive(text, "@leave", target))
		snprintf(out, size, "%s", text);
	else
		snprintf(out, size, "[%s] %s", target, text);
	if (directive(text, "@unmask", target))
		lose(out, "Qz", " .,", 0);
	if (directive(text, "@untag", target))
		lose(out, "<", ">", 1);
	n = strlen(out);
	while (directive(text, "@trim", target) && n > 0 && out[n - 1] == ' ')
		out[--n] = '\0';
	obj = json_pack("{s:s,s:s,s:s}", "TranslatedText", out,
	    "SourceLanguageCode", strcmp(source, "auto") == 0 ? "de" : source,
	    "TargetLanguageCode", target);
	body = json_dumps(obj, JSON_COMPACT);
	rc = peer_answer(
	    p, 200, "application/x-amz-json-1.1", body, strlen(body));
	free(body);
	free(out);
	json_decref(obj);
	pthread_mutex_lock(&lock);
	nanswered++;
	pthread_cond_broadcast(&answered);
	pthread_mutex_unlock(&lock);
	return rc;
}

static void
hold(int n)
{
	pthread_mutex_lock(&lock);
	while ((int)nanswered < n)
		pthread_cond_wait(&answered, &lock);
	pthread_mutex_unlock(&lock);
}

static int
send_huge(struct peer *p)
{
	size_t n = 3 << 20;
	char *s = malloc(n);
	int rc;

	memset(s, 'x', n);
	rc = peer_answer(p, 200, "application/x-amz-json-1.1", s, n);
	free(s);
	return rc;
}

/* What the text asks for.  Returns 0, or -1: close the connection. */
static int
obey(struct peer *p, const struct request *r, const char *text,
    const char *target, const char *source)
{
	static const char html[] = "<html><head><title>502 Bad Gateway</title>"
				   "</head><body>proxy says no</body></html>";
	int status = 200, rc;

	hold(directive(text, "@hold", target));
	if (directive(text, "@never", target))
		for (;;)
			pause();
	if (is_due(text, "@reset", target)) {
		write_log(p, r, target, source, 0);
		return -1;
	}
	if (is_due(text, "@throttle", target))
		rc = peer_refuse(
		    p, status = 400, "ThrottlingException", "Rate exceeded");
	else if (is_due(text, "@fail", target))
		rc = peer_refuse(
		    p, status = 500, "InternalServerException", "try again");
	else if (is_due(text, "@expired", target))
		rc = peer_refuse(p, status = 400, "ExpiredTokenException",
		    "The security token included in the request is expired");
	else if (directive(text, "@deny", target))
		rc = peer_refuse(p, status = 403, "AccessDeniedException",
		    "User is not authorized to perform: "
		    "translate:TranslateText");
	else if (directive(text, "@pair", target))
		rc = peer_refuse(p, status = 400,
		    "com.amazonaws.translate#UnsupportedLanguagePairException",
		    "Unsupported language pair");
	else if (directive(text, "@limit", target) > 0 &&
		 strlen(text) > (size_t)directive(text, "@limit", target))
		rc = peer_refuse(p, status = 400,
		    "TextSizeLimitExceededException",
		    "Input text size exceeds limit");
	else if (directive(text, "@unsure", target) &&
		 strcmp(source, "auto") == 0)
		rc = peer_refuse(p, status = 400,
		    "DetectedLanguageLowConfidenceException", "not sure");
	else if (directive(text, "@html", target))
		rc = peer_answer(
		    p, status = 502, "text/html", html, sizeof(html) - 1);
	else if (directive(text, "@garbage", target))
		rc = peer_answer(p, 200, "application/json", "hello", 5);
	else if (directive(text, "@empty", target))
		rc = peer_answer(p, 200, "application/json", "{}", 2);
	else if (directive(text, "@huge", target))
		rc = send_huge(p);
	else
		rc = translate(p, text, target, source);
	write_log(p, r, target, source, status);
	return rc;
}

/* 0, or -1: close the connection. */
static int
serve(struct peer *p, const struct request *r)
{
	const char *operation = request_header(r, "x-amz-target");
	const char *text, *target, *source;
	json_t *obj;
	int rc;

	if (operation == NULL) {
		write_log(p, r, "-", "-", 404);
		return peer_refuse(
		    p, 404, "UnknownOperationException", "no such operation");
	}
	if (check_signature(p, r, &rc) != 0) {
		write_log(p, r, "-", "-", 403);
		return rc;
	}
	obj = json_loadb(r->body, r->body_len, 0, NULL);
	text = json_string_value(json_object_get(obj, "Text"));
	target = json_string_value(json_object_get(obj, "TargetLanguageCode"));
	source = json_string_value(json_object_get(obj, "SourceLanguageCode"));
	if (text == NULL || target == NULL || source == NULL ||
	    strlen(text) > 10000)
		rc = peer_refuse(
		    p, 400, "InvalidRequestException", "bad request");
	else
		rc = obey(p, r, text, target, source);
	json_decref(obj);
	return rc;
}

static void *
run_peer(void *arg)
{
	struct peer *p = arg;
	struct request r;

	if (tls != NULL) {
		p->ssl = SSL_new(tls);
		SSL_set_fd(p->ssl, p->fd);
		if (SSL_accept(p->ssl) != 1)
			goto out;
	}
	for (;;) {
		memset(&r, 0, sizeof(r));
		if (peer_read_request(p, &r) != 0 || serve(p, &r) != 0 ||
		    p->close_after) {
			free(r.body);
			break;
		}
		free(r.body);
	}
out:
	SSL_free(p->ssl);
	close(p->fd);
	free(p);
	return NULL;
}

static int
listen_on_loopback(const char *ready)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char tmp[4096];
	FILE *f;

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 ||
	    listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &len) != 0) {
		perror("translate_server");
		exit(1);
	}
	/* Whole at once, so that who waits for it never reads half. */
	snprintf(tmp, sizeof(tmp), "%s.tmp", ready);
	f = fopen(tmp, "w");
	if (f == NULL || fprintf(f, "%u\n", ntohs(sa.sin_port)) < 0 ||
	    fclose(f) != 0 || rename(tmp, ready) != 0) {
		perror(ready);
		exit(1);
	}
	return fd;
}

static void
set_up_tls(const char *cert, const char *key)
{
	tls = SSL_CTX_new(TLS_server_method());
	if (tls == NULL || SSL_CTX_use_certificate_chain_file(tls, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1) {
		ERR_print_errors_fp(stderr);
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "ready", required_argument, NULL, 'r' },
		{ "cert", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' },
		{ "log", required_argument, NULL, 'l' },
		{ "clock", required_argument, NULL, 't' },
		{ "close", no_argument, NULL, 'x' },
		{ NULL, 0, NULL, 0 },
	};
	const char *ready = NULL, *cert = NULL, *key = NULL;
	unsigned int number = 0;
	long clock_shift_s = 0;
	int close_after = 0;
	pthread_t thread;
	struct peer *p;
	int c, fd;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'r':
			ready = optarg;
			break;
		case 'c':
			cert = optarg;
			break;
		case 'k':
			key = optarg;
			break;
		case 'l':
			log_file = fopen(optarg, "w");
			break;
		case 't':
			clock_shift_s = atol(optarg);
			break;
		case 'x':
			close_after = 1;
			break;
		default:
			return 64;
		}
	}
	if (ready == NULL)
		return 64;
	signal(SIGPIPE, SIG_IGN);
	if (cert != NULL && key != NULL)
		set_up_tls(cert, key);
	fd = listen_on_loopback(ready);
	for (;;) {
		p = calloc(1, sizeof(*p));
		p->fd = accept(fd, NULL, NULL);
		p->number = ++number;
		p->clock_shift_s = clock_shift_s;
		p->close_after = close_after;
		if (p->fd < 0 ||
		    pthread_create(&thread, NULL, run_peer, p) != 0)
			return 1;
		pthread_detach(thread);
	}
}
