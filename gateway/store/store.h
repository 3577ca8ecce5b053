/* store.h - the only SQL: one SQLite file, statements prepared once, migrations from sql/.
 *
 * WAL, synchronous FULL.  Main thread only; checkpoints have their own (store_checkpoint_aside).  Everything that is written belongs to a step
 * (store_begin .. store_end): a step is wholly done or not at all.  Steps are gathered into a group
 * that one commit makes durable (group commit); what may only happen after it (acknowledge,
 * submit, answer a request) is given to store_after() and called in order.
 *
 *   store_begin(st);                        a savepoint within the group
 *   ... reads and writes ...
 *   store_after(st, settle, token);         runs after the group's commit
 *   store_end(st);  or  store_undo(st);     keep or forget this step alone
 *   store_commit(st);                       the loop does that when it would otherwise wait
 *
 * A write outside a step is a mistake of the caller and ends the program.  A function that is called
 * for each row (each) may read and write, but not call the function that is calling it.
 *
 * Errors: 0 or -errno.  -ENOENT no such row, -EEXIST a unique key is taken (both leave the step
 * usable), -EIO any other database error: logged here, the caller undoes the step.
 * Texts that come out are talloc children of the ctx that was given.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "talk/report.h"
#include "wire/phone.h"
#include "wire/sms_text.h"

struct store;
struct sqlite3;

/* ---- life ---- */

/*! Open and bring to the newest schema; each migration in a transaction of its own.
 *  \param[in] path  file, created if absent; ":memory:" for tests
 *  \param[out] error  what to do about it, talloc child of ctx
 *  \returns NULL on error: no such folder, not a database, newer than this program, damaged */
struct store *store_open(void *ctx, const char *path, char **error);
/*! For the line: checkpoints are made beside the loop from now on, by a thread, and do not keep a commit waiting.
 *  Without it (commands) a commit that makes the log long copies it by itself.
 *  \returns 0; -EIO the file cannot be opened again, -EAGAIN no thread: it stays as it was */
int store_checkpoint_aside(struct store *st);
/*! Commits what is open, checkpoints and closes. */
void store_close(struct store *st);
int store_schema_version(const struct store *st);
/*! A consistent copy while the line runs (SQLite's backup), in steps.  Commits what is open.
 *  \param[in] path  overwritten if it is there
 *  \param[in] progress  called with pages left and in all; may be NULL */
int store_backup(struct store *st, const char *path,
		 void (*progress)(int left, int all, void *data), void *data);
/*! PRAGMA integrity_check and foreign_key_check and our own rules; appends findings to a talloc'd text.
 *  \returns number of findings; -EIO */
int store_check(void *ctx, struct store *st, char **findings);
/*! Seed of random references, for tests and menu play; without it libsodium's generator. */
void store_seed(struct store *st, uint64_t seed);
uint64_t store_random(struct store *st);

/* ---- steps ---- */

int store_begin(struct store *st);
/*! As store_begin(), but while another program writes wait only a moment: someone waits at the phone. */
int store_begin_soon(struct store *st);
int store_end(struct store *st);
void store_undo(struct store *st);
/*! Called after the group's commit with ok true; if the commit failed or the step was undone
 *  with ok false.  Outside a step and with no group open: called at once.  A call may begin steps
 *  (of a new group) and commit them: what waits for those is called after what waits already. */
void store_after(struct store *st, void (*call)(void *data, uint64_t arg, bool ok), void *data,
		 uint64_t arg);
/*! Make the group durable and run what waits for it. 0 if nothing was open. -EIO: all steps of the
 *  group are gone, every waiting call got ok false. */
int store_commit(struct store *st);
/*! What is deleted in this group must not stand in the log either (FILE-wal): it is cut to nothing after the commit.
 *  A program that reads the database can keep that from happening; it is tried again (with store_checkpoint_aside()
 *  ten times a second, else after each commit), without waiting. */
