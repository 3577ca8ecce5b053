// SPDX-License-Identifier: AGPL-3.0-or-later
/* Texts that come in: settled when they are safe, once; parts; robots; what time brings. */
#include "flow/flow_test.h"

#define LONG                                                                                      \
	"MELD de container op het plein naast de school zit al een hele week vol en er staan nu " \
	"ook zakken naast, de meeuwen trekken ze open en het ligt over de hele stoep, kan er "    \
	"iemand komen kijken en het opruimen want het stinkt ook"

struct parts {
	struct sms_piece piece[4];
	unsigned int n;
};

static void cut(struct parts *p, const char *text)
{
	struct sms_plan plan;

	assert_int_equal(sms_text_plan(&plan, text, 0), 0);
	p->n = plan.parts;
	assert_true(p->n > 1);
	assert_int_equal(sms_text_split(p->piece, 4, text, &plan), p->n);
}

static void part_keyed(struct world *w, const struct parts *p, uint16_t ref, unsigned int part,
		       const char *key)
{
	struct line_heard h = { .token = ++w->keys,
				.from = ANN,
				.to = OURS,
				.key = key,
				.piece = &p->piece[part - 1],
				.ref = ref,
				.ref_bits = 8,
				.part = part,
				.parts = p->n,
				.sent_s = test_now_s };

	intake_heard(w->intake, &w->line->ln, &h);
	run(w);
}

static void part_comes(struct world *w, const struct parts *p, uint16_t ref, unsigned int part)
{
	char key[32];

	snprintf(key, sizeof(key), "part %u", w->keys + 1);
	part_keyed(w, p, ref, part, key);
}

static int64_t turns(struct world *w)
{
	return sql_number(w, "SELECT count(*) FROM inbox WHERE verdict = 'answered'");
}

/* ---- settled when safe, once */

static void text_is_settled_only_after_its_commit(void **state)
{
	struct world *w = *state;

	heard_key(w, ANN, SIMPLE, "k");
	assert_int_equal(w->line->settled, 0);
	store_commit(w->st);
	assert_int_equal(w->line->settled, 1);
	assert_true(w->line->last_stored);
	run(w);
	assert_int_equal(texts_to(w, ANN), 1);
	assert_int_equal(w->line->n, 1);
}

static void text_that_cannot_be_stored_is_not_acknowledged(void **state)
{
	struct world *w = *state;

	disk_full(w, true);
	says(w, ANN, SIMPLE);
	assert_int_equal(w->line->settled, 1);
	assert_false(w->line->last_stored);
	assert_int_equal(w->line->n, 0);
	assert_int_equal(texts_to(w, ANN), 0);
	disk_full(w, false);
	heard_key(w, ANN, SIMPLE, "key 1");
	run(w);
	assert_true(w->line->last_stored);
	assert_int_equal(texts_to(w, ANN), 1);
}

static void text_offered_again_is_settled_without_a_turn(void **state)
{
	struct world *w = *state;

	heard_key(w, ANN, SIMPLE, "same");
	run(w);
	heard_key(w, ANN, SIMPLE, "same");
	run(w);
	assert_int_equal(w->line->settled, 2);
	assert_int_equal(w->line->stored, 2);
	assert_int_equal(turns(w), 1);
	assert_int_equal(texts_to(w, ANN), 1);
}

static void texts_in_one_commit_are_settled_in_their_order(void **state)
{
	struct world *w = *state;

	uint64_t commits = store_work_done(w->st)->commits;

	heard_key(w, ANN, SIMPLE, "a");
	heard_key(w, BOB, SIMPLE, "b");
	heard_key(w, ANN, SIMPLE, "b");
	assert_int_equal(w->line->stored, 0);
	store_commit(w->st);
	assert_int_equal(w->line->stored, 3);
	assert_int_equal(w->line->last_token, 3);
	assert_int_equal(store_work_done(w->st)->commits, commits + 1);
	assert_int_equal(turns(w), 2);
}

static void what_cannot_be_read_is_kept_as_it_came(void **state)
{
	struct world *w = *state;
	struct line_heard h = {
		.token = 5, .key = "raw", .raw = "07911326", .part = 1, .parts = 1
	};

	intake_heard(w->intake, &w->line->ln, &h);
	run(w);
	assert_true(w->line->last_stored);
	assert_string_equal(sql_text(w, "SELECT verdict || ' ' || text FROM inbox"),
			    "quarantine 07911326");
	assert_int_equal(w->line->n, 0);
}

