// SPDX-License-Identifier: AGPL-3.0-or-later

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/socket.h>
#include <osmocom/core/utils.h>

#include "sim.h"

#define LINE_MAX_BYTES 65536

struct client {
	struct llist_head entry;
	struct sim *sim;
	struct osmo_fd fd;
	struct buffer rx, tx;
	bool subscribed;
	bool waiting; /* its further lines wait as well */
	int wait_key;
	uint64_t wait_n;
	struct osmo_timer_list wait_timer;
};

/* In the order of enum counter. */
static const char *const counter_names[COUNTERS] = {
	"commands", "mo",	   "mt",	"acked",     "cnma",	   "stored",	 "deleted",
	"offered",  "redelivered", "sr",	"sr_acked",  "sr_dropped", "cms_errors", "opened",
	"closed",   "resets",	   "pin_tried", "pin_wrong", "rx_bytes",   "tx_bytes",	 "overlaps",
	"rung",	    "answered",	   "over",	"refused",   "dialled",	   "alerted",
};

/* What can be waited for besides the counters; the first two must fall. */
enum wait_key { KEY_PENDING = COUNTERS, KEY_USED, KEY_SIM_READY, KEY_QUIET, KEY_SPOKEN };

void count(struct sim *sim, enum counter which)
{
	sim->count[which]++;
}

static void client_free(struct client *c)
{
	c->sim->subscribers -= c->subscribed;
	osmo_timer_del(&c->wait_timer);
	osmo_fd_unregister(&c->fd);
	close(c->fd.fd);
	llist_del(&c->entry);
	free(c->rx.data);
	free(c->tx.data);
	free(c);
}

static void client_put(struct client *c, json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);

	OSMO_ASSERT(text);
	buffer_put(&c->tx, text, strlen(text));
	buffer_put(&c->tx, "\n", 1);
	osmo_fd_update_when(&c->fd, ~0, OSMO_FD_WRITE);
	free(text);
	json_decref(object);
}

void control_event_json(struct sim *sim, const char *event, json_t *object)
{
	struct client *c;

	json_object_set_new(object, "event", json_string(event));
	llist_for_each_entry (c, &sim->clients, entry) {
		if (c->subscribed)
			client_put(c, json_incref(object));
	}
	json_decref(object);
}

void control_event(struct sim *sim, const char *event, const char *fmt, ...)
{
	json_t *object;
	va_list ap;

	if (!sim->subscribers)
		return;
	va_start(ap, fmt);
	object = json_vpack_ex(NULL, 0, fmt, ap);
	va_end(ap);
	/* Only bytes that are no UTF-8 can make this fail: a command line of garbage. */
	control_event_json(sim, event, object ? object : json_object());
}

/* -- answers */

json_t *control_mo(const struct mo *mo)
{
	return json_pack("{s:I, s:f, s:s, s:i, s:s, s:s}", "id", (json_int_t)mo->id, "time",
			 mo->time, "to", mo->to, "mr", mo->mr, "pdu", mo->pdu, "text", mo->text);
}

static unsigned int used(const struct sim *sim)
{
	return sim->card.mem[0].used + sim->card.mem[1].used + sim->card.mem[2].used;
}

static json_t *failure(const char *why)
{
	return json_pack("{s:b, s:s}", "ok", 0, "error", why);
}

static json_t *success(void)
{
	return json_pack("{s:b}", "ok", 1);
}

static json_t *cmd_mt(struct client *c, char *args)
{
	uint64_t id = net_inject(c->sim, args ? args : "");

	return id ? json_pack("{s:b, s:I}", "ok", 1, "id", (json_int_t)id)
		  : failure("mt PDUHEX: SMSC field and DELIVER");
}

