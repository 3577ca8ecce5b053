// SPDX-License-Identifier: AGPL-3.0-or-later
#include "line/at_result.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/utils.h>

static bool starts(const char *line, const char *prefix)
{
	return strncmp(line, prefix, strlen(prefix)) == 0;
}

static bool in_list(const char *line, const char *const *list)
{
	for (; *list; list++)
		if (starts(line, *list))
			return true;
	return false;
}

/* Unsolicited results that are words; those with a sign in front are known by it. */
bool at_result_is_word(const char *line)
{
	static const char *const words[] = { "RING",
					     "RDY",
					     "Call Ready",
					     "SMS Ready",
					     "SMS DONE",
					     "PB DONE",
					     "SMS FULL",
					     "NO CARRIER",
					     "BUSY",
					     "NO ANSWER",
					     "NO DIALTONE",
					     "NO DIAL TONE",
					     "NORMAL POWER DOWN",
					     "POWERED DOWN",
					     "VOICE CALL:",
					     "MISSED_CALL:",
					     "START",
					     "STIN:",
					     "UNDER-VOLTAGE",
					     "OVER-VOLTAGE",
					     "DST:",
					     NULL };

	return in_list(line, words);
}

bool at_result_is_signed(const char *line)
{
	return *line && strchr("+^#*%&$", *line);
}

/* An unsolicited result whose second line is a PDU: TS 27.005 3.4.1. */
bool at_result_has_pdu(const char *line)
{
	static const char *const heads[] = { "+CMT:", "+CDS:", "+CBM:", NULL };

	return in_list(line, heads);
}

/* CMEE=2 words.  The same words stand for different numbers in +CME and +CMS. */
static const struct {
	const char *words;
	int cme, cms;
} error_words[] = {
	{ "operation not allowed", 3, 302 },
	{ "operation not supported", 4, 303 },
	{ "SIM not inserted", 10, 310 },
	{ "SIM PIN required", 11, 311 },
	{ "SIM PUK required", 12, 316 },
	{ "SIM failure", 13, 313 },
	{ "SIM busy", 14, 314 },
	{ "SIM wrong", 15, 315 },
	{ "incorrect password", 16, -1 },
	{ "memory full", 20, 322 },
	{ "invalid index", 21, 321 },
	{ "invalid memory index", 21, 321 },
	{ "memory failure", 23, 320 },
	{ "no network service", 30, 331 },
	{ "network timeout", 31, 332 },
	{ "network not allowed", 32, -1 },
	{ "unknown", 100, 500 },
	{ "unknown error", 100, 500 },
	{ "ME failure", -1, 300 },
	{ "SMS service of ME reserved", -1, 301 },
	{ "invalid PDU mode parameter", -1, 304 },
	{ "invalid text mode parameter", -1, 305 },
	{ "SMSC address unknown", -1, 330 },
	{ "no +CNMA acknowledgement expected", -1, 340 },
};

static int error_code(const char *text, bool cms)
{
	size_t i;
	int code = 0;

	text += strspn(text, " ");
	if (isdigit((unsigned char)*text)) {
		for (; isdigit((unsigned char)*text); text++) {
			if (code > 99999)
				return -1;
			code = code * 10 + (*text - '0');
		}
		return code;
	}
	for (i = 0; i < ARRAY_SIZE(error_words); i++)
		if (strcasecmp(text, error_words[i].words) == 0)
			return cms ? error_words[i].cms : error_words[i].cme;
	return -1;
}

/* \returns enum at_hangup; -1: it is no such word */
static int hangup(const char *line)
{
	static const struct {
		const char *word;
		enum at_hangup which;
	} words[] = {
		{ "NO CARRIER", AT_NO_CARRIER },    { "BUSY", AT_BUSY },
		{ "NO ANSWER", AT_NO_ANSWER },	    { "NO DIALTONE", AT_NO_DIALTONE },
		{ "NO DIAL TONE", AT_NO_DIALTONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (starts(line, words[i].word))
			return words[i].which;
	return -1;
}

/* Final result codes, TS 27.007 annex B and what firmware adds to it. */
bool at_result_is_final(const char *line, bool call, enum at_result *result, int *code)
{
	static const char *const errors[] = { "+EXT ERROR:", "MODEM ERROR:", "COMMAND NOT SUPPORT",
					      "TOO MANY PARAMETERS", NULL };

	*code = -1;
	if (strcmp(line, "OK") == 0) {
		*result = AT_OK;
	} else if (starts(line, "+CME ERROR:")) {
		*result = AT_CME;
		*code = error_code(line + strlen("+CME ERROR:"), false);
	} else if (starts(line, "+CMS ERROR:")) {
		*result = AT_CMS;
		*code = error_code(line + strlen("+CMS ERROR:"), true);
	} else if (strcmp(line, "ERROR") == 0 || starts(line, "ERROR+") || in_list(line, errors)) {
		*result = AT_ERROR;
	} else if (call && starts(line, "CONNECT")) {
		*result = AT_OK;
	} else if (call && hangup(line) >= 0) {
		*result = AT_HANGUP;
		*code = hangup(line);
	} else {
		return false;
	}
	return true;
}
