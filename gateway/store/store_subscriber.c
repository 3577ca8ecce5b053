// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_subscriber.c - which number a SIM has, and what is being asked to know it. */
#include "store/store_int.h"

int store_subscriber_get(struct store *st, const char *imsi, struct subscriber *out)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_SUBSCRIBER_GET, V_TEXT(imsi));
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	memset(out, 0, sizeof(*out));
	COLUMN_INTO(out->imsi, s, 0);
	COLUMN_INTO(out->number, s, 1);
	out->proved = sqlite3_column_int(s, 2);
	COLUMN_INTO(out->asks, s, 3);
	COLUMN_INTO(out->claim, s, 4);
	COLUMN_INTO(out->path, s, 5);
	COLUMN_INTO(out->code, s, 6);
	out->code_at_s = sqlite3_column_int64(s, 7);
	out->tries = sqlite3_column_int64(s, 8);
	stmt_end(s);
	return 0;
}

int store_subscriber_put(struct store *st, const struct subscriber *sub, int64_t now_s)
{
	const char *number = sub->number[0] ? sub->number : NULL;
	int rc = 0;

	if (number)
		rc = STORE_RUN(st, STMT_SUBSCRIBER_LOSE, V_TEXT(number), V_TEXT(sub->imsi));
	if (rc < 0)
		return rc;
	return one_row(STORE_RUN(st, STMT_SUBSCRIBER_PUT, V_TEXT(sub->imsi), V_TEXT(number),
				 V_INT(sub->proved), V_TEXT(sub->asks), V_TEXT(sub->claim),
				 V_TEXT(sub->path), V_TEXT(sub->code), V_ID(sub->code_at_s),
				 V_INT(sub->tries), V_INT(now_s)));
}

int store_subscriber_has(struct store *st, const char *number, const char *but_imsi)
{
	int64_t n;
	int rc = STORE_GET(st, &n, STMT_SUBSCRIBER_HAS, V_TEXT(number), V_TEXT(but_imsi));

	return rc == 0 ? 1 : rc == -ENOENT ? 0 : rc;
}

int store_subscriber_code_add(struct store *st, const char *imsi, const char *number, int64_t now_s)
{
	return one_row(STORE_RUN(st, STMT_SUBSCRIBER_CODE_ADD, V_TEXT(imsi), V_TEXT(number),
				 V_INT(now_s)));
}

int store_subscriber_codes(struct store *st, const char *imsi, const char *number, int64_t since_s)
{
	int64_t n;
	int rc = STORE_GET(st, &n, STMT_SUBSCRIBER_CODES, V_TEXT(imsi), V_INT(since_s),
			   V_TEXT(number));

	return rc < 0 ? rc : (int)n;
}
