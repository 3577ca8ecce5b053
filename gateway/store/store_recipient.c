// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_recipient.c - who gets a notice, and what became of it; see store_notice.h.
 *
 * Gathering walks an index from where it stopped, so that a step is short however many there are, and
 * beginning again meets only rows that are there.
 */
#include <math.h>

#include "store/store_int.h"
#include "store/store_notice.h"

#define METRES_A_DEGREE 111195.0
#define BATCH		64
#define LANGUAGES_MAX	16

struct gathering {
	struct store *st;
	const struct notice *notice;
	int64_t added, skipped;
	size_t n;
	struct {
		char name[16];
		int64_t people;
	} languages[LANGUAGES_MAX];
};

static void count_language(struct gathering *g, const char *name)
{
	size_t i = 0;

	while (i < g->n && strcmp(g->languages[i].name, name) != 0)
		i++;
	if (i == LANGUAGES_MAX) /* more than a city has: they read its first */
		i = 0;
	if (i == g->n)
		osmo_strlcpy(g->languages[g->n++].name, name, sizeof(g->languages[0].name));
	g->languages[i].people++;
}

/* \returns 0; -EIO.  A row that is there already is none of our business. */
static int take_state(struct gathering *g, sqlite3_stmt *s)
{
	int rc = stmt_row(g->st, s);

	if (rc <= 0)
		return rc;
	g->added++;
	if (sqlite3_column_int(s, 0) == RECIPIENT_SKIPPED)
		g->skipped++;
	else
		count_language(g, column_text(s, 1));
	stmt_end(s);
	return 0;
}

static int add_person(struct gathering *g, int64_t person_id)
{
	if (!person_id)
		return 0;
	return take_state(g, STORE_BIND(g->st, STMT_RECIPIENT_PERSON, V_INT(g->notice->id),
					V_INT(person_id), V_TEXT(g->notice->list)));
}

static int add_number(struct gathering *g, const char *number, const char *language)
{
	return take_state(g, STORE_BIND(g->st, STMT_RECIPIENT_NUMBER, V_INT(g->notice->id),
					V_TEXT(number), V_TEXT(g->notice->list),
					V_TEXT(language && *language ? language : NULL)));
}

static int counted(struct gathering *g)
{
	int rc;

	if (g->added == 0)
		return 0;
	rc = STORE_RUN(g->st, STMT_NOTICE_GATHERED, V_INT(g->added), V_INT(g->skipped),
		       V_INT(g->notice->id));
	for (size_t i = 0; i < g->n && rc >= 0; i++)
		rc = STORE_RUN(g->st, STMT_NOTICE_LANGUAGE_ADD, V_INT(g->notice->id),
			       V_TEXT(g->languages[i].name), V_INT(g->languages[i].people));
	return rc < 0 ? rc : 0;
}

static int add_followers(struct gathering *g, int64_t report_id)
{
	sqlite3_stmt *s = STORE_BIND(g->st, STMT_RECIPIENT_FOLLOWERS, V_INT(report_id));
	int rc;

	while ((rc = stmt_row(g->st, s)) > 0) {
		rc = add_person(g, sqlite3_column_int64(s, 0));
		if (rc < 0) {
			stmt_end(s);
			return rc;
		}
	}
	return rc;
}

/* ---- a pass: rows of id, person, created, lat, lon ---- */

/* Even and odd: a ray to the east crosses the ring's edges. */
static bool is_in_ring(const struct recipient_query *q, double lat, double lon)
{
	bool in = false;

	for (size_t i = 0; i < q->n_ring; i++) {
		const struct recipient_point *a = &q->ring[i], *b = &q->ring[(i + 1) % q->n_ring];

		if ((a->lat > lat) == (b->lat > lat))
			continue;
		if (lon < a->lon + (lat - a->lat) / (b->lat - a->lat) * (b->lon - a->lon))
			in = !in;
	}
	return in;
}

static double lat_from(const struct recipient_query *q)
{
	double from = q->source == SOURCE_POLYGON ? 90 : q->lat - q->radius_m / METRES_A_DEGREE;

	for (size_t i = 0; i < q->n_ring; i++)
		from = OSMO_MIN(from, q->ring[i].lat);
	return from;
}

