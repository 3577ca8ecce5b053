// SPDX-License-Identifier: AGPL-3.0-or-later
/* app.c - see app.h. */
#include "app.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/signal.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/telnet_interface.h>

#include "app_int.h"
#include "clock.h"
#include "log.h"
#include "ready.h"

#define GROUP_MAX 256 /* steps that share one commit */
#define DRAIN_S	  60  /* at most, for what a modem is sending */

/* ---- words ---- */

const char *app_data_folder(void *ctx, const struct config *cfg, const char *name,
			    const char *installed)
{
	char *beside;

	if (access(name, R_OK) == 0)
		return name;
	if (cfg->file && name[0] != '/' && strrchr(cfg->file, '/')) {
		beside = talloc_asprintf(ctx, "%.*s/%s", (int)(strrchr(cfg->file, '/') - cfg->file),
					 cfg->file, name);
		if (access(beside, R_OK) == 0)
			return beside;
	}
	if (access(installed, R_OK) == 0)
		return installed;
	return name;
}

static bool language_known(const struct talk *talk, const char *code)
{
	for (size_t i = 0; i < phrases_language_count(talk->phrases); i++)
		if (strcmp(phrases_language_at(talk->phrases, i), code) == 0)
			return true;
	return false;
}

/* Menus and words as the configuration says, found beside it or where they were installed. */
static struct talk *load_talk(void *ctx, const struct config *cfg, char **error)
{
	void *names = talloc_new(ctx);
	struct talk *talk;
	unsigned int n = 0;

	talk = talk_load(ctx, app_data_folder(names, cfg, cfg->menus, DATADIR "/menus"),
			 app_data_folder(names, cfg, cfg->prompts, DATADIR "/prompts"), &desk_ops,
			 error);
	talloc_free(names);
	if (!talk)
		return NULL;
	talk->city = talloc_strdup(talk, cfg->city);
	talk->short_code = talloc_strdup(talk, cfg->short_code);
	talk->country = talloc_strdup(talk, cfg->country);
	talk->zone = talloc_strdup(talk, cfg->zone);
	talk->languages = talloc_zero_array(talk, const char *, CONFIG_LANGUAGES_MAX + 1);
	for (const char *const *code = cfg->languages; *code; code++) {
		if (!language_known(talk, *code)) {
			*error = talloc_asprintf(ctx, "language %s has no file in %s", *code,
						 cfg->prompts);
			talloc_free(talk);
			return NULL;
		}
		talk->languages[n++] = talloc_strdup(talk, *code);
	}
	return talk;
}

int app_reload(struct app *app)
{
	char *error = NULL;
	struct talk *talk = load_talk(app, app->cfg, &error);

	if (!talk) {
		LOGP(DMAIN, LOGL_ERROR, "the old menus and prompts stay: %s\n", error);
		talloc_free(error);
		return -EINVAL;
	}
	talk->call_back = app->talk->call_back;
	talloc_free(app->talk);
	app->talk = talk;
	if (app->calls && app->cfg->calls_said)
		calls_prepare(app->calls);
	LOGP(DMAIN, LOGL_NOTICE, "menus and prompts read again\n");
	return 0;
}

/* ---- contractors ---- */

/* Read what stands in files; a contractor whose secret cannot be read takes no part. */
static bool contractor_secrets(struct config_contractor *co)
{
	if (co->api_key_file) {
		talloc_free((char *)co->cfg.api_key);
		co->cfg.api_key = config_secret(co, co->api_key_file);
		if (!co->cfg.api_key)
			return false;
	}
	if (co->callback_secret_file) {
		talloc_free((char *)co->cfg.callback_secret);
		co->cfg.callback_secret = config_secret(co, co->callback_secret_file);
		if (!co->cfg.callback_secret)
			return false;
	}
	return true;
}

/* \returns false: nothing can go by mail */
static bool mail_secret(struct config *cfg)
{
	if (!cfg->mail.url || !cfg->mail.from)
		return false;
	talloc_free((char *)cfg->mail.password);
	cfg->mail.password = NULL;
	if (cfg->mail_password_file)
		cfg->mail.password = config_secret(cfg, cfg->mail_password_file);
	return !cfg->mail.user || cfg->mail.password;
}

