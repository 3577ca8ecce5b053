// SPDX-License-Identifier: AGPL-3.0-or-later
/* call_keep.c - what outlives a call: files and rows that belong together, what a crash left, what is erased
 * in time; and the sentences that are made before anyone calls. */
#include "flow/call_int.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "clock.h"
#include "log.h"
#include "store/store_callout.h"

#define DAY_S	      86400
#define KEEP_DAYS     90
#define TIDY_EVERY_S  3600
#define TIDY_MAX      1000
#define OCTETS_A_S    2300 /* of Opus at 16 kbit/s with its Ogg pages, measured */
#define HEADERS_MAX   600  /* octets of a file in which nothing was said */
#define AHEAD_AT_ONCE 4

double call_file_seconds(const char *path)
{
	struct stat file;

	if (stat(path, &file) < 0 || file.st_size <= HEADERS_MAX)
		return 0;
	return (double)file.st_size / OCTETS_A_S;
}

static void file_of(char path[512], const struct calls *cs, uint64_t id)
{
	snprintf(path, 512, "%s/%" PRIu64 ".opus", cs->cfg.recordings, id);
}

void call_unlink_file(void *data, uint64_t id, bool ok)
{
	char path[512];

	file_of(path, data, id);
	if (ok && unlink(path) < 0 && errno != ENOENT)
		LOGP(DFLOW, LOGL_ERROR, "%s: cannot be erased: %s\n", path, strerror(errno));
}

/* ---- after a crash ---- */

static bool is_under_way(const struct calls *cs, int64_t call_id)
{
	const struct call *c;

	llist_for_each_entry (c, &cs->open, list)
		if (c->row.id == call_id || (c->next && c->row_next.id == call_id) ||
		    call_person_is(c, call_id))
			return true;
	return false;
}

/* Whoever was cut off goes on by text at once. */
static int close_lost(void *ctx, struct calls *cs, int64_t now_s)
{
	struct call_row row = {};
	int rc;

	while ((rc = store_call_open(cs->st, row.id, &row)) == 0) {
		if (is_under_way(cs, row.id) || (row.callout_id && !row.answered_s))
			continue; /* whoever placed it closes what was not answered */
		rc = store_call_end(cs->st, row.id, "lost", now_s);
		if (rc == 0 && row.person_id)
			rc = call_hurry(ctx, cs->st, row.person_id, now_s + 1, now_s);
		if (rc < 0)
			return rc;
	}
	return rc == -ENOENT ? 0 : rc;
}

/* What nobody asked the caller any more about is for the city to hear. */
static int mend_row(struct calls *cs, const struct recording *rec)
{
	double seconds = call_file_seconds(rec->path);

	if (rec->done && access(rec->path, F_OK) == 0)
		return 0;
	if (!rec->done && seconds > 0)
		return store_recording_keep(cs->st, rec->id, seconds);
	LOGP(DFLOW, LOGL_NOTICE, "recording %lld has no file any more\n", (long long)rec->id);
	store_after(cs->st, call_unlink_file, cs, rec->id);
	return store_recording_drop(cs->st, rec->id);
}

static int mend_rows(void *ctx, struct calls *cs)
{
	struct recording rec = {};
	int rc;

	while ((rc = store_recording_next(ctx, cs->st, rec.id, &rec)) == 0) {
		if (is_under_way(cs, rec.call_id))
			continue;
		rc = mend_row(cs, &rec);
		if (rc < 0)
			return rc;
	}
	return rc == -ENOENT ? 0 : rc;
}

/* "17.opus" is ours; what else stands there is not touched. \returns 0: not ours */
static int64_t id_of(const char *name)
{
	size_t digits = strspn(name, "0123456789");
	int64_t id = 0;

	if (digits == 0 || digits > 18 || strcmp(name + digits, ".opus") != 0)
		return 0;
	for (size_t i = 0; i < digits; i++)
		id = id * 10 + (name[i] - '0');
	return id;
}

static void erase_strays(void *ctx, struct calls *cs, DIR *folder)
{
	const struct dirent *entry;
	struct recording rec;

	while ((entry = readdir(folder)) != NULL) {
		int64_t id = id_of(entry->d_name);

		if (!id || store_recording_get(ctx, cs->st, id, &rec) != -ENOENT)
			continue;
		LOGP(DFLOW, LOGL_NOTICE, "%s/%s is of no call: erased\n", cs->cfg.recordings,
		     entry->d_name);
		call_unlink_file(cs, id, true);
	}
}