static double lat_to(const struct recipient_query *q)
{
	double to = q->source == SOURCE_POLYGON ? -90 : q->lat + q->radius_m / METRES_A_DEGREE;

	for (size_t i = 0; i < q->n_ring; i++)
		to = OSMO_MAX(to, q->ring[i].lat);
	return to;
}

/* On the plane: good to a thousandth within a city. */
static bool is_within(const struct recipient_query *q, double lat, double lon)
{
	double y = (lat - q->lat) * METRES_A_DEGREE;
	double x = (lon - q->lon) * METRES_A_DEGREE * cos(q->lat * M_PI / 180);

	if (q->source == SOURCE_POLYGON)
		return is_in_ring(q, lat, lon);
	return x * x + y * y <= q->radius_m * q->radius_m;
}

static int take_report(struct gathering *g, const struct recipient_query *q, sqlite3_stmt *s,
		       struct recipient_cursor *cursor)
{
	int64_t id = sqlite3_column_int64(s, 0);
	int rc;

	cursor->id = id;
	cursor->lat = sqlite3_column_double(s, 3);
	if (sqlite3_column_int64(s, 2) < q->since_s)
		return 0;
	if ((q->source == SOURCE_CIRCLE || q->source == SOURCE_POLYGON) &&
	    !is_within(q, cursor->lat, sqlite3_column_double(s, 4)))
		return 0;
	rc = add_person(g, sqlite3_column_int64(s, 1));
	return rc < 0 ? rc : add_followers(g, id);
}

static sqlite3_stmt *reports(struct store *st, const struct recipient_query *q, size_t max,
			     const struct recipient_cursor *cursor)
{
	switch (q->source) {
	case SOURCE_AREA:
		return STORE_BIND(st, STMT_RECIPIENT_AREA, V_INT(q->ref), V_INT(cursor->id),
				  V_INT(max));
	case SOURCE_STREET:
		return STORE_BIND(st, STMT_RECIPIENT_STREET, V_INT(q->ref), V_INT(cursor->id),
				  V_INT(max));
	case SOURCE_CATEGORY:
		return STORE_BIND(st, STMT_RECIPIENT_CATEGORY, V_TEXT(q->category),
				  V_INT(cursor->id), V_INT(max));
	case SOURCE_CIRCLE:
	case SOURCE_POLYGON:
		return STORE_BIND(st, STMT_RECIPIENT_LAT,
				  V_REAL(cursor->id ? cursor->lat : lat_from(q)), V_INT(cursor->id),
				  V_REAL(lat_to(q)), V_INT(max));
	default:
		return STORE_BIND(st, STMT_RECIPIENT_REPORT, V_INT(q->ref), V_INT(cursor->id));
	}
}

static int pass_reports(struct gathering *g, const struct recipient_query *q, size_t max,
			struct recipient_cursor *cursor)
{
	sqlite3_stmt *s = reports(g->st, q, max, cursor);
	size_t n = 0;
	int rc;

	while ((rc = stmt_row(g->st, s)) > 0) {
		n++;
		rc = take_report(g, q, s, cursor);
		if (rc < 0) {
			stmt_end(s);
			return rc;
		}
	}
	return rc < 0 ? rc : n == max;
}

/* Whoever subscribed to a street wants what is of the area, or the circle, that it is in. */
static bool street_fits(struct gathering *g, const struct recipient_query *q, int64_t street_id)
{
	sqlite3_stmt *s;
	bool fits = false;
	int64_t one;

	if (q->source == SOURCE_AREA)
		return STORE_GET(g->st, &one, STMT_STREET_IN_AREA, V_INT(street_id),
				 V_INT(q->ref)) == 0;
	s = STORE_BIND(g->st, STMT_STREET_LAT, V_INT(street_id), V_REAL(lat_from(q)),
		       V_REAL(lat_to(q)));
	while (!fits && stmt_row(g->st, s) > 0)
		fits = is_within(q, sqlite3_column_double(s, 0), sqlite3_column_double(s, 1));
	if (fits)
		stmt_end(s);
	return fits;
}

static int pass_streets(struct gathering *g, const struct recipient_query *q, size_t max,
			struct recipient_cursor *cursor)
{
	sqlite3_stmt *s = STORE_BIND(g->st, STMT_RECIPIENT_STREETS, V_INT(cursor->id), V_INT(max));
	int64_t street = 0;
	bool fits = false;
	size_t n = 0;
	int rc;

