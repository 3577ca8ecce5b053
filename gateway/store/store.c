// SPDX-License-Identifier: AGPL-3.0-or-later
/* store.c - open, migrate, close, copy. */
#include "store/store_int.h"

#include <stdlib.h>
#include <sodium.h>
#include <unistd.h>

#include <osmocom/core/logging.h>

#define BUSY_POLL_US	  2000
#define BUSY_POLLS_MAX	  5000 /* ten seconds */
#define BUSY_POLLS_SHORT  50   /* where no long wait is worth it */
#define BACKUP_STEP_PAGES 512

struct migration {
	int number;
	const char *name, *sql;
};

static const struct migration migrations[] = {
#include "migrations.h"
};

/* WAL and FULL: a commit is one fsync of the log.  A command's checkpoint copies at most some thousand pages
 * (4 MB), the line has them made aside (store_checkpoint.c); the log file is cut back to 16 MB after an import.  What is deleted is
 * overwritten with zeros, whatever this SQLite was built to do: it is about people. */
static const char settings[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			       "PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 1000;"
			       "PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -2048;"
			       "PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
			       "PRAGMA secure_delete = ON;";

/* Another program writes: look again soon.  SQLite's own handler ends up looking ten times a second,
 * which an import that writes chunk after chunk would slip past for minutes.  Once that was in vain
 * nobody waits so long again until there was a commit: the whole line would stand still. */
static int wait_for_others(void *data, int polls)
{
	const struct store *st = data;

	if (polls >= (st->soon || st->failing ? BUSY_POLLS_SHORT : BUSY_POLLS_MAX))
		return 0;
	usleep(BUSY_POLL_US);
	return 1;
}

void store_set_busy_handler(struct store *st)
{
	sqlite3_busy_handler(st->db, wait_for_others, st);
}

static int pragma_number(struct store *st, const char *sql, int *out)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(st->db, sql, -1, &s, NULL);

	if (rc != SQLITE_OK)
		return -EIO;
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return rc == SQLITE_ROW ? 0 : -EIO;
}

static int run(struct store *st, const char *sql)
{
	return sqlite3_exec(st->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : -EIO;
}

/* \returns SQLITE_OK or what SQLite had against it */
static int migrate_one(struct store *st, const struct migration *m)
{
	char version[48];
	int rc;

	snprintf(version, sizeof(version), "PRAGMA user_version = %d; COMMIT", m->number);
	if (run(st, "BEGIN IMMEDIATE") < 0)
		return sqlite3_errcode(st->db);
	if (run(st, m->sql) < 0 || run(st, version) < 0) {
		rc = sqlite3_errcode(st->db);
		LOGP(DSTORE, LOGL_ERROR, "%s: migration %s: %s\n", st->path, m->name,
		     sqlite3_errmsg(st->db));
		run(st, "ROLLBACK");
		return rc;
	}
	LOGP(DSTORE, LOGL_INFO, "%s: schema is now %s\n", st->path, m->name);
	st->version = m->number;
	return SQLITE_OK;
}

static char *why_not_opened(void *ctx, struct store *st, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_CANTOPEN:
		return talloc_asprintf(ctx,
				       "%s: cannot be opened (%s): make its folder, or let this "
				       "user write there",
				       st->path, strerror(sqlite3_system_errno(st->db)));
	case SQLITE_NOTADB:
		return talloc_asprintf(ctx,
				       "%s: is not a database: name another file, or put a "
				       "backup in its place",
				       st->path);
	case SQLITE_CORRUPT:
		return talloc_asprintf(ctx, "%s: is damaged (%s): put a backup in its place",
				       st->path, sqlite3_errmsg(st->db));
	case SQLITE_READONLY:
		return talloc_asprintf(ctx, "%s: may not be written: give this user the right to",
				       st->path);
	case SQLITE_BUSY:
		return talloc_asprintf(ctx, "%s: is held by another program: end it first",
				       st->path);
	case SQLITE_FULL:
		return talloc_asprintf(ctx, "%s: the disk is full: make room", st->path);
	default:
		return talloc_asprintf(ctx, "%s: %s", st->path, sqlite3_errmsg(st->db));
	}
}

static char *migrate(void *ctx, struct store *st)
{
	int newest = migrations[ARRAY_SIZE(migrations) - 1].number;
	int tables, rc;

	if (pragma_number(st, "PRAGMA user_version", &st->version) < 0 ||
	    pragma_number(st, "SELECT count(*) FROM sqlite_master", &tables) < 0)
		return why_not_opened(ctx, st, sqlite3_errcode(st->db));
	if (st->version > newest)
		return talloc_asprintf(ctx,
				       "%s: was written by a newer meldlijn (schema %d, this one "
				       "knows %d): install that one",
				       st->path, st->version, newest);
	if (st->version <= 0 && tables > 0)
		return talloc_asprintf(
			ctx, "%s: is a database of another program: name another file", st->path);
	for (size_t i = 0; i < ARRAY_SIZE(migrations); i++) {
		if (migrations[i].number <= st->version)
			continue;
		rc = migrate_one(st, &migrations[i]);
		if (rc == SQLITE_ERROR)
			return talloc_asprintf(ctx,
					       "%s: its tables are not those of schema %d: put a "
					       "backup in its place",
					       st->path, st->version);
		if (rc != SQLITE_OK)
			return why_not_opened(ctx, st, rc);
	}
	return NULL;
}

