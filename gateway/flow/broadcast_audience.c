// SPDX-License-Identifier: AGPL-3.0-or-later
/* broadcast_audience.c - who is meant: names of areas, streets and places looked up. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/broadcast_int.h"

#define DAY_S	   86400
#define LIVES_DAYS 730
#define RADIUS_MIN 10
#define RADIUS_MAX 50000
#define RING_MAX   1000

struct reader {
	void *ctx;
	struct broadcast *bc;
	const json_t *json; /* of one */
	struct recipient_query *q;
	char **error;
};

static int wrong(struct reader *r, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int wrong(struct reader *r, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*r->error = talloc_vasprintf(r->ctx, fmt, ap);
	va_end(ap);
	return rc;
}

static int read_area(struct reader *r, const char *name)
{
	char shown[64];
	int rc = store_area_find(r->bc->st, name, &r->q->ref, shown, sizeof(shown));

	if (rc == -ENOENT)
		return wrong(r, rc, "no area \"%s\": as in the register, \"centrum\"", name);
	r->q->source = SOURCE_AREA;
	return rc;
}

static int read_street(struct reader *r, const char *name)
{
	struct street street;
	struct place middle;
	char *folded = phrase_fold(r->ctx, name);
	int n = store_street_exact(r->bc->st, folded, &street, 1);

	talloc_free(folded);
	if (n < 0)
		return n;
	if (n == 0)
		return wrong(r, -ENOENT, "no street \"%s\" in the register", name);
	r->q->source = SOURCE_STREET;
	r->q->ref = street.id;
	n = store_place_on_street(r->bc->st, street.id, &middle);
	if (n == 0)
		r->q->area_id = middle.area_id;
	return n == -ENOENT ? 0 : n;
}

static int read_report(struct reader *r, const char *text)
{
	char reference[REPORT_REFERENCE_SIZE];
	struct report report;
	int rc;

	if (report_reference_read(reference, text) < 0)
		return wrong(r, -EINVAL, "\"%s\" is no number of a report", text);
	rc = store_report_by_reference(r->ctx, r->bc->st, reference, &report);
	if (rc == -ENOENT)
		return wrong(r, rc, "no report %s", text);
	r->q->source = SOURCE_REPORT;
	r->q->ref = report.id;
	return rc;
}

static int read_category(struct reader *r, const char *slug)
{
	const struct category *cat = category_find((*r->bc->talk)->categories, slug);

	if (!cat)
		return wrong(r, -ENOENT, "no category \"%s\": as in categories.yaml", slug);
	r->q->source = SOURCE_CATEGORY;
	r->q->category = talloc_strdup(r->ctx, slug);
	r->q->group = talloc_asprintf(r->ctx, "main:%s", cat->main);
	return 0;
}

/* The desk finds it as it finds what a resident texts. */
static int find_place(struct reader *r, const char *text)
{
	const struct talk *talk = *r->bc->talk;
	struct dialogue_turn turn = { .now_s = clock_now_s(), .talk = talk };
	struct dialogue_found found = {};
	json_t *slots = json_object(), *first;
	int rc;

	OSMO_STRLCPY_ARRAY(turn.language, talk->languages[0]);
	rc = desk_ops.find(r->bc->desk, "place", text, slots, &turn, &found);
	first = json_array_get(found.candidates, 0);
	if (rc == 0 && (!first || !json_is_number(json_object_get(first, "lat"))))
		rc = wrong(r, -ENOENT,
			   "no place \"%s\": a postcode and number, a street and number", text);
	if (rc == 0) {
		r->q->lat = json_number_value(json_object_get(first, "lat"));
		r->q->lon = json_number_value(json_object_get(first, "lon"));
	}
	json_decref(found.candidates);
	json_decref(slots);
	return rc;
}

static int read_circle(struct reader *r, const char *near)
{
	const json_t *lat = json_object_get(r->json, "lat"), *lon = json_object_get(r->json, "lon");

	r->q->source = SOURCE_CIRCLE;
	r->q->radius_m = json_number_value(json_object_get(r->json, "radius"));
	if (!(r->q->radius_m >= RADIUS_MIN && r->q->radius_m <= RADIUS_MAX))
		return wrong(r, -EINVAL, "give \"radius\" in metres, 10 to 50000");
	if (near)
		return find_place(r, near);
	r->q->lat = json_number_value(lat);
	r->q->lon = json_number_value(lon);
	if (!json_is_number(lat) || !json_is_number(lon) || r->q->lat < -90 || r->q->lat > 90 ||
	    r->q->lon < -180 || r->q->lon > 180)
		return wrong(r, -EINVAL, "give \"near\", or \"lat\" and \"lon\" in degrees");
	return 0;
}

/* Corners of [lat, lon]; 1000 as in wire/cap.h. */
static int read_polygon(struct reader *r, const json_t *corners)
{
	size_t n = json_array_size(corners);
	struct recipient_point *ring;

	if (n < 3 || n > RING_MAX)
		return wrong(r, -EINVAL, "a polygon has 3 to %d corners", RING_MAX);
	ring = talloc_zero_array(r->ctx, struct recipient_point, n);
	OSMO_ASSERT(ring);
	for (size_t i = 0; i < n; i++) {
		const json_t *corner = json_array_get(corners, i);
		const json_t *lat = json_array_get(corner, 0), *lon = json_array_get(corner, 1);

		ring[i].lat = json_number_value(lat);
		ring[i].lon = json_number_value(lon);
		if (json_array_size(corner) != 2 || !json_is_number(lat) || !json_is_number(lon) ||
		    ring[i].lat < -90 || ring[i].lat > 90 || ring[i].lon < -180 ||
		    ring[i].lon > 180)
			return wrong(r, -EINVAL, "corner %zu of the polygon is no [lat, lon]", i);
	}
	r->q->source = SOURCE_POLYGON;
	r->q->ring = ring;
	r->q->n_ring = n;
	return 0;
}

static const struct {
	const char *word;
	int (*read)(struct reader *r, const char *text);
} words[] = {
	{ "area", read_area },	       { "street", read_street }, { "report", read_report },
	{ "category", read_category }, { "near", read_circle },
};

/* \returns 1: it names people that are added by others; 0; -EINVAL, -ENOENT, -EIO */
static int read_one(struct reader *r)
{
	int lives_days = r->bc->cfg.lives_days ? r->bc->cfg.lives_days : LIVES_DAYS;

	r->q->since_s = clock_now_s() - (int64_t)lives_days * DAY_S;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const json_t *value = json_object_get(r->json, words[i].word);

		if (json_is_string(value))
			return words[i].read(r, json_string_value(value));
		if (value)
			return wrong(r, -EINVAL, "\"%s\" of the audience is no text",
				     words[i].word);
	}
	if (json_object_get(r->json, "polygon"))
		return read_polygon(r, json_object_get(r->json, "polygon"));
	if (json_object_get(r->json, "lat"))
		return read_circle(r, NULL);
	if (json_is_true(json_object_get(r->json, "subscribers"))) {
		r->q->source = SOURCE_SUBSCRIBERS;
		return 0;
	}
	if (json_is_integer(json_object_get(r->json, "file")))
		return 1;
	return wrong(r, -EINVAL,
		     "the audience is one of area, street, near, polygon, report, category, "
		     "subscribers or a file");
}

