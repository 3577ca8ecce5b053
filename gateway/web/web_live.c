// SPDX-License-Identifier: AGPL-3.0-or-later
#include "web/web_live.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "store/store_console.h"
#include "store/store_notice.h"
#include "web/web_page.h"
#include "web/web_sign.h"

#define TICK_MS	    500
#define LOOK_TICKS  8  /* lines change without anything being written */
#define REST_TICKS  10 /* figures that change all the time are fetched by everybody only so often */
#define ALIVE_TICKS 40 /* 20 s: what stands between may hang up on silence; live.js counts on it */
#define BLOCK	    4096
#define DAY_S	    86400

enum part { PART_LANES, PART_REPORTS, PART_FIGURES, PART_LINES, PART_ALARMS, PART_NOTICES, PARTS };

static const char *const part_names[PARTS] = { "lanes", "reports", "figures",
					       "lines", "alarms",  "notices" };

struct web_live {
	struct web *web;
	struct llist_head viewers;
	unsigned int n;
	struct osmo_timer_list timer;
	uint64_t commits; /* at the last look */
	unsigned int ticks, silent;
	unsigned int rest;	/* ticks until figures may be told again */
	char *kept[2];		/* web_live_kept() */
	char *parts[PARTS];	/* as it was told last */
	char *texts[LIVE_KEPT]; /* by number */
	uint64_t next;		/* number of the next text */
};

struct viewer {
	struct llist_head entry;
	struct web_live *live;
	struct MHD_Connection *conn;
	uint8_t token[STAFF_TOKEN_HASH];
	char *first;	 /* how all of it is, at the beginning; NULL: it has been sent */
	uint64_t number; /* of the text that it reads */
	size_t pos;	 /* in that, or in first */
	bool suspended, ending;
};

/* ---- what there is to tell ---- */

static json_t *lanes(struct web *web)
{
	struct outbox_counts c = { .sending = 0 };
	json_t *oldest;

	store_outbox_counts(web->st, &c);
	oldest = c.oldest_s ? json_integer(OSMO_MAX(clock_now_s() - c.oldest_s, 0) / 60)
			    : json_null();
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:o}", "reply", (json_int_t)c.queued[0], "status",
			 (json_int_t)c.queued[1], "notice", (json_int_t)c.queued[2], "sending",
			 (json_int_t)c.sending, "doubt", (json_int_t)c.doubt, "oldest", oldest);
}

static json_t *reports(struct web *web)
{
	struct store_figures figures = { .people = 0 };
	json_t *json = json_object();

	store_figures(web->st, &figures);
	for (unsigned int i = 0; i < REPORT_STATE_COUNT; i++)
		json_object_set_new(json, report_state_name(i), json_integer(figures.reports[i]));
	json_object_set_new(json, "event", json_integer(store_console_newest_event(web->st)));
	return json;
}

static json_t *figures(struct web *web)
{
	return json_pack("{s:I,s:I}", "day", (json_int_t)(clock_now_s() / DAY_S), "event",
			 (json_int_t)store_console_newest_event(web->st));
}

static json_t *lines(struct web *web)
{
	json_t *all = web->user.lines ? web->user.lines(web->user.data) : json_array();
	json_t *json = json_array(), *line;
	size_t i;

	json_array_foreach (all, i, line)
		json_array_append_new(
			json, json_pack("{s:O,s:O,s:I}", "name", json_object_get(line, "name"),
					"state", json_object_get(line, "state"), "since",
					json_integer_value(json_object_get(line, "since"))));
	json_decref(all);
	return json;
}

static bool add_alarm(const char *what, const char *detail, int64_t since_s, int64_t ended_s,
		      void *data)
{
	json_array_append_new(data, json_pack("{s:s,s:s,s:I}", "what", what, "detail", detail,
					      "since", (json_int_t)since_s));
	return true;
}

static json_t *alarms(struct web *web)
{
	json_t *json = json_array();

	store_alarm_list(web->st, true, add_alarm, json);
	return json;
}

