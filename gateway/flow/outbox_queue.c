// SPDX-License-Identifier: AGPL-3.0-or-later
/* outbox_queue.c - texts become rows; and how fast lines send them. */
#include <errno.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/outbox_int.h"
#include "store/store_notice.h"

#define PACE_OUTCOMES 400
#define PACE_SLOW_MS  5000 /* a part, on a line that was not measured yet */
#define PACE_MEASURED 4	   /* outcomes that a pace can be told from */

/* A text that is to be queued. */
struct outbox_text_to {
	const char *number, *line, *text;
	enum outbox_lane lane;
	int64_t report_id, expires_s;
	int64_t id; /* of its row, once it has one */
};

unsigned int outbox_fit(const struct outbox *ob)
{
	return SMS_FIT_TRANSLITERATE | (ob->cfg.shift_tables ? SMS_FIT_SHIFT : 0);
}

/* \param[in] to  number, lane, line, text, report_id, expires_s; id is set */
static int queue(struct outbox *ob, struct outbox_text_to *to)
{
	struct sms_plan plan;
	struct sms_piece *pieces;
	uint16_t ref;
	int n, rc;

	if (!*to->text || sms_text_plan(&plan, to->text, outbox_fit(ob)) < 0)
		return -EINVAL;
	pieces = talloc_array(ob, struct sms_piece, plan.parts);
	OSMO_ASSERT(pieces);
	n = sms_text_split(pieces, plan.parts, to->text, &plan);
	ref = n > 0 && plan.parts > 1 ? ++ob->next_ref & 0xff : 0;
	rc = n <= 0 ? -EINVAL
		    : store_outbox_add(ob->st, to->number, to->lane, to->line, to->text, pieces, n,
				       ref, plan.parts > 1 ? plan.ref_bits : 0, clock_now_s(),
				       to->expires_s, to->report_id, &to->id);
	talloc_free(pieces);
	if (rc == 0)
		store_after(ob->st, outbox_run_after, ob, 0);
	return rc;
}

int outbox_queue(struct outbox *ob, const char *number, enum outbox_lane lane, const char *line,
		 const char *text, int64_t report_id)
{
	struct outbox_text_to to = {
		.number = number,
		.lane = lane,
		.line = line ? line : "",
		.text = text,
		.report_id = report_id,
		.expires_s = clock_now_s() + ob->cfg.validity_s[lane],
	};
	int rc = queue(ob, &to);

	if (rc == 0 && lane == OUTBOX_REPLY)
		outbox_talked(ob, to.line);
	return rc == 0 && line ? outbox_pick_now(ob, line) : rc;
}

int outbox_queue_notice(struct outbox *ob, int64_t notice_id, const char *number, const char *text,
			int64_t expires_s)
{
	struct outbox_text_to to = {
		.number = number,
		.lane = OUTBOX_NOTICE,
		.line = "",
		.text = text,
		.expires_s = OSMO_MIN(expires_s, clock_now_s() + ob->cfg.validity_s[OUTBOX_NOTICE]),
	};
	int rc = queue(ob, &to);

	return rc == 0 ? store_outbox_of_notice(ob->st, to.id, notice_id) : rc;
}

/* ---- the pace of lines ---- */

void outbox_begin_flight(struct outbox_line *ol)
{
	if (ol->in_flight++ == 0)
		ol->busy_since_ms = clock_now_ms();
}

void outbox_end_flight(struct outbox_line *ol, bool outcome)
{
	int64_t now_ms = clock_now_ms();

	ol->busy_ms += OSMO_MAX(now_ms - ol->busy_since_ms, 0);
	ol->busy_since_ms = now_ms;
	ol->in_flight--;
	ol->outcomes += outcome;
	if (ol->outcomes < PACE_OUTCOMES)
		return;
	ol->outcomes /= 2;
	ol->busy_ms /= 2;
}

unsigned int outbox_window(const struct outbox *ob)
{
	const struct outbox_line *ol;
	unsigned int n = 0;

	llist_for_each_entry (ol, &ob->lines, list)
		if (outbox_carries_notices(ob, ol))
			n += OSMO_MAX(ol->ln->window, 1u);
	return n;
}

static double line_parts_a_second(const struct outbox_line *ol)
{
	if (ol->outcomes < PACE_MEASURED)
		return 1000.0 / PACE_SLOW_MS;
	return 1000.0 * ol->outcomes / OSMO_MAX(ol->busy_ms, 1);
}

double outbox_parts_a_second(const struct outbox *ob)
{
	const struct outbox_line *ol;
	double sum = 0;

	llist_for_each_entry (ol, &ob->lines, list)
		if (outbox_carries_notices(ob, ol))
			sum += line_parts_a_second(ol);
	return sum;
}
