// SPDX-License-Identifier: AGPL-3.0-or-later
/* modem_setup.c - the settings of a modem whose SIM is ready. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "line/modem_int.h"
#include "wire/at_line.h"

static const char *first_after(const struct at_answer *answer, const char *prefix)
{
	const char *line = at_answer_find(answer, prefix);

	return line ? line + strlen(prefix) : NULL;
}

/* ---- radio and registration */

static int build_extra(struct modem *m, char *out, size_t size)
{
	if (m->extra >= ARRAY_SIZE(m->profile->extras) || !m->profile->extras[m->extra])
		return -ENOENT;
	osmo_strlcpy(out, m->profile->extras[m->extra++], size);
	return 0;
}

static int take_extra(struct modem *m, const struct at_answer *answer)
{
	return STEP_REPEAT;
}

/* Second rung of the ladder: the radio off and on. */
static int build_radio_off(struct modem *m, char *out, size_t size)
{
	if (m->rung != RADIO_RUNG)
		return -ENOENT;
	osmo_strlcpy(out, "AT+CFUN=4", size);
	return 0;
}

static int take_cfun(struct modem *m, const struct at_answer *answer)
{
	struct at_line al;
	const char *line = at_answer_find(answer, "+CFUN:");

	m->cfun = 0;
	if (answer->result == AT_OK && line && at_line_open(&al, line, "+CFUN:"))
		at_line_number(&al, &m->cfun);
	return STEP_NEXT;
}

static int build_radio_on(struct modem *m, char *out, size_t size)
{
	if (m->cfun == 1)
		return -ENOENT;
	osmo_strlcpy(out, "AT+CFUN=1", size);
	return 0;
}

/* With place, then without; some refuse to report at all and are polled. */
static int build_creg(struct modem *m, char *out, size_t size)
{
	if (m->extra > 1)
		return -ENOENT;
	osmo_strlcpy(out, m->extra == 0 ? "AT+CREG=2" : "AT+CREG=1", size);
	m->extra++;
	return 0;
}

static int take_creg_set(struct modem *m, const struct at_answer *answer)
{
	return answer->result == AT_OK ? STEP_NEXT : STEP_REPEAT;
}

static int take_cereg_set(struct modem *m, const struct at_answer *answer)
{
	m->has_cereg = answer->result == AT_OK;
	return STEP_NEXT;
}

/* "+CREG: <n>,<stat>..." answers the query; "+CREG: <stat>[,<lac>,<ci>...]" comes by itself.
 * A LAC is quoted or has several digits, a <stat> is one digit or 10. */
static bool is_registration_answer(const char *line)
{
	const char *second = strchr(line, ',');
	size_t n;

	if (!second)
		return false;
	second += 1 + strspn(second + 1, " ");
	n = strspn(second, "0123456789");
	return (n == 1 || (n == 2 && strncmp(second, "10", 2) == 0)) &&
	       (second[n] == ',' || second[n] == '\0');
}

void modem_take_registration(struct modem *m, const char *line, bool answer)
{
	bool eps = strncmp(line, "+CEREG:", 7) == 0;
	struct at_line al;
	int stat;

	if (!at_line_open(&al, line, eps ? "+CEREG:" : "+CREG:"))
		return;
	if (answer)
		at_line_skip(&al);
	if (at_line_number(&al, &stat) < 0)
		return;
	if (eps)
		m->cereg = stat;
	else
		m->creg = stat;
	modem_update_line(m);
}

static int take_reg(struct modem *m, const struct at_answer *answer)
{
	const char *line = at_answer_next(answer, NULL);

	if (line)
		modem_take_registration(m, line, true);
	return STEP_NEXT;
}

static int build_cereg_query(struct modem *m, char *out, size_t size)
{
	if (!m->has_cereg)
		return -ENOENT;
	osmo_strlcpy(out, "AT+CEREG?", size);
	return 0;
}

