// SPDX-License-Identifier: AGPL-3.0-or-later
/* app_figures.c - how the line stands, for GET /healthz and GET /metrics. */
#include "app_int.h"

#include <stdio.h>
#include <string.h>
#include <math.h>
#include <sys/resource.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"

static const char *const state_words[] = {
	[LINE_DOWN] = "down",
	[LINE_UP] = "up",
	[LINE_STOPPED] = "stopped",
	[LINE_SHUTDOWN] = "shutdown",
};

static json_t *line_json(const struct line *ln)
{
	return json_pack("{s:s, s:s, s:s, s:I}", "name", ln->name, "kind", ln->ops->kind, "state",
			 state_words[ln->state], "since", (json_int_t)ln->up_since_s);
}

static void add_modem(const struct config_modem *cm, struct modem *m, void *data)
{
	json_t *line = line_json(modem_line(m));
	struct modem_status ms;

	modem_status(m, &ms);
	if (ms.vendor)
		json_object_set_new(line, "vendor", json_string(ms.vendor));
	if (ms.registration)
		json_object_set_new(line, "registration", json_string(ms.registration));
	if (ms.signal_dbm)
		json_object_set_new(line, "signal_dbm", json_integer(ms.signal_dbm));
	json_array_append_new(data, line);
}

static void add_euse(struct euse *eu, void *data)
{
	json_t *line = line_json(euse_line(eu));
	struct euse_status es;

	euse_status(eu, &es);
	json_object_set_new(line, "code", json_string(euse_line(eu)->code));
	json_object_set_new(line, "sessions", json_integer(es.sessions));
	json_array_append_new(data, line);
}

json_t *app_lines_json(void *data)
{
	struct app *app = data;
	json_t *lines = json_array();
	const struct app_sip *as;

	app_modems(app, add_modem, lines);
	app_euses(app, add_euse, lines);
	llist_for_each_entry (as, &app->sips, list)
		json_array_append_new(lines, line_json(sip_line(as->sip)));
	if (app->handset)
		json_array_append_new(lines, line_json(handset_line(app->handset)));
	return lines;
}

/* ---- Prometheus text ---- */

struct sheet {
	char *text; /* talloc'd, grows */
};

static void head(struct sheet *sh, const char *name, const char *type, const char *help)
{
	sh->text = talloc_asprintf_append_buffer(
		sh->text, "# HELP meldlijn_%s %s\n# TYPE meldlijn_%s %s\n", name, help, name, type);
}

static void value(struct sheet *sh, const char *name, const char *labels, int64_t n)
{
	sh->text = talloc_asprintf_append_buffer(sh->text, "meldlijn_%s%s %lld\n", name, labels,
						 (long long)n);
}

static void one(struct sheet *sh, const char *name, const char *type, const char *help, int64_t n)
{
	head(sh, name, type, help);
	value(sh, name, "", n);
}

/* One family a call, because a family's lines must stand together. */
struct modem_figure {
	struct sheet *sh;
	const char *name;
	int64_t (*of)(const struct modem *m, const struct modem_status *ms);
};

static void modem_value(const struct config_modem *cm, struct modem *m, void *data)
{
	struct modem_figure *mf = data;
	struct modem_status ms;
	char labels[48];

	modem_status(m, &ms);
	snprintf(labels, sizeof(labels), "{line=\"modem %u\"}", cm->nr);
	value(mf->sh, mf->name, labels, mf->of(m, &ms));
}

#define MODEM_FIGURE(name, expression)                                            \
	static int64_t name(const struct modem *m, const struct modem_status *ms) \
	{                                                                         \
		return (expression);                                              \
	}

