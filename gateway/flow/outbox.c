// SPDX-License-Identifier: AGPL-3.0-or-later
/* outbox.c - see outbox.h.  The order that matters: mark "sending", commit, hand over, and only
 * then write down what the network said. */
#include "flow/outbox_int.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "log.h"
#include "store/store_notice.h"
#include "wire/sms_pdu.h"

#define BATCH		  64 /* parts taken at once for a line with a wide window */
#define RETRY_FIRST_S	  5  /* doubles with every try */
#define RETRY_LONGEST_S	  600
#define LINE_TROUBLE_S	  10  /* before a part goes again that met the line's own trouble */
#define UNWRITTEN_AGAIN_S 5   /* the disk may have room again */
#define REPORT_MARGIN_S	  900 /* a status report may come this long after the validity period */
#define REPIN_S		  120 /* a line must be down this long before another takes its texts */

static unsigned int line_room(const struct outbox_line *ol)
{
	unsigned int window = OSMO_MAX(ol->ln->window, 1u);

	if (ol->ob->held || ol->ln->state != LINE_UP || !ol->ln->ops->submit ||
	    ol->in_flight >= window)
		return 0;
	return OSMO_MIN(window - ol->in_flight, (unsigned int)BATCH);
}

static struct outbox_line *outbox_line_find(struct outbox *ob, const struct line *ln)
{
	struct outbox_line *ol;

	llist_for_each_entry (ol, &ob->lines, list)
		if (ol->ln == ln)
			return ol;
	return NULL;
}

/* ---- picking and handing over ---- */

/* Inside a step: a part is queued once more, unless its notice was held back while it was on its way. */
static int again(struct outbox *ob, int64_t part_id, int64_t due_s, bool counts, int cause)
{
	int rc = store_outbox_retry(ob->st, part_id, due_s, counts, cause);

	return rc < 0 ? rc : store_notice_withdraw_held(ob->st, part_id, clock_now_s());
}

static void give_back(struct outbox *ob, int64_t part_id, int64_t due_s)
{
	if (store_begin(ob->st) < 0)
		return;
	if (again(ob, part_id, due_s, false, 0) < 0)
		store_undo(ob->st);
	else
		store_end(ob->st);
}

/* May this line have a part of a notice now?  It would hold a modem for seconds.  What was heard is
 * acknowledged first: the network offers nothing more before that, and under a notice it would queue up there:
 * what residents text, behind a status report for each part. */
static bool is_free_for_notice(const struct outbox_line *ol)
{
	return !ol->ln->hears;
}

/* Of which lanes it takes what any line may send.  Of a notice it then has only what it began to send. */
static unsigned int any_lanes(const struct outbox *ob, const struct outbox_line *ol)
{
	if (!outbox_takes_any(ob, ol))
		return 0;
	return outbox_carries_notices(ob, ol) ? OUTBOX_LANES : OUTBOX_NOTICE;
}

/* So long the network may try: a notice that holds until six is not to arrive in the morning. */
static int validity(const struct outbox *ob, const struct outbox_due *due)
{
	int64_t left_s = due->expires_s - clock_now_s();

	return OSMO_MAX(OSMO_MIN(left_s, (int64_t)ob->cfg.validity_s[due->lane]), 1);
}

/* The mark "sending" is durable (or the commit failed and the row is as it was). */
static void hand_over(void *data, uint64_t arg, bool ok)
{
	struct outbox_handover *ho = data;
	struct outbox_line *ol = ho->ol;
	struct outbox *ob = ol->ob;
	const struct outbox_due *due = &ho->due;
	struct line_part part = {
		.id = due->part_id,
		.to = due->number,
		.from = ol->ln->number,
		.text = due->text,
		.piece = &due->piece,
		.ref = due->ref,
		.ref_bits = due->ref_bits,
		.number = due->part,
		.total = due->total,
		.validity_s = validity(ob, due),
		.want_report = ob->cfg.reports,
		.more = ho->more,
	};
	int rc;

	if (ok && due->lane == OUTBOX_NOTICE && !is_free_for_notice(ol)) {
		outbox_end_flight(ol, false); /* heard meanwhile; changed() follows */
		give_back(ob, due->part_id, clock_now_s());
	} else if (ok) {
		rc = ol->ln->ops->submit(ol->ln, &part);
		if (rc < 0) {
			outbox_end_flight(ol, false);
			if (rc == -EAGAIN) {
				give_back(ob, due->part_id, clock_now_s());
			} else {
				struct line_outcome outcome = {
					.id = due->part_id,
					.fate = LINE_REFUSED,
					.mr = -1,
				};

				outbox_begin_flight(ol);
				outbox_outcome(ob, ol->ln, &outcome);
			}
		}
	} else {
		outbox_end_flight(ol, false);
		osmo_timer_schedule(&ob->run_timer, UNWRITTEN_AGAIN_S, 0);
	}
	talloc_free(ho);
}

