// SPDX-License-Identifier: AGPL-3.0-or-later

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/utils.h>

#include "sim.h"

/* Fill $s, $p and $u of a profile's answer. */
static void say_filled(struct sim *sim, const char *pattern, const char *s)
{
	char line[128];
	size_t n = 0;

	for (const char *p = pattern; *p && n + 32 < sizeof(line); p++) {
		if (*p != '$') {
			line[n++] = *p;
			continue;
		}
		p++;
		if (*p == 's')
			n += (size_t)snprintf(line + n, 32, "%s", s);
		else
			n += (size_t)snprintf(line + n, 32, "%d",
					      *p == 'p' ? sim->card.pin_tries
							: sim->card.puk_tries);
	}
	line[n] = '\0';
	at_say(sim, "%s", line);
}

static int maker(struct sim *sim, char op, const char *arg)
{
	if (op != 't')
		at_say(sim, "%s", sim->prof->maker);
	return AT_OK;
}

static int model(struct sim *sim, char op, const char *arg)
{
	if (op != 't')
		at_say(sim, "%s", sim->prof->model);
	return AT_OK;
}

static int revision(struct sim *sim, char op, const char *arg)
{
	if (op != 't')
		at_say(sim, "%s", sim->prof->revision);
	return AT_OK;
}

static int imei(struct sim *sim, char op, const char *arg)
{
	if (op != 't')
		at_say(sim, "%s", sim->card.imei);
	return AT_OK;
}

static int imsi(struct sim *sim, char op, const char *arg)
{
	if (op != 't')
		at_say(sim, "%s", sim->card.imsi);
	return AT_OK;
}

static int own_number(struct sim *sim, char op, const char *arg)
{
	if (op == '!')
		at_say(sim, "+CNUM: \"\",\"%s\",145", sim->card.number);
	return AT_OK;
}

static int error_form(struct sim *sim, char op, const char *arg)
{
	int n = 0;

	if (op == '?') {
		at_say(sim, "+CMEE: %d", sim->at.cmee);
	} else if (op == 't') {
		at_say(sim, "+CMEE: (0-2)");
	} else if (op == '=') {
		arg_number(&arg, &n);
		if (n < 0 || n > 2)
			return CME(3);
		sim->at.cmee = n;
	}
	return AT_OK;
}

static int pin(struct sim *sim, char op, const char *arg)
{
	char code[16] = "", new_pin[16] = "";

	if (op == '?') {
		if (sim->at.deaf)
			return CME(14);
		at_say(sim, "+CPIN: %s", card_pin_state(sim));
		return AT_OK;
	}
	if (op != '=')
		return op == 't' ? AT_OK : CME(3);
	arg_text(&arg, code, sizeof(code));
	arg_text(&arg, new_pin, sizeof(new_pin));
	return card_enter_pin(sim, code, new_pin);
}

static int lock(struct sim *sim, char op, const char *arg)
{
	char facility[8] = "";
	int mode = 2;

	if (op == 't') {
		at_say(sim, "+CLCK: (\"SC\")");
		return AT_OK;
	}
	if (op != '=')
		return CME(3);
	arg_text(&arg, facility, sizeof(facility));
	arg_number(&arg, &mode);
	if (strcasecmp(facility, "SC") != 0 || mode != 2)
		return CME(3);
	at_say(sim, "+CLCK: %d", sim->card.pin_on);
	return AT_OK;
}

static int functions(struct sim *sim, char op, const char *arg)
{
	int fun = 1, reset = 0;

	if (op == '?') {
		at_say(sim, "+CFUN: %d", sim->at.cfun);
		return AT_OK;
	}
	if (op == 't') {
		at_say(sim, "+CFUN: %s", sim->prof->cfun_text);
		return AT_OK;
	}
	arg_number(&arg, &fun);
	arg_number(&arg, &reset);
	if (fun < 0 || fun > 31 || !(sim->prof->cfun_mask & 1u << fun))
		return CME(4);
	if (reset == 1 || fun == 6 || fun >= 15) { /* 6, 15, 16: makers' ways to reset */
		at_say(sim, "OK");
		at_reset(sim);
		return AT_SILENT;
	}
	if (sim->at.cfun != fun) {
		sim->at.cfun = fun;
		general_registration_urc(sim);
	}
	return AT_OK;
}

/* -- registration: CREG, CGREG, CEREG */

static const char *const creg_names[] = { "+CREG", "+CGREG", "+CEREG" };

