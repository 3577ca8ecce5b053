// SPDX-License-Identifier: AGPL-3.0-or-later
/* vty_euse.c - what the operator can see of USSD while the line runs. */
#include "app_int.h"

#include <inttypes.h>

#include <osmocom/core/utils.h>

static void show_one_euse(struct euse *eu, void *data)
{
	const struct line *ln = euse_line(eu);
	struct vty *vty = data;
	struct euse_status es;

	euse_status(eu, &es);
	vty_out(vty, "%s: %s, %s, pages of %zu octets%s", ln->name, es.state, ln->code,
		ln->page_octets, VTY_NEWLINE);
	if (es.rtt_us)
		vty_out(vty, "  HLR          answers in %" PRIu64 ".%02" PRIu64 " ms%s",
			es.rtt_us / 1000, es.rtt_us / 10 % 100, VTY_NEWLINE);
	vty_out(vty,
		"  sessions     open %zu, begun %" PRIu64 ", ended by us %" PRIu64
		", unanswered %" PRIu64 ", lost %" PRIu64 "%s",
		es.sessions, es.begun, es.last_pages, es.unanswered, es.lost, VTY_NEWLINE);
	vty_out(vty,
		"  pages        shown %" PRIu64 ", answered %" PRIu64 ", late %" PRIu64
		", refused %" PRIu64 "%s",
		es.pages, es.answers, es.late, es.refused, VTY_NEWLINE);
	vty_out(vty,
		"  trouble      malformed %" PRIu64 ", unknown sessions %" PRIu64
		", repeated %" PRIu64 ", reconnected %" PRIu64 "%s",
		es.malformed, es.unknown, es.repeated, es.reconnects, VTY_NEWLINE);
}

/* What all lines with sessions have done together. */
static void show_sessions(struct vty *vty, const struct sessions *ss)
{
	struct session_figures sf;

	sessions_figures(ss, &sf);
	vty_out(vty,
		"all sessions   dialled %" PRIu64 ", turns %" PRIu64 ", resumed %" PRIu64
		", answered by text %" PRIu64 ", waiting for the database %zu%s",
		sf.begun, sf.turns, sf.resumed, sf.texted, sf.waiting, VTY_NEWLINE);
}

DEFUN(show_euse, show_euse_cmd, "show euse", SHOW_STR "USSD for residents\n")
{
	app_euses(app_of(vty), show_one_euse, vty);
	show_sessions(vty, app_of(vty)->sessions);
	return CMD_SUCCESS;
}

void app_vty_euse_install(void)
{
	install_element_ve(&show_euse_cmd);
}
