// SPDX-License-Identifier: AGPL-3.0-or-later
/* recorder.c - see recorder.h.
 *
 * A recording belongs to two, who calls and the thread, and goes with the last of them.  The thread may hang in the
 * disk for ever, so what it needs is not talloc's and outlives the recorder.
 */
#include "voice/recorder.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "voice/leg_int.h"

#define RING_FRAMES 128 /* a power of two, for the counts run over */
#define TURN_FRAMES 25	/* then the next recording has its turn */
#define LOOK_MS	    100 /* so often the rings are looked at: waking for each frame would cost more */
#define HANG_S	    2	/* the disk did nothing for so long: nobody waits for it any more */
#define OPEN_MAX    1024 /* that the disk has not taken yet */

enum ending { GOES_ON, KEEP, DROP };

struct recording {
	struct shared *sh;
	struct recording *next; /* of those that begin, then the thread's */
	struct leg_file *file;	/* the thread's; NULL: not opened yet */
	char *path;
	atomic_int refs, ending;
	atomic_uint written, read;
	atomic_uint ms; /* in the file */
	atomic_bool over, full;
	double since_s; /* the caller's: it waits for the thread since then; 0: it does not */
	int16_t ring[RING_FRAMES][SOUND_FRAME];
};

/* Of the recorder and its thread. */
struct shared {
	atomic_int refs;
	_Atomic(struct recording *) begun; /* the thread does not know them yet */
	sem_t work, ended;
	atomic_bool stop;
	atomic_uint open;
	atomic_uint steps; /* frames written and files closed: it does not hang */
	atomic_ullong lost;
};

struct recorder {
	struct shared *sh;
	pthread_t thread;
	bool started;
};

/* ---- what two have */

static void unref_shared(struct shared *sh)
{
	if (atomic_fetch_sub(&sh->refs, 1) > 1)
		return;
	sem_destroy(&sh->work);
	sem_destroy(&sh->ended);
	free(sh);
}

static void unref(struct recording *rg)
{
	if (atomic_fetch_sub(&rg->refs, 1) > 1)
		return;
	unref_shared(rg->sh);
	free(rg->path);
	free(rg);
}

/* ---- in the thread */

static void close_file(struct recording *rg, bool keep, bool failed)
{
	bool full = false;
	double seconds = rg->file ? leg_file_close(rg->file, keep, &full) : 0;

	rg->file = NULL;
	atomic_fetch_add(&rg->sh->steps, 1);
	atomic_store(&rg->ms, (unsigned int)(seconds * 1000 + 0.5));
	atomic_store(&rg->full, full || failed);
	atomic_store(&rg->over, true); /* last: then all else is seen with it */
}

/* \returns false: it cannot be written */
static bool write_frames(struct recording *rg, unsigned int written)
{
	unsigned int at = atomic_load_explicit(&rg->read, memory_order_relaxed), i;
	int error;

	if (!rg->file && at != written)
		rg->file = leg_file_open(rg->path, &error);
	if (!rg->file)
		return at == written;
	for (i = 0; i < TURN_FRAMES && at != written; i++) {
		if (!leg_file_write(rg->file, rg->ring[at % RING_FRAMES]))
			return false;
		atomic_store_explicit(&rg->read, ++at, memory_order_release);
		atomic_fetch_add(&rg->sh->steps, 1);
	}
	atomic_store(&rg->ms, (unsigned int)(leg_file_seconds(rg->file) * 1000));
	return true;
}

/* One turn. \returns false: there is nothing more to do for it now */
static bool write_some(struct recording *rg)
{
	/* first: then all that was put before the end is seen */
	int ending = atomic_load(&rg->ending);
	unsigned int written = atomic_load_explicit(&rg->written, memory_order_acquire);

	if (ending == DROP)
		close_file(rg, false, false);
	else if (!write_frames(rg, written))
		close_file(rg, true, true);
	else if (ending == KEEP && atomic_load(&rg->read) == written)
		close_file(rg, true, false);
	return !atomic_load(&rg->over) && atomic_load(&rg->read) != written;
}

/* \returns has any more to do? */
static bool write_all(struct recording **all)
{
	struct recording **at = all, *rg;
	bool more = false;

	while ((rg = *at)) {
		more |= write_some(rg);
		if (!atomic_load(&rg->over)) {
			at = &rg->next;
			continue;
		}
		*at = rg->next;
		atomic_fetch_sub(&rg->sh->open, 1);
		unref(rg);
	}
	return more;
}

static void take_begun(struct shared *sh, struct recording **all)
{
	struct recording **end = all;

	while (*end)
		end = &(*end)->next;
	*end = atomic_exchange(&sh->begun, NULL);
}

static void wait_for_work(struct shared *sh, bool look)
{
	struct timespec due;

	clock_gettime(CLOCK_MONOTONIC, &due);
	due.tv_nsec += LOOK_MS * 1000000L;
	due.tv_sec += due.tv_nsec / 1000000000L;
	due.tv_nsec %= 1000000000L;
	if (look)
		sem_clockwait(&sh->work, CLOCK_MONOTONIC, &due);
	else
		sem_wait(&sh->work);
	while (sem_trywait(&sh->work) == 0)
		;
}

