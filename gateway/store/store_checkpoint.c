// SPDX-License-Identifier: AGPL-3.0-or-later
/* store_checkpoint.c - the log is copied into the database by a thread of its own.
 *
 * A checkpoint writes some thousand pages all over the file and waits twice for the disk: in a database of a million
 * reports 50 to 100 ms, in which a commit on the loop would stand still.  Here a commit only says how long the log is.
 * The thread has a connection of its own and checkpoints PASSIVE, which waits for no one and keeps no one from reading
 * and writing.  Only a log that is wholly copied is written from its beginning again, so what was written meanwhile is
 * copied at once, and the last of that, which is little, with the lock of writers held.  What somebody still reads is left to the next time.
 *
 * If the log grows faster than the thread copies it, the loop checkpoints too, and so goes no faster than the disk.
 *
 * Cutting the log to nothing (store_cut_log) takes the lock of writers for a moment, and no one may read from it.  The
 * checkpoint before it leaves it little to copy; while it is kept from it, it is tried again.
 */
#include "store/store_int.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <osmocom/core/logging.h>

#define LOG_PAGES     1000  /* SQLite's own measure: 4 MB */
#define MORE_PAGES    250   /* since it could not wholly be copied */
#define COPIES	      6	    /* each of what was written during the one before */
#define LOG_PAGES_MAX 16000 /* 64 MB: the disk does not keep up */
#define CUT_AGAIN_MS  100   /* somebody reads from the log */

struct checkpointer {
	sqlite3 *db; /* the thread's */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop, copy, cut; /* under the lock; cut: until it is done */
	int before,
		next; /* the loop's: pages in the log, and how many it takes to wake the thread */
};

/* ---- the thread: no logging and no talloc here ---- */

static struct timespec soon(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += CUT_AGAIN_MS * 1000000L;
	t.tv_sec += t.tv_nsec / 1000000000L;
	t.tv_nsec %= 1000000000L;
	return t;
}

/* With nothing to do until it is woken; with a cut that could not be made for a moment. */
static void wait_for_work(struct checkpointer *cp, bool cut_failed)
{
	struct timespec until = soon();

	if (cut_failed && !cp->stop && !cp->copy)
		pthread_cond_timedwait(&cp->wake, &cp->lock, &until);
	while (!cp->stop && !cp->copy && !cp->cut)
		pthread_cond_wait(&cp->wake, &cp->lock);
}

/* The first copies as much as there was.  Those after it copy what was written meanwhile, which is ever less; one that
 * finds nobody writing keeps it so for as long as it takes, and is the last. */
static void copy(struct checkpointer *cp)
{
	int rc = SQLITE_BUSY;

	sqlite3_wal_checkpoint_v2(cp->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	for (int i = 1; i < COPIES && rc == SQLITE_BUSY; i++)
		rc = sqlite3_wal_checkpoint_v2(cp->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
}

static bool cut_to_nothing(struct checkpointer *cp)
{
	return sqlite3_wal_checkpoint_v2(cp->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) ==
	       SQLITE_OK;
}

static void *work(void *data)
{
	struct checkpointer *cp = data;
	bool cut, cut_failed = false;

	pthread_setname_np(pthread_self(), "checkpoint");
	pthread_mutex_lock(&cp->lock);
	for (;;) {
		wait_for_work(cp, cut_failed);
		if (cp->stop)
			break;
		cut = cp->cut;
		cp->copy = cp->cut = false;
		pthread_mutex_unlock(&cp->lock);
		copy(cp);
		cut_failed = cut && !cut_to_nothing(cp);
		pthread_mutex_lock(&cp->lock);
		cp->cut |= cut_failed;
	}
	pthread_mutex_unlock(&cp->lock);
	return NULL;
}

/* ---- the loop ---- */

static void ask(struct checkpointer *cp, bool cut)
{
	pthread_mutex_lock(&cp->lock);
	cp->copy = true;
	cp->cut |= cut;
	pthread_cond_signal(&cp->wake);
	pthread_mutex_unlock(&cp->lock);
}

/* After each commit; pages: those in the log. */
static int committed(void *data, sqlite3 *db, const char *schema, int pages)
{
	struct checkpointer *cp = data;

	if (pages < cp->before) /* from its beginning again */
		cp->next = LOG_PAGES;
	cp->before = pages;
	if (pages >= cp->next) {
		cp->next = pages + MORE_PAGES;
		ask(cp, false);
	}
	if (pages >= LOG_PAGES_MAX)
		sqlite3_wal_checkpoint_v2(db, schema, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return SQLITE_OK;
}

static int begin_thread(struct checkpointer *cp)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&cp->thread, NULL, work, cp);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -rc;
}

static sqlite3 *connect(const char *path)
{
	sqlite3 *db;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
	    sqlite3_exec(db,
			 "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
			 "PRAGMA cache_size = -64",
			 NULL, NULL, NULL) == SQLITE_OK)
		return db;
	sqlite3_close(db);
	return NULL;
}

int store_checkpoint_aside(struct store *st)
{
	struct checkpointer *cp;
	pthread_condattr_t clock;
	sqlite3 *db = connect(st->path);

	OSMO_ASSERT(!st->checkpointer);
	if (!db)
		return -EIO;
	cp = talloc_zero(st, struct checkpointer);
	OSMO_ASSERT(cp);
	cp->db = db;
	cp->next = LOG_PAGES;
	pthread_mutex_init(&cp->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&cp->wake, &clock);
	pthread_condattr_destroy(&clock);
	if (begin_thread(cp) < 0) {
		sqlite3_close(db);
		talloc_free(cp);
		return -EAGAIN;
	}
	st->checkpointer = cp;
	sqlite3_wal_hook(st->db, committed, cp);
	return 0;
}

void checkpointer_cut(struct checkpointer *cp)
{
	ask(cp, true);
}

void checkpointer_stop(struct checkpointer *cp)
{
	pthread_mutex_lock(&cp->lock);
	cp->stop = true;
	pthread_cond_signal(&cp->wake);
	pthread_mutex_unlock(&cp->lock);
	pthread_join(cp->thread, NULL);
	pthread_cond_destroy(&cp->wake);
	pthread_mutex_destroy(&cp->lock);
	sqlite3_close(cp->db);
	talloc_free(cp);
}
