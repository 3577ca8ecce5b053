// SPDX-License-Identifier: AGPL-3.0-or-later
/* speech.c - see speech.h: the queue to the thread, and back to the loop by an eventfd.
 *
 * Jobs are allocated and freed by the loop only (talloc knows no threads); the lists they are in are under
 * one lock.  The thread logs nothing: what it has to say lies in the job until the loop tells it.
 */
#include "voice/speech.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <sodium.h>

#include "log.h"
#include "voice/sound_int.h"
#include "voice/speech_int.h"

#define TIDY_EVERY_S 86400

struct ask {
	struct llist_head entry;
	void (*done)(struct sound *snd, void *data);
	void *data;
};

struct job {
	struct llist_head entry; /* in one list of struct speech */
	struct speech_id id;
	struct speech_words words; /* strings are children */
	struct llist_head asks;	   /* the loop's */
	bool made_ahead, taken, finished;
	/* by the thread */
	struct sound *snd;
	enum speech_from from;
	char *notice; /* malloc'd */
	char error[200];
	double cpu_s;
};

struct speech {
	struct speech_cache *cache;
	struct speech_shelf *shelf;
	pthread_t thread;
	struct osmo_fd wake;

	pthread_mutex_t lock;
	pthread_cond_t work, finish;
	struct llist_head urgent, ahead, working, finished;
	bool stop, started;
	const char *broken; /* why nothing can be made: not written once it started */
	struct speech_figures figures;

	struct llist_head telling; /* the loop's: being delivered */
	bool told_disk;
};

/* ---- making: in the thread ---- */

static double cpu_now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void synthesise(struct speech *sp, struct job *job)
{
	double begun_s = cpu_now_s();
	const char *why = "this is no language";
	struct speech_id id;
	char voice[16];
	int rc;

	job->from = FROM_SYNTHESIS;
	if (sp->broken)
		why = sp->broken;
	else if (speech_voice(voice, job->words.language))
		job->snd = speech_make(voice, job->words.slow, job->words.text, &why);
	job->cpu_s = cpu_now_s() - begun_s;
	if (!job->snd) {
		snprintf(job->error, sizeof(job->error), "%s", why);
		return;
	}
	speech_cache_name(&id, voice, job->words.slow, job->words.text);
	rc = speech_cache_store(sp->cache, &id, job->snd);
	if (rc < 0)
		snprintf(job->error, sizeof(job->error), "not kept on disk (%s)", strerror(-rc));
}

/* Words that have a key are said to everybody. */
static void fix(struct speech *sp, const struct job *job)
{
	struct speech_id id;
	char voice[16];

	if (!job->words.key || job->from == FROM_RECORDING ||
	    !speech_voice(voice, job->words.language))
		return;
	speech_cache_name(&id, voice, job->words.slow, job->words.text);
	speech_cache_fix(sp->cache, &id);
}

static void make(struct speech *sp, struct job *job)
{
	job->snd = speech_shelf_have(sp->shelf, &job->words, &job->notice, &job->from);
	if (!job->snd)
		synthesise(sp, job);
	fix(sp, job);
}

/* ---- the thread ---- */

static struct job *next_job(struct speech *sp)
{
	struct job *job = llist_first_entry_or_null(&sp->urgent, struct job, entry);

	return job ? job : llist_first_entry_or_null(&sp->ahead, struct job, entry);
}

/* Under the lock. */
static void finish(struct speech *sp, struct job *job)
{
	struct speech_figures *f = &sp->figures;
	uint64_t one = 1;

	switch (job->from) {
	case FROM_MEMORY:
		f->from_memory++;
		break;
	case FROM_DISK:
		f->from_disk++;
		break;
	case FROM_RECORDING:
		f->recordings++;
		break;
	default:
		f->made += job->snd ? 1 : 0;
		f->failed += job->snd ? 0 : 1;
		f->audio_s += job->snd ? (double)sound_length(job->snd) / SOUND_RATE : 0;
		f->cpu_s += job->cpu_s;
	}
	job->finished = true;
	llist_move_tail(&job->entry, &sp->finished);
	pthread_cond_broadcast(&sp->finish);
	/* fails only when 2^64 - 1 wait already: then the loop is woken anyway */
	if (write(sp->wake.fd, &one, sizeof(one)) < 0)
		return;
}

