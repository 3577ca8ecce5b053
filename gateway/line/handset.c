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
#include "line/handset_int.h"
#include "log.h"
#include "voice/recorder.h"
#include "wire/phone.h"
#include "wire/ussd_text.h"

#define PENDING_MAX 4096 /* texts not settled yet, parts not yet reported as sent, sessions */
#define LATE_S	    10	 /* a page is owed so long before late() */
#define GUARD_S	    25	 /* and so long in all, as a network's own timer has it */

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

typedef void page_done(const struct handset_page *page, void *data);

/* Someone at the phone.  A page is owed while done is set; else one is shown. */
struct session {
	struct llist_head entry;
	struct handset *hs;
	uint64_t id;
	char from[PHONE_SIZE];
	page_done *done;
	void *data;
	bool late; /* it has been said */
	struct osmo_timer_list timer;
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

/* ---- sessions ---- */

static int free_session(struct session *ses)
{
	osmo_timer_del(&ses->timer);
	llist_del(&ses->entry);
	ses->hs->n_sessions--;
	return 0;
}

static struct session *session_find(struct handset *hs, uint64_t id)
{
	struct session *ses;

	llist_for_each_entry (ses, &hs->sessions, entry)
		if (ses->id == id)
			return ses;
	return NULL;
}

static struct session *session_of(struct handset *hs, const char *from)
{
	struct session *ses;

	llist_for_each_entry (ses, &hs->sessions, entry)
		if (!strcmp(ses->from, from))
			return ses;
	return NULL;
}

/* What was dialled or answered has its page; the session is gone first if that is the last. */
static void session_show(struct session *ses, const struct handset_page *page)
{
	page_done *done = ses->done;
	void *data = ses->data;

	ses->done = NULL;
	if (page->last)
		talloc_free(ses);
	else
		osmo_timer_schedule(&ses->timer, HANDSET_ANSWER_S, 0);
	if (done)
		done(page, data);
}

/* Without a last page: who is above is told, and so is who waits at the phone. */
static void session_lose(struct session *ses)
{
	struct line *ln = &ses->hs->line;
	uint64_t id = ses->id;

	session_show(ses, &(struct handset_page){ .last = true });
	if (ln->user.ended)
		ln->user.ended(ln, id, ln->user.data);
}

static void session_timer(void *data)
{
	struct session *ses = data;
	struct line *ln = &ses->hs->line;

	if (!ses->done || ses->late) {
		session_lose(ses);
		return;
	}
	ses->late = true;
	osmo_timer_schedule(&ses->timer, GUARD_S - LATE_S, 0);
	if (ln->user.late)
		ln->user.late(ln, ses->id, ln->user.data);
}

/* The reply may come from inside said(): the session is not touched after it. */
static void session_say(struct session *ses, const char *code, const char *text, page_done *done,
			void *data)
{
	struct line *ln = &ses->hs->line;
	struct line_said said = {
		.session = ses->id,
		.code = code,
		.text = text,
		.number = ses->from,
	};

	ses->done = done;
	ses->data = data;
	ses->late = false;
	osmo_timer_schedule(&ses->timer, LATE_S, 0);
	if (ln->user.said)
		ln->user.said(ln, &said, ln->user.data);
	else
		ln->ops->refuse(ln, said.session, LINE_NOT_NOW);
}

static int handset_reply(struct line *ln, uint64_t session, const char *text, bool last)
{
	struct handset *hs = container_of(ln, struct handset, line);
	struct session *ses = session_find(hs, session);
	uint8_t dcs, octets[USSD_OCTETS_MAX];
	char shown[USSD_TEXT_MAX];
	int n;

	if (!ses || !ses->done)
		return -ENOENT;
	/* what the alphabet cannot carry is not seen on any phone */
	n = ussd_text_encode(&dcs, octets, sizeof(octets), text);
	if (n < 0)
		return n;
	if (ussd_text_decode(shown, sizeof(shown), dcs, octets, (size_t)n) < 0)
		return -EINVAL;
	session_show(ses, &(struct handset_page){ .text = shown, .last = last });
	return 0;
}

static void handset_refuse(struct line *ln, uint64_t session, enum line_refusal why)
{
	struct handset *hs = container_of(ln, struct handset, line);
	struct session *ses = session_find(hs, session);

	if (ses)
		session_show(ses, &(struct handset_page){ .last = true,
							  .unknown = why == LINE_NO_SUCH_CODE });
}

/* ---- the line ---- */

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
	struct session *ses;

	ln->state = LINE_SHUTDOWN;
	ln->up_since_s = 0;
	while ((ses = llist_first_entry_or_null(&hs->sessions, struct session, entry)))
		session_lose(ses);
	handset_calls_end(hs);
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
	.reply = handset_reply,
	.refuse = handset_refuse,
	.answer = handset_call_answer,
	.prompt = handset_call_prompt,
	.hang_up = handset_call_refuse,
	.dial = handset_call_dial,
	.join = handset_call_join,
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
	INIT_LLIST_HEAD(&hs->sessions);
	INIT_LLIST_HEAD(&hs->calls);
	hs->recorder = recorder_alloc(hs);
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

/* "*140#" and all that begins with "*140*". */
static bool is_our_code(const struct line *ln, const char *code)
{
	size_t base = ln->code ? strcspn(ln->code, "#") : 0;

	return base > 0 && !strncmp(code, ln->code, base) &&
	       (code[base] == '*' || code[base] == '#');
}

int handset_dial(struct handset *hs, const char *from, const char *code,
		 void (*done)(const struct handset_page *page, void *data), void *data)
{
	struct session *ses = session_of(hs, from);

	if (hs->line.state != LINE_UP || (ses && ses->done))
		return -EAGAIN;
	if (ses)
		session_lose(ses);
	if (!is_our_code(&hs->line, code)) {
		done(&(struct handset_page){ .last = true, .unknown = true }, data);
		return 0;
	}
	if (hs->n_sessions >= PENDING_MAX)
		return -EAGAIN;
	ses = talloc_zero(hs, struct session);
	OSMO_ASSERT(ses);
	ses->hs = hs;
	ses->id = ++hs->last_session;
	snprintf(ses->from, sizeof(ses->from), "%s", from);
	llist_add_tail(&ses->entry, &hs->sessions);
	hs->n_sessions++;
	osmo_timer_setup(&ses->timer, session_timer, ses);
	talloc_set_destructor(ses, free_session);
	session_say(ses, code, NULL, done, data);
	return 0;
}

int handset_answer(struct handset *hs, const char *from, const char *text,
		   void (*done)(const struct handset_page *page, void *data), void *data)
{
	struct session *ses = session_of(hs, from);

	if (hs->line.state != LINE_UP || (ses && ses->done))
		return -EAGAIN;
	if (!ses)
		return -ENOENT;
	session_say(ses, NULL, text, done, data);
	return 0;
}
