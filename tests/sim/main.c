// SPDX-License-Identifier: AGPL-3.0-or-later
/*
 * at-sim - a GSM modem on a pty, its SIM and its network.
 *
 *   at-sim --profile huawei|sim800|ec25|ublox|zte|telit|cinterion --link PATH --control SOCKET
 *	[--imei N] [--iccid N] [--imsi N] [--number +N] [--pin 0000] [--storage-size N]
 *	[--state FILE] [--baud 115200|0] [--net-delay-ms N] [--report-ms N] [--cnma-ms N]
 *	[--retry-ms N] [--noise-ms N] [--seed N] [--until-eof 1] [--audio PATH]
 *
 * PATH becomes a link to the pty, that of --audio one to the pty with the sound of calls.  One process is one modem.  The network's queue and the
 * SIM's memories live here, so they outlast a client that is killed; with --state the
 * memories and the PIN's tries also outlast this process.  --baud 0, the default, does not
 * pace.  --storage-size is the room of SM and of ME.  --noise-ms is about how often the
 * maker's own lines come unasked; 0 never.
 *
 * With --until-eof 1 it ends when its stdin does.  It says "ready" on stdout when both are there.
 *
 * SOCKET takes a command a line and answers each with one line of JSON, {"ok":true,...} or
 * {"ok":false,"error":"..."}:
 *
 *   mt PDUHEX		a DELIVER (or STATUS-REPORT) with its SMSC field, as it stands
 *   mttext FROM TEXT	a text of that sender, GSM 7-bit or UCS-2, in parts if it is long;
 *			\n is a new line; mttext16 uses 16-bit references
 *   mo [AFTER]		what the network accepted: id, time, to, mr, pdu (SMSC field first), text
 *   mo wait N MS	as "wait mo N MS"
 *   wait COUNTER N MS	answer once the counter is N or more; ok is false after MS.  COUNTER is
 *			any of stats; "pending" and "used" wait until it is N or less;
 *			"sim_ready" 1 waits for the end of SIM busy; "quiet" until the client said
 *			something after the caller's last key or word, and then nothing for N ms;
 *			"spoken" 1 until the caller has pressed and said all
 *   stats		all counters, see enum counter, and pending, used, open
 *   pending		what the network still holds for the modem
 *   storage		the memories SM, ME, SR
 *   state		settings: cnmi, csms, cmee, cmgf, cfun, echo, pin, sim_ready, memories
 *   signal N, creg N	the network's strength (0-31, 99) and registration state
 *   set delay|cnma|retry|report MS	a submit's time; how long CNMA may take; the pause before
 *			a text is offered again; from submit to status report
 *   ussd set PATH M TEXT	the network's answer to a code or, in its menus, to what was said so
 *			far: "*101#", "*101#>1"; M is <m> of +CUSD, -1 no answer; \n is a new
 *			line; without TEXT no string.  *100# tells a balance.
 *   ussd notify TEXT, ussd request TEXT	the network says or asks by itself; paths of the
 *			replies begin with "net"
 *   ussd heard		what the network heard: kind code, reply or cancel, and text
 *   ussd manner text|packed|cscs|ucs2-out	strings in another manner than the profile's
 *   call NUMBER [FILE]	somebody calls; "-" withholds the number; what is heard goes into FILE as
 *			samples of 16 bit.  In a call it is a second caller, who waits.
 *   call urc KEYS	the caller presses keys and the modem tells them
 *   call tones KEYS	the same as tones in the sound, 100 ms each
 *   call say FILE	the caller plays samples, or a WAV of 8 kHz and 16 bit
 *   call pickup [FILE]	who was dialled answers; what is heard goes into FILE
 *   call busy, noanswer, nonumber, congestion	nobody does, and why
 *   call hangup	the other side ends it
 *   vanish [MS]	the port goes as if unplugged, for MS or until:
 *   appear [PATH]	it comes back, the modem just switched on, under another link
 *   reset		the modem restarts by itself
 *   subscribe		events as lines on this connection: mo, ack (a text was taken: how is
 *			cnma, stored or routed), deleted, command, opened, closed, vanished, reset
 *   quit
 *
 *   fault cms CODE [N]		the next N submits fail with +CMS ERROR: CODE
 *   fault hang [AFTER] [hard]	after AFTER more commands it hears and says nothing until it is
 *				reset or opened again; "hard": opening does not help
 *   fault lost-ok [N]		N times no OK
 *   fault lost-cmgs-answer [N]	accepted by the network, but no answer at all
 *   fault lost-cmgs-ok [N]	+CMGS, but no OK
 *   fault lost-urc [N]		N unsolicited lines are not said
 *   fault slow MS		each command takes so long
 *   fault split [N]		what it says comes N bytes at a time; 0 ends it
 *   fault garbage [N]		N random bytes now
 *   fault urcstorm [N]		N lines now
 *   fault urc LINE		this line now
 *   fault urc-prompt [LINE]	a line between the next CMGS and its prompt
 *   fault sr-early [N]		the status report comes before +CMGS
 *   fault sr-none [N]		no status report
 *   fault sr-status ST [N]	status reports with TP-ST ST
 *   fault cnma-refuse [N]	CNMA fails with 340
 *   fault dup-mt [N]		a text that was acknowledged comes once more
 *   fault mt-in-list PDUHEX	this text comes in the middle of the next CMGL
 *   fault busy-sim [MS]	CMS 314 and CME 14 for that time
 *   fault drop-midpdu [MS]	the port vanishes in the middle of the next PDU, for MS
 *   fault drop-accepted [MS]	the network accepts the next submit, then the port vanishes
 *   fault full [off]		no room in any memory until something is deleted
 *   fault ussd-early [N]	the answer to AT+CUSD comes before its OK
 *   fault ussd-inside [N]	it comes in the answer to the command
 *   fault ussd-none [N]	no answer
 *   fault ussd-error [N]	ERROR
 *   fault ussd-busy CODE	CME ERROR: CODE until AT+CUSD=2
 *   fault no-keys [N]		the modem cannot tell keys, 0 ends it
 *   fault no-sound [N]		it sends no sound, 0 ends it
 *   fault clear		all of these end
 * N may be "all".
 */

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/utils.h>

