// SPDX-License-Identifier: AGPL-3.0-or-later
/* vty_ussd.c - codes that the operator dials on a modem's SIM.  A command must not wait for the network: the
 * answer is written to his terminal when it comes, if that is still open, else to the log. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>
#include <osmocom/core/signal.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/telnet_interface.h>

#include "app_int.h"
#include "config_int.h"
#include "log.h"

/* A terminal that waits for an answer. */
struct vty_wait {
	struct llist_head list; /* in app->vty_waits */
	struct vty *vty;	/* NULL: closed meanwhile */
	unsigned int nr;
	char *code;
};

/* Two parts of libosmovty close a connection's descriptor: the one that reads it, and after that vty_close(), which
 * has also written its last words into it by then.  Another thread's new file may have the number in between.  Give
 * the first a descriptor of its own to close. */
static void part_descriptors(struct telnet_connection *conn)
{
	int own;

	if (!conn || conn->fd.fd != conn->vty->fd)
		return;
	own = fcntl(conn->fd.fd, F_DUPFD_CLOEXEC, 0);
	if (own < 0)
		return; /* no descriptor is free, so nobody else gets one either */
	osmo_fd_unregister(&conn->fd);
	conn->fd.fd = own;
	OSMO_ASSERT(osmo_fd_register(&conn->fd) == 0);
}

/* libosmovty tells of a terminal that goes, before its struct vty does. */
static int on_vty_event(unsigned int subsys, unsigned int signal, void *data, void *signal_data)
{
	struct app *app = data;
	const struct vty_signal_data *event = signal_data;
	struct vty_wait *wait;

	if (signal != S_VTY_EVENT || event->event != VTY_CLOSED)
		return 0;
	llist_for_each_entry (wait, &app->vty_waits, list)
		if (wait->vty == event->vty)
			wait->vty = NULL;
	if (event->vty->type == VTY_TERM)
		part_descriptors(event->vty->priv);
	return 0;
}

void app_vty_watch(struct app *app)
{
	INIT_LLIST_HEAD(&app->vty_waits);
	osmo_signal_register_handler(SS_L_VTY, on_vty_event, app);
}

/* The network's line ends are not the terminal's, and nothing else of it is for a terminal to obey. */
static void out_lines(struct vty *vty, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			vty_out(vty, "%s", VTY_NEWLINE);
		else if ((unsigned char)*text >= ' ' && *text != 0x7f)
			vty_out(vty, "%c", *text);
	}
	vty_out(vty, "%s", VTY_NEWLINE);
}

static void out_answer(const struct vty_wait *wait, const struct modem_ussd_answer *answer)
{
	struct vty *vty = wait->vty;

	vty_out(vty, "%smodem %u, %s: ", VTY_NEWLINE, wait->nr, wait->code);
	if (answer->result != MODEM_USSD_ANSWERED) {
		vty_out(vty, "%s", modem_ussd_words(answer->result));
		if (answer->code >= 0)
			vty_out(vty, " (error %d)", answer->code);
		vty_out(vty, "%s", VTY_NEWLINE);
		return;
	}
	out_lines(vty, *answer->text ? answer->text : "(no text)");
	if (answer->more)
		vty_out(vty, "the network waits: answer with modem %u ussd TEXT%s", wait->nr,
			VTY_NEWLINE);
}

static void answer_came(const struct modem_ussd_answer *answer, void *data)
{
	struct vty_wait *wait = data;
	char line[USSD_TEXT_MAX];

	if (wait->vty)
		out_answer(wait, answer);
	else
		LOGP(DLINE, LOGL_NOTICE, "modem %u, %s: the terminal that asked is closed: %s\n",
		     wait->nr, wait->code,
		     answer->result == MODEM_USSD_ANSWERED ? modem_ussd_line(line, answer->text)
							   : modem_ussd_words(answer->result));
	llist_del(&wait->list);
	talloc_free(wait);
}

/* "*100#" with or without the quotes that a shell would need. */
static char *unquoted(void *ctx, const char *text)
{
	size_t len = strlen(text);

	if (len >= 2 && text[0] == '"' && text[len - 1] == '"')
		return talloc_strndup(ctx, text + 1, len - 2);
	return talloc_strdup(ctx, text);
}

static int ask(struct vty *vty, unsigned int nr, const char *text)
{
	struct app *app = app_of(vty);
	struct modem *m = app ? app_modem_nr(nr, app) : NULL;
	struct vty_wait *wait;
	int rc;

	if (vty->type == VTY_FILE || !m) {
		vty_out(vty, "%% %s%s",
			vty->type == VTY_FILE
				? "a code is dialled on a terminal only"
				: "this modem does not run: \"no shutdown\" starts it",
			VTY_NEWLINE);
		return CMD_WARNING;
	}
	wait = talloc_zero(app, struct vty_wait);
	OSMO_ASSERT(wait);
	wait->vty = vty;
	wait->nr = nr;
	wait->code = unquoted(wait, text);
	llist_add_tail(&wait->list, &app->vty_waits);
	vty_out(vty, "asked, the answer follows%s", VTY_NEWLINE);
	if (modem_ussd_waits(m) && !modem_ussd_is_code(wait->code))
		rc = modem_ussd_reply(m, wait->code, answer_came, wait);
	else
		rc = modem_ussd_dial(m, wait->code, answer_came, wait);
	if (rc == 0)
		return CMD_SUCCESS;
	vty_out(vty, "%% not asked: %s%s", modem_ussd_trouble(rc), VTY_NEWLINE);
	llist_del(&wait->list);
	talloc_free(wait);
	return CMD_WARNING;
}

#define USSD_STR \
	"Dial a code on this SIM, or answer what the network asks\nas *100#, or the answer\n"

DEFUN(modem_ussd, modem_ussd_cmd, "modem <1-64> ussd .CODE",
      "A GSM modem on a serial port\nNumber\n" USSD_STR)
{
	char *text = argv_concat(argv, argc, 1);
	int rc = ask(vty, atoi(argv[0]), text);

	talloc_free(text);
	return rc;
}

DEFUN(cfg_modem_ussd, cfg_modem_ussd_cmd, "ussd CODE", USSD_STR)
{
	const struct config_modem *cm = vty->index;

	return ask(vty, cm->nr, argv[0]);
}

void app_vty_ussd_install(void)
{
	install_element(ENABLE_NODE, &modem_ussd_cmd);
	install_element(MODEM_NODE, &cfg_modem_ussd_cmd);
}
