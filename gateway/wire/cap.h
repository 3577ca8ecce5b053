/* cap.h - an alert of the Common Alerting Protocol (OASIS CAP 1.2, urn:oasis:names:tc:emergency:cap:1.2).
 *
 * What a notice needs of it: who says it, of what kind it is, the words a language, when, and where.  The rest (resources,
 * parameters, codes, signatures) is passed over when it is read and not written.  What the schema asks for must be there
 * and be of its enumerations; its order is not asked for.  Pure: read with xml.h, so with its ceilings.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CAP_INFOS_MAX	   32	/* languages, mostly */
#define CAP_AREAS_MAX	   32	/* of an info */
#define CAP_SHAPES_MAX	   32	/* polygons, circles, geocodes: of each, of an area */
#define CAP_POINTS_MAX	   1000 /* of a polygon */
#define CAP_REFERENCES_MAX 32
#define CAP_NAME_MAX	   100 /* octets of identifier and sender */

enum cap_status { CAP_ACTUAL, CAP_EXERCISE, CAP_SYSTEM, CAP_TEST, CAP_DRAFT, CAP_STATUSES };
enum cap_type { CAP_ALERT, CAP_UPDATE, CAP_CANCEL, CAP_ACK, CAP_ERROR, CAP_TYPES };
enum cap_scope { CAP_PUBLIC, CAP_RESTRICTED, CAP_PRIVATE, CAP_SCOPES };

struct cap_point {
	double lat, lon; /* WGS 84 */
};

struct cap_circle {
	struct cap_point middle;
	double radius_km;
};

/* A ring: the last point is the first. */
struct cap_polygon {
	struct cap_point *points;
	size_t n;
};

struct cap_geocode {
	const char *name, *value;
};

struct cap_area {
	const char *desc;
	struct cap_polygon *polygons;
	struct cap_circle *circles;
	struct cap_geocode *geocodes;
	size_t n_polygons, n_circles, n_geocodes;
};

/* Texts that are not there are "", times are 0. */
struct cap_info {
	const char *language; /* RFC 3066; "en-US" where it is not said */
	const char *category; /* the first */
	const char *event, *urgency, *severity, *certainty;
	int64_t effective_s, onset_s, expires_s;
	const char *sender_name, *headline, *description, *instruction, *web;
	struct cap_area *areas;
	size_t n_areas;
};

struct cap_reference {
	const char *sender, *identifier, *sent;
};

struct cap_alert {
	const char *identifier, *sender;
	const char *sent; /* as it was written: it is part of who it is */
	int64_t sent_s;
	enum cap_status status;
	enum cap_type type;
	enum cap_scope scope;
	struct cap_reference *references;
	size_t n_references;
	struct cap_info *infos;
	size_t n_infos;
};

/*! Read one.
 *  \param[out] out  texts and lists are children of ctx
 *  \param[out] why  which element is wrong and how, child of ctx
 *  \returns 0; -EBADMSG */
int cap_read(void *ctx, struct cap_alert *out, const char *text, size_t len, char **why);

/*! Write one, in the order of the schema. Child of ctx. */
char *cap_write(void *ctx, const struct cap_alert *alert);

#define CAP_TIME_SIZE 32
/*! A time as CAP wants it, in UTC: "2026-11-24T06:50:38-00:00" (3.3.2: no "Z").
 *  \param[out] out  CAP_TIME_SIZE octets
 *  \returns out */
const char *cap_time(char *out, int64_t at_s);

const char *cap_status_name(enum cap_status status);
const char *cap_type_name(enum cap_type type);
const char *cap_scope_name(enum cap_scope scope);

/* An Atom feed (RFC 4287) of alerts. */
#define CAP_ENTRIES_MAX 64 /* newest first, as feeds are; the rest is passed over */

struct cap_entry {
	const char *id, *updated; /* as written; the same again is the same */
	const char *href;	  /* perhaps relative */
};

/*! \param[out] out  the entries, children of ctx; the array too
 *  \returns count; -ENOENT it is no feed, perhaps an alert; -EBADMSG */
int cap_feed_read(void *ctx, struct cap_entry **out, const char *text, size_t len, char **why);
