/* ini: the first byte chooses the kind of file, the rest is the file.  Whatever
 * it holds, what is found must be inside of it, and the parser must say which
 * line it left out. */
#include <assert.h>
#include <string.h>

#include "aws/endpoint.h"
#include "aws/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const names[] = { "default", "dev", "a b", "" };
	static const char *const keys[] = { "region", "aws_access_key_id",
		"polly", "endpoint_url", "services" };
	enum ini_kind kind = INI_CONFIG;
	struct endpoint e;
	struct ini *ini;
	const char *v, *why;
	size_t i, k;

	if (n > 0) {
		kind = p[0] & 1 ? INI_CREDENTIALS : INI_CONFIG;
		p++;
		n--;
	}
	if (ini_parse(&ini, kind, (const char *)p, n) != 0) {
		assert(ini == NULL);
		return 0;
	}
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
			v = ini_get(ini, INI_PROFILE, names[i], keys[k]);
			assert(v == NULL || strlen(v) < n);
			assert(v == NULL ||
			       ini_has_section(ini, INI_PROFILE, names[i]));
			if (v != NULL && endpoint_parse(&e, v) == 0)
				assert(e.host[0] != '\0' && e.port > 0);
			v = ini_get_nested(
			    ini, INI_SERVICES, names[i], "polly", keys[k]);
			assert(v == NULL || strlen(v) < n);
		}
	i = ini_problem(ini, &why);
	assert((i > 0) == (why != NULL));
	ini_free(ini);
	return 0;
}