void store_cut_log(struct store *st);
/*! The same outside of a group, waiting for others that read: not for the loop.  \returns whether it is done */
bool store_cut_log_now(struct store *st);

/*! The last group could not be made durable: the disk is full, or may not be written. */
bool store_is_failing(const struct store *st);
bool store_group_open(const struct store *st);
unsigned int store_group_steps(const struct store *st);
/* Since the store was opened: steps that were made durable, in how many commits, and how long these took. */
struct store_work {
	uint64_t steps, commits, commit_us;
};
const struct store_work *store_work_done(const struct store *st);

/* ---- people ---- */

struct person {
	int64_t id;
	char number[PHONE_SIZE];
	char language[16]; /* "" not chosen */
	bool stopped, blocked;
	bool heard;	    /* by any line, once */
	char last_line[32]; /* that heard a text of theirs last: texts leave by it; "" none */
	int64_t first_seen_s, hour_start_s;
	unsigned int hour_count, same_count;
	int64_t blocked_at_s;
};

/*! Find by number or make. */
int store_person_get(struct store *st, const char *number, int64_t now_s, struct person *out);
int store_person_find(struct store *st, const char *number, struct person *out);
int store_person_by_id(struct store *st, int64_t id, struct person *out);
int store_person_language(struct store *st, int64_t id, const char *language);
/*! STOP, or no more so.  What is queued for them of notices does not leave: those recipients are skipped. */
int store_person_stop(struct store *st, int64_t id, bool stopped, int64_t now_s);
int store_person_block(struct store *st, int64_t id, const char *why,
		       int64_t now_s); /* why NULL: release; clears the counters */
/*! Count a text, or a code dialled, for the hourly ceiling and the loop guard and note the line.
 *  \param[in] line  "": one that carries no texts; last_line stays
 *  \param[in] folded  the text to compare with the last one; NULL: do not count as same
 *  \param[in,out] person  gets the new counters */
int store_person_heard(struct store *st, struct person *person, const char *line,
		       const char *folded, int64_t now_s);
int store_person_blocked_list(struct store *st,
			      bool (*each)(const struct person *p, const char *why, void *data),
			      void *data);

/* ---- whose SIM ---- */

#define SUBSCRIBER_IMSI_SIZE 20	 /* 15 digits, TS 23.003 2.2, and what a network may make of it */
#define SUBSCRIBER_PATH_SIZE 184 /* a USSD string has 182 characters at most */

struct subscriber {
	char imsi[SUBSCRIBER_IMSI_SIZE];
	char number[PHONE_SIZE]; /* "" not known */
	bool proved;		 /* by the network, or by a code that was texted to it */
	char asks[8];		 /* what is being asked: "", number, confirm, code */
	char claim[PHONE_SIZE];
	char path[SUBSCRIBER_PATH_SIZE];
	char code[40]; /* its hash */
	int64_t code_at_s;
	unsigned int tries;
};
int store_subscriber_get(struct store *st, const char *imsi, struct subscriber *out); /* -ENOENT */
/*! A number that another SIM had is this one's from now on. */
int store_subscriber_put(struct store *st, const struct subscriber *sub, int64_t now_s);
/*! Has another SIM this number? 1 or 0 */
int store_subscriber_has(struct store *st, const char *number, const char *but_imsi);
int store_subscriber_code_add(struct store *st, const char *imsi, const char *number,
			      int64_t now_s);
/*! Codes since: of the SIM, or to the number, whichever are more. \returns count */
int store_subscriber_codes(struct store *st, const char *imsi, const char *number, int64_t since_s);

/* ---- incoming ---- */

/*! Write down a text. -EEXIST: it has been taken before (nothing changes). */
int store_inbox_add(struct store *st, const char *key, const char *line, const char *number,
		    const char *text, int64_t received_s, int64_t sent_s, const char *verdict,
		    int64_t *id);
/*! The text with this id takes the place of what its sender sent before it with this replace type (1 to 7)
 *  over this line: that is kept as "replaced". \returns how many were, -EIO */
