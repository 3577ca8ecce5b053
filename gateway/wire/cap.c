// SPDX-License-Identifier: AGPL-3.0-or-later
/* cap.c - see cap.h: reading.  Clauses are of CAP 1.2, 3.2. */
#include "wire/cap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "wire/rfc3339.h"
#include "wire/xml.h"

#define CAP_SPACE  "urn:oasis:names:tc:emergency:cap:1.2"
#define ATOM_SPACE "http://www.w3.org/2005/Atom"
#define POINTS_MIN 4 /* 3.2.4: the last is the first */

static const char *const statuses[] = { "Actual", "Exercise", "System", "Test", "Draft", NULL };
static const char *const types[] = { "Alert", "Update", "Cancel", "Ack", "Error", NULL };
static const char *const scopes[] = { "Public", "Restricted", "Private", NULL };
static const char *const categories[] = { "Geo",   "Met",    "Safety", "Security",  "Rescue",
					  "Fire",  "Health", "Env",    "Transport", "Infra",
					  "CBRNE", "Other",  NULL };
static const char *const urgencies[] = {
	"Immediate", "Expected", "Future", "Past", "Unknown", NULL
};
static const char *const severities[] = {
	"Extreme", "Severe", "Moderate", "Minor", "Unknown", NULL
};
/* "Very Likely" is of CAP 1.0 and to be read as Likely */
static const char *const certainties[] = { "Observed", "Likely",      "Possible", "Unlikely",
					   "Unknown",  "Very Likely", NULL };

struct reading {
	void *ctx;
	char **why;
};

const char *cap_status_name(enum cap_status status)
{
	return statuses[status];
}

const char *cap_type_name(enum cap_type type)
{
	return types[type];
}

const char *cap_scope_name(enum cap_scope scope)
{
	return scopes[scope];
}