	while ((rc = stmt_row(g->st, s)) > 0) {
		n++;
		cursor->id = sqlite3_column_int64(s, 0);
		if (street != sqlite3_column_int64(s, 2)) {
			street = sqlite3_column_int64(s, 2);
			fits = street_fits(g, q, street);
		}
		rc = fits ? add_person(g, sqlite3_column_int64(s, 1)) : 0;
		if (rc < 0) {
			stmt_end(s);
			return rc;
		}
	}
	return rc < 0 ? rc : n == max;
}

static int add_subscribers(struct gathering *g, sqlite3_stmt *s, size_t max,
			   struct recipient_cursor *cursor)
{
	size_t n = 0;
	int rc;

	while ((rc = stmt_row(g->st, s)) > 0) {
		n++;
		cursor->id = sqlite3_column_int64(s, 0);
		rc = add_person(g, cursor->id);
		if (rc < 0) {
			stmt_end(s);
			return rc;
		}
	}
	return rc < 0 ? rc : n == max;
}

static sqlite3_stmt *subscribed(struct gathering *g, const char *kind, int64_t ref,
				const char *category, size_t max,
				const struct recipient_cursor *cursor)
{
	return STORE_BIND(g->st, STMT_RECIPIENT_SUBSCRIBED, V_TEXT(kind), V_INT(ref),
			  V_TEXT(category), V_INT(cursor->id), V_INT(max));
}

static int pass_subscribers(struct gathering *g, const struct recipient_query *q, size_t max,
			    struct recipient_cursor *cursor)
{
	sqlite3_stmt *s;

	switch (q->source) {
	case SOURCE_AREA:
		s = subscribed(g, "area", q->ref, "", max, cursor);
		break;
	case SOURCE_STREET:
		s = subscribed(g, "street", q->ref, "", max, cursor);
		break;
	case SOURCE_CATEGORY:
		s = subscribed(g, "category", 0, q->category, max, cursor);
		break;
	default:
		s = STORE_BIND(g->st, STMT_RECIPIENT_SUBSCRIBERS, V_INT(cursor->id), V_INT(max));
	}
	return add_subscribers(g, s, max, cursor);
}

/* Whoever subscribed to an area wants what is of its streets, and of a group what is of its categories. */
static int pass_wider(struct gathering *g, const struct recipient_query *q, size_t max,
		      struct recipient_cursor *cursor)
{
	if (q->source == SOURCE_STREET && q->area_id)
		return add_subscribers(g, subscribed(g, "area", q->area_id, "", max, cursor), max,
				       cursor);
	if (q->source == SOURCE_CATEGORY && q->group)
		return add_subscribers(g, subscribed(g, "category", 0, q->group, max, cursor), max,
				       cursor);
	return 0;
}

static int pass_all(struct gathering *g, const struct recipient_query *q, size_t max,
		    struct recipient_cursor *cursor)
{
	return add_subscribers(g, subscribed(g, "all", 0, "", max, cursor), max, cursor);
}

static int pass_notice(struct gathering *g, const struct recipient_query *q, size_t max,
		       struct recipient_cursor *cursor)
{
	sqlite3_stmt *s = STORE_BIND(g->st, STMT_RECIPIENT_OF_NOTICE, V_INT(q->ref),
				     V_TEXT(cursor->number), V_INT(max));
	size_t n = 0;
	int rc;

	while ((rc = stmt_row(g->st, s)) > 0) {
		n++;
		COLUMN_INTO(cursor->number, s, 0);
		rc = add_number(g, cursor->number, column_text(s, 1));
		if (rc < 0) {
			stmt_end(s);
			return rc;
		}
	}
	return rc < 0 ? rc : n == max;
}

typedef int pass(struct gathering *g, const struct recipient_query *q, size_t max,
		 struct recipient_cursor *cursor);

#define PASSES_MAX 4

static pass *const passes[][PASSES_MAX] = {
	[SOURCE_REPORT] = { pass_reports },
	[SOURCE_AREA] = { pass_reports, pass_subscribers, pass_streets, pass_all },
	[SOURCE_STREET] = { pass_reports, pass_subscribers, pass_wider, pass_all },
	[SOURCE_CATEGORY] = { pass_reports, pass_subscribers, pass_wider, pass_all },
	[SOURCE_CIRCLE] = { pass_reports, pass_streets, pass_all },
	[SOURCE_POLYGON] = { pass_reports, pass_streets, pass_all },
	[SOURCE_NOTICE] = { pass_notice },
	[SOURCE_SUBSCRIBERS] = { pass_subscribers },
};

