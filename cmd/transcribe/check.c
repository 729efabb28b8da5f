#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "aws/client_check.h"

int
check_run(const struct options *o)
{
	struct client_check k;
	char *text;
	int status;

	client_check_init(
	    &k, "transcribe", ENDPOINT_TRANSCRIBE_STREAMING, &o->config);
	if (o->identify[0] == '\0')
		client_check_fact(&k, "language", "%s", o->code);
	else
		client_check_fact(
		    &k, "language", "one of %s", o->params.language_options);
	if (client_check_settings(&k) == 0)
		client_check_transcribe(&k, &o->params);
	status = k.status;
	text = o->is_json ? client_check_json(&k) : client_check_text(&k);
	if (text == NULL)
		status = EX_OSERR;
	else if (fputs(text, stdout) == EOF || fflush(stdout) != 0)
		status = EX_IOERR;
	free(text);
	client_check_release(&k);
	return status;
}
