// SPDX-License-Identifier: AGPL-3.0-or-later
/* app_lines.c - the lines of the app: what they tell, and how they come and go with the configuration. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "app_int.h"
#include "clock.h"
#include "log.h"

/* ---- what the lines tell ---- */

static void line_heard(struct line *ln, const struct line_heard *heard, void *data)
{
	struct app *app = data;

	app->texts_heard++;
	intake_heard(app->intake, ln, heard);
}

static void line_reported(struct line *ln, const struct line_report *report, void *data)
{
	outbox_reported(((struct app *)data)->outbox, ln, report);
}

static void line_outcome(struct line *ln, const struct line_outcome *outcome, void *data)
{
	outbox_outcome(((struct app *)data)->outbox, ln, outcome);
}

static void line_said(struct line *ln, const struct line_said *said, void *data)
{
	sessions_said(((struct app *)data)->sessions, ln, said);
}

static void line_late(struct line *ln, uint64_t session, void *data)
{
	sessions_late(((struct app *)data)->sessions, ln, session);
}

static void line_unanswered(struct line *ln, uint64_t session, void *data)
{
	sessions_unanswered(((struct app *)data)->sessions, ln, session);
}

static void line_ended(struct line *ln, uint64_t session, void *data)
{
	struct app *app = data;

	sessions_ended(app->sessions, ln, session);
	if (app->calls)
		calls_ended(app->calls, ln, session);
}

static void line_changed(struct line *ln, void *data)
{
	struct app *app = data;

	outbox_run(app->outbox);
	callouts_run(app->callouts);
}

static void line_alarm(struct line *ln, const char *what, bool on, const char *detail, void *data)
{
	struct app *app = data;
	char *name = talloc_asprintf(app, "%s %s", ln->name, what);

	if (store_begin(app->st) == 0) {
		if (store_alarm(app->st, name, on, detail, clock_now_s()) == 0)
			LOGP(DLINE, on ? LOGL_ERROR : LOGL_NOTICE, "alarm %s: %s%s%s\n",
			     on ? "on" : "off", name, detail ? ": " : "", detail ? detail : "");
		store_end(app->st);
	}
	talloc_free(name);
}

static const char *line_remember(struct line *ln, const char *key, const char *value, void *data)
{
	struct app *app = data;

	talloc_free(app->recalled);
	app->recalled = NULL;
	if (!value) {
		app->recalled = store_recall(app, app->st, ln->name, key);
		return app->recalled;
	}
	if (store_begin(app->st) == 0) {
		store_remember(app->st, ln->name, key, value);
		store_end(app->st);
		store_commit(app->st); /* a PIN that was refused must never be forgotten */
	}
	return value;
}

static void line_join(struct app *app, struct line *ln)
{
	ln->user = (struct line_user){
		.heard = line_heard,
		.reported = line_reported,
		.outcome = line_outcome,
		.said = line_said,
		.late = line_late,
		.unanswered = line_unanswered,
		.ended = line_ended,
		.changed = line_changed,
		.alarm = line_alarm,
		.remember = line_remember,
		.data = app,
	};
	app_calls_listen(ln);
	outbox_line_add(app->outbox, ln);
	callouts_line_add(app->callouts, ln);
	app->talk->call_back = callouts_can_dial(app->callouts);
}

static void line_leave(struct app *app, struct line *ln)
{
	sessions_line_remove(app->sessions, ln);
	callouts_line_remove(app->callouts, ln);
	app->talk->call_back = callouts_can_dial(app->callouts);
	if (app->calls)
		calls_line_remove(app->calls, ln);
	outbox_line_remove(app->outbox, ln);
}

/* ---- lines ---- */

static struct app_modem *app_modem_find(struct app *app, const struct config_modem *cm)
{
	struct app_modem *am;

	llist_for_each_entry (am, &app->modems, list)
		if (am->cm == cm)
			return am;
	return NULL;
}

struct modem *app_modem_nr(unsigned int nr, void *data)
{
	struct app *app = data;
	struct app_modem *am;

	llist_for_each_entry (am, &app->modems, list)
		if (am->cm->nr == nr)
			return am->modem;
	return NULL;
}

void app_modem_stop(struct app *app, const struct config_modem *cm)
{
	struct app_modem *am = app_modem_find(app, cm);
	struct line *ln;

	if (!am)
		return;
	ln = modem_line(am->modem);
	ln->ops->stop(ln);
	store_commit(app->st);
	line_leave(app, ln);
	llist_del(&am->list);
	modem_free(am->modem);
	talloc_free(am);
}

/* Started for the first line that needs it.  NULL: it cannot be, logged */
static struct media *media_of(struct app *app)
{
	if (!app->media)
		app->media = media_start(app);
	return app->media;
}

