// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_staff.c - see store_staff.h */
#include "store/store_staff.h"

#include "store/store_int.h"

static const char *const roles[STAFF_ROLES] = {
	[STAFF_CARETAKER] = "caretaker",
	[STAFF_CLERK] = "clerk",
	[STAFF_EDITOR] = "editor",
	[STAFF_OPERATOR] = "operator",
};

const char *staff_role_name(enum staff_role role)
{
	return roles[role];
}

bool staff_role_read(const char *name, enum staff_role *role)
{
	for (unsigned int i = 0; i < STAFF_ROLES; i++)
		if (!strcmp(roles[i], name)) {
			*role = i;
			return true;
		}
	return false;
}

bool staff_name_is_good(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < STAFF_NAME_SIZE && name[0] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_@") == n;
}

static const char *text_or_null(const char *text)
{
	return text[0] ? text : NULL;
}

/* ---- who ---- */

/* A role of a newer program may do the least. */
static void read_staff(sqlite3_stmt *s, int i, struct staff *out)
{
	memset(out, 0, sizeof(*out));
	out->id = sqlite3_column_int64(s, i);
	COLUMN_INTO(out->name, s, i + 1);
	if (!staff_role_read(column_text(s, i + 2), &out->role))
		out->role = STAFF_CARETAKER;
	COLUMN_INTO(out->language, s, i + 3);
	COLUMN_INTO(out->password, s, i + 4);
	COLUMN_INTO(out->number, s, i + 5);
	COLUMN_INTO(out->totp, s, i + 6);
	out->totp_step = sqlite3_column_int64(s, i + 7);
	out->failures = sqlite3_column_int(s, i + 8);
	out->locked_until_s = sqlite3_column_int64(s, i + 9);
	out->shift_until_s = sqlite3_column_int64(s, i + 10);
	out->created_s = sqlite3_column_int64(s, i + 11);
	out->ended_s = sqlite3_column_int64(s, i + 12);
	out->password_first = sqlite3_column_int(s, i + 13);
}

static int the_staff(struct store *st, sqlite3_stmt *s, struct staff *out)
{
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	read_staff(s, 0, out);
	stmt_end(s);
	return 0;
}

int store_staff_add(struct store *st, struct staff *staff)
{
	int rc = STORE_RUN(st, STMT_STAFF_ADD, V_TEXT(staff->name), V_TEXT(roles[staff->role]),
			   V_TEXT(staff->language), V_TEXT(text_or_null(staff->password)),
			   V_TEXT(text_or_null(staff->number)), V_TEXT(text_or_null(staff->totp)),
			   V_INT(staff->totp_step), V_INT(staff->created_s),
			   V_INT(staff->password_first));

	if (rc < 0)
		return rc;
	staff->id = sqlite3_last_insert_rowid(st->db);
	return 0;
}

int store_staff_put(struct store *st, const struct staff *staff)
{
	return one_row(STORE_RUN(
		st, STMT_STAFF_PUT, V_TEXT(roles[staff->role]), V_TEXT(staff->language),
		V_TEXT(text_or_null(staff->password)), V_TEXT(text_or_null(staff->number)),
		V_TEXT(text_or_null(staff->totp)), V_INT(staff->totp_step), V_INT(staff->failures),
		V_INT(staff->locked_until_s), V_INT(staff->shift_until_s), V_ID(staff->ended_s),
		V_INT(staff->password_first), V_INT(staff->id)));
}

int store_staff_get(struct store *st, int64_t id, struct staff *out)
{
	return the_staff(st, STORE_BIND(st, STMT_STAFF_GET, V_INT(id)), out);
}

int store_staff_find(struct store *st, const char *name, struct staff *out)
{
	return the_staff(st, STORE_BIND(st, STMT_STAFF_FIND, V_TEXT(name)), out);
}

int store_staff_by_number(struct store *st, const char *number, struct staff *out)
{
	return the_staff(st, STORE_BIND(st, STMT_STAFF_BY_NUMBER, V_TEXT(number)), out);
}

int store_staff_list(struct store *st, bool (*each)(const struct staff *staff, void *data),
		     void *data)
{
	sqlite3_stmt *s = stmt_bind(st, STMT_STAFF_LIST, NULL, 0);
	int rc, count = 0;

	while ((rc = stmt_row(st, s)) > 0) {
		struct staff staff;

		read_staff(s, 0, &staff);
		count++;
		if (!each(&staff, data)) {
			stmt_end(s);
			break;
		}
	}
	return rc < 0 ? rc : count;
}

/* ---- what a phone is asked a code for ---- */

int store_staff_wait_put(struct store *st, const struct staff_wait *w)
{
	return one_row(STORE_RUN(st, STMT_STAFF_WAIT_PUT, V_INT(w->staff_id), V_TEXT(w->text),
				 V_ID(w->notice_id), V_INT(w->until_s),
				 V_ID(w->text && !w->over ? w->until_s : 0)));
}

static int the_wait(void *ctx, struct store *st, sqlite3_stmt *s, struct staff_wait *out)
{
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	*out = (struct staff_wait){
		.staff_id = sqlite3_column_int64(s, 0),
		.text = column_copy(ctx, s, 1),
		.notice_id = sqlite3_column_int64(s, 2),
		.until_s = sqlite3_column_int64(s, 3),
	};
	out->over = out->text && sqlite3_column_int(s, 4);
	stmt_end(s);
	return 0;
}

