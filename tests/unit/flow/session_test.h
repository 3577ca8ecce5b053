/* session_test.h - telephones on which people dial a code and answer pages, beside the city of flow_test.h.
 *
 * The line is none: it writes down what it is told to show, and can look at the database from outside at
 * that moment.
 */
#pragma once

#include "flow/flow_test.h"
#include "flow/session.h"
#include "wire/ussd_text.h"

#define CODE   "*140#"
#define SIM    "204080000000001"
#define SIM_2  "204080000000002"
#define CALLER "+31611111111"

struct fake_page {
	uint64_t session;
	char text[640]; /* "" refused */
	bool last, refused;
	enum line_refusal why;
	int64_t rows; /* committed then: what count_sql found */
};

struct phones {
	struct line ln;
	struct world *w;
	struct sessions *sessions;
	struct fake_page pages[256];
	unsigned int n;
	int answer; /* of reply() */
	const char *count_sql;
	void (*when_shown)(struct phones *ph); /* called once, inside reply() */
	uint64_t last_session;
};

static struct phones *phones; /* of the test that runs */

/* What another program would see in the file. */
static inline int64_t count_from_outside(struct world *w, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *s;
	int64_t n;

	assert_int_equal(sqlite3_open_v2(w->path, &db, SQLITE_OPEN_READONLY, NULL), 0);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), 0);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

static inline struct fake_page *new_page(struct line *ln, uint64_t session)
{
	struct phones *ph = container_of(ln, struct phones, ln);
	struct fake_page *page = &ph->pages[ph->n];

	assert_true(ph->n < ARRAY_SIZE(ph->pages));
	ph->n++;
	*page = (struct fake_page){ .session = session };
	if (ph->count_sql)
		page->rows = count_from_outside(ph->w, ph->count_sql);
	return page;
}

static inline int phones_reply(struct line *ln, uint64_t session, const char *text, bool last)
{
	struct phones *ph = container_of(ln, struct phones, ln);
	void (*when_shown)(struct phones * ph) = ph->when_shown;
	struct fake_page *page;

	if (ph->answer)
		return ph->answer;
	page = new_page(ln, session);
	assert_true(strlen(text) > 0);
	if (ussd_text_octets(text, strlen(text)) > ln->page_octets)
		fail_msg("more than a page: %s", text);
	osmo_strlcpy(page->text, text, sizeof(page->text));
	page->last = last;
	ph->when_shown = NULL;
	if (when_shown)
		when_shown(ph);
	return 0;
}

static inline void phones_refuse(struct line *ln, uint64_t session, enum line_refusal why)
{
	struct fake_page *page = new_page(ln, session);

	page->refused = true;
	page->why = why;
}

static const struct line_ops phones_ops = { .kind = "euse",
					    .reply = phones_reply,
					    .refuse = phones_refuse };
/* As the handset's: it has both. */
static const struct line_ops handset_like_ops = { .kind = "handset",
						  .submit = fake_submit,
						  .settle = fake_settle,
						  .reply = phones_reply,
						  .refuse = phones_refuse,
						  .resend_safe = true };

static inline struct phones *phones_start(struct world *w, const struct line_ops *ops)
{
	struct phones *ph = talloc_zero(w, struct phones);

	ph->w = w;
	ph->ln.name = ops->submit ? "handset" : "euse meldlijn";
	ph->ln.ops = ops;
	ph->ln.state = LINE_UP;
	ph->ln.code = CODE;
	ph->ln.page_octets = 112;
	ph->sessions = sessions_alloc(w, w->st, w->outbox, w->desk, &w->talk, &world_intake);
	phones = ph;
	return ph;
}

static inline int phones_setup(void **state)
{
	world_setup(state);
	phones_start(*state, &phones_ops);
	return 0;
}

static inline int phones_setup_file(void **state)
{
	world_setup_file(state);
	phones_start(*state, &phones_ops);
	return 0;
}

#define SESSION_TEST(f)	     cmocka_unit_test_setup_teardown(f, phones_setup, world_teardown)
#define SESSION_FILE_TEST(f) cmocka_unit_test_setup_teardown(f, phones_setup_file, world_teardown)

/* ---- what people do */

static inline void say(struct phones *ph, const struct line_said *said)
{
	sessions_said(ph->sessions, &ph->ln, said);
}

static inline uint64_t dial_as(struct phones *ph, const char *code, const char *number,
			       const char *imsi)
{
	struct line_said said = {
		.session = ++ph->last_session, .code = code, .number = number, .subscriber = imsi
	};

	say(ph, &said);
	run(ph->w);
	return said.session;
}

/* A phone whose number the network tells. */
static inline uint64_t dial(struct phones *ph, const char *number, const char *code)
{
	return dial_as(ph, code, number, NULL);
}

/* What stands on the screen now is answered. */
static inline void answer(struct phones *ph, uint64_t session, const char *text)
{
	struct line_said said = { .session = session, .text = text };

	say(ph, &said);
	run(ph->w);
}

static inline const struct fake_page *shown(const struct phones *ph)
{
	assert_true(ph->n > 0);
	return &ph->pages[ph->n - 1];
}

/* The words of the prompts for a key, to compare with. */
static inline const char *phrase_as(struct phones *ph, const char *variant, const char *key,
				    const char *number)
{
	const struct talk *talk = ph->w->talk;
	json_t *args = json_pack("{s:s, s:s, s:s, s:s}", "city", "Den Haag", "short_code", "14070",
				 "ussd", "*140", "number", number ? number : "");
	char *text = phrase_say(ph->w, talk->phrases, "nl", variant, key, args, talk->zone);

	json_decref(args);
	assert_int_not_equal(text[0], '['); /* there are such words */
	return text;
}

static inline const char *phrase(struct phones *ph, const char *key, const char *number)
{
	return phrase_as(ph, "ussd", key, number);
}

#define assert_shown(ph, key, number)                                          \
	do {                                                                   \
		assert_false(shown(ph)->refused);                              \
		assert_string_equal(shown(ph)->text, phrase(ph, key, number)); \
	} while (0)

static inline void assert_refused(const struct phones *ph, enum line_refusal why)
{
	assert_true(shown(ph)->refused);
	assert_int_equal(shown(ph)->why, why);
}

static inline struct session_figures figures(const struct phones *ph)
{
	struct session_figures f;

	sessions_figures(ph->sessions, &f);
	return f;
}
