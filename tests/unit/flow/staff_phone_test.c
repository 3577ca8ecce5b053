// SPDX-License-Identifier: AGPL-3.0-or-later
/* Phones of staff and of contractors: what they may say, the code once a shift, a fresh one for a notice. */
#include "flow/staff_phone_test.h"
#include "store/store_agenda.h"

static int setup(void **state)
{
	world_setup(state);
	wire(*state);
	staff(*state, "karel", STAFF_CARETAKER, CARETAKER);
	staff(*state, "anna", STAFF_EDITOR, EDITOR);
	return 0;
}

#define PHONE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)

static void shift(struct world *w)
{
	says(w, CARETAKER, "BIJ 2511BT 70");
	says(w, CARETAKER, code());
	tick(w, 60);
}

/* ---- the code of a shift */

static void first_word_asks_for_a_code_and_is_done_with_it(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);

	says(w, CARETAKER, with(w, reference, "KLAAR"));
	assert_string_not_equal(state_of(w), "solved");
	assert_non_null(strstr(last_text_to(w, CARETAKER), "code"));
	says(w, CARETAKER, code());
	assert_string_equal(state_of(w), "solved");
	assert_string_equal(sql_text(w, "SELECT who FROM report_event ORDER BY id DESC LIMIT 1"),
			    "staff karel");
	assert_non_null(strstr(last_text_to(w, CARETAKER), "klaar"));
}

static void forged_number_changes_nothing(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w), *before = state_of(w);
	int64_t events = sql_number(w, "SELECT count(*) FROM report_event");

	says(w, CARETAKER, with(w, reference, "KLAAR"));
	says(w, CARETAKER, "000000");
	says(w, CARETAKER, with(w, reference, "NAAR lampen"));
	says(w, CARETAKER, "000001");
	says(w, EDITOR, "BERICHT SPUI Vandaag geen water");
	says(w, EDITOR, "000000");
	assert_string_equal(state_of(w), before);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM report_event"), events);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM notice"), 0);
	assert_string_equal(sql_text(w, "SELECT contractor FROM report"), "haeghe");
}

static void code_holds_for_a_shift_and_no_longer(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);

	shift(w);
	says(w, CARETAKER, with(w, reference, "BEZIG"));
	assert_string_equal(state_of(w), "in_progress");
	tick(w, 10 * 3600);
	says(w, CARETAKER, with(w, reference, "KLAAR"));
	assert_string_equal(state_of(w), "in_progress");
}

static void code_is_taken_once(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w), *used;

	used = talloc_strdup(w, code());
	shift(w);
	tick(w, 10 * 3600 - 60);
	test_now_s -= 10 * 3600; /* a clock that goes back makes no code new */
	assert_int_equal(store_begin(w->st), 0);
	{
		struct staff s;

		assert_int_equal(store_staff_find(w->st, "karel", &s), 0);
		s.shift_until_s = 0;
		assert_int_equal(store_staff_put(w->st, &s), 0);
	}
	assert_int_equal(store_end(w->st), 0);
	says(w, CARETAKER, with(w, reference, "KLAAR"));
	says(w, CARETAKER, used);
	assert_string_not_equal(state_of(w), "solved");
}

static void five_wrong_codes_lock(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);
	char text[24];

	says(w, CARETAKER, with(w, reference, "KLAAR"));
	for (int i = 0; i < 5; i++) {
		snprintf(text, sizeof(text), "00000%d", i);
		says(w, CARETAKER, text);
	}
	tick(w, 60);
	says(w, CARETAKER, code());
	assert_string_not_equal(state_of(w), "solved");
	tick(w, 3600);
	says(w, CARETAKER, with(w, reference, "KLAAR"));
	says(w, CARETAKER, code());
	assert_string_equal(state_of(w), "solved");
}

static void residents_words_are_a_residents(void **state)
{
	struct world *w = *state;

	says(w, CARETAKER, "MELD AFVAL SPUI 70 container vol");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM report"), 1);
	says(w, ANN, "BERICHT SPUI geen water");
	says(w, ANN, with(w, sql_text(w, "SELECT reference FROM report"), "KLAAR"));
	assert_string_not_equal(state_of(w), "solved");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM notice"), 0);
}

