// SPDX-License-Identifier: AGPL-3.0-or-later
/* Links to an order: whose they are, until when, and that none but ours is read. */
#include "flow/order_link.h"

#include <errno.h>

#include "flow/flow_test.h"

#define URL "https://meldlijn.example"

static const struct contractor_cfg peer_cfg = {
	.name = "haeghe",
	.format = CONTRACTOR_LINK,
	.sms_number = BOB,
	.rung_after_s = 3600,
	.window = 1,
};

static struct report report;

static struct order_links *set_up(struct world *w)
{
	struct order_links *links = order_links_alloc(w, w->st, URL);

	assert_non_null(links);
	forwarder_add(w->forwarder, contractor_alloc(w, http_pool_alloc(w, NULL), &peer_cfg));
	says(w, ANN, "MELD AFVAL SPUI 70 container vol");
	assert_int_equal(store_report_get(w, w->st, 1, &report), 0);
	assert_string_equal(report.contractor, "haeghe");
	return links;
}

static char *token_of(struct world *w, const struct order_links *links)
{
	char *url = order_link_write(w, links, &report, test_now_s);

	assert_int_equal(strncmp(url, URL "/order/", strlen(URL "/order/")), 0);
	return url + strlen(URL "/order/");
}

static int reads(struct world *w, const struct order_links *links, const char *token)
{
	struct report found;

	return order_link_read(w, links, token, test_now_s, &found);
}

static void a_link_leads_to_its_order(void **state)
{
	struct world *w = *state;
	struct order_links *links = set_up(w);
	struct report found;

	assert_int_equal(order_link_read(w, links, token_of(w, links), test_now_s, &found), 0);
	assert_string_equal(found.reference, report.reference);
	assert_int_equal(found.id, 1);
}

static void it_ends_after_14_days(void **state)
{
	struct world *w = *state;
	struct order_links *links = set_up(w);
	const char *token = token_of(w, links);

	test_now_s += 14 * DAY_S;
	assert_int_equal(reads(w, links, token), 0);
	test_now_s++;
	assert_int_equal(reads(w, links, token), -ETIME);
}

static void it_ends_when_the_order_is_another_s(void **state)
{
	struct world *w = *state;
	struct order_links *links = set_up(w);
	const char *token = token_of(w, links);

	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_report_assign(w->st, 1, "groen", NULL), 0);
	assert_int_equal(store_end(w->st), 0);
	assert_int_equal(reads(w, links, token), -EBADMSG);
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_sql(w->st, "UPDATE report SET contractor = ''"), 0);
	assert_int_equal(store_end(w->st), 0);
	assert_int_equal(reads(w, links, token), -EBADMSG);
}

/* Each character of it counts, and nothing may follow. */
static void no_other_token_is_read(void **state)
{
	static const char *const wrong[] = { "", ".", "..", "1.2.3", "4829153", "a.b.c", "../x" };
	struct world *w = *state;
	struct order_links *links = set_up(w);
	char *token = talloc_strdup(w, token_of(w, links));

	for (size_t i = 0; i < strlen(token); i++) {
		char was = token[i];

		token[i] = was == '1' ? '2' : '1';
		assert_int_equal(reads(w, links, token), -EBADMSG);
		token[i] = was;
	}
	assert_int_equal(reads(w, links, talloc_asprintf(w, "%sA", token)), -EBADMSG);
	assert_int_equal(reads(w, links, talloc_asprintf(w, "%s.", token)), -EBADMSG);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(reads(w, links, wrong[i]), -EBADMSG);
	assert_int_equal(reads(w, links, token), 0);
}

static void the_secret_is_kept_with_the_database(void **state)
{
	struct world *w = *state;
	struct order_links *links = set_up(w);
	const char *token = token_of(w, links);

	assert_int_equal(reads(w, order_links_alloc(w, w->st, URL), token), 0);
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_remember(w->st, "order link", "key", "00"), 0);
	assert_int_equal(store_end(w->st), 0);
	assert_null(order_links_alloc(w, w->st, URL)); /* cut off */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(a_link_leads_to_its_order),
		FLOW_TEST(it_ends_after_14_days),
		FLOW_TEST(it_ends_when_the_order_is_another_s),
		FLOW_TEST(no_other_token_is_read),
		FLOW_TEST(the_secret_is_kept_with_the_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
