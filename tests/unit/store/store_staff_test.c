// SPDX-License-Identifier: AGPL-3.0-or-later
/* Who works for the city, who is signed in, and the audit. */
#include "store/store_staff.h"
#include "store/store_test.h"

#define ANNA "+31612345601"
#define HASH "$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$aGFzaA"

static struct staff add(struct store *st, const char *name, enum staff_role role,
			const char *number)
{
	struct staff staff = { .role = role, .language = "nl", .created_s = T0 };

	OSMO_STRLCPY_ARRAY(staff.name, name);
	OSMO_STRLCPY_ARRAY(staff.number, number);
	OSMO_STRLCPY_ARRAY(staff.password, HASH);
	assert_int_equal(store_staff_add(st, &staff), 0);
	return staff;
}

static struct staff_session sign_in(struct store *st, const struct staff *staff, uint8_t token)
{
	struct staff_session session = { .staff_id = staff->id,
					 .csrf = "csrf",
					 .created_s = T0,
					 .seen_s = T0,
					 .expires_s = T0 + 1800 };

	memset(session.token, token, sizeof(session.token));
	assert_int_equal(store_session_add(st, &session), 0);
	return session;
}

/* ---- who ---- */

static void roles_have_names(void **state)
{
	enum staff_role role = STAFF_EDITOR;

	for (unsigned int i = 0; i < STAFF_ROLES; i++) {
		assert_true(staff_role_read(staff_role_name(i), &role));
		assert_int_equal(role, i);
	}
	assert_false(staff_role_read("Operator", &role));
	assert_false(staff_role_read("", &role));
}

static void what_was_written_is_read(void **state)
{
	struct store *st = *state;
	struct staff staff, got;

	begin(st);
	staff = add(st, "anna", STAFF_CLERK, ANNA);
	staff.role = STAFF_EDITOR;
	staff.failures = 3;
	staff.locked_until_s = T0 + 60;
	staff.shift_until_s = T0 + 70;
	staff.totp_step = 7;
	staff.password_first = true;
	OSMO_STRLCPY_ARRAY(staff.totp, "JBSWY3DPEHPK3PXP");
	OSMO_STRLCPY_ARRAY(staff.language, "en");
	assert_int_equal(store_staff_put(st, &staff), 0);
	assert_int_equal(store_staff_get(st, staff.id, &got), 0);
	assert_string_equal(got.name, "anna");
	assert_int_equal(got.role, STAFF_EDITOR);
	assert_string_equal(got.language, "en");
	assert_string_equal(got.password, HASH);
	assert_string_equal(got.number, ANNA);
	assert_string_equal(got.totp, "JBSWY3DPEHPK3PXP");
	assert_int_equal(got.totp_step, 7);
	assert_int_equal(got.failures, 3);
	assert_int_equal(got.locked_until_s, T0 + 60);
	assert_int_equal(got.shift_until_s, T0 + 70);
	assert_int_equal(got.created_s, T0);
	assert_int_equal(got.ended_s, 0);
	assert_true(got.password_first);
	assert_int_equal(store_staff_find(st, "anna", &got), 0);
	assert_int_equal(got.id, staff.id);
	assert_int_equal(store_staff_find(st, "ANNA", &got), -ENOENT);
	got.id = 99;
	assert_int_equal(store_staff_put(st, &got), -ENOENT);
}

static void a_name_and_a_number_are_of_one_person(void **state)
{
	struct store *st = *state;
	struct staff anna, bert, twin = { .name = "anna", .language = "nl", .created_s = T0 };

	begin(st);
	anna = add(st, "anna", STAFF_CLERK, ANNA);
	bert = add(st, "bert", STAFF_CLERK, "");
	add(st, "cas", STAFF_CLERK, ""); /* no number is nobody's */
	assert_int_equal(store_staff_add(st, &twin), -EEXIST);
	OSMO_STRLCPY_ARRAY(bert.number, anna.number);
	assert_int_equal(store_staff_put(st, &bert), -EEXIST);
}

static void who_ended_has_no_phone_of_the_city(void **state)
{
	struct store *st = *state;
	struct staff anna, got;

	begin(st);
	anna = add(st, "anna", STAFF_CARETAKER, ANNA);
	assert_int_equal(store_staff_by_number(st, ANNA, &got), 0);
	assert_int_equal(got.id, anna.id);
	anna.ended_s = T0 + 1;
	assert_int_equal(store_staff_put(st, &anna), 0);
	assert_int_equal(store_staff_by_number(st, ANNA, &got), -ENOENT);
	assert_int_equal(store_staff_find(st, "anna", &got), 0);
	assert_int_equal(got.ended_s, T0 + 1);
}