MODEM_FIGURE(mf_up, modem_line((struct modem *)m)->state == LINE_UP)
MODEM_FIGURE(mf_signal, ms->signal_dbm)
MODEM_FIGURE(mf_heard, ms->heard)
MODEM_FIGURE(mf_sent, ms->sent)
MODEM_FIGURE(mf_refused, ms->refused)
MODEM_FIGURE(mf_doubt, ms->doubt)
MODEM_FIGURE(mf_resets, ms->resets)
MODEM_FIGURE(mf_reopens, ms->reopens)
MODEM_FIGURE(mf_used, ms->storage_used)
MODEM_FIGURE(mf_total, ms->storage_total)
MODEM_FIGURE(mf_healthy, ms->healthy_since_s)
MODEM_FIGURE(mf_underruns, ms->audio_underruns)
MODEM_FIGURE(mf_overruns, ms->audio_overruns)
MODEM_FIGURE(mf_dropped, ms->audio_dropped)
MODEM_FIGURE(mf_added, ms->audio_added)
MODEM_FIGURE(mf_lost, ms->audio_lost)
MODEM_FIGURE(mf_torn, ms->audio_torn)

/* In whole money, of the modems that know it. */
static void balance_value(const struct config_modem *cm, struct modem *m, void *data)
{
	struct sheet *sh = data;
	struct modem_status ms;
	char amount[MODEM_AMOUNT_SIZE];

	modem_status(m, &ms);
	if (ms.has_balance)
		sh->text = talloc_asprintf_append_buffer(
			sh->text, "meldlijn_modem_balance{line=\"modem %u\"} %s\n", cm->nr,
			modem_amount(amount, ms.balance));
}

static void modem_figures(struct app *app, struct sheet *sh)
{
	static const struct {
		const char *name, *type, *help;
		int64_t (*of)(const struct modem *m, const struct modem_status *ms);
	} figures[] = {
		{ "modem_up", "gauge", "1 if the modem takes and gives texts", mf_up },
		{ "modem_signal_dbm", "gauge", "signal strength; 0 unknown", mf_signal },
		{ "modem_heard_total", "counter", "texts from the network", mf_heard },
		{ "modem_sent_total", "counter", "parts that the network took", mf_sent },
		{ "modem_refused_total", "counter", "parts that the network refused", mf_refused },
		{ "modem_doubt_total", "counter", "parts that may have been sent", mf_doubt },
		{ "modem_resets_total", "counter", "resets of the modem", mf_resets },
		{ "modem_reopens_total", "counter", "times the port was opened again", mf_reopens },
		{ "modem_storage_used", "gauge", "texts in its memory", mf_used },
		{ "modem_storage_size", "gauge", "places in its memory", mf_total },
		{ "modem_healthy_since_seconds", "gauge", "end of its last trouble, Unix time",
		  mf_healthy },
		{ "modem_audio_underruns_total", "counter",
		  "times the modem had nothing to play in a call", mf_underruns },
		{ "modem_audio_overruns_total", "counter",
		  "times sound of a call was lost before it was read", mf_overruns },
		{ "modem_audio_dropped_total", "counter",
		  "frames of 20 ms that were late for the modem and left out", mf_dropped },
		{ "modem_audio_added_total", "counter",
		  "frames of silence put in for the modem's clock", mf_added },
		{ "modem_audio_lost_total", "counter",
		  "frames of 20 ms not recorded since the disk was too slow", mf_lost },
		{ "modem_audio_torn_total", "counter",
		  "tones of keys taken for a part of the press before", mf_torn },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(figures); i++) {
		struct modem_figure mf = { .sh = sh, .name = figures[i].name, .of = figures[i].of };

		head(sh, figures[i].name, figures[i].type, figures[i].help);
		app_modems(app, modem_value, &mf);
	}
	head(sh, "modem_balance", "gauge", "credit of the SIM, as it was asked last");
	app_modems(app, balance_value, sh);
}

struct euse_figure {
	struct sheet *sh;
	const char *name;
	int64_t (*of)(const struct euse *eu, const struct euse_status *es);
};

static void euse_value(struct euse *eu, void *data)
{
	struct euse_figure *ef = data;
	struct euse_status es;
	char *labels;

	euse_status(eu, &es);
	labels = talloc_asprintf(ef->sh->text, "{line=\"%s\"}", euse_line(eu)->name);
	value(ef->sh, ef->name, labels, ef->of(eu, &es));
}

#define EUSE_FIGURE(name, expression)                                            \
	static int64_t name(const struct euse *eu, const struct euse_status *es) \
	{                                                                        \
		return (expression);                                             \
	}

