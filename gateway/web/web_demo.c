// SPDX-License-Identifier: AGPL-3.0-or-later
/* web_demo.c - the built-in contractor of the demo: an Open311 server under /demo/contractor/ that
 * accepts at once, plans after a step, starts after two and solves after three.
 *
 * It says so in two ways, as real ones do: in servicerequestupdates.json, and where a callback secret
 * is configured by signed callbacks to /contractors/NAME/updates.  Both carry the same id, so
 * whichever comes second is a replay.  All of it is in memory. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <talloc.h>

#include "clock.h"
#include "contractor/http.h"
#include "flow/staff_code.h"
#include "log.h"
#include "web/web_int.h"
#include "web/web_sign.h"
#include "wire/form.h"
#include "wire/rfc3339.h"
#include "wire/webhook.h"

#define ORDERS_MAX     1000 /* the oldest goes */
#define STEP_DEFAULT_S 15
#define FIELD_SIZE     64
#define CALLBACK_TRIES 5
#define DAY_S	       86400

enum step { STEP_ACCEPTED, STEP_PLANNED, STEP_STARTED, STEP_SOLVED, STEP_COUNT };

struct step_words {
	const char *open311, *state, *note;
};

static const struct step_words step_words[STEP_COUNT] = {
	[STEP_ACCEPTED] = { "OPEN", "forwarded", "" },
	[STEP_PLANNED] = { "ACTION_SCHEDULED", "planned", "" },
	[STEP_STARTED] = { "IN_PROGRESS", "in_progress", "" },
	[STEP_SOLVED] = { "FIXED", "solved", "" },
};

struct demo_order {
	struct llist_head entry;
	unsigned int nr, round; /* round: counts up when it is reopened */
	char key[FIELD_SIZE], reference[FIELD_SIZE];
	enum step step;
	int64_t round_s;	  /* when this round began */
	int64_t at_s[STEP_COUNT]; /* of the steps taken in this round */
	int64_t expected_s;
};

struct web_demo {
	struct web *web;
	struct http_pool *pool;
	struct llist_head orders; /* newest first */
	unsigned int n, last_nr;
	int step_s;
	struct osmo_timer_list timer;
};

/* ---- callbacks ---- */

struct callback {
	struct web_demo *demo;
	unsigned int tries;
	char id[FIELD_SIZE];
	char *url, *body;
	struct osmo_timer_list again;
};

static void send_callback(void *data);

static int free_callback(struct callback *cb)
{
	osmo_timer_del(&cb->again);
	return 0;
}

static void callback_answered(const struct http_answer *answer, void *data)
{
	struct callback *cb = data;
	bool again = answer->status == 0 || answer->status >= 500;

	if (again && ++cb->tries < CALLBACK_TRIES) {
		osmo_timer_schedule(&cb->again, (int)cb->tries, 0);
		return;
	}
	if (answer->status < 200 || answer->status > 299)
		LOGP(DWEB, LOGL_INFO, "demo contractor: callback %s got %d\n", cb->id,
		     answer->status);
	talloc_free(cb);
}

/* The contractor of the configuration whose orders come to us. */
static void find_self(struct contractor *c, void *data)
{
	const struct contractor **self = data;
	const char *path = strstr(contractor_cfg_of(c)->url, "/demo/contractor/requests.json");

	if (path && !*self)
		*self = c;
}

/* \returns what we are called there; NULL if we are not there or callbacks have no secret */
static const char *read_secret(const struct web_demo *demo, struct webhook_secret *secret)
{
	const struct contractor *self = NULL;
	const struct contractor_cfg *cfg;

	forwarder_each(demo->web->fw, find_self, &self);
	cfg = self ? contractor_cfg_of(self) : NULL;
	if (!cfg || !cfg->callback_secret || webhook_secret_read(secret, cfg->callback_secret) < 0)
		return NULL;
	return cfg->name;
}

