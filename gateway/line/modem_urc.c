// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_urc.c - what a modem says unasked.  A table; what is not in it is noise. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "line/modem_int.h"
#include "wire/at_line.h"

static void on_text(struct modem *m, const char *line, const char *payload)
{
	if (payload)
		modem_rx_direct(m, line, payload);
}

/* +CMTI: "ME",3 and +CDSI: "SR",1 */
static void on_stored(struct modem *m, const char *line, const char *payload)
{
	struct at_line al;
	char memory[8];
	int index;

	if (!at_line_open(&al, strchr(line, ':') + 1, "") ||
	    at_line_string(&al, memory, sizeof(memory)) < 0 || at_line_number(&al, &index) < 0) {
		LOG_MODEM(m, LOGL_NOTICE, "%s: not understood\n", line);
		modem_storage_full(m);
		return;
	}
	modem_storage_announced(m, memory, index);
}

static void on_registration(struct modem *m, const char *line, const char *payload)
{
	modem_take_registration(m, line, false);
}

static void on_full(struct modem *m, const char *line, const char *payload)
{
	modem_storage_full(m);
}

/* Said at power-up, and when a SIM is put in or taken out. */
static void on_sim(struct modem *m, const char *line, const char *payload)
{
	bool gone = strstr(line, "NOT ") || strstr(line, "SIM PIN") || strstr(line, "SIM PUK");
	bool waiting = m->fi->state == MODEM_SIM_WAIT || m->fi->state == MODEM_STOPPED;

	if (gone ? modem_is_up(m) : waiting)
		osmo_fsm_inst_dispatch(m->fi, MODEM_EV_SIM_CHANGED, NULL);
}

/* The SIM may be usable only now: what was not there at the first look is asked for again. */
static void on_sms_ready(struct modem *m, const char *line, const char *payload)
{
	modem_storage_full(m);
}

static void on_ussd(struct modem *m, const char *line, const char *payload)
{
	modem_ussd_said(m, line);
}

static void on_boot(struct modem *m, const char *line, const char *payload)
{
	osmo_fsm_inst_dispatch(m->fi, MODEM_EV_REBOOTED, NULL);
}

static const struct {
	const char *prefix;
	void (*on)(struct modem *m, const char *line, const char *payload);
} urcs[] = {
	{ "+CMT:", on_text },
	{ "+CDS:", on_text },
	{ "+CMTI:", on_stored },
	{ "+CDSI:", on_stored },
	{ "+CREG:", on_registration },
	{ "+CEREG:", on_registration },
	{ "+CPIN:", on_sim },
	{ "+CUSD:", on_ussd },
	{ "SMS FULL", on_full },
	{ "^SMMEMFULL", on_full },
	{ "+CIEV: smsfull", on_full },
	{ "+CIEV: \"smsfull\"", on_full },
	{ "+CIEV: 8,", on_full }, /* u-blox: indicator 8 is smsfull */
	{ "+QIND: \"smsfull\"", on_full },
	{ "#SMSFULL", on_full },
	{ "+ZMGF", on_full },
	{ "SMS Ready", on_sms_ready },
	{ "SMS DONE", on_sms_ready },
	{ "+QIND: SMS DONE", on_sms_ready },
	{ "RDY", on_boot },
	{ "^SYSSTART", on_boot },
	{ "NORMAL POWER DOWN", on_boot },
	{ "POWERED DOWN", on_boot },
};

void modem_urc(struct at_chat *chat, const char *line, const char *payload, void *data)
{
	struct modem *m = data;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(urcs); i++) {
		if (strncmp(line, urcs[i].prefix, strlen(urcs[i].prefix)) == 0) {
			urcs[i].on(m, line, payload);
			return;
		}
	}
	modem_call_urc(m, line);
}
