/* The part of role.h that needs libjwt and libcrypto: half a megabyte of memory
 * for a process, so the thousand that listen are without (see listen(1)). */
#include "room/role.h"

#include <errno.h>
#include <jansson.h>
#include <jwt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "room/room.h"

/* Longest header of a JWT looked at; ours are 36 bytes in base64url. */
#define HEADER_MAX 512

#define HASH_BYTES 32

/* --- fixed words ----------------------------------------------------- */

static int
hash(uint8_t *out, const char *s)
{
	return EVP_Digest(s, strlen(s), out, NULL, EVP_sha256(), NULL) == 1
	           ? 0
	           : ROLE_ERR_NOMEM;
}

/*
 * Which roles the word is good for, as 1 << enum role, in the same time for
 * all of them; or ROLE_ERR_NOMEM.
 */
static int
match_words(const struct role_config *c, const char *token)
{
	uint8_t given[HASH_BYTES], word[HASH_BYTES];
	int i, found = 0;

	if (hash(given, token) != 0)
		return ROLE_ERR_NOMEM;
	for (i = 0; i < ROLE_COUNT; i++) {
		if (c->tokens[i] == NULL)
			continue;
		if (hash(word, c->tokens[i]) != 0)
			return ROLE_ERR_NOMEM;
		if (CRYPTO_memcmp(given, word, HASH_BYTES) == 0)
			found |= (int)role_serves(1U << i);
	}
	OPENSSL_cleanse(given, sizeof(given));
	OPENSSL_cleanse(word, sizeof(word));
	return found;
}

/* --- JWTs ------------------------------------------------------------ */

/* Three parts of base64url between two dots (RFC 7515, section 7.1). */
static bool
is_jwt(const char *token)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t first, second, len = strlen(token);

	if (len > ROLE_TOKEN_MAX)
		return false;
	first = strspn(token, letters);
	if (first == 0 || token[first] != '.')
		return false;
	second = strspn(token + first + 1, letters);
	if (second == 0 || token[first + 1 + second] != '.')
		return false;
	first += second + 2;
	return first + strspn(token + first, letters) == len;
}

/*
 * The header, decoded here: libjwt takes whatever algorithm the bearer names
 * that goes with the key, and we take one only.
 */
static int
check_header(const char *token)
{
	char text[HEADER_MAX + 4], reason[64];
	uint8_t raw[HEADER_MAX];
	size_t i, len = strcspn(token, ".");
	const char *alg;
	json_t *header;
	long n;
	int ret;

	if (len > HEADER_MAX - 4)
		return ROLE_ERR_FORM;
	for (i = 0; i < len; i++)
		text[i] = token[i] == '-'   ? '+'
		          : token[i] == '_' ? '/'
		                            : token[i];
	while (len % 4 != 0)
		text[len++] = '=';
	n = b64_decode(raw, text, len);
	if (n < 0)
		return ROLE_ERR_FORM;
	header =
	    json_line_parse((char *)raw, (size_t)n, reason, sizeof(reason));
	if (header == NULL)
		return strcmp(reason, JSON_NOMEM) == 0 ? ROLE_ERR_NOMEM
		                                       : ROLE_ERR_FORM;
	alg = json_str(header, "alg");
	ret = alg != NULL && strcmp(alg, "HS256") == 0 ? 0 : ROLE_ERR_ALG;
	json_decref(header);
	return ret;
}

static int
read_roles(struct role_claims *c, const json_t *claim)
{
	const json_t *one;
	size_t i, n = json_is_array(claim) ? json_array_size(claim) : 1;
	int role;

	for (i = 0; i < n; i++) {
		one = json_is_array(claim) ? json_array_get(claim, i) : claim;
		if (!json_is_string(one))
			return ROLE_ERR_CLAIMS;
		role = role_find(json_string_value(one));
		if (role == -1)
			return ROLE_ERR_CLAIMS;
		c->roles |= 1U << role;
	}
	return c->roles != 0 ? 0 : ROLE_ERR_CLAIMS;
}

static int
read_claims(struct role_claims *c, const char *text)
{
	const json_t *expires, *from;
	const char *room;
	char reason[64];
	json_t *obj;
	int ret = ROLE_ERR_CLAIMS;

	memset(c, 0, sizeof(*c));
	obj = json_line_parse(text, strlen(text), reason, sizeof(reason));
	if (obj == NULL)
		return strcmp(reason, JSON_NOMEM) == 0 ? ROLE_ERR_NOMEM
		                                       : ROLE_ERR_CLAIMS;
	room = json_str(obj, "room");
	if (room == NULL || (strcmp(room, "*") != 0 && !room_is_name(room)))
		goto out;
	memcpy(c->room, room, strlen(room) + 1);
	expires = json_object_get(obj, "exp");
	from = json_object_get(obj, "nbf");
	if (!json_is_number(expires) || (from != NULL && !json_is_number(from)))
		goto out;
	c->expires_s = json_number_value(expires);
	c->from_s = json_number_value(from);
	ret = read_roles(c, json_object_get(obj, "role"));
out:
	json_decref(obj);
	return ret;
}