int store_inbox_replace(struct store *st, int64_t id, const char *line, const char *number,
			uint8_t replace);
int store_inbox_seen(struct store *st, const char *key); /* 1, 0 */

struct inbox_set {
	char line[32], number[PHONE_SIZE];
	uint16_t ref;
	uint8_t ref_bits, total;
};
/*! Keep a part. The same part with the same piece again: 0, nothing changes.  -EEXIST: that part is there
 *  with another piece, so the set is another text whose reference is used again: store_part_take() it
 *  (it is read with gaps), then add.  -ENOSPC: this sender has max_parts waiting. */
int store_part_add(struct store *st, const struct inbox_set *set, uint8_t part,
		   const struct sms_piece *piece, int64_t received_s, int64_t expires_s,
		   unsigned int max_parts);
/*! 1 if the very same part with the very same piece is there, -EEXIST if the part is there with another, 0 if not. */
int store_part_seen(struct store *st, const struct inbox_set *set, uint8_t part,
		    const struct sms_piece *piece);
int store_part_count(struct store *st, const struct inbox_set *set);
/*! Take a set out: pieces[0..total-1], missing ones as sms_text.h marks them; the rows go. -ENOENT */
int store_part_take(struct store *st, const struct inbox_set *set, struct sms_piece *pieces);
/*! The set whose time is up first. -ENOENT */
int store_part_expired(struct store *st, int64_t now_s, struct inbox_set *set);

/* ---- dialogue ---- */

struct dialogue_row {
	int64_t person_id;
	char *state;
	char line[32];
	int64_t due_s; /* 0 none */
	int expire_s;
	bool reminded;
};
int store_dialogue_get(void *ctx, struct store *st, int64_t person_id, struct dialogue_row *out);
int store_dialogue_put(struct store *st, const struct dialogue_row *row, int64_t now_s);
int store_dialogue_drop(struct store *st, int64_t person_id);
int store_dialogue_due(void *ctx, struct store *st, int64_t now_s,
		       struct dialogue_row *out); /* earliest due */

/* ---- outgoing ---- */

enum outbox_lane { OUTBOX_REPLY, OUTBOX_STATUS, OUTBOX_NOTICE, OUTBOX_LANES };

/*! Queue a text with its parts. */
int store_outbox_add(struct store *st, const char *number, enum outbox_lane lane, const char *line,
		     const char *text, const struct sms_piece *pieces, uint8_t total, uint16_t ref,
		     uint8_t ref_bits, int64_t now_s, int64_t expires_s, int64_t report_id,
		     int64_t *id);

struct outbox_due {
	int64_t part_id, outbox_id;
	enum outbox_lane lane;
	char number[PHONE_SIZE];
	char line[32]; /* wanted, "" any; from store_outbox_settle_due: that had it */
	char *text;    /* NULL from store_outbox_part and store_outbox_settle_due */
	struct sms_piece piece;
	uint16_t ref;
	uint8_t ref_bits, part, total;
	unsigned int tries;
	int64_t created_s, expires_s;
};
/*! The next parts to send, by lane, then age: up to max, not those of other wanted lines than line.
 *  Only first parts, or parts whose predecessors are sent: those want the line that sent these.
 *  \param[in] any_lanes  of so many lanes, from the first, also what any line may send
 *  \returns count */
int store_outbox_due(void *ctx, struct store *st, const char *line, unsigned int any_lanes,
		     int64_t now_s, struct outbox_due *out, size_t max);
/*! One part, without its text (NULL). -ENOENT */
int store_outbox_part(struct store *st, int64_t part_id, struct outbox_due *out);
/* What became of a part.  -ENOENT no such part; a word that comes too late (the part has got further, as
 * when a status report overtakes the answer) changes nothing and is no error. */
int store_outbox_sending(struct store *st, int64_t part_id, const char *line, int64_t now_s);
int store_outbox_sent(struct store *st, int64_t part_id, int mr, int64_t now_s,
		      int64_t settle_s); /* settle 0: no report awaited */
