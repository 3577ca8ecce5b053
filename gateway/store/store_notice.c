// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_notice.c - see store_notice.h: what residents subscribed to, and notices; store_recipient.c has who gets them. */
#include "store/store_notice.h"

#include "store/store_int.h"

/* ---- subscriptions ---- */

static const char *const kinds[SUBSCRIPTION_KINDS] = {
	[SUBSCRIBE_STREET] = "street",
	[SUBSCRIBE_AREA] = "area",
	[SUBSCRIBE_CATEGORY] = "category",
	[SUBSCRIBE_ALL] = "all",
};

int store_subscribe(struct store *st, const struct subscription *sub, int64_t now_s)
{
	return one_row(STORE_RUN(st, STMT_SUBSCRIBE, V_INT(sub->person_id),
				 V_TEXT(kinds[sub->kind]), V_INT(sub->ref), V_TEXT(sub->category),
				 V_INT(now_s)));
}

int store_unsubscribe(struct store *st, const struct subscription *sub)
{
	return one_row(STORE_RUN(st, STMT_UNSUBSCRIBE, V_INT(sub->person_id),
				 V_TEXT(kinds[sub->kind]), V_INT(sub->ref), V_TEXT(sub->category)));
}

static enum subscription_kind kind_of(const char *name)
{
	enum subscription_kind kind = 0;

	while (kind < SUBSCRIBE_ALL && strcmp(kinds[kind], name) != 0)
		kind++;
	return kind;
}

int store_subscriptions(struct store *st, int64_t person_id,
			bool (*each)(const struct subscription *sub, void *data), void *data)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_SUBSCRIPTIONS, V_INT(person_id));
	int rc;

	while ((rc = stmt_row(st, s)) > 0) {
		struct subscription sub = {
			.id = sqlite3_column_int64(s, 0),
			.person_id = person_id,
			.kind = kind_of(column_text(s, 1)),
			.ref = sqlite3_column_int64(s, 2),
			.since_s = sqlite3_column_int64(s, 4),
		};

		COLUMN_INTO(sub.category, s, 3);
		COLUMN_INTO(sub.name, s, 5);
		if (!each(&sub, data)) {
			stmt_end(s);
			return 0;
		}
	}
	return rc;
}

int store_list_stop(struct store *st, int64_t person_id, const char *list, bool stop, int64_t now_s)
{
	int rc = stop ? STORE_RUN(st, STMT_LIST_STOP, V_INT(person_id), V_TEXT(list), V_INT(now_s))
		      : STORE_RUN(st, STMT_LIST_START, V_INT(person_id), V_TEXT(list));

	if (rc < 0 || !stop)
		return OSMO_MIN(rc, 0);
	return store_notice_stopped(st, person_id, list, now_s);
}

int store_list_find(struct store *st, const char *list, char *name, size_t size)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_LIST_FIND, V_TEXT(list));
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	osmo_strlcpy(name, column_text(s, 0), size);
	stmt_end(s);
	return 0;
}

/* ---- notices ---- */

static const char *const states[NOTICE_STATES] = {
	[NOTICE_DRAFT] = "draft",	  [NOTICE_GATHERING] = "gathering",
	[NOTICE_WAITING] = "waiting",	  [NOTICE_RUNNING] = "running",
	[NOTICE_PAUSED] = "paused",	  [NOTICE_DONE] = "done",
	[NOTICE_CANCELLED] = "cancelled", [NOTICE_EXPIRED] = "expired",
	[NOTICE_LAPSED] = "lapsed",
};

static const char *const notice_kinds[NOTICE_KINDS] = {
	[NOTICE_ALERT] = "alert",
	[NOTICE_UPDATE] = "update",
	[NOTICE_CANCEL] = "cancel",
};

const char *notice_state_name(enum notice_state state)
{
	return states[state];
}

const char *notice_kind_name(enum notice_kind kind)
{
	return notice_kinds[kind];
}

