// SPDX-License-Identifier: AGPL-3.0-or-later
/* cmd_sms.c - "meldlijn sms decode" and "meldlijn sms encode": PDUs for people and programs. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/cmd.h"
#include "wire/rfc3339.h"
#include "wire/sms_pdu.h"
#include "wire/sms_tables.h"

#define EXIT_REQUEST	   1 /* what was asked is wrong */
#define EXIT_USAGE	   2 /* how it was asked is wrong */
#define VALIDITY_HOURS_MAX (63 * 7 * 24)

static const char usage[] =
	"usage: meldlijn sms decode [--no-smsc] HEX...\n"
	"       meldlijn sms decode [--no-smsc] -        one PDU a line from standard input\n"
	"       meldlijn sms encode --to NUMBER --text TEXT [--report] [--class 0-3]\n"
	"                           [--validity HOURS] [--ref NUMBER] [--no-shift] [--json]\n"
	"\n"
	"decode prints one JSON object a PDU.  A PDU begins with the service centre's address, as\n"
	"modems give it; --no-smsc reads one that begins with the message itself.\n"
	"encode prints one line a part: the length for AT+CMGS, a space, the PDU in hex.\n"
	"  --report      ask for a delivery report\n"
	"  --class N     0 shows the text at once\n"
	"  --validity H  hours that the network keeps trying\n"
	"  --ref N       reference of a text in parts; over 255 takes two octets\n"
	"  --no-shift    no national shift tables\n"
	"  --json        one JSON object a part\n";

static int refuse_usage(const char *why, const char *what)
{
	fprintf(stderr, "meldlijn sms: %s%s; see meldlijn sms --help\n", why, what);
	return EXIT_USAGE;
}

static void set_text(json_t *json, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(json, key, json_string(text));
}

static void set_time(json_t *json, const char *key, const struct sms_time *time)
{
	char text[RFC3339_SIZE];

	if (time->valid)
		set_text(json, key, rfc3339_write(text, time->utc_s, time->offset_min));
}

static void set_user_data(json_t *json, const struct sms_tpdu *tpdu)
{
	static const char *const alphabets[] = { "gsm7", "8bit", "ucs2" };
	char text[SMS_PIECE_MAX * 3 + 1];
	int n = 0;

	/* an empty piece of 8-bit data would stand for a missing part */
	if (tpdu->piece.len > 0)
		n = sms_text_join(text, sizeof(text), &tpdu->piece, 1);
	json_object_set_new(json, "alphabet", json_string(alphabets[tpdu->piece.alphabet]));
	if (tpdu->compressed)
		json_object_set_new(json, "compressed", json_true());
	else
		json_object_set_new(json, "text", json_stringn(text, n > 0 ? (size_t)n : 0));
	set_text(json, "single_shift", sms_language_name(tpdu->piece.single));
	set_text(json, "locking_shift", sms_language_name(tpdu->piece.locking));
	if (tpdu->class != SMS_CLASS_NONE)
		json_object_set_new(json, "class", json_integer(tpdu->class));
	if (tpdu->concat.total > 0)
		json_object_set_new(json, "part",
				    json_pack("{s:i, s:i, s:i}", "ref", tpdu->concat.ref, "total",
					      tpdu->concat.total, "number", tpdu->concat.number));
	if (tpdu->port_to || tpdu->port_from)
		json_object_set_new(
			json, "ports",
			json_pack("{s:i, s:i}", "to", tpdu->port_to, "from", tpdu->port_from));
}

static json_t *describe(const struct sms_tpdu *tpdu)
{
	static const char *const types[] = { "deliver", "submit", "status-report" };
	json_t *json = json_object();

	json_object_set_new(json, "type", json_string(types[tpdu->type]));
	set_text(json, "smsc", tpdu->smsc);
	set_text(json, tpdu->type == SMS_DELIVER ? "from" : "to", tpdu->address);
	if (tpdu->type != SMS_DELIVER)
		json_object_set_new(json, "reference", json_integer(tpdu->mr));
	if (tpdu->type == SMS_STATUS_REPORT)
		json_object_set_new(json, "status", json_integer(tpdu->status));
	set_time(json, "time", &tpdu->time);
	set_time(json, "discharge", &tpdu->discharge);
	if (tpdu->type != SMS_STATUS_REPORT || tpdu->piece.len > 0) {
		json_object_set_new(json, "pid", json_integer(tpdu->pid));
		set_user_data(json, tpdu);
	}
	if (tpdu->validity_s > 0)
		json_object_set_new(json, "validity", json_integer(tpdu->validity_s));
	if (tpdu->want_report)
		json_object_set_new(json, "report", json_true());
	return json;
}

