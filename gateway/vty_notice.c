// SPDX-License-Identifier: AGPL-3.0-or-later
/* vty_notice.c - notices to many, for the operator: how far they are; hold them back. */
#include "app_int.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <osmocom/core/utils.h>

#include "wire/rfc3339.h"

#define SHOWN_MAX 20

static bool show_one(const struct notice *n, void *data)
{
	char start[RFC3339_SIZE];
	struct vty *vty = data;

	vty_out(vty, "%" PRId64 " %s %s%s, from %s%s%s%s", n->id, notice_kind_name(n->kind),
		notice_state_name(n->state), n->taking ? " (its list is not complete)" : "",
		rfc3339_write(start, n->start_s, 0), n->title[0] ? ": " : "", n->title,
		VTY_NEWLINE);
	vty_out(vty,
		"  people %" PRId64 ", queued %" PRId64 ", sent %" PRId64 ", delivered %" PRId64
		", failed %" PRId64 ", left out %" PRId64 "%s",
		n->recipients, n->queued, n->sent, n->delivered, n->failed, n->skipped,
		VTY_NEWLINE);
	return true;
}

DEFUN(show_notices, show_notices_cmd, "show notices",
      SHOW_STR "Notices to many, the newest first\n")
{
	struct app *app = app_of(vty);

	store_notice_list(app, app->st, 0, SHOWN_MAX, show_one, vty);
	return CMD_SUCCESS;
}

static int say(struct vty *vty, const char *id_text, int (*what)(struct broadcast *bc, int64_t id))
{
	struct app *app = app_of(vty);
	int64_t id = strtoll(id_text, NULL, 10);
	int rc = store_begin(app->st);

	if (rc == 0) {
		rc = what(app->broadcast, id);
		if (rc < 0)
			store_undo(app->st);
		else
			rc = store_end(app->st);
	}
	if (rc == 0)
		return CMD_SUCCESS;
	vty_out(vty, "%% notice %" PRId64 ": %s%s", id,
		rc == -ENOENT	? "there is none"
		: rc == -EAGAIN ? "its list of numbers is not complete"
		: rc == -EINVAL ? "not in this state: show notices"
				: "the database could not be written",
		VTY_NEWLINE);
	return CMD_WARNING;
}

#define NOTICE_STR "A notice to many\nIts number: show notices\n"

DEFUN(notice_pause, notice_pause_cmd, "notice <1-999999999> pause",
      NOTICE_STR "Hold back what has not left\n")
{
	return say(vty, argv[0], broadcast_pause);
}

DEFUN(notice_resume, notice_resume_cmd, "notice <1-999999999> resume",
      NOTICE_STR "Send it, or go on\n")
{
	return say(vty, argv[0], broadcast_go);
}

DEFUN(notice_cancel, notice_cancel_cmd, "notice <1-999999999> cancel",
      NOTICE_STR "Send no more of it, ever\n")
{
	return say(vty, argv[0], broadcast_cancel);
}

void app_vty_notice_install(void)
{
	install_element_ve(&show_notices_cmd);
	install_element(ENABLE_NODE, &notice_pause_cmd);
	install_element(ENABLE_NODE, &notice_resume_cmd);
	install_element(ENABLE_NODE, &notice_cancel_cmd);
}