/* "\n" and "\\" in a text are written as in C. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text == '\\' && text[1]) {
			text++;
			*to++ = (char)(*text == 'n' ? '\n' : *text);
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

static json_t *inject_text(struct client *c, char *args, int wide)
{
	const char *from = strsep(&args, " ");
	unsigned int parts, ref;
	json_t *ids = json_array();

	if (!from || !*from || !args) {
		json_decref(ids);
		return failure("mttext FROM TEXT");
	}
	unescape(args);
	parts = tpdu_text_parts(args, wide);
	ref = c->sim->net.next_ref++;
	for (unsigned int i = 1; i <= parts; i++) {
		uint8_t tpdu[TPDU_MAX];
		struct tpdu_text part;
		size_t len;

		tpdu_text_part(&part, args, ref, parts, i, wide);
		len = tpdu_deliver_build(tpdu, from, net_stamp(c->sim, from), &part);
		json_array_append_new(ids,
				      json_integer((json_int_t)net_inject_tpdu(c->sim, tpdu, len)));
	}
	return json_pack("{s:b, s:o}", "ok", 1, "ids", ids);
}

static json_t *cmd_mttext(struct client *c, char *args)
{
	return inject_text(c, args, 0);
}

static json_t *cmd_mttext16(struct client *c, char *args)
{
	return inject_text(c, args, 1);
}

static json_t *cmd_wait(struct client *c, char *args);

static json_t *cmd_mo(struct client *c, char *args)
{
	const struct net *net = &c->sim->net;
	json_t *list;
	size_t after;

	if (args && strncmp(args, "wait ", 5) == 0) {
		args[0] = 'm';
		args[1] = 'o';
		memmove(args + 2, args + 4, strlen(args + 4) + 1);
		return cmd_wait(c, args);
	}
	after = args ? strtoul(args, NULL, 10) : 0;
	list = json_array();
	for (size_t i = after; i < net->mo_count; i++)
		json_array_append_new(list, control_mo(&net->mos[i]));
	return json_pack("{s:b, s:I, s:o}", "ok", 1, "count", (json_int_t)net->mo_count, "messages",
			 list);
}

static json_t *cmd_stats(struct client *c, char *args)
{
	json_t *all = success();

	for (int i = 0; i < COUNTERS; i++)
		json_object_set_new(all, counter_names[i],
				    json_integer((json_int_t)c->sim->count[i]));
	json_object_set_new(all, "pending", json_integer(c->sim->net.pending));
	json_object_set_new(all, "used", json_integer(used(c->sim)));
	json_object_set_new(all, "open", json_boolean(port_is_open(c->sim)));
	return all;
}

static json_t *cmd_pending(struct client *c, char *args)
{
	json_t *list = json_array();
	struct mt *mt;

	llist_for_each_entry (mt, &c->sim->net.queue, entry)
		json_array_append_new(list, json_pack("{s:I, s:b, s:b}", "id", (json_int_t)mt->id,
						      "report", mt->report, "offered",
						      mt == c->sim->net.offered));
	return json_pack("{s:b, s:i, s:o}", "ok", 1, "count", (int)c->sim->net.pending, "messages",
			 list);
}

static json_t *cmd_storage(struct client *c, char *args)
{
	json_t *all = success();

	for (int kind = 0; kind < 3; kind++) {
		const struct memory *mem = &c->sim->card.mem[kind];
		char hex[2 * sizeof(mem->slots->pdu) + 1];
		json_t *rows = json_array();

		for (unsigned int i = 0; i < mem->size; i++) {
			const struct slot *s = &mem->slots[i];

			if (!s->used)
				continue;
			tpdu_to_hex(hex, s->pdu, s->smsc_len + (size_t)s->tpdu_len);
			json_array_append_new(rows, json_pack("{s:i, s:i, s:I, s:s}", "index",
							      (int)(i + c->sim->prof->base), "stat",
							      s->stat, "id", (json_int_t)s->id,
							      "pdu", hex));
		}
		json_object_set_new(all, mem->name,
				    json_pack("{s:i, s:o}", "size",
					      (int)card_size(c->sim, (enum mem_kind)kind),
					      "messages", rows));
	}
	return all;
}

static json_t *cmd_state(struct client *c, char *args)
{
	const struct at *at = &c->sim->at;
	static const char *const names[] = { "SM", "ME", "SR", "MT" };

	return json_pack("{s:b, s:[i,i,i,i,i], s:i, s:i, s:i, s:i, s:b, s:s, s:b, s:[s,s,s], s:s}",
			 "ok", 1, "cnmi", at->cnmi[0], at->cnmi[1], at->cnmi[2], at->cnmi[3],
			 at->cnmi[4], "csms", at->csms, "cmee", at->cmee, "cmgf", at->cmgf, "cfun",
			 at->cfun, "echo", at->echo, "pin", card_pin_state(c->sim), "sim_ready",
			 at->sim_ready, "memories", names[at->mem[0]], names[at->mem[1]],
			 names[at->mem[2]], "charset", at->charset);
}

static json_t *cmd_signal(struct client *c, char *args)
{
	c->sim->net.signal = args ? (int)strtol(args, NULL, 10) : 99;
	return success();
}

static json_t *cmd_creg(struct client *c, char *args)
{
	c->sim->net.creg = args ? (int)strtol(args, NULL, 10) : 0;
	general_registration_urc(c->sim);
	net_pump(c->sim);
	return success();
}

static json_t *cmd_fault(struct client *c, char *args)
{
	const char *why = NULL;

	return fault_command(c->sim, args, &why) < 0 ? failure(why) : success();
}

static json_t *cmd_set(struct client *c, char *args)
{
	struct net *net = &c->sim->net;
	const struct {
		const char *name;
		unsigned int *value;
	} values[] = {
		{ "delay", &net->delay_ms },
		{ "cnma", &net->cnma_ms },
		{ "retry", &net->retry_ms },
		{ "report", &net->report_ms },
	};
	const char *name = strsep(&args, " ");

	for (size_t i = 0; name && args && i < ARRAY_SIZE(values); i++) {
		if (strcmp(name, values[i].name) == 0) {
			*values[i].value = (unsigned int)strtoul(args, NULL, 10);
			return success();
		}
	}
	return failure("set delay|cnma|retry|report MS");
}

static json_t *ussd_service(struct sim *sim, char *args)
{
	const char *path = strsep(&args, " ");
	const char *m = strsep(&args, " ");

	if (!path || !*path || !m || !*m)
		return failure("ussd set PATH M [TEXT]");
	if (args)
		unescape(args);
	ussd_set(sim, path, (int)strtol(m, NULL, 10), args ? args : "");
	return success();
}

static json_t *cmd_ussd(struct client *c, char *args)
{
	const char *what = strsep(&args, " ");

	if (what && strcmp(what, "heard") == 0)
		return json_pack("{s:b, s:O}", "ok", 1, "heard", c->sim->ussd.heard);
	if (what && strcmp(what, "set") == 0)
		return ussd_service(c->sim, args);
	if (what && args && strcmp(what, "manner") == 0)
		return ussd_manner(c->sim, args) < 0 ? failure("no such manner") : success();
	if (!what || !args || (strcmp(what, "notify") != 0 && strcmp(what, "request") != 0))
		return failure("ussd set|notify|request|heard|manner ...");
	unescape(args);
	ussd_from_network(c->sim, what[0] == 'r', args);
	return success();
}

static json_t *cmd_call(struct client *c, char *args)
{
	const char *why = call_command(c->sim, args);

	return why ? failure(why) : success();
}

static json_t *cmd_vanish(struct client *c, char *args)
{
	port_vanish_for(c->sim, args ? (unsigned int)strtoul(args, NULL, 10) : 0);
	return success();
}

static json_t *cmd_appear(struct client *c, char *args)
{
	int rc = port_appear(c->sim, args && *args ? args : NULL);

	if (rc < 0)
		return failure(strerror(-rc));
	at_boot(c->sim);
	return success();
}

static json_t *cmd_reset(struct client *c, char *args)
{
	at_reset(c->sim);
	return success();
}

static json_t *cmd_subscribe(struct client *c, char *args)
{
	c->sim->subscribers += !c->subscribed;
	c->subscribed = true;
	return success();
}

static json_t *cmd_quit(struct client *c, char *args)
{
	c->sim->quit = true;
	return success();
}

/* -- waiting */