/* NULL: nothing is */
static const char *lacks(struct config *cfg, struct config_contractor *co)
{
	if (co->cfg.format == CONTRACTOR_LINK && co->cfg.mail_to)
		return mail_secret(cfg) ? NULL : "mail lacks its server, from or password";
	if (co->cfg.format == CONTRACTOR_LINK)
		return co->cfg.sms_number ? NULL : "it has no mail-to and no sms-number";
	if (!co->cfg.url)
		return "it has no url";
	return contractor_secrets(co) ? NULL : "its secret cannot be read";
}

static void add_contractor(struct app *app, const struct config_contractor *co)
{
	struct contractor *c = contractor_alloc(app->forwarder, app->http, &co->cfg);
	struct mail_server server = app->cfg->mail;

	server.name = app->cfg->city;
	if (server.url && server.from)
		contractor_by_mail(c, app->mailer, &server);
	forwarder_add(app->forwarder, c);
}

static void app_contractors(struct app *app)
{
	struct config_contractor *co;
	const char *what;

	forwarder_clear(app->forwarder);
	llist_for_each_entry (co, &app->cfg->contractors, list) {
		what = lacks(app->cfg, co);
		if (what)
			LOGP(DMAIN, LOGL_ERROR, "contractor %s takes no part: %s\n", co->cfg.name,
			     what);
		else
			add_contractor(app, co);
	}
}

/* ---- changes while running ---- */

/* The words of a text say what is dialled too. */
static const struct intake_cfg *intake_cfg(struct config *cfg)
{
	cfg->intake.code = config_code(cfg);
	return &cfg->intake;
}

static void app_changed(struct config *cfg, enum config_part part, void *item, void *data)
{
	struct app *app = data;

	switch (part) {
	case CONFIG_CITY:
		intake_configure(app->intake, intake_cfg(cfg));
		sessions_configure(app->sessions, &cfg->intake);
		staff_phones_configure(app->staff_phones, &cfg->staff_phones);
		app_calls_configure(app);
		app_reload(app);
		break;
	case CONFIG_SMS:
		intake_configure(app->intake, intake_cfg(cfg));
		sessions_configure(app->sessions, &cfg->intake);
		outbox_configure(app->outbox, &cfg->outbox);
		break;
	case CONFIG_MODEM:
		app_modem_stop(app, item);
		app_modem_start(app, item);
		break;
	case CONFIG_MODEM_GONE:
		app_modem_stop(app, item);
		break;
	case CONFIG_EUSE:
		app_euse_stop(app, item);
		app_euse_start(app, item);
		intake_configure(app->intake, intake_cfg(cfg));
		break;
	case CONFIG_EUSE_GONE:
		app_euse_stop(app, item);
		intake_configure(app->intake, intake_cfg(cfg));
		break;
	case CONFIG_SIP:
		app_sip_stop(app, item);
		app_sip_start(app, item);
		break;
	case CONFIG_SIP_GONE:
		app_sip_stop(app, item);
		break;
	case CONFIG_HANDSET:
		app_handset_switch(app);
		break;
	case CONFIG_CONTRACTORS:
		app_contractors(app);
		break;
	case CONFIG_NOTICES:
		outbox_configure(app->outbox, &cfg->outbox);
		outbox_run(app->outbox);
		broadcast_configure(app->broadcast, &cfg->broadcast);
		cap_feed_configure(app->cap_feed, &cfg->cap_feed);
		break;
	case CONFIG_CALLS:
		app_calls_configure(app);
		break;
	}
}

/* ---- agenda, web ---- */

static void due_intake(void *data, int64_t now_s)
{
	intake_due(data, now_s);
}

static void due_outbox(void *data, int64_t now_s)
{
	outbox_due(data, now_s);
}

static void due_notify(void *data, int64_t now_s)
{
	notify_due(data, now_s);
}

static void due_forwarder(void *data, int64_t now_s)
{
	forwarder_due(data, now_s);
}

