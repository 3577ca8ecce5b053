// SPDX-License-Identifier: AGPL-3.0-or-later
/* What only time can show: an answer waits for the commit, a phone waits for its text, and both may
 * outlive the one who asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <sodium.h>
#include <talloc.h>

#include "clock.h"
#include "contractor/http.h"
#include "log.h"
#include "store/store_staff.h"
#include "web/web.h"

#define NUMBER	   "+31612345678"
#define DEADLINE_S 10

static int64_t ahead_s;

int64_t clock_now_s(void)
{
	return (int64_t)time(NULL) + ahead_s;
}

int64_t clock_now_ms(void)
{
	return clock_now_s() * 1000;
}

int64_t clock_ahead_s(void)
{
	return ahead_s;
}

void clock_advance(int64_t seconds)
{
	ahead_s += seconds;
}

static const struct log_info_cat categories[LOG_CATEGORIES] = {
	[DWEB] = { .name = "DWEB", .loglevel = LOGL_FATAL, .enabled = 1 },
	[DSTORE] = { .name = "DSTORE", .loglevel = LOGL_FATAL, .enabled = 1 },
};
static const struct log_info log_of_test = { .cat = categories, .num_cat = LOG_CATEGORIES };

struct fixture {
	struct store *st;
	struct handset *hs;
	struct forwarder *fw;
	struct web *web;
	struct http_pool *pool;
	unsigned int heard, said, done, moved;
	uint64_t token, session;
	char words[256]; /* code or answer of the last said() */
	int status;
	char body[4096];
};

static void heard(struct line *ln, const struct line_heard *h, void *data)
{
	struct fixture *f = data;

	f->heard++;
	f->token = h->token;
	assert_string_equal(h->from, NUMBER);
}

static void said(struct line *ln, const struct line_said *s, void *data)
{
	struct fixture *f = data;

	f->said++;
	f->session = s->session;
	assert_string_equal(s->number, NUMBER);
	snprintf(f->words, sizeof(f->words), "%s%s", s->code ? "code " : "reply ",
		 s->code ? s->code : s->text);
}

static void clock_moved(void *data)
{
	struct fixture *f = data;

	f->moved++;
}

static void took(const struct http_answer *answer, void *data)
{
	struct fixture *f = data;

	f->done++;
	f->status = answer->status;
	snprintf(f->body, sizeof(f->body), "%s", answer->body);
}

static struct http_request *ask(struct fixture *f, const char *path, const char *post)
{
	char url[4352];
	struct http_ask http = { .url = url,
				 .post = post,
				 .post_len = post ? strlen(post) : 0,
				 .done = took,
				 .data = f };

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", web_port(f->web), path);
	return http_start(f->pool, &http);
}

static void run_until(const unsigned int *count, unsigned int wanted)
{
	time_t end = time(NULL) + DEADLINE_S;

	while (*count < wanted && time(NULL) < end)
		if (osmo_select_main(1) == 0)
			usleep(500);
	assert_int_equal(*count, wanted);
}

/* Long enough for an answer to come if it were coming. */
static void run_a_while(void)
{
	for (int i = 0; i < 100; i++) {
		osmo_select_main(1);
		usleep(200);
	}
}

static int get(struct fixture *f, const char *path, const char *post)
{
	f->done = 0;
	assert_non_null(ask(f, path, post));
	run_until(&f->done, 1);
	return f->status;
}