/* ---- long texts */

static void parts_in_any_order_are_one_text(void **state)
{
	struct world *w = *state;
	struct parts p;

	cut(&p, LONG);
	part_comes(w, &p, 7, 2);
	assert_int_equal(turns(w), 0);
	assert_int_equal(w->line->stored, 1);
	part_comes(w, &p, 7, 1);
	assert_int_equal(turns(w), 1);
	assert_string_equal(sql_text(w, "SELECT text FROM inbox WHERE verdict = 'answered'"), LONG);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM inbox_part"), 0);
}

static void part_that_comes_twice_counts_once(void **state)
{
	struct world *w = *state;
	struct parts p;

	cut(&p, LONG);
	part_comes(w, &p, 7, 1);
	part_comes(w, &p, 7, 1);
	assert_int_equal(turns(w), 0);
	assert_int_equal(w->line->stored, 2);
	part_keyed(w, &p, 7, 2, "second");
	part_keyed(w, &p, 7, 2, "second");
	assert_int_equal(turns(w), 1);
	assert_int_equal(w->line->stored, 4);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM inbox_part"), 0);
}

static void set_that_stays_incomplete_is_read_with_a_gap(void **state)
{
	struct world *w = *state;
	struct parts p;

	cut(&p, LONG);
	part_comes(w, &p, 7, 1);
	tick(w, world_intake.part_wait_s - 1);
	intake_due(w->intake, test_now_s);
	run(w);
	assert_int_equal(turns(w), 0);
	tick(w, 1);
	intake_due(w->intake, test_now_s);
	run(w);
	assert_int_equal(turns(w), 1);
	assert_non_null(
		strstr(sql_text(w, "SELECT text FROM inbox WHERE verdict = 'answered'"), "[...]"));
	assert_true(texts_to(w, ANN) > 0);
}

static void reference_used_again_reads_the_old_set_and_keeps_the_new(void **state)
{
	struct world *w = *state;
	struct parts p, q;

	cut(&p, LONG);
	cut(&q, "STATUS " LONG);
	part_comes(w, &p, 7, 1);
	part_comes(w, &q, 7, 1);
	assert_int_equal(turns(w), 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM inbox_part"), 1);
	part_comes(w, &q, 7, 2);
	assert_int_equal(turns(w), 2);
}

static void flood_of_parts_is_capped_and_still_acknowledged(void **state)
{
	struct world *w = *state;
	struct parts p;

	cut(&p, LONG);
	for (uint16_t ref = 0; ref < 50; ref++)
		part_comes(w, &p, ref, 1);
	assert_int_equal(w->line->stored, 50);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM inbox_part"),
			 world_intake.parts_per_sender);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM inbox WHERE verdict = 'dropped'"),
			 50 - world_intake.parts_per_sender);
}

/* ---- robots and strangers */

static void same_text_over_and_over_blocks_until_the_operator_releases(void **state)
{
	struct world *w = *state;
	int64_t answered;

	for (int i = 0; i < world_intake.same_ceiling; i++)
		says(w, ANN, "Uw bericht is ontvangen");
	answered = texts_to(w, ANN);
	for (int i = 0; i < 5; i++)
		says(w, ANN, i % 2 ? "uw bericht is ONTVANGEN" : "Uw bericht is ontvangen");
	says(w, ANN, SIMPLE);
	assert_int_equal(texts_to(w, ANN), answered);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM inbox WHERE verdict = 'blocked'"), 6);
	assert_int_equal(w->line->stored, w->line->settled);

	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_person_block(w->st, 1, NULL, test_now_s), 0);
	assert_int_equal(store_end(w->st), 0);
	says(w, ANN, SIMPLE);
	assert_int_equal(texts_to(w, ANN), answered + 1);
}

static void short_answers_are_no_echo(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < world_intake.same_ceiling + 3; i++)
		says(w, ANN, "1");
	assert_int_equal(turns(w), world_intake.same_ceiling + 3);
}

