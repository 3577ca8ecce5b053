// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_stmt.c - every statement of the program, and how one is bound and stepped.
 *
 * tests/unit/store/store_plan_test.c asks SQLite for the plan of each: none may scan a table.
 */
#include "store/store_int.h"

#include <osmocom/core/logging.h>

#define OPEN_STATES "state NOT IN ('solved', 'closed', 'rejected')"

#define PERSON                                                                                  \
	"SELECT id, number, language, stopped, blocked_at, last_line, first_seen, hour_start, " \
	"hour_count, same_count, blocked_why, last_line IS NOT NULL FROM person "

#define REPORT                                                                                    \
	"SELECT r.id, r.reference, r.person_id, r.category, r.thing, r.area_id, r.address_id, "   \
	"r.asset_id, a.name, r.place, s.number, r.lat, r.lon, r.description, r.urgent, r.state, " \
	"r.state_at, r.created, max(r.promise, r.warned), r.expected, r.language, r.channel, "    \
	"r.contractor, r.contractor_ref, r.note, r.merged_into, r.updated FROM report r "         \
	"LEFT JOIN area a ON a.id = r.area_id LEFT JOIN asset s ON s.id = r.asset_id "

/* What a search compares: a list looks at many more reports than it shows. */
#define LOOK_AT "SELECT r.id, r.state, r.category, r.area_id, r.contractor "

#define EVENT \
	"SELECT id, report_id, at, expected, state, who, channel, note, written FROM report_event "

/* What may be told to anyone of the history: what residents and staff only say is between them; what they bring about
 * is told, and what a contractor says. */
#define TOLD                                                                             \
	"iif(e.who = 'resident' OR e.who LIKE 'staff %', e.state <> 'received' AND "     \
	"(e.expected NOT NULL OR e.state <> (SELECT p.state FROM report_event p "        \
	"WHERE p.report_id = e.report_id AND p.id < e.id ORDER BY p.id DESC LIMIT 1)), " \
	"e.state <> 'received' OR e.note <> '') "

/* As REPORT, but its note is the last that may be told; and whether it came over Open311. */
#define LISTED                                                                                    \
	"SELECT r.id, r.reference, r.person_id, r.category, r.thing, r.area_id, r.address_id, "   \
	"r.asset_id, a.name, r.place, s.number, r.lat, r.lon, r.description, r.urgent, r.state, " \
	"r.state_at, r.created, max(r.promise, r.warned), r.expected, r.language, r.channel, "    \
	"r.contractor, r.contractor_ref, (SELECT iif(e.who = 'resident', '', e.note) "            \
	"FROM report_event e WHERE e.report_id = r.id AND " TOLD                                  \
	"ORDER BY e.id DESC LIMIT 1), r.merged_into, r.updated, "                                 \
	"o.report_id NOT NULL, o.media_url FROM "

#define LISTED_WITH                                                                    \
	"LEFT JOIN area a ON a.id = r.area_id LEFT JOIN asset s ON s.id = r.asset_id " \
	"LEFT JOIN open311 o ON o.report_id = r.id "

/* What comes after a moment and an id of a list, newest first, and whether it is open: of all, or of a category. */
#define WALK_OF(index, where, time)                                                         \
	"SELECT " time ", id, " OPEN_STATES " FROM report INDEXED BY " index " WHERE " time \
	" >= ?1 AND (" time ", id) < (?2, ?3) " where "ORDER BY " time " DESC, id DESC LIMIT ?4"

#define PART                                                                                  \
	"SELECT p.id, p.outbox_id, p.lane, o.number, p.wanted, o.text, p.piece, p.ref, "      \
	"p.ref_bits, p.part, p.total, p.tries, o.created, o.expires, p.due, p.state, p.line " \
	"FROM outbox_part p JOIN outbox o ON o.id = p.outbox_id "

#define FORWARD                                                                               \
	"SELECT id, report_id, event_id, contractor, key, tries, rung, due, created, error, " \
	"state, withdraws, their_ref FROM forward "

#define ADDRESS                                                                                 \
	"SELECT d.id, d.street_id, d.area_id, 0, t.name, t.place, a.name, a.slug, d.postcode, " \
	"d.suffix, d.number, '', '', '', d.lat, d.lon FROM address d "                          \
	"JOIN street t ON t.id = d.street_id LEFT JOIN area a ON a.id = d.area_id "

#define ASSET                                                                               \
	"SELECT 0, s.street_id, s.area_id, s.id, t.name, t.place, a.name, a.slug, '', '', " \
	"s.house_number, s.kind, s.number, s.detail, s.lat, s.lon FROM asset s "            \
	"LEFT JOIN street t ON t.id = s.street_id LEFT JOIN area a ON a.id = s.area_id "

#define CALL                                                                                  \
	"SELECT id, line, number, person_id, outgoing, began, answered, ended, cause, node, " \
	"keys, again, report_id, callout_id, caller_id FROM call "
#define CALLOUT                                                                             \
	"SELECT id, why = 'notice', number, person_id, language, text, state, due, since, " \
	"tries, line, cause, created, ended, notice_id FROM callout "
#define NOTICE                                                                                   \
	"SELECT id, key, state, go, kind, follows, title, words, audience, list, voice, start, " \
	"expires, quiet_from, quiet_to, canary, pace, who, created, ended, recipients, queued, " \
	"sent, delivered, failed, skipped, due, taking FROM notice "

/* Of table person: this one gets no notice of the list. */
#define MUST_NOT_OF(list)                                                           \
	"person.stopped OR person.blocked_at IS NOT NULL OR EXISTS (SELECT 1 FROM " \
	"notice_stop x WHERE x.person_id = person.id AND x.list = " list " COLLATE NOCASE)"
#define MUST_NOT MUST_NOT_OF("?3")

/* Of outbox o: no part of it has left or is on its way; one that has begun is sent to its end. */
#define NOT_BEGUN                                                                       \
	"NOT EXISTS (SELECT 1 FROM outbox_part p WHERE p.outbox_id = o.id AND p.state " \
	"NOT IN ('queued', 'behind'))"

/* Reports that say where somebody lives. */
#define GATHER "SELECT r.id, r.person_id, r.created, r.lat, r.lon FROM report r "

#define STAFF                                                                           \
	"f.id, f.name, f.role, f.language, f.password, f.number, f.totp, f.totp_step, " \
	"f.failures, f.locked_until, f.shift_until, f.created, f.ended, f.password_first FROM staff f "

#define STAFF_WAIT "SELECT staff_id, text, notice_id, until, due IS NULL FROM staff_wait "

#define RECORDING                                                                             \
	"SELECT id, call_id, person_id, report_id, for_city, path, seconds, at, done, erase " \
	"FROM recording "