int store_outbox_retry(struct store *st, int64_t part_id, int64_t due_s, bool counts, int cause);
int store_outbox_doubt(struct store *st, int64_t part_id, int64_t settle_s, int cause);
/*! Final: delivered, failed, expired, sent (no report came or none was wanted), or doubt (it stays unknown). Closes
 *  the outbox row when all its parts are. When one part failed for good the parts not yet sent fail with it. */
int store_outbox_final(struct store *st, int64_t part_id, const char *state, int cause,
		       int64_t now_s);
/*! After a restart: what was being sent is in doubt; with settle_s 0 (the line drops repeats) it is queued
 *  again. \returns count */
int store_outbox_interrupted(struct store *st, const char *line, int64_t settle_s);
/*! Match a status report: parts of this line that are sent, in doubt or sending, with this mr and number
 *  (last 8 digits), the oldest of those near sent_s, else the oldest; else one in doubt without an mr, same number,
 *  submitted within 60 s of sent_s.
 *  \returns 0 and the part; -ENOENT */
int store_outbox_match(struct store *st, const char *line, int mr, const char *number,
		       int64_t sent_s, int64_t *part_id);
int store_report_early_add(struct store *st, const char *line, int mr, const char *number,
			   int status, int64_t sent_s, int64_t now_s);
/*! Take an early report that fits what has just been sent. \returns its TP-ST; -ENOENT. Also drops those older than a
 *  day. */
int store_report_early_take(struct store *st, const char *line, int mr, const char *number,
			    int64_t now_s);
int store_outbox_settle_due(struct store *st, int64_t now_s, struct outbox_due *out, char *state,
			    size_t state_size); /* earliest; -ENOENT */
/*! Texts that wanted one line and are still queued may take another. \returns count */
int store_outbox_repin(struct store *st, const char *line, const char *other);
/*! The next name after this one, in order, of a line that queued texts want; "" first. -ENOENT */
int store_outbox_wanted(struct store *st, const char *after, char *name, size_t size);
int store_outbox_expire_due(
	struct store *st,
	int64_t now_s); /* queued parts past their text's expiry become expired; count */
struct outbox_counts {
	int64_t queued[3], sending, doubt;
	int64_t oldest_s;
};
int store_outbox_counts(struct store *st, struct outbox_counts *out);
struct outbox_text {
	int64_t id;
	const char *text, *state, *line;
	int64_t at_s;
	int lane;
};
/*! For the handset and the console: texts to a number, after an id. each returns false to stop.
 *  \param[in] line  only what leaves by it or by any; NULL all */
int store_outbox_list(struct store *st, const char *number, const char *line, int64_t after,
		      bool (*each)(const struct outbox_text *t, void *data), void *data);

/* ---- reports ---- */

/*! Add: makes a reference (longer when the space fills), sets r->id and r->reference. Also writes the first event. */
int store_report_add(struct store *st, struct report *r);
int store_report_get(void *ctx, struct store *st, int64_t id, struct report *out);
int store_report_by_reference(void *ctx, struct store *st, const char *reference,
			      struct report *out);
int store_report_by_contractor(void *ctx, struct store *st, const char *contractor,
			       const char *their_ref, struct report *out);
int store_report_of_person(
	void *ctx, struct store *st, int64_t person_id, int64_t since_s, struct report *out,
	size_t max); /* own and followed, newest first; those older than since while open; count */
struct report_near {
	double lat, lon, lat_span, lon_span;	   /* a box: so many degrees either way */
	const char *thing, *category, *contractor; /* NULL or "": any */
	int64_t area_id;			   /* 0 any */
};
/*! Open reports in a box, nearest first, to be measured by the caller. \returns count */
int store_report_near(void *ctx, struct store *st, const struct report_near *near,
		      struct report *out, size_t max);
int store_report_on_asset(void *ctx, struct store *st, int64_t asset_id, struct report *out,
			  size_t max); /* open ones */