EUSE_FIGURE(ef_up, euse_line((struct euse *)eu)->state == LINE_UP)
EUSE_FIGURE(ef_sessions, es->sessions)
EUSE_FIGURE(ef_begun, es->begun)
EUSE_FIGURE(ef_pages, es->pages + es->last_pages)
EUSE_FIGURE(ef_answers, es->answers)
EUSE_FIGURE(ef_unanswered, es->unanswered)
EUSE_FIGURE(ef_late, es->late)
EUSE_FIGURE(ef_refused, es->refused)
EUSE_FIGURE(ef_lost, es->lost)
EUSE_FIGURE(ef_reconnects, es->reconnects)

static void euse_figures(struct app *app, struct sheet *sh)
{
	static const struct {
		const char *name, *type, *help;
		int64_t (*of)(const struct euse *eu, const struct euse_status *es);
	} figures[] = {
		{ "euse_up", "gauge", "1 if the HLR is reached", ef_up },
		{ "euse_sessions", "gauge", "USSD sessions that are open", ef_sessions },
		{ "euse_begun_total", "counter", "codes that were dialled", ef_begun },
		{ "euse_pages_total", "counter", "pages shown", ef_pages },
		{ "euse_answers_total", "counter", "answers to pages", ef_answers },
		{ "euse_unanswered_total", "counter", "sessions whose page got no answer",
		  ef_unanswered },
		{ "euse_late_total", "counter", "pages that were not ready in time", ef_late },
		{ "euse_refused_total", "counter", "requests that got no page", ef_refused },
		{ "euse_lost_total", "counter", "sessions that the network ended", ef_lost },
		{ "euse_reconnects_total", "counter", "times the HLR was lost", ef_reconnects },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(figures); i++) {
		struct euse_figure ef = { .sh = sh, .name = figures[i].name, .of = figures[i].of };

		head(sh, figures[i].name, figures[i].type, figures[i].help);
		app_euses(app, euse_value, &ef);
	}
}

#define SIP_FIGURE(name, expression)                                                     \
	static int64_t name(const struct sip_line *sl, const struct sip_line_status *st) \
	{                                                                                \
		return (expression);                                                     \
	}

SIP_FIGURE(sf_up, sip_line((struct sip_line *)sl)->state == LINE_UP)
SIP_FIGURE(sf_registered, st->registered_since_s != 0)
SIP_FIGURE(sf_failed, st->register_failed)
SIP_FIGURE(sf_calls, st->calls)
SIP_FIGURE(sf_begun, st->begun)
SIP_FIGURE(sf_dialled, st->dialled)
SIP_FIGURE(sf_answered, st->answered)
SIP_FIGURE(sf_strangers, st->strangers)
SIP_FIGURE(sf_busy, st->busy)
SIP_FIGURE(sf_unfit, st->unfit)
SIP_FIGURE(sf_timed_out, st->timed_out)
SIP_FIGURE(sf_expired, st->expired)
SIP_FIGURE(sf_keys, st->keys)
SIP_FIGURE(sf_packets, st->packets)
SIP_FIGURE(sf_malformed, st->malformed)
SIP_FIGURE(sf_elsewhere, st->elsewhere)
SIP_FIGURE(sf_concealed, st->concealed)
SIP_FIGURE(sf_skipped, st->skipped)
SIP_FIGURE(sf_lost, st->lost)
SIP_FIGURE(sf_torn, st->torn)