const char *const store_statements[STMT_COUNT] = {
	/* people */
	[STMT_PERSON_FIND] = PERSON "WHERE number = ?",
	[STMT_PERSON_BY_ID] = PERSON "WHERE id = ?",
	[STMT_PERSON_ADD] = "INSERT INTO person (number, first_seen) VALUES (?, ?)",
	[STMT_PERSON_LANGUAGE] = "UPDATE person SET language = ? WHERE id = ?",
	[STMT_PERSON_STOP] = "UPDATE person SET stopped = ? WHERE id = ?",
	[STMT_PERSON_BLOCK] =
		"UPDATE person SET blocked_at = ifnull(blocked_at, ?), blocked_why = ? "
		"WHERE id = ?",
	[STMT_PERSON_RELEASE] = "UPDATE person SET blocked_at = NULL, blocked_why = NULL, "
				"hour_start = 0, hour_count = 0, same_text = NULL, same_count = 0 "
				"WHERE id = ?",
	[STMT_PERSON_SAME] = "SELECT hour_start, hour_count, same_count, same_text IS ? "
			     "FROM person WHERE id = ?",
	[STMT_PERSON_HEARD] =
		"UPDATE person SET last_line = coalesce(nullif(?, ''), last_line, ''), "
		"hour_start = ?, hour_count = ?, same_text = ?, same_count = ? WHERE id = ?",
	[STMT_PERSON_BLOCKED] = PERSON "WHERE blocked_at IS NOT NULL ORDER BY blocked_at",

	/* whose SIM */
	[STMT_SUBSCRIBER_GET] = "SELECT imsi, number, proved, asks, claim, path, code, code_at, "
				"tries FROM subscriber WHERE imsi = ?",
	[STMT_SUBSCRIBER_LOSE] = "UPDATE subscriber SET number = NULL, proved = 0 "
				 "WHERE number = ? AND imsi <> ?",
	[STMT_SUBSCRIBER_PUT] =
		"INSERT INTO subscriber (imsi, number, proved, asks, claim, path, code, code_at, "
		"tries, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (imsi) DO "
		"UPDATE SET number = excluded.number, proved = excluded.proved, "
		"asks = excluded.asks, claim = excluded.claim, path = excluded.path, "
		"code = excluded.code, code_at = excluded.code_at, tries = excluded.tries, "
		"updated = excluded.updated",
	[STMT_SUBSCRIBER_HAS] = "SELECT 1 FROM subscriber WHERE number = ? AND imsi <> ?",
	[STMT_SUBSCRIBER_CODE_ADD] =
		"INSERT INTO subscriber_code (imsi, number, at) VALUES (?, ?, ?)",
	[STMT_SUBSCRIBER_CODES] =
		"SELECT max((SELECT count(*) FROM subscriber_code WHERE imsi = ?1 AND at > ?2), "
		"(SELECT count(*) FROM subscriber_code WHERE number = ?3 AND at > ?2))",

	/* incoming */
	[STMT_INBOX_ADD] = "INSERT INTO inbox (key, line, number, text, received, sent, verdict) "
			   "VALUES (?, ?, ?, ?, ?, ?, ?)",
	[STMT_INBOX_SEEN] = "SELECT id FROM inbox WHERE key = ?",
	[STMT_INBOX_REPLACED] = "UPDATE inbox SET verdict = 'replaced' WHERE number = ? AND "
				"replace_type = ? AND replace_type <> 0 AND line = ? AND id <> ? "
				"AND verdict <> 'replaced'",
	[STMT_INBOX_REPLACES] = "UPDATE inbox SET replace_type = ? WHERE id = ?",
	[STMT_PART_ADD] =
		"INSERT INTO inbox_part (number, ref, ref_bits, total, line, part, piece, "
		"received, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[STMT_PART_PIECE] = "SELECT piece FROM inbox_part WHERE number = ? AND ref = ? AND "
			    "ref_bits = ? AND total = ? AND line = ? AND part = ?",
	[STMT_PART_OF_SENDER] = "SELECT count(*) FROM inbox_part WHERE number = ?",
	[STMT_PART_COUNT] = "SELECT count(*) FROM inbox_part WHERE number = ? AND ref = ? AND "
			    "ref_bits = ? AND total = ? AND line = ?",
	[STMT_PART_LIST] = "SELECT part, piece FROM inbox_part WHERE number = ? AND ref = ? AND "
			   "ref_bits = ? AND total = ? AND line = ?",
	[STMT_PART_DROP] = "DELETE FROM inbox_part WHERE number = ? AND ref = ? AND ref_bits = ? "
			   "AND total = ? AND line = ?",
	[STMT_PART_EXPIRED] = "SELECT line, number, ref, ref_bits, total FROM inbox_part "
			      "WHERE expires <= ? ORDER BY expires LIMIT 1",

	/* dialogue */
	[STMT_DIALOGUE_GET] =
		"SELECT person_id, state, line, due, expire_s, reminded FROM dialogue "
		"WHERE person_id = ?",
	[STMT_DIALOGUE_PUT] =
		"INSERT INTO dialogue (person_id, state, line, updated, due, expire_s, "
		"reminded) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (person_id) DO "
		"UPDATE SET state = excluded.state, line = excluded.line, "
		"updated = excluded.updated, due = excluded.due, "
		"expire_s = excluded.expire_s, reminded = excluded.reminded",
	[STMT_DIALOGUE_DROP] = "DELETE FROM dialogue WHERE person_id = ?",
	[STMT_DIALOGUE_DUE] =
		"SELECT person_id, state, line, due, expire_s, reminded FROM dialogue "
		"WHERE due <= ? ORDER BY due LIMIT 1",

	/* outgoing */
	[STMT_OUTBOX_ADD] = "INSERT INTO outbox (number, lane, line, text, created, expires, "
			    "report_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
	[STMT_OUTBOX_PART_ADD] =
		"INSERT INTO outbox_part (outbox_id, lane, wanted, part, total, ref, "
		"ref_bits, piece, state, due) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	/* Two walks of outbox_part_due, each stopping at the limit: a line's own, and any line's. */
	[STMT_OUTBOX_DUE] =
		"SELECT * FROM (" PART "WHERE p.state = 'queued' AND p.wanted = ?1 AND p.lane = ?3 "
		"AND p.due <= ?4 ORDER BY p.due, p.id LIMIT ?5) UNION ALL "
		"SELECT * FROM (" PART "WHERE p.state = 'queued' AND p.wanted = ?2 AND p.lane = ?3 "
		"AND p.due <= ?4 ORDER BY p.due, p.id LIMIT ?5) ORDER BY 15, 1 LIMIT ?5",
	[STMT_OUTBOX_SENDING] =
		"UPDATE outbox_part SET state = 'sending', line = ?, submitted = ?, "
		"mr = NULL, awaits = 1, settle = NULL WHERE id = ? AND "
		"state = 'queued'",
	[STMT_OUTBOX_SENT] = "UPDATE outbox_part SET state = 'sent', mr = ifnull(?, mr), "
			     "submitted = iif(state = 'sending', ?, submitted), settle = ?, "
			     "awaits = ?, cause = 0 WHERE id = ? AND "
			     "state IN ('sending', 'doubt', 'sent')",
	[STMT_OUTBOX_RETRY] =
		"UPDATE outbox_part SET state = 'queued', due = ?, tries = tries + ?, "
		"cause = ?, mr = NULL, awaits = 0, settle = NULL WHERE id = ? AND "
		"state IN ('queued', 'sending', 'doubt')",
	[STMT_OUTBOX_DOUBT] = "UPDATE outbox_part SET state = 'doubt', settle = ?, cause = ? "
			      "WHERE id = ? AND state IN ('sending', 'doubt')",
	[STMT_OUTBOX_FINAL] =
		"UPDATE outbox_part SET state = ?1, cause = ?2, awaits = ?1 = 'doubt', "
		"settle = NULL WHERE id = ?3 AND "
		"state NOT IN ('delivered', 'failed', 'expired')",
	[STMT_OUTBOX_NEXT] = "UPDATE outbox_part SET state = 'queued', due = ?1, "
			     "wanted = (SELECT line FROM outbox_part WHERE id = ?2) "
			     "WHERE outbox_id = (SELECT outbox_id FROM outbox_part WHERE id = ?2) "
			     "AND part = (SELECT part + 1 FROM outbox_part WHERE id = ?2) "
			     "AND state = 'behind'",
	[STMT_OUTBOX_REST] = "UPDATE outbox_part SET state = ?, cause = ?, settle = NULL "
			     "WHERE outbox_id = (SELECT outbox_id FROM outbox_part WHERE id = ?) "
			     "AND state IN ('queued', 'behind')",
	[STMT_OUTBOX_CLOSE] = "UPDATE outbox SET (state, finished) = (SELECT " OUTBOX_STATE
			      ", CASE WHEN " OUTBOX_UNFINISHED " THEN NULL ELSE ? END "
			      "FROM outbox_part p WHERE p.outbox_id = outbox.id) WHERE id = ?",
	[STMT_OUTBOX_OF_PART] = "SELECT outbox_id FROM outbox_part WHERE id = ?",
	[STMT_OUTBOX_SENDING_ON] =
		"SELECT id FROM outbox_part WHERE state = 'sending' AND line = ? "
		"LIMIT 1",
	[STMT_OUTBOX_SENDING_ANY] =
		"SELECT id FROM outbox_part WHERE state = 'sending' AND line > '' "
		"LIMIT 1",
	[STMT_OUTBOX_MATCH] = "SELECT p.id, o.number, p.submitted FROM outbox_part p "
			      "JOIN outbox o ON o.id = p.outbox_id "
			      "WHERE p.line = ? AND p.mr IS ? AND p.awaits = 1 ORDER BY p.id",
	[STMT_EARLY_ADD] = "INSERT INTO report_early (line, mr, number, status, sent, received) "
			   "VALUES (?, ?, ?, ?, ?, ?)",
	[STMT_EARLY_LIST] = "SELECT id, number, status FROM report_early WHERE line = ? AND mr = ? "
			    "AND received >= ? ORDER BY id",
	[STMT_EARLY_DROP] = "DELETE FROM report_early WHERE id = ?",
	[STMT_EARLY_TIDY] = "DELETE FROM report_early WHERE received < ?",
	[STMT_OUTBOX_SETTLE] = PART "WHERE p.settle <= ? ORDER BY p.settle LIMIT 1",
	[STMT_OUTBOX_PART] = PART "WHERE p.id = ?",
	[STMT_OUTBOX_REPIN] =
		"UPDATE outbox_part SET wanted = ? WHERE state = 'queued' AND wanted = ?",
	[STMT_OUTBOX_WANTED] =
		"SELECT min(wanted) FROM outbox_part WHERE state = 'queued' AND wanted > ?",
	[STMT_OUTBOX_EXPIRED] = "SELECT id FROM outbox WHERE state = 'queued' AND expires <= ? "
				"LIMIT 1",
	[STMT_OUTBOX_EXPIRE] = "UPDATE outbox_part SET state = 'expired', settle = NULL "
			       "WHERE outbox_id = ? AND state IN ('queued', 'behind')",
	[STMT_OUTBOX_QUEUED] = "SELECT total(lane = 0), total(lane = 1), total(lane = 2), "
			       "min(created) FROM outbox WHERE state = 'queued'",
	[STMT_OUTBOX_OPEN] = "SELECT (SELECT count(*) FROM outbox_part WHERE state = 'sending'), "
			     "(SELECT count(*) FROM outbox_part WHERE state = 'doubt')",
	[STMT_OUTBOX_LIST] =
		"SELECT o.id, o.text, o.state, coalesce(nullif(p.line, ''), o.line), o.created, "
		"o.lane FROM outbox o LEFT JOIN outbox_part p ON p.outbox_id = o.id AND p.part = 1 "
		"WHERE o.number = ?1 AND o.id > ?3 AND (?2 IS NULL OR "
		"coalesce(nullif(p.line, ''), o.line) IN (?2, '')) ORDER BY o.id",

	/* reports */
	[STMT_REPORT_LAST] = "SELECT ifnull(max(id), 0) FROM report",
	[STMT_REPORT_ADD] =
		"INSERT INTO report (reference, person_id, category, thing, area_id, "
		"address_id, asset_id, place, lat, lon, description, urgent, state, "
		"state_at, created, promise, expected, language, channel, contractor, "
		"contractor_ref, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
		"?, ?, ?, ?, ?, ?, ?, ?)",
	[STMT_REPORT_GET] = REPORT "WHERE r.id = ?",
	[STMT_REPORT_BY_REFERENCE] = REPORT "WHERE r.reference = ?",
	[STMT_REPORT_BY_CONTRACTOR] = REPORT "WHERE r.contractor = ? AND r.contractor_ref = ? "
					     "ORDER BY r.id DESC LIMIT 1",
	[STMT_REPORT_OF_PERSON] = REPORT
	"WHERE r.id IN (SELECT id FROM report WHERE person_id = ?1 UNION "
	"SELECT report_id FROM follower WHERE person_id = ?1) AND (r.created >= ?2 "
	"OR r." OPEN_STATES ") ORDER BY r.created DESC, r.id DESC LIMIT ?3",
	/* Strip by strip of the index, which has all that is compared. */
	[STMT_REPORT_NEAR] =
		"WITH RECURSIVE strip (n) AS (SELECT CAST((?1 - ?3) * 1000 AS INTEGER) UNION ALL "
		"SELECT n + 1 FROM strip WHERE n < CAST((?1 + ?3) * 1000 AS INTEGER)) " REPORT
		"JOIN (SELECT o.id AS id, (o.lat - ?1) * (o.lat - ?1) / (?3 * ?3) + "
		"(o.lon - ?2) * (o.lon - ?2) / (?4 * ?4) AS far FROM strip "
		"CROSS JOIN report o INDEXED BY report_open_near "
		"WHERE CAST(o.lat * 1000 AS INTEGER) = n AND o.lon BETWEEN ?2 - ?4 AND ?2 + ?4 "
		"AND o.lat BETWEEN ?1 - ?3 AND ?1 + ?3 AND o." OPEN_STATES " "
		"AND (?5 = '' OR o.thing = ?5) AND (?6 = '' OR o.category = ?6) "
		"AND (?7 = 0 OR o.area_id = ?7) AND (?8 = '' OR o.contractor = ?8) "
		"ORDER BY far, o.id LIMIT ?9) w ON w.id = r.id ORDER BY w.far, r.id",
	[STMT_REPORT_ON_ASSET] = REPORT "WHERE r.asset_id = ? AND r." OPEN_STATES
					" ORDER BY r.id DESC LIMIT ?",
	[STMT_REPORT_CHANGE] =
		"UPDATE report SET state = ?1, state_at = ?2, expected = ifnull(?3, expected), "
		"note = ifnull(?4, note), warn_due = CASE WHEN ?1 IN ('solved', 'closed', 'rejected') "
		"THEN NULL ELSE warn_due END WHERE id = ?5",
	[STMT_REPORT_NOTE] = "UPDATE report SET note = ifnull(?1, note) WHERE id = ?2",
	[STMT_REPORT_ASSIGN] = "UPDATE report SET contractor = ?, "
			       "contractor_ref = ifnull(?, contractor_ref) WHERE id = ?",
	[STMT_REPORT_WARNED] = "UPDATE report SET warned = ?, warn_due = ? WHERE id = ?",
	[STMT_REPORT_WARN_DUE] = REPORT "WHERE r.warn_due <= ? ORDER BY r.warn_due LIMIT 1",
	[STMT_REPORT_LIST] = REPORT
	"WHERE r.id < ?1 AND (?2 IS NULL OR r.state = ?2) AND (?3 IS NULL OR "
	"r.category = ?3) AND (?4 IS NULL OR a.slug = ?4) AND (?5 IS NULL OR "
	"r.contractor = ?5) AND r.created >= ?6 AND (?7 = 0 OR r." OPEN_STATES
	") ORDER BY r.id DESC LIMIT ?8",
	[STMT_EVENT_ADD] =
		"INSERT INTO report_event (report_id, at, state, who, channel, note, "
		"expected, written) SELECT id, ?2, state, ?3, ?4, ?5, ?6, ?7 FROM report WHERE id = ?1",
	[STMT_EVENT_GET] = EVENT "WHERE id = ?",
	[STMT_EVENT_LIST] = EVENT "WHERE report_id = ? ORDER BY id",
	[STMT_FOLLOW] = "INSERT INTO follower (report_id, person_id, since) VALUES (?, ?, ?)",
	[STMT_FOLLOWERS] = "SELECT f.person_id FROM follower f JOIN report r ON r.id = f.report_id "
			   "WHERE f.report_id = ? AND f.person_id IS NOT r.person_id LIMIT ?",
	[STMT_REPORT_TAKE_BACK] =
		"UPDATE report SET state = 'received', state_at = ?, contractor = '', "
		"contractor_ref = NULL, expected = NULL WHERE id = ?",
	[STMT_REPORT_MERGE] = "UPDATE report SET merged_into = ? WHERE id = ?",
	[STMT_FOLLOW_TOO] =
		"INSERT OR IGNORE INTO follower (report_id, person_id, since) "
		"SELECT ?1, person_id, ?3 FROM follower WHERE report_id = ?2 UNION "
		"SELECT ?1, person_id, ?3 FROM report WHERE id = ?2 AND person_id IS NOT NULL",
	[STMT_REPORT_MERGED] = REPORT "WHERE r.merged_into = ? ORDER BY r.id LIMIT ?",
	[STMT_SEARCH_WORDS] = LOOK_AT
	"FROM report_words w CROSS JOIN report r ON r.id = w.rowid WHERE "
	"report_words MATCH ? AND w.rowid < ? AND w.rowid >= ? ORDER BY w.rowid DESC",
	/* A small index says of each whether it is open, so few reports are read; of the others there is an id only. */
	[STMT_SEARCH_WORDS_OPEN] =
		"SELECT w.rowid, r.state, r.category, r.area_id, r.contractor FROM report_words w "
		"LEFT JOIN report r INDEXED BY report_open ON r.id = w.rowid AND r." OPEN_STATES " "
		"WHERE report_words MATCH ? AND w.rowid < ? AND w.rowid >= ? ORDER BY w.rowid DESC",
	[STMT_SEARCH_OPEN] = LOOK_AT "FROM report r WHERE r." OPEN_STATES
				     " AND r.id < ? ORDER BY r.id DESC",
	[STMT_SEARCH_OPEN_CATEGORY] = LOOK_AT "FROM report r WHERE r." OPEN_STATES
					      " AND r.category = ? AND r.id < ? "
					      "ORDER BY r.id DESC",
	[STMT_SEARCH_OPEN_AREA] = LOOK_AT "FROM report r WHERE r." OPEN_STATES
					  " AND r.area_id = ? AND r.id < ? ORDER BY r.id DESC",
	[STMT_SEARCH_CATEGORY] = LOOK_AT
	"FROM report r WHERE r.category = ? AND r.id < ? ORDER BY r.id DESC",
	[STMT_SEARCH_AREA] = LOOK_AT
	"FROM report r WHERE r.area_id = ? AND r.id < ? ORDER BY r.id DESC",
	[STMT_SEARCH_CONTRACTOR] = LOOK_AT
	"FROM report r WHERE r.contractor = ? AND r.contractor <> '' AND "
	"r.id < ? ORDER BY r.id DESC",
	[STMT_SEARCH_STATE] = LOOK_AT
	"FROM report r WHERE r.state = ? AND r.id < ? ORDER BY r.id DESC",
	[STMT_SEARCH_ALL] = LOOK_AT "FROM report r WHERE r.id < ? ORDER BY r.id DESC",

	/* forwarding */
	[STMT_FORWARD_ADD] =
		"INSERT INTO forward (report_id, event_id, contractor, key, due, created, state) "
		"SELECT ?1, ?2, ?3, ?4, ?5, ?5, CASE WHEN EXISTS (SELECT 1 FROM forward "
		"WHERE report_id = ?1 AND contractor = ?3 AND state <> 'done') "
		"THEN 'behind' ELSE 'due' END",
	/* The oldest that is due goes first; while nothing is due no row of the queue is looked at. */
	[STMT_FORWARD_DUE] = FORWARD
	"INDEXED BY forward_order WHERE state = 'due' AND contractor = ?1 AND due <= ?2 AND "
	"EXISTS (SELECT 1 FROM forward WHERE state = 'due' AND contractor = ?1 AND due <= ?2) "
	"ORDER BY id LIMIT 1",
	[STMT_FORWARD_GET] = FORWARD "WHERE id = ?",
	[STMT_FORWARD_ORDER_KEY] = "SELECT key FROM forward WHERE report_id = ? AND contractor = ? "
				   "AND event_id IS NULL AND NOT withdraws ORDER BY id LIMIT 1",
	[STMT_FORWARD_DONE] = "UPDATE forward SET state = 'done', done = ?, error = NULL "
			      "WHERE id = ? AND state <> 'done'",
	[STMT_FORWARD_NEXT] =
		"UPDATE forward SET state = 'due', due = ?1 WHERE id = (SELECT min(n.id) FROM forward d "
		"JOIN forward n ON n.report_id = d.report_id AND n.contractor = d.contractor AND "
		"n.state <> 'done' WHERE d.id = ?2) AND state = 'behind'",
	[STMT_FORWARD_RETRY] = "UPDATE forward SET state = 'due', due = ?, rung = ?, error = ?, "
			       "tries = tries + 1 WHERE id = ? AND state IN ('due', 'stuck')",
	[STMT_FORWARD_STUCK] = "UPDATE forward SET state = 'stuck', error = ?, tries = tries + 1 "
			       "WHERE id = ? AND state IN ('due', 'stuck')",
	[STMT_FORWARD_AGAIN] = "UPDATE forward SET state = 'due', due = ?1, rung = 0 WHERE "
			       "contractor = ?2 AND state <> 'done' AND state IN ('due', 'stuck')",
	[STMT_FORWARD_ROUTE] = "UPDATE forward SET contractor = ? WHERE report_id = ? AND "
			       "contractor = '' AND state <> 'done'",
	[STMT_FORWARD_OF_REPORT] = FORWARD "WHERE report_id = ? ORDER BY id",
	[STMT_FORWARD_OPEN] = FORWARD "WHERE state <> 'done' ORDER BY contractor, state, created",
	[STMT_FORWARD_OF_CONTRACTOR] = FORWARD
	"WHERE contractor = ? AND state <> 'done' ORDER BY state, created LIMIT ?",
	[STMT_FORWARD_COUNTS] =
		"SELECT total(state <> 'stuck'), total(state = 'stuck'), min(created) "
		"FROM forward WHERE contractor = ? AND state <> 'done'",
	[STMT_FORWARD_DROP] = "UPDATE forward SET state = 'done', done = ?, error = 'withdrawn' "
			      "WHERE report_id = ? AND contractor = ? AND (state IN ('stuck', "
			      "'behind') OR (state = 'due' AND tries = 0)) AND id <> ?",
	[STMT_FORWARD_HEARD] = "SELECT 1 FROM forward WHERE report_id = ? AND contractor = ? AND "
			       "error IS NOT 'withdrawn' LIMIT 1",
	[STMT_FORWARD_WITHDRAWS] = "UPDATE forward SET withdraws = 1, their_ref = ? WHERE id = ?",
	[STMT_FORWARD_THEIR_REF] = "UPDATE forward SET their_ref = ? WHERE report_id = ? AND "
				   "contractor = ? AND withdraws = 1 AND state <> 'done'",
	[STMT_POLL_GET] = "SELECT due, seen_until, failures FROM poll WHERE contractor = ?",
	[STMT_POLL_PUT] = "INSERT INTO poll (contractor, due, seen_until, failures) VALUES "
			  "(?, ?, ?, ?) ON CONFLICT (contractor) DO UPDATE SET due = excluded.due, "
			  "seen_until = excluded.seen_until, failures = excluded.failures",
	[STMT_UPDATE_KNOWN] = "SELECT 1 FROM update_seen WHERE contractor = ? AND key = ?",
	[STMT_UPDATE_SEEN] = "INSERT INTO update_seen (contractor, key, at) VALUES (?, ?, ?)",
	[STMT_POLL_OPEN_REFS] = "SELECT contractor_ref FROM report WHERE contractor = ? AND "
				"contractor_ref IS NOT NULL AND " OPEN_STATES " LIMIT ?",

	/* calls and what was recorded */
	[STMT_CALL_ADD] = "INSERT INTO call (line, number, person_id, outgoing, began, answered, "
			  "callout_id, caller_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	[STMT_CALL_TURN] = "UPDATE call SET node = ?, keys = ?, again = ?, person_id = ?, "
			   "report_id = ?, answered = ? WHERE id = ?",
	[STMT_CALL_END] =
		"UPDATE call SET ended = max(?, began), cause = ? WHERE id = ? AND ended IS NULL",
	[STMT_CALL_END_TRY] =
		"UPDATE call SET ended = max(?, began), cause = ? WHERE callout_id = ? AND "
		"ended IS NULL",
	[STMT_CALL_OPEN] = CALL "WHERE ended IS NULL AND id > ? ORDER BY id LIMIT 1",
	[STMT_CALL_LIST] = CALL "WHERE id < ? ORDER BY id DESC LIMIT ?",
	[STMT_CALL_TIDY] =
		"DELETE FROM call WHERE id IN (SELECT id FROM call c WHERE ended < ? AND NOT EXISTS "
		"(SELECT 1 FROM recording WHERE call_id = c.id) AND NOT EXISTS "
		"(SELECT 1 FROM call WHERE caller_id = c.id) LIMIT ?)",
	[STMT_REPORT_NEWEST] = "SELECT id FROM report WHERE person_id IS ? "
			       "ORDER BY created DESC, id DESC LIMIT 1",
	[STMT_RECORDING_ADD] =
		"INSERT INTO recording (call_id, person_id, for_city, path, at, erase) "
		"VALUES (?, ?, ?, '', ?, ?)",
	[STMT_RECORDING_PATH] = "UPDATE recording SET path = ? WHERE id = ?",
	[STMT_RECORDING_DONE] = "UPDATE recording SET done = 1, seconds = ? WHERE id = ?",
	[STMT_RECORDING_LINK] = "UPDATE recording SET report_id = ? WHERE id = ? AND "
				"person_id IS ? AND report_id IS NULL AND for_city = 0",
	[STMT_RECORDING_KEEP] = "UPDATE recording SET done = 1, seconds = ?, "
				"for_city = (report_id IS NULL) WHERE id = ?",
	[STMT_RECORDING_GET] = RECORDING "WHERE id = ?",
	[STMT_RECORDING_NEXT] = RECORDING "WHERE id > ? ORDER BY id LIMIT 1",
	[STMT_RECORDING_DUE] = RECORDING "WHERE erase <= ? ORDER BY erase LIMIT 1",
	[STMT_RECORDING_LATER] = "UPDATE recording SET erase = ? WHERE id = ?",
	[STMT_RECORDING_DROP] = "DELETE FROM recording WHERE id = ?",
	[STMT_RECORDING_OF_REPORT] = RECORDING "WHERE report_id = ? AND done = 1 ORDER BY id",
	[STMT_RECORDING_FOR_CITY] = RECORDING
	"WHERE report_id IS NULL AND for_city = 1 AND done = 1 ORDER BY id DESC LIMIT ?",

	/* notices */
	[STMT_SUBSCRIBE] = "INSERT INTO subscription (person_id, kind, ref, category, since) "
			   "VALUES (?, ?, ?, ?, ?)",
	[STMT_UNSUBSCRIBE] = "DELETE FROM subscription WHERE person_id = ? AND kind = ? AND "
			     "ref = ? AND category = ?",
	[STMT_SUBSCRIPTIONS] =
		"SELECT s.id, s.kind, s.ref, s.category, s.since, CASE s.kind WHEN 'street' THEN "
		"(SELECT name FROM street WHERE id = s.ref) WHEN 'area' THEN (SELECT name FROM "
		"area WHERE id = s.ref) END FROM subscription s WHERE s.person_id = ? "
		"ORDER BY s.kind, s.ref, s.category",
	[STMT_LIST_STOP] = "INSERT OR IGNORE INTO notice_stop (person_id, list, at) "
			   "VALUES (?, ?, ?)",
	[STMT_LIST_START] = "DELETE FROM notice_stop WHERE person_id = ? AND "
			    "list = ? COLLATE NOCASE",
	[STMT_LIST_FIND] = "SELECT list FROM notice WHERE list = ? COLLATE NOCASE AND list <> '' "
			   "LIMIT 1",
	[STMT_NOTICE_BY_KEY] = "SELECT id FROM notice WHERE key = ?",
	[STMT_NOTICE_ADD] =
		"INSERT INTO notice (key, state, go, kind, follows, title, words, audience, list, "
		"voice, start, expires, quiet_from, quiet_to, canary, pace, who, created, due, "
		"taking) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[STMT_NOTICE_GET] = NOTICE "WHERE id = ?",
	[STMT_NOTICE_OPEN] = NOTICE "WHERE ended IS NULL AND id > ? ORDER BY id LIMIT 1",
	[STMT_NOTICE_PUT] = "UPDATE notice SET state = ?, go = ?, canary = ?, due = ?, ended = ? "
			    "WHERE id = ?",
	[STMT_NOTICE_STOPPED_TEXT] =
		"SELECT o.id FROM outbox o JOIN notice n ON n.id = o.notice_id WHERE "
		"o.number = (SELECT number FROM person WHERE id = ?1) AND o.state = 'queued' AND " NOT_BEGUN
		" AND (?2 IS NULL OR n.list = ?2 COLLATE NOCASE) LIMIT 1",
	[STMT_NOTICE_STOPPED_CALL] =
		"SELECT c.id FROM callout c JOIN notice n ON n.id = c.notice_id WHERE "
		"c.person_id = ?1 AND c.state = 'waiting' AND "
		"(?2 IS NULL OR n.list = ?2 COLLATE NOCASE) LIMIT 1",
	/* also those that follow one of them */
	[STMT_NOTICE_REOPEN] =
		"UPDATE notice SET state = 'running', ended = NULL, due = expires WHERE "
		"state = 'done' AND expires > ?2 AND id IN (WITH RECURSIVE w (id) AS (SELECT id "
		"FROM notice WHERE follows = ?1 UNION SELECT n.id FROM w CROSS JOIN notice n "
		"ON n.follows = w.id) SELECT id FROM w)",
	[STMT_NOTICE_TAKE] = "UPDATE notice SET due = ? WHERE id = ? AND taking AND ended IS NULL",
	[STMT_NOTICE_TAKEN] = "UPDATE notice SET taking = 0, due = NULL "
			      "WHERE id = ? AND taking AND ended IS NULL",
	[STMT_NOTICE_LIST] = NOTICE "WHERE id < ? ORDER BY id DESC LIMIT ?",
	[STMT_NOTICE_GATHERED] = "UPDATE notice SET recipients = recipients + ?, "
				 "skipped = skipped + ? WHERE id = ?",
	[STMT_NOTICE_QUEUED] = "SELECT id FROM outbox o WHERE notice_id = ? AND notice_id NOT NULL "
			       "AND state = 'queued' AND " NOT_BEGUN " LIMIT 1",
	[STMT_NOTICE_CALLED] = "SELECT id FROM callout WHERE notice_id = ? AND notice_id NOT NULL "
			       "AND ended IS NULL AND state = 'waiting' LIMIT 1",
	[STMT_NOTICE_CALLS] = "SELECT count(*) FROM callout WHERE notice_id = ? AND "
			      "notice_id NOT NULL AND ended IS NULL",
	[STMT_NOTICE_CAP_PUT] = "INSERT INTO notice_cap (notice_id, alert) VALUES (?, ?)",
	[STMT_NOTICE_CAP_GET] = "SELECT alert FROM notice_cap WHERE notice_id = ?",
	[STMT_NOTICE_FIGURES] =
		"SELECT state, count(*), sum(recipients), sum(queued), sum(sent), sum(delivered), "
		"sum(failed), sum(skipped) FROM notice INDEXED BY notice_open "
		"WHERE ended IS NULL GROUP BY state",
	[STMT_RECIPIENT_PERSON] =
		"INSERT OR IGNORE INTO notice_recipient (notice_id, number, person_id, language, "
		"state) SELECT ?1, number, id, language, iif(" MUST_NOT ", 5, 0) "
		"FROM person WHERE id = ?2 RETURNING state, language",
	[STMT_RECIPIENT_NUMBER] =
		"INSERT OR IGNORE INTO notice_recipient (notice_id, number, person_id, language, "
		"state) SELECT ?1, ?2, person.id, ifnull(person.language, ?4), "
		"iif(person.id IS NOT NULL AND (" MUST_NOT "), 5, 0) "
		"FROM (SELECT 1) LEFT JOIN person ON person.number = ?2 RETURNING state, language",
	[STMT_RECIPIENT_FOLLOWERS] = "SELECT person_id FROM follower WHERE report_id = ?",
	[STMT_RECIPIENT_REPORT] = GATHER "WHERE r.id = ? AND r.id > ?",
	[STMT_RECIPIENT_AREA] = GATHER "WHERE r.area_id = ? AND r.id > ? ORDER BY r.id LIMIT ?",
	[STMT_RECIPIENT_STREET] = GATHER "JOIN address d ON d.id = r.address_id "
					 "WHERE d.street_id = ? AND r.id > ? "
					 "ORDER BY r.id LIMIT ?",
	[STMT_RECIPIENT_CATEGORY] = GATHER "WHERE r.category = ? AND r.id > ? AND "
					   "r." OPEN_STATES " ORDER BY r.id LIMIT ?",
	[STMT_RECIPIENT_LAT] = GATHER "WHERE (r.lat, r.id) > (?, ?) AND r.lat <= ? AND "
				      "r.created > 0 "
				      "ORDER BY r.lat, r.id LIMIT ?",
	[STMT_RECIPIENT_STREETS] = "SELECT id, person_id, ref FROM subscription "
				   "WHERE id > ? AND kind = 'street' ORDER BY id LIMIT ?",
	[STMT_STREET_IN_AREA] = "SELECT 1 FROM address WHERE street_id = ? AND area_id = ? LIMIT 1",
	[STMT_STREET_LAT] = "SELECT lat, lon FROM address WHERE street_id = ? AND "
			    "lat BETWEEN ? AND ?",
	[STMT_RECIPIENT_SUBSCRIBED] =
		"SELECT person_id FROM subscription WHERE kind = ? AND ref = ? AND category = ? "
		"AND person_id > ? ORDER BY person_id LIMIT ?",
	[STMT_RECIPIENT_SUBSCRIBERS] = "SELECT DISTINCT person_id FROM subscription "
				       "WHERE person_id > ? ORDER BY person_id LIMIT ?",
	[STMT_RECIPIENT_OF_NOTICE] =
		"SELECT number, language FROM notice_recipient WHERE notice_id = ? AND number > ? "
		"AND state IN (2, 3) ORDER BY number LIMIT ?",
	[STMT_NOTICE_LANGUAGE_ADD] =
		"INSERT INTO notice_language (notice_id, language, people) VALUES (?, ?, ?) "
		"ON CONFLICT DO UPDATE SET people = people + excluded.people",
	[STMT_NOTICE_LANGUAGES] = "SELECT language, people FROM notice_language "
				  "WHERE notice_id = ? ORDER BY people DESC, language",
	[STMT_RECIPIENT_PUT] =
		"UPDATE notice_recipient SET state = ? WHERE notice_id = ? AND number = ?",
	[STMT_RECIPIENT_GET] =
		"SELECT state FROM notice_recipient WHERE notice_id = ? AND number = ?",
	[STMT_RECIPIENT_DUE] =
		"SELECT t.number, t.person_id, ifnull(person.language, t.language), "
		"person.id IS NOT NULL AND (" MUST_NOT_OF(
			"?2") ") FROM notice_recipient t "
			      "LEFT JOIN person ON person.number = t.number WHERE t.notice_id = ?1 AND "
			      "t.state = 0 ORDER BY t.number LIMIT ?3",
	[STMT_RECIPIENT_BACK] = "UPDATE notice_recipient SET state = 0 WHERE (notice_id, number) = "
				"(SELECT notice_id, number FROM outbox WHERE id = ?)",
	[STMT_RECIPIENT_SKIP] = "UPDATE notice_recipient SET state = 5 WHERE (notice_id, number) = "
				"(SELECT notice_id, number FROM outbox WHERE id = ?)",
	[STMT_RECIPIENT_TO_CALL] =
		"SELECT t.number, t.person_id, ifnull(person.language, t.language), "
		"person.id IS NOT NULL AND (" MUST_NOT_OF(
			"?2") ") FROM notice_recipient t "
			      "LEFT JOIN person ON person.number = t.number WHERE t.notice_id = ?1 AND "
			      "t.state = 6 ORDER BY t.number LIMIT ?3",
	[STMT_RECIPIENT_CALL_BACK] = "UPDATE notice_recipient SET state = 6 WHERE "
				     "(notice_id, number) = "
				     "(SELECT notice_id, number FROM callout WHERE id = ?)",
	[STMT_OUTBOX_OF_NOTICE] = "UPDATE outbox SET notice_id = ? WHERE id = ?",
	[STMT_NOTICE_HELD] = "SELECT n.id FROM outbox_part p JOIN outbox o ON o.id = p.outbox_id "
			     "JOIN notice n ON n.id = o.notice_id "
			     "WHERE p.id = ? AND n.state <> 'running'",
	[STMT_OUTBOX_NO_NOTICE] = "UPDATE outbox SET notice_id = NULL WHERE id = ?",

	/* calls that we place */
	[STMT_CALLOUT_ADD] = "INSERT INTO callout (why, number, person_id, language, text, due, "
			     "created, notice_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	[STMT_CALLOUT_NO_NOTICE] = "UPDATE callout SET notice_id = NULL WHERE id = ?",
	[STMT_CALLOUT_GET] = CALLOUT "WHERE id = ?",
	[STMT_CALLOUT_DUE] = CALLOUT
	"WHERE state = 'waiting' AND due <= ?1 AND (due, id) > (?2, ?3) "
	"ORDER BY due, id LIMIT 1",
	[STMT_CALLOUT_DIAL] = "UPDATE callout SET state = 'dialling', line = ?, since = ?, "
			      "tries = tries + 1 WHERE id = ? AND state = 'waiting'",
	[STMT_CALLOUT_AGAIN] = "UPDATE callout SET state = 'waiting', due = ?, tries = tries - ?, "
			       "cause = ?, since = NULL WHERE id = ? AND state = 'dialling'",
	[STMT_CALLOUT_LATER] = "UPDATE callout SET due = ? WHERE id = ? AND state = 'waiting'",
	[STMT_CALLOUT_END] = "UPDATE callout SET state = ?, cause = ?, since = NULL, ended = ? "
			     "WHERE id = ? AND ended IS NULL",
	[STMT_CALLOUT_DIALLING] = CALLOUT "WHERE state = 'dialling' AND id > ? ORDER BY id LIMIT 1",
	[STMT_CALLOUT_BACK] = CALLOUT "WHERE number = ? AND why = 'call-back' AND ended IS NULL",
	[STMT_CALLOUT_RECENT] = "SELECT count(*) FROM callout WHERE number = ? AND created > ? "
				"AND why = 'call-back'",
	[STMT_CALLOUT_LIST] = CALLOUT "WHERE id < ? ORDER BY id DESC LIMIT ?",
	[STMT_CALLOUT_WAITING] = "SELECT (SELECT count(*) FROM callout WHERE state = 'waiting') + "
				 "(SELECT count(*) FROM callout WHERE state = 'dialling')",
	[STMT_CALLOUT_TIDY] =
		"DELETE FROM callout WHERE id IN (SELECT id FROM callout c WHERE ended < ? AND "
		"NOT EXISTS (SELECT 1 FROM call WHERE callout_id = c.id) LIMIT ?)",

	/* what is due, after a moment */
	[STMT_NEXT_DUE] =
		"SELECT (SELECT min(expires) FROM inbox_part WHERE expires > ?1), "
		"(SELECT min(due) FROM dialogue WHERE due > ?1), "
		"(SELECT min(due) FROM outbox_part WHERE state = 'queued' AND due > ?1), "
		"(SELECT min(expires) FROM outbox WHERE state = 'queued' AND expires > ?1), "
		"(SELECT min(settle) FROM outbox_part WHERE settle > ?1), "
		"(SELECT min(warn_due) FROM report WHERE warn_due > ?1), "
		"(SELECT min(due) FROM forward WHERE state = 'due' AND due > ?1), "
		"(SELECT min(due) FROM poll WHERE due > ?1), "
		"(SELECT min(erase) FROM recording WHERE erase > ?1), "
		"(SELECT min(due) FROM callout WHERE state = 'waiting' AND due > ?1), "
		"(SELECT min(due) FROM notice WHERE due > ?1), "
		"(SELECT min(due) FROM staff_wait WHERE due > ?1)",

	/* addresses and objects */
	[STMT_ADDRESS_BY_POSTCODE] = ADDRESS
	"WHERE d.postcode = ?1 AND d.number = ?2 AND "
	"(?3 IS NULL OR d.suffix = ?3) ORDER BY d.suffix LIMIT ?4",
	[STMT_ADDRESS_BY_STREET] = ADDRESS
	"WHERE d.street_id = ?1 AND d.number = ?2 AND "
	"(?3 IS NULL OR d.suffix = ?3) ORDER BY d.suffix LIMIT ?4",
	[STMT_ADDRESS_ON_STREET] = ADDRESS
	"WHERE d.street_id = ?1 ORDER BY d.number LIMIT 1 OFFSET "
	"(SELECT count(*) / 2 FROM address WHERE street_id = ?1)",
	[STMT_ADDRESS_OF_POSTCODE] = ADDRESS
	"WHERE d.postcode = ?1 ORDER BY d.number LIMIT 1 OFFSET "
	"(SELECT count(*) / 2 FROM address WHERE postcode = ?1)",
	[STMT_ASSET_BY_NUMBER] = ASSET
	"WHERE s.number = ?1 AND (?2 IS NULL OR s.kind = ?2) LIMIT ?3",
	[STMT_STREET_EXACT] = "SELECT id, name, place, folded FROM street WHERE folded = ? "
			      "ORDER BY id LIMIT ?",
	[STMT_STREET_LIKE] = "SELECT s.id, s.name, s.place, s.folded FROM (SELECT rowid AS id FROM "
			     "street_words WHERE street_words MATCH ? ORDER BY rank LIMIT ?) w "
			     "JOIN street s ON s.id = w.id",
	[STMT_AREA_FIND] = "SELECT id, name FROM area WHERE slug = ?",
	[STMT_AREA_BY_NAME] = "SELECT id FROM area WHERE name = ?",
	[STMT_AREA_SLUG] = "SELECT slug FROM area WHERE id = ?",
	[STMT_AREA_LIST] = "SELECT id, name, slug FROM area ORDER BY name",
	[STMT_MENU_TALLY] =
		"INSERT INTO menu_day (day, node, channel, came, left_off) VALUES (?, ?, ?, ?, ?) "
		"ON CONFLICT (day, node, channel) DO UPDATE SET came = came + excluded.came, "
		"left_off = left_off + excluded.left_off",
	[STMT_MENU_FIGURES] = "SELECT node, channel, sum(came), sum(left_off) FROM menu_day "
			      "WHERE day >= ? GROUP BY node, channel",
	[STMT_AREA_ADD] = "INSERT INTO area (name, slug) VALUES (?, ?)",
	[STMT_STREET_FIND] = "SELECT id FROM street WHERE name = ? AND place = ?",
	[STMT_STREET_ADD] = "INSERT INTO street (name, place, folded) VALUES (?, ?, ?)",
	[STMT_STREET_WORDS] = "INSERT INTO street_words (rowid, folded) VALUES (?, ?)",
	[STMT_ADDRESS_ANY] = "SELECT max(id) FROM address",
	/* A row that is there already and says the same is not written again. */
	[STMT_ADDRESS_PUT] =
		"INSERT INTO address (postcode, number, suffix, street_id, area_id, lat, lon) VALUES "
		"(?, ?, ?, ?, ?, ?, ?) ON CONFLICT (postcode, number, suffix) DO UPDATE SET "
		"street_id = excluded.street_id, area_id = ifnull(excluded.area_id, area_id), "
		"lat = excluded.lat, lon = excluded.lon WHERE street_id <> excluded.street_id OR "
		"area_id IS NOT ifnull(excluded.area_id, area_id) OR lat <> excluded.lat OR "
		"lon <> excluded.lon",
	[STMT_ASSET_PUT] =
		"INSERT INTO asset (kind, number, detail, street_id, house_number, area_id, lat, lon) "
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, number) DO UPDATE SET "
		"detail = excluded.detail, street_id = excluded.street_id, "
		"house_number = excluded.house_number, area_id = excluded.area_id, "
		"lat = excluded.lat, lon = excluded.lon",

	/* the city's agenda */
	[STMT_AGENDA_FIND] = "SELECT id FROM agenda WHERE code = ?",
	[STMT_AGENDA_PUT] =
		"INSERT INTO agenda (code, kind, titles, place, by_whom, south, west, north, east, "
		"starts, ends) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (code) DO UPDATE "
		"SET kind = excluded.kind, titles = excluded.titles, place = excluded.place, "
		"by_whom = excluded.by_whom, south = excluded.south, west = excluded.west, "
		"north = excluded.north, east = excluded.east, starts = excluded.starts, "
		"ends = excluded.ends WHERE (kind, titles, place, by_whom, south, west, north, east, "
		"starts, ends) IS NOT (excluded.kind, excluded.titles, excluded.place, "
		"excluded.by_whom, excluded.south, excluded.west, excluded.north, excluded.east, "
		"excluded.starts, excluded.ends)",
	[STMT_AGENDA_OPEN] = "SELECT id FROM agenda WHERE ends > ?",
	[STMT_AGENDA_END] = "UPDATE agenda SET ends = ? WHERE id = ?",
	[STMT_AGENDA_OF_STREET] = "SELECT min(lat), min(lon), max(lat), max(lon) FROM address "
				  "WHERE street_id = ? AND number BETWEEN ? AND ?",
	[STMT_AGENDA_OF_POSTCODE] = "SELECT min(lat), min(lon), max(lat), max(lon) FROM address "
				    "WHERE postcode = ?",
	[STMT_AGENDA_NEAR] =
		"SELECT id, code, kind, titles, place, by_whom, south, west, north, east, starts, "
		"ends FROM agenda WHERE ends > ?1 AND starts < ?2 AND north >= ?3 AND east >= ?4 "
		"AND south <= ?5 AND west <= ?6 ORDER BY kind, starts, id LIMIT ?7",

	/* who works for the city */
	[STMT_STAFF_ADD] = "INSERT INTO staff (name, role, language, password, number, totp, "
			   "totp_step, created, password_first) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[STMT_STAFF_PUT] =
		"UPDATE staff SET role = ?, language = ?, password = ?, number = ?, totp = ?, "
		"totp_step = ?, failures = ?, locked_until = ?, shift_until = ?, ended = ?, "
		"password_first = ? WHERE id = ?",
	[STMT_STAFF_GET] = "SELECT " STAFF "WHERE f.id = ?",
	[STMT_STAFF_FIND] = "SELECT " STAFF "WHERE f.name = ?",
	[STMT_STAFF_BY_NUMBER] = "SELECT " STAFF "WHERE f.number = ? AND f.ended IS NULL",
	[STMT_STAFF_LIST] = "SELECT " STAFF "ORDER BY f.name",
	[STMT_STAFF_WAIT_PUT] = "INSERT INTO staff_wait (staff_id, text, notice_id, until, due) "
				"VALUES (?, ?, ?, ?, ?) ON CONFLICT (staff_id) DO UPDATE SET "
				"text = excluded.text, notice_id = excluded.notice_id, "
				"until = excluded.until, due = excluded.due",
	[STMT_STAFF_WAIT_GET] = STAFF_WAIT "WHERE staff_id = ?",
	[STMT_STAFF_WAIT_DUE] = STAFF_WAIT "WHERE due <= ? ORDER BY due LIMIT 1",
	[STMT_STAFF_WAIT_DROP] = "DELETE FROM staff_wait WHERE staff_id = ?",
	[STMT_SESSION_ADD] =
		"INSERT INTO staff_session (token, staff_id, csrf, created, seen, expires) "
		"VALUES (?, ?, ?, ?, ?, ?)",
	[STMT_SESSION_FIND] =
		"SELECT s.staff_id, s.csrf, s.created, s.seen, s.expires, s.said NOT NULL, " STAFF
		"JOIN staff_session s ON s.staff_id = f.id WHERE s.token = ? AND s.expires > ? "
		"AND f.ended IS NULL",
	[STMT_SESSION_SEEN] = "UPDATE staff_session SET seen = ?, expires = ? WHERE token = ?",
	[STMT_SESSION_DROP] = "DELETE FROM staff_session WHERE token = ?",
	[STMT_SESSION_DROP_STAFF] = "DELETE FROM staff_session WHERE staff_id = ?",
	[STMT_SESSION_DROP_EXPIRED] = "DELETE FROM staff_session WHERE expires <= ?",
	[STMT_SESSION_SAY] = "UPDATE staff_session SET said = ? WHERE token = ?",
	[STMT_SESSION_SAID] = "SELECT said FROM staff_session WHERE token = ?",

	/* figures of reports */
	[STMT_REPORT_WEEKS] = "SELECT (day + 3) / 7, sum(n) FROM report_day WHERE what = ? AND "
			      "day >= ? AND day < ? AND name = '' GROUP BY 1",
	[STMT_REPORT_CATEGORIES] =
		"SELECT name, sum(n) FROM report_day WHERE what = 'category' AND day >= ? "
		"GROUP BY name ORDER BY 2 DESC, 1 LIMIT ?",
	[STMT_REPORT_AREAS] =
		"SELECT a.name, w.n FROM (SELECT name, sum(n) AS n FROM report_day WHERE "
		"what = 'area' AND day >= ? GROUP BY name ORDER BY 2 DESC, 1 LIMIT ?) w "
		"LEFT JOIN area a ON a.id = CAST(w.name AS INTEGER) ORDER BY w.n DESC, a.name",
	[STMT_EVENT_NEWEST] = "SELECT id FROM report_event WHERE id > ? ORDER BY id DESC LIMIT 1",
	[STMT_REPORT_TOOK] = "SELECT contractor, bucket, sum(n) FROM report_took WHERE week >= ? "
			     "GROUP BY 1, 2 HAVING sum(n) > 0 ORDER BY 1, 2",

	/* Open311 */
	[STMT_OPEN311_ADD] = "INSERT INTO open311 (report_id, source, key, content, media_url, "
			     "created) VALUES (?, ?, ?, ?, ?, ?)",
	[STMT_OPEN311_BY_KEY] =
		"SELECT report_id, content FROM open311 WHERE source = ? AND key = ?",
	[STMT_OPEN311_SAME] = "SELECT report_id FROM open311 WHERE source = ? AND content = ? AND "
			      "created >= ? ORDER BY created DESC LIMIT 1",
	[STMT_OPEN311_IS] = "SELECT report_id FROM open311 WHERE report_id = ? AND "
			    "source = ?",
	[STMT_OPEN311_UPDATE_ADD] =
		"INSERT INTO open311_update (source, update_id, event_id, media_url) VALUES (?, ?, ?, ?)",
	[STMT_OPEN311_UPDATE] =
		"SELECT event_id FROM open311_update WHERE source = ? AND update_id = ?",
	/* The state stands in the index too: which rows are wanted, and those of the pages before, is seen without
	 * looking at the table.  Of a time long ago few are open, of many that were filed or changed then. */
	[STMT_OPEN311_CREATED] = WALK_OF("report_list_created", "", "created"),
	[STMT_OPEN311_UPDATED] = WALK_OF("report_list_updated", "", "updated"),
	[STMT_OPEN311_OPEN] = WALK_OF("report_list_open", "AND " OPEN_STATES " ", "created"),
	[STMT_OPEN311_OPEN_UPDATED] = WALK_OF("report_list_open_updated", "AND " OPEN_STATES " ",
					      "updated"),
	[STMT_OPEN311_LANE_CREATED] = WALK_OF("report_list_category", "AND category = ?5 ",
					      "created"),
	[STMT_OPEN311_LANE_OPEN] = WALK_OF("report_list_open_category",
					   "AND category = ?5 AND " OPEN_STATES " ", "created"),
	[STMT_OPEN311_LANE_UPDATED] = WALK_OF("report_list_changed", "AND category = ?5 ",
					      "updated"),
	[STMT_OPEN311_BY_ID] = LISTED "report r " LISTED_WITH "WHERE r.id = ?",
	[STMT_OPEN311_REPORT] = LISTED "report r " LISTED_WITH "WHERE r.reference = ?",
	[STMT_OPEN311_EVENTS] =
		"SELECT e.id, e.report_id, e.at, e.expected, e.state, e.who, e.channel, e.note, "
		"e.written, r.reference, r.merged_into NOT NULL AND e.state = 'closed', u.media_url, " TOLD
		"FROM (SELECT id FROM report_event INDEXED BY report_event_written WHERE "
		"(written, id) > (?1, ?2) AND written <= ?3 ORDER BY written, id LIMIT ?4) w "
		"JOIN report_event e ON e.id = w.id JOIN report r ON r.id = e.report_id "
		"LEFT JOIN open311_update u ON u.event_id = e.id ORDER BY e.written, e.id",
	[STMT_OPEN311_MEDIA] =
		"SELECT media_url FROM open311 WHERE report_id = ?1 AND media_url NOT NULL "
		"UNION ALL SELECT u.media_url FROM report_event e JOIN open311_update u "
		"ON u.event_id = e.id WHERE e.report_id = ?1 AND u.media_url NOT NULL",
	[STMT_ADDRESS_NEAREST] = ADDRESS
	"WHERE d.lat BETWEEN ?1 - ?3 AND ?1 + ?3 AND d.lon BETWEEN ?2 - ?4 AND ?2 + ?4 "
	"ORDER BY (d.lat - ?1) * (d.lat - ?1) / (?3 * ?3) + (d.lon - ?2) * (d.lon - ?2) / "
	"(?4 * ?4), d.id LIMIT 1",

	/* all of one person */
	[STMT_DOSSIER_HEARD] = "SELECT received, text, verdict FROM inbox WHERE number = ? "
			       "ORDER BY received DESC LIMIT ?",
	[STMT_DOSSIER_SENT] = "SELECT created, text, state FROM outbox WHERE number = ? "
			      "ORDER BY id DESC LIMIT ?",
	[STMT_DOSSIER_HEARD_COUNT] = "SELECT count(*) FROM inbox WHERE number = ?",
	[STMT_DOSSIER_SENT_COUNT] = "SELECT count(*) FROM outbox WHERE number = ?",
	[STMT_DOSSIER_CALLS] = CALL "WHERE person_id = ? ORDER BY id DESC LIMIT ?",
	[STMT_DOSSIER_RECORDINGS] =
		"SELECT id, report_id, path, seconds, at FROM recording WHERE person_id = ?",
	[STMT_DOSSIER_LISTS] = "SELECT list FROM notice_stop WHERE person_id = ?",
	[STMT_DOSSIER_WHY] =
		"SELECT blocked_why FROM person WHERE id = ? AND blocked_at IS NOT NULL",
	[STMT_DOSSIER_CALLOUTS] = "SELECT why, ifnull(text, ''), state, created FROM callout WHERE "
				  "person_id = ?1 ORDER BY id DESC LIMIT ?3",
	/* Also those of a file of numbers, who were not known when it was read. */
	[STMT_DOSSIER_NOTICES] =
		"SELECT n.title, ifnull(r.language, ''), CASE r.state WHEN 0 THEN 'due' WHEN 1 "
		"THEN 'queued' WHEN 2 THEN 'sent' WHEN 3 THEN 'delivered' WHEN 4 THEN 'failed' "
		"WHEN 5 THEN 'skipped' ELSE 'to call' END, n.start FROM notice_recipient r JOIN notice n "
		"ON n.id = r.notice_id WHERE r.number = ?2 AND r.notice_id IN (SELECT id FROM "
		"notice) ORDER BY n.id DESC LIMIT ?3",
	[STMT_DOSSIER_CARDS] = "SELECT imsi, '', iif(proved, 'proved', 'said'), updated FROM "
			       "subscriber WHERE number = ?2 LIMIT ?3",
	[STMT_DOSSIER_DIALOGUE] =
		"SELECT line, state, '', updated FROM dialogue WHERE person_id = ?1 LIMIT ?3",
	[STMT_FORGET_CALLING] = "SELECT 1 FROM call WHERE person_id = ? AND ended IS NULL LIMIT 1",
	[STMT_FORGET_NOTE] =
		"INSERT INTO report_event (report_id, at, written, state, who, channel, note) SELECT "
		"id, ?2, ?2, state, ?3, ?4, 'reporter forgotten' FROM report WHERE person_id = ?1",
	[STMT_FORGET_HEARD] = "DELETE FROM inbox WHERE number = ?",
	[STMT_FORGET_HEARD_PARTS] = "DELETE FROM inbox_part WHERE number = ?",
	[STMT_FORGET_EARLY] = "DELETE FROM report_early WHERE number = ?",
	[STMT_FORGET_SUBSCRIBER] = "DELETE FROM subscriber WHERE number = ?",
	/* Cards that say to be of that number, and have not proved it. */
	[STMT_FORGET_CLAIMS] =
		"DELETE FROM subscriber WHERE claim = ? AND claim <> '' AND number IS NULL",
	[STMT_FORGET_CLAIM] = "UPDATE subscriber SET claim = '', asks = '', code = '', code_at = "
			      "NULL, path = '' WHERE claim = ? AND claim <> ''",
	[STMT_FORGET_CODES] = "DELETE FROM subscriber_code WHERE number = ?",
	[STMT_FORGET_SENT_PARTS] =
		"UPDATE outbox_part SET piece = x'', awaits = 0, state = CASE WHEN state IN "
		"('behind', 'queued', 'sending') OR settle IS NOT NULL THEN 'failed' ELSE state END, "
		"settle = NULL WHERE outbox_id IN (SELECT id FROM outbox WHERE number = ?)",
	[STMT_FORGET_SENT] =
		"UPDATE outbox SET number = '', text = '', state = CASE WHEN state IN ('queued', "
		"'sending') OR (state = 'doubt' AND finished IS NULL) THEN 'failed' ELSE state END, "
		"finished = ifnull(finished, ?2) WHERE number = ?1",
	/* Also those of a file of numbers, who were not known when it was read. */
	[STMT_FORGET_RECIPIENT_NUMBER] =
		"UPDATE notice_recipient SET state = iif(state IN (0, 1, 6), 5, state), "
		"person_id = NULL, number = '#' || hex(randomblob(8)) WHERE number = ?1 AND "
		"notice_id IN (SELECT id FROM notice)",
	[STMT_FORGET_RECIPIENT] =
		"UPDATE notice_recipient SET state = iif(state IN (0, 1, 6), 5, state), "
		"person_id = NULL, number = '#' || hex(randomblob(8)) WHERE person_id = ?",
	[STMT_FORGET_REPORTS] = "UPDATE report SET person_id = NULL WHERE person_id = ?",
	[STMT_FORGET_FOLLOWS] = "DELETE FROM follower WHERE person_id = ?",
	[STMT_FORGET_DIALOGUE] = "DELETE FROM dialogue WHERE person_id = ?",
	[STMT_FORGET_RECORDINGS] = "DELETE FROM recording WHERE person_id = ?",
	[STMT_FORGET_TRIES] = "UPDATE call SET number = NULL, callout_id = NULL WHERE callout_id "
			      "IN (SELECT id FROM callout WHERE person_id = ?)",
	[STMT_FORGET_CALLS] = "UPDATE call SET number = NULL, person_id = NULL WHERE person_id = ?",
	[STMT_FORGET_CALLOUTS_END] = "UPDATE callout SET state = 'dropped', ended = ?2 WHERE "
				     "person_id = ?1 AND ended IS NULL",
	[STMT_FORGET_CALLOUTS] = "DELETE FROM callout WHERE person_id = ?",
	[STMT_FORGET_SUBSCRIPTIONS] = "DELETE FROM subscription WHERE person_id = ?",
	[STMT_FORGET_STOPPED_LISTS] = "DELETE FROM notice_stop WHERE person_id = ?",
	[STMT_FORGET_PERSON] = "DELETE FROM person WHERE id = ?",

	/* alarms, memory, audit, figures */
	[STMT_ALARM_ON] = "INSERT INTO alarm (what, detail, since) VALUES (?, ?, ?)",
	[STMT_ALARM_OFF] = "UPDATE alarm SET ended = ? WHERE what = ? AND ended IS NULL",
	[STMT_ALARM_LIST_ON] = "SELECT what, detail, since, ended FROM alarm WHERE ended IS NULL "
			       "ORDER BY what",
	[STMT_ALARM_LIST] =
		"SELECT what, detail, since, ended FROM alarm ORDER BY id DESC LIMIT 1000",
	[STMT_REMEMBER] = "INSERT INTO remembered (owner, key, value) VALUES (?, ?, ?) ON CONFLICT "
			  "(owner, key) DO UPDATE SET value = excluded.value",
	[STMT_FORGET] = "DELETE FROM remembered WHERE owner = ? AND key = ?",
	[STMT_RECALL] = "SELECT value FROM remembered WHERE owner = ? AND key = ?",
	[STMT_AUDIT] = "INSERT INTO audit (at, who, what) VALUES (?, ?, ?)",
	/* Backwards by id, so a page costs what it shows, and words are looked for in so many rows. */
	[STMT_AUDIT_LIST] = "SELECT id, at, who, what FROM audit WHERE id < ?1 AND id >= ?2 AND "
			    "(?3 IS NULL OR instr(what, ?3)) ORDER BY id DESC LIMIT ?4",
	[STMT_AUDIT_OF] = "SELECT id, at, who, what FROM audit WHERE id < ?1 AND id >= ?2 AND "
			  "(?3 IS NULL OR instr(what, ?3)) AND who = ?5 ORDER BY id DESC LIMIT ?4",
	[STMT_AUDIT_NEWEST] = "SELECT max(id) FROM audit",
	[STMT_TIDY_UPDATES] =
		"DELETE FROM update_seen WHERE (contractor, key) IN (SELECT contractor, "
		"key FROM update_seen WHERE at < ? LIMIT ?)",
	[STMT_TIDY_INBOX] =
		"DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE received < ? "
		"LIMIT ?)",
	[STMT_TIDY_EARLY] = "DELETE FROM report_early WHERE id IN (SELECT id FROM report_early "
			    "WHERE received < ? LIMIT ?)",
	[STMT_TIDY_CODES] = "DELETE FROM subscriber_code WHERE id IN (SELECT id FROM "
			    "subscriber_code WHERE at < ? LIMIT ?)",
	[STMT_FIGURES] = "SELECT (SELECT count(*) FROM person WHERE blocked_at IS NOT NULL), "
			 "(SELECT count(*) FROM alarm WHERE ended IS NULL)",
	[STMT_FIGURES_TALLY] = "SELECT what, n FROM tally",
};

