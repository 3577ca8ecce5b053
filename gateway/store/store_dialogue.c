// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_dialogue.c - conversations under way, one a person; and the moment anything is due. */
#include "store/store_int.h"

static int one_dialogue(void *ctx, struct store *st, sqlite3_stmt *s, struct dialogue_row *out)
{
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	memset(out, 0, sizeof(*out));
	out->person_id = sqlite3_column_int64(s, 0);
	out->state = column_copy(ctx, s, 1);
	COLUMN_INTO(out->line, s, 2);
	out->due_s = sqlite3_column_int64(s, 3);
	out->expire_s = sqlite3_column_int(s, 4);
	out->reminded = sqlite3_column_int(s, 5);
	stmt_end(s);
	return 0;
}

int store_dialogue_get(void *ctx, struct store *st, int64_t person_id, struct dialogue_row *out)
{
	return one_dialogue(ctx, st, STORE_BIND(st, STMT_DIALOGUE_GET, V_INT(person_id)), out);
}

int store_dialogue_due(void *ctx, struct store *st, int64_t now_s, struct dialogue_row *out)
{
	return one_dialogue(ctx, st, STORE_BIND(st, STMT_DIALOGUE_DUE, V_INT(now_s)), out);
}

int store_dialogue_put(struct store *st, const struct dialogue_row *row, int64_t now_s)
{
	return one_row(STORE_RUN(st, STMT_DIALOGUE_PUT, V_INT(row->person_id), V_TEXT(row->state),
				 V_TEXT(row->line), V_INT(now_s), V_ID(row->due_s),
				 V_INT(row->expire_s), V_INT(row->reminded)));
}

int store_dialogue_drop(struct store *st, int64_t person_id)
{
	return one_row(STORE_RUN(st, STMT_DIALOGUE_DROP, V_INT(person_id)));
}

int store_next_due(struct store *st, int64_t after_s, int64_t *due_s)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_NEXT_DUE, V_INT(after_s));
	bool found = false;
	int rc = stmt_row(st, s);

	if (rc < 0)
		return rc;
	for (int i = 0; i < sqlite3_column_count(s); i++) {
		int64_t due = sqlite3_column_int64(s, i);

		if (sqlite3_column_type(s, i) == SQLITE_NULL || (found && due >= *due_s))
			continue;
		*due_s = due;
		found = true;
	}
	stmt_end(s);
	return found ? 0 : -ENOENT;
}