static bool note_name(const struct staff *staff, void *data)
{
	char *names = data;

	strncat(names, staff->name, 15 - strlen(names));
	return strcmp(staff->name, "cas") != 0;
}

static void the_list_is_by_name_and_ends_when_told(void **state)
{
	struct store *st = *state;
	char names[16] = "";

	begin(st);
	add(st, "cas", STAFF_CLERK, "");
	add(st, "anna", STAFF_CLERK, "");
	add(st, "dirk", STAFF_CLERK, "");
	assert_int_equal(store_staff_list(st, note_name, names), 2);
	assert_string_equal(names, "annacas");
}

/* ---- signed in ---- */

static void a_session_ends_at_its_time(void **state)
{
	struct store *st = *state;
	struct staff anna, who;
	struct staff_session session, got;

	begin(st);
	anna = add(st, "anna", STAFF_CLERK, "");
	session = sign_in(st, &anna, 1);
	assert_int_equal(store_session_find(st, session.token, T0 + 1799, &got, &who), 0);
	assert_int_equal(who.id, anna.id);
	assert_string_equal(who.name, "anna");
	assert_int_equal(got.staff_id, anna.id);
	assert_string_equal(got.csrf, "csrf");
	assert_int_equal(got.created_s, T0);
	assert_int_equal(got.expires_s, T0 + 1800);
	assert_memory_equal(got.token, session.token, sizeof(got.token));
	assert_int_equal(store_session_find(st, session.token, T0 + 1800, &got, &who), -ENOENT);
	assert_int_equal(store_session_seen(st, session.token, T0 + 1000, T0 + 2800), 0);
	assert_int_equal(store_session_find(st, session.token, T0 + 1800, &got, &who), 0);
	assert_int_equal(got.seen_s, T0 + 1000);
	assert_int_equal(store_session_find(st, got.token, T0, &got, &who), 0);
	assert_int_equal(store_session_drop(st, got.token), 0);
	assert_int_equal(store_session_drop(st, session.token), -ENOENT);
	assert_int_equal(store_session_find(st, session.token, T0, &got, &who), -ENOENT);
}

static void who_ended_is_signed_in_no_more(void **state)
{
	struct store *st = *state;
	struct staff anna, who;
	struct staff_session session, got;

	begin(st);
	anna = add(st, "anna", STAFF_CLERK, "");
	session = sign_in(st, &anna, 1);
	anna.ended_s = T0;
	assert_int_equal(store_staff_put(st, &anna), 0);
	assert_int_equal(store_session_find(st, session.token, T0, &got, &who), -ENOENT);
}

static void sessions_go_by_person_or_by_age(void **state)
{
	struct store *st = *state;
	struct staff anna, bert, who;
	struct staff_session session, got;

	begin(st);
	anna = add(st, "anna", STAFF_CLERK, "");
	bert = add(st, "bert", STAFF_CLERK, "");
	sign_in(st, &anna, 1);
	sign_in(st, &anna, 2);
	session = sign_in(st, &bert, 3);
	assert_int_equal(store_session_drop_all(st, anna.id, T0), 2);
	assert_int_equal(store_session_find(st, session.token, T0, &got, &who), 0);
	assert_int_equal(store_session_drop_all(st, 0, T0 + 1799), 0);
	assert_int_equal(store_session_drop_all(st, 0, T0 + 1800), 1);
}

static void what_is_said_is_said_once(void **state)
{
	struct store *st = *state;
	struct staff anna, who;
	struct staff_session session, got;

	begin(st);
	anna = add(st, "anna", STAFF_CLERK, "");
	session = sign_in(st, &anna, 1);
	assert_null(store_session_said(st, st, session.token));
	assert_int_equal(store_session_find(st, session.token, T0, &got, &who), 0);
	assert_false(got.says);
	assert_int_equal(store_session_say(st, session.token, "{\"good\":1}"), 0);
	assert_int_equal(store_session_find(st, session.token, T0, &got, &who), 0);
	assert_true(got.says);
	assert_string_equal(store_session_said(st, st, session.token), "{\"good\":1}");
	assert_null(store_session_said(st, st, session.token));
}

/* ---- what was done ---- */

static bool note_what(const struct audit_row *row, void *data)
{
	char *text = data;

	assert_int_equal(row->at_s, T0 + row->id);
	strncat(text, row->what, 31 - strlen(text));
	return true;
}