static void sip_figures(struct app *app, struct sheet *sh)
{
	static const struct {
		const char *name, *type, *help;
		int64_t (*of)(const struct sip_line *sl, const struct sip_line_status *st);
	} figures[] = {
		{ "sip_up", "gauge", "1 if the trunk is listened to", sf_up },
		{ "sip_registered", "gauge", "1 if it is registered", sf_registered },
		{ "sip_register_failed_total", "counter", "registrations that failed", sf_failed },
		{ "sip_calls", "gauge", "calls under way", sf_calls },
		{ "sip_begun_total", "counter", "calls that came", sf_begun },
		{ "sip_dialled_total", "counter", "calls placed", sf_dialled },
		{ "sip_answered_total", "counter", "calls answered, both ways", sf_answered },
		{ "sip_strangers_total", "counter", "requests of who is no peer", sf_strangers },
		{ "sip_busy_total", "counter", "calls over the ceiling", sf_busy },
		{ "sip_unfit_total", "counter", "calls without a codec of ours", sf_unfit },
		{ "sip_timed_out_total", "counter", "calls that fell silent", sf_timed_out },
		{ "sip_expired_total", "counter", "calls that were not refreshed", sf_expired },
		{ "sip_keys_total", "counter", "keys, once each", sf_keys },
		{ "sip_packets_total", "counter", "packets of sound taken", sf_packets },
		{ "sip_malformed_total", "counter", "packets that are no sound", sf_malformed },
		{ "sip_elsewhere_total", "counter", "packets from elsewhere", sf_elsewhere },
		{ "sip_concealed_total", "counter", "frames made up, 20 ms each", sf_concealed },
		{ "sip_skipped_total", "counter", "frames not sent in time", sf_skipped },
		{ "sip_lost_total", "counter",
		  "frames of 20 ms not recorded since the disk was too slow", sf_lost },
		{ "sip_torn_total", "counter", "tones of keys taken for a part of the press before",
		  sf_torn },
	};
	const struct app_sip *as;

	for (unsigned int i = 0; i < ARRAY_SIZE(figures); i++) {
		head(sh, figures[i].name, figures[i].type, figures[i].help);
		llist_for_each_entry (as, &app->sips, list) {
			struct sip_line_status st;
			char *labels = talloc_asprintf(sh->text, "{line=\"%s\"}",
						       sip_line(as->sip)->name);

			sip_line_status(as->sip, &st);
			value(sh, figures[i].name, labels, figures[i].of(as->sip, &st));
		}
	}
}

static void sessions_figures_out(struct app *app, struct sheet *sh)
{
	struct session_figures sf;

	sessions_figures(app->sessions, &sf);
	one(sh, "sessions_begun_total", "counter", "codes dialled, on all lines", sf.begun);
	one(sh, "sessions_turns_total", "counter", "turns of sessions that are durable", sf.turns);
	one(sh, "sessions_resumed_total", "counter", "dialled again, and on where it stopped",
	    sf.resumed);
	one(sh, "sessions_texted_total", "counter", "turns that were answered by text", sf.texted);
	one(sh, "sessions_waiting", "gauge", "turns that the database has not taken yet",
	    sf.waiting);
}

static void abandoned_out(struct sheet *sh, const struct call_figures *cf)
{
	char labels[sizeof(cf->nodes[0].node) + 16];

	head(sh, "calls_abandoned_at_total", "counter", "the same, by what was asked last");
	for (size_t i = 0; i < cf->n_nodes; i++) {
		snprintf(labels, sizeof(labels), "{node=\"%s\"}", cf->nodes[i].node);
		value(sh, "calls_abandoned_at_total", labels, cf->nodes[i].abandoned);
	}
}

static void calls_figures_out(struct app *app, struct sheet *sh)
{
	struct speech_figures sf = {};
	struct call_figures cf = {};

	if (!app->calls)
		return;
	calls_figures(app->calls, &cf);
	speech_figures(app->speech, &sf);
	one(sh, "calls_open", "gauge", "calls under way, on all lines", cf.open);
	one(sh, "calls_answered_total", "counter", "calls that were answered", cf.answered);
	one(sh, "calls_abandoned_total", "counter", "hung up with something unfinished",
	    cf.abandoned);
	abandoned_out(sh, &cf);
	one(sh, "calls_keys_missed_total", "counter",
	    "keys that could not be used, or came too late", cf.keys_missed);
	one(sh, "calls_filed_total", "counter", "reports filed in calls", cf.filed);
	one(sh, "calls_report_seconds_total", "counter", "from answering to these reports",
	    cf.report_s);
	one(sh, "calls_by_text_total", "counter", "calls that went on by text", cf.by_text);
	one(sh, "calls_messages_total", "counter", "messages recorded", cf.messages);
	one(sh, "calls_connected_total", "counter", "callers connected to a person", cf.connected);
	one(sh, "calls_unconnected_total", "counter", "callers whose person did not answer",
	    cf.unconnected);
	one(sh, "calls_busy_total", "counter", "calls for which there was no room", cf.busy);
	one(sh, "speech_ahead", "gauge", "fixed sentences made ahead so far", cf.ahead);
	one(sh, "speech_ahead_all", "gauge", "fixed sentences to make ahead", cf.ahead_all);
	one(sh, "speech_waiting", "gauge", "sentences that wait to be made", sf.waiting);
	one(sh, "speech_made_total", "counter", "sentences made by synthesis", sf.made);
	one(sh, "speech_failed_total", "counter", "sentences that could not be made", sf.failed);
}