static int wrong(struct reading *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int wrong(struct reading *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*r->why = talloc_vasprintf(r->ctx, fmt, ap);
	va_end(ap);
	return -EBADMSG;
}

/* ---- elements ---- */

static const xmlNode *next_of(const xmlNode *node, const char *name)
{
	while (node && !xml_is(node, CAP_SPACE, name))
		node = node->next;
	return node;
}

static const xmlNode *first_of(const xmlNode *parent, const char *name)
{
	return next_of(parent->children, name);
}

/* "" where it is not there */
static const char *text_of(struct reading *r, const xmlNode *parent, const char *name)
{
	const xmlNode *node = first_of(parent, name);

	return node ? xml_text(r->ctx, node) : "";
}

static int read_needed(struct reading *r, const xmlNode *parent, const char *name, const char **out)
{
	*out = text_of(r, parent, name);
	return **out ? 0 : wrong(r, "<%s> is missing", name);
}

static int read_word(struct reading *r, const xmlNode *parent, const char *name,
		     const char *const *words, unsigned int *at, const char **out)
{
	const char *text;
	int rc = read_needed(r, parent, name, &text);

	if (rc < 0)
		return rc;
	for (unsigned int i = 0; words[i]; i++) {
		if (strcmp(words[i], text) != 0)
			continue;
		if (at)
			*at = i;
		if (out)
			*out = text;
		return 0;
	}
	return wrong(r, "<%s> is \"%.40s\", which is none of its words", name, text);
}

static int read_time(struct reading *r, const xmlNode *parent, const char *name, int64_t *out)
{
	const char *text = text_of(r, parent, name);

	*out = 0;
	if (*text && (!strchr(text, 'T') || rfc3339_read(out, text, 0) < 0))
		return wrong(r, "<%s> is \"%.40s\", which is no time", name, text);
	return 0;
}

/* The children of a name, counted up to a ceiling. */
static int count_of(struct reading *r, const xmlNode *parent, const char *name, size_t max,
		    size_t *out)
{
	*out = 0;
	for (const xmlNode *node = first_of(parent, name); node; node = next_of(node->next, name))
		if (++*out > max)
			return wrong(r, "there are more than %zu <%s>", max, name);
	return 0;
}

/* ---- areas ---- */

/* A plain decimal: neither "nan" nor "0x1p3". \returns false if it is none */
static bool read_decimal(const char **text, double min, double max, double *out)
{
	size_t len = strspn(*text, "+-.0123456789");
	char *end;

	if (len == 0)
		return false;
	*out = strtod(*text, &end);
	if (end != *text + len || !(*out >= min && *out <= max))
		return false;
	*text = end;
	return true;
}

static bool read_point(const char **text, struct cap_point *out)
{
	if (!read_decimal(text, -90, 90, &out->lat) || **text != ',')
		return false;
	++*text;
	return read_decimal(text, -180, 180, &out->lon);
}

static int read_circle(struct reading *r, const xmlNode *node, struct cap_circle *out)
{
	const char *text = xml_text(r->ctx, node), *at = text;

	if (!read_point(&at, &out->middle) || *at != ' ')
		return wrong(r, "<circle> is \"%.60s\", not \"lat,lon km\"", text);
	at += strspn(at, " \t\r\n");
	if (!read_decimal(&at, 0, 20100, &out->radius_km) || *at)
		return wrong(r, "<circle> is \"%.60s\", not \"lat,lon km\"", text);
	return 0;
}

static int read_polygon(struct reading *r, const xmlNode *node, struct cap_polygon *out)
{
	const char *text = xml_text(r->ctx, node), *at = text;

	out->n = 0;
	out->points = NULL;
	while (*at) {
		if (out->n == CAP_POINTS_MAX)
			return wrong(r, "<polygon> has more than %d points", CAP_POINTS_MAX);
		out->points = talloc_realloc(r->ctx, out->points, struct cap_point, out->n + 1);
		OSMO_ASSERT(out->points);
		if (!read_point(&at, &out->points[out->n]) || (*at && !strchr(" \t\r\n", *at)))
			return wrong(r, "<polygon>: \"%.40s\" is no \"lat,lon\"", at);
		out->n++;
		at += strspn(at, " \t\r\n");
	}
	if (out->n < POINTS_MIN || out->points[0].lat != out->points[out->n - 1].lat ||
	    out->points[0].lon != out->points[out->n - 1].lon)
		return wrong(r, "<polygon> does not end where it began, or has less than 4 points");
	return 0;
}

static int read_geocode(struct reading *r, const xmlNode *node, struct cap_geocode *out)
{
	out->name = text_of(r, node, "valueName");
	out->value = text_of(r, node, "value");
	return 0;
}

#define READ_ALL(r, parent, name, max, read_one, list, count)                          \
	({                                                                             \
		size_t at_ = 0;                                                        \
		int rc_ = count_of(r, parent, name, max, &(count));                    \
		(list) = talloc_zero_array((r)->ctx, typeof(*(list)), (count) + 1);    \
		OSMO_ASSERT(list);                                                     \
		for (const xmlNode *node_ = first_of(parent, name); node_ && rc_ == 0; \
		     node_ = next_of(node_->next, name))                               \
			rc_ = read_one(r, node_, &(list)[at_++]);                      \
		rc_;                                                                   \
	})

static int read_area(struct reading *r, const xmlNode *node, struct cap_area *out)
{
	int rc = read_needed(r, node, "areaDesc", &out->desc);

	if (rc == 0)
		rc = READ_ALL(r, node, "polygon", CAP_SHAPES_MAX, read_polygon, out->polygons,
			      out->n_polygons);
	if (rc == 0)
		rc = READ_ALL(r, node, "circle", CAP_SHAPES_MAX, read_circle, out->circles,
			      out->n_circles);
	if (rc == 0)
		rc = READ_ALL(r, node, "geocode", CAP_SHAPES_MAX, read_geocode, out->geocodes,
			      out->n_geocodes);
	return rc;
}

/* ---- info ---- */

static int read_info(struct reading *r, const xmlNode *node, struct cap_info *out)
{
	int rc = 0;

	out->language = text_of(r, node, "language");
	if (!*out->language)
		out->language = "en-US"; /* 3.2.2 */
	if ((rc = read_word(r, node, "category", categories, NULL, &out->category)) < 0 ||
	    (rc = read_needed(r, node, "event", &out->event)) < 0 ||
	    (rc = read_word(r, node, "urgency", urgencies, NULL, &out->urgency)) < 0 ||
	    (rc = read_word(r, node, "severity", severities, NULL, &out->severity)) < 0 ||
	    (rc = read_word(r, node, "certainty", certainties, NULL, &out->certainty)) < 0 ||
	    (rc = read_time(r, node, "effective", &out->effective_s)) < 0 ||
	    (rc = read_time(r, node, "onset", &out->onset_s)) < 0 ||
	    (rc = read_time(r, node, "expires", &out->expires_s)) < 0)
		return rc;
	out->sender_name = text_of(r, node, "senderName");
	out->headline = text_of(r, node, "headline");
	out->description = text_of(r, node, "description");
	out->instruction = text_of(r, node, "instruction");
	out->web = text_of(r, node, "web");
	return READ_ALL(r, node, "area", CAP_AREAS_MAX, read_area, out->areas, out->n_areas);
}

/* ---- the alert ---- */

/* 3.2.1: neither white space nor commas nor "<" and "&" */
static int read_name(struct reading *r, const xmlNode *parent, const char *name, const char **out)
{
	int rc = read_needed(r, parent, name, out);

	if (rc == 0 && (strlen(*out) > CAP_NAME_MAX || (*out)[strcspn(*out, " \t\r\n,<&")]))
		return wrong(r, "<%s> is longer than %d octets, or has a space, a comma, < or &",
			     name, CAP_NAME_MAX);
	return rc;
}

/* "sender,identifier,sent sender,identifier,sent" */
static int read_references(struct reading *r, const xmlNode *alert, struct cap_alert *out)
{
	char *text = (char *)text_of(r, alert, "references");

	out->references = talloc_zero_array(r->ctx, struct cap_reference, CAP_REFERENCES_MAX);
	OSMO_ASSERT(out->references);
	while (*text) {
		size_t len = strcspn(text, " \t\r\n");
		char *one = talloc_strndup(r->ctx, text, len);
		char *identifier = strchr(one, ',');
		char *sent = identifier ? strchr(identifier + 1, ',') : NULL;

		if (!sent || strchr(sent + 1, ',') || out->n_references == CAP_REFERENCES_MAX)
			return wrong(r,
				     "<references>: \"%.60s\" is no sender,identifier,sent, or "
				     "there are more than %d",
				     one, CAP_REFERENCES_MAX);
		*identifier = *sent = '\0';
		out->references[out->n_references++] = (struct cap_reference){ one, identifier + 1,
									       sent + 1 };
		text += len + strspn(text + len, " \t\r\n");
	}
	if (out->n_references == 0 && (out->type == CAP_UPDATE || out->type == CAP_CANCEL))
		return wrong(r, "<references> is missing, which says what it follows");
	return 0;
}

static int read_alert(struct reading *r, const xmlNode *root, struct cap_alert *out)
{
	unsigned int status = 0, type = 0, scope = 0;
	int rc;

	if (!xml_is(root, CAP_SPACE, "alert"))
		return wrong(r, "it is no <alert> of %s", CAP_SPACE);
	if ((rc = read_name(r, root, "identifier", &out->identifier)) < 0 ||
	    (rc = read_name(r, root, "sender", &out->sender)) < 0 ||
	    (rc = read_needed(r, root, "sent", &out->sent)) < 0 ||
	    (rc = read_time(r, root, "sent", &out->sent_s)) < 0 ||
	    (rc = read_word(r, root, "status", statuses, &status, NULL)) < 0 ||
	    (rc = read_word(r, root, "msgType", types, &type, NULL)) < 0 ||
	    (rc = read_word(r, root, "scope", scopes, &scope, NULL)) < 0)
		return rc;
	out->status = status;
	out->type = type;
	out->scope = scope;
	rc = read_references(r, root, out);
	if (rc < 0)
		return rc;
	return READ_ALL(r, root, "info", CAP_INFOS_MAX, read_info, out->infos, out->n_infos);
}

int cap_read(void *ctx, struct cap_alert *out, const char *text, size_t len, char **why)
{
	struct reading r = { .ctx = ctx, .why = why };
	xmlDoc *doc = xml_read(ctx, text, len, why);
	int rc;

	if (!doc)
		return -EBADMSG;
	*out = (struct cap_alert){};
	rc = read_alert(&r, xmlDocGetRootElement(doc), out);
	xmlFreeDoc(doc);
	return rc;
}

/* ---- a feed ---- */

static char *attribute(void *ctx, const xmlNode *node, const char *name)
{
	xmlChar *value = xmlGetNoNsProp((xmlNode *)node, (const xmlChar *)name);
	char *out = talloc_strdup(ctx, value ? (const char *)value : "");

	xmlFree(value);
	return out;
}

/* The link that is the alert: of CAP's type if one is, else the entry's own. */
static const char *link_of(void *ctx, const xmlNode *entry)
{
	const char *own = NULL;

	for (const xmlNode *node = entry->children; node; node = node->next) {
		const char *rel, *type;

		if (!xml_is(node, ATOM_SPACE, "link"))
			continue;
		rel = attribute(ctx, node, "rel");
		type = attribute(ctx, node, "type");
		if (strncasecmp(type, "application/cap+xml", strlen("application/cap+xml")) == 0)
			return attribute(ctx, node, "href");
		if (!own && (!*rel || strcmp(rel, "alternate") == 0))
			own = attribute(ctx, node, "href");
	}
	return own ? own : "";
}

static const char *atom_text(void *ctx, const xmlNode *entry, const char *name)
{
	for (const xmlNode *node = entry->children; node; node = node->next)
		if (xml_is(node, ATOM_SPACE, name))
			return xml_text(ctx, node);
	return "";
}

int cap_feed_read(void *ctx, struct cap_entry **out, const char *text, size_t len, char **why)
{
	xmlDoc *doc = xml_read(ctx, text, len, why);
	const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	int n = 0;

	*out = talloc_zero_array(ctx, struct cap_entry, CAP_ENTRIES_MAX);
	OSMO_ASSERT(*out);
	if (!doc)
		return -EBADMSG;
	if (!xml_is(root, ATOM_SPACE, "feed")) {
		xmlFreeDoc(doc);
		return -ENOENT;
	}
	for (const xmlNode *node = root->children; node && n < CAP_ENTRIES_MAX; node = node->next) {
		struct cap_entry *entry = &(*out)[n];

		if (!xml_is(node, ATOM_SPACE, "entry"))
			continue;
		entry->href = link_of(ctx, node);
		entry->id = atom_text(ctx, node, "id");
		entry->updated = atom_text(ctx, node, "updated");
		n += *entry->href != '\0';
	}
	xmlFreeDoc(doc);
	return n;
}
