// SPDX-License-Identifier: AGPL-3.0-or-later
/* media.c - see media.h.
 *
 * A queue is a ring that one thread writes and the other reads, and an eventfd that wakes the reader.
 */
#include "voice/media.h"

/* libre's headers use them and do not bring them */
#include <inttypes.h>
#include <stddef.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <re.h>

#include "log.h"

#define QUEUE_MAX   4096  /* a power of two, for the counts run over */
#define SOCKETS_MAX 16384 /* the limits of libre and of most systems are too low for 1,000 calls */
#define PRIORITY    5	  /* of 1 to 99 */

struct post {
	void (*call)(void *arg);
	void *arg;
};

struct queue {
	struct post posts[QUEUE_MAX];
	atomic_uint written, read;
	int wake;
};

struct media {
	pthread_t thread;
	sem_t started;
	int error; /* of starting, of libre */
	atomic_bool stopping;
	unsigned int held; /* of the media thread, as is */
	bool ending;
	struct queue in, out;
	struct osmo_fd told; /* wakes the loop for what is in out */
};

/* ---- queues */

static void wake(struct queue *queue)
{
	uint64_t one = 1;
	ssize_t n;

	do
		n = write(queue->wake, &one, sizeof(one));
	while (n < 0 && errno == EINTR);
}

static int queue_put(struct queue *queue, void (*call)(void *arg), void *arg)
{
	unsigned int at = atomic_load_explicit(&queue->written, memory_order_relaxed);

	if (at - atomic_load_explicit(&queue->read, memory_order_acquire) == QUEUE_MAX)
		return -EAGAIN;
	queue->posts[at % QUEUE_MAX] = (struct post){ .call = call, .arg = arg };
	atomic_store_explicit(&queue->written, at + 1, memory_order_release);
	wake(queue);
	return 0;
}

/* Only what is there now: what its calls bring waits for the next turn. */
static void queue_take(struct queue *queue)
{
	unsigned int at = atomic_load_explicit(&queue->read, memory_order_relaxed);
	unsigned int end = atomic_load_explicit(&queue->written, memory_order_acquire);
	struct post post;

	while (at != end) {
		post = queue->posts[at % QUEUE_MAX];
		atomic_store_explicit(&queue->read, ++at, memory_order_release);
		post.call(post.arg);
	}
}

/* Before the queue is looked at, or a wake in between would be lost. */
static void woken(struct queue *queue)
{
	uint64_t count;
	ssize_t n;

	do
		n = read(queue->wake, &count, sizeof(count));
	while (n < 0 && errno == EINTR);
}

/* ---- the media thread */

static void posted(int flags, void *data)
{
	struct media *md = data;
	bool stopping;

	woken(&md->in);
	stopping = atomic_load(
		&md->stopping); /* first: then all that was posted before it is seen */
	queue_take(&md->in);
	md->ending = stopping;
	if (stopping && md->held == 0)
		re_cancel();
}

void media_hold(struct media *md)
{
	md->held++;
}

void media_release(struct media *md)
{
	if (--md->held == 0 && md->ending)
		re_cancel();
}

/* Sound goes by the clock, so its thread comes before all else of this machine that is not as urgent. Where that
 * is not allowed (RLIMIT_RTPRIO) it takes its turn like the others. */
static void thread_urgent(void)
{
	struct sched_param first = { .sched_priority = PRIORITY };

	pthread_setschedparam(pthread_self(), SCHED_RR, &first);
}

static int thread_prepare(struct media *md)
{
	int rc = re_thread_init();

	if (rc)
		return rc;
	rc = fd_setsize(SOCKETS_MAX);
	if (!rc)
		rc = fd_listen(md->in.wake, FD_READ, posted, md);
	if (rc)
		re_thread_close();
	return rc;
}

static void *thread_run(void *data)
{
	struct media *md = data;

	pthread_setname_np(pthread_self(), "media");
	thread_urgent();
	md->error = thread_prepare(md);
	sem_post(&md->started);
	if (md->error)
		return NULL;
	re_main(NULL);
	fd_close(md->in.wake);
	re_thread_close();
	return NULL;
}

/* Each call has a socket: as many as the system allows us. */
static void sockets_allow(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= SOCKETS_MAX)
		return;
	limit.rlim_cur = OSMO_MIN(limit.rlim_max, (rlim_t)SOCKETS_MAX);
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Signals are the loop's. */
static int thread_start(struct media *md)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&md->thread, NULL, thread_run, md);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc)
		return rc;
	while (sem_wait(&md->started) < 0)
		;
	if (md->error)
		pthread_join(md->thread, NULL);
	return md->error;
}

/* ---- the loop */

static int told(struct osmo_fd *ofd, unsigned int what)
{
	struct media *md = ofd->data;

	woken(&md->out);
	queue_take(&md->out);
	return 0;
}

static void media_close(struct media *md)
{
	osmo_fd_unregister(&md->told);
	close(md->in.wake);
	close(md->out.wake);
	sem_destroy(&md->started);
	libre_close();
	talloc_free(md);
}

struct media *media_start(void *ctx)
{
	struct media *md = talloc_zero(ctx, struct media);
	int rc;

	OSMO_ASSERT(md);
	sockets_allow();
	libre_init();
	sem_init(&md->started, 0, 0);
	md->in.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	md->out.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	osmo_fd_setup(&md->told, md->out.wake, OSMO_FD_READ, told, md, 0);
	rc = md->in.wake < 0 || md->out.wake < 0 || osmo_fd_register(&md->told) < 0
		     ? errno
		     : thread_start(md);
	if (rc == 0)
		return md;
	LOGP(DVOICE, LOGL_ERROR, "no media thread: %s\n", strerror(rc));
	media_close(md);
	return NULL;
}

void media_stop(struct media *md)
{
	atomic_store(&md->stopping, true);
	wake(&md->in);
	pthread_join(md->thread, NULL);
	/* what was told last owns something, mostly */
	queue_take(&md->out);
	media_close(md);
}

int media_post(struct media *md, void (*call)(void *arg), void *arg)
{
	/* what would be posted by what was told last */
	if (atomic_load(&md->stopping))
		return -EAGAIN;
	return queue_put(&md->in, call, arg);
}

int media_tell(struct media *md, void (*call)(void *arg), void *arg)
{
	return queue_put(&md->out, call, arg);
}
