// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_outbox.c - texts that must leave: their parts, which are due, and what became of them.
 *
 * The parts of a text leave one after the other, by one line (a phone joins only parts of one
 * sender): only the first part is queued, the others are "behind" until the one before is sent.
 * So what is due is always at the head of an index, however long the queue is.
 * The row of a text holds what its parts amount to; it is written with each change of one.
 */
#include "store/store_int.h"

#include <stddef.h>

#define CLOSE_BY_S 3600 /* how far a service centre's clock may be off */
#define DOUBT_BY_S 60
#define DAY_S	   86400

static int add_part(struct store *st, int64_t outbox_id, enum outbox_lane lane, const char *line,
		    int part, int total, uint16_t ref, uint8_t ref_bits,
		    const struct sms_piece *piece, int64_t now_s)
{
	size_t len = offsetof(struct sms_piece, data) + piece->len;
	int rc = STORE_RUN(st, STMT_OUTBOX_PART_ADD, V_INT(outbox_id), V_INT(lane), V_TEXT(line),
			   V_INT(part), V_INT(total), V_INT(ref), V_INT(ref_bits),
			   V_BLOB(piece, len), V_TEXT(part == 1 ? "queued" : "behind"),
			   V_INT(now_s));

	return rc < 0 ? rc : 0;
}

int store_outbox_add(struct store *st, const char *number, enum outbox_lane lane, const char *line,
		     const char *text, const struct sms_piece *pieces, uint8_t total, uint16_t ref,
		     uint8_t ref_bits, int64_t now_s, int64_t expires_s, int64_t report_id,
		     int64_t *id)
{
	int64_t outbox_id;
	int rc;

	if (!total)
		return -EINVAL;
	if (!line)
		line = "";
	rc = STORE_RUN(st, STMT_OUTBOX_ADD, V_TEXT(number), V_INT(lane), V_TEXT(line), V_TEXT(text),
		       V_INT(now_s), V_INT(expires_s), V_ID(report_id));
	if (rc < 0)
		return rc;
	outbox_id = sqlite3_last_insert_rowid(st->db);
	for (int i = 0; i < total; i++) {
		rc = add_part(st, outbox_id, lane, line, i + 1, total, ref, ref_bits, &pieces[i],
			      now_s);
		if (rc < 0)
			return rc;
	}
	if (id)
		*id = outbox_id;
	return 0;
}

static void read_part(void *ctx, sqlite3_stmt *s, struct outbox_due *out)
{
	memset(out, 0, sizeof(*out));
	out->part_id = sqlite3_column_int64(s, 0);
	out->outbox_id = sqlite3_column_int64(s, 1);
	out->lane = sqlite3_column_int(s, 2);
	COLUMN_INTO(out->number, s, 3);
	COLUMN_INTO(out->line, s, 4);
	out->text = ctx ? column_copy(ctx, s, 5) : NULL;
	store_read_piece(s, 6, &out->piece);
	out->ref = sqlite3_column_int(s, 7);
	out->ref_bits = sqlite3_column_int(s, 8);
	out->part = sqlite3_column_int(s, 9);
	out->total = sqlite3_column_int(s, 10);
	out->tries = sqlite3_column_int(s, 11);
	out->created_s = sqlite3_column_int64(s, 12);
	out->expires_s = sqlite3_column_int64(s, 13);
}

int store_outbox_due(void *ctx, struct store *st, const char *line, unsigned int any_lanes,
		     int64_t now_s, struct outbox_due *out, size_t max)
{
	size_t n = 0;

	for (unsigned int lane = OUTBOX_REPLY; lane < OUTBOX_LANES && n < max; lane++) {
		sqlite3_stmt *s = STORE_BIND(st, STMT_OUTBOX_DUE, V_TEXT(line),
					     V_TEXT(lane < any_lanes ? "" : NULL), V_INT(lane),
					     V_INT(now_s), V_INT(max - n));
		int rc;

		while ((rc = stmt_row(st, s)) > 0)
			read_part(ctx, s, &out[n++]);
		if (rc < 0)
			return rc;
	}
	return n;
}

static int close_text(struct store *st, int64_t outbox_id, int64_t now_s)
{
	int rc = STORE_RUN(st, STMT_OUTBOX_CLOSE, V_INT(now_s), V_INT(outbox_id));

	return rc < 0 ? rc : 0;
}

/* After a change of a part: 0 changes means that the part is past it, which is no error (a status
 * report can overtake the modem's own answer). */
static int part_changed(struct store *st, int64_t part_id, int changes, int64_t now_s)
{
	int64_t outbox_id;
	int rc;

	if (changes < 0)
		return changes;
	rc = STORE_GET(st, &outbox_id, STMT_OUTBOX_OF_PART, V_INT(part_id));
	if (rc < 0 || !changes)
		return rc;
	return close_text(st, outbox_id, now_s);
}

