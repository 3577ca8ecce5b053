// SPDX-License-Identifier: AGPL-3.0-or-later
/* vty_sip.c - what the operator can see of SIP trunks while the line runs. */
#include "app_int.h"

#include <inttypes.h>

#include <osmocom/core/utils.h>

#include "clock.h"

static void show_registration(struct vty *vty, const struct app_sip *as,
			      const struct sip_line_status *st)
{
	int64_t now = clock_now_s();

	if (!st->registers)
		return;
	if (st->registered_since_s)
		vty_out(vty, "  registered   at %s for %" PRId64 " s, again in %" PRId64 " s%s",
			as->cs->cfg.domain, now - st->registered_since_s, st->register_next_s - now,
			VTY_NEWLINE);
	else if (!st->register_failed)
		vty_out(vty, "  registered   not yet%s", VTY_NEWLINE);
	else
		vty_out(vty,
			"  registered   no, failed %" PRIu64 ", tried again in %" PRId64 " s%s",
			st->register_failed,
			st->register_next_s ? OSMO_MAX(st->register_next_s - now, 0) : 0,
			VTY_NEWLINE);
}

static void show_one(struct vty *vty, const struct app_sip *as)
{
	const struct line *ln = sip_line(as->sip);
	struct sip_line_status st;

	sip_line_status(as->sip, &st);
	vty_out(vty, "%s: %s, %s port %u%s", ln->name, ln->state == LINE_UP ? "up" : "down",
		as->cs->cfg.address, as->cs->cfg.port, VTY_NEWLINE);
	show_registration(vty, as, &st);
	vty_out(vty,
		"  calls        now %zu, begun %" PRIu64 ", answered %" PRIu64 ", dialled %" PRIu64
		", keys %" PRIu64 "%s",
		st.calls, st.begun, st.answered, st.dialled, st.keys, VTY_NEWLINE);
	vty_out(vty,
		"  refused      strangers %" PRIu64 ", too many %" PRIu64
		", without a codec %" PRIu64 ", fell silent %" PRIu64 ", not refreshed %" PRIu64
		"%s",
		st.strangers, st.busy, st.unfit, st.timed_out, st.expired, VTY_NEWLINE);
	vty_out(vty,
		"  sound        packets %" PRIu64 ", malformed %" PRIu64 ", from elsewhere %" PRIu64
		", forged %" PRIu64 ", replayed %" PRIu64 ", made up %" PRIu64
		", not sent in time %" PRIu64 ", not recorded %" PRIu64 ", torn tones %" PRIu64
		"%s",
		st.packets, st.malformed, st.elsewhere, st.forged, st.replayed, st.concealed,
		st.skipped, st.lost, st.torn, VTY_NEWLINE);
}

DEFUN(show_sip, show_sip_cmd, "show sip", SHOW_STR "Calls through SIP trunks\n")
{
	const struct app_sip *as;

	llist_for_each_entry (as, &app_of(vty)->sips, list)
		show_one(vty, as);
	return CMD_SUCCESS;
}

void app_vty_sip_install(void)
{
	install_element_ve(&show_sip_cmd);
}
