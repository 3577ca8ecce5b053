// SPDX-License-Identifier: AGPL-3.0-or-later
/* broadcast_draft.c - a draft does not stay one for ever: it expires, or lapses before that if somebody said when; and a list
 * of numbers that did not come to its end lapses too. */
#include <errno.h>
#include <stdio.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/broadcast_int.h"
#include "log.h"

int broadcast_lapse_at(struct broadcast *bc, int64_t id, int64_t at_s)
{
	void *ctx = talloc_new(bc);
	struct notice n;
	int rc = store_notice_get(ctx, bc->st, id, &n);

	if (rc == 0 && n.state != NOTICE_DRAFT)
		rc = -EINVAL;
	if (rc == 0) {
		n.due_s = OSMO_MIN(at_s, n.expires_s);
		rc = store_notice_put(bc->st, &n, clock_now_s());
	}
	talloc_free(ctx);
	return rc;
}

static const char *why_lapsed(const struct notice *n)
{
	if (n->taking)
		return "its list of numbers did not come to its end";
	return n->state == NOTICE_EXPIRED ? "nobody sent it" : "nobody sent it in time";
}

int notice_lapse(struct broadcast *bc, struct notice *n, int64_t now_s)
{
	char what[128];
	int rc;

	n->state = now_s >= n->expires_s && !n->taking ? NOTICE_EXPIRED : NOTICE_LAPSED;
	snprintf(what, sizeof(what), "notice %lld %s: %s", (long long)n->id,
		 notice_state_name(n->state), why_lapsed(n));
	LOGP(DFLOW, LOGL_NOTICE, "%s\n", what);
	rc = store_notice_put(bc->st, n, now_s);
	if (rc == 0)
		rc = store_audit(bc->st, "meldlijn", what, now_s);
	if (rc == 0)
		rc = broadcast_alarm(bc, n->id, NULL);
	if (rc == 0 && bc->told && !n->taking)
		rc = bc->told(n, bc->told_data);
	return rc;
}

/* One that was made before drafts had an end gets it. */
int notice_draft_due(struct broadcast *bc, struct notice *n, int64_t now_s)
{
	if (now_s >= (n->due_s ? n->due_s : n->expires_s))
		return notice_lapse(bc, n, now_s);
	if (n->due_s)
		return 0;
	n->due_s = n->expires_s;
	return store_notice_put(bc->st, n, now_s);
}
