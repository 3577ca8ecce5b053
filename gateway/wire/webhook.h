/* webhook.h - Standard Webhooks (standard-webhooks spec 1.0.0): sign, verify, and the bodies we send.
 *
 * What is signed is "id.timestamp.body" with HMAC-SHA256, written "v1," and base64.  Pure: the time
 * is given, and who has seen an id before (replays) is the caller's to know.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEBHOOK_SECRET_MAX     256 /* octets of a key */
#define WEBHOOK_ID_MAX	       128 /* octets of webhook-id */
#define WEBHOOK_SIGNATURES_MAX 8   /* looked at in one header */
#define WEBHOOK_TOLERANCE_S    300
#define WEBHOOK_SIGNATURE_SIZE 64 /* "v1," and 44 characters, NUL */

struct webhook_secret {
	uint8_t key[WEBHOOK_SECRET_MAX];
	size_t len;
};

/*! Read a secret as it stands in a file: "whsec_" and base64, or any other text as raw octets.
 *  White space round it is dropped.
 *  \returns 0; -EINVAL if it is empty, too long or the base64 is wrong */
int webhook_secret_read(struct webhook_secret *secret, const char *text);

/*! \param[out] out  WEBHOOK_SIGNATURE_SIZE bytes: the value of webhook-signature */
void webhook_sign(char *out, const struct webhook_secret *secret, const char *id,
		  int64_t timestamp_s, const char *body, size_t len);

/* The three headers as they came; NULL if missing. */
struct webhook_headers {
	const char *id, *timestamp, *signature;
};

/*! Is this body signed with that secret, now?  Any one of several signatures suffices.
 *  \returns 0; -EINVAL a header is missing or not what it should be; -ETIME signed too long ago or
 *           in the future; -EBADMSG no signature fits */
int webhook_verify(const struct webhook_secret *secret, const struct webhook_headers *headers,
		   const char *body, size_t len, int64_t now_s);

/* What a contractor is told.  NULL and 0 are left out. */
struct webhook_event {
	const char *type; /* "report.created", "report.updated" */
	int64_t at_s;	  /* when it happened */
	const char *reference, *their_ref;
	const char *category, *category_name, *area, *place, *address_id;
	const char *asset_kind, *asset_number, *description;
	bool located, urgent;
	double lat, lon;
	int64_t created_s, promise_s;
	const char *contact;	  /* alias on this line, never a resident's number */
	const char *state, *note; /* of an update */
};

/*! Write the JSON body: {"type","timestamp","data":{...}}, talloc child of ctx.
 *  \returns NULL if a text is not UTF-8 */
char *webhook_write(void *ctx, const struct webhook_event *event);

/*! Their number in the answer to report.created: "id", "reference" or "service_request_id" of a
 *  JSON object.  \returns talloc child of ctx; NULL if there is none */
char *webhook_their_ref(void *ctx, const char *body, size_t len);