int store_recipients_gather(struct store *st, const struct notice *notice,
			    const struct recipient_query *query, size_t max,
			    struct recipient_cursor *cursor)
{
	struct gathering g = { .st = st, .notice = notice };
	pass *next = cursor->pass < PASSES_MAX ? passes[query->source][cursor->pass] : NULL;
	int rc;

	if (!next) {
		cursor->done = true;
		return 0;
	}
	rc = next(&g, query, max, cursor);
	if (rc < 0)
		return rc;
	if (rc == 0)
		*cursor = (struct recipient_cursor){ .pass = cursor->pass + 1 };
	cursor->done = cursor->pass >= PASSES_MAX || !passes[query->source][cursor->pass];
	return counted(&g);
}

int store_recipient_add(struct store *st, const struct notice *notice, const char *number,
			const char *language)
{
	struct gathering g = { .st = st, .notice = notice };
	int rc = add_number(&g, number, language);

	if (rc == 0)
		rc = counted(&g);
	if (rc < 0)
		return rc;
	return g.added == 0 ? -EEXIST : g.skipped > 0;
}

int store_recipients_add(struct store *st, const struct notice *notice,
			 const struct recipient *rows, size_t n)
{
	struct gathering g = { .st = st, .notice = notice };
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_number(&g, rows[i].number, rows[i].language);
	return rc < 0 ? rc : counted(&g);
}

/* ---- sending ---- */

int store_recipient_put(struct store *st, int64_t notice_id, const char *number,
			enum recipient_state state)
{
	return one_row(
		STORE_RUN(st, STMT_RECIPIENT_PUT, V_INT(state), V_INT(notice_id), V_TEXT(number)));
}

int store_recipient_get(struct store *st, int64_t notice_id, const char *number,
			enum recipient_state *state)
{
	int64_t value;
	int rc = STORE_GET(st, &value, STMT_RECIPIENT_GET, V_INT(notice_id), V_TEXT(number));

	if (rc == 0)
		*state = value;
	return rc;
}

/* Up to BATCH at a time: those that may not have it any more are put aside when the walk is over.
 * \returns how many were looked at */
static int due_batch(struct store *st, enum stmt which, const struct notice *notice,
		     struct recipient *out, size_t max, size_t *taken)
{
	char stopped[BATCH][PHONE_SIZE];
	size_t n_stopped = 0, n = 0;
	sqlite3_stmt *s = STORE_BIND(st, which, V_INT(notice->id), V_TEXT(notice->list),
				     V_INT(OSMO_MIN(max, (size_t)BATCH)));
	int rc;

	while ((rc = stmt_row(st, s)) > 0) {
		struct recipient *r = &out[*taken];

		n++;
		if (sqlite3_column_int(s, 3)) {
			COLUMN_INTO(stopped[n_stopped], s, 0);
			n_stopped++;
			continue;
		}
		r->notice_id = notice->id;
		COLUMN_INTO(r->number, s, 0);
		r->person_id = sqlite3_column_int64(s, 1);
		COLUMN_INTO(r->language, s, 2);
		(*taken)++;
	}
	for (size_t i = 0; i < n_stopped && rc == 0; i++)
		rc = store_recipient_put(st, notice->id, stopped[i], RECIPIENT_SKIPPED);
	return rc < 0 ? rc : (int)n_stopped;
}

static int some_of(struct store *st, enum stmt which, const struct notice *notice,
		   struct recipient *out, size_t max)
{
	size_t taken;
	int skipped;

	max = OSMO_MIN(max, (size_t)BATCH);
	do {
		taken = 0;
		skipped = due_batch(st, which, notice, out, max, &taken);
		if (skipped < 0)
			return skipped;
	} while (taken == 0 && skipped > 0);
	return taken;
}

int store_recipients_due(struct store *st, const struct notice *notice, struct recipient *out,
			 size_t max)
{
	return some_of(st, STMT_RECIPIENT_DUE, notice, out, max);
}

int store_recipients_to_call(struct store *st, const struct notice *notice, struct recipient *out,
			     size_t max)
{
	return some_of(st, STMT_RECIPIENT_TO_CALL, notice, out, max);
}

