// SPDX-License-Identifier: AGPL-3.0-or-later
/* Searches for reports, each against a plain look at all of them. */
#include "store/store_test.h"

#include "store/store_search.h"

#define REPORTS	 2500
#define WORDS_IN 5

/* As written, and as it is compared. */
static const struct {
	const char *written, *plain;
} known[] = {
	{ "lamp", "lamp" },
	{ "Lampen", "lampen" },
	{ "lantaarn", "lantaarn" },
	{ "LANTAARNPAAL", "lantaarnpaal" },
	{ "lantaarnlicht", "lantaarnlicht" },
	{ "café", "cafe" },
	{ "CAFÉS", "cafes" },
	{ "çöp", "cop" },
	{ "çöplük", "copluk" },
	{ "kapot", "kapot" },
	{ "kapotte", "kapotte" },
	{ "op", "op" },
	{ "opa", "opa" },
	{ "70", "70" },
	{ "7012", "7012" },
	{ "70123456", "70123456" },
	{ "vuil", "vuil" },
	{ "vuilnis", "vuilnis" },
	{ "vuilniszak", "vuilniszak" },
	{ "straat", "straat" },
	{ "zeldzaam", "zeldzaam" },
};
static const char *const parting[] = { " ", ", ", "-", "/", "\n", " (", ". ", "’" };
static const char *const categories[] = { "container-full", "container", "street_light", "a&b" };
static const char *const states[] = { "received", "planned", "solved", "closed", "rejected" };
static const char *const contractors[] = { "", "haeghe", "groen" };

struct filed {
	int64_t id, area_id;
	size_t words[WORDS_IN], n;
	const char *category, *state, *contractor;
};

struct city {
	struct store *st;
	uint32_t seed;
	struct filed all[REPORTS];
};

static uint32_t draw(struct city *c, uint32_t n)
{
	c->seed = c->seed * 1664525 + 1013904223;
	return (c->seed >> 8) % n;
}

static void draw_report(struct city *c, struct filed *f)
{
	f->n = 1 + draw(c, WORDS_IN);
	for (size_t i = 0; i < f->n;
	     i++) /* the last ones are rarer, the very last one most of all */
		f->words[i] = draw(c, 40) ? draw(c, 1 + draw(c, ARRAY_SIZE(known) - 1))
					  : draw(c, ARRAY_SIZE(known));
	f->category = categories[draw(c, ARRAY_SIZE(categories))];
	f->state = states[draw(c, ARRAY_SIZE(states))];
	f->contractor = contractors[draw(c, ARRAY_SIZE(contractors))];
	f->area_id = draw(c, 4);
}

static void bind_words(struct city *c, sqlite3_stmt *s, int at, const struct filed *f, size_t from,
		       size_t to)
{
	char *text = talloc_strdup(c, "");

	for (size_t i = from; i < to; i++)
		text = talloc_asprintf_append(text, "%s%s", known[f->words[i]].written,
					      parting[draw(c, ARRAY_SIZE(parting))]);
	sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
	talloc_free(text);
}

/* Filed, or written anew: the last word is the place. */
static void write_report(struct city *c, const struct filed *f, const char *sql)
{
	sqlite3_stmt *s;

	assert_int_equal(sqlite3_prepare_v2(c->st->db, sql, -1, &s, NULL), SQLITE_OK);
	sqlite3_bind_int64(s, 1, f->id);
	bind_words(c, s, 2, f, 0, f->n - 1);
	bind_words(c, s, 3, f, f->n - 1, f->n);
	sqlite3_bind_text(s, 4, f->category, -1, NULL);
	sqlite3_bind_text(s, 5, f->state, -1, NULL);
	sqlite3_bind_text(s, 6, f->contractor, -1, NULL);
	if (f->area_id)
		sqlite3_bind_int64(s, 7, f->area_id);
	assert_int_equal(sqlite3_step(s), SQLITE_DONE);
	sqlite3_finalize(s);
}

/* Ids with gaps, so that there are several windows of them. */
static int fill(void **state)
{
	struct city *c = talloc_zero(NULL, struct city);
	struct filed *f = c->all;
	int64_t id = 0;

	c->st = store_test_open(":memory:");
	c->seed = 7;
	begin(c->st);
	for (; f < c->all + REPORTS; f++) {
		id += 1 + draw(c, 200);
		f->id = id;
		draw_report(c, f);
		write_report(
			c, f,
			"INSERT INTO report (id, reference, description, place, category, state, "
			"contractor, area_id, state_at, created, promise, language, channel) "
			"VALUES (?1, 1000000 + ?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, 0, 'nl', 'sms')");
	}
	for (size_t i = 0; i < REPORTS; i += 5) {
		draw_report(c, &c->all[i]);
		write_report(c, &c->all[i],
			     "UPDATE report SET description = ?2, place = ?3, category = ?4, "
			     "state = ?5, contractor = ?6, area_id = ?7 WHERE id = ?1");
	}
	end(c->st);
	*state = c;
	return 0;
}

