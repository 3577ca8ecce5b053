// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_group.c - steps, their group, and what waits for its commit.
 *
 * A group is a transaction, a step a savepoint in it.  Calls are kept in the order of
 * store_after(); those of a step are the last of the list, so undoing it cuts the list there.
 * When the group's end is known its calls move to a second list and are called from there: a call
 * may begin steps and even commit a group, whose calls then queue behind.
 */
#include "store/store_int.h"

#include <time.h>

#include <osmocom/core/logging.h>

static void calls_add(struct store *st, struct store_calls *calls, const struct store_call *call)
{
	if (calls->n == calls->room) {
		calls->room = calls->room ? calls->room * 2 : 32;
		calls->at = talloc_realloc(st, calls->at, struct store_call, calls->room);
		OSMO_ASSERT(calls->at);
	}
	calls->at[calls->n++] = *call;
}

/* Runs what is ready, in order.  A call that ends another group only adds to the list. */
static void call_ready(struct store *st)
{
	if (st->calling)
		return;
	st->calling = true;
	for (size_t i = 0; i < st->ready.n; i++) {
		struct store_call c = st->ready.at[i];

		c.call(c.data, c.arg, c.ok);
	}
	st->ready.n = 0;
	st->calling = false;
}

static void group_ended(struct store *st, bool ok)
{
	st->group = false;
	st->failing = !ok;
	st->steps = 0;
	st->step_first = 0;
	for (size_t i = 0; i < st->waiting.n; i++) {
		st->waiting.at[i].ok = ok;
		calls_add(st, &st->ready, &st->waiting.at[i]);
	}
	st->waiting.n = 0;
}

/* SQLite rolls a whole transaction back by itself on some errors (disk full, I/O). */
static bool group_is_lost(struct store *st)
{
	return st->group && sqlite3_get_autocommit(st->db);
}

static void group_lose(struct store *st)
{
	LOGP(DSTORE, LOGL_ERROR,
	     "%s: %u steps are lost: what they answer to is not acknowledged and "
	     "comes again\n",
	     st->path, st->steps);
	group_ended(st, false);
	call_ready(st);
}

int store_begin(struct store *st)
{
	OSMO_ASSERT(!st->in_step);
	if (group_is_lost(st))
		group_lose(st);
	if (!st->group) {
		if (store_sql(st, "BEGIN IMMEDIATE") < 0) {
			st->failing |= !st->soon;
			return -EIO;
		}
		st->group = true;
	}
	if (store_sql(st, "SAVEPOINT step") < 0)
		return -EIO;
	st->in_step = true;
	st->step_first = st->waiting.n;
	return 0;
}

int store_begin_soon(struct store *st)
{
	int rc;

	st->soon = true;
	rc = store_begin(st);
	st->soon = false;
	return rc;
}

int store_end(struct store *st)
{
	OSMO_ASSERT(st->in_step);
	if (group_is_lost(st) || store_sql(st, "RELEASE step") < 0) {
		store_undo(st);
		return -EIO;
	}
	st->in_step = false;
	st->steps++;
	return 0;
}

static void undo_calls(struct store *st)
{
	size_t n = st->waiting.n - st->step_first;
	struct store_call *calls;

	if (!n)
		return;
	calls = talloc_memdup(st, &st->waiting.at[st->step_first], n * sizeof(*calls));
	OSMO_ASSERT(calls);
	st->waiting.n = st->step_first;
	for (size_t i = 0; i < n; i++)
		calls[i].call(calls[i].data, calls[i].arg, false);
	talloc_free(calls);
}

void store_undo(struct store *st)
{
	OSMO_ASSERT(st->in_step);
	st->in_step = false;
	if (!group_is_lost(st) && store_sql(st, "ROLLBACK TO step; RELEASE step") < 0 &&
	    !sqlite3_get_autocommit(st->db))
		store_sql(st, "ROLLBACK");
	if (group_is_lost(st))
		group_lose(st);
	else
		undo_calls(st);
}

void store_after(struct store *st, void (*call)(void *data, uint64_t arg, bool ok), void *data,
		 uint64_t arg)
{
	struct store_call c = { .call = call, .data = data, .arg = arg, .ok = true };

	if (st->group)
		calls_add(st, &st->waiting, &c);
	else
		call(data, arg, true);
}

void store_cut_log(struct store *st)
{
	st->cut_log = true;
}

bool store_cut_log_now(struct store *st)
{
	st->cut_log = sqlite3_wal_checkpoint_v2(st->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
						NULL) != SQLITE_OK;
	return !st->cut_log;
}

/* As long as a checkpoint that comes by itself: at most some thousand pages. */
static void cut_log(struct store *st)
{
	if (st->checkpointer) {
		checkpointer_cut(st->checkpointer);
		st->cut_log = false;
		return;
	}
	sqlite3_busy_handler(st->db, NULL, NULL);
	if (store_cut_log_now(st))
		LOGP(DSTORE, LOGL_INFO, "%s: the log is cut\n", st->path);
	store_set_busy_handler(st);
}

static bool commit_group(struct store *st)
{
	struct timespec began, ended;
	bool ok;

	clock_gettime(CLOCK_MONOTONIC, &began);
	ok = store_sql(st, "COMMIT") == 0;
	clock_gettime(CLOCK_MONOTONIC, &ended);
	st->work.commits++;
	st->work.commit_us += (ended.tv_sec - began.tv_sec) * 1000000LL +
			      (ended.tv_nsec - began.tv_nsec) / 1000;
	if (ok)
		st->work.steps += st->steps;
	if (ok && st->cut_log)
		cut_log(st);
	return ok;
}

int store_commit(struct store *st)
{
	bool ok;

	if (!st->group)
		return 0;
	OSMO_ASSERT(!st->in_step);
	if (group_is_lost(st)) {
		group_lose(st);
		return -EIO;
	}
	ok = commit_group(st);
	if (!ok) {
		LOGP(DSTORE, LOGL_ERROR, "%s: %u steps could not be committed and are undone\n",
		     st->path, st->steps);
		if (!sqlite3_get_autocommit(st->db))
			store_sql(st, "ROLLBACK");
	}
	group_ended(st, ok);
	call_ready(st);
	return ok ? 0 : -EIO;
}

bool store_is_failing(const struct store *st)
{
	return st->failing;
}

bool store_group_open(const struct store *st)
{
	return st->group;
}

unsigned int store_group_steps(const struct store *st)
{
	return st->steps;
}

const struct store_work *store_work_done(const struct store *st)
{
	return &st->work;
}