/* ---- in the street */

static void near_shows_who_comes(void **state)
{
	struct world *w = *state;
	const char *text;

	a_report(w);
	tick(w, 3 * DAY_S);
	shift(w);
	text = last_text_to(w, CARETAKER);
	assert_non_null(strstr(text, "haeghe"));
	assert_non_null(strstr(text, "Spui 70"));
	assert_non_null(strstr(text, "3 dagen"));
}

/* What a row of the city's agenda says; on Spui, as Ann's report. */
struct planned {
	const char *code, *kind, *titles, *by, *starts, *ends;
};

static void agenda_has(struct world *w, const struct planned *rows, size_t n)
{
	struct agenda_import *im = store_agenda_begin(w, w->st, "Europe/Amsterdam", test_now_s);
	const char *why;
	int64_t ended;

	for (size_t i = 0; i < n; i++) {
		const struct agenda_row row = { .code = rows[i].code,
						.kind = rows[i].kind,
						.titles = rows[i].titles,
						.street = "Spui",
						.town = "",
						.house = "",
						.house_to = "",
						.postcode = "",
						.lat = "",
						.lon = "",
						.radius = "",
						.place = "",
						.by = rows[i].by,
						.starts = rows[i].starts,
						.ends = rows[i].ends };

		assert_int_equal(store_agenda_put(im, &row, &why), 0);
	}
	assert_int_equal(store_agenda_end(im, true, &ended), 0);
}

/* Now is Monday 24 November 2025, 17:00 on the clock there. */
static const struct planned works[] = {
	{ "M", "event", "{\"\":\"Markt\",\"en\":\"Market\"}", "Stichting Spui", "2025-11-29 10:00",
	  "2025-11-29 17:00" },
	{ "R", "works", "{\"\":\"Riolering\"}", "Van Dijk BV", "2025-11-20", "2025-12-04 16:00" },
	{ "K", "event", "{\"\":\"Kermis\"}", "", "2025-11-24", "2025-11-26" },
	{ "Later", "event", "{\"\":\"Later\"}", "", "2025-12-20", "2025-12-21" },
	{ "Over", "event", "{\"\":\"Over\"}", "", "2025-11-01", "2025-11-02" },
};

static void near_tells_what_is_closed_then_reports_then_what_is_on(void **state)
{
	struct world *w = *state;
	const char *text, *line[4];
	char *rows;

	a_report(w);
	agenda_has(w, works, ARRAY_SIZE(works));
	shift(w);
	text = last_text_to(w, CARETAKER);
	rows = talloc_strdup(w, text);
	for (size_t i = 0; i < ARRAY_SIZE(line); i++) {
		line[i] = strtok_r(i ? NULL : rows, "\n", &rows);
		assert_non_null(line[i]);
	}
	assert_string_equal(line[0],
			    "Werk/dicht: Riolering, Spui: tot do 4 dec 16:00, Van Dijk BV");
	assert_non_null(strstr(line[1], "Container is vol, Spui 70: vandaag, haeghe"));
	assert_string_equal(line[2], "Kermis, Spui: t/m wo 26 nov");
	assert_string_equal(line[3], "Markt, Spui: za 29 nov 10:00 tot 17:00, Stichting Spui");
	assert_null(strtok_r(NULL, "\n", &rows));
}

static void near_is_two_texts_and_says_what_is_left_out(void **state)
{
	struct world *w = *state;
	struct planned many[8];

	for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
		many[i] = works[1];
		many[i].code = talloc_asprintf(w, "R%zu", i);
	}
	a_report(w);
	agenda_has(w, many, ARRAY_SIZE(many));
	shift(w);
	assert_int_equal(sql_number(w, "SELECT max(total) FROM outbox_part JOIN outbox o ON "
				       "o.id = outbox_id WHERE o.number = '" CARETAKER "'"),
			 2);
	/* two of what is closed, the report, one more; five are left */
	assert_non_null(strstr(last_text_to(w, CARETAKER), "Container is vol"));
	assert_non_null(strstr(last_text_to(w, CARETAKER), "\n+5"));
}

