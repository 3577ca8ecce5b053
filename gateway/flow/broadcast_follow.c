// SPDX-License-Identifier: AGPL-3.0-or-later
/* broadcast_follow.c - an update goes to whom the notice before it reached, and to no others: also to those whom it reaches
 * while the update is on its way.  So their rows are looked through again when there may be more of them, and the update is
 * not done before the first one stands still. */
#include <errno.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "flow/broadcast_int.h"

#define ROWS_MAX 500
#define AGAIN_S	 60 /* a first one that goes on: so often it is looked for more */

static bool stands_still(const struct notice *first)
{
	return first->queued == 0 &&
	       (first->state == NOTICE_PAUSED || notice_has_ended(first->state));
}

/* Some rows of a look. \returns 1; -EIO */
static int look_on(struct broadcast *bc, struct broadcast_run *run, const struct notice *n,
		   int64_t now_s)
{
	const struct recipient_query query = { .source = SOURCE_NOTICE, .ref = n->follows_id };
	struct recipient_cursor cursor = run->follow.cursor;
	int rc = store_recipients_gather(bc->st, n, &query, ROWS_MAX, &cursor);

	if (rc < 0)
		return rc;
	run->follow.cursor = cursor;
	if (cursor.done) {
		run->follow.seen = run->follow.reached;
		run->follow.seen_s = now_s;
		run->follow.looking = false;
	}
	return 1;
}

int notice_follow(struct broadcast *bc, struct broadcast_run *run, struct notice *n, int64_t now_s,
		  bool *all)
{
	void *ctx = talloc_new(bc);
	struct notice first;
	int rc = store_notice_get(ctx, bc->st, n->follows_id, &first);
	int64_t reached = first.sent + first.delivered;
	bool still = rc == 0 && stands_still(&first);

	talloc_free(ctx);
	if (rc < 0)
		return -EIO;
	*all = false;
	if (!run->follow.looking && run->follow.seen == reached) {
		*all = still;
		return 0;
	}
	if (!run->follow.looking && !still && now_s < run->follow.seen_s + AGAIN_S) {
		n->due_s = OSMO_MIN(n->due_s, run->follow.seen_s + AGAIN_S);
		return 0;
	}
	if (!run->follow.looking) {
		run->follow.looking = true;
		run->follow.reached = reached;
		run->follow.cursor = (struct recipient_cursor){};
	}
	return look_on(bc, run, n, now_s);
}
