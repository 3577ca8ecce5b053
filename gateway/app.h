/* app.h - builds everything from the configuration, joins the parts, runs the loop, stops in order. */
#pragma once

#include <stdbool.h>

#include "config.h"
#include "flow/agenda.h"
#include "flow/forward.h"
#include "flow/intake.h"
#include "flow/notify.h"
#include "flow/outbox.h"
#include "voice/speech.h"
#include "web/web.h"

struct app;

/* What the demo adds to a configuration. */
struct app_demo {
	bool on;
	int step_s; /* of the built-in contractor */
};

/*! Open the database, load menus and prompts, bring the lines up.
 *  \returns NULL: words on stderr say what to do */
struct app *app_start(void *ctx, struct config *cfg, const struct app_demo *demo);

/*! Until SIGTERM or SIGINT, which drains: what is being sent is waited for. \returns exit status */
int app_run(struct app *app);

/*! SIGHUP: menus, prompts and registers anew; the old ones stay if the new do not check. 0; -EINVAL */
int app_reload(struct app *app);

/*! For a command beside a running line: the database and the flow, without lines and without listening.
 *  NULL: words on stderr. */
struct app *app_visit(void *ctx, struct config *cfg);
/*! Commit, close, and let a running line know. */
void app_leave(struct app *app);

struct store *app_store(struct app *app);
struct notify *app_notify(struct app *app);
struct callouts *app_callouts(struct app *app);
struct broadcast *app_broadcast(struct app *app);
struct talk *app_talk(struct app *app);
const char *app_config_file(const struct app *app);
uint16_t app_web_port(const struct app *app);
uint16_t app_vty_port(const struct app *app);
/*! Walk over the modems that run. */
void app_modems(struct app *app,
		void (*each)(const struct config_modem *cm, struct modem *m, void *data),
		void *data);

/*! Walk over the external USSD entities that run. */
void app_euses(struct app *app, void (*each)(struct euse *eu, void *data), void *data);

/*! Where its speech is kept and recordings are (beside the words); children of ctx. */
void app_speech_cfg(void *ctx, const struct config *cfg, struct speech_cfg *out);