/* Letters that take twice the room: the report is told all the same. */
static void near_in_wide_letters(void **state)
{
	static const struct planned wide = { "R",
					     "works",
					     "{\"\":\"\u0420\u0435\u043c\u043e\u043d\u0442 "
					     "\u0443\u043b\u0438\u0446\u044b \u0438 "
					     "\u0442\u0440\u043e\u0442\u0443\u0430\u0440\u0430\"}",
					     "Van Dijk BV",
					     "2025-11-20",
					     "2025-12-04 16:00" };
	struct world *w = *state;

	a_report(w);
	agenda_has(w, &wide, 1);
	shift(w);
	assert_non_null(strstr(last_text_to(w, CARETAKER), "\u0420\u0435\u043c\u043e\u043d\u0442"));
	assert_non_null(strstr(last_text_to(w, CARETAKER), "Container is vol"));
}

/* As many as are counted, and that there are more; those that other systems filed may lie in no area. */
static void near_a_great_many_is_no_small_number(void **state)
{
	struct world *w = *state;

	a_report(w);
	assert_int_equal(
		sqlite3_exec(w->st->db,
			     "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n "
			     "WHERE i < 3000) INSERT INTO report (reference, category, place, lat, "
			     "lon, state_at, created, promise, language, channel) SELECT "
			     "printf('%07d', i), category, place, lat, lon, state_at, created, "
			     "promise, language, channel FROM report, n WHERE id = 1",
			     NULL, NULL, NULL),
		SQLITE_OK);
	shift(w);
	assert_int_equal(sql_number(w, "SELECT max(total) FROM outbox_part JOIN outbox o ON "
				       "o.id = outbox_id WHERE o.number = '" CARETAKER "'"),
			 2);
	assert_non_null(strstr(last_text_to(w, CARETAKER), "\n+6"));
	assert_non_null(strstr(last_text_to(w, CARETAKER), " of meer"));
}

static void near_a_name_of_two_towns_is_asked(void **state)
{
	struct world *w = *state;
	struct store_import *im = store_import_begin(w, w->st, false);
	const char *text, *why;

	store_import_address(im, "2551XA", "5", "", "Kerkstraat", "Den Haag", "Loosduinen",
			     "52.05600", "4.24100", &why);
	store_import_address(im, "2587EA", "5", "", "Kerkstraat", "Scheveningen", "Scheveningen",
			     "52.10500", "4.27900", &why);
	assert_int_equal(store_import_end(im, true), 0);
	shift(w);
	says(w, CARETAKER, "BIJ KERKSTRAAT 5");
	text = last_text_to(w, CARETAKER);
	assert_non_null(strstr(text, "Welke plek? Stuur BIJ en: "));
	assert_non_null(strstr(text, "Kerkstraat 5, Loosduinen"));
	assert_non_null(strstr(text, "Kerkstraat 5, Scheveningen"));
	says(w, CARETAKER, "BIJ KERKSTRAAT 5, SCHEVENINGEN");
	assert_non_null(strstr(last_text_to(w, CARETAKER), "bij Kerkstraat 5, Scheveningen"));
	says(w, CARETAKER, "BIJ SPUI"); /* one street, whatever number */
	assert_non_null(strstr(last_text_to(w, CARETAKER), "bij Spui"));
	says(w, CARETAKER, "BIJ NERGENSLAAN 5");
	assert_non_null(strstr(last_text_to(w, CARETAKER), "Die plek ken ik niet"));
}

static void near_with_nothing_says_so(void **state)
{
	struct world *w = *state;

	shift(w);
	assert_non_null(strstr(last_text_to(w, CARETAKER), "Niets bekend bij Spui 70"));
}

