/* flow_test.h - what the tests of flow/ share: a clock that the test moves, a line of telephones that is
 * none, and a whole city in one database.
 *
 * The wall clock and libosmocore's timers stand still until tick().
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "flow/agenda.h"
#include "flow/callout.h"
#include "flow/forward.h"
#include "store/store_int.h"

#define T0     1764000000 /* Monday 24 November 2025, 16:00 UTC */
#define DAY_S  86400
#define ANN    "+31612345678"
#define BOB    "+31687654321"
#define OURS   "+31612340001"
#define GIVEN  64
#define SIMPLE "STATUS"

static int64_t test_now_s = T0;

int64_t clock_now_s(void)
{
	return test_now_s;
}

int64_t clock_now_ms(void)
{
	return test_now_s * 1000;
}

int64_t clock_ahead_s(void)
{
	return 0;
}

static const struct log_info_cat flow_test_cats[LOG_CATEGORIES] = {
	[DFLOW] = { .name = "DFLOW", .loglevel = LOGL_FATAL, .enabled = 1 },
	[DSTORE] = { .name = "DSTORE", .loglevel = LOGL_FATAL, .enabled = 1 },
	[DCONTR] = { .name = "DCONTR", .loglevel = LOGL_FATAL, .enabled = 1 },
	[DDESK] = { .name = "DDESK", .loglevel = LOGL_FATAL, .enabled = 1 },
	[DTALK] = { .name = "DTALK", .loglevel = LOGL_FATAL, .enabled = 1 },
};
static const struct log_info flow_test_log = { .cat = flow_test_cats, .num_cat = LOG_CATEGORIES };

/* ---- a line */

struct given {
	uint64_t id;
	char to[PHONE_SIZE];
	char text[640]; /* of the whole */
	unsigned int number, total;
	int validity_s;
	bool more;
};

struct fake_line {
	struct line ln;
	struct given *given; /* n of them; moves when it grows by so many */
	unsigned int n;
	int answer; /* of submit() */
	unsigned int settled, stored;
	uint64_t last_token;
	bool last_stored;
	const char *database; /* looked at from outside when a part is given */
	char seen[16];	      /* its state there */
};

static inline void look_from_outside(struct fake_line *fl, uint64_t id)
{
	sqlite3 *db;
	sqlite3_stmt *s;

	assert_int_equal(sqlite3_open_v2(fl->database, &db, SQLITE_OPEN_READONLY, NULL), 0);
	assert_int_equal(
		sqlite3_prepare_v2(db, "SELECT state FROM outbox_part WHERE id = ?", -1, &s, NULL),
		0);
	sqlite3_bind_int64(s, 1, (int64_t)id);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	osmo_strlcpy(fl->seen, (const char *)sqlite3_column_text(s, 0), sizeof(fl->seen));
	sqlite3_finalize(s);
	sqlite3_close(db);
}

static inline int fake_submit(struct line *ln, const struct line_part *part)
{
	struct fake_line *fl = container_of(ln, struct fake_line, ln);
	struct given *g;

	if (fl->answer)
		return fl->answer;
	if (fl->n % GIVEN == 0)
		fl->given = talloc_realloc(fl, fl->given, struct given, fl->n + GIVEN);
	assert_non_null(fl->given);
	g = &fl->given[fl->n];
	*g = (struct given){
		.id = part->id,
		.number = part->number,
		.total = part->total,
		.validity_s = part->validity_s,
		.more = part->more,
	};
	osmo_strlcpy(g->to, part->to, sizeof(g->to));
	osmo_strlcpy(g->text, part->text, sizeof(g->text));
	fl->n++;
	if (fl->database)
		look_from_outside(fl, part->id);
	return 0;
}

static inline void fake_settle(struct line *ln, uint64_t token, bool stored)
{
	struct fake_line *fl = container_of(ln, struct fake_line, ln);

	fl->settled++;
	fl->stored += stored;
	fl->last_token = token;
	fl->last_stored = stored;
}

