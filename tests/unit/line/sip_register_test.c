// SPDX-License-Identifier: AGPL-3.0-or-later
/* The registration at the trunk's registrar, which is written by hand as RFC 3261 10 and RFC 2617 have it.  The digests are
 * those of another program, without qop and so without what is drawn by lot. */
#include "sip_world.h"

#define CHALLENGE(more) "WWW-Authenticate: Digest realm=\"trunk\", nonce=\"n1\"" more "\r\n"
#define RESPONSE_1	"response=\"56dec307dd97e1a889aa11b2c42cf2fe\""
#define RESPONSE_2	"response=\"2727506c39920c0da53a600c5c74547a\""

static struct {
	char what[32], detail[256];
	bool on;
	int n;
} told;

static void alarm_told(struct line *ln, const char *what, bool on, const char *detail, void *data)
{
	snprintf(told.what, sizeof(told.what), "%s", what);
	snprintf(told.detail, sizeof(told.detail), "%s", detail ? detail : "");
	told.on = on;
	told.n++;
}

static void registers(struct sip_line_cfg *cfg)
{
	cfg->domain = "city.example";
	cfg->user = "meldlijn";
	cfg->password = "geheim";
	cfg->expires_s = 300;
	cfg->retry_s = 1;
}

static void registers_openly(struct sip_line_cfg *cfg)
{
	registers(cfg);
	cfg->user = NULL;
}

static void alarms(void *state)
{
	struct world *w = state;

	memset(&told, 0, sizeof(told));
	w->ln->user.alarm = alarm_told;
}

static int begin_registers(void **state)
{
	int rc = begin_with(state, registers);

	alarms(*state);
	return rc;
}

static int begin_openly(void **state)
{
	int rc = begin_with(state, registers_openly);

	alarms(*state);
	return rc;
}

static void asked(struct world *w, char *request)
{
	until(w, is(w, "REGISTER"));
	memcpy(request, w->in, sizeof(w->in));
}

static void granted(struct world *w, const char *request, unsigned int seconds)
{
	char extra[128];

	snprintf(extra, sizeof(extra), "Expires: %u\r\n", seconds);
	reply(w, request, "200 OK", "reg", extra, "");
	until(w, figures(w).registered_since_s);
}

/* ---- tests */

static void it_registers_with_a_digest(void **state)
{
	struct world *w = *state;
	char request[4096], callid[256], other[256];

	asked(w, request);
	assert_true(has(request, "REGISTER sip:city.example SIP/2.0\r\n"));
	assert_true(has(request, "\r\nTo: <sip:meldlijn@city.example>\r\n"));
	assert_true(has(request, "\r\nExpires: 300\r\n"));
	assert_false(has(request, "Authorization"));
	header(callid, sizeof(callid), request, "Call-ID");
	reply(w, request, "401 Unauthorized", "reg", CHALLENGE(", algorithm=MD5"), "");
	asked(w, request);
	assert_true(has(request, "username=\"meldlijn\""));
	assert_true(has(request, "uri=\"sip:city.example\""));
	assert_true(has(request, RESPONSE_1));
	header(other, sizeof(other), request, "Call-ID");
	assert_string_equal(callid, other);
	granted(w, request, 300);
	assert_in_range(figures(w).register_next_s - clock_now_s(), 268, 270);
	assert_int_equal(told.n, 0);
}

/* Before it ends, with the nonce of before; a new nonce is answered (RFC 2617 3.2.1). */
static void it_registers_again_in_time(void **state)
{
	struct world *w = *state;
	char request[4096], other[4096];
	int64_t since;

	asked(w, request);
	reply(w, request, "401 Unauthorized", "reg", CHALLENGE(""), "");
	asked(w, request);
	reply(w, request, "200 OK", "reg", "Expires: 1\r\n", "");
	until(w, figures(w).registered_since_s);
	since = now_ms();
	asked(w, other);
	assert_in_range(now_ms() - since, 500, 1000);
	assert_true(has(other, RESPONSE_1));
	reply(w, other, "401 Unauthorized", "reg",
	      "WWW-Authenticate: Digest realm=\"trunk\", nonce=\"n2\", stale=true\r\n", "");
	asked(w, other);
	assert_true(has(other, RESPONSE_2));
	granted(w, other, 300);
	assert_int_equal(told.n, 0);
}

/* One more try after each wait, not one after each 401. */
static void a_wrong_password_is_not_tried_again_at_once(void **state)
{
	struct world *w = *state;
	char request[4096];
	unsigned int n = 0;
	int64_t end_ms = now_ms() + 2500;

	for (w->in[0] = '\0'; now_ms() < end_ms; turn(w)) {
		if (!is(w, "REGISTER"))
			continue;
		n++;
		memcpy(request, w->in, sizeof(request));
		reply(w, request, "401 Unauthorized", "reg", CHALLENGE(""), "");
	}
	/* two a round; the waits are 0.5 to 1 s and 1 to 2 s */
	assert_in_range(n, 4, 6);
	assert_true(told.on && told.n == 1);
	assert_string_equal(told.what, "register");
	assert_non_null(strstr(told.detail, "check user and password-file"));
	assert_int_equal(figures(w).register_failed, n / 2);
}