static void put_text(struct fixture *f, const char *text)
{
	struct sms_piece piece;
	struct sms_plan plan;
	struct outbox_due due;
	void *ctx = talloc_new(NULL);
	int64_t id;

	assert_int_equal(sms_text_plan(&plan, text, 0), 0);
	assert_int_equal(sms_text_split(&piece, 1, text, &plan), 1);
	assert_int_equal(store_begin(f->st), 0);
	assert_int_equal(store_outbox_add(f->st, NUMBER, OUTBOX_REPLY, "", text, &piece, 1, 0, 0,
					  clock_now_s(), clock_now_s() + 3600, 0, &id),
			 0);
	assert_int_equal(
		store_outbox_due(ctx, f->st, "handset", OUTBOX_LANES, clock_now_s(), &due, 1), 1);
	assert_int_equal(store_outbox_sending(f->st, due.part_id, "handset", clock_now_s()), 0);
	assert_int_equal(store_outbox_sent(f->st, due.part_id, -1, clock_now_s(), 0), 0);
	assert_int_equal(store_end(f->st), 0);
	assert_int_equal(store_commit(f->st), 0);
	talloc_free(ctx);
}

static int start(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);
	struct web_cfg cfg = { .address = "127.0.0.1", .demo = true, .demo_step_s = 60 };
	struct web_user user = { .clock_moved = clock_moved, .data = f };
	char *error;

	ahead_s = 0;
	f->st = store_open(f, ":memory:", &error);
	assert_non_null(f->st);
	f->fw = forwarder_alloc(f, f->st, NULL, NULL, NULL);
	f->hs = handset_alloc(f, "14070", "*140#");
	handset_line(f->hs)->user = (struct line_user){ .heard = heard, .said = said, .data = f };
	handset_line(f->hs)->ops->start(handset_line(f->hs));
	f->web = web_start(f, &cfg, f->st, NULL, f->fw, f->hs, &user);
	assert_non_null(f->web);
	f->pool = http_pool_alloc(f, NULL);
	*state = f;
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	talloc_free(f->pool);
	if (f->web)
		web_stop(f->web);
	store_close(f->st);
	talloc_free(f);
	return 0;
}

static void a_text_is_answered_after_its_commit_only(void **state)
{
	struct fixture *f = *state;
	struct line *ln = handset_line(f->hs);

	ask(f, "/handset/0612345678/sms", "{\"to\":\"14070\",\"text\":\"hallo\"}");
	run_until(&f->heard, 1);
	run_a_while();
	assert_int_equal(f->done, 0);
	ln->ops->settle(ln, f->token, true);
	run_until(&f->done, 1);
	assert_int_equal(f->status, 200);
	assert_string_equal(f->body, "{\"ok\":true,\"parts\":1}");
}

static void a_text_that_is_not_stored_is_503(void **state)
{
	struct fixture *f = *state;
	struct line *ln = handset_line(f->hs);

	ask(f, "/handset/%2B31612345678/sms", "{\"text\":\"hallo\"}");
	run_until(&f->heard, 1);
	ln->ops->settle(ln, f->token, false);
	run_until(&f->done, 1);
	assert_int_equal(f->status, 503);
	ln->ops->stop(ln);
	assert_int_equal(get(f, "/handset/0612345678/sms", "{\"text\":\"hallo\"}"), 503);
}

static void who_hangs_up_before_the_commit_harms_nothing(void **state)
{
	struct fixture *f = *state;
	struct line *ln = handset_line(f->hs);
	struct http_request *req;

	req = ask(f, "/handset/0612345678/sms", "{\"text\":\"hallo\"}");
	run_until(&f->heard, 1);
	http_cancel(req);
	run_a_while();
	ln->ops->settle(ln, f->token, true);
	run_a_while();
	assert_int_equal(f->done, 0);
	assert_int_equal(get(f, "/handset/clock", NULL), 200);
}

static void a_phone_that_waits_gets_its_text_at_once(void **state)
{
	struct fixture *f = *state;

	ask(f, "/handset/0612345678/messages?after=0&wait=60", NULL);
	run_a_while();
	web_texts_changed(f->web); /* of someone else */
	run_a_while();
	assert_int_equal(f->done, 0);
	put_text(f, "dag \xc3\xa9");
	web_texts_changed(f->web);
	run_until(&f->done, 1);
	assert_int_equal(f->status, 200);
	assert_non_null(strstr(f->body, "\"from\":\"14070\",\"to\":\"" NUMBER
					"\",\"text\":\"dag \xc3\xa9\""));
	assert_int_equal(get(f, "/handset/0612345678/messages?after=1", NULL), 200);
	assert_string_equal(f->body, "{\"messages\":[]}");
}