static const struct line_ops fake_ops = { .kind = "modem",
					  .submit = fake_submit,
					  .settle = fake_settle };

/* ---- a city */

struct world {
	struct store *st;
	struct outbox *outbox;
	struct desk *desk;
	struct intake *intake;
	struct notify *notify;
	struct forwarder *forwarder;
	struct agenda *agenda;
	struct callouts *callouts; /* call_test.h; NULL: nobody is called */
	struct talk *talk;
	struct fake_line *line, *other;
	char folder[32], path[64];
	unsigned int keys;
};

static const struct outbox_cfg world_outbox = {
	.doubt_rule = OUTBOX_DOUBT_FAIL,
	.doubt_s = 1800,
	.validity_s = { 2 * DAY_S, DAY_S, DAY_S },
	.give_up_tries = 4,
	.reports = true,
	.shift_tables = true,
};

static const struct intake_cfg world_intake = {
	.hourly_ceiling = 10,
	.same_ceiling = 3,
	.part_wait_s = 3600,
	.parts_per_sender = 8,
	.code = "*140#",
};

static const char *const world_addresses[][8] = {
	{ "2511BT", "70", "", "Spui", "Den Haag", "Centrum", "52.0776", "4.3167" },
	{ "2562GZ", "40", "", "Weimarstraat", "Den Haag", "Segbroek", "52.0770", "4.2850" },
	{ "2564EL", "10", "", "Laan van Meerdervoort", "Den Haag", "Segbroek", "52.0680",
	  "4.2600" },
};

static inline void world_filed(int64_t report_id, void *data)
{
	struct world *w = data;

	forwarder_filed(report_id, w->forwarder);
}

static inline void world_told(int64_t report_id, int64_t event_id, void *data)
{
	struct world *w = data;

	forwarder_told(report_id, event_id, w->forwarder);
}

static inline const char *world_call_back(const struct dialogue_turn *turn, const char **shown,
					  void *data)
{
	struct world *w = data;

	return w->callouts ? callouts_back(w->callouts, turn, shown) : "none";
}

static inline struct fake_line *world_line(struct world *w, const char *name)
{
	struct fake_line *fl = talloc_zero(w, struct fake_line);

	fl->ln.name = name;
	fl->ln.ops = &fake_ops;
	fl->ln.state = LINE_UP;
	fl->ln.window = 1;
	fl->ln.number = OURS;
	return fl;
}

static inline void world_fill(struct world *w)
{
	struct store_import *im = store_import_begin(w, w->st, false);
	const char *why;

	for (size_t i = 0; i < ARRAY_SIZE(world_addresses); i++) {
		const char *const *a = world_addresses[i];

		assert_int_equal(store_import_address(im, a[0], a[1], a[2], a[3], a[4], a[5], a[6],
						      a[7], &why),
				 0);
	}
	assert_int_equal(store_import_end(im, true), 0);
}

/* What is wired when the program starts, on a database that may be there already. */
static inline struct world *world_start(const char *path, struct talk *talk)
{
	struct world *w = talloc_zero(NULL, struct world);
	struct desk_user user = {
		.filed = world_filed, .told = world_told, .call_back = world_call_back, .data = w
	};
	char *error = NULL;

	w->talk = talk;
	w->st = store_open(w, path, &error);
	if (!w->st)
		fail_msg("%s", error);
	store_seed(w->st, 42);
	w->outbox = outbox_alloc(w, w->st, &world_outbox);
	w->desk = desk_alloc(w, w->st, &user);
	w->intake = intake_alloc(w, w->st, w->outbox, w->desk, &w->talk, &world_intake);
	w->notify = notify_alloc(w, w->st, w->intake, &w->talk);
	w->forwarder = forwarder_alloc(w, w->st, w->notify, w->outbox, &w->talk);
	w->agenda = agenda_alloc(w, w->st);
	w->line = world_line(w, "modem 1");
	w->other = world_line(w, "modem 2");
	return w;
}

