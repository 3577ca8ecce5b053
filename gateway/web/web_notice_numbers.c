// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_notice_numbers.c - numbers that were pasted into the form of a notice: ten thousand are written down a hundred at a
 * time, so that the line goes on meanwhile, and the answer comes after the last.  If the line ends before that, the notice
 * cannot be sent: the same form sent again goes on, and who is there already is left as is; else it lapses. */
#include <errno.h>

#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "web/web_notices.h"

#define BATCH 100

struct taking {
	struct notice_form *form;
	const char *text; /* where the next batch begins */
	struct osmo_timer_list next;
	void (*done)(struct notice_form *form, int rc);
};

static int end_taking(struct taking *t)
{
	osmo_timer_del(&t->next);
	return 0;
}

/* Inside the step. \returns 0; -ESTALE; -EIO */
static int put(struct taking *t, const struct recipient *rows, size_t n)
{
	struct web *web = t->form->con->req->web;
	int rc = store_notice_take(web->st, t->form->notice.id, clock_now_s() + BROADCAST_TAKING_S);

	if (rc == 0)
		rc = store_recipients_add(web->st, &t->form->notice, rows, n);
	if (rc == 0 && n < BATCH)
		rc = broadcast_taken(web->user.broadcast, t->form->notice.id);
	return rc == -ENOENT ? -ESTALE : rc;
}

/* \returns 1 there may be more; 0; -ESTALE; -EIO */
static int take_some(struct taking *t)
{
	struct store *st = t->form->con->req->web->st;
	struct recipient rows[BATCH];
	struct notice_number number;
	size_t n = 0;
	int rc;

	while (n < BATCH && notice_form_number(t->form, &t->text, &number) > 0) {
		OSMO_STRLCPY_ARRAY(rows[n].number, number.number);
		OSMO_STRLCPY_ARRAY(rows[n].language, number.language);
		n++;
	}
	rc = store_begin(st);
	if (rc < 0)
		return rc;
	rc = put(t, rows, n);
	if (rc < 0)
		store_undo(st);
	else
		rc = store_end(st);
	return rc < 0 ? rc : n == BATCH;
}

static void take_next(void *data)
{
	struct taking *t = data;
	struct notice_form *form = t->form;
	void (*done)(struct notice_form * form, int rc) = t->done;
	int rc = take_some(t);

	if (rc > 0) {
		osmo_timer_schedule(&t->next, 0, 0);
		return;
	}
	talloc_free(t);
	done(form, rc);
}

void web_notice_take_numbers(struct notice_form *form,
			     void (*done)(struct notice_form *form, int rc))
{
	struct taking *t = talloc_zero(form, struct taking);

	OSMO_ASSERT(t);
	t->form = form;
	t->done = done;
	osmo_timer_setup(&t->next, take_next, t);
	talloc_set_destructor(t, end_taking);
	web_hold(form->con->req);
	take_next(t);
}