static int empty(void **state)
{
	struct city *c = *state;

	store_close(c->st);
	talloc_free(c);
	return 0;
}

/* ---- the plain look ---- */

static bool has_word(const struct filed *f, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < f->n; i++) {
		const char *is = known[f->words[i]].plain;

		if (len >= 4 ? !strncmp(is, word, len) : !strcmp(is, word))
			return true;
	}
	return false;
}

static bool is_wanted(const struct filed *f, const struct report_search *q,
		      const char *const *words)
{
	static const char *const ended[] = { "solved", "closed", "rejected" };
	bool open = true;

	for (size_t i = 0; i < ARRAY_SIZE(ended); i++)
		open &= strcmp(f->state, ended[i]) != 0;
	for (; *words; words++)
		if (!has_word(f, *words))
			return false;
	return (!q->state[0] || (strcmp(q->state, "open") ? !strcmp(q->state, f->state) : open)) &&
	       (!q->category[0] || !strcmp(q->category, f->category)) &&
	       (!q->contractor[0] || !strcmp(q->contractor, f->contractor)) &&
	       (!q->area_id || q->area_id == f->area_id);
}

struct got {
	int64_t ids[REPORTS];
	size_t n;
};

static bool keep(const struct report *r, void *data)
{
	struct got *got = data;

	assert_true(got->n < REPORTS);
	got->ids[got->n++] = r->id;
	return true;
}

static void search_all(struct store *st, struct report_search *q, size_t page, struct got *got)
{
	int64_t next = 0;

	got->n = 0;
	do {
		int rc = store_report_search(st, st, q, page, keep, got, &next);

		assert_in_range(rc, 0, page);
		assert_true(next == 0 || q->before_id == 0 || next < q->before_id);
		q->before_id = next;
	} while (next);
}

static void check(struct city *c, const struct report_search *asked, const char *const *words,
		  size_t page)
{
	struct report_search q = *asked;
	struct got *got = talloc(c, struct got);
	size_t n = 0;

	search_all(c->st, &q, page, got);
	for (size_t i = REPORTS; i-- > 0;) {
		if (!is_wanted(&c->all[i], asked, words))
			continue;
		if (n >= got->n || got->ids[n] != c->all[i].id)
			fail_msg(
				"'%s' state '%s' category '%s' contractor '%s' area %d: report %d, not %d",
				asked->words, asked->state, asked->category, asked->contractor,
				(int)asked->area_id, (int)c->all[i].id,
				n < got->n ? (int)got->ids[n] : 0);
		n++;
	}
	assert_int_equal(got->n, n);
	talloc_free(got);
}

static void any_search_finds_what_a_plain_look_finds(void **state)
{
	static const char *const asked[] = {
		"lamp",	    "LAMPE", "lanta",	 "lantaarn", "lantaarnp", "Lantáárnpaal", "cafe",
		"café",	    "cafés", "çöp",	 "cop",	     "coplü",	  "kapot",	  "op",
		"70",	    "701",   "7012",	 "7012345",  "vuil",	  "vuilni",	  "vuilnis",
		"vuilnisz", "zeld",  "zeldzaam", "nergens"
	};
	static const char *const plain[] = {
		"lamp",	    "lampe", "lanta",	 "lantaarn", "lantaarnp", "lantaarnpaal", "cafe",
		"cafe",	    "cafes", "cop",	 "cop",	     "coplu",	  "kapot",	  "op",
		"70",	    "701",   "7012",	 "7012345",  "vuil",	  "vuilni",	  "vuilnis",
		"vuilnisz", "zeld",  "zeldzaam", "nergens"
	};
	struct city *c = *state;

	for (int i = 0; i < 1000; i++) {
		const char *words[4] = { NULL };
		size_t n = draw(c, 4);
		struct report_search q = {
			.words = talloc_strdup(c, ""),
			.state = draw(c, 2)   ? ""
				 : draw(c, 2) ? "open"
					      : states[draw(c, ARRAY_SIZE(states))],
			.category = draw(c, 2) ? "" : categories[draw(c, ARRAY_SIZE(categories))],
			.contractor = draw(c, 3) ? ""
						 : contractors[draw(c, ARRAY_SIZE(contractors))],
			.area_id = draw(c, 2) ? 0 : draw(c, 4),
		};

		for (size_t k = 0; k < n; k++) {
			size_t which = draw(c, ARRAY_SIZE(asked));

			words[k] = plain[which];
			q.words = talloc_asprintf_append((char *)q.words, "%s%s", asked[which],
							 parting[draw(c, ARRAY_SIZE(parting))]);
		}
		check(c, &q, words, 1 + draw(c, 60));
	}
}