static void planned_has_its_day(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);

	shift(w);
	says(w, CARETAKER, with(w, reference, "GEPLAND 12-12"));
	assert_string_equal(state_of(w), "planned");
	assert_non_null(strstr(last_text_to(w, ANN), "12 dec"));
}

static void day_that_cannot_be_is_told(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);

	shift(w);
	says(w, CARETAKER, with(w, reference, "GEPLAND 12-12-2024"));
	assert_non_null(strstr(last_text_to(w, CARETAKER), "die dag kan niet"));
	says(w, CARETAKER, with(w, reference, "GEPLAND 12-12-2199"));
	assert_non_null(strstr(last_text_to(w, CARETAKER), "die dag kan niet"));
	assert_string_equal(state_of(w), "received");
	says(w, CARETAKER, with(w, reference, "GEPLAND vandaag"));
	assert_string_equal(state_of(w), "planned");
}

static const char *letters(struct world *w, const char *letter, size_t n)
{
	char *text = talloc_strdup(w, "");

	while (n-- > 0)
		text = talloc_strdup_append_buffer(text, letter);
	return text;
}

/* A thousand letters are kept, also those of two octets; what is not is told, and nothing of it is done. */
static void long_note_is_kept_whole_or_told(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w), *note;

	shift(w);
	note = letters(w, "\u063a", 980);
	says(w, CARETAKER, with(w, reference, talloc_asprintf(w, "NOOT %s", note)));
	assert_string_equal(sql_text(w, "SELECT note FROM report_event ORDER BY id DESC LIMIT 1"),
			    note);
	says(w, CARETAKER,
	     with(w, reference, talloc_asprintf(w, "NOOT %s", letters(w, "\U0001f5d1", 1000))));
	assert_non_null(strstr(last_text_to(w, CARETAKER), "te lang"));
	assert_string_equal(sql_text(w, "SELECT note FROM report_event ORDER BY id DESC LIMIT 1"),
			    note);
	says(w, CARETAKER,
	     with(w, reference, talloc_asprintf(w, "KLAAR %s", letters(w, "a", 601))));
	assert_non_null(strstr(last_text_to(w, CARETAKER), "te lang"));
	assert_string_not_equal(state_of(w), "solved");
}

static void too_many_numbers_do_nothing(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);

	shift(w);
	says(w, CARETAKER, talloc_asprintf(w, "%sKLAAR", letters(w, with(w, reference, ""), 41)));
	assert_non_null(strstr(last_text_to(w, CARETAKER), "Te veel nummers"));
	assert_string_not_equal(state_of(w), "solved");
	says(w, CARETAKER, talloc_asprintf(w, "%sKLAAR", letters(w, with(w, reference, ""), 40)));
	assert_string_equal(state_of(w), "solved");
}

static void two_caretakers_say_the_same(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);
	int64_t told;

	shift(w);
	staff(w, "jan", STAFF_CARETAKER, "+31644444444");
	says(w, "+31644444444", with(w, reference, "KLAAR"));
	says(w, "+31644444444", code());
	told = texts_to(w, ANN);
	says(w, CARETAKER, with(w, reference, "KLAAR"));
	assert_non_null(strstr(last_text_to(w, CARETAKER), "klaar, dank"));
	assert_int_equal(texts_to(w, ANN), told);
	says(w, CARETAKER, with(w, reference, "BEZIG"));
	assert_non_null(strstr(last_text_to(w, CARETAKER), "het staat al anders"));
	assert_string_equal(state_of(w), "solved");
}

static void who_works_here_no_more_is_a_resident(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);
	struct staff s;

	shift(w);
	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_staff_find(w->st, "karel", &s), 0);
	s.ended_s = test_now_s;
	assert_int_equal(store_staff_put(w->st, &s), 0);
	assert_int_equal(store_end(w->st), 0);
	says(w, CARETAKER, with(w, reference, "KLAAR"));
	says(w, CARETAKER, code());
	assert_string_not_equal(state_of(w), "solved");
	assert_int_equal(
		sql_number(w, "SELECT count(*) FROM report_event WHERE who = 'staff karel'"), 0);
}