struct report_change {
	enum report_state state;
	int64_t at_s, expected_s;	  /* expected 0: unchanged */
	const char *who, *channel, *note; /* note NULL or "": none */
	int64_t now_s;			  /* when it is written down; 0: at_s */
};
/*! Change the state and write the event. The rules are the caller's (report_may_become). */
int store_report_change(struct store *st, int64_t id, const struct report_change *change,
			int64_t *event_id);
/*! Write an event without a change of state (a note). */
int store_report_note(struct store *st, int64_t id, const struct report_change *change,
		      int64_t *event_id);
int store_report_assign(struct store *st, int64_t id, const char *contractor,
			const char *their_ref); /* their_ref NULL: unchanged */
/* Solved, closed and rejected reports are not warned about any more; when one is reopened say when again. */
int store_report_warned(struct store *st, int64_t id, int64_t promised_s,
			int64_t next_due_s); /* next 0: none */
int store_report_warn_due(void *ctx, struct store *st, int64_t now_s,
			  struct report *out); /* earliest; -ENOENT */
struct report_event {
	int64_t id, report_id, at_s, expected_s;
	enum report_state state;
	const char *who, *channel, *note;
	int64_t written_s; /* by our clock; at_s is by that of who said so */
};
int store_event_get(void *ctx, struct store *st, int64_t id, struct report_event *out);
int store_event_list(struct store *st, int64_t report_id,
		     bool (*each)(const struct report_event *e, void *data), void *data);
struct report_filter {
	const char *state, *category, *area, *contractor;
	int64_t since_s;
	bool open_only;
	size_t limit;
	int64_t before_id;
};
int store_report_list(void *ctx, struct store *st, const struct report_filter *f,
		      bool (*each)(const struct report *r, void *data), void *data);
int store_follow(struct store *st, int64_t report_id, int64_t person_id,
		 int64_t now_s); /* -EEXIST */
int store_followers(struct store *st, int64_t report_id, int64_t *person_ids,
		    size_t max); /* count, reporter not included */

/* ---- forwarding ---- */

struct forward {
	int64_t id, report_id, event_id; /* event 0: the order */
	char contractor[48], key[48];
	unsigned int tries, rung;
	int64_t due_s, created_s;
	char *error;	 /* of the last try, NULL none */
	bool withdraws;	 /* the order is taken back (store_casework.h) */
	char *their_ref; /* then: the number at whom it was */
};
int store_forward_add(struct store *st, int64_t report_id, int64_t event_id, const char *contractor,
		      int64_t now_s, int64_t *id);
/*! The next one for a contractor: its oldest due row, and never a row of a report while an
 *  older row of the same report and contractor is not done (order is kept). */
int store_forward_due(void *ctx, struct store *st, const char *contractor, int64_t now_s,
		      struct forward *out);
int store_forward_get(void *ctx, struct store *st, int64_t id, struct forward *out);
int store_forward_route(struct store *st, int64_t report_id,
			const char *contractor); /* its rows that had none */
/*! Key of the first order of a report that went to a contractor, child of ctx; NULL none. */
char *store_forward_order_key(void *ctx, struct store *st, int64_t report_id,
			      const char *contractor);
int store_forward_done(struct store *st, int64_t id, int64_t now_s);
int store_forward_retry(struct store *st, int64_t id, int64_t due_s, unsigned int rung,
			const char *error);
int store_forward_stuck(struct store *st, int64_t id, const char *error);
int store_forward_again(struct store *st, const char *contractor,
			int64_t now_s); /* operator: stuck and waiting rows are due now; count */
/* each: state is due, done, stuck or behind (waits for an older one of its report) */
int store_forward_list(void *ctx, struct store *st, int64_t report_id,
		       bool (*each)(const struct forward *f, const char *state, void *data),
		       void *data); /* report 0: all not done */
/*! The same of one contractor ("": of none yet), not done, by state and the oldest first, up to max. */
int store_forward_of_contractor(void *ctx, struct store *st, const char *contractor, size_t max,
				bool (*each)(const struct forward *f, const char *state,
					     void *data),
				void *data);
