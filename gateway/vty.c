// SPDX-License-Identifier: AGPL-3.0-or-later
/* vty.c - what the operator can see and do while the line runs. */
#include "app_int.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/fsm.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/logging.h>
#include <osmocom/vty/misc.h>
#include <osmocom/vty/stats.h>

#include "clock.h"

#define NEAR_FORMAT 32

struct app *app_of(struct vty *vty)
{
	return config_of(vty)->data;
}

/* "2026-11-24 07:30" in the zone of the process; "-" for none */
static const char *when(char out[NEAR_FORMAT], int64_t at_s)
{
	time_t t = at_s;
	struct tm tm;

	if (!at_s)
		return "-";
	localtime_r(&t, &tm);
	strftime(out, NEAR_FORMAT, "%Y-%m-%d %H:%M", &tm);
	return out;
}

static const char *or_dash(const char *text)
{
	return text && text[0] ? text : "-";
}

/* ---- lines ---- */

static void show_one_modem(const struct config_modem *cm, struct modem *m, void *data)
{
	struct vty *vty = data;
	struct modem_status ms;
	char since[NEAR_FORMAT], amount[MODEM_AMOUNT_SIZE];

	modem_status(m, &ms);
	vty_out(vty, "modem %u: %s, %s on %s%s", cm->nr, ms.state, or_dash(ms.mode),
		or_dash(ms.path), VTY_NEWLINE);
	vty_out(vty, "  device       %s %s %s%s", or_dash(ms.vendor), or_dash(ms.model),
		or_dash(ms.revision), VTY_NEWLINE);
	vty_out(vty, "  IMEI         %s, ICCID %s%s", or_dash(ms.imei), or_dash(ms.iccid),
		VTY_NEWLINE);
	vty_out(vty, "  network      %s, %s, signal ", or_dash(ms.operator),
		or_dash(ms.registration));
	if (ms.signal_dbm)
		vty_out(vty, "%d dBm%s", ms.signal_dbm, VTY_NEWLINE);
	else
		vty_out(vty, "unknown%s", VTY_NEWLINE);
	vty_out(vty, "  memory       %s %d of %d%s", or_dash(ms.memory), ms.storage_used,
		ms.storage_total, VTY_NEWLINE);
	if (ms.has_balance)
		vty_out(vty, "  balance      %s, asked %s%s", modem_amount(amount, ms.balance),
			when(since, ms.balance_at_s), VTY_NEWLINE);
	if (ms.question)
		vty_out(vty, "  the network asks: %s%s", ms.question, VTY_NEWLINE);
	vty_out(vty, "  healthy      since %s%s", when(since, ms.healthy_since_s), VTY_NEWLINE);
	vty_out(vty,
		"  texts        heard %llu, status reports %llu, unreadable %llu, unsettled %zu%s",
		(unsigned long long)ms.heard, (unsigned long long)ms.reports,
		(unsigned long long)ms.quarantined, ms.unsettled, VTY_NEWLINE);
	vty_out(vty,
		"  parts        sent %llu, refused %llu, again %llu, in doubt %llu, queued %zu%s",
		(unsigned long long)ms.sent, (unsigned long long)ms.refused,
		(unsigned long long)ms.retries, (unsigned long long)ms.doubt, ms.queue,
		VTY_NEWLINE);
	vty_out(vty, "  trouble      resets %llu, reopened %llu, errors %llu, time-outs %llu%s",
		(unsigned long long)ms.resets, (unsigned long long)ms.reopens,
		(unsigned long long)ms.errors, (unsigned long long)ms.timeouts, VTY_NEWLINE);
	if (ms.has_audio)
		vty_out(vty,
			"  sound        underruns %llu, overruns %llu, frames left out %llu, put in %llu, "
			"not recorded %llu, torn tones %llu%s",
			(unsigned long long)ms.audio_underruns,
			(unsigned long long)ms.audio_overruns, (unsigned long long)ms.audio_dropped,
			(unsigned long long)ms.audio_added, (unsigned long long)ms.audio_lost,
			(unsigned long long)ms.audio_torn, VTY_NEWLINE);
}

DEFUN(show_modem, show_modem_cmd, "show modem", SHOW_STR "The modems\n")
{
	app_modems(app_of(vty), show_one_modem, vty);
	return CMD_SUCCESS;
}

/* ---- alarms ---- */

static bool show_one_alarm(const char *what, const char *detail, int64_t since_s, int64_t ended_s,
			   void *data)
{
	struct vty *vty = data;
	char since[NEAR_FORMAT], ended[NEAR_FORMAT];

	vty_out(vty, "%s  %s: %s%s%s%s", when(since, since_s), what, detail,
		ended_s ? ", ended " : "", ended_s ? when(ended, ended_s) : "", VTY_NEWLINE);
	return true;
}

DEFUN(show_alarm, show_alarm_cmd, "show alarm [all]",
      SHOW_STR "What someone must act on\nThe ended ones too\n")
{
	store_alarm_list(app_of(vty)->st, argc == 0, show_one_alarm, vty);
	return CMD_SUCCESS;
}

/* ---- people ---- */

static bool show_one_blocked(const struct person *p, const char *why, void *data)
{
	struct vty *vty = data;
	char since[NEAR_FORMAT];

	vty_out(vty, "%s  since %s: %s%s", p->number, when(since, p->blocked_at_s), or_dash(why),
		VTY_NEWLINE);
	return true;
}

DEFUN(show_blocked, show_blocked_cmd, "show blocked", SHOW_STR "Numbers that get no answer\n")
{
	store_person_blocked_list(app_of(vty)->st, show_one_blocked, vty);
	return CMD_SUCCESS;
}