#include "sim.h"

struct options {
	const char *profile, *link, *control, *imei, *iccid, *imsi, *number, *pin, *state, *audio;
	unsigned int storage_size, baud, delay_ms, report_ms, cnma_ms, retry_ms, noise_ms, seed,
		until_eof;
};

static int usage(const char *why)
{
	fprintf(stderr,
		"at-sim: %s\nusage: at-sim --profile NAME --link PATH --control SOCKET [options], "
		"see tests/sim/main.c\n",
		why);
	return 2;
}

static bool parse(int argc, char **argv, struct options *o)
{
	const struct {
		const char *name;
		const char **text;
		unsigned int *number;
	} known[] = {
		{ "profile", &o->profile, NULL },     { "link", &o->link, NULL },
		{ "control", &o->control, NULL },     { "imei", &o->imei, NULL },
		{ "iccid", &o->iccid, NULL },	      { "imsi", &o->imsi, NULL },
		{ "number", &o->number, NULL },	      { "pin", &o->pin, NULL },
		{ "state", &o->state, NULL },	      { "storage-size", NULL, &o->storage_size },
		{ "baud", NULL, &o->baud },	      { "net-delay-ms", NULL, &o->delay_ms },
		{ "report-ms", NULL, &o->report_ms }, { "cnma-ms", NULL, &o->cnma_ms },
		{ "retry-ms", NULL, &o->retry_ms },   { "noise-ms", NULL, &o->noise_ms },
		{ "seed", NULL, &o->seed },	      { "until-eof", NULL, &o->until_eof },
		{ "audio", &o->audio, NULL },
	};
	struct option longs[ARRAY_SIZE(known) + 1] = {};
	int i;

	for (size_t k = 0; k < ARRAY_SIZE(known); k++)
		longs[k] = (struct option){ known[k].name, required_argument, NULL, 0 };
	while ((i = 0, getopt_long(argc, argv, "", longs, &i)) == 0) {
		if (known[i].text)
			*known[i].text = optarg;
		else
			*known[i].number = (unsigned int)strtoul(optarg, NULL, 10);
	}
	return optind == argc && o->profile && o->link && o->control;
}