static int take_operator(struct modem *m, const struct at_answer *answer)
{
	struct at_line al;
	const char *line = at_answer_find(answer, "+COPS:");
	char name[sizeof(m->operator)];

	m->operator[0] = '\0';
	if (!line || !at_line_open(&al, line, "+COPS:"))
		return STEP_NEXT;
	at_line_skip(&al);
	at_line_skip(&al);
	if (at_line_string(&al, name, sizeof(name)) >= 0)
		OSMO_STRLCPY_ARRAY(m->operator, name);
	return STEP_NEXT;
}

static int take_signal(struct modem *m, const struct at_answer *answer)
{
	struct at_line al;
	const char *line = at_answer_find(answer, "+CSQ:");

	if (line && at_line_open(&al, line, "+CSQ:"))
		at_line_number(&al, &m->csq);
	return STEP_NEXT;
}

static int take_imsi(struct modem *m, const struct at_answer *answer)
{
	const char *line = at_answer_next(answer, NULL);

	m->imsi[0] = '\0';
	if (line && isdigit((unsigned char)*line))
		OSMO_STRLCPY_ARRAY(m->imsi, line);
	return STEP_NEXT;
}

static int build_iccid_late(struct modem *m, char *out, size_t size)
{
	return *m->iccid ? -ENOENT : modem_build_iccid(m, out, size);
}

/* A process that was killed in a USSD session has left UCS-2 behind, in which names and numbers are hex. */
static int build_charset(struct modem *m, char *out, size_t size)
{
	if (m->extra > 1 || modem_cusd_form(m) != CUSD_UCS2)
		return -ENOENT;
	osmo_strlcpy(out, m->extra == 0 ? "AT+CSCS=\"IRA\"" : "AT+CSCS=\"GSM\"", size);
	m->extra++;
	return 0;
}

static int take_charset(struct modem *m, const struct at_answer *answer)
{
	return answer->result == AT_OK ? STEP_NEXT : STEP_REPEAT;
}

/* ---- service centre */

static int take_smsc(struct modem *m, const struct at_answer *answer)
{
	struct at_line al;
	const char *line = at_answer_find(answer, "+CSCA:");

	m->smsc[0] = '\0';
	if (line && at_line_open(&al, line, "+CSCA:"))
		at_line_string(&al, m->smsc, sizeof(m->smsc));
	if (!*m->smsc && !m->cfg.smsc)
		modem_alarm(m, ALARM_SMSC, true,
			    "the SIM has no service centre number: configure it with smsc");
	else
		modem_alarm(m, ALARM_SMSC, false, NULL);
	return STEP_NEXT;
}

static int build_smsc(struct modem *m, char *out, size_t size)
{
	if (*m->smsc || !m->cfg.smsc)
		return -ENOENT;
	snprintf(out, size, "AT+CSCA=\"%s\",%d", m->cfg.smsc, *m->cfg.smsc == '+' ? 145 : 129);
	return 0;
}

/* ---- memories */

/* "+CPMS: ("SM","ME"),("SM","ME"),..."; only the first list: what can be read from. */
static int take_memories(struct modem *m, const struct at_answer *answer)
{
	const char *p = first_after(answer, "+CPMS:");
	const char *end = p ? strchr(p, ')') : NULL;
	char name[4];

	m->rx.n_memories = 0;
	m->rx.current = m->rx.home = -1;
	m->rx.no_select = false;
	m->probe = 0;
	if (!p) { /* it does not say: the two that nearly all have */
		modem_storage_memory(m, "SM");
		modem_storage_memory(m, "ME");
		return STEP_NEXT;
	}
	if (!end)
		end = p + strlen(p);
	while ((p = memchr(p, '"', end - p)) && p + 3 < end) {
		if (p[3] == '"') {
			osmo_strlcpy(name, p + 1, 3);
			/* MT is ME and SM seen together, BM is cell broadcast. */
			if (strcmp(name, "SM") == 0 || strcmp(name, "ME") == 0 ||
			    strcmp(name, "SR") == 0)
				modem_storage_memory(m, name);
			p += 4;
		} else {
			p++;
		}
	}
	if (m->rx.n_memories == 0)
		modem_storage_memory(m, "SM");
	return STEP_NEXT;
}

