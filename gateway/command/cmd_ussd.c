// SPDX-License-Identifier: AGPL-3.0-or-later
/* cmd_ussd.c - "meldlijn ussd CODE": dial a code on a modem's SIM, and answer what its network asks. */
#include "command/cmd.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "config.h"
#include "contractor/http.h"
#include "log.h"

#define TIMEOUT_MS 180000 /* a code may wait for another session, and for a text on its way */
#define REPLY_MAX  200

static const char usage[] =
	"usage: meldlijn ussd [-c FILE | --url http://127.0.0.1:8070] [-m N] [--json] CODE\n"
	"       meldlijn ussd ... --reply TEXT\n"
	"\n"
	"Dials a code such as \"*100#\" on the SIM of a modem of the running line and prints what its\n"
	"network says.  On a terminal, what the network asks is answered by typing; an empty line ends\n"
	"it.  The line must run on this machine.\n"
	"\n"
	"  -c FILE       the line's configuration, which says where it listens\n"
	"  --url URL     where it listens, instead\n"
	"  -m N          which modem (1)\n"
	"  --reply TEXT  answer what the network asks in a session that is open\n"
	"  --json        {\"text\":...,\"more\":...} for programs; more: the network waits for --reply\n";

struct ussd_call {
	const char *config, *url, *reply, *code;
	unsigned int modem;
	bool json;

	struct http_pool *pool;
	bool done, more;
	int status;
};

/* ---- options ---- */

static bool read_modem(unsigned int *modem, const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*modem = (unsigned int)n;
	return end != text && !*end && n >= 1 && n <= 64;
}

/* \returns 0, -1 after --help, or the exit status */
static int read_options(struct ussd_call *call, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "url", required_argument, NULL, 'u' },
		{ "modem", required_argument, NULL, 'm' },
		{ "reply", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "c:u:m:r:jh", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			call->config = optarg;
			break;
		case 'u':
			call->url = optarg;
			break;
		case 'm':
			if (!read_modem(&call->modem, optarg))
				return cmd_wrong(2, "-m %s is no modem: 1 to 64", optarg);
			break;
		case 'r':
			call->reply = optarg;
			break;
		case 'j':
			call->json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return -1;
		default:
			return cmd_usage(argv[0], argv[optind - 1]);
		}
	}
	call->code = optind < argc ? argv[optind++] : NULL;
	if (optind == argc && !call->code != !call->reply && !(call->config && call->url))
		return 0;
	return cmd_usage(argv[0], NULL);
}

/* ---- one question, one answer ---- */

/* What came over the air is not for a terminal to obey. */
static void print_text(const char *text)
{
	for (; *text; text++)
		if (*text == '\n' || ((unsigned char)*text >= ' ' && *text != 0x7f))
			putchar(*text);
	putchar('\n');
}

static void answered(const struct http_answer *answer, void *data)
{
	struct ussd_call *call = data;
	json_t *json = json_loadb(answer->body, answer->len, 0, NULL);
	const char *text = json_string_value(json_object_get(json, "text"));
	const char *error = json_string_value(json_object_get(json, "error"));

	call->done = true;
	call->more = json_is_true(json_object_get(json, "more"));
	if (answer->status == 200 && text) {
		if (call->json)
			printf("%s\n", answer->body);
		else
			print_text(*text ? text : "(no text)");
		fflush(stdout);
	} else if (answer->status == 0) {
		call->status = cmd_wrong(1, "nothing answers at %s (%s): does the line run?",
					 call->url, answer->error);
	} else {
		call->status = cmd_wrong(1, "%s",
					 error ? error : "the line's answer is not understood");
	}
	json_decref(json);
}

static void ask(struct ussd_call *call, const char *word, const char *text)
{
	static const char *const headers[] = { "Content-Type: application/json", NULL };
	json_t *json = json_pack("{s:s}", word, text);
	char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;
	char *url = talloc_asprintf(NULL, "%s/modems/%u/ussd", call->url, call->modem);
	struct http_ask http = {
		.url = url,
		.post = body,
		.post_len = body ? strlen(body) : 0,
		.headers = headers,
		.timeout_ms = TIMEOUT_MS,
		.done = answered,
		.data = call,
	};

	call->done = call->more = false;
	if (!body)
		call->status = cmd_wrong(2, "this is not UTF-8: set your terminal to it");
	else if (!http_start(call->pool, &http))
		call->status = cmd_wrong(2, "--url %s is no address", call->url);
	while (call->status == 0 && !call->done)
		osmo_select_main(0);
	talloc_free(url);
	free(body);
	json_decref(json);
}

/* A line of the terminal; NULL if there is none or it is empty. */
static char *typed(char line[REPLY_MAX])
{
	fputs("> ", stdout);
	fflush(stdout);
	if (!fgets(line, REPLY_MAX, stdin))
		return NULL;
	line[strcspn(line, "\r\n")] = '\0';
	return *line ? line : NULL;
}

static int talk(struct ussd_call *call)
{
	bool terminal = !call->json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	char line[REPLY_MAX];

	ask(call, call->code ? "code" : "reply", call->code ? call->code : call->reply);
	while (call->status == 0 && call->more && terminal && typed(line))
		ask(call, "reply", line);
	return call->status;
}

int cmd_ussd(int argc, char **argv)
{
	void *ctx = talloc_named_const(NULL, 0, "ussd");
	struct ussd_call call = { .modem = 1 };
	int status = read_options(&call, argc, argv);

	if (status == 0)
		status = cmd_url(ctx, call.config, &call.url);
	if (status == 0) {
		call.pool = http_pool_alloc(ctx, NULL);
		status = talk(&call);
	}
	talloc_free(ctx);
	return status < 0 ? 0 : status;
}