static void hourly_ceiling_is_said_once_and_ends_with_the_hour(void **state)
{
	struct world *w = *state;
	char text[32];

	for (int i = 1; i <= 20; i++) {
		int64_t before = texts_to(w, ANN);

		snprintf(text, sizeof(text), "STATUS %d", i);
		says(w, ANN, text);
		if (i <= world_intake.hourly_ceiling)
			assert_true(texts_to(w, ANN) > before);
		else
			assert_int_equal(texts_to(w, ANN), before);
	}
	assert_int_equal(sql_number(w, "SELECT count(*) FROM inbox WHERE verdict = 'ceiling'"), 1);
	assert_int_equal(turns(w), world_intake.hourly_ceiling - 1);
	says(w, BOB, SIMPLE);
	assert_int_equal(texts_to(w, BOB), 1);
	tick(w, 3600);
	says(w, ANN, SIMPLE);
	assert_int_equal(turns(w), world_intake.hourly_ceiling + 1);
}

static void who_cannot_be_answered_is_not(void **state)
{
	static const char *const senders[] = { "KPN", "Belastingdienst", OURS, "14070" };
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(senders); i++)
		says(w, senders[i], "MELD AFVAL SPUI 70 container vol");
	assert_int_equal(w->line->stored, ARRAY_SIZE(senders));
	assert_int_equal(sql_number(w, "SELECT count(*) FROM inbox WHERE verdict = 'silent'"),
			 ARRAY_SIZE(senders));
	assert_int_equal(sql_number(w, "SELECT count(*) FROM outbox"), 0);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM report"), 0);
}

/* ---- one step */

static void report_and_its_receipt_are_one_commit(void **state)
{
	struct world *w = *state;

	disk_full(w, true);
	says(w, ANN, "MELD AFVAL SPUI 70 container vol");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM report"), 0);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM person"), 0);
	disk_full(w, false);
	says(w, ANN, "MELD AFVAL SPUI 70 container vol");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM report"), 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM outbox WHERE lane = 0"), 1);
	assert_non_null(strstr(last_text_to(w, ANN), "Spui 70, Centrum"));
}

static void answer_leaves_by_the_line_that_heard(void **state)
{
	struct world *w = *state;

	outbox_line_add(w->outbox, &w->other->ln);
	says(w, ANN, SIMPLE);
	assert_int_equal(w->line->n, 1);
	assert_int_equal(w->other->n, 0);
}

static void unfinished_dialogue_is_reminded_of_once_and_then_expires(void **state)
{
	struct world *w = *state;
	int64_t asked;

	says(w, ANN, "MELD");
	asked = texts_to(w, ANN);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM dialogue"), 1);
	pass(w, 2 * DAY_S);
	assert_int_equal(texts_to(w, ANN), asked + 2);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM outbox WHERE lane = 1"), 2);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM dialogue WHERE due IS NOT NULL"), 0);
	pass(w, 2 * DAY_S);
	assert_int_equal(texts_to(w, ANN), asked + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(text_is_settled_only_after_its_commit),
		FLOW_TEST(text_that_cannot_be_stored_is_not_acknowledged),
		FLOW_TEST(text_offered_again_is_settled_without_a_turn),
		FLOW_TEST(texts_in_one_commit_are_settled_in_their_order),
		FLOW_TEST(what_cannot_be_read_is_kept_as_it_came),
		FLOW_TEST(parts_in_any_order_are_one_text),
		FLOW_TEST(part_that_comes_twice_counts_once),
		FLOW_TEST(set_that_stays_incomplete_is_read_with_a_gap),
		FLOW_TEST(reference_used_again_reads_the_old_set_and_keeps_the_new),
		FLOW_TEST(flood_of_parts_is_capped_and_still_acknowledged),
		FLOW_TEST(same_text_over_and_over_blocks_until_the_operator_releases),
		FLOW_TEST(short_answers_are_no_echo),
		FLOW_TEST(hourly_ceiling_is_said_once_and_ends_with_the_hour),
		FLOW_TEST(who_cannot_be_answered_is_not),
		FLOW_TEST(report_and_its_receipt_are_one_commit),
		FLOW_TEST(answer_leaves_by_the_line_that_heard),
		FLOW_TEST(unfinished_dialogue_is_reminded_of_once_and_then_expires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