static bool add_notice(const struct notice *n, void *data)
{
	json_array_append_new(data,
			      json_pack("{s:I,s:s,s:I,s:I,s:I,s:I,s:I,s:I}", "id",
					(json_int_t)n->id, "state", notice_state_name(n->state),
					"recipients", (json_int_t)n->recipients, "queued",
					(json_int_t)n->queued, "sent", (json_int_t)n->sent,
					"delivered", (json_int_t)n->delivered, "failed",
					(json_int_t)n->failed, "skipped", (json_int_t)n->skipped));
	return true;
}

static json_t *notices(struct web *web)
{
	void *ctx = talloc_new(web);
	json_t *json = json_array();

	store_notice_list(ctx, web->st, INT64_MAX, LIVE_NOTICES, add_notice, json);
	talloc_free(ctx);
	return json;
}

static json_t *(*const part_json[PARTS])(struct web *web) = { lanes, reports, figures,
							      lines, alarms,  notices };

/* \returns the event if it is another than before, else "" */
static char *look_at(struct web_live *live, enum part part, void *ctx)
{
	json_t *json = part_json[part](live->web);
	char *text = json_dumps(json, JSON_COMPACT), *event;

	json_decref(json);
	OSMO_ASSERT(text);
	event = talloc_asprintf(ctx, "event: %s\ndata: %s\n\n", part_names[part], text);
	free(text);
	OSMO_ASSERT(event);
	if (live->parts[part] && !strcmp(live->parts[part], event))
		return talloc_strdup(ctx, "");
	talloc_free(live->parts[part]);
	live->parts[part] = talloc_strdup(live, event);
	return event;
}

static void forget_kept(struct web_live *live)
{
	TALLOC_FREE(live->kept[0]);
	TALLOC_FREE(live->kept[1]);
}

/* \returns "" while they rest: what has changed meanwhile is seen at a later look */
static char *look_at_figures(struct web_live *live, void *ctx)
{
	char *text;

	if (live->rest > 0)
		return talloc_strdup(ctx, "");
	text = look_at(live, PART_FIGURES, ctx);
	if (text[0]) {
		live->rest = REST_TICKS;
		forget_kept(live);
	}
	return text;
}

static char *look(struct web_live *live)
{
	char *text = talloc_strdup(live, "");

	live->commits = store_work_done(live->web->st)->commits;
	for (enum part part = 0; part < PARTS; part++)
		text = talloc_strdup_append_buffer(text, part == PART_FIGURES
								 ? look_at_figures(live, text)
								 : look_at(live, part, text));
	return text;
}

/* ---- viewers ---- */

static void wake(struct viewer *v)
{
	if (!v->suspended)
		return;
	v->suspended = false;
	MHD_resume_connection(v->conn);
}

static void tell(struct web_live *live, char *text)
{
	struct viewer *v;

	talloc_free(live->texts[live->next % LIVE_KEPT]);
	live->texts[live->next++ % LIVE_KEPT] = text;
	live->silent = 0;
	llist_for_each_entry (v, &live->viewers, entry)
		wake(v);
	web_poke(live->web);
}

/* Who has signed out since, or whose session has ended, sees no more. */
void web_live_check(struct web_live *live)
{
	int64_t now_s = console_now_s();
	struct staff_session session;
	struct staff staff;
	struct viewer *v;

	llist_for_each_entry (v, &live->viewers, entry) {
		if (store_session_find(live->web->st, v->token, now_s, &session, &staff) == 0)
			continue;
		v->ending = true;
		wake(v);
	}
	web_poke(live->web);
}

static void tick(void *data)
{
	struct web_live *live = data;
	bool rested;
	char *text;

	if (live->n == 0)
		return;
	osmo_timer_schedule(&live->timer, 0, TICK_MS * 1000);
	live->ticks++;
	rested = live->rest > 0 && --live->rest == 0;
	if (rested || live->ticks % LOOK_TICKS == 0 ||
	    live->commits != store_work_done(live->web->st)->commits) {
		text = look(live);
		if (text[0])
			tell(live, text);
		else
			talloc_free(text);
	}
	if (live->ticks % ALIVE_TICKS == 0)
		web_live_check(live);
	if (++live->silent >= ALIVE_TICKS)
		tell(live, talloc_strdup(live, "event: alive\ndata: {}\n\n"));
}