static void due_tidy(void *data, int64_t now_s)
{
	struct app *app = data;

	if (now_s < app->tidy_due_s || store_begin(app->st) < 0)
		return;
	app->tidy_due_s = now_s + TIDY_EVERY_S;
	if (store_tidy(app->st, now_s - KEEP_KEYS_S, TIDY_MAX) < 0)
		store_undo(app->st);
	else
		store_end(app->st);
}

static void due_broadcast(void *data, int64_t now_s)
{
	broadcast_due(data, now_s);
}

static void due_staff_phones(void *data, int64_t now_s)
{
	staff_phones_due(data, now_s);
}

static void due_cap_feed(void *data, int64_t now_s)
{
	cap_feed_due(data, now_s);
}

static void app_woken(void *data)
{
	struct app *app = data;

	outbox_run(app->outbox);
	forwarder_run(app->forwarder);
	callouts_run(app->callouts);
	broadcast_look(app->broadcast);
	agenda_now(app->agenda);
}

static void desk_filed(int64_t report_id, void *data)
{
	forwarder_filed(report_id, ((struct app *)data)->forwarder);
}

static void desk_told(int64_t report_id, int64_t event_id, void *data)
{
	forwarder_told(report_id, event_id, ((struct app *)data)->forwarder);
}

static const char *desk_call_back(const struct dialogue_turn *turn, const char **shown, void *data)
{
	return callouts_back(((struct app *)data)->callouts, turn, shown);
}

/* Texts of caretakers, editors and contractors. */
static void app_staff_phones(struct app *app)
{
	struct staff_phones_city city = { .st = app->st,
					  .ob = app->outbox,
					  .desk = app->desk,
					  .talk = &app->talk,
					  .nt = app->notify,
					  .fw = app->forwarder,
					  .bc = app->broadcast };
	struct intake_before before = { .take = staff_phones_take,
					.answer = staff_phones_answer,
					.ceiling = staff_phones_ceiling };

	app->staff_phones = staff_phones_alloc(app, &city, &app->cfg->staff_phones);
	before.data = app->staff_phones;
	intake_before(app->intake, &before);
	sessions_before(app->sessions, &before);
}

/* ---- start ---- */

/* Who has a key that can be read may file. */
static void open311_cfg(struct web_open311_cfg *out, struct config *cfg)
{
	*out = (struct web_open311_cfg){
		.on = cfg->open311_on,
		.jurisdiction = cfg->open311_jurisdiction,
		.posts = cfg->open311_posts,
		.lists = cfg->open311_lists,
	};
	for (size_t i = 0; cfg->open311_on && i < cfg->n_open311_keys; i++) {
		out->keys[out->n_keys].name = cfg->open311_keys[i].name;
		out->keys[out->n_keys].key = config_secret(cfg, cfg->open311_keys[i].file);
		if (out->keys[out->n_keys].key)
			out->n_keys++;
	}
}

static int app_listen(struct app *app, const struct app_demo *demo)
{
	const struct config *cfg = app->cfg;
	struct web_cfg web = {
		.address = cfg->http_address,
		.port = cfg->http_port,
		.demo = demo->on,
		.demo_step_s = demo->step_s,
		.country = cfg->country,
		.zone = cfg->zone,
		.certificate = cfg->http_certificate,
		.key = cfg->http_key,
		.n_proxies = cfg->n_http_proxies,
		.request_s = cfg->http_request_s,
		.answer_s = cfg->http_answer_s,
	};
	struct web_user user = {
		.lines = app_lines_json,
		.metrics = app_metrics,
		.clock_moved = app_woken,
		.modem = app_modem_nr,
		.talk = &app->talk,
		.broadcast = app->broadcast,
		.desk = app->desk,
		.outbox = app->outbox,
		.intake = app->intake,
		.callouts = app->callouts,
		.casework = app->casework,
		.data = app,
	};

	open311_cfg(&web.open311, app->cfg);
	if (cfg->vty_address && telnet_init_dynif(app, app, cfg->vty_address, cfg->vty_port) < 0) {
		fprintf(stderr,
			"meldlijn: %s port %u is in use: another line runs, or change \"vty\"\n",
			cfg->vty_address, cfg->vty_port);
		return -EADDRINUSE;
	}
	if (!cfg->http_address)
		return 0;
	web.links = app->links;
	memcpy(web.proxies, cfg->http_proxies, sizeof(web.proxies));
	app->web = web_start(app, &web, app->st, app->notify, app->forwarder, app->handset, &user);
	if (app->web)
		return 0;
	if (cfg->http_certificate)
		fprintf(stderr,
			"meldlijn: http on %s port %u does not start: the line above says why\n",
			cfg->http_address, cfg->http_port);
	else
		fprintf(stderr,
			"meldlijn: %s port %u is in use: another line runs, or change \"http\"\n",
			cfg->http_address, cfg->http_port);
	return -EADDRINUSE;
}