void app_modem_start(struct app *app, struct config_modem *cm)
{
	struct app_modem *am;
	struct line *ln;

	if (cm->cfg.shutdown)
		return;
	cm->cfg.no_reports = !app->cfg->outbox.reports;
	cm->cfg.audio = cm->audio_device;
	cm->cfg.audio_card = cm->audio == CONFIG_AUDIO_ALSA;
	cm->cfg.media = cm->cfg.audio ? media_of(app) : NULL; /* none: calls ring on */
	am = talloc_zero(app, struct app_modem);
	OSMO_ASSERT(am);
	am->cm = cm;
	am->modem = modem_alloc(am, &cm->cfg);
	llist_add_tail(&am->list, &app->modems);
	ln = modem_line(am->modem);
	line_join(app, ln);
	ln->ops->start(ln);
}

void app_modems(struct app *app,
		void (*each)(const struct config_modem *cm, struct modem *m, void *data),
		void *data)
{
	struct app_modem *am;

	llist_for_each_entry (am, &app->modems, list)
		each(am->cm, am->modem, data);
}

void app_euse_stop(struct app *app, const struct config_euse *ce)
{
	struct app_euse *ae;
	struct line *ln;

	llist_for_each_entry (ae, &app->euses, list) {
		if (ae->ce != ce)
			continue;
		ln = euse_line(ae->euse);
		ln->ops->stop(ln);
		store_commit(app->st);
		line_leave(app, ln);
		llist_del(&ae->list);
		euse_free(ae->euse);
		talloc_free(ae);
		return;
	}
}

void app_euse_start(struct app *app, const struct config_euse *ce)
{
	struct app_euse *ae;
	struct line *ln;

	if (ce->cfg.shutdown)
		return;
	ae = talloc_zero(app, struct app_euse);
	OSMO_ASSERT(ae);
	ae->ce = ce;
	ae->euse = euse_alloc(ae, &ce->cfg);
	llist_add_tail(&ae->list, &app->euses);
	ln = euse_line(ae->euse);
	line_join(app, ln);
	ln->ops->start(ln);
}

void app_euses(struct app *app, void (*each)(struct euse *eu, void *data), void *data)
{
	struct app_euse *ae;

	llist_for_each_entry (ae, &app->euses, list)
		each(ae->euse, data);
}

void app_sip_stop(struct app *app, const struct config_sip *cs)
{
	struct app_sip *as;
	struct line *ln;

	llist_for_each_entry (as, &app->sips, list) {
		if (as->cs != cs)
			continue;
		ln = sip_line(as->sip);
		ln->ops->stop(ln);
		store_commit(app->st);
		line_leave(app, ln);
		llist_del(&as->list);
		sip_line_free(as->sip);
		talloc_free(as);
		return;
	}
}

void app_sip_start(struct app *app, const struct config_sip *cs)
{
	struct app_sip *as;
	struct line *ln;

	struct sip_line_cfg cfg = cs->cfg;

	if (cs->cfg.shutdown)
		return;
	if (!media_of(app))
		return;
	as = talloc_zero(app, struct app_sip);
	OSMO_ASSERT(as);
	as->cs = cs;
	if (cs->password_file)
		cfg.password = config_secret(as, cs->password_file);
	as->sip = sip_line_alloc(as, &cfg, app->media);
	llist_add_tail(&as->list, &app->sips);
	ln = sip_line(as->sip);
	line_join(app, ln);
	ln->ops->start(ln);
}

void app_handset_add(struct app *app)
{
	if (!app->cfg->handset)
		return;
	app->handset = handset_alloc(app, app->cfg->short_code, config_code(app->cfg));
	line_join(app, handset_line(app->handset));
}

void app_handset_switch(struct app *app)
{
	struct line *ln;

	if (!app->handset)
		return;
	ln = handset_line(app->handset);
	if (app->cfg->handset && app->cfg->handset_on && ln->state != LINE_UP)
		ln->ops->start(ln);
	else if (!(app->cfg->handset && app->cfg->handset_on) && ln->state == LINE_UP)
		ln->ops->stop(ln);
}

void app_lines_start(struct app *app)
{
	const struct config_euse *ce;
	const struct config_sip *cs;
	struct config_modem *cm;

	app_handset_switch(app);
	llist_for_each_entry (cm, &app->cfg->modems, list)
		app_modem_start(app, cm);
	llist_for_each_entry (ce, &app->cfg->euses, list)
		app_euse_start(app, ce);
	llist_for_each_entry (cs, &app->cfg->sips, list)
		app_sip_start(app, cs);
}

static void stop_line(struct line *ln)
{
	ln->ops->stop(ln);
}

void app_lines_stop(struct app *app)
{
	struct app_modem *am;
	struct app_euse *ae;
	struct app_sip *as;

	llist_for_each_entry (as, &app->sips, list)
		stop_line(sip_line(as->sip));
	llist_for_each_entry (ae, &app->euses, list)
		stop_line(euse_line(ae->euse));
	llist_for_each_entry (am, &app->modems, list)
		stop_line(modem_line(am->modem));
	if (app->handset)
		stop_line(handset_line(app->handset));
}