/* Each in turn: how full is it? */
static int build_memory(struct modem *m, char *out, size_t size)
{
	if (m->probe >= (unsigned int)m->rx.n_memories)
		return -ENOENT;
	snprintf(out, size, "AT+CPMS=\"%s\"", m->rx.memories[m->probe].name);
	return 0;
}

static int take_memory(struct modem *m, const struct at_answer *answer)
{
	struct at_line al;
	const char *line = at_answer_find(answer, "+CPMS:");
	struct memory *mem = &m->rx.memories[m->probe];
	int used, total;

	if (answer->result != AT_OK) {
		if (m->step_tries < (answer->result == AT_ERROR ? 1 : 5))
			return STEP_AGAIN;
		mem->total = 0; /* offered and not there */
		mem->list = false;
	} else if (line && at_line_open(&al, line, "+CPMS:") && at_line_number(&al, &used) == 0 &&
		   at_line_number(&al, &total) == 0) {
		m->rx.current = m->probe;
		modem_storage_used(m, m->probe, used, total);
		mem->list = used > 0;
	} else { /* it does not say how many: look */
		m->rx.current = m->probe;
		mem->list = true;
	}
	m->probe++;
	m->step_tries = 0;
	return STEP_REPEAT;
}

/* The largest that is not for reports is where texts are to be stored. */
static int choose_home(struct modem *m)
{
	int i, best = -1;

	for (i = 0; i < m->rx.n_memories; i++) {
		const struct memory *mem = &m->rx.memories[i];

		if (strcmp(mem->name, "SR") == 0)
			continue;
		if (best < 0 || mem->total > m->rx.memories[best].total)
			best = i;
	}
	return best;
}

/* All three to one memory; then what is left to some modems: the first two. */
static int build_home(struct modem *m, char *out, size_t size)
{
	const char *name;

	m->rx.home = choose_home(m);
	if (m->rx.current < 0 && m->extra == 0 && m->rx.n_memories > 0) {
		/* without CPMS there is one memory, whatever it is called */
		m->rx.no_select = true;
		m->rx.home = m->rx.current = 0;
		m->rx.memories[0].list = true;
		return -ENOENT;
	}
	if (m->rx.home < 0 || m->extra > 2)
		return -ENOENT;
	name = m->rx.memories[m->rx.home].name;
	if (m->extra == 0)
		snprintf(out, size, "AT+CPMS=\"%s\",\"%s\",\"%s\"", name, name, name);
	else if (m->extra == 1)
		snprintf(out, size, "AT+CPMS=\"%s\",\"%s\"", name, name);
	else
		snprintf(out, size, "AT+CPMS=\"%s\"", name);
	m->extra++;
	return 0;
}

static int take_home(struct modem *m, const struct at_answer *answer)
{
	if (answer->result != AT_OK)
		return STEP_REPEAT;
	m->rx.current = m->rx.home;
	return STEP_NEXT;
}

/* ---- delivery */

static bool wants_direct(const struct modem *m)
{
	return m->cfg.mode == MODEM_DIRECT || (m->cfg.mode == MODEM_AUTO && m->profile->direct);
}

static int build_service(struct modem *m, char *out, size_t size)
{
	m->phase2 = false;
	osmo_strlcpy(out, wants_direct(m) ? "AT+CSMS=1" : "AT+CSMS=0", size);
	return 0;
}

/* "+CSMS: <mt>,<mo>,<bm>": which of them work. */
static int take_service(struct modem *m, const struct at_answer *answer)
{
	struct at_line al;
	const char *line = at_answer_find(answer, "+CSMS:");
	int mt = 1;

	if (answer->result == AT_OK && wants_direct(m)) {
		if (line && at_line_open(&al, line, "+CSMS:"))
			at_line_number(&al, &mt);
		m->phase2 = mt == 1;
	}
	return STEP_NEXT;
}