/* The Luhn digit makes an IMEI of fourteen digits, TS 23.003, 6.2.1. */
static void imei_from_seed(char *out, size_t size, unsigned int seed)
{
	unsigned int sum = 0;

	snprintf(out, size, "35123409%06u", seed % 1000000);
	for (int i = 0; i < 14; i++) {
		unsigned int d = (unsigned int)(out[i] - '0') << i % 2;

		sum += d / 10 + d % 10;
	}
	out[14] = (char)('0' + (10 - sum % 10) % 10);
	out[15] = '\0';
}

static void set_identity(struct card *card, const struct options *o)
{
	imei_from_seed(card->imei, sizeof(card->imei), o->seed);
	snprintf(card->imsi, sizeof(card->imsi), "20408%010u", o->seed % 1000000000);
	snprintf(card->iccid, sizeof(card->iccid), "893108%013u", o->seed % 1000000000);
	snprintf(card->number, sizeof(card->number), "+3161234%04u", o->seed % 10000);
	if (o->imei)
		osmo_strlcpy(card->imei, o->imei, sizeof(card->imei));
	if (o->imsi)
		osmo_strlcpy(card->imsi, o->imsi, sizeof(card->imsi));
	if (o->iccid)
		osmo_strlcpy(card->iccid, o->iccid, sizeof(card->iccid));
	if (o->number)
		osmo_strlcpy(card->number, o->number, sizeof(card->number));
	card->pin_on = o->pin != NULL;
	card->unlocked = !card->pin_on;
	if (o->pin)
		osmo_strlcpy(card->pin, o->pin, sizeof(card->pin));
	card->state_file = o->state ? strdup(o->state) : NULL;
}

/* --until-eof: whoever started it has ended, so that nothing is left behind. */
static int stdin_cb(struct osmo_fd *fd, unsigned int what)
{
	struct sim *sim = fd->data;
	char c;

	if (read(fd->fd, &c, 1) <= 0)
		sim->quit = true;
	return 0;
}

static int start(struct sim *sim, const struct options *o)
{
	int rc;

	sim->noise_ms = o->noise_ms;
	srand(o->seed);
	fault_init(sim);
	net_init(sim);
	sim->net.delay_ms = o->delay_ms;
	sim->net.report_ms = o->report_ms;
	sim->net.cnma_ms = o->cnma_ms;
	sim->net.retry_ms = o->retry_ms;
	card_init(sim, o->storage_size);
	set_identity(&sim->card, o);
	if (card_load(sim) < 0) {
		fprintf(stderr, "at-sim: %s is no state file of such a modem\n", o->state);
		return 1;
	}
	if (o->until_eof) {
		osmo_fd_setup(&sim->input, STDIN_FILENO, OSMO_FD_READ, stdin_cb, sim, 0);
		osmo_fd_register(&sim->input);
	}
	at_init(sim);
	ussd_init(sim);
	port_init(sim, o->link, o->baud);
	rc = call_init(sim, o->audio);
	if (rc >= 0)
		rc = control_open(sim, o->control);
	if (rc >= 0) {
		at_boot(sim);
		rc = port_appear(sim, NULL);
	}
	if (rc < 0)
		fprintf(stderr, "at-sim: cannot open %s or %s: %s\n", o->link, o->control,
			strerror(-rc));
	return rc < 0 ? 1 : 0;
}

static volatile sig_atomic_t stopped;

static void stop(int signo)
{
	stopped = 1;
}

int main(int argc, char **argv)
{
	struct options o = {
		.report_ms = 200, .cnma_ms = 2000, .retry_ms = 200, .noise_ms = 3000, .seed = 1
	};
	struct sigaction act = { .sa_handler = stop };
	struct sim *sim = calloc(1, sizeof(*sim));

	OSMO_ASSERT(sim);
	if (!parse(argc, argv, &o))
		return usage("--profile, --link and --control are needed, or an option is unknown");
	sim->prof = profile_find(o.profile);
	if (!sim->prof)
		return usage("no such profile");
	osmo_init_ignore_signals();
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	if (start(sim, &o) != 0)
		return 1;
	puts("ready"); /* who started it reads this and need not try the socket */
	fflush(stdout);
	while (!stopped && !sim->quit) {
		osmo_select_main(0);
		control_check_waits(sim);
	}
	osmo_select_main(1); /* the answer to quit */
	card_save(sim);
	port_vanish(sim);
	call_end(sim);
	unlink(sim->control_path);
	return 0;
}