static void code_of_another_is_wrong(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);

	assert_int_equal(sqlite3_exec(w->st->db,
				      "UPDATE staff SET totp = 'AEBAGBAFAYDQQCIKBMGA2DQPCAIREEYU' "
				      "WHERE name = 'anna'",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	says(w, EDITOR, with(w, reference, "KLAAR"));
	says(w, EDITOR, code()); /* the caretaker's */
	assert_non_null(strstr(last_text_to(w, EDITOR), "klopt niet"));
	assert_string_not_equal(state_of(w), "solved");
}

/* Six digits of another day are what a resident says: a number on a container. */
static void old_question_for_a_code_is_forgotten(void **state)
{
	struct world *w = *state;

	says(w, CARETAKER, "BIJ SPUI 70");
	tick(w, 30 * 60);
	says(w, CARETAKER, code());
	assert_non_null(strstr(last_text_to(w, CARETAKER), "te laat"));
	says(w, CARETAKER, "BIJ SPUI 70");
	tick(w, 25 * 3600);
	says(w, CARETAKER, "471234");
	assert_null(strstr(last_text_to(w, CARETAKER), "te laat"));
	assert_null(strstr(last_text_to(w, CARETAKER), "klopt niet"));
}

static void passed_on_is_a_new_order(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);

	shift(w);
	says(w, CARETAKER, with(w, reference, "NAAR lampen"));
	assert_string_equal(sql_text(w, "SELECT contractor FROM report"), "lampen");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM forward WHERE contractor = 'lampen' "
				       "AND event_id IS NULL AND state <> 'done'"),
			 1);
	says(w, CARETAKER, with(w, reference, "NAAR niemand"));
	assert_string_equal(sql_text(w, "SELECT contractor FROM report"), "lampen");
	assert_non_null(strstr(last_text_to(w, CARETAKER), "haeghe, lampen"));
}

static void contractor_hears_a_note(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);

	shift(w);
	says(w, CARETAKER, with(w, reference, "NOOT sleutel ligt op 12"));
	assert_string_equal(sql_text(w,
				     "SELECT e.note FROM forward f JOIN report_event e ON e.id = "
				     "f.event_id"),
			    "sleutel ligt op 12");
}

/* ---- a notice */

static void open_shift_of_editor(struct world *w)
{
	says(w, EDITOR, "BIJ 2511BT 70");
	says(w, EDITOR, code());
	tick(w, 60);
}

static void notice_takes_a_fresh_code(void **state)
{
	struct world *w = *state;
	const char *used, *text;

	a_report(w);
	open_shift_of_editor(w);
	used = talloc_strdup(w, code());
	says(w, EDITOR, "BERICHT SPUI Vandaag geen water tot 16 uur");
	text = last_text_to(w, EDITOR);
	assert_non_null(strstr(text, "1 persoon"));
	assert_non_null(strstr(text, "0.08"));
	assert_int_equal(sql_number(w, "SELECT count(*) FROM outbox WHERE lane = 2"), 0);
	says(w, EDITOR, "000000");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM outbox WHERE lane = 2"), 0);
	says(w, EDITOR, used);
	assert_string_equal(last_text_to(w, ANN), "Vandaag geen water tot 16 uur");
	assert_string_equal(sql_text(w, "SELECT who FROM notice"), "staff anna");
}

static void stop_gives_a_notice_up(void **state)
{
	struct world *w = *state;

	a_report(w);
	open_shift_of_editor(w);
	says(w, EDITOR, "BERICHT SPUI Vandaag geen water");
	says(w, EDITOR, "STOP");
	assert_string_equal(sql_text(w, "SELECT state FROM notice"), "cancelled");
	says(w, EDITOR, code());
	assert_int_equal(sql_number(w, "SELECT count(*) FROM outbox WHERE lane = 2"), 0);
	assert_int_equal(sql_number(w, "SELECT stopped FROM person WHERE number = '" EDITOR "'"),
			 0);
}