/* A name that is none of ours, of a newer program, reads as the last. */
static unsigned int name_index(const char *const *names, unsigned int n, const char *name)
{
	unsigned int i = 0;

	while (i + 1 < n && strcmp(names[i], name) != 0)
		i++;
	return i;
}

bool notice_has_ended(enum notice_state state)
{
	return state == NOTICE_DONE || state == NOTICE_CANCELLED || state == NOTICE_EXPIRED ||
	       state == NOTICE_LAPSED;
}

static void read_counts(sqlite3_stmt *s, int i, struct notice *out)
{
	out->recipients = sqlite3_column_int64(s, i);
	out->queued = sqlite3_column_int64(s, i + 1);
	out->sent = sqlite3_column_int64(s, i + 2);
	out->delivered = sqlite3_column_int64(s, i + 3);
	out->failed = sqlite3_column_int64(s, i + 4);
	out->skipped = sqlite3_column_int64(s, i + 5);
}

static void read_notice(void *ctx, sqlite3_stmt *s, struct notice *out)
{
	memset(out, 0, sizeof(*out));
	out->id = sqlite3_column_int64(s, 0);
	COLUMN_INTO(out->key, s, 1);
	out->state = name_index(states, NOTICE_STATES, column_text(s, 2));
	out->go = sqlite3_column_int(s, 3);
	out->kind = name_index(notice_kinds, NOTICE_KINDS, column_text(s, 4));
	out->follows_id = sqlite3_column_int64(s, 5);
	out->title = column_copy(ctx, s, 6);
	out->words = column_copy(ctx, s, 7);
	out->audience = column_copy(ctx, s, 8);
	out->list = column_copy(ctx, s, 9);
	out->voice = sqlite3_column_int(s, 10);
	out->start_s = sqlite3_column_int64(s, 11);
	out->expires_s = sqlite3_column_int64(s, 12);
	out->quiet_from_min = sqlite3_column_int(s, 13);
	out->quiet_to_min = sqlite3_column_int(s, 14);
	out->canary = sqlite3_column_int64(s, 15);
	out->pace = sqlite3_column_int64(s, 16);
	out->who = column_copy(ctx, s, 17);
	out->created_s = sqlite3_column_int64(s, 18);
	out->ended_s = sqlite3_column_int64(s, 19);
	read_counts(s, 20, out);
	out->due_s = sqlite3_column_int64(s, 26);
	out->taking = sqlite3_column_int(s, 27);
}

static int the_notice(void *ctx, struct store *st, sqlite3_stmt *s, struct notice *out)
{
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	read_notice(ctx, s, out);
	stmt_end(s);
	return 0;
}

int store_notice_add(struct store *st, struct notice *n)
{
	int rc = STORE_GET(st, &n->id, STMT_NOTICE_BY_KEY, V_TEXT(n->key));

	if (rc != -ENOENT)
		return rc < 0 ? rc : -EEXIST;
	rc = one_row(STORE_RUN(st, STMT_NOTICE_ADD, V_TEXT(n->key), V_TEXT(states[n->state]),
			       V_INT(n->go), V_TEXT(notice_kinds[n->kind]), V_ID(n->follows_id),
			       V_TEXT(n->title ? n->title : ""), V_TEXT(n->words),
			       V_TEXT(n->audience), V_TEXT(n->list ? n->list : ""), V_INT(n->voice),
			       V_INT(n->start_s), V_INT(n->expires_s), V_INT(n->quiet_from_min),
			       V_INT(n->quiet_to_min), V_INT(n->canary), V_INT(n->pace),
			       V_TEXT(n->who), V_INT(n->created_s), V_ID(n->due_s),
			       V_INT(n->taking)));
	if (rc == 0)
		n->id = sqlite3_last_insert_rowid(st->db);
	return rc;
}

int store_notice_cap_put(struct store *st, int64_t id, const char *alert)
{
	return one_row(STORE_RUN(st, STMT_NOTICE_CAP_PUT, V_INT(id), V_TEXT(alert)));
}

