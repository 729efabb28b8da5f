#include "aws/region.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/credentials_remote.h"
#include "aws/http.h"
#include "base/clock.h"

/* What came back, as a word; NULL: nothing did. */
struct answer {
	char *word;
	bool is_done;
	bool is_short; /* of memory for it */
};

static void
on_done(void *arg, const struct http_answer *a)
{
	struct answer *answer = arg;

	answer->is_done = true;
	if (a->error.class != SERVICE_ERROR_NONE)
		return;
	answer->word = strndup((const char *)a->body, a->len);
	answer->is_short = answer->word == NULL;
	if (answer->word != NULL)
		answer->word[strcspn(answer->word, " \t\r\n")] = '\0';
}

/* One request to its end; releases it.  0, the word (NULL: none) is the
 * caller's; or CONFIG_ERR_NOMEM. */
static int
ask(struct http *http, struct loop *l, struct credentials_remote *r,
    char **word)
{
	struct answer answer = { NULL, false, false };
	struct service_error error;

	r->req.on_done = on_done;
	r->req.arg = &answer;
	if (http_start(http, &r->req, NULL, clock_wall_ms(), &error) == NULL)
		answer.is_done = true;
	while (!answer.is_done) {
		loop_begin(l);
		http_prepare(http, l);
		if (loop_wait(l) < 0)
			break;
		http_dispatch(http, l, clock_mono_ms());
	}
	credentials_remote_release(r);
	*word = answer.word;
	return answer.is_short ? CONFIG_ERR_NOMEM : 0;
}

static int
fetch(const struct config *c, struct http *http, struct loop *l, char **region)
{
	struct credentials_remote r;
	char err[256], *token;
	int rc;

	if (credentials_remote_imds_token(&r, c, err, sizeof(err)) != 0)
		return 0;
	/* Mostly nobody is there: that is to be found out soon. */
	r.req.connect_timeout_ms = r.req.timeout_ms;
	rc = ask(http, l, &r, &token);
	if (token != NULL &&
	    credentials_remote_imds_region(&r, c, token, err, sizeof(err)) == 0)
		rc = ask(http, l, &r, region);
	if (token != NULL)
		OPENSSL_cleanse(token, strlen(token));
	free(token);
	return rc;
}

int
region_of_instance(struct config *c)
{
	const char *disabled = config_env(c, "AWS_EC2_METADATA_DISABLED");
	struct http *http;
	struct loop loop;
	char *region = NULL;
	int rc;

	if (c->region != NULL ||
	    (disabled != NULL && strcasecmp(disabled, "true") == 0))
		return 0;
	if ((http = http_new(c->ca_bundle)) == NULL)
		return CONFIG_ERR_NOMEM;
	loop_init(&loop);
	rc = fetch(c, http, &loop, &region);
	loop_release(&loop);
	http_free(http);
	if (rc != 0)
		return rc;
	if (region == NULL || region[0] == '\0' ||
	    !endpoint_region_is_valid(region)) {
		free(region);
		return 0;
	}
	c->region = region;
	c->region_from = strdup("instance metadata");
	return c->region_from != NULL ? 0 : CONFIG_ERR_NOMEM;
}
