// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/store_open311.h"

#include "store/store_int.h"

int store_open311_add(struct store *st, int64_t report_id, const char *source, const char *key,
		      const char *content, const char *media_url, int64_t now_s)
{
	return one_row(STORE_RUN(st, STMT_OPEN311_ADD, V_INT(report_id), V_TEXT(source),
				 V_TEXT(key), V_TEXT(content), V_TEXT(media_url), V_INT(now_s)));
}

int store_open311_by_key(struct store *st, const char *source, const char *key, int64_t *report_id,
			 char content[STORE_OPEN311_CONTENT_SIZE])
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_OPEN311_BY_KEY, V_TEXT(source), V_TEXT(key));
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	*report_id = sqlite3_column_int64(s, 0);
	osmo_strlcpy(content, column_text(s, 1), STORE_OPEN311_CONTENT_SIZE);
	stmt_end(s);
	return 0;
}

int store_open311_same(struct store *st, const char *source, const char *content, int64_t since_s,
		       int64_t *report_id)
{
	return STORE_GET(st, report_id, STMT_OPEN311_SAME, V_TEXT(source), V_TEXT(content),
			 V_INT(since_s));
}

int store_open311_is(struct store *st, int64_t report_id, const char *source)
{
	int64_t found;
	int rc = STORE_GET(st, &found, STMT_OPEN311_IS, V_INT(report_id), V_TEXT(source));

	return rc == -ENOENT ? 0 : rc < 0 ? rc : 1;
}

int store_open311_update_add(struct store *st, const char *source, const char *update_id,
			     int64_t event_id, const char *media_url)
{
	return one_row(STORE_RUN(st, STMT_OPEN311_UPDATE_ADD, V_TEXT(source), V_TEXT(update_id),
				 V_INT(event_id), V_TEXT(media_url)));
}

int store_open311_update(struct store *st, const char *source, const char *update_id,
			 int64_t *event_id)
{
	return STORE_GET(st, event_id, STMT_OPEN311_UPDATE, V_TEXT(source), V_TEXT(update_id));
}

int store_open311_media(struct store *st, int64_t report_id,
			void (*each)(const char *media_url, void *data), void *data)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_OPEN311_MEDIA, V_INT(report_id));
	int rc;

	while ((rc = stmt_row(st, s)) > 0)
		each(column_text(s, 0), data);
	return rc;
}