int store_outbox_sending(struct store *st, int64_t part_id, const char *line, int64_t now_s)
{
	return part_changed(
		st, part_id,
		STORE_RUN(st, STMT_OUTBOX_SENDING, V_TEXT(line), V_INT(now_s), V_INT(part_id)),
		now_s);
}

static int release_next(struct store *st, int64_t part_id, int64_t now_s)
{
	int rc = STORE_RUN(st, STMT_OUTBOX_NEXT, V_INT(now_s), V_INT(part_id));

	return rc < 0 ? rc : 0;
}

int store_outbox_sent(struct store *st, int64_t part_id, int mr, int64_t now_s, int64_t settle_s)
{
	struct value reference = mr >= 0 ? V_INT(mr) : V_TEXT(NULL);
	int changes = STORE_RUN(st, STMT_OUTBOX_SENT, reference, V_INT(now_s), V_ID(settle_s),
				V_INT(settle_s != 0), V_INT(part_id));
	int rc = changes > 0 ? release_next(st, part_id, now_s) : 0;

	return rc < 0 ? rc : part_changed(st, part_id, changes, now_s);
}

int store_outbox_retry(struct store *st, int64_t part_id, int64_t due_s, bool counts, int cause)
{
	return part_changed(st, part_id,
			    STORE_RUN(st, STMT_OUTBOX_RETRY, V_INT(due_s), V_INT(counts),
				      V_INT(cause), V_INT(part_id)),
			    due_s);
}

int store_outbox_doubt(struct store *st, int64_t part_id, int64_t settle_s, int cause)
{
	return part_changed(
		st, part_id,
		STORE_RUN(st, STMT_OUTBOX_DOUBT, V_INT(settle_s), V_INT(cause), V_INT(part_id)),
		settle_s);
}

int store_outbox_final(struct store *st, int64_t part_id, const char *state, int cause,
		       int64_t now_s)
{
	bool lost = strcmp(state, "failed") == 0 || strcmp(state, "expired") == 0;
	int changes, rc = 0;

	if (!lost && strcmp(state, "delivered") != 0 && strcmp(state, "sent") != 0 &&
	    strcmp(state, "doubt") != 0)
		return -EINVAL;
	changes = STORE_RUN(st, STMT_OUTBOX_FINAL, V_TEXT(state), V_INT(cause), V_INT(part_id));
	if (changes > 0 && lost)
		rc = STORE_RUN(st, STMT_OUTBOX_REST, V_TEXT(state), V_INT(cause), V_INT(part_id));
	else if (changes > 0)
		rc = release_next(st, part_id, now_s);
	return rc < 0 ? rc : part_changed(st, part_id, changes, now_s);
}

int store_outbox_interrupted(struct store *st, const char *line, int64_t settle_s)
{
	bool any = !line || !*line;
	int count = 0;

	for (;;) {
		int64_t part_id;
		int rc = any ? stmt_get(st, &part_id, STMT_OUTBOX_SENDING_ANY, NULL, 0)
			     : STORE_GET(st, &part_id, STMT_OUTBOX_SENDING_ON, V_TEXT(line));

		if (rc == -ENOENT)
			return count;
		if (rc == 0)
			rc = settle_s ? store_outbox_doubt(st, part_id, settle_s, 0)
				      : store_outbox_retry(st, part_id, 0, false, 0);
		if (rc < 0)
			return rc;
		count++;
	}
}

/* The oldest open part with this key that fits the number; near_s limits how far its submission
 * and the report's time of it may be apart, 0 does not ask. */
static int match_one(struct store *st, const char *line, struct value mr, const char *number,
		     int64_t sent_s, int64_t near_s, int64_t *part_id)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_OUTBOX_MATCH, V_TEXT(line), mr);
	int rc;

	while ((rc = stmt_row(st, s)) > 0) {
		int64_t apart = sqlite3_column_int64(s, 2) - sent_s;

		if (!phone_same(column_text(s, 1), number))
			continue;
		if (near_s && (apart > near_s || apart < -near_s))
			continue;
		*part_id = sqlite3_column_int64(s, 0);
		stmt_end(s);
		return 0;
	}
	return rc < 0 ? rc : -ENOENT;
}

/* TP-MR has 8 bits and comes round while a report can be three days late.  So among equal keys those
 * near the service centre's time go first; but its clock may be wrong, so then any. */
int store_outbox_match(struct store *st, const char *line, int mr, const char *number,
		       int64_t sent_s, int64_t *part_id)
{
	int rc = -ENOENT;

	if (mr >= 0 && sent_s)
		rc = match_one(st, line, V_INT(mr), number, sent_s, CLOSE_BY_S, part_id);
	if (rc == -ENOENT && mr >= 0)
		rc = match_one(st, line, V_INT(mr), number, 0, 0, part_id);
	if (rc == -ENOENT && sent_s)
		rc = match_one(st, line, V_TEXT(NULL), number, sent_s, DOUBT_BY_S, part_id);
	return rc;
}