static void send_callback(void *data)
{
	struct callback *cb = data;
	char id[FIELD_SIZE + 16], timestamp[48], signature[WEBHOOK_SIGNATURE_SIZE + 24];
	char value[WEBHOOK_SIGNATURE_SIZE];
	const char *headers[] = { "Content-Type: application/json", id, timestamp, signature,
				  NULL };
	struct http_ask ask = {
		.url = cb->url,
		.post = cb->body,
		.post_len = strlen(cb->body),
		.headers = headers,
		.done = callback_answered,
		.data = cb,
	};
	int64_t now_s = clock_now_s() - clock_ahead_s();
	struct webhook_secret secret;

	if (!read_secret(cb->demo, &secret)) {
		talloc_free(cb);
		return;
	}
	webhook_sign(value, &secret, cb->id, now_s, cb->body, strlen(cb->body));
	snprintf(id, sizeof(id), "webhook-id: %s", cb->id);
	snprintf(timestamp, sizeof(timestamp), "webhook-timestamp: %" PRId64, now_s);
	snprintf(signature, sizeof(signature), "webhook-signature: %s", value);
	if (!http_start(cb->demo->pool, &ask))
		talloc_free(cb);
}

/* One id for a step, whether it is called or polled. */
static const char *update_id(char *out, const struct demo_order *order, enum step step)
{
	snprintf(out, FIELD_SIZE, "demo-%u-%u-%d", order->nr, order->round, (int)step);
	return out;
}

static char *callback_body(void *ctx, const struct demo_order *order)
{
	char at[RFC3339_SIZE], expected[RFC3339_SIZE];
	json_t *json = json_pack("{s:s,s:s,s:s}", "reference", order->reference, "status",
				 step_words[order->step].state, "at",
				 rfc3339_write(at, order->at_s[order->step], 0));
	char *text, *out;

	if (order->step == STEP_PLANNED)
		json_object_set_new(json, "expected",
				    json_string(rfc3339_write(expected, order->expected_s, 0)));
	text = json_dumps(json, JSON_COMPACT);
	OSMO_ASSERT(text);
	out = talloc_strdup(ctx, text);
	free(text);
	json_decref(json);
	return out;
}

static void call_back(struct web_demo *demo, const struct demo_order *order)
{
	const struct web *web = demo->web;
	struct webhook_secret secret;
	const char *self = read_secret(demo, &secret);
	struct callback *cb;
	char *name;

	if (!order->reference[0] || !self)
		return;
	cb = talloc_zero(demo, struct callback);
	OSMO_ASSERT(cb);
	cb->demo = demo;
	name = form_escape(cb, self);
	cb->url = talloc_asprintf(cb, "http://127.0.0.1:%u/contractors/%s/updates", web->port,
				  name);
	cb->body = callback_body(cb, order);
	update_id(cb->id, order, order->step);
	osmo_timer_setup(&cb->again, send_callback, cb);
	talloc_set_destructor(cb, free_callback);
	send_callback(cb);
}

/* ---- the work ---- */

static void take_step(struct web_demo *demo, struct demo_order *order)
{
	order->step++;
	order->at_s[order->step] = order->round_s + (int64_t)order->step * demo->step_s;
	if (order->step == STEP_PLANNED)
		order->expected_s = order->at_s[STEP_PLANNED] + DAY_S;
	LOGP(DWEB, LOGL_INFO, "demo contractor: report %s is %s\n", order->reference,
	     step_words[order->step].state);
	call_back(demo, order);
}

static void work(void *data)
{
	struct web_demo *demo = data;
	int64_t now_s = clock_now_s(), next_s = INT64_MAX;
	struct demo_order *order;

	llist_for_each_entry (order, &demo->orders, entry) {
		int64_t due_s = order->round_s + (int64_t)(order->step + 1) * demo->step_s;

		/* one step a round even after a leap of the clock, so that callbacks keep order */
		if (order->step < STEP_SOLVED && due_s <= now_s) {
			take_step(demo, order);
			due_s = now_s + 1;
		}
		if (order->step < STEP_SOLVED)
			next_s = OSMO_MIN(next_s, due_s);
	}
	if (next_s != INT64_MAX)
		osmo_timer_schedule(&demo->timer, (int)OSMO_MIN(OSMO_MAX(next_s - now_s, 1), 3600),
				    0);
}

static void begin_round(struct demo_order *order)
{
	order->round++;
	order->step = STEP_ACCEPTED;
	order->round_s = order->at_s[STEP_ACCEPTED] = clock_now_s();
	order->expected_s = 0;
}

static struct demo_order *find(struct web_demo *demo, const char *id)
{
	struct demo_order *order;
	char name[24];