static int build_cnma_test(struct modem *m, char *out, size_t size)
{
	m->rx.can_refuse = false;
	if (!m->phase2)
		return -ENOENT;
	osmo_strlcpy(out, "AT+CNMA=?", size);
	return 0;
}

static int take_cnma_test(struct modem *m, const struct at_answer *answer)
{
	struct at_line al;
	const char *line = at_answer_find(answer, "+CNMA:");
	uint32_t can = 0;

	if (answer->result != AT_OK)
		m->phase2 = false; /* without CNMA nothing must come directly */
	else if (line && at_line_open(&al, line, "+CNMA:") && at_line_range(&al, &can) == 0)
		m->rx.can_refuse = can & (1u << 2);
	return STEP_NEXT;
}

static int take_cnmi_can(struct modem *m, const struct at_answer *answer)
{
	static const uint32_t usual[] = { 0x7, 0x7, 0x1, 0x7, 0x3 };
	struct at_line al;
	const char *line = at_answer_find(answer, "+CNMI:");
	unsigned int i;

	memcpy(m->cnmi_can, usual, sizeof(usual));
	m->cnmi_try = 0;
	if (answer->result != AT_OK || !line || !at_line_open(&al, line, "+CNMI:"))
		return STEP_NEXT;
	for (i = 0; i < ARRAY_SIZE(m->cnmi_can); i++)
		if (at_line_range(&al, &m->cnmi_can[i]) < 0)
			break;
	return STEP_NEXT;
}

/* The first value of a list (digits in a string) that the modem says it can. */
static int first_of(uint32_t can, const char *wanted)
{
	for (; *wanted; wanted++)
		if (can & (1u << (*wanted - '0')))
			return *wanted - '0';
	return 0;
}

/* What a modem says it can and what it takes are two things, so try, best first: mode 2
 * (nothing is lost while the port is busy), then 1; direct, then stored; reports, then none. */
#define CNMI_TRIES 6

static bool choose_cnmi(struct modem *m)
{
	unsigned int try = m->cnmi_try++;
	bool direct, reports, one;

	if (!m->phase2 && try < 2) {
		try = 2;
		m->cnmi_try = 3;
	}
	if (try >= CNMI_TRIES)
		return false;
	direct = try < 2;
	one = (try == 1 || try == 3) != m->profile->cnmi_1;
	reports = !m->cfg.no_reports && try < 5;
	m->cnmi[0] = first_of(m->cnmi_can[0], one ? "123" : "213");
	m->cnmi[1] = first_of(m->cnmi_can[1], direct ? "21" : "1");
	m->cnmi[2] = 0;
	m->cnmi[3] = !reports ? 0 : first_of(m->cnmi_can[3], direct || try == 4 ? "12" : "21");
	m->cnmi[4] = first_of(m->cnmi_can[4], "01");
	return true;
}

static void write_cnmi(const struct modem *m, char *out, size_t size)
{
	snprintf(out, size, "AT+CNMI=%d,%d,%d,%d,%d", m->cnmi[0], m->cnmi[1], m->cnmi[2],
		 m->cnmi[3], m->cnmi[4]);
}

static int build_cnmi(struct modem *m, char *out, size_t size)
{
	if (!choose_cnmi(m))
		return -ENOENT;
	write_cnmi(m, out, size);
	return 0;
}

static int take_cnmi(struct modem *m, const struct at_answer *answer)
{
	if (answer->result == AT_OK)
		return STEP_NEXT;
	if (answer->result == AT_CMS && (answer->code == 314 || answer->code == 313) &&
	    m->step_tries < SIM_BUSY_TRIES) {
		m->cnmi_try--;
		return STEP_AGAIN;
	}
	return STEP_REPEAT;
}