/* Digits of a PDU without the blanks that people paste along.
 * \returns length; -EBADMSG if it is too long for a PDU */
static int clean_hex(char hex[2 * SMS_PDU_READ_MAX + 1], const char *text)
{
	size_t n = 0;

	for (; *text; text++) {
		if (isspace((unsigned char)*text))
			continue;
		if (n == 2 * SMS_PDU_READ_MAX)
			return -EBADMSG;
		hex[n++] = *text;
	}
	hex[n] = '\0';
	return (int)n;
}

static int refuse_pdu(const char *why)
{
	fprintf(stderr, "meldlijn sms: %s\n", why);
	return EXIT_REQUEST;
}

/* Which way a PDU goes is in the two low bits of its first octet: only SUBMIT has 01 here. */
static bool is_from_sc(const char *hex)
{
	char first[3] = { hex[0], hex[1], '\0' };
	size_t at = 2 + 2 * strtoul(first, NULL, 16);

	return strlen(hex) < at + 2 || !strchr("159Dd", hex[at + 1]);
}

static int decode_one(const char *text, bool no_smsc)
{
	char hex[2 * SMS_PDU_READ_MAX + 3] = "00";
	struct sms_tpdu tpdu;
	json_t *json;
	int n = clean_hex(no_smsc ? hex + 2 : hex, text);

	if (n < 0)
		return refuse_pdu("this is too long for a PDU; give one PDU an argument");
	if (n % 2 || hex[strspn(hex, "0123456789abcdefABCDEF")] != '\0')
		return refuse_pdu("this is not hex; give pairs of the digits 0-9 and A-F");
	if (sms_pdu_decode_hex(&tpdu, hex, is_from_sc(hex)) < 0)
		return refuse_pdu("this is no DELIVER, SUBMIT or STATUS-REPORT, or it is cut "
				  "off; give a whole PDU, or --no-smsc if it has no service "
				  "centre");
	json = describe(&tpdu);
	cmd_json(json, JSON_COMPACT);
	return 0;
}

/* One PDU a line; a bad one gets its message on stderr and an object with "error", so that
 * answers stay in step with the lines. */
static int decode_lines(bool no_smsc)
{
	char *line = NULL;
	size_t size = 0;
	int worst = 0;

	while (getline(&line, &size, stdin) >= 0) {
		if (line[strspn(line, " \t\r\n")] == '\0')
			continue;
		if (decode_one(line, no_smsc) != 0) {
			puts("{\"error\":\"not a PDU\"}");
			worst = EXIT_REQUEST;
		}
	}
	free(line);
	return worst;
}

static int cmd_decode(int argc, char **argv)
{
	static const struct option options[] = { { "no-smsc", no_argument, NULL, 'n' },
						 { "json", no_argument, NULL, 'j' },
						 { NULL, 0, NULL, 0 } };
	bool no_smsc = false;
	int c, worst = 0;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'n')
			no_smsc = true;
		else if (c != 'j') /* it is JSON in any case */
			return refuse_usage("no such option: ", argv[optind - 1]);
	}
	if (optind == argc)
		return refuse_usage("give the PDU in hex, or - to read lines", "");
	for (; optind < argc; optind++) {
		int rc = strcmp(argv[optind], "-") ? decode_one(argv[optind], no_smsc)
						   : decode_lines(no_smsc);

		if (rc > worst)
			worst = rc;
	}
	return worst;
}

struct request {
	const char *to, *text;
	struct sms_tpdu tpdu;
	unsigned int flags;
	bool json;
};

/* A number of an option.  \returns 0; -EINVAL */
static int parse_number(long *out, const char *text, long least, long most)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 10);
	return errno || end == text || *end || *out < least || *out > most ? -EINVAL : 0;
}