static void callouts_figures_out(struct app *app, struct sheet *sh)
{
	struct callout_figures cf;
	char labels[48];

	callouts_figures(app->callouts, &cf);
	one(sh, "callouts_waiting", "gauge", "calls to be placed, or in their call",
	    store_callout_waiting(app->st));
	one(sh, "callouts_dialled_total", "counter", "tries to call", cf.dialled);
	one(sh, "callouts_reached_total", "counter", "calls placed in which a person was told",
	    cf.reached);
	one(sh, "callouts_machine_total", "counter", "calls placed that a machine answered",
	    cf.machine);
	one(sh, "callouts_given_up_total", "counter", "not reached by any try", cf.given_up);
	head(sh, "callouts_unreached_total", "counter", "tries that nobody answered, by reason");
	for (unsigned int i = 0; i < ARRAY_SIZE(cf.unreached); i++) {
		snprintf(labels, sizeof(labels), "{why=\"%s\"}", call_unreached_word(i));
		value(sh, "callouts_unreached_total", labels, cf.unreached[i]);
	}
}

/* Of those that have not ended, so that what is seen is what still moves. */
static void recipients_out(struct sheet *sh, const struct notice_figures *nf)
{
	const struct {
		const char *labels;
		int64_t value;
	} states[] = {
		{ "{state=\"due\"}", nf->recipients - nf->queued - nf->sent - nf->delivered -
					     nf->failed - nf->skipped },
		{ "{state=\"queued\"}", nf->queued },
		{ "{state=\"sent\"}", nf->sent },
		{ "{state=\"delivered\"}", nf->delivered },
		{ "{state=\"failed\"}", nf->failed },
		{ "{state=\"left_out\"}", nf->skipped },
	};

	head(sh, "notice_recipients", "gauge", "who gets the notices that have not ended");
	for (unsigned int i = 0; i < ARRAY_SIZE(states); i++)
		value(sh, "notice_recipients", states[i].labels, states[i].value);
}

static void notices_figures_out(struct app *app, struct sheet *sh)
{
	struct cap_feed_figures cf = {};
	struct notice_figures nf = {};
	char labels[48];

	store_notice_figures(app->st, &nf);
	head(sh, "notices", "gauge", "notices to many that have not ended, by state");
	for (unsigned int i = 0; i < NOTICE_DONE; i++) {
		snprintf(labels, sizeof(labels), "{state=\"%s\"}", notice_state_name(i));
		value(sh, "notices", labels, nf.notices[i]);
	}
	recipients_out(sh, &nf);
	one(sh, "texts_a_minute", "gauge", "parts that the lines send a minute, as measured",
	    llround(broadcast_pace(app->broadcast) * 60));
	cap_feed_figures(app->cap_feed, &cf);
	one(sh, "cap_feed_polls_total", "counter", "times that the feed of alerts was asked",
	    cf.polls);
	one(sh, "cap_feed_failures_total", "counter", "times that it did not answer well",
	    cf.failures);
	one(sh, "cap_feed_alerts_total", "counter", "alerts that became notices", cf.alerts);
	one(sh, "cap_feed_refused_total", "counter", "alerts that are not for residents",
	    cf.refused);
}