/* A folder that cannot be read says nothing of what should be in it. */
static int sweep(void *ctx, struct calls *cs, int64_t now_s)
{
	int rc = close_lost(ctx, cs, now_s);
	DIR *folder;

	if (rc < 0)
		return rc;
	if (mkdir(cs->cfg.recordings, 0750) < 0 && errno != EEXIST)
		LOGP(DFLOW, LOGL_ERROR, "%s: cannot be made: %s\n", cs->cfg.recordings,
		     strerror(errno));
	folder = opendir(cs->cfg.recordings);
	if (!folder)
		return 0;
	rc = mend_rows(ctx, cs);
	if (rc == 0)
		erase_strays(ctx, cs, folder);
	closedir(folder);
	return rc;
}

/* ---- in time ---- */

/* With its report, and not before that is closed. */
static int erase_one(void *ctx, struct calls *cs, int64_t now_s)
{
	struct recording rec;
	struct report r;
	int rc = store_recording_due(ctx, cs->st, now_s, &rec);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (rec.report_id && store_report_get(ctx, cs->st, rec.report_id, &r) == 0 &&
	    report_is_open(r.state)) {
		rc = store_recording_later(cs->st, rec.id, now_s + DAY_S);
	} else {
		rc = store_recording_drop(cs->st, rec.id);
		store_after(cs->st, call_unlink_file, cs, rec.id);
	}
	return rc < 0 ? rc : 1;
}

static int tidy(void *ctx, struct calls *cs, int64_t now_s)
{
	int days = cs->cfg.keep_days ? cs->cfg.keep_days : KEEP_DAYS;
	int64_t before_s = now_s - (int64_t)days * DAY_S;
	int rc = store_call_tidy(cs->st, before_s, TIDY_MAX);

	return rc < 0 ? rc : store_callout_tidy(cs->st, before_s, TIDY_MAX);
}

static int step(struct calls *cs, int64_t now_s,
		int (*one)(void *ctx, struct calls *cs, int64_t now_s))
{
	void *ctx;
	int rc = store_begin(cs->st);

	if (rc < 0)
		return rc;
	ctx = talloc_new(cs);
	rc = one(ctx, cs, now_s);
	if (rc < 0)
		store_undo(cs->st);
	else
		store_end(cs->st);
	talloc_free(ctx);
	return rc;
}

void calls_due(struct calls *cs, int64_t now_s)
{
	if (!cs->swept)
		cs->swept = step(cs, now_s, sweep) == 0;
	while (step(cs, now_s, erase_one) > 0)
		;
	if (now_s < cs->tidied_s + TIDY_EVERY_S)
		return;
	cs->tidied_s = now_s;
	step(cs, now_s, tidy);
}

/* ---- sentences made ahead ---- */

static void ask_ahead(struct calls *cs);

static void made_ahead(struct sound *snd, void *data)
{
	struct calls *cs = data;

	sound_unref(snd);
	cs->ahead_busy--;
	cs->figures.ahead++;
	ask_ahead(cs);
}

/* The next sentence that is always the same. \returns its key; NULL: that was all */
static const char *next_fixed(const struct talk *talk, size_t *language, size_t *key)
{
	const char *name;

	while (talk->languages[*language]) {
		name = phrase_key_at(talk->phrases, talk->languages[0], *key);
		if (!name) {
			(*language)++;
			*key = 0;
			continue;
		}
		(*key)++;
		if (phrase_is_fixed(talk->phrases, talk->languages[*language], "voice", name))
			return name;
	}
	return NULL;
}

static void ask_ahead(struct calls *cs)
{
	const struct talk *talk = *cs->talk;
	const char *key;

	while (cs->ahead_busy < AHEAD_AT_ONCE &&
	       (key = next_fixed(talk, &cs->ahead_language, &cs->ahead_key)) != NULL) {
		const char *language = talk->languages[cs->ahead_language];
		char *text = phrase_say(cs, talk->phrases, language, "voice", key, NULL,
					talk->zone);
		struct speech_words words = { .language = language, .text = text, .key = key };

		cs->ahead_busy++;
		speech_ask(cs->sp, &words, false, made_ahead, cs);
		talloc_free(text);
	}
}

void call_prepare_stop(struct calls *cs)
{
	if (cs->ahead_busy)
		speech_forget(cs->sp, cs);
	cs->ahead_busy = 0;
}

void calls_prepare(struct calls *cs)
{
	size_t language = 0, key = 0;

	call_prepare_stop(cs);
	cs->figures.ahead = cs->figures.ahead_all = 0;
	while (next_fixed(*cs->talk, &language, &key))
		cs->figures.ahead_all++;
	cs->ahead_language = cs->ahead_key = 0;
	ask_ahead(cs);
}
