// SPDX-License-Identifier: AGPL-3.0-or-later
/* The HTTP client against a real server that behaves badly in each known way. */
#include "peer.h"

#include "contractor/http.h"

struct fixture {
	struct peer peer, tls;
	struct http_pool *pool;
	char *cert, *key; /* files beside the program, wherever it was built */
	unsigned int done;
	int status, retry_after_s;
	bool maybe_taken;
	char error[256], body[4096];
	size_t len;
};

static void took(const struct http_answer *answer, void *data)
{
	struct fixture *f = data;

	f->done++;
	f->status = answer->status;
	f->retry_after_s = answer->retry_after_s;
	f->maybe_taken = answer->maybe_taken;
	f->len = answer->len;
	snprintf(f->body, sizeof(f->body), "%s", answer->body);
	snprintf(f->error, sizeof(f->error), "%s", answer->error ? answer->error : "");
}

static void get(struct fixture *f, const char *url, int timeout_ms)
{
	struct http_ask ask = { .url = url, .timeout_ms = timeout_ms, .done = took, .data = f };

	f->done = 0;
	assert_non_null(http_start(f->pool, &ask));
	assert_int_equal(f->done, 0); /* never from inside the call */
	run_until(&f->done, 1);
	assert_int_equal(http_busy(f->pool), 0);
}

static void a_form_is_posted_and_its_answer_read(void **state)
{
	struct fixture *f = *state;
	struct http_ask ask = {
		.url = peer_url(&f->peer, "ok"),
		.post = "service_code=x&attribute%5Bidempotency_key%5D=k1",
		.post_len = 48,
		.done = took,
		.data = f,
	};

	f->done = 0;
	assert_non_null(http_start(f->pool, &ask));
	run_until(&f->done, 1);
	assert_int_equal(f->status, 201);
	assert_non_null(strstr(f->body, "service_request_id"));
	assert_false(f->maybe_taken);
}

static void many_at_once_end_once_each(void **state)
{
	struct fixture *f = *state;
	struct http_ask ask = { .url = peer_url(&f->peer, "ok"), .done = took, .data = f };

	f->done = 0;
	for (int i = 0; i < 40; i++)
		assert_non_null(http_start(f->pool, &ask));
	assert_int_equal(http_busy(f->pool), 40);
	run_until(&f->done, 40);
	assert_int_equal(http_busy(f->pool), 0);
}

static void retry_after_is_read(void **state)
{
	struct fixture *f = *state;

	get(f, peer_url(&f->peer, "busy"), 0);
	assert_int_equal(f->status, 429);
	assert_int_equal(f->retry_after_s, 7);
}

static void a_redirect_is_not_followed(void **state)
{
	struct fixture *f = *state;

	get(f, peer_url(&f->peer, "redirect"), 0);
	assert_int_equal(f->status, 302);
}

static void a_slow_peer_times_out_in_doubt(void **state)
{
	struct fixture *f = *state;

	get(f, peer_url(&f->peer, "slow"), 300);
	assert_int_equal(f->status, 0);
	assert_true(f->maybe_taken);
	assert_string_not_equal(f->error, "");
}

static void a_huge_answer_is_an_error_and_not_kept(void **state)
{
	struct fixture *f = *state;

	get(f, peer_url(&f->peer, "huge"), 0);
	assert_int_equal(f->status, 0);
	assert_int_equal(f->len, 0);
	assert_non_null(strstr(f->error, "larger"));
}

static void too_many_headers_are_an_error(void **state)
{
	struct fixture *f = *state;

	get(f, peer_url(&f->peer, "headers"), 0);
	assert_int_equal(f->status, 0);
	assert_non_null(strstr(f->error, "larger"));
}

static void half_a_body_is_no_answer(void **state)
{
	struct fixture *f = *state;

	get(f, peer_url(&f->peer, "close"), 0);
	assert_int_equal(f->status, 0);
	assert_true(f->maybe_taken);
}

static void nobody_there_took_nothing(void **state)
{
	struct fixture *f = *state;

	get(f, "http://127.0.0.1:1/", 0);
	assert_int_equal(f->status, 0);
	assert_false(f->maybe_taken);
}

static void a_name_that_does_not_exist_is_an_error(void **state)
{
	struct fixture *f = *state;

	get(f, "http://nobody.invalid/", 0);
	assert_int_equal(f->status, 0);
	assert_false(f->maybe_taken);
}