static void late_code_sends_nothing(void **state)
{
	struct world *w = *state;

	a_report(w);
	open_shift_of_editor(w);
	says(w, EDITOR, "BERICHT SPUI Vandaag geen water");
	pass(w, 16 * 60);
	says(w, EDITOR, code());
	assert_non_null(strstr(last_text_to(w, EDITOR), "te laat"));
	assert_string_equal(sql_text(w, "SELECT state FROM notice"), "lapsed");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM outbox WHERE lane = 2"), 0);
}

static void notice_without_its_code_lapses_and_its_sender_is_told(void **state)
{
	struct world *w = *state;
	int64_t texts;

	a_report(w);
	open_shift_of_editor(w);
	says(w, EDITOR, "BERICHT SPUI Vandaag geen water");
	texts = texts_to(w, EDITOR);
	pass(w, 14 * 60);
	assert_string_equal(sql_text(w, "SELECT state FROM notice"), "draft");
	pass(w, 60);
	assert_string_equal(sql_text(w, "SELECT state FROM notice"), "lapsed");
	assert_int_equal(sql_number(w, "SELECT ended FROM notice"), test_now_s);
	assert_non_null(strstr(last_text_to(w, EDITOR), "niet verstuurd"));
	assert_int_equal(texts_to(w, EDITOR), texts + 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM audit WHERE who = 'meldlijn' AND what "
				       "LIKE 'notice 1 lapsed:%'"),
			 1);
	pass(w, DAY_S);
	assert_int_equal(texts_to(w, EDITOR), texts + 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM outbox WHERE lane = 2"), 0);
}

static void notice_that_was_sent_does_not_lapse(void **state)
{
	struct world *w = *state;

	a_report(w);
	open_shift_of_editor(w);
	says(w, EDITOR, "BERICHT SPUI Vandaag geen water");
	says(w, EDITOR, code());
	assert_string_equal(last_text_to(w, ANN), "Vandaag geen water");
	pass(w, 3600);
	assert_non_null(strstr(last_text_to(w, EDITOR), "gaat uit"));
	assert_string_not_equal(sql_text(w, "SELECT state FROM notice"), "lapsed");
}

/* A second one takes the place of what waits: the code is for it, and the first is not forgotten. */
static void each_notice_of_a_phone_lapses(void **state)
{
	struct world *w = *state;

	a_report(w);
	open_shift_of_editor(w);
	says(w, EDITOR, "BERICHT SPUI Vandaag geen water");
	says(w, EDITOR, "BERICHT SPUI Vandaag geen gas");
	says(w, EDITOR, code());
	assert_string_equal(last_text_to(w, ANN), "Vandaag geen gas");
	pass(w, 15 * 60);
	assert_string_equal(sql_text(w, "SELECT state FROM notice WHERE id = 1"), "lapsed");
	assert_non_null(strstr(last_text_to(w, EDITOR), "Bericht 1 is niet verstuurd"));
	assert_int_equal(sql_number(w, "SELECT count(*) FROM outbox WHERE lane = 2"), 1);
}

static void told_in_their_language(void **state)
{
	struct world *w = *state;

	a_report(w);
	says(w, EDITOR, "english");
	open_shift_of_editor(w);
	says(w, EDITOR, "NOTICE SPUI No water today");
	pass(w, 15 * 60);
	assert_non_null(strstr(last_text_to(w, EDITOR), "was not sent"));
	says(w, EDITOR, code());
	assert_non_null(strstr(last_text_to(w, EDITOR), "too late"));
}

/* What was said of a report is not done, and the caretaker hears so; who only asked does not. */
static void word_without_its_code_lapses(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);
	int64_t texts;

	says(w, CARETAKER, with(w, reference, "KLAAR"));
	pass(w, 15 * 60);
	assert_non_null(strstr(last_text_to(w, CARETAKER), "niet gedaan"));
	assert_non_null(strstr(last_text_to(w, CARETAKER), reference));
	texts = texts_to(w, CARETAKER);
	says(w, CARETAKER, code());
	assert_non_null(strstr(last_text_to(w, CARETAKER), "te laat"));
	assert_string_not_equal(state_of(w), "solved");
	says(w, CARETAKER, "BIJ 2511BT 70");
	pass(w, DAY_S);
	assert_int_equal(texts_to(w, CARETAKER), texts + 2);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM staff_wait WHERE due NOT NULL"), 0);
}