static void a_sign_is_no_word_and_no_operator(void **state)
{
	static const char *const asked[] = { "!!!", "\"",	    "*",	"-",
					     "( )", "\xee\x80\x80", "\xff\xfe", "😀" };
	static const char *const empty_too[] = { "", "  \t", NULL };
	struct city *c = *state;
	struct got *got = talloc(c, struct got);

	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		struct report_search q = { .words = asked[i] };

		search_all(c->st, &q, 50, got);
		assert_int_equal(got->n, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(empty_too); i++) {
		struct report_search q = { .words = empty_too[i] };

		search_all(c->st, &q, 50, got);
		assert_int_equal(got->n, REPORTS);
	}
	talloc_free(got);
}

static void operators_of_the_index_are_words(void **state)
{
	static const char *const asked[] = { "NOT lamp",	 "lamp NOT kapot",
					     "lamp OR kapot",	 "NEAR(lamp kapot)",
					     "description:lamp", "^lamp" };
	struct city *c = *state;
	struct got *got = talloc(c, struct got);

	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		struct report_search q = { .words = asked[i] };

		search_all(c->st, &q, 50, got);
		assert_true(i == ARRAY_SIZE(asked) - 1 ? got->n > 0 : got->n == 0);
	}
	talloc_free(got);
}

static void a_search_that_finds_little_says_where_it_stopped(void **state)
{
	struct store *st = *state;
	struct report_search q = { .category = "container-full", .contractor = "nobody" };
	struct got *got = talloc(st, struct got);
	int64_t next = 0;

	assert_int_equal(
		sqlite3_exec(st->db,
			     "WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i "
			     "WHERE n < 5600) INSERT INTO report (id, reference, category, "
			     "state_at, created, promise, language, channel) SELECT n, n, "
			     "'container-full', 0, 0, 0, 'nl', 'sms' FROM i",
			     NULL, NULL, NULL),
		SQLITE_OK);
	got->n = 0;
	assert_int_equal(store_report_search(st, st, &q, 50, keep, got, &next), 0);
	assert_in_range(next, 5600 - STORE_SEARCH_LOOK + 1, 5600 - 500 + 1);
	search_all(st, &q, 50, got);
	assert_int_equal(got->n, 0);
	talloc_free(got);
}

/* Each filing puts a few pages of the words' index together: neither none, nor hundreds at once by itself. */
static void filing_keeps_the_segments_few(void **state)
{
	struct store *st = *state;

	for (int i = 1; i <= 400; i++) {
		char sql[256];

		snprintf(
			sql, sizeof(sql),
			"INSERT INTO report (id, reference, description, place, category, state_at, "
			"created, promise, language, channel) VALUES (%d, %d, 'vol, al %d dagen', "
			"'Spui %d', 'container-full', 0, 0, 0, 'nl', 'sms')",
			i, 1000000 + i, i % 17, i % 29);
		begin(st);
		assert_int_equal(store_sql(st, sql), 0);
		end(st);
		assert_int_equal(store_commit(st), 0);
	}
	assert_in_range(sql_number(st, "SELECT count(DISTINCT segid) FROM report_words_idx"), 1, 8);
	assert_int_equal(sql_number(st, "SELECT v FROM report_words_config WHERE k = 'automerge'"),
			 0);
}

static void no_search_sorts(void **state)
{
	struct store *st = *state;

	for (int which = STMT_SEARCH_WORDS; which <= STMT_SEARCH_ALL; which++) {
		char *sql = talloc_asprintf(st, "EXPLAIN QUERY PLAN %s", store_statements[which]);
		sqlite3_stmt *s;

		assert_int_equal(sqlite3_prepare_v2(st->db, sql, -1, &s, NULL), SQLITE_OK);
		while (sqlite3_step(s) == SQLITE_ROW)
			if (strstr(column_text(s, 3), "TEMP B-TREE"))
				fail_msg("%s\n   in: %s", column_text(s, 3),
					 store_statements[which]);
		sqlite3_finalize(s);
		talloc_free(sql);
	}
}

int main(void)
{
	const struct CMUnitTest in_a_city[] = {
		cmocka_unit_test(any_search_finds_what_a_plain_look_finds),
		cmocka_unit_test(a_sign_is_no_word_and_no_operator),
		cmocka_unit_test(operators_of_the_index_are_words),
	};
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_search_that_finds_little_says_where_it_stopped),
		STORE_TEST(no_search_sorts),
		STORE_TEST(filing_keeps_the_segments_few),
	};

	return cmocka_run_group_tests(in_a_city, fill, empty) +
	       cmocka_run_group_tests(tests, NULL, NULL);
}