/* What is really set counts; a modem that does not tell is believed. */
static int take_cnmi_is(struct modem *m, const struct at_answer *answer)
{
	struct at_line al;
	const char *line = at_answer_find(answer, "+CNMI:");
	unsigned int i;

	if (answer->result == AT_OK && line && at_line_open(&al, line, "+CNMI:")) {
		for (i = 0; i < ARRAY_SIZE(m->cnmi); i++)
			if (at_line_number(&al, &m->cnmi[i]) < 0)
				break;
	} else if (m->cnmi_try > CNMI_TRIES) { /* none was taken */
		m->cnmi[1] = 0;
	}
	LOG_MODEM(m, LOGL_INFO, "texts come %s\n",
		  m->cnmi[1] == 2   ? "directly"
		  : m->cnmi[1] == 1 ? "stored"
				    : "when asked for");
	return STEP_NEXT;
}

const struct step steps_setup[] = {
	{ .text = "AT&C0", .deadline_s = 3, .flags = STEP_MAY_FAIL },
	{ .build = build_extra,
	  .prefix = "",
	  .deadline_s = 5,
	  .flags = STEP_DECIDES,
	  .take = take_extra },
	{ .build = build_radio_off, .deadline_s = 30, .flags = STEP_MAY_FAIL },
	{ .text = "AT+CFUN?",
	  .prefix = "+CFUN:",
	  .deadline_s = 5,
	  .flags = STEP_DECIDES,
	  .take = take_cfun },
	{ .build = build_radio_on, .deadline_s = 30, .flags = STEP_MAY_FAIL | STEP_SIM_BUSY },
	{ .text = "AT+CMGF=0", .deadline_s = 10, .flags = STEP_SIM_BUSY },
	{ .build = build_charset, .deadline_s = 5, .flags = STEP_DECIDES, .take = take_charset },
	{ .text = "AT+CIMI",
	  .prefix = "",
	  .deadline_s = 10,
	  .flags = STEP_MAY_FAIL,
	  .take = take_imsi },
	{ .build = build_iccid_late,
	  .prefix = "",
	  .deadline_s = 5,
	  .flags = STEP_DECIDES,
	  .take = modem_take_iccid },
	{ .build = build_creg, .deadline_s = 5, .flags = STEP_DECIDES, .take = take_creg_set },
	{ .text = "AT+CEREG=2", .deadline_s = 5, .flags = STEP_DECIDES, .take = take_cereg_set },
	{ .text = "AT+CSCA?",
	  .prefix = "+CSCA:",
	  .deadline_s = 10,
	  .flags = STEP_SIM_BUSY | STEP_MAY_FAIL,
	  .take = take_smsc },
	{ .build = build_smsc, .deadline_s = 10, .flags = STEP_MAY_FAIL },
	{ .text = "AT+CPMS=?",
	  .prefix = "+CPMS:",
	  .deadline_s = 10,
	  .flags = STEP_SIM_BUSY | STEP_DECIDES,
	  .take = take_memories },
	{ .build = build_memory,
	  .prefix = "+CPMS:",
	  .deadline_s = 10,
	  .flags = STEP_DECIDES,
	  .take = take_memory },
	{ .build = build_home,
	  .prefix = "+CPMS:",
	  .deadline_s = 10,
	  .flags = STEP_DECIDES,
	  .take = take_home },
	{ .build = build_service,
	  .prefix = "+CSMS:",
	  .deadline_s = 10,
	  .flags = STEP_DECIDES,
	  .take = take_service },
	{ .build = build_cnma_test,
	  .prefix = "+CNMA:",
	  .deadline_s = 5,
	  .flags = STEP_DECIDES,
	  .take = take_cnma_test },
	{ .text = "AT+CNMI=?",
	  .prefix = "+CNMI:",
	  .deadline_s = 5,
	  .flags = STEP_DECIDES,
	  .take = take_cnmi_can },
	{ .build = build_cnmi, .deadline_s = 10, .flags = STEP_DECIDES, .take = take_cnmi },
	{ .text = "AT+CNMI?",
	  .prefix = "+CNMI:",
	  .deadline_s = 5,
	  .flags = STEP_DECIDES,
	  .take = take_cnmi_is },
	/* What the network says by itself is to be shown. */
	{ .text = "AT+CUSD=1", .deadline_s = 10, .flags = STEP_MAY_FAIL },
	{ .build = modem_call_build_setup,
	  .prefix = "",
	  .deadline_s = 5,
	  .flags = STEP_DECIDES,
	  .take = modem_call_take_setup },
	{ .build = modem_call_build_look,
	  .prefix = "+CLCC:",
	  .deadline_s = 5,
	  .flags = STEP_DECIDES,
	  .take = modem_call_take_look },
	{ .build = modem_call_build_stray, .deadline_s = 10, .flags = STEP_MAY_FAIL },
	{ .text = "AT+CSQ",
	  .prefix = "+CSQ:",
	  .deadline_s = 5,
	  .flags = STEP_MAY_FAIL,
	  .take = take_signal },
	{ .text = "AT+CREG?",
	  .prefix = "+CREG:",
	  .deadline_s = 5,
	  .flags = STEP_MAY_FAIL,
	  .take = take_reg,
	  .mine = is_registration_answer },
	{ .build = build_cereg_query,
	  .prefix = "+CEREG:",
	  .deadline_s = 5,
	  .flags = STEP_MAY_FAIL,
	  .take = take_reg,
	  .mine = is_registration_answer },
	{ .text = "AT+COPS=3,0", .deadline_s = 10, .flags = STEP_MAY_FAIL },
	{ .text = "AT+COPS?",
	  .prefix = "+COPS:",
	  .deadline_s = 10,
	  .flags = STEP_MAY_FAIL,
	  .take = take_operator },
	{ .flags = STEP_LAST },
};

