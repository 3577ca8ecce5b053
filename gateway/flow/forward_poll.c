// SPDX-License-Identifier: AGPL-3.0-or-later
/* forward_poll.c - contractors that do not tell by themselves are asked what is new. */
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/forward_int.h"
#include "log.h"

#define OPEN_REFS_MAX	  500 /* asked about in one poll */
#define POLL_FAILED_MAX_S 3600

/* What they called by a token has a number now. */
static void take_number(struct forward_peer *pe, const struct contractor_update *update)
{
	struct store *st = pe->fw->st;
	void *ctx = talloc_new(pe);
	struct report report;

	if (store_report_by_contractor(ctx, st, forward_peer_name(pe), update->their_ref,
				       &report) == 0 &&
	    store_begin(st) == 0) {
		if (store_report_assign(st, report.id, forward_peer_name(pe), update->new_ref) == 0)
			store_end(st);
		else
			store_undo(st);
	}
	talloc_free(ctx);
}

static void polled(const struct contractor_polled *p, void *data)
{
	struct forward_peer *pe = data;
	struct store *st = pe->fw->st;
	const struct contractor_cfg *cfg = contractor_cfg_of(pe->c);
	int64_t now_s = clock_now_s();
	int64_t due_s = 0, until_s = 0, wait_s = cfg->poll_s;
	unsigned int failures = 0;

	pe->polling = false;
	store_poll_get(st, cfg->name, &due_s, &until_s, &failures);
	for (size_t i = 0; p->ok && i < p->n; i++) {
		if (p->updates[i].new_ref)
			take_number(pe, &p->updates[i]);
		else
			notify_update(pe->fw->nt, cfg->name, NULL, &p->updates[i], NULL, NULL);
	}
	failures = p->ok ? 0 : failures + 1;
	for (unsigned int i = 0; i < failures && wait_s < POLL_FAILED_MAX_S; i++)
		wait_s *= 2;
	if (!p->ok)
		LOGP(DFLOW, LOGL_NOTICE, "contractor %s: no answer to what is new (%s)\n",
		     cfg->name, p->error ? p->error : "?");
	if (store_begin(st) < 0)
		return;
	store_poll_put(st, cfg->name, now_s + OSMO_MIN(wait_s, (int64_t)POLL_FAILED_MAX_S),
		       OSMO_MAX(until_s, p->until_s), failures);
	store_end(st);
}

void forward_poll_if_due(struct forward_peer *pe, int64_t now_s)
{
	const struct contractor_cfg *cfg = contractor_cfg_of(pe->c);
	struct store *st = pe->fw->st;
	int64_t due_s = 0, until_s = 0;
	unsigned int failures = 0;
	void *ctx;
	char **refs;
	int n;

	if (!cfg->poll_s || pe->polling || cfg->format == CONTRACTOR_WEBHOOK ||
	    cfg->format == CONTRACTOR_LINK)
		return;
	store_poll_get(st, cfg->name, &due_s, &until_s, &failures);
	if (due_s > now_s)
		return;
	ctx = talloc_new(pe);
	refs = talloc_zero_array(ctx, char *, OPEN_REFS_MAX);
	n = store_poll_open_refs(ctx, st, cfg->name, refs, OPEN_REFS_MAX);
	if (n > 0) {
		pe->polling = true;
		if (contractor_poll(pe->c, until_s, now_s, (const char *const *)refs, n, polled,
				    pe) < 0)
			pe->polling = false;
	}
	if (!pe->polling && store_begin(st) == 0) {
		store_poll_put(st, cfg->name, now_s + cfg->poll_s, until_s, failures);
		store_end(st);
	}
	talloc_free(ctx);
}