static int creg_stat(const struct sim *sim, int which)
{
	int stat = sim->net.creg;

	if (sim->at.cfun != 1 || !sim->at.sim_ready)
		return 0;
	/* On LTE alone the circuit-switched side is there for SMS only. */
	if (which == 0 && sim->prof->lte_only)
		return stat == 1 ? 6 : stat == 5 ? 7 : stat;
	return stat;
}

static void creg_place(const struct sim *sim, int which, char *out, size_t size)
{
	const char *quote = sim->prof->creg_bare ? "" : "\"";
	int stat = creg_stat(sim, which);

	out[0] = '\0';
	if (sim->at.creg_n[which] == 2 && (stat == 1 || stat >= 5))
		snprintf(out, size, ",%s2DEB%s,%s%s%s,%d", quote, quote, quote,
			 sim->prof->creg_bare ? "8D96F" : "008D96F", quote,
			 sim->prof->cereg ? 7 : 2);
}

static int creg(struct sim *sim, int which, char op, const char *arg)
{
	char place[48];
	int n = 0;

	if (which == 2 && !sim->prof->cereg)
		return AT_UNKNOWN;
	if (op == 't') {
		at_say(sim, "%s: (0-2)", creg_names[which]);
	} else if (op == '?') {
		creg_place(sim, which, place, sizeof(place));
		at_say(sim, "%s: %d,%d%s", creg_names[which], sim->at.creg_n[which],
		       creg_stat(sim, which), place);
	} else if (op == '=') {
		arg_number(&arg, &n);
		if (n < 0 || n > 2)
			return CME(4);
		sim->at.creg_n[which] = n;
	}
	return AT_OK;
}

static int creg_cs(struct sim *sim, char op, const char *arg)
{
	return creg(sim, 0, op, arg);
}

static int creg_ps(struct sim *sim, char op, const char *arg)
{
	return creg(sim, 1, op, arg);
}

static int creg_eps(struct sim *sim, char op, const char *arg)
{
	return creg(sim, 2, op, arg);
}

void general_registration_urc(struct sim *sim)
{
	char place[48];

	for (int i = 0; i < 3; i++) {
		if (!sim->at.creg_n[i] || (i == 2 && !sim->prof->cereg))
			continue;
		creg_place(sim, i, place, sizeof(place));
		at_urc(sim, "%s: %d%s", creg_names[i], creg_stat(sim, i), place);
	}
}

static int operator_name(struct sim *sim, char op, const char *arg)
{
	static const char *const names[] = { "KPN", "KPN", "20408" };
	int mode = 0, format = sim->at.cops_format;

	if (op == 't') {
		at_say(sim, "+COPS: (2,\"KPN\",\"KPN\",\"20408\",2),(3,\"Vodafone NL\",\"voda NL\","
			    "\"20404\",2),,(0,1,2,3,4),(0,1,2)");
	} else if (op == '?') {
		if (at_radio_on(sim))
			at_say(sim, "+COPS: 0,%d,\"%s\",%d", format, names[format],
			       sim->prof->cereg ? 7 : 2);
		else
			at_say(sim, "+COPS: 0");
	} else if (op == '=') {
		arg_number(&arg, &mode);
		arg_number(&arg, &format);
		if (mode < 0 || mode > 4 || format < 0 || format > 2)
			return CME(3);
		sim->at.cops_format = format;
	}
	return AT_OK;
}

static int signal_quality(struct sim *sim, char op, const char *arg)
{
	if (op == 't')
		at_say(sim, "+CSQ: (0-31,99),(0-7,99)");
	else
		at_say(sim, "+CSQ: %d,99", sim->at.cfun == 1 ? sim->net.signal : 99);
	return AT_OK;
}

static int charset(struct sim *sim, char op, const char *arg)
{
	char name[sizeof(sim->at.charset)] = "";

	if (op == 't') {
		at_say(sim, "+CSCS: (\"GSM\",\"IRA\",\"UCS2\")");
	} else if (op == '?') {
		at_say(sim, "+CSCS: \"%s\"", sim->at.charset);
	} else if (op == '=') {
		arg_text(&arg, name, sizeof(name));
		if (strcmp(name, "GSM") != 0 && strcmp(name, "IRA") != 0 &&
		    strcmp(name, "UCS2") != 0)
			return CME(3);
		osmo_strlcpy(sim->at.charset, name, sizeof(sim->at.charset));
	}
	return AT_OK;
}

/* -- SIM state of one maker */

