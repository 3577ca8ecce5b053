// SPDX-License-Identifier: AGPL-3.0-or-later
/* Messages while a server is slow: cancelled, given up at the end, and beside others.  The server is a thread a
 * connection, which greets nobody before it is told to.  Built with AddressSanitizer, as all tests here are. */
#include "peer.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "contractor/mail.h"

#define SERVED_MAX 16

struct smtp {
	int fd;
	char url[64];
	pthread_t accepts, serves[SERVED_MAX];
	atomic_uint connected, served, ended;
	atomic_uint free; /* connections 1 to so many are served; others wait, the first always */
};

struct serving {
	struct smtp *smtp;
	int fd;
	unsigned int nth;
};

static bool say(int fd, const char *words)
{
	return send(fd, words, strlen(words), MSG_NOSIGNAL) > 0;
}

/* \returns false: they hung up */
static bool read_line(FILE *from, char *line, size_t size)
{
	return fgets(line, (int)size, from) != NULL;
}

static void serve_one(struct smtp *smtp, int fd)
{
	FILE *from = fdopen(dup(fd), "r");
	bool data = false;
	char line[1024];

	say(fd, "220 fake\r\n");
	while (read_line(from, line, sizeof(line))) {
		if (data && strcmp(line, ".\r\n") != 0)
			continue;
		if (data) {
			data = false;
			atomic_fetch_add(&smtp->served, 1);
			say(fd, "250 taken\r\n");
		} else if (strncmp(line, "DATA", 4) == 0) {
			data = true;
			say(fd, "354 go on\r\n");
		} else if (strncmp(line, "QUIT", 4) == 0) {
			say(fd, "221 bye\r\n");
			break;
		} else {
			say(fd, "250 ok\r\n");
		}
	}
	fclose(from);
}

/* Who is not let go on waits until the client has hung up. */
static void *serve(void *data)
{
	struct serving *s = data;
	char octet;

	if (s->nth >= 1 && s->nth <= atomic_load(&s->smtp->free))
		serve_one(s->smtp, s->fd);
	else
		while (recv(s->fd, &octet, 1, 0) > 0)
			;
	close(s->fd);
	atomic_fetch_add(&s->smtp->ended, 1);
	free(s);
	return NULL;
}

static void *accept_all(void *data)
{
	struct smtp *smtp = data;
	unsigned int n = 0;
	int fd;

	while (n < SERVED_MAX && (fd = accept(smtp->fd, NULL, NULL)) >= 0) {
		struct serving *s = calloc(1, sizeof(*s));

		*s = (struct serving){ .smtp = smtp, .fd = fd, .nth = n };
		assert_int_equal(pthread_create(&smtp->serves[n++], NULL, serve, s), 0);
		atomic_store(&smtp->connected, n);
	}
	return NULL;
}

struct fixture {
	struct smtp smtp;
	struct mailer *mailer;
	struct mail_server server;
	unsigned int done;
	int status;
};

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	if (!osmo_log_info)
		osmo_init_logging2(NULL, &peer_log);
	f->smtp.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->smtp.fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(f->smtp.fd, 16), 0);
	assert_int_equal(getsockname(f->smtp.fd, (struct sockaddr *)&at, &len), 0);
	snprintf(f->smtp.url, sizeof(f->smtp.url), "smtp://127.0.0.1:%u", ntohs(at.sin_port));
	assert_int_equal(pthread_create(&f->smtp.accepts, NULL, accept_all, &f->smtp), 0);
	f->mailer = mailer_alloc(f);
	f->server = (struct mail_server){
		.url = f->smtp.url,
		.from = "meldlijn@denhaag.example",
		.tls_if_offered = true,
	};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	TALLOC_FREE(f->mailer);
	shutdown(f->smtp.fd, SHUT_RDWR);
	pthread_join(f->smtp.accepts, NULL);
	for (unsigned int i = 0; i < atomic_load(&f->smtp.connected); i++)
		pthread_join(f->smtp.serves[i], NULL);
	close(f->smtp.fd);
	talloc_free(f);
	return 0;
}

static void took(const struct mail_answer *answer, void *data)
{
	struct fixture *f = data;

	f->done++;
	f->status = answer->status;
}

static struct mail_job *start(struct fixture *f)
{
	struct mail_ask ask = {
		.server = &f->server,
		.to = "jan@bedrijf.example",
		.message = "Subject: order\r\n\r\nSpui 70\r\n",
		.done = took,
		.data = f,
	};

	return mail_start(f->mailer, &ask);
}

static void until(atomic_uint *count, unsigned int wanted)
{
	time_t end = time(NULL) + DEADLINE_S;

	while (atomic_load(count) < wanted && time(NULL) < end)
		if (osmo_select_main(1) == 0)
			usleep(1000);
	assert_int_equal(atomic_load(count), wanted);
}

static void one_that_is_cancelled_while_it_is_sent_tells_nobody(void **state)
{
	struct fixture *f = *state;
	struct mail_job *job = start(f);

	until(&f->smtp.connected, 1);
	mail_cancel(job);
	until(&f->smtp.ended, 1); /* they have hung up */
	atomic_store(&f->smtp.free, SERVED_MAX);
	start(f); /* and the next one finds all in order */
	run_until(&f->done, 1);
	assert_int_equal(f->status, 250);
	assert_int_equal(atomic_load(&f->smtp.served), 1);
}

static void at_the_end_what_is_sent_and_what_waits_is_given_up(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < MAIL_AT_ONCE + 2; i++)
		start(f);
	until(&f->smtp.connected, MAIL_AT_ONCE);
	TALLOC_FREE(f->mailer);
	until(&f->smtp.ended, MAIL_AT_ONCE);
	assert_int_equal(f->done, 0);
}

static void one_that_waits_is_cancelled(void **state)
{
	struct fixture *f = *state;
	struct mail_job *jobs[MAIL_AT_ONCE + 1];

	for (int i = 0; i <= MAIL_AT_ONCE; i++)
		jobs[i] = start(f);
	until(&f->smtp.connected, MAIL_AT_ONCE);
	mail_cancel(jobs[MAIL_AT_ONCE]);
	for (int i = 0; i < MAIL_AT_ONCE; i++)
		mail_cancel(jobs[i]);
	until(&f->smtp.ended, MAIL_AT_ONCE);
	atomic_store(&f->smtp.free, SERVED_MAX);
	start(f);
	run_until(&f->done, 1);
	assert_int_equal(atomic_load(&f->smtp.connected), MAIL_AT_ONCE + 1); /* not one more */
}

static void a_slow_answer_holds_up_no_other_message(void **state)
{
	struct fixture *f = *state;
	struct mail_job *slow;

	atomic_store(&f->smtp.free, SERVED_MAX); /* all but the first */
	slow = start(f);
	until(&f->smtp.connected, 1);
	for (int i = 0; i < 6; i++)
		start(f);
	run_until(&f->done, 6);
	assert_int_equal(atomic_load(&f->smtp.served), 6);
	assert_int_equal(f->status, 250);
	mail_cancel(slow);
}

#define MAIL_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(one_that_is_cancelled_while_it_is_sent_tells_nobody),
		MAIL_TEST(at_the_end_what_is_sent_and_what_waits_is_given_up),
		MAIL_TEST(one_that_waits_is_cancelled),
		MAIL_TEST(a_slow_answer_holds_up_no_other_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
