// SPDX-License-Identifier: AGPL-3.0-or-later
/* app_calls.c - speech and calls of the app: where their files are, and what the lines tell of calls. */
#include "app_int.h"

#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "log.h"

/* A folder as the configuration names it, else beside the database. */
static const char *folder_of(void *ctx, const struct config *cfg, const char *named,
			     const char *beside)
{
	const char *slash = strrchr(cfg->database, '/');

	if (named)
		return named;
	return talloc_asprintf(ctx, "%.*s%s", slash ? (int)(slash + 1 - cfg->database) : 0,
			       cfg->database, beside);
}

void app_speech_cfg(void *ctx, const struct config *cfg, struct speech_cfg *out)
{
	*out = (struct speech_cfg){
		.cache = folder_of(ctx, cfg, cfg->speech_cache, "speech"),
		.recordings = app_data_folder(ctx, cfg, cfg->prompts, DATADIR "/prompts"),
		.disk_max = (uint64_t)cfg->speech_cache_mb << 20,
	};
}

static struct call_cfg call_cfg(void *ctx, const struct config *cfg)
{
	struct call_cfg calls = cfg->calls;

	calls.recordings = folder_of(ctx, cfg, cfg->calls.recordings, "recordings");
	calls.hourly_ceiling = cfg->intake.hourly_ceiling;
	return calls;
}

static void due_calls(void *data, int64_t now_s)
{
	calls_due(data, now_s);
}

static void due_callouts(void *data, int64_t now_s)
{
	callouts_due(data, now_s);
}

void app_calls_start(struct app *app)
{
	void *names = talloc_new(app);
	struct call_cfg calls = call_cfg(names, app->cfg);
	struct speech_cfg speech;
	char *error = NULL;

	app_speech_cfg(names, app->cfg, &speech);
	app->speech = speech_alloc(app, &speech, &error);
	if (error)
		LOGP(DMAIN, LOGL_ERROR, "%s: %s\n",
		     app->speech ? "only recordings are said in calls" : "no calls are taken",
		     error);
	if (app->speech) {
		app->calls = calls_alloc(app, app->st, app->outbox, app->desk, &app->talk,
					 app->speech, &calls);
		agenda_add(app->agenda, due_calls, app->calls);
		callouts_use(app->callouts, app->calls);
		broadcast_use(app->broadcast, app->callouts);
		agenda_add(app->agenda, due_callouts, app->callouts);
		if (app->cfg->calls_said)
			calls_prepare(app->calls);
	}
	talloc_free(error);
	talloc_free(names);
}

void app_calls_stop(struct app *app)
{
	if (app->broadcast)
		broadcast_use(app->broadcast, NULL);
	if (app->callouts)
		callouts_use(app->callouts, NULL);
	TALLOC_FREE(app->calls);
	if (app->speech)
		speech_free(app->speech);
	app->speech = NULL;
}

void app_calls_configure(struct app *app)
{
	void *names = talloc_new(app);
	struct call_cfg calls = call_cfg(names, app->cfg);

	if (app->calls)
		calls_configure(app->calls, &calls);
	callouts_configure(app->callouts, &app->cfg->callouts);
	talloc_free(names);
}

/* ---- what the lines tell ---- */

static void line_called(struct line *ln, const struct line_call *call, void *data)
{
	struct app *app = data;

	if (app->calls && callouts_called(app->callouts, ln, call))
		return;
	if (app->calls)
		calls_called(app->calls, ln, call);
	else
		ln->ops->hang_up(ln, call->session);
}

static void line_unreached(struct line *ln, uint64_t session, enum line_unreached why, void *data)
{
	struct app *app = data;

	if (!callouts_unreached(app->callouts, ln, session, why) && app->calls)
		calls_unreached(app->calls, ln, session, why);
}

static void line_greeted(struct line *ln, uint64_t session, enum line_greeting who, void *data)
{
	struct app *app = data;

	if (app->calls)
		calls_greeted(app->calls, ln, session, who);
}

static void line_key(struct line *ln, uint64_t session, char key, void *data)
{
	struct app *app = data;

	if (app->calls)
		calls_key(app->calls, ln, session, key);
}

static void line_played(struct line *ln, uint64_t session, void *data)
{
	struct app *app = data;

	if (app->calls)
		calls_played(app->calls, ln, session);
}

static void line_recorded(struct line *ln, uint64_t session, enum line_recorded how, double seconds,
			  void *data)
{
	struct app *app = data;

	if (app->calls)
		calls_recorded(app->calls, ln, session, how, seconds);
}

void app_calls_listen(struct line *ln)
{
	ln->user.called = line_called;
	ln->user.unreached = line_unreached;
	ln->user.greeted = line_greeted;
	ln->user.key = line_key;
	ln->user.played = line_played;
	ln->user.recorded = line_recorded;
}
