/* open311.h - Open311 GeoReport v2 as a client speaks it, with mySociety's update extension.
 *
 * Requests are written as forms, answers are read from JSON into talloc'd structs.  Pure.
 *
 * The idempotency key goes out twice: as the header Idempotency-Key (the caller sets it) and as
 * attribute[idempotency_key], because proxies drop headers and attributes reach the backend.
 * device_id is not used for it: that names a device, and servers count requests by it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPEN311_DESCRIPTION_MAX 4000	     /* characters, GeoReport v2 POST Service Request */
#define OPEN311_ID_MAX		128	     /* octets of their numbers; a longer one is refused */
#define OPEN311_ITEMS_MAX	1000	     /* of one list; GeoReport's own default ceiling */
#define OPEN311_SPAN_S		(90 * 86400) /* start_date to end_date at most */

/* NULL and "" are left out. */
struct open311_request {
	const char *service_code, *api_key, *jurisdiction_id;
	bool located, urgent;
	double lat, lon;
	const char *address_string, *address_id, *description;
	const char *phone; /* an alias on this line, never a resident's number */
	const char *key, *reference, *category_name, *area, *asset_kind, *asset_number;
	int64_t created_s, promise_s;
};

/*! Body of POST requests, talloc child of ctx.
 *  \returns NULL without a service code or without any place */
char *open311_write_request(void *ctx, const struct open311_request *request);

struct open311_note {
	const char *service_request_id, *api_key, *jurisdiction_id;
	const char *update_id, *reference, *status, *description, *phone;
	int64_t updated_s;
};

/*! Body of POST servicerequestupdates, talloc child of ctx. NULL without an update_id. */
char *open311_write_note(void *ctx, const struct open311_note *note);

/*! Their word for something said by us: a report state, or "note". */
const char *open311_status_of(const char *state);

/*! Does it end in /requests.json (before any query)?  Only then others stand beside it. */
bool open311_is_url(const char *url);

/*! Address of another resource beside ".../requests.json".
 *  \param[in] resource  "servicerequestupdates.json"
 *  \param[in] query  without '?', may be "" or NULL
 *  \returns talloc child of ctx; NULL if !open311_is_url(url) */
char *open311_url(void *ctx, const char *url, const char *resource, const char *query);

/* Answer to a POST, and of tokens/T.json. */
struct open311_receipt {
	const char *service_request_id; /* NULL none */
	const char *token;		/* NULL none */
	const char *update_id;		/* NULL none */
	const char *error;		/* all descriptions of an error list; NULL none */
};

/*! \param[out] out  strings are talloc children of ctx
 *  \returns 0; -EBADMSG not JSON or nothing of the above in it */
int open311_read_receipt(void *ctx, struct open311_receipt *out, const char *text, size_t len);

/* One line of GET requests/ID.json or of servicerequestupdates.json. */
struct open311_item {
	const char *update_id; /* NULL: a request, not an update */
	const char *service_request_id;
	const char *reference;	       /* ours, if they give it back; else NULL */
	const char *state;	       /* a report state, "" where the word is not known */
	const char *note;	       /* NULL none */
	int64_t updated_s, expected_s; /* 0 none */
};

/*! Items without a number or with a wrong type are counted and skipped.
 *  \param[out] skipped  may be NULL
 *  \returns count; -EBADMSG not JSON or no list */
int open311_read_items(void *ctx, struct open311_item **items, size_t *skipped, const char *text,
		       size_t len);

/*! What a status means here.  "closed" is solved: whether it is, the resident is asked.
 *  \param[in] status  GeoReport's open and closed, or an extended status, any case
 *  \param[in] dated  an expected date was given with it: what is open is planned then
 *  \returns a report state; "" for an unknown word */
const char *open311_state(const char *status, bool dated);
