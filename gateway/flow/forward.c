// SPDX-License-Identifier: AGPL-3.0-or-later
/* forward.c - see forward.h.  One ask a contractor at a time keeps orders in order; the row stays due
 * until its outcome is written, and its idempotency key makes a repeat after a kill harmless. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/forward_int.h"
#include "log.h"

/* Pauses after a failed try, in seconds; the last one repeats for ever. */
static const int ladder_s[] = { 5, 30, 120, 600, 1800, 3600, 2 * 3600, 4 * 3600, 6 * 3600 };

static int64_t pause_s(struct store *st, unsigned int tries)
{
	int base_s = ladder_s[OSMO_MIN(tries, ARRAY_SIZE(ladder_s) - 1)];

	/* jitter: up to a fifth more, so that a city's orders do not come back in step */
	return base_s + (int64_t)(store_random(st) % (base_s / 5 + 1));
}

static void run_soon(void *data, uint64_t arg, bool ok)
{
	struct forwarder *fw = data;

	if (ok && !osmo_timer_pending(&fw->run_timer))
		osmo_timer_schedule(&fw->run_timer, 0, 0);
}

/* ---- from the desk: inside a step ---- */

static const char *route(struct forwarder *fw, const struct report *report, const char *area)
{
	const struct category *cat = category_find((*fw->talk)->categories, report->category);
	struct forward_peer *pe;

	llist_for_each_entry (pe, &fw->peers, list)
		if (contractor_does(contractor_cfg_of(pe->c), report->category,
				    cat ? cat->main : NULL, area))
			return forward_peer_name(pe);
	return NULL;
}

#define AREA_SLUG_SIZE 64

static const char *area_slug(void *ctx, struct forwarder *fw, const struct report *report)
{
	char *slug;

	if (!report->area_id)
		return NULL;
	slug = talloc_zero_size(ctx, AREA_SLUG_SIZE);
	return store_area_slug(fw->st, report->area_id, slug, AREA_SLUG_SIZE) == 0 ? slug : NULL;
}

static void alarm_unrouted(struct forwarder *fw, const struct report *report)
{
	char what[64], detail[160];

	snprintf(what, sizeof(what), "unrouted %s", report->category);
	snprintf(detail, sizeof(detail),
		 "no contractor does %s in %s: add the category to one, then: forward again",
		 report->category, report->area ? report->area : "(no area)");
	LOGP(DFLOW, LOGL_ERROR, "report %s: %s\n", report->reference, detail);
	store_alarm(fw->st, what, true, detail, clock_now_s());
}

void forwarder_filed(int64_t report_id, void *data)
{
	struct forwarder *fw = data;
	void *ctx = talloc_new(fw);
	struct report report;
	const char *name;
	int64_t id;

	if (store_report_get(ctx, fw->st, report_id, &report) == 0) {
		name = route(fw, &report, area_slug(ctx, fw, &report));
		if (!name)
			alarm_unrouted(fw, &report);
		else
			store_report_assign(fw->st, report_id, name, NULL);
		store_forward_add(fw->st, report_id, 0, name ? name : "", clock_now_s(), &id);
		notify_watch(fw->nt, &report);
		store_after(fw->st, run_soon, fw, 0);
	}
	talloc_free(ctx);
}

void forwarder_told(int64_t report_id, int64_t event_id, void *data)
{
	struct forwarder *fw = data;
	void *ctx = talloc_new(fw);
	struct report report;
	int64_t id;

	if (store_report_get(ctx, fw->st, report_id, &report) == 0) {
		store_forward_add(fw->st, report_id, event_id, report.contractor, clock_now_s(),
				  &id);
		notify_watch(fw->nt, &report);
		store_after(fw->st, run_soon, fw, 0);
	}
	talloc_free(ctx);
}

/* The row of the report that is on its way to this contractor now; 0 none */
static int64_t under_way(const struct forwarder *fw, const struct report *report)
{
	struct forward row;
	struct forward_peer *pe;
	void *ctx;
	bool is_it;

	llist_for_each_entry (pe, &fw->peers, list) {
		if (!pe->sending || strcmp(forward_peer_name(pe), report->contractor) != 0)
			continue;
		ctx = talloc_new(fw);
		is_it = store_forward_get(ctx, fw->st, pe->forward_id, &row) == 0 &&
			row.report_id == report->id;
		talloc_free(ctx);
		return is_it ? pe->forward_id : 0;
	}
	return 0;
}