/* Six digits of a week later are no code. */
static void late_ends_too(void **state)
{
	struct world *w = *state;

	says(w, CARETAKER, "BIJ 2511BT 70");
	pass(w, 3 * DAY_S);
	says(w, CARETAKER, code());
	assert_null(strstr(last_text_to(w, CARETAKER), "te laat"));
}

static void caretaker_may_send_no_notice(void **state)
{
	struct world *w = *state;

	a_report(w);
	shift(w);
	says(w, CARETAKER, "BERICHT SPUI Vandaag geen water");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM notice"), 0);
}

static void notice_for_nobody_known_is_asked_again(void **state)
{
	struct world *w = *state;

	open_shift_of_editor(w);
	says(w, EDITOR, "BERICHT ergensland geen water");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM notice"), 0);
	assert_non_null(strstr(last_text_to(w, EDITOR), "Voor wie"));
}

/* ---- contractors */

static void contractor_answers_by_text(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);

	says(w, HAEGHE, with(w, reference, "gepland 12-12"));
	assert_string_equal(state_of(w), "planned");
	says(w, HAEGHE, with(w, reference, "bezig"));
	assert_string_equal(state_of(w), "in_progress");
	tick(w, 60);
	says(w, HAEGHE, with(w, reference, "klaar, 2 zakken mee"));
	assert_string_equal(state_of(w), "solved");
	assert_string_equal(sql_text(w, "SELECT who FROM report_event ORDER BY id DESC LIMIT 1"),
			    "contractor haeghe");
	assert_string_equal(
		sql_text(w, "SELECT channel FROM report_event ORDER BY id DESC LIMIT 1"), "sms");
	assert_non_null(strstr(last_text_to(w, HAEGHE), "klaar, dank"));
}

/* Of residents ten are answered, of these twenty. */
static void who_works_may_text_more_in_an_hour(void **state)
{
	struct world *w = *state;

	for (int i = 1; i < 20; i++)
		says(w, HAEGHE, talloc_asprintf(w, "%07d klaar", i));
	assert_int_equal(sql_number(w, "SELECT count(*) FROM inbox WHERE verdict = 'answered'"),
			 19);
	says(w, HAEGHE, "0000020 klaar");
	says(w, HAEGHE, "0000021 klaar");
	assert_int_equal(sql_number(w, "SELECT count(*) FROM inbox WHERE verdict = 'ceiling'"), 1);
	assert_int_equal(sql_number(w, "SELECT count(*) FROM inbox WHERE verdict = 'silent'"), 1);
}

/* A resident would be blocked for good. */
static void who_works_is_no_robot(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);
	int64_t answers;

	for (int i = 0; i < 8; i++)
		says(w, HAEGHE, "wij zijn er vandaag niet");
	answers = texts_to(w, HAEGHE);
	says(w, HAEGHE, "wij zijn er vandaag niet");
	assert_int_equal(texts_to(w, HAEGHE), answers); /* a machine would never stop */
	says(w, HAEGHE, with(w, reference, "klaar"));
	assert_string_equal(state_of(w), "solved");
}

static void words_that_are_not_understood_are_kept_and_helped(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);

	says(w, HAEGHE, with(w, reference, "klaaar hoor"));
	assert_string_not_equal(state_of(w), "solved");
	assert_string_equal(sql_text(w, "SELECT note FROM report_event ORDER BY id DESC LIMIT 1"),
			    "klaaar hoor");
	assert_non_null(strstr(last_text_to(w, HAEGHE), "KLAAR, BEZIG of GEPLAND 12-12"));
	says(w, HAEGHE, with(w, reference, "noot sleutel nodig"));
	assert_null(strstr(last_text_to(w, HAEGHE), "BEZIG"));
}

