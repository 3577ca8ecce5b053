// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_notice_do.c - send, pause, resume and cancel of a notice: one step each, answered once it is durable. */
#include <errno.h>

#include <osmocom/core/utils.h>

#include "web/web_notices.h"

struct doing {
	int (*what)(struct broadcast *bc, int64_t id);
	int from;	  /* enum notice_state that it was shown for; -1: any */
	const char *word; /* of the log */
	const char *nl, *en;
};

static void answer(struct console *con, int64_t id, int rc, const struct doing *d)
{
	const char *address = web_notice_address(con, id);

	if (rc == 0)
		console_done(con, address, d->nl, d->en);
	else if (rc == -EAGAIN)
		console_failed(
			con, address,
			"Nog niet: de lijst nummers is niet compleet. Er is niets verstuurd.",
			"Not yet: the list of numbers is not complete. Nothing was sent.");
	else if (rc == -EINVAL || rc == -ENOENT)
		console_failed(con, address, "Dat kan nu niet meer: kijk hoe het er nu mee staat.",
			       "That cannot be done any more: look how it stands now.");
	else
		console_refuse(con, MHD_HTTP_SERVICE_UNAVAILABLE,
			       "Het is niet opgeslagen: de database kan nu niet schrijven.",
			       "It has not been stored: the database cannot write now.");
}

/* Inside the step: as it is now. \returns 0; -EINVAL; -EAGAIN; -ENOENT; -EIO */
static int once(struct console *con, int64_t id, const struct doing *d)
{
	struct notice n;
	int rc;

	if (console_again(con))
		return 0;
	rc = store_notice_get(con, con->req->web->st, id, &n);
	if (rc < 0)
		return rc;
	if (d->from >= 0 && n.taking)
		return -EAGAIN;
	if (d->from >= 0 && d->from != (int)n.state)
		return -EINVAL; /* a form from before: a second one to send must not end a pause */
	rc = d->what(con->req->web->user.broadcast, id);
	return rc < 0 ? rc : console_audit(con, "notice %lld %s", (long long)id, d->word);
}

static void act(struct web_req *req, const struct doing *d)
{
	struct console *con = console_enter(req, STAFF_EDITOR);
	struct store *st = req->web->st;
	struct notice n;
	int rc;

	if (!con || !web_notice_find(con, &n))
		return;
	rc = store_begin(st);
	if (rc == 0) {
		rc = once(con, n.id, d);
		if (rc < 0)
			store_undo(st);
		else
			store_end(st);
	}
	answer(con, n.id, rc, d);
}

/* Not before somebody could see whom it goes to. */
static int send_draft(struct broadcast *bc, int64_t id)
{
	struct broadcast_estimate estimate;
	int rc = broadcast_estimate(bc, id, &estimate);

	if (rc == -EAGAIN || (rc == 0 && estimate.people == 0))
		return -EINVAL;
	return rc < 0 ? rc : broadcast_go(bc, id);
}

void web_notice_send(struct web_req *req)
{
	static const struct doing d = { send_draft, NOTICE_DRAFT, "sent", "Het gaat de deur uit.",
					"It goes out." };

	act(req, &d);
}

void web_notice_pause(struct web_req *req)
{
	static const struct doing d = { broadcast_pause, -1, "paused",
					"Gepauzeerd: er gaat niets meer weg.",
					"Paused: nothing more leaves." };

	act(req, &d);
}

void web_notice_resume(struct web_req *req)
{
	static const struct doing d = { broadcast_go, NOTICE_PAUSED, "resumed", "Het gaat verder.",
					"It goes on." };

	act(req, &d);
}

void web_notice_cancel(struct web_req *req)
{
	static const struct doing d = { broadcast_cancel, -1, "cancelled",
					"Afgebroken: wie het nog niet had krijgt het niet.",
					"Cancelled: who did not have it does not get it." };

	act(req, &d);
}