/* The order matters: the settings write (journal_mode), so a foreign or newer file is looked at
 * before them. */
static char *open_all(void *ctx, struct store *st)
{
	const char *why;
	char *error;

	if (sqlite3_open_v2(st->path, &st->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
	    SQLITE_OK)
		return why_not_opened(ctx, st, sqlite3_errcode(st->db));
	sqlite3_extended_result_codes(st->db, 1);
	store_set_busy_handler(st);
	error = migrate(ctx, st);
	if (error)
		return error;
	if (run(st, settings) < 0)
		return why_not_opened(ctx, st, sqlite3_errcode(st->db));
	if (stmt_prepare_all(st, &why) < 0)
		return talloc_asprintf(ctx,
				       "%s: its tables are not those of schema %d (%s): put a "
				       "backup in its place",
				       st->path, st->version, why);
	return NULL;
}

struct store *store_open(void *ctx, const char *path, char **error)
{
	struct store *st = talloc_zero(ctx, struct store);

	OSMO_ASSERT(st);
	OSMO_ASSERT(sodium_init() >= 0);
	st->path = talloc_strdup(st, path);
	OSMO_ASSERT(st->path);
	*error = open_all(ctx, st);
	if (!*error)
		return st;
	stmt_finalize_all(st);
	sqlite3_close(st->db);
	talloc_free(st);
	return NULL;
}

/* While somebody looks for long nothing goes from the log into the database.  Who looked copies it, and lets others write
 * meanwhile; or their next commit would do it all at once. */
void store_catch_up(struct store *st)
{
	sqlite3_wal_checkpoint_v2(st->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

void store_close(struct store *st)
{
	OSMO_ASSERT(!st->in_step);
	while (st->group)
		store_commit(st);
	if (st->checkpointer)
		checkpointer_stop(st->checkpointer);
	stmt_finalize_all(st);
	store_catch_up(st);		 /* most of it without keeping anybody from writing */
	sqlite3_busy_timeout(st->db, 0); /* another program that is at it does it for us */
	if (sqlite3_wal_checkpoint_v2(st->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) !=
	    SQLITE_OK)
		LOGP(DSTORE, LOGL_INFO, "%s: checkpoint left to others: %s\n", st->path,
		     sqlite3_errmsg(st->db));
	sqlite3_close(st->db);
	talloc_free(st);
}

int store_schema_version(const struct store *st)
{
	return st->version;
}

static int copy_pages(struct store *st, sqlite3 *to,
		      void (*progress)(int left, int all, void *data), void *data)
{
	sqlite3_backup *copy = sqlite3_backup_init(to, "main", st->db, "main");
	int rc;

	if (!copy)
		return SQLITE_ERROR;
	do {
		rc = sqlite3_backup_step(copy, BACKUP_STEP_PAGES);
		if (progress && (rc == SQLITE_OK || rc == SQLITE_DONE))
			progress(sqlite3_backup_remaining(copy), sqlite3_backup_pagecount(copy),
				 data);
	} while (rc == SQLITE_OK);
	sqlite3_backup_finish(copy);
	return rc;
}

/* The read transaction keeps one picture of the database for the whole copy: without it every
 * commit of a running line would make the copy start again. */
int store_backup(struct store *st, const char *path,
		 void (*progress)(int left, int all, void *data), void *data)
{
	sqlite3 *to;
	int rc, tables;

	rc = store_commit(st);
	if (rc < 0)
		return rc;
	if (sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
	    SQLITE_OK) {
		LOGP(DSTORE, LOGL_ERROR, "%s: %s\n", path, sqlite3_errmsg(to));
		sqlite3_close(to);
		return -EIO;
	}
	rc = store_sql(st, "BEGIN");
	if (rc == 0)
		rc = pragma_number(st, "SELECT count(*) FROM sqlite_master", &tables);
	if (rc == 0 && copy_pages(st, to, progress, data) != SQLITE_DONE) {
		LOGP(DSTORE, LOGL_ERROR, "%s: %s\n", path, sqlite3_errmsg(to));
		rc = -EIO;
	}
	if (!sqlite3_get_autocommit(st->db))
		store_sql(st, "COMMIT");
	store_catch_up(st);
	if (sqlite3_close(to) != SQLITE_OK)
		rc = -EIO;
	return rc;
}

void store_seed(struct store *st, uint64_t seed)
{
	st->seeded = true;
	st->seed = seed;
}

/* Seeded: splitmix64 (Steele, Lea, Flood 2014), so that a test sees the same references. */
uint64_t store_random(struct store *st)
{
	uint64_t z;

	if (!st->seeded) {
		randombytes_buf(&z, sizeof(z));
		return z;
	}
	z = st->seed += 0x9e3779b97f4a7c15;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}