static void contractor_says_it_of_its_own_orders_only(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);

	assert_int_equal(store_begin(w->st), 0);
	assert_int_equal(store_report_assign(w->st, 1, "lampen", NULL), 0);
	assert_int_equal(store_end(w->st), 0);
	says(w, HAEGHE, with(w, reference, "klaar"));
	assert_string_not_equal(state_of(w), "solved");
	says(w, HAEGHE, "1234567 klaar");
	assert_non_null(strstr(last_text_to(w, HAEGHE), "1234567"));
	says(w, HAEGHE, "alles is klaar hoor");
	assert_non_null(strstr(last_text_to(w, HAEGHE), "KLAAR"));
}

static void not_ours_raises_an_alarm(void **state)
{
	struct world *w = *state;
	const char *reference = a_report(w);

	says(w, HAEGHE, with(w, reference, "niet van ons, is van de provincie"));
	assert_int_equal(sql_number(w, "SELECT count(*) FROM alarm WHERE what LIKE 'refused %'"),
			 1);
	assert_string_not_equal(state_of(w), "solved");
	says(w, HAEGHE, with(w, reference, "klaar"));
	says(w, HAEGHE, with(w, reference, "niet van ons"));
	assert_non_null(strstr(last_text_to(w, HAEGHE), "het staat al anders"));
	assert_int_equal(
		sql_number(w, "SELECT count(*) FROM report_event WHERE note LIKE 'niet van ons%'"),
		1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PHONE_TEST(first_word_asks_for_a_code_and_is_done_with_it),
		PHONE_TEST(forged_number_changes_nothing),
		PHONE_TEST(code_holds_for_a_shift_and_no_longer),
		PHONE_TEST(code_is_taken_once),
		PHONE_TEST(five_wrong_codes_lock),
		PHONE_TEST(residents_words_are_a_residents),
		PHONE_TEST(near_shows_who_comes),
		PHONE_TEST(near_tells_what_is_closed_then_reports_then_what_is_on),
		PHONE_TEST(near_is_two_texts_and_says_what_is_left_out),
		PHONE_TEST(near_in_wide_letters),
		PHONE_TEST(near_a_great_many_is_no_small_number),
		PHONE_TEST(near_a_name_of_two_towns_is_asked),
		PHONE_TEST(near_with_nothing_says_so),
		PHONE_TEST(planned_has_its_day),
		PHONE_TEST(day_that_cannot_be_is_told),
		PHONE_TEST(long_note_is_kept_whole_or_told),
		PHONE_TEST(too_many_numbers_do_nothing),
		PHONE_TEST(two_caretakers_say_the_same),
		PHONE_TEST(who_works_here_no_more_is_a_resident),
		PHONE_TEST(code_of_another_is_wrong),
		PHONE_TEST(old_question_for_a_code_is_forgotten),
		PHONE_TEST(passed_on_is_a_new_order),
		PHONE_TEST(contractor_hears_a_note),
		PHONE_TEST(notice_takes_a_fresh_code),
		PHONE_TEST(stop_gives_a_notice_up),
		PHONE_TEST(late_code_sends_nothing),
		PHONE_TEST(notice_without_its_code_lapses_and_its_sender_is_told),
		PHONE_TEST(notice_that_was_sent_does_not_lapse),
		PHONE_TEST(each_notice_of_a_phone_lapses),
		PHONE_TEST(told_in_their_language),
		PHONE_TEST(word_without_its_code_lapses),
		PHONE_TEST(late_ends_too),
		PHONE_TEST(caretaker_may_send_no_notice),
		PHONE_TEST(notice_for_nobody_known_is_asked_again),
		PHONE_TEST(contractor_answers_by_text),
		PHONE_TEST(who_works_may_text_more_in_an_hour),
		PHONE_TEST(who_works_is_no_robot),
		PHONE_TEST(words_that_are_not_understood_are_kept_and_helped),
		PHONE_TEST(contractor_says_it_of_its_own_orders_only),
		PHONE_TEST(not_ours_raises_an_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
