// SPDX-License-Identifier: AGPL-3.0-or-later
#include "contractor/mail.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <curl/curl.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>
#include <talloc.h>

#include "log.h"
#include "wire/mail.h"

#define REPLY_SIZE     256
#define THREAD_AGAIN_S 5

struct mail_job {
	struct llist_head entry; /* of waiting, or of running */
	struct mailer *mailer;
	struct mail_server server;
	char *url, *to, *message;
	size_t sent; /* octets of message */
	int ready_fd;
	pthread_t thread;
	bool runs; /* it has a thread */
	atomic_bool cancelled, ended;
	/* what came of it, written by the thread */
	CURLcode code;
	int status;
	char reply[REPLY_SIZE], error[CURL_ERROR_SIZE];
	void (*done)(const struct mail_answer *answer, void *data);
	void *data;
};

struct mailer {
	struct osmo_fd ready;
	struct llist_head waiting, running;
	unsigned int n_running;
	struct osmo_timer_list again;
};

/* ---- in the thread: only the job, and nothing of talloc ---- */

static size_t give_message(char *out, size_t size, size_t n, void *data)
{
	struct mail_job *job = data;
	size_t len = OSMO_MIN(size * n, strlen(job->message + job->sent));

	memcpy(out, job->message + job->sent, len);
	job->sent += len;
	return len;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The last line that they say, without its end. "221 bye" answers QUIT, which libcurl says behind a refusal too. */
static size_t take_reply(char *bytes, size_t size, size_t n, void *data)
{
	struct mail_job *job = data;
	size_t len = OSMO_MIN(size * n, sizeof(job->reply) - 1);

	if (len < 3 || !is_digit(bytes[0]) || !is_digit(bytes[1]) || !is_digit(bytes[2]) ||
	    !memcmp(bytes, "221", 3))
		return size * n;
	job->status = 100 * (bytes[0] - '0') + 10 * (bytes[1] - '0') + bytes[2] - '0';
	memcpy(job->reply, bytes, len);
	while (len > 0 && strchr("\r\n ", job->reply[len - 1]))
		len--;
	job->reply[len] = '\0';
	return size * n;
}

static int look_up(void *data, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct mail_job *job = data;

	return atomic_load(&job->cancelled);
}

static void set_server(CURL *easy, const struct mail_job *job)
{
	const struct mail_server *server = &job->server;

	curl_easy_setopt(easy, CURLOPT_URL, job->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_USE_SSL,
			 server->tls_if_offered && !server->user ? (long)CURLUSESSL_TRY
								 : (long)CURLUSESSL_ALL);
	if (server->user) {
		curl_easy_setopt(easy, CURLOPT_USERNAME, server->user);
		curl_easy_setopt(easy, CURLOPT_PASSWORD, server->password ? server->password : "");
	}
	if (server->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, server->ca_file);
}

static void set_options(CURL *easy, struct mail_job *job)
{
	curl_easy_setopt(easy, CURLOPT_MAIL_FROM, job->server.from);
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_message);
	curl_easy_setopt(easy, CURLOPT_READDATA, job);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_reply);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, job);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, look_up);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA, job);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, job->error);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)MAIL_TIMEOUT_S);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, MAIL_TIMEOUT_S / 3L);
	curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)MAIL_TIMEOUT_S);
}