static int64_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Nobody waits for words, and what is always said was asked for.  Under the lock, but not while it tidies. */
static void rest(struct speech *sp)
{
	pthread_mutex_unlock(&sp->lock);
	speech_cache_make_room(sp->cache);
	pthread_mutex_lock(&sp->lock);
	if (!next_job(sp) && !sp->stop)
		pthread_cond_wait(&sp->work, &sp->lock);
}

static void *run(void *arg)
{
	struct speech *sp = arg;
	int64_t tidy_due_s = 0;
	const char *broken = NULL;
	struct job *job;

	speech_make_start(&broken);
	pthread_mutex_lock(&sp->lock);
	sp->broken = broken;
	sp->started = true;
	pthread_cond_broadcast(&sp->finish);
	while (!sp->stop) {
		job = next_job(sp);
		if (!job) {
			rest(sp);
			continue;
		}
		job->taken = true;
		llist_move_tail(&job->entry, &sp->working);
		pthread_mutex_unlock(&sp->lock);
		make(sp, job);
		if (now_s() >= tidy_due_s) {
			speech_cache_tidy(sp->cache);
			tidy_due_s = now_s() + TIDY_EVERY_S;
		}
		pthread_mutex_lock(&sp->lock);
		finish(sp, job);
	}
	pthread_mutex_unlock(&sp->lock);
	return NULL;
}

/* ---- jobs: on the loop ---- */

static int job_free(struct job *job)
{
	sound_unref(job->snd);
	free(job->notice);
	return 0;
}

/* The same words for the same caller: also the key, which may be a recording's. */
static void name_words(struct speech_id *id, const struct speech_words *words)
{
	crypto_generichash_state state;
	const char *const parts[] = { words->language, words->key ? words->key : "", words->text,
				      words->slow ? "slow" : "" };

	crypto_generichash_init(&state, NULL, 0, sizeof(id->octets));
	for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++)
		crypto_generichash_update(&state, (const uint8_t *)parts[i], strlen(parts[i]) + 1);
	crypto_generichash_final(&state, id->octets, sizeof(id->octets));
}

static struct job *find_job(struct speech *sp, const struct speech_id *id)
{
	struct llist_head *const lists[] = { &sp->urgent, &sp->ahead, &sp->working, &sp->finished };
	struct job *job;

	for (unsigned int i = 0; i < ARRAY_SIZE(lists); i++)
		llist_for_each_entry (job, lists[i], entry)
			if (memcmp(&job->id, id, sizeof(*id)) == 0)
				return job;
	return NULL;
}

static struct job *new_job(struct speech *sp, const struct speech_words *words,
			   const struct speech_id *id)
{
	struct job *job = talloc_zero(sp, struct job);

	OSMO_ASSERT(job);
	talloc_set_destructor(job, job_free);
	INIT_LLIST_HEAD(&job->asks);
	job->id = *id;
	job->words.language = talloc_strdup(job, words->language);
	job->words.text = talloc_strdup(job, words->text);
	job->words.key = words->key ? talloc_strdup(job, words->key) : NULL;
	job->words.slow = words->slow;
	return job;
}

/* Under the lock: the job of these words, queued if it is a new one. */
static struct job *queue_words(struct speech *sp, const struct speech_words *words, bool urgent)
{
	struct speech_id id;
	struct job *job;

	name_words(&id, words);
	job = find_job(sp, &id);
	if (!job) {
		job = new_job(sp, words, &id);
		job->made_ahead = !urgent;
		llist_add_tail(&job->entry, urgent ? &sp->urgent : &sp->ahead);
		pthread_cond_signal(&sp->work);
	} else if (urgent && job->made_ahead) {
		job->made_ahead = false;
		if (!job->taken)
			llist_move_tail(&job->entry, &sp->urgent);
	}
	return job;
}