int64_t store_notice_calls(struct store *st, int64_t notice_id)
{
	int64_t n = 0;
	int rc = STORE_GET(st, &n, STMT_NOTICE_CALLS, V_INT(notice_id));

	return rc < 0 ? rc : n;
}

int store_outbox_of_notice(struct store *st, int64_t outbox_id, int64_t notice_id)
{
	return one_row(STORE_RUN(st, STMT_OUTBOX_OF_NOTICE, V_INT(notice_id), V_INT(outbox_id)));
}

/* Those that wait; what is being dialled is heard to its end. */
static int withdraw_calls(struct store *st, int64_t notice_id, int64_t now_s)
{
	int64_t id;
	int count = 0, rc;

	while ((rc = STORE_GET(st, &id, STMT_NOTICE_CALLED, V_INT(notice_id))) == 0) {
		rc = STORE_RUN(st, STMT_RECIPIENT_CALL_BACK, V_INT(id));
		if (rc >= 0)
			rc = STORE_RUN(st, STMT_CALLOUT_NO_NOTICE, V_INT(id));
		if (rc >= 0)
			rc = STORE_RUN(st, STMT_CALLOUT_END, V_TEXT("dropped"), V_TEXT("withdrawn"),
				       V_INT(now_s), V_INT(id));
		if (rc < 0)
			return rc;
		count++;
	}
	return rc == -ENOENT ? count : rc;
}

/* \param[in] recipient  statement that says what becomes of its recipient */
static int withdraw_text(struct store *st, int64_t outbox_id, enum stmt recipient, int64_t now_s)
{
	int rc = STORE_RUN(st, recipient, V_INT(outbox_id));

	if (rc >= 0)
		rc = STORE_RUN(st, STMT_OUTBOX_NO_NOTICE, V_INT(outbox_id));
	if (rc >= 0)
		rc = STORE_RUN(st, STMT_OUTBOX_EXPIRE, V_INT(outbox_id));
	if (rc >= 0)
		rc = STORE_RUN(st, STMT_OUTBOX_CLOSE, V_INT(now_s), V_INT(outbox_id));
	return rc;
}

static int withdraw_texts(struct store *st, int64_t notice_id, int64_t now_s)
{
	int count = 0, rc;
	int64_t outbox_id;

	while ((rc = STORE_GET(st, &outbox_id, STMT_NOTICE_QUEUED, V_INT(notice_id))) == 0) {
		rc = withdraw_text(st, outbox_id, STMT_RECIPIENT_BACK, now_s);
		if (rc < 0)
			return rc;
		count++;
	}
	return rc == -ENOENT ? count : rc;
}

int store_notice_stopped(struct store *st, int64_t person_id, const char *list, int64_t now_s)
{
	int64_t id;
	int rc;

	while ((rc = STORE_GET(st, &id, STMT_NOTICE_STOPPED_TEXT, V_INT(person_id),
			       V_TEXT(list))) == 0) {
		rc = withdraw_text(st, id, STMT_RECIPIENT_SKIP, now_s);
		if (rc < 0)
			return rc;
	}
	while (rc == -ENOENT && (rc = STORE_GET(st, &id, STMT_NOTICE_STOPPED_CALL, V_INT(person_id),
						V_TEXT(list))) == 0) {
		rc = STORE_RUN(st, STMT_CALLOUT_END, V_TEXT("dropped"), V_TEXT("stopped"),
			       V_INT(now_s), V_INT(id));
		if (rc < 0)
			return rc;
		rc = -ENOENT;
	}
	return rc == -ENOENT ? 0 : rc;
}

int store_notice_withdraw_held(struct store *st, int64_t part_id, int64_t now_s)
{
	int64_t id;
	int rc = STORE_GET(st, &id, STMT_NOTICE_HELD, V_INT(part_id));

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	rc = withdraw_texts(st, id, now_s);
	return OSMO_MIN(rc, 0);
}

int store_notice_withdraw(struct store *st, int64_t notice_id, int64_t now_s)
{
	int texts = withdraw_texts(st, notice_id, now_s), calls;

	if (texts < 0)
		return texts;
	calls = withdraw_calls(st, notice_id, now_s);
	return calls < 0 ? calls : texts + calls;
}
