// SPDX-License-Identifier: AGPL-3.0-or-later
/* Steps, groups, and what waits for the commit. */
#include <stdlib.h>
#include <unistd.h>

#include "store/store_test.h"

struct heard {
	char words[256];
	struct store *st;
};

static void note(void *data, uint64_t arg, bool ok)
{
	struct heard *h = data;
	size_t used = strlen(h->words);

	snprintf(h->words + used, sizeof(h->words) - used, "%d%s ", (int)arg, ok ? "" : "!");
}

static void note_and_commit_another(void *data, uint64_t arg, bool ok)
{
	struct heard *h = data;

	note(data, arg, ok);
	begin(h->st);
	store_after(h->st, note, h, arg + 100);
	end(h->st);
	assert_int_equal(store_commit(h->st), 0);
}

static void calls_wait_for_the_commit_in_order(void **state)
{
	struct store *st = *state;
	struct heard h = { .st = st };

	for (int i = 1; i <= 40; i++) {
		begin(st);
		store_after(st, note, &h, i);
		end(st);
	}
	assert_string_equal(h.words, "");
	assert_true(store_group_open(st));
	assert_int_equal(store_group_steps(st), 40);
	assert_int_equal(store_commit(st), 0);
	assert_memory_equal(h.words, "1 2 3 4 5 6 7 8 9 10 11 ", 24);
	assert_false(store_group_open(st));
	assert_int_equal(store_commit(st), 0);
}

static void call_without_a_group_is_made_at_once(void **state)
{
	struct heard h = {};

	store_after(*state, note, &h, 7);
	assert_string_equal(h.words, "7 ");
}

static void undone_step_is_forgotten_alone(void **state)
{
	struct store *st = *state;
	struct heard h = {};
	struct person p;

	begin(st);
	test_person(st, "+31600000001");
	store_after(st, note, &h, 1);
	end(st);
	begin(st);
	test_person(st, "+31600000002");
	store_after(st, note, &h, 2);
	store_undo(st);
	assert_string_equal(h.words, "2! ");
	begin(st);
	test_person(st, "+31600000003");
	store_after(st, note, &h, 3);
	end(st);
	assert_int_equal(store_commit(st), 0);
	assert_string_equal(h.words, "2! 1 3 ");
	assert_int_equal(store_person_find(st, "+31600000001", &p), 0);
	assert_int_equal(store_person_find(st, "+31600000002", &p), -ENOENT);
	assert_int_equal(store_person_find(st, "+31600000003", &p), 0);
}

static void call_may_commit_a_group_of_its_own(void **state)
{
	struct store *st = *state;
	struct heard h = { .st = st };

	begin(st);
	store_after(st, note_and_commit_another, &h, 1);
	store_after(st, note, &h, 2);
	end(st);
	assert_int_equal(store_commit(st), 0);
	assert_string_equal(h.words, "1 2 101 ");
	assert_false(store_group_open(st));
}

static void failed_write_leaves_the_step_usable(void **state)
{
	struct store *st = *state;
	struct heard h = {};
	int64_t id;

	begin(st);
	assert_int_equal(
		store_inbox_add(st, "k", "l", "+31600000001", "hi", T0, 0, "answered", &id), 0);
	assert_int_equal(
		store_inbox_add(st, "k", "l", "+31600000001", "hi", T0, 0, "answered", &id),
		-EEXIST);
	test_person(st, "+31600000001");
	store_after(st, note, &h, 1);
	end(st);
	assert_int_equal(store_commit(st), 0);
	assert_string_equal(h.words, "1 ");
	assert_int_equal(store_inbox_seen(st, "k"), 1);
	assert_int_equal(sql_number(st, "SELECT count(*) FROM inbox"), 1);
}

/* ---- a disk that is full */

struct disk {
	struct store *st;
	char folder[64], path[96];
};

static int disk_setup(void **state)
{
	struct disk *d = talloc_zero(NULL, struct disk);

	snprintf(d->folder, sizeof(d->folder), "/tmp/store_test_XXXXXX");
	assert_non_null(mkdtemp(d->folder));
	snprintf(d->path, sizeof(d->path), "%s/line.db", d->folder);
	d->st = store_test_open(d->path);
	*state = d;
	return 0;
}

static int disk_teardown(void **state)
{
	struct disk *d = *state;

	store_close(d->st);
	assert_int_equal(unlink(d->path), 0);
	assert_int_equal(rmdir(d->folder), 0);
	talloc_free(d);
	return 0;
}