static int set_block(struct vty *vty, const char *number, const char *why)
{
	struct app *app = app_of(vty);
	char written[PHONE_SIZE];
	struct person p;
	int rc = -EINVAL;

	if (phone_normalise(written, number, app->cfg->country) == 0 && store_begin(app->st) == 0) {
		rc = why ? store_person_get(app->st, written, clock_now_s(), &p)
			 : store_person_find(app->st, written, &p);
		if (rc == 0)
			rc = store_person_block(app->st, p.id, why, clock_now_s());
		if (rc == 0) {
			store_audit(app->st, "operator",
				    why ? "blocked a number" : "released a number", clock_now_s());
			store_end(app->st);
		} else {
			store_undo(app->st);
		}
	}
	if (rc < 0) {
		vty_out(vty, "%% no such number: %s%s", number, VTY_NEWLINE);
		return CMD_WARNING;
	}
	return CMD_SUCCESS;
}

DEFUN(release, release_cmd, "release NUMBER", "Answer a blocked number again\nIts number\n")
{
	return set_block(vty, argv[0], NULL);
}

DEFUN(block, block_cmd, "block NUMBER .WHY", "Answer a number no more\nIts number\nWhy\n")
{
	char *why = argv_concat(argv, argc, 1);
	int rc = set_block(vty, argv[0], why);

	talloc_free(why);
	return rc;
}

/* ---- outbox ---- */

DEFUN(show_outbox, show_outbox_cmd, "show outbox", SHOW_STR "Texts that wait\n")
{
	struct outbox_counts counts = {};
	char oldest[NEAR_FORMAT];

	store_outbox_counts(app_of(vty)->st, &counts);
	vty_out(vty,
		"replies %lld, status %lld, notices %lld; sending %lld, in doubt %lld; oldest %s%s",
		(long long)counts.queued[0], (long long)counts.queued[1],
		(long long)counts.queued[2], (long long)counts.sending, (long long)counts.doubt,
		when(oldest, counts.oldest_s), VTY_NEWLINE);
	return CMD_SUCCESS;
}

/* ---- contractors ---- */

static void show_one_contractor(struct contractor *c, void *data)
{
	struct vty *vty = data;
	struct contractor_status cs;
	struct forward_counts counts = {};
	char since[NEAR_FORMAT];

	contractor_status(c, &cs);
	store_forward_counts(app_of(vty)->st, contractor_cfg_of(c)->name, &counts);
	vty_out(vty, "contractor %s: %s since %s%s", contractor_cfg_of(c)->name, cs.state,
		when(since, cs.up_since_s ? cs.up_since_s : cs.down_since_s), VTY_NEWLINE);
	vty_out(vty, "  asked %llu, taken %llu, failed %llu, refused %llu, polled %llu%s",
		(unsigned long long)cs.asked, (unsigned long long)cs.taken,
		(unsigned long long)cs.failed, (unsigned long long)cs.refused,
		(unsigned long long)cs.polled, VTY_NEWLINE);
	vty_out(vty, "  waiting %lld, stuck %lld, last error: %s%s", (long long)counts.due,
		(long long)counts.stuck, or_dash(cs.last_error), VTY_NEWLINE);
}

DEFUN(show_contractors, show_contractors_cmd, "show contractors", SHOW_STR "Who repairs\n")
{
	forwarder_each(app_of(vty)->forwarder, show_one_contractor, vty);
	return CMD_SUCCESS;
}

static bool show_one_forward(const struct forward *f, const char *state, void *data)
{
	struct vty *vty = data;
	char due[NEAR_FORMAT];

	vty_out(vty, "%s  %s to %s, tries %u, rung %u, due %s, %s%s", f->key,
		f->event_id ? "update" : "order", or_dash(f->contractor), f->tries, f->rung,
		strcmp(state, "due") == 0 ? when(due, f->due_s) : state, or_dash(f->error),
		VTY_NEWLINE);
	return true;
}

DEFUN(show_forward, show_forward_cmd, "show forward",
      SHOW_STR "Orders that no contractor took yet\n")
{
	void *ctx = talloc_new(NULL);

	store_forward_list(ctx, app_of(vty)->st, 0, show_one_forward, vty);
	talloc_free(ctx);
	return CMD_SUCCESS;
}

DEFUN(forward_again, forward_again_cmd, "forward again [NAME]",
      "Orders\nTry what waits or is stuck now\nOf one contractor\n")
{
	int n = forwarder_again(app_of(vty)->forwarder, argc ? argv[0] : NULL);

	if (n < 0) {
		vty_out(vty, "%% the database refused: see the log%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	vty_out(vty, "%d orders are tried now%s", n, VTY_NEWLINE);
	return CMD_SUCCESS;
}

DEFUN(reload, reload_cmd, "reload", "Read menus and prompts again\n")
{
	if (app_reload(app_of(vty)) < 0) {
		vty_out(vty, "%% they do not check, the old ones stay: see the log%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	return CMD_SUCCESS;
}

void app_vty_install(void)
{
	logging_vty_add_cmds();
	osmo_talloc_vty_add_cmds();
	osmo_fsm_vty_add_cmds();
	osmo_stats_vty_add_cmds();
	app_vty_euse_install();
	app_vty_sip_install();
	app_vty_call_install();
	app_vty_notice_install();
	install_element_ve(&show_modem_cmd);
	install_element_ve(&show_alarm_cmd);
	install_element_ve(&show_blocked_cmd);
	install_element_ve(&show_outbox_cmd);
	install_element_ve(&show_contractors_cmd);
	install_element_ve(&show_forward_cmd);
	install_element(ENABLE_NODE, &release_cmd);
	install_element(ENABLE_NODE, &block_cmd);
	install_element(ENABLE_NODE, &forward_again_cmd);
	install_element(ENABLE_NODE, &reload_cmd);
	app_vty_ussd_install();
}
