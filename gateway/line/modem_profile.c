// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_profile.c - what each maker's modems need beyond the standard. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "line/modem_int.h"

/* First match wins; the last matches all.  USSD is text (0) where nothing else is said. */
static const struct modem_profile profiles[] = {
	{ .vendor = "huawei",
	  .ussd = CUSD_PACKED,
	  .maker = "huawei",
	  .extras = { "AT^CURC=1", "AT^U2DIAG=0" },
	  .iccid = "AT^ICCID?",
	  .pin_tries = "AT^CPIN?",
	  .pin_field = 3,
	  .reset = "AT^RESET",
	  .cnmi_1 = true,
	  .keys_on = "AT^DDTMFCFG=0,1",
	  .keys_urc = "^DDTMF:",
	  .audio_after = "AT^DDSETEX=2" },
	{ .vendor = "simcom-7600",
	  .ussd = CUSD_UCS2,
	  .model = "SIM7",
	  .extras = { "AT+CNSMOD=1" },
	  .iccid = "AT+CICCID",
	  .pin_tries = "AT+SPIC",
	  .reset = "AT+CRESET",
	  .cnmi_1 = true,
	  .call_extra = "AT+CPCMFRM=0", /* 8 kHz */
	  .keys_on = "AT+DDET=1",
	  .keys_urc = "+RXDTMF:",
	  .audio_after = "AT+CPCMREG=1",
	  .audio_off = "AT+CPCMREG=0",
	  .audio_at_begin = true },
	{ .vendor = "simcom-800",
	  .maker = "simcom",
	  .iccid = "AT+CCID",
	  .pin_tries = "AT+SPIC",
	  .keys_on = "AT+DDET=1",
	  .keys_urc = "+DTMF:" },
	{ .vendor = "quectel-ec",
	  .ussd = CUSD_UCS2,
	  .maker = "quectel",
	  .model = "E",
	  .extras = { "AT+QURCCFG=\"urcport\",\"usbat\"" },
	  .iccid = "AT+QCCID",
	  .pin_tries = "AT+QPINC?",
	  .pin_field = 1,
	  .direct = true,
	  .keys_on = "AT+QTONEDET=1",
	  .keys_urc = "+QTONEDET:",
	  .keys_ascii = true,
	  .audio_before = "AT+QPCMV=1,0",
	  .card_before = "AT+QPCMV=1,2",
	  .audio_off = "AT+QPCMV=0" },
	{ .vendor = "quectel", .maker = "quectel", .iccid = "AT+QCCID" },
	{ .vendor = "u-blox",
	  .maker = "u-blox",
	  .extras = { "AT+UPSV=0" },
	  .iccid = "AT+CCID",
	  .pin_tries = "AT+UPINCNT",
	  .reset = "AT+CFUN=16",
	  .direct = true,
	  .keys_on = "AT+UDTMFD=1,2",
	  .keys_urc = "+UUDTMFD:" },
	{ .vendor = "telit",
	  .maker = "telit",
	  .extras = { "AT#AUTOATT=0", "AT#QSS=2" },
	  .iccid = "AT#CCID",
	  .pin_tries = "AT#PCT",
	  .reset = "AT#REBOOT",
	  .direct = true,
	  .keys_on = "AT#DTMF=1",
	  .keys_urc = "#DTMFEV:",
	  .card_before = "AT#AUSBC=1" },
	{ .vendor = "zte",
	  .maker = "zte",
	  .extras = { "AT+ZOPRT=5" },
	  .iccid = "AT+ZGETICCID",
	  .pin_tries = "AT+ZPINPUK=?",
	  .cnmi_1 = true },
	{ .vendor = "cinterion",
	  .ussd = CUSD_UCS2,
	  .maker = "cinterion",
	  .extras = { "AT^SCFG=\"URC/DstIfc\",\"app\"", "AT^SIND=\"smsfull\",1" },
	  .iccid = "AT^SCID",
	  .pin_tries = "AT^SPIC",
	  .direct = true },
	{ .vendor = "cinterion",
	  .ussd = CUSD_UCS2,
	  .maker = "gemalto",
	  .extras = { "AT^SCFG=\"URC/DstIfc\",\"app\"", "AT^SIND=\"smsfull\",1" },
	  .iccid = "AT^SCID",
	  .pin_tries = "AT^SPIC",
	  .direct = true },
	{ .vendor = "generic" },
};

const struct modem_profile *modem_profile_find(const char *maker, const char *model)
{
	const struct modem_profile *p = profiles;

	for (; p->maker || p->model; p++) {
		if (p->maker && !strcasestr(maker, p->maker))
			continue;
		if (p->model && !strcasestr(model, p->model))
			continue;
		break;
	}
	return p;
}
