// SPDX-License-Identifier: AGPL-3.0-or-later
#include "line/handset.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>
#include <sodium.h>
#include <talloc.h>

#include "clock.h"
#include "log.h"
#include "wire/phone.h"
#include "wire/ussd_text.h"

#define PENDING_MAX 4096 /* texts not settled yet, and parts not yet reported as sent */

struct handset {
	struct line line;
	uint64_t boot; /* random: keys of this start are not those of the last */
	uint64_t last_token;
	struct llist_head heard; /* struct heard, waiting for settle() */
	struct llist_head sent;	 /* struct sent, their outcome comes with the timer */
	unsigned int n_heard, n_sent;
	struct osmo_timer_list timer;
};

struct heard {
	struct llist_head entry;
	uint64_t token;
	void (*done)(bool ok, void *data);
	void *data;
};

struct sent {
	struct llist_head entry;
	uint64_t id;
	bool want_report;
	char to[PHONE_SIZE];
};

static void report_delivered(struct handset *hs, const struct sent *sent)
{
	struct line *ln = &hs->line;
	char key[40];
	struct line_report report = {
		.token = ++hs->last_token,
		.key = key,
		.mr = -1,
		.id = sent->id,
		.to = sent->to,
		.status = 0, /* TS 23.040 9.2.3.15: received by the SME */
		.sent_s = clock_now_s(),
		.done_s = clock_now_s(),
	};

	snprintf(key, sizeof(key), "handset-report-%" PRIu64, sent->id);
	if (ln->user.reported)
		ln->user.reported(ln, &report, ln->user.data);
}

/* Outcomes never come from inside submit(): its caller is in the middle of a step. */
static void tell_outcomes(void *data)
{
	struct handset *hs = data;
	struct line *ln = &hs->line;
	struct sent *sent;

	while ((sent = llist_first_entry_or_null(&hs->sent, struct sent, entry))) {
		struct line_outcome outcome = { .id = sent->id, .fate = LINE_SENT, .mr = -1 };

		llist_del(&sent->entry);
		hs->n_sent--;
		ln->user.outcome(ln, &outcome, ln->user.data);
		if (sent->want_report)
			report_delivered(hs, sent);
		talloc_free(sent);
	}
	if (ln->user.changed)
		ln->user.changed(ln, ln->user.data);
}

static int handset_start(struct line *ln)
{
	ln->state = LINE_UP;
	ln->up_since_s = clock_now_s();
	if (ln->user.changed)
		ln->user.changed(ln, ln->user.data);
	return 0;
}

static void handset_stop(struct line *ln)
{
	struct handset *hs = container_of(ln, struct handset, line);

	ln->state = LINE_SHUTDOWN;
	ln->up_since_s = 0;
	if (hs->n_sent > 0)
		tell_outcomes(hs);
	else if (ln->user.changed)
		ln->user.changed(ln, ln->user.data);
}

static int handset_submit(struct line *ln, const struct line_part *part)
{
	struct handset *hs = container_of(ln, struct handset, line);
	struct sent *sent;

	if (ln->state != LINE_UP || hs->n_sent >= PENDING_MAX)
		return -EAGAIN;
	if (!part->to || !phone_can_answer(part->to))
		return -EINVAL;
	sent = talloc_zero(hs, struct sent);
	OSMO_ASSERT(sent);
	sent->id = part->id;
	sent->want_report = part->want_report;
	snprintf(sent->to, sizeof(sent->to), "%s", part->to);
	llist_add_tail(&sent->entry, &hs->sent);
	hs->n_sent++;
	if (!osmo_timer_pending(&hs->timer))
		osmo_timer_schedule(&hs->timer, 0, 0);
	return 0;
}

/* Tokens that are not here belong to reports: nothing waits for those. */
static void handset_settle(struct line *ln, uint64_t token, bool stored)
{
	struct handset *hs = container_of(ln, struct handset, line);
	struct heard *heard;

	llist_for_each_entry (heard, &hs->heard, entry) {
		if (heard->token != token)
			continue;
		llist_del(&heard->entry);
		hs->n_heard--;
		heard->done(stored, heard->data);
		talloc_free(heard);
		return;
	}
}

static const struct line_ops handset_ops = {
	.kind = "handset",
	.start = handset_start,
	.stop = handset_stop,
	.submit = handset_submit,
	.settle = handset_settle,
	.resend_safe = true,
};

static int free_handset(struct handset *hs)
{
	osmo_timer_del(&hs->timer);
	return 0;
}

struct handset *handset_alloc(void *ctx, const char *short_code, const char *code)
{
	struct handset *hs = talloc_zero(ctx, struct handset);

	OSMO_ASSERT(hs);
	OSMO_ASSERT(sodium_init() >= 0);
	randombytes_buf(&hs->boot, sizeof(hs->boot));
	INIT_LLIST_HEAD(&hs->heard);
	INIT_LLIST_HEAD(&hs->sent);
	osmo_timer_setup(&hs->timer, tell_outcomes, hs);
	hs->line.name = "handset";
	hs->line.ops = &handset_ops;
	hs->line.state = LINE_SHUTDOWN;
	hs->line.window = 64; /* it takes any number: a turn's worth */
	hs->line.number = talloc_strdup(hs, short_code);
	hs->line.code = talloc_strdup(hs, code);
	hs->line.page_octets = USSD_OCTETS_MAX;
	hs->line.answer_s = HANDSET_ANSWER_S;
	talloc_set_destructor(hs, free_handset);
	return hs;
}

struct line *handset_line(struct handset *hs)
{
	return &hs->line;
}

int handset_text(struct handset *hs, const char *from, const char *to, const char *text,
		 void (*done)(bool ok, void *data), void *data)
{
	struct line *ln = &hs->line;
	char key[64];
	struct heard *heard;
	struct line_heard up = {
		.from = from,
		.to = to,
		.key = key,
		.text = text,
		.part = 1,
		.parts = 1,
		.sent_s = clock_now_s(),
	};

	if (ln->state != LINE_UP || hs->n_heard >= PENDING_MAX)
		return -EAGAIN;
	heard = talloc_zero(hs, struct heard);
	OSMO_ASSERT(heard);
	heard->token = up.token = ++hs->last_token;
	heard->done = done;
	heard->data = data;
	llist_add_tail(&heard->entry, &hs->heard);
	hs->n_heard++;
	snprintf(key, sizeof(key), "handset-%016" PRIx64 "-%" PRIu64, hs->boot, heard->token);
	ln->user.heard(ln, &up, ln->user.data);
	return 0;
}
