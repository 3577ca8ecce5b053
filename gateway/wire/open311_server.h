/* open311_server.h - Open311 GeoReport v2 as a server speaks it, with mySociety's update extension.
 *
 * Forms and queries are read, lists are written: JSON as the standard's mapping says, XML from the same JSON.  Who may
 * ask, which codes there are and what is answered is not known here.  Pure.
 *
 * Names and e-mail addresses of a form are not even read; what a city keeps is what the structs hold.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "wire/target.h"

#define OPEN311_PAGE_MAX 1000 /* records of one answer: GeoReport's default ceiling */
#define OPEN311_OFFSET_MAX \
	20000 /* a list is not leafed through further: its dates are to be narrowed */
#define OPEN311_REFS_MAX   200
#define OPEN311_MEDIA_MAX  10 /* addresses of pictures of one request or update */
#define OPEN311_CODES_SIZE 512

/* POST requests.  Strings are talloc children of the ctx, NULL where absent or empty. */
struct open311_filing {
	const char *api_key, *jurisdiction_id, *service_code;
	bool located;
	double lat, lon; /* WGS84 */
	const char *address_string, *address_id;
	const char *description; /* lines end with "\n"; no other control characters */
	const char *phone, *account_id, *device_id;
	const char
		*media_url; /* http or https; of several, as FixMyStreet repeats it, one a line */
	const char *asset_number; /* attribute[asset_number] */
	const char *key;	  /* attribute[idempotency_key], else attribute[fixmystreet_id] */
	bool sms;		  /* attribute[sms]: the phone may be told by text how it goes */
};

/*! \param[out] why  what is wrong, for who asked; talloc child of ctx
 *  \returns 0; -EBADMSG no form, or not UTF-8; -EINVAL a value that cannot be */
int open311_read_filing(void *ctx, struct open311_filing *out, const char *text, size_t len,
			char **why);

/* POST servicerequestupdates.  FixMyStreet may call the number of its update update_id_ext. */
struct open311_word {
	const char *api_key, *jurisdiction_id, *service_request_id, *update_id, *status,
		*description, *media_url; /* as of a filing */
	int64_t updated_s;		  /* updated_datetime; 0 none */
};

/*! As open311_read_filing(). */
int open311_read_word(void *ctx, struct open311_word *out, const char *text, size_t len,
		      char **why);

/* GET requests and servicerequestupdates. */
struct open311_query {
	const char *refs[OPEN311_REFS_MAX]; /* service_request_id: the rest does not count then */
	size_t n_refs;
	char codes[OPEN311_CODES_SIZE]; /* ",a,b," of service_code; "" any */
	bool open, closed;
	bool by_update; /* from and to are of the last update */
	int64_t from_s, to_s;
	unsigned int limit, offset;
};

/*! Without dates: the last 90 days; with one of them: 90 days from or up to it.
 *  \param[out] out  refs are talloc children of ctx
 *  \returns 0; -EINVAL, with why */
int open311_read_query(void *ctx, struct open311_query *out, const struct target *target,
		       int64_t now_s, char **why);

/*! The same list in XML.  An object's lists stand in an element of their own, whose children bear its name without
 *  the last "s".  null is an empty element.  What XML 1.0 cannot hold is left out.
 *  \param[in] root  "service_requests"
 *  \param[in] item  "request"; NULL: json is one object, whose members stand in the root
 *  \returns talloc child of ctx */
char *open311_xml(void *ctx, const char *root, const char *item, const json_t *json);

/* A list that is written in pieces. */
struct open311_list {
	bool xml;
	const char *root, *item; /* as open311_xml() has them */
	bool begun;		 /* it has a record */
};

/*! What stands before the records, those appended to it, and what stands behind them: joined, they are the list.
 *  \returns talloc child of ctx */
char *open311_list_begin(void *ctx, const struct open311_list *list);
/*! \param[in] text  talloc'd: it has moved to what is returned */
char *open311_list_add(char *text, struct open311_list *list, const json_t *record);
char *open311_list_end(char *text, const struct open311_list *list);

/*! What a resident wrote, as anyone may read it: runs of eight digits and more, and e-mail addresses, become "...".
 *  \returns talloc child of ctx */
char *open311_public(void *ctx, const char *text);