/* Menus and words are read once a program: they take longer than what is tried, and nothing changes them. */
static inline struct talk *world_talk(void)
{
	static const char *languages[] = { "nl", "en", NULL };
	static const struct talk *read;
	struct talk *talk;
	char *error;

	if (!read)
		read = talk_load(NULL, "menus", "prompts", NULL, &error);
	if (!read)
		fail_msg("%s", error);
	talk = talloc_memdup(NULL, read, sizeof(*read));
	talk->city = "Den Haag";
	talk->short_code = "14070";
	talk->country = "31";
	talk->zone = "Europe/Amsterdam";
	talk->languages = languages;
	return talk;
}

/* ---- the loop */

/* All that is ready, a commit, and what that sets going. */
static inline void run(struct world *w)
{
	for (int i = 0, quiet = 0; i < 5000 && quiet < 4; i++) {
		osmo_gettimeofday_override_add(0, 1000);
		quiet = osmo_select_main(1) > 0 || store_group_open(w->st) ? 0 : quiet + 1;
		store_commit(w->st);
	}
}

/* So long nothing comes from outside. */
static inline void tick(struct world *w, int64_t seconds)
{
	test_now_s += seconds;
	osmo_gettimeofday_override_add(seconds, 0);
	run(w);
}

static inline void world_due_outbox(void *data, int64_t now_s)
{
	outbox_due(data, now_s);
}

static inline void world_due_intake(void *data, int64_t now_s)
{
	intake_due(data, now_s);
}

static inline void world_due_notify(void *data, int64_t now_s)
{
	notify_due(data, now_s);
}

static inline void world_due_forward(void *data, int64_t now_s)
{
	forwarder_due(data, now_s);
}

/* A day passes an hour at a time, as the agenda sees it. */
static inline void pass(struct world *w, int64_t seconds)
{
	while (seconds > 0) {
		int64_t step_s = OSMO_MIN(seconds, 3600);

		test_now_s += step_s;
		osmo_gettimeofday_override_add(step_s, 0);
		agenda_now(w->agenda);
		run(w);
		seconds -= step_s;
	}
}

static inline int world_open(void **state, const char *path)
{
	struct world *w;

	if (!osmo_log_info) {
		osmo_init_logging2(NULL, &flow_test_log);
		log_set_log_level(osmo_stderr_target, LOGL_FATAL);
		osmo_gettimeofday_override = true;
	}
	test_now_s = T0;
	w = world_start(path, world_talk());
	outbox_line_add(w->outbox, &w->line->ln);
	agenda_add(w->agenda, world_due_outbox, w->outbox);
	agenda_add(w->agenda, world_due_intake, w->intake);
	agenda_add(w->agenda, world_due_notify, w->notify);
	agenda_add(w->agenda, world_due_forward, w->forwarder);
	world_fill(w);
	run(w);
	*state = w;
	return 0;
}

static inline int world_setup(void **state)
{
	return world_open(state, ":memory:");
}

/* For what must be seen from outside or outlast a process. */
static inline int world_setup_file(void **state)
{
	char folder[] = "/tmp/flow-test-XXXXXX", path[64];
	struct world *w;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/line.db", folder);
	world_open(state, path);
	w = *state;
	OSMO_STRLCPY_ARRAY(w->folder, folder);
	OSMO_STRLCPY_ARRAY(w->path, path);
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *w = *state;
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[80];

	forwarder_clear(w->forwarder);
	if (w->st->in_step) /* a test that failed */
		store_undo(w->st);
	store_close(w->st);
	w->st = NULL;
	for (size_t i = 0; w->folder[0] && i < ARRAY_SIZE(ends); i++) {
		snprintf(path, sizeof(path), "%s%s", w->path, ends[i]);
		unlink(path);
	}
	if (w->folder[0])
		rmdir(w->folder);
	talloc_free(w->talk);
	talloc_free(w);
	return 0;
}