static void only_http_and_https_are_addresses(void **state)
{
	struct fixture *f = *state;
	static const char *const wrong[] = { "file:///etc/passwd", "ftp://x/", "gopher://x/", "",
					     "not an address",	   "http://" };
	struct http_ask ask = { .done = took, .data = f };

	f->done = 0;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ask.url = wrong[i];
		assert_null(http_start(f->pool, &ask));
	}
	assert_int_equal(f->done, 0);
}

static void an_unknown_certificate_is_refused(void **state)
{
	struct fixture *f = *state;
	char url[64];

	snprintf(url, sizeof(url), "https://127.0.0.1:%u/ok/requests.json", f->tls.port);
	get(f, url, 0);
	assert_int_equal(f->status, 0);
	assert_false(f->maybe_taken);
	assert_non_null(strstr(f->error, "certificate"));
}

static void a_certificate_that_we_were_given_is_taken(void **state)
{
	struct fixture *f = *state;
	struct http_pool *pool = f->pool;
	char url[64];

	f->pool = http_pool_alloc(NULL, f->cert);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/ok/x.json", f->tls.port);
	get(f, url, 0);
	talloc_free(f->pool);
	f->pool = pool;
	assert_int_equal(f->status, 404);
}

static void a_cancelled_request_says_nothing_more(void **state)
{
	struct fixture *f = *state;
	struct http_ask ask = { .url = peer_url(&f->peer, "slow"), .done = took, .data = f };
	struct http_request *req;

	f->done = 0;
	req = http_start(f->pool, &ask);
	osmo_select_main(1);
	http_cancel(req);
	assert_int_equal(http_busy(f->pool), 0);
	get(f, peer_url(&f->peer, "ok"), 0);
	assert_int_equal(f->done, 1);
}

static void a_pool_goes_with_requests_under_way(void **state)
{
	struct fixture *f = *state;
	struct http_pool *pool = http_pool_alloc(NULL, NULL);
	struct http_ask ask = { .url = peer_url(&f->peer, "slow"), .done = took, .data = f };

	f->done = 0;
	assert_non_null(http_start(pool, &ask));
	osmo_select_main(1);
	talloc_free(pool);
	assert_int_equal(f->done, 0);
}

static int make_certificate(struct fixture *f)
{
	char self[512], *command;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int rc;

	if (n < 0)
		return -1;
	self[n] = 0;
	f->cert = talloc_asprintf(NULL, "%s.cert.pem", self);
	f->key = talloc_asprintf(f->cert, "%s.key.pem", self);
	command = talloc_asprintf(f->cert,
				  "openssl req -x509 -newkey ec -pkeyopt "
				  "ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost "
				  "-addext subjectAltName=IP:127.0.0.1 -days 2 "
				  "-keyout '%s' -out '%s' 2>/dev/null",
				  f->key, f->cert);
	rc = system(command);
	return rc == 0 ? 0 : -1;
}

static int start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	osmo_init_logging2(NULL, &peer_log);
	if (make_certificate(f) != 0)
		return -1;
	const char *const tls[] = { "--tls", f->cert, f->key, NULL };
	peer_start(&f->peer, NULL);
	peer_start(&f->tls, tls);
	f->pool = http_pool_alloc(NULL, NULL);
	*state = f;
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	talloc_free(f->pool);
	peer_stop(&f->peer);
	peer_stop(&f->tls);
	talloc_free(f->cert);
	free(f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_form_is_posted_and_its_answer_read),
		cmocka_unit_test(many_at_once_end_once_each),
		cmocka_unit_test(retry_after_is_read),
		cmocka_unit_test(a_redirect_is_not_followed),
		cmocka_unit_test(a_slow_peer_times_out_in_doubt),
		cmocka_unit_test(a_huge_answer_is_an_error_and_not_kept),
		cmocka_unit_test(too_many_headers_are_an_error),
		cmocka_unit_test(half_a_body_is_no_answer),
		cmocka_unit_test(nobody_there_took_nothing),
		cmocka_unit_test(a_name_that_does_not_exist_is_an_error),
		cmocka_unit_test(only_http_and_https_are_addresses),
		cmocka_unit_test(an_unknown_certificate_is_refused),
		cmocka_unit_test(a_certificate_that_we_were_given_is_taken),
		cmocka_unit_test(a_cancelled_request_says_nothing_more),
		cmocka_unit_test(a_pool_goes_with_requests_under_way),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
