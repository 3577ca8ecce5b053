/* peer.h - a contractor that is not ours (tests/e2e/fake_contractor.py) for the tests of this folder,
 * and what the archives want from gateway/: a clock that the test moves and log categories.
 */
#pragma once

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <talloc.h>

#include "clock.h"
#include "log.h"

#define DEADLINE_S 15

static int64_t ahead_s;

int64_t clock_now_s(void)
{
	return (int64_t)time(NULL) + ahead_s;
}

int64_t clock_ahead_s(void)
{
	return ahead_s;
}

static const struct log_info_cat peer_categories[LOG_CATEGORIES] = {
	[DCONTR] = { .name = "DCONTR", .loglevel = LOGL_FATAL, .enabled = 1 },
};
static const struct log_info peer_log = { .cat = peer_categories, .num_cat = LOG_CATEGORIES };

struct peer {
	pid_t pid;
	int input; /* closed: it ends */
	unsigned int port;
	char url[128];
};

/* \param[in] args  behind the program's name, NULL-terminated */
static inline void peer_start(struct peer *peer, const char *const *args)
{
	const char *argv[16] = { "/usr/bin/python3", "tests/e2e/fake_contractor.py" };
	int in[2], out[2];
	char line[64] = "";
	FILE *said;

	for (size_t i = 0; args && args[i]; i++)
		argv[2 + i] = args[i];
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	peer->pid = fork();
	if (peer->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		unsetenv("LD_PRELOAD");
		execv(argv[0], (char *const *)argv);
		_exit(1);
	}
	close(in[0]);
	close(out[1]);
	said = fdopen(out[0], "r");
	assert_non_null(fgets(line, sizeof(line), said));
	fclose(said);
	assert_int_equal(strncmp(line, "PORT ", 5), 0);
	peer->port = (unsigned int)strtoul(line + 5, NULL, 10);
	assert_true(peer->port > 0);
	peer->input = in[1];
}

static inline void peer_stop(struct peer *peer)
{
	close(peer->input);
	waitpid(peer->pid, NULL, 0);
}

static inline const char *peer_url(struct peer *peer, const char *mode)
{
	snprintf(peer->url, sizeof(peer->url), "http://127.0.0.1:%u/%s/requests.json", peer->port,
		 mode);
	return peer->url;
}

static inline void run_until(const unsigned int *count, unsigned int wanted)
{
	time_t end = time(NULL) + DEADLINE_S;

	while (*count < wanted && time(NULL) < end)
		osmo_select_main(1) == 0 ? (void)usleep(1000) : (void)0;
	assert_int_equal(*count, wanted);
}
