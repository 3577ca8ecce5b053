// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_person.c - who texts: language, STOP, block, and the counters of the two guards. */
#include "store/store_int.h"
#include "store/store_notice.h"

#define HOUR_S 3600

static void read_person(sqlite3_stmt *s, struct person *out)
{
	memset(out, 0, sizeof(*out));
	out->id = sqlite3_column_int64(s, 0);
	COLUMN_INTO(out->number, s, 1);
	COLUMN_INTO(out->language, s, 2);
	out->stopped = sqlite3_column_int(s, 3);
	out->blocked_at_s = sqlite3_column_int64(s, 4);
	out->blocked = sqlite3_column_type(s, 4) != SQLITE_NULL;
	COLUMN_INTO(out->last_line, s, 5);
	out->first_seen_s = sqlite3_column_int64(s, 6);
	out->hour_start_s = sqlite3_column_int64(s, 7);
	out->hour_count = sqlite3_column_int64(s, 8);
	out->same_count = sqlite3_column_int64(s, 9);
	out->heard = sqlite3_column_int(s, 11);
}

static int one_person(struct store *st, sqlite3_stmt *s, struct person *out)
{
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	read_person(s, out);
	stmt_end(s);
	return 0;
}

int store_person_find(struct store *st, const char *number, struct person *out)
{
	return one_person(st, STORE_BIND(st, STMT_PERSON_FIND, V_TEXT(number)), out);
}

int store_person_by_id(struct store *st, int64_t id, struct person *out)
{
	return one_person(st, STORE_BIND(st, STMT_PERSON_BY_ID, V_INT(id)), out);
}

int store_person_get(struct store *st, const char *number, int64_t now_s, struct person *out)
{
	int rc = store_person_find(st, number, out);

	if (rc != -ENOENT)
		return rc;
	rc = STORE_RUN(st, STMT_PERSON_ADD, V_TEXT(number), V_INT(now_s));
	return rc < 0 ? rc : store_person_find(st, number, out);
}

int store_person_language(struct store *st, int64_t id, const char *language)
{
	if (language && !*language)
		language = NULL;
	return one_row(STORE_RUN(st, STMT_PERSON_LANGUAGE, V_TEXT(language), V_INT(id)));
}

int store_person_stop(struct store *st, int64_t id, bool stopped, int64_t now_s)
{
	int rc = one_row(STORE_RUN(st, STMT_PERSON_STOP, V_INT(stopped), V_INT(id)));

	return rc == 0 && stopped ? store_notice_stopped(st, id, NULL, now_s) : rc;
}

int store_person_block(struct store *st, int64_t id, const char *why, int64_t now_s)
{
	if (!why)
		return one_row(STORE_RUN(st, STMT_PERSON_RELEASE, V_INT(id)));
	return one_row(STORE_RUN(st, STMT_PERSON_BLOCK, V_INT(now_s), V_TEXT(why), V_INT(id)));
}

/* The row of equal texts ends with the hour: who asks STATUS every day is no robot. */
int store_person_heard(struct store *st, struct person *person, const char *line,
		       const char *folded, int64_t now_s)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_PERSON_SAME, V_TEXT(folded), V_INT(person->id));
	bool same, fresh;
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	person->hour_start_s = sqlite3_column_int64(s, 0);
	person->hour_count = sqlite3_column_int64(s, 1);
	person->same_count = sqlite3_column_int64(s, 2);
	same = folded && sqlite3_column_int(s, 3);
	stmt_end(s);

	fresh = now_s - person->hour_start_s >= HOUR_S || now_s < person->hour_start_s;
	if (fresh) {
		person->hour_start_s = now_s;
		person->hour_count = 0;
	}
	person->hour_count++;
	person->same_count = same && !fresh ? person->same_count + 1 : folded ? 1 : 0;
	if (*line)
		osmo_strlcpy(person->last_line, line, sizeof(person->last_line));
	person->heard = true;
	return one_row(STORE_RUN(st, STMT_PERSON_HEARD, V_TEXT(line), V_INT(person->hour_start_s),
				 V_INT(person->hour_count), V_TEXT(folded),
				 V_INT(person->same_count), V_INT(person->id)));
}

int store_person_blocked_list(struct store *st,
			      bool (*each)(const struct person *p, const char *why, void *data),
			      void *data)
{
	sqlite3_stmt *s = stmt_bind(st, STMT_PERSON_BLOCKED, NULL, 0);
	struct person p;
	int rc;

	while ((rc = stmt_row(st, s)) > 0) {
		read_person(s, &p);
		if (!each(&p, column_text(s, 10), data)) {
			stmt_end(s);
			return 0;
		}
	}
	return rc;
}
