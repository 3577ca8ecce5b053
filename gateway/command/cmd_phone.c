// SPDX-License-Identifier: AGPL-3.0-or-later
/* cmd_phone.c - "meldlijn phone": a handset in the terminal, several numbers at once.
 *
 * Texts go out and come in over the handset API of a line that runs on this machine; what came is
 * waited for with a long poll, so an answer is there when it is sent.  A code is dialled and its pages are
 * answered over the same API.  Without a terminal it takes one text, code or answer a line from standard
 * input and waits for what comes back before the next. */
#include "command/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/utils.h>
#include <sys/signalfd.h>
#include <talloc.h>

#include "command/phone_int.h"

#define NUMBER_DEFAULT "0612345678"
#define TO_DEFAULT     "14070"
#define WAIT_DEFAULT_S 10

static const char usage[] =
	"usage: meldlijn phone [-n NUMBER]... [--to 14070] [-c FILE | --url http://127.0.0.1:8070]\n"
	"                      [--once TEXT] [--wait SECONDS] [--json]\n"
	"\n"
	"A handset in the terminal.  Give -n again for more numbers; F1 to F4, Tab or /n NUMBER\n"
	"switch between them.  /help tells more.  Without a terminal each line of standard input\n"
	"is a text, and the answer is waited for before the next.  A code such as *140# is dialled;\n"
	"what follows answers its pages, until the last or /hangup.  /call calls: what is heard is\n"
	"written to files (and played, with aplay or paplay), 1 or 2511# are keys.  When the line\n"
	"calls /answer picks up.\n"
	"\n"
	"  -c FILE         the configuration of the line, which says where it listens\n"
	"  --once TEXT     send one text or dial one code, print the answer and stop\n"
	"  --wait SECONDS  how long to wait for an answer (10)\n"
	"  --json          one JSON object a text or page, for programs\n";

static int stop_by_signal(struct osmo_fd *ofd, unsigned int what)
{
	struct phone *phone = ofd->data;
	struct signalfd_siginfo info;

	if (read(ofd->fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	if (info.ssi_signo == SIGWINCH)
		phone_screen_resized(phone);
	else
		phone_stop(phone, 0);
	return 0;
}

/* Signals come by the loop, so that the terminal is always left as it was found. */
static void watch_signals(struct phone *phone)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	OSMO_ASSERT(fd >= 0);
	osmo_fd_setup(&phone->signals, fd, OSMO_FD_READ, stop_by_signal, phone, 0);
	OSMO_ASSERT(osmo_fd_register(&phone->signals) == 0);
}

static int add_number(struct phone *phone, const char *text)
{
	if (phone_number_add(phone, text))
		return 0;
	cmd_wrong(2, "\"%s\" is no telephone number, or one too many", text);
	return -EINVAL;
}

/* \returns 0, or the exit status to stop with */
static int read_options(struct phone *phone, int argc, char **argv)
{
	const char *config = NULL;
	static const struct option options[] = {
		{ "number", required_argument, NULL, 'n' },
		{ "config", required_argument, NULL, 'c' },
		{ "to", required_argument, NULL, 't' },
		{ "url", required_argument, NULL, 'u' },
		{ "once", required_argument, NULL, 'o' },
		{ "wait", required_argument, NULL, 'w' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "n:c:t:u:w:jh", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			if (add_number(phone, optarg) < 0)
				return 2;
			break;
		case 'c':
			config = optarg;
			break;
		case 't':
			phone->to = optarg;
			break;
		case 'u':
			phone->url = optarg;
			break;
		case 'o':
			phone->once = optarg;
			break;
		case 'w':
			phone->wait_s = (int)strtol(optarg, NULL, 10);
			break;
		case 'j':
			phone->json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return -1;
		default:
			return cmd_usage(argv[0], argv[optind - 1]);
		}
	}
	if (optind < argc || phone->wait_s < 1 || phone->wait_s > 3600)
		return cmd_usage(argv[0], NULL);
	if (config)
		return cmd_url(phone, config, &phone->url);
	phone->url = phone->url ? phone->url : CMD_URL;
	return 0;
}

int cmd_phone(int argc, char **argv)
{
	struct phone *phone = talloc_zero(NULL, struct phone);
	int status;

	OSMO_ASSERT(phone);
	phone->to = TO_DEFAULT;
	phone->wait_s = WAIT_DEFAULT_S;
	status = read_options(phone, argc, argv);
	if (status == 0 && phone->n == 0)
		add_number(phone, NUMBER_DEFAULT);
	if (status == 0) {
		phone->screen = !phone->once && !phone->json && isatty(0) && isatty(1);
		watch_signals(phone);
		status = phone_run(phone);
		osmo_fd_unregister(&phone->signals);
		close(phone->signals.fd);
	}
	talloc_free(phone);
	return status < 0 ? 0 : status;
}