#define USSD "/handset/0612345678/ussd"

static void a_page_is_answered_once_it_is_there(void **state)
{
	struct fixture *f = *state;
	struct line *ln = handset_line(f->hs);

	ask(f, USSD, "{\"code\":\"*140*1#\"}");
	run_until(&f->said, 1);
	assert_string_equal(f->words, "code *140*1#");
	run_a_while();
	assert_int_equal(f->done, 0);
	assert_int_equal(ln->ops->reply(ln, f->session, "1 caf\xc3\xa9\n2 \"x\"", false), 0);
	run_until(&f->done, 1);
	assert_int_equal(f->status, 200);
	assert_string_equal(f->body, "{\"text\":\"1 caf\xc3\xa9\\n2 \\\"x\\\"\",\"last\":false}");

	ask(f, USSD, "{\"reply\":\"2\"}");
	run_until(&f->said, 2);
	assert_string_equal(f->words, "reply 2");
	assert_int_equal(ln->ops->reply(ln, f->session, "dank", true), 0);
	run_until(&f->done, 2);
	assert_string_equal(f->body, "{\"text\":\"dank\",\"last\":true}");

	assert_int_equal(get(f, USSD, "{\"reply\":\"2\"}"), 409);
	assert_non_null(strstr(f->body, "dial *140#"));
	assert_int_equal(f->said, 2);
}

static void what_is_no_code_or_reply_is_422(void **state)
{
	static const char *const wrong[] = { "{}",
					     "{\"code\":7}",
					     "{\"code\":\"\"}",
					     "{\"code\":null,\"reply\":\"1\"}",
					     "{\"code\":\"*140#\",\"reply\":\"1\"}",
					     "{\"reply\":[]}",
					     "{\"reply\":\"\"}",
					     "{\"text\":\"1\"}" };
	struct fixture *f = *state;
	char body[300];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(get(f, USSD, wrong[i]), 422);
		assert_non_null(strstr(f->body, "needs"));
	}
	/* TS 23.038 6.1.2.3: 182 septets are 160 octets */
	snprintf(body, sizeof(body), "{\"reply\":\"%0183d\"}", 0);
	assert_int_equal(get(f, USSD, body), 422);
	snprintf(body, sizeof(body), "{\"reply\":\"%0182d\"}", 0);
	assert_int_equal(get(f, USSD, body), 409);
	assert_int_equal(get(f, USSD, "{"), 400);
	assert_int_equal(get(f, "/handset/KPN/ussd", "{\"code\":\"*140#\"}"), 400);
	assert_int_equal(get(f, USSD, NULL), 405);
	assert_int_equal(get(f, USSD, "{\"code\":\"*100#\"}"), 422);
	assert_non_null(strstr(f->body, "dial *140#"));
	assert_int_equal(f->said, 0);
}

static void no_page_is_503(void **state)
{
	struct fixture *f = *state;
	struct line *ln = handset_line(f->hs);

	ask(f, USSD, "{\"code\":\"*140#\"}");
	run_until(&f->said, 1);
	ln->ops->refuse(ln, f->session, LINE_NOT_NOW);
	run_until(&f->done, 1);
	assert_int_equal(f->status, 503);

	ask(f, USSD, "{\"code\":\"*140#\"}");
	run_until(&f->said, 2);
	assert_int_equal(get(f, USSD, "{\"reply\":\"1\"}"), 503);
	assert_non_null(strstr(f->body, "on its way"));
	ln->ops->stop(ln);
	run_until(&f->done, 2);
	assert_int_equal(f->status, 503);
	assert_int_equal(get(f, USSD, "{\"code\":\"*140#\"}"), 503);
	assert_non_null(strstr(f->body, "shut down"));
}