/* Two lines on one database would send every text twice.  The lock ends with the process, however it ends.
 * It is flock()'s: SQLite's own are of another kind.  Taken before the store opens the file and never given back,
 * since closing it would drop SQLite's. */
static int app_claim(const char *database)
{
	int fd = open(database, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return 0; /* store_open() says it better */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	fprintf(stderr, "meldlijn: %s is in use: another line runs, stop that one first\n",
		database);
	close(fd);
	return -EBUSY;
}

static int app_open(struct app *app, bool alone)
{
	char *error = NULL;

	app->talk = load_talk(app, app->cfg, &error);
	if (app->talk && alone && app_claim(app->cfg->database) < 0)
		return -EBUSY;
	if (app->talk)
		app->st = store_open(app, app->cfg->database, &error);
	if (!app->st) {
		fprintf(stderr, "meldlijn: %s\n", error);
		return -EINVAL;
	}
	if (alone && store_checkpoint_aside(app->st) < 0)
		LOGP(DMAIN, LOGL_NOTICE, "%s: checkpoints are made on the loop\n",
		     app->cfg->database);
	return 0;
}

static void app_build(struct app *app)
{
	struct desk_user du = {
		.filed = desk_filed, .told = desk_told, .call_back = desk_call_back, .data = app
	};
	struct config *cfg = app->cfg;

	app->http = http_pool_alloc(app, NULL);
	app->mailer = mailer_alloc(app);
	app->outbox = outbox_alloc(app, app->st, &cfg->outbox);
	app->desk = desk_alloc(app, app->st, &du);
	app->intake = intake_alloc(app, app->st, app->outbox, app->desk, &app->talk,
				   intake_cfg(cfg));
	app->sessions = sessions_alloc(app, app->st, app->outbox, app->desk, &app->talk,
				       &cfg->intake);
	app->callouts = callouts_alloc(app, app->st, app->outbox, &app->talk, &cfg->callouts);
	app->notify = notify_alloc(app, app->st, app->intake, &app->talk);
	app->forwarder = forwarder_alloc(app, app->st, app->notify, app->outbox, &app->talk);
	if (app->cfg->http_public_url) {
		char *key_file = talloc_asprintf(app, "%s.key", app->cfg->database);

		app->links = order_links_alloc(app, app->st, app->cfg->http_public_url, key_file);
		forwarder_links(app->forwarder, app->links);
	}
	app->casework = casework_alloc(app, app->st, app->notify, app->forwarder);
	app->broadcast = broadcast_alloc(app, app->st, app->outbox, app->desk, &app->talk,
					 &cfg->broadcast);
	app->cap_feed = cap_feed_alloc(app, app->st, app->http, app->broadcast, &cfg->cap_feed);
	app_staff_phones(app);
	app->agenda = agenda_alloc(app, app->st);
	agenda_add(app->agenda, due_broadcast, app->broadcast);
	agenda_add(app->agenda, due_staff_phones, app->staff_phones);
	agenda_add(app->agenda, due_cap_feed, app->cap_feed);
	agenda_add(app->agenda, due_intake, app->intake);
	agenda_add(app->agenda, due_outbox, app->outbox);
	agenda_add(app->agenda, due_notify, app->notify);
	agenda_add(app->agenda, due_forwarder, app->forwarder);
	agenda_add(app->agenda, due_tidy, app);
}

struct app *app_visit(void *ctx, struct config *cfg)
{
	struct app *app = talloc_zero(ctx, struct app);

	OSMO_ASSERT(app);
	app->cfg = cfg;
	INIT_LLIST_HEAD(&app->modems);
	INIT_LLIST_HEAD(&app->euses);
	INIT_LLIST_HEAD(&app->sips);
	if (app_open(app, false) < 0) {
		talloc_free(app);
		return NULL;
	}
	app_build(app);
	return app;
}

void app_leave(struct app *app)
{
	store_close(app->st);
	wake_send(app->cfg->database);
	talloc_free(app);
}

static void on_signal(struct osmo_signalfd *sfd, const struct signalfd_siginfo *info)
{
	struct app *app = sfd->data;

	switch (info->ssi_signo) {
	case SIGHUP:
		app_reload(app);
		if (app->web)
			web_reload(app->web);
		break;
	case SIGUSR1:
		talloc_report(app, stderr);
		break;
	default:
		app->stopping++;
		break;
	}
}

/* From the first on: one that comes while the line starts is heard when it runs. */
static void app_signals(struct app *app)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	osmo_signalfd_setup(app, set, on_signal, app);
}