int store_report_early_add(struct store *st, const char *line, int mr, const char *number,
			   int status, int64_t sent_s, int64_t now_s)
{
	int rc = STORE_RUN(st, STMT_EARLY_ADD, V_TEXT(line), V_INT(mr), V_TEXT(number),
			   V_INT(status), V_ID(sent_s), V_INT(now_s));

	return rc < 0 ? rc : 0;
}

int store_report_early_take(struct store *st, const char *line, int mr, const char *number,
			    int64_t now_s)
{
	sqlite3_stmt *s;
	int64_t id = 0;
	int status = 0, rc;

	rc = STORE_RUN(st, STMT_EARLY_TIDY, V_INT(now_s - DAY_S));
	if (rc < 0)
		return rc;
	s = STORE_BIND(st, STMT_EARLY_LIST, V_TEXT(line), V_INT(mr), V_INT(now_s - DAY_S));
	while ((rc = stmt_row(st, s)) > 0) {
		if (!phone_same(column_text(s, 1), number))
			continue;
		id = sqlite3_column_int64(s, 0);
		status = sqlite3_column_int(s, 2);
		stmt_end(s);
		break;
	}
	if (rc < 0)
		return rc;
	if (!id)
		return -ENOENT;
	rc = STORE_RUN(st, STMT_EARLY_DROP, V_INT(id));
	return rc < 0 ? rc : status;
}

int store_outbox_settle_due(struct store *st, int64_t now_s, struct outbox_due *out, char *state,
			    size_t state_size)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_OUTBOX_SETTLE, V_INT(now_s));
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	read_part(NULL, s, out);
	COLUMN_INTO(out->line, s, 16);
	osmo_strlcpy(state, column_text(s, 15), state_size);
	stmt_end(s);
	return 0;
}

int store_outbox_part(struct store *st, int64_t part_id, struct outbox_due *out)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_OUTBOX_PART, V_INT(part_id));
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	read_part(NULL, s, out);
	stmt_end(s);
	return 0;
}

int store_outbox_repin(struct store *st, const char *line, const char *other)
{
	return STORE_RUN(st, STMT_OUTBOX_REPIN, V_TEXT(other), V_TEXT(line));
}

int store_outbox_wanted(struct store *st, const char *after, char *name, size_t size)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_OUTBOX_WANTED, V_TEXT(after));
	int rc = stmt_row(st, s);
	char found[32];

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	COLUMN_INTO(found, s, 0);
	stmt_end(s); /* after may be name */
	osmo_strlcpy(name, found, size);
	return *name ? 0 : -ENOENT;
}

int store_outbox_expire_due(struct store *st, int64_t now_s)
{
	int64_t outbox_id;
	int count = 0, rc;

	while ((rc = STORE_GET(st, &outbox_id, STMT_OUTBOX_EXPIRED, V_INT(now_s))) == 0) {
		rc = STORE_RUN(st, STMT_OUTBOX_EXPIRE, V_INT(outbox_id));
		if (rc >= 0) {
			count += rc;
			rc = close_text(st, outbox_id, now_s);
		}
		if (rc < 0)
			return rc;
	}
	return rc == -ENOENT ? count : rc;
}

int store_outbox_counts(struct store *st, struct outbox_counts *out)
{
	sqlite3_stmt *s = stmt_bind(st, STMT_OUTBOX_QUEUED, NULL, 0);
	int rc = stmt_row(st, s);

	memset(out, 0, sizeof(*out));
	if (rc <= 0)
		return rc;
	for (int lane = 0; lane < 3; lane++)
		out->queued[lane] = sqlite3_column_int64(s, lane);
	out->oldest_s = sqlite3_column_int64(s, 3);
	stmt_end(s);
	s = stmt_bind(st, STMT_OUTBOX_OPEN, NULL, 0);
	rc = stmt_row(st, s);
	if (rc <= 0)
		return rc;
	out->sending = sqlite3_column_int64(s, 0);
	out->doubt = sqlite3_column_int64(s, 1);
	stmt_end(s);
	return 0;
}

int store_outbox_list(struct store *st, const char *number, const char *line, int64_t after,
		      bool (*each)(const struct outbox_text *t, void *data), void *data)
{
	sqlite3_stmt *s = STORE_BIND(st, STMT_OUTBOX_LIST, V_TEXT(number),
				     V_TEXT(line && *line ? line : NULL), V_INT(after));
	int rc;

	while ((rc = stmt_row(st, s)) > 0) {
		struct outbox_text t = {
			.id = sqlite3_column_int64(s, 0),
			.text = column_text(s, 1),
			.state = column_text(s, 2),
			.line = column_text(s, 3),
			.at_s = sqlite3_column_int64(s, 4),
			.lane = sqlite3_column_int(s, 5),
		};

		if (!each(&t, data)) {
			stmt_end(s);
			return 0;
		}
	}
	return rc;
}