static void *run(void *arg)
{
	struct shared *sh = arg;
	struct recording *all = NULL;
	bool stop;

	pthread_setname_np(pthread_self(), "recorder");
	/* who begins it may be the thread of the sound, which comes before all others */
	pthread_setschedparam(pthread_self(), SCHED_OTHER, &(struct sched_param){ 0 });
	do {
		wait_for_work(sh, all != NULL);
		stop = atomic_load(&sh->stop); /* first: then all that began before is seen */
		take_begun(sh, &all);
		while (write_all(&all))
			take_begun(sh, &all);
	} while (!stop || all);
	sem_post(&sh->ended);
	unref_shared(sh);
	return NULL;
}

/* ---- who records */

/* Signals are the loop's. */
static int start_thread(struct recorder *rec)
{
	sigset_t every, before;
	int rc;

	if (rec->started)
		return 0;
	atomic_fetch_add(&rec->sh->refs, 1);
	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	rc = pthread_create(&rec->thread, NULL, run, rec->sh);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	rec->started = rc == 0;
	if (rc != 0)
		unref_shared(rec->sh);
	return -rc;
}

int recording_begin(struct recorder *rec, const char *path, struct recording **out)
{
	struct shared *sh = rec->sh;
	struct recording *rg;
	int rc = start_thread(rec);

	if (rc < 0)
		return rc;
	if (atomic_load(&sh->open) >= OPEN_MAX)
		return -EAGAIN;
	rg = calloc(1, sizeof(*rg));
	OSMO_ASSERT(rg);
	rg->path = strdup(path);
	OSMO_ASSERT(rg->path);
	rg->sh = sh;
	atomic_fetch_add(&sh->refs, 1);
	atomic_fetch_add(&sh->open, 1);
	atomic_store(&rg->refs, 2);
	rg->next = atomic_load(&sh->begun);
	while (!atomic_compare_exchange_weak(&sh->begun, &rg->next, rg))
		;
	sem_post(&sh->work);
	*out = rg;
	return 0;
}

static unsigned int waiting(const struct recording *rg)
{
	return atomic_load_explicit(&rg->written, memory_order_relaxed) -
	       atomic_load_explicit(&rg->read, memory_order_acquire);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool hangs(struct recording *rg)
{
	if (rg->since_s == 0)
		rg->since_s = now_s();
	return now_s() - rg->since_s >= HANG_S;
}

bool recording_has_room(struct recording *rg)
{
	if (waiting(rg) == RING_FRAMES && !atomic_load(&rg->over))
		return hangs(rg);
	rg->since_s = 0;
	return true;
}

bool recording_put(struct recording *rg, const int16_t frame[SOUND_FRAME])
{
	unsigned int at = atomic_load_explicit(&rg->written, memory_order_relaxed);
	unsigned int before = waiting(rg);

	if (before == RING_FRAMES) {
		if (!atomic_load(&rg->over))
			atomic_fetch_add(&rg->sh->lost, 1);
		return false;
	}
	memcpy(rg->ring[at % RING_FRAMES], frame, sizeof(rg->ring[0]));
	atomic_store_explicit(&rg->written, at + 1, memory_order_release);
	if (before == RING_FRAMES / 4)
		sem_post(&rg->sh->work);
	return true;
}

void recording_end(struct recording *rg, bool keep)
{
	if (atomic_load(&rg->ending) != GOES_ON)
		return;
	rg->since_s = 0;
	atomic_store(&rg->ending, keep ? KEEP : DROP);
	sem_post(&rg->sh->work);
}

bool recording_is_over(struct recording *rg, bool *full)
{
	bool over = atomic_load(&rg->over);

	*full = atomic_load(&rg->full);
	if (over || atomic_load(&rg->ending) == GOES_ON || !hangs(rg))
		return over;
	*full = true;
	return true;
}

double recording_seconds(const struct recording *rg)
{
	return atomic_load(&rg->ms) / 1000.0;
}

void recording_forget(struct recording *rg)
{
	recording_end(rg, false);
	unref(rg);
}

/* ---- life */

uint64_t recorder_lost(const struct recorder *rec)
{
	return atomic_load(&rec->sh->lost);
}

/* \returns false: it did nothing for so long */
static bool wait_for_end(struct shared *sh)
{
	struct timespec due;
	unsigned int steps;
	bool ended;

	do {
		steps = atomic_load(&sh->steps);
		clock_gettime(CLOCK_MONOTONIC, &due);
		due.tv_sec += HANG_S;
		ended = sem_clockwait(&sh->ended, CLOCK_MONOTONIC, &due) == 0;
	} while (!ended && atomic_load(&sh->steps) != steps);
	return ended;
}

static void end_thread(struct recorder *rec)
{
	atomic_store(&rec->sh->stop, true);
	sem_post(&rec->sh->work);
	if (wait_for_end(rec->sh))
		pthread_join(rec->thread, NULL);
	else
		pthread_detach(rec->thread);
}

static int recorder_end(struct recorder *rec)
{
	if (rec->started)
		end_thread(rec);
	unref_shared(rec->sh);
	return 0;
}

struct recorder *recorder_alloc(void *ctx)
{
	struct recorder *rec = talloc_zero(ctx, struct recorder);

	OSMO_ASSERT(rec);
	rec->sh = calloc(1, sizeof(*rec->sh));
	OSMO_ASSERT(rec->sh);
	atomic_store(&rec->sh->refs, 1);
	sem_init(&rec->sh->work, 0, 0);
	sem_init(&rec->sh->ended, 0, 0);
	talloc_set_destructor(rec, recorder_end);
	return rec;
}

void recorder_free(struct recorder *rec)
{
	talloc_free(rec);
}