struct app *app_start(void *ctx, struct config *cfg, const struct app_demo *demo)
{
	struct app *app = talloc_zero(ctx, struct app);

	OSMO_ASSERT(app);
	app->cfg = cfg;
	INIT_LLIST_HEAD(&app->modems);
	INIT_LLIST_HEAD(&app->euses);
	INIT_LLIST_HEAD(&app->sips);
	app_vty_watch(app);
	app_signals(app);
	if (app_open(app, true) < 0)
		goto failed;
	app_build(app);
	app_calls_start(app);
	app_handset_add(app);
	if (app_listen(app, demo) < 0)
		goto failed;
	app->wake = wake_listen(app, cfg->database, app_woken, app);
	app_contractors(app);
	app_lines_start(app);
	cfg->changed = app_changed;
	cfg->data = app;
	agenda_now(app->agenda);
	app->started_s = clock_now_s();
	return app;

failed:
	app_calls_stop(app);
	if (app->st)
		store_close(app->st);
	talloc_free(app);
	return NULL;
}

/* ---- the loop ---- */

/* One turn: everything that is ready, then one commit for all its steps, then wait. */
static void app_turn(struct app *app)
{
	bool open = store_group_open(app->st);
	int busy = osmo_select_main_ctx(open);

	if (!store_group_open(app->st))
		return;
	if (busy > 0 && store_group_steps(app->st) < GROUP_MAX)
		return;
	store_commit(app->st);
	agenda_look(app->agenda);
	if (app->web)
		web_texts_changed(app->web);
}

/* Nothing new is handed over; what a modem is sending is waited for. */
static void app_drain(struct app *app)
{
	int64_t end_s = clock_now_s() + DRAIN_S;

	outbox_hold(app->outbox);
	while (app->stopping < 2 && outbox_in_flight(app->outbox) > 0 && clock_now_s() < end_s)
		app_turn(app);
	app_lines_stop(app);
	store_commit(app->st);
}

int app_run(struct app *app)
{
	ready_tell("READY=1");
	while (!app->stopping)
		app_turn(app);
	LOGP(DMAIN, LOGL_NOTICE, "stopping\n");
	ready_tell("STOPPING=1");
	app_drain(app);
	if (app->web)
		web_stop(app->web);
	talloc_free(app->wake);
	if (app->media)
		media_stop(app->media);
	app_calls_stop(app);
	store_close(app->st);
	return 0;
}

struct store *app_store(struct app *app)
{
	return app->st;
}

struct callouts *app_callouts(struct app *app)
{
	return app->callouts;
}

struct broadcast *app_broadcast(struct app *app)
{
	return app->broadcast;
}

struct notify *app_notify(struct app *app)
{
	return app->notify;
}

struct talk *app_talk(struct app *app)
{
	return app->talk;
}

uint16_t app_web_port(const struct app *app)
{
	return app->web ? web_port(app->web) : 0;
}

const char *app_config_file(const struct app *app)
{
	return app->cfg->file;
}

uint16_t app_vty_port(const struct app *app)
{
	return app->cfg->vty_port;
}