static int telit_sim_state(struct sim *sim, char op, const char *arg)
{
	if (strcmp(sim->prof->name, "telit") != 0)
		return AT_UNKNOWN;
	if (op == 't')
		at_say(sim, "#QSS: (0-2)");
	else if (op == '?')
		at_say(sim, "#QSS: %d,%d", sim->at.qss,
		       !sim->card.unlocked ? 1
		       : sim->at.sim_ready ? 3
					   : 2);
	else if (op == '=')
		arg_number(&arg, &sim->at.qss);
	return AT_OK;
}

/* Settings that are taken and change nothing here. */
static int taken(struct sim *sim, char op, const char *arg)
{
	if (op == '?')
		return CME(4);
	return AT_OK;
}

const struct at_command general_commands[] = {
	{ "+CGMI", maker, false },	   { "+GMI", maker, false },
	{ "+CGMM", model, false },	   { "+GMM", model, false },
	{ "+CGMR", revision, false },	   { "+GMR", revision, false },
	{ "+CGSN", imei, false },	   { "+GSN", imei, false },
	{ "+CMEE", error_form, false },	   { "+CPIN", pin, false },
	{ "+CLCK", lock, false },	   { "+CIMI", imsi, true },
	{ "+CNUM", own_number, true },	   { "+CFUN", functions, false },
	{ "+CREG", creg_cs, false },	   { "+CGREG", creg_ps, false },
	{ "+CEREG", creg_eps, false },	   { "+COPS", operator_name, true },
	{ "+CSQ", signal_quality, false }, { "+CSCS", charset, false },
	{ "+CUSD", ussd_command, true },   { "#QSS", telit_sim_state, false },
	{ "+CLCC", call_list, false },	   { "+CEER", call_report, false },
	{ "+CHUP", call_hang_up, false },  { "+CLIP", call_clip, false },
	{ "+CRC", call_crc, false },	   { "+CHLD", call_hold, false },
	{ "+CCWA", taken, true },	   { "+CSSN", taken, false },
	{ "+COLP", taken, false },	   { "+CMER", taken, false },
	{ "+CGATT", taken, false },	   { "+CTZU", taken, false },
	{ "+FCLASS", taken, false },	   { NULL, NULL, false },
};

/* What the profile knows by name: ICCID, PIN tries, settings of the maker. */
int general_vendor(struct sim *sim, const char *name, char op, const char *arg)
{
	const struct profile *prof = sim->prof;

	if (strcasecmp(name, prof->ccid_name) == 0) {
		if (!sim->at.sim_ready && sim->card.unlocked)
			return CME(14);
		if (op != 't')
			say_filled(sim, prof->ccid_answer, sim->card.iccid);
		return AT_OK;
	}
	if (strcasecmp(name, prof->pin_name) == 0) {
		if (op != 't')
			say_filled(sim, prof->pin_answer, card_pin_state(sim));
		return AT_OK;
	}
	for (size_t i = 0; i < ARRAY_SIZE(prof->vendor) && prof->vendor[i].name; i++) {
		if (strcasecmp(name, prof->vendor[i].name) != 0)
			continue;
		if (op == '=')
			return AT_OK;
		if (prof->vendor[i].answer)
			at_say(sim, "%s", prof->vendor[i].answer);
		return prof->vendor[i].answer || op == '!' ? AT_OK : AT_ERROR;
	}
	return AT_UNKNOWN;
}

/* V.250 basic commands: a letter or '&' and a letter, then a number. */
int general_basic(struct sim *sim, const char **line)
{
	const char *p = *line;
	bool ampersand = *p == '&';
	char letter = (char)toupper((unsigned char)p[ampersand]);
	char *end;
	long n;

	if (!letter)
		return AT_ERROR;
	p += 1 + ampersand;
	if (letter == 'D' && !ampersand) {
		*line = p + strlen(p);
		return call_dial(sim, p);
	}
	n = strtol(p, &end, 10);
	*line = end;
	if (letter == 'S' && *end == '=') {
		strtol(end + 1, &end, 10);
		*line = end;
		return AT_OK;
	}
	if (!ampersand && letter == 'E') {
		sim->at.echo = n == 1;
		return AT_OK;
	}
	if (letter == 'Z' || (ampersand && letter == 'F')) {
		at_settings_default(sim);
		return AT_OK;
	}
	if (!ampersand && letter == 'I') {
		at_say(sim, "%s\n%s\n%s", sim->prof->maker, sim->prof->model, sim->prof->revision);
		return AT_OK;
	}
	if (letter == 'A' && !ampersand)
		return call_answer(sim);
	if (letter == 'H' && !ampersand)
		return call_hang_up(sim, '!', "");
	return strchr(ampersand ? "CDKRSW" : "HLMOPQTVX", letter) ? AT_OK : AT_ERROR;
}