/* What the thread had to say. */
static void log_job(struct speech *sp, const struct job *job)
{
	const char *key = job->words.key;

	if (job->notice)
		LOGP(DVOICE, LOGL_NOTICE, "%s\n", job->notice);
	if (!*job->error)
		return;
	/* not the words: they may tell where somebody lives; nor each, if none can be made */
	if (!job->snd && sp->broken)
		return;
	if (!job->snd)
		LOGP(DVOICE, LOGL_ERROR, "speech in %s%s%s: %s\n", job->words.language,
		     key ? " of " : "", key ? key : "", job->error);
	else if (!sp->told_disk)
		LOGP(DVOICE, LOGL_ERROR, "speech: %s\n", job->error);
	sp->told_disk = sp->told_disk || job->snd;
}

/* A done() may ask and forget in here. */
static void deliver(struct job *job)
{
	struct ask *a;

	while ((a = llist_first_entry_or_null(&job->asks, struct ask, entry))) {
		struct ask was = *a;

		llist_del(&a->entry);
		talloc_free(a);
		was.done(job->snd ? sound_ref(job->snd) : NULL, was.data);
	}
}

static int wake_read(struct osmo_fd *ofd, unsigned int what)
{
	struct speech *sp = ofd->data;
	struct job *job;
	uint64_t count;

	if (read(ofd->fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		LOGP(DVOICE, LOGL_ERROR, "speech: %s\n", strerror(errno));
	pthread_mutex_lock(&sp->lock);
	llist_splice_init(&sp->finished, &sp->telling);
	pthread_mutex_unlock(&sp->lock);
	while ((job = llist_first_entry_or_null(&sp->telling, struct job, entry))) {
		log_job(sp, job);
		deliver(job);
		llist_del(&job->entry);
		talloc_free(job);
	}
	return 0;
}

/* ---- asking ---- */

void speech_ask(struct speech *sp, const struct speech_words *words, bool urgent,
		void (*done)(struct sound *snd, void *data), void *data)
{
	struct job *job;
	struct ask *a;

	pthread_mutex_lock(&sp->lock);
	job = queue_words(sp, words, urgent);
	pthread_mutex_unlock(&sp->lock);
	a = talloc_zero(job, struct ask);
	OSMO_ASSERT(a);
	a->done = done;
	a->data = data;
	llist_add_tail(&a->entry, &job->asks);
}

static void forget_in(struct llist_head *jobs, const void *data, bool queued)
{
	struct job *job, *next;
	struct ask *a, *next_ask;
	bool found;

	llist_for_each_entry_safe (job, next, jobs, entry) {
		found = false;
		llist_for_each_entry_safe (a, next_ask, &job->asks, entry)
			if (a->data == data) {
				found = true;
				llist_del(&a->entry);
				talloc_free(a);
			}
		if (found && queued && llist_empty(&job->asks)) {
			llist_del(&job->entry);
			talloc_free(job);
		}
	}
}

void speech_forget(struct speech *sp, void *data)
{
	pthread_mutex_lock(&sp->lock);
	forget_in(&sp->urgent, data, true);
	forget_in(&sp->ahead, data, true);
	forget_in(&sp->working, data, false);
	forget_in(&sp->finished, data, false);
	pthread_mutex_unlock(&sp->lock);
	forget_in(&sp->telling, data, false);
}

struct sound *speech_have(struct speech *sp, const struct speech_words *words)
{
	char *notice = NULL;
	enum speech_from from = FROM_NOWHERE;
	struct sound *snd = speech_shelf_have(sp->shelf, words, &notice, &from);

	if (notice)
		LOGP(DVOICE, LOGL_NOTICE, "%s\n", notice);
	free(notice);
	if (!snd)
		return NULL;
	pthread_mutex_lock(&sp->lock);
	if (from == FROM_MEMORY)
		sp->figures.from_memory++;
	else if (from == FROM_DISK)
		sp->figures.from_disk++;
	else
		sp->figures.recordings++;
	pthread_mutex_unlock(&sp->lock);
	return snd;
}

struct sound *speech_now(struct speech *sp, const struct speech_words *words)
{
	struct sound *snd = speech_have(sp, words);
	struct job *job;

	if (snd)
		return snd;
	pthread_mutex_lock(&sp->lock);
	job = queue_words(sp, words, true);
	while (!job->finished)
		pthread_cond_wait(&sp->finish, &sp->lock);
	snd = job->snd ? sound_ref(job->snd) : NULL;
	if (llist_empty(&job->asks)) { /* else it is told on the loop */
		llist_del(&job->entry);
		log_job(sp, job);
		talloc_free(job);
	}
	pthread_mutex_unlock(&sp->lock);
	return snd;
}

void speech_figures(const struct speech *sp, struct speech_figures *out)
{
	struct speech *locked = (struct speech *)sp;

	pthread_mutex_lock(&locked->lock);
	*out = sp->figures;
	out->waiting = llist_count(&sp->urgent) + llist_count(&sp->ahead) +
		       llist_count(&sp->working);
	pthread_mutex_unlock(&locked->lock);
}

/* ---- life ---- */

/* Signals are for the loop. */
static int start_thread(struct speech *sp)
{
	sigset_t all, was;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	rc = pthread_create(&sp->thread, NULL, run, sp);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	if (rc != 0)
		return -rc;
	pthread_mutex_lock(&sp->lock);
	while (!sp->started)
		pthread_cond_wait(&sp->finish, &sp->lock);
	pthread_mutex_unlock(&sp->lock);
	return 0;
}

static int speech_end(struct speech *sp)
{
	if (sp->started) {
		pthread_mutex_lock(&sp->lock);
		sp->stop = true;
		pthread_cond_broadcast(&sp->work);
		pthread_mutex_unlock(&sp->lock);
		pthread_join(sp->thread, NULL);
	}
	osmo_fd_unregister(&sp->wake);
	close(sp->wake.fd);
	speech_shelf_free(sp->shelf);
	speech_cache_free(sp->cache);
	pthread_cond_destroy(&sp->work);
	pthread_cond_destroy(&sp->finish);
	pthread_mutex_destroy(&sp->lock);
	return 0;
}

static void init_parts(struct speech *sp, const struct speech_cfg *cfg)
{
	const char *why;

	pthread_mutex_init(&sp->lock, NULL);
	pthread_cond_init(&sp->work, NULL);
	pthread_cond_init(&sp->finish, NULL);
	INIT_LLIST_HEAD(&sp->urgent);
	INIT_LLIST_HEAD(&sp->ahead);
	INIT_LLIST_HEAD(&sp->working);
	INIT_LLIST_HEAD(&sp->finished);
	INIT_LLIST_HEAD(&sp->telling);
	sp->cache = speech_cache_new(cfg->cache, cfg->memory_max, cfg->disk_max, &why);
	if (why)
		LOGP(DVOICE, LOGL_ERROR, "%s: speech is not kept on disk (%s)\n", cfg->cache, why);
	sp->shelf = speech_shelf_new(sp->cache, cfg->recordings);
	osmo_fd_setup(&sp->wake, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), OSMO_FD_READ, wake_read,
		      sp, 0);
	OSMO_ASSERT(sp->wake.fd >= 0 && osmo_fd_register(&sp->wake) == 0);
	talloc_set_destructor(sp, speech_end);
}

struct speech *speech_alloc(void *ctx, const struct speech_cfg *cfg, char **error)
{
	struct speech *sp = talloc_zero(ctx, struct speech);
	int rc;

	OSMO_ASSERT(sp);
	init_parts(sp, cfg);
	rc = start_thread(sp);
	if (rc < 0 || sp->broken)
		*error = talloc_strdup(ctx, rc < 0 ? strerror(-rc) : sp->broken);
	if (rc == 0)
		return sp;
	talloc_free(sp);
	return NULL;
}

void speech_free(struct speech *sp)
{
	talloc_free(sp);
}
