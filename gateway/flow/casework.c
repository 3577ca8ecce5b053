// SPDX-License-Identifier: AGPL-3.0-or-later
/* casework.c - see casework.h. */
#include "flow/casework.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "store/store_casework.h"

#define SHOWN_SIZE 18

struct casework {
	struct store *st;
	struct notify *nt;
	struct forwarder *fw;
};

static struct report_change change_of(const struct report *report, const struct casework_by *by,
				      const char *words)
{
	return (struct report_change){
		.state = report->state,
		.at_s = clock_now_s(),
		.who = by->who,
		.channel = by->channel,
		.note = words,
	};
}

static bool may_be_said(const char *words, size_t max)
{
	return words && words[0] && strlen(words) <= max;
}

static int note(void *ctx, struct casework *cw, int64_t report_id, const struct casework_by *by,
		const char *words, struct report *report, int64_t *event_id)
{
	struct report_change change;
	int rc = store_report_get(ctx, cw->st, report_id, report);

	if (rc < 0)
		return rc;
	change = change_of(report, by, words);
	return store_report_note(cw->st, report_id, &change, event_id);
}

int casework_answer(struct casework *cw, int64_t report_id, const struct casework_by *by,
		    const char *words)
{
	void *ctx = talloc_new(cw);
	struct report report;
	int64_t event_id;
	int rc = may_be_said(words, CASEWORK_WORDS_MAX)
			 ? note(ctx, cw, report_id, by, words, &report, &event_id)
			 : -EINVAL;

	if (rc == 0)
		rc = notify_tell(cw->nt, &report, "notify.answer", words);
	talloc_free(ctx);
	return rc;
}

int casework_note(struct casework *cw, int64_t report_id, const struct casework_by *by,
		  const char *words)
{
	void *ctx = talloc_new(cw);
	struct report report;
	int64_t event_id;
	int rc = may_be_said(words, CASEWORK_NOTE_MAX)
			 ? note(ctx, cw, report_id, by, words, &report, &event_id)
			 : -EINVAL;

	if (rc == 0)
		forwarder_told(report_id, event_id, cw->fw);
	talloc_free(ctx);
	return rc;
}

static int reassign(void *ctx, struct casework *cw, int64_t report_id, const char *contractor,
		    const struct casework_by *by, const char *words)
{
	struct report_change change;
	struct report report;
	int64_t event_id;
	int rc = store_report_get(ctx, cw->st, report_id, &report);

	if (rc < 0)
		return rc;
	if (!report_is_open(report.state))
		return -EINVAL;
	if (!forwarder_find(cw->fw, contractor))
		return -ENOENT;
	if (!strcmp(report.contractor, contractor))
		return -EALREADY;
	if (!words || !words[0])
		words = talloc_asprintf(ctx, "→ %s", contractor);
	change = change_of(&report, by, words);
	change.state = REPORT_RECEIVED;
	rc = store_report_take_back(cw->st, report_id, &change, &event_id);
	if (rc == 0)
		rc = forwarder_hand_over(cw->fw, &report, event_id, contractor);
	return rc;
}

int casework_reassign(struct casework *cw, int64_t report_id, const char *contractor,
		      const struct casework_by *by, const char *words)
{
	void *ctx = talloc_new(cw);
	int rc = reassign(ctx, cw, report_id, contractor, by, words);

	talloc_free(ctx);
	return rc;
}

static int merge(void *ctx, struct casework *cw, struct report *report, const struct report *into,
		 const struct casework_by *by)
{
	char shown[SHOWN_SIZE];
	struct report_change change;
	int64_t event_id;
	int rc;

	report_reference_show(shown, into->reference);
	rc = notify_tell(cw->nt, report, "notify.merged", shown);
	if (rc == 0)
		rc = store_report_merge(cw->st, report->id, into->id, clock_now_s());
	change = change_of(report, by, talloc_asprintf(ctx, "= %s", shown));
	change.state = REPORT_CLOSED;
	if (rc == 0)
		rc = store_report_change(cw->st, report->id, &change, &event_id);
	if (rc == 0)
		rc = forwarder_hand_over(cw->fw, report, event_id, NULL);
	return rc;
}

int casework_merge(struct casework *cw, int64_t report_id, int64_t into_id,
		   const struct casework_by *by)
{
	void *ctx = talloc_new(cw);
	struct report report, into;
	int rc = store_report_get(ctx, cw->st, report_id, &report);

	if (rc == 0)
		rc = store_report_get(ctx, cw->st, into_id, &into);
	if (rc == 0 &&
	    (report_id == into_id || !report_is_open(report.state) || !report_is_open(into.state)))
		rc = -EINVAL;
	if (rc == 0)
		rc = merge(ctx, cw, &report, &into, by);
	talloc_free(ctx);
	return rc;
}

struct casework *casework_alloc(void *ctx, struct store *st, struct notify *nt,
				struct forwarder *fw)
{
	struct casework *cw = talloc_zero(ctx, struct casework);

	OSMO_ASSERT(cw);
	cw->st = st;
	cw->nt = nt;
	cw->fw = fw;
	return cw;
}