/* \returns what v is to read next; NULL: nothing yet */
static const char *text_of(const struct viewer *v)
{
	if (v->first)
		return v->first;
	return v->number < v->live->next ? v->live->texts[v->number % LIVE_KEPT] : NULL;
}

static void text_read(struct viewer *v)
{
	v->pos = 0;
	if (!v->first) {
		v->number++;
		return;
	}
	talloc_free(v->first);
	v->first = NULL;
}

static ssize_t read_some(void *data, uint64_t pos, char *buf, size_t max)
{
	struct viewer *v = data;
	const char *text;
	size_t n = 0;

	if (v->ending || v->live->next - v->number > LIVE_KEPT)
		return MHD_CONTENT_READER_END_OF_STREAM;
	while (n < max && (text = text_of(v)) != NULL) {
		size_t part = OSMO_MIN(strlen(text) - v->pos, max - n);

		memcpy(buf + n, text + v->pos, part);
		n += part;
		v->pos += part;
		if (!text[v->pos])
			text_read(v);
	}
	if (n == 0) {
		v->suspended = true;
		MHD_suspend_connection(v->conn);
	}
	return (ssize_t)n;
}

static void viewer_free(void *data)
{
	struct viewer *v = data;

	llist_del(&v->entry);
	v->live->n--;
	talloc_free(v);
}

static char *all_of_it(struct web_live *live, void *ctx)
{
	char *text = talloc_strdup(ctx, "retry: 3000\n\n");

	if (live->n == 0) {
		for (enum part part = 0; part < PARTS; part++)
			TALLOC_FREE(live->parts[part]);
		live->rest = 0;
		talloc_free(look(live));
		live->rest = 0;
	}
	for (enum part part = 0; part < PARTS; part++)
		text = talloc_strdup_append_buffer(text, live->parts[part]);
	OSMO_ASSERT(text);
	return text;
}

char **web_live_kept(struct web_live *live, bool dutch)
{
	return live->n > 0 ? &live->kept[dutch] : NULL;
}

void web_live_view(struct web_req *req)
{
	struct web_live *live = req->web->live;
	struct console *con = console_find(req, STAFF_CLERK);
	struct viewer *v;

	if (!con) {
		/* 204 ends it for the browser, which else would ask again for ever (9.2.5) */
		web_answer(req, MHD_HTTP_NO_CONTENT, "text/event-stream", "");
		return;
	}
	if (live->n >= LIVE_VIEWERS) {
		web_answer_error(req, MHD_HTTP_SERVICE_UNAVAILABLE, "too many are looking");
		return;
	}
	v = talloc_zero(live, struct viewer);
	OSMO_ASSERT(v);
	v->live = live;
	v->conn = req->conn;
	memcpy(v->token, con->session.token, sizeof(v->token));
	v->first = all_of_it(live, v);
	v->number = live->next;
	llist_add_tail(&v->entry, &live->viewers);
	if (live->n++ == 0)
		osmo_timer_schedule(&live->timer, 0, TICK_MS * 1000);
	req->endless = true;
	web_answer_stream(req, "text/event-stream",
			  MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_some, v,
							    viewer_free));
}

struct web_live *web_live_start(struct web *web)
{
	struct web_live *live = talloc_zero(web, struct web_live);

	OSMO_ASSERT(live);
	live->web = web;
	INIT_LLIST_HEAD(&live->viewers);
	osmo_timer_setup(&live->timer, tick, live);
	return live;
}

void web_live_stop(struct web_live *live)
{
	struct viewer *v;

	osmo_timer_del(&live->timer);
	llist_for_each_entry (v, &live->viewers, entry) {
		v->ending = true;
		wake(v);
	}
}