int store_staff_wait_get(void *ctx, struct store *st, int64_t staff_id, struct staff_wait *out)
{
	return the_wait(ctx, st, STORE_BIND(st, STMT_STAFF_WAIT_GET, V_INT(staff_id)), out);
}

int store_staff_wait_due(void *ctx, struct store *st, int64_t now_s, struct staff_wait *out)
{
	return the_wait(ctx, st, STORE_BIND(st, STMT_STAFF_WAIT_DUE, V_INT(now_s)), out);
}

int store_staff_wait_drop(struct store *st, int64_t staff_id)
{
	int rc = STORE_RUN(st, STMT_STAFF_WAIT_DROP, V_INT(staff_id));

	return OSMO_MIN(rc, 0);
}

/* ---- signed in ---- */

#define V_TOKEN(token) V_BLOB(token, STAFF_TOKEN_HASH)

int store_session_add(struct store *st, const struct staff_session *session)
{
	return one_row(STORE_RUN(st, STMT_SESSION_ADD, V_TOKEN(session->token),
				 V_INT(session->staff_id), V_TEXT(session->csrf),
				 V_INT(session->created_s), V_INT(session->seen_s),
				 V_INT(session->expires_s)));
}

int store_session_find(struct store *st, const uint8_t token[STAFF_TOKEN_HASH], int64_t now_s,
		       struct staff_session *out, struct staff *staff)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_SESSION_FIND, V_TOKEN(token), V_INT(now_s));
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	memmove(out->token, token, STAFF_TOKEN_HASH); /* it may be of out itself */
	out->staff_id = sqlite3_column_int64(s, 0);
	COLUMN_INTO(out->csrf, s, 1);
	out->created_s = sqlite3_column_int64(s, 2);
	out->seen_s = sqlite3_column_int64(s, 3);
	out->expires_s = sqlite3_column_int64(s, 4);
	out->says = sqlite3_column_int(s, 5);
	read_staff(s, 6, staff);
	stmt_end(s);
	return 0;
}

int store_session_seen(struct store *st, const uint8_t token[STAFF_TOKEN_HASH], int64_t now_s,
		       int64_t expires_s)
{
	return one_row(
		STORE_RUN(st, STMT_SESSION_SEEN, V_INT(now_s), V_INT(expires_s), V_TOKEN(token)));
}

int store_session_drop(struct store *st, const uint8_t token[STAFF_TOKEN_HASH])
{
	return one_row(STORE_RUN(st, STMT_SESSION_DROP, V_TOKEN(token)));
}

int store_session_say(struct store *st, const uint8_t token[STAFF_TOKEN_HASH], const char *said)
{
	return one_row(STORE_RUN(st, STMT_SESSION_SAY, V_TEXT(said), V_TOKEN(token)));
}

char *store_session_said(void *ctx, struct store *st, const uint8_t token[STAFF_TOKEN_HASH])
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_SESSION_SAID, V_TOKEN(token));
	char *said;

	if (stmt_row(st, s) <= 0)
		return NULL;
	said = column_copy(ctx, s, 0);
	stmt_end(s);
	if (said && STORE_RUN(st, STMT_SESSION_SAY, V_TEXT(NULL), V_TOKEN(token)) < 0)
		return NULL;
	return said;
}

int store_session_drop_all(struct store *st, int64_t staff_id, int64_t now_s)
{
	if (staff_id)
		return STORE_RUN(st, STMT_SESSION_DROP_STAFF, V_INT(staff_id));
	return STORE_RUN(st, STMT_SESSION_DROP_EXPIRED, V_INT(now_s));
}

/* ---- what was done ---- */

int store_audit_list(struct store *st, int64_t before_id, const char *who, const char *words,
		     size_t max, bool (*each)(const struct audit_row *row, void *data), void *data,
		     int64_t *looked)
{
	int64_t before = before_id, newest;
	sqlite3_stmt *s;
	int rc = before ? 0 : stmt_get(st, &newest, STMT_AUDIT_NEWEST, NULL, 0), count = 0;

	*looked = 0;
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (!before)
		before = newest + 1;
	if (words && before > AUDIT_LOOK + 1)
		*looked = before - AUDIT_LOOK;
	s = who ? STORE_BIND(st, STMT_AUDIT_OF, V_INT(before), V_INT(*looked), V_TEXT(words),
			     V_INT(max), V_TEXT(who))
		: STORE_BIND(st, STMT_AUDIT_LIST, V_INT(before), V_INT(*looked), V_TEXT(words),
			     V_INT(max));
	while ((rc = stmt_row(st, s)) > 0) {
		struct audit_row row = {
			.id = sqlite3_column_int64(s, 0),
			.at_s = sqlite3_column_int64(s, 1),
			.who = column_text(s, 2),
			.what = column_text(s, 3),
		};

		count++;
		if (!each(&row, data)) {
			stmt_end(s);
			break;
		}
	}
	return rc < 0 ? rc : count;
}