/* A text that wants no certain line may take any real one; the simulated phone gets it only where there
 * is nothing else, for a number may be a real person's. */
bool outbox_takes_any(const struct outbox *ob, const struct outbox_line *ol)
{
	const struct outbox_line *other;

	if (!ol->ln->ops->resend_safe)
		return true;
	llist_for_each_entry (other, &ob->lines, list)
		if (!other->ln->ops->resend_safe)
			return false;
	return true;
}

bool outbox_can_text(const struct outbox *ob)
{
	const struct outbox_line *ol;

	llist_for_each_entry (ol, &ob->lines, list)
		if (ol->ln->state == LINE_UP && outbox_takes_any(ob, ol))
			return true;
	return false;
}

/* Within a step: choose what this line gets next.  \param[in] last  no lane after this one
 * \returns 0, -EIO */
static int pick(struct outbox *ob, struct outbox_line *ol, unsigned int room, enum outbox_lane last)
{
	void *ctx = talloc_new(ob);
	struct outbox_due *due = talloc_zero_array(ctx, struct outbox_due, room + 1);
	int64_t now_s = clock_now_s();
	int n, rc = 0;

	OSMO_ASSERT(due);
	n = store_outbox_due(ctx, ob->st, ol->ln->name, any_lanes(ob, ol), now_s, due, room + 1);
	for (int i = 0; i < n && i < (int)room && due[i].lane <= last; i++) {
		struct outbox_handover *ho;

		rc = store_outbox_sending(ob->st, due[i].part_id, ol->ln->name, now_s);
		if (rc < 0)
			break;
		ho = talloc_zero(ol, struct outbox_handover);
		OSMO_ASSERT(ho);
		ho->ol = ol;
		ho->due = due[i];
		ho->due.text = talloc_strdup(ho, due[i].text);
		ho->more = i + 1 < n || due[i].part < due[i].total;
		outbox_begin_flight(ol);
		store_after(ob->st, hand_over, ho, 0);
	}
	talloc_free(ctx);
	return OSMO_MIN(rc, n) < 0 ? -EIO : 0;
}

static void run_line(struct outbox *ob, struct outbox_line *ol)
{
	unsigned int room = line_room(ol);

	if (!room || store_begin(ob->st) < 0)
		return;
	if (pick(ob, ol, room, is_free_for_notice(ol) ? OUTBOX_NOTICE : OUTBOX_STATUS) < 0)
		store_undo(ob->st);
	else
		store_end(ob->st);
}

static void run_all(void *data)
{
	struct outbox *ob = data;
	struct outbox_line *ol;

	llist_for_each_entry (ol, &ob->lines, list)
		run_line(ob, ol);
}

void outbox_run(struct outbox *ob)
{
	osmo_timer_schedule(&ob->run_timer, 0, 0);
}

void outbox_hold(struct outbox *ob)
{
	ob->held = true;
}

unsigned int outbox_in_flight(const struct outbox *ob)
{
	const struct outbox_line *ol;
	unsigned int n = 0;

	llist_for_each_entry (ol, &ob->lines, list)
		n += ol->in_flight;
	return n;
}

void outbox_run_after(void *data, uint64_t arg, bool ok)
{
	if (ok)
		outbox_run(data);
}

/* A line that waits for work gets it with the commit of the step that made it: one commit less. */
int outbox_pick_now(struct outbox *ob, const char *name)
{
	struct outbox_line *ol;

	llist_for_each_entry (ol, &ob->lines, list) {
		unsigned int room = line_room(ol);

		if (room && strcmp(ol->ln->name, name) == 0)
			return pick(ob, ol, room, OUTBOX_STATUS);
	}
	return 0;
}

void outbox_feed(struct outbox *ob, void (*room)(void *data), void *data)
{
	ob->room = room;
	ob->room_data = data;
}