	llist_for_each_entry (order, &demo->orders, entry) {
		snprintf(name, sizeof(name), "D-%u", order->nr);
		if (!strcmp(name, id))
			return order;
	}
	return NULL;
}

static struct demo_order *find_key(struct web_demo *demo, const char *key)
{
	struct demo_order *order;

	llist_for_each_entry (order, &demo->orders, entry)
		if (key[0] && !strcmp(order->key, key))
			return order;
	return NULL;
}

static struct demo_order *add_order(struct web_demo *demo, const char *key, const char *reference)
{
	struct demo_order *order = talloc_zero(demo, struct demo_order);

	OSMO_ASSERT(order);
	order->nr = ++demo->last_nr;
	snprintf(order->key, sizeof(order->key), "%s", key);
	snprintf(order->reference, sizeof(order->reference), "%s", reference);
	begin_round(order);
	llist_add(&order->entry, &demo->orders);
	if (++demo->n > ORDERS_MAX) {
		struct demo_order *oldest = llist_entry(demo->orders.prev, struct demo_order,
							entry);

		llist_del(&oldest->entry);
		talloc_free(oldest);
		demo->n--;
	}
	work(demo);
	return order;
}

/* ---- over HTTP ---- */

static void answer_errors(struct web_req *req, unsigned int status, const char *words)
{
	web_answer_json(req, status,
			json_pack("[{s:i,s:s}]", "code", (int)status, "description", words));
}

/* One field of the form, "" if it is not there, or longer than any of ours. */
static void field(const struct console_form *form, const char *name, char out[FIELD_SIZE])
{
	const char *value = console_form_at(form, name, 0);

	snprintf(out, FIELD_SIZE, "%s", value && strlen(value) < FIELD_SIZE ? value : "");
}

/* \returns NULL if it has been answered */
static struct console_form *read_form(struct web_req *req)
{
	struct console_form *form = console_form_read(req);

	if (!form)
		answer_errors(
			req, MHD_HTTP_BAD_REQUEST,
			"the body must be a form (application/x-www-form-urlencoded) in UTF-8");
	return form;
}

void web_demo_order(struct web_req *req)
{
	struct console_form *form = read_form(req);
	char service[FIELD_SIZE], key[FIELD_SIZE], reference[FIELD_SIZE], id[24];
	struct demo_order *order;

	if (!form)
		return;
	field(form, "service_code", service);
	field(form, "attribute[idempotency_key]", key);
	field(form, "attribute[reference]", reference);
	if (!service[0]) {
		answer_errors(req, MHD_HTTP_BAD_REQUEST, "service_code is missing");
		return;
	}
	order = find_key(req->web->demo, key);
	if (!order)
		order = add_order(req->web->demo, key, reference);
	snprintf(id, sizeof(id), "D-%u", order->nr);
	web_answer_json(req, MHD_HTTP_CREATED,
			json_pack("[{s:s,s:s}]", "service_request_id", id, "service_notice",
				  "built-in contractor of the demo"));
}

void web_demo_note(struct web_req *req)
{
	char id[FIELD_SIZE], status[FIELD_SIZE], update[FIELD_SIZE];
	struct web_demo *demo = req->web->demo;
	struct console_form *form = read_form(req);
	struct demo_order *order;

	if (!form)
		return;
	field(form, "service_request_id", id);
	field(form, "status", status);
	field(form, "update_id", update);
	order = find(demo, id);
	if (!order) {
		answer_errors(req, MHD_HTTP_NOT_FOUND, "no such service_request_id");
		return;
	}
	if (!strcmp(status, "REOPEN") && order->step == STEP_SOLVED) {
		begin_round(order);
		work(demo);
	}
	web_answer_json(req, MHD_HTTP_CREATED, json_pack("[{s:s}]", "update_id", update));
}

static json_t *order_json(const struct demo_order *order)
{
	char at[RFC3339_SIZE], expected[RFC3339_SIZE], id[24];
	json_t *json;

	snprintf(id, sizeof(id), "D-%u", order->nr);
	json = json_pack("{s:s,s:s,s:s,s:s}", "service_request_id", id, "status",
			 order->step == STEP_SOLVED ? "closed" : "open", "extended_status",
			 step_words[order->step].open311, "updated_datetime",
			 rfc3339_write(at, order->at_s[order->step], 0));
	if (order->expected_s)
		json_object_set_new(json, "expected_datetime",
				    json_string(rfc3339_write(expected, order->expected_s, 0)));
	return json;
}