static void *work(void *data)
{
	struct mail_job *job = data;
	struct curl_slist *to = curl_slist_append(NULL, job->to);
	CURL *easy = curl_easy_init();
	int ready_fd = job->ready_fd;
	uint64_t one = 1;

	job->code = CURLE_OUT_OF_MEMORY;
	if (easy && to) {
		set_server(easy, job);
		set_options(easy, job);
		curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, to);
		job->code = curl_easy_perform(easy);
	}
	curl_easy_cleanup(easy);
	curl_slist_free_all(to);
	atomic_store(&job->ended, true);
	while (write(ready_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	return NULL;
}

/* ---- on the loop ---- */

/* The last reply stands for an answer only if it ended the matter: a connection may be lost after "250 go on". */
static void tell(struct mail_job *job)
{
	struct mail_answer answer = { .words = job->reply };

	if (job->code == CURLE_OK || job->status >= 400)
		answer.status = job->status;
	else
		answer.words = job->error[0] ? job->error : curl_easy_strerror(job->code);
	if (!answer.words[0])
		answer.words = curl_easy_strerror(job->code);
	job->done(&answer, job->data);
}

static void start_next(void *data)
{
	struct mailer *mailer = data;
	struct mail_job *job;

	while (mailer->n_running < MAIL_AT_ONCE && !llist_empty(&mailer->waiting)) {
		job = llist_first_entry(&mailer->waiting, struct mail_job, entry);
		if (pthread_create(&job->thread, NULL, work, job) != 0) {
			LOGP(DCONTR, LOGL_ERROR, "no thread for a mail: tried again\n");
			osmo_timer_schedule(&mailer->again, THREAD_AGAIN_S, 0);
			return;
		}
		llist_del(&job->entry);
		llist_add_tail(&job->entry, &mailer->running);
		job->runs = true;
		mailer->n_running++;
	}
}

static void end(struct mail_job *job)
{
	pthread_join(job->thread, NULL);
	llist_del(&job->entry);
	job->mailer->n_running--;
}

static struct mail_job *find_ended(struct mailer *mailer)
{
	struct mail_job *job;

	llist_for_each_entry (job, &mailer->running, entry)
		if (atomic_load(&job->ended))
			return job;
	return NULL;
}

static int ready(struct osmo_fd *ofd, unsigned int what)
{
	struct mailer *mailer = ofd->data;
	struct mail_job *job;
	uint64_t n;

	if (read(ofd->fd, &n, sizeof(n)) < 0)
		return 0;
	/* done() may start others, and cancel them */
	while ((job = find_ended(mailer))) {
		end(job);
		start_next(mailer);
		if (!atomic_load(&job->cancelled))
			tell(job);
		talloc_free(job);
	}
	return 0;
}

static int free_mailer(struct mailer *mailer)
{
	struct mail_job *job;

	llist_for_each_entry (job, &mailer->running, entry)
		atomic_store(&job->cancelled, true);
	llist_for_each_entry (job, &mailer->running, entry)
		pthread_join(job->thread, NULL);
	osmo_timer_del(&mailer->again);
	osmo_fd_unregister(&mailer->ready);
	close(mailer->ready.fd);
	curl_global_cleanup();
	return 0;
}

struct mailer *mailer_alloc(void *ctx)
{
	struct mailer *mailer = talloc_zero(ctx, struct mailer);
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	OSMO_ASSERT(mailer && fd >= 0);
	OSMO_ASSERT(curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK);
	INIT_LLIST_HEAD(&mailer->waiting);
	INIT_LLIST_HEAD(&mailer->running);
	osmo_timer_setup(&mailer->again, start_next, mailer);
	osmo_fd_setup(&mailer->ready, fd, OSMO_FD_READ, ready, mailer, 0);
	OSMO_ASSERT(osmo_fd_register(&mailer->ready) == 0);
	talloc_set_destructor(mailer, free_mailer);
	return mailer;
}

/* ---- starting ---- */

static bool has(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool is = curl_url_get(url, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return is;
}

bool mail_is_server(const char *url)
{
	CURLU *parsed = curl_url();
	char *scheme = NULL, *path = NULL;
	bool is = false;

	if (curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(parsed, CURLUPART_PATH, &path, 0) == CURLUE_OK)
		is = (!strcmp(scheme, "smtp") || !strcmp(scheme, "smtps")) && !strcmp(path, "/") &&
		     !has(parsed, CURLUPART_USER) && !has(parsed, CURLUPART_QUERY) &&
		     !has(parsed, CURLUPART_FRAGMENT);
	curl_free(scheme);
	curl_free(path);
	curl_url_cleanup(parsed);
	return is;
}

static void copy_server(struct mail_job *job, const struct mail_server *server)
{
	size_t len = strlen(server->url);

	job->server = *server;
	job->server.from = talloc_strdup(job, server->from);
	job->server.user = talloc_strdup(job, server->user);
	job->server.password = talloc_strdup(job, server->password);
	job->server.ca_file = talloc_strdup(job, server->ca_file);
	/* what we say at EHLO is the path to libcurl */
	job->url = talloc_asprintf(job, "%s%s%s", server->url,
				   server->url[len - 1] == '/' ? "" : "/",
				   mail_domain(server->from));
	OSMO_ASSERT(job->url);
}

struct mail_job *mail_start(struct mailer *mailer, const struct mail_ask *ask)
{
	struct mail_job *job = talloc_zero(mailer, struct mail_job);

	OSMO_ASSERT(job);
	job->mailer = mailer;
	copy_server(job, ask->server);
	job->to = talloc_strdup(job, ask->to);
	job->message = talloc_strdup(job, ask->message);
	job->ready_fd = mailer->ready.fd;
	job->done = ask->done;
	job->data = ask->data;
	llist_add_tail(&job->entry, &mailer->waiting);
	start_next(mailer);
	return job;
}

void mail_cancel(struct mail_job *job)
{
	if (job->runs) {
		atomic_store(&job->cancelled, true); /* freed when its thread has ended */
		return;
	}
	llist_del(&job->entry);
	talloc_free(job);
}