static void tell_room(struct outbox *ob)
{
	if (ob->room)
		ob->room(ob->room_data);
}

/* ---- what the network said ---- */

static int64_t retry_at(const struct outbox *ob, unsigned int tries, int64_t now_s)
{
	int64_t wait_s = RETRY_FIRST_S;

	while (tries-- > 0 && wait_s < RETRY_LONGEST_S)
		wait_s *= 2;
	return now_s + OSMO_MIN(wait_s, RETRY_LONGEST_S);
}

static int settle_report(struct outbox *ob, int64_t part_id, int status, int64_t now_s)
{
	switch (sms_outcome(status)) {
	case SMS_OUT_DELIVERED:
		return store_outbox_final(ob->st, part_id, "delivered", status, now_s);
	case SMS_OUT_FAILED:
		return store_outbox_final(ob->st, part_id, "failed", status, now_s);
	case SMS_OUT_TRYING:
		/* the centre has it: a doubt is settled, the wait goes on */
		return store_outbox_sent(ob->st, part_id, -1, now_s,
					 now_s + ob->cfg.validity_s[OUTBOX_STATUS] +
						 REPORT_MARGIN_S);
	}
	return 0;
}

static int record_sent(struct outbox *ob, struct line *ln, const struct line_outcome *outcome,
		       int64_t now_s)
{
	int64_t settle_s = 0;
	struct outbox_due due;
	int rc, status;

	if (outcome->mr < 0 || !ob->cfg.reports) {
		if (ln->ops->resend_safe) /* its word is the handset's */
			return store_outbox_final(ob->st, outcome->id, "delivered", 0, now_s);
		return store_outbox_final(ob->st, outcome->id, "sent", 0, now_s);
	}
	settle_s = now_s + ob->cfg.validity_s[OUTBOX_STATUS] + REPORT_MARGIN_S;
	rc = store_outbox_sent(ob->st, outcome->id, outcome->mr, now_s, settle_s);
	if (rc < 0)
		return rc;
	rc = store_outbox_part(ob->st, outcome->id, &due);
	if (rc < 0)
		return rc;
	status = store_report_early_take(ob->st, ln->name, outcome->mr, due.number, now_s);
	return status >= 0 ? settle_report(ob, outcome->id, status, now_s) : 0;
}

static int record_retry(struct outbox *ob, struct line *ln, const struct line_outcome *outcome,
			int64_t now_s)
{
	struct outbox_due due;
	int64_t due_s;
	int rc;

	rc = store_outbox_part(ob->st, outcome->id, &due);
	if (rc < 0)
		return rc;
	if (outcome->counts && due.tries + 1 >= (unsigned int)ob->cfg.give_up_tries) {
		LOGP(DFLOW, LOGL_NOTICE, "part %lld given up after %u tries: %s\n",
		     (long long)outcome->id, due.tries + 1, sms_error_name(outcome->cause));
		return store_outbox_final(ob->st, outcome->id, "failed", outcome->cause, now_s);
	}
	if (outcome->retry_s)
		due_s = now_s + outcome->retry_s;
	else if (outcome->counts)
		due_s = retry_at(ob, due.tries, now_s);
	else
		due_s = now_s + LINE_TROUBLE_S;
	return again(ob, outcome->id, due_s, outcome->counts, outcome->cause);
}

static int record(struct outbox *ob, struct line *ln, const struct line_outcome *outcome)
{
	int64_t now_s = clock_now_s();

	switch (outcome->fate) {
	case LINE_SENT:
		return record_sent(ob, ln, outcome, now_s);
	case LINE_RETRY:
		return record_retry(ob, ln, outcome, now_s);
	case LINE_REFUSED:
		LOGP(DFLOW, LOGL_NOTICE, "%s: part %lld refused: %s\n", ln->name,
		     (long long)outcome->id, sms_error_name(outcome->cause));
		return store_outbox_final(ob->st, outcome->id, "failed", outcome->cause, now_s);
	case LINE_DOUBT:
		LOGP(DFLOW, LOGL_NOTICE, "%s: part %lld may have been sent: in doubt\n", ln->name,
		     (long long)outcome->id);
		return store_outbox_doubt(ob->st, outcome->id, now_s + ob->cfg.doubt_s,
					  outcome->cause);
	}
	return -EINVAL;
}

/* What the network said and could not be written down (disk full) is kept and tried again: it is the
 * only copy. */