static int withdraw(struct forwarder *fw, const struct report *report, int64_t event_id,
		    int64_t now_s)
{
	int rc = store_forward_drop(fw->st, report->id, report->contractor, under_way(fw, report),
				    now_s);

	if (rc >= 0 && report->contractor[0])
		rc = store_forward_heard(fw->st, report->id, report->contractor);
	else if (rc > 0)
		rc = 0; /* it was nobody's yet */
	if (rc > 0)
		rc = store_forward_withdraw(fw->st, report->id, event_id, report->contractor,
					    report->contractor_ref, now_s);
	return rc;
}

int forwarder_hand_over(struct forwarder *fw, const struct report *report, int64_t event_id,
			const char *to)
{
	int64_t now_s = clock_now_s(), id;
	int rc;

	if (to && !forwarder_find(fw, to))
		return -ENOENT;
	rc = withdraw(fw, report, event_id, now_s);
	if (rc == 0 && to)
		rc = store_report_assign(fw->st, report->id, to, NULL);
	if (rc == 0 && to)
		rc = store_forward_add(fw->st, report->id, 0, to, now_s, &id);
	store_after(fw->st, run_soon, fw, 0);
	return rc;
}

/* Orders that had no contractor get one when the configuration does. */
static void route_unrouted(struct forwarder *fw)
{
	void *ctx = talloc_new(fw);
	struct forward row;
	struct report report;
	const char *name;

	while (store_begin(fw->st) == 0) {
		if (store_forward_due(ctx, fw->st, "", clock_now_s(), &row) < 0 ||
		    store_report_get(ctx, fw->st, row.report_id, &report) < 0 ||
		    !(name = route(fw, &report, area_slug(ctx, fw, &report)))) {
			store_undo(fw->st);
			break;
		}
		if (store_report_assign(fw->st, report.id, name, NULL) < 0 ||
		    store_forward_route(fw->st, report.id, name) < 0) {
			store_undo(fw->st);
			break;
		}
		snprintf(row.key, sizeof(row.key), "unrouted %.36s", report.category);
		store_alarm(fw->st, row.key, false, NULL, clock_now_s());
		store_end(fw->st);
	}
	talloc_free(ctx);
}

/* ---- sending ---- */

static unsigned int rung_now(const struct contractor_cfg *cfg, const struct forward *row,
			     int64_t now_s)
{
	int64_t failing_s = now_s - row->created_s;
	unsigned int rung = 0;

	if (!row->tries || !cfg->rung_after_s)
		return row->rung;
	if (cfg->second_url && failing_s > cfg->rung_after_s)
		rung = 1;
	if (cfg->sms_number && failing_s > (int64_t)cfg->rung_after_s * (cfg->second_url ? 2 : 1))
		rung = 2;
	return OSMO_MAX(rung, row->rung);
}

static void alarm_contractor(struct forward_peer *pe, bool on, const char *error)
{
	char what[80], detail[200];

	snprintf(what, sizeof(what), "contractor %s", forward_peer_name(pe));
	snprintf(detail, sizeof(detail),
		 "does not take orders (%s): call them, then: forward again %s",
		 error ? error : "no answer", forward_peer_name(pe));
	if (store_alarm(pe->fw->st, what, on, detail, clock_now_s()) == 0)
		LOGP(DFLOW, on ? LOGL_ERROR : LOGL_NOTICE, "contractor %s %s\n",
		     forward_peer_name(pe), on ? detail : "takes orders again");
}

/* It may be another's by now: then only the withdrawal that follows needs their number. */
static int order_taken(struct forward_peer *pe, struct report *report, const char *their_ref)
{
	struct store *st = pe->fw->st;
	int rc;

	if (strcmp(report->contractor, forward_peer_name(pe)) != 0)
		return store_forward_their_ref(st, report->id, forward_peer_name(pe), their_ref);
	rc = store_report_assign(st, report->id, forward_peer_name(pe), their_ref);
	return rc < 0 ? rc : notify_forwarded(pe->fw->nt, report);
}

static int taken(void *ctx, struct forward_peer *pe, const struct forward *row,
		 const struct contractor_outcome *o, int64_t now_s)
{
	struct store *st = pe->fw->st;
	struct report report;
	int rc;

	rc = store_forward_done(st, row->id, now_s);
	if (rc == 0 && !row->event_id)
		rc = store_report_get(ctx, st, row->report_id, &report);
	if (rc == 0 && !row->event_id)
		rc = order_taken(pe, &report, o->their_ref);
	if (rc == 0 &&
	    pe->failures) /* it works again: everything that waited may go, oldest first */
		rc = store_forward_again(st, forward_peer_name(pe), now_s) < 0 ? -EIO : 0;
	pe->failures = 0;
	pe->pause_until_s = 0;
	alarm_contractor(pe, false, NULL);
	return rc;
}

