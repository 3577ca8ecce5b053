// SPDX-License-Identifier: AGPL-3.0-or-later
#include "flow/inlet.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "log.h"
#include "store/store_open311.h"

#define CHANNEL "open311"

/* An outcome that waits for its commit. */
struct answer {
	void (*filed)(int rc, const char *reference, void *data);
	void (*said)(int rc, int64_t event_id, void *data);
	void *data;
	char reference[REPORT_REFERENCE_SIZE];
	int64_t event_id;
};

static void settle(void *data, uint64_t arg, bool ok)
{
	struct answer *an = data;
	int rc = ok ? 0 : -EIO;

	if (an->filed)
		an->filed(rc, an->reference, an->data);
	else
		an->said(rc, an->event_id, an->data);
	talloc_free(an);
}

/* \returns 1 filed before: id; 0 not yet; -EEXIST; -EIO */
static int filed_before(struct store *st, const struct inlet_filing *f, int64_t now_s, int64_t *id)
{
	char content[STORE_OPEN311_CONTENT_SIZE];
	int rc;

	if (!f->key) {
		rc = store_open311_same(st, f->source, f->content, now_s - INLET_SAME_S, id);
		return rc == -ENOENT ? 0 : rc < 0 ? rc : 1;
	}
	rc = store_open311_by_key(st, f->source, f->key, id, content);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	return strcmp(content, f->content) == 0 ? 1 : -EEXIST;
}

static int reference_of(struct store *st, int64_t id, char *reference)
{
	void *ctx = talloc_new(st);
	struct report r;
	int rc = store_report_get(ctx, st, id, &r);

	if (rc == 0)
		osmo_strlcpy(reference, r.reference, REPORT_REFERENCE_SIZE);
	talloc_free(ctx);
	return rc;
}

static int file(struct store *st, struct desk *d, const struct talk *talk,
		const struct inlet_filing *f, char *reference)
{
	struct desk_filing report = f->report;
	int64_t id, now_s = clock_now_s();
	struct person p;
	int rc = filed_before(st, f, now_s, &id);

	if (rc != 0)
		return rc < 0 ? rc : reference_of(st, id, reference);
	report.channel = CHANNEL;
	if (f->number) {
		rc = store_person_get(st, f->number, now_s, &p);
		if (rc < 0)
			return rc;
		report.person_id = p.id;
	}
	rc = desk_file(d, talk, &report, now_s, reference, &id);
	if (rc == 0)
		rc = store_open311_add(st, id, f->source, f->key, f->content, f->media_url, now_s);
	return rc;
}

void inlet_file(struct store *st, struct desk *d, const struct talk *talk,
		const struct inlet_filing *f,
		void (*done)(int rc, const char *reference, void *data), void *data)
{
	struct answer *an = talloc_zero(st, struct answer);
	int rc = store_begin(st);

	OSMO_ASSERT(an);
	an->filed = done;
	an->data = data;
	if (rc == 0) {
		rc = file(st, d, talk, f, an->reference);
		if (rc == 0) {
			store_after(st, settle, an, 0);
			store_end(st);
			return;
		}
		store_undo(st);
	}
	talloc_free(an);
	done(rc, NULL, data);
}

static int say(struct store *st, struct desk *d, const struct inlet_word *w, int64_t *event_id)
{
	void *ctx = talloc_new(st);
	struct report r;
	int rc = store_report_by_reference(ctx, st, w->reference, &r);

	if (rc == 0) {
		rc = store_open311_is(st, r.id, w->source);
		rc = rc == 0 ? -EPERM : rc < 0 ? rc : 0;
	}
	if (rc == 0) {
		rc = store_open311_update(st, w->source, w->update_id, event_id);
		if (rc == -ENOENT) {
			struct desk_word word = {
				.state = w->state,
				.note = w->note,
				.channel = CHANNEL,
				.said_s = w->said_s,
			};

			rc = desk_word(d, r.id, &word, clock_now_s(), event_id);
			if (rc == 0)
				rc = store_open311_update_add(st, w->source, w->update_id,
							      *event_id, w->media_url);
		}
	}
	talloc_free(ctx);
	return rc;
}

void inlet_word(struct store *st, struct desk *d, const struct inlet_word *w,
		void (*done)(int rc, int64_t event_id, void *data), void *data)
{
	struct answer *an = talloc_zero(st, struct answer);
	int rc = store_begin(st);

	OSMO_ASSERT(an);
	an->said = done;
	an->data = data;
	if (rc == 0) {
		rc = say(st, d, w, &an->event_id);
		if (rc == 0) {
			store_after(st, settle, an, 0);
			store_end(st);
			return;
		}
		store_undo(st);
	}
	talloc_free(an);
	done(rc, 0, data);
}