static uint64_t value_of(const struct sim *sim, int key)
{
	if (key == KEY_PENDING)
		return sim->net.pending;
	if (key == KEY_SIM_READY)
		return sim->at.sim_ready;
	if (key == KEY_QUIET)
		return call_quiet_ms(sim);
	if (key == KEY_SPOKEN)
		return call_is_spoken(sim);
	return key == KEY_USED ? used(sim) : sim->count[key];
}

static bool reached(const struct client *c)
{
	uint64_t v = value_of(c->sim, c->wait_key);

	if (c->wait_key == KEY_PENDING || c->wait_key == KEY_USED)
		return v <= c->wait_n;
	return v >= c->wait_n;
}

static void run_lines(struct client *c);

static void wait_over(struct client *c, bool ok)
{
	osmo_timer_del(&c->wait_timer);
	c->waiting = false;
	client_put(c, json_pack("{s:b, s:I}", "ok", ok, "count",
				(json_int_t)value_of(c->sim, c->wait_key)));
	run_lines(c);
}

static void wait_expired(void *data)
{
	wait_over(data, false);
}

static json_t *cmd_wait(struct client *c, char *args)
{
	const char *name = strsep(&args, " ");
	const char *n = strsep(&args, " ");
	int key = 0;

	while (name && key < COUNTERS && strcmp(name, counter_names[key]) != 0)
		key++;
	if (name && strcmp(name, "pending") == 0)
		key = KEY_PENDING;
	else if (name && strcmp(name, "used") == 0)
		key = KEY_USED;
	else if (name && strcmp(name, "sim_ready") == 0)
		key = KEY_SIM_READY;
	else if (name && strcmp(name, "quiet") == 0)
		key = KEY_QUIET;
	else if (name && strcmp(name, "spoken") == 0)
		key = KEY_SPOKEN;
	else if (key == COUNTERS)
		name = NULL;
	if (!name || !n || !args)
		return failure("wait COUNTER N TIMEOUT_MS");
	c->wait_key = key;
	c->wait_n = strtoull(n, NULL, 10);
	c->waiting = true;
	osmo_timer_setup(&c->wait_timer, wait_expired, c);
	after_ms(&c->wait_timer, (unsigned int)strtoul(args, NULL, 10));
	return NULL;
}