struct forward_counts {
	int64_t due, stuck, oldest_s;
};
int store_forward_counts(struct store *st, const char *contractor, struct forward_counts *out);
int store_poll_get(struct store *st, const char *contractor, int64_t *due_s, int64_t *seen_until_s,
		   unsigned int *failures); /* -ENOENT */
int store_poll_put(struct store *st, const char *contractor, int64_t due_s, int64_t seen_until_s,
		   unsigned int failures);
int store_update_known(struct store *st, const char *who, const char *key); /* 1, 0 */
/*! Note an update of a contractor, or a status report of a line. -EEXIST: a replay */
int store_update_seen(struct store *st, const char *who, const char *key, int64_t now_s);
int store_poll_open_refs(void *ctx, struct store *st, const char *contractor, char **refs,
			 size_t max); /* their numbers of reports not finished; count */

/* ---- calls ---- */

struct call_row {
	int64_t id;
	char line[32], number[PHONE_SIZE]; /* number "": withheld */
	int64_t person_id;		   /* 0: not known */
	bool outgoing;
	int64_t began_s, answered_s, ended_s; /* ended 0: under way */
	char cause[16], node[64];
	unsigned int keys, again;
	int64_t report_id;  /* the last that was filed in it; 0 none */
	int64_t callout_id; /* it is a try of that (store_callout.h); 0 none */
	int64_t caller_id;  /* it is to the person whom that caller wants; 0 none */
};
int store_call_add(struct store *st, struct call_row *call); /* sets id */
/*! How far it has got: answered, node, keys, again, person and report. */
int store_call_turn(struct store *st, const struct call_row *call);
int store_call_end(struct store *st, int64_t id, const char *cause,
		   int64_t now_s); /* -ENOENT: ended */
/*! The next one after this id that is under way, by its row. -ENOENT */
int store_call_open(struct store *st, int64_t after, struct call_row *out);
/*! Newest first, up to max. */
int store_call_list(struct store *st, size_t max,
		    bool (*each)(const struct call_row *call, void *data), void *data);
/*! Calls that ended before a moment go, but for those with a recording; count. */
int store_call_tidy(struct store *st, int64_t before_s, unsigned int max);
/*! The newest report of a person. -ENOENT */
int store_report_newest(struct store *st, int64_t person_id, int64_t *id);

struct recording {
	int64_t id, call_id;
	int64_t person_id, report_id; /* 0: none */
	bool for_city;		      /* for a person at the city, not of a report */
	char *path;
	double seconds; /* 0: not known, it was cut off by the end of the program */
	int64_t at_s, erase_s;
	bool done;
};
/*! Make the row before the file: sets id, and path to "FOLDER/ID.opus", child of ctx. */
int store_recording_add(void *ctx, struct store *st, const char *folder, struct recording *rec);
int store_recording_done(struct store *st, int64_t id, double seconds);
/*! What this person recorded is of this report. -ENOENT: it is of another, or not theirs */
int store_recording_link(struct store *st, int64_t id, int64_t person_id, int64_t report_id);
/*! Keep what a crash cut off; of no report yet: the city is to hear it. */
int store_recording_keep(struct store *st, int64_t id, double seconds);
int store_recording_get(void *ctx, struct store *st, int64_t id, struct recording *out);
/*! The next one after this id. -ENOENT */
int store_recording_next(void *ctx, struct store *st, int64_t after, struct recording *out);
int store_recording_due(void *ctx, struct store *st, int64_t now_s, struct recording *out);
int store_recording_later(struct store *st, int64_t id, int64_t erase_s);
int store_recording_drop(struct store *st, int64_t id);
/*! Those of a report; report 0: those for the city, newest first. */
int store_recording_list(void *ctx, struct store *st, int64_t report_id,
			 bool (*each)(const struct recording *rec, void *data), void *data);

/* ---- what is due ---- */