/* ---- while it runs */

static void cnmi_done(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;

	if (answer->result != AT_OK && answer->result != AT_GONE)
		modem_count(m, MODEM_CTR_ERRORS);
}

void modem_cnmi_again(struct modem *m)
{
	char text[40];
	struct at_cmd cmd = {
		.text = text, .deadline_ms = 10000, .lane = AT_URGENT, .done = cnmi_done, .data = m
	};

	write_cnmi(m, text, sizeof(text));
	at_chat_send(m->chat, &cmd);
}

static void poll_done(struct modem *m)
{
	if (m->polling > 0)
		m->polling--;
}

static void signal_done(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;

	poll_done(m);
	if (answer->result == AT_OK)
		take_signal(m, answer);
}

static void registration_done(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;

	poll_done(m);
	if (answer->result == AT_OK)
		take_reg(m, answer);
}

/* A modem that started anew unseen has its own CNMI again. */
static void cnmi_seen(struct at_chat *chat, const struct at_answer *answer, void *data)
{
	struct modem *m = data;
	struct at_line al;
	const char *line = at_answer_find(answer, "+CNMI:");
	int mode, mt;

	poll_done(m);
	if (answer->result != AT_OK || !line || !at_line_open(&al, line, "+CNMI:"))
		return;
	if (at_line_number(&al, &mode) < 0 || at_line_number(&al, &mt) < 0 || mt == m->cnmi[1])
		return;
	LOG_MODEM(m, LOGL_NOTICE, "CNMI has changed by itself (mt %d)\n", mt);
	modem_cnmi_again(m);
	modem_storage_list_all(m);
}

static void ask(struct modem *m, const char *text, const char *prefix,
		void (*done)(struct at_chat *, const struct at_answer *, void *),
		bool (*mine)(const char *))
{
	struct at_cmd cmd = { .text = text,
			      .prefix = prefix,
			      .deadline_ms = 5000,
			      .lane = AT_POLL,
			      .done = done,
			      .mine = mine,
			      .data = m };

	if (at_chat_send(m->chat, &cmd) == 0)
		m->polling++;
}

void modem_poll_network(struct modem *m)
{
	ask(m, "AT+CSQ", "+CSQ:", signal_done, NULL);
	ask(m, "AT+CREG?", "+CREG:", registration_done, is_registration_answer);
	if (m->has_cereg)
		ask(m, "AT+CEREG?", "+CEREG:", registration_done, is_registration_answer);
	ask(m, "AT+CNMI?", "+CNMI:", cnmi_seen, NULL);
}
