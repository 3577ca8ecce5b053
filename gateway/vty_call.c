// SPDX-License-Identifier: AGPL-3.0-or-later
/* vty_call.c - what the operator can see of calls while the line runs. */
#include "app_int.h"

#include <inttypes.h>

#include <osmocom/core/utils.h>

#include "clock.h"
#include "wire/rfc3339.h"

#define PAST_MAX 10

static void show_open(const struct call_seen *call, void *data)
{
	struct vty *vty = data;
	char masked[PHONE_SIZE];

	vty_out(vty, "%s: %s, %" PRId64 " s, keys %u, %s%s%s%s", call->line,
		call->number[0] ? phone_masked(masked, call->number) : "number withheld",
		clock_now_s() - call->since_s, call->keys, call->doing, call->node[0] ? " at " : "",
		call->node, VTY_NEWLINE);
}

static bool show_past(const struct call_row *call, void *data)
{
	char masked[PHONE_SIZE], began[RFC3339_SIZE];
	struct vty *vty = data;

	if (!call->ended_s)
		return true;
	vty_out(vty, "  %s %s:%s %s, %" PRId64 " s, keys %u, asked again %u, %s%s%s%s",
		rfc3339_write(began, call->began_s, 0), call->line,
		call->caller_id	 ? " a person at"
		: call->outgoing ? " called"
				 : "",
		call->number[0] ? phone_masked(masked, call->number) : "number withheld",
		call->ended_s - call->began_s, call->keys, call->again, call->cause,
		call->node[0] ? " at " : "", call->node, VTY_NEWLINE);
	return true;
}

#define NODES_SHOWN 5

static void show_abandoned(struct vty *vty, const struct call_figures *cf)
{
	if (cf->n_nodes == 0)
		return;
	vty_out(vty, "  abandoned at");
	for (size_t i = 0; i < OSMO_MIN(cf->n_nodes, (size_t)NODES_SHOWN); i++)
		vty_out(vty, "%s %s %" PRIu64, i > 0 ? "," : "", cf->nodes[i].node,
			cf->nodes[i].abandoned);
	vty_out(vty, "%s", VTY_NEWLINE);
}

static void show_figures(struct vty *vty, struct app *app)
{
	struct speech_figures sf;
	struct call_figures cf;

	calls_figures(app->calls, &cf);
	speech_figures(app->speech, &sf);
	vty_out(vty,
		"all calls      open %zu, answered %" PRIu64 ", reports %" PRIu64
		", abandoned %" PRIu64 ", by text %" PRIu64 ", messages %" PRIu64
		", no room %" PRIu64 ", to a person %" PRIu64 " of %" PRIu64 "%s",
		cf.open, cf.answered, cf.filed, cf.abandoned, cf.by_text, cf.messages, cf.busy,
		cf.connected, cf.connected + cf.unconnected, VTY_NEWLINE);
	show_abandoned(vty, &cf);
	if (cf.keys_missed)
		vty_out(vty, "  keys missed  %" PRIu64 "%s", cf.keys_missed, VTY_NEWLINE);
	if (cf.filed)
		vty_out(vty, "  mean time to report %" PRIu64 " s%s", cf.report_s / cf.filed,
			VTY_NEWLINE);
	vty_out(vty,
		"speech         waiting %zu, made %zu, from disk %zu, from memory %zu, recorded %zu, "
		"failed %zu%s",
		sf.waiting, sf.made, sf.from_disk, sf.from_memory, sf.recordings, sf.failed,
		VTY_NEWLINE);
	if (cf.ahead_all)
		vty_out(vty, "  made ahead   %zu of %zu fixed sentences%s", cf.ahead, cf.ahead_all,
			VTY_NEWLINE);
}

static bool show_callout(const struct callout_row *row, void *data)
{
	char masked[PHONE_SIZE], at[RFC3339_SIZE];
	struct vty *vty = data;
	int64_t at_s = row->ended_s ? row->ended_s : row->since_s ? row->since_s : row->due_s;

	vty_out(vty, "  %" PRId64 " %s %s: %s %s %s, tries %u%s%s%s%s%s", row->id,
		row->notice ? "notice to" : "call back", phone_masked(masked, row->number),
		row->state,
		row->ended_s   ? "at"
		: row->since_s ? "since"
			       : "until",
		rfc3339_write(at, at_s, 0), row->tries, row->line[0] ? " on " : "", row->line,
		row->cause[0] ? ", last: " : "", row->cause, VTY_NEWLINE);
	return true;
}

DEFUN(show_callouts, show_callouts_cmd, "show callouts",
      SHOW_STR "Calls that we place: back to who asked, and notices\n")
{
	struct app *app = app_of(vty);
	struct callout_figures cf;

	callouts_figures(app->callouts, &cf);
	vty_out(vty,
		"calls placed   waiting %" PRId64 ", dialled %" PRIu64 ", reached %" PRIu64
		", machines %" PRIu64 ", given up %" PRIu64 "%s",
		store_callout_waiting(app->st), cf.dialled, cf.reached, cf.machine, cf.given_up,
		VTY_NEWLINE);
	vty_out(vty, "  not reached ");
	for (unsigned int i = 0; i < ARRAY_SIZE(cf.unreached); i++)
		vty_out(vty, " %s %" PRIu64 "%s", call_unreached_word(i), cf.unreached[i],
			i + 1 < ARRAY_SIZE(cf.unreached) ? "," : VTY_NEWLINE);
	vty_out(vty, "the last%s", VTY_NEWLINE);
	store_callout_list(vty, app->st, PAST_MAX, show_callout, vty);
	return CMD_SUCCESS;
}

DEFUN(show_calls, show_calls_cmd, "show calls",
      SHOW_STR "Calls under way, and the last that were\n")
{
	struct app *app = app_of(vty);

	if (!app->calls) {
		vty_out(vty, "%% there is no speech: calls are not taken%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	calls_each(app->calls, show_open, vty);
	show_figures(vty, app);
	vty_out(vty, "the last%s", VTY_NEWLINE);
	store_call_list(app->st, PAST_MAX, show_past, vty);
	return CMD_SUCCESS;
}

void app_vty_call_install(void)
{
	install_element_ve(&show_calls_cmd);
	install_element_ve(&show_callouts_cmd);
}