int
role_read(struct role_claims *claims, const char *secret, const char *token)
{
	jwt_t *jwt = NULL;
	char *text;
	int ret;

	if (strlen(secret) < ROLE_SECRET_MIN)
		return ROLE_ERR_SECRET;
	if (!is_jwt(token))
		return ROLE_ERR_FORM;
	ret = check_header(token);
	if (ret != 0)
		return ret;
	ret = jwt_decode(
	    &jwt, token, (const unsigned char *)secret, (int)strlen(secret));
	if (ret != 0)
		return ret == ENOMEM ? ROLE_ERR_NOMEM : ROLE_ERR_FORGED;
	/* What was verified is what check_header() has seen. */
	if (jwt_get_alg(jwt) != JWT_ALG_HS256) {
		jwt_free(jwt);
		return ROLE_ERR_ALG;
	}
	text = jwt_get_grants_json(jwt, NULL);
	jwt_free(jwt);
	if (text == NULL)
		return ROLE_ERR_NOMEM;
	ret = read_claims(claims, text);
	free(text);
	return ret;
}

static int
check_jwt(const struct role_config *c, enum role role, const char *room,
    const char *token, double now_s)
{
	struct role_claims claims;
	int ret;

	ret = role_read(&claims, c->secret, token);
	if (ret != 0)
		return ret;
	if (!(claims.expires_s > now_s))
		return ROLE_ERR_EXPIRED;
	if (claims.from_s > now_s + ROLE_LEEWAY_S)
		return ROLE_ERR_EARLY;
	if (!(role_serves(claims.roles) & 1U << role))
		return ROLE_ERR_ROLE;
	if (room != NULL && strcmp(claims.room, "*") != 0 &&
	    strcmp(claims.room, room) != 0)
		return ROLE_ERR_ROOM;
	return 0;
}

int
role_check(const struct role_config *c, enum role role, const char *room,
    const char *token, double now_s)
{
	int found;

	if (role_is_open(c, role))
		return 0;
	if (c->secret != NULL && strlen(c->secret) < ROLE_SECRET_MIN)
		return ROLE_ERR_SECRET;
	if (token == NULL || token[0] == '\0')
		return ROLE_ERR_MISSING;
	if (strlen(token) > ROLE_TOKEN_MAX)
		return ROLE_ERR_FORM;
	found = match_words(c, token);
	if (found < 0)
		return found;
	if (found & 1 << role)
		return 0;
	if (found != 0)
		return ROLE_ERR_ROLE;
	if (c->secret == NULL)
		return ROLE_ERR_FORGED;
	return check_jwt(c, role, room, token, now_s);
}

/* --- minting --------------------------------------------------------- */

static json_t *
claims_json(const struct role_claims *c, double now_s)
{
	json_t *list = json_array(), *obj = NULL;
	int i;

	for (i = 0; i < ROLE_COUNT; i++)
		if (c->roles & 1U << i &&
		    json_array_append_new(
			list, json_string(role_name((enum role)i))) != 0)
			goto out;
	obj = json_pack("{s:O, s:s, s:I, s:I}", "role",
	    json_array_size(list) == 1 ? json_array_get(list, 0) : list, "room",
	    c->room, "iat", (json_int_t)now_s, "exp", (json_int_t)c->expires_s);
	if (obj != NULL && c->from_s > 0 &&
	    json_object_set_new(
		obj, "nbf", json_integer((json_int_t)c->from_s)) != 0) {
		json_decref(obj);
		obj = NULL;
	}
out:
	json_decref(list);
	return obj;
}

int
role_mint(char **token, const struct role_claims *claims, const char *secret,
    double now_s)
{
	json_t *obj = NULL;
	jwt_t *jwt = NULL;
	char *text = NULL, *signed_text;
	size_t len;
	int ret = ROLE_ERR_NOMEM;

	if (secret == NULL || strlen(secret) < ROLE_SECRET_MIN)
		return ROLE_ERR_SECRET;
	if (claims->roles == 0 || claims->expires_s <= now_s ||
	    (strcmp(claims->room, "*") != 0 && !room_is_name(claims->room)))
		return ROLE_ERR_CLAIMS;
	obj = claims_json(claims, now_s);
	if (obj == NULL)
		goto out;
	text = json_line_dump(obj, &len);
	if (text == NULL || jwt_new(&jwt) != 0 ||
	    jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret,
		(int)strlen(secret)) != 0 ||
	    jwt_add_grants_json(jwt, text) != 0)
		goto out;
	signed_text = jwt_encode_str(jwt);
	if (signed_text == NULL)
		goto out;
	*token = signed_text;
	ret = 0;
out:
	if (jwt != NULL)
		jwt_free(jwt);
	free(text);
	json_decref(obj);
	return ret;
}