static void recorded(void *data, uint64_t arg, bool ok)
{
	struct outbox_said *said = data;
	struct outbox *ob = said->ol->ob;

	if (ok) {
		talloc_free(said);
		return;
	}
	llist_add_tail(&said->list, &ob->unwritten);
	osmo_timer_schedule(&ob->unwritten_timer, UNWRITTEN_AGAIN_S, 0);
}

/* Where one part goes at a time a notice must wait for a commit of its own: with the modem's answer to the last
 * part comes what the network could not offer during it. */
static enum outbox_lane next_lane(const struct outbox_line *ol)
{
	return ol->ln->window > 1 ? OUTBOX_NOTICE : OUTBOX_STATUS;
}

static void write_down(struct outbox_said *said)
{
	struct outbox_line *ol = said->ol;
	struct outbox *ob = ol->ob;
	unsigned int room;
	int rc;

	if (store_begin(ob->st) < 0) {
		recorded(said, 0, false);
		return;
	}
	store_after(ob->st, recorded, said, 0);
	rc = record(ob, ol->ln, &said->outcome);
	room = line_room(ol);
	if (rc == 0)
		tell_room(ob);
	if (rc == 0 && room) /* the next one shares this commit */
		rc = pick(ob, ol, room, next_lane(ol));
	if (next_lane(ol) < OUTBOX_NOTICE)
		store_after(ob->st, outbox_run_after, ob, 0);
	if (rc < 0)
		store_undo(ob->st);
	else
		store_end(ob->st);
}

static void write_down_again(void *data)
{
	struct outbox *ob = data;
	LLIST_HEAD(again);
	struct outbox_said *said, *next;

	llist_splice_init(&ob->unwritten, &again);
	llist_for_each_entry_safe (said, next, &again, list) {
		llist_del(&said->list);
		write_down(said);
	}
}

void outbox_outcome(struct outbox *ob, struct line *ln, const struct line_outcome *outcome)
{
	struct outbox_line *ol = outbox_line_find(ob, ln);
	struct outbox_said *said;

	OSMO_ASSERT(ol && ol->in_flight > 0);
	outbox_end_flight(ol, true);
	said = talloc_zero(ol, struct outbox_said);
	OSMO_ASSERT(said);
	said->ol = ol;
	said->outcome = *outcome;
	write_down(said);
}

static void settle_line(void *data, uint64_t arg, bool ok)
{
	struct line *ln = data;

	if (ln->ops->settle)
		ln->ops->settle(ln, arg, ok);
}

static int take_report(struct outbox *ob, struct line *ln, const struct line_report *report)
{
	int64_t now_s = clock_now_s();
	int64_t part_id = report->id;
	int rc;

	/* Offered again after a kill, it must not settle another part to the same number. */
	rc = store_update_seen(ob->st, ln->name, report->key, now_s);
	if (rc < 0)
		return rc;
	if (!part_id)
		rc = store_outbox_match(ob->st, ln->name, report->mr, report->to, report->sent_s,
					&part_id);
	if (rc == -ENOENT)
		return store_report_early_add(ob->st, ln->name, report->mr, report->to,
					      report->status, report->sent_s, now_s);
	if (rc < 0)
		return rc;
	return settle_report(ob, part_id, report->status, now_s);
}

void outbox_reported(struct outbox *ob, struct line *ln, const struct line_report *report)
{
	int rc;

	if (store_begin(ob->st) < 0) {
		settle_line(ln, report->token, false);
		return;
	}
	store_after(ob->st, settle_line, ln, report->token);
	rc = take_report(ob, ln, report);
	if (rc == 0)
		tell_room(ob);
	if (rc < 0 && rc != -EEXIST)
		store_undo(ob->st);
	else
		store_end(ob->st);
}

/* ---- what time settles ---- */

/* \returns 1 if one was settled, 0 if none is due, -EIO */
static int settle_one(struct outbox *ob, int64_t now_s)
{
	struct outbox_due due;
	char state[16];
	int rc;

	rc = store_outbox_settle_due(ob->st, now_s, &due, state, sizeof(state));
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return rc;
	if (strcmp(state, "doubt") != 0)
		rc = store_outbox_final(ob->st, due.part_id, "sent", 0, now_s);
	else if (ob->cfg.doubt_rule == OUTBOX_DOUBT_RESEND && now_s < due.expires_s)
		rc = again(ob, due.part_id, now_s, true, 0);
	else
		rc = store_outbox_final(ob->st, due.part_id, "doubt", 0, now_s);
	return rc < 0 ? rc : 1;
}

