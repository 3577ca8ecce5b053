// SPDX-License-Identifier: AGPL-3.0-or-later
#include "web/password.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>
#include <osmocom/core/utils.h>
#include <sodium.h>
#include <talloc.h>

#include "log.h"

/* RFC 9106, 4: the second recommended option has 64 MiB; what libsodium calls interactive. */
#define OPERATIONS 2
#define MEMORY	   (64UL << 20)

/* Of a password that nobody has: what is checked for a name that nobody has. */
#define NOBODY                                                   \
	"$argon2id$v=19$m=65536,t=2,p=1$mtKxYwy9BgmHI0YAi9qv6g$" \
	"4wPSvvfeOAVcxa66IB8bBCsfi6UvcQYfTaOhhjvQK/w"

struct job {
	struct llist_head entry;
	char hash[STAFF_PASSWORD_SIZE];
	char password[PASSWORD_MAX + 1];
	bool make, nobody;
	int rc;
	int ready_fd;
	passwords_done *done;
	void *data;
};

struct passwords {
	struct osmo_fd ready;
	pthread_t thread;
	struct job *running; /* NULL: none, and no thread */
	struct llist_head waiting;
	unsigned int n;
};

/* ---- in the thread ---- */

static int check(const struct job *job)
{
	if (crypto_pwhash_str_verify(job->hash, job->password, strlen(job->password)) == 0)
		return job->nobody ? -EACCES : 0;
	return errno == ENOMEM ? -ENOMEM : -EACCES;
}

int password_hash(char out[STAFF_PASSWORD_SIZE], const char *password)
{
	_Static_assert(STAFF_PASSWORD_SIZE >= crypto_pwhash_STRBYTES, "a hash has room");
	return crypto_pwhash_str(out, password, strlen(password), OPERATIONS, MEMORY) == 0
		       ? 0
		       : -ENOMEM;
}

bool password_is(const char *hash, const char *password)
{
	return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}

static void *work(void *data)
{
	struct job *job = data;
	uint64_t one = 1;

	errno = 0;
	job->rc = job->make ? password_hash(job->hash, job->password) : check(job);
	while (write(job->ready_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	return NULL;
}

/* ---- on the loop ---- */

static void end(struct passwords *ps, struct job *job, int rc)
{
	sodium_memzero(job->password, sizeof(job->password));
	ps->n--;
	job->done(rc, job->make && rc == 0 ? job->hash : "", job->data);
	talloc_free(job);
}

static void start_next(struct passwords *ps)
{
	struct job *job;

	while (!ps->running && !llist_empty(&ps->waiting)) {
		job = llist_first_entry(&ps->waiting, struct job, entry);
		llist_del(&job->entry);
		ps->running = job;
		if (pthread_create(&ps->thread, NULL, work, job) == 0)
			return;
		LOGP(DWEB, LOGL_ERROR, "no thread for a password: try again later\n");
		ps->running = NULL;
		end(ps, job, -ENOMEM);
	}
}

static int ready(struct osmo_fd *ofd, unsigned int what)
{
	struct passwords *ps = ofd->data;
	struct job *job = ps->running;
	uint64_t n;

	if (read(ofd->fd, &n, sizeof(n)) < 0 || !job)
		return 0;
	pthread_join(ps->thread, NULL);
	ps->running = NULL;
	start_next(ps);
	end(ps, job, job->rc);
	return 0;
}

struct passwords *passwords_alloc(void *ctx)
{
	struct passwords *ps = talloc_zero(ctx, struct passwords);
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	OSMO_ASSERT(ps && fd >= 0);
	INIT_LLIST_HEAD(&ps->waiting);
	osmo_fd_setup(&ps->ready, fd, OSMO_FD_READ, ready, ps, 0);
	OSMO_ASSERT(osmo_fd_register(&ps->ready) == 0);
	return ps;
}

void passwords_stop(struct passwords *ps)
{
	struct job *job;

	if (ps->running) {
		pthread_join(ps->thread, NULL);
		job = ps->running;
		ps->running = NULL;
		end(ps, job, -ECANCELED);
	}
	while (!llist_empty(&ps->waiting)) {
		job = llist_first_entry(&ps->waiting, struct job, entry);
		llist_del(&job->entry);
		end(ps, job, -ECANCELED);
	}
	osmo_fd_unregister(&ps->ready);
	close(ps->ready.fd);
	talloc_free(ps);
}

static int add(struct passwords *ps, const char *hash, const char *password, passwords_done *done,
	       void *data)
{
	struct job *job;

	if (ps->n >= PASSWORD_WAIT_MAX)
		return -EAGAIN;
	job = talloc_zero(ps, struct job);
	OSMO_ASSERT(job);
	job->make = !hash;
	job->nobody = hash && !hash[0];
	OSMO_STRLCPY_ARRAY(job->hash, job->make ? "" : job->nobody ? NOBODY : hash);
	OSMO_STRLCPY_ARRAY(job->password, password);
	job->ready_fd = ps->ready.fd;
	job->done = done;
	job->data = data;
	ps->n++;
	llist_add_tail(&job->entry, &ps->waiting);
	start_next(ps);
	return 0;
}

int passwords_check(struct passwords *ps, const char *hash, const char *password,
		    passwords_done *done, void *data)
{
	return add(ps, hash, password, done, data);
}

int passwords_make(struct passwords *ps, const char *password, passwords_done *done, void *data)
{
	return add(ps, NULL, password, done, data);
}

/* ---- which ---- */

static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

const char *password_refused(const char *password, const char *name, bool dutch)
{
	if (characters(password) < PASSWORD_MIN)
		return dutch ? "Kies een wachtwoord van ten minste 12 tekens."
			     : "Choose a password of at least 12 characters.";
	if (strlen(password) > PASSWORD_MAX)
		return dutch ? "Dit wachtwoord is te lang." : "This password is too long.";
	if (name[0] && strlen(password) < strlen(name) + 6 && strcasestr(password, name))
		return dutch ? "Uw naam is te makkelijk te raden."
			     : "Your name is too easy to guess.";
	if (strspn(password, (char[]){ password[0], '\0' }) == strlen(password))
		return dutch ? "Eén teken herhaald is te makkelijk te raden."
			     : "One character repeated is too easy to guess.";
	return NULL;
}

void password_invent(char out[PASSWORD_MADE_SIZE])
{
	static const char letters[] =
		"abcdefghjkmnpqrstuvwxyz23456789"; /* none looks like another */
	size_t n = 0;

	for (unsigned int i = 0; i < 20; i++) {
		if (i > 0 && i % 5 == 0)
			out[n++] = '-';
		out[n++] = letters[randombytes_uniform(sizeof(letters) - 1)];
	}
	out[n] = '\0';
}
