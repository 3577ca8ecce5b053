// SPDX-License-Identifier: AGPL-3.0-or-later
/* Ports on ptys, in a directory of their own. */
#include <errno.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "line/at_port.h"
#include "line_test.h"

struct world {
	void *ctx;
	char dir[32], before[4096];
	int master, slave;
	char pty[64];
	char rx[64];
	int lost, appeared;
};

static void on_rx(struct at_port *port, const void *bytes, size_t len, void *data)
{
	strncat(((struct world *)data)->rx, bytes, len);
}

static void on_lost(struct at_port *port, const char *why, void *data)
{
	((struct world *)data)->lost++;
}

static void on_appeared(struct at_port *port, void *data)
{
	((struct world *)data)->appeared++;
}

static struct at_port *port_for(struct world *w, const char *device, const char *search)
{
	struct at_port_user user = {
		.rx = on_rx, .lost = on_lost, .appeared = on_appeared, .data = w
	};

	return at_port_alloc(w->ctx, "test", device, search, 0, &user);
}

static void turn(void)
{
	int i;

	for (i = 0; i < 5; i++)
		osmo_select_main(1);
	test_clock_add_ms(100);
}

static int setup(void **state)
{
	struct world *w = talloc_zero(NULL, struct world);

	w->ctx = w;
	test_clock_start();
	snprintf(w->dir, sizeof(w->dir), "/tmp/meldlijn-port-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	assert_non_null(getcwd(w->before, sizeof(w->before)));
	assert_int_equal(chdir(w->dir), 0);
	assert_int_equal(openpty(&w->master, &w->slave, w->pty, NULL, NULL), 0);
	close(w->slave);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	if (w->master >= 0)
		close(w->master);
	unlink("by-path/modem");
	unlink("ttyUSB0");
	unlink("ttyUSB1");
	rmdir("by-path");
	assert_int_equal(chdir(w->before), 0);
	rmdir(w->dir);
	talloc_free(w);
	return 0;
}

static void bytes_go_both_ways(void **state)
{
	struct world *w = *state;
	struct at_port *port = port_for(w, w->pty, NULL);
	char buf[8] = "";

	assert_int_equal(at_port_write(port, "AT\r", 3), -ENOTCONN);
	assert_int_equal(at_port_open(port), 0);
	assert_string_equal(at_port_path(port), w->pty);
	assert_int_equal(at_port_write(port, "AT\r", 3), 0);
	assert_int_equal(read(w->master, buf, sizeof(buf)), 3);
	assert_string_equal(buf, "AT\r"); /* raw: no CR became LF */
	assert_int_equal(write(w->master, "OK\r\n", 4), 4);
	osmo_select_main(0);
	assert_string_equal(w->rx, "OK\r\n");
	at_port_free(port);
}

static void second_user_is_kept_out(void **state)
{
	struct world *w = *state;
	struct at_port *first = port_for(w, w->pty, NULL);
	struct at_port *second = port_for(w, w->pty, NULL);

	assert_int_equal(at_port_open(first), 0);
	assert_int_equal(at_port_open(second), -ENODEV);
	at_port_free(first);
	assert_int_equal(at_port_open(second), 0);
	at_port_free(second);
}

static void loss_is_told_once(void **state)
{
	struct world *w = *state;
	struct at_port *port = port_for(w, w->pty, NULL);

	assert_int_equal(at_port_open(port), 0);
	close(w->master);
	w->master = -1;
	turn();
	turn();
	assert_int_equal(w->lost, 1);
	assert_null(at_port_path(port));
	at_port_free(port);
}

static void device_in_a_directory_that_is_not_there_yet(void **state)
{
	struct world *w = *state;
	char path[64];
	struct at_port *port;

	snprintf(path, sizeof(path), "%s/by-path/modem", w->dir);
	port = port_for(w, path, NULL);
	assert_int_equal(at_port_open(port), -ENODEV);
	assert_int_equal(mkdir("by-path", 0700), 0);
	turn();
	assert_int_equal(symlink(w->pty, "by-path/modem"), 0);
	turn();
	turn();
	assert_true(w->appeared >= 1);
	assert_int_equal(at_port_open(port), 0);
	at_port_free(port);
}

static void device_with_a_relative_path_is_watched_too(void **state)
{
	struct world *w = *state;
	struct at_port *port = port_for(w, "ttyUSB0", NULL);

	assert_int_equal(at_port_open(port), -ENODEV);
	assert_int_equal(symlink(w->pty, "ttyUSB1"), 0); /* another */
	turn();
	turn();
	assert_int_equal(w->appeared, 0);
	assert_int_equal(symlink(w->pty, "ttyUSB0"), 0);
	turn();
	turn();
	assert_int_equal(w->appeared, 1);
	assert_int_equal(at_port_open(port), 0);
	at_port_free(port);
}

static void search_walks_over_all_and_begins_with_the_one_that_was_right(void **state)
{
	struct world *w = *state;
	struct at_port *port;
	char search[128], pty2[64];
	int master2, slave2;

	assert_int_equal(openpty(&master2, &slave2, pty2, NULL, NULL), 0);
	close(slave2);
	assert_int_equal(symlink(w->pty, "ttyUSB0"), 0);
	assert_int_equal(symlink(pty2, "ttyUSB1"), 0);
	snprintf(search, sizeof(search), "%s/none* %s/ttyUSB*", w->dir, w->dir);
	port = port_for(w, NULL, search);
	assert_int_equal(at_port_open(port), 0);
	assert_string_equal(at_port_path(port), w->pty);
	assert_int_equal(at_port_next(port), 0);
	assert_string_equal(at_port_path(port), pty2);
	at_port_keep(port);
	assert_int_equal(at_port_next(port), -ENODEV);
	assert_int_equal(at_port_open(port), 0);
	assert_string_equal(at_port_path(port), pty2);
	at_port_free(port);
	close(master2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bytes_go_both_ways),
		TEST(second_user_is_kept_out),
		TEST(loss_is_told_once),
		TEST(device_in_a_directory_that_is_not_there_yet),
		TEST(device_with_a_relative_path_is_watched_too),
		TEST(search_walks_over_all_and_begins_with_the_one_that_was_right),
	};
	void *ctx = talloc_named_const(NULL, 0, "log");

	test_log_start(ctx);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
