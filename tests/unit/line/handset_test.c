// SPDX-License-Identifier: AGPL-3.0-or-later
/* The simulated phone: settled after the commit, outcomes never from inside submit. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/select.h>
#include <talloc.h>

#include "clock.h"
#include "line/handset.h"

int64_t clock_now_s(void)
{
	return 1795507200;
}

struct fixture {
	struct handset *hs;
	struct line *ln;
	unsigned int heard, outcomes, reports, changed, done;
	uint64_t token, sent_id, report_id;
	char from[48], text[160], key[64];
	enum line_fate fate;
	bool ok;
};

static void heard(struct line *ln, const struct line_heard *h, void *data)
{
	struct fixture *f = data;

	f->heard++;
	f->token = h->token;
	snprintf(f->from, sizeof(f->from), "%s", h->from);
	snprintf(f->text, sizeof(f->text), "%s", h->text);
	snprintf(f->key, sizeof(f->key), "%s", h->key);
	assert_null(h->piece);
	assert_int_equal(h->parts, 1);
}

static void outcome(struct line *ln, const struct line_outcome *o, void *data)
{
	struct fixture *f = data;

	f->outcomes++;
	f->sent_id = o->id;
	f->fate = o->fate;
}

static void reported(struct line *ln, const struct line_report *r, void *data)
{
	struct fixture *f = data;

	f->reports++;
	f->report_id = r->id;
	assert_int_equal(r->status, 0);
	assert_int_equal(r->mr, -1);
	ln->ops->settle(ln, r->token, true);
}

static void changed(struct line *ln, void *data)
{
	struct fixture *f = data;

	f->changed++;
}

static void text_done(bool ok, void *data)
{
	struct fixture *f = data;

	f->done++;
	f->ok = ok;
}

static int start(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	f->hs = handset_alloc(f, "14070", "*140#");
	f->ln = handset_line(f->hs);
	f->ln->user = (struct line_user){ .heard = heard,
					  .outcome = outcome,
					  .reported = reported,
					  .changed = changed,
					  .data = f };
	f->ln->ops->start(f->ln);
	*state = f;
	return 0;
}

static int stop(void **state)
{
	talloc_free(*state);
	return 0;
}

static void a_text_is_done_when_it_is_settled(void **state)
{
	struct fixture *f = *state;
	char key[64];

	assert_int_equal(handset_text(f->hs, "+31612345678", "14070", "hallo", text_done, f), 0);
	assert_int_equal(f->heard, 1);
	assert_string_equal(f->from, "+31612345678");
	assert_string_equal(f->text, "hallo");
	assert_int_equal(f->done, 0);
	f->ln->ops->settle(f->ln, f->token, true);
	assert_int_equal(f->done, 1);
	assert_true(f->ok);
	f->ln->ops->settle(f->ln, f->token, true); /* once */
	assert_int_equal(f->done, 1);

	memcpy(key, f->key, sizeof(key));
	assert_int_equal(handset_text(f->hs, "+31612345678", "14070", "hallo", text_done, f), 0);
	assert_string_not_equal(f->key, key); /* the same words are another text */
	f->ln->ops->settle(f->ln, f->token, false);
	assert_int_equal(f->done, 2);
	assert_false(f->ok);
}

static void keys_of_another_start_are_others(void **state)
{
	struct fixture *f = *state, *g;
	void *other = NULL;

	start(&other);
	g = other;
	assert_int_equal(handset_text(f->hs, "1", "14070", "a", text_done, f), 0);
	assert_int_equal(handset_text(g->hs, "1", "14070", "a", text_done, g), 0);
	assert_string_not_equal(f->key, g->key);
	stop(&other);
}

static void what_is_submitted_is_sent_and_delivered_from_the_loop(void **state)
{
	struct fixture *f = *state;
	struct line_part part = { .id = 7, .to = "+31612345678", .text = "x", .want_report = true };

	assert_int_equal(f->ln->ops->submit(f->ln, &part), 0);
	assert_int_equal(f->outcomes, 0);
	osmo_select_main(1);
	osmo_select_main(1);
	assert_int_equal(f->outcomes, 1);
	assert_int_equal(f->fate, LINE_SENT);
	assert_int_equal(f->sent_id, 7);
	assert_int_equal(f->reports, 1);
	assert_int_equal(f->report_id, 7);
	assert_int_equal(f->changed, 2); /* up, and room again */
}

static void a_name_cannot_be_texted(void **state)
{
	struct fixture *f = *state;
	struct line_part part = { .id = 7, .to = "KPN", .text = "x" };

	assert_int_equal(f->ln->ops->submit(f->ln, &part), -EINVAL);
}

static void shut_down_it_takes_nothing_and_ends_what_it_took(void **state)
{
	struct fixture *f = *state;
	struct line_part part = { .id = 7, .to = "+31612345678", .text = "x" };

	assert_int_equal(f->ln->ops->submit(f->ln, &part), 0);
	f->ln->ops->stop(f->ln);
	assert_int_equal(f->ln->state, LINE_SHUTDOWN);
	assert_int_equal(f->outcomes, 1);
	assert_int_equal(f->ln->ops->submit(f->ln, &part), -EAGAIN);
	assert_int_equal(handset_text(f->hs, "1", "2", "x", text_done, f), -EAGAIN);
	osmo_select_main(1);
	assert_int_equal(f->outcomes, 1);
}

static void too_many_unsettled_texts_are_put_off(void **state)
{
	struct fixture *f = *state;
	int i, rc = 0;

	for (i = 0; rc == 0 && i < 100000; i++)
		rc = handset_text(f->hs, "1", "14070", "a", text_done, f);
	assert_int_equal(rc, -EAGAIN);
	assert_int_equal(f->heard, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_text_is_done_when_it_is_settled, start, stop),
		cmocka_unit_test_setup_teardown(keys_of_another_start_are_others, start, stop),
		cmocka_unit_test_setup_teardown(
			what_is_submitted_is_sent_and_delivered_from_the_loop, start, stop),
		cmocka_unit_test_setup_teardown(a_name_cannot_be_texted, start, stop),
		cmocka_unit_test_setup_teardown(shut_down_it_takes_nothing_and_ends_what_it_took,
						start, stop),
		cmocka_unit_test_setup_teardown(too_many_unsettled_texts_are_put_off, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