static void who_hangs_up_before_the_page_harms_nothing(void **state)
{
	struct fixture *f = *state;
	struct line *ln = handset_line(f->hs);
	struct http_request *req;

	req = ask(f, USSD, "{\"code\":\"*140#\"}");
	run_until(&f->said, 1);
	http_cancel(req);
	run_a_while();
	assert_int_equal(ln->ops->reply(ln, f->session, "a", false), 0);
	run_a_while();
	assert_int_equal(f->done, 0);

	ask(f, USSD, "{\"reply\":\"1\"}"); /* the session is open all the same */
	run_until(&f->said, 2);
	web_stop(f->web);
	f->web = NULL;
	ln->ops->refuse(ln, f->session, LINE_NO_SUCH_CODE); /* too late for who asked */
	run_a_while();
}

static void it_stops_with_phones_and_commits_waiting(void **state)
{
	struct fixture *f = *state;
	struct line *ln = handset_line(f->hs);

	ask(f, "/handset/0612345678/messages?wait=60", NULL);
	ask(f, "/handset/0612345678/sms", "{\"text\":\"hallo\"}");
	run_until(&f->heard, 1);
	run_a_while();
	web_stop(f->web);
	f->web = NULL;
	ln->ops->settle(ln, f->token, true); /* too late for who asked, and no harm */
	run_a_while();
}

#define COOKIE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CSRF   "0123456789abcdef"

/* Somebody who is signed in, and a resident. */
static void sign_in(struct fixture *f)
{
	struct staff staff = { .name = "anna", .role = STAFF_OPERATOR, .language = "nl" };
	struct staff_session session = { .csrf = CSRF,
					 .created_s = clock_now_s(),
					 .seen_s = clock_now_s(),
					 .expires_s = clock_now_s() + 600 };
	struct person person;

	crypto_generichash(session.token, sizeof(session.token), (const unsigned char *)COOKIE,
			   strlen(COOKIE), NULL, 0);
	assert_int_equal(store_begin(f->st), 0);
	assert_int_equal(store_staff_add(f->st, &staff), 0);
	session.staff_id = staff.id;
	assert_int_equal(store_session_add(f->st, &session), 0);
	assert_int_equal(store_person_get(f->st, NUMBER, clock_now_s(), &person), 0);
	assert_int_equal(store_end(f->st), 0);
	assert_int_equal(store_commit(f->st), 0);
}

static struct http_request *ask_for_all_of_a_person(struct fixture *f)
{
	static const char form[] = "csrf=" CSRF "&once=1";
	static const char *const headers[] = { "Cookie: meldlijn=" COOKIE,
					       "Content-Type: application/x-www-form-urlencoded",
					       NULL };
	struct http_ask http = {
		.post = form, .post_len = strlen(form), .headers = headers, .done = took, .data = f
	};
	struct http_request *req;
	time_t end = time(NULL) + DEADLINE_S;
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/console/people/1/export", web_port(f->web));
	http.url = url;
	req = http_start(f->pool, &http);
	while (store_group_steps(f->st) == 0 && time(NULL) < end)
		osmo_select_main(1);
	assert_true(store_group_steps(f->st) > 0);
	return req;
}

static void a_page_for_somebody_who_has_gone_is_not_written(void **state)
{
	struct fixture *f = *state;

	sign_in(f);
	http_cancel(ask_for_all_of_a_person(f));
	run_a_while();
	assert_int_equal(store_commit(f->st), 0);
	run_a_while();
	assert_int_equal(f->done, 0);

	ask_for_all_of_a_person(f);
	web_stop(f->web);
	f->web = NULL;
	assert_int_equal(store_commit(f->st), 0);
}