int stmt_prepare_all(struct store *st, const char **why)
{
	for (int i = 0; i < STMT_COUNT; i++) {
		OSMO_ASSERT(store_statements[i]);
		if (sqlite3_prepare_v3(st->db, store_statements[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &st->stmts[i], NULL) != SQLITE_OK) {
			*why = sqlite3_errmsg(st->db);
			return -EIO;
		}
	}
	return 0;
}

void stmt_finalize_all(struct store *st)
{
	for (int i = 0; i < STMT_COUNT; i++)
		sqlite3_finalize(st->stmts[i]);
}

static int bind_value(sqlite3_stmt *s, int at, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NULL:
		return sqlite3_bind_null(s, at);
	case VALUE_INT:
		return sqlite3_bind_int64(s, at, v->i);
	case VALUE_REAL:
		return sqlite3_bind_double(s, at, v->real);
	case VALUE_TEXT:
		return sqlite3_bind_text(s, at, v->bytes, -1, SQLITE_STATIC);
	case VALUE_BLOB:
		return sqlite3_bind_blob(s, at, v->bytes, v->len, SQLITE_STATIC);
	}
	OSMO_ASSERT(false);
}

sqlite3_stmt *stmt_bind(struct store *st, enum stmt which, const struct value *values, size_t n)
{
	sqlite3_stmt *s = st->stmts[which];

	sqlite3_reset(s);
	OSMO_ASSERT((size_t)sqlite3_bind_parameter_count(s) == n);
	for (size_t i = 0; i < n; i++)
		OSMO_ASSERT(bind_value(s, i + 1, &values[i]) == SQLITE_OK);
	return s;
}