#define FLOW_TEST(f)	  cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
#define FLOW_FILE_TEST(f) cmocka_unit_test_setup_teardown(f, world_setup_file, world_teardown)

/* ---- a disk that is full */

static inline int refuse_commit(void *data)
{
	return 1;
}

static inline void disk_full(struct world *w, bool full)
{
	sqlite3_commit_hook(w->st->db, full ? refuse_commit : NULL, NULL);
}

/* ---- saying and hearing */

static inline void queue(struct world *w, const char *to, enum outbox_lane lane, const char *text)
{
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(outbox_queue(w->outbox, to, lane, "", text, 0), 0);
	assert_int_equal(store_end(w->st), 0);
}

static inline struct given *last_given(struct world *w)
{
	assert_true(w->line->n > 0);
	return &w->line->given[w->line->n - 1];
}

static inline void outcome(struct world *w, uint64_t id, enum line_fate fate, int mr)
{
	struct line_outcome o = { .id = id, .fate = fate, .mr = mr, .counts = fate == LINE_RETRY };

	outbox_outcome(w->outbox, &w->line->ln, &o);
	run(w);
}

/* The network takes all that it is given until nothing more comes. */
static inline void take_all(struct world *w)
{
	static unsigned int taken, of_line;
	static const struct fake_line *line;

	if (line != w->line || of_line > w->line->n)
		taken = 0;
	line = w->line;
	run(w);
	while (outbox_in_flight(w->outbox) > 0 && taken < w->line->n) {
		outcome(w, w->line->given[taken].id, LINE_SENT, taken & 0xff);
		taken++;
	}
	of_line = w->line->n;
}

static inline void report_keyed(struct world *w, const char *key, int mr, const char *to,
				int status, int64_t sent_s)
{
	struct line_report r = { .token = ++w->keys,
				 .key = key,
				 .mr = mr,
				 .to = to,
				 .status = status,
				 .sent_s = sent_s };

	outbox_reported(w->outbox, &w->line->ln, &r);
	run(w);
}

static inline void report_came(struct world *w, int mr, const char *to, int status, int64_t sent_s)
{
	char key[32];

	snprintf(key, sizeof(key), "report %u", w->keys + 1);
	report_keyed(w, key, mr, to, status, sent_s);
}

static inline void heard_key(struct world *w, const char *from, const char *text, const char *key)
{
	struct line_heard h = { .token = ++w->keys,
				.from = from,
				.to = OURS,
				.key = key,
				.text = text,
				.part = 1,
				.parts = 1,
				.sent_s = test_now_s };

	intake_heard(w->intake, &w->line->ln, &h);
}

/* A resident texts; what it sets going is done. */
static inline void says(struct world *w, const char *from, const char *text)
{
	char key[32];

	snprintf(key, sizeof(key), "key %u", w->keys + 1);
	heard_key(w, from, text, key);
	run(w);
}

/* ---- looking in */

static inline int64_t sql_number(struct world *w, const char *sql)
{
	sqlite3_stmt *s;
	int64_t n;

	assert_int_equal(sqlite3_prepare_v2(w->st->db, sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* The first column of the first row; valid as long as the world. */
static inline const char *sql_text(struct world *w, const char *sql)
{
	sqlite3_stmt *s;
	const char *text;

	assert_int_equal(sqlite3_prepare_v2(w->st->db, sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	text = talloc_strdup(w, column_text(s, 0));
	sqlite3_finalize(s);
	return text;
}

static inline int64_t texts_to(struct world *w, const char *number)
{
	char sql[96];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM outbox WHERE number = '%s'", number);
	return sql_number(w, sql);
}

static inline const char *last_text_to(struct world *w, const char *number)
{
	char sql[112];

	snprintf(sql, sizeof(sql),
		 "SELECT text FROM outbox WHERE number = '%s' ORDER BY id DESC LIMIT 1", number);
	return sql_text(w, sql);
}