static int parse_option(struct request *rq, int c, const char *value)
{
	long number = 0;

	switch (c) {
	case 't':
		rq->to = value;
		return 0;
	case 'x':
		rq->text = value;
		return 0;
	case 'r':
		rq->tpdu.want_report = true;
		return 0;
	case 's':
		rq->flags &= ~(unsigned int)SMS_FIT_SHIFT;
		return 0;
	case 'j':
		rq->json = true;
		return 0;
	case 'c':
		if (parse_number(&number, value, 0, 3) < 0)
			return refuse_usage("--class is 0, 1, 2 or 3, not ", value);
		rq->tpdu.class = (int8_t)number;
		return 0;
	case 'v':
		if (parse_number(&number, value, 1, VALIDITY_HOURS_MAX) < 0)
			return refuse_usage("--validity is 1 to 10584 hours, not ", value);
		rq->tpdu.validity_s = number * 3600;
		return 0;
	case 'f':
		if (parse_number(&number, value, 0, UINT16_MAX) < 0)
			return refuse_usage("--ref is 0 to 65535, not ", value);
		rq->tpdu.concat.ref = (uint16_t)number;
		if (number > UINT8_MAX)
			rq->flags |= SMS_FIT_REF16;
		return 0;
	}
	return refuse_usage("an option is not known or has no value", "");
}

static int print_parts(const struct request *rq, const struct sms_piece *pieces,
		       const struct sms_plan *plan)
{
	struct sms_tpdu tpdu = rq->tpdu;
	char hex[2 * SMS_TPDU_MAX + 1];
	size_t len;
	int i;

	for (i = 0; i < plan->parts; i++) {
		tpdu.piece = pieces[i];
		if (plan->parts > 1) {
			tpdu.concat.bits = plan->ref_bits;
			tpdu.concat.total = (uint8_t)plan->parts;
			tpdu.concat.number = (uint8_t)(i + 1);
		}
		if (sms_pdu_encode_hex(hex, &len, &tpdu) < 0)
			return refuse_pdu("this number cannot be sent to; give 1 to 20 digits, "
					  "with + before a country code");
		printf(rq->json ? "{\"length\":%zu,\"pdu\":\"%s\"}\n" : "%zu %s\n", len, hex);
	}
	return 0;
}

/* Blanks and dashes in a number are for people. */
static int clean_number(char out[PHONE_SIZE], const char *number)
{
	size_t n = 0;

	for (; *number; number++) {
		if (strchr(" -.()", *number))
			continue;
		if (isalpha((unsigned char)*number) || n == PHONE_SIZE - 1)
			return -EINVAL;
		out[n++] = *number;
	}
	out[n] = '\0';
	return 0;
}

static int encode(struct request *rq)
{
	struct sms_piece *pieces;
	struct sms_plan plan;
	int rc;

	if (clean_number(rq->tpdu.address, rq->to) < 0)
		return refuse_pdu(
			"this is no number to send to; give 1 to 20 digits, with + before a country code");
	rc = sms_text_plan(&plan, rq->text, rq->flags);
	if (rc < 0)
		return refuse_pdu(rc == -ENOSPC ? "this text needs more than 255 parts; shorten it"
						: "this text is not UTF-8; convert it first");
	pieces = calloc(plan.parts, sizeof(*pieces));
	if (!pieces)
		abort();
	rc = sms_text_split(pieces, plan.parts, rq->text, &plan);
	rc = rc < 0 ? refuse_pdu("this text cannot be cut; shorten it")
		    : print_parts(rq, pieces, &plan);
	free(pieces);
	return rc;
}

static int cmd_encode(int argc, char **argv)
{
	static const struct option options[] = { { "to", required_argument, NULL, 't' },
						 { "text", required_argument, NULL, 'x' },
						 { "report", no_argument, NULL, 'r' },
						 { "class", required_argument, NULL, 'c' },
						 { "validity", required_argument, NULL, 'v' },
						 { "ref", required_argument, NULL, 'f' },
						 { "no-shift", no_argument, NULL, 's' },
						 { "json", no_argument, NULL, 'j' },
						 { NULL, 0, NULL, 0 } };
	struct request rq = { .tpdu = { .type = SMS_SUBMIT, .class = SMS_CLASS_NONE },
			      .flags = SMS_FIT_SHIFT };
	int c, rc;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		rc = parse_option(&rq, c, optarg);
		if (rc != 0)
			return rc;
	}
	if (optind < argc)
		return refuse_usage("this belongs to no option: ", argv[optind]);
	if (!rq.to || !rq.text)
		return refuse_usage("give both --to NUMBER and --text TEXT", "");
	return encode(&rq);
}

int cmd_sms(int argc, char **argv)
{
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
			 (argc > 2 && !strcmp(argv[2], "--help")))) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc > 1 && !strcmp(argv[1], "decode"))
		return cmd_decode(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "encode"))
		return cmd_encode(argc - 1, argv + 1);
	return refuse_usage("say decode or encode", "");
}