char *store_notice_cap_get(void *ctx, struct store *st, int64_t id)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_NOTICE_CAP_GET, V_INT(id));
	char *alert = NULL;

	if (stmt_row(st, s) > 0) {
		alert = column_copy(ctx, s, 0);
		stmt_end(s);
	}
	return alert;
}

int store_notice_by_key(struct store *st, const char *key, int64_t *id)
{
	return STORE_GET(st, id, STMT_NOTICE_BY_KEY, V_TEXT(key));
}

int store_notice_figures(struct store *st, struct notice_figures *out)
{
	sqlite3_stmt *s = stmt_bind(st, STMT_NOTICE_FIGURES, NULL, 0);
	int rc;

	*out = (struct notice_figures){};
	while ((rc = stmt_row(st, s)) > 0) {
		out->notices[name_index(states, NOTICE_STATES, column_text(s, 0))] +=
			sqlite3_column_int64(s, 1);
		out->recipients += sqlite3_column_int64(s, 2);
		out->queued += sqlite3_column_int64(s, 3);
		out->sent += sqlite3_column_int64(s, 4);
		out->delivered += sqlite3_column_int64(s, 5);
		out->failed += sqlite3_column_int64(s, 6);
		out->skipped += sqlite3_column_int64(s, 7);
	}
	return rc;
}

int store_notice_get(void *ctx, struct store *st, int64_t id, struct notice *out)
{
	return the_notice(ctx, st, STORE_BIND(st, STMT_NOTICE_GET, V_INT(id)), out);
}

int store_notice_open(void *ctx, struct store *st, int64_t after, struct notice *out)
{
	return the_notice(ctx, st, STORE_BIND(st, STMT_NOTICE_OPEN, V_INT(after)), out);
}

int store_notice_put(struct store *st, const struct notice *n, int64_t now_s)
{
	bool over = notice_has_ended(n->state);

	return one_row(STORE_RUN(st, STMT_NOTICE_PUT, V_TEXT(states[n->state]), V_INT(n->go),
				 V_INT(n->canary), V_ID(over ? 0 : n->due_s),
				 V_ID(over ? now_s : 0), V_INT(n->id)));
}

int store_notice_take(struct store *st, int64_t id, int64_t due_s)
{
	return one_row(STORE_RUN(st, STMT_NOTICE_TAKE, V_INT(due_s), V_INT(id)));
}

int store_notice_reopen(struct store *st, int64_t id, int64_t now_s)
{
	return STORE_RUN(st, STMT_NOTICE_REOPEN, V_INT(id), V_INT(now_s));
}

int store_notice_taken(struct store *st, int64_t id)
{
	return one_row(STORE_RUN(st, STMT_NOTICE_TAKEN, V_INT(id)));
}

int store_notice_languages(struct store *st, int64_t notice_id,
			   bool (*each)(const char *language, int64_t people, void *data),
			   void *data)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_NOTICE_LANGUAGES, V_INT(notice_id));
	int rc;

	while ((rc = stmt_row(st, s)) > 0) {
		if (!each(column_text(s, 0), sqlite3_column_int64(s, 1), data)) {
			stmt_end(s);
			return 0;
		}
	}
	return rc;
}

int store_notice_list(void *ctx, struct store *st, int64_t before_id, size_t max,
		      bool (*each)(const struct notice *notice, void *data), void *data)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_NOTICE_LIST, V_INT(before_id ? before_id : INT64_MAX),
				     V_INT(max));
	int rc;

	while ((rc = stmt_row(st, s)) > 0) {
		struct notice notice;
		void *row = talloc_new(ctx);
		bool more;

		read_notice(row, s, &notice);
		more = each(&notice, data);
		talloc_free(row);
		if (!more) {
			stmt_end(s);
			return 0;
		}
	}
	return rc;
}
