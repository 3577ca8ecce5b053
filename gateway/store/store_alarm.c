// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_alarm.c - alarms, what lines remember, who did what, tidying up, figures. */
#include "store/store_int.h"

int store_alarm(struct store *st, const char *what, bool on, const char *detail, int64_t now_s)
{
	int rc;

	if (!on)
		return one_row(STORE_RUN(st, STMT_ALARM_OFF, V_INT(now_s), V_TEXT(what)));
	rc = STORE_RUN(st, STMT_ALARM_ON, V_TEXT(what), V_TEXT(detail ? detail : ""), V_INT(now_s));
	return rc < 0 ? rc : 0;
}

int store_alarm_list(struct store *st, bool on_only,
		     bool (*each)(const char *what, const char *detail, int64_t since_s,
				  int64_t ended_s, void *data),
		     void *data)
{
	sqlite3_stmt *s = stmt_bind(st, on_only ? STMT_ALARM_LIST_ON : STMT_ALARM_LIST, NULL, 0);
	int rc;

	while ((rc = stmt_row(st, s)) > 0) {
		if (!each(column_text(s, 0), column_text(s, 1), sqlite3_column_int64(s, 2),
			  sqlite3_column_int64(s, 3), data)) {
			stmt_end(s);
			return 0;
		}
	}
	return rc;
}

int store_remember(struct store *st, const char *owner, const char *key, const char *value)
{
	int rc = value ? STORE_RUN(st, STMT_REMEMBER, V_TEXT(owner), V_TEXT(key), V_TEXT(value))
		       : STORE_RUN(st, STMT_FORGET, V_TEXT(owner), V_TEXT(key));

	return rc < 0 ? rc : 0;
}

char *store_recall(void *ctx, struct store *st, const char *owner, const char *key)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_RECALL, V_TEXT(owner), V_TEXT(key));
	char *value;

	if (stmt_row(st, s) <= 0)
		return NULL;
	value = column_copy(ctx, s, 0);
	stmt_end(s);
	return value;
}

int store_audit(struct store *st, const char *who, const char *what, int64_t now_s)
{
	return one_row(STORE_RUN(st, STMT_AUDIT, V_INT(now_s), V_TEXT(who), V_TEXT(what)));
}

int store_tidy(struct store *st, int64_t before_s, unsigned int max)
{
	static const enum stmt tidy[] = { STMT_TIDY_UPDATES, STMT_TIDY_EARLY, STMT_TIDY_CODES,
					  STMT_TIDY_INBOX };
	unsigned int count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tidy) && count < max; i++) {
		int rc = STORE_RUN(st, tidy[i], V_INT(before_s), V_INT(max - count));

		if (rc < 0)
			return rc;
		count += rc;
	}
	return count;
}

/* ---- figures ---- */

static void add_figure(struct store_figures *out, const char *what, int64_t n)
{
	enum report_state state;

	if (strcmp(what, "person") == 0)
		out->people = n;
	else if (strcmp(what, "heard") == 0)
		out->heard = n;
	else if (strncmp(what, "report ", 7) == 0 && report_state_read(&state, what + 7) == 0)
		out->reports[state] = n;
	else if (strcmp(what, "outbox sent") == 0)
		out->sent += n;
	else if (strcmp(what, "outbox failed") == 0 || strcmp(what, "outbox expired") == 0)
		out->failed += n;
	else if (strcmp(what, "outbox delivered") == 0)
		out->delivered = n;
}

int store_figures(struct store *st, struct store_figures *out)
{
	sqlite3_stmt *s = stmt_bind(st, STMT_FIGURES, NULL, 0);
	int rc = stmt_row(st, s);

	memset(out, 0, sizeof(*out));
	if (rc <= 0)
		return rc;
	out->blocked = sqlite3_column_int64(s, 0);
	out->alarms = sqlite3_column_int64(s, 1);
	stmt_end(s);

	s = stmt_bind(st, STMT_FIGURES_TALLY, NULL, 0);
	while ((rc = stmt_row(st, s)) > 0)
		add_figure(out, column_text(s, 0), sqlite3_column_int64(s, 1));
	out->sent += out->delivered;
	return rc;
}