static void store_figures_out(struct app *app, struct sheet *sh)
{
	static const char *const lanes[] = { "{lane=\"reply\"}", "{lane=\"status\"}",
					     "{lane=\"notice\"}" };
	const struct store_work *work = store_work_done(app->st);
	struct store_figures figures = {};
	struct outbox_counts counts = {};
	char labels[48];

	one(sh, "steps_total", "counter", "steps of this process that are durable", work->steps);
	one(sh, "commits_total", "counter", "commits they took", work->commits);
	one(sh, "commit_microseconds_total", "counter", "time in these commits", work->commit_us);
	store_figures(app->st, &figures);
	store_outbox_counts(app->st, &counts);
	one(sh, "people", "gauge", "numbers that ever texted", figures.people);
	one(sh, "people_blocked", "gauge", "numbers that are blocked", figures.blocked);
	one(sh, "alarms", "gauge", "alarms that are on", figures.alarms);
	head(sh, "reports", "gauge", "reports by state");
	for (unsigned int i = 0; i < REPORT_STATE_COUNT; i++) {
		snprintf(labels, sizeof(labels), "{state=\"%s\"}", report_state_name(i));
		value(sh, "reports", labels, figures.reports[i]);
	}
	head(sh, "outbox_queued", "gauge", "parts that wait, by lane");
	for (unsigned int i = 0; i < ARRAY_SIZE(lanes); i++)
		value(sh, "outbox_queued", lanes[i], counts.queued[i]);
	one(sh, "outbox_sending", "gauge", "parts that a line has", counts.sending);
	one(sh, "outbox_doubt", "gauge", "parts that may have been sent", counts.doubt);
}

struct contractor_figure {
	struct app *app;
	struct sheet *sh;
	const char *name;
};

static void contractor_value(struct contractor *c, void *data)
{
	struct contractor_figure *cf = data;
	struct contractor_status cs;
	struct forward_counts counts = {};
	char labels[80];

	contractor_status(c, &cs);
	snprintf(labels, sizeof(labels), "{contractor=\"%s\"}", contractor_cfg_of(c)->name);
	if (strcmp(cf->name, "contractor_taken_total") == 0) {
		value(cf->sh, cf->name, labels, cs.taken);
	} else if (strcmp(cf->name, "contractor_failed_total") == 0) {
		value(cf->sh, cf->name, labels, cs.failed);
	} else {
		store_forward_counts(cf->app->st, contractor_cfg_of(c)->name, &counts);
		value(cf->sh, cf->name, labels, counts.due + counts.stuck);
	}
}

static void contractor_figures(struct app *app, struct sheet *sh)
{
	struct contractor_figure cf = { .app = app, .sh = sh };

	cf.name = "contractor_taken_total";
	head(sh, cf.name, "counter", "orders and updates that a contractor took");
	forwarder_each(app->forwarder, contractor_value, &cf);
	cf.name = "contractor_failed_total";
	head(sh, cf.name, "counter", "tries that failed");
	forwarder_each(app->forwarder, contractor_value, &cf);
	cf.name = "contractor_waiting";
	head(sh, cf.name, "gauge", "orders and updates that are not taken yet");
	forwarder_each(app->forwarder, contractor_value, &cf);
}

char *app_metrics(void *ctx, void *data)
{
	struct app *app = data;
	struct sheet sh = { .text = talloc_strdup(ctx, "") };
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	one(&sh, "texts_heard_total", "counter", "texts and parts offered by all lines",
	    app->texts_heard);
	one(&sh, "start_time_seconds", "gauge", "start of this process, Unix time", app->started_s);
	one(&sh, "peak_rss_bytes", "gauge", "largest memory of this process",
	    usage.ru_maxrss * 1024LL);
	store_figures_out(app, &sh);
	modem_figures(app, &sh);
	euse_figures(app, &sh);
	sip_figures(app, &sh);
	sessions_figures_out(app, &sh);
	calls_figures_out(app, &sh);
	callouts_figures_out(app, &sh);
	notices_figures_out(app, &sh);
	contractor_figures(app, &sh);
	return sh.text;
}