static int failed(struct forward_peer *pe, const struct forward *row,
		  const struct contractor_outcome *o, int64_t now_s)
{
	const struct contractor_cfg *cfg = contractor_cfg_of(pe->c);
	struct store *st = pe->fw->st;
	unsigned int rung = rung_now(cfg, row, now_s);
	int64_t wait_s;

	if (o->result == CONTRACTOR_REFUSED) {
		LOGP(DFLOW, LOGL_ERROR, "contractor %s refuses order %s: %s\n", cfg->name, row->key,
		     o->error);
		alarm_contractor(pe, true, o->error);
		return store_forward_stuck(st, row->id, o->error);
	}
	wait_s = OSMO_MAX(pause_s(st, o->down ? pe->failures : row->tries),
			  (int64_t)o->retry_after_s);
	if (o->down) {
		pe->failures++;
		pe->pause_until_s = now_s + wait_s;
	}
	if (cfg->rung_after_s && now_s - row->created_s >= cfg->rung_after_s)
		alarm_contractor(pe, true, o->error);
	LOGP(DFLOW, LOGL_NOTICE, "contractor %s: try %u of %s failed (%s), again in %lld s\n",
	     cfg->name, row->tries + 1, row->key, o->error, (long long)wait_s);
	return store_forward_retry(st, row->id, now_s + wait_s, rung, o->error);
}

static void sent(const struct contractor_outcome *o, void *data)
{
	struct forward_peer *pe = data;
	struct store *st = pe->fw->st;
	void *ctx = talloc_new(pe);
	int64_t now_s = clock_now_s();
	struct forward row;
	int rc;

	pe->sending = false;
	if (store_begin(st) == 0) {
		rc = store_forward_get(ctx, st, pe->forward_id, &row);
		if (rc == 0)
			rc = o->result == CONTRACTOR_TAKEN ? taken(ctx, pe, &row, o, now_s)
							   : failed(pe, &row, o, now_s);
		if (rc < 0) {
			store_undo(st);
			pe->pause_until_s = now_s + ladder_s[0]; /* the disk, not the contractor */
		} else {
			store_after(st, run_soon, pe->fw, 0);
			store_end(st);
		}
	}
	talloc_free(ctx);
}

/* The last rung, or the only one: the order by text. Inside a step. */
static int send_by_text(void *ctx, struct forward_peer *pe, const struct forward *row,
			const struct contractor_order *order, struct report *report)
{
	const struct contractor_cfg *cfg = contractor_cfg_of(pe->c);
	char *text = forward_write_text(ctx, pe, row, order, report);
	int rc;

	rc = outbox_queue(pe->fw->ob, cfg->sms_number, OUTBOX_STATUS, NULL, text, report->id);
	if (rc < 0)
		return rc;
	LOGP(DFLOW, LOGL_NOTICE, "contractor %s: %s goes by SMS\n", cfg->name, row->key);
	rc = store_forward_done(pe->fw->st, row->id, clock_now_s());
	if (rc == 0 && !row->event_id)
		rc = notify_forwarded(pe->fw->nt, report);
	return rc;
}

static bool goes_by_text(const struct contractor_cfg *cfg, const struct forward *row)
{
	return cfg->sms_number &&
	       (row->rung >= 2 || (cfg->format == CONTRACTOR_LINK && !cfg->mail_to));
}

/* The same as a step of its own. \returns true if it was sent */
static bool text_now(void *ctx, struct forward_peer *pe, const struct forward *row,
		     const struct contractor_order *order, struct report *report)
{
	struct store *st = pe->fw->st;

	if (store_begin(st) < 0)
		return false;
	if (send_by_text(ctx, pe, row, order, report) < 0) {
		store_undo(st);
		return false;
	}
	store_end(st);
	return true;
}

/* By HTTP or by mail: sent() tells. \returns true if it is done with at once, for it cannot be written */
static bool ask_now(void *ctx, struct forward_peer *pe, const struct forward *row,
		    struct contractor_order *order, struct report *report)
{
	struct store *st = pe->fw->st;
	int rc;

	if (contractor_cfg_of(pe->c)->format == CONTRACTOR_LINK)
		forward_write_mail(ctx, pe, row, order, report);
	pe->sending = true;
	pe->forward_id = row->id;
	rc = contractor_send(pe->c, order, sent, pe);
	if (rc < 0)
		pe->sending = false;
	if (rc != -EINVAL || store_begin(st) < 0)
		return false;
	store_forward_stuck(st, row->id, "cannot be written in this format");
	alarm_contractor(pe, true, "cannot be written in this format");
	store_end(st);
	return true;
}

