// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/webhook.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <osmocom/core/utils.h>
#include <sodium.h>
#include <talloc.h>

#include "wire/rfc3339.h"

#define SECRET_PREFIX "whsec_"
#define MAC_SIZE      crypto_auth_hmacsha256_BYTES

/* Base64 that is exactly that: libsodium also reads some octets above 0x7f as if they were letters.
 * \returns octets, -1 if it is not or does not fit */
static ssize_t read_base64(uint8_t *out, size_t size, const char *text, size_t len)
{
	const char *end = NULL;
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] > 0x7f)
			return -1;
	if (sodium_base642bin(out, size, text, len, NULL, &n, &end,
			      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    end != text + len)
		return -1;
	return n;
}

int webhook_secret_read(struct webhook_secret *secret, const char *text)
{
	size_t len;

	text += strspn(text, " \t\r\n");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	if (len > strlen(SECRET_PREFIX) && !strncmp(text, SECRET_PREFIX, strlen(SECRET_PREFIX))) {
		ssize_t n = read_base64(secret->key, sizeof(secret->key),
					text + strlen(SECRET_PREFIX), len - strlen(SECRET_PREFIX));

		if (n <= 0)
			return -EINVAL;
		secret->len = n;
		return 0;
	}
	if (len == 0 || len > sizeof(secret->key))
		return -EINVAL;
	memcpy(secret->key, text, len);
	secret->len = len;
	return 0;
}

static void mac(uint8_t out[MAC_SIZE], const struct webhook_secret *secret, const char *id,
		const char *timestamp, const char *body, size_t len)
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, secret->key, secret->len);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)id, strlen(id));
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)".", 1);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)timestamp, strlen(timestamp));
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)".", 1);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)body, len);
	crypto_auth_hmacsha256_final(&state, out);
	sodium_memzero(&state, sizeof(state));
}

void webhook_sign(char *out, const struct webhook_secret *secret, const char *id,
		  int64_t timestamp_s, const char *body, size_t len)
{
	uint8_t sum[MAC_SIZE];
	char timestamp[24];

	snprintf(timestamp, sizeof(timestamp), "%" PRId64, timestamp_s);
	mac(sum, secret, id, timestamp, body, len);
	memcpy(out, "v1,", 3);
	sodium_bin2base64(out + 3, WEBHOOK_SIGNATURE_SIZE - 3, sum, sizeof(sum),
			  sodium_base64_VARIANT_ORIGINAL);
}

static bool is_id(const char *id)
{
	size_t n = strlen(id);

	if (n == 0 || n > WEBHOOK_ID_MAX)
		return false;
	for (; *id; id++)
		if (*id <= ' ' || *id > '~')
			return false;
	return true;
}

static int read_timestamp(int64_t *out, const char *text)
{
	int64_t value = 0;
	size_t n = strspn(text, "0123456789"), i;

	if (n == 0 || n > 12 || text[n] != '\0')
		return -EINVAL;
	for (i = 0; i < n; i++)
		value = value * 10 + (text[i] - '0');
	*out = value;
	return 0;
}

/* One of the signatures, without the spaces round it. */
static bool fits(const uint8_t sum[MAC_SIZE], const char *text, size_t len)
{
	uint8_t given[MAC_SIZE];

	if (len < 3 || strncmp(text, "v1,", 3) != 0)
		return false;
	if (read_base64(given, sizeof(given), text + 3, len - 3) != MAC_SIZE)
		return false;
	return sodium_memcmp(sum, given, MAC_SIZE) == 0;
}

int webhook_verify(const struct webhook_secret *secret, const struct webhook_headers *headers,
		   const char *body, size_t len, int64_t now_s)
{
	uint8_t sum[MAC_SIZE];
	const char *pos = headers->signature;
	int64_t signed_s;
	bool good = false;
	unsigned int n;

	if (!headers->id || !headers->timestamp || !pos || !is_id(headers->id) ||
	    read_timestamp(&signed_s, headers->timestamp) < 0)
		return -EINVAL;

	mac(sum, secret, headers->id, headers->timestamp, body, len);
	for (n = 0; n < WEBHOOK_SIGNATURES_MAX && *pos; n++) {
		size_t part;

		pos += strspn(pos, " ");
		part = strcspn(pos, " ");
		good |= fits(sum, pos, part);
		pos += part;
	}
	sodium_memzero(sum, sizeof(sum));
	if (!good)
		return -EBADMSG;
	if (signed_s < now_s - WEBHOOK_TOLERANCE_S || signed_s > now_s + WEBHOOK_TOLERANCE_S)
		return -ETIME;
	return 0;
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(object, key, json_string(text));
}

static void set_time(json_t *object, const char *key, int64_t at_s)
{
	char text[RFC3339_SIZE];

	if (at_s != 0)
		json_object_set_new(object, key, json_string(rfc3339_write(text, at_s, 0)));
}

static json_t *event_data(const struct webhook_event *event)
{
	json_t *data = json_object();

	set_text(data, "reference", event->reference);
	set_text(data, "their_reference", event->their_ref);
	set_text(data, "status", event->state);
	set_text(data, "note", event->note);
	set_text(data, "category", event->category);
	set_text(data, "category_name", event->category_name);
	set_text(data, "area", event->area);
	set_text(data, "place", event->place);
	set_text(data, "address_id", event->address_id);
	set_text(data, "asset_kind", event->asset_kind);
	set_text(data, "asset_number", event->asset_number);
	set_text(data, "description", event->description);
	set_text(data, "contact", event->contact);
	if (event->located) {
		json_object_set_new(data, "lat", json_real(event->lat));
		json_object_set_new(data, "long", json_real(event->lon));
	}
	json_object_set_new(data, "urgent", json_boolean(event->urgent));
	set_time(data, "created", event->created_s);
	set_time(data, "promised", event->promise_s);
	return data;
}

static bool is_written(const json_t *data, const struct webhook_event *event)
{
	/* jansson leaves out what is not UTF-8: the reference and the description must be there */
	return json_object_get(data, "reference") &&
	       (!event->description || !*event->description ||
		json_object_get(data, "description")) &&
	       (!event->note || !*event->note || json_object_get(data, "note"));
}

char *webhook_write(void *ctx, const struct webhook_event *event)
{
	json_t *root = json_object(), *data = event_data(event);
	bool written = event->reference && *event->reference && is_written(data, event);
	char *text, *out = NULL;

	set_text(root, "type", event->type);
	set_time(root, "timestamp", event->at_s);
	json_object_set_new(root, "data", data);
	if (written) {
		text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(9));
		OSMO_ASSERT(text);
		out = talloc_strdup(ctx, text);
		OSMO_ASSERT(out);
		free(text);
	}
	json_decref(root);
	return out;
}

static char *ref_of(void *ctx, const json_t *value)
{
	if (json_is_integer(value))
		return talloc_asprintf(ctx, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_string(value) && is_id(json_string_value(value)))
		return talloc_strdup(ctx, json_string_value(value));
	return NULL;
}

char *webhook_their_ref(void *ctx, const char *body, size_t len)
{
	static const char *const keys[] = { "id", "reference", "service_request_id" };
	json_t *root = json_loadb(body, len, 0, NULL);
	char *ref = NULL;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]) && !ref; i++)
		ref = ref_of(ctx, json_object_get(root, keys[i]));
	json_decref(root);
	return ref;
}
