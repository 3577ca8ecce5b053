// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_casework.c - reports that change hands, and reports that turn out to be one. */
#include "store/store_casework.h"

#include "store/store_int.h"

int store_report_take_back(struct store *st, int64_t id, const struct report_change *change,
			   int64_t *event_id)
{
	int rc = one_row(STORE_RUN(st, STMT_REPORT_TAKE_BACK, V_INT(change->at_s), V_INT(id)));

	return rc < 0 ? rc : store_report_note(st, id, change, event_id);
}

int store_forward_drop(struct store *st, int64_t report_id, const char *contractor, int64_t but_id,
		       int64_t now_s)
{
	return STORE_RUN(st, STMT_FORWARD_DROP, V_INT(now_s), V_INT(report_id), V_TEXT(contractor),
			 V_INT(but_id));
}

int store_forward_heard(struct store *st, int64_t report_id, const char *contractor)
{
	int64_t n;
	int rc = STORE_GET(st, &n, STMT_FORWARD_HEARD, V_INT(report_id), V_TEXT(contractor));

	return rc == 0 ? 1 : rc == -ENOENT ? 0 : rc;
}

int store_forward_withdraw(struct store *st, int64_t report_id, int64_t event_id,
			   const char *contractor, const char *their_ref, int64_t now_s)
{
	int64_t id;
	int rc = store_forward_add(st, report_id, event_id, contractor, now_s, &id);

	if (rc < 0)
		return rc;
	return one_row(STORE_RUN(st, STMT_FORWARD_WITHDRAWS, V_TEXT(their_ref), V_INT(id)));
}

int store_forward_their_ref(struct store *st, int64_t report_id, const char *contractor,
			    const char *their_ref)
{
	int rc = STORE_RUN(st, STMT_FORWARD_THEIR_REF, V_TEXT(their_ref), V_INT(report_id),
			   V_TEXT(contractor));

	return rc < 0 ? rc : 0;
}

int store_report_merge(struct store *st, int64_t id, int64_t into_id, int64_t now_s)
{
	int rc = one_row(STORE_RUN(st, STMT_REPORT_MERGE, V_INT(into_id), V_INT(id)));

	if (rc == 0)
		rc = STORE_RUN(st, STMT_FOLLOW_TOO, V_INT(into_id), V_INT(id), V_INT(now_s));
	return rc < 0 ? rc : 0;
}

int store_report_merged(void *ctx, struct store *st, int64_t id, struct report *out, size_t max)
{
	return store_reports(ctx, st, STORE_BIND(st, STMT_REPORT_MERGED, V_INT(id), V_INT(max)),
			     out);
}