static int write_much(struct store *st, int n)
{
	char text[4000], key[32];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 200; i++) {
		int rc;

		snprintf(key, sizeof(key), "%d-%d", n, i);
		rc = store_inbox_add(st, key, "l", "+31600000001", text, T0, 0, "answered", NULL);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void full_disk_undoes_and_says_so(void **state)
{
	struct disk *d = *state;
	struct store *st = d->st;
	struct heard h = { .st = st };
	char sql[64];

	begin(st);
	store_after(st, note, &h, 1);
	assert_int_equal(write_much(st, 1), 0);
	end(st);
	assert_int_equal(store_commit(st), 0);

	snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %d",
		 (int)sql_number(st, "PRAGMA page_count") + 20);
	assert_int_equal(store_sql(st, sql), 0);
	begin(st);
	store_after(st, note, &h, 2);
	assert_int_equal(
		store_inbox_add(st, "small", "l", "+31600000001", "x", T0, 0, "answered", NULL), 0);
	end(st);
	begin(st);
	store_after(st, note, &h, 3);
	assert_int_equal(write_much(st, 2), -EIO);
	store_undo(st);
	store_commit(st);
	assert_true(strstr(h.words, "3!") != NULL);

	/* What was told ok is there, what was told not ok is not. */
	assert_int_equal(store_inbox_seen(st, "small"), strstr(h.words, "2!") ? 0 : 1);
	assert_int_equal(sql_number(st, "SELECT count(*) FROM inbox WHERE key LIKE '1-%'"), 200);
	assert_int_equal(sql_number(st, "SELECT count(*) FROM inbox WHERE key LIKE '2-%'"), 0);

	assert_int_equal(store_sql(st, "PRAGMA max_page_count = 1000000"), 0);
	begin(st);
	assert_int_equal(write_much(st, 2), 0);
	end(st);
	assert_int_equal(store_commit(st), 0);
}

/* A commit that fails by a constraint that is looked at only then. */
static void failed_commit_tells_all_in_order(void **state)
{
	struct store *st = *state;
	struct heard h = { .st = st };

	begin(st);
	store_after(st, note, &h, 1);
	test_person(st, "+31600000001");
	end(st);
	begin(st);
	store_after(st, note, &h, 2);
	assert_int_equal(store_sql(st, "PRAGMA defer_foreign_keys = 1"), 0);
	assert_int_equal(store_follow(st, 4711, 4712, T0), 0);
	end(st);
	assert_int_equal(store_commit(st), -EIO);
	assert_string_equal(h.words, "1! 2! ");
	assert_false(store_group_open(st));
	assert_int_equal(sql_number(st, "SELECT count(*) FROM person"), 0);

	begin(st);
	store_after(st, note, &h, 3);
	test_person(st, "+31600000001");
	end(st);
	assert_int_equal(store_commit(st), 0);
	assert_string_equal(h.words, "1! 2! 3 ");
}

/* SQLite may roll all back by itself: the rest of the step must not be written on its own. */
static void lost_group_is_noticed_at_the_next_write(void **state)
{
	struct store *st = *state;
	struct heard h = { .st = st };
	struct person p;

	begin(st);
	store_after(st, note, &h, 1);
	end(st);
	begin(st);
	store_after(st, note, &h, 2);
	assert_int_equal(store_sql(st, "ROLLBACK"), 0);
	assert_int_equal(store_person_get(st, "+31600000001", T0, &p), -EIO);
	assert_int_equal(store_end(st), -EIO);
	assert_string_equal(h.words, "1! 2! ");
	assert_int_equal(sql_number(st, "SELECT count(*) FROM person"), 0);
	assert_false(store_group_open(st));
	begin(st);
	test_person(st, "+31600000001");
	end(st);
	assert_int_equal(store_commit(st), 0);
}

static void seeded_random_repeats(void **state)
{
	struct store *st = *state;
	uint64_t first;

	store_seed(st, 42);
	first = store_random(st);
	assert_true(store_random(st) != first);
	store_seed(st, 42);
	assert_true(store_random(st) == first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(calls_wait_for_the_commit_in_order),
		STORE_TEST(call_without_a_group_is_made_at_once),
		STORE_TEST(undone_step_is_forgotten_alone),
		STORE_TEST(call_may_commit_a_group_of_its_own),
		STORE_TEST(failed_write_leaves_the_step_usable),
		STORE_TEST(failed_commit_tells_all_in_order),
		STORE_TEST(lost_group_is_noticed_at_the_next_write),
		STORE_TEST(seeded_random_repeats),
		cmocka_unit_test_setup_teardown(full_disk_undoes_and_says_so, disk_setup,
						disk_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