static void repin_lost_lines(struct outbox *ob, int64_t now_s)
{
	struct outbox_line *lost, *other;

	llist_for_each_entry (lost, &ob->lines, list) {
		if (lost->ln->state == LINE_UP ||
		    (lost->ln->down_since_s && now_s - lost->ln->down_since_s < REPIN_S))
			continue;
		llist_for_each_entry (other, &ob->lines, list) {
			if (other->ln->state != LINE_UP ||
			    strcmp(other->ln->ops->kind, lost->ln->ops->kind) != 0)
				continue;
			store_outbox_repin(ob->st, lost->ln->name, other->ln->name);
			break;
		}
	}
}

static bool line_known(const struct outbox *ob, const char *name)
{
	const struct outbox_line *ol;

	llist_for_each_entry (ol, &ob->lines, list)
		if (strcmp(ol->ln->name, name) == 0)
			return true;
	return false;
}

/* A line that the configuration no longer has: its texts may leave by any. */
static void repin_gone_lines(struct outbox *ob)
{
	char name[32] = "";

	if (llist_empty(&ob->lines))
		return;
	while (store_outbox_wanted(ob->st, name, name, sizeof(name)) == 0)
		if (!line_known(ob, name))
			store_outbox_repin(ob->st, name, "");
}

void outbox_due(struct outbox *ob, int64_t now_s)
{
	int rc;

	if (store_begin(ob->st) < 0)
		return;
	do {
		rc = settle_one(ob, now_s);
	} while (rc > 0);
	if (rc == 0)
		rc = store_outbox_expire_due(ob->st, now_s);
	if (rc >= 0) {
		repin_lost_lines(ob, now_s);
		repin_gone_lines(ob);
	}
	store_after(ob->st, outbox_run_after, ob, 0);
	if (rc < 0)
		store_undo(ob->st);
	else
		store_end(ob->st);
}

/* ---- life ---- */

static int outbox_unlink(struct outbox *ob)
{
	osmo_timer_del(&ob->run_timer);
	osmo_timer_del(&ob->unwritten_timer);
	return 0;
}

struct outbox *outbox_alloc(void *ctx, struct store *st, const struct outbox_cfg *cfg)
{
	struct outbox *ob = talloc_zero(ctx, struct outbox);

	OSMO_ASSERT(ob);
	ob->st = st;
	ob->cfg = *cfg;
	ob->next_ref = store_random(st);
	INIT_LLIST_HEAD(&ob->lines);
	INIT_LLIST_HEAD(&ob->unwritten);
	osmo_timer_setup(&ob->run_timer, run_all, ob);
	osmo_timer_setup(&ob->unwritten_timer, write_down_again, ob);
	talloc_set_destructor(ob, outbox_unlink);
	return ob;
}

void outbox_configure(struct outbox *ob, const struct outbox_cfg *cfg)
{
	ob->cfg = *cfg;
}

void outbox_line_add(struct outbox *ob, struct line *ln)
{
	int64_t settle_s = ln->ops->resend_safe ? 0 : clock_now_s() + ob->cfg.doubt_s;
	struct outbox_line *ol;
	int n;

	if (!ln->ops->submit)
		return;
	ol = talloc_zero(ob, struct outbox_line);
	OSMO_ASSERT(ol);
	ol->ob = ob;
	ol->ln = ln;
	llist_add_tail(&ol->list, &ob->lines);
	if (store_begin(ob->st) < 0)
		return;
	n = store_outbox_interrupted(ob->st, ln->name, settle_s);
	if (n < 0) {
		store_undo(ob->st);
		return;
	}
	store_end(ob->st);
	if (n > 0)
		LOGP(DFLOW, LOGL_NOTICE, "%s: %d parts were being sent when the line stopped: %s\n",
		     ln->name, n, settle_s ? "in doubt" : "queued again");
}

void outbox_line_remove(struct outbox *ob, struct line *ln)
{
	struct outbox_line *ol = outbox_line_find(ob, ln);
	struct outbox_said *said, *next;

	if (!ol)
		return;
	store_commit(ob->st);
	llist_del(&ol->list);
	llist_for_each_entry_safe (said, next, &ob->unwritten, list)
		if (said->ol == ol)
			llist_del(&said->list);
	talloc_free(ol);
}