void web_demo_request(struct web_req *req)
{
	const char *name = web_segment(req, 3);
	size_t len = strlen(name), tail = strlen(".json");
	struct demo_order *order = NULL;

	if (len > tail && !strcmp(name + len - tail, ".json"))
		order = find(req->web->demo, talloc_strndup(req, name, len - tail));
	if (order)
		web_answer_json(req, MHD_HTTP_OK, json_pack("[o]", order_json(order)));
	else
		answer_errors(req, MHD_HTTP_NOT_FOUND, "no such service_request_id");
}

void web_demo_list(struct web_req *req)
{
	json_t *list = json_array();
	struct demo_order *order;

	llist_for_each_entry (order, &req->web->demo->orders, entry)
		json_array_append_new(list, order_json(order));
	web_answer_json(req, MHD_HTTP_OK, list);
}

/* ---- the caretaker ---- */

/* What an app would show them, by the clock of the line, which may be ahead of the app's. */
void web_demo_code(struct web_req *req)
{
	char text[STAFF_CODE_DIGITS + 2];
	struct staff staff;

	if (store_staff_find(req->web->st, WEB_DEMO_CARETAKER, &staff) < 0 ||
	    staff_code_next(text, &staff, clock_now_s()) < 0) {
		web_answer_error(req, MHD_HTTP_NOT_FOUND, WEB_DEMO_CARETAKER " has no codes");
		return;
	}
	text[STAFF_CODE_DIGITS] = '\n';
	text[STAFF_CODE_DIGITS + 1] = '\0';
	web_answer(req, MHD_HTTP_OK, "text/plain; charset=utf-8", text);
}

static json_t *update_json(const struct demo_order *order, enum step step)
{
	char at[RFC3339_SIZE], expected[RFC3339_SIZE], id[24], update[FIELD_SIZE];
	json_t *json;

	snprintf(id, sizeof(id), "D-%u", order->nr);
	json = json_pack("{s:s,s:s,s:s,s:s,s:s}", "update_id", update_id(update, order, step),
			 "service_request_id", id, "service_request_id_ext", order->reference,
			 "status", step_words[step].open311, "updated_datetime",
			 rfc3339_write(at, order->at_s[step], 0));
	if (step == STEP_PLANNED)
		json_object_set_new(json, "expected_datetime",
				    json_string(rfc3339_write(expected, order->expected_s, 0)));
	return json;
}

void web_demo_updates(struct web_req *req)
{
	const char *start = target_param(&req->target, "start_date");
	json_t *list = json_array();
	struct demo_order *order;
	int64_t since_s = 0;

	if (start && rfc3339_read(&since_s, start, 0) < 0) {
		json_decref(list);
		answer_errors(req, MHD_HTTP_BAD_REQUEST, "start_date is no time");
		return;
	}
	llist_for_each_entry_reverse(order, &req->web->demo->orders,
				     entry) for (int step = STEP_PLANNED; step <= (int)order->step;
						 step++) if (order->at_s[step] >= since_s)
		json_array_append_new(list, update_json(order, (enum step)step));
	web_answer_json(req, MHD_HTTP_OK, list);
}

/* ---- life ---- */

struct web_demo *web_demo_start(struct web *web)
{
	struct web_demo *demo = talloc_zero(web, struct web_demo);

	OSMO_ASSERT(demo);
	INIT_LLIST_HEAD(&demo->orders);
	demo->web = web;
	/* the database outlives us, and knows the numbers of the last run */
	demo->last_nr = (unsigned int)clock_now_s();
	demo->pool = http_pool_alloc(demo, NULL);
	demo->step_s = web->cfg.demo_step_s > 0 ? web->cfg.demo_step_s : STEP_DEFAULT_S;
	osmo_timer_setup(&demo->timer, work, demo);
	return demo;
}

void web_demo_stop(struct web_demo *demo)
{
	osmo_timer_del(&demo->timer);
	talloc_free(demo);
}

void web_demo_clock_moved(struct web_demo *demo)
{
	work(demo);
}