void control_check_waits(struct sim *sim)
{
	struct client *c, *next;

	llist_for_each_entry_safe (c, next, &sim->clients, entry) {
		if (c->waiting && reached(c))
			wait_over(c, true);
	}
}

/* -- the socket */

static void run(struct client *c, char *line)
{
	static const struct {
		const char *name;
		json_t *(*run)(struct client *c, char *args);
	} commands[] = {
		{ "mt", cmd_mt },
		{ "mttext", cmd_mttext },
		{ "mttext16", cmd_mttext16 },
		{ "mo", cmd_mo },
		{ "wait", cmd_wait },
		{ "stats", cmd_stats },
		{ "pending", cmd_pending },
		{ "storage", cmd_storage },
		{ "state", cmd_state },
		{ "signal", cmd_signal },
		{ "creg", cmd_creg },
		{ "fault", cmd_fault },
		{ "set", cmd_set },
		{ "ussd", cmd_ussd },
		{ "call", cmd_call },
		{ "vanish", cmd_vanish },
		{ "appear", cmd_appear },
		{ "reset", cmd_reset },
		{ "subscribe", cmd_subscribe },
		{ "quit", cmd_quit },
	};
	const char *name = strsep(&line, " ");

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(name, commands[i].name) == 0) {
			json_t *answer = commands[i].run(c, line);

			if (answer)
				client_put(c, answer);
			return;
		}
	}
	client_put(c, failure("no such command"));
}

static void run_lines(struct client *c)
{
	while (!c->waiting && c->rx.len) {
		char *start = (char *)c->rx.data + c->rx.start;
		char *end = memchr(start, '\n', c->rx.len);
		char *line;

		if (!end)
			return;
		line = strndup(start, (size_t)(end - start));
		OSMO_ASSERT(line);
		buffer_take(&c->rx, (size_t)(end - start) + 1);
		run(c, line);
		free(line);
	}
}

static int client_cb(struct osmo_fd *fd, unsigned int what)
{
	struct client *c = fd->data;
	char chunk[16384];
	ssize_t n;

	if (what & OSMO_FD_WRITE) {
		n = send(fd->fd, c->tx.data + c->tx.start, c->tx.len, MSG_NOSIGNAL);
		if (n > 0)
			buffer_take(&c->tx, (size_t)n);
		if (!c->tx.len)
			osmo_fd_update_when(fd, ~OSMO_FD_WRITE, 0);
	}
	if (!(what & OSMO_FD_READ))
		return 0;
	n = recv(fd->fd, chunk, sizeof(chunk), 0);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0 || c->rx.len > LINE_MAX_BYTES) {
		client_free(c);
		return -EBADF;
	}
	buffer_put(&c->rx, chunk, (size_t)n);
	run_lines(c);
	return 0;
}

static int accept_cb(struct osmo_fd *fd, unsigned int what)
{
	struct sim *sim = fd->data;
	struct client *c;
	int s = accept4(fd->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (s < 0)
		return 0;
	c = calloc(1, sizeof(*c));
	OSMO_ASSERT(c);
	c->sim = sim;
	osmo_timer_setup(&c->wait_timer, wait_expired, c);
	osmo_fd_setup(&c->fd, s, OSMO_FD_READ, client_cb, c, 0);
	osmo_fd_register(&c->fd);
	llist_add_tail(&c->entry, &sim->clients);
	return 0;
}

int control_open(struct sim *sim, const char *path)
{
	int fd;

	INIT_LLIST_HEAD(&sim->clients);
	unlink(path);
	fd = osmo_sock_unix_init(SOCK_STREAM, 0, path, OSMO_SOCK_F_BIND);
	if (fd < 0)
		return fd;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	sim->control_path = strdup(path);
	osmo_fd_setup(&sim->listen, fd, OSMO_FD_READ, accept_cb, sim, 0);
	return osmo_fd_register(&sim->listen);
}
