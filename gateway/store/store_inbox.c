// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_inbox.c - what was heard: whole texts by their key, and parts waiting for the rest. */
#include "store/store_int.h"

#include <stddef.h>

#define PIECE_HEAD offsetof(struct sms_piece, data)

#define V_SET(set)                                                                             \
	V_TEXT((set)->number), V_INT((set)->ref), V_INT((set)->ref_bits), V_INT((set)->total), \
		V_TEXT((set)->line)

int store_inbox_add(struct store *st, const char *key, const char *line, const char *number,
		    const char *text, int64_t received_s, int64_t sent_s, const char *verdict,
		    int64_t *id)
{
	int rc = STORE_RUN(st, STMT_INBOX_ADD, V_TEXT(key), V_TEXT(line), V_TEXT(number),
			   V_TEXT(text), V_INT(received_s), V_ID(sent_s), V_TEXT(verdict));

	if (rc < 0)
		return rc;
	if (id)
		*id = sqlite3_last_insert_rowid(st->db);
	return 0;
}

int store_inbox_replace(struct store *st, int64_t id, const char *line, const char *number,
			uint8_t replace)
{
	int n = STORE_RUN(st, STMT_INBOX_REPLACED, V_TEXT(number), V_INT(replace), V_TEXT(line),
			  V_INT(id));
	int rc = n < 0 ? n : STORE_RUN(st, STMT_INBOX_REPLACES, V_INT(replace), V_INT(id));

	return rc < 0 ? rc : n;
}

int store_inbox_seen(struct store *st, const char *key)
{
	int64_t id;
	int rc = STORE_GET(st, &id, STMT_INBOX_SEEN, V_TEXT(key));

	return rc == 0 ? 1 : rc == -ENOENT ? 0 : rc;
}

int store_part_seen(struct store *st, const struct inbox_set *set, uint8_t part,
		    const struct sms_piece *piece)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_PART_PIECE, V_SET(set), V_INT(part));
	size_t len = PIECE_HEAD + piece->len;
	bool same;
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc;
	same = (size_t)sqlite3_column_bytes(s, 0) == len &&
	       memcmp(sqlite3_column_blob(s, 0), piece, len) == 0;
	stmt_end(s);
	return same ? 1 : -EEXIST;
}

int store_part_add(struct store *st, const struct inbox_set *set, uint8_t part,
		   const struct sms_piece *piece, int64_t received_s, int64_t expires_s,
		   unsigned int max_parts)
{
	int64_t waiting;
	int rc = store_part_seen(st, set, part, piece);

	if (rc)
		return rc < 0 ? rc : 0;
	rc = STORE_GET(st, &waiting, STMT_PART_OF_SENDER, V_TEXT(set->number));
	if (rc < 0)
		return rc;
	if (waiting >= max_parts)
		return -ENOSPC;
	rc = STORE_RUN(st, STMT_PART_ADD, V_SET(set), V_INT(part),
		       V_BLOB(piece, PIECE_HEAD + piece->len), V_INT(received_s), V_INT(expires_s));
	return rc < 0 ? rc : 0;
}

int store_part_count(struct store *st, const struct inbox_set *set)
{
	int64_t n;
	int rc = STORE_GET(st, &n, STMT_PART_COUNT, V_SET(set));

	return rc < 0 ? rc : (int)n;
}

void store_read_piece(sqlite3_stmt *s, int i, struct sms_piece *piece)
{
	const void *bytes = sqlite3_column_blob(s, i);
	size_t len = sqlite3_column_bytes(s, i);

	memset(piece, 0, sizeof(*piece));
	if (len >= PIECE_HEAD && len <= sizeof(*piece))
		memcpy(piece, bytes, len);
	if (len != PIECE_HEAD + piece->len)
		*piece = (struct sms_piece){ .alphabet = SMS_8BIT };
}

int store_part_take(struct store *st, const struct inbox_set *set, struct sms_piece *pieces)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_PART_LIST, V_SET(set));
	int rc;

	for (int i = 0; i < set->total; i++)
		pieces[i] = (struct sms_piece){ .alphabet = SMS_8BIT };
	while ((rc = stmt_row(st, s)) > 0) {
		int part = sqlite3_column_int(s, 0);

		if (part >= 1 && part <= set->total)
			store_read_piece(s, 1, &pieces[part - 1]);
	}
	if (rc < 0)
		return rc;
	return one_row(STORE_RUN(st, STMT_PART_DROP, V_SET(set)));
}

int store_part_expired(struct store *st, int64_t now_s, struct inbox_set *set)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_PART_EXPIRED, V_INT(now_s));
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	memset(set, 0, sizeof(*set));
	COLUMN_INTO(set->line, s, 0);
	COLUMN_INTO(set->number, s, 1);
	set->ref = sqlite3_column_int(s, 2);
	set->ref_bits = sqlite3_column_int(s, 3);
	set->total = sqlite3_column_int(s, 4);
	stmt_end(s);
	return 0;
}