static void the_alarm_ends_when_it_is_registered(void **state)
{
	struct world *w = *state;
	char request[4096];

	asked(w, request);
	reply(w, request, "503 Service Unavailable", "reg", "Retry-After: 1\r\n", "");
	until(w, told.n == 1);
	assert_non_null(strstr(told.detail, "503 Service Unavailable"));
	asked(w, request);
	granted(w, request, 300);
	assert_true(told.n == 2 && !told.on);
}

static void what_the_alarm_says(void **state)
{
	struct world *w = *state;
	char request[4096];

	asked(w, request);
	reply(w, request, "401 Unauthorized", "reg", CHALLENGE(", algorithm=SHA-1024"), "");
	until(w, told.n == 1);
	assert_non_null(strstr(told.detail, "ask the provider for one of these"));
}

/* RFC 8760 2.4: the first that we can, whatever stands before it. */
static void it_registers_with_sha_256(void **state)
{
	struct world *w = *state;
	char request[4096];

	asked(w, request);
	reply(w, request, "401 Unauthorized", "reg",
	      CHALLENGE(", algorithm=SHA-1024") CHALLENGE(", algorithm=SHA-256")
		      CHALLENGE(", algorithm=MD5"),
	      "");
	asked(w, request);
	assert_true(has(request, "algorithm=SHA-256"));
	assert_true(has(request, "response=\"e312ab5a96b791ad7e2281aa7f9a6b58"
				 "c149542155b4412c5f2bd90b64402fff\""));
	granted(w, request, 300);
	assert_int_equal(told.n, 0);
}

static void a_password_is_asked_and_there_is_none(void **state)
{
	struct world *w = *state;
	char request[4096];

	asked(w, request);
	assert_false(has(request, "Authorization"));
	reply(w, request, "401 Unauthorized", "reg", CHALLENGE(""), "");
	until(w, told.n == 1);
	assert_non_null(strstr(told.detail, "set user and password-file"));
}

/* RFC 3261 10.2.8 */
static void a_longer_time_is_asked_if_it_must_be(void **state)
{
	struct world *w = *state;
	char request[4096];

	asked(w, request);
	reply(w, request, "423 Interval Too Brief", "reg", "Min-Expires: 900\r\n", "");
	asked(w, request);
	assert_true(has(request, "\r\nExpires: 900\r\n"));
	granted(w, request, 900);
	assert_int_equal(told.n, 0);
}

/* With an end that waits for the answer to a new nonce, and an address that is free for the next start. */
static void it_is_given_back_at_the_end(void **state)
{
	struct world *w = *state;
	char request[4096];

	asked(w, request);
	granted(w, request, 300);
	w->ln->ops->stop(w->ln);
	assert_int_equal(figures(w).registered_since_s, 0);
	w->ln->ops->start(w->ln);
	w->in[0] = '\0';
	asked(w, request);
	assert_true(has(request, "\r\nExpires: 0\r\n"));
	reply(w, request, "401 Unauthorized", "reg", CHALLENGE(""), "");
	asked(w, request);
	assert_true(has(request, "\r\nExpires: 0\r\n"));
	assert_true(has(request, RESPONSE_1));
	assert_int_equal(w->ln->state, LINE_DOWN);
	reply(w, request, "200 OK", "reg", "", "");
	until(w, w->ln->state == LINE_UP);
	asked(w, request);
	assert_true(has(request, "\r\nExpires: 300\r\n"));
	assert_int_equal(told.n, 0);
}

static void a_call_goes_by_the_domain_and_the_proxy(void **state)
{
	struct world *w = *state;
	struct line_dialling dialling = { .number = "+31687654321" };
	char request[4096], route[256];
	uint64_t session;

	asked(w, request);
	granted(w, request, 300);
	assert_int_equal(w->ln->ops->dial(w->ln, &dialling, &session), 0);
	until(w, is(w, "INVITE"));
	memcpy(request, w->in, sizeof(request));
	assert_true(has(request, "INVITE sip:+31687654321@city.example SIP/2.0\r\n"));
	assert_true(has(request, "\r\nFrom: <sip:meldlijn@city.example>"));
	header(route, sizeof(route), request, "Route");
	assert_true(has(route, "<sip:127.0.0.1:") && has(route, ";lr>"));
	reply(w, request, "407 Proxy Authentication Required", "far",
	      "Proxy-Authenticate: Digest realm=\"trunk\", nonce=\"n1\"\r\n", "");
	until(w,
	      is(w, "INVITE") && has(w->in, "Proxy-Authorization: Digest username=\"meldlijn\""));
	memcpy(request, w->in, sizeof(request));
	reply(w, request, "407 Proxy Authentication Required", "far",
	      "Proxy-Authenticate: Digest realm=\"trunk\", nonce=\"n3\"\r\n", "");
	until(w, w->n_unreached == 1);
	assert_int_equal(w->why, LINE_NOT_DIALLED);
}

#define registering(test) cmocka_unit_test_setup_teardown(test, begin_registers, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		registering(it_registers_with_a_digest),
		registering(it_registers_again_in_time),
		registering(a_wrong_password_is_not_tried_again_at_once),
		registering(the_alarm_ends_when_it_is_registered),
		registering(what_the_alarm_says),
		registering(it_registers_with_sha_256),
		cmocka_unit_test_setup_teardown(a_password_is_asked_and_there_is_none, begin_openly,
						end),
		registering(a_longer_time_is_asked_if_it_must_be),
		registering(it_is_given_back_at_the_end),
		registering(a_call_goes_by_the_domain_and_the_proxy),
	};

	test_log_start(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