/* \returns true if there may be another one to send */
static bool send_next(struct forward_peer *pe)
{
	struct store *st = pe->fw->st;
	void *ctx = talloc_new(pe);
	struct contractor_order order;
	struct report report;
	struct forward row;
	bool done = false;
	int rc;

	rc = store_forward_due(ctx, st, forward_peer_name(pe), clock_now_s(), &row);
	if (rc == 0)
		rc = store_report_get(ctx, st, row.report_id, &report);
	if (rc == 0)
		rc = forward_fill_order(ctx, pe, &row, &report, &order);
	if (rc == 0)
		done = goes_by_text(contractor_cfg_of(pe->c), &row)
			       ? text_now(ctx, pe, &row, &order, &report)
			       : ask_now(ctx, pe, &row, &order, &report);
	talloc_free(ctx);
	return done;
}

/* ---- the round ---- */

static void run_now(void *data)
{
	struct forwarder *fw = data;
	int64_t now_s = clock_now_s();
	struct forward_peer *pe;

	llist_for_each_entry (pe, &fw->peers, list) {
		while (!pe->sending && pe->pause_until_s <= now_s && contractor_ready(pe->c) &&
		       send_next(pe))
			;
		forward_poll_if_due(pe, now_s);
	}
}

void forwarder_run(struct forwarder *fw)
{
	run_soon(fw, 0, true);
}

void forwarder_due(struct forwarder *fw, int64_t now_s)
{
	run_soon(fw, 0, true);
}

int forwarder_again(struct forwarder *fw, const char *contractor)
{
	struct forward_peer *pe;
	int n, all = 0;

	route_unrouted(fw);
	llist_for_each_entry (pe, &fw->peers, list) {
		if (contractor && strcmp(contractor, forward_peer_name(pe)) != 0)
			continue;
		if (store_begin(fw->st) < 0)
			return -EIO;
		n = store_forward_again(fw->st, forward_peer_name(pe), clock_now_s());
		if (n < 0) {
			store_undo(fw->st);
			return n;
		}
		store_end(fw->st);
		pe->pause_until_s = 0;
		contractor_kick(pe->c);
		all += n;
	}
	run_soon(fw, 0, true);
	return all;
}

void forwarder_links(struct forwarder *fw, const struct order_links *links)
{
	fw->links = links;
}

struct contractor *forwarder_find(struct forwarder *fw, const char *name)
{
	struct forward_peer *pe;

	llist_for_each_entry (pe, &fw->peers, list)
		if (strcmp(forward_peer_name(pe), name) == 0)
			return pe->c;
	return NULL;
}

void forwarder_each(struct forwarder *fw, void (*each)(struct contractor *c, void *data),
		    void *data)
{
	struct forward_peer *pe;

	llist_for_each_entry (pe, &fw->peers, list)
		each(pe->c, data);
}

/* ---- life ---- */

/* Its pause is over: what became due in it goes now. */
static void peer_ready(void *data)
{
	forwarder_run(data);
}

void forwarder_add(struct forwarder *fw, struct contractor *c)
{
	struct forward_peer *pe = talloc_zero(fw, struct forward_peer);

	OSMO_ASSERT(pe);
	pe->fw = fw;
	pe->c = talloc_steal(pe, c);
	llist_add_tail(&pe->list, &fw->peers);
	contractor_on_ready(c, peer_ready, fw);
	route_unrouted(fw);
	run_soon(fw, 0, true);
}

void forwarder_clear(struct forwarder *fw)
{
	struct forward_peer *pe, *next;

	llist_for_each_entry_safe (pe, next, &fw->peers, list) {
		llist_del(&pe->list);
		talloc_free(pe);
	}
}

static int forwarder_unlink(struct forwarder *fw)
{
	osmo_timer_del(&fw->run_timer);
	return 0;
}

struct forwarder *forwarder_alloc(void *ctx, struct store *st, struct notify *nt, struct outbox *ob,
				  struct talk *const *talk)
{
	struct forwarder *fw = talloc_zero(ctx, struct forwarder);

	OSMO_ASSERT(fw);
	fw->st = st;
	fw->nt = nt;
	fw->ob = ob;
	fw->talk = talk;
	INIT_LLIST_HEAD(&fw->peers);
	osmo_timer_setup(&fw->run_timer, run_now, fw);
	talloc_set_destructor(fw, forwarder_unlink);
	return fw;
}