/*! The earliest moment after after_s at which something waits: parts, dialogues, outbox, settle, outbox expiry,
 *  warn, forward, poll, recordings to erase, calls to place.  What was due at after_s already and cannot go (no line
 *  is up) waits for an event, not for time.
 *  \returns 0 and *due_s; -ENOENT if nothing ever */
int store_next_due(struct store *st, int64_t after_s, int64_t *due_s);

/* ---- addresses and objects ---- */

struct place {
	int64_t address_id, street_id, area_id, asset_id;
	char street[96], town[64], area[64], area_slug[64], postcode[8], suffix[16];
	int number; /* 0: none */
	char asset_kind[24], asset_number[24], asset_detail[48];
	double lat, lon;
};
struct street {
	int64_t id;
	char name[96], town[64], folded[96];
};

/*! Addresses of a postcode and number; suffix NULL: all. Where the number is not there the nearest numbers of
 *  the postcode are not guessed: 0 found. \returns count */
int store_place_by_postcode(struct store *st, const char *postcode, int number, const char *suffix,
			    struct place *out, size_t max);
int store_place_by_street(struct store *st, int64_t street_id, int number, const char *suffix,
			  struct place *out, size_t max);
int store_place_on_street(struct store *st, int64_t street_id,
			  struct place *out); /* the middle one of a street */
int store_place_of_postcode(struct store *st, const char *postcode,
			    struct place *out); /* the middle one */
int store_place_by_asset(struct store *st, const char *kind, const char *number, struct place *out,
			 size_t max); /* kind NULL any */
/*! Streets that may be meant: equal folded name; else (like) those that share the most trigrams, likest first.
 *  \returns count */
int store_street_exact(struct store *st, const char *folded, struct street *out, size_t max);
int store_street_like(struct store *st, const char *folded, struct street *out, size_t max);
int store_area_find(struct store *st, const char *slug, int64_t *id, char *name, size_t size);
int store_area_slug(struct store *st, int64_t id, char *slug, size_t size);
bool store_has_register(struct store *st); /* any address at all */

/* Bulk load: an upsert a row; a transaction each 50,000 rows, so that a running line never waits long.  Loading a
 * file again changes nothing.  No other step may be open meanwhile.  keep false: what is not committed yet goes. */
struct store_import;
struct store_import *store_import_begin(void *ctx, struct store *st, bool assets);
/* -EINVAL with *why (static words) if the row cannot be taken; -EIO with *why NULL */
int store_import_address(struct store_import *im, const char *postcode, const char *number,
			 const char *suffix, const char *street, const char *town, const char *area,
			 const char *lat, const char *lon, const char **why);
int store_import_asset(struct store_import *im, const char *kind, const char *number,
		       const char *detail, const char *street, const char *house_number,
		       const char *area, const char *lat, const char *lon, const char **why);
int store_import_end(struct store_import *im, bool keep);

/* ---- alarms, memory, audit, figures ---- */

/*! On: -EEXIST if it is on already. Off: -ENOENT if it is not. */
int store_alarm(struct store *st, const char *what, bool on, const char *detail, int64_t now_s);
int store_alarm_list(struct store *st, bool on_only,
		     bool (*each)(const char *what, const char *detail, int64_t since_s,
				  int64_t ended_s, void *data),
		     void *data);
int store_remember(struct store *st, const char *owner, const char *key, const char *value);
char *store_recall(void *ctx, struct store *st, const char *owner, const char *key); /* NULL none */
int store_audit(struct store *st, const char *who, const char *what, int64_t now_s);
/*! Old rows that only guard against repeats (inbox keys, update_seen, early reports) older than a moment go, at most
 *  max a call; count. */
int store_tidy(struct store *st, int64_t before_s, unsigned int max);
/* Since the beginning; sent counts the delivered too. Cheap enough for every scrape. */
struct store_figures {
	int64_t people, blocked, heard, reports[REPORT_STATE_COUNT], sent, delivered, failed,
		alarms;
};
int store_figures(struct store *st, struct store_figures *out);