static int read_all(struct reader *r, const json_t *all, struct audience *out)
{
	size_t n = json_is_array(all) ? json_array_size(all) : 1;

	if (n == 0 || n > BROADCAST_AUDIENCE_MAX)
		return wrong(r, -EINVAL, "the audience has 1 to 32 parts");
	for (size_t i = 0; i < n; i++) {
		int rc;

		r->json = json_is_array(all) ? json_array_get(all, i) : all;
		r->q = &out->queries[out->n];
		*r->q = (struct recipient_query){};
		rc = read_one(r);
		if (rc < 0)
			return rc;
		out->n += rc == 0;
	}
	return 0;
}

int audience_read(void *ctx, struct broadcast *bc, const char *json, struct audience *out,
		  char **error)
{
	struct reader r = { .ctx = ctx, .bc = bc, .error = error };
	json_t *all = json_loads(json, 0, NULL);
	int rc;

	out->n = 0;
	rc = all ? read_all(&r, all, out) : wrong(&r, -EINVAL, "the audience is no JSON");
	json_decref(all);
	return rc;
}

int broadcast_audience_check(void *ctx, struct broadcast *bc, const char *json, char **error)
{
	struct audience *found = talloc_zero(ctx, struct audience);
	int rc;

	OSMO_ASSERT(found);
	rc = audience_read(ctx, bc, json, found, error);
	talloc_free(found);
	return rc;
}