static int stmt_failed(struct store *st, sqlite3_stmt *s)
{
	int code = sqlite3_extended_errcode(st->db);

	if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY) {
		sqlite3_reset(s);
		return -EEXIST;
	}
	LOGP(DSTORE, LOGL_ERROR, "%s: %s (%s), in: %.60s\n", st->path, sqlite3_errmsg(st->db),
	     sqlite3_errstr(code), sqlite3_sql(s));
	sqlite3_reset(s);
	return -EIO;
}

/* A write belongs to a step.  When SQLite has rolled the whole group back by itself (disk full, I/O
 * error) the rest of its writes must not become transactions of their own. */
static bool may_write(struct store *st, sqlite3_stmt *s)
{
	if (sqlite3_stmt_readonly(s))
		return true;
	OSMO_ASSERT(st->in_step);
	return !sqlite3_get_autocommit(st->db);
}

int stmt_row(struct store *st, sqlite3_stmt *s)
{
	if (!may_write(st, s))
		return -EIO;
	switch (sqlite3_step(s)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		sqlite3_reset(s);
		return 0;
	default:
		return stmt_failed(st, s);
	}
}

void stmt_end(sqlite3_stmt *s)
{
	sqlite3_reset(s);
}

int stmt_run(struct store *st, enum stmt which, const struct value *values, size_t n)
{
	sqlite3_stmt *s = stmt_bind(st, which, values, n);
	int rc;

	while ((rc = stmt_row(st, s)) > 0)
		;
	return rc < 0 ? rc : sqlite3_changes(st->db);
}

int stmt_get(struct store *st, int64_t *out, enum stmt which, const struct value *values, size_t n)
{
	sqlite3_stmt *s = stmt_bind(st, which, values, n);
	int rc = stmt_row(st, s);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	if (sqlite3_column_type(s, 0) == SQLITE_NULL)
		rc = -ENOENT;
	else
		*out = sqlite3_column_int64(s, 0);
	stmt_end(s);
	return rc < 0 ? rc : 0;
}

int store_failed(struct store *st, const char *doing)
{
	LOGP(DSTORE, LOGL_ERROR, "%s: cannot %s: %s\n", st->path, doing, sqlite3_errmsg(st->db));
	return -EIO;
}

int store_sql(struct store *st, const char *sql)
{
	if (sqlite3_exec(st->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return store_failed(st, sql);
}
