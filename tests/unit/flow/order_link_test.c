// SPDX-License-Identifier: AGPL-3.0-or-later
/* Links to an order: whose they are, until when, and that none but ours is read. */
#include "flow/order_link.h"

#include <errno.h>

#include "flow/flow_test.h"

#define URL	 "https://meldlijn.example"
#define KEY_FILE talloc_asprintf(w, "/tmp/meldlijn-order-link-%d.key", getpid())

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
	struct order_links *links;

	unlink(KEY_FILE);
	links = order_links_alloc(w, w->st, URL, KEY_FILE);
	assert_non_null(links);
	forwarder_add(w->forwarder, contractor_alloc(w, http_pool_alloc(w, NULL), &peer_cfg));
	says(w, ANN, "MELD AFVAL SPUI 70 container vol");
	assert_int_equal(store_report_get(w, w->st, 1, &report), 0);
	assert_string_equal(report.contractor, "haeghe");
	return links;
}

/* As at the next start. */
static struct order_links *again(struct world *w)
{
	return order_links_alloc(w, w->st, URL, KEY_FILE);
}

static int links_teardown(void **state)
{
	struct world *w = *state;

	unlink(KEY_FILE);
	return world_teardown(state);
}

#define LINK_TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, links_teardown)

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

static void the_secret_is_kept_in_a_file_of_its_own(void **state)
{
	struct world *w = *state;
	struct order_links *links = set_up(w);
	const char *token = token_of(w, links);
	struct stat about;
	FILE *file;

	assert_int_equal(stat(KEY_FILE, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	assert_null(store_recall(w, w->st, "order link", "key"));
	assert_int_equal(reads(w, again(w), token), 0);
	file = fopen(KEY_FILE, "w"); /* cut off */
	fputs("00", file);
	fclose(file);
	assert_null(again(w));
	unlink(KEY_FILE); /* another key: the links of the first have ended */
	assert_int_equal(reads(w, again(w), token), -EBADMSG);
}

static char *key_in_file(struct world *w)
{
	FILE *file = fopen(KEY_FILE, "r");
	char text[128] = "";

	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	return talloc_strdup(w, text);
}

/* As earlier versions kept it. */
static void a_secret_of_the_database_moves_to_the_file(void **state)
{
	struct world *w = *state;
	struct order_links *links = set_up(w);
	const char *token = token_of(w, links);
	char *key = key_in_file(w);

	unlink(KEY_FILE);
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_remember(w->st, "order link", "key", key), 0);
	assert_int_equal(store_end(w->st), 0);
	assert_int_equal(reads(w, again(w), token), 0);
	assert_string_equal(key_in_file(w), key);
	assert_null(store_recall(w, w->st, "order link", "key"));
	assert_int_equal(reads(w, again(w), token), 0);
}

/* Nothing is lost if it cannot be written; /proc takes no files. */
static void a_file_that_cannot_be_written_leaves_it_where_it_is(void **state)
{
	struct world *w = *state;
	char *key;

	set_up(w);
	key = key_in_file(w);
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_remember(w->st, "order link", "key", key), 0);
	assert_int_equal(store_end(w->st), 0);
	assert_null(order_links_alloc(w, w->st, URL, "/proc/meldlijn.key"));
	assert_string_equal(store_recall(w, w->st, "order link", "key"), key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINK_TEST(a_link_leads_to_its_order),
		LINK_TEST(it_ends_after_14_days),
		LINK_TEST(it_ends_when_the_order_is_another_s),
		LINK_TEST(no_other_token_is_read),
		LINK_TEST(the_secret_is_kept_in_a_file_of_its_own),
		LINK_TEST(a_secret_of_the_database_moves_to_the_file),
		LINK_TEST(a_file_that_cannot_be_written_leaves_it_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