#define ASSERT_AUDIT(st, before, who, words, max, want)                                          \
	do {                                                                                     \
		int64_t looked;                                                                  \
		char text[32] = "";                                                              \
		int n = store_audit_list(st, before, who, words, max, note_what, text, &looked); \
		assert_int_equal(n, strlen(want) / 2);                                           \
		assert_string_equal(text, want);                                                 \
	} while (0)

static void the_audit_is_read_backwards_in_pages(void **state)
{
	struct store *st = *state;

	begin(st);
	assert_int_equal(store_audit(st, "staff anna", "a1", T0 + 1), 0);
	assert_int_equal(store_audit(st, "staff bert", "b2", T0 + 2), 0);
	assert_int_equal(store_audit(st, "staff anna", "b3", T0 + 3), 0);
	ASSERT_AUDIT(st, 0, NULL, NULL, 2, "b3b2");
	ASSERT_AUDIT(st, 2, NULL, NULL, 2, "a1");
	ASSERT_AUDIT(st, 0, "staff anna", NULL, 9, "b3a1");
	ASSERT_AUDIT(st, 0, NULL, "b", 9, "b3b2");
	ASSERT_AUDIT(st, 0, "staff anna", "b", 9, "b3");
	ASSERT_AUDIT(st, 0, "staff cas", NULL, 9, "");
}

static bool refuse(const struct audit_row *row, void *data)
{
	fail_msg("row %lld was not asked for", (long long)row->id);
	return false;
}

/* Tens of thousands of rows of others: who did it has an index, and words are looked for in so many rows at a time. */
static void a_filter_does_not_look_at_all_of_it(void **state)
{
	static const char many[] =
		"WITH RECURSIVE i (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM i WHERE n < 60000) "
		"INSERT INTO audit (id, at, who, what) SELECT n, 1700000000 + n, 'staff bert', 'b' FROM i";
	struct store *st = *state;
	int64_t looked, step = AUDIT_LOOK;
	char text[32] = "";

	begin(st);
	assert_int_equal(store_audit(st, "staff anna", "a1", T0 + 1), 0);
	assert_int_equal(store_sql(st, many), 0);
	for (int i = 0; i < STMT_COUNT; i++)
		sqlite3_stmt_status(st->stmts[i], SQLITE_STMTSTATUS_VM_STEP, 1);
	assert_int_equal(store_audit_list(st, 0, "staff anna", NULL, 9, note_what, text, &looked),
			 1);
	assert_int_equal(looked, 0);
	assert_in_range(sqlite3_stmt_status(st->stmts[STMT_AUDIT_OF], SQLITE_STMTSTATUS_VM_STEP, 1),
			1, 100);
	assert_int_equal(store_audit_list(st, 0, NULL, "a1", 9, refuse, NULL, &looked), 0);
	assert_int_equal(looked, 60001 - step);
	assert_in_range(
		sqlite3_stmt_status(st->stmts[STMT_AUDIT_LIST], SQLITE_STMTSTATUS_VM_STEP, 1), 1,
		10 * step);
	assert_int_equal(store_audit_list(st, looked, NULL, "a1", 9, refuse, NULL, &looked), 0);
	assert_int_equal(looked, 60001 - 2 * step);
	text[0] = '\0';
	assert_int_equal(store_audit_list(st, 20002, NULL, "a1", 9, refuse, NULL, &looked), 0);
	assert_int_equal(looked, 2);
	assert_int_equal(store_audit_list(st, looked, NULL, "a1", 9, note_what, text, &looked), 1);
	assert_int_equal(looked, 0);
	assert_string_equal(text, "a1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(roles_have_names),
		STORE_TEST(what_was_written_is_read),
		STORE_TEST(a_name_and_a_number_are_of_one_person),
		STORE_TEST(who_ended_has_no_phone_of_the_city),
		STORE_TEST(the_list_is_by_name_and_ends_when_told),
		STORE_TEST(a_session_ends_at_its_time),
		STORE_TEST(who_ended_is_signed_in_no_more),
		STORE_TEST(sessions_go_by_person_or_by_age),
		STORE_TEST(what_is_said_is_said_once),
		STORE_TEST(the_audit_is_read_backwards_in_pages),
		STORE_TEST(a_filter_does_not_look_at_all_of_it),
	};

	return cmocka_run_group_tests_name("staff", tests, NULL, NULL);
}