static void the_clock_moves_for_all(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(get(f, "/handset/clock", "{\"advance\":3600}"), 200);
	assert_int_equal(f->moved, 1);
	assert_int_equal(ahead_s, 3600);
	assert_non_null(strstr(f->body, "\"ahead\":3600"));
}

static void the_demo_takes_an_order_once_and_works_step_by_step(void **state)
{
	struct fixture *f = *state;
	static const char order[] = "service_code=x&attribute%5Bidempotency_key%5D=k&"
				    "attribute%5Breference%5D=4829153";
	static const char *const states[] = { "ACTION_SCHEDULED", "IN_PROGRESS", "FIXED" };
	char first[4096], path[4200], note[4200], *id;

	assert_int_equal(get(f, "/demo/contractor/requests.json", "x=1"), 400);
	assert_int_equal(get(f, "/demo/contractor/requests.json", order), 201);
	snprintf(first, sizeof(first), "%s", f->body);
	assert_int_equal(get(f, "/demo/contractor/requests.json", order), 201);
	assert_string_equal(f->body, first);
	id = strstr(first, "D-");
	id[strcspn(id, "\"")] = '\0';
	snprintf(path, sizeof(path), "/demo/contractor/requests/%s.json", id);
	assert_int_equal(get(f, path, NULL), 200);
	assert_non_null(strstr(f->body, "\"OPEN\""));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(get(f, "/handset/clock", "{\"advance\":60}"), 200);
		assert_int_equal(get(f, path, NULL), 200);
		assert_non_null(strstr(f->body, states[i]));
	}
	assert_int_equal(get(f, "/demo/contractor/servicerequestupdates.json", NULL), 200);
	for (size_t i = 0; i < 3; i++)
		assert_non_null(strstr(f->body, states[i]));
	snprintf(note, sizeof(note), "service_request_id=%s&update_id=u&status=REOPEN", id);
	assert_int_equal(get(f, "/demo/contractor/servicerequestupdates.json", note), 201);
	assert_int_equal(get(f, path, NULL), 200);
	assert_non_null(strstr(f->body, "\"OPEN\""));
}

static void a_second_server_on_the_port_is_refused(void **state)
{
	struct fixture *f = *state;
	struct web_cfg cfg = { .address = "127.0.0.1", .port = web_port(f->web) };
	struct web_user user = { 0 };

	assert_null(web_start(f, &cfg, f->st, NULL, f->fw, NULL, &user));
	cfg.address = "no address";
	assert_null(web_start(f, &cfg, f->st, NULL, f->fw, NULL, &user));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_text_is_answered_after_its_commit_only, start,
						stop),
		cmocka_unit_test_setup_teardown(a_text_that_is_not_stored_is_503, start, stop),
		cmocka_unit_test_setup_teardown(who_hangs_up_before_the_commit_harms_nothing, start,
						stop),
		cmocka_unit_test_setup_teardown(a_phone_that_waits_gets_its_text_at_once, start,
						stop),
		cmocka_unit_test_setup_teardown(a_page_is_answered_once_it_is_there, start, stop),
		cmocka_unit_test_setup_teardown(what_is_no_code_or_reply_is_422, start, stop),
		cmocka_unit_test_setup_teardown(no_page_is_503, start, stop),
		cmocka_unit_test_setup_teardown(who_hangs_up_before_the_page_harms_nothing, start,
						stop),
		cmocka_unit_test_setup_teardown(it_stops_with_phones_and_commits_waiting, start,
						stop),
		cmocka_unit_test_setup_teardown(a_page_for_somebody_who_has_gone_is_not_written,
						start, stop),
		cmocka_unit_test_setup_teardown(the_clock_moves_for_all, start, stop),
		cmocka_unit_test_setup_teardown(the_demo_takes_an_order_once_and_works_step_by_step,
						start, stop),
		cmocka_unit_test_setup_teardown(a_second_server_on_the_port_is_refused, start,
						stop),
	};

	osmo_init_logging2(NULL, &log_of_test);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
